"""Two people work in their editors, and no value is found on the way between them, nor kept anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_editor import LiveEditor, editors, meet
from tests.support.lsp_client import span
from tests.support.processes import Cast, Teammate, cast, join

pytestmark = pytest.mark.slow

VALUES = ("kanarienvogel-eins", "kanarienvogel-zwei", "kanarienvogel-drei", "kanarienvogel-vier")
NAME = "KANARIEN_NAME"
NOTE = "kanarien-notiz"
FIRST = f"# {NOTE}\n{NAME}={VALUES[0]}\nTOKEN='{VALUES[1]}'\nURL=https://${{TOKEN}}.test\n".encode()
CODE = f'import os\nos.environ["{NAME}"]\nos.environ["TOKEN"]\n'


@pytest.fixture
def tapped(tmp_path: Path) -> Iterator[Cast]:
    with cast(tmp_path, tmp_path / "frames") as people:
        yield people


def test_two_people_work_and_no_value_is_found(tapped: Cast) -> None:
    alice = tapped.founder("Alice", FIRST)
    alice.ok("push", "--offline", "-m", NOTE)
    bob = tapped.clone("Bob", alice)
    join(alice, bob)
    bob.ok("pull", "--offline")
    hidden: dict[str, Any] = {
        "workspace/configuration": lambda _: [{"hover": {"reveal": False}}],
        "envlsp/input": lambda _: {"value": VALUES[3]},
    }
    for person in (alice, bob):
        (person.shop / "app.py").write_text(CODE)
    windows = [partial(LiveEditor, person, answers=hidden) for person in (alice, bob)]
    with editors(*windows) as (hers, his):
        meet(hers, his)
        for one in (hers, his):
            look_everywhere(one)
        work(hers, his)
        for one in (hers, his):
            look_everywhere(one)
        check_doctor(alice, bob)
    assert VALUES[3].encode() in alice.env.read_bytes()
    for one in (hers, his):
        assert found_in(bytes(one.received), VALUES) == []
        assert one.told("envlsp/masks")
        assert one.told("envlsp/status")
    frames = (tapped.root / "frames").read_bytes()
    assert len(frames) > 10_000
    assert found_in(frames, (*VALUES, NAME, NOTE, "shop", "example.com")) == []
    for person in (alice, bob):
        assert_kept_in_env_file_only(person)


def work(hers: LiveEditor, his: LiveEditor) -> None:
    """Push, pull, type a value unseen, and go back, in turns."""
    his.save(FIRST.replace(VALUES[0].encode(), VALUES[2].encode()))
    assert his.command("envlsp.push", uri=his.env, message=NOTE)["reached"] == 1
    hers.until_lens("v2 · Bob")
    hers.command("envlsp.pull", uri=hers.env)
    hers.reload()
    assert hers.command("envlsp.set", uri=hers.env, name="TOKEN")["release"] == "v3"
    his.until_lens("v3 · Alice")
    his.act("Roll back to v1 (Alice, ")
    hers.until_lens("v4 · Bob")
    hers.command("envlsp.diff", uri=hers.env)


def look_everywhere(one: LiveEditor) -> None:
    """Ask what editors ask, at every word of the file and of the code."""
    code = one.open("app.py")
    for uri, lines in ((one.env, range(4)), (code, range(1, 3))):
        for line in lines:
            for column in (2, 14, 20):
                one.at("hover", uri, line, column)
                one.at("completion", uri, line, column)
            one.about("codeAction", uri, range=span(line, 0, 40), context={"diagnostics": []})
        one.about("diagnostic", uri)
    one.about("codeLens", one.env)
    one.about("inlayHint", one.env, range=span(0, 0, 0, 9))
    for verb in ("status", "log", "list", "show", "members"):
        one.command(f"envlsp.{verb}", uri=one.env)
    one.notify("textDocument/didClose", {"textDocument": {"uri": code}})


def check_doctor(*people: Teammate) -> None:
    """Have everything looked over, also with a file that does not read; it names nothing of what is in it."""
    for person in people:
        whole = person.env.read_bytes()
        for text in (whole, whole + f"{NAME} {VALUES[0]}\n".encode()):
            person.env.write_bytes(text)
            for words in (("--json",), (), ("--json", "--offline")):
                said = person.run("doctor", *words)
                assert "signaling" in said.text or "--offline" in words
                assert (
                    found_in(f"{said.text}{said.talk}".encode(), (*VALUES, NAME, NOTE, str(person.home)))
                    == []
                )
        person.env.write_bytes(whole)


def found_in(data: bytes, words: tuple[str, ...]) -> list[str]:
    return [word for word in words if word.encode() in data]


def assert_kept_in_env_file_only(person: Teammate) -> None:
    """Check every file of a person: the device, the repository with git's own, all else at home."""
    files = [path for path in person.folder.rglob("*") if path.is_file() and path != person.env]
    assert any(path.is_relative_to(person.home) for path in files)
    assert {str(path): found for path in files if (found := found_in(path.read_bytes(), VALUES))} == {}
    inside = [path for path in files if path.is_relative_to(person.home)]
    assert [path for path in inside if found_in(path.read_bytes(), (NAME, NOTE))] == []
