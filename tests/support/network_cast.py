"""People with a network: a real signaling server, WebRTC over loopback, real agents."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from envlsp.domain.ledger.records import Role
from envlsp.service.context import Project, open_project
from envlsp.service.joining.inviting import invite
from envlsp.service.joining.joining import join
from envlsp.service.network.team_node import TeamNode
from envlsp.service.results import JoinResult
from tests.support.cast import Actor, Cast
from tests.support.signaling import TAP

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0

AGENT = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from envlsp.service.facade import Service
from envlsp.service.network.running import run_agent
from tests.support.cast import QuietTalk
run_agent(Service(QuietTalk()), lambda: print("ready", flush=True), print)
"""


class Server:
    """The signaling server as a process, each frame recorded."""

    def __init__(self, folder: Path) -> None:
        self.frames = folder / "frames"
        self.log = folder / "signaling.log"
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self, port: int = 0) -> None:
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(TAP), str(self.frames), "--port", str(port), "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None


def networked(cast: Cast, server: Server, *names: str) -> tuple[Actor, ...]:
    """Return people who meet at this server."""
    actors = tuple(cast.actor(name) for name in names)
    for actor in actors:
        actor.environ["ENVLSP_SIGNALING"] = server.url
    return actors


def founder(cast: Cast, server: Server) -> Actor:
    """Return Alice, who founded a team and pushed v1."""
    (alice,) = networked(cast, server, "alice")
    alice.found().push()
    return alice


def end(process: subprocess.Popen[str]) -> int:
    """Stop a child; return its exit code."""
    process.terminate()
    try:
        code = process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return code


def environ_of(actor: Actor) -> dict[str, str]:
    return {**os.environ, **actor.environ, "ENVLSP_KEY_FILE": str(actor.key_file)}


@contextlib.asynccontextmanager
async def online(actor: Actor, server: Server) -> AsyncIterator[TeamNode]:
    """Somebody's device on the network, in this process."""
    node = TeamNode(actor.replica, (server.url,))
    await node.start()
    try:
        yield node
    finally:
        await node.close()


@contextlib.contextmanager
def agent(actor: Actor, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Yield the running node of somebody's device."""
    with (log or Path(os.devnull)).open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", AGENT],
            cwd=ROOT,
            env=environ_of(actor),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        end(process)


@dataclass
class Outcome:
    """What a thread has come to."""

    result: Any = None
    error: Exception | None = None
    thread: threading.Thread | None = field(default=None, repr=False)

    def wait(self) -> Any:
        """Return the result, or raise what was raised."""
        assert self.thread is not None
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive(), "still at it"
        if self.error is not None:
            raise self.error
        return self.result


def aside(work: Callable[[], Any]) -> Outcome:
    """Do something in a thread, as another person would at the same time."""
    outcome = Outcome()

    def run() -> None:
        try:
            outcome.result = work()
        except Exception as exc:  # noqa: BLE001 (raised again by `wait`)
            outcome.error = exc

    outcome.thread = threading.Thread(target=run, daemon=True)
    outcome.thread.start()
    return outcome


def clone(source: Actor, target: Actor) -> Project:
    """Give somebody a clone of the project: ev.yaml and what git is told to ignore."""
    for name in ("ev.yaml", ".gitignore"):
        shutil.copyfile(source.root / name, target.root / name)
    return open_project(target.root)


@dataclass
class Pairing:
    """An invitation that is under way."""

    code: str
    inviting: Outcome


def begin_invite(actor: Actor, role: Role = Role.DEVELOPER, *, address: str | None = None) -> Pairing:
    """Invite, and return as soon as the code is known."""
    codes: queue.Queue[str] = queue.Queue()

    def work() -> str:
        # A process of its own, since SQLite's connections stay in their thread.
        service = actor.start()
        try:
            return invite(service, service.open(actor.root), role, codes.put, address=address)
        finally:
            service.close()

    inviting = aside(work)
    return Pairing(codes.get(timeout=WAIT_S), inviting)


def join_by_code(actor: Actor, code: str, project: Project | None, url: str) -> JoinResult:
    """Join with a code, as `envlsp join` does."""
    return join(actor.service, project, code, actor.person, (url,))


def let_in(inviter: Actor, newcomer: Actor, role: Role = Role.DEVELOPER) -> JoinResult:
    """Invite and join, all the way."""
    pairing_ = begin_invite(inviter, role)
    project = clone(inviter, newcomer)
    result = join_by_code(newcomer, pairing_.code, project, newcomer.environ["ENVLSP_SIGNALING"])
    pairing_.inviting.wait()
    inviter.replica.refresh()
    return result
