"""What opens device.key, lent between the processes of this device: by the node, to the others.

Refuses to know who asks for it and why. Its rule: nothing of the key is said but to a process
of the same user, over the node's socket.

Spec: docs/protocol.md, "H. Local storage".
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from envlsp.crypto.memory import Key, SecretBuffer, exposed
from envlsp.errors import EnvlspError, Locked
from envlsp.service.holding import FOREVER

if TYPE_CHECKING:
    from envlsp.service.network.local_api import LocalClient
    from envlsp.store.home import Home
    from envlsp.wire.canonical import Value

NODE_S: Final = 5.0
"""How long the node may take to lock or unlock: it closes every team it serves."""
_NO_END: Final = 0
"""How the local API says that there is no end."""


def ask_key(home: Home) -> tuple[SecretBuffer, float] | None:
    """Return what the node holds, for the caller to close, and for how long; None where it has nothing.

    Raises:
        EnvlspError: it does not answer.
    """
    with _calling(home) as client:
        if client is None:
            return None
        match client.call("key", timeout_s=NODE_S):
            case (bytes() as kek, int() as left_ms):
                return SecretBuffer.taken(kek), from_ms(left_ms)
    return None


def lend_key(home: Home, kek: Key, for_s: float, *, always: bool = False) -> bool:
    """Let the node hold the key; return whether it does now.

    Args:
        home: this device's files.
        kek: what opens device.key.
        for_s: for how long.
        always: also where it holds it already, for another time.
    """
    with contextlib.suppress(EnvlspError), _calling(home) as client:
        if client is None:
            return False
        if not always:
            with contextlib.suppress(Locked):
                client.call("left", timeout_s=NODE_S)
                return True
        client.call("unlock", exposed(kek), to_ms(for_s), timeout_s=NODE_S)
        return True
    return False


def left_at_node(home: Home) -> float | None:
    """Return for how long the node holds the key; None where there is no node, or it holds none."""
    with contextlib.suppress(EnvlspError), _calling(home) as client:
        if client is not None:
            match client.call("left", timeout_s=NODE_S):
                case (int() as left_ms,):
                    return from_ms(left_ms)
    return None


def tell_node(home: Home, method: str, *args: Value) -> None:
    """Say something to the node, if there is one; a node that does not answer keeps nobody from going on."""
    with contextlib.suppress(EnvlspError), _calling(home) as client:
        if client is not None:
            client.call(method, *args, timeout_s=NODE_S)


@contextlib.contextmanager
def _calling(home: Home) -> Iterator[LocalClient | None]:
    if not os.path.lexists(home.node_socket):
        yield None  # known before asyncio is loaded
        return
    from envlsp.service.network.local_api import LocalClient

    client = LocalClient.connect(Path(home.node_socket))
    try:
        yield client
    finally:
        if client is not None:
            client.close()


def to_ms(seconds: float) -> int:
    """Return seconds as the local API says them."""
    return _NO_END if seconds == FOREVER else max(1, math.ceil(seconds * 1000))


def from_ms(milliseconds: int) -> float:
    """Return the seconds that the local API said."""
    return FOREVER if milliseconds == _NO_END else milliseconds / 1000
