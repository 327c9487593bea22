"""Being found on one LAN, and finding others there, by mDNS.

What is shown is a poster of random looking bytes under random names, fresh at each
change; never the name of the machine. What is seen may be forged by anybody on the LAN:
it is bounded, checked for its form, and no more than a hint where to knock.

The only module that imports `zeroconf`, and only when it starts.

Spec: docs/protocol.md, "F.6 Transport".
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from envlsp.errors import MalformedFrame
from envlsp.transport.lan_networks import Network
from envlsp.wire.lan import Poster, decode_poster_untrusted, encode_poster

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_envlsp._tcp.local."
LOOKS_PER_MINUTE: Final = 60
"""Services looked at; a team and its neighbours are fewer, and a flood is passed over."""
ADDRESSES_MAX: Final = 4
"""Of one service; more are not tried."""
PORT_MIN: Final = 1024
"""Nobody of ours listens below."""
ASK_MS: Final = 2_000
HOST_TTL_S: Final = 120
OTHER_TTL_S: Final = 1_200
"""Twice as long as a poster hangs."""
OWN_NAMES_MAX: Final = 256
"""Names of our own are no neighbours, nor are those that we have just given up."""
_NAME_BYTES: Final = 8

logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # it writes down addresses, and words of strangers


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody's poster, and where its owner says to be found."""

    name: str
    addresses: tuple[str, ...]
    port: int
    poster: Poster


class Discovery:
    """mDNS on one LAN, for every team of this device."""

    def __init__(self, network: Network) -> None:
        """Prepare; `start` begins."""
        self.network = network
        self.saw: list[Callable[[Sighting], None]] = []
        """Told of posters of others, also of one that has changed."""
        self.lost: list[Callable[[str], None]] = []
        """Told of the names of those that are gone."""
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._posted: dict[object, AsyncServiceInfo] = {}
        self._own: deque[str] = deque(maxlen=OWN_NAMES_MAX)
        self._seen: dict[str, Sighting] = {}
        self._looks: deque[float] = deque()
        self._tasks: set[asyncio.Future[Any]] = set()

    async def start(self) -> None:
        """Begin to look around.

        Raises:
            OSError: the LAN has just gone, or does not let us.
        """
        await asyncio.to_thread(importlib.import_module, "zeroconf.asyncio")
        from zeroconf import IPVersion, NotRunningException
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        first = self.network.interfaces[0]
        interfaces: list[str | int] = [str(first.ip)] if first.version == 4 else []
        interfaces += [self.network.index] if self.network.is_v6 else []
        version = IPVersion.All if len(interfaces) == 2 else None
        self._zeroconf = AsyncZeroconf(interfaces=interfaces, ip_version=version)
        try:
            await self._zeroconf.zeroconf.async_wait_for_start()
        except NotRunningException as exc:
            raise OSError("mDNS does not start") from exc
        self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE, handlers=[self._changed])

    async def post(self, owner: object, port: int, poster: Poster | None) -> str:
        """Show a poster in place of the owner's last one, under a new name; None only takes that down.

        Returns:
            The new name.
        """
        assert self._zeroconf is not None, "start comes first"
        before, name = self._posted.pop(owner, None), secrets.token_hex(_NAME_BYTES)
        if before is not None:
            self._keep(await self._zeroconf.async_unregister_service(before))
        if poster is not None:
            info = self._info(name, port, poster)
            self._posted[owner] = info
            self._own.append(info.name)
            # No probing: nobody else has drawn this name, and it would take a second.
            self._keep(await self._zeroconf.async_register_service(info, cooperating_responders=True))
        return name

    def seen(self) -> tuple[Sighting, ...]:
        """Return the posters that hang now."""
        return tuple(self._seen.values())

    async def close(self) -> None:
        """Say goodbye and stop. Twice is harmless."""
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is None:
            return
        if self._browser is not None:
            await self._browser.async_cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        goodbye = zeroconf.zeroconf.generate_unregister_all_services()
        if goodbye is not None:  # once: a command does not wait for two more to be sent
            zeroconf.zeroconf.async_send(goodbye)
            await asyncio.sleep(0)
        await zeroconf.async_close()

    def _info(self, name: str, port: int, poster: Poster) -> AsyncServiceInfo:
        from zeroconf.asyncio import AsyncServiceInfo

        return AsyncServiceInfo(
            SERVICE,
            f"{name}.{SERVICE}",
            port=port,
            properties=encode_poster(poster),
            server=f"{secrets.token_hex(_NAME_BYTES)}.local.",
            parsed_addresses=list(self.network.addresses),
            host_ttl=HOST_TTL_S,
            other_ttl=OTHER_TTL_S,
        )

    def _keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # of a network that has just gone, or of a stranger's words: nothing to tell

    # --- others ----------------------------------------------------------------------------------

    def _changed(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        from zeroconf import ServiceStateChange

        if state_change is ServiceStateChange.Removed:
            if self._seen.pop(name, None) is not None:
                for tell in self.lost:
                    tell(label_of(name))
        elif name not in self._own and self._may_look():
            self._keep(self._look(zeroconf, service_type, name))

    def _may_look(self) -> bool:
        now = time.monotonic()
        while self._looks and now - self._looks[0] > 60:
            self._looks.popleft()
        if len(self._looks) >= LOOKS_PER_MINUTE:
            return False
        self._looks.append(now)
        return True

    async def _look(self, zeroconf: Zeroconf, service_type: str, name: str) -> None:
        from zeroconf.asyncio import AsyncServiceInfo

        info = AsyncServiceInfo(service_type, name)
        if not info.load_from_cache(zeroconf) and not await info.async_request(zeroconf, ASK_MS):
            return
        with contextlib.suppress(MalformedFrame):
            sighting = self._sighting(name, info)
            self._seen[name] = sighting
            while len(self._seen) > LOOKS_PER_MINUTE:
                del self._seen[next(iter(self._seen))]
            for tell in self.saw:
                tell(sighting)

    def _sighting(self, name: str, info: AsyncServiceInfo) -> Sighting:
        addresses = [one for one in info.parsed_scoped_addresses() if self.network.is_near(one)]
        if not addresses or info.port is None or info.port < PORT_MIN:
            raise MalformedFrame
        poster = decode_poster_untrusted(info.properties)
        scoped = tuple(self._scoped(one) for one in addresses[:ADDRESSES_MAX])
        return Sighting(label_of(name), scoped, info.port, poster)

    def _scoped(self, address: str) -> str:
        return f"{address.partition('%')[0]}%{self.network.index}" if address.startswith("fe80") else address


def label_of(name: str) -> str:
    """Return the instance label of a service's name, which orders who dials whom."""
    return name.removesuffix(f".{SERVICE}")
