"""The names of documents that are never on disk: `envlsp://team/project/app/env[@release]`.

Pure text: whether there is such a team or release is for others to say.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from envlsp.domain.environment import Triple, is_label
from envlsp.errors import BadText

SCHEME = "envlsp"
_FORM = "envlsp://TEAM/PROJECT/APP/ENV, then perhaps @RELEASE"
_TEXT_MAX = 1_024
"""A team's text, three labels of 64 letters and a release are far below."""


class DocumentUri(NamedTuple):
    """One environment, as it is now or as a release said."""

    team: str
    """The text form `tm1…`, or its first letters."""
    triple: Triple
    release: str | None = None
    """As people write it: `v3`, `v3-b7f2`; None: the newest."""


def parse_uri(text: str) -> DocumentUri:
    """Return what a URI names; editors may write any of it percent-encoded.

    Raises:
        BadText: not of this form.
    """
    try:
        parts = urlsplit(text if len(text) <= _TEXT_MAX else "")
    except ValueError:
        raise _bad() from None
    path, at, release = unquote(parts.path).partition("@")
    labels, team = path.strip("/").split("/"), unquote(parts.netloc).lower()
    is_odd = parts.scheme != SCHEME or parts.query or parts.fragment or (at and not release)
    if is_odd or len(labels) != 3 or not team.isalnum() or not all(map(is_label, labels)):
        raise _bad()
    return DocumentUri(team, Triple(*labels), release or None)


def to_uri(team: str, triple: Triple, release: str | None = None) -> str:
    """Return the URI of an environment."""
    return f"{SCHEME}://{team}/{triple}" + (f"@{quote(release)}" if release else "")


def _bad() -> BadText:
    return BadText("that names no environment", fix=f"write it {_FORM}")
