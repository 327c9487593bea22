"""Version numbers and the words people type for a release (PROTOCOL C.6).

Refuses to know values. Its rules:

- `n(r) = 1 + max n(base)`, a rekey has the number of what it encrypts again. Numbers
  follow signed ancestors only, so no record that arrives later can change one.
- A number that several releases share is printed with letters of the id, `v13-b7f2`;
  the plain form is accepted only while it means one release. A void release makes
  the plain form of a valid one neither longer nor ambiguous.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, Generic, Protocol, TypeVar

from envlsp.domain.ids import RecordId
from envlsp.domain.merge import History, ReleaseNode
from envlsp.domain.release import ReleaseKind
from envlsp.errors import AmbiguousName, BadText, NotFound

V = TypeVar("V", bound=Hashable)

ALONE: Final = 1
"""The number of a release that names what is not believed: it stands alone."""
SUFFIX_MIN_CHARS: Final = 4
"""20 bits: enough to tell a handful of concurrent releases apart, short enough to type."""

_VERSION: Final = re.compile(r"v([1-9][0-9]{0,14})(?:-([a-z2-7]{1,52}))?")
_BACK: Final = re.compile(r"~([0-9]{1,15})")
_ID_PREFIX: Final = re.compile(r"[a-z2-7]{4,52}")
_FORMS: Final = "a release is written v3, v3-b7f2, ~1 (one back) or the first letters of its id"


def id_text(record: RecordId) -> str:
    """Return 52 characters: the id in lower-case base32 (RFC 4648) without padding."""
    return b32encode(record).decode().rstrip("=").lower()


class Numbers(Protocol):
    """The numbers of an environment's releases: `n(r)` of C.6."""

    def of(self, record: RecordId) -> int:
        """Return a release's number, 1 or more."""

    def sharing(self, number: int) -> Sequence[RecordId]:
        """Return every release of that number by (height, id), rekeys too."""


class _Counted(Generic[V]):
    """Numbers, counted when the first one is asked for."""

    def __init__(self, history: History[V]) -> None:
        self._history = history

    @cached_property
    def _numbers(self) -> dict[RecordId, int]:
        found: dict[RecordId, int] = {}
        for record in self._history.in_order():
            node = self._history.nodes[record]
            found[record] = number_after(found, node) if self._history.is_sound(record) else ALONE
        return found

    @cached_property
    def _sharing(self) -> dict[int, list[RecordId]]:
        found: dict[int, list[RecordId]] = defaultdict(list)
        for record, number in self._numbers.items():
            found[number].append(record)
        return found

    def of(self, record: RecordId) -> int:
        """Return a release's number."""
        return self._numbers[record]

    def sharing(self, number: int) -> Sequence[RecordId]:
        """Return every release of that number."""
        return self._sharing.get(number, ())


def number_after(numbers: Mapping[RecordId, int], node: ReleaseNode) -> int:
    """Return the number of a sound release, from those of what it names."""
    if node.kind is ReleaseKind.REKEY and node.of is not None:
        return numbers[node.of]
    return 1 + max((numbers[other] for other in node.base), default=0)


class Versions(Generic[V]):
    """The numbers and labels of one environment's releases.

    Spec: docs/protocol.md, "C.6 Releases".
    """

    def __init__(self, history: History[V], numbers: Numbers | None = None) -> None:
        """Name the releases of a history.

        Args:
            history: all of an environment.
            numbers: their numbers, where they are known.
        """
        self._history = history
        self._numbers = numbers or _Counted(history)

    def number(self, record: RecordId) -> int:
        """Return the version number, 1 or more."""
        return self._numbers.of(record)

    def label(self, record: RecordId) -> str:
        """Return `v13`, or `v13-b7f2` where the plain form would not mean this release.

        A rekey goes by the label of what it encrypts again.
        """
        plain = self._plain(record)
        number = self._numbers.of(plain)
        return f"v{number}" if self._meant_by(number) == [plain] else self.long_label(plain)

    def long_label(self, record: RecordId) -> str:
        """Return `v13-b7f2`, which goes on meaning this release when another one gets the number."""
        number, text = self._numbers.of(record), id_text(record)
        others = [id_text(other) for other in self._sharing(number) if other != record]
        size = SUFFIX_MIN_CHARS
        while any(other.startswith(text[:size]) for other in others):
            size += 1
        return f"v{number}-{text[:size]}"

    def find(self, text: str) -> RecordId:
        """Return the release that somebody's words mean.

        Args:
            text: `v13`, `v13-b7f2`, `~2` (releases back from the newest), or four or
                more first characters of the id.

        Raises:
            BadText: none of these forms.
            NotFound: no such release.
            AmbiguousName: several; the detail lists them.
        """
        words = text.strip().lower()
        if match := _VERSION.fullmatch(words):
            return self._find_version(words, int(match[1]), match[2])
        if match := _BACK.fullmatch(words):
            return self._find_back(words, int(match[1]))
        if _ID_PREFIX.fullmatch(words):
            fits = [other for other in self._history.nodes if id_text(other).startswith(words)]
            return self._only(words, fits)
        raise BadText(_FORMS, fix="envlsp log")

    def find_range(self, text: str) -> tuple[RecordId, RecordId]:
        """Return both ends of `A..B`.

        Raises:
            BadText: not of the form `A..B`.
            NotFound: no such release.
            AmbiguousName: an end means several; the detail lists them.
        """
        older, dots, newer = text.partition("..")
        if not (older and dots and newer):
            raise BadText("a range is written v1..v2", fix="envlsp log")
        return self.find(older), self.find(newer)

    def _is_rekey(self, record: RecordId) -> bool:
        is_rekey = self._history.nodes[record].kind is ReleaseKind.REKEY
        return is_rekey and self._history.is_sound(record)

    def _sharing(self, number: int) -> list[RecordId]:
        """Return the releases of that number, (height, id), but rekeys."""
        return [record for record in self._numbers.sharing(number) if not self._is_rekey(record)]

    def _plain(self, record: RecordId) -> RecordId:
        while self._is_rekey(record) and (of := self._history.nodes[record].of) is not None:
            record = of
        return record

    def _meant_by(self, number: int) -> list[RecordId]:
        """Return the releases that a plain `vN` may mean: those with effect, else any."""
        sharing = self._sharing(number)
        return [record for record in sharing if self._history.has_effect(record)] or sharing

    def _find_version(self, words: str, number: int, suffix: str | None) -> RecordId:
        if suffix is None:
            return self._only(words, self._meant_by(number))
        fits = [other for other in self._sharing(number) if id_text(other).startswith(suffix)]
        return self._only(words, fits)

    def _find_back(self, words: str, steps: int) -> RecordId:
        record = self._step(words, self._history.heads())
        for _ in range(steps):
            record = self._step(words, self._history.eff_base(record))
        return record

    def _step(self, words: str, records: Iterable[RecordId]) -> RecordId:
        """Return the release that a step leads to; a rekey is no step of its own."""
        return self._only(words, {self._plain(record) for record in records})

    def _only(self, words: str, fits: Iterable[RecordId]) -> RecordId:
        found = sorted(fits, key=lambda record: (self._history.nodes[record].height, record))
        if not found:
            raise NotFound(f"there is no release {words}", fix="envlsp log")
        if len(found) > 1:
            labels = ", ".join(self.label(record) for record in found)
            raise AmbiguousName(f"{words} may be {labels}", fix="name one of them: envlsp log")
        return found[0]
