"""What the two servers learn of a team in its whole life: every byte they get and give is searched (43).

People found a team, join by a code and by a link, push, pull, meet over relays, remove
somebody and get new keys, all behind routers that leave no direct path. Each has a name,
an address, a machine and a project that are found nowhere else, so that one is enough.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from envlsp.crypto.device import DeviceKeys
from envlsp.service.facade import Service
from envlsp.transport.servers import servers_from_urls
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import MIB
from envlsp.wire.signaling_messages import Credentials, Joined, Verb, decode_answer_untrusted
from tests.netlab.conftest import Lab
from tests.support.cast import QuietTalk
from tests.support.netlab.ears import Heard, ears
from tests.support.netlab.servers import TURN_TCP, TURN_UDP
from tests.support.netlab.world import TURN_IP, Side, clock
from tests.support.processes import WAIT_S, Teammate, join, refused, wait_until

pytestmark = pytest.mark.slow

PROJECT, ENVIRONMENT, MESSAGE = "kanarienprojekt", "kanarienumgebung", "kanariennachricht"
VARIABLE, VALUES = "KANARIENVARIABLE", ("kanarienvogel-eins", "kanarienvogel-zwei")
FILE = f"# {MESSAGE}\n{VARIABLE}={VALUES[0]}\n".encode()
COMMON = (PROJECT, ENVIRONMENT, MESSAGE, VARIABLE, *VALUES, "kanarien", "example.com")
TELLING = Path(__file__).parents[1] / "support" / "netlab" / "telling"
HEADERS = {"host", "upgrade", "connection", "date"}
PLANTED = (b"gepflanzt-im-server", b"gepflanzt-im-relais")
_RENAMED = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')


def move_in(lab: Lab, person: Teammate, host: str) -> Teammate:
    """Give somebody a machine with a telling name, whose programs tell what they dial with."""
    lab.move_in(person, host)
    person.within = (*person.within, *_RENAMED, f"kanarienrechner-{host}")
    person.extra |= {
        "PYTHONPATH": str(TELLING),
        "TELL_DIALS": str(dials(lab)),
        "USER": f"kanariennutzer-{host}",
        "LOGNAME": f"kanariennutzer-{host}",
    }
    return person


def dials(lab: Lab) -> Path:
    return lab.people.root / "dials"


def found(lab: Lab) -> Teammate:
    alice = move_in(lab, lab.people.person("Kanarienalice"), "a1")
    alice.shop.mkdir()
    alice.git("init", "-q", "-b", "main")
    alice.env.write_bytes(FILE)
    alice.ok("init", *alice.who, "--no-recovery", "--project", PROJECT)
    alice.git("add", "--all")
    alice.git("commit", "-q", "-m", "Share secrets")
    return alice


def newcomer(lab: Lab, name: str, alice: Teammate, host: str) -> Teammate:
    person = lab.people.person(name)
    person.git("clone", "-q", str(alice.shop), "shop")
    return move_in(lab, person, host)


def live(lab: Lab) -> list[Teammate]:
    """Play the life of a team, over UDP relays and then over TCP ones; return its people."""
    sides: tuple[Side, ...] = ("a", "b")
    for side in sides:
        lab.world.nat(side, "symmetric")
    alice = found(lab)
    bob = newcomer(lab, "Kanarienbob", alice, "b1")
    join(alice, bob)
    agent = bob.agent()
    alice.json("push", "-m", MESSAGE)
    wait_until(bob.has_release("v1"))
    keeper = alice.agent()
    wait_until(lambda: any(peer["path"] == "relay" for peer in bob.json("peers")["peers"]))
    link = alice.json("invite", "--link")["link"]
    carol = newcomer(lab, "Kanariencarol", alice, "b1")
    carol.ok("join", "-", *carol.who, stdin=f"{link}\n".encode())
    alice.ok("env", "create", ENVIRONMENT)
    for each in (agent, keeper):
        each.stop()
    for side in sides:
        lab.world.nat(side, "noudp")
    agent = bob.agent()
    alice.env.write_bytes(FILE.replace(VALUES[0].encode(), VALUES[1].encode()))
    alice.json("push", "-m", MESSAGE)
    wait_until(bob.has_release("v2"))
    agent.stop()
    bob.ok("pull", "--offline")
    assert VALUES[1].encode() in bob.env.read_bytes()
    agent = carol.agent()
    alice.ok("access", "revoke", "Kanarienbob", "--yes")
    alice.ok("access", "rotate", "--all", "--yes")
    refused(bob.run("sync"), 5)
    agent.stop()
    return [alice, bob, carol]


@pytest.mark.timeout(600)  # some thirty commands one after another, each with a start of its own
def test_neither_server_learns_anything_of_a_team(lab: Lab, tmp_path: Path) -> None:
    with ears(lab.world, tmp_path / "life") as listening:
        people = live(lab)
        plant(lab)
        log = metrics(lab) + lab.servers.drain_signaling().encode()
        heard = listening.heard()
    assert len(heard.signaling) > 50_000
    assert min(len(heard.relay(way)) for way in ("udp", "tcp")) > 10_000
    frames = lab.servers.frames.read_bytes()
    assert log

    # What is planted is found, in each of the places and whatever its spelling: so the search works.
    for data in (heard.signaling, frames):
        assert search(data, PLANTED[:1]) == list(PLANTED[:1])
    for way in ("udp", "tcp"):
        assert search(heard.relay(way), PLANTED[1:]) == list(PLANTED[1:])

    secrets = [*(word.encode() for word in COMMON), *identities(people)]
    for data in (heard.signaling, frames, heard.relay(), log, lab.servers.log.read_bytes()):
        assert search(data, secrets) == []
    told = parameters(dials(lab))
    assert len(told) > 20
    for data in (heard.signaling, frames, log):
        assert search(data, told) == []
    passwords = [word for word in told if re.fullmatch(rb"[A-Za-z0-9+/]{22,}", word)]
    assert passwords
    assert search(heard.relay(), passwords) == []
    check_heads(heard)
    check_names_at_the_relay(heard)
    check_log(log, heard)


def test_spellings_are_found_wherever_they_stand() -> None:
    secret = b"thirteen bytes"
    for shift in range(7):
        text = b"x" * shift + secret + b"yz"
        forms = (text, text.hex().encode(), base64.b64encode(text), base64.b32encode(text).lower())
        for form in forms:
            assert search(b"before" + form + b"after", [secret]) == [secret], form
    assert search(base64.b64encode(b"something else, as long"), [secret]) == []


def test_rooms_of_another_day_are_others(lab: Lab, tmp_path: Path) -> None:
    alice = lab.founder("Alice", "a1")
    bob = lab.clone("Bob", alice, "b1")
    join(alice, bob)
    days = []
    for number, day in enumerate(("+0d", "+2d")):  # not the next one: its room is in use near midnight
        with ears(lab.world, tmp_path / f"day{number}") as listening:
            for person, host in ((alice, "a1"), (bob, "b1")):
                lab.move_in(person, host)
                person.within = (*person.within, *clock(day))
            agent = bob.agent()
            alice.meet()
            agent.stop()
            days.append(rooms(listening.heard()))
    assert all(days)
    assert days[0].isdisjoint(days[1])


# --- what is searched for ----------------------------------------------------------------------


def spellings(secret: bytes) -> set[bytes]:
    """Return the ways in which bytes leak: as they are, in hex, in base64 and base32 at any offset."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    if secret.isascii():
        found |= {secret.lower(), secret.upper()}
    if len(secret) > 8:  # of less, too little is left to search for
        found |= {one for shift in range(3) for one in _inner(base64.b64encode, 6, shift, secret)}
        found |= {one for shift in range(3) for one in _inner(base64.urlsafe_b64encode, 6, shift, secret)}
        found |= {one for shift in range(5) for one in _inner(base64.b32encode, 5, shift, secret)}
    return found


def _inner(encode_: Callable[[bytes], bytes], bits: int, shift: int, secret: bytes) -> set[bytes]:
    """Return what every text has in which these bytes stand at that offset: no neighbour has a part in it."""
    text = encode_(bytes(shift) + secret)
    inner = text[-(-shift * 8 // bits) : (shift + len(secret)) * 8 // bits]
    return {inner, inner.lower()} if bits == 5 else {inner}


def search(data: bytes, secrets: Iterable[bytes]) -> list[bytes]:
    """Return the secrets that are in there, in any spelling."""
    return [secret for secret in secrets if any(one in data for one in spellings(secret))]


def identities(people: Iterable[Teammate]) -> list[bytes]:
    """Return what would name the team, its people and their devices."""
    wanted: list[bytes] = []
    for person in people:
        name = person.name.encode()
        wanted += [name, name.lower() + b"@example.com", name + b"-pc"]
        with_keys = Service(
            QuietTalk(), key_file=person.folder / "key", environ={"ENVLSP_HOME": str(person.home)}
        )
        for team in with_keys.vault.open().teams():
            keys: DeviceKeys = with_keys.vault.keys(team)
            wanted += [bytes(team), bytes(keys.dpk), bytes(keys.xpk)]
        with_keys.close()
    text = re.search(r"tm1[0-9a-z]+", (next(iter(people)).shop / "ev.yaml").read_text())
    assert text
    machines = [f"kanarien{what}-{host}".encode() for what in ("rechner", "nutzer") for host in ("a1", "b1")]
    return [*wanted, text[0].encode(), *machines]


def parameters(path: Path) -> list[bytes]:
    """Return what the dials were really made with: passwords, fingerprints, candidates, and ufrags."""
    wanted = set[bytes]()
    for line in path.read_text().splitlines():
        ufrag, password, fingerprint, *candidates = json.loads(line)
        # Four letters occur by chance; as a text of the encoding, or of SDP, they do not.
        wanted |= {encode(ufrag), b"ufrag:" + ufrag.encode()} if ufrag else set()
        wanted |= {each for each in (password.encode(), bytes.fromhex(fingerprint)) if each}
        for candidate in candidates:
            address, port = candidate.split()[4:6]
            wanted |= {candidate.encode(), f"{address} {port}".encode()}
            wanted |= {address.encode()} - {TURN_IP.encode()}  # that one it names itself
    return sorted(wanted)


# --- what is planted, and what is looked at besides --------------------------------------------

PLANT = """
import asyncio, os, sys
from envlsp.transport.probing.relays import allocation
from envlsp.transport.servers import servers_from_urls
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.signaling_messages import RoomId
url, in_server, in_relay, *ways = sys.argv[1:]
async def main():
    async with SignalingClient(url) as one, SignalingClient(url) as other:
        room = RoomId(os.urandom(16))
        await one.subscribe(room)
        await other.subscribe(room)
        await one.publish(room, in_server.encode().hex().encode().ljust(1024, b"."))
        given = await one.turn()
        for server in servers_from_urls(ways, username=given.username, password=given.password).turn:
            async with allocation(server) as here, allocation(server) as there:
                await pass_on(in_relay.encode(), here, there)
async def pass_on(planted, here, there):
    while there.heard.empty():  # neither lets the other in before it has sent something itself
        here.send(planted, there.address)
        there.send(planted, here.address)
        await asyncio.sleep(0.1)
asyncio.run(main())
"""


def plant(lab: Lab) -> None:
    """Send what must be found the way that everything goes, over UDP and over TCP."""
    lab.world.nat("a", "cone")
    words = [*lab.world.within("a1"), sys.executable, "-c", PLANT, lab.servers.url]
    planted = (each.decode() for each in PLANTED)
    subprocess.run([*words, *planted, TURN_UDP, TURN_TCP], check=True, timeout=WAIT_S)


METRICS = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())
except urllib.error.HTTPError as no:
    print("no metrics", no.code)
"""


def metrics(lab: Lab) -> bytes:
    """Return what the signaling server counts aloud."""
    return lab.world.run(
        "pub", sys.executable, "-c", METRICS, f"{lab.servers.url.replace('ws', 'http', 1)}/metrics"
    ).encode()


def check_heads(heard: Heard) -> None:
    """Nothing introduces anybody: no program, no machine, no language."""
    for head in heard.heads:
        names = {line.partition(b":")[0].lower().decode() for line in head.split(b"\r\n")[1:]}
        assert {name for name in names if not name.startswith("sec-websocket-")} <= HEADERS, names


def check_names_at_the_relay(heard: Heard) -> None:
    """Who asks a relay is named at random: each time otherwise, and never after a room."""
    answers = map(decode_answer_untrusted, frames_only(heard.answered))
    given = [one for one in answers if isinstance(one, Credentials)]
    names = [one.username for one in given]
    assert len(names) > 3
    assert len(set(names)) == len(names)
    inside = rooms(heard)
    for name in names:
        when, _, drawn = name.partition(":")
        assert when.isdigit()
        assert re.fullmatch(r"[0-9a-f]{16}", drawn)
        assert not any(drawn in room.hex() for room in inside)
    assert servers_from_urls(given[0].urls, username="a", password="b").turn


def check_log(log: bytes, heard: Heard) -> None:
    """What the server writes down, at its most talkative, has no room, tag or address."""
    seen = [*rooms(heard), *tags(heard)]
    assert len(seen) > 10
    assert search(log, [*seen, b"203.0.113.101", b"203.0.113.102", b"198.18."]) == []


def frames_only(data: Iterable[bytes]) -> list[bytes]:
    """Return the frames of the protocol; pings and goodbyes are others."""
    return [frame for frame in data if frame[:1] and 0x92 <= frame[0] <= 0x95]


def rooms(heard: Heard) -> set[bytes]:
    """Return the rooms that were entered."""
    asked: list[Any] = [decode_untrusted(frame, limit_bytes=MIB) for frame in frames_only(heard.asked)]
    return {each[1] for each in asked if each[0] == Verb.SUB}


def tags(heard: Heard) -> set[bytes]:
    """Return the tags that were given out."""
    answered = map(decode_answer_untrusted, frames_only(heard.answered))
    return {each.tag for each in answered if isinstance(each, Joined)}
