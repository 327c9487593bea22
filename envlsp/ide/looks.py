"""How much of values this window shows: masks on or off, and presenting while others look on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from envlsp.ide.settings import Settings

_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Looks:
    """What was said of this window, besides its settings.

    Attributes:
        is_forced: the environment says that somebody presents: no command ends that.
        presenting: what the command said last; None where it said nothing and the setting counts.
        is_bare: the person took the masks off. Whoever presents has them all the same.
    """

    is_forced: bool = False
    presenting: bool | None = None
    is_bare: bool = False

    def is_presenting(self, settings: Settings) -> bool:
        """Return whether nothing may be revealed or copied."""
        if self.is_forced:
            return True
        return settings.presentation if self.presenting is None else self.presenting

    def is_masked(self, settings: Settings) -> bool:
        """Return whether masks are drawn."""
        return not self.is_bare or self.is_presenting(settings)

    def applied(self, settings: Settings) -> Settings:
        """Return the settings as they count now: whoever presents lets nothing be seen."""
        if not self.is_presenting(settings):
            return settings
        return replace(
            settings,
            hover_reveal=False,
            masks_show=_NOBODY,
            masks_files=_NOBODY,
            masks_choices=False,
            presentation=True,
        )
