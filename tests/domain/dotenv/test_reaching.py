"""What one name comes to is what the whole file says, and no question costs more than it may."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envlsp.domain.dotenv.blocks import Block, cut
from envlsp.domain.dotenv.dialects import Budget, OverBudget
from envlsp.domain.dotenv.expand import evaluate
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.reaching import are_plain, expand_all, expand_one, is_certain
from tests.support.dotenv_files import DIALECTS, files_with_entries

NAMES = ("A", "B", "C", "D", "null", "2", "10")
PLAIN = ("x", "", "-", "\\", "{", "}", *(f"${{{name}}}" for name in NAMES), "${A:-x}", "${B-y}", "${NOPE}")
ODD = ("$A", "$B", "$", "\\$", "$$", "$&", "$'", "${A:-$B}", "${A:+x}", "${Anull}", "${A:x}", "${", "\\n")
PLENTY = 10**12


def lines_of(pieces: tuple[str, ...]) -> st.SearchStrategy[str]:
    values = st.lists(st.sampled_from(pieces), max_size=4).map("".join)
    quoted = st.tuples(st.sampled_from(("", "'", '"')), values).map(
        lambda both: f"{both[0]}{both[1]}{both[0]}"
    )
    line = st.tuples(st.sampled_from(NAMES), quoted).map(lambda both: f"{both[0]}={both[1]}\n")
    return st.lists(line, max_size=9).map("".join)


TEXTS = st.one_of(lines_of(PLAIN), lines_of((*PLAIN, *ODD)))


def tables(blocks: list[Block]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    by_name: dict[str, list[int]] = {}
    mentioned: dict[str, list[int]] = {}
    for index, block in enumerate(blocks):
        if block.name:
            by_name.setdefault(block.name, []).append(index)
        for name in {reference.name for reference in block.references}:
            mentioned.setdefault(name, []).append(index)
    return by_name, mentioned


def check_one_by_one(data: bytes, dialect: str) -> bool:
    """Compare each name, asked for alone, with the whole file; return whether that was certain."""
    blocks = list(cut(data, dialect))
    by_name, mentioned = tables(blocks)
    if dialect == "node" and not (are_plain(blocks) and is_certain(blocks, by_name, mentioned)):
        return False
    whole = evaluate(parse(data, dialect))
    assert not whole.endless
    for name, value in whole.values.items():
        alone = expand_one(name, blocks, by_name, dialect, Budget(PLENTY))
        # The loader of `node` has no name without a value.
        assert (alone or None) == ((value.reveal_text() or None) if value is not None else None)
    return True


@pytest.mark.slow
@given(TEXTS, st.sampled_from(DIALECTS))
@settings(max_examples=max(300, settings().max_examples))
@example("A=${B}x\nB=${C}\nC=1\nA=${A}\n", "python")
@example("A=${B}${C}\nB=x\\\nC=${D}\nD=1\n", "node")
@example("2=${10}\nA=${2}\n10=x\n", "node")
def test_a_name_asked_for_alone_is_what_the_file_says(text: str, dialect: str) -> None:
    check_one_by_one(text.encode(), dialect)


@given(files_with_entries, st.sampled_from(DIALECTS))
def test_so_it_is_in_files_that_are_hard_to_read(data: bytes, dialect: str) -> None:
    try:
        whole = evaluate(parse(data, dialect))
    except UnicodeError:  # pragma: no cover
        raise AssertionError from None
    assert check_one_by_one(data, dialect) or dialect == "node"
    assert whole.values.keys() == tables(list(cut(data, dialect)))[0].keys()


@given(TEXTS, st.sampled_from(DIALECTS), st.sampled_from([0, 100, 300, 1000, 10**6, PLENTY]))
def test_a_budget_that_suffices_changes_nothing(text: str, dialect: str, units: int) -> None:
    document = parse(text.encode(), dialect)
    try:
        assert evaluate(document, budget=Budget(units)) == evaluate(document)
    except OverBudget:
        assert units < PLENTY


def test_plain_layers_are_certain_for_node() -> None:
    shared = b"".join(b"N%d=${BASE}/p%d\n" % (n, n) for n in range(10_000))
    assert check_certain(b"HOST=h\nPORT=80\nBASE=http://${HOST}:${PORT:-81}\n" + shared)
    assert check_certain(b"A=" + b"x" * 900_000 + b"\n" + b"".join(b"B%d=${A}\n" % n for n in range(5000)))


@pytest.mark.parametrize(
    "text",
    (
        b"A=$B\nB=1\n",
        b"A=\\${B}\nB=1\n",
        b"A=${B:-$C}\n",
        b"A=${null}\n",
        b"A=pa$$word\n",
        b"A=${A}\n",
        b"A=${B}\nB=${A}\n",
        b"".join(b"A%d=${A%d}${A%d}\n" % (n + 1, n, n) for n in range(40)) + b"A0=x\n",
        b"".join(b"A%d=${A%d}\n" % (n + 1, n) for n in range(10_000)),
    ),
)
def test_what_is_unusual_circles_or_grows_is_not_certain(text: bytes) -> None:
    assert not check_certain(text)


def check_certain(data: bytes) -> bool:
    blocks = list(cut(data, "node"))
    return are_plain(blocks) and is_certain(blocks, *tables(blocks))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    (
        b"A0=x\n" + b"".join(b"A%d=${A%d}x\n" % (n + 1, n) for n in range(10_000)),
        b"A=" + b"x" * 900_000 + b"\n" + b"".join(b"B%d=${A} $A\n" % n for n in range(20_000)),
    ),
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_too_much_is_refused_before_it_is_made(text: bytes, dialect: str) -> None:
    with pytest.raises(OverBudget):
        expand_all(list(cut(text, dialect)), dialect, Budget(900_000))


def test_a_text_full_of_dollars_is_counted() -> None:
    with pytest.raises(OverBudget):
        expand_all(list(cut(b"A='" + b"$ " * 500_000 + b"'\n", "node")), "node", Budget(900_000))


def test_values_that_double_are_refused_or_left_as_written() -> None:
    text = b"A0=xxxxxxxxxx\n" + b"".join(b"A%d=${A%d}${A%d}\n" % (n + 1, n, n) for n in range(60))
    with pytest.raises(OverBudget):
        expand_all(list(cut(text, "python")), "python", Budget(900_000))
    found = expand_all(list(cut(text, "node")), "node", Budget(PLENTY))
    assert found.values["A60"] == "${A59}${A59}"
