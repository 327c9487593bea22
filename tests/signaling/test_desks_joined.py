"""To their clients, desks in several processes are one: the same script, told to one and to two."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from envlsp_signaling.desk import Desk
from envlsp_signaling.effects import (
    Close,
    Effect,
    Listen,
    Release,
    Reserve,
    Rest,
    SeekCompany,
    Send,
    SendTurn,
    Take,
    Tell,
    Unlisten,
)
from envlsp_signaling.limits import KIB, Limits
from envlsp_signaling.messages import Code, Number, Verb
from envlsp_signaling.news import News, RoomName, ServerId, decode_untrusted, encode
from envlsp_signaling.rooms import ConnectionId

PLENTY = 1 << 40
ROOMY = Limits(
    frames_burst=PLENTY,
    bytes_burst=PLENTY,
    address_bytes_burst=PLENTY,
    refusals_max=PLENTY,
    allocations_per_hour=PLENTY,
    missed_claims_per_hour=PLENTY,
    mailbox_frames=4,
    idle_s=1e9,
    idle_in_room_s=1e9,
)

people = st.integers(0, 5)
rooms = st.integers(0, 2)
steps = st.one_of(
    st.tuples(st.just("leave"), people),
    st.tuples(st.just("wait"), st.sampled_from((1, 400, 700))),
    st.tuples(st.just("enter"), people, rooms),
    st.tuples(st.just("exit"), people, rooms),
    st.tuples(st.just("say"), people, rooms),
    st.tuples(st.just("answer"), people, rooms),
    st.tuples(st.just("open"), people),
    st.tuples(st.just("claim"), people, st.integers(0, 4)),
    st.tuples(st.just("pipe"), people),
    st.tuples(st.just("end"), people, st.integers(0, 4)),
    st.tuples(st.just("turn"), people),
)


class Service:
    """Desks, the place that they share, and what each client hears, in words that name no random id."""

    def __init__(self, desks: int) -> None:
        counter = itertools.count(1)
        servers = [ServerId(bytes([65 + number]) * 16) for number in range(desks)]
        self.desks = {
            server: Desk(
                ROOMY,
                lambda size: next(counter).to_bytes(size, "big"),
                offers_turn=True,
                server=server if desks > 1 else None,
            )
            for server in servers
        }
        self.listening: dict[RoomName, set[ServerId]] = {}
        self.reserved: dict[Number, ServerId | None] = {}
        self.underway: deque[tuple[ServerId, ServerId, News]] = deque()
        self.now = 0.0
        self.places = {person: servers[person % desks] for person in range(6)}
        self.ids: dict[tuple[ServerId, ConnectionId], int] = {}
        self.here: dict[int, ConnectionId] = {}
        self.tags: dict[bytes, int] = {}
        self.heard: dict[tuple[int, int], bytes] = {}
        self.numbers: list[Number] = []
        self.pipes: dict[int, bytes] = {}
        self.story: dict[int, list[tuple[object, ...]]] = {person: [] for person in range(6)}
        for person in range(6):
            self.come(person)

    def come(self, person: int) -> None:
        server = self.places[person]
        who = self.desks[server].opened(f"192.0.2.{person}", self.now)
        assert who is not None
        self.here[person] = who
        self.ids[server, who] = person

    def play(self, step: tuple[object, ...]) -> None:
        match step:
            case ("wait", int() as seconds):
                self.now += seconds
                for server, desk in self.desks.items():
                    self.obey(server, desk.sweep(self.now))
            case ("leave", int() as person):
                self.obey(self.places[person], self.desks[self.places[person]].closed(self.here[person]))
                self.heard = {place: tag for place, tag in self.heard.items() if place[0] != person}
                self.pipes.pop(person, None)
                self.come(person)
            case (str() as verb, int() as person, *rest):
                frame = self.frame(verb, person, [int(str(number)) for number in rest])
                if frame:
                    packed = msgpack.packb(frame, use_bin_type=True)
                    assert isinstance(packed, bytes)
                    server = self.places[person]
                    self.obey(server, self.desks[server].receive(self.here[person], packed, self.now))
        self.deliver()

    def frame(self, verb: str, person: int, rest: list[int]) -> list[object] | None:
        room = rest[0].to_bytes(16, "big") if rest else b""
        number = self.numbers[rest[0]] if rest and rest[0] < len(self.numbers) else None
        match verb:
            case "enter":
                return [Verb.SUB, room]
            case "exit":
                self.heard.pop((person, rest[0]), None)
                return [Verb.UNSUB, room]
            case "say":
                return [Verb.PUB, room, bytes([person]) * KIB]
            case "answer" if (person, rest[0]) in self.heard:
                return [Verb.TO, self.heard[person, rest[0]], bytes([person + 10]) * KIB]
            case "open":
                return [Verb.ALLOC]
            case "claim" if number is not None:
                return [Verb.CLAIM, number]
            case "end" if number is not None:
                return [Verb.LEAVE, number]
            case "pipe" if person in self.pipes:
                return [Verb.PUB, self.pipes[person], bytes([person + 20]) * KIB]
            case "turn":
                return [Verb.TURN]
            case _:
                return None

    # --- the place that all share, without a network -------------------------------------------

    def deliver(self) -> None:
        while self.underway:
            to, origin, news = self.underway.popleft()
            said_by, again = decode_untrusted(encode(origin, news))
            self.obey(to, self.desks[to].hear(said_by, again, self.now))

    def obey(self, server: ServerId, effects: Iterable[Effect]) -> None:
        desk = self.desks[server]
        for effect in effects:
            match effect:
                case Send(to, frame):
                    for who in to:
                        self.hear(self.ids[server, who], msgpack.unpackb(frame), here=self.here)
                case SendTurn(who):
                    self.story[self.ids[server, who]].append(("credentials",))
                case Listen(room):
                    self.listening.setdefault(room, set()).add(server)
                case Unlisten(room):
                    self.listening[room].discard(server)
                case Tell(to, news) if to in self.desks:
                    self.underway.append((ServerId(to), server, news))
                case Tell(to, news):
                    ears = self.listening.get(RoomName(to), set()) - {server}
                    self.underway.extend((ear, server, news) for ear in sorted(ears))
                case Reserve():
                    won = effect.number not in self.reserved
                    if won:
                        self.reserved[effect.number] = server
                    self.obey(server, desk.reserved(effect, won=won, now=self.now))
                case Take():
                    by = self.reserved.get(effect.number)
                    if by is not None:
                        self.reserved[effect.number] = None
                    self.obey(server, desk.taken(effect, by=by, now=self.now))
                case Release(number):
                    if number in self.reserved:
                        self.reserved[number] = None
                case SeekCompany(_, asked):
                    found = any(len(self.listening.get(room, ())) > 1 for room in asked)
                    self.obey(server, desk.company(effect, found=found))
                case Rest() | Close():
                    raise AssertionError("nobody is too fast here, or idle")

    def hear(self, person: int, frame: list[object], here: dict[int, ConnectionId]) -> None:
        match frame:
            case [Verb.JOINED, bytes() as room, bytes() as tag]:
                self.tags[tag] = person
                self.story[person].append(("joined", room))
            case [Verb.MSG, bytes() as room, bytes() as tag, bytes() as blob]:
                if tag != bytes(16):
                    self.heard[person, int.from_bytes(room, "big")] = tag
                    self.story[person].append(("heard", room, self.tags[tag], blob[0]))
                else:
                    self.story[person].append(("heard in a pipe", blob[0]))
            case [Verb.ERR, Code.NO_SUCH_TAG, _]:
                pass  # a tag that has just gone: told within a process, silent across
            case [Verb.ERR, code, verb]:
                self.story[person].append(("refused", code, verb))
            case [Verb.NUMBER, int() as number]:
                self.numbers.append(Number(number))
                self.story[person].append(("number", len(self.numbers)))
            case [Verb.PAIRED, int() as number, bytes() as pipe]:
                self.pipes[person] = pipe
                self.story[person].append(("paired", self.numbers.index(Number(number))))
            case [Verb.GONE, int() as number]:
                self.story[person].append(("gone", self.numbers.index(Number(number))))

    def check(self) -> None:
        """Hold the tables of each desk against what all share."""
        for server, desk in self.desks.items():
            own = {room for room, ears in self.listening.items() if server in ears}
            assert own == set(desk._elsewhere._rooms)
            assert set(desk._elsewhere._heard) <= own
            places = {tag: name for name, tags in desk._elsewhere._heard.items() for tag in tags}
            assert places == desk._elsewhere._places


@given(st.lists(steps, max_size=60))
def test_two_desks_are_one_to_their_clients(script: list[tuple[object, ...]]) -> None:
    one, two = Service(1), Service(2)
    for step in script:
        one.play(step)
        two.play(step)
        assert two.story == one.story
        two.check()
    for person in range(6):
        two.play(("leave", person))
    two.play(("wait", 3_700))
    assert not any(two.listening.values())
    for desk in two.desks.values():
        assert (
            desk.sizes()["rooms"] == desk.sizes()["mailboxes_open"] == desk.sizes()["mailboxes_paired"] == 0
        )
        assert not desk._elsewhere._places


def test_the_script_reaches_the_other_desk() -> None:
    """The law above is not empty: this is how a script gets across."""
    two = Service(2)
    for step in (("enter", 0, 0), ("enter", 1, 0), ("say", 0, 0), ("answer", 1, 0), ("open", 0)):
        two.play(step)
    for step in (("claim", 1, 0), ("pipe", 0), ("pipe", 1), ("turn", 0), ("end", 1, 0)):
        two.play(step)
    room = (0).to_bytes(16, "big")
    heard = [("heard", room, 1, 11), ("number", 1), ("paired", 0), ("heard in a pipe", 21)]
    assert two.story[0] == [("joined", room), *heard, ("credentials",), ("gone", 0)]
    assert two.story[1] == [
        ("joined", room),
        ("heard", room, 0, 0),
        ("paired", 0),
        ("heard in a pipe", 20),
        ("gone", 0),
    ]


def test_a_desk_that_is_cut_off_ends_what_went_across() -> None:
    two = Service(2)
    for step in (("open", 0), ("claim", 1, 0)):
        two.play(step)
    for server, desk in two.desks.items():
        two.obey(server, desk.lose(None))
    assert two.story[0][-1] == two.story[1][-1] == ("gone", 0)
    assert not any(desk.others() for desk in two.desks.values())


def test_who_asked_and_went_leaves_no_half_pairing() -> None:
    """The claim was decided while its connection ended: the owner is told, and nobody waits."""
    two = Service(2)
    two.play(("open", 0))
    server = two.places[1]
    asked = Take(two.here[1], two.numbers[0])
    two.play(("leave", 1))
    two.obey(server, two.desks[server].taken(asked, by=two.places[0], now=0.0))
    two.deliver()
    assert two.story[0][-2:] == [("paired", 0), ("gone", 0)]
    assert two.desks[two.places[0]].sizes()["mailboxes_paired"] == 0


def test_news_of_somebody_else_is_dropped() -> None:
    two = Service(2)
    two.play(("open", 0))
    two.play(("claim", 1, 0))
    first, second = two.desks
    before = [list(story) for story in two.story.values()]
    stranger = ServerId(b"Z" * 16)
    from envlsp_signaling.messages import RoomId
    from envlsp_signaling.news import PipeEnded, PipeSaid

    pipe = RoomId(two.pipes[0])
    assert two.desks[first].hear(stranger, PipeEnded(pipe), 0.0) == []
    assert two.desks[second].hear(stranger, PipeSaid(pipe, bytes(KIB)), 0.0) == [
        Tell(stranger, PipeEnded(pipe))
    ]
    assert [list(story) for story in two.story.values()] == before
