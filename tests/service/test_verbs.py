"""The verbs as an editor runs them: the same answers as `--json`, and unsaved edits refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.cli.main import VERBS
from envlsp.errors import ConflictedName, Misuse, NoAccess, NotFound, Stopped, StoreError, UsageError
from envlsp.service import verbs
from envlsp.service.access.roles import revoke
from tests.support.cast import FIRST_FILE, Cast, meet
from tests.support.verb_desk import Editor


def editor(cast: Cast) -> Editor:
    (alice,) = cast.team()
    return Editor(alice)


# --- the table ---


def test_every_verb_of_the_command_line_is_there_or_has_a_reason() -> None:
    families = {name.partition(".")[0] for name in verbs.NAMES}
    for verb in VERBS:
        places = [verb in families, verb in verbs.ANOTHER_NAME, verb in verbs.TERMINAL_ONLY]
        assert sum(places) == 1, verb
    assert set(verbs.ANOTHER_NAME) | set(verbs.TERMINAL_ONLY) <= set(VERBS)


@pytest.mark.parametrize("name", verbs.NAMES)
def test_every_verb_is_in_its_module_and_refuses_what_it_does_not_know(cast: Cast, name: str) -> None:
    window = editor(cast)
    before = window.actor.raws()
    with pytest.raises(UsageError, match="'nonsense'") as refused:
        window.run(name, nonsense="hunter2")
    assert "hunter2" not in f"{refused.value}{refused.value.fix}"
    assert window.actor.raws() == before
    module = verbs._MODULES[name][0]
    __import__(f"envlsp.service.verbs.{module}")


def test_whoever_was_removed_types_no_secret_for_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    revoke(alice.team.replica, alice.team.releases, {bob.user})
    meet(alice, bob)
    window = Editor(bob)
    with pytest.raises(NoAccess, match="removed"):
        window.run("set", name="TOKEN")
    assert not window.talk.asked


def test_arguments_of_another_kind_are_named_and_not_repeated(cast: Cast) -> None:
    window = editor(cast)
    for name, argument, value in (
        ("push", "message", 7),
        ("push", "force", "yes"),
        ("log", "limit", -1),
        ("log", "limit", True),
        ("status", "target", ["dev"]),
    ):
        with pytest.raises(UsageError, match=f"'{argument}'"):
            window.run(name, **{argument: value})
    with pytest.raises(UsageError):
        window.run("nothing")
    with pytest.raises(UsageError, match="needs 'name'"):
        window.run("set")


# --- releases ---


def test_push_answers_as_the_command_line_does(cast: Cast) -> None:
    window = editor(cast)
    window.actor.file.write_bytes(FIRST_FILE + b"NEW=1\n")
    answer = window.run("push", message="one more")
    assert answer.pop("id")
    assert answer == {
        "release": "v2",
        "made": True,
        "changed": {"added": ["NEW"], "changed": [], "removed": []},
        "reached": 0,
    }
    assert window.run("push")["made"] is False
    assert window.run("log", limit=1)["releases"][0]["message"] == "one more"


def test_status_diff_and_list_show_names_and_marks_only(cast: Cast) -> None:
    window = editor(cast)
    window.actor.file.write_bytes(FIRST_FILE.replace(b"x.test", b"planted.test"))
    status = window.run("status", uri=window.actor.file.as_uri())
    assert (status["release"], status["changed"]) == ("v1", ["API_URL"])
    diff = window.run("diff")
    assert [change["name"] for change in diff["changes"]] == ["API_URL"]
    assert len(diff["changes"][0]["new_mark"]) == 4
    listed = window.run("list")
    assert [secret["name"] for secret in listed["secrets"]] == ["API_URL", "DB", "TOKEN"]
    assert "planted" not in f"{status}{diff}{listed}"
    window.run("push")
    assert window.run("diff", from_="v1", to="v2")["changes"] == [
        {**diff["changes"][0], "name": "API_URL", "change": "changed"}
    ]
    assert window.run("diff", from_="v1")["new"] == "file"


def test_a_rollback_without_a_release_is_picked(cast: Cast) -> None:
    window = editor(cast)
    for text in (b"A=1\n", b"A=2\n", b"A=3\n"):
        window.actor.push(text)
    window.talk.wanted = "v2"
    answer = window.run("rollback")
    assert answer["release"] == "v5"
    assert [label for _, label, _ in window.talk.offered] == ["v3 by Alice", "v2 by Alice", "v1 by Alice"]
    assert window.actor.file.read_bytes() == b"A=1\n"
    assert window.talk.heard == ["brought .env along"]
    assert window.run("rollback", release="v4")["release"] == "v6"


def test_nothing_to_pick_is_said(cast: Cast) -> None:
    with pytest.raises(NotFound, match="older"):
        editor(cast).run("rollback")


def test_a_value_is_asked_for_and_never_given(cast: Cast) -> None:
    window = editor(cast)
    window.talk.hidden = b"hunter2 $x"
    answer = window.run("set", name="TOKEN")
    assert answer["changed"]["changed"] == ["TOKEN"]
    assert window.talk.asked == ["value of TOKEN"]
    assert window.value("TOKEN").reveal() == b"hunter2 $x"
    assert "hunter2" not in f"{answer}{window.talk.heard}{window.reports}"
    with pytest.raises(UsageError, match="'value'"):
        window.run("set", name="TOKEN", value="hunter2")


def test_pull_brings_the_file_and_keeps_edits(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    window = Editor(bob)
    answer = window.run("pull")
    assert (answer["written"], answer["file"]) == (True, str(bob.file))
    assert bob.file.read_bytes() == FIRST_FILE
    alice.push(FIRST_FILE + b"A=1\n")
    meet(alice, bob)
    bob.file.write_bytes(FIRST_FILE + b"B=1\n")
    assert window.run("pull", offline=True)["kept"]["added"] == ["B"]
    assert window.run("pull", offline=True, force=True)["kept"]["added"] == []
    assert bob.file.read_bytes() == FIRST_FILE + b"A=1\n"


@pytest.mark.parametrize(
    ("name", "arguments"),
    (("push", {}), ("pull", {}), ("rollback", {"release": "v1"}), ("rollback", {}), ("set", {"name": "A"})),
)
def test_unsaved_edits_are_refused(cast: Cast, name: str, arguments: dict[str, object]) -> None:
    window = editor(cast)
    window.actor.push(b"A=1\n")
    window.buffers[window.actor.file] = b"A=unsaved\n"
    before = window.actor.raws()
    with pytest.raises(Misuse, match=r"^\.env has unsaved changes$") as refused:
        window.run(name, **arguments)
    assert refused.value.fix == "save or undo first"
    assert window.actor.raws() == before
    assert window.actor.file.read_bytes() == b"A=1\n"
    assert not window.talk.asked


def test_edits_made_while_asking_for_news_are_refused_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = editor(cast)
    window.actor.push(b"A=1\n")
    file = window.actor.file
    window.buffers[file] = b"A=1\n"

    def type_on(text: str) -> None:
        window.buffers[file] = b"A=12\n"

    window.reports = type("Reports", (list,), {"append": lambda _, text: type_on(text)})()
    for name, arguments in (("pull", {"force": True}), ("rollback", {"release": "v1"}), ("push", {})):
        window.buffers[file] = b"A=1\n"
        with pytest.raises(Misuse, match="unsaved"):
            window.run(name, **arguments)
    assert file.read_bytes() == b"A=1\n"


def test_a_byte_order_mark_is_no_edit(cast: Cast) -> None:
    window = editor(cast)
    window.actor.file.write_bytes(b"\xef\xbb\xbfA=1\n")
    window.buffers[window.actor.file] = b"A=1\n"
    assert window.run("push")["made"]
    window.buffers[window.actor.file] = b"A=1"
    with pytest.raises(Misuse, match="unsaved"):
        window.run("push")


def test_a_file_that_cannot_be_read_is_not_written_over(cast: Cast) -> None:
    window = editor(cast)
    window.actor.file.unlink()
    window.actor.file.mkdir()
    window.buffers[window.actor.file] = b"A=1\n"
    with pytest.raises(StoreError, match="cannot read"):
        window.run("push")


def test_a_buffer_known_by_a_linked_folder_counts_too(cast: Cast, tmp_path: Path) -> None:
    window = editor(cast)
    link = tmp_path / "link"
    link.symlink_to(window.actor.root)
    window.place = link / ".env"
    window.buffers[window.place] = b"A=unsaved\n"
    with pytest.raises(Misuse, match="unsaved"):
        window.run("push")


def test_a_new_empty_buffer_does_not_stop_the_first_pull(cast: Cast) -> None:
    _, bob = cast.team("bob")
    window = Editor(bob, buffers={bob.file: b""})
    assert window.run("pull")["written"]


def test_cancelled_before_it_began_nothing_is_made(cast: Cast) -> None:
    window = editor(cast)
    window.actor.file.write_bytes(b"A=1\n")
    window.is_cancelled = True
    before = window.actor.raws()
    with pytest.raises(Stopped):
        window.run("push")
    assert window.actor.raws() == before


# --- which environment ---


def test_the_environment_is_that_of_the_document_or_the_target(cast: Cast) -> None:
    window = editor(cast)
    staging = window.actor.root / ".env.staging"
    staging.write_bytes(b"S=1\n")
    window.place = staging
    assert window.run("push")["release"] == "v1"
    assert [s["name"] for s in window.run("list")["secrets"]] == ["S"]
    assert [s["name"] for s in window.run("list", target=":dev")["secrets"]] == ["API_URL", "DB", "TOKEN"]
    window.place = window.actor.root
    assert window.run("status", uri="envlsp://tm1/shop/shop/staging")["env"] == "staging"
    with pytest.raises(NotFound, match="another project"):
        window.run("status", uri="envlsp://tm1/other/shop/staging")


def test_a_value_of_an_older_release(cast: Cast) -> None:
    window = editor(cast)
    window.actor.push(b"A=1\nB=${A}2\n")
    assert window.value("B").reveal() == b"12"
    old = "envlsp://tm1/shop/shop/dev@v1"
    assert window.value("DB", uri=old).reveal() == b"https://x.test/db"
    for arguments in ({}, {"uri": old}):
        with pytest.raises(NotFound):
            window.value("NONE", **arguments)


def test_without_a_conflict_there_is_nothing_to_resolve(cast: Cast) -> None:
    window = editor(cast)
    window.run("push", offline=True)
    with pytest.raises(NotFound, match="nothing is in conflict"):
        window.run("resolve", offline=True)


def test_a_name_in_conflict_has_no_value(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(b"A=1\n")
    bob.push(b"A=2\n")
    meet(alice, bob)
    with pytest.raises(ConflictedName):
        Editor(alice).value("A")


def test_no_module_of_a_verb_is_loaded_before_it_is_used() -> None:
    import subprocess
    import sys

    code = "import sys, envlsp.service.verbs; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"nacl", "sqlite3", "yaml", "asyncio", "click"})


def test_paths_are_those_of_the_place(cast: Cast) -> None:
    window = editor(cast)
    window.place = Path(window.actor.root)
    assert window.run("status")["file"] == str(window.actor.file)
