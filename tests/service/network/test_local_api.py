"""The Unix socket between processes of one device."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from envlsp.errors import MalformedFrame, NodeRefused, NotFound
from envlsp.service.network.local_api import LocalClient, LocalServer, Values, peer_uid
from envlsp.wire.local import (
    LOCAL_MAX_BYTES,
    Answer,
    Call,
    Complaint,
    Hello,
    Message,
    decode_local_untrusted,
    encode_local,
    length_untrusted,
)


async def handler(method: str, args: Values) -> Values:
    if method == "echo":
        return args
    raise NotFound(method)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.sock"


async def test_a_call_is_answered(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    assert await asyncio.to_thread(client.call, "echo", 7, b"x") == (7, b"x")
    client.close()
    await server.close()
    assert not path.exists()


async def test_a_failure_keeps_its_reason(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    with pytest.raises(NodeRefused, match="nothing-like-it"):
        await asyncio.to_thread(client.call, "nothing-like-it")
    client.close()
    await server.close()


async def test_a_bug_in_the_node_is_an_answer_too(path: Path) -> None:
    async def broken(method: str, args: Values) -> Values:
        raise ZeroDivisionError("planted")

    server = LocalServer(path, broken)
    await server.start()
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    with pytest.raises(NodeRefused, match="ZeroDivisionError") as caught:
        await asyncio.to_thread(client.call, "x")
    assert "planted" not in str(caught.value)
    client.close()
    await server.close()


async def test_an_answer_is_found_behind_news(path: Path) -> None:
    async def gossip(method: str, args: Values) -> Values:
        server.broadcast("changed", b"team")
        return args

    server = LocalServer(path, gossip)
    await server.start()
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    assert await asyncio.to_thread(client.call, "x", 1) == (1,)
    client.close()
    await server.close()


async def test_only_this_user_can_open_the_socket(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await server.close()


def test_the_kernel_says_who_is_there() -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        assert peer_uid(left) == os.getuid()


async def test_garbage_hangs_up_and_harms_nobody(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b"\xff\xff\xff\xff garbage")
    await writer.drain()
    await asyncio.wait_for(reader.read(), 5)
    writer.close()
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    client.close()
    await server.close()


def test_nobody_listening_is_not_an_error(path: Path) -> None:
    assert LocalClient.connect(path) is None


@pytest.mark.parametrize(
    "message",
    (Hello(1, 1), Call(1, "sync", (b"x", 5)), Answer(1, ([b"a"], 2)), Complaint(3, "locked", "")),
)
def test_messages_come_back_as_they_went(message: Message) -> None:
    data = encode_local(message)
    assert length_untrusted(data[:4]) == len(data) - 4
    assert str(decode_local_untrusted(data[4:])).replace("[", "(").replace("]", ")").replace(
        ",)", ")"
    ) == str(message).replace("[", "(").replace("]", ")").replace(",)", ")")


def test_a_huge_message_is_refused_by_its_length() -> None:
    with pytest.raises(MalformedFrame):
        length_untrusted((LOCAL_MAX_BYTES + 1).to_bytes(4, "big"))


@pytest.mark.parametrize("body", (b"", b"\x90", b"\x93\x03\x01\x02", b"\xc1"))
def test_other_bytes_are_no_message(body: bytes) -> None:
    with pytest.raises(MalformedFrame):
        decode_local_untrusted(body)
