from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from envlsp.service.facade import Service
from tests.support.cast import Actor
from tests.support.lsp_client import BARE, FULL, WITHHELD, Editor, ServerError, span

pytestmark = pytest.mark.slow

FIRST = b"# where\nAPI_URL=https://one.test\nTOKEN=abcdefgh\n"
SECOND = b"# where\nAPI_URL=https://two.test\nTOKEN=abcdefgh\nFLAG=on\n"


@contextmanager
def editor_of(
    actor: Actor,
    capabilities: Mapping[str, Any] = FULL,
    answers: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Iterator[Editor]:
    environ = {"ENVLSP_KEY_FILE": str(actor.key_file), "ENVLSP_SIGNALING": ""}
    with Editor(actor.root, capabilities, home=actor.home, answers=answers, environ=environ) as editor:
        yield editor
        assert editor.stop() == 0
        assert editor.stderr == b""


@pytest.fixture
def released(alice: Actor) -> Actor:
    """Alice with two releases, the file as in the second."""
    alice.found(FIRST).push(message="first")
    alice.push(SECOND, message="second")
    alice.service.close()
    return alice


def _lenses(editor: Editor, uri: str) -> list[str]:
    return [lens["command"]["title"] for lens in editor.about("codeLens", uri)]


def test_push_from_the_editor_is_a_release_and_shows_at_once(released: Actor) -> None:
    with editor_of(released) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: any("v2" in title for title in _lenses(editor, uri)))
        editor.change(uri, {"range": span(1, 8, 24), "text": "https://three.test"})
        with pytest.raises(ServerError) as failed:
            editor.command("envlsp.push", uri=uri, message="third")
        assert failed.value.message == ".env has unsaved changes; save or undo first"
        assert failed.value.code == -32803
        released.file.write_bytes(SECOND.replace(b"two", b"three"))
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        result = editor.command("envlsp.push", uri=uri, message="third", offline=True)
        assert result["release"] == "v3"
        editor.wait_for(lambda: any("v3" in title for title in _lenses(editor, uri)))
        assert [entry["message"] for entry in editor.command("envlsp.log", uri=uri)["releases"]] == [
            "third",
            "second",
            "first",
        ]
        assert editor.asked("workspace/codeLens/refresh")


def test_pull_and_rollback_write_the_file_and_refuse_a_dirty_buffer(released: Actor) -> None:
    with editor_of(released) as editor:
        uri = editor.open(".env")
        editor.change(uri, {"range": span(0, 0, 0), "text": "# typed\n"})
        for command, more in (("pull", {}), ("rollback", {"release": "v1"}), ("set", {"name": "API_URL"})):
            with pytest.raises(ServerError, match="save or undo first"):
                editor.command(f"envlsp.{command}", uri=uri, offline=True, **more)
        assert released.file.read_bytes() == SECOND
        editor.change(uri, {"range": span(0, 0, 0, 1), "text": ""})
        editor.command("envlsp.rollback", uri=uri, release="v1", offline=True)
        assert released.file.read_bytes() == FIRST
        uri = editor.open(".env")
        editor.wait_for(lambda: any("v3" in title for title in _lenses(editor, uri)))


def test_a_value_is_asked_for_and_never_an_argument(released: Actor) -> None:
    asked: list[Any] = []

    def reply(params: Any) -> Any:
        asked.append(params)
        return {"value": "typed-by-hand"}

    with editor_of(released, answers={"envlsp/input": reply}) as editor:
        uri = editor.uri(".env")
        editor.command("envlsp.set", uri=uri, name="FLAG", offline=True)
        assert asked[0]["password"] is True
        assert editor.command("envlsp.reveal", uri=uri, name="FLAG")["value"] == "typed-by-hand"
        with pytest.raises(ServerError, match="takes no argument 'value'"):
            editor.command("envlsp.set", uri=uri, name="FLAG", value="given")


def test_an_editor_without_a_field_is_told_which_argument_to_pass(alice: Actor) -> None:
    alice.service.close()
    with editor_of(alice, BARE) as editor, pytest.raises(ServerError) as failed:
        editor.command("envlsp.team.create", uri=alice.root.as_uri())
    assert "cannot ask this" in failed.value.message
    assert "pass the argument 'as'" in failed.value.message


def test_reveal_shows_in_one_hover_only(released: Actor) -> None:
    answers = {"workspace/configuration": lambda _p: [{"hover": {"reveal": False}}]}
    (released.root / "app.py").write_text('import os\nos.environ["TOKEN"]\n')
    with editor_of(released, answers=answers) as editor:
        code = editor.open("app.py")
        editor.wait_for(lambda: "v1" in str(editor.at("hover", code, 1, 13)))
        assert editor.command("envlsp.reveal", uri=code, name="TOKEN") == {
            "name": "TOKEN",
            "value": "abcdefgh",
            "expires_s": 10,
        }
        env = editor.open(".env")
        assert "abcdefgh" not in str(editor.at("hover", env, 2, 2))  # granted in the other document
        assert "abcdefgh" in str(editor.at("hover", code, 1, 13))
        assert "abcdefgh" not in str(editor.at("hover", code, 1, 13))
        assert editor.command("envlsp.copy", uri=env, name="TOKEN")["value"] == "abcdefgh"
        assert "abcdefgh" not in str(editor.at("hover", env, 2, 2))  # copying shows nothing
        with pytest.raises(ServerError, match="does not give that name a value"):
            editor.command("envlsp.reveal", uri=env, name="NO_SUCH")


def test_an_editor_with_a_view_of_its_own_gets_no_revealing_hover(released: Actor) -> None:
    own = FULL | {"experimental": {"envlsp": {"reveal": True}}}
    answers = {"workspace/configuration": lambda _p: [{"hover": {"reveal": False}}]}
    with editor_of(released, own, answers) as editor:
        env = editor.open(".env")
        assert editor.command("envlsp.reveal", uri=env, name="TOKEN")["value"] == "abcdefgh"
        assert "abcdefgh" not in str(editor.at("hover", env, 2, 2))


def test_a_command_can_be_taken_back_while_it_waits_for_the_person(released: Actor) -> None:
    with editor_of(released, answers={"envlsp/input": lambda _p: WITHHELD}) as editor:
        argument = {"uri": editor.uri(".env"), "name": "FLAG", "offline": True}
        params = {"command": "envlsp.set", "arguments": [argument], "workDoneToken": "mine"}
        identity, message = editor.begin("workspace/executeCommand", params)
        editor.send(message)
        editor.wait_for(lambda: editor.asked("envlsp/input"))
        editor.notify("$/cancelRequest", {"id": identity})
        with pytest.raises(ServerError) as failed:
            editor.answer(identity)
        assert failed.value.code == -32800
        kinds = [told["value"]["kind"] for told in editor.told("$/progress") if told["token"] == "mine"]
        assert (kinds[0], kinds[-1]) == ("begin", "end")
        assert released.file.read_bytes() == SECOND


def test_the_button_of_a_line_of_progress_stops_the_command(released: Actor) -> None:
    with editor_of(released, answers={"envlsp/input": lambda _p: WITHHELD}) as editor:
        argument = {"uri": editor.uri(".env"), "name": "FLAG", "offline": True}
        params = {"command": "envlsp.set", "arguments": [argument]}
        identity, message = editor.begin("workspace/executeCommand", params)
        editor.send(message)
        begun = editor.wait_for(lambda: editor.told("$/progress"))
        assert begun[0]["value"]["cancellable"] is True
        assert editor.asked("window/workDoneProgress/create") == [{"token": begun[0]["token"]}]
        editor.notify("window/workDoneProgress/cancel", {"token": begun[0]["token"]})
        with pytest.raises(ServerError) as failed:
            editor.answer(identity)
        assert failed.value.code == -32800


def test_answers_go_on_while_a_command_waits(released: Actor) -> None:
    with editor_of(released, answers={"envlsp/input": lambda _p: WITHHELD}) as editor:
        uri = editor.open(".env")
        params = {"command": "envlsp.set", "arguments": [{"uri": uri, "name": "FLAG", "offline": True}]}
        editor.send(editor.begin("workspace/executeCommand", params)[1])
        editor.wait_for(lambda: editor.asked("envlsp/input"))
        started = time.monotonic()
        for _ in range(20):
            assert editor.at("hover", uri, 1, 2)
        assert time.monotonic() - started < 20, "the command waits for ever"


def test_an_environment_as_a_document_masked(released: Actor) -> None:
    with editor_of(released) as editor:
        status = editor.wait_for(lambda: editor.told("envlsp/status"))
        team = editor.wait_for(
            lambda: next((p["team"] for s in editor.told("envlsp/status") for p in s["projects"]), None)
        )
        assert status
        uri = f"envlsp://{team}/shop/shop/dev"
        text = editor.request("workspace/textDocumentContent", {"uri": uri})["text"]
        assert text.startswith("# shop/shop/dev, values masked\n# v2 by Alice")
        assert text.endswith("\n\n# where\nAPI_URL=••••••\nTOKEN=••••••\nFLAG=••••••\n")
        assert "FLAG" not in editor.command("envlsp.show", uri=f"{uri}@v1")["text"]
        with pytest.raises(ServerError, match="names no environment"):
            editor.request("workspace/textDocumentContent", {"uri": "envlsp://nowhere/x"})
        with pytest.raises(ServerError, match="names no environment"):
            editor.request("workspace/textDocumentContent", {"uri": editor.uri(".env")})


def test_another_process_of_the_device_is_heard(released: Actor) -> None:
    with editor_of(released) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: any("v2" in title for title in _lenses(editor, uri)))
        released.restart()
        released.push(SECOND + b"LATER=1\n", message="by the command line")
        editor.wait_for(lambda: any("v3" in title for title in _lenses(editor, uri)))


def test_an_unknown_command_is_refused_kindly(released: Actor) -> None:
    with editor_of(released) as editor:
        for name in ("envlsp.nonsense", "other.push", ""):
            with pytest.raises(ServerError, match="there is no such command"):
                editor.command(name)
        with pytest.raises(ServerError, match=r"there is no such command$") as caught:
            editor.command("envlsp.nonsense")
        words = caught.value.data["fix"].removeprefix("one of: ").split(", ")
        assert {"reveal", "copy", "push", "access.why"} <= set(words)
        assert editor.request("workspace/executeCommand", {"command": "envlsp.env.list"})["environments"]


def test_a_locked_device_is_unlocked_once_for_everything(tmp_path: Path) -> None:
    locked = Actor("alice", tmp_path / "alice")
    locked.service.close()
    locked.service = Service(locked.talk, environ=locked.environ)  # no key file: a passphrase
    locked.found(FIRST).push(message="first")
    locked.close()
    asked: list[Any] = []

    def reply(params: Any) -> Any:
        asked.append(params)
        return {"value": "a passphrase"}

    answers = {"envlsp/input": reply}
    with Editor(
        locked.root, FULL, home=locked.home, answers=answers, environ={"ENVLSP_SIGNALING": ""}
    ) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: _lenses(editor, uri) == ["Unlock"])
        assert editor.command("envlsp.unlock", uri=uri)["unlocked"] is True
        editor.wait_for(lambda: any("v1" in title for title in _lenses(editor, uri)))
        assert editor.command("envlsp.list", uri=uri)["release"] == "v1"
        assert len(asked) == 1


def _document(editor: Editor) -> tuple[str, str]:
    """Open the environment as a document; return its name and its text."""
    team = editor.wait_for(
        lambda: next((p["team"] for s in editor.told("envlsp/status") for p in s["projects"]), None)
    )
    uri = f"envlsp://{team}/shop/shop/dev"
    text = editor.command("envlsp.show", uri=uri)["text"]
    editor.open_text(uri, text, "dotenv")
    return uri, text


def test_a_document_of_the_team_is_edited_and_saved_without_a_file(released: Actor) -> None:
    released.file.unlink()
    with editor_of(released) as editor:
        uri, text = _document(editor)
        line = text.splitlines().index("FLAG=••••••")
        editor.change(uri, {"range": span(line, 5, 11), "text": "off\nNEW=1"})
        saved = editor.command("envlsp.save", uri=uri, message="by hand", offline=True)
        assert (saved["release"], saved["changed"]) == (
            "v3",
            {"added": ["NEW"], "changed": ["FLAG"], "removed": []},
        )
        assert not released.file.exists()
        with pytest.raises(ServerError, match="does not begin as the newest release does"):
            editor.command("envlsp.save", uri=uri, offline=True)
        with pytest.raises(ServerError, match="only an open document of the team"):
            editor.command("envlsp.save", uri=editor.uri(".env"), offline=True)
        old = f"{uri}@v1"
        editor.open_text(old, text, "dotenv")
        with pytest.raises(ServerError, match="only the newest release is edited"):
            editor.command("envlsp.save", uri=old, offline=True)


def test_saving_a_file_uploads_nothing_unless_that_is_set(released: Actor) -> None:
    settings = {"autoPush": False}
    with editor_of(released, answers={"workspace/configuration": lambda _p: [settings]}) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: any("v2" in title for title in _lenses(editor, uri)))
        editor.change(uri, {"text": SECOND.decode() + "SAVED=1\n"})
        released.file.write_bytes(SECOND + b"SAVED=1\n")
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        editor.wait_for(lambda: any("1 change here" in title for title in _lenses(editor, uri)))
        settings["autoPush"] = True
        editor.notify("workspace/didChangeConfiguration", {"settings": {}})
        time.sleep(0.5)
        assert not any("v3" in title for title in _lenses(editor, uri))
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        editor.wait_for(lambda: any("v3" in title for title in _lenses(editor, uri)))
