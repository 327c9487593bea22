"""What a CI machine remembers: whose bundles its key reads, and the newest of each environment.

    ci/<32 hex digits>   ["envlsp-ci", 1, signer32, [[project, app, env, n]...]]   (0600)

One file for each key, since a key that has read one person's bundles should not silently
read another's. It holds no secret. On a machine that is new every time there is nothing
to remember: there the signer is told (`--signer`), and an older bundle is not noticed.

Spec: docs/protocol.md, "E.5 CI bundles".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from envlsp.crypto.labels import kdf
from envlsp.domain.environment import Triple
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt, StoreError, TrustError
from envlsp.store.files import check_private, make_private_folder, write_whole
from envlsp.store.home import Home
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import KIB

_MAGIC: Final = "envlsp-ci"
_VERSION: Final = 1
_FILE_MAX_BYTES: Final = 256 * KIB
_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Pins:
    """What one key has seen."""

    signer: DevicePk | None = None
    newest: Mapping[Triple, int] = field(default_factory=dict)
    """The highest number of a release, for each environment."""

    def check(self, signer: DevicePk, triple: Triple, n: int, allowed: tuple[DevicePk, ...]) -> None:
        """Make sure that a bundle is of the expected signer, and not older than what was seen.

        Args:
            signer: who signed it.
            triple: which environment.
            n: the number of its release.
            allowed: signers that the person named; empty: the one that was pinned.

        Raises:
            TrustError: it is not.
        """
        expected = allowed or ((self.signer,) if self.signer else ())
        if expected and signer not in expected:
            raise TrustError(
                "another device signed this bundle than the one you trust",
                fix="ask who made it; if that is right: --signer, as envlsp ci export shows it",
            )
        seen = self.newest.get(triple, 0)
        if n < seen:
            raise TrustError(
                f"this bundle of {triple} is of v{n}, and v{seen} was used here before",
                fix="envlsp ci export again, and put that one in",
            )

    def after(self, signer: DevicePk, triple: Triple, n: int) -> Pins:
        """Return the pins once such a bundle was used."""
        return replace(
            self, signer=signer, newest={**self.newest, triple: max(n, self.newest.get(triple, 0))}
        )


def _path(home: Home, key: BoxPk) -> Path:
    name = kdf(bytes(32), "tag", b"ci\0" + key)[:_NAME_BYTES].hex()
    return Path(home.root, "ci", name)


def read_pins(home: Home, key: BoxPk) -> Pins:
    """Return what this machine remembers; nothing where it remembers nothing.

    Raises:
        LoosePermissions: others could have changed it.
        StoreCorrupt: it is no such file.
        StoreError: it cannot be read.
    """
    path = _path(home, key)
    try:
        check_private(str(path))
        with path.open("rb") as file:
            data = file.read(_FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        return Pins()
    except OSError as exc:
        raise StoreError(f"cannot read {path}: {exc.strerror}", fix=f"ls -l {path}") from exc
    try:
        return _from_bytes(data)
    except (Malformed, LimitExceeded):
        raise StoreCorrupt(str(path), fix=f"rm {path}, and give --signer once") from None


def _from_bytes(data: bytes) -> Pins:
    match decode_untrusted(data, limit_bytes=_FILE_MAX_BYTES):
        case [str(magic), int(version), bytes(signer), list(rows)] if (magic, version) == (_MAGIC, _VERSION):
            newest: dict[Triple, int] = {}
            for row in rows:
                match row:
                    case [str(project), str(app), str(env), int(n)]:
                        newest[Triple(project, app, env)] = n
                    case _:
                        raise Malformed("not a row of pins")
            return Pins(DevicePk(signer), newest)
    raise Malformed("no pins")


def write_pins(home: Home, key: BoxPk, pins: Pins) -> None:
    """Remember it.

    Raises:
        StoreError: there is no place for it.
    """
    path = _path(home, key)
    home.make()
    make_private_folder(str(path.parent))
    rows: list[Value] = [[t.project, t.app, t.env, n] for t, n in sorted(pins.newest.items())]
    assert pins.signer is not None
    write_whole(str(path), encode([_MAGIC, _VERSION, pins.signer, rows]))
