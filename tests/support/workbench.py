"""VS Code's workbench in a real Chromium, with the packaged extension, as a person uses it.

It starts clean: folders of its own, no network but this machine, no gallery, nobody's settings.
Where a part of it is missing the tests say so loudly, or fail with REQUIRE_ALL=1. What it does
not know is any feature of envlsp: tests/editors/vscode has those.

    with workbench(alice.shop, alice.environ()) as bench:
        bench.open(".env")
        bench.seen("API_URL=")
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.support.missing import leave_out
from tests.support.vsix import packaged

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CODE_SERVER = ROOT / ".editors/code-server/node_modules/code-server/out/node/entry.js"
WAIT_S = 90.0
"""Long, for machines that do much else: a wait that is met costs nothing of it."""
WAIT_MS = WAIT_S * 1000
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
"""Of Chromium: it talks to nobody, and needs no graphics."""
SETTINGS: Final[Mapping[str, object]] = {
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoUpdate": False,
    "extensions.autoCheckUpdates": False,
    "extensions.ignoreRecommendations": True,
    "workbench.startupEditor": "none",
    "workbench.enableExperiments": False,
    "workbench.tips.enabled": False,
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.reduceMotion": "on",  # or a picture shows half a toast
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "editor.hover.delay": 150,
    "window.menuBarVisibility": "classic",
    "git.openRepositoryInParentFolders": "never",
}
"""Without these the editor asks the network, or asks the person something first."""

RUNNING: list[Workbench] = []
"""Those that run, so that what they showed can be kept when a test fails."""

_WHERE = """
([word, after, nth]) => {
  for (const line of document.querySelectorAll('.editor-instance .view-line')) {
    const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const at = node.data.replaceAll('\\u00a0', ' ').indexOf(word);
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + word.length);
      const box = range.getBoundingClientRect();
      if (box.width === 0 || nth-- > 0) continue;
      const x = after === null ? box.x + box.width / 2 : box.right + after;
      return [x, box.y + box.height / 2];
    }
  }
  return null;
}
"""
_DOTS = """
(word) => [...document.querySelectorAll('.editor-instance .view-line')]
  .filter((line) => line.innerText.replaceAll('\\u00a0', ' ').includes(word))
  .flatMap((line) => [...line.querySelectorAll('span')])
  .some((one) => ['::before', '::after'].some((side) => getComputedStyle(one, side).content.includes('•')))
"""
_TEXT = """
() => {
  const found = [];
  const visit = (root) => {
    found.push(root.textContent ?? '', root.innerText ?? '');
    for (const one of root.querySelectorAll('*')) {
      for (const name of ['value', 'title', 'ariaLabel', 'placeholder']) {
        if (typeof one[name] === 'string') found.push(one[name]);
      }
      if (one.shadowRoot) visit(one.shadowRoot);
    }
  };
  visit(document.documentElement);
  return [document.title, ...found].join('\\n');
}
"""


class Workbench:
    """One window of VS Code on a folder.

    Args:
        page: what Chromium shows.
        address: of the editor's server.
        folder: what is opened.
        place: where the editor keeps what it writes.
    """

    def __init__(self, page: Page, address: str, folder: Path, place: Path) -> None:
        self.page = page
        self.folder = folder
        self.place = place
        self._address = address
        self.outside: set[str] = set()
        """Hosts besides this machine that were asked for anything."""
        page.on("request", lambda request: self._note(request.url))
        page.set_default_timeout(WAIT_MS)

    # --- windows and files ----------------------------------------------------------------------

    def load(self) -> None:
        """Open the window on its folder, or open it anew."""
        self.page.goto(f"{self._address}/?folder={self.folder}")
        self.page.locator(".monaco-workbench .part.editor").wait_for()

    def open(self, name: str) -> None:
        """Open a file of the folder by its name, as a person does who types it."""
        self.page.keyboard.press("Control+P")
        self._fill(str(self.folder / name))
        # The list shows what was opened lately until it has found the file.
        first = f'.quick-input-widget .monaco-list-row.focused[aria-label^="{Path(name).name}"]'
        self.page.locator(first).wait_for()
        self.page.keyboard.press("Enter")
        self.tab(Path(name).name).and_(self.page.locator(".active")).wait_for()
        self.page.locator(".editor-instance .view-line").first.wait_for()

    def watches(self) -> None:
        """Wait until the editor hears of what others write to its folder: not from its first moment."""
        file = self.folder / "written-by-others"
        row = self.page.locator(".explorer-folders-view .monaco-list-row", has_text=file.name)

        def heard() -> bool:
            file.touch()
            self.page.wait_for_timeout(1000)  # what comes and goes at once is nothing to the editor
            file.unlink()
            with suppress(PlaywrightTimeout):
                row.wait_for(state="detached", timeout=3000)
            return row.count() == 0 and was_shown()

        def was_shown() -> bool:
            file.touch()
            with suppress(PlaywrightTimeout):
                row.wait_for(timeout=3000)
            shown = row.count() > 0
            self.page.wait_for_timeout(1000)
            file.unlink()
            return shown

        self.until(heard, "the folder is watched")

    def tab(self, label: str) -> Locator:
        """Return the tabs with a label."""
        return self.page.locator(f'.tab[data-resource-name="{label}"]')

    def palette(self, command: str) -> None:
        """Run a command by the title that the palette has for it."""
        self.page.keyboard.press("F1")
        self._fill(f">{command}")
        row = ".quick-input-widget .monaco-list-row"
        said = (f'[aria-label="{command}"]', f'[aria-label^="{command},"]')  # a shortcut may follow
        self.page.locator(",".join(row + label for label in said)).first.click()

    def save(self) -> None:
        """Save what is in front."""
        self.page.keyboard.press("Control+S")
        self.page.locator(".tab.active.dirty").wait_for(state="detached")

    # --- typing and pointing --------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type, key by key."""
        self.page.keyboard.type(text)

    def keys(self, *keys: str) -> None:
        """Press keys, such as `Control+End`."""
        for key in keys:
            self.page.keyboard.press(key)

    def point(self, word: str, *, after_px: float | None = None, nth: int = 0) -> tuple[float, float]:
        """Return where a word is seen in an editor: its middle, or so far behind its end.

        Args:
            word: inside one token.
            after_px: dots are no text: they stand behind the word.
            nth: which of several, from 0.
        """

        def found() -> Any:
            return self.page.evaluate(_WHERE, [word, after_px, nth])

        x, y = self.until(found, f"{word} is seen in an editor")
        return x, y

    def hover(self, word: str, *, after_px: float | None = None, nth: int = 0) -> str:
        """Rest the mouse on a word; return what comes up."""
        box = self.page.locator(".monaco-resizable-hover .monaco-hover:visible").first  # no tab's

        def came() -> bool:  # the server may know of nothing yet
            self.page.mouse.move(3, 3)
            self.page.mouse.move(*self.point(word, after_px=after_px, nth=nth), steps=3)
            with suppress(PlaywrightTimeout):
                box.locator(".hover-contents").first.wait_for(timeout=3000)
            return box.count() > 0

        self.until(came, f"something is said of {word}")
        return box.inner_text()

    def click(self, word: str, *, after_px: float | None = None, nth: int = 0) -> None:
        """Put the cursor on a word."""
        self.page.mouse.click(*self.point(word, after_px=after_px, nth=nth))

    def suggestions(self) -> list[str]:
        """Ask what could stand here; return the names."""
        self.page.keyboard.press("Control+Space")
        self.page.locator(".suggest-widget:visible").first.wait_for()
        rows = self.page.locator(".suggest-widget .monaco-list-row .label-name")
        self.until(rows.count, "something is suggested")
        return rows.all_inner_texts()

    def actions(self, word: str) -> list[str]:
        """Open the menu of the lightbulb on a word; return what it offers."""
        rows = self.page.locator(".action-widget .monaco-list-row.action")

        def opened() -> bool:  # the server may know of nothing yet
            self.keys("Escape")
            self.click(word)  # each time: a line may have moved beneath the mouse
            self.keys("Control+.")
            with suppress(PlaywrightTimeout):
                rows.first.wait_for(timeout=2000)
            return rows.count() > 0

        self.until(opened, "something is offered")
        return [row.strip() for row in rows.all_inner_texts()]

    def act(self, title: str) -> None:
        """Choose what the open menu offers."""
        row = self.page.locator(".action-widget .monaco-list-row.action", has_text=title).first
        row.hover(force=True)
        row.click(force=True)

    def answer(self, text: str) -> None:
        """Type into the box on top, and confirm it."""
        self._fill(text)
        self.page.keyboard.press("Enter")

    def choose(self, label: str) -> None:
        """Choose one of the rows on top."""
        self.page.locator(".quick-input-widget .monaco-list-row", has_text=label).first.click()

    # --- looking --------------------------------------------------------------------------------

    def seen(self, text: str) -> None:
        """Wait until an editor shows a text."""
        self.until(lambda: text in self.shown(), f"{text} is shown")

    def shown(self) -> str:
        """Return the lines that are visible in editors, from top to bottom, without what is hidden."""
        lines = self.page.evaluate(
            """() => [...document.querySelectorAll('.editor-instance .view-line')]
              .map((line) => [parseFloat(line.style.top), line.innerText])
              .sort((one, other) => one[0] - other[0]).map(([, text]) => text)"""
        )
        return "\n".join(lines).replace("\u00a0", " ")

    def masked(self, word: str) -> bool:
        """Return whether dots stand in the line that shows a word."""
        return bool(self.page.evaluate(_DOTS, word))

    def squiggles(self) -> Locator:
        """Return what is underlined as a problem."""
        return self.page.locator('[class*="squiggly-"]')

    def status(self, part: str = "") -> list[str]:
        """Return the items of the status bar that say something."""
        items = self.page.locator(".statusbar-item").all_inner_texts()
        return [item.strip() for item in items if part in item]

    def toasts(self) -> list[str]:
        """Return what the editor told and nobody has put away."""
        return [toast.strip() for toast in self.page.locator(".notification-toast").all_inner_texts()]

    def toast(self, text: str) -> Locator:
        """Wait until the editor tells something."""
        found = self.page.locator(".notification-toast", has_text=text).first
        found.wait_for()
        return found

    def text(self) -> str:
        """Return every text that the window holds, seen or not."""
        return str(self.page.evaluate(_TEXT))

    def until(self, holds: Callable[[], Any], what: str = "it came to pass") -> Any:
        """Wait until something is true, and return it."""
        limit = time.monotonic() + WAIT_S
        while not (found := holds()):
            assert time.monotonic() < limit, f"never: {what}; shown: {self.shown()!r}; told: {self.toasts()}"
            self.page.wait_for_timeout(30)
        return found

    def screenshot(self, path: Path) -> Path:
        """Write down what a person sees."""
        self.page.screenshot(path=path)
        return path

    # --- behind the screen ----------------------------------------------------------------------

    def set(self, name: str, value: object) -> None:
        """Change a setting of the person; None takes it back."""
        file = self.place / "data/User/settings.json"
        table = {**json.loads(file.read_text()), name: value}
        file.write_text(json.dumps({name: value for name, value in table.items() if value is not None}))

    def logs(self) -> dict[str, str]:
        """Return every log that the editor and its extensions wrote, by its name."""
        folder = self.place / "data/logs"
        files = (file for file in folder.rglob("*.log") if file.stat().st_size)
        found = {str(file.relative_to(folder)): file.read_text(errors="replace") for file in sorted(files)}
        return {**found, "code-server.log": (self.place / "code-server.log").read_text(errors="replace")}

    def keep(self, folder: Path) -> None:
        """Write down what may say why something failed."""
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(PlaywrightError):  # there may be no page any more, and the logs are wanted all the same
            self.screenshot(folder / "screen.png")
        for name, text in self.logs().items():
            (folder / name.replace("/", "-")).write_text(text)

    def _fill(self, text: str) -> None:
        box = self.page.locator(".quick-input-widget:visible input").first
        box.wait_for()
        box.fill(text)

    def _note(self, url: str) -> None:
        host = urlsplit(url).hostname
        if host and host != "127.0.0.1" and not host.endswith("localhost"):
            self.outside.add(host)


@contextmanager
def workbench(
    folder: Path,
    environ: Mapping[str, str],
    *,
    settings: Mapping[str, object] | None = None,
    machine: Mapping[str, object] | None = None,
    extension: bool = True,
    install: Callable[[list[str]], object] | None = None,
    size: tuple[int, int] = (1280, 800),
    scale: int = 1,
    trusted: bool = True,
    watch: Callable[[Page], object] = lambda _: None,
) -> Iterator[Workbench]:
    """Open a folder in VS Code, with the packaged extension.

    Args:
        folder: what is opened.
        environ: of the person's shell; `envlsp` is on the path besides.
        settings: of the person.
        machine: settings that belong to the machine, such as `envlsp.path`.
        extension: whether ours is installed.
        install: who does that instead, given the command of this editor; the path is then as it is.
        size: of the window.
        scale: how many pixels of a screenshot each of its pixels is.
        trusted: whether the editor trusts every folder; else it asks.
        watch: gets the page before anything is in it.
    """
    needed()
    with tempfile.TemporaryDirectory(prefix="vsc-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        own = _environment(environ, place, programs=install is None)
        _write_settings(place, settings or {}, machine or {})
        if install is not None:
            install(_command(place))
        elif extension:
            with packaged(own["PATH"]) as vsix:
                subprocess.run(
                    [*_command(place), "--install-extension", str(vsix)],
                    env=own,
                    check=True,
                    capture_output=True,
                )
        with _serving(place, own, is_trusted=trusted) as address, sync_playwright() as play:
            context = play.chromium.launch_persistent_context(
                place / "chromium",
                executable_path=shutil.which("chromium"),
                args=list(FLAGS),
                env=dict(own),
                viewport={"width": size[0], "height": size[1]},
                device_scale_factor=scale,
                permissions=["clipboard-read", "clipboard-write"],
            )
            try:
                page = context.pages[0]
                watch(page)
                bench = Workbench(page, address, folder, place)
                bench.load()
                RUNNING.append(bench)
                try:
                    yield bench
                finally:
                    RUNNING.remove(bench)
            finally:
                with suppress(PlaywrightError):  # a test may have killed it
                    context.close()


def needed() -> None:
    """Leave the test out where a part is missing, and say so; with REQUIRE_ALL=1, fail."""
    parts = {
        "VS Code's workbench (make editors)": CODE_SERVER.exists(),
        "node in .venv": (BIN / "node").exists(),
        "chromium": shutil.which("chromium") is not None,
    }
    missing = [part for part, is_there in parts.items() if not is_there]
    if missing:
        leave_out(f"NOT TESTED IN A REAL EDITOR: no {', no '.join(missing)}")


def _command(place: Path) -> list[str]:
    config = ["--config", str(place / "cs.yaml"), "--user-data-dir", str(place / "data")]
    return [str(BIN / "node"), str(CODE_SERVER), *config, "--extensions-dir", str(place / "extensions")]


def _environment(environ: Mapping[str, str], place: Path, *, programs: bool) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("VSCODE_", "NODE_OPTIONS", "PORT", "CODE_SERVER_"))
    }
    own = {f"XDG_{name}_HOME": str(place / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    path = os.pathsep.join([str(BIN)] * programs + [environ.get("PATH", os.defpath)])
    quiet = {"EXTENSIONS_GALLERY": '{"serviceUrl":"http://127.0.0.1:9"}', "ENVLSP_LAN": "off"}
    # From a terminal the editor takes the environment as it is; else it asks a login shell for it.
    return {**kept, **own, **quiet, "TMPDIR": str(place), "PATH": path, "VSCODE_CLI": "1"}


def _write_settings(place: Path, user: Mapping[str, object], machine: Mapping[str, object]) -> None:
    (place / "cs.yaml").write_text("auth: none\ncert: false\n")
    for name, table in (("User", {**SETTINGS, **user}), ("Machine", machine)):
        folder = place / "data" / name
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(json.dumps(table))


@contextmanager
def _serving(place: Path, environ: Mapping[str, str], *, is_trusted: bool) -> Iterator[str]:
    words = [*_command(place), "--bind-addr", "127.0.0.1:0", "--auth", "none"]
    words += ["--disable-telemetry", "--disable-update-check"]
    words += ["--disable-workspace-trust"] if is_trusted else []
    words += ["--disable-getting-started-override", "--ignore-last-opened"]
    with (place / "code-server.log").open("wb") as log:
        process = subprocess.Popen(
            words, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield _address(process, place / "code-server.log")
    finally:
        _end(process)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server listens; return where, which it chooses itself: nobody else has that port."""
    limit = time.monotonic() + WAIT_S
    while True:
        if said := re.search(r"HTTP server listening on (http://\S+?)/?\s", log.read_text()):
            return said[1]
        assert process.poll() is None, f"VS Code's server ended at once: {log.read_text()}"
        assert time.monotonic() < limit, f"VS Code's server does not listen: {log.read_text()}"
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server, and with it the extension host and what that started."""
    for number, patience_s in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        limit = time.monotonic() + patience_s
        with suppress(ProcessLookupError):  # none of them is left
            os.killpg(process.pid, number)
            while time.monotonic() < limit:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.05)
    process.wait()
