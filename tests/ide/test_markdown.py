"""Text of others shows as it is, and never ends what is around it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from envlsp.ide.markdown import block, code, plain

TEXTS = st.text(st.sampled_from("ab `~*_[]()<>!#\\\n"), max_size=12)


@given(TEXTS)
def test_every_special_character_is_escaped(text: str) -> None:
    shown = plain(text)
    assert re.sub(r"\\(.)", r"\1", shown) == re.sub(r"\n+", " ", text)
    assert not re.search(r"(?<!\\)[`*_\[\]<>!#~]", shown.replace("\\\\", ""))


@given(TEXTS)
def test_a_fence_is_longer_than_any_in_the_text(text: str) -> None:
    for shown in (code(text), block(text)):
        fence = re.match("`+", shown)
        assert fence is not None
        assert shown.endswith(fence[0])
        assert fence[0] not in text


def test_names_stay_readable() -> None:
    assert code("API_URL") == "`API_URL`"
    assert plain("Ask Bob. See (this), it's 5 - 3.") == "Ask Bob. See (this), it's 5 - 3."
