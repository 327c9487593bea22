"""URIs and places: how the editor spells a document, and how we do.

A place is the real, absolute path of a file (folders resolved, the file itself not), so
that one file has one place however the editor came to it; everything else is its own URI.
Going back, the editor is answered in its own spelling: that of the open document, else
that of the workspace folder it is in.
"""

from __future__ import annotations

import os
from urllib.parse import quote, unquote, urlsplit

from envlsp.ide.results import Place

VIRTUAL_SCHEME = "envlsp"
_SAFE = "/!$&'()*,;=:@~+"


def file_uri(path: str) -> str:
    """Return the URI of an absolute path."""
    path = path.replace("\\", "/") if os.name == "nt" else path
    if path.startswith("//"):
        return "file:" + quote(path, safe=_SAFE)  # a share: \\server\folder
    return "file://" + quote(path if path.startswith("/") else "/" + path, safe=_SAFE)


def file_path(uri: str) -> str | None:
    """Return the path that a `file:` URI names; None for any other URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    # A "#" or "?" that the editor forgot to escape belongs to the name.
    raw = uri[5:].removeprefix("//")
    raw = raw[len(parts.netloc) :] if parts.netloc and uri.startswith("file://") else raw
    path = unquote(raw, errors="surrogateescape")
    if len(path) > 2 and path[0] == "/" and path[2] == ":" and path[1].isalpha():
        path = path[1].lower() + path[2:]  # "/C:/x": a drive of Windows
    elif parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    return path or None


def _here(uri: str) -> str | None:
    """Return the path of a URI where this system can have such a path: `c:/x` is none of Linux."""
    path = file_path(uri)
    return path if path is not None and os.path.isabs(path) and "\0" not in path else None  # noqa: PTH117


class Places:
    """The crossing between URIs and places for one editor."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}  # folder as spelled -> real one; disk is asked once each
        self._spelled: dict[Place, str] = {}  # open documents
        self._roots: list[tuple[Place, str]] = []  # workspace folders: real path, URI without "/" at its end

    def set_roots(self, uris: tuple[str, ...]) -> list[Place]:
        """Take over the workspace folders, and return their places; those that are no files are left out."""
        found = []
        for uri in uris:
            path = _here(uri)
            if path is not None:
                real = os.path.realpath(path)
                found.append((real, uri.rstrip("/")))
        self._roots = sorted(found, key=lambda root: -len(root[0]))
        return [real for real, _ in found]

    def place(self, uri: str) -> Place:
        """Return the place of a URI."""
        path = _here(uri)
        if path is None:
            return uri
        folder, name = os.path.split(path)
        if folder not in self._folders:
            if len(self._folders) > 4096:
                self._folders.clear()
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)  # noqa: PTH118  (on every request)

    def opened(self, uri: str) -> Place:
        """Return the place of a document, and remember how it is spelled."""
        place = self.place(uri)
        self._spelled[place] = uri
        return place

    def closed(self, place: Place) -> None:
        """Forget how a document was spelled."""
        self._spelled.pop(place, None)

    def uri(self, place: Place) -> str:
        """Return the URI of a place, as the editor would spell it."""
        if (uri := self._spelled.get(place)) is not None:
            return uri
        if not os.path.isabs(place):  # noqa: PTH117  (on every answer)
            return place  # a URI already
        for root, uri in self._roots:
            if place == root:
                return uri
            if place.startswith(root.rstrip("/") + "/"):
                return f"{uri}/{quote(place[len(root.rstrip('/')) + 1 :], safe=_SAFE)}"
        return file_uri(place)
