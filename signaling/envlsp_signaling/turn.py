"""Short-lived credentials for a TURN server that shares a secret with us (coturn's `use-auth-secret`).

The username carries the expiry and eight random bytes, never an address or a room,
so the TURN server's log links nothing to this server's.

Spec: docs/signaling.md, "TURN credentials".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

TTL_S: Final = 600
"""Only an allocation needs a valid name: a running session may outlive it."""


@dataclass(frozen=True, slots=True, repr=False)
class TurnService:
    """The TURN servers we hand out credentials for, and the secret we share with them."""

    secret: bytes
    urls: tuple[str, ...]

    def credentials(self, unix_s: int, nonce: bytes) -> tuple[str, str]:
        """Return `(username, password)`, valid for `TTL_S` from `unix_s`."""
        username = f"{unix_s + TTL_S}:{nonce.hex()}"
        # SHA-1 is what the TURN REST convention fixes; as an HMAC it holds.
        digest = hmac.new(self.secret, username.encode(), hashlib.sha1).digest()
        return username, base64.b64encode(digest).decode()
