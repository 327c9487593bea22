"""Changes to a `.env` file that touch only their range.

Each function returns edits and writes nothing. An edit is never trusted: the
file it leads to is parsed again, and unless that has exactly the entries that
were meant, the change is refused. So no edit can swallow the next line, end a
quote early or hide an assignment inside a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.expand import evaluate
from envlsp.domain.dotenv.parse import entries, parse, winners
from envlsp.domain.dotenv.tokens import NOWHERE, Document, Kind, Statement
from envlsp.domain.secret import LITERAL_MAX_BYTES, SecretName, SecretText, is_secret_name
from envlsp.errors import BadText, NotFound

_LINE_END = re.compile(rb"\r\n|\n|\r")
_QUOTES = (b"'", b'"', b"`")
# What may follow a value: a quote on the next line must not reach back into it.
_NEIGHBOURS = tuple(b"\nZ=" + quote + b"\n" for quote in _QUOTES)

Entries = Mapping[SecretName, SecretText]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes from `start` up to `end`."""

    start: int
    end: int
    replacement: bytes = field(repr=False)


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the file with all edits made; their offsets are those of `data` and do not overlap."""
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        assert at <= edit.start, "edits overlap"
        pieces += [data[at : edit.start], edit.replacement]
        at = edit.end
    return b"".join([*pieces, data[at:]])


def line_end_of(data: bytes) -> bytes:
    r"""Return the line ending a file uses: its first one, `\n` if it has none."""
    match = _LINE_END.search(data)
    return b"\n" if match is None else match[0]


def is_one_value(name: str, literal: SecretText, dialect: str) -> bool:
    """Return whether `NAME=literal` is one assignment of exactly that literal, and no more."""
    document = parse(name.encode() + b"=" + literal.reveal() + b"\n", dialect)
    return len(document.statements) == 1 and entries(document) == {name: literal}


def literal_for(value: SecretText, dialect: str, *, like: SecretText | None = None) -> SecretText:
    """Return a literal that the dialect's loader reads as `value`, references escaped.

    Args:
        value: UTF-8 text.
        dialect: which loader.
        like: the literal it replaces; its kind of quote is kept where that works.

    Raises:
        BadText: the dialect has no way to write this value.
    """
    data = value.reveal()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadText("a value must be UTF-8 text", fix="encode it, for example in base64") from None
    if "\0" in text:
        raise BadText("a value cannot hold a NUL byte", fix="encode it, for example in base64")
    if len(data) > LITERAL_MAX_BYTES:
        raise BadText(
            f"a value has at most {LITERAL_MAX_BYTES // 1024} KiB", fix="share the name of a file instead"
        )
    quote = b"" if like is None else like.reveal()[:1]
    literals = dict.fromkeys(dialect_named(dialect).candidates(text))
    for literal in sorted(literals, key=lambda literal: quote in _QUOTES and literal[:1] != quote):
        if len(literal) <= LITERAL_MAX_BYTES and _means(literal, text, dialect):
            return SecretText(literal)
    raise BadText(
        f"the {dialect} loader has no way to write this value", fix="encode it, for example in base64"
    )


def set_literal(document: Document, name: SecretName, literal: SecretText) -> Edit:
    """Return the edit that gives the assignment that counts a new literal.

    Raises:
        NotFound: the file does not mention the name.
        BadText: no such edit leaves the other entries alone.
    """
    statement = winners(document).get(name)
    if statement is None:
        raise NotFound(name)
    wanted = {**entries(document), name: literal}
    for edit in _ways_to_set(statement, literal.reveal()):
        if _leads_to(document, [edit], wanted):
            return edit
    raise BadText(f"{name} cannot be changed in place without changing its neighbours")


def insert_assignment(
    document: Document, name: SecretName, literal: SecretText, *, after: Statement | None = None
) -> Edit:
    """Return the edit that adds `NAME=literal` as a line of its own.

    Args:
        document: a file without that name.
        name: the new name.
        literal: one value of the file's dialect.
        after: the statement to follow, else the end of the file.

    Raises:
        BadText: the name is there or cannot be shared, or the line would not stand by itself.
    """
    there = entries(document)
    if not is_secret_name(name) or name in there:
        raise BadText(f"{name} cannot be added")
    at = len(document.data) if after is None else after.end
    line_end = line_end_of(document.data)
    opening = b"" if at == 0 or document.data[at - 1 : at] in (b"\n", b"\r") else line_end
    edit = Edit(at, at, opening + name.encode() + b"=" + literal.reveal() + line_end)
    if not _leads_to(document, [edit], {**there, name: literal}):
        raise BadText(f"{name} cannot be added here without changing its neighbours")
    return edit


def remove(document: Document, name: SecretName) -> tuple[Edit, ...]:
    """Return the edits that take out every line that assigns a name.

    Raises:
        NotFound: no line does.
        BadText: the lines around them would change their meaning.
    """
    edits = tuple(Edit(s.start, s.end, b"") for s in _mentions(document, name))
    wanted = {other: literal for other, literal in entries(document).items() if other != name}
    if not _leads_to(document, edits, wanted):
        raise BadText(f"{name} cannot be removed without changing its neighbours")
    return edits


def rename(document: Document, old: SecretName, new: SecretName) -> tuple[Edit, ...]:
    """Return the edits that rename every assignment of a name; references to it stay.

    Raises:
        NotFound: no line assigns the old name.
        BadText: the new name is taken, or cannot be shared.
    """
    there = entries(document)
    if not is_secret_name(new) or new in there:
        raise BadText(f"{new} is taken or not a name")
    edits = tuple(Edit(s.name_start, s.name_end, new.encode()) for s in _mentions(document, old))
    wanted = {new if name == old else name: literal for name, literal in there.items()}
    if not _leads_to(document, edits, wanted):
        raise BadText(f"{old} cannot be renamed to {new}")
    return edits


def _ways_to_set(statement: Statement, literal: bytes) -> list[Edit]:
    """Return edits to try, the smallest first."""
    if statement.value_start == NOWHERE:
        return [Edit(statement.name_end, statement.name_end, b"=" + literal)]
    start, end = statement.value_start, statement.value_end
    return [
        Edit(start, end, literal),
        Edit(start, end, literal + b" "),  # a comment glued to the old closing quote
        Edit(statement.name_end, end, b"=" + literal),  # the old value began on the next line
    ]


def _mentions(document: Document, name: SecretName) -> list[Statement]:
    found = [
        statement
        for statement in document.statements
        if statement.kind in (Kind.ASSIGNMENT, Kind.BARE) and document.name_of(statement) == name
    ]
    if not found:
        raise NotFound(name)
    return found


def _leads_to(document: Document, edits: Iterable[Edit], wanted: Entries) -> bool:
    return entries(parse(apply(document.data, edits), document.dialect)) == wanted


def _means(literal: bytes, text: str, dialect: str) -> bool:
    """Try a literal on the real algorithms, alone and with a quote on the line below it."""
    name = "N"
    while name in text:
        name += "N"
    line = name.encode() + b"=" + literal
    wanted = SecretText(literal)
    alone = parse(line + b"\n", dialect)
    if evaluate(alone).values != {name: SecretText(text)} or len(alone.statements) != 1:
        return False
    return all(
        entries(parse(line + neighbour, dialect)).get(SecretName(name)) == wanted for neighbour in _NEIGHBOURS
    )
