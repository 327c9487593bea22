"""One LAN and no server: teammates find each other, and nobody else learns who they are."""

from __future__ import annotations

import base64
import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from envlsp.cli.talk import Talk
from envlsp.service.facade import Service
from envlsp.wire.lan import MARKS_BYTES, NONCE_BYTES, SALT_BYTES, split_marks
from tests.netlab.conftest import Lab
from tests.support.netlab import stranger
from tests.support.netlab.ears import until_written
from tests.support.netlab.world import HOSTS, LAN
from tests.support.processes import WAIT_S, Background, Teammate, join, refused, wait_until

pytestmark = pytest.mark.slow

TEXT_ENTRY = re.compile(rb"s=(.{%d}).t=(.{%d})" % (SALT_BYTES, MARKS_BYTES), re.DOTALL)
INSTANCE = re.compile(rb"\x10([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Team:
    """Alice and Bob on one LAN, Carol on another; a server that is down unless a test starts it."""

    lab: Lab
    alice: Teammate
    bob: Teammate
    carol: Teammate

    @property
    def people(self) -> tuple[Teammate, ...]:
        return self.alice, self.bob, self.carol


@pytest.fixture(scope="module")
def founded(standing: Lab) -> Team:
    """The team, made while there was a server."""
    alice = standing.founder("Alice", "a1")
    bob, carol = standing.clone("Bob", alice, "a2"), standing.clone("Carol", alice, "b1")
    for joiner in (bob, carol):
        join(alice, joiner)
    return Team(standing, alice, bob, carol)


@pytest.fixture
def team(founded: Team) -> Iterator[Team]:
    """The team for one test: on its LANs, as everybody is who did not say otherwise."""
    founded.lab.servers.stop_signaling()
    with contextlib.ExitStack() as started:
        for person in founded.people:
            person.started = started
            person.extra["ENVLSP_LAN"] = "on"
        yield founded


def forget_servers(person: Teammate) -> None:
    """Let somebody have no signaling server: none in the project, and none remembered."""
    person.url = ""
    config = person.shop / "ev.yaml"
    config.write_text(re.sub(r"(?m)^signaling: .*$", "signaling: []", config.read_text()))
    with opened(person) as service:
        service.team(service.only_team()).store.peers.set_servers(())


@contextlib.contextmanager
def opened(person: Teammate) -> Iterator[Service]:
    """Open somebody's device below the command line."""
    environ = {"ENVLSP_HOME": str(person.home), "ENVLSP_LAN": "off"}
    service = Service(Talk(), key_file=person.folder / "key", environ=environ)
    try:
        yield service
    finally:
        service.close()


def push(person: Teammate, value: str) -> str:
    """Push a value; return the release, which somebody was there to hear of."""
    person.env.write_text(f"API_URL={value}\n")
    return str(person.share("-m", f"it is {value}")["release"])


def meet(one: Teammate, other: Teammate) -> None:
    """Wait until the node of one has a link to the other."""

    def is_there() -> bool:
        states = {peer["name"].split()[0]: peer["state"] for peer in one.json("peers")["peers"]}
        return bool(states[other.name] == "online")

    wait_until(is_there)


@contextlib.contextmanager
def recorded(lab: Lab, host: str, file: Path) -> Iterator[None]:
    """Record everything that a host gets and gives, multicast and the rest."""
    words = ["tcpdump", "-i", "eth0", "-U", "-Z", "root", "-s", "0", "-w", str(file)]
    recorder = Background([*lab.world.within(host), *words], file.parent, {"PATH": "/usr/bin:/bin:/usr/sbin"})
    try:
        wait_until(lambda: "listening on" in recorder.talk)
        yield
        until_written(lab.world, host, f"{LAN[HOSTS[host][0]]}1", file)
    finally:
        recorder.process.terminate()
        recorder.finish()
        recorder.end()


def machine(person: Teammate) -> str:
    """Return what somebody's machine is called, in `on_named_machines`."""
    return f"machine-of-{person.name.lower()}"


@contextlib.contextmanager
def on_named_machines(*people: Teammate) -> Iterator[None]:
    """Let people's commands run on machines whose names are known."""
    before = [person.within for person in people]
    for person in people:
        name_it = f'hostname {machine(person)} && exec "$@"'
        person.within = (*person.within, "unshare", "--uts", "sh", "-c", name_it, "sh")
    try:
        yield
    finally:
        for person, within in zip(people, before, strict=True):
            person.within = within


def identifying(person: Teammate) -> list[bytes]:
    """Return what would tell a listener who somebody is."""
    with opened(person) as service:
        keys = service.vault.keys(service.only_team())
        numbers = [bytes(service.only_team()), keys.dpk, keys.xpk]
    address = f"{person.name}@example.com".lower()
    team = re.findall(r"tm1\w+", (person.shop / "ev.yaml").read_text())[0]
    words = [
        address,
        f"{person.name}-pc",
        machine(person),
        "API_URL",
        "one.example",
        "it is https",
        "Alice",
        team,
    ]
    return [
        *numbers,
        *(n.hex().encode() for n in numbers),
        *map(base64.b64encode, numbers),
        *map(str.encode, words),
    ]


# --- meeting -----------------------------------------------------------------------------------


def test_a_push_reaches_a_neighbour_while_the_server_is_down(team: Team) -> None:
    team.bob.agent()
    release = push(team.alice, "one")  # as the node for a moment
    wait_until(team.bob.has_release(release))
    team.alice.agent()
    meet(team.alice, team.bob)
    assert "lan" in [peer["via"] for peer in team.alice.json("peers")["peers"]]


def test_who_stays_off_the_lan_is_not_met_there(team: Team) -> None:
    team.bob.extra["ENVLSP_LAN"] = "off"
    team.bob.agent()
    refused(team.alice.run("sync"), 7, saying="signaling server")


def test_a_neighbour_that_was_killed_is_met_again(team: Team) -> None:
    team.alice.agent()
    killed = team.bob.agent()
    meet(team.alice, team.bob)
    killed.process.kill()
    killed.process.wait()
    team.bob.agent()
    wait_until(team.bob.has_release(push(team.alice, "for who came back")))


def test_the_server_comes_back_and_nobody_has_to_do_anything(team: Team) -> None:
    team.alice.agent()
    team.bob.agent()
    meet(team.alice, team.bob)
    team.lab.servers.start_signaling()
    team.carol.agent()
    meet(team.alice, team.carol)
    release = push(team.alice, "to one by the LAN, to one by the server")
    for person in (team.bob, team.carol):
        wait_until(person.has_release(release))


# --- strangers ---------------------------------------------------------------------------------


def test_what_is_said_on_the_lan_names_nobody_and_is_never_the_same_twice(team: Team, tmp_path: Path) -> None:
    tags, names = list[set[bytes]](), list[set[bytes]]()
    for life in range(2):
        file = tmp_path / f"life-{life}.pcap"
        with recorded(team.lab, "a2", file), on_named_machines(team.alice, team.bob):
            agents = team.alice.agent(), team.bob.agent()
            meet(team.alice, team.bob)
            push(team.alice, f"https://one.example/{life}")
            for agent in agents:
                assert agent.stop().code == 0
        heard = file.read_bytes()
        posters = TEXT_ENTRY.findall(heard)
        assert len({salt for salt, _ in posters}) >= 2, "both posters were recorded"
        tags.append({mark for _, marks in posters for mark in split_marks(marks)})
        names.append(set(INSTANCE.findall(heard)))
        assert len(names[-1]) >= 4, "both have an instance name, and a server name"
        for secret in (*identifying(team.alice), *identifying(team.bob)):
            assert secret not in heard, secret
    assert tags[0].isdisjoint(tags[1])
    assert names[0].isdisjoint(names[1])


def test_a_stranger_learns_nothing_and_floods_in_vain(team: Team) -> None:
    alice, bob = team.alice.agent(), team.bob.agent()
    meet(team.alice, team.bob)
    words = [sys.executable, str(Path(stranger.__file__)), "198.18.1.1", str(WAIT_S)]
    eve = Background([*team.lab.world.within("nata"), *words], team.alice.folder, team.alice.environ())
    try:
        told = eve.document()
        assert len(told["doors"]) == 2
        assert set(told["said"]) <= {0, NONCE_BYTES}, "a nonce, and then the door shuts"
        wait_until(team.bob.has_release(push(team.alice, "in the flood")))
        bob.process.kill()
        bob.process.wait()
        team.bob.agent()  # a neighbour finds its way through the crowd
        meet(team.alice, team.bob)
        assert eve.process.poll() is None, eve.talk
        resident_bytes = int(Path(f"/proc/{alice.process.pid}/statm").read_text().split()[1]) * 4096
        assert resident_bytes < 200 * 2**20
    finally:
        eve.end()


# --- the last one: from here on there is no server any more ------------------------------------


def test_neighbours_need_no_server_at_all_and_who_is_elsewhere_meets_nobody(team: Team) -> None:
    for person in team.people:
        forget_servers(person)
        person.agent()
    meet(team.bob, team.alice)
    release = push(team.alice, "without any server")
    wait_until(team.bob.has_release(release))
    refused(team.carol.run("sync"), 7)
    assert {peer["state"] for peer in team.carol.json("peers")["peers"]} == {"offline"}
    assert not team.carol.has_release(release)()
