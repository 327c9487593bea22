from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import Malformed
from envlsp.transport.params import Params, candidates_untrusted, params_untrusted
from envlsp.wire.canonical import Value

HOST = "4f1b 1 udp 2130706431 192.0.2.1 5000 typ host"
SRFLX = "4f1b 1 udp 1694498815 2001:db8::1 5000 typ srflx raddr 192.0.2.1 rport 5000"
GOOD = Params("abcd", "p" * 22, bytes(32), (HOST, SRFLX))


def test_there_and_back() -> None:
    assert params_untrusted(GOOD.to_value()) == GOOD
    assert "abcd" not in repr(GOOD)


@pytest.mark.parametrize(
    "line",
    (
        "",
        "4f1b 1 udp 1 printer.local 9 typ host",  # resolving it would ask the whole network
        "4f1b 1 udp 1 fe80::1%eth0 9 typ host",
        "4f1b 1 tcp 1 192.0.2.1 9 typ host",
        "4f1b 2 udp 1 192.0.2.1 9 typ host",
        "4f1b 1 udp 1 192.0.2.1 0 typ host",
        "4f1b 1 udp 1 192.0.2.1 65536 typ host",
        "4f1b 1 udp 1 192.0.2.1 9 typ prflx",
        "4f1b 1 udp 1 224.0.0.251 5353 typ host",
        "4f1b 1 udp 1 0.0.0.0 9 typ host",
        "4f1b 1 udp 1 ::: 9 typ host",
        f"{HOST}\n",
        f"{HOST} " + "x" * 300,
    ),
)
def test_candidates_that_are_refused(line: str) -> None:
    with pytest.raises(Malformed):
        candidates_untrusted([line])


@pytest.mark.parametrize(
    "value",
    (
        ["abc", "p" * 22, bytes(32), []],
        ["abcd", "p" * 21, bytes(32), []],
        ["abcd", "p" * 22, bytes(31), []],
        ["ab:d", "p" * 22, bytes(32), []],
        ["a" * 257, "p" * 22, bytes(32), []],
        ["abcd", "p" * 22, bytes(32), [HOST] * 33],
        ["abcd", "p" * 22, bytes(32), HOST],
        ["abcd", "p" * 22, bytes(32)],
        [],
    ),
)
def test_params_that_are_refused(value: Value) -> None:
    with pytest.raises(Malformed):
        params_untrusted(value)


leaves = st.one_of(st.integers(0, 9), st.binary(max_size=40), st.text(max_size=40), st.just(HOST))
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@given(values)
def test_anything_else_is_malformed(value: Value) -> None:
    for read in (params_untrusted, candidates_untrusted):
        try:
            read(value)
        except Malformed:
            continue
