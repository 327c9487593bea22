"""The index of a workspace: what it finds, how it follows changes, how it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envlsp.ide.positions import Encoding
from envlsp.ide.usages import Usages
from envlsp.service import code_index
from envlsp.service.code_index import CodeIndex

PATIENCE_S = 60.0


class Desk:
    """An index, and what it has published."""

    def __init__(self) -> None:
        self.published: list[Usages] = []
        self.news = threading.Condition()
        self.index = CodeIndex(self.publish, Encoding.UTF16)

    def publish(self, usages: Usages) -> None:
        with self.news:
            self.published.append(usages)
            self.news.notify_all()

    def wait(self, fits: Callable[[Usages], bool]) -> Usages:
        with self.news:
            assert self.news.wait_for(lambda: bool(self.published) and fits(self.published[-1]), PATIENCE_S)
            return self.published[-1]

    def follow(self, *folders: Path) -> Usages:
        before = len(self.published)
        self.index.set_folders([str(folder) for folder in folders])
        return self.wait(lambda usages: len(self.published) > before and usages.is_complete)

    def changed(self, *paths: Path) -> Usages:
        before = len(self.published)
        self.index.look_again([str(path) for path in paths])
        return self.wait(lambda _: len(self.published) > before)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.index.close()
    assert not made.index._thread.is_alive()


def names(usages: Usages) -> set[str]:
    assert set(usages.by_name) == {usage.name for found in usages.files.values() for usage in found}
    for name, places in usages.by_name.items():
        for place in places:
            assert any(usage.name == name for usage in usages.files[place])
    return set(usages.by_name)


def python(path: Path, *variables: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("import os\n" + "".join(f'os.environ["{variable}"]\n' for variable in variables))
    return path


def test_reads_of_all_files(desk: Desk, tmp_path: Path) -> None:
    python(tmp_path / "a.py", "A", "B")
    python(tmp_path / "deep" / "b.py", "B")
    (tmp_path / "c.ts").write_text("// 🚀\r\nconst x = '🚀' + process.env.C;\r\n")
    (tmp_path / "d.js").write_text("nothing")
    usages = desk.follow(tmp_path)
    assert names(usages) == {"A", "B", "C"}
    assert usages.by_name["B"] == {str(tmp_path / "a.py"), str(tmp_path / "deep" / "b.py")}
    (usage,) = usages.files[str(tmp_path / "c.ts")]
    assert (usage.range.start.line, usage.range.start.column) == (1, 29)


def test_a_file_that_changes_comes_and_goes(desk: Desk, tmp_path: Path) -> None:
    first = python(tmp_path / "a.py", "A")
    desk.follow(tmp_path)
    assert names(desk.changed(python(first, "B"))) == {"B"}
    second = python(tmp_path / "b.py", "C")
    assert names(desk.changed(second)) == {"B", "C"}
    first.unlink()
    usages = desk.changed(first)
    assert names(usages) == {"C"}
    assert usages.is_complete


def test_a_folder_that_comes_and_goes(desk: Desk, tmp_path: Path) -> None:
    desk.follow(tmp_path)
    files = [python(tmp_path / "new" / f"{number}.py", f"N{number}") for number in range(code_index.FEW + 5)]
    usages = desk.changed(tmp_path / "new")
    assert len(names(usages)) == len(files)
    assert usages.is_complete
    for file in files:
        file.unlink()
    (tmp_path / "new").rmdir()
    assert names(desk.changed(tmp_path / "new")) == set()


def test_files_of_no_concern_are_not_read(desk: Desk, tmp_path: Path) -> None:
    desk.follow(tmp_path)
    elsewhere = python(tmp_path.parent / f"{tmp_path.name}-elsewhere" / "a.py", "A")
    installed = python(tmp_path / "node_modules" / "a.py", "B")
    (tmp_path / "a.md").write_text('os.environ["C"]')
    mine = python(tmp_path / "d.py", "D")
    assert names(desk.changed(elsewhere, installed, tmp_path / "a.md", mine)) == {"D"}


def test_folders_that_come_and_go(desk: Desk, tmp_path: Path) -> None:
    python(tmp_path / "one" / "a.py", "A")
    python(tmp_path / "two" / "b.py", "B")
    assert names(desk.follow(tmp_path / "one")) == {"A"}
    assert names(desk.follow(tmp_path / "one", tmp_path / "two")) == {"A", "B"}
    assert names(desk.follow(tmp_path / "two", tmp_path / "two" / "inner")) == {"B"}
    assert names(desk.follow()) == set()


def test_what_is_known_is_kept_while_a_folder_is_added(desk: Desk, tmp_path: Path) -> None:
    python(tmp_path / "one" / "a.py", "A")
    python(tmp_path / "two" / "b.py", "B")
    desk.follow(tmp_path / "one")
    before = len(desk.published)
    desk.follow(tmp_path / "one", tmp_path / "two")
    states = desk.published[before:]
    assert [state.is_complete for state in states] == [False, True]
    assert "A" in states[0].by_name


def test_files_that_are_none(desk: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    python(tmp_path / "a.py", "A")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "bytes.py").write_bytes(b'\xef\xbb\xbfos.environ["B"]; x = "\xff"; os.environ["C"]\n')
    (tmp_path / "large.py").write_text('import os\nos.environ["L"]\n' + "#" * (1 << 20))
    usages = desk.follow(tmp_path)
    assert names(usages) == {"A", "B", "C"}
    assert usages.files[str(tmp_path / "bytes.py")][0].range.start.column == 12
    assert len(usages.by_name["A"]) == 1


def test_results_come_while_it_searches(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_index, "PUBLISH_S", 0.0)
    for number in range(5):
        python(tmp_path / f"{number}.py", f"N{number}")
    desk.follow(tmp_path)
    assert [len(usages.files) for usages in desk.published] == [1, 2, 3, 4, 5, 5]
    assert [usages.is_complete for usages in desk.published] == [False] * 5 + [True]


def test_other_folders_stop_a_search(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_index, "SLICE_S", 0.0)
    monkeypatch.setattr(code_index, "PAUSE_S", 0.05)
    for number in range(200):
        python(tmp_path / "many" / f"{number}.py", f"N{number}")
    python(tmp_path / "one" / "a.py", "A")
    desk.index.set_folders([str(tmp_path / "many")])
    time.sleep(0.2)
    assert names(desk.follow(tmp_path / "one")) == {"A"}


def test_closing_stops_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_index, "SLICE_S", 0.0)
    monkeypatch.setattr(code_index, "PAUSE_S", 0.05)
    for number in range(200):
        python(tmp_path / f"{number}.py", "A")
    desk = Desk()
    desk.index.set_folders([str(tmp_path)])
    time.sleep(0.1)
    desk.index.close()
    assert not desk.index._thread.is_alive()
    assert not any(usages.is_complete for usages in desk.published)


def test_nothing_is_published_where_nothing_changed(desk: Desk, tmp_path: Path) -> None:
    file = python(tmp_path / "a.py", "A")
    desk.follow(tmp_path)
    before = len(desk.published)
    desk.index.look_again([str(file)])
    desk.changed(python(tmp_path / "b.py", "B"))
    assert len(desk.published) == before + 1


def test_what_changed_unsaid_is_found_and_nothing_else_is_read(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same, other, gone = (python(tmp_path / f"{name}.py", name.upper()) for name in ("same", "other", "gone"))
    (tmp_path / "link.py").symlink_to(same)
    desk.follow(tmp_path)
    read: list[str] = []
    whole = code_index._read

    def noted(place: str) -> tuple[bytes, int]:
        read.append(Path(place).name)
        return whole(place)

    monkeypatch.setattr(code_index, "_read", noted)
    python(other, "CHANGED")
    gone.unlink()
    python(tmp_path / "deep" / "new.py", "NEW")
    before = len(desk.published)
    desk.index.sweep()
    usages = desk.wait(lambda _: len(desk.published) > before)
    assert names(usages) == {"SAME", "CHANGED", "NEW"}
    assert usages.is_complete
    assert sorted(read) == ["gone.py", "new.py", "other.py"]
    desk.changed(python(same, "AGAIN"))
    python(tmp_path / "last.py", "LAST")
    before = len(desk.published)
    desk.index.sweep()
    usages = desk.wait(lambda _: len(desk.published) > before)
    assert names(usages) == {"AGAIN", "CHANGED", "NEW", "LAST"}
    assert read[3:] == ["same.py", "last.py"]
