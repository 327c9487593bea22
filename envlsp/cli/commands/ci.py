"""`envlsp ci`: secrets for a machine that is in no team."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import environment_words, offline_option, opened
from envlsp.cli.launch import environment, launch
from envlsp.cli.main import Frame
from envlsp.cli.output import read_stdin
from envlsp.cli.words import count
from envlsp.errors import NotFound, UsageError
from envlsp.service.verbs.shapes import applied_fields, exported_fields

if TYPE_CHECKING:
    from envlsp.service.ci.applying import Applied

_FORMATS = ("dotenv", "json")
_PATH = click.Path(path_type=Path)
_SHORTEST_TEXT = 256
"""Characters; a bundle has more by its keys and its signature alone, and a path hardly ever has."""


@click.group()
def command() -> None:
    """Give a CI machine the secrets of one environment, without letting it into the team.

    Once: `keygen`, and put the secret half into the CI's secret store. For each release:
    `export` to the public half, and put the bundle anywhere the CI finds it. There: `apply`.
    """


@command.command()
@click.option("-o", "--output", metavar="FILE", help="Where the secret key goes; - is standard output.")
@click.pass_obj
def keygen(frame: Frame, output: str | None) -> None:
    """Make a key for a CI machine, and print its public half: ci1...

    The secret half is shown on the terminal once, or goes to FILE (mode 0600). With -o -
    it is all that goes to standard output, for the program that stores it.
    """
    from envlsp.service.ci import keys

    secret = keys.new_secret()
    public = keys.key_text(keys.from_secret(secret).public)
    if output == "-":
        if frame.json:
            raise UsageError("the secret key is no JSON", fix="envlsp ci keygen -o - without --json")
        frame.output.line(secret)
        frame.output.say(f"public key: {public}")
        return
    if output:
        keys.keep_secret(Path(output), secret)
        frame.output.say(f"the secret key is in {output}: move it to the CI's secret store")
    else:
        title = f"secret key: put it into the CI's secret store as {keys.KEY_VARIABLE}; it is kept nowhere"
        try:
            frame.talk.show_once(title, [secret])
        except UsageError as exc:
            raise UsageError("a secret key is shown on a terminal only", fix="add -o FILE, or -o -") from exc
    if frame.json:
        frame.output.document({"key": public, "file": output})
    else:
        frame.output.line(public)


@command.command()
@environment_words
@click.option("--to", "key", required=True, metavar="KEY", help="The CI's public key, ci1...")
@click.option("--for", "life", default="30d", show_default=True, metavar="TIME", help="30d, 12h or 4w.")
@click.option("-o", "--output", metavar="FILE", help="Where the bundle goes, instead of standard output.")
@offline_option
@click.pass_obj
def export(
    frame: Frame, target: str | None, env: str | None, key: str, life: str, output: str | None, offline: bool
) -> None:
    """Print the newest release of an environment as a bundle that only KEY opens.

    One line of text, safe to keep where the CI reads it. Teammates see who made it, for
    which key and until when. A new release wants a new bundle.
    """
    from envlsp.service.verbs import bundling

    with opened(frame, target, env) as here:
        news = courier(frame, here.service, here.opened, offline=offline)
        handed = bundling.make_bundle(news, here.opened, key, life)
    made = handed.exported
    if output:
        from envlsp.store.files import write_whole

        write_whole(output, made.text.encode() + b"\n")
    if frame.json:
        frame.output.document(exported_fields(handed))
    elif not output:
        frame.output.line(made.text)
    where = f" in {output}" if output else ""
    ends = _day(made.not_after)
    frame.output.say(f"{made.triple} {made.release}, {count(made.names, 'name')}, until {ends}{where}")
    frame.output.say(f"signed by {made.signer}{delivered(handed.reached)}")


class _Apply(click.Command):
    """Takes the program's words aside before options are looked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split at the first `--`."""
        if "--" in args:
            at = args.index("--")
            args, ctx.meta["program"] = args[:at], args[at + 1 :]
        return super().parse_args(ctx, args)


@command.command(cls=_Apply)
@click.argument("bundle", required=False, metavar="[BUNDLE|-]")
@click.option("--signer", "signers", multiple=True, metavar="DV1...", help="Whom to trust. Repeatable.")
@click.option("--key-file", "key_file", type=_PATH, metavar="PATH", help="Where the secret key is.")
@click.option("-f", "--format", "shape", type=click.Choice(_FORMATS), help="Print the values so.")
@click.option("--write", "path", type=_PATH, metavar="PATH", help="Write a .env file.")
@click.option("--dialect", default="", metavar="LOADER", help="By default the one the file was written for.")
@click.option("--no-override", is_flag=True, help="Variables that are set already stay as they are.")
@click.pass_context
def apply(
    context: click.Context,
    bundle: str | None,
    signers: tuple[str, ...],
    key_file: Path | None,
    shape: str | None,
    path: Path | None,
    dialect: str,
    no_override: bool,
) -> int:
    """Use a bundle: envlsp ci apply BUNDLE -- PROGRAM ...

    BUNDLE is its text, the name of a file that holds it, or - for standard input; without
    one, $ENVLSP_CI_BUNDLE is looked at. The secret key comes from $ENVLSP_CI_KEY or
    --key-file, never from the command line. Say --signer on a machine that is new every time.

    Exit code 9 where the bundle is not to be believed: altered, too old, of another
    signer, for another key. The program gets neither the key nor the bundle.
    """
    from envlsp.service.ci.keys import KEY_VARIABLE

    frame = context.ensure_object(Frame)
    program: list[str] = context.meta.get("program", [])
    if not (program or path or shape):
        raise UsageError("what is it for?", fix="envlsp ci apply BUNDLE -- PROGRAM ..., or --write PATH")
    applied = _applied(frame, bundle, signers, key_file, dialect)
    _tell(frame, applied)
    if path is not None:
        from envlsp.service.working_copy import check_writable, write_working_copy

        check_writable(path)
        write_working_copy(path, applied.file())
    if shape == "dotenv":
        frame.output.raw(applied.file())
    elif shape == "json":
        values = {name: value.reveal_text() for name, value in applied.values().items()}
        frame.output.raw(json.dumps(values, indent=2).encode() + b"\n")
    elif frame.json and not program:
        frame.output.document(applied_fields(applied, str(path) if path else None))
    if not program:
        return 0
    from envlsp.service.ci.applying import BUNDLE_VARIABLE

    ours = {name: value for name, value in os.environ.items() if name not in (KEY_VARIABLE, BUNDLE_VARIABLE)}
    return launch(program, environment(applied.values(), ours, override=not no_override))


def _applied(
    frame: Frame, bundle: str | None, signers: tuple[str, ...], key_file: Path | None, dialect: str
) -> Applied:
    from envlsp.service.ci.applying import apply as use
    from envlsp.service.ci.keys import find_secret, from_signer_text
    from envlsp.store.home import find_home

    allowed = tuple(from_signer_text(text) for text in signers)
    key = find_secret(os.environ, key_file or frame.key_file)
    text = _text(bundle)
    return use(text, key, find_home(os.environ), now=time.time(), signers=allowed, dialect=dialect)


def _text(bundle: str | None) -> bytes:
    from envlsp.service.ci.applying import BUNDLE_VARIABLE, TEXT_MAX_BYTES

    if bundle == "-":
        return read_stdin("a bundle", limit_bytes=TEXT_MAX_BYTES)
    if bundle is None:
        bundle = os.environ.get(BUNDLE_VARIABLE, "")
        if not bundle:
            raise UsageError("which bundle?", fix=f"give it, or set {BUNDLE_VARIABLE}")
        return bundle.encode("utf-8", "surrogateescape")
    try:
        with Path(bundle).open("rb") as stream:
            return stream.read(TEXT_MAX_BYTES)
    except (OSError, ValueError):  # no file of that name: then it is the text itself
        if len(bundle) < _SHORTEST_TEXT:
            # Not repeated: whoever mixes things up gives the secret key here.
            raise NotFound("there is no such file", fix="ls -l, and give the bundle's file") from None
        return bundle.encode("utf-8", "surrogateescape")


def _tell(frame: Frame, applied: Applied) -> None:
    what = f"{applied.triple} v{applied.n}, until {_day(applied.not_after)}"
    frame.output.say(f"{what}, signed by {applied.signer}")
    if applied.is_first:
        frame.output.say("no signer was known here: this one is trusted from now on (--signer)")
    if not applied.is_remembered:
        frame.output.warn("this machine cannot remember what it has seen: an older bundle would go unnoticed")


def _day(ts: int) -> str:
    from envlsp.service.ci.notes import day

    return day(ts)
