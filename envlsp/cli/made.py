"""What became of the file when a release was made without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.service.pushing import Made


def tell_file(frame: Frame, made: Made, file: str) -> None:
    """Say whether the file was brought along, and what to do where it was not."""
    from envlsp.service.verbs.shapes import file_words

    if words := file_words(made, file):
        frame.output.say(words)
