"""What a change leaves, and what is read again; `ide.envfile`'s tests try it on texts of all kinds."""

from __future__ import annotations

from itertools import accumulate

from envlsp.domain.dotenv.blocks import cut
from envlsp.domain.dotenv.reparse import Lines, Piece, reach_of, reparse


def check_reparse(before: str, after: str, *, dialect: str = "node") -> Piece | None:
    """Return what was read again, after comparing the whole with a fresh parse."""
    blocks = cut(before.encode(), dialect)
    first_lines = list(accumulate((block.lines for block in blocks), initial=0))
    old = Lines(before.splitlines(keepends=True), blocks, first_lines, reach_of(blocks))
    piece = reparse(old, after.splitlines(keepends=True), dialect)
    if piece is not None:
        made = [*blocks[: piece.first], *piece.blocks, *blocks[piece.last :]]
        assert made == cut(after.encode(), dialect)
    return piece


MANY = "".join(f"NAME_{number}=1\n" for number in range(200))


def test_only_the_neighbourhood_is_read_again() -> None:
    piece = check_reparse(MANY, MANY.replace("NAME_100=1", "NAME_100=12"))
    assert piece is not None
    assert (piece.first, piece.last) == (98, 101)


def test_lines_that_go_and_come() -> None:
    assert check_reparse(MANY, MANY.replace("NAME_100=1\n", "")) is not None
    assert check_reparse(MANY, MANY.replace("NAME_100=1\n", "A=1\n\n# x\nB=2\n")) is not None
    assert check_reparse(MANY, MANY + "LAST=1") is not None
    assert check_reparse(MANY, "FIRST=1\n" + MANY) is not None


def test_a_value_that_grows_over_lines_is_read_to_its_end() -> None:
    quoted = MANY.replace("NAME_150=1\n", 'NAME_150=1"\n')
    piece = check_reparse(quoted, quoted.replace("NAME_100=1", 'NAME_100="1'))
    assert piece is None or piece.last > 150


def test_an_empty_value_above_gets_a_quote_from_below() -> None:
    before = MANY.replace("NAME_99=1", "NAME_99=")
    piece = check_reparse(before, before.replace("NAME_100=1\n", '\n"late"\n'))
    assert piece is None or piece.first <= 99


def test_nothing_was_there_before() -> None:
    assert check_reparse("", "A=1\n") is None


def test_nul_bytes_are_told_once_for_the_file() -> None:
    assert check_reparse(MANY + "A=\0\n", MANY.replace("NAME_5=", "NAME_5=\0") + "A=\0\n") is None
