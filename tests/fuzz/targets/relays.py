"""What STUN and TURN servers answer, to a probe and to a dial: datagrams, and bytes of a stream."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from aioice.stun import Class, Message, Method

from envlsp.transport.asking import _OverTcp, _OverUdp
from envlsp.transport.probing.relays import Relay
from envlsp.transport.probing.router import _Asker

MAX_BYTES = 1_500
SERVER = ("192.0.2.1", 3478)
NUMBER = b"n" * 12


def seeds() -> Iterator[bytes]:
    """Yield answers as servers give them, and some that are cut or lie about a length."""
    for kind in (Class.RESPONSE, Class.ERROR, Class.INDICATION):
        answer = Message(message_method=Method.BINDING, message_class=kind, transaction_id=NUMBER)
        answer.attributes["XOR-MAPPED-ADDRESS"] = ("192.0.2.9", 4711)
        yield bytes(answer)
    given = Message(message_method=Method.ALLOCATE, message_class=Class.RESPONSE, transaction_id=NUMBER)
    given.attributes |= {"XOR-RELAYED-ADDRESS": ("2001:db8::9", 4711), "LIFETIME": 600}
    yield bytes(given)
    refused = Message(message_method=Method.ALLOCATE, message_class=Class.ERROR, transaction_id=NUMBER)
    refused.attributes |= {"ERROR-CODE": (401, "no"), "NONCE": b"n", "REALM": "r"}
    yield bytes(refused)
    said = Message(message_method=Method.DATA, message_class=Class.INDICATION, transaction_id=NUMBER)
    said.attributes |= {"XOR-PEER-ADDRESS": ("192.0.2.9", 4711), "DATA": b"data"}
    yield bytes(said)
    yield struct.pack("!HH", 0x4000, 4) + b"data"


def take(data: bytes) -> None:
    """Give it to everything that hears a server; nothing may come out of any of them."""

    asker = _Asker(socket.AF_INET)
    asker.datagram_received(data, SERVER)
    assert not asker.answered
    relay = Relay()
    for made in (_OverUdp, _OverTcp):
        client: Any = made(SERVER, "user", "password", 600, 600)
        client.receiver, client.channel_to_peer = relay, {0x4000: ("192.0.2.9", 4711)}
        client.transport = SimpleNamespace(get_extra_info=lambda _: SERVER)
        client.datagram_received(data, SERVER)
        if made is _OverTcp:
            client.data_received(data)
            assert len(client.buffer) <= MAX_BYTES
    assert all(len(heard) <= MAX_BYTES for heard, _ in _drained(relay))


def _drained(relay: Relay) -> Iterator[tuple[bytes, tuple[str, int]]]:
    while not relay.heard.empty():
        yield relay.heard.get_nowait()
