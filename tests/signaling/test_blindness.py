"""What an operator who records everything learns: sizes and times, nothing that was said.

Alice and Bob find each other in a room, exchange what a dial needs, and pass a
mailbox, through a real server process that writes down every frame and logs all it
can. None of it may contain anything of theirs, in any of the usual spellings.
"""

from __future__ import annotations

import asyncio
import base64
import signal
import time
from pathlib import Path

import pytest

from envlsp.crypto.primitives import (
    BOX_OVERHEAD_BYTES,
    BoxKey,
    SigningKey,
    box_key,
    open_box,
    seal_box,
    signing_key,
)
from envlsp.crypto.rendezvous import (
    RoomKey,
    SignalWriter,
    new_session,
    open_beacon,
    open_signal,
    room_key,
    rooms_at,
    seal_beacon,
)
from envlsp.domain.ids import TeamId
from envlsp.transport.signaling_client import Connected, Disconnected, SignalingClient
from envlsp.wire.signaling_messages import Message
from envlsp.wire.signals import Bye, Candidates, Content, Dial, End, Params
from tests.support.signaling import process

TEAM = TeamId(b"team id that nobody may see 1234")
TEAM_KEY = b"team key that nobody may see 123"
ALICE, BOB = signing_key(b"a" * 32), signing_key(b"b" * 32)
ALICES_BOX, BOBS_BOX = box_key(b"A" * 32), box_key(b"B" * 32)
UFRAG, PWD = "plantedufrag", "plantedpasswordplantedpassword"
FINGERPRINT = b"planted fingerprint of 32 bytes!"
CANDIDATE = "1 1 udp 2130706431 192.0.2.77 45678 typ host"
NAME, VALUE = b"PLANTED_SECRET_NAME", b"planted-secret-value"
PLAIN_MARK = b"not sealed, so the tap must hear it".ljust(1024, b".")

KEY: RoomKey = room_key(TEAM_KEY)


async def next_message(client: SignalingClient) -> Message:
    async with asyncio.timeout(60):
        async for event in client.messages():
            if isinstance(event, Message):
                return event
    raise AssertionError("the client was closed")


async def dial(alice: SignalingClient, bob: SignalingClient) -> None:
    """Bob announces himself; Alice dials him; both say all that is ever said."""
    now = int(time.time())
    room = rooms_at(KEY, now)[0]
    await alice.subscribe(room)
    await bob.subscribe(room)
    await bob.publish(room, seal_beacon(BOB, KEY, room, now))
    heard = await next_message(alice)
    assert open_beacon(heard.blob, KEY, heard.room).sender == BOB.public

    session = new_session()
    writers = {
        id(alice): SignalWriter(ALICE, TEAM, BOB.public, BOBS_BOX.public, session),
        id(bob): SignalWriter(BOB, TEAM, ALICE.public, ALICES_BOX.public, session),
    }
    params = Params(UFRAG, PWD, FINGERPRINT, (CANDIDATE,))
    contents: tuple[Content, ...] = (Dial(), params, Candidates((CANDIDATE,) * 20), End(), Bye())
    for content in contents:
        await alice.send(heard.tag, writers[id(alice)].seal(content))
        message = await next_message(bob)
        assert opened(message, BOBS_BOX, BOB) == content
        await bob.send(message.tag, writers[id(bob)].seal(content))
        assert opened(await next_message(alice), ALICES_BOX, ALICE) == content


def opened(message: Message, box: BoxKey, own: SigningKey) -> Content:
    return open_signal(message.blob, box, own=own.public, team=TEAM).content


async def invite(alice: SignalingClient, bob: SignalingClient) -> None:
    """What a join sends once its two sides share a key, and one message before."""
    key = b"k" * 32
    inviter = await alice.allocate()
    joiner = await bob.claim(inviter.number)
    await joiner.send(PLAIN_MARK)
    assert await inviter.recv() == PLAIN_MARK
    secret = (TEAM + NAME + VALUE + BOB.public).ljust(1024 - BOX_OVERHEAD_BYTES, b"\0")
    await inviter.send(seal_box(secret, key))
    assert open_box(await joiner.recv(), key) == secret


def spellings(secret: bytes) -> list[bytes]:
    """Return the ways in which bytes leak: as they are, in hex, in base64 at any offset."""
    shifts = range(3 if len(secret) > 8 else 0)  # of less, too little is left to search for
    inner = [base64.b64encode(b"\0" * shift + secret)[4:-4] for shift in shifts]
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), *inner]


@pytest.mark.slow
async def test_the_server_learns_nothing_of_what_is_said(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    async with process(tap=frames) as server:
        async with SignalingClient(server.url) as alice, SignalingClient(server.url) as bob:
            await dial(alice, bob)
            await invite(alice, bob)
        assert await server.stop() == 0
    heard = frames.read_bytes()
    assert PLAIN_MARK in heard  # the tap works
    secrets = [
        *(TEAM, TEAM_KEY, KEY, ALICE.public, BOB.public, ALICES_BOX.public, BOBS_BOX.public),
        *(UFRAG.encode(), PWD.encode(), FINGERPRINT, b"192.0.2.77", b"45678", b"typ host", NAME, VALUE),
    ]
    for secret in secrets:
        for spelling in spellings(secret):
            assert spelling not in heard
            assert spelling not in server.log
    room = rooms_at(KEY, int(time.time()))[0]
    for private in (room, room.hex().encode(), b"127.0.0.1", PLAIN_MARK, b"Traceback"):
        assert private not in server.log


@pytest.mark.slow
async def test_killed_and_restarted_everybody_meets_again() -> None:
    async with process() as server:
        port = int(server.url.rpartition(":")[2])
        async with (
            SignalingClient(server.url, backoff_s=(0.05, 0.2)) as alice,
            SignalingClient(server.url, backoff_s=(0.05, 0.2)) as bob,
        ):
            await dial(alice, bob)
            await server.stop(signal.SIGKILL)
            for client in (alice, bob):
                assert await anext(client.messages()) == Disconnected()
            async with process(port=port) as again:
                for client in (alice, bob):
                    async with asyncio.timeout(60):
                        assert await anext(client.messages()) == Connected(again.url)
                await dial(alice, bob)
