"""The documents: links lead somewhere, and what the code cites stands in the specification."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CITATION = re.compile(r'docs/([a-z-]+\.md),\s+(?:#\s*)?"([^"]+)"((?:(?:,| and|,? or)\s+"[^"]+")*)')


def pages() -> list[Path]:
    return sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])


@cache
def headings(page: Path) -> tuple[str, ...]:
    outside_code = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    return tuple(text.strip() for text in re.findall(r"(?m)^#+ +(.*)$", outside_code))


def citations() -> list[tuple[str, str, str]]:
    """Return (file, page, heading) for every citation in the code and its tests."""
    found: list[tuple[str, str, str]] = []
    for folder in ("envlsp", "signaling", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = re.sub(r"\n\s*(#\s)?\s*", " ", path.read_text())
            for page, first, more in CITATION.findall(text):
                titles = [first, *re.findall(r'"([^"]+)"', more)]
                found += [(str(path.relative_to(ROOT)), page, title) for title in titles]
    return found


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets where Markdown is rendered."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, place = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), target
        if place:
            assert place in map(anchor, headings(other)), target


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_has_one_title(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    assert len(re.findall(r"(?m)^# ", text)) == 1
    assert text.startswith("# ")


def test_tests_that_a_page_names_exist() -> None:
    missing = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages()
        for name in re.findall(r"`(tests/[\w./-]+)`", page.read_text())
        if not (ROOT / name).exists()
    }
    assert missing == set()


def test_the_code_cites_headings_that_exist() -> None:
    missing = [
        f'{path}: docs/{page}, "{title}"'
        for path, page, title in citations()
        if not (ROOT / "docs" / page).exists() or title not in headings(ROOT / "docs" / page)
    ]
    assert missing == []


def test_every_line_of_doctor_is_explained() -> None:
    code = "".join(path.read_text() for path in (ROOT / "envlsp" / "service" / "doctor").glob("*.py"))
    lines = set(re.findall(r'\b(?:ok|warn|fail|skipped)\(\s*"([^"]+)"', code))
    page = (ROOT / "docs" / "guides" / "troubleshooting.md").read_text()
    explained = set(re.findall(r"`([^`]+)`", "".join(re.findall(r"(?m)^\|([^|]*)\|", page))))
    assert len(lines) > 20
    assert lines - explained == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    pages_of_decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(page.name[:4]) for page in pages_of_decisions] == list(range(len(pages_of_decisions)))
    for page in pages_of_decisions:
        parts = {"Context", "Options", "Decision", "Price"}
        assert parts <= set(headings(page)), page.name


def test_every_decision_is_found_from_a_page_about_its_subject() -> None:
    elsewhere = "".join(page.read_text() for page in pages() if page.parent.name != "adr")
    decisions = [page.name for page in (ROOT / "docs" / "adr").glob("*.md")]
    assert [name for name in decisions if f"adr/{name}" not in elsewhere] == []


MAPPED = (
    "domain",
    "wire",
    "crypto",
    "code",
    "store",
    "sync",
    "transport",
    "ide",
    "service",
    "lsp",
    "cli",
    "signaling/envlsp_signaling",
)
NAME = re.compile(r"`([a-z_/]+)`")
MADE = {"node_modules", "dist"}
"""Folders that no one wrote."""


def modules_of(package: str) -> set[str]:
    """Return the modules of a package, as paths below it without their suffix; no verbs."""
    folder = ROOT / ("" if "/" in package else "envlsp") / package
    found = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.py")}
    return {name for name in found if "__" not in name and not name.startswith("commands/")}


@pytest.mark.parametrize("package", MAPPED)
def test_the_map_of_the_house_has_every_module_and_no_other(package: str) -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    section = re.split(r"(?m)^#+ ", page.partition(f"\n### {package}\n")[2])[0]
    modules, mentioned = modules_of(package), set(NAME.findall(section))
    assert [
        name for name in modules if name.rpartition("/")[2] not in mentioned and name not in mentioned
    ] == []
    first_column = NAME.findall("".join(re.findall(r"(?m)^\|([^|]*)\|", section)))
    assert [name for name in first_column if name not in modules and not name.endswith("/")] == []


def test_the_map_of_the_house_has_every_file_of_an_editor() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    for editor in filter(Path.is_dir, (ROOT / "editors").iterdir()):
        section = re.split(r"(?m)^#+ ", page.partition(f"\n### editors/{editor.name}\n")[2])[0]
        paths = [path.relative_to(editor) for path in editor.rglob("*") if path.is_file()]
        files = {path.as_posix() for path in paths if not MADE.intersection(path.parts)}
        assert files == set(re.findall(r"`([\w/.-]+\.\w+)`", section)), editor.name
