from __future__ import annotations

import base64
import hashlib
import hmac

from envlsp_signaling.turn import TTL_S, TurnService


def test_credentials_are_what_coturn_computes() -> None:
    service = TurnService(b"north", ("turn:turn.example.org:3478",))
    username, password = service.credentials(1_700_000_000, bytes(8))
    assert username == "1700000600:0000000000000000"
    expected = hmac.new(b"north", username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(password) == expected
    assert password == "pEYVAW7awLM7RPjHJYb8SeCjIR0="


def test_credentials_live_ten_minutes_and_differ_each_time() -> None:
    service = TurnService(b"north", ())
    first, second = service.credentials(0, b"1" * 8), service.credentials(0, b"2" * 8)
    assert first != second
    assert TTL_S == 600


def test_the_secret_is_not_shown() -> None:
    assert "north" not in repr(TurnService(b"north", ()))
