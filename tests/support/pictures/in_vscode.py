"""The pictures of VS Code: what Alice does in its window, and what the window holds at each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.pictures.darkroom import SCALE
from tests.support.pictures.scene import HIDDEN, SHOWN, UNFINISHED, Scene
from tests.support.workbench import Workbench, workbench

SIZE = (960, 500)
LOOK: Final = {
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.activityBar.location": "default",
    "workbench.layoutControl.enabled": False,
    "workbench.editor.showIcons": True,
    "window.commandCenter": False,
    "window.menuBarVisibility": "hidden",
    "breadcrumbs.enabled": False,
    "editor.fontFamily": "DejaVu Sans Mono",
    "editor.fontSize": 14,
    "editor.lineHeight": 1.55,
    "editor.minimap.enabled": False,
    "editor.cursorBlinking": "solid",
    "editor.inlayHints.enabled": "on",
    "editor.stickyScroll.enabled": False,
    "editor.folding": False,
    "editor.scrollBeyondLastLine": False,
    "git.enabled": False,
    "files.trimTrailingWhitespace": False,
}
"""A quiet window: what is ours, and little else."""

_ABSENT: Final = "".join(
    f'.statusbar-item[id="{name}"] {{ display: none !important }}'
    for name in ("status.host", "status.forwardedPorts", "status.workbench.keyboardLayout")
)
"""What the editor has in a browser and not on a desktop."""


def in_vscode(scene: Scene, folder: Path) -> Iterator[Path]:
    """Take the pictures, one after the other, in one window.

    Raises:
        AssertionError: the window did not hold what a picture is named after, or a value besides.
    """
    alice = scene.alice
    with workbench(alice.shop, alice.environ(), settings=LOOK, size=SIZE, scale=SCALE) as bench:
        take = Camera(bench, folder).take
        bench.page.add_style_tag(content=_ABSENT)
        bench.open(".env")
        bench.keys("Control+B")
        bench.until(lambda: bench.masked("PAYMENT_KEY"))
        bench.page.locator(".codelens-decoration", has_text="changes here").wait_for()
        yield take("vscode-masked", *HIDDEN, SHOWN)

        said = bench.hover("PAYMENT_KEY", after_px=30)
        assert SHOWN in said
        yield take("vscode-reveal", *HIDDEN)

        bench.keys("Escape")
        said = "\n".join(bench.actions("PAYMENT_KEY"))
        assert "Roll back to v2 (Bob" in said
        yield take("vscode-rollback", *HIDDEN, SHOWN)

        bench.keys("Escape")
        bench.open("shop.py")
        bench.keys("Control+End")
        bench.type(UNFINISHED)
        bench.until(lambda: "SESSION_SECRET" in bench.suggestions())
        yield take("vscode-completion", *HIDDEN, SHOWN)

        bench.keys("Escape", "Control+Shift+K", "Control+S")
        bench.open(".env")
        scene.disagree()
        bench.page.locator(".codelens-decoration", has_text="conflict").wait_for()
        said = "\n".join(bench.actions("API_URL"))
        assert "Take Alice's API_URL" in said
        assert "Take Bob's API_URL" in said
        yield take("vscode-conflict", *HIDDEN, SHOWN)


class Camera:
    """Writes down what a window shows, once it is at rest."""

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self._bench = bench
        self._folder = folder

    def take(self, name: str, *unseen: str) -> Path:
        """Take a picture in which none of some values is seen."""
        bench = self._bench
        bench.page.wait_for_timeout(400)  # for what fades in
        assert not [value for value in unseen if value in bench.shown()]
        return bench.screenshot(self._folder / f"{name}.png")
