"""The byte form of a layout: a file with its values taken out (PROTOCOL A3).

    [1, dialect, [part...]]      part = verbatim bytes | [name]

Two runs of bytes never touch, no run is empty, and a name has one slot: so each
layout has one byte form. A layout is secret text: old values live in it. Refuses
to say what a file means; nobody writes one without parsing it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from envlsp.domain.environment import is_label
from envlsp.domain.release import Layout
from envlsp.domain.secret import SecretName, is_secret_name
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.canonical import Value
from envlsp.wire.limits import ENTRIES_MAX, LABEL_MAX_BYTES, LAYOUT_MAX_BYTES, NAME_MAX_BYTES
from envlsp.wire.shape import as_array, text

LAYOUT_VERSION: Final = 1

_dialect: Final = text(LABEL_MAX_BYTES, is_label)
_name: Final = text(NAME_MAX_BYTES, is_secret_name)


def encode_layout(layout: Layout) -> bytes:
    """Return the canonical bytes of a layout; runs that touch are joined.

    Raises:
        LimitExceeded: longer than a layout may be.
        Malformed: a name twice, or one that is none.
    """
    data = canonical.encode([LAYOUT_VERSION, layout.dialect, list(_joined(layout.parts))])
    if len(data) > LAYOUT_MAX_BYTES:
        raise LimitExceeded(f"a layout of {len(data)} bytes")
    decode_layout_untrusted(data)
    return data


def _joined(parts: Iterable[bytes | SecretName]) -> Iterator[Value]:
    """Yield the parts with every run of bytes as one, and none empty."""
    run = b""
    for part in parts:
        if isinstance(part, bytes):
            run += part
            continue
        if run:
            yield run
        run = b""
        yield [part]
    if run:
        yield run


def decode_layout_untrusted(data: bytes) -> Layout:
    """Return the layout that `data` stands for.

    Raises:
        Malformed: not canonical, a name twice, or of another version.
        LimitExceeded: more of something than the format allows.

    Spec: docs/protocol.md, "B.8 Literals and layout".
    """
    value = canonical.decode_untrusted(data, limit_bytes=LAYOUT_MAX_BYTES)
    version, dialect, parts = as_array(value, 3)
    if version != LAYOUT_VERSION:
        raise Malformed("no such version of a layout")
    items = as_array(parts)
    if len(items) > 2 * ENTRIES_MAX + 1:
        raise LimitExceeded(f"{len(items)} parts in a layout")
    layout = Layout(_dialect.load(dialect), tuple([_load_part(item) for item in items]))
    _check_parts(layout.parts)
    return layout


def _load_part(item: Value) -> bytes | SecretName:
    if type(item) is bytes:
        return item
    (name,) = as_array(item, 1)
    return SecretName(_name.load(name))


def _check_parts(parts: tuple[bytes | SecretName, ...]) -> None:
    after_bytes, seen = False, set[SecretName]()
    for part in parts:
        if isinstance(part, bytes):
            if not part or after_bytes:
                raise Malformed("runs of bytes that are empty or touch")
        elif part in seen:
            raise Malformed("a name has one slot")
        else:
            seen.add(part)
        after_bytes = isinstance(part, bytes)
