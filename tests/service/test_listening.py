"""How a process hears of news: over the node's socket, or by the times of the store's files."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.domain.ids import TeamId
from envlsp.errors import NotFound
from envlsp.service.listening import ask_online, connect, listen, store_mark, tell_changed
from envlsp.service.network.local_api import LocalServer, Values
from envlsp.store.home import Home
from tests.support.cast import FIRST_FILE, Cast
from tests.support.engines import watching

pytestmark = pytest.mark.slow  # sockets, threads, files, and waits for them


class FakeNode:
    """A node's socket in a thread of its own."""

    def __init__(self, home: Home) -> None:
        home.make_run_folder()
        self.asked: list[str] = []
        self.loop = asyncio.new_event_loop()
        self.server = LocalServer(Path(home.node_socket), self._answer)
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._do(self.server.start())

    def _do(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(5)  # type: ignore[arg-type]

    async def _answer(self, method: str, _: Values) -> Values:
        self.asked.append(method)
        match method:
            case "online":
                return (3,)
            case "changed":
                return ()
        raise NotFound(method)

    def say(self, what: str) -> None:
        self.loop.call_soon_threadsafe(self.server.broadcast, what, b"t" * 32)

    def end(self) -> None:
        if self._thread.is_alive():
            self._do(self.server.close())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(str(tmp_path / "home"))


@pytest.fixture
def node(home: Home) -> Iterator[FakeNode]:
    node = FakeNode(home)
    yield node
    node.end()


def test_without_a_node_there_is_nobody_to_ask(home: Home) -> None:
    assert connect(home) is None
    assert ask_online(home) == 0
    tell_changed(home, TeamId(b"t" * 32))


def test_each_word_of_the_node_is_heard_and_so_is_its_end(home: Home, node: FakeNode) -> None:
    heard = threading.Semaphore(0)
    client = connect(home)
    assert client is not None
    thread = threading.Thread(target=listen, args=(client, heard.release))
    thread.start()
    time.sleep(0.1)
    for what in ("changed", "peers"):
        node.say(what)
        assert heard.acquire(timeout=60)
    node.end()
    thread.join(60)
    assert not thread.is_alive()


def test_listening_ends_when_somebody_else_hangs_up(home: Home, node: FakeNode) -> None:
    client = connect(home)
    assert client is not None
    thread = threading.Thread(target=listen, args=(client, lambda: None))
    thread.start()
    time.sleep(0.1)
    client.close()
    thread.join(60)
    assert not thread.is_alive()


def test_the_node_knows_who_is_there_and_is_told_of_changes(home: Home, node: FakeNode) -> None:
    assert ask_online(home) == 3
    tell_changed(home, TeamId(b"t" * 32))
    assert node.asked == ["online", "changed"]


def test_a_mark_changes_with_each_write_and_with_nothing_else(cast: Cast) -> None:
    (alice,) = cast.team()
    home = alice.service.home
    before = store_mark(home)
    assert store_mark(home) == before
    alice.replica.refresh()
    assert store_mark(home) == before, "reading is no write"
    alice.push(FIRST_FILE + b"NEW=1\n")
    assert store_mark(home) != before
    assert store_mark(Home(str(alice.folder / "nowhere")))[1:] == ()


def test_a_push_of_another_process_shows_where_nobody_is_the_node(cast: Cast) -> None:
    (alice,) = cast.team()
    with watching(alice) as watcher:
        watcher.until_release("v1")
        watcher.settle()
        alice.push(FIRST_FILE + b"NEW=1\n")
        watcher.until_release("v2", within_s=4.0)


def test_a_push_of_another_process_shows_where_a_node_says_so(cast: Cast) -> None:
    (alice,) = cast.team()
    node = FakeNode(alice.service.home)
    try:
        with watching(alice) as watcher:
            watcher.until(lambda facts: facts.peers == 3)
            watcher.until_release("v1")
            watcher.settle()
            alice.push(FIRST_FILE + b"NEW=1\n")
            node.say("changed")
            watcher.until_release("v2", within_s=3.0)
    finally:
        node.end()
