"""Strategies for nasty `.env` files."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

DIALECTS: Final = ("node", "python")

# Everything that means something to some loader, and what looks like it.
_FRAGMENTS: Final = (
    *("A", "B", "A_1", "b", "1", "A=", "B=", "\nA=", "\nB=", "\nC=", "__proto__", "null", "é", "."),
    *("export", "export ", "=", ": ", ":", " ", "  ", "\t", "\n", "\r\n", "\r", "#", " #"),
    *("'", '"', "`", "\\", "\\'", '\\"', "\\n", "\\r", "\\$", '"x"', "'y'"),
    *("$", "${", "}", "$A", "${A}", "${B:-x}", "${A-$B}", "${:-$}", "$$", "$&", "$(id)"),
    *("\u2028", "\u00a0", "\ufeff", "\x0b", "\x0c", "\x1c", "\x85", "\x00"),
)

texts: Final = st.lists(st.sampled_from(_FRAGMENTS), max_size=30).map("".join)
"""Text that is hard to read right."""

files: Final = st.one_of(
    texts.map(str.encode),
    st.binary(max_size=60),
    st.tuples(texts, st.binary(max_size=3), texts).map(
        lambda parts: parts[0].encode() + parts[1] + parts[2].encode()
    ),
)
"""Any bytes, mostly hard ones."""

files_with_entries: Final = st.tuples(
    files,
    st.sampled_from(
        (b"\nA=1\n", b"\nA='x y' # c\nB=\n", b'\r\nexport A="1"\r\n', b"\nB=$A\nA="),
    ),
    files,
).map(b"".join)
"""Files that mostly assign something."""

values: Final = st.one_of(st.text(max_size=20), texts)
"""Values somebody might want to set."""

names: Final = st.from_regex(r"[A-Z][A-Z0-9_]{0,5}", fullmatch=True)
