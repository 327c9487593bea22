"""Every frame that a page painted, and whether a person could read a word in it.

After each frame the page's text is gone through as it was painted: what is out of the layout,
hidden, without width, or without colour is not to be read. A word may be cut into pieces by
colours, so what is seen is put together before it is searched. What it does not see are
pixels: a canvas would be one, and the editor draws its text in none but the minimap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.workbench import Workbench, workbench

_RECORD = """
(() => {
  const WORD = %s;
  const found = (window.__frames = { count: 0, read: [], where: '' });
  const clear = (colour) => /^rgba\\(.*, 0\\)$/.test(colour) || colour === 'transparent';
  const faint = (element) => {
    for (let one = element; one; one = one.parentElement) {
      if (getComputedStyle(one).opacity === '0') return true;
    }
    return false;
  };
  const readable = (node) => {
    const style = getComputedStyle(node.parentElement);
    if (style.visibility !== 'visible' || clear(style.color)) return false;
    if (parseFloat(style.fontSize) === 0) return false;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || box.right <= 0 || box.bottom <= 0) return false;
    return box.left < innerWidth && box.top < innerHeight && !faint(node.parentElement);
  };
  const reads = (root) => {
    if (!root.textContent.includes(WORD)) return '';
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let text = '';
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (node.parentElement && !['STYLE', 'SCRIPT'].includes(node.parentElement.tagName)) {
        if (readable(node)) text += node.data;
      }
    }
    const at = text.indexOf(WORD);
    return at < 0 ? '' : text.slice(Math.max(0, at - 60), at + 60);
  };
  const typed = () => [...document.querySelectorAll('input')]
    .filter((one) => one.type !== 'password' && one.value.includes(WORD))
    .map((one) => one.value).join('|');
  const look = () => {
    if (!document.body) return;
    found.count += 1;
    const hosts = [...document.querySelectorAll('.shadow-root-host')].map((one) => one.shadowRoot);
    const text = [document.body, ...hosts.filter(Boolean)].map(reads).join('') || typed();
    if (text) found.read.push([found.count, text]);
  };
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = look;
  const next = () => { port2.postMessage(0); requestAnimationFrame(next); };
  requestAnimationFrame(next);
})();
"""


@dataclass(frozen=True, slots=True)
class Frames:
    """What was painted since the page was loaded, or since it was asked last."""

    count: int
    read: tuple[tuple[int, str], ...]
    """The number of each frame in which the word could be read, and what stood around it."""


def record(page: Page, word: str) -> None:
    """Note every frame from now on, also of what is loaded later."""
    script = _RECORD % repr(word)
    page.add_init_script(script)


@contextmanager
def recorded(folder: Path, environ: Mapping[str, str], word: str) -> Iterator[Workbench]:
    """Open a window that saves nothing by itself, and note every frame of it."""
    settings = {"files.autoSave": "off"}
    with workbench(folder, environ, settings=settings, watch=lambda page: record(page, word)) as found:
        yield found


def frames(page: Page) -> Frames:
    """Return the frames until now, and begin anew."""
    page.wait_for_timeout(100)
    told: Any = page.evaluate(
        """() => {
          const { count, read } = __frames;
          __frames.count = 0;
          __frames.read = [];
          return { count, read };
        }"""
    )
    return Frames(told["count"], tuple((number, text) for number, text in told["read"]))
