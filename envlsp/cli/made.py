"""What became of the file when a release was made without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.service.pushing import Made


def file_words(frame: Frame, made: Made, file: str) -> None:
    """Say whether the file was brought along, and what to do where it was not."""
    from envlsp.service.pulling import FileState

    match made.file:
        case FileState.UPDATED:
            frame.output.say(f"brought {file} along")
        case FileState.DIFFERS:
            frame.output.say(f"{file} has edits of its own and was left as it is; merge them: envlsp pull")
        case _:
            pass
