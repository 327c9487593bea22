"""Emacs with eglot, set up by exactly the lines of the guide."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envlsp.ide.masks import SEEN_AT_MOST
from tests.support.on_screen import found_program, on_screen
from tests.support.processes import Teammate, cast
from tests.support.recipes import recipe

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
SECRET = "planted"
DOTENV = f"""\
# Where the API lives
API_URL=https://{SECRET}.example
TOKEN={SECRET}-token
URL=${{NOBODY}}/v1
"""
QUIET = """\
(setq inhibit-startup-screen t native-comp-deferred-compilation nil
      native-comp-async-report-warnings-errors nil warning-minimum-level :emergency)
"""
"""No window but ours comes up."""
WALK = r"""
(setq make-backup-files nil create-lockfiles nil auto-save-default nil eglot-sync-connect 30)
(defun until (what) (with-timeout (60 (error "never: %S" what))
  (while (not (eval what)) (accept-process-output nil 0.05))))
(find-file ".env")
(eglot-ensure)
(run-hooks 'post-command-hook)
(until '(eglot-managed-p))
(defun ask (method &rest more)
  (jsonrpc-request (eglot-current-server) method (append (eglot--TextDocumentPositionParams) more)))
(goto-char (point-min)) (search-forward "API_U")
(setq hovered (ask :textDocument/hover))
(goto-char (point-min)) (search-forward "${")
(setq offered (mapcar (lambda (item) (plist-get item :label))
  (let ((all (ask :textDocument/completion))) (if (vectorp all) all (plist-get all :items)))))
(flymake-start)
(until '(flymake-diagnostics))
(setq problems (mapcar 'flymake-diagnostic-text (flymake-diagnostics)))
(setq released (envlsp "push"))
(princ (json-serialize (list :mode (symbol-name major-mode)
  :hover (plist-get (plist-get hovered :contents) :value)
  :offered (vconcat offered) :problems (vconcat problems)
  :release (plist-get released :release))))
"""


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    found_program("emacs")
    with cast(tmp_path_factory.mktemp("people")) as people:
        yield people.founder("Bob", DOTENV.encode())


def environ(bob: Teammate) -> dict[str, str]:
    inherited = bob.environ()
    return {**inherited, "PATH": os.pathsep.join([str(BIN), inherited["PATH"]])}


@pytest.fixture(scope="module")
def init(bob: Teammate) -> Path:
    path = bob.folder / ".emacs"
    path.write_text(QUIET + recipe("Emacs", "elisp"))
    return path


def test_hover_completion_problems_and_a_push(bob: Teammate, init: Path) -> None:
    walk = bob.folder / "walk.el"
    walk.write_text(WALK)
    emacs = [found_program("emacs"), "--batch", "-l", "package", "-f", "package-initialize"]
    done = subprocess.run(
        [*emacs, "-l", init, "-l", walk],
        cwd=bob.shop,
        env=environ(bob),
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["mode"] == "conf-unix-mode"
    assert "API_URL" in told["hover"]
    assert {"API_URL", "TOKEN"} <= set(told["offered"])
    assert any("NOBODY" in problem for problem in told["problems"])
    assert told["release"] == "v1"
    assert bob.json("log")["releases"][0]["release"] == "v1"
    assert SECRET not in told["hover"]


@pytest.mark.parametrize("keys", ("", "\x1bxeglot\r"), ids=["alone", "with the server"])
def test_no_state_of_the_screen_shows_a_value(bob: Teammate, init: Path, keys: str) -> None:
    assert init.exists()
    with on_screen([found_program("emacs"), "-nw", ".env"], bob.shop, environ(bob)) as editor:
        editor.until_shows("API_URL=••••••\n")
        editor.typed(keys)
        if keys:
            editor.until_shows("[eglot:")
        editor.typed(f"\x1b>NEW={SECRET}\r# {SECRET}\x1b<\x18" + "2")
        for key in ("\x1b[B", "\x1b[F", "\x0b\x19\x1f", "\x18o"):
            editor.typed(key)
        editor.until_shows("NEW=••••••\n")
        assert [frame for frame in editor.screen.frames if SECRET in frame] == []
        editor.typed("\x1bxfont-lock-mode\r")
        editor.until_shows(f"NEW={SECRET}")
    left = [path for path in bob.shop.iterdir() if path.is_file() and path != bob.env]
    assert [path for path in left if SECRET.encode() in path.read_bytes()] == []


def test_a_line_shows_at_most_what_the_servers_rule_says(bob: Teammate, init: Path) -> None:
    lines = ["A=1", "export AB=x y", "export  A=1", "a=b", "AAAA==", "A=", "# A=1", "A==x", f"{'A' * 65}=1"]
    (bob.shop / ".env.rules").write_text("\n".join(lines))
    walk = bob.folder / "rule.el"
    walk.write_text(r"""
(find-file ".env.rules") (font-lock-ensure)
(goto-char (point-min))
(while (not (eobp))
  (princ (format "%s\n" (buffer-substring (point)
    (or (text-property-not-all (point) (line-end-position) 'display nil) (line-end-position)))))
  (forward-line 1))
""")
    emacs = [found_program("emacs"), "--batch", "-l", str(init), "-l", str(walk)]
    done = subprocess.run(emacs, cwd=bob.shop, env=environ(bob), capture_output=True, check=True, timeout=100)
    seen = [found[0] if (found := re.match(SEEN_AT_MOST, line)) else "" for line in lines]
    assert done.stdout.decode().split("\n")[:-1] == seen
    (bob.shop / ".env.rules").unlink()
