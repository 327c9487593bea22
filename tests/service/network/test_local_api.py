"""The Unix socket between processes of one device."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from envlsp.errors import MalformedFrame, NodeForeign, NodeRefused, NotFound, TransportError
from envlsp.service.network import local_api
from envlsp.service.network.local_api import (
    CALLS_AT_ONCE_MAX,
    CONNECTIONS_MAX,
    UNREAD_MAX_BYTES,
    LocalClient,
    LocalServer,
    Values,
)
from envlsp.service.network.local_transport import peer_uid
from envlsp.wire.local import (
    LENGTH_BYTES,
    LOCAL_LOWEST,
    LOCAL_MAX_BYTES,
    LOCAL_VERSION,
    Answer,
    Call,
    Complaint,
    Hello,
    Message,
    common_version,
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


@pytest.mark.parametrize("steps", range(6))
async def test_who_is_stopped_while_beginning_leaves_no_socket(path: Path, steps: int) -> None:
    server = LocalServer(path, handler)
    starting = asyncio.create_task(server.start())
    for _ in range(steps):
        await asyncio.sleep(0)
    starting.cancel()
    stopped = (await asyncio.gather(starting, return_exceptions=True))[0]
    is_up = stopped is None
    assert path.exists() is is_up
    await server.close()
    assert not path.exists()


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


# --- who may speak -----------------------------------------------------------------------------

NOBODY = 65534
"""Another user of this machine; only root can become that one."""

SPEAK = """
import os, socket, sys
os.chdir(sys.argv[1])
os.setuid(int(sys.argv[2]))
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(60)
try:
    connection.connect("node.sock")
    print(len(connection.recv(100)))
except OSError as exc:
    print(type(exc).__name__)
"""

LISTEN = """
import os, socket, sys
os.chdir(sys.argv[1])
os.setuid(int(sys.argv[2]))
listener = socket.socket(socket.AF_UNIX)
listener.bind("node.sock")
os.chmod("node.sock", 0o777)
listener.listen()
print("ready", flush=True)
listener.accept()[0].recv(100)
"""


def as_nobody(code: str, folder: Path) -> subprocess.Popen[str]:
    """Start Python as another user, in a folder that it cannot reach by itself."""
    assert os.getuid() == 0, "only root can try what another user can do"
    words = [sys.executable, "-c", code, str(folder), str(NOBODY)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("mode", "expected"), ((0o600, "PermissionError"), (0o777, "0")))
async def test_another_user_is_not_spoken_to(path: Path, mode: int, expected: str) -> None:
    """The mode of the socket keeps them out; where that was changed, the kernel says who it is."""
    server = LocalServer(path, handler)
    await server.start()
    path.parent.chmod(0o777)
    path.chmod(mode)
    speaker = as_nobody(SPEAK, path.parent)
    said, _ = await asyncio.to_thread(speaker.communicate, timeout=60)
    assert said.strip() == expected
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    client.close()
    await server.close()


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_nothing_is_said_to_another_users_process(path: Path) -> None:
    """Somebody else's socket in the place of the node's gets no word, and no key."""
    path.parent.chmod(0o777)
    listener = as_nobody(LISTEN, path.parent)
    assert listener.stdout is not None
    assert listener.stdout.readline() == "ready\n"
    assert LocalClient.connect(path) is None
    listener.kill()
    listener.communicate()


async def test_where_no_socket_can_be_nobody_listens(tmp_path: Path) -> None:
    too_long = tmp_path / ("x" * 200)
    with pytest.raises(TransportError):
        await LocalServer(too_long, handler).start()
    assert LocalClient.connect(too_long) is None


async def test_a_system_without_such_sockets_is_no_error_for_a_caller(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    assert LocalClient.connect(path) is None
    with pytest.raises(TransportError, match="no sockets between"):
        await LocalServer(path, handler).start()


# --- versions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "version"),
    (
        (Hello(2, 2), Hello(2, 2), 2),
        (Hello(1, 3), Hello(2, 5), 3),
        (Hello(2, 5), Hello(1, 3), 3),
        (Hello(2, 2), Hello(3, 4), None),
        (Hello(3, 4), Hello(1, 2), None),
        (Hello(1, 1), Hello(5, 2), None),
    ),
)
def test_both_ends_speak_the_highest_version_they_share(
    ours: Hello, theirs: Hello, version: int | None
) -> None:
    assert common_version(ours, theirs) == version


@pytest.mark.parametrize(
    ("theirs", "words", "fix"),
    (
        (Hello(LOCAL_VERSION + 1, LOCAL_VERSION + 3), "a newer one", "use that envlsp"),
        (Hello(1, LOCAL_LOWEST - 1), "an older one", "restart envlsp agent"),
        (Answer(1, ()), "does not speak", "restart envlsp agent"),
    ),
)
def test_a_command_says_what_to_do_about_a_node_of_another_version(
    path: Path, theirs: Message, words: str, fix: str
) -> None:
    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(100)
            connection.sendall(encode_local(theirs))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        answering = threading.Thread(target=answer)
        answering.start()
        with pytest.raises(NodeForeign, match=words) as refused:
            LocalClient.connect(path)
        answering.join()
    assert (refused.value.fix or "").startswith(fix)


@pytest.mark.parametrize(
    ("hello", "is_served"),
    (
        (Hello(LOCAL_VERSION, LOCAL_VERSION + 4), True),
        (Hello(1, LOCAL_VERSION), True),
        (Hello(LOCAL_VERSION + 1, LOCAL_VERSION + 4), False),
        (Hello(0, LOCAL_LOWEST - 1), False),
    ),
)
async def test_a_node_serves_whoever_shares_a_version_and_tells_others_its_own(
    path: Path, hello: Hello, *, is_served: bool
) -> None:
    server = LocalServer(path, handler)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(encode_local(hello) + encode_local(Call(1, "echo", (7,))))
    expected = encode_local(Hello(LOCAL_LOWEST, LOCAL_VERSION))
    if is_served:
        expected += encode_local(Answer(1, (7,)))
        assert await asyncio.wait_for(reader.readexactly(len(expected)), 60) == expected
    else:
        assert await asyncio.wait_for(reader.read(), 60) == expected
    writer.close()
    await server.close()


# --- shares ------------------------------------------------------------------------------------


async def test_connections_have_an_end_and_those_that_are_served_stay(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    held = [await asyncio.open_unix_connection(str(path)) for _ in range(CONNECTIONS_MAX)]
    assert await asyncio.to_thread(LocalClient.connect, path) is None
    assert await asyncio.to_thread(client.call, "echo", 1) == (1,)
    for _, writer in held:
        writer.close()
    client.close()
    await server.close()


async def test_who_says_nothing_at_the_beginning_is_hung_up_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_api, "HELLO_S", 0.05)
    server = LocalServer(path, handler)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(path))
    assert await asyncio.wait_for(reader.read(), 60) == encode_local(Hello(LOCAL_LOWEST, LOCAL_VERSION))
    writer.close()
    await server.close()


async def test_one_connection_asks_so_much_at_a_time(path: Path) -> None:
    running, most, go_on = 0, 0, asyncio.Event()

    async def slow(method: str, args: Values) -> Values:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go_on.wait()
        running -= 1
        return args

    server = LocalServer(path, slow)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(path))
    count = 4 * CALLS_AT_ONCE_MAX
    calls = b"".join(encode_local(Call(number, "x", (number,))) for number in range(1, count + 1))
    writer.write(encode_local(Hello(LOCAL_LOWEST, LOCAL_VERSION)) + calls)
    other = await asyncio.to_thread(LocalClient.connect, path)
    assert other is not None
    other.close()
    go_on.set()
    answers = b"".join(encode_local(Answer(number, (number,))) for number in range(1, count + 1))
    greeting = encode_local(Hello(LOCAL_LOWEST, LOCAL_VERSION))
    got = await asyncio.wait_for(reader.readexactly(len(greeting) + len(answers)), 60)
    assert len(got) == len(greeting + answers)
    assert most == CALLS_AT_ONCE_MAX
    writer.close()
    await server.close()


async def test_who_does_not_read_is_hung_up_on_and_others_hear_all(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    deaf = socket.socket(socket.AF_UNIX)
    deaf.connect(str(path))
    deaf.sendall(encode_local(Hello(LOCAL_LOWEST, LOCAL_VERSION)))
    client = await asyncio.to_thread(LocalClient.connect, path)
    assert client is not None
    assert await asyncio.to_thread(client.call, "echo") == ()  # and the deaf one came before
    news, rounds = bytes(64 * 1024), 3 * UNREAD_MAX_BYTES // (64 * 1024)
    for _ in range(rounds):
        server.broadcast("changed", news)
        heard = await asyncio.to_thread(client.next_call)
        assert heard.args == (news,)
    assert len(server._writers) == 1
    deaf.close()
    client.close()
    await server.close()


async def test_a_message_that_claims_to_be_huge_takes_no_memory(path: Path) -> None:
    server = LocalServer(path, handler)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(path))
    greeting = encode_local(Hello(LOCAL_LOWEST, LOCAL_VERSION))
    writer.write(greeting + (LOCAL_MAX_BYTES + 1).to_bytes(LENGTH_BYTES, "big"))
    assert await asyncio.wait_for(reader.read(), 60) == greeting
    writer.close()
    await server.close()
