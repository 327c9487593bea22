"""A masked file is edited, and what its masks stand for comes back, or nothing does."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import assume, given

from envlsp.domain.dotenv.covering import Covering
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.unmasking import Masked, masked, unmasked
from envlsp.domain.secret import MASK
from envlsp.errors import BadText
from tests.support.dotenv_files import files, files_with_entries

FILE = b"# head\nA=one\nexport B='two' # was hunter42x9y8z7w6\n\nC=three\n"


def shown(data: bytes, dialect: str = "node") -> Masked | None:
    return masked(data, list(Covering(parse(data, dialect)).all_edits()))


def edited(data: bytes, *changes: tuple[str, str]) -> bytes:
    """Return a file after somebody has changed what they see of it."""
    before = shown(data)
    assert before is not None
    text = before.text.decode().replace(MASK, "*")
    for old, new in changes:
        assert text.count(old) == 1, text
        text = text.replace(old, new)
    return unmasked(before, text.replace("*", MASK).encode())


def test_an_untouched_file_comes_back() -> None:
    assert edited(FILE) == FILE


@pytest.mark.parametrize(
    ("old", "new", "result"),
    (
        ("A=*", "A=1", FILE.replace(b"A=one", b"A=1")),
        ("A=*", "NEW=*", FILE.replace(b"A=one", b"NEW=one")),
        ("A=*\n", "", FILE.replace(b"A=one\n", b"")),
        ("A=*\n", "A=*\nNEW=4\n", FILE.replace(b"A=one\n", b"A=one\nNEW=4\n")),
        ("A=*\n", "#A=*\n", FILE.replace(b"A=one", b"#A=one")),
        ("C=*", "C = * # now", FILE.replace(b"C=three", b"C = three # now")),
        ("was *", "had *", FILE.replace(b"was", b"had")),
        ("# head", "# feet", FILE.replace(b"head", b"feet")),
    ),
)
def test_a_change_touches_what_was_changed(old: str, new: str, result: bytes) -> None:
    assert edited(FILE, (old, new)) == result


def test_lines_may_change_places() -> None:
    assert edited(b"A=1\nB=2\n# c\nC=3\n", ("A=*\nB=*\n# c\nC=*", "C=*\nA=*\nB=*\n# c")) == (
        b"C=3\nA=1\nB=2\n# c\n"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    (
        ("A=*", "A=*x"),
        ("A=*", "A='*'"),
        ("A=*", "A=**"),
        ("A=*\n", "A=*\nNEW=*\n"),
        ("A=*\n", "X=*\nY=*\n"),
        ("# head\nA=*", "# *\nNEW=*\nA=*"),
    ),
)
def test_what_a_mask_stands_for_is_never_guessed(old: str, new: str) -> None:
    with pytest.raises(BadText, match=r"line \d+: nobody can tell"):
        edited(FILE, (old, new))


def test_two_names_that_changed_places_keep_their_values() -> None:
    assert edited(b"A=1\nB=2\n", ("A=*\nB=*", "B=*\nA=*")) == b"B=2\nA=1\n"


@given(data=files_with_entries)
def test_law_what_was_not_touched_comes_back(data: bytes) -> None:
    before = shown(data)
    assume(before is not None and MASK.encode() not in data)
    assert before is not None
    assert unmasked(before, before.text) == data


@given(data=files, after=files)
def test_law_any_text_is_taken_or_refused(data: bytes, after: bytes) -> None:
    before = shown(data)
    assume(before is not None)
    assert before is not None
    with contextlib.suppress(BadText):
        assert MASK.encode() not in unmasked(before, after) or MASK.encode() in data + after
