"""Everything that can go wrong, listed before any class.

Branches say whose fault it is. The first line of a class's docstring is the
sentence a person reads: lower case, no full stop, never the content of a file.

    EnvlspError                     exit 1
    ├── Misuse                      the caller's: wrong words, wrong moment
    │   ├── UsageError              exit 2
    │   ├── NotInitialised          exit 3
    │   ├── Locked                  exit 4
    │   ├── NoAccess                exit 5
    │   ├── ConflictedName          exit 6
    │   ├── NotFound
    │   ├── AmbiguousName
    │   ├── LocalChanges            exit 6
    │   ├── Stopped                 the person changed their mind
    │   ├── Stale                   exit 8
    │   ├── TooOld                  exit 8
    │   ├── BadConfig               exit 2
    │   └── BadText                 exit 2
    ├── TrustError                  exit 9: something did not verify
    │   ├── CannotOpen
    │   ├── BadSignature
    │   ├── RecordRefused
    │   ├── HandshakeFailed
    │   ├── CodeRefused
    │   └── LinkRefused
    ├── PeerError                   a stranger's bytes
    │   ├── Malformed
    │   │   └── MalformedFrame
    │   ├── LimitExceeded
    │   └── UpgradeNeeded
    ├── StoreError                  this machine's disk
    │   ├── LoosePermissions
    │   ├── StoreCorrupt
    │   ├── StoreBusy
    │   │   └── AgentRuns
    │   └── KeyFileError
    └── TransportError              exit 7: the network
        ├── NobodyReachable
        ├── NotHeld
        ├── SignalingUnreachable
        ├── DialFailed
        ├── LinkClosed
        ├── NodeRefused
        │   ├── NodeSilent
        │   └── NodeForeign
        └── WaitingForKey
"""

from __future__ import annotations

from typing import ClassVar


class EnvlspError(Exception):
    """something went wrong"""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    default_fix: ClassVar[str | None] = "try again; if it fails again, please report it"

    def __init__(self, detail: str = "", *, fix: str | None = None) -> None:
        """Say what happened.

        Args:
            detail: which file, line, name or id; never a value or a line of a file.
            fix: a command that mends it, else the class's own.
        """
        super().__init__(detail)
        self.detail = detail
        self.fix = fix or self.default_fix

    def __str__(self) -> str:
        """Return one line: the class's sentence and the detail, or a detail that says it all."""
        if self.detail and type(self) in _GENERAL:
            return self.detail
        sentence = (type(self).__doc__ or "").split("\n", 1)[0]
        return f"{sentence}: {self.detail}" if self.detail else sentence


class Misuse(EnvlspError):
    """this cannot be done"""

    code = "misuse"
    default_fix = "envlsp --help"


class UsageError(Misuse):
    """wrong usage"""

    code, exit_code = "usage", 2
    default_fix = "envlsp --help"


class NotInitialised(Misuse):
    """no team here yet"""

    code, exit_code = "not-initialised", 3
    default_fix = "envlsp init, or envlsp join CODE"


class Locked(Misuse):
    """this device's key is locked"""

    code, exit_code = "locked", 4
    default_fix = "in a terminal: envlsp unlock, while envlsp agent or an editor is running"


class NoAccess(Misuse):
    """you have no access to this"""

    code, exit_code = "no-access", 5
    default_fix = "envlsp access shows who may do what; ask an admin"


class ConflictedName(Misuse):
    """two releases give different values for a name"""

    code, exit_code = "conflict", 6
    default_fix = "envlsp status shows both sides; then: envlsp resolve NAME"


class NotFound(Misuse):
    """there is no such thing"""

    code = "not-found"
    default_fix = "envlsp status, log, list and members show what there is"


class AmbiguousName(Misuse):
    """that name fits more than one"""

    code = "ambiguous"
    default_fix = "say more of it"


class LocalChanges(Misuse):
    """the file on disk has changes that would be lost"""

    code, exit_code = "local-changes", 6
    default_fix = "envlsp diff"


class Stopped(Misuse):
    """stopped, as you asked"""

    code = "stopped"
    default_fix = "start it again when you want to"


class Stale(Misuse):
    """the file is not based on the newest release"""

    code, exit_code = "stale", 8
    default_fix = "envlsp pull"


class TooOld(Misuse):
    """what is known here is older than you allow"""

    code, exit_code = "too-old", 8
    default_fix = "envlsp sync, while a teammate is online"


class BadConfig(Misuse):
    """the configuration is not valid"""

    code, exit_code = "bad-config", 2
    default_fix = "correct ev.yaml"


class BadText(Misuse):
    """that text is not in the expected form"""

    code, exit_code = "bad-text", 2
    default_fix = "envlsp --help"


class TrustError(EnvlspError):
    """verification failed"""

    code, exit_code = "trust", 9
    default_fix = "stop, and ask your team what happened"


class CannotOpen(TrustError):
    """cannot open a sealed value: wrong key, wrong place or altered bytes"""

    code = "cannot-open"


class BadSignature(TrustError):
    """a signature does not verify"""

    code = "bad-signature"


class RecordRefused(TrustError):
    """a record is not admissible"""

    code = "record-refused"


class HandshakeFailed(TrustError):
    """the peer could not prove who it is"""

    code = "handshake-failed"


class CodeRefused(TrustError):
    """the invitation code did not match"""

    code = "code-refused"
    default_fix = "ask for a new code: envlsp invite"


class LinkRefused(TrustError):
    """the invitation link lets nobody in"""

    code = "link-refused"
    default_fix = "ask for another link: envlsp invite --link"


class PeerError(EnvlspError):
    """the other side broke the protocol"""

    code = "peer"
    default_fix = "envlsp --version on both sides: use the newer one"


class Malformed(PeerError):
    """bytes that are not in canonical form"""

    code = "malformed"


class MalformedFrame(Malformed):
    """a frame that is not in canonical form"""

    code = "malformed-frame"


class LimitExceeded(PeerError):
    """more than the protocol allows"""

    code = "limit"


class UpgradeNeeded(PeerError):
    """the other side uses a newer protocol"""

    code = "upgrade-needed"
    default_fix = "upgrade envlsp"


class StoreError(EnvlspError):
    """the local store failed"""

    code = "store"
    default_fix = "check the disk: is there room, and is the folder yours?"


class LoosePermissions(StoreError):
    """others on this machine could read this"""

    code = "permissions"


class StoreCorrupt(StoreError):
    """the local store is damaged"""

    code = "store-corrupt"
    default_fix = "put ledger.db back from a backup, or move it away and: envlsp join CODE"


class StoreBusy(StoreError):
    """another process holds the local store"""

    code = "store-busy"
    default_fix = "wait until it is done, then try again"


class AgentRuns(StoreBusy):
    """an agent keeps this device reachable already"""

    code = "agent-runs"
    default_fix = "nothing is left to do; envlsp status shows what it does"


class KeyFileError(StoreError):
    """the key file cannot be used"""

    code = "key-file"
    default_fix = "give the right one: --key-file PATH"


class TransportError(EnvlspError):
    """the network failed"""

    code, exit_code = "transport", 7
    default_fix = "try again: envlsp sync"


class NobodyReachable(TransportError):
    """no teammate can be reached right now"""

    code = "nobody-reachable"
    default_fix = "ask a teammate to run: envlsp agent"


class NotHeld(TransportError):
    """fewer devices hold it than you asked for"""

    code = "not-held"
    default_fix = "ask a teammate to run: envlsp agent"


class SignalingUnreachable(TransportError):
    """the signaling server cannot be reached"""

    code = "signaling"
    default_fix = "check `signaling` in ev.yaml, or set ENVLSP_SIGNALING"


class DialFailed(TransportError):
    """no connection to the peer"""

    code = "dial"


class LinkClosed(TransportError):
    """the connection to the peer has ended"""

    code = "link-closed"


class WaitingForKey(TransportError):
    """waiting for a key from a teammate"""

    code = "waiting-for-key"
    default_fix = "envlsp sync, while a teammate is online"


class NodeRefused(TransportError):
    """the node of this device could not do that"""

    code = "node-refused"


class NodeSilent(NodeRefused):
    """another process owns the network of this device, and does not answer"""

    code = "node-silent"
    default_fix = "end that process, or let it go on, then try again"


class NodeForeign(NodeRefused):
    """the node of this device is of another envlsp"""

    code = "node-foreign"
    default_fix = "restart envlsp agent, and editors that are open"


_GENERAL = frozenset({Misuse, UsageError, NotFound, BadText, StoreError})
"""Their sentence says so little that a detail, which is a sentence itself, stands alone."""
