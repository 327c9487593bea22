"""`ev.yaml`: read, checked, and written once.

The file is committed to git and comes from whoever pushed last, so it is untrusted:
`tables` bounds what is read, and a path in it never leaves the project. It holds no
secret. Every complaint names the file and, where there is one, the line.

Left to others: what a team text means (`wire.text`), where the file is (`context`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from envlsp.errors import BadConfig
from envlsp.service.tables import Table, read_tables

FILE_NAME = "ev.yaml"
VERSION = 1
MAX_BYTES = 64 * 1024
"""Room for hundreds of apps; more is not a configuration."""
MEMBERS_MAX = 10
"""The default policy; the format's own limit is 64."""
FORMAT_MEMBERS_MAX = 64

DIALECTS = (
    "node", "python", "compose", "docker", "ruby", "go", "rust", "php", "symfony", "bash", "next",
    "vite", "bun", "deno", "dotenvx",
)  # fmt: skip
"""Which loader the apps use."""

SIGNALING_VARIABLE = "ENVLSP_SIGNALING"
RELAY_ONLY_VARIABLE = "ENVLSP_RELAY_ONLY"
LAN_VARIABLE = "ENVLSP_LAN"


@dataclass(frozen=True, slots=True)
class App:
    """A service inside the project."""

    name: str
    path: PurePosixPath
    """Relative to the project's root; never leaves it."""
    dialect: str
    files: Mapping[str, PurePosixPath] = field(default_factory=dict)
    """Environments whose file is not the usual one; relative to `path`."""


@dataclass(frozen=True, slots=True)
class Config:
    """What `ev.yaml` says, checked."""

    team: str
    """The text form of the genesis id: `tm1…`."""
    project: str
    apps: Mapping[str, App]
    default_env: str = "dev"
    signaling: tuple[str, ...] = ()
    dialect: str = "node"
    members_max: int = MEMBERS_MAX


def load_config(path: Path) -> Config:
    """Read and check `ev.yaml`.

    Raises:
        BadConfig: it is not valid; the message says where and the fix says how.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return parse_config(stream.read(MAX_BYTES + 1), str(path))


def parse_config(data: bytes, name: str = FILE_NAME) -> Config:
    """Return what the bytes of an `ev.yaml` say.

    Args:
        data: the file.
        name: how messages call it.

    Raises:
        BadConfig: as `load_config`.
    """
    if len(data) > MAX_BYTES:
        raise BadConfig(f"{name} is larger than {MAX_BYTES // 1024} KiB", fix=f"edit {name}")
    top = read_tables(data, name)
    top.only("version", "team", "project", "default_env", "apps", "signaling", "dialect", "members_max")
    version = top.number("version", VERSION, 1, None)
    if version != VERSION:
        raise top.bad(f"version {version} is not known here", "version", fix="upgrade envlsp")
    dialect = top.choice("dialect", DIALECTS, DIALECTS[0])
    return Config(
        team=_team(top),
        project=top.label("project"),
        default_env=top.label("default_env", "dev"),
        apps=_apps(top, dialect),
        signaling=_servers(top),
        dialect=dialect,
        members_max=top.number("members_max", MEMBERS_MAX, 1, FORMAT_MEMBERS_MAX),
    )


def signaling_servers(config: Config | None, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the signaling servers to use: `ENVLSP_SIGNALING` (comma separated), else the file's.

    Raises:
        BadConfig: the variable holds something that is not a WebSocket URL.
    """
    override = environ.get(SIGNALING_VARIABLE, "").strip()
    if not override:
        return config.signaling if config else ()
    servers = tuple(part.strip() for part in override.split(",") if part.strip())
    for server in servers:
        if not _is_websocket(server):
            raise BadConfig(
                f"{SIGNALING_VARIABLE} must be ws:// or wss:// URLs, separated by commas",
                fix=f"unset {SIGNALING_VARIABLE}",
            )
    return servers


def is_lan_used(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether teammates are met on the LAN too: unless `ENVLSP_LAN` is `off`.

    Who wants no address seen (`is_relay_only`) is not there either.

    Raises:
        BadConfig: it says something else than `on` or `off`.
    """
    return _is_on(environ, LAN_VARIABLE, "on") and not is_relay_only(environ)


def is_relay_only(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether teammates may see no address of ours: `ENVLSP_RELAY_ONLY` is `on`.

    Raises:
        BadConfig: it is neither `on` nor `off`.
    """
    return _is_on(environ, RELAY_ONLY_VARIABLE, "off")


def _is_on(environ: Mapping[str, str], name: str, default: str) -> bool:
    word = environ.get(name, "").strip().lower() or default
    if word not in {"on", "off"}:
        raise BadConfig(f"{name} is on or off", fix=f"unset {name}")
    return word == "on"


def render_config(config: Config) -> str:
    """Return a new, commented `ev.yaml` that reads back as `config`."""
    lines = [
        "# envlsp: how this repository shares its .env files. Holds no secret; commit it.",
        f"version: {VERSION}",
        f"team: {config.team}",
        f"project: {_scalar(config.project)}",
        f"default_env: {_scalar(config.default_env)}  # the environment of a plain .env",
        "apps:  # each service and its folder",
        *(_render_app(app, config) for app in config.apps.values()),
        f"signaling: [{', '.join(map(_scalar, config.signaling))}]  # where teammates find each other",
        f"dialect: {config.dialect}  # the loader the apps use",
        f"members_max: {config.members_max}",
    ]
    return "\n".join(lines) + "\n"


def write_new_config(root: Path, config: Config) -> Path:
    """Write `ev.yaml` into a project that has none, and return its path.

    Raises:
        BadConfig: there is one already; it is left as it is.
    """
    path = root / FILE_NAME
    text = render_config(config).encode()
    parse_config(text, FILE_NAME)  # what we write, we can read
    try:
        with path.open("xb") as stream:
            stream.write(text)
    except FileExistsError:
        raise BadConfig(f"{path} exists already", fix=f"edit {path}, or remove it first") from None
    return path


# --- what stands in the file ---------------------------------------------------------


def _team(top: Table) -> str:
    team = top.text("team")
    if not (team.startswith("tm1") and team.isascii() and team.isalnum() and len(team) <= 90):
        raise top.bad("team must be the id that `envlsp init` printed: tm1…", "team")
    return team


def _apps(top: Table, dialect: str) -> dict[str, App]:
    table = top.table("apps")
    apps = {name: _app(table.table(name), name, dialect) for name in table.labels()}
    if not apps:
        raise top.bad("apps must name at least one app", "apps", fix="apps: { web: { path: . } }")
    owners: dict[PurePosixPath, str] = {}
    for app in apps.values():
        if owners.setdefault(app.path, app.name) != app.name:
            raise table.bad(f"apps {owners[app.path]} and {app.name} have the same path", app.name)
    return apps


def _app(table: Table, name: str, dialect: str) -> App:
    table.only("path", "files", "dialect")
    files = table.table("files") if "files" in table.items else None
    paths = {env: files.path(env) for env in files.labels()} if files else {}
    for env, path in paths.items():
        if path.name == FILE_NAME or list(paths.values()).count(path) > 1:
            raise table.bad(f"'{env}' must have a file of its own", "files")
    return App(
        name=name,
        path=table.path("path"),
        dialect=table.choice("dialect", DIALECTS, dialect),
        files=paths,
    )


def _servers(top: Table) -> tuple[str, ...]:
    servers = top.texts("signaling")
    for server in servers:
        if not _is_websocket(server):
            raise top.bad("signaling must list ws:// or wss:// URLs", "signaling")
    return servers


def _is_websocket(url: str) -> bool:
    if not url.isprintable() or " " in url:
        return False  # urlsplit would take some of these out without a word
    try:
        parts = urlsplit(url)
        return parts.scheme in {"ws", "wss"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _render_app(app: App, config: Config) -> str:
    fields = [f"path: {_scalar(str(app.path))}"]
    if app.files:
        files = ", ".join(f"{_scalar(env)}: {_scalar(str(path))}" for env, path in app.files.items())
        fields.append(f"files: {{ {files} }}")
    if app.dialect != config.dialect:
        fields.append(f"dialect: {app.dialect}")
    return f"  {_scalar(app.name)}: {{ {', '.join(fields)} }}"


def _scalar(text: str) -> str:
    # Plain where no YAML reader could take it for a number, a boolean or syntax.
    tame = text[:1].isalpha() and all(char.isalnum() or char in "-_./" for char in text)
    words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
    if tame and text.lower() not in words:
        return text
    return "'" + text.replace("'", "''") + "'"
