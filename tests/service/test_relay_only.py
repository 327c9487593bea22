"""Who wants no teammate to see an address says so in the environment."""

from __future__ import annotations

import pytest

from envlsp.errors import BadConfig
from envlsp.service.config import is_lan_used, is_relay_only


@pytest.mark.parametrize(("word", "is_on"), (("on", True), (" ON ", True), ("off", False), ("", False)))
def test_relay_only_is_on_or_off(word: str, is_on: bool) -> None:
    assert is_relay_only({"ENVLSP_RELAY_ONLY": word}) is is_on
    assert not is_relay_only({})


def test_another_word_is_not_taken_for_no() -> None:
    with pytest.raises(BadConfig, match="on or off"):
        is_relay_only({"ENVLSP_RELAY_ONLY": "1"})


def test_who_shows_no_address_is_not_on_the_lan_either() -> None:
    assert is_lan_used({})
    assert not is_lan_used({"ENVLSP_RELAY_ONLY": "on"})
