"""Two releases beside each other: which lines differ can be seen, and no value can."""

from __future__ import annotations

import re

from envlsp.domain.secret import MASK
from envlsp.service.reading import MARK_BYTES
from envlsp.service.side_by_side import side_by_side
from tests.support.cast import FIRST_FILE, Cast

SECOND = FIRST_FILE.replace(b"x.test", b"hunter2.test") + b"# OLD=hunter2-old\nNEW=1\n"
MARKED = re.compile(rf"{MASK} [0-9a-f]{{{2 * MARK_BYTES}}}$")


def test_only_lines_that_differ_are_marked_and_no_value_is_shown(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(SECOND)
    old, new = side_by_side(alice.team, alice.context, "v1..v2")
    assert "hunter2" not in old + new
    before, after = old.splitlines(), new.splitlines()
    assert [line for line in before if line not in after] == [line for line in before if MARKED.search(line)]
    names = [line.partition(MASK)[0] for line in after if MARKED.search(line)]
    assert names == ["API_URL=", "# OLD=", "NEW="]
    assert f"export TOKEN={MASK} # c" in before
    assert f"export TOKEN={MASK} # c" in after


def test_the_file_is_a_side_as_well(cast: Cast) -> None:
    (alice,) = cast.team()
    old, new = side_by_side(alice.team, alice.context)
    assert old == new
    alice.file.write_bytes(SECOND)
    old, new = side_by_side(alice.team, alice.context, "v1")
    assert len(new.splitlines()) == len(old.splitlines()) + 2
