"""What an operator wants to be shown before their signaling server lets anybody in.

`ENVLSP_SIGNALING_TOKEN` is `HOST=TOKEN`, several separated by blanks;
`ENVLSP_SIGNALING_TOKEN_FILE` names a file with one on each line. A token belongs to a
host: `ev.yaml` names the servers, and comes from whoever can commit, so a server that
somebody adds there is shown nothing. No error quotes what was read: it may be a token.

Left to `transport`: that a token goes out over TLS only, and never after a redirect.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from envlsp.domain.secret import SecretText
from envlsp.errors import BadConfig
from envlsp.store.files import check_private

TOKEN_VARIABLE: Final = "ENVLSP_SIGNALING_TOKEN"  # noqa: S105 - its name
TOKEN_FILE_VARIABLE: Final = "ENVLSP_SIGNALING_TOKEN_FILE"  # noqa: S105 - its name
MAX_BYTES: Final = 64 * 1024
_PAIR: Final = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])=(?P<token>[!-~]{4,1024})")
_FORM: Final = "is HOST=TOKEN: the server's name alone, and its token"


class Tokens:
    """The token of each host that has one. Shows none of them."""

    __slots__ = ("_of_host",)

    def __init__(self, of_host: Mapping[str, SecretText] = {}) -> None:
        """Keep them, by host as `urlsplit` writes it: lower case, without brackets."""
        self._of_host = dict(of_host)

    def __call__(self, url: str) -> SecretText | None:
        """Return what the server of a URL is shown, if anything."""
        try:
            return self._of_host.get(urlsplit(url).hostname or "")
        except ValueError:
            return None


def tokens_from(environ: Mapping[str, str]) -> Tokens:
    """Return what the two variables say; where both name a host, the first counts.

    Raises:
        BadConfig: something there is no HOST=TOKEN, or the file cannot be read.
        LoosePermissions: others can read the file.
    """
    found = dict[str, SecretText]()
    if path := environ.get(TOKEN_FILE_VARIABLE, "").strip():
        found |= _parse(_lines(path), TOKEN_FILE_VARIABLE, f"correct {path}")
    found |= _parse(environ.get(TOKEN_VARIABLE, "").split(), TOKEN_VARIABLE, f"unset {TOKEN_VARIABLE}")
    return Tokens(found)


def _parse(words: Iterable[str], name: str, fix: str) -> dict[str, SecretText]:
    found = dict[str, SecretText]()
    for number, word in enumerate(words, 1):
        pair = _PAIR.fullmatch(word)
        if pair is None:
            raise BadConfig(f"{name}: number {number} is no HOST=TOKEN; each {_FORM}", fix=fix)
        found[pair["host"].lower().strip("[]")] = SecretText(pair["token"])
    return found


def _lines(name: str) -> list[str]:
    path = Path(name)
    try:
        check_private(name, may_be_link=True)
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep us waiting
            raise BadConfig(f"{TOKEN_FILE_VARIABLE}: {path} is no file", fix=f"unset {TOKEN_FILE_VARIABLE}")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as exc:
        fix = f"unset {TOKEN_FILE_VARIABLE}, or make the file"
        raise BadConfig(f"{TOKEN_FILE_VARIABLE}: {path}: {exc.strerror}", fix=fix) from exc
    if len(data) > MAX_BYTES:
        raise BadConfig(f"{path} is larger than {MAX_BYTES // 1024} KiB", fix=f"correct {path}")
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
