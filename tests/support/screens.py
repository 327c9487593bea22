"""What a terminal shows, from the bytes that a program writes to it: every state, one after the other.

It knows what Vim, Kakoune, Helix and Emacs write to an xterm, and no more. Colours are dropped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Final

_SEQUENCE: Final = re.compile(
    r"\x1b\[([<=>?]?)([\d;:]*)[ !$']?([@-~])"  # with parameters
    r"|\x1b[\]PX^_](?s:.)*?(?:\x07|\x1b\\)"  # titles, colours, questions
    r"|\x1b[()*+#%].|\x1b([^\[\]PX^_()*+#%])"  # character sets; two bytes
)
_BEGUN: Final = re.compile(r"\x1b(?:\[[\d;:<=>?!$' ]*|[\]PX^_](?s:.)*|[()*+#%])?\Z")
_CHUNK: Final = 256
"""So many characters make a state, if the program wrote more at once."""


class Terminal:
    """A grid of characters.

    Args:
        columns: its width.
        rows: its height.
    """

    def __init__(self, columns: int = 100, rows: int = 30) -> None:
        self.columns, self.rows = columns, rows
        self.frames: list[str] = []
        """Each state that could be seen: its rows one after the other, as a long line wraps."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._row = self._column = 0
        self._saved = (0, 0)
        self._region = (0, rows)
        self._cells = [self._blank() for _ in range(rows)]

    def feed(self, data: bytes) -> None:
        """Take what the program wrote."""
        text = self._pending + self._decoder.decode(data)
        at = 0
        next_frame = _CHUNK
        while at < len(text):
            if text[at] == "\x1b":
                found = _SEQUENCE.match(text, at)
                if found is None and _BEGUN.match(text, at):
                    break
                at = found.end() if found else at + 1
                if found is not None:
                    self._obey(found)
            else:
                self._put(text[at])
                at += 1
            if at >= next_frame:
                next_frame = at + _CHUNK
                self._keep()
        self._pending = text[at:]
        self._keep()

    def now(self) -> str:
        """Return what is seen, row by row."""
        return "\n".join("".join(row).rstrip() for row in self._cells)

    def shows(self, text: str) -> bool:
        """Return whether something is seen, on whichever row."""
        return text in self.now()

    def _keep(self) -> None:
        frame = "".join("".join(row) for row in self._cells)
        if not self.frames or self.frames[-1] != frame:
            self.frames.append(frame)

    def _blank(self) -> list[str]:
        return [" "] * self.columns

    def _put(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char in "\n\v\f":
            self._down()
        elif char == "\b":
            self._column = max(0, min(self._column, self.columns) - 1)
        elif char == "\t":
            self._column = min(self.columns - 1, (self._column // 8 + 1) * 8)
        elif char >= " ":
            if self._column >= self.columns:
                self._column = 0
                self._down()
            self._cells[self._row][self._column] = char
            self._column += 1

    def _down(self) -> None:
        if self._row == self._region[1] - 1:
            self._shift(self._region[0], 1)
        else:
            self._row = min(self._row + 1, self.rows - 1)

    def _up(self) -> None:
        if self._row == self._region[0]:
            self._shift(self._region[0], -1)
        else:
            self._row = max(self._row - 1, 0)

    def _shift(self, top: int, by: int) -> None:
        """Move the rows from `top` to the end of the region up, or down where `by` is negative."""
        bottom = self._region[1]
        rows = self._cells[top:bottom]
        count = min(abs(by), len(rows))
        blank = [self._blank() for _ in range(count)]
        self._cells[top:bottom] = [*rows[count:], *blank] if by > 0 else [*blank, *rows[: len(rows) - count]]

    def _obey(self, found: re.Match[str]) -> None:
        private, numbers, final, single = found.groups()
        if single is not None:
            self._obey_single(single)
        elif final is not None and not private:
            given = [int(one) if one else 0 for one in re.split("[;:]", numbers)]
            if (action := self._actions().get(final)) is not None:
                action(given[0], given[1] if len(given) > 1 else 0)
        elif final in {"h", "l"} and private == "?" and numbers in {"47", "1047", "1049"}:
            self._erase_screen(2, 0)

    def _obey_single(self, char: str) -> None:
        if char == "7":
            self._saved = self._row, self._column
        elif char == "8":
            self._row, self._column = self._saved
        elif char == "M":
            self._up()
        elif char in "DE":
            self._down()

    def _actions(self) -> Mapping[str, Callable[[int, int], None]]:
        return {
            "A": lambda by, _: self._go(self._row - max(by, 1), self._column),
            "B": lambda by, _: self._go(self._row + max(by, 1), self._column),
            "C": lambda by, _: self._go(self._row, self._column + max(by, 1)),
            "D": lambda by, _: self._go(self._row, self._column - max(by, 1)),
            "G": lambda column, _: self._go(self._row, max(column, 1) - 1),
            "H": lambda row, column: self._go(max(row, 1) - 1, max(column, 1) - 1),
            "f": lambda row, column: self._go(max(row, 1) - 1, max(column, 1) - 1),
            "d": lambda row, _: self._go(max(row, 1) - 1, self._column),
            "J": self._erase_screen,
            "K": self._erase_line,
            "L": lambda count, _: self._shift(self._row, -max(count, 1)),
            "M": lambda count, _: self._shift(self._row, max(count, 1)),
            "S": lambda count, _: self._shift(self._region[0], max(count, 1)),
            "T": lambda count, _: self._shift(self._region[0], -max(count, 1)),
            "@": lambda count, _: self._insert(max(count, 1)),
            "P": lambda count, _: self._delete(max(count, 1)),
            "X": lambda count, _: self._blank_out(self._column, self._column + max(count, 1)),
            "b": lambda count, _: self._repeat(max(count, 1)),
            "r": self._set_region,
        }

    def _go(self, row: int, column: int) -> None:
        self._row = max(0, min(row, self.rows - 1))
        self._column = max(0, min(column, self.columns - 1))

    def _set_region(self, top: int, bottom: int) -> None:
        self._region = max(top, 1) - 1, bottom or self.rows
        self._row = self._column = 0

    def _blank_out(self, first: int, last: int) -> None:
        last = min(last, self.columns)
        self._cells[self._row][first:last] = [" "] * max(0, last - first)

    def _erase_line(self, which: int, _: int) -> None:
        self._blank_out(self._column if which == 0 else 0, self._column + 1 if which == 1 else self.columns)

    def _erase_screen(self, which: int, _: int) -> None:
        below = range(self._row + 1, self.rows) if which == 0 else range(self._row)
        for row in range(self.rows) if which >= 2 else below:
            self._cells[row] = self._blank()
        if which < 2:
            self._erase_line(which, 0)

    def _insert(self, count: int) -> None:
        row = self._cells[self._row]
        row[self._column : self._column] = [" "] * count
        del row[self.columns :]

    def _delete(self, count: int) -> None:
        row = self._cells[self._row]
        del row[self._column : self._column + count]
        row += [" "] * (self.columns - len(row))

    def _repeat(self, count: int) -> None:
        char = self._cells[self._row][self._column - 1]
        for _ in range(count):
            self._put(char)
