"""A Chromium that develops pictures: a page becomes one, and one becomes small enough to be kept in git.

A window of an editor has some hundred colours that matter and thousands that nobody can tell apart,
where letters fade into what is behind them. A picture is written with 256 of them, each chosen by
how often it is seen, and every other pixel takes the nearest.
"""

from __future__ import annotations

import base64
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.workbench import FLAGS

SCALE = 2
"""Pixels of a picture for each of the page, so that letters are sharp on any screen."""
_READ = """
async (data) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + data;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const apart = (one, other) => {
    let sum = 0;
    for (const shift of [0, 8, 16]) sum += (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2;
    return sum;
  };
  const often = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  const kept = [];
  for (const least of [300, 100, 30, 0]) {  // first what can be told apart, then what is between
    for (const colour of often) {
      if (kept.length === 256) break;
      if (kept.every((one) => apart(one, colour) > least)) kept.push(colour);
    }
  }
  const place = new Map();
  for (const colour of often) {
    let best = 0;
    for (let at = 1; at < kept.length; at++) {
      if (apart(kept[at], colour) < apart(kept[best], colour)) best = at;
    }
    place.set(colour, best);
  }
  const rows = Uint8Array.from(pixels, (pixel) => place.get(pixel));
  let text = '';
  for (let at = 0; at < rows.length; at += 32768) {
    text += String.fromCharCode(...rows.subarray(at, at + 32768));
  }
  const most = counts.get(often[0]) / pixels.length;
  return { width: image.width, height: image.height, colours: counts.size, most, kept, rows: btoa(text) };
}
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of one that was developed."""

    file: Path
    width: int
    height: int
    colours: int
    """How many there were before all but 256 were taken out."""
    most: float
    """How much of it has the colour that is seen most, from 0 to 1."""


class Darkroom:
    """A page that nobody looks at."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def take(self, html: str, file: Path) -> Picture:
        """Make a picture of the element `main` of a page."""
        self._page.set_content(html)
        self._page.locator("main").screenshot(path=file)
        return self.develop(file)

    def develop(self, file: Path) -> Picture:
        """Write a picture anew, with fewer colours."""
        found = self._page.evaluate(_READ, base64.b64encode(file.read_bytes()).decode())
        width, height = found["width"], found["height"]
        file.write_bytes(_png(width, height, found["kept"], base64.b64decode(found["rows"])))
        return Picture(file, width, height, found["colours"], found["most"])


@contextmanager
def darkroom() -> Iterator[Darkroom]:
    """Start a Chromium; no other page of Playwright's may be open meanwhile."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        try:
            yield Darkroom(browser.new_page(device_scale_factor=SCALE))
        finally:
            browser.close()


def _png(width: int, height: int, colours: list[int], pixels: bytes) -> bytes:
    """Return a PNG whose pixels are places in a table of colours, one byte each."""
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    table = b"".join(struct.pack("<I", colour & 0xFFFFFFFF)[:3] for colour in colours)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", table), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
