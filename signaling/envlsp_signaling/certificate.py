"""The server's certificate, which can be renewed while connections stand.

A context keeps what it loaded for handshakes to come; those that were made are not touched.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from envlsp_signaling.options import WrongOption


class Certificate:
    """A chain and its key, loaded from files and again when they changed."""

    def __init__(self, chain: Path, key: Path | None) -> None:
        """Load both.

        Raises:
            WrongOption: they cannot be read, or do not fit together.
        """
        self._chain, self._key = chain, key
        self.context = self._load()

    def renew(self) -> bool:
        """Load the files again; False, and the old ones stay, when they cannot be used."""
        try:
            self._load()  # apart: half of a bad pair must not reach the context in use
            self.context.load_cert_chain(self._chain, self._key)
        except (WrongOption, OSError, ssl.SSLError):
            return False
        return True

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._chain, self._key)
        except (OSError, ssl.SSLError) as exc:
            raise WrongOption(f"cannot use the certificate {self._chain}") from exc
        return context
