"""What a person can set about the language server, under `envlsp` in their editor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Given: TypeAlias = "bool | frozenset[str]"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; docs/settings.md is written from this."""

    hover_reveal: bool = True
    """`hover.reveal`: hovering over a value in a `.env` file shows it.
    In code it stays hidden either way."""
    lens: bool = True
    """`codeLens.enabled`: a line above a `.env` file with the newest release, its author and its age,
    what differs, and buttons to push, pull and roll back."""
    hints: bool = True
    """`inlayHints.enabled`: a word behind each line that differs from the newest release."""
    diagnostics: bool = True
    """`diagnostics.enabled`: report problems at all."""
    unused: bool = True
    """`diagnostics.unused`: fade names that no code reads."""
    ignore: frozenset[str] = frozenset()
    """`diagnostics.ignore`: codes of problems that are not reported, as a list."""
    masks_show: frozenset[str] = frozenset()
    """`masks.show`: names whose values are not masked, as patterns such as `LOG_*`.
    A value that looks like a token, a key or an address with a password is masked all the same."""
    masks_hide: frozenset[str] = frozenset()
    """`masks.hide`: names whose values are masked whatever else says that they may be seen, as patterns."""
    masks_files: frozenset[str] = frozenset(
        {".env.example", ".env.sample", ".env.template", ".env.dist", ".env.schema"}
    )
    """`masks.showFiles`: files that describe names and hold no secrets, as patterns of their names.
    Their values are not masked, unless they look like secrets."""
    masks_choices: bool = False
    """`masks.showChoices`: do not mask a value that is one of those that the comment above it allows
    (`# one of: debug, info, warn`), here or in `.env.example`."""
    presentation: bool = False
    """`presentation`: nothing reveals or copies a value, whoever asks, while others look at the screen."""
    auto_push: bool = False
    """`autoPush`: saving a `.env` file makes a release of it at once.
    Otherwise nothing is shared before somebody pushes."""
    network: bool = True
    """`network.enabled`: be this device's node when no other process is.
    Off, the editor still shows what another `envlsp` on this machine receives."""

    @classmethod
    def read(cls, given: object) -> tuple[Settings, tuple[str, ...]]:
        """Return the settings that an editor sent, and a sentence for each part that is not used.

        Args:
            given: JSON; nested (`{"hover": {"reveal": false}}`) or flat (`{"hover.reveal": false}`),
                with or without an `envlsp` around it. What is wrong or missing keeps its default.
        """
        if isinstance(given, Mapping) and set(given) == {"envlsp"}:
            given = given["envlsp"]
        if given is None:
            return cls(), ()
        if not isinstance(given, Mapping):
            return cls(), ("the settings of envlsp are not a table; the defaults are used",)
        found: dict[str, Given] = {}
        complaints: list[str] = []
        for name, value in _flat(given, ""):
            field = FIELDS.get(name)
            if field is None:
                complaints.append(_unknown(name))
            elif value is not None:
                read = _read(value, DEFAULTS[name])
                if read is None:
                    complaints.append(_wrong(name, DEFAULTS[name]))
                else:
                    found[field] = read
        return cls(**found), tuple(complaints)  # type: ignore[arg-type]  # each was read as its default's type


FIELDS: Mapping[str, str] = {
    "hover.reveal": "hover_reveal",
    "codeLens.enabled": "lens",
    "inlayHints.enabled": "hints",
    "diagnostics.enabled": "diagnostics",
    "diagnostics.unused": "unused",
    "diagnostics.ignore": "ignore",
    "masks.show": "masks_show",
    "masks.hide": "masks_hide",
    "masks.showFiles": "masks_files",
    "masks.showChoices": "masks_choices",
    "presentation": "presentation",
    "autoPush": "auto_push",
    "network.enabled": "network",
}
"""The setting's name -> the field that holds it."""
DEFAULTS: Mapping[str, Given] = {name: getattr(Settings(), field) for name, field in FIELDS.items()}
_GROUPS = {name.partition(".")[0] for name in FIELDS}
_NAME_MAX = 40
"""Characters of a name that is not known: what an editor sent is not ours to repeat at length."""


def _flat(given: Mapping[object, object], before: str) -> Iterator[tuple[str, object]]:
    for key, value in given.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and name in _GROUPS:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _read(value: object, default: Given) -> Given | None:
    """Return a value of the default's type; None where it is not one."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else None
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    return None


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # for a rare complaint; not at every start

    near = get_close_matches(name, FIELDS, n=1)
    meant = f"; did you mean envlsp.{near[0]}?" if near else ""
    return f"envlsp.{name[:_NAME_MAX]} is not a setting{meant}"


def _wrong(name: str, default: Given) -> str:
    wanted = "true or false" if isinstance(default, bool) else "a list of words"
    return f"envlsp.{name} must be {wanted}; the default is used"
