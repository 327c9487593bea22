"""The certificates of a link: made for it, known by their fingerprint, gone with it.

A certificate proves nothing by itself. Its fingerprint travels in the sealed
parameters, DTLS compares it, and the handshake signs both as `cb`.
"""

from __future__ import annotations

from envlsp.crypto.labels import hash32
from envlsp.transport.noav import without_av

with without_av():
    from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from cryptography.hazmat.primitives import hashes

FINGERPRINT_BYTES = 32


def fresh_certificate() -> RTCCertificate:
    """Return a new P-256 certificate under a random name. Takes 0.1 ms."""
    return RTCCertificate.generateCertificate()


def own_fingerprint(certificate: RTCCertificate) -> bytes:
    """Return the SHA-256 fingerprint (32 bytes)."""
    text = next(each.value for each in certificate.getFingerprints() if each.algorithm == "sha-256")
    return bytes.fromhex(text.replace(":", ""))


def peer_fingerprint(dtls: RTCDtlsTransport) -> bytes | None:
    """Return the fingerprint of the certificate the peer has shown, None before it has."""
    if dtls._ssl is None:  # noqa: SLF001 - aiortc has no public way
        return None
    shown = dtls._ssl.get_peer_certificate(as_cryptography=True)  # noqa: SLF001
    return shown.fingerprint(hashes.SHA256()) if shown is not None else None


def dtls_parameters(fingerprint: bytes) -> RTCDtlsParameters:
    """Return what tells aiortc to accept this certificate (32 bytes) and no other."""
    return RTCDtlsParameters([RTCDtlsFingerprint("sha-256", fingerprint.hex(":").upper())])


def channel_binding(fingerprint_a: bytes, fingerprint_b: bytes) -> bytes:
    """Return `cb` (32 bytes); A is the controlling side.

    Spec: docs/protocol.md, "F.1 Handshake".
    """
    return hash32("cb", fingerprint_a + fingerprint_b)
