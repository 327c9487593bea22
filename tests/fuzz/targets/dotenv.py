"""`.env` files in every dialect: what a clone, a teammate or an editor puts there.

Nothing may be raised at all, no byte may be lost, an edit touches its range alone, and
an expansion within a budget ends.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import partial

from envlsp.domain.dotenv.blocks import as_document, cut
from envlsp.domain.dotenv.dialects import Budget, OverBudget, dialect_names
from envlsp.domain.dotenv.edit import Edit, apply, insert_assignment, literal_for, remove, rename, set_literal
from envlsp.domain.dotenv.expand import evaluate
from envlsp.domain.dotenv.parse import entries, parse
from envlsp.domain.layout import render, snapshot_of
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadText, LimitExceeded, NotFound
from tests.support.vectors import read

MAX_BYTES = 1_024
DIALECTS = tuple(dialect_names())
_WORK = 20_000
_NEW, _RENAMED = SecretName("A_NEW_NAME"), SecretName("RENAMED_IT_IS")


def seeds() -> Iterator[bytes]:
    """Yield what the loaders were asked, and the shapes that go wrong in parsers."""
    for case in json.loads(read("dotenv/corpus")):
        file = b64decode(case["input"].get("base64", ""))
        if len(file) < MAX_BYTES:
            yield from (bytes((n,)) + file for n in range(len(DIALECTS)))
    for text in (
        "A=1\n",
        "export A='x\ny' # c\n",
        'A="$B${C:-d}"\r\nB=`x`\n',
        "\ufeffA\n=\nA=\\'\n",
        "A=$A\n",
    ):
        yield from (bytes((n,)) + text.encode() for n in range(len(DIALECTS)))


def take(data: bytes) -> None:
    """Do to a file what is done to files; the first byte chooses the dialect."""
    if not data:
        return
    dialect, file = DIALECTS[data[0] % len(DIALECTS)], data[1:]
    document = parse(file, dialect)
    _check_lossless(file, dialect)
    try:
        evaluate(document, {"HOME": "/h", "A": "x"}, budget=Budget(_WORK))
    except OverBudget:
        pass
    _check_edits(file, dialect)
    try:
        snapshot = snapshot_of(file, dialect).snapshot
        render(snapshot, dialect)
    except (BadText, LimitExceeded):
        pass


def _check_lossless(file: bytes, dialect: str) -> None:
    document = parse(file, dialect)
    at = 0
    for statement in document.statements:
        assert statement.start == at, "a byte belongs to no statement, or to two"
        assert statement.end > at
        at = statement.end
    assert at == len(file)
    blocks = cut(file, dialect)
    assert b"".join(block.data for block in blocks) == file
    for block in blocks:
        as_document(block, dialect)


def _check_edits(file: bytes, dialect: str) -> None:
    document = parse(file, dialect)
    before = entries(document)
    literal = _literal(file, dialect)
    for name in (*list(before)[:2], _NEW):
        ways: tuple[Callable[[], Edit | tuple[Edit, ...]], ...] = (
            partial(set_literal, document, name, literal),
            partial(insert_assignment, document, name, literal),
            partial(remove, document, name),
            partial(rename, document, name, _RENAMED),
        )
        for way in ways:
            try:
                made = way()
            except (BadText, NotFound):
                continue
            after = apply(file, (made,) if isinstance(made, Edit) else made)
            left = entries(parse(after, dialect))
            assert all(left.get(other) == before[other] for other in before.keys() - {name})


def _literal(file: bytes, dialect: str) -> SecretText:
    try:
        return literal_for(SecretText(file[:40]), dialect)
    except BadText:
        return SecretText(b"1")
