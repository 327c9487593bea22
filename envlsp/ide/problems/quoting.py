"""`unsafe-unquoted-value`: what a shell, or another loader, would read otherwise."""

from __future__ import annotations

import re

from envlsp.domain.dotenv.dialects import Dialect
from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.envfile import Block

QUOTES = (b"'", b'"', b"`")
_BRACED = re.compile(rb"\$\{[^{}]*\}")
_UNSAFE = re.compile(rb"[\s#'\"`\\;&|<>()]")


def is_unsafe(block: Block, rules: Dialect) -> bool:
    """Return whether an unquoted value has something in it that needs quotes elsewhere.

    A reference needs none: no shell splits the value of an assignment. A `$` that is no
    reference does, and so does a `#` right behind the text, which loaders disagree about.
    """
    statement, literal = block.statement, block.literal
    if statement.kind is not Kind.ASSIGNMENT or literal[:1] in QUOTES:
        return False
    if statement.comment_start >= 0 and statement.comment_start == statement.value_end:
        return True
    if b"$" in literal:
        bare = sum(literal[start - 1 : start] == b"$" for _, start, _ in rules.references(literal))
        literal = _BRACED.sub(b"", literal)
        if literal.count(b"$") > bare:
            return True
    return _UNSAFE.search(literal) is not None
