from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.secret import SecretText
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Encoding, Position, Range
from envlsp.ide.snapshot import AppFacts, Document, Facts, Kind, ProjectFacts, Standing
from envlsp.ide.text import Text
from envlsp.ide.usages import Usages
from envlsp.lsp.client import Client
from envlsp.lsp.session import REVEAL_S, Session

ENV = "file:///shop/.env"


def _session(encoding: Encoding = Encoding.UTF16) -> Session:
    return Session(Client(encoding=encoding, folders=("file:///shop",)))


@pytest.mark.parametrize(
    ("uri", "language", "kind"),
    (
        ("file:///shop/.env", "", Kind.ENV),
        ("file:///shop/.env.local", "dotenv", Kind.ENV),
        ("file:///shop/.envrc", "", Kind.OTHER),
        ("file:///shop/prod.env", "", Kind.ENV),
        ("file:///shop/.ENV", "dotenv", Kind.ENV),
        ("file:///shop/x.txt", "env", Kind.ENV),
        ("file:///shop/x.txt", "plaintext", Kind.OTHER),
        ("untitled:Untitled-2", "dotenv", Kind.ENV),
        ("file:///shop/app.py", "python", Kind.CODE),
        ("file:///shop/app", "typescriptreact", Kind.CODE),
        ("file:///shop/ev.yaml", "yaml", Kind.CONFIG),
        ("file:///shop/other.yaml", "yaml", Kind.OTHER),
        ("envlsp://tm1abc/shop/web/dev", "dotenv", Kind.VIRTUAL),
        ("untitled:Untitled-1", "plaintext", Kind.OTHER),
    ),
)
def test_kinds_of_documents(uri: str, language: str, kind: Kind) -> None:
    assert _session().open(uri, language, 1, "").kind is kind


def test_a_snapshot_that_was_taken_stays_as_it_was() -> None:
    session = _session()
    place = session.open(ENV, "", 1, "A=1\n").place
    before = session.snapshot
    session.change(ENV, 2, [(Range(Position(0, 0), Position(0, 1)), "B")])
    assert str(before.documents[place].text) == "A=1\n"
    assert str(session.snapshot.documents[place].text) == "B=1\n"
    env = session.snapshot.env_file(place)
    assert env is not None
    assert list(env.by_name) == ["B"]


def test_many_changes_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    session = _session()
    place = session.open(ENV, "", 1, "A=1\n").place
    parsed: list[str] = []
    whole = Session._parsed

    def counted(self: Session, document: Document) -> EnvFile:
        parsed.append(document.place)
        return whole(self, document)

    monkeypatch.setattr(Session, "_parsed", counted)
    for version in range(2, 50):
        session.change(ENV, version, [(Range(Position(0, 2), Position(0, 2)), "x")])
    assert parsed == []
    assert session.snapshot is session.snapshot
    assert parsed == [place]


def test_the_dialect_of_the_app_counts_as_soon_as_it_is_known() -> None:
    session = _session()
    place = session.open("file:///shop/variables", "", 1, "A=1\n").place
    assert session.snapshot.env_file(place) is None
    app = AppFacts("web", "/shop", "python", {"dev": place})
    session.set_facts(Facts((ProjectFacts("/shop", "shop", Standing.NO_PROJECT, (app,)),)))
    env = session.snapshot.env_file(place)
    assert env is not None
    assert env.dialect == "python"
    session.set_facts(Facts())
    assert session.snapshot.documents[place].kind is Kind.OTHER


def test_files_beside_the_workspace_are_told_by_their_folders() -> None:
    session = _session()
    for uri in ("file:///shop/.env", "file:///other/api/.env", "file:///other/api/a.py", "untitled:.env"):
        session.open(uri, "", 1, "")
    assert session.beside == {"/other/api"}
    session.close("file:///other/api/.env")
    session.close("file:///other/api/a.py")
    assert session.beside == set()


def test_open_code_counts_as_it_is_in_the_editor() -> None:
    session = _session()
    place = session.open("file:///shop/app.py", "python", 1, 'import os\nos.environ["ONE"]\n').place
    assert set(session.snapshot.usages.by_name) == {"ONE"}
    indexed = Usages(is_complete=True).with_file(place, ()).with_file("/shop/b.py", ())
    session.set_usages(replace(indexed, is_complete=True))
    assert set(session.snapshot.usages.by_name) == {"ONE"}
    session.change("file:///shop/app.py", 2, [(None, 'import os\nos.environ["TWO"]\n')])
    assert set(session.snapshot.usages.by_name) == {"TWO"}
    session.close("file:///shop/app.py")
    assert set(session.snapshot.usages.by_name) == set()


def test_a_grant_is_for_one_hover_and_a_short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    session, now = _session(), 100.0
    monkeypatch.setattr("envlsp.lsp.session.time.monotonic", lambda: now)
    value = SecretText("x")
    session.grant("/shop/.env", "A", value)
    assert session.take_grant("/shop/.env.local", "A") is None
    assert session.take_grant("/shop/.env", "B") is None
    assert session.take_grant("/shop/.env", "A") is value
    assert session.take_grant("/shop/.env", "A") is None
    session.grant("/shop/.env", "A", value)
    now += REVEAL_S + 1
    assert not session.has_grants
    assert session.take_grant("/shop/.env", "A") is None


def test_a_document_that_is_not_open_is_not_changed() -> None:
    assert _session().change(ENV, 1, [(None, "A=1")]) is None


def test_folders_through_a_link_have_the_place_of_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    session = Session(Client(folders=((tmp_path / "link").as_uri(),)))
    assert session.folders == [str((tmp_path / "real").resolve())]


PIECES = st.text(st.sampled_from("aé😀\u0301\r\n\u2028="), max_size=8)


@given(
    PIECES,
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), PIECES), max_size=5),
    st.sampled_from(Encoding),
)
@settings(max_examples=60, deadline=None)
def test_changes_give_the_text_of_a_model(
    text: str, changes: list[tuple[int, int, str]], encoding: Encoding
) -> None:
    session = _session(encoding)
    place = session.open(ENV, "", 1, text).place
    for version, (one, two, new) in enumerate(changes, 2):
        start, end = sorted((min(one, len(text)), min(two, len(text))))
        if "\r\n" in (text[max(start - 1, 0) : start + 1], text[max(end - 1, 0) : end + 1]):
            continue
        where = Range(_position(text, start, encoding), _position(text, end, encoding))
        session.change(ENV, version, [(where, new)])
        text = text[:start] + new + text[end:]
        assert str(session.snapshot.documents[place].text) == text
        env = session.snapshot.env_file(place)
        assert env is not None
        assert b"".join(block.data for block in env.blocks) == text.encode()


def _position(text: str, index: int, encoding: Encoding) -> Position:
    return Text.of(text[:index], encoding).end()
