"""The agent as a service of its user: a systemd unit or a launchd job, written and taken away.

Pure but for the two files it reads beside itself and the one that it writes. Starts
nothing: the person enables it, by commands that are told. Rules: a file that somebody
else wrote, or that they have changed since, is neither overwritten nor removed, and
nothing in it is secret: paths, and the servers to meet at.
"""

from __future__ import annotations

import contextlib
import os
import plistlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from envlsp.errors import Misuse

SYSTEMD_NAME: Final = "envlsp-agent.service"
LAUNCHD_LABEL: Final = "envlsp.agent"
LAUNCHD_NAME: Final = f"{LAUNCHD_LABEL}.plist"
KEPT: Final = (
    "ENVLSP_HOME",
    "ENVLSP_KEY_FILE",
    "ENVLSP_LAN",
    "ENVLSP_RELAY_ONLY",
    "ENVLSP_SIGNALING",
    "ENVLSP_SIGNALING_TOKEN_FILE",
)
"""What an agent needs to be the same device: names of places, and no secret among them."""
_MARK: Final = "written by `envlsp agent install`"
_FILE_MODE: Final = 0o644
_LIMIT_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Unit:
    """A file that tells the system to start the agent.

    Attributes:
        system: `systemd` or `launchd`.
        path: where it belongs.
        text: what is in it.
        enable: the commands that a person enters once it is there.
        disable: and before it is taken away.
    """

    system: str
    path: Path
    text: str
    enable: tuple[str, ...]
    disable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What is there. `is_ours`: this command wrote it; `is_current`: it says what it would now."""

    is_installed: bool
    is_ours: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Device:
    """What a unit is about: whose agent it starts, and how.

    Attributes:
        home: the person's.
        folder: of the device; all that the agent writes to.
        needs_tmp: whether its folder or its socket lies below /tmp, where others must find it.
        environ: the variables of now.
        command: the words that start the agent.
    """

    home: Path
    folder: Path
    needs_tmp: bool
    environ: Mapping[str, str]
    command: tuple[str, ...]


def agent_command() -> tuple[str, ...]:
    """Return the words that start the agent as this process was started.

    `-P`, since a folder called envlsp may lie wherever the system starts it.
    """
    if getattr(sys, "frozen", False):
        return (sys.executable, "agent")
    return (sys.executable, "-P", "-m", "envlsp", "agent")


def unit_for(device: Device, platform: str = sys.platform) -> Unit:
    """Return what starts the agent on this system.

    Raises:
        Misuse: another system, or a path that cannot stand in such a file.
    """
    kept = {name: device.environ[name] for name in KEPT if device.environ.get(name)}
    if any(not word.isprintable() for word in (*device.command, *kept.values(), str(device.folder))):
        raise Misuse("a path has characters that cannot stand in a service file", fix="use another folder")
    if platform.startswith("linux"):
        return _systemd(device, kept)
    if platform == "darwin":
        return _launchd(device, kept)
    raise Misuse("envlsp knows how to start its agent with systemd and launchd", fix=_BY_HAND)


_BY_HAND = "have your system start `envlsp agent` when you log in"


def _systemd(device: Device, kept: Mapping[str, str]) -> Unit:
    config = device.environ.get("XDG_CONFIG_HOME") or ""
    base = Path(config) if Path(config).is_absolute() else device.home / ".config"
    path = base / "systemd" / "user" / SYSTEMD_NAME
    lines = (f"Environment={_quoted(f'{name}={value}')}" for name, value in kept.items())
    words = {
        "@COMMAND@": " ".join(_quoted(word).replace("$", "$$") for word in device.command),
        "@ENVIRONMENT@": "\n".join(lines),
        "@FOLDER@": _quoted(f"-{device.folder}") + (" -/tmp" if device.needs_tmp else ""),
        "@PRIVATE_TMP@": "no" if device.needs_tmp else "yes",
    }
    text = _shipped(SYSTEMD_NAME)
    for name, words_of in words.items():
        text = text.replace(f"{name}\n" if not words_of else name, words_of)
    enable = ("systemctl --user daemon-reload", f"systemctl --user enable --now {SYSTEMD_NAME}")
    return Unit("systemd", path, text, enable, (f"systemctl --user disable --now {SYSTEMD_NAME}",))


def _quoted(word: str) -> str:
    """Return a word as systemd reads it back, whatever is in it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _launchd(device: Device, kept: Mapping[str, str]) -> Unit:
    job = plistlib.loads(_shipped(LAUNCHD_NAME).encode())
    log = device.home / "Library" / "Logs" / "envlsp-agent.log"
    job |= {"ProgramArguments": list(device.command), "EnvironmentVariables": dict(kept)}
    job["StandardErrorPath"] = str(log)
    text = plistlib.dumps(job, sort_keys=False).decode()
    path = device.home / "Library" / "LaunchAgents" / LAUNCHD_NAME
    domain = "gui/$(id -u)"
    enable = (f"launchctl enable {domain}/{LAUNCHD_LABEL}", f"launchctl bootstrap {domain} {_shell(path)}")
    return Unit("launchd", path, text, enable, (f"launchctl bootout {domain}/{LAUNCHD_LABEL}",))


def _shell(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))


def _shipped(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


# --- on the disk -------------------------------------------------------------------------------


def look(unit: Unit) -> Found:
    """Return what is in the place of a unit."""
    text = _read(unit.path)
    return Found(text is not None, text is not None and _is_ours(unit, text), text == unit.text)


def install(unit: Unit) -> bool:
    """Write a unit where it belongs; return False if it was there already, word for word.

    Raises:
        Misuse: somebody else's file is in its place, or ours with words of theirs.
    """
    found = look(unit)
    if found.is_current:
        return False
    if found.is_installed:
        again = "envlsp agent uninstall, then install it again"
        raise Misuse(
            f"{unit.path} is there already, and says something else",
            fix=again if found.is_ours else "remove it yourself, if you do not need it",
        )
    _guarded(unit.path, lambda: _write(unit.path, unit.text))
    return True


def uninstall(unit: Unit) -> bool:
    """Remove a unit; return False if there is none.

    Raises:
        Misuse: it is somebody else's file.
    """
    found = look(unit)
    if not found.is_installed:
        return False
    if not found.is_ours:
        raise Misuse(f"{unit.path} is not one that envlsp wrote", fix="remove it yourself, if you want that")
    _guarded(unit.path, unit.path.unlink)
    return True


def _is_ours(unit: Unit, text: str) -> bool:
    if unit.system == "systemd":
        return _MARK in text.partition("\n")[0]
    try:
        job = plistlib.loads(text.encode())
    except (ValueError, plistlib.InvalidFileException):
        return False
    words: Sequence[object] = job.get("ProgramArguments", ()) if isinstance(job, dict) else ()
    return bool(words) and job.get("Label") == LAUNCHD_LABEL and words[-1] == "agent"


def _read(path: Path) -> str | None:
    """Return what is there; empty for what is no file of words, a link among them."""
    if not os.path.lexists(path):
        return None
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LIMIT_BYTES:
        return ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text("utf-8")
    return ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE_MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _guarded(path: Path, work: Callable[[], object]) -> None:
    try:
        work()
    except OSError as exc:
        raise Misuse(f"cannot change {path}: {exc.strerror}", fix="look at who may write there") from exc
