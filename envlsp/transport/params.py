"""What two ends tell each other before they have a path, read with suspicion.

Pure: values in, values out. A teammate's device may be stolen, so sizes, counts
and characters are checked before any of it reaches the ICE library; names are
refused where addresses belong, since resolving one would ask the whole network.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from envlsp.errors import MalformedFrame
from envlsp.wire.canonical import Value
from envlsp.wire.signals import CANDIDATE_MAX_BYTES, CANDIDATES_MAX

_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_CANDIDATE = re.compile(
    r"[A-Za-z0-9+/]{1,32} 1 udp [0-9]{1,10} (?P<host>[0-9a-fA-F.:]{2,45}) (?P<port>[0-9]{1,5})"
    r" typ (?:host|srflx|relay)(?: raddr [0-9a-fA-F.:]{2,45} rport [0-9]{1,5})?"
)


@dataclass(frozen=True, slots=True, repr=False)
class Params:
    """One end's half of a dial.

    Attributes:
        ufrag, password: ICE credentials, good for this dial.
        fingerprint: SHA-256 of its DTLS certificate (32 bytes).
        candidates: its addresses so far, as SDP candidate lines without prefix.
    """

    ufrag: str
    password: str
    fingerprint: bytes
    candidates: tuple[str, ...]

    def to_value(self) -> Value:
        """Return `[ufrag, pwd, fingerprint32, [candidate...]]`."""
        return [self.ufrag, self.password, self.fingerprint, list(self.candidates)]


def params_untrusted(value: Value) -> Params:
    """Return the peer's half.

    Raises:
        MalformedFrame: not of that form.
    """
    match value:
        case [str(ufrag), str(password), bytes(fingerprint), list(candidates)] if (
            _UFRAG.fullmatch(ufrag) and _PASSWORD.fullmatch(password) and len(fingerprint) == 32
        ):
            return Params(ufrag, password, fingerprint, candidates_untrusted(candidates))
    raise MalformedFrame("dial parameters")


def candidates_untrusted(value: Value) -> tuple[str, ...]:
    """Return the addresses of a `candidates` message.

    Raises:
        MalformedFrame: too many, or one that is no plain UDP candidate.
    """
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > CANDIDATES_MAX:
        raise MalformedFrame("dial candidates")
    return tuple(_candidate_untrusted(each) for each in value)


def _candidate_untrusted(value: Value) -> str:
    if not isinstance(value, str) or not is_candidate(value):
        raise MalformedFrame("dial candidate")
    return value


def is_candidate(line: str) -> bool:
    """Return whether a peer takes this line for an address; one that it refuses costs the dial."""
    parts = _CANDIDATE.fullmatch(line) if len(line) <= CANDIDATE_MAX_BYTES else None
    return parts is not None and _is_usable(parts["host"], int(parts["port"]))


def _is_usable(host: str, port: int) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return 0 < port < 65536 and not address.is_multicast and not address.is_unspecified
