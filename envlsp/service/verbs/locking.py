"""The verbs about this device's own keys: lock, unlock, protect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.errors import UsageError
from envlsp.service import locking
from envlsp.service.ports import Choice
from envlsp.service.unlocked_for import to_seconds
from envlsp.service.verbs.arguments import ASK, Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.lock_shapes import locked_fields, protected_fields, unlocked_fields
from envlsp.service.verbs.opening import asked
from envlsp.store.keyfile import Protection

PROTECTIONS: Mapping[str, Protection] = {word: which for which, word in locking.WORDS.items()}


def _lock(desk: Desk, _arguments: Arguments) -> Json:
    """Lock the device, everywhere on this machine."""
    return locked_fields(changed=locking.lock(desk.service))


def _unlock(desk: Desk, arguments: Arguments) -> Json:
    """Open this device's keys; the person in front is asked for the passphrase, hidden."""
    for_s = to_seconds(arguments.required("for")) if arguments.has("for") else None
    return unlocked_fields(locking.unlock(desk.service, desk.talk, for_s))


def _protect(desk: Desk, arguments: Arguments) -> Json:
    """Say what protects the keys, or put another protection on them."""
    if not arguments.has("with"):
        return protected_fields(locking.state(desk.service), changed=False)
    word, path = _wanted(desk, arguments), arguments.text("path")
    if word not in PROTECTIONS:
        raise UsageError("there is no such protection", fix=f"one of: {', '.join(sorted(PROTECTIONS))}")
    protection = PROTECTIONS[word]
    if protection is Protection.KEY_FILE and arguments.text("with") == ASK:
        path = asked(desk, arguments, "path", "where to put the key file")
    if protection is Protection.KEY_FILE and not path:
        raise UsageError("a key file needs 'path'", fix="give 'path'")
    locking.protect(desk.service, desk.talk, protection, path or None)
    return protected_fields(locking.state(desk.service), changed=True)


CHOICES = (
    Choice("passphrase", "passphrase", "typed when the device is unlocked"),
    Choice("keyring", "keyring", "of this desktop: it opens the device when you log in"),
    Choice("key-file", "key file", "a file that opens this device, for machines without people"),
)


def _wanted(desk: Desk, arguments: Arguments) -> str:
    word = arguments.required("with")
    if word != ASK:
        return word
    return desk.talk.pick("what is to protect this device?", CHOICES)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "lock": _lock,
    "unlock": _unlock,
    "protect": _protect,
}
