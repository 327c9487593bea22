from __future__ import annotations

import pytest

from envlsp.domain.dotenv.comments import commented_out
from envlsp.domain.dotenv.parse import parse
from tests.support.dotenv_files import DIALECTS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_old_values_in_comments_are_found(dialect: str) -> None:
    data = b"# A=one\n  ##  export B = 'two three'\n#C=\n# see x == y\n# note: d\nD=1 # E=2\n"
    found = [
        (data[c.name_start : c.name_end], data[c.value_start : c.value_end])
        for c in commented_out(parse(data, dialect))
    ]
    assert found == [(b"A", b"one"), (b"B", b"'two three'"), (b"C", b"")]
