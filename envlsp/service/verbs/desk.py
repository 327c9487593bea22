"""What a verb is given, whoever asks for it: a device, a place, a person, and the open buffers.

Knows no editor and no terminal. Its one rule: a verb that writes a file, or makes a
release of one, does so only where the editor shows what is on disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from envlsp.domain.dotenv.tokens import BOM
from envlsp.errors import Misuse, StoreError

if TYPE_CHECKING:
    from envlsp.service.facade import Service
    from envlsp.service.ports import Talk

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a verb runs. One verb at a time works on one `service`."""

    service: Service
    place: Path
    """A document or a folder, which says which project and environment are meant."""
    talk: Talk
    """The person who asked for this verb."""
    report: Callable[[str], None]
    """Told what is being done, for a line of progress."""
    is_cancelled: Callable[[], bool]
    """Whether the person has changed their mind; asked often, from any thread."""
    text_of: Callable[[Path], bytes | None]
    """The bytes of a file as the editor shows it, None where it is not open."""
    show_code: Callable[[str, str], None] | None = None
    """Shows a code, and a sentence that has it, for as long as the verb waits; None: nothing does."""

    def tell_code(self, code: str, sentence: str) -> None:
        """Tell the person a code that somebody else types; `sentence` has it, and says what it is for."""
        if self.show_code is not None:
            self.show_code(code, sentence)
            return
        self.talk.say(sentence)
        self.report(sentence)

    @property
    def folder(self) -> Path:
        """The folder of the place."""
        return self.place if self.place.is_dir() else self.place.parent


def demand_saved(desk: Desk, path: Path) -> None:
    """Make sure that the editor shows what the file holds.

    Raises:
        Misuse: there are edits that are not saved; writing beneath them would lose one side.
        StoreError: the file cannot be read.
    """
    shown = desk.text_of(path)
    if (
        shown is None
        and desk.place.name == path.name
        and os.path.realpath(desk.place) == os.path.realpath(path)
    ):
        shown = desk.text_of(desk.place)  # the editor may know it by a linked folder
    if shown is None:
        return
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as exc:
        raise StoreError(f"cannot read {path}: {exc.strerror}", fix=f"ls -l {path}") from exc
    if not data and not shown.strip(b"\r\n"):
        return  # editors show a file that is empty, or not there, as one empty line
    if shown.removeprefix(BOM) != data.removeprefix(BOM):
        raise Misuse(f"{path.name} has unsaved changes", fix="save or undo first")
