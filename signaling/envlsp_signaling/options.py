"""What an operator may set: one table, read from the command line, the environment and a file.

Each setting has one name. `max-connections` is `--max-connections` on the command line,
`ENVLSP_SIGNALING_MAX_CONNECTIONS` in the environment and `max-connections = …` in the TOML
file; the first of the three that speaks counts. Secrets are never words on a command line,
which every process of a machine can read: they come from files of their own, or from the
environment. A name nobody knows is an error, so that a typing mistake does not open a server.

Spec: docs/signaling.md, "Options".
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

PREFIX: Final = "ENVLSP_SIGNALING_"
OF_THE_CLIENT: Final = frozenset(("ENVLSP_SIGNALING_TOKEN", "ENVLSP_SIGNALING_TOKEN_FILE"))
"""Begin like ours and are not: what a client shows to a private server, which may run beside it."""

Value: TypeAlias = str | int | float | bool | Path | tuple[str, ...] | None


class WrongOption(Exception):
    """A setting that cannot be used; the message is for the operator and quotes no secret."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting."""

    name: str
    read: Callable[[object], Value]
    """Makes a value of a text, or of what TOML has; raises ValueError with what is wanted."""
    default: Value
    metavar: str
    help: str
    shown: str = ""
    """The default in words, where the value says too little."""

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper().replace("-", "_")

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value on the command line."""
        return self.read is flag

    @property
    def is_secret(self) -> bool:
        """Whether it may stand in the environment only."""
        return self.read is secret


# --- kinds ------------------------------------------------------------------------------------


def text(given: object) -> str:
    """Return a text that is not empty."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError("a text")
    return given.strip()


def secret(given: object) -> str:
    """Return a secret text; its place is the environment."""
    return text(given)


def texts(given: object) -> tuple[str, ...]:
    """Return several texts: a list, or one text with spaces or commas in between."""
    if isinstance(given, str):
        return tuple(part for part in re.split(r"[\s,]+", given) if part)
    if isinstance(given, list | tuple):
        return tuple(text(part) for part in given)
    raise ValueError("a list of texts")


def flag(given: object) -> bool:
    """Return yes or no."""
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.strip().lower() in words:
        return words[given.strip().lower()]
    raise ValueError("true or false")


def count(given: object) -> int:
    """Return a whole number above zero."""
    number = _whole(given)
    if number < 1:
        raise ValueError("a whole number above 0")
    return number


def port(given: object) -> int:
    """Return a TCP port; 0 for a free one."""
    number = _whole(given)
    if not 0 <= number <= 65_535:
        raise ValueError("a port, 0 to 65535")
    return number


def seconds(given: object) -> float:
    """Return a length of time: a number of seconds, or a text such as `10s` or `2m`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|)", str(given).strip())
    if isinstance(given, bool) or found is None:
        raise ValueError("a time such as 10s")
    return float(found[1]) * (60 if found[2] == "m" else 1)


def path(given: object) -> Path:
    """Return a file's path."""
    return Path(text(given))


def listen(given: object) -> str:
    """Return `host:port`."""
    found = text(given)
    host, _, number = found.rpartition(":")
    if not host or not number.isdigit() or int(number) > 65_535:
        raise ValueError("an address and a port, such as 127.0.0.1:9464")
    return found


def log_format(given: object) -> str:
    """Return `text` or `json`."""
    if given not in {"text", "json"}:
        raise ValueError("text or json")
    return str(given)


def proxy_header(given: object) -> str:
    """Return which header the trusted proxies write."""
    headers = {"x-forwarded-for": "X-Forwarded-For", "forwarded": "Forwarded"}
    if not isinstance(given, str) or given.lower() not in headers:
        raise ValueError("X-Forwarded-For or Forwarded")
    return headers[given.lower()]


def redis_url(given: object) -> str:
    """Return the address of a Redis server, which has no password in it."""
    found = text(given)
    if not re.match(r"(redis|rediss)://|unix:///", found):
        raise ValueError("an address such as redis://127.0.0.1:6379/0")
    if "@" in found and ":" in found.rpartition("@")[0].partition("://")[2]:
        raise ValueError("an address without a password; that is backplane-password-file")
    return found


def _whole(given: object) -> int:
    if isinstance(given, str) and given.strip().isdigit():
        return int(given)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    raise ValueError("a whole number")


# --- the table --------------------------------------------------------------------------------

OPTIONS: Final = (
    Option("host", text, "127.0.0.1", "ADDRESS", "address to listen at", "127.0.0.1, this machine only"),
    Option("port", port, 8765, "PORT", "port to listen at; 0 picks a free one"),
    Option("json", flag, False, "", "announce the url as one line of JSON"),
    Option("tls-cert", path, None, "FILE", "serve wss:// with this certificate chain; read anew on SIGHUP"),
    Option("tls-key", path, None, "FILE", "its private key, when not in the same file"),
    Option(
        "trusted-proxy", texts, (), "NET", "a proxy whose forwarding headers are believed; may be repeated"
    ),
    Option("proxy-header", proxy_header, "X-Forwarded-For", "HEADER", "the one header these proxies write"),
    Option("token-hash-file", path, None, "FILE", "serve only who shows the token with this hash"),
    Option("token-hash", secret, None, "", "the same hash, 64 hex digits"),
    Option("turn-url", texts, (), "URL", "stun:, turn: or turns: for the clients; may be repeated"),
    Option("turn-secret-file", path, None, "FILE", "the secret shared with the TURN server"),
    Option("turn-secret", secret, None, "", "the same secret"),
    Option("max-connections", count, 10_000, "N", "connections in all"),
    Option("connections-per-ip", count, 30, "N", "connections per address, or IPv6 /64"),
    Option("mailboxes-per-hour", count, 10, "N", "invitations per address and hour"),
    Option("drain", seconds, 10.0, "TIME", "how long SIGTERM lets connections leave", "10s"),
    Option("metrics-listen", listen, None, "HOST:PORT", "serve /metrics, /healthz and /readyz here too"),
    Option("log-format", log_format, "text", "FORMAT", "text, or json: one object a line"),
    Option("log-addresses", flag, False, "", "name the addresses of refused clients in the log"),
    Option("backplane", redis_url, None, "URL", "a Redis that joins several servers: redis://host:6379/0"),
    Option("backplane-password-file", path, None, "FILE", "its password"),
    Option("backplane-password", secret, None, "", "the same password"),
)
BY_NAME: Final = {option.name: option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Settings:
    """What every option says in the end."""

    host: str
    port: int
    json: bool
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxy: tuple[str, ...]
    proxy_header: str
    token_hash: str | None
    turn_url: tuple[str, ...]
    turn_secret: str | None
    max_connections: int
    connections_per_ip: int
    mailboxes_per_hour: int
    drain: float
    metrics_listen: str | None
    log_format: str
    log_addresses: bool
    backplane: str | None
    backplane_password: str | None

    def __repr__(self) -> str:
        """Name no value: some are secrets."""
        return "Settings(…)"


def settle(words: Mapping[str, object], environment: Mapping[str, str], file: Path | None) -> Settings:
    """Return what counts: command line before environment before file before default.

    Args:
        words: what the command line said, by option name; what it did not say is missing.
        environment: of the process.
        file: the configuration file, if there is one.

    Raises:
        WrongOption: an unknown name, an unusable value, or a file that cannot be read.
    """
    values: dict[str, Value] = {option.name: option.default for option in OPTIONS}
    # A secret and the file of it are one setting: whoever speaks last silences both.
    for source, said in (("the file", _from_file(file)), ("the environment", _from_environment(environment))):
        _take(values, said, source)
    _take(values, words, "the command line")
    for name in ("token-hash", "turn-secret", "backplane-password"):
        values[name] = values[name] or _content(values.pop(f"{name}-file"))
        values.pop(f"{name}-file", None)
    return Settings(**{name.replace("-", "_"): value for name, value in values.items()})  # type: ignore[arg-type]


def _take(values: dict[str, Value], said: Mapping[str, object], source: str) -> None:
    for name, given in said.items():
        option = BY_NAME[name]
        try:
            values[name] = option.read(given)
        except ValueError as exc:
            raise WrongOption(f"{source}: {name} wants {exc}") from exc
        partner = name.removesuffix("-file") if name.endswith("-file") else f"{name}-file"
        if partner in values and partner not in said:
            values[partner] = None


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    by_variable = {option.variable: option.name for option in OPTIONS}
    said: dict[str, object] = {}
    for variable, given in environment.items():
        if not variable.startswith(PREFIX) or variable in OF_THE_CLIENT or variable == f"{PREFIX}CONFIG":
            continue
        if variable not in by_variable:
            raise WrongOption(f"the environment: {variable} is no setting{_nearest(variable, by_variable)}")
        if given.strip():
            said[by_variable[variable]] = given
    return said


def _from_file(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    try:
        document = tomllib.loads(file.read_text())
    except OSError as exc:
        raise WrongOption(f"cannot read {file}") from exc
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise WrongOption(f"{file} is not TOML") from exc  # the parser's words may quote the file
    names = [option.name for option in OPTIONS if not option.is_secret]
    for name in document:
        if name not in names:
            secretly = name in BY_NAME
            hint = f"; use {name}-file" if secretly else _nearest(name, names)
            raise WrongOption(f"{file}: {name} is no setting of a file{hint}")
    return dict(document)


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def _content(file: Value) -> str | None:
    if not isinstance(file, Path):
        return None
    try:
        found = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongOption(f"cannot read {file}") from exc
    if not found:
        raise WrongOption(f"{file} is empty")
    return found
