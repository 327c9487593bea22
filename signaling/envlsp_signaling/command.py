"""The command line of the signaling server.

Prints one line on stdout when it listens, logs on stderr, and stops within
seconds on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import ipaddress
import json
import logging
import os
import re
import signal
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from envlsp_signaling.addresses import Trusted
from envlsp_signaling.limits import Limits
from envlsp_signaling.server import SignalingServer
from envlsp_signaling.turn import TurnService

TURN_SECRET: Final = "ENVLSP_TURN_SECRET"  # noqa: S105 - the name of a variable
TOKEN_HASH: Final = "ENVLSP_SIGNALING_TOKEN_HASH"  # noqa: S105 - the name of a variable

log = logging.getLogger("envlsp_signaling")


class _Wrong(Exception):
    """Options that do not fit together; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class _Listening:
    host: str
    port: int
    tls: ssl.SSLContext | None
    as_json: bool


def main(argv: list[str] | None = None) -> int:
    """Parse the options, serve until told to stop, and return the exit code."""
    options = _parser().parse_args(argv)
    if options.hash_token:
        sys.stdout.write(hashlib.sha256(sys.stdin.readline().strip().encode()).hexdigest() + "\n")
        return 0
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("asyncio").setLevel(logging.WARNING)  # below that it names addresses
    try:
        server = _server(options)
        listening = _Listening(options.host, options.port, _tls(options), options.json)
    except _Wrong as exc:
        sys.stderr.write(f"envlsp-signaling: {exc}\n")
        return 2
    _raise_file_limit()
    try:
        asyncio.run(_serve(server, listening))
    except OSError as exc:
        sys.stderr.write(f"envlsp-signaling: cannot listen: {exc.strerror or type(exc).__name__}\n")
        return 1
    return 0


async def _serve(server: SignalingServer, listening: _Listening) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    port = await server.start(listening.host, listening.port, tls=listening.tls)
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    url = f"{'wss' if listening.tls else 'ws'}://{host}:{port}"
    line = json.dumps({"schema": 1, "url": url}) if listening.as_json else f"listening on {url}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    await stop.wait()
    await server.stop()


def _server(options: argparse.Namespace) -> SignalingServer:
    defaults = Limits()
    limits = Limits(
        connections=options.max_connections or defaults.connections,
        connections_per_address=options.connections_per_ip or defaults.connections_per_address,
        allocations_per_hour=options.mailboxes_per_hour or defaults.allocations_per_hour,
    )
    return SignalingServer(
        limits,
        turn=_turn(options),
        token_hash=_token_hash(options),
        trusted_proxies=_networks(options.trusted_proxy),
        log_addresses=options.log_addresses,
    )


def _turn(options: argparse.Namespace) -> TurnService | None:
    secret = _file_or_environment(options.turn_secret_file, TURN_SECRET)
    if not secret and not options.turn_url:
        return None
    if not secret or not options.turn_url:
        raise _Wrong(f"TURN needs --turn-url and a secret (--turn-secret-file or {TURN_SECRET})")
    return TurnService(secret.encode(), tuple(options.turn_url))


def _token_hash(options: argparse.Namespace) -> bytes | None:
    text = _file_or_environment(options.token_hash_file, TOKEN_HASH)
    if not text:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise _Wrong("a token hash is 64 hex digits: make one with envlsp-signaling --hash-token")
    return bytes.fromhex(text)


def _file_or_environment(path: Path | None, variable: str) -> str:
    if path is None:
        return os.environ.get(variable, "").strip()
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise _Wrong(f"cannot read {path}") from exc


def _networks(texts: list[str]) -> Trusted:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as exc:
        raise _Wrong("--trusted-proxy wants an address or a network") from exc


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as exc:
        raise _Wrong(f"cannot use the certificate {options.tls_cert}") from exc
    return context


def _raise_file_limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="envlsp-signaling",
        description="Rendezvous for envlsp peers: opaque rooms, opaque payloads, memory only.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to bind (default: loopback only)")
    add("--port", type=int, default=8765, help="0 picks a free one (default: 8765)")
    add("--json", action="store_true", help="announce the url as one line of JSON")
    add("--turn-url", action="append", default=[], metavar="URL", help="stun:, turn: or turns:; repeatable")
    add("--turn-secret-file", type=Path, metavar="FILE", help=f"coturn's secret; else {TURN_SECRET}")
    add("--token-hash-file", type=Path, metavar="FILE", help=f"serve token holders only; else {TOKEN_HASH}")
    add("--hash-token", action="store_true", help="read a token from stdin, print its hash, exit")
    add("--trusted-proxy", action="append", default=[], metavar="NET", help="believe its X-Forwarded-For")
    add("--tls-cert", type=Path, metavar="FILE", help="serve wss:// with this certificate chain")
    add("--tls-key", type=Path, metavar="FILE", help="its private key, when not in the same file")
    add("--max-connections", type=int, metavar="N", help="in all (default: 10000)")
    add("--connections-per-ip", type=int, metavar="N", help="default: 30")
    add("--mailboxes-per-hour", type=int, metavar="N", help="per address (default: 10)")
    add("--log-addresses", action="store_true", help="name the addresses of refused clients")
    return parser
