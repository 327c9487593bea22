"""`invisible-character`: what nobody can see in names, in values and around `=`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envlsp.domain.dotenv.tokens import BOM
from envlsp.ide.envfile import Block

_INVISIBLE = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_NOTHING_ODD = re.compile(rb"[\t\n\r -~]*")
_JOINS = re.compile("[\u200c-\u200f\u3000\U000e0020-\U000e007f]")
"""Between letters of other scripts, or inside an emoji, these belong there."""


def invisible_in(block: Block) -> Iterator[tuple[str, int]]:
    """Yield each invisible character of a statement and its byte offset; its comment is left alone."""
    data, statement = block.data, block.statement
    if _NOTHING_ODD.fullmatch(data):
        return
    comment = statement.comment_start
    text = data[: comment if comment >= 0 else len(data)].decode("utf-8", "surrogateescape")
    for match in _INVISIBLE.finditer(text):
        at, char = match.start(), match[0]
        if (at == 0 and data.startswith(BOM)) or _belongs(text, at, char):
            continue
        yield char, len(text[:at].encode("utf-8", "surrogateescape"))


def _belongs(text: str, at: int, char: str) -> bool:
    around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    return _JOINS.match(char) is not None and len(around) == 2 and not any(map(str.isascii, around))


def described(char: str) -> str:
    """Return `U+200B ZERO WIDTH SPACE`."""
    import unicodedata

    return f"U+{ord(char):04X} {unicodedata.name(char, 'a control character')}"
