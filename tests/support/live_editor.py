"""An editor that looks again whenever its server says that something is new, and notes what it saw when."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from envlsp.store.home import find_home
from envlsp.store.lock import FileLock
from tests.support.lsp_client import FULL, Editor, ServerError, span
from tests.support.processes import Teammate, wait_until

PATIENCE_S = 60.0
"""For what has to go over the network on a busy machine."""
REFRESHES = ("workspace/codeLens/refresh", "workspace/inlayHint/refresh", "workspace/diagnostic/refresh")
LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class Sight:
    """What an env file looked like at one moment."""

    at: float
    lens: str
    """The titles above the file, joined by ` | `."""
    hints: tuple[str, ...]
    problems: tuple[Mapping[str, Any], ...]

    def codes(self, line: int) -> set[str]:
        """Return the codes of the problems on a line."""
        return {problem["code"] for problem in self.problems if problem["range"]["start"]["line"] == line}


class LiveEditor(Editor):
    """One window on somebody's `.env`.

    Args:
        owner: whose device and settings it has.
        root: its folder; theirs, if it is not given.
        capabilities: what it says of itself.
        answers: as `Editor` takes them.
    """

    def __init__(
        self,
        owner: Teammate,
        root: Path | None = None,
        capabilities: Mapping[str, Any] = FULL,
        answers: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        self.times: list[tuple[float, str]] = []
        """When each notification and request of the server came."""
        self.sights: list[Sight] = []
        self._is_open = threading.Event()
        super().__init__(
            root or owner.shop,
            capabilities,
            home=owner.home,
            answers=answers,
            environ=owner.environ(),
            within=owner.within,
        )
        self.env = self.open(".env", None if self.file.exists() else "", language="dotenv")
        threading.Thread(target=self._look_again, daemon=True).start()

    @property
    def file(self) -> Path:
        """The working copy it shows."""
        assert self.root is not None
        return self.root / ".env"

    def until(self, holds: Callable[[Sight], bool], after: float = 0.0) -> Sight:
        """Wait until it shows something; return the first sight of it.

        Args:
            holds: whether this is it.
            after: what was seen before that does not count.
        """

        def found() -> Sight | None:
            return next((seen for seen in list(self.sights) if seen.at >= after and holds(seen)), None)

        try:
            sight: Sight = self.wait_for(found, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"last seen: {self.sights[-1:]}; stderr: {bytes(self.stderr)!r}") from None
        return sight

    def until_lens(self, words: str, after: float = 0.0) -> Sight:
        """Wait until the line above the file says something."""
        return self.until(lambda seen: words in seen.lens, after)

    def until_peers(self, count: int) -> None:
        """Wait until the last status says so many devices of teammates are there."""
        self.wait_for(
            lambda: [told["peers"] for told in self.told("envlsp/status")][-1:] == [count], PATIENCE_S
        )

    def first(self, method: str, after: float) -> float:
        """Wait for a message of a kind after some time; return when the first one came."""

        def found() -> float | None:
            return next((at for at, name in list(self.times) if name == method and at >= after), None)

        return float(self.wait_for(found))

    def reload(self) -> None:
        """Show the file as it is on disk, as editors do with an unchanged buffer."""
        self.change(self.env, {"text": self.file.read_bytes().decode()})
        self.notify("textDocument/didSave", {"textDocument": {"uri": self.env}})
        changes = [{"uri": self.env, "type": 2}]
        self.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    def save(self, data: bytes) -> None:
        """Type a whole new file, and save it."""
        self.file.write_bytes(data)
        self.reload()

    def actions(self, line: int = 0) -> list[Any]:
        """Return what is offered on a line."""
        problems = [p for p in self.problems() if p["range"]["start"]["line"] == line]
        where = span(line, 0, 200)
        found = self.about("codeAction", self.env, range=where, context={"diagnostics": problems})
        return list(found or ())

    def act(self, title: str, line: int = 0) -> Any:
        """Choose the one action whose title begins so; return what its command answers."""
        (chosen,) = (action for action in self.actions(line) if action["title"].startswith(title))
        command = {name: chosen["command"][name] for name in ("command", "arguments")}
        return self.request("workspace/executeCommand", command, PATIENCE_S)

    def problems(self) -> list[Any]:
        """Return what is wrong with the file."""
        return list(self.about("diagnostic", self.env)["items"])

    def leave(self) -> None:
        """Close it, and check that nothing was wrong with its server."""
        assert self.stop() == 0
        assert self.stderr == b""

    # --- looking ---------------------------------------------------------------------------------

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            self.times.append((time.monotonic(), message["method"]))
        super()._take(message)

    def _look_again(self) -> None:
        """Look once, and then after every refresh."""
        seen = -1
        while self.process.poll() is None:
            asked = sum(len(self.asked(method)) for method in REFRESHES)
            if asked == seen:
                with self._changed:
                    self._changed.wait(0.05)
                continue
            seen = asked
            with suppress(ServerError, AssertionError, OSError, ValueError):
                self._look()

    def _look(self) -> None:
        lens = [lens["command"]["title"] for lens in self.about("codeLens", self.env)]
        at = time.monotonic()
        hints = [hint["label"] for hint in self.about("inlayHint", self.env, range=span(0, 0, 0, 99))]
        self.sights.append(Sight(at, " | ".join(lens), tuple(hints), tuple(self.problems())))


@contextmanager
def editors(*windows: Callable[[], LiveEditor]) -> Iterator[list[LiveEditor]]:
    """Open several windows, and close those that still run; nothing was wrong with any of them."""
    with ExitStack() as stack:
        opened = [stack.enter_context(window()) for window in windows]
        yield opened
        for one in opened:
            if one.process.poll() is None:
                one.leave()


def meet(*windows: LiveEditor) -> None:
    """Wait until these editors know the first release, and the nodes of two devices are linked."""
    for one in windows:
        one.until_lens("v1 · Alice")
    for one in windows:
        one.until_peers(1)


class Arrivals:
    """Watches a device's store from outside, and notes when records came into it."""

    def __init__(self, owner: Teammate) -> None:
        (self._file,) = (owner.home / "teams").glob("*/ledger.db")
        self._is_over = threading.Event()
        self.times: list[float] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: bool(self.times))
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def first(self, after: float) -> float:
        """Return when something first came after some time; this watcher may see it a moment later."""
        wait_until(lambda: self.times[-1] >= after, look_s=LOOK_S)
        return next(at for at in self.times if at >= after)

    def _watch(self) -> None:
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as store:
            known = -1
            while not self._is_over.wait(LOOK_S):
                (count,) = store.execute("SELECT count(*) FROM rec").fetchone()
                if count != known:
                    known = count
                    self.times.append(time.monotonic())


def holder(owner: Teammate) -> str:
    """Return who is the node of somebody's device, such as `process 4711 (an editor)`."""
    return FileLock(find_home(owner.environ()).node_lock).holder()


def node_of(owner: Teammate, windows: Sequence[LiveEditor]) -> LiveEditor:
    """Wait until one of these editors is the node and has joined the team's room; return it."""

    def found() -> list[LiveEditor]:
        return [one for one in windows if f"process {one.process.pid} " in holder(owner)]

    wait_until(lambda: bool(found()))
    wait_until(lambda: owner.run("peers").code == 0)  # answered once the team is served
    return found()[0]
