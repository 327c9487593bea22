"""The proxy example that operators copy, in a real nginx: TLS outside, our server inside."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.signaling_messages import Message, RoomId
from envlsp_signaling.messages import Verb
from tests.support.certificates import certificate
from tests.support.ports import own_port
from tests.support.signaling import BLOB, ROOM, hear, plain, process, tell

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).resolve().parents[2] / "signaling" / "deploy" / "nginx.conf"
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    {paths}
    {example}
}}
"""


@contextlib.contextmanager
def nginx(folder: Path, inside: str, chain: Path) -> Iterator[int]:
    """Start it before a server, with a certificate, and yield its TLS port, which is the test's own."""
    with own_port() as port:
        config = folder / "nginx.conf"
        config.write_text(_configured(folder, inside, chain, port))
        checked = subprocess.run(
            ["nginx", "-t", "-c", str(config)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
        with subprocess.Popen(["nginx", "-c", str(config)], stderr=subprocess.DEVNULL) as running:
            try:
                _wait_for(port)
                yield port
            finally:
                running.send_signal(signal.SIGTERM)


def _configured(folder: Path, inside: str, chain: Path, port: int) -> str:
    """Return the example at this port, before this server, with its own files in a folder."""
    text = EXAMPLE.read_text().replace("server 127.0.0.1:8765", f"server {inside.removeprefix('ws://')}")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace("listen [::]:443 ssl;", "")
    for name in ("fullchain.pem", "privkey.pem"):
        text = text.replace(f"/etc/ssl/signal.example.org/{name}", str(chain))
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{part}_temp_path {folder}/{part};" for part in parts)
    return AROUND.format(folder=folder, paths=paths, example=text)


def _wait_for(port: int) -> None:
    limit = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """Yield the address before a proxy, and the certificate to trust there."""
    options = ("--trusted-proxy", "127.0.0.1", "--connections-per-ip", "2")
    async with process(*options) as server:
        chain = certificate(tmp_path)
        with nginx(tmp_path, server.url, chain) as port:
            yield f"wss://127.0.0.1:{port}", chain
        assert await server.stop() == 0


async def test_real_clients_meet_through_it(
    behind: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, chain = behind
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    async with SignalingClient(url) as alice, SignalingClient(url) as bob:
        for client in (alice, bob):
            await client.subscribe(RoomId(ROOM))
        await alice.publish(RoomId(ROOM), BLOB)
        async with asyncio.timeout(60):
            heard = await anext(bob.messages())
        assert isinstance(heard, Message)
        assert heard.blob == BLOB


async def test_each_client_is_counted_by_its_own_address(behind: tuple[str, Path]) -> None:
    url, chain = behind
    trust = ssl.create_default_context(cafile=str(chain))
    async with plain(url, tls=trust, source="127.0.0.8"), plain(url, tls=trust, source="127.0.0.8"):
        # The third from there is one too many, whatever it says of itself.
        for said in (None, "198.51.100.7", "127.0.0.1", "198.51.100.7, 127.0.0.1"):
            with pytest.raises(Exception, match="429"):
                async with plain(url, tls=trust, source="127.0.0.8", forwarded_for=said):
                    pass
        async with plain(url, tls=trust, source="127.0.0.9") as carol:
            await tell(carol, Verb.SUB, ROOM)
            assert (await hear(carol))[0] == Verb.JOINED
