"""All pictures of the pages: taken in the real editors, of one team, and made small.

`make screenshots` writes them into docs/pictures; a test takes them into a folder of its own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.pictures.darkroom import Picture, darkroom
from tests.support.pictures.in_neovim import in_neovim
from tests.support.pictures.in_vscode import in_vscode
from tests.support.pictures.scene import NAMES, scene


def take_all(folder: Path) -> dict[str, Picture]:
    """Take every picture into a folder; return what is known of each, by its name.

    Raises:
        AssertionError: an editor did not show what a picture is named after.
    """
    home = tempfile.TemporaryDirectory(prefix="pic-", ignore_cleanup_errors=True)
    with home as place, scene(Path(place)) as people:
        with darkroom() as room:

            def develop(name: str, page: str) -> Picture:
                return room.take(page, folder / f"{name}.png")

            taken = list(in_neovim(people, develop))
        raw = list(in_vscode(people, folder))
    with darkroom() as room:
        taken += [room.develop(file) for file in raw]
    found = {picture.file.stem: picture for picture in taken}
    assert tuple(found) == NAMES
    return found
