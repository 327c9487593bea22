"""The plug-ins for editors that an installation brings, and putting them where an editor looks.

The wheel carries them under `share/envlsp` of where it is installed, a path without any version
in it: a link to it stays right when the program or its Python is upgraded. A tree installed in
place has them in `editors/`. What is in them is no business of this module, and neither is what
the editor is set to: it makes one link, or starts the editor's own installer, and changes no
file of the person's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envlsp.errors import Misuse, NotFound

_TREE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Plugin:
    """Where one editor's plug-in lies."""

    installed: str
    """Below `share/envlsp`."""
    in_place: str
    """Below the root of the repository."""


PLUGINS = {
    "neovim": Plugin("neovim", "editors/neovim"),
    "vim": Plugin("vim", "editors/vim"),
    "vscode": Plugin("envlsp.vsix", "editors/vscode/dist/envlsp.vsix"),
}
"""By the editor's name."""


def place_of(editor: str) -> Path:
    """Return where the plug-in of an editor lies.

    Raises:
        NotFound: this installation was built without it.
    """
    plugin = PLUGINS[editor]
    found = [path for path in (_TREE / plugin.in_place, *_shared(plugin)) if path.exists()]
    if not found:
        fix = (
            "in a clone of envlsp: make extension, then install it again, for example: pipx install --force ."
        )
        raise NotFound(f"this envlsp was built without its plug-in for {editor}", fix=fix)
    return found[0]


def link(editor: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Link a plug-in into the folder whose packages Neovim or Vim loads at its start; return the link.

    Raises:
        Misuse: something else is in its place.
        NotFound: this installation was built without it.
    """
    there, here = place_of(editor), _package(editor, environ)
    if here.exists() and not here.is_symlink():
        raise Misuse(f"{here} is there, and no link", fix=f"move it away, then: envlsp editor {editor}")
    here.parent.mkdir(parents=True, exist_ok=True)
    new = here.with_name(f".{here.name}.{os.getpid()}")
    new.symlink_to(there)
    new.replace(here)
    return here


def install_extension(program: str) -> Path:
    """Have VS Code, or one of its kind, install the extension; return the package.

    Args:
        program: its command, such as `code` or `codium`.

    Raises:
        Misuse: it refused.
        NotFound: there is no such command, or no extension in this installation.
    """
    package = place_of("vscode")
    found = shutil.which(program)
    if found is None:
        raise NotFound(
            f"there is no command {program}",
            fix="name the one of your editor: envlsp editor vscode --with codium",
        )
    done = subprocess.run(
        [found, "--install-extension", str(package), "--force"], stdout=sys.stderr, check=False
    )
    if done.returncode:
        raise Misuse(
            f"{program} did not take {package}", fix="install that file from the editor's menu of extensions"
        )
    return package


def _shared(plugin: Plugin) -> list[Path]:
    import site
    import sysconfig

    roots = (sysconfig.get_path("data"), site.getuserbase())
    return [Path(root) / "share" / "envlsp" / plugin.installed for root in roots]


def _package(editor: str, environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("HOME") or Path.home())
    if editor == "vim":
        site = home / ".vim"
    else:
        data = environ.get("XDG_DATA_HOME") or home / ".local" / "share"
        site = Path(data) / environ.get("NVIM_APPNAME", "nvim") / "site"
    return site / "pack" / "envlsp" / "start" / "envlsp"
