"""A blind replica, on its own machine: its keys, the team it was given, and waiting for one (PROTOCOL A4).

Fresh keys for each team, on the disk before the pairing string is shown. Which team it
becomes, the first card says that comes into its room: only who was given the string can
send one. What comes after is judged record by record from that team's id.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds
from envlsp.crypto.introductions import open_card
from envlsp.crypto.labels import kdf
from envlsp.crypto.rendezvous import RoomKey, open_beacon, rooms_at, seal_beacon
from envlsp.domain.ids import TeamId
from envlsp.errors import EnvlspError, PeerError, TrustError
from envlsp.service.facade import Service
from envlsp.service.joining.pinning import pin_team
from envlsp.service.ports import Clock
from envlsp.service.team import Team
from envlsp.store.keyfile import DeviceSeeds
from envlsp.transport.signaling_client import Connected, SignalingClient
from envlsp.transport.signaling_servers import TokenOf, no_token
from envlsp.wire.introductions import Answer, Card
from envlsp.wire.replicas import Pairing
from envlsp.wire.signaling_messages import Message, RoomId, Tag

BEACON_EVERY_S: Final = 60.0
_UNPAIRED: Final = TeamId(b"\xff" * 32)
"""What stands for the team of keys that no team has yet."""
_ROOM: Final = b"replica-room"


def waiting_seeds(service: Service) -> DeviceSeeds:
    """Return the keys that wait for a team, made now if there are none."""
    seeds = service.pending.of_team(_UNPAIRED)
    if seeds is None:
        seeds = DeviceSeeds(*new_seeds())
        service.pending.put(_UNPAIRED, seeds, int(service.clock()))
    return seeds


def pairing_of(seeds: DeviceSeeds) -> Pairing:
    """Return what a member is told of a replica."""
    keys = device_keys(seeds.sign, seeds.box)
    return Pairing(keys.dpk, keys.xpk, kdf(seeds.sign, "room"))


def keep_team(service: Service, identity: TeamId, servers: tuple[str, ...]) -> Team:
    """Be a replica of a team from now on, with the keys that waited for one."""
    seeds = waiting_seeds(service)
    team = pin_team(service, identity, seeds, servers)
    team.store.meta.put(_ROOM, pairing_of(seeds).room)
    service.pending.drop(seeds)
    return team


def own_room(team: Team) -> bytes | None:
    """Return the room in which members meet this device, where it is a replica of the team."""
    return team.store.meta.get(_ROOM)


class Waiting:
    """Waits in a room of its own for a member who brings a team."""

    def __init__(
        self, seeds: DeviceSeeds, servers: Sequence[str], clock: Clock, tokens: TokenOf = no_token
    ) -> None:
        """Prepare; `card` does it.

        Args:
            seeds: of the keys in the pairing string.
            servers: signaling servers, best first.
            clock: for the day, which names the room.
            tokens: what their operators want to be shown.
        """
        self._keys: DeviceKeys = device_keys(seeds.sign, seeds.box)
        self._key = RoomKey(pairing_of(seeds).room)
        self._client = SignalingClient(tuple(servers), tokens=tokens)
        self._clock = clock
        self._rooms: tuple[RoomId, ...] = ()

    async def card(self) -> Card:
        """Return the first card that a member gives us.

        Raises:
            SignalingUnreachable: no server answered.
        """
        async with self._client:
            announcing = asyncio.create_task(self._keep_announcing())
            try:
                async for event in self._client.messages():
                    match event:
                        case Message(_, tag, blob):
                            if (card := self._card(blob)) is not None:
                                return card
                            await self._answer(tag, blob)
                        case Connected():
                            await self._announce()
            finally:
                announcing.cancel()
        raise AssertionError("messages end with the client, and it with us")

    async def _keep_announcing(self) -> None:
        while True:
            await self._announce()
            await asyncio.sleep(BEACON_EVERY_S)

    async def _announce(self) -> None:
        with contextlib.suppress(EnvlspError):  # not connected: `Connected` announces again
            await self._enter()
            await self._client.publish(self._rooms[0], self._beacon(self._rooms[0]))

    async def _enter(self) -> None:
        wanted = rooms_at(self._key, int(self._clock()))
        before, self._rooms = self._rooms, wanted
        for room in before:
            if room not in wanted:
                await self._client.unsubscribe(room)
        for room in wanted:
            if room not in before:
                await self._client.subscribe(room)

    def _beacon(self, room: RoomId) -> bytes:
        return seal_beacon(self._keys.sign, self._key, room, int(self._clock()))

    async def _answer(self, tag: Tag, blob: bytes) -> None:
        """Say to a member who has just come that we are there; it gives us a card then."""
        for room in self._rooms:
            with contextlib.suppress(TrustError, PeerError):
                open_beacon(blob, self._key, room)
                with contextlib.suppress(EnvlspError):
                    await self._client.send(tag, self._beacon(room))
                return

    def _card(self, blob: bytes) -> Card | None:
        with contextlib.suppress(TrustError, PeerError):
            card = open_card(blob, self._keys.box, own=self._keys.dpk, team=None)
            return card if card.answer is Answer.COME else None
        return None
