"""The command as an operator meets it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import signal
import ssl
import time
from pathlib import Path

import pytest

from envlsp.errors import SignalingUnreachable
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.signaling_messages import RoomId
from envlsp_signaling.command import main
from tests.support.certificates import certificate
from tests.support.signaling import BLOB, ROOM, hear, plain, process, tell


@pytest.mark.slow
@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
async def test_it_announces_itself_serves_and_stops_cleanly(number: int) -> None:
    async with process() as server:
        assert server.url.startswith("ws://127.0.0.1:")
        async with plain(server.url) as alice:
            await tell(alice, 1, ROOM)
            await hear(alice)
            await tell(alice, 3, ROOM, BLOB)
            started = time.monotonic()
            assert await server.stop(number) == 0
        assert time.monotonic() - started < 5
    assert b"Traceback" not in server.log
    for secret in (b"127.0.0.1", ROOM.hex().encode(), ROOM, BLOB[:16]):
        assert secret not in server.log


@pytest.mark.slow
async def test_the_operator_may_ask_for_addresses() -> None:
    async with process("--connections-per-ip", "1", "--log-addresses") as server:
        async with plain(server.url):
            with pytest.raises(Exception, match="429"):
                async with plain(server.url):
                    pass
        await server.stop()
    assert b"turned away address=127.0.0.1 status=429" in server.log


@pytest.mark.slow
async def test_tls_for_clients_that_trust_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = certificate(tmp_path)
    # In development mode asyncio itself logs each failed handshake.
    async with process("--tls-cert", str(chain), develop=False) as server:
        assert server.url.startswith("wss://")
        with pytest.raises(SignalingUnreachable):
            await SignalingClient(server.url).connect()
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        async with SignalingClient(server.url) as alice:
            await alice.subscribe(RoomId(ROOM))
        assert await server.stop() == 0
    assert b"Traceback" not in server.log


@pytest.mark.slow
async def test_a_renewed_certificate_is_shown_to_newcomers_and_drops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = certificate(tmp_path)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(chain.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with process("--tls-cert", str(chain), develop=False) as server:
        async with SignalingClient(server.url) as alice:
            before = await shown_certificate(server.url)
            chain.write_bytes(b"half of a file")
            server.process.send_signal(signal.SIGHUP)
            await server.until_logged(b"certificate unusable")
            assert await shown_certificate(server.url) == before  # a bad file changes nothing
            certificate(tmp_path)
            server.process.send_signal(signal.SIGHUP)
            await server.until_logged(b"certificate renewed")
            assert await shown_certificate(server.url) != before
            await alice.subscribe(RoomId(ROOM))  # over the connection of before
            assert alice.is_connected
        assert await server.stop() == 0
    assert str(chain).encode() not in server.log


async def shown_certificate(url: str) -> bytes:
    port = int(url.rpartition(":")[2])
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        await writer.wait_closed()
    assert isinstance(shown, bytes)
    return shown


@pytest.mark.slow
async def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    async with process() as server:
        port = server.url.rpartition(":")[2]
        assert await asyncio.to_thread(run_apart, port) == 1


def run_apart(port: str) -> int:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "envlsp_signaling", "--port", port],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == ""
    assert done.stderr.startswith("envlsp-signaling: cannot listen")
    assert done.stderr.count("\n") == 1
    return done.returncode


def test_hash_token(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert main(["--hash-token"]) == 0
    assert capsys.readouterr().out.strip() == hashlib.sha256(b"correct horse").hexdigest()


@pytest.mark.parametrize(
    "options",
    (
        ["--turn-url", "turn:x"],
        ["--turn-secret-file", "/nowhere"],
        ["--token-hash-file", "SHORT"],
        ["--trusted-proxy", "everybody"],
        ["--tls-cert", "/nowhere"],
    ),
    ids=lambda options: str(options[0]),
)
def test_wrong_options_are_one_line(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short"
    short.write_text("abc")
    assert main([str(short) if option == "SHORT" else option for option in options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("envlsp-signaling: ")
    assert shown.err.count("\n") == 1
