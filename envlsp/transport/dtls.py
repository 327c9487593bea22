"""DTLS in datagrams that fit through every path.

The narrowest path there may be carries 1280 bytes: IPv6 promises no more, and tunnels
leave no more. Nothing tells the sender when a larger datagram is lost on the way: short
messages pass, long ones never do, and the link seems to stand still. So nothing larger
is ever sent, and no path has to be measured:

    1280  the path
     -40  IPv6 (IPv4: 20)
      -8  UDP
     -59  TURN at its longest, a Data indication with an IPv6 address and a fingerprint
          (20 header, 24 peer, 4 data, 3 padding, 8 fingerprint; channel data: 4)
    1173  one datagram of DTLS: `DATAGRAM_MAX_BYTES`
     -37  a record of AES-GCM (13 header, 8 nonce, 16 tag)
     -28  SCTP (12 header, 16 of a DATA chunk)
    1108  one chunk of a message, `CHUNK_MAX_BYTES`, in whole words: SCTP pads to four bytes

aiortc leaves 4 bytes for TURN, and sends all records of a handshake's flight as one
datagram, cut at 1500 bytes wherever that falls. It uses private names of aiortc, hence
the pin; tests/transport/test_path_mtu.py fails when they change.
"""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.transport.noav import without_av

with without_av():
    from aiortc import RTCDtlsTransport

from OpenSSL import SSL

PATH_MTU_BYTES = 1280
IP_BYTES, UDP_BYTES, TURN_BYTES = 40, 8, 59
DATAGRAM_MAX_BYTES = PATH_MTU_BYTES - IP_BYTES - UDP_BYTES - TURN_BYTES
RECORD_BYTES, SCTP_BYTES, WORD_BYTES = 37, 28, 4
CHUNK_MAX_BYTES = (DATAGRAM_MAX_BYTES - RECORD_BYTES - SCTP_BYTES) // WORD_BYTES * WORD_BYTES

HEADER_BYTES = 13
APPLICATION_DATA = 23
FLIGHT_MAX_BYTES = 65_536


class NarrowDtls(RTCDtlsTransport):  # type: ignore[misc, unused-ignore]
    """DTLS whose datagrams are at most `DATAGRAM_MAX_BYTES` long."""

    async def _do_handshake(self) -> None:
        assert self._ssl is not None
        self._ssl.set_ciphertext_mtu(DATAGRAM_MAX_BYTES)  # a long certificate is cut into fragments
        await super()._do_handshake()

    async def _write_ssl(self) -> None:
        assert self._ssl is not None
        try:
            written = self._ssl.bio_read(FLIGHT_MAX_BYTES)
        except SSL.Error:
            return  # nothing was written
        for datagram in datagrams(written):
            await self.transport._send(datagram)  # noqa: SLF001 - as aiortc's own method does


def datagrams(records: bytes) -> Iterator[bytes]:
    """Cut what OpenSSL has written into datagrams of whole records.

    Records of a handshake share datagrams; one with data goes alone, since aiortc reads
    no second one.
    """
    batch = b""
    for record in _records(records):
        is_alone = record[0] == APPLICATION_DATA
        if batch and (is_alone or len(batch) + len(record) > DATAGRAM_MAX_BYTES):
            yield batch
            batch = b""
        batch += record
        if is_alone:
            yield batch
            batch = b""
    if batch:
        yield batch


def _records(written: bytes) -> Iterator[bytes]:
    while written:
        size = HEADER_BYTES + int.from_bytes(written[HEADER_BYTES - 2 : HEADER_BYTES])
        yield written[:size]
        written = written[size:]
