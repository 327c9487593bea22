"""Two teammates with agents, to whom faults happen: both push meanwhile, and nothing is lost."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from envlsp.domain.ids import TeamId
from envlsp.errors import PeerError, TransportError
from envlsp.service.config import parse_config
from envlsp.service.facade import Service, parse_team
from envlsp.service.network.local_api import LocalClient
from envlsp.service.network.node import to_peer_state
from envlsp.service.network.presence import PeerState
from envlsp.service.pushing import push
from envlsp.store.home import find_home
from tests.netlab.conftest import Lab
from tests.support.cast import QuietTalk
from tests.support.processes import DOTENV, Background, Teammate, join

LOOK_S = 0.2
_LOUD = """
import logging
logging.basicConfig(format="%(name)s %(message)s")
logging.getLogger("envlsp.service.network").setLevel(logging.DEBUG)
from envlsp.__main__ import main
raise SystemExit(main())
"""
_ENDED = re.compile(r"a session ended: ([A-Z_]+), ([0-9]+) new records, ([0-9]+) known")


@dataclass(frozen=True, slots=True)
class Ended:
    """What an agent says of a session at its end."""

    how: str
    fresh: int
    known: int


@dataclass(slots=True)
class Online:
    """Somebody with an agent, and what that has said."""

    person: Teammate
    agent: Background | None = None
    said: list[str] = field(default_factory=list)
    made: int = 0
    pushing: list[Future[object]] = field(default_factory=list)
    aside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def start(self) -> None:
        """Start the agent, and wait until it is ready."""
        words = [*self.person.within, sys.executable, "-c", _LOUD, "agent", "--json"]
        self.agent = self.person.beside(words)
        assert self.agent.document()["ready"] is True

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the agent, and keep what it has said."""
        assert self.agent is not None
        self.said.append(self.agent.stop(number).talk)
        self.agent = None

    def signal(self, number: signal.Signals) -> None:
        """Stop the whole machine, as far as its agent can see, or let it go on."""
        assert self.agent is not None
        self.agent.process.send_signal(number)

    def push(self) -> None:
        """Begin a release with one name more; whoever is there gets it."""
        self.made += 1
        name, value = f"{self.person.name.upper()}_{self.made}", f"value {self.made}".encode()
        self.pushing.append(self.aside.submit(self.person.ok, "set", name, stdin=value))

    def hoard(self, *, releases: int, literal_bytes: int) -> None:
        """Make many large releases with nobody told, faster than commands would."""
        service = Service(QuietTalk(), key_file=self.person.folder / "key", environ=self.person.environ())
        try:
            opened = service.open(self.person.shop)
            for number in range(releases):
                literal = f"{number:04d}" * (literal_bytes // 4)
                self.person.env.write_bytes(DOTENV + f"HOARD={literal}\n".encode())
                push(opened.team, opened.context, "")
        finally:
            service.close()

    @property
    def stored_bytes(self) -> int:
        """How large the store is, near enough."""
        return sum(path.stat().st_size for path in self.person.home.glob("teams/*/ledger.db*"))

    def has_pushed(self) -> bool:
        """Return whether the releases that were begun are made; a command that failed is raised here."""
        self.pushing = [pushing for pushing in self.pushing if not (pushing.done() and pushing.result())]
        return not self.pushing

    @property
    def names(self) -> set[str]:
        """The names that this device knows, its own store asked alone."""
        listed = self.person.run("list", "--json")  # refused before there is any
        return {row["name"] for row in listed.document["secrets"]} if listed.code == 0 else set()

    @property
    def releases(self) -> set[str]:
        """The ids of all releases that this device knows."""
        return {row["id"] for row in self.person.json("log")["releases"]}

    def peer(self) -> PeerState | None:
        """What the agent says of the other one; asked over its socket, since a command costs a second."""
        with contextlib.suppress(TransportError, PeerError):
            client = LocalClient.connect(Path(find_home(self.person.environ()).node_socket))
            if client is None:
                return None
            with contextlib.closing(client):
                peers = client.call("peers", self.team)
                return to_peer_state(peers[0]) if peers else None
        return None

    @property
    def team(self) -> TeamId:
        """The team of the shop."""
        return parse_team(parse_config((self.person.shop / "ev.yaml").read_bytes()).team)

    def sessions(self) -> list[Ended]:
        """All sessions that have ended, oldest first."""
        talk = "".join([*self.said, self.agent.talk if self.agent else ""])
        return [Ended(how, int(fresh), int(known)) for how, fresh, known in _ENDED.findall(talk)]


class Pair:
    """Alice and Bob, each at a host of the laboratory, both online and in step."""

    def __init__(self, lab: Lab, hers: str, his: str) -> None:
        """Let Bob into Alice's team, and start both agents."""
        alice = lab.founder("Alice", hers)
        bob = lab.clone("Bob", alice, his)
        join(alice, bob)
        self.lab = lab
        self.alice, self.bob = Online(alice), Online(bob)
        for one in (self.alice, self.bob):
            one.start()
        self.until(self.is_linked, 60)

    def is_linked(self) -> bool:
        """Return whether each sees the other online and in step."""
        peers = (self.alice.peer(), self.bob.peer())
        return all(peer is not None and peer.state == "online" and peer.in_sync for peer in peers)

    def shows(self, one: Online, state: str) -> Callable[[], bool]:
        """Return a question: whether that is how somebody's agent shows the other one."""

        def holds() -> bool:
            peer = one.peer()
            return peer is not None and peer.state == state

        return holds

    def both_push(self) -> None:
        """Begin a release on either side, of different names."""
        for one in (self.alice, self.bob):
            one.push()

    def has_all(self) -> bool:
        """Return whether both have all that either made."""
        made = {
            f"{one.person.name.upper()}_{n + 1}" for one in (self.alice, self.bob) for n in range(one.made)
        }
        return all(made <= one.names for one in (self.alice, self.bob))

    def recover(self, fault: str, within_s: float) -> None:
        """Wait until both are linked and in step again, with everything; print how long that took.

        The commands that were begun must have ended, too.
        """
        since = time.monotonic()
        self.until(lambda: self.have_pushed() and self.is_linked(), within_s, fault)
        print(f"{fault}: linked and in step after {time.monotonic() - since:.1f} s")  # noqa: T201
        assert self.has_all(), "in step, and something is missing"

    def have_pushed(self) -> bool:
        """Return whether all commands have ended; each must have succeeded."""
        return all(one.has_pushed() for one in (self.alice, self.bob))

    def until(
        self, holds: Callable[[], bool], within_s: float, what: str = "it", look_s: float = LOOK_S
    ) -> None:
        """Wait until something has come to pass; look that often."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < within_s, f"{what} did not come to pass in {within_s} s"
            time.sleep(look_s)

    def end(self) -> list[Ended]:
        """Stop both agents; check that no record was stored twice by either; return all sessions."""
        assert self.alice.releases == self.bob.releases
        for one in (self.alice, self.bob):
            one.aside.shutdown()
            one.stop()
        sessions = [*self.alice.sessions(), *self.bob.sessions()]
        assert sessions
        assert [session.known for session in sessions] == [0] * len(sessions)
        return sessions
