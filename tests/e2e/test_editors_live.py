"""Teammates with open editors: what one of them does, the others see.

Real language servers, command lines, an agent and a signaling server. How long things took
is printed (`pytest -s`), and only absurd times fail: the machine may be busy.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial

import pytest

from tests.support.live_editor import (
    REFRESHES,
    Arrivals,
    LiveEditor,
    Sight,
    editors,
    holder,
    meet,
    node_of,
)
from tests.support.lsp_client import BARE, FULL, Editor, ServerError, span
from tests.support.processes import Cast, Teammate, join, shown_words, wait_until

pytestmark = pytest.mark.slow

CEILING_S = 60.0
"""More than this is wrong on any machine, however busy; the aim is a second."""
FIRST = b"# Where the API lives\nAPI_URL=https://one.example\nTOKEN=abcdefgh\n"
PLAIN = {name: part for name, part in FULL.items() if name != "experimental"}


def pushed(stage: Cast) -> tuple[Teammate, Teammate]:
    """Return Alice with a release, and Bob who has joined and pulled it."""
    alice = stage.founder("Alice", FIRST)
    alice.ok("push", "--offline")
    bob = stage.clone("Bob", alice)
    join(alice, bob)
    bob.ok("pull", "--offline")
    return alice, bob


def push_by_hand(person: Teammate, data: bytes) -> float:
    """Push by the command line until a teammate has it; return when that began."""
    person.env.write_bytes(data)
    began = time.monotonic()
    person.share()
    return began


def edited(number: int) -> bytes:
    return FIRST.replace(b"one.example", b"%d.example" % number)


def tell(what: str, since: float, *times: float) -> None:
    """Print how long something took, and fail when it took absurdly long."""
    sys.stdout.write(f"\n{what}: {', '.join(f'{at - since:.3f}' for at in times)} s")
    assert max(times) - since < CEILING_S


def all_show(windows: Sequence[LiveEditor], arrivals: Arrivals, began: float, label: str) -> None:
    """Check that every window shows a release of Alice's, told by its server, soon after it came."""
    seen = [one.until_lens(f"{label} · Alice", began) for one in windows]
    came = arrivals.first(began)
    tell(f"{label} arrived after the push began", began, came)
    tell(f"{label} was shown after its arrival by", came, *(sight.at for sight in seen))
    for one, sight in zip(windows, seen, strict=True):
        assert one.first(REFRESHES[0], began) <= sight.at  # it is told to look, and looks
        one.until(lambda now: "behind-release" in now.codes(1), began)
        assert not [now for now in one.sights if now.at > sight.at and label not in now.lens]


def test_every_server_of_a_device_shows_a_teammates_push(stage: Cast) -> None:
    alice, bob = pushed(stage)
    other = bob.folder / "other"
    bob.git("worktree", "add", "-q", str(other))
    bob.ok("pull", "--offline", at=other)
    windows = [partial(LiveEditor, bob), partial(LiveEditor, bob), partial(LiveEditor, bob, other, PLAIN)]
    with editors(*windows) as opened, Arrivals(bob) as arrivals:
        for one in opened:
            one.until_lens("v1 · Alice")
        node_of(bob, opened)
        document = masked_document(opened[0])
        began = push_by_hand(alice, edited(2))
        all_show(opened, arrivals, began, "v2")
        for one in opened:
            assert all(one.first(method, began) for method in REFRESHES)
            sight = one.until(lambda now: bool(now.hints), began)
            assert len(sight.hints) == 1
            assert sight.hints[0].startswith("v2 · Alice · ")
            one.until_lens("1 release behind", began)
        for one in opened[:2]:
            one.wait_for(partial(is_told_of, one, "v2"))
        asked = opened[0].wait_for(lambda: opened[0].asked("workspace/textDocumentContent/refresh"))
        assert {params["uri"] for params in asked} == {document}
        assert "# v2 by Alice" in text_of(opened[0], document)
    assert opened[2].told("envlsp/status") == []


def masked_document(one: LiveEditor) -> str:
    """Open the environment itself, masked, as it is in its newest release; return its URI."""
    (project,) = one.told("envlsp/status")[-1]["projects"]
    (environment,) = project["environments"]
    uri = f"envlsp://{project['team']}/{project['name']}/{environment['app']}/{environment['env']}"
    text = text_of(one, uri)
    assert "# v1 by Alice" in text
    item = {"uri": uri, "languageId": "dotenv", "version": 1, "text": text}
    one.notify("textDocument/didOpen", {"textDocument": item})
    return uri


def text_of(one: LiveEditor, uri: str) -> str:
    return str(one.request("workspace/textDocumentContent", {"uri": uri})["text"])


def test_the_agent_is_the_node_and_when_killed_an_editor_is(stage: Cast) -> None:
    alice, bob = pushed(stage)
    alice.agent()
    agent = bob.agent()
    with editors(*[partial(LiveEditor, bob)] * 3) as opened, Arrivals(bob) as arrivals:
        for one in opened:
            one.until_lens("v1 · Alice")
            one.until_peers(1)
        assert f"process {agent.process.pid} " in holder(bob)
        all_show(opened, arrivals, push_by_hand(alice, edited(2)), "v2")

        agent.process.kill()
        follow(opened, bob, "the agent's place was taken after")
        all_show(opened, arrivals, push_by_hand(alice, edited(3)), "v3")

        killed = node_of(bob, opened)
        killed.process.kill()
        left = [one for one in opened if one is not killed]
        follow(left, bob, "the killed editor's place was taken after")
        all_show(left, arrivals, push_by_hand(alice, edited(4)), "v4")
        killed.wait()

        node = node_of(bob, left)
        (other,) = [one for one in left if one is not node]
        other.command("envlsp.pull", uri=other.env)
        other.save(edited(5))
        began = time.monotonic()
        result = other.command("envlsp.push", uri=other.env)
        assert (result["release"], result["reached"]) == ("v5", 1)
        shown = [one.until_lens("v5 · Bob", began) for one in left]
        tell("a push by an editor that is no node was shown by", began, *(sight.at for sight in shown))
        assert alice.has_release("v5")()


def follow(left: Sequence[LiveEditor], bob: Teammate, what: str) -> None:
    """Check that one of these editors is the node soon after the last one was killed."""
    began = time.monotonic()
    wait_until(lambda: any(f"process {one.process.pid} " in holder(bob) for one in left), look_s=0.01)
    tell(what, began, time.monotonic())


def is_told_of(one: LiveEditor, label: str) -> bool:
    """Return whether the last status has a release as the newest, and the file one behind."""
    (environment,) = one.told("envlsp/status")[-1]["projects"][0]["environments"]
    return (environment["releases"], environment["behind"]) == ([label], 1)


def test_what_is_done_in_one_editor_is_seen_in_the_other(stage: Cast) -> None:
    alice, bob = pushed(stage)
    bare = Editor(alice.shop, BARE, home=alice.home, environ=alice.environ())
    with bare, editors(partial(LiveEditor, alice), partial(LiveEditor, bob)) as (hers, his):
        bare.open(".env")
        meet(hers, his)
        assert "behind-release" not in codes_told(bare)
        his.save(edited(2))
        began = time.monotonic()
        result = his.command("envlsp.push", uri=his.env, message="moved")
        assert (result["release"], result["reached"]) == ("v2", 1)
        shown = hers.until_lens("v2 · Bob", began)
        tell("a push in an editor was shown by the other after", began, shown.at)
        hers.until(lambda now: "behind-release" in now.codes(1), began)

        bare.wait_for(lambda: "behind-release" in codes_told(bare))
        assert bare.requests == []  # it is told what is wrong, and asked nothing

        refuses_what_is_not_saved(hers, alice)
        pulls_in_one_piece(hers)
        hers.reload()
        hers.until(lambda now: not now.codes(1) and "behind" not in now.lens, began)

        began = time.monotonic()
        his.act("Roll back to v1 (Alice, ")
        shown = hers.until_lens("v3 · Bob", began)
        tell("a rollback in an editor was shown by the other after", began, shown.at)
        assert bob.env.read_bytes() == FIRST
        assert alice.env.read_bytes() == edited(2)


def codes_told(bare: Editor) -> set[str]:
    """Return the codes of the problems that an editor was told of last, without having asked."""
    told = bare.told("textDocument/publishDiagnostics")
    return {problem["code"] for problem in told[-1]["diagnostics"]} if told else set()


def refuses_what_is_not_saved(hers: LiveEditor, alice: Teammate) -> None:
    before = hers.file.read_bytes()
    hers.change(hers.env, {"range": span(2, 0, 0), "text": "# typed\n"})
    for verb, more in (("pull", {}), ("push", {}), ("rollback", {"release": "v1"})):
        with pytest.raises(ServerError, match="save or undo first"):
            hers.command(f"envlsp.{verb}", uri=hers.env, **more)
    assert hers.file.read_bytes() == before
    assert [row["release"] for row in alice.json("log")["releases"]] == ["v2", "v1"]
    hers.change(hers.env, {"range": span(2, 0, 0, 3), "text": ""})


def pulls_in_one_piece(hers: LiveEditor) -> None:
    """Check that whoever reads during a pull reads the old file or the new one."""
    seen, is_over = [hers.file.read_bytes()], threading.Event()
    folder, inode = sorted(hers.file.parent.iterdir()), hers.file.stat().st_ino

    def read() -> None:
        while not is_over.is_set():
            if (found := hers.file.read_bytes()) != seen[-1]:
                seen.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    assert hers.command("envlsp.pull", uri=hers.env)["written"] is True
    is_over.set()
    reader.join()
    assert [*seen, hers.file.read_bytes()][-2:] == [seen[-1], edited(2)]
    assert set(seen) <= {FIRST, edited(2)}
    assert hers.file.stat().st_ino != inode
    assert sorted(hers.file.parent.iterdir()) == folder


def test_a_conflict_is_seen_by_both_and_settled_by_one(stage: Cast) -> None:
    alice, bob = pushed(stage)
    settings = {"network": {"enabled": False}}
    answers = {"workspace/configuration": lambda _: [settings]}
    windows = [partial(LiveEditor, person, answers=answers) for person in (alice, bob)]
    with editors(*windows) as (hers, his):
        for number, one in enumerate((hers, his), 2):
            one.until_lens("v1 · Alice")
            one.save(edited(number))
            result = one.command("envlsp.push", uri=one.env, offline=True)
            assert result["release"] == "v2"

        settings["network"]["enabled"] = True
        began = time.monotonic()
        for one in (hers, his):
            one.notify("workspace/didChangeConfiguration", {"settings": None})
        torn = [one.until(is_torn, began) for one in (hers, his)]
        tell("a conflict was seen after the two met by", began, *(sight.at for sight in torn))
        for sight in torn:
            (problem,) = (problem for problem in sight.problems if problem["code"] == "conflict")
            assert "Alice" in problem["message"]
            assert "Bob" in problem["message"]

        began = time.monotonic()
        assert his.act("Take Alice's API_URL", 1)["release"] == "v3"
        whole = [one.until(is_settled, began) for one in (hers, his)]
        tell("its end was seen by", began, *(sight.at for sight in whole))
        assert alice.env.read_bytes() == bob.env.read_bytes() == edited(2)


def is_torn(now: Sight) -> bool:
    return "conflict" in now.codes(1) and "1 conflict…" in now.lens and now.hints == ("conflict",)


def is_settled(now: Sight) -> bool:
    return "conflict" not in now.codes(1) and "v3 · Bob" in now.lens and "conflict" not in now.lens


def test_somebody_is_let_in_and_removed_again_by_editors(stage: Cast) -> None:
    alice = stage.founder("Alice", FIRST)
    alice.ok("push", "--offline")
    bob = stage.clone("Bob", alice)
    bob.extra["ENVLSP_KEY_FILE"] = str(bob.folder / "key")
    agreed = {"window/showMessageRequest": lambda asked: {"title": "Yes"} if asked["actions"] else None}
    windows = [partial(LiveEditor, person, answers=agreed) for person in (alice, bob)]
    with editors(*windows) as (hers, his):
        hers.until_lens("v1 · Alice")
        his.until(lambda now: now.lens == "Join a team…")
        identity, message = hers.begin(
            "workspace/executeCommand", {"command": "envlsp.invite", "arguments": [{"uri": hers.env}]}
        )
        hers.send(message)
        code = hers.wait_for(partial(code_shown, hers))
        joined = his.command(
            "envlsp.join", uri=his.env, code=code, device="desk", **{"as": "Bob <bob@example.com>"}
        )
        assert joined["inviter"].startswith("Alice")
        hers.answer(identity)
        assert words_shown(hers) == words_shown(his)
        his.until_lens("v1 · Alice")
        meet(hers, his)
        assert his.command("envlsp.pull", uri=his.env)["written"] is True
        assert bob.env.read_bytes() == FIRST

        began = time.monotonic()
        assert hers.command("envlsp.access.revoke", uri=hers.env, who="Bob")["reached"] == 0
        his.until_lens("no longer in the team", began)
        hers.until_peers(0)


def code_shown(one: LiveEditor) -> str:
    said = " ".join(told["message"] for told in one.told("window/showMessage"))
    found = re.search(r"envlsp join (\S+)", said)
    return found[1] if found else ""


def words_shown(one: LiveEditor) -> str:
    told = one.told("window/showMessage") + one.asked("window/showMessageRequest")
    return shown_words("\n".join(shown["message"] for shown in told))
