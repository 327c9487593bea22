"""Web addresses in the comments of an env file.

A value may hold an address with a password in it, and so may a value that was commented
out: neither is ever a link, nor is an address with a user in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envlsp.domain.dotenv.comments import commented_out
from envlsp.domain.dotenv.tokens import Document, Kind
from envlsp.ide.envfile import Block
from envlsp.ide.positions import Range
from envlsp.ide.results import Place
from envlsp.ide.snapshot import Snapshot

_ADDRESS = re.compile(rb"https?://[A-Za-z0-9][\w.:\[\]-]*(?:/[^\s<>\"'`|\\^{}@]*)?(?=[\s<>\"'`|,;)]|$)")
_TRAILING = b".,;:!?)"


class Link(NamedTuple):
    """A stretch that leads to a web page."""

    range: Range
    url: str


def links(snapshot: Snapshot, place: Place) -> list[Link]:
    """Return the web addresses in the comments of an env file, in order."""
    env = snapshot.env_file(place)
    if env is None:
        return []
    return [
        Link(env.range_of(index, start, end), block.data[start:end].decode("ascii"))
        for index, block in enumerate(env.blocks[: env.told_apart])
        if b"://" in block.data and block.statement.comment_start >= 0
        for start, end in _addresses(block, env.dialect)
    ]


def _addresses(block: Block, dialect: str) -> Iterator[tuple[int, int]]:
    statement = block.statement
    if statement.kind is Kind.COMMENT and any(commented_out(Document(block.data, dialect, (statement,)))):
        return
    for found in _ADDRESS.finditer(block.data, statement.comment_start, statement.comment_end):
        address = found[0].rstrip(_TRAILING)
        if address.isascii():
            yield found.start(), found.start() + len(address)
