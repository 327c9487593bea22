"""What of envlsp runs, or could: the node, the agent's unit, editors. Only existence is looked at."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from envlsp import __version__
from envlsp.errors import Locked, LoosePermissions, Misuse, TransportError, UpgradeNeeded
from envlsp.service.agent import units
from envlsp.service.doctor.findings import Finding, fail, ok, warn
from envlsp.service.network.local_api import LocalClient
from envlsp.store.files import check_private
from envlsp.store.home import Home
from envlsp.store.lock import FileLock
from envlsp.wire.local import LOCAL_VERSION

ANSWER_S: Final = 2.0

_VSCODE: Final = (".vscode/extensions", ".vscode-server/extensions", ".vscode-oss/extensions")


def node(home: Home) -> Iterator[Finding]:
    """Look for the process that owns the network of this device."""
    path, holder = Path(home.node_socket), FileLock(home.node_lock).holder()
    try:
        client = LocalClient.connect(path, ANSWER_S)
    except UpgradeNeeded as exc:
        yield warn("node", f"{holder or 'the node'} is of another version", exc.fix or "restart it")
        return
    if client is None:
        yield _silent(holder)
        return
    with contextlib.closing(client):
        try:
            check_private(str(path))
            (online,) = client.call("online", timeout_s=ANSWER_S)
        except Locked:
            yield ok("node", f"{holder} holds the network, and is locked", running=True)
        except LoosePermissions as exc:
            yield fail("node", f"others could talk to it: {exc.detail}", exc.fix or "", running=True)
        except (TransportError, ValueError):
            yield warn("node", f"{holder} does not answer", "restart it", running=True)
        else:
            linked = online if isinstance(online, int) else 0
            said = f"{holder}, its socket is yours alone, {linked} linked"
            yield ok("node", said, running=True, version=LOCAL_VERSION, linked=linked)


def _silent(holder: str) -> Finding:
    number = re.match(r"process (\d+)", holder)
    if number and _is_alive(int(number[1])):
        return warn("node", f"{holder} holds the network and does not answer", f"kill {number[1]}")
    return ok("node", "none runs: a command is the node while it works", running=False)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def agent(home: Home, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look whether the system starts the agent, and this one."""
    places = (Path(home.root), Path(home.node_socket))
    needs_tmp = any(place.is_relative_to(tmp) for place in places for tmp in ("/tmp", "/var/tmp"))  # noqa: S108
    device = units.Device(_own_folder(environ), places[0], needs_tmp, environ, units.agent_command())
    try:
        found = units.look(units.unit_for(device))
    except Misuse as exc:
        yield ok("agent", str(exc), installed=False)
        return
    if not found.is_installed:
        said = "not installed: this device is there while an editor or agent runs"
        yield ok("agent", said, installed=False)
    elif not found.is_current:
        said = "what starts it is not what this envlsp would write"
        yield warn("agent", said, "envlsp agent install", installed=True)
    else:
        yield ok("agent", "the system starts it when you log in", installed=True)


def editors(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look whether an editor would find us: the program, and the shims that are known."""
    program = shutil.which("envlsp", path=environ.get("PATH"))
    if program is None:
        folder = Path(sys.executable).parent
        yield warn("editors", "envlsp is not on PATH, where editors look for it", f"add {folder} to PATH")
        return
    version = _version_of(program)
    if version != __version__:
        yield warn(
            "editors",
            f"envlsp on PATH is {version or 'not this program'}, and this is {__version__}",
            f"remove or upgrade {program}",
        )
        return
    shims = [name for name, found in _shims(environ) if found]
    known = f"; set up in {', '.join(shims)}" if shims else "; no extension of ours was found"
    yield ok("editors", f"envlsp {version} is on PATH{known}", shims=len(shims))


def _version_of(program: str) -> str:
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            timeout=ANSWER_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.fullmatch(rb"envlsp ([0-9A-Za-z.+-]{1,40})\s*", done.stdout)
    return found[1].decode() if found else ""


def _shims(environ: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    home = _own_folder(environ)
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "nvim"
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "nvim"
    yield "VS Code", any(_has(home / folder, "*envlsp*") for folder in _VSCODE)
    packages = ("site/pack/*/*/*envlsp*", "lazy/*envlsp*", "plugged/*envlsp*")
    yield "Neovim", (config / "lsp/envlsp.lua").exists() or any(_has(data, one) for one in packages)
    yield "Vim", any(_has(home / ".vim", one) for one in ("pack/*/*/*envlsp*", "plugged/*envlsp*"))


def _has(folder: Path, pattern: str) -> bool:
    try:
        return next(folder.glob(pattern), None) is not None
    except OSError:
        return False


def _own_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()
