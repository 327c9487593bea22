"""Coming into a team by an invitation link: the side that has it (PROTOCOL E.2).

Nobody at the other end has to answer a question: any developer's device that is online may
be the courier. Its rules:

* Everything that comes is judged from the team id in the link, so it does not matter who
  brings it; a courier is believed once the records say that it is a developer's device.
* Our name goes to one courier, after that, and to nobody else.
* Nothing is kept of a team that has not let us in, but the keys: they may have been
  admitted without our hearing of it, and the next try is with the same ones.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from envlsp.crypto.device import device_keys, fingerprint, new_seeds
from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import Stopped
from envlsp.service.context import Project
from envlsp.service.facade import Service
from envlsp.service.joining.link_visit import LinkVisit
from envlsp.service.joining.pinning import check_team, pin_team, said_no
from envlsp.service.joining.pipe import ask_person, meeting_place
from envlsp.service.network import errands
from envlsp.service.people import Person
from envlsp.service.ports import Cancelled, Talk, never
from envlsp.service.replica import Replica
from envlsp.service.results import JoinResult
from envlsp.service.stopping import run_until
from envlsp.service.team import Team
from envlsp.store.keyfile import DeviceSeeds
from envlsp.store.lock import FileLock
from envlsp.store.team import TeamStore
from envlsp.wire.introductions import LINK_PREFIX, Link, from_link_text_untrusted
from envlsp.wire.text import fingerprint_text, to_team_text

WAIT_S: Final = 60.0
"""How long we knock: who is online answers at once, so this is for somebody to come."""
_CHUNK: Final = 256
"""Records that are stored at once."""


def is_link(text: str) -> bool:
    """Return whether somebody gave a link where a code is possible too."""
    return text.strip().lower().startswith(LINK_PREFIX)


def join_by_link(
    service: Service,
    project: Project | None,
    text: str,
    person: Person,
    servers: tuple[str, ...],
    *,
    talk: Talk | None = None,
    is_cancelled: Cancelled = never,
    wait_s: float = WAIT_S,
) -> JoinResult:
    """Join a team by an invitation link.

    Args:
        service: this device.
        project: where we stand, if in one: the link must be of its team.
        text: as pasted.
        person: who we are.
        servers: signaling servers to meet at, besides the one in the link.
        talk: who is asked and told; by default the service's person.
        is_cancelled: whether the person has stopped waiting.
        wait_s: how long somebody may take to come online.

    Raises:
        BadText: no possible link.
        LinkRefused: a member says why it lets nobody in.
        TrustError: it is of another team than `ev.yaml` names.
        SignalingUnreachable, NobodyReachable: nobody to meet.
        Stopped: it was stopped before we were in.
    """
    link = from_link_text_untrusted(text)
    joiner = _Joiner(service, project, link, person, talk or service.talk)
    known = tuple(dict.fromkeys(server for server in (link.server, *servers) if server))
    try:
        result = run_until(joiner.run(known, wait_s), is_cancelled)
    except Stopped:
        raise Stopped("you are not in yet; the link is as good as before", fix="envlsp join LINK") from None
    errands.tell_node(service, link.team, "joined")
    return result


class _Joiner:
    """Everything but the network."""

    def __init__(
        self, service: Service, project: Project | None, link: Link, person: Person, talk: Talk
    ) -> None:
        self._service = service
        self._project = project
        self._link = link
        self._person = person
        self._talk = talk

    async def run(self, servers: tuple[str, ...], wait_s: float) -> JoinResult:
        """Do all of it; return the team we are in now."""
        self._service.vault.open_or_create(self._talk)  # a passphrase is asked for before anybody waits
        question = check_team(self._service, self._project, self._link.team, what="the link")
        if question and not await ask_person(lambda: self._talk.confirm(question)):
            raise said_no()
        pending, team = self._service.pending, self._link.team
        seeds = pending.of_team(team) or DeviceSeeds(*new_seeds())
        pending.put(team, seeds, int(self._service.clock()))
        with _scratch(self._service, team, seeds) as replica:
            async with meeting_place(self._service, servers) as client:
                self._talk.say("waiting for a teammate who is online; the link stays good if you stop")
                visit = LinkVisit(client, replica, self._link, self._person)
                async with visit.there():
                    courier = await visit.get_in(wait_s)
            joined = self._keep(replica, seeds, servers)
        pending.drop(seeds)
        return self._result(joined, courier)

    def _keep(self, gathered: Replica, seeds: DeviceSeeds, servers: tuple[str, ...]) -> Team:
        """Pin the team, then store what we were given, judged once more."""
        team = pin_team(self._service, gathered.team, seeds, servers)
        ids = [record.id for record in gathered.ledger.records()]
        for start in range(0, len(ids), _CHUNK):
            team.replica.receive([gathered.raw(identity) for identity in ids[start : start + _CHUNK]])
        return team

    def _result(self, team: Team, courier: DevicePk) -> JoinResult:
        replica, people = team.replica, team.people
        inviter = people.of_user(replica.ledger.author_of(self._link.invite)).name
        words = fingerprint_text(fingerprint(replica.keys.dpk, replica.keys.xpk))
        self._talk.say(f"{people.of_device(courier).name} let you in; teammates see this device as {words}")
        return JoinResult(
            team=to_team_text(team.id),
            inviter=inviter,
            words=words,
            members=len(replica.state.members),
        )


@contextlib.contextmanager
def _scratch(service: Service, team: TeamId, seeds: DeviceSeeds) -> Iterator[Replica]:
    """Yield a replica to gather the team's records in; nothing of it stays.

    Raises:
        StoreBusy: another process of this device joins the same team.
    """
    folder = Path(service.home.team_folder(team) + ".joining")
    service.home.make()
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(f"{folder}.lock", "join")
    lock.acquire(timeout_s=0)
    with lock:
        shutil.rmtree(folder, ignore_errors=True)  # of a join that was killed
        keys = device_keys(seeds.sign, seeds.box)
        store = TeamStore(str(folder), service.vault.open().lsk, keys.dpk)
        try:
            yield Replica(team, keys, store, service.clock)
        finally:
            store.close()
            shutil.rmtree(folder, ignore_errors=True)
