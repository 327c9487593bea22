"""The pictures of the pages can be taken: each shows what it is named after, and is not blank."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.neovim import neovim
from tests.support.pictures.album import take_all
from tests.support.workbench import needed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]  # two editors and a team, one after the other


def test_every_picture_can_be_taken(tmp_path: Path) -> None:
    neovim()
    needed()
    for name, picture in take_all(tmp_path).items():
        assert picture.file == tmp_path / f"{name}.png"
        assert (picture.width, picture.height) > (1500, 700), name
        assert picture.colours > 256, name
        assert picture.most < 0.97, name
