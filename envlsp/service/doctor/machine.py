"""The device by itself: programs, files and their modes, keys, memory, disk. Needs no key and no team."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from envlsp import __version__
from envlsp.crypto.memory import SecretBuffer, report
from envlsp.errors import KeyFileError, LoosePermissions, NotInitialised
from envlsp.service.doctor.findings import Finding, fail, ok, skipped, warn
from envlsp.store.files import check_private
from envlsp.store.home import Home
from envlsp.store.keyfile import Protection, read_header
from envlsp.wire.limits import MIB

PINNED: Final = ("aiortc", "aioice")
"""Libraries of whose insides we use more than they promise: another version may break them."""
SHOWN_MAX: Final = 20_000
"""Files that are looked at; a device has a few dozen."""
LOW_BYTES: Final = 500 * MIB
FULL_BYTES: Final = 20 * MIB
"""A push needs room for a page or two; SQLite's log may grow to some MiB before it is merged."""

_OPENED_BY: Final = {
    Protection.PASSPHRASE: "a passphrase",
    Protection.KEY_FILE: "a key file",
    Protection.KEYRING: "the system's keyring",
}


def programs() -> Iterator[Finding]:
    """Look at versions: ours, Python's, and those of the libraries that are pinned."""
    versions = {name: _version(name) for name in PINNED}
    wrong = [name for name, version in versions.items() if not _fits(name, version)]
    said = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    sentence = f"envlsp {__version__}, Python {platform.python_version()}, {said}"
    if wrong:
        yield fail("programs", f"{sentence}: not as envlsp needs it", "install envlsp anew, by itself")
    else:
        yield ok("programs", sentence, version=__version__, python=platform.python_version())


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _fits(name: str, version: str) -> bool:
    """Return whether a version is the one that our own requirements pin."""
    try:
        wanted = importlib.metadata.requires("envlsp") or []
    except importlib.metadata.PackageNotFoundError:
        wanted = []  # run from a checkout
    pins = [line.partition("==")[2] for line in wanted if line.startswith(f"{name}==")]
    return bool(version) and all(version.startswith(pin.removesuffix("*")) for pin in pins)


def files(home: Home) -> Iterator[Finding]:
    """Look at the modes and owners of everything this device keeps."""
    if not Path(home.root).is_dir():
        yield skipped("files", "nothing is kept here yet")
        return
    loose, seen = list[LoosePermissions](), 0
    for path in _all_of(home.root):
        seen += 1
        try:
            check_private(path, may_be_link=path == home.root)
        except LoosePermissions as exc:
            loose.append(exc)
        except FileNotFoundError:
            continue  # just gone
    if loose:
        more = f", and {len(loose) - 1} more" if len(loose) > 1 else ""
        fix = loose[0].fix if len(loose) == 1 else f"chmod -R go= {home.root}"
        yield fail("files", f"others could use {loose[0].detail}{more}", fix or "", loose=len(loose))
    else:
        yield ok("files", f"{seen} of them, and nobody but you can use any", loose=0)


def _all_of(root: str) -> Iterator[str]:
    yield root
    count = 0
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            if (count := count + 1) > SHOWN_MAX:
                return
            yield f"{folder}{os.sep}{name}"


def key(home: Home) -> Iterator[Finding]:
    """Look at what opens this device's keys, without opening them."""
    try:
        header = read_header(home.device_key)
        if header.protection is Protection.KEY_FILE:
            check_private(header.path, may_be_link=True)
    except NotInitialised:
        yield skipped("keys", "this device has none yet: envlsp init, or envlsp join CODE")
    except FileNotFoundError:
        yield fail("keys", "the key file that opens them is gone", "put it back, or: --key-file PATH")
    except (KeyFileError, LoosePermissions) as exc:
        yield fail("keys", str(exc), exc.fix or "")
    else:
        locked = ", and the device is locked" if home.is_locked else ""
        kind = header.protection.name.lower().replace("_", "-")
        yield ok("keys", f"opened by {_OPENED_BY[header.protection]}{locked}", protection=kind)


def memory() -> Iterator[Finding]:
    """Look at where keys lie while a program runs: no dump, no swap."""
    with SecretBuffer(bytes(32)):  # as one would be kept
        kept = report()
    if not kept.is_locked:
        yield warn(
            "memory",
            "keys in memory may be written to swap",
            "ulimit -l 1024; for a service: LimitMEMLOCK=1M",
            locked=False,
        )
    elif _dumps():
        yield warn("memory", "a crash of this process could leave a core file", "ulimit -c 0", locked=True)
    else:
        yield ok("memory", "keys stay out of swap and of core files", locked=True)


if sys.platform == "win32":

    def _dumps() -> bool:
        return False

else:

    def _dumps() -> bool:
        import resource

        return resource.getrlimit(resource.RLIMIT_CORE)[0] != 0


def disk(home: Home) -> Iterator[Finding]:
    """Look at the room that is left."""
    root = Path(home.root)
    place = next(folder for folder in (root, *root.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    said, fix = f"{_size(free)} free", f"make room on the disk of {place}"
    if free < FULL_BYTES:
        yield fail("disk", f"{said}: releases may be lost", fix, free_bytes=free)
    elif free < LOW_BYTES:
        yield warn("disk", said, fix, free_bytes=free)
    else:
        yield ok("disk", said, free_bytes=free)


def _size(size_bytes: int) -> str:
    mib = size_bytes / MIB
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"
