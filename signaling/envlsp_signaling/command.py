"""The command line of the signaling server.

Prints one line on stdout when it listens, logs on stderr. SIGTERM and SIGINT drain it, a
second one stops it at once, SIGHUP reads the certificate anew. `options` says what may be set
and where.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import ipaddress
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from envlsp_signaling import logs
from envlsp_signaling.addresses import Trusted
from envlsp_signaling.backplane import Backplane
from envlsp_signaling.certificate import Certificate
from envlsp_signaling.limits import Limits
from envlsp_signaling.news import SERVER_BYTES, ServerId
from envlsp_signaling.options import OPTIONS, PREFIX, Option, Settings, WrongOption, settle
from envlsp_signaling.server import SignalingServer
from envlsp_signaling.supervisor import notify
from envlsp_signaling.turn import TurnService

OLD_TURN_SECRET: Final = "ENVLSP_TURN_SECRET"  # noqa: S105 - the name of a variable
"""Read as well: what a TURN server's own start script may have set for both."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    settings: Settings
    server: SignalingServer
    certificate: Certificate | None


def main(argv: list[str] | None = None) -> int:
    """Parse the options, serve until told to stop, and return the exit code."""
    parsed = vars(_parser().parse_args(argv))
    if parsed.pop("hash_token", False):
        sys.stdout.write(hashlib.sha256(sys.stdin.readline().strip().encode()).hexdigest() + "\n")
        return 0
    only_check = parsed.pop("check_config", False)
    try:
        prepared = _prepare(parsed, os.environ)
    except WrongOption as exc:
        sys.stderr.write(f"envlsp-signaling: {exc}\n")
        return 2
    if only_check:
        sys.stdout.write("the configuration can be used\n")
        return 0
    logs.set_up(prepared.settings.log_format)
    _raise_file_limit()
    try:
        asyncio.run(_serve(prepared))
    except OSError as exc:
        sys.stderr.write(f"envlsp-signaling: cannot listen: {exc.strerror or type(exc).__name__}\n")
        return 1
    return 0


# --- life -------------------------------------------------------------------------------------


async def _serve(prepared: _Prepared) -> None:
    settings, server = prepared.settings, prepared.server
    told = asyncio.Queue[int]()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.put_nowait, int(number))
    tls = prepared.certificate.context if prepared.certificate else None
    port = await server.start(settings.host, settings.port, tls=tls)
    announced = {"url": _url("wss" if tls else "ws", settings.host, port)}
    if settings.metrics_listen:
        host, _, wanted = settings.metrics_listen.rpartition(":")
        host = host.strip("[]")
        announced["metrics"] = _url("http", host, await server.start_admin(host, int(wanted)))
    _announce(announced, as_json=settings.json)
    notify("READY=1")
    await _until_told(told, prepared.certificate)
    notify("STOPPING=1")
    leaving = asyncio.create_task(server.drain(settings.drain))
    again = asyncio.create_task(_until_told(told, None))
    await asyncio.wait({leaving, again}, return_when=asyncio.FIRST_COMPLETED)
    for task in (leaving, again):
        task.cancel()
    await server.stop()


async def _until_told(told: asyncio.Queue[int], certificate: Certificate | None) -> None:
    while await told.get() == signal.SIGHUP:
        if certificate is not None:
            renewed = await asyncio.to_thread(certificate.renew)
            logs.say("certificate renewed" if renewed else "certificate unusable, the old one stays")


def _announce(announced: Mapping[str, str], *, as_json: bool) -> None:
    line = json.dumps({"schema": 1, **announced}) if as_json else f"listening on {announced['url']}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _raise_file_limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= hard:
        return
    with contextlib.suppress(OSError, ValueError):  # a sandbox may forbid it, and sets its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# --- from settings to parts -------------------------------------------------------------------


def _prepare(parsed: dict[str, object], environment: Mapping[str, str]) -> _Prepared:
    file = parsed.pop("config", None) or environment.get(f"{PREFIX}CONFIG")
    words = {name.replace("_", "-"): value for name, value in parsed.items()}
    settings = settle(words, environment, Path(str(file)) if file else None)
    limits = Limits(
        connections=settings.max_connections,
        connections_per_address=settings.connections_per_ip,
        half_open_per_address=2 * settings.connections_per_ip,
        allocations_per_hour=settings.mailboxes_per_hour,
    )
    server = SignalingServer(
        limits,
        turn=_turn(settings, environment),
        token_hash=_token_hash(settings),
        trusted_proxies=_networks(settings.trusted_proxy),
        proxy_header=settings.proxy_header,
        log_addresses=settings.log_addresses,
        backplane=_backplane(settings, limits),
    )
    if settings.tls_key is not None and settings.tls_cert is None:
        raise WrongOption("tls-key needs tls-cert")
    certificate = Certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
    return _Prepared(settings, server, certificate)


def _turn(settings: Settings, environment: Mapping[str, str]) -> TurnService | None:
    secret = settings.turn_secret or environment.get(OLD_TURN_SECRET, "").strip()
    if not secret and not settings.turn_url:
        return None
    if not secret or not settings.turn_url:
        raise WrongOption(f"TURN needs turn-url and a secret (turn-secret-file or {PREFIX}TURN_SECRET)")
    wrong = [url for url in settings.turn_url if not re.match(r"(stuns?|turns?):[^\s]{1,500}$", url)]
    if wrong or len(settings.turn_url) > 16:
        raise WrongOption("turn-url wants at most 16 urls that begin with stun:, turn: or turns:")
    return TurnService(secret.encode(), settings.turn_url)


def _token_hash(settings: Settings) -> bytes | None:
    if settings.token_hash is None:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", settings.token_hash):
        raise WrongOption("a token hash is 64 hex digits: make one with envlsp-signaling --hash-token")
    return bytes.fromhex(settings.token_hash)


def _networks(texts: tuple[str, ...]) -> Trusted:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as exc:
        raise WrongOption("trusted-proxy wants an address or a network") from exc


def _backplane(settings: Settings, limits: Limits) -> Backplane | None:
    if settings.backplane is None:
        return None
    try:
        from envlsp_signaling.redis_backplane import RedisBackplane
    except ImportError as exc:
        raise WrongOption("backplane needs the Redis library: pip install 'envlsp[redis]'") from exc
    return RedisBackplane(
        settings.backplane,
        ServerId(secrets.token_bytes(SERVER_BYTES)),
        password=settings.backplane_password,
        # It may wait for its second party, and then go on, for so long.
        reserved_s=2 * limits.mailbox_s,
    )


# --- the command line -------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="envlsp-signaling",
        description="Rendezvous for envlsp peers: opaque rooms, opaque payloads, memory only.",
        epilog=f"Every option may stand in the environment ({PREFIX}MAX_CONNECTIONS) or in the file.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,  # `--turn-secret X` must not pass for `--turn-secret-file X`
    )
    for option in OPTIONS:
        if not option.is_secret:
            _add(parser, option)
    parser.add_argument("--config", metavar="FILE", help=f"a TOML file of options; else {PREFIX}CONFIG")
    parser.add_argument("--check-config", action="store_true", help="say whether it can be used, and exit")
    parser.add_argument(
        "--hash-token", action="store_true", help="read a token from stdin, print its hash, exit"
    )
    return parser


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    shown = option.shown or (str(option.default) if option.default not in (None, (), False) else "")
    text = f"{option.help} (default: {shown})" if shown else option.help
    if option.is_flag:
        parser.add_argument(f"--{option.name}", action="store_true", help=text)
    elif isinstance(option.default, tuple):
        parser.add_argument(f"--{option.name}", action="append", metavar=option.metavar, help=text)
    else:
        parser.add_argument(f"--{option.name}", metavar=option.metavar, help=text)
