"""The dialect `node`: motdotla/dotenv 18 and, for references, dotenv-expand 13.

The loader is one regular expression applied to the whole text. The scanner here
gives the same answers in linear time, on bytes, and keeps the places. What is
surprising about the loader, and kept:

- blanks around `=` may be line breaks: a quoted value may start on the next line;
- `NAME: value` assigns, and so does `NAME:` with the value on the next line;
- a quote closes only where the rest of the line is blank or a comment. Else the
  value is unquoted, ends at the first `#`, and loses its outer quotes only if
  the first and the last character are the same;
- U+2028 and U+2029 end a line for `^`, `$` and comments, not for unquoted values;
- a name `__proto__` is lost, as on any JavaScript object.

One thing is not kept: a reference to what every JavaScript object has, such as
`${constructor}`, is undefined here; the loader gives nonsense or never returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envlsp.domain.dotenv.dialects import Dialect, Reference, Scan, note_bad_name
from envlsp.domain.dotenv.expand import expand_node
from envlsp.domain.dotenv.scanning import PlainLines, scan_file
from envlsp.domain.dotenv.tokens import NOWHERE, Kind, Statement

# White space of JavaScript beyond ASCII, by its UTF-8 bytes. A lead byte starts
# a new character even in broken UTF-8, so these bytes never mean anything else.
_WIDE_BLANK = rb"\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf"
_WIDE_END = rb"\xe2\x80[\xa8\xa9]"
_ANY = rb"(?:[\t-\r ]|" + _WIDE_BLANK + rb"|" + _WIDE_END + rb")"
_BLANK = rb"(?:[\t\x0b\x0c ]|" + _WIDE_BLANK + rb")"
_END = rb"(?:\r\n|[\r\n]|" + _WIDE_END + rb")"
_TO_END = rb"(?:[^\r\n\xe2]++|\xe2(?!\x80[\xa8\xa9]))*+"

_WIDE = re.compile(_WIDE_BLANK + rb"|" + _WIDE_END)
_BLANK_LINES = re.compile(rb"(?:" + _BLANK + rb"*+" + _END + rb")*+(?:" + _BLANK + rb"*+\Z)?+")
_COMMENT_LINE = re.compile(_BLANK + rb"*+(#" + _TO_END + rb")(?:" + _END + rb")?+")
_HEAD = re.compile(
    _BLANK
    + rb"*+(?:(export)"
    + _ANY
    + rb"++(?=[\w.-]))?+([\w.-]++)(?:"
    + _ANY
    + rb"*+=|:(?:\r\n|"
    + _ANY
    + rb"))"
)
_QUOTE = re.compile(_ANY + rb"*+(['\"`])")
_TAIL = re.compile(_BLANK + rb"*+(#" + _TO_END + rb")?+(?:" + _END + rb"|\Z)")
_UNQUOTED = re.compile(rb"[^#\r\n]*+")
_LINE = re.compile(_TO_END + rb"(?:" + _END + rb")?+")
_NAME_ALONE = re.compile(
    _BLANK + rb"*+(?:export" + _BLANK + rb"++)?+[\w.-]++" + _BLANK + rb"*+(?:\#|" + _END + rb"|\Z)"
)
_CLOSE = {q: re.compile(rb"(?:[^%b\\]++|\\%b?+)*+%b" % (q, q, q)) for q in (b"'", b'"', b"`")}
_ESCAPED = {q: re.compile(rb"\\" + q) for q in _CLOSE}

# One whole line of the common kinds; anything else takes the long way, and gives
# an empty match at once, so that nothing is searched twice. Valid only in files
# without wide white space.
_FAST = re.compile(
    rb"""
    [ \t]*+
    (?:
      (export[ \t]++(?=[\w.-]))?+ ([\w.-]{1,128}+) [ \t]*+ = [ \t]*+
        ( "[^"\\\r\n]*+" | '[^'\\\r\n]*+' | `[^`\\\r\n]*+` | [^\#\s"'`](?:[^\#\r\n]*[^\#\s])? )
      [ \t]*+ (\#[^\r\n]*+)?+
    | (\#[^\r\n]*+)
    )
    (?: \n | \r\n?+ | \Z )
    | ()
    """,
    re.VERBOSE,
)

_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's `trim` takes off."""
_LOST = b"__proto__"
_NEWLINES = re.compile(r"\r\n?")
_LINE_ENDS = re.compile("[\n\u2028\u2029]")


_PLAIN = PlainLines(_FAST, _WIDE, _LOST)


def scan(data: bytes) -> Scan:
    """Cut a file into statements as dotenv's expression would match it."""
    return scan_file(data, _PLAIN, _scan_one)


def _scan_one(data: bytes, pos: int, found: Scan) -> int:
    """Take one statement of any kind; return where it ends."""
    blank = _BLANK_LINES.match(data, pos)
    if blank is not None and blank.end() > pos:
        found.statements.append(Statement(Kind.BLANK, pos, blank.end()))
        return blank.end()
    comment = _COMMENT_LINE.match(data, pos)
    if comment is not None:
        start, stop = comment.span(1)
        found.statements.append(
            Statement(Kind.COMMENT, pos, comment.end(), comment_start=start, comment_end=stop)
        )
        return comment.end()
    head = _HEAD.match(data, pos)
    return _scan_broken(data, pos, found) if head is None else _scan_assignment(data, pos, head, found)


def _scan_broken(data: bytes, pos: int, found: Scan) -> int:
    line = _LINE.match(data, pos)
    end = len(data) if line is None else line.end()
    found.statements.append(Statement(Kind.BROKEN, pos, end))
    found.faults.append(("no-equals" if _NAME_ALONE.match(data, pos) else "broken-line", pos))
    return end


def _scan_assignment(data: bytes, pos: int, head: re.Match[bytes], found: Scan) -> int:
    name_start, name_end = head.span(2)
    value = _quoted(data, head.end())
    if value is None:
        value = _unquoted(data, head.end())
        _note_quotes(data, value, found)
    tail = _TAIL.match(data, _after(data, head.end(), value))
    comment, end = (tail.span(1), tail.end()) if tail is not None else ((NOWHERE, NOWHERE), value[1])
    if data[name_start:name_end] == _LOST:
        found.faults.append(("bad-name", name_start))
        found.statements.append(Statement(Kind.BROKEN, pos, end))
        return end
    statement = Statement(
        Kind.ASSIGNMENT, pos, end, name_start, name_end, *value, *comment, export_start=head.start(1)
    )
    note_bad_name(data, statement, found)
    found.statements.append(statement)
    return end


def _after(data: bytes, start: int, value: tuple[int, int]) -> int:
    """Return where the loader looks for the comment: past an unquoted value's blanks."""
    if value[0] < value[1]:
        return value[1]
    unquoted = _UNQUOTED.match(data, start)
    return start if unquoted is None else unquoted.end()


def _quoted(data: bytes, start: int) -> tuple[int, int] | None:
    """Return the span of a quoted value, or None where no quote closes it.

    The first quote without a backslash before it closes the value if nothing
    but a comment follows; else, from the last to the first, those with one.
    """
    opening = _QUOTE.match(data, start)
    if opening is None:
        return None
    quote, first = opening[1], opening.end()
    closing = _CLOSE[quote].match(data, first)
    if closing is not None and _TAIL.match(data, closing.end()):
        return first - 1, closing.end()
    limit = len(data) if closing is None else closing.end()
    for escaped in reversed(list(_ESCAPED[quote].finditer(data, first, limit))):
        if _TAIL.match(data, escaped.end()):
            return first - 1, escaped.end()
    return None


def _unquoted(data: bytes, start: int) -> tuple[int, int]:
    match = _UNQUOTED.match(data, start)
    end = start if match is None else match.end()
    text = data[start:end].decode("utf-8", "surrogateescape")
    left = text.lstrip(_SPACE)
    kept = left.rstrip(_SPACE)
    if not kept:
        return start, start
    begin = start + len(text[: len(text) - len(left)].encode())
    return begin, begin + len(kept.encode("utf-8", "surrogateescape"))


def _note_quotes(data: bytes, value: tuple[int, int], found: Scan) -> None:
    quote = data[value[0] : value[0] + 1]
    if value[0] < value[1] and quote in _CLOSE:
        closed = data.find(quote, value[0] + 1, value[1]) >= 0
        found.faults.append(("text-after-quote" if closed else "unterminated-quote", value[0]))


def decode(literal: bytes) -> str:
    r"""Turn a literal into its value: outer quotes off, `\n` and `\r` in double quotes."""
    text = literal.decode("utf-8", "replace")
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    if text[:1] not in ("'", '"', "`") and not _LINE_ENDS.search(text):
        return text
    value = _without_quotes(text)
    if text[0] == '"':
        value = value.replace("\\n", "\n").replace("\\r", "\r")
    return value


def _without_quotes(text: str) -> str:
    """Drop a pair of equal quotes that opens a line and closes a line, as often as there is one.

    For a quoted value that is its own pair. Other values have several lines only
    where U+2028 or U+2029 stands in them.
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`":
        return text[1:-1]
    ends = [m.start() for m in _LINE_ENDS.finditer(text)]
    last = {text[end - 1]: end - 1 for end in [*ends, len(text)] if end}
    kept, done = [], 0
    for start in [0, *(end + 1 for end in ends)]:
        quote = text[start : start + 1]
        if start >= done and quote in ("'", '"', "`") and last.get(quote, -1) > start:
            kept += [text[done:start], text[start + 1 : last[quote]]]
            done = last[quote] + 1
    return "".join([*kept, text[done:]])


_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,=?&~^*-]+")
_QUOTES_BY_TASTE = (b'"', b"'", b"`")
_REFERENCE = re.compile(rb"(?<!\\)\$(?:\{([A-Za-z_][\w.]*)(?:[:+-][^{}]*)?\}|([A-Za-z_]\w*))")


def candidates(value: str) -> Iterator[bytes]:
    r"""Yield literals that may mean `value`, the nicest first.

    A backslash before `$` keeps dotenv-expand away, and it takes it off again.
    A carriage return survives only as `\r` in double quotes.
    """
    for text in dict.fromkeys((value, value.replace("$", "\\$"))):
        data = text.encode()
        if not value or _PLAIN_VALUE.fullmatch(value):
            yield data
        for quote in _QUOTES_BY_TASTE:
            if quote not in data:
                yield quote + data + quote
        escaped = data.replace(b"\r", b"\\r").replace(b"\n", b"\\n")
        if b'"' not in data:
            yield b'"' + escaped + b'"'
        yield data
        yield b'"' + escaped + b'"'  # the outer quotes go although there are inner ones


def references(literal: bytes) -> Iterator[Reference]:
    """Find the names that dotenv-expand would look up in a literal."""
    for match in _REFERENCE.finditer(literal):
        group = 1 if match[1] is not None else 2
        yield Reference(match[group].decode(), *match.span(group))


DIALECT = Dialect(
    name="node",
    loader="dotenv 18 with dotenv-expand 13",
    scan=scan,
    decode=decode,
    expand=expand_node,
    candidates=candidates,
    references=references,
)
