"""What a verb came to, as values: the command line prints them, and the shapes make JSON of them.

Of answers that the service gives too, see `service.results`; these add what only a whole verb
knows, such as how many teammates have heard. No value of a secret is in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from envlsp.service.access.confirming import Doubt
    from envlsp.service.ci.exporting import Exported
    from envlsp.service.recovery.recovering import Recovered
    from envlsp.service.results import Exposure


class Granted(NamedTuple):
    """What a grant came to."""

    name: str
    is_new: bool
    """False where they had the role already."""
    reached: int


class Removed(NamedTuple):
    """Who was removed, and what they could read."""

    name: str
    reached: int
    exposure: Exposure


class LetIn(NamedTuple):
    """What a grant in a scope came to."""

    name: str
    scope: str
    is_new: bool
    """False where they had the role already."""
    is_admin: bool
    """Whether they are an admin of the team, and read it whatever their role in it."""
    reached: int


class TakenOut(NamedTuple):
    """Who was taken out of a scope, and what they could read there."""

    name: str
    scope: str
    is_guest: bool
    """Whether they are in the team for their scopes alone."""
    reached: int
    exposure: Exposure


class NewKeys(NamedTuple):
    """What new keys came to."""

    scopes: tuple[str, ...]
    """What they are of, as people call it."""
    left: int
    """Scopes that kept theirs: we may not write in them."""
    again: int
    """Releases that were encrypted again."""
    reached: int


class Lost(NamedTuple):
    """A device that was removed, and what it could read."""

    name: str
    was_this: bool
    reached: int
    exposure: Exposure
    advice: tuple[str, ...]
    """What to do or to know besides, a sentence each."""


class Confirmed(NamedTuple):
    """What a confirmation came to."""

    ended: list[Doubt]
    """What spoke against them; empty where nobody was named."""
    left: list[Doubt]
    reached: int


class Contested(NamedTuple):
    """What an answer to a removal came to."""

    names: tuple[tuple[str, str], ...]
    """`(short id, name)` of whom it removes in turn."""
    reached: int


class CameBack(NamedTuple):
    """A device that is in again by the recovery words, and what follows from it."""

    recovered: Recovered
    team: str
    """`tm1…`."""
    name: str
    members: int
    removed: tuple[str, ...]
    """Names of those who were removed."""
    exposures: tuple[Exposure, ...]
    """What each of them could read."""
    reached: int


class Handed(NamedTuple):
    """A bundle, and how many teammates have heard of it."""

    exported: Exported
    reached: int
