"""Files that change behind the editor's back: the editor watches for us, or we do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def begin(server: Server) -> None:
    """Ask the editor to watch; where it cannot, `sources` does once it knows the folders."""
    if server.client.watch_files:
        server.register(
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            {"watchers": [{"globPattern": pattern} for pattern in _patterns()]},
        )


def _patterns() -> list[str]:
    from envlsp.code.languages import suffixes

    code = ",".join(sorted(suffix.lstrip(".") for suffix in suffixes()))
    return ["**/.env*", "**/*.env", "**/ev.yaml", "**/.gitignore", "**/.git/index", f"**/*.{{{code}}}"]


def files_changed(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Look at the files that changed."""
    server.sources.look_again([server.session.places.place(change.uri) for change in params.changes])
