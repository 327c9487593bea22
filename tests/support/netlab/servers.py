"""The servers of the small internet: a real coturn, and a real signaling server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.netlab.world import SIGNAL_IP, TURN_IP, TURN_IP6, World, run
from tests.support.processes import Background, signaling_command

SECRET: Final = "a secret of the two servers"
STUN: Final = f"stun:{TURN_IP}:3478"
TURN_UDP: Final = f"turn:{TURN_IP}:3478?transport=udp"
TURN_TCP: Final = f"turn:{TURN_IP}:3478?transport=tcp"
TURN_TLS: Final = f"turns:{TURN_IP}:443?transport=tcp"
EVERY_SERVER: Final = (STUN, TURN_UDP, TURN_TCP, TURN_TLS)
EVERY_SERVER6: Final = tuple(url.replace(TURN_IP, f"[{TURN_IP6}]") for url in EVERY_SERVER)
LISTENS_S: Final = 60.0

_ANSWERS = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()"


def make_certificate(folder: Path) -> Path:
    """Make a certificate of its own for TURN over TLS, `cert.pem`; the key is beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    run(
        *[
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ],
        *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        *("-subj", "/CN=turn.test", "-addext", f"subjectAltName=IP:{TURN_IP},IP:{TURN_IP6}"),
    )
    return folder / "cert.pem"


def coturn_command(certificate: Path, addresses: Sequence[str] = (TURN_IP, TURN_IP6)) -> list[str]:
    """Return the words that start coturn in `pub`, on every way it can be reached at these addresses."""
    return [
        *("turnserver", "-n", "--no-cli", "--fingerprint", "--realm=lab"),
        *(f"--{role}-ip={address}" for address in addresses for role in ("listening", "relay")),
        "--listening-port=3478",
        *("--min-port=49152", "--max-port=49351"),
        *("--use-auth-secret", f"--static-auth-secret={SECRET}"),
        *("--tls-listening-port=443", f"--cert={certificate}", f"--pkey={certificate.with_name('key.pem')}"),
        *("--no-dtls", "--no-tlsv1", "--no-tlsv1_1", "--no-multicast-peers", "--no-rfc5780"),
        *("--log-file=stdout", "--simple-log", "--no-software-attribute", "--pidfile=/dev/null"),
    ]


class Servers:
    """Both servers in `pub`; each can be ended and started again."""

    def __init__(
        self, world: World, folder: Path, offered: Sequence[str] = EVERY_SERVER, address: str = SIGNAL_IP
    ) -> None:
        """Prepare.

        Args:
            world: where they stand.
            folder: for the certificate and the servers' logs.
            offered: what the signaling server tells its clients about STUN and TURN.
            address: of the signaling server.
        """
        self.world = world
        self.address = address
        self.url = f"ws://[{address}]:443" if ":" in address else f"ws://{address}:443"
        self.certificate = make_certificate(folder / "turn")
        self.offered = tuple(offered)
        self.clock: tuple[str, ...] = ()
        """Words before the signaling server's command; it also makes the TURN credentials."""
        self.addresses: tuple[str, ...] = (TURN_IP, TURN_IP6)
        """Where coturn listens and relays."""
        self.frames = folder / "frames"
        """Every frame that the signaling server got and gave."""
        self.log = folder / "coturn.log"
        self._folder = folder
        self._signaling: Background | None = None
        self._turn: subprocess.Popen[bytes] | None = None

    def start_turn(self) -> None:
        """Start coturn and wait until it answers."""
        words = [*self.world.within("pub"), *coturn_command(self.certificate, self.addresses)]
        with self.log.open("ab") as log:
            self._turn = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, cwd=self._folder)
        for port in (3478, 443):
            self._wait_for(self.addresses[0], port)

    def stop_turn(self) -> None:
        """End coturn as a crash would."""
        if self._turn is not None:
            self._turn.kill()
            self._turn.wait()
            self._turn = None

    def start_signaling(self) -> None:
        """Start the signaling server and wait until it listens."""
        options = ["--host", self.address, "--port", "443", "--json", "--mailboxes-per-hour", "1000"]
        turn = [word for url in self.offered for word in ("--turn-url", url)]
        env = {**os.environ, "ENVLSP_TURN_SECRET": SECRET}
        words = [*self.world.within("pub"), *self.clock, *signaling_command(self.frames), *options, *turn]
        self._signaling = Background(words, self._folder, env)
        self._signaling.document()

    def drain_signaling(self) -> str:
        """End the signaling server as an operator would; return all that it has written down."""
        assert self._signaling is not None
        ended = self._signaling.stop()
        self.stop_signaling()
        return ended.text + ended.talk

    def stop_signaling(self) -> None:
        """End the signaling server."""
        if self._signaling is not None:
            self._signaling.end()
            self._signaling = None

    def _wait_for(self, address: str, port: int) -> None:
        limit = time.monotonic() + LISTENS_S
        words = (*self.world.within("pub"), sys.executable, "-I", "-c", _ANSWERS, address, str(port))
        while subprocess.run(words, capture_output=True, check=False).returncode:
            assert time.monotonic() < limit, f"nobody listens at {port}: {self.log.read_text()}"
            time.sleep(0.05)


@contextmanager
def servers(
    world: World, folder: Path, offered: Sequence[str] = EVERY_SERVER, address: str = SIGNAL_IP
) -> Iterator[Servers]:
    """Yield both servers, running."""
    both = Servers(world, folder, offered, address)
    try:
        both.start_turn()
        both.start_signaling()
        yield both
    finally:
        both.stop_signaling()
        both.stop_turn()
