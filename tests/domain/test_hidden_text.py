"""Which text between the values of a file may be a secret."""

from __future__ import annotations

import pytest

from envlsp.domain.hidden_text import all_hidden_texts, hidden_texts
from envlsp.domain.layout import snapshot_of


def hidden(data: bytes) -> set[bytes]:
    return {text.reveal() for text in hidden_texts(snapshot_of(data, "node").snapshot.layout)}


@pytest.mark.parametrize(
    ("line", "text"),
    (
        (b"#TOKEN=old", b"old"),
        (b"  ## export TOKEN = old one # note", b"old one # note"),
        (b"# password: hunter2", b"hunter2"),
        (b"# was sk_live_4eC39HqLyjWDarjtT1zdp7dc before", b"sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ),
)
def test_old_values_in_comments_are_seen(line: bytes, text: bytes) -> None:
    assert text in hidden(line + b"\nA=1\n")
    assert text in hidden(b"A=1\r\n" + line)


def test_a_second_assignment_is_seen_and_the_one_that_counts_is_not() -> None:
    assert hidden(b"A=first\nA=second\n") == {b"first"}


@pytest.mark.parametrize(
    "line", (b"# where the API lives, ask the web team", b"#", b"", b"# TODO", b"#A=", b"# nothing: ")
)
def test_prose_is_not(line: bytes) -> None:
    assert hidden(line + b"\nLONG_ENOUGH_NAME='a value that is long'\n") == set()


def test_no_layout_hides_nothing_and_equal_ones_are_one() -> None:
    assert hidden_texts(None) == frozenset()
    layouts = [snapshot_of(b"#A=1\n", "node").snapshot.layout for _ in range(3)]
    assert len(all_hidden_texts([None, *layouts])) == 1
    assert "1" not in repr(all_hidden_texts(layouts))
