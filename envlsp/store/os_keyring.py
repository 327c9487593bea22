"""The operating system's keyring: where a secret lives that opens device.key without a passphrase.

The one door to the `keyring` package, which is optional (`envlsp[keyring]`) and imported
only for a device that uses it, or that is being made. Refuses to know what the secret opens. Its
rules:

- Only real keyrings: those of a desktop or an operating system, by a closed list. What
  keeps a secret in a plain file, or nowhere, protects nothing.
- Nothing here waits for ever. A keyring may ask the person something, or be a service
  that never answers: it is asked in a thread, and given up after a time.
- A keyring that others can read is one they can read: any program of the same user may
  ask for this entry (docs/threat-model.md).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from envlsp.crypto.memory import SecretBuffer, wipe
from envlsp.crypto.primitives import KEY_BYTES
from envlsp.errors import Locked

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE: Final = "envlsp"
"""Under which name the entries stand, for whoever looks into their keyring."""

REAL: Final = frozenset(
    f"keyring.backends.{module}" for module in ("SecretService", "kwallet", "libsecret", "macOS", "Windows")
)
"""Modules of backends that keep a secret from other users, and from whoever has the disk."""

LOOK_S: Final = 10.0
"""How long finding out which keyring there is may take."""
ANSWER_S: Final = 60.0
"""How long a keyring may take to answer: it may be asking the person for its own password."""

_UNLOCK_IT: Final = "unlock the desktop's keyring, then try again"


def is_there(timeout_s: float = LOOK_S) -> bool:
    """Return whether this machine has a real keyring that this program may use now."""
    try:
        return _within(timeout_s, _find) is not None
    except Locked:
        return False


def keep(name: str, secret: SecretBuffer, timeout_s: float = ANSWER_S) -> None:
    """Put a secret into the keyring, and see that it is there.

    Args:
        name: which entry; it says nothing.
        secret: 32 bytes.
        timeout_s: how long the person may take to unlock it.

    Raises:
        Locked: there is no real keyring, or it did not keep it.
    """

    def put() -> bool:
        backend = _demanded()
        text = secret.reveal().hex()
        backend.set_password(SERVICE, name, text)
        return backend.get_password(SERVICE, name) == text

    if not _within(timeout_s, put):
        raise Locked("the keyring did not keep the key", fix=_UNLOCK_IT)


def recall(name: str, timeout_s: float = ANSWER_S) -> SecretBuffer:
    """Return the secret of an entry.

    Raises:
        Locked: no keyring, no such entry in it, or no answer in time.
    """
    text = _within(timeout_s, lambda: _demanded().get_password(SERVICE, name))
    try:
        secret = bytes.fromhex(text or "")
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        wipe(secret)
        raise Locked("the desktop's keyring has no key for this device", fix=_UNLOCK_IT)
    return SecretBuffer.taken(secret)


def forget(name: str, timeout_s: float = LOOK_S) -> None:
    """Take an entry out; one that is not there, or cannot be reached, is left."""

    def delete() -> None:
        if (backend := _find()) is not None:
            backend.delete_password(SERVICE, name)

    try:
        _within(timeout_s, delete)
    except Locked:
        return


# --- backends --------------------------------------------------------------------------------


def _demanded() -> KeyringBackend:
    backend = _find()
    if backend is None:
        raise Locked("there is no keyring here that keeps secrets", fix="envlsp protect --passphrase")
    return backend


def _find() -> KeyringBackend | None:
    """Return the keyring that this user has chosen, or the best one, if it is a real one."""
    try:
        import keyring
    except ImportError:
        return None
    return _real(keyring.get_keyring())


def _real(backend: KeyringBackend) -> KeyringBackend | None:
    if type(backend).__module__ in REAL:
        return backend
    # Several in a chain: a secret is put into the first that takes it, so that one must be real.
    inner = getattr(backend, "backends", ())
    if type(backend).__module__ == "keyring.backends.chainer" and inner:
        return next((found for found in map(_real, inner) if found is not None), None)
    return None


def _within(timeout_s: float, work: Callable[[], T]) -> T:
    """Return what `work` returns, or give up on it: its thread is left to end by itself.

    Raises:
        Locked: no answer in time, or any failure of the keyring; its own words may hold
            anything, so only their kind is told.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as exc:  # noqa: BLE001 - told in the thread that waits
            failures.append(exc)

    thread = threading.Thread(target=run, name="envlsp-keyring", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if results:
        return results[0]
    if not failures:
        raise Locked(f"the desktop's keyring did not answer within {timeout_s:.0f} s", fix=_UNLOCK_IT)
    if isinstance(failures[0], Locked):
        raise failures[0]
    raise Locked(f"the desktop's keyring refused ({type(failures[0]).__name__})", fix=_UNLOCK_IT)
