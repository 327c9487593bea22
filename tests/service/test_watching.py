"""Our own watcher: what it tells, how soon, and that it sleeps."""

from __future__ import annotations

import queue
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.service import watching
from envlsp.service.inotify import Inotify
from envlsp.service.watching import Watcher, WatchFiles

pytestmark = pytest.mark.slow  # sockets, threads, files, and waits for them

PATIENCE_S = 60.0


class Ears:
    """A watcher, and what it has told."""

    def __init__(self) -> None:
        self.heard: queue.Queue[list[str]] = queue.Queue()
        self.watcher = Watcher(self.heard.put, also=(".gitignore",))

    def hear(self) -> list[str]:
        return self.heard.get(timeout=PATIENCE_S)

    def hear_until(self, place: Path) -> None:
        until = time.monotonic() + PATIENCE_S
        while str(place) not in self.heard.get(timeout=max(0.0, until - time.monotonic())):
            pass


@pytest.fixture(params=(Inotify, WatchFiles))
def ears(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    monkeypatch.setattr(watching, "_source", request.param)
    monkeypatch.setattr(watching, "STEP_S", 0.02)
    made = Ears()
    yield made
    made.watcher.close()
    assert not made.watcher._thread.is_alive()


def settle() -> None:
    """Wait until a watch is set up, and what happened before it is past."""
    time.sleep(0.15)


def test_the_index_of_the_work_tree(ears: Ears, tmp_path: Path) -> None:
    app, linked = tmp_path / "apps" / "web", tmp_path / "linked"
    for folder in (app, tmp_path / ".git" / "worktrees" / "linked", linked):
        folder.mkdir(parents=True)
    (linked / ".git").write_text(f"gitdir: {tmp_path}/.git/worktrees/linked\n")
    ears.watcher.set_folders([str(app), str(linked)])
    settle()
    for index in (tmp_path / ".git" / "index", tmp_path / ".git" / "worktrees" / "linked" / "index"):
        index.with_name("HEAD").write_text("x")
        index.with_name("index.lock").write_text("x")
        index.with_name("index.lock").rename(index)
        assert ears.hear() == [str(index)]


def test_files_that_are_meant(ears: Ears, tmp_path: Path) -> None:
    ears.watcher.set_folders([str(tmp_path)])
    settle()
    (tmp_path / "other.txt").write_text("x")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".env").write_text("x")
    for name in (".env", ".env.dev", "ev.yaml", ".gitignore"):
        (tmp_path / name).write_text("x")
        ears.hear_until(tmp_path / name)
        settle()
    while not ears.heard.empty():
        assert all(Path(place).parent == tmp_path for place in ears.hear())


def test_a_file_that_changes_and_goes(ears: Ears, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("x")
    ears.watcher.set_folders([str(tmp_path)])
    settle()
    file.write_text("y")
    ears.hear_until(file)
    settle()
    replacement = tmp_path / ".env.envlsp-tmp"
    replacement.write_text("z")
    replacement.replace(file)
    ears.hear_until(file)
    settle()
    file.unlink()
    ears.hear_until(file)


def test_other_folders(ears: Ears, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    ears.watcher.set_folders([str(one), str(tmp_path / "gone")])
    settle()
    ears.watcher.set_folders([str(two)])
    settle()
    (one / ".env").write_text("x")
    (two / ".env").write_text("x")
    ears.hear_until(two / ".env")
    assert ears.heard.empty() or all(str(one / ".env") not in told for told in ears.heard.queue)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Ears]:
    made = Ears()
    made.watcher.set_folders([str(tmp_path)])
    yield made
    made.watcher.close()


def test_a_write_is_told_once_and_soon(quick: Ears, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("x")
    quick.hear()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        (tmp_path / ".env").write_text("y" * 10_000)
        assert quick.hear() == [str(tmp_path / ".env")]
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05
    assert quick.heard.empty()


def test_a_folder_that_goes_is_told(quick: Ears, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    quick.watcher.set_folders([str(folder)])
    folder.rmdir()
    assert quick.hear() == [str(folder)]
    folder.mkdir()
    quick.watcher.set_folders([str(folder)])
    (folder / ".env").write_text("x")
    assert quick.hear() == [str(folder / ".env")]


def test_many_names_at_once(quick: Ears, tmp_path: Path) -> None:
    expected = {str(tmp_path / f".env.e{number}") for number in range(2_000)}
    for place in sorted(expected):
        Path(place).write_text("x")
    heard: set[str] = set()
    while heard != expected:
        heard.update(quick.hear())


def test_it_sleeps(quick: Ears) -> None:
    settle()
    before = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(0.5)
    after = resource.getrusage(resource.RUSAGE_SELF)
    # One for our own sleep; threads of other tests may be about.
    assert after.ru_nvcsw - before.ru_nvcsw < 10


def test_without_inotify_it_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted() -> Inotify:
        raise OSError(24, "too many")

    monkeypatch.setattr("envlsp.service.inotify.Inotify", exhausted)
    monkeypatch.setattr(watching, "STEP_S", 0.02)
    ears = Ears()
    ears.watcher.set_folders([str(tmp_path)])
    settle()
    (tmp_path / ".env").write_text("x")
    ears.hear_until(tmp_path / ".env")
    ears.watcher.close()


def test_closing_frees_all_and_may_come_twice(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    made = Ears()
    made.watcher.set_folders([str(tmp_path)])
    start = time.perf_counter()
    made.watcher.close()
    made.watcher.close()
    made.watcher.set_folders([str(tmp_path)])
    assert time.perf_counter() - start < 5
    assert len(list(Path("/proc/self/fd").iterdir())) == before
