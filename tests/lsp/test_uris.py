from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.lsp.uris import Places, file_path, file_uri


@pytest.mark.parametrize(
    ("uri", "path"),
    (
        ("file:///shop/.env", "/shop/.env"),
        ("file:///a%20b/%C3%A9%23.env", "/a b/é#.env"),
        ("file://localhost/shop/.env", "/shop/.env"),
        ("file:/shop/.env", "/shop/.env"),
        ("file:///C%3A/shop/.env", "c:/shop/.env"),
        ("file:///c:/shop/.env", "c:/shop/.env"),
        ("file://server/share/.env", "//server/share/.env"),
        ("file:///shop/a?b#c", "/shop/a?b#c"),
        ("file:///bad%zz", "/bad%zz"),
        ("untitled:Untitled-1", None),
        ("envlsp://tm1/shop/web/dev", None),
        ("git:/shop/.env?x", None),
        ("", None),
        ("file://[", None),
        ("file://", None),
    ),
)
def test_paths_of_uris(uri: str, path: str | None) -> None:
    assert file_path(uri) == path


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_a_path_survives_the_way_there_and_back(name: str) -> None:
    path = "/shop/" + name
    assert file_path(file_uri(path)) == path


def test_bytes_that_are_no_text_survive() -> None:
    path = os.fsdecode(b"/shop/\xff.env")
    assert file_path("file:///shop/%FF.env") == path


def test_the_editor_is_answered_in_its_own_spelling(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "l nk"
    real.mkdir()
    link.symlink_to(real)
    places = Places()
    root = f"file://{link.parent}/l%20nk"
    assert places.set_roots((root + "/", "untitled:x")) == [str(real)]
    place = places.opened(f"{root}/%2Eenv")
    assert place == str(real / ".env")
    assert places.place(f"{root}/.env") == place
    assert places.uri(place) == f"{root}/%2Eenv"
    places.closed(place)
    assert places.uri(place) == f"{root}/.env"
    assert places.uri(str(real)) == root
    assert places.uri(str(tmp_path / "a b")) == (tmp_path / "a b").as_uri()
    assert places.uri("envlsp://tm1/shop/web/dev") == "envlsp://tm1/shop/web/dev"


@pytest.mark.parametrize("uri", ("file:///a%00b/.env", "file:", "file:.env"))
def test_what_is_no_path_here_is_its_own_place(uri: str) -> None:
    places = Places()
    assert places.place(uri) == places.uri(uri) == uri
    assert places.set_roots((uri,)) == []


def test_a_drive_is_no_folder_below_the_working_one() -> None:
    assert Places().place("file:///c%3A/shop/.env") == "file:///c%3A/shop/.env"


def test_a_linked_file_keeps_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "shared").write_text("")
    (tmp_path / ".env").symlink_to(tmp_path / "shared")
    assert Places().place(f"file://{tmp_path}/.env") == str(tmp_path / ".env")
