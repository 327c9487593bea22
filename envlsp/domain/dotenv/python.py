"""The dialect `python`: python-dotenv 1.2, with `load_dotenv` for references.

The loader reads statement by statement and skips the rest of a line where it
gives up. The scanner follows it step by step, on bytes. What is surprising
about the loader, and kept:

- a name is anything without blanks, `=` and `#`; in single quotes anything at all;
- `NAME` alone is a name without a value, and wins over an earlier assignment;
- an unquoted value ends at a `#` after a blank; `A=#x` is the value `#x`;
- a broken line after a quoted value takes all lines of that value with it;
- it refuses a file that is not UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envlsp.domain.dotenv.dialects import Dialect, Reference, Scan, note_bad_name
from envlsp.domain.dotenv.expand import PYTHON_REFERENCE, expand_python
from envlsp.domain.dotenv.scanning import PlainLines, scan_file
from envlsp.domain.dotenv.tokens import NOWHERE, Kind, Statement

# White space of Python's `\s` beyond ASCII, by its UTF-8 bytes. A lead byte starts
# a new character even in broken UTF-8, so these bytes never mean anything else.
_WIDE = rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
_BLANK = rb"(?:[\t\x0b\x0c\x1c-\x20]|" + _WIDE + rb")"
_END = rb"(?:\r\n|[\r\n])"

_ODD_SPACE = re.compile(rb"[\x0b\x0c\x1c-\x1f]|" + _WIDE)
_BLANK_LINES = re.compile(rb"(?:" + _BLANK + rb"*+" + _END + rb")*+(?:" + _BLANK + rb"*+\Z)?+")
_EXPORT = re.compile(_BLANK + rb"*+(?:(export)" + _BLANK + rb"++)?+")
_BARE_NAME = re.compile(rb"(?:[^=#\t-\r\x1c-\x20\xc2\xe1\xe2\xe3]|(?!" + _WIDE + rb")[\xc2\xe1\xe2\xe3])++")
_QUOTED_NAME = re.compile(rb"'([^']++)'")
_EQUALS = re.compile(_BLANK + rb"*+(=" + _BLANK + rb"*+)")
_BLANKS = re.compile(_BLANK + rb"*+")
_QUOTED = {
    b"'": re.compile(rb"'(?:[^'\\]++|\\.)*+'", re.DOTALL),
    b'"': re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL),
}
_TO_END = re.compile(rb"[^\r\n]*+")
_COMMENT_STARTS = re.compile(_BLANK + rb"#")
_TAIL = re.compile(_BLANK + rb"*+(#[^\r\n]*+)?+(?:" + _END + rb"|\Z)")
_REST = re.compile(rb"[^\r\n]*+" + _END + rb"?+")

# One whole line of the common kinds; anything else takes the long way, and gives
# an empty match at once. Valid only in files without odd white space.
_FAST = re.compile(
    rb"""
    [ \t]*+
    (?:
      (?: (export[ \t]++) | (?!export[ \t]) ) ([\w.-]{1,128}+) [ \t]*+ = [ \t]*+
        ( "[^"\\\r\n]*+" | '[^'\\\r\n]*+' | [^\#\s"'](?:[^\#\r\n]*[^\#\s])? )
      (?: [ \t]++ (\#[^\r\n]*+)?+ )?+
    | (\#[^\r\n]*+)
    )
    (?: \n | \r\n?+ | \Z )
    | ()
    """,
    re.VERBOSE,
)

_NEWLINES = re.compile(r"\r\n?")
_ESCAPES = {
    "'": re.compile(r"\\([\\'])"),
    '"': re.compile(r"\\([\\'\"abfnrtv])"),
}
_CONTROL = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class _GivesUp(Exception):
    """The loader gives up on a statement here."""

    def __init__(self, code: str, place: int) -> None:
        super().__init__(code)
        self.code = code
        self.place = place


_PLAIN = PlainLines(_FAST, _ODD_SPACE)


def scan(data: bytes) -> Scan:
    """Cut a file into statements as python-dotenv reads it."""
    return scan_file(data, _PLAIN, _scan_one)


def _scan_one(data: bytes, pos: int, found: Scan) -> int:
    """Take one statement of any kind; return where it ends."""
    blank = _end_of(_BLANK_LINES, data, pos)
    if blank > pos:
        found.statements.append(Statement(Kind.BLANK, pos, blank))
        return blank
    try:
        statement = _statement(data, pos)
    except _GivesUp as gives_up:
        statement = Statement(Kind.BROKEN, pos, _end_of(_REST, data, gives_up.place))
        found.faults.append((gives_up.code, pos))
    else:
        if statement.kind is Kind.BARE:
            found.faults.append(("no-equals", pos))
        elif statement.kind is Kind.ASSIGNMENT:
            note_bad_name(data, statement, found)
    found.statements.append(statement)
    return statement.end


def _statement(data: bytes, pos: int) -> Statement:
    """Read one statement that is not blank.

    Raises:
        _GivesUp: the loader would skip the rest of the line at that place.
    """
    export = _EXPORT.match(data, pos)
    assert export is not None
    at = export.end()
    if data[at : at + 1] == b"#":
        stop = _end_of(_TO_END, data, at)
        end = _end_of(_REST, data, at)
        return Statement(
            Kind.COMMENT, pos, end, comment_start=at, comment_end=stop, export_start=export.start(1)
        )
    name, after = _name(data, at)
    value, kind, after = _value(data, after)
    tail = _TAIL.match(data, after)
    if tail is None:
        quoted = data[value[0] : value[0] + 1] in _QUOTED
        raise _GivesUp("text-after-quote" if quoted else "broken-line", after)
    return Statement(kind, pos, tail.end(), *name, *value, *tail.span(1), export.start(1))


def _name(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Return the span of a name and the place after it."""
    if data[at : at + 1] == b"'":
        quoted = _QUOTED_NAME.match(data, at)
        if quoted is None:
            raise _GivesUp("unterminated-quote", at)
        return quoted.span(1), quoted.end()
    bare = _BARE_NAME.match(data, at)
    if bare is None:
        raise _GivesUp("no-name", at)
    return bare.span(), bare.end()


def _value(data: bytes, at: int) -> tuple[tuple[int, int], Kind, int]:
    """Return the span of a literal, what it makes of the statement, and the place after it."""
    equals = _EQUALS.match(data, at)
    if equals is None:
        return (NOWHERE, NOWHERE), Kind.BARE, at
    empty, start = equals.start(1) + 1, equals.end()
    first = data[start : start + 1]
    if (first == b"#" and start > empty) or first in (b"", b"\r", b"\n"):
        return (empty, empty), Kind.ASSIGNMENT, start
    if first in _QUOTED:
        quoted = _QUOTED[first].match(data, start)
        if quoted is None:
            raise _GivesUp("unterminated-quote", start)
        return quoted.span(), Kind.ASSIGNMENT, quoted.end()
    end = _end_of_unquoted(data, start)
    return (start, end), Kind.ASSIGNMENT, end


def _end_of_unquoted(data: bytes, start: int) -> int:
    end = _end_of(_TO_END, data, start)
    comment = _COMMENT_STARTS.search(data, start, end)
    text = data[start : end if comment is None else comment.start()]
    # Python's own strip has the same white space as its `\s`.
    return start + len(text.decode("utf-8", "surrogateescape").rstrip().encode("utf-8", "surrogateescape"))


def _end_of(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return at if match is None else match.end()


def decode(literal: bytes) -> str:
    """Turn a literal into its value: quotes off, escapes of that quote undone."""
    text = literal.decode("utf-8", "replace")
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    escapes = _ESCAPES.get(text[:1])
    if escapes is None:
        return text
    return escapes.sub(lambda match: _CONTROL.get(match[1], match[1]), text[1:-1])


_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,=?&~^*-]+")
_BYTES_REFERENCE = re.compile(PYTHON_REFERENCE.pattern.encode())


def candidates(value: str) -> Iterator[bytes]:
    """Yield literals that may mean `value`, the nicest first.

    There is no escape for `${`, but a reference to no name has its default:
    `${:-$}` is a dollar.
    """
    for text in dict.fromkeys((value, value.replace("${", "${:-$}{"))):
        if not value or _PLAIN_VALUE.fullmatch(value):
            yield text.encode()
        if '"' not in text and "\\" not in text and "\r" not in text:
            yield f'"{text}"'.encode()
        escaped = text.replace("\\", "\\\\")
        yield ("'" + escaped.replace("'", "\\'") + "'").encode()
        yield ('"' + escaped.replace('"', '\\"').replace("\r", "\\r") + '"').encode()


def references(literal: bytes) -> Iterator[Reference]:
    """Find the names that python-dotenv would look up in a literal; none has several lines."""
    for match in _BYTES_REFERENCE.finditer(literal):
        yield Reference(match[1].decode("utf-8", "replace"), *match.span(1))


DIALECT = Dialect(
    name="python",
    loader="python-dotenv 1.2",
    scan=scan,
    decode=decode,
    expand=expand_python,
    candidates=candidates,
    references=references,
    refuses_bad_utf8=True,
)
