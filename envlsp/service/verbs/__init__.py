"""Every verb of the command line for a front end that is no command line: an editor.

A verb reads its arguments, calls the service and answers with the JSON that `--json`
prints. It blocks, on the network too, so it runs on a worker thread. Its rules:

- No answer holds a value of a secret; `value_of` alone gives one out, as `SecretText`.
- No argument is a value: a value is asked for, hidden.
- A verb that makes a release, or writes a file, refuses where the editor shows edits
  that are not saved.

A module of this package serves a family of verbs and is imported when one is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from envlsp.errors import UsageError
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json, demand_saved
from envlsp.service.verbs.shapes import SCHEMA

if TYPE_CHECKING:
    from envlsp.domain.secret import SecretText

__all__ = ["ANOTHER_NAME", "NAMES", "TERMINAL_ONLY", "Desk", "Json", "demand_saved", "run", "value_of"]

_MODULES: Mapping[str, tuple[str, frozenset[str]]] = {
    "push": ("releasing", frozenset({"message", "force", "only"})),
    "pull": ("releasing", frozenset({"force", "max_age"})),
    "rollback": ("releasing", frozenset({"release"})),
    "adopt": ("releasing", frozenset({"release"})),
    "set": ("releasing", frozenset({"name"})),
    "resolve": ("releasing", frozenset({"name", "take", "takes"})),
    "status": ("looking", frozenset({"max_age"})),
    "log": ("looking", frozenset({"limit", "all"})),
    "diff": ("looking", frozenset({"from", "to", "texts"})),
    "list": ("looking", frozenset()),
    "show": ("looking", frozenset({"release"})),
    "members": ("granting", frozenset()),
    "invite": ("granting", frozenset({"role", "project", "env", "link", "uses", "for"})),
    "invite.list": ("linking", frozenset()),
    "invite.cancel": ("linking", frozenset({"id"})),
    "access.list": ("granting", frozenset()),
    "access.grant": (
        "granting",
        frozenset({"who", "role", "out", "project", "env", "link", "uses", "for"}),
    ),
    "access.revoke": ("granting", frozenset({"who", "project", "env"})),
    "access.rotate": ("granting", frozenset({"project", "env", "all"})),
    "access.why": ("explaining", frozenset({"who"})),
    "access.exposure": ("explaining", frozenset({"who"})),
    "access.confirm": ("trusting", frozenset({"who"})),
    "access.contest": ("trusting", frozenset({"who"})),
    "device.add": ("devices", frozenset()),
    "device.list": ("devices", frozenset({"all"})),
    "device.revoke": ("devices", frozenset({"which"})),
    "team.create": (
        "beginning",
        frozenset({"as", "device", "project", "signaling", "team", "new_team", "recovery", "dialect"}),
    ),
    "team.fork": ("beginning", frozenset({"as", "device", "recovery"})),
    "join": ("beginning", frozenset({"code", "welcome", "as", "device", "signaling"})),
    "request": ("carrying", frozenset({"as"})),
    "project.create": ("scoping", frozenset({"name", "private"})),
    "env.create": ("beginning", frozenset({"name", "message", "restricted"})),
    "env.clone": ("scoping", frozenset({"name", "restricted"})),
    "switch": ("switching", frozenset({"name"})),
    "env.list": ("beginning", frozenset()),
    "ci.export": ("bundling", frozenset({"key", "for"})),
    "backup": ("safekeeping", frozenset({"file", "verify"})),
    "sync": ("meeting", frozenset({"replicas", "timeout"})),
    "peers": ("meeting", frozenset()),
    "refresh": ("meeting", frozenset()),
    "doctor": ("examining", frozenset()),
    "replica.add": ("replicating", frozenset({"pairing", "label"})),
    "replica.list": ("replicating", frozenset()),
    "replica.remove": ("replicating", frozenset({"which"})),
    "lock": ("locking", frozenset()),
    "unlock": ("locking", frozenset({"for"})),
    "protect": ("locking", frozenset({"with", "path"})),
    "parse": ("files", frozenset({"dialect"})),
    "git.ignore": ("files", frozenset()),
}
"""Each verb: the module that has it, and its arguments besides those of all verbs."""

NAMES: tuple[str, ...] = tuple(_MODULES)
"""Every verb, as in the command `envlsp.<name>`."""

_OF_VALUES = ("reveal", "copy")
"""Commands that are no verbs: an editor's server answers them, with `value_of`."""

ANOTHER_NAME: Mapping[str, str] = {
    "init": "team.create",
    "devices": "device.list",
    "get": "value_of, by the commands that reveal and copy",
}
"""Verbs of the command line that an editor has by another name."""

TERMINAL_ONLY: Mapping[str, str] = {
    "run": "it becomes the program it starts, in a terminal's own process",
    "agent": "an editor's server keeps the device reachable itself, while it runs",
    "recover": "an editor keeps what is typed into it and shown by it, and the words are for neither",
    "demo": "it plays two people on one terminal",
    "editor": "it is what brings us into an editor",
    "lsp": "it is what an editor starts",
}
"""Verbs of the command line that no editor has, and why."""


def run(name: str, desk: Desk, arguments: Mapping[str, object]) -> Json:
    """Do what one verb does; blocks until it is done.

    Args:
        name: one of `NAMES`.
        desk: where, for whom.
        arguments: by name, as they came. All verbs take `uri` (the document), `target`
            (`[APP]:ENV`) and `offline`.

    Returns:
        What `--json` prints, `schema` included.

    Raises:
        UsageError: no such verb, or wrong arguments; names the argument.
        Stopped: it was cancelled.
        EnvlspError: as the verb does.
    """
    if name not in _MODULES:
        known = ", ".join(sorted((*NAMES, *_OF_VALUES)))
        raise UsageError("there is no such command", fix=f"one of: {known}")
    module, taken = _MODULES[name]
    checked = Arguments(name, arguments, taken)
    verbs: Mapping[str, Callable[[Desk, Arguments], Json]]
    verbs = importlib.import_module(f"{__name__}.{module}").VERBS
    return {"schema": SCHEMA, **verbs[name](desk, checked)}


def save_document(desk: Desk, text: str, arguments: Mapping[str, object]) -> Json:
    """Make a release of a document `envlsp://…`; its text holds what somebody typed, and is no argument.

    Args:
        desk: where, for whom.
        text: the document as the editor has it.
        arguments: `uri`, and perhaps `message`.

    Raises:
        EnvlspError: as `service.editing.save` does.
    """
    from envlsp.service.verbs import releasing

    checked = Arguments("save", arguments, frozenset({"message"}))
    return {"schema": SCHEMA, **releasing.save_document(desk, text, checked)}


def value_of(desk: Desk, name: str, arguments: Mapping[str, object] | None = None) -> SecretText:
    """Return the decoded value of a name: what a person asked to see, or to copy.

    Args:
        desk: where, for whom.
        name: the variable.
        arguments: as those of all verbs; a document `envlsp://…@v3` means that release.

    Raises:
        NotFound: the environment does not have it.
        ConflictedName: releases disagree about it.
        EnvlspError: as opening does.
    """
    from envlsp.service.verbs.looking import value

    return value(desk, name, Arguments("value", arguments or {}, frozenset({"name"})))
