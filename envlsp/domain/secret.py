"""A value that cannot slip into a log, and the names it goes by."""

from __future__ import annotations

import re
from typing import NewType, NoReturn, final

SecretName = NewType("SecretName", str)
"""`[A-Za-z0-9_.-]{1,128}` (PROTOCOL A3)."""

MASK = "••••••"
"""What stands for any value: the same length for all, never a prefix."""

LITERAL_MAX_BYTES = 65_536
"""The longest literal a release carries (PROTOCOL B.4)."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


def is_secret_name(text: str) -> bool:
    """Return whether a release can carry this name."""
    return _NAME.fullmatch(text) is not None


@final
class SecretText:
    """Secret bytes or text that show as a mask everywhere but in `reveal`.

    Holds the bytes of a literal or of a decoded value. Equality compares the
    bytes; there is no `str`, no pickle, no format.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes | str) -> None:
        self._data = data.encode() if isinstance(data, str) else data

    def reveal(self) -> bytes:
        """Return the bytes. Search for this call to find every place that sees a value."""
        return self._data

    def reveal_text(self) -> str:
        """Return the value as text; bytes that are not UTF-8 survive as surrogates."""
        return self._data.decode("utf-8", "surrogateescape")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretText) and self._data == other._data

    def __hash__(self) -> int:
        return hash(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"SecretText({MASK})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SecretText is never pickled")
