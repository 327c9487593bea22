"""The frame of the command line: the table of verbs, shared options, and one way to fail."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from envlsp import __version__, errors
from envlsp.cli import main as frame
from envlsp.cli.main import VERBS, Frame, run


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[click.Command], None]:
    """Return a function that makes a command the verb `probe`."""

    def install(command: click.Command) -> None:
        module = ModuleType("envlsp.cli.commands.probe")
        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(VERBS, "probe", "look at the frame")

    return install


def raising(error: BaseException) -> click.Command:
    def body() -> None:
        raise error

    return click.Command("probe", callback=body)


def every_error(branch: type[errors.EnvlspError] = errors.EnvlspError) -> list[type[errors.EnvlspError]]:
    return [branch, *(leaf for child in branch.__subclasses__() for leaf in every_error(child))]


def test_help_lists_every_verb_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    before = {name for name in sys.modules if name.startswith("envlsp.cli.commands.")}
    assert run([]) == 0
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out and text in out for name, text in VERBS.items())
    assert {name for name in sys.modules if name.startswith("envlsp.cli.commands.")} == before


@pytest.mark.parametrize("name", VERBS)
def test_every_row_of_the_table_has_its_file_and_its_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: envlsp {name}")


def test_version_is_one_line_of_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr() == (f"envlsp {__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    (
        "--json --yes --key-file k -v probe",
        "probe --json --yes --key-file k -v",
        "--json probe -y --key-file=k --verbose",
    ),
)
def test_shared_options_stand_before_or_after_the_verb(
    words: str, verb: Callable[[click.Command], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Frame] = []
    verb(click.Command("probe", callback=click.pass_obj(seen.append)))
    monkeypatch.chdir(tmp_path)
    assert run(words.split()) == 0
    assert (seen[0].json, seen[0].yes, seen[0].verbose) == (True, True, 1)
    assert seen[0].key_file == tmp_path / "k"


def test_shared_options_reach_the_second_word_of_a_verb(verb: Callable[[click.Command], None]) -> None:
    seen: list[Frame] = []
    verb(click.Group("probe", commands=[click.Command("list", callback=click.pass_obj(seen.append))]))
    assert run(["probe", "list", "--json"]) == 0
    assert seen[0].json


def test_a_verb_may_have_an_option_of_the_same_name(verb: Callable[[click.Command], None]) -> None:
    seen: list[str] = []

    def note(variable: str) -> None:
        seen.append(variable)

    verb(click.Command("probe", params=[click.Option(["-v", "--variable"])], callback=note))
    assert run(["probe", "-v", "NAME"]) == 0
    assert seen == ["NAME"]


def test_dash_c_runs_as_if_started_there(
    verb: Callable[[click.Command], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def look(frame: Frame) -> None:
        seen.append(frame.cwd)

    verb(click.Command("probe", callback=click.pass_obj(look)))
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(["probe", "-C", "inner"]) == 0
    assert seen == [tmp_path / "inner"]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_is_one_cause_one_fix_and_its_exit_code(
    error: type[errors.EnvlspError],
    verb: Callable[[click.Command], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    verb(raising(error("the place", fix="do this")))
    assert run(["probe"]) == error.exit_code
    general = {errors.Misuse, errors.UsageError, errors.NotFound, errors.BadText, errors.StoreError}
    cause = "the place" if error in general else f"{error.__doc__}: the place"
    assert capsys.readouterr() == ("", f"envlsp: {cause}\nfix: do this\n")


@pytest.mark.parametrize(
    ("words", "cause", "fix"),
    (
        ("prob", "there is no verb 'prob'; did you mean probe?", "envlsp --help"),
        ("nothing-like-it", "there is no verb 'nothing-like-it'", "envlsp --help"),
        ("--nope", "no such option '--nope'", "envlsp --help"),
        ("probe --nope", "no such option '--nope'", "envlsp probe --help"),
        ("probe --key-file", "option '--key-file' requires an argument", "envlsp --help"),
    ),
)
def test_wrong_usage_says_so_in_the_same_form(
    words: str,
    cause: str,
    fix: str,
    verb: Callable[[click.Command], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    verb(click.Command("probe"))
    assert run(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.lower().replace(": ", " ", 2).startswith(f"envlsp {cause}".replace(": ", " ")), err
    assert err.endswith(f"\nfix: {fix}\n")


def test_a_value_typed_in_the_wrong_place_is_not_repeated(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(click.Command("probe"))
    assert run(["probe", "hunter2"]) == 2
    assert "hunter2" not in capsys.readouterr().err


def test_a_group_without_its_second_word_shows_its_help(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(click.Group("probe", commands=[click.Command("list")]))
    assert run(["probe"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: envlsp probe" in err


@pytest.mark.parametrize("debug", (False, True))
def test_the_unforeseen_is_told_by_type_and_place_only(
    debug: bool,
    verb: Callable[[click.Command], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if debug:
        monkeypatch.setenv("ENVLSP_DEBUG", "1")
    error = ValueError("hunter2")
    error.__cause__ = KeyError("hunter2")
    verb(raising(error))
    assert run(["probe"]) == 1
    err = capsys.readouterr().err
    assert "internal error" in err
    assert "ValueError at envlsp/cli/main.py:" in err
    assert "hunter2" not in err
    assert ("test_frame.py" in err) is debug


def test_a_file_that_cannot_be_read_is_no_internal_error(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(raising(PermissionError(errno.EACCES, "Permission denied", "some/file")))
    assert run(["probe"]) == 1
    assert (
        capsys.readouterr().err
        == "envlsp: permission denied: some/file\nfix: make it yours: ls -l shows who may use it\n"
    )


@pytest.mark.parametrize("error", (KeyboardInterrupt(), click.Abort()))
def test_interrupted_is_130(
    error: BaseException, verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(raising(error))
    assert run(["probe"]) == 130
    assert capsys.readouterr().err == "envlsp: interrupted\n"


def test_a_reader_that_leaves_ends_the_command_quietly(verb: Callable[[click.Command], None]) -> None:
    verb(raising(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    read, write = os.pipe()
    saved, kept = sys.stdout, os.dup(write)
    try:
        with io.TextIOWrapper(os.fdopen(write, "wb")) as stream:
            os.close(read)
            sys.stdout = stream
            assert run(["probe"]) == 141
            stream.write("what was still buffered goes nowhere")
    finally:
        sys.stdout = saved
        os.close(kept)


def test_a_peers_terminal_commands_do_not_reach_the_terminal(
    verb: Callable[[click.Command], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(raising(errors.NotFound("\x1b]0;owned\x07 member\nfix: rm -rf /")))
    assert run(["probe"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == "envlsp: ?]0;owned? member?fix: rm -rf /"


def test_a_verb_is_lent_the_service_and_it_is_closed(
    verb: Callable[[click.Command], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVLSP_HOME", str(tmp_path / "home"))
    closed: list[bool] = []
    monkeypatch.setattr("envlsp.service.facade.Service.close", lambda _self: closed.append(True))

    def body(frame: Frame) -> None:
        with frame.service() as service:
            assert service.home.root == str(tmp_path / "home")
            assert isinstance(service.talk, type(frame.talk))
            assert not closed
            raise errors.NotFound("the end")

    verb(click.Command("probe", callback=click.pass_obj(body)))
    assert run(["probe"]) == 1
    assert closed == [True]


def test_a_verb_returns_the_childs_exit_code(verb: Callable[[click.Command], None]) -> None:
    verb(click.Command("probe", callback=lambda: 37))
    assert run(["probe"]) == 37


def test_the_working_directory_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(errors.NotFound, match="the working directory is gone"):
        _ = frame.Frame().cwd
