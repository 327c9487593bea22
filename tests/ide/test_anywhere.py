"""No place in any text makes a feature fail, and what it answers is about that place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from envlsp.ide.completion import complete
from envlsp.ide.hover import hover
from envlsp.ide.locate import locate
from envlsp.ide.navigate import definition, highlights, references
from envlsp.ide.positions import Encoding, Position
from envlsp.ide.rename import prepare
from envlsp.ide.snapshot import Snapshot
from envlsp.ide.text import Text
from tests.support.cursor import ROOT, make_document, read_scene

PIECES = (
    "A=1\n", "B=${A}\n", "C='😀e\u0301 ${A}$B'\r\n", 'D="x\n${A', '"', "'", "# note\n", "#A=old\n", "\n",
    "\r", "\u2028", "\ufeff", "export ", "=", "${", "}", "$", " ", "\\", "A", "\ud83d", "\0", "é", "a/b=1\n",
    "process.env.A", "process.env['", "']", "const { ", " } = process.env\n", ";\n", "import.meta.env.", "`",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
POSITIONS = st.builds(Position, st.integers(0, 12), st.integers(0, 24))
EMPTY = read_scene("A=1\nB=2\n#- .env.example\nA=\n#- .env\n#- app.ts\n#- dev v1 by Bob\nA=2\nX=1\n").snapshot


def snapshot_of(env: str, code: str, encoding: Encoding, dialect: str) -> Snapshot:
    snapshot = EMPTY.with_source(make_document(f"{ROOT}/.env", Text.of(env, encoding), dialect))
    return snapshot.with_source(make_document(f"{ROOT}/app.ts", Text.of(code, encoding), dialect))


@given(TEXTS, TEXTS, POSITIONS, st.sampled_from(list(Encoding)), st.sampled_from(("node", "python")))
def test_every_feature_answers(
    env: str, code: str, position: Position, encoding: Encoding, dialect: str
) -> None:
    snapshot = snapshot_of(env, code, encoding, dialect)
    for place in (f"{ROOT}/.env", f"{ROOT}/app.ts", f"{ROOT}/nowhere"):
        spot = locate(snapshot, place, position)
        shown = hover(snapshot, place, position)
        assert shown is None or (spot is not None and shown.range == spot.range)
        document = snapshot.documents.get(place)
        caret = position if document is None else document.text.nearest(position)
        for item in complete(snapshot, place, position).items:
            assert caret in item.edit.range
            assert item.edit.range.start.line == item.edit.range.end.line
        uses = references(snapshot, place, position, include_declaration=True)
        definition(snapshot, place, position)
        if spot is None or not spot.is_name:
            assert uses == []
            continue
        text = snapshot.documents[place].text
        assert text.between(spot.range) == spot.name
        assert (place, spot.range) in uses
        assert spot.range in highlights(snapshot, place, position)
        assert prepare(snapshot, place, position) == spot.range
