"""The arguments of a verb as an editor sends them: checked, and never repeated in an error.

A value is no argument of any verb: what is not foreseen is refused by its name alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from envlsp.domain.secret import is_secret_name
from envlsp.errors import UsageError
from envlsp.service.documents_uri import SCHEME, DocumentUri, parse_uri

EVERYWHERE = frozenset({"uri", "target", "offline"})
"""The document it is about, `[APP]:ENV`, and whether to stay away from the network."""


ASK = "?"
"""Says that the person is to be asked for an argument that has a default."""


class Arguments:
    """One verb's arguments by name.

    Args:
        verb: for errors.
        given: as they came.
        known: what the verb takes besides `EVERYWHERE`.

    Raises:
        UsageError: one is not known.
    """

    def __init__(self, verb: str, given: Mapping[str, object], known: Collection[str]) -> None:
        self._verb = verb
        self._given = {name: value for name, value in given.items() if value is not None}
        for name in self._given:
            if name not in known and name not in EVERYWHERE:
                shown = f"'{name}'" if is_secret_name(name) else "of that name"
                raise UsageError(
                    f"{verb} takes no argument {shown}",
                    fix=f"one of: {', '.join(sorted({*known, *EVERYWHERE}))}",
                )

    def has(self, name: str) -> bool:
        """Return whether an argument was given."""
        return name in self._given

    def text(self, name: str, default: str = "") -> str:
        """Return an argument that is text."""
        value = self._given.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def required(self, name: str) -> str:
        """Return an argument that must be there, and not be empty."""
        value = self.text(name)
        if not value:
            raise UsageError(f"{self._verb} needs '{name}'", fix=f"give '{name}'")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return an argument that is true or false."""
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def number(self, name: str, default: int = 0) -> int:
        """Return an argument that is a whole number, 0 or more."""
        value = self._given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong(name, "a whole number, 0 or more")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an argument that is a list of texts."""
        value = self._given.get(name, ())
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._wrong(name, "a list of texts")
        if not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "a list of texts")
        return tuple(value)

    def pairs(self, name: str) -> dict[str, str]:
        """Return an argument that is an object of texts."""
        value = self._given.get(name, {})
        if not isinstance(value, Mapping):
            raise self._wrong(name, "an object of texts")
        if not all(isinstance(part, str) for pair in value.items() for part in pair):
            raise self._wrong(name, "an object of texts")
        return dict(value)

    def document(self) -> DocumentUri | None:
        """Return the environment that `uri` names, where it is one of our own documents.

        Raises:
            BadText: it begins like one and is none.
        """
        uri = self.text("uri")
        return parse_uri(uri) if uri.startswith(SCHEME + ":") else None

    def target(self) -> str | None:
        """Return which environment is meant, as `[APP]:ENV`; None: the place says so."""
        if target := self.text("target"):
            return target
        document = self.document()
        return f"{document.triple.app}:{document.triple.env}" if document else None

    def _wrong(self, name: str, kind: str) -> UsageError:
        return UsageError(f"{self._verb}: '{name}' must be {kind}", fix=f"give '{name}' as {kind}")
