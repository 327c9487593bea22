"""What a person can set about the language server, under `envlsp` in their editor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; docs/settings.md is written from this."""

    hover_reveal: bool = True
    """`hover.reveal`: hovering over a value in a `.env` file shows it. Never in code."""
    lens: bool = True
    """`codeLens.enabled`: release, author and age above a `.env` file, with Push and Pull."""
    hints: bool = True
    """`inlayHints.enabled`: how a line stands against the newest release."""
    unused: bool = True
    """`diagnostics.unused`: fade names that no code reads."""
    ignore: frozenset[str] = frozenset()
    """`diagnostics.ignore`: codes that are not reported."""
    network: bool = True
    """`network.enabled`: be this device's node when no other process is."""
