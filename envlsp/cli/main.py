"""The frame of the command line: a table of verbs, the options they share, one way to fail.

Knows no service. A verb is one file in `envlsp/cli/commands/` holding a click command
called `command`, and one row in `VERBS`; its module is imported when it is used, and
`--help` prints the rows without importing any. What a verb is given is a `Frame`.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from envlsp import __version__
from envlsp.cli import failures
from envlsp.cli.output import Output
from envlsp.cli.talk import Talk
from envlsp.errors import NotFound

if TYPE_CHECKING:
    from envlsp.service.facade import Service

VERBS: dict[str, str] = {
    "init": "make this folder a project of a team",
    "invite": "let somebody into the team by a spoken code or a link",
    "join": "join a team by a spoken code or a link",
    "request": "ask to be let in, from a machine without a network",
    "members": "who is in the team",
    "push": "make the file the newest release",
    "pull": "bring the file in step with the newest release",
    "status": "where the environment and its file stand",
    "log": "who released what, and when",
    "diff": "the names on which releases, or one and the file, differ",
    "rollback": "go back to an older release",
    "adopt": "bring back a release that a removal made void",
    "resolve": "settle a name about which releases disagree",
    "get": "print one value",
    "set": "give one name a value",
    "list": "list the names, values masked",
    "run": "run a program with the secrets in its environment",
    "switch": "choose which environment commands here are about",
    "env": "list environments, create one, or make one of another",
    "project": "make a project private",
    "access": "who may do what, and changing it",
    "device": "your devices: list, add another one, remove one that was lost",
    "devices": "list your devices",
    "ci": "give a CI machine the secrets of one environment",
    "backup": "write all of the team to one sealed file",
    "recover": "come back into a team with its recovery words",
    "team": "found the team anew, where it cannot be made right",
    "sync": "bring this device and whoever is online in step",
    "peers": "the other devices of the team",
    "agent": "keep this device reachable for teammates",
    "doctor": "look everything over, and say how to mend what does not work",
    "replica": "keep a team's records where nobody can read them",
    "lock": "let every process of this device forget its keys",
    "unlock": "let this device's keys be used again, for a time",
    "protect": "what protects this device's keys, and changing it",
    "lsp": "serve an editor: the language server",
    "editor": "put the plug-in for an editor where it looks",
    "parse": "show what a loader reads in a .env file",
    "demo": "show two teammates at work, on this machine",
}
"""Each verb and its one line of help, in the order they are shown.

The verb `name` lives in `envlsp.cli.commands.<name>`.
"""


@dataclass(slots=True)
class Frame:
    """What every verb is given: where it runs and what was asked of all verbs."""

    yes: bool = False
    """Answer yes to every question."""
    key_file: Path | None = None
    """The file whose bytes unlock this device, instead of a passphrase."""
    moved: bool = False
    """The keys have moved to this machine, and were not copied."""
    verbose: int = 0
    output: Output = field(default_factory=Output)

    @property
    def talk(self) -> Talk:
        """The person to ask and to tell."""
        return Talk(yes=self.yes)

    @contextmanager
    def service(self) -> Iterator[Service]:
        """Open this device for the length of a `with` block."""
        from envlsp.service.facade import Service

        service = Service(self.talk, key_file=self.key_file, moved=self.moved)
        try:
            yield service
        finally:
            service.lock()

    @property
    def json(self) -> bool:
        """Whether data is wanted as JSON."""
        return self.output.json

    @property
    def cwd(self) -> Path:
        """The working directory, after `-C`.

        Raises:
            NotFound: it has been deleted under us.
        """
        try:
            return Path.cwd()
        except FileNotFoundError as exc:
            raise NotFound("the working directory is gone", fix="cd to a folder that exists") from exc


def run(words: list[str]) -> int:
    """Run one command line and return its exit code."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without UTF-8 still gets its line
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _invoke(words or ["--help"])
        sys.stdout.flush()
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.Abort:
        return failures.fail(KeyboardInterrupt())
    except click.ClickException as exc:
        return _usage(exc)
    except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001  (the last boundary there is)
        return failures.fail(exc)
    return code


def _open_closed_streams() -> None:
    """Let what was closed by whoever started us (`>&-`) lead nowhere."""
    import os

    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _invoke(words: list[str]) -> int:
    with main.make_context("envlsp", list(words), obj=Frame()) as context:
        result = main.invoke(context)
    return result if isinstance(result, int) else 0


def _usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message(), file=sys.stderr)
        return failures.EXIT_USAGE
    message = error.format_message().rstrip(".")
    if message.startswith("Got unexpected extra argument"):
        message = "too many words"  # they may be a value typed in the wrong place: not repeated
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "envlsp"
    return failures.tell(
        message[:1].lower() + message[1:], f"{command} --help", max(error.exit_code, failures.EXIT_USAGE)
    )


class Verbs(click.Group):
    """The group that imports a verb when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every verb, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb's command, with the shared options added to it."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"envlsp.cli.commands.{cmd_name}")
        command: click.Command = module.command
        _share_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that `args` begins with, or say which one was perhaps meant."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"there is no verb '{args[0]}'{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of verbs; imports none of them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def _share_options(command: click.Command) -> None:
    """Let the shared options stand after the verb as well as before it."""
    taken = {name for param in command.params for name in param.opts}
    for option in _shared_options(hidden=True):
        if not taken.intersection(option.opts):
            command.params.append(option)
    if isinstance(command, click.Group):
        for sub in command.commands.values():
            _share_options(sub)


def _shared_options(*, hidden: bool = False) -> list[click.Option]:
    def option(
        names: list[str], setter: Callable[[Frame, Any], None], help_text: str, **attrs: Any
    ) -> click.Option:
        def note(ctx: click.Context, _param: click.Parameter, value: object) -> None:
            if value:
                setter(ctx.ensure_object(Frame), value)

        return click.Option(
            names, callback=note, expose_value=False, hidden=hidden, help=help_text, is_eager=True, **attrs
        )

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return [
        option(["-C", "folder_"], _enter, "Run as if started in DIR.", type=folder, metavar="DIR"),
        option(["--json", "json_"], _want_json, "Print data as JSON.", is_flag=True),
        option(["-y", "--yes", "yes_"], _say_yes, "Answer yes to every question.", is_flag=True),
        option(
            ["--key-file", "key_file_"],
            _use_key_file,
            "Unlock this device with the bytes of PATH.",
            type=click.Path(path_type=Path),
            metavar="PATH",
        ),
        option(
            ["--i-moved-this-device", "moved_"],
            _note_move,
            "The keys were moved here from another machine that has them no more.",
            is_flag=True,
        ),
        option(["-v", "--verbose", "verbose_"], _be_verbose, "Say more.", count=True),
    ]


def _enter(_frame: Frame, folder: Path) -> None:
    import os

    os.chdir(folder)  # as git does: every path after it is relative to DIR, children start there


def _want_json(frame: Frame, _value: bool) -> None:  # noqa: FBT001  (click's calling convention)
    frame.output.json = True


def _say_yes(frame: Frame, _value: bool) -> None:  # noqa: FBT001
    frame.yes = True


def _use_key_file(frame: Frame, path: Path) -> None:
    frame.key_file = path.absolute()


def _note_move(frame: Frame, _value: bool) -> None:  # noqa: FBT001
    frame.moved = True


def _be_verbose(frame: Frame, amount: int) -> None:
    frame.verbose += amount


main = Verbs(
    "envlsp",
    params=list(_shared_options()),
    help=(
        "Share .env secrets inside a team, peer to peer and end-to-end encrypted.\n\n"
        "The options below may stand before or after the verb."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
click.version_option(__version__, message="envlsp %(version)s")(main)
