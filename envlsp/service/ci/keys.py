"""The key that a CI machine reads bundles with, and the names that people paste.

    ci1…           the public half: whom a bundle is sealed to
    ci-secret1…    the 32 bytes both halves are made of: only for the CI's secret store
    dv1…           a device: who signed a bundle

Refuses to know bundles. A secret key is never an argument and appears in no error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from envlsp.crypto.primitives import KEY_BYTES, BoxKey, box_key, is_valid_x25519, random_bytes
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import BadText, KeyFileError, Misuse, UsageError
from envlsp.store.files import check_private, write_whole
from envlsp.wire.text import from_text, to_text

PREFIX: Final = "ci"
SECRET_PREFIX: Final = "ci-secret"  # noqa: S105  (how a secret begins)
SIGNER_PREFIX: Final = "dv"
KEY_VARIABLE: Final = "ENVLSP_CI_KEY"
"""Where `ci apply` looks for the secret key; no program that it starts is given it."""

_FILE_MAX_BYTES: Final = 1024


def new_secret() -> str:
    """Return a fresh secret key as text."""
    return to_text(SECRET_PREFIX, random_bytes(KEY_BYTES))


def from_secret(text: str) -> BoxKey:
    """Return the key pair of a secret key's text.

    Raises:
        BadText: it is none, or has a slip. Never quotes it.
    """
    try:
        return box_key(from_text(SECRET_PREFIX, text, size=KEY_BYTES))
    except BadText:
        fix = f"copy all of it, from {SECRET_PREFIX}1 on; envlsp ci keygen makes a new one"
        raise BadText("that is no secret key of a CI, or there is a slip in it", fix=fix) from None


def key_text(key: BoxPk) -> str:
    """Return `ci1…`, which is no secret."""
    return to_text(PREFIX, key)


def from_key_text(text: str) -> BoxPk:
    """Return the public key that `ci1…` stands for.

    Raises:
        BadText: it is none; the secret half is refused as well, and not repeated.
    """
    if text.strip().lower().startswith(SECRET_PREFIX):
        raise BadText(
            "that is the secret key; keep it in the CI's secret store",
            fix="give the public one, ci1…; if this one was shown anywhere: envlsp ci keygen",
        )
    try:
        key = from_text(PREFIX, text, size=KEY_BYTES)
    except BadText:
        raise BadText("that is no CI key, or there is a slip in it", fix="envlsp ci keygen") from None
    if not is_valid_x25519(key):
        raise BadText("that is no key that anything can be sealed to", fix="envlsp ci keygen")
    return BoxPk(key)


def signer_text(signer: DevicePk) -> str:
    """Return `dv1…`: the device that signs."""
    return to_text(SIGNER_PREFIX, signer)


def from_signer_text(text: str) -> DevicePk:
    """Return the device that `dv1…` stands for.

    Raises:
        BadText: it is none, or has a slip.
    """
    try:
        return DevicePk(from_text(SIGNER_PREFIX, text, size=KEY_BYTES))
    except BadText:
        fix = "copy it from what envlsp ci export said"
        raise BadText("a signer is written dv1…, and this is none", fix=fix) from None


def find_secret(environ: Mapping[str, str], key_file: Path | None) -> BoxKey:
    """Return the key of this machine: from a file, else from the variable.

    Raises:
        UsageError: there is none.
        KeyFileError, LoosePermissions: the file cannot be used.
        BadText: it is none.
    """
    if key_file is not None:
        return from_secret(_read(key_file))
    if text := environ.get(KEY_VARIABLE, "").strip():
        return from_secret(text)
    raise UsageError("there is no key to open it with", fix=f"set {KEY_VARIABLE}, or --key-file PATH")


def _read(path: Path) -> str:
    try:
        check_private(os.fspath(path), may_be_link=True)
        with path.open("rb") as stream:
            return stream.read(_FILE_MAX_BYTES).decode("ascii", "replace")
    except OSError as exc:
        raise KeyFileError(f"{path}: {exc.strerror}", fix="--key-file PATH") from exc


def keep_secret(path: Path, secret: str) -> None:
    """Write a new secret key to a file that nobody else can read.

    Raises:
        Misuse: there is something already: another key may be lost with it.
        StoreError: it cannot be written.
    """
    if os.path.lexists(path):
        raise Misuse(f"{path} exists already", fix="give another name, or move it away")
    write_whole(os.fspath(path), secret.encode() + b"\n")
