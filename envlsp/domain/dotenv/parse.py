"""Read a `.env` file without losing a byte of it.

`parse` never raises, whatever the bytes: text that the loader would skip or
refuse becomes statements and problems. It does not resolve references (that is
`expand`) and changes nothing (that is `edit`).
"""

from __future__ import annotations

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.tokens import BOM, Document, Kind, Problem, Statement
from envlsp.domain.secret import SecretName, SecretText, is_secret_name

_CARRIES = (Kind.ASSIGNMENT, Kind.BARE)

MESSAGES = {
    "bad-name": "not a name that can be shared: letters, digits, '.', '_' and '-', at most 128",
    "broken-line": "not an assignment, a comment or a blank line; the loader skips it",
    "duplicate-name": "assigned again further down; the last assignment counts",
    "endless-reference": "its references never come to an end; left as written",
    "no-equals": "a name without '='",
    "no-name": "nothing before '='",
    "not-utf8": "bytes that are not UTF-8",
    "nul-byte": "a NUL byte, which no process environment can hold",
    "text-after-quote": "text after the closing quote",
    "undefined-reference": "refers to a name that is defined nowhere",
    "unterminated-quote": "a quote that is never closed",
}
"""Problem codes are stable; a message never quotes the file."""


def parse(data: bytes, dialect: str = "node") -> Document:
    """Return the tree of a file.

    Raises:
        BadConfig: there is no such dialect.
    """
    rules = dialect_named(dialect)
    start = len(BOM) if data.startswith(BOM) else 0
    scan = rules.scan(data)
    faults = scan.faults
    _note_bad_bytes(data, faults)
    document = Document(data, dialect, tuple(_with_bom(scan.statements, start)))
    if not faults:
        return document
    faults.sort(key=_place)
    problems = tuple(problem(document, code, offset) for code, offset in faults)
    return Document(data, dialect, document.statements, problems, tuple(faults))


def problem(document: Document, code: str, offset: int) -> Problem:
    """Return the problem of that code at a byte of the file."""
    return Problem(code, document.line_at(offset), MESSAGES[code])


def winners(document: Document) -> dict[str, Statement]:
    """Return, for each name, the statement that counts: the last one; ordered by first mention."""
    name_of = document.name_of
    return {name_of(statement): statement for statement in document.statements if statement.kind in _CARRIES}


def entries(document: Document) -> dict[SecretName, SecretText]:
    """Return the literal of every name a release can carry, ordered by first mention.

    Names that are not `[A-Za-z0-9_.-]{1,128}` and names without a value are left out.

    Spec: docs/protocol.md, "B.8 Literals and layout".
    """
    return {
        SecretName(name): SecretText(document.literal_of(statement))
        for name, statement in winners(document).items()
        if statement.kind is Kind.ASSIGNMENT and is_secret_name(name)
    }


def _place(fault: tuple[str, int]) -> int:
    return fault[1]


def _with_bom(statements: list[Statement], start: int) -> list[Statement]:
    """Give the byte order mark to the first statement."""
    if start and statements:
        statements[0] = statements[0]._replace(start=0)
    elif start:
        statements.append(Statement(Kind.BLANK, 0, start))
    return statements


def _note_bad_bytes(data: bytes, faults: list[tuple[str, int]]) -> None:
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as bad:
            faults.append(("not-utf8", bad.start))
    nul = data.find(b"\0")
    if nul >= 0:
        faults.append(("nul-byte", nul))
