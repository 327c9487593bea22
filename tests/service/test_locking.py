"""Locking a device: who forgets what, when, and that nothing but the passphrase brings it back."""

from __future__ import annotations

import asyncio
import math
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from envlsp.crypto.memory import SecretBuffer
from envlsp.errors import Locked, Misuse, NodeRefused, UsageError
from envlsp.service import locking
from envlsp.service.facade import Service
from envlsp.service.holding import FOREVER, Hold, since_boot
from envlsp.service.network import node, running
from envlsp.service.network.local_api import LocalClient
from envlsp.service.standing import NobodyThere
from envlsp.service.unlocked_for import to_seconds
from envlsp.service.vault import UNLOCK_S
from envlsp.store.keyfile import Protection, read_header, with_passphrase
from tests.support.cast import FIRST_FILE, Actor, Cast, QuietTalk
from tests.support.keyrings import MemoryKeyring, desktop_keyring

WORDS = b"a passphrase"


class Clock:
    """Time as the test wants it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def alice(cast: Cast) -> Actor:
    """Alice, whose device has a passphrase that costs little."""
    alice = cast.actor("alice").found()
    alice.push(message="first")
    alice.service.vault.open().protect(with_passphrase(WORDS, operations=1, memory_kib=8))
    alice.service.lock()
    return alice


def process(actor: Actor, *, asks: bool = True, hold: Hold | None = None, **environ: str) -> Service:
    """Return another process of this device, with or without a person in front."""
    talk = actor.talk if asks else NobodyThere()
    return Service(talk, environ={**actor.environ, **environ}, hold=hold)


def held(service: Service) -> list[SecretBuffer]:
    """Return the long-lived keys of a service that is open."""
    key = service.vault.open()
    seeds = key.seeds(key.teams()[0])
    team = service.team(key.teams()[0])
    assert seeds is not None
    assert isinstance(seeds.sign, SecretBuffer)
    assert isinstance(seeds.box, SecretBuffer)
    epochs = team.replica.ring.all_keys().values()
    assert epochs
    return [key.kek, key.lsk, seeds.sign, seeds.box, team.keys.sign.secret, team.keys.box.secret, *epochs]


# --- holding -----------------------------------------------------------------------------------


def test_what_is_held_is_forgotten_when_its_time_is_over() -> None:
    clock = Clock()
    hold = Hold(clock=clock)
    assert (hold.kek(), hold.left_s(), hold.turn) == (None, 0.0, 0)
    hold.keep(b"k" * 32, 60.0)
    clock.now += 59.0
    assert hold.kek() == b"k" * 32
    assert hold.left_s() == pytest.approx(1.0)
    inside = hold._kek
    clock.now += 1.0
    assert (hold.kek(), hold.left_s(), hold.turn) == (None, 0.0, 1)
    assert inside is not None
    assert inside.is_closed


def test_using_it_does_not_make_it_last() -> None:
    clock = Clock()
    hold = Hold(clock=clock)
    hold.keep(b"k" * 32, 10.0)
    for _ in range(10):
        clock.now += 1.0
        hold.kek()
    assert hold.kek() is None


def test_forgetting_is_seen_by_turns_and_only_where_something_was_held() -> None:
    hold = Hold()
    hold.forget()
    assert hold.turn == 0
    hold.keep(b"k" * 32)
    assert hold.left_s() == math.inf
    hold.keep(b"l" * 32)
    assert hold.turn == 0, "another key of the same turn: what is open stays open"
    hold.forget()
    hold.forget()
    assert hold.turn == 1


def test_the_clock_runs_on_while_the_machine_sleeps() -> None:
    import time

    before = since_boot()
    assert since_boot() >= before
    if hasattr(time, "CLOCK_BOOTTIME"):
        assert abs(before - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5.0


@pytest.mark.parametrize(
    ("text", "seconds"), (("45s", 45), ("30m", 1800), ("8h", 28_800), ("2d", 172_800), ("forever", FOREVER))
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert to_seconds(text) == seconds


@pytest.mark.parametrize("text", ("", "8", "h", "-1h", "1.5h", "0m", "367d", "9999999s", "8 h", "٣h"))
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no length of time"):
        to_seconds(text)


# --- one process -------------------------------------------------------------------------------


def test_locking_wipes_every_key_of_the_process(alice: Actor) -> None:
    keys = held(alice.service)
    assert not any(key.is_closed for key in keys)
    assert locking.lock(alice.service)
    assert all(key.is_closed for key in keys)
    with pytest.raises(Locked):
        keys[0].reveal()
    mark = Path(alice.service.home.lock_mark)
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600
    assert mark.read_bytes() == b""
    assert not locking.lock(alice.service), "it was locked already"


def test_a_key_file_leaves_nothing_to_lock(cast: Cast) -> None:
    bob = cast.actor("bob").found()
    with pytest.raises(Misuse, match="key file") as caught:
        locking.lock(bob.service)
    assert caught.value.fix == "envlsp protect --passphrase"
    assert not bob.service.home.is_locked
    assert locking.unlock(bob.service, bob.talk).changed is False


def test_a_passphrase_typed_into_a_locked_device_serves_that_command_alone(alice: Actor) -> None:
    locking.lock(alice.service)
    with pytest.raises(Locked):
        process(alice, asks=False).vault.open()
    assert process(alice).vault.open().teams()
    assert alice.service.home.is_locked
    with pytest.raises(Locked):
        process(alice, asks=False).vault.open()


def test_threads_of_one_process_share_what_was_typed_until_it_is_locked(alice: Actor) -> None:
    hold = Hold(lasts=True)
    typed, other = process(alice, hold=hold), process(alice, asks=False, hold=hold)
    typed.vault.open()
    keys = held(other)
    locking.lock(process(alice))  # in a terminal, while no node is running
    assert other.vault.heed_lock() == 1
    with pytest.raises(Locked):
        other.vault.open()
    assert keys[0].is_closed
    other.lock()
    assert all(key.is_closed for key in keys)


def test_unlocking_asks_again_and_takes_the_mark_away(alice: Actor) -> None:
    locking.lock(alice.service)
    asked = len(alice.talk.asked)
    hold = Hold(lasts=True)
    done = locking.unlock(process(alice, hold=hold), alice.talk)
    assert (done.changed, done.kept, done.left_s) == (True, True, UNLOCK_S)
    assert len(alice.talk.asked) == asked + 1
    assert not alice.service.home.is_locked
    again = locking.unlock(process(alice, hold=hold), alice.talk)
    assert not again.changed
    assert len(alice.talk.asked) == asked + 1, "it is unlocked already"
    longer = locking.unlock(process(alice, hold=hold), alice.talk, FOREVER)
    assert (longer.changed, longer.left_s) == (True, None)
    assert len(alice.talk.asked) == asked + 2, "more time is worth a passphrase"


def test_with_nobody_to_hold_the_key_unlocking_says_so(alice: Actor) -> None:
    locking.lock(alice.service)
    assert locking.unlock(process(alice), alice.talk).kept is False


def test_a_wrong_passphrase_unlocks_nothing(alice: Actor) -> None:
    class Eve(QuietTalk):
        def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
            return b"hunter2"

    locking.lock(alice.service)
    with pytest.raises(Locked) as caught:
        locking.unlock(process(alice), Eve())
    assert "hunter2" not in f"{caught.value} {caught.value.fix}"
    assert alice.service.home.is_locked


def test_the_variable_says_for_how_long(alice: Actor) -> None:
    hold = Hold(lasts=True)
    service = process(alice, hold=hold, ENVLSP_UNLOCK_FOR="30m")
    service.vault.open()
    assert 1_700 < hold.left_s() <= 1_800
    with pytest.raises(UsageError, match="ENVLSP_UNLOCK_FOR"):
        process(alice, ENVLSP_UNLOCK_FOR="long").vault.open()


# --- what protects the keys --------------------------------------------------------------------


@pytest.mark.slow  # a new passphrase takes its time
def test_from_one_protection_to_the_next_and_back(alice: Actor, tmp_path: Path) -> None:
    path, lsk = str(tmp_path / "another key"), alice.service.vault.open().lsk.reveal()
    with desktop_keyring() as desktop:
        for protection in (Protection.KEY_FILE, Protection.KEYRING, Protection.PASSPHRASE):
            before = locking.protect(process(alice), alice.talk, protection, path)
            assert before is not protection
            assert read_header(alice.service.home.device_key).protection is protection
            assert process(alice).vault.open().lsk == lsk
        assert desktop.entries == {}
    assert any("warning" in line and path in line for line in alice.talk.heard)


def test_whoever_finds_a_device_unlocked_cannot_lock_its_owner_out(alice: Actor) -> None:
    hold = Hold(lasts=True)
    process(alice, hold=hold).vault.open()

    class Eve(QuietTalk):
        def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
            return b"hunter2"

    with pytest.raises(Locked):
        locking.protect(process(alice, hold=hold), Eve(), Protection.PASSPHRASE)
    assert process(alice).vault.open().teams()


def test_a_locked_device_is_not_protected_anew(alice: Actor) -> None:
    locking.lock(alice.service)
    with pytest.raises(Locked):
        locking.protect(process(alice), alice.talk, Protection.PASSPHRASE)


def test_without_a_keyring_the_old_protection_stands(alice: Actor) -> None:
    with pytest.raises(Locked, match="no keyring"):
        locking.protect(process(alice), alice.talk, Protection.KEYRING)
    assert process(alice).vault.open().teams()


@pytest.fixture
def desktop() -> Iterator[MemoryKeyring]:
    with desktop_keyring() as backend:
        yield backend


def test_a_new_device_takes_the_keyring_where_there_is_a_real_one(cast: Cast, desktop: MemoryKeyring) -> None:
    bob = cast.actor("bob")
    service = process(bob)
    service.vault.open_or_create()
    assert read_header(service.home.device_key).protection is Protection.KEYRING
    assert bob.talk.asked == []
    assert process(bob, asks=False).vault.open().teams() == ()


@pytest.mark.slow  # a passphrase takes its time
def test_a_keyring_that_refuses_leaves_the_passphrase(cast: Cast, desktop: MemoryKeyring) -> None:
    bob = cast.actor("bob")
    desktop.failure = RuntimeError("no")
    service = process(bob)
    service.vault.open_or_create()
    assert read_header(service.home.device_key).protection is Protection.PASSPHRASE
    assert any("a passphrase protects this device instead" in line for line in bob.talk.heard)


def test_a_locked_device_does_not_ask_its_keyring(alice: Actor, desktop: MemoryKeyring) -> None:
    locking.protect(process(alice), alice.talk, Protection.KEYRING)
    locking.lock(process(alice))
    asked = desktop.asked
    with pytest.raises(Locked) as caught:
        process(alice).vault.open()
    assert caught.value.fix == "envlsp unlock"
    assert desktop.asked == asked
    done = locking.unlock(process(alice), alice.talk)
    assert (done.changed, done.left_s) == (True, None)
    assert process(alice).vault.open().teams()


def test_a_keyring_that_gives_nothing_is_not_asked_again_and_again(
    alice: Actor, desktop: MemoryKeyring
) -> None:
    locking.protect(process(alice), alice.talk, Protection.KEYRING)
    desktop.failure, desktop.asked = RuntimeError("locked"), 0
    clock, service = Clock(), None
    hold = Hold(lasts=True, clock=clock)
    for _ in range(5):
        service = process(alice, asks=False, hold=hold)
        with pytest.raises(Locked):
            service.vault.open()
    assert desktop.asked == 1
    clock.now += 61.0
    desktop.failure = None
    assert service is not None
    assert service.vault.open().teams()


# --- the node ----------------------------------------------------------------------------------


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[None]:
    """Let a service be the node of its device."""
    service.home.make_run_folder()
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(running.serve(service, stop, ready.set))
    await asyncio.wait({task, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        stop.set()
        await task
        service.lock()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "REFRESH_S", 0.02)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()`, however slow the machine is."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.02)


def said(actor: Actor, method: str, *args: bytes | int) -> object:
    """Return what the node answers."""
    client = LocalClient.connect(Path(actor.service.home.node_socket))
    assert client is not None
    try:
        return client.call(method, *args)
    finally:
        client.close()


async def test_a_node_lends_the_key_until_the_device_is_locked(alice: Actor) -> None:
    hold = Hold(lasts=True)
    service = process(alice, hold=hold)
    service.vault.open()
    async with serving(service):
        keys = held(service)
        other = process(alice, asks=False)
        assert (await asyncio.to_thread(other.vault.open)).teams()
        assert 0 < other.vault.hold.left_s() <= UNLOCK_S, "no longer than the node itself"
        state = await asyncio.to_thread(locking.state, process(alice))
        assert (state.is_held, state.is_locked) == (True, False)

        assert await asyncio.to_thread(locking.lock, process(alice))
        assert all(key.is_closed for key in keys), "closed when the answer came"
        for method in ("key", "left", "sync", "peers", "changed"):
            with pytest.raises(Locked) as caught:
                await asyncio.to_thread(said, alice, method)
            assert caught.value.fix == "envlsp unlock"
        assert await asyncio.to_thread(said, alice, "online") == (0,)
        with pytest.raises(Locked):
            await asyncio.to_thread(process(alice, asks=False).vault.open)


async def test_unlocking_from_anywhere_takes_everything_up_again(alice: Actor) -> None:
    """The node began locked, as in a session without a terminal."""
    service = process(alice, asks=False, hold=Hold(lasts=True))
    heard: list[str] = []
    async with serving(service):
        with pytest.raises(Locked):
            await asyncio.to_thread(said, alice, "key")
        socket = Path(alice.service.home.node_socket)
        client = await asyncio.to_thread(LocalClient.connect, socket)
        assert client is not None
        listening = asyncio.create_task(asyncio.to_thread(client.next_call))
        done = await asyncio.to_thread(locking.unlock, process(alice), alice.talk, 60.0)
        assert (done.changed, done.kept, done.left_s) == (True, True, 60.0)
        heard.append((await listening).method)
        client.close()
        assert (await asyncio.to_thread(process(alice, asks=False).vault.open)).teams()
        assert 0 < service.vault.hold.left_s() <= 60.0
        assert service._teams, "the team is served"
    assert heard == ["unlocked"]


async def test_a_wrong_key_is_not_taken_by_the_node(alice: Actor) -> None:
    service = process(alice, asks=False, hold=Hold(lasts=True))
    async with serving(service):
        for kek in (bytes(32), b"", b"short"):
            with pytest.raises((Locked, NodeRefused)):
                await asyncio.to_thread(said, alice, "unlock", kek, 0)
        with pytest.raises(Locked):
            await asyncio.to_thread(said, alice, "key")


async def test_when_the_time_is_over_the_node_locks_itself(alice: Actor, impatient: None) -> None:
    clock = Clock()
    service = process(alice, hold=Hold(lasts=True, clock=clock), ENVLSP_UNLOCK_FOR="1h")
    service.vault.open()
    async with serving(service):
        keys = held(service)
        clock.now += 3_599.0
        await asyncio.sleep(0.1)
        assert not any(key.is_closed for key in keys)
        clock.now += 1.0  # perhaps the machine slept meanwhile
        await until(lambda: all(key.is_closed for key in keys))
        with pytest.raises(Locked):
            await asyncio.to_thread(said, alice, "key")


async def test_a_mark_alone_locks_a_node_that_nobody_could_tell(alice: Actor, impatient: None) -> None:
    service = process(alice, hold=Hold(lasts=True))
    service.vault.open()
    async with serving(service):
        keys = held(service)
        Path(service.home.lock_mark).touch(0o600)
        await until(lambda: all(key.is_closed for key in keys))


async def test_a_passphrase_typed_beside_a_waiting_node_serves_the_node_too(alice: Actor) -> None:
    """Nobody locked the device: the agent was started where nobody could be asked."""
    service = process(alice, asks=False, hold=Hold(lasts=True))
    async with serving(service):
        typed = process(alice)
        await asyncio.to_thread(typed.vault.open)
        assert (await asyncio.to_thread(process(alice, asks=False).vault.open)).teams()


async def test_a_new_passphrase_reaches_the_node(alice: Actor) -> None:
    service = process(alice, hold=Hold(lasts=True))
    service.vault.open()
    async with serving(service):

        class Changed(QuietTalk):
            def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
                return b"other words" if twice else WORDS

        cheap = with_passphrase(b"other words", operations=1, memory_kib=8)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("envlsp.service.vault.with_passphrase", lambda _: cheap)
            await asyncio.to_thread(locking.protect, process(alice), Changed(), Protection.PASSPHRASE)
        assert (await asyncio.to_thread(process(alice, asks=False).vault.open)).teams()


async def test_a_node_with_a_key_file_stays_as_it_is(cast: Cast, impatient: None) -> None:
    bob = cast.actor("bob").found()
    async with serving(bob.service):
        assert (await asyncio.to_thread(said, bob, "left")) == (0,)
        await asyncio.sleep(0.1)
        assert bob.push(FIRST_FILE).made
        assert bob.service.vault.is_open
