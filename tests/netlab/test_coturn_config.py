"""The TURN configuration that operators are given, read by a real coturn and relayed through."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.netlab.servers import SECRET, make_certificate
from tests.support.netlab.world import TURN_IP, World
from tests.support.processes import WAIT_S

pytestmark = pytest.mark.slow

CONFIG = Path(__file__).resolve().parents[2] / "signaling" / "deploy" / "turnserver.conf"


KNOCK = "import socket, sys; [socket.create_connection((sys.argv[1], p), 1).close() for p in (3478, 443)]"


@pytest.fixture
def log(world: World, tmp_path: Path) -> Iterator[Path]:
    """Start coturn as compose.yaml does, and yield what it says."""
    certificate = make_certificate(tmp_path / "certificates")
    text = CONFIG.read_text().replace("/etc/coturn/certificates", str(certificate.parent))
    own = [f"static-auth-secret={SECRET}", "realm=lab", "tls-listening-port=443"]
    own += [f"listening-ip={TURN_IP}", f"relay-ip={TURN_IP}"]
    config = tmp_path / "turnserver.conf"
    config.write_text("\n".join([text, *own, ""]))
    said = tmp_path / "coturn.log"
    with said.open("wb") as file:
        server = subprocess.Popen(
            [*world.within("pub"), "turnserver", "-c", str(config)],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
        )
    try:
        limit = time.monotonic() + WAIT_S
        knock = [*world.within("pub"), sys.executable, "-I", "-c", KNOCK, TURN_IP]
        while subprocess.run(knock, capture_output=True, check=False).returncode:
            assert time.monotonic() < limit, said.read_text()
            time.sleep(0.05)
        yield said
    finally:
        server.terminate()
        server.wait()


def uclient(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """Run coturn's own client at Alice's, with a name of now."""
    command = ["turnutils_uclient", "-u", "0011223344556677", "-W", SECRET, "-m", "1", "-l", "100", *words]
    # It says little and keeps its exit code for itself where a peer is denied.
    return subprocess.run(
        [*world.within("a1"), *command], capture_output=True, text=True, check=False, timeout=WAIT_S
    )


def received(done: subprocess.CompletedProcess[str]) -> int:
    found = re.findall(r"tot_recv_msgs=(\d+)", done.stdout)
    return int(found[-1]) if found else 0


ALLOCATE = """
import asyncio, base64, hashlib, hmac, ssl, sys, time
from aioice import turn
async def main(server, secret, certificate):
    name = f"{int(time.time()) + 600}:00112233"
    password = base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()
    way, _ = await turn.create_turn_endpoint(
        asyncio.DatagramProtocol, (server, 443), username=name, password=password,
        ssl=ssl.create_default_context(cafile=certificate), transport="tcp")
    print(way.get_extra_info("sockname")[0])
    way.close()
    await asyncio.sleep(0.2)
asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 20))
"""


def test_a_client_allocates_by_tls_on_443(world: World, log: Path) -> None:
    # In a process of its own, since it stands in a network of its own. coturn's client has no way
    # to check a certificate.
    certificate = str(log.parent / "certificates" / "cert.pem")
    done = subprocess.run(
        [*world.within("a1"), sys.executable, "-c", ALLOCATE, TURN_IP, SECRET, certificate],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )
    assert done.stdout.strip() == TURN_IP, done.stderr


def test_a_client_relays_by_udp_and_tcp(world: World, log: Path) -> None:
    for way in ([], ["-t"]):
        done = uclient(world, "-n", "5", "-y", *way, TURN_IP)
        assert done.returncode == 0, (way, done.stdout, log.read_text())
        assert received(done) >= 5, (way, done.stdout)
    assert "Bad configuration format" not in log.read_text()


def test_nobody_relays_into_private_networks(world: World, log: Path) -> None:
    """A relay is not a way into the networks it stands in."""
    done = uclient(world, "-n", "1", "-e", "10.0.0.1", TURN_IP)
    assert received(done) == 0
    assert "403" in done.stdout + done.stderr


def test_a_name_signed_with_another_secret_gets_nothing(world: World, log: Path) -> None:
    done = subprocess.run(
        [*world.within("a1"), "turnutils_uclient", "-u", "00", "-W", "guessed", "-n", "1", "-y", TURN_IP],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )
    assert done.returncode != 0
    assert received(done) == 0
