"""The names of commands, as they are told to the editor before anything of the service is loaded.

A test holds `VERBS` against `service.verbs`.
"""

from __future__ import annotations

PREFIX = "envlsp."

OWN = ("reveal", "copy", "save", "mask.toggle", "presentation.toggle")
"""What the server answers by itself, besides the verbs of the service: it is about this window."""

VERBS = (
    "push",
    "pull",
    "rollback",
    "adopt",
    "set",
    "resolve",
    "status",
    "log",
    "diff",
    "list",
    "show",
    "members",
    "invite",
    "invite.list",
    "invite.cancel",
    "access.list",
    "access.grant",
    "access.revoke",
    "access.rotate",
    "access.why",
    "access.exposure",
    "access.confirm",
    "access.contest",
    "device.add",
    "device.list",
    "device.revoke",
    "team.create",
    "team.fork",
    "join",
    "request",
    "project.create",
    "env.create",
    "env.clone",
    "switch",
    "env.list",
    "ci.export",
    "backup",
    "sync",
    "peers",
    "refresh",
    "doctor",
    "replica.add",
    "replica.list",
    "replica.remove",
    "lock",
    "unlock",
    "protect",
    "parse",
    "git.ignore",
)

LOOKING = frozenset(
    {
        "status",
        "log",
        "diff",
        "list",
        "show",
        "members",
        "invite.list",
        "access.list",
        "access.why",
        "access.exposure",
        "device.list",
        "env.list",
        "backup",
        "peers",
        "doctor",
        "replica.list",
        "parse",
    }
)
"""Verbs after which everything is as it was."""

FOR_PROGRAMS = frozenset({"show", "parse", "refresh"})
"""Verbs whose result is no news for a person, or is shown as a document."""

COMMANDS = tuple(PREFIX + name for name in (*OWN, *VERBS))
