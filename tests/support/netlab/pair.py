"""Two teammates with agents, to whom faults happen: both push meanwhile, and nothing is lost."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.netlab.conftest import Lab
from tests.support.processes import Background, Teammate, join

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
        """Make a release with one name more; whoever is there gets it."""
        self.made += 1
        name = f"{self.person.name.upper()}_{self.made}"
        self.person.ok("set", name, stdin=f"{self.person.name}'s value {self.made}".encode())

    @property
    def names(self) -> set[str]:
        """The names that this device knows, its own store asked alone."""
        return {row["name"] for row in self.person.json("list")["secrets"]}

    @property
    def releases(self) -> set[str]:
        """The ids of all releases that this device knows."""
        return {row["id"] for row in self.person.json("log")["releases"]}

    def peer(self) -> dict[str, object]:
        """What `peers` says of the other one."""
        (peer,) = self.person.json("peers")["peers"]
        assert isinstance(peer, dict)
        return peer

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
        self.times: dict[str, float] = {}
        for one in (self.alice, self.bob):
            one.start()
        self.until(self.is_linked, 30)

    def is_linked(self) -> bool:
        """Return whether each sees the other online and in step."""
        peers = (self.alice.peer(), self.bob.peer())
        return all(peer["state"] == "online" and peer["in_sync"] for peer in peers)

    def both_push(self) -> None:
        """Make a release on either side, of different names."""
        for one in (self.alice, self.bob):
            one.push()

    def is_in_step(self) -> bool:
        """Return whether both have all that either made."""
        made = {
            f"{one.person.name.upper()}_{n + 1}" for one in (self.alice, self.bob) for n in range(one.made)
        }
        return all(made <= one.names for one in (self.alice, self.bob))

    def recover(self, fault: str, within_s: float) -> float:
        """Wait until both have everything again; return, and print, how long it took."""
        took_s = self.until(self.is_in_step, within_s, fault)
        self.times[fault] = took_s
        print(f"{fault}: in step after {took_s:.1f} s")  # noqa: T201  (the table of the guide is made of this)
        self.until(self.is_linked, within_s, fault)
        return took_s

    def until(self, holds: Callable[[], bool], within_s: float, what: str = "it") -> float:
        """Wait until something has come to pass; return how long that took, in seconds."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < within_s, f"{what} did not come to pass in {within_s} s"
            time.sleep(LOOK_S)
        return time.monotonic() - began

    def end(self) -> list[Ended]:
        """Stop both agents; check that no record was stored twice by either; return all sessions."""
        assert self.alice.releases == self.bob.releases
        for one in (self.alice, self.bob):
            one.stop()
        sessions = [*self.alice.sessions(), *self.bob.sessions()]
        assert sessions
        assert [session.known for session in sessions] == [0] * len(sessions)
        return sessions
