"""The merge against a literal transcription of C.6, and its laws."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.environment import Environment, team_environment
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId
from envlsp.domain.merge import Candidate, History, ReleaseNode, View, release_node
from envlsp.domain.release import Layout, ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.versions import Versions

DEV = team_environment("shop", "web", "dev")
PROD = team_environment("shop", "web", "prod")
NAMES = tuple(SecretName(name) for name in ("A", "B", "C"))


@dataclass(frozen=True)
class Marks:
    """A snapshot as fingerprints: plain text here, so that failures can be read."""

    entries: Mapping[SecretName, str]
    layout: object = None


def rid(number: int) -> RecordId:
    return RecordId(number.to_bytes(4, "big") * 8)


class Scene:
    """Releases by hand: `push(1, base=[], A="x")`."""

    def __init__(self) -> None:
        self.nodes: dict[RecordId, ReleaseNode] = {}
        self.contents: dict[RecordId, Marks] = {}

    def add(
        self,
        number: int,
        base: list[int],
        values: Mapping[SecretName, str],
        *,
        kind: ReleaseKind = ReleaseKind.PUSH,
        of: int | None = None,
        void: bool = False,
        environment: Environment = DEV,
        layout: object = None,
    ) -> RecordId:
        record = rid(number)
        bases = tuple(sorted(rid(other) for other in base))
        known = [self.nodes[r].height for r in (*bases, rid(of or 0)) if r in self.nodes]
        height = 1 + max(known, default=0)
        self.nodes[record] = ReleaseNode(
            record,
            DevicePk(bytes([number % 7]) * 32),
            height,
            environment,
            kind,
            bases,
            None if of is None else rid(of),
            void,
        )
        self.contents[record] = Marks(dict(values), layout)
        return record

    def push(self, number: int, base: list[int], **values: str) -> RecordId:
        return self.add(number, base, {SecretName(name): value for name, value in values.items()})

    def rekey(self, number: int, of: int, **values: str) -> RecordId:
        named = {SecretName(name): value for name, value in values.items()} or self.contents[rid(of)].entries
        return self.add(number, [of], named, kind=ReleaseKind.REKEY, of=of)

    def history(self) -> History[str]:
        return History(DEV, self.nodes.values(), self.contents)


# --- the oracle: C.6 word by word ------------------------------------------------------------


class Naive:
    """C.6 with whole closures, no shortcut anywhere."""

    def __init__(self, scene: Scene) -> None:
        self.nodes = {r: n for r, n in scene.nodes.items() if n.environment == DEV}
        self.contents = scene.contents

    def sound(self, r: RecordId) -> bool:
        node = self.nodes[r]
        named = [*node.base, *([] if node.of is None else [node.of])]
        if node.misplaced or any(o not in self.nodes or self.nodes[o].height >= node.height for o in named):
            return False
        return node.kind is not ReleaseKind.REKEY or node.base == (node.of,)

    def effective(self, r: RecordId) -> bool:
        node = self.nodes[r]
        if node.void or not self.sound(r):
            return False
        if node.kind is not ReleaseKind.REKEY:
            return True
        assert node.of is not None
        return self.contents[r] == self.contents[node.of]

    def below(self, r: RecordId) -> set[RecordId]:
        """Everything effective reachable through base."""
        found: set[RecordId] = set()
        todo = list(self.nodes[r].base) if self.sound(r) else []
        while todo:
            o = todo.pop()
            if self.effective(o):
                found.add(o)
            if self.sound(o):
                todo += self.nodes[o].base
        return found

    def maximal(self, some: set[RecordId]) -> set[RecordId]:
        return {x for x in some if not any(x in self.below(y) for y in some)}

    def heads(self) -> set[RecordId]:
        return self.maximal({r for r in self.nodes if self.effective(r)})

    def eff_base(self, r: RecordId) -> set[RecordId]:
        return self.maximal(self.below(r))

    def changed(self, r: RecordId) -> set[SecretName]:
        if self.nodes[r].kind is ReleaseKind.REKEY:
            return set()
        before = self.view(self.eff_base(r))
        mine = self.contents[r].entries
        return {
            k
            for k in NAMES
            if (len(before[k]) > 1 and (k in mine or len(before[k]) > 1)) or before[k] != {mine.get(k)}
        }

    def makers(self, heads: set[RecordId]) -> dict[SecretName, set[RecordId]]:
        closure = set(heads).union(*(self.below(h) for h in heads))
        changed = {x: self.changed(x) for x in closure}
        return {k: self.maximal({x for x in closure if k in changed[x]}) for k in NAMES}

    def view(self, heads: set[RecordId]) -> dict[SecretName, set[str | None]]:
        made = self.makers(heads)
        return {k: {self.contents[x].entries.get(k) for x in made[k]} or {None} for k in NAMES}


def check_against_oracle(scene: Scene) -> None:
    naive, history = Naive(scene), scene.history()
    heads = naive.heads()
    assert set(history.heads()) == heads
    assert_same(history.view(), naive.view(heads))
    for record in naive.nodes:
        assert history.has_effect(record) == naive.effective(record)
        assert set(history.eff_base(record)) == naive.eff_base(record)
        if naive.effective(record):
            assert history.changed(record) == naive.changed(record)
            assert_same(history.view([record]), naive.view({record}))


def assert_same(view: View[str], expected: Mapping[SecretName, set[str | None]]) -> None:
    for name in NAMES:
        if len(expected[name]) > 1:
            assert {candidate.value for candidate in view.conflicts[name]} == expected[name]
            assert name not in view.entries
        else:
            assert view.entries.get(name) == next(iter(expected[name]))
            assert name not in view.conflicts


@st.composite
def scenes(draw: st.DrawFn, *, wild: bool = True) -> Scene:
    """Random histories; `wild` ones have void, misplaced, foreign and unfaithful releases."""
    scene = Scene()
    maps = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("xy"), max_size=3)
    for number in range(1, 1 + draw(st.integers(1, 9))):
        earlier = st.integers(max(1, number - 4), number - 1)
        base = draw(st.lists(earlier, max_size=3, unique=True)) if number > 1 else []
        odd = draw(st.sampled_from(["", "", "", "rekey", "false rekey", "void", "misplaced", "foreign"]))
        if not wild and odd != "rekey":
            odd = ""
        if odd == "rekey" and base:
            scene.add(
                number, base[:1], scene.contents[rid(base[0])].entries, kind=ReleaseKind.REKEY, of=base[0]
            )
        elif odd == "false rekey" and base:
            scene.add(number, base[:1], draw(maps), kind=ReleaseKind.REKEY, of=base[0], layout="other")
        else:
            record = scene.add(number, base, draw(maps), environment=PROD if odd == "foreign" else DEV)
            node = scene.nodes[record]
            scene.nodes[record] = replace(node, void=odd == "void", misplaced=odd == "misplaced")
    return scene


@pytest.mark.slow
@given(scenes())
@settings(max_examples=300, deadline=None)
def test_merge_equals_the_transcription(scene: Scene) -> None:
    check_against_oracle(scene)


@given(scenes())
@settings(deadline=None)
def test_who_gave_a_name_its_value_is_its_newest_changer(scene: Scene) -> None:
    naive, history = Naive(scene), scene.history()
    for heads in (naive.heads(), *({r} for r in naive.nodes if naive.effective(r))):
        entries = history.view(heads).entries
        made = naive.makers(heads)
        expected = {
            name: min(made[name], key=lambda record: (scene.nodes[record].height, record)) for name in entries
        }
        assert history.origins(heads) == expected


@given(scenes(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_order_and_repetition_of_releases_do_not_matter(scene: Scene, random: object) -> None:
    nodes = [*scene.nodes.values(), *scene.nodes.values()]
    random.shuffle(nodes)  # type: ignore[attr-defined]
    shuffled = History(DEV, nodes, scene.contents)
    assert shuffled.heads() == scene.history().heads()
    assert shuffled.view() == scene.history().view()


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_p8_numbers_never_change_as_releases_arrive(scene: Scene) -> None:
    final = Versions(scene.history())
    for count in range(1, len(scene.nodes)):
        part = Scene()
        part.nodes = dict(list(scene.nodes.items())[:count])
        part.contents = scene.contents
        early = Versions(part.history())
        for record in part.history().nodes:
            assert early.number(record) == final.number(record)


@given(scenes(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from("xyz")))
@settings(max_examples=60, deadline=None)
def test_p9_a_push_over_all_heads_is_the_view(scene: Scene, values: dict[SecretName, str]) -> None:
    heads = scene.history().heads()
    new = scene.add(99, [int.from_bytes(head[:4], "big") for head in heads], values)
    history = scene.history()
    assert history.heads() == (new,)
    assert history.view() == View(values, {}, (new,))
    check_against_oracle(scene)


@given(scenes(wild=False), st.data())
@settings(max_examples=60, deadline=None)
def test_p8_a_rekey_never_changes_a_view(scene: Scene, data: st.DataObject) -> None:
    before = scene.history().view()
    head = data.draw(st.sampled_from(before.heads))
    scene.rekey(99, int.from_bytes(head[:4], "big"))
    after = scene.history().view()
    assert (after.entries, after.conflicts) == (before.entries, before.conflicts)


@given(scenes())
@settings(max_examples=40, deadline=None)
def test_merging_heads_is_commutative_associative_and_idempotent(scene: Scene) -> None:
    history = scene.history()
    heads = history.heads()
    assert history.view(heads) == history.view(heads[::-1]) == history.view([*heads, *heads])


# --- scenes by hand --------------------------------------------------------------------------


def values(view: View[str]) -> dict[str, str]:
    return {str(name): value for name, value in view.entries.items()}


def test_nothing_pushed_is_an_empty_view() -> None:
    assert Scene().history().view() == View({}, {}, ())


def test_concurrent_edits_of_different_names_merge() -> None:
    scene = Scene()
    scene.push(1, [], A="1", B="1")
    scene.push(2, [1], A="2", B="1")
    scene.push(3, [1], A="1", B="3")
    view = scene.history().view()
    assert (values(view), view.conflicts, view.heads) == ({"A": "2", "B": "3"}, {}, (rid(2), rid(3)))


def test_concurrent_edits_of_one_name_conflict_and_name_their_authors() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.push(2, [1], A="2")
    scene.push(3, [1], A="3")
    two, three = (
        Candidate("2", rid(2), scene.nodes[rid(2)].author),
        Candidate("3", rid(3), scene.nodes[rid(3)].author),
    )
    assert scene.history().view().conflicts == {"A": (two, three)}


def test_equal_concurrent_values_do_not_conflict() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.push(2, [1], A="2")
    scene.push(3, [1], A="2")
    assert values(scene.history().view()) == {"A": "2"}


def test_taking_away_against_setting_conflicts() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.push(2, [1])
    scene.push(3, [1], A="3")
    assert [c.value for c in scene.history().view().conflicts[NAMES[0]]] == [None, "3"]


def test_taking_away_against_leaving_alone_takes_away() -> None:
    scene = Scene()
    scene.push(1, [], A="1", B="1")
    scene.push(2, [1], B="1")
    scene.push(3, [1], A="1", B="3")
    assert values(scene.history().view()) == {"B": "3"}


def test_criss_cross_needs_no_merge_base() -> None:
    scene = Scene()
    scene.push(1, [], A="1", B="1")
    scene.push(2, [1], A="2", B="1")
    scene.push(3, [1], A="1", B="3")
    scene.push(4, [2, 3], A="2", B="3")
    scene.push(5, [2, 3], A="5", B="3")
    assert values(scene.history().view()) == {"A": "5", "B": "3"}


def test_two_first_pushes_of_one_environment_merge() -> None:
    scene = Scene()
    scene.push(1, [], A="1", B="1")
    scene.push(2, [], A="1", C="2")
    assert values(scene.history().view()) == {"A": "1", "B": "1", "C": "2"}


def test_rollback_against_a_push_of_other_names_merges_and_of_the_same_conflicts() -> None:
    scene = Scene()
    scene.push(1, [], A="1", B="1")
    scene.push(2, [1], A="2", B="1")
    scene.add(3, [2], scene.contents[rid(1)].entries, kind=ReleaseKind.ROLLBACK, of=1)
    scene.push(4, [2], A="2", B="4")
    assert values(scene.history().view()) == {"A": "1", "B": "4"}
    scene.push(5, [2], A="5", B="1")
    assert list(scene.history().view().conflicts) == ["A"]


def test_a_void_release_is_passed_through() -> None:
    scene = Scene()
    scene.push(1, [], A="1", B="1")
    void = scene.push(2, [1], A="2", B="2")
    scene.push(3, [2], A="2", B="3")
    scene.nodes[void] = replace(scene.nodes[void], void=True)
    history = scene.history()
    assert history.eff_base(rid(3)) == (rid(1),)
    assert history.changed(rid(3)) == {"A", "B"}
    assert history.changed(void) == frozenset()
    assert values(history.view()) == {"A": "2", "B": "3"}


def test_adopting_a_void_release_brings_its_content_back() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    void = scene.push(2, [1], A="2")
    scene.nodes[void] = replace(scene.nodes[void], void=True)
    assert values(scene.history().view()) == {"A": "1"}
    scene.add(3, [1], scene.contents[void].entries, kind=ReleaseKind.ADOPT, of=2)
    assert values(scene.history().view()) == {"A": "2"}
    assert Versions(scene.history()).label(rid(3)) == "v2"


def test_a_rekey_of_each_head_keeps_the_conflict() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.push(2, [1], A="2")
    scene.push(3, [1], A="3")
    before = scene.history().view()
    scene.rekey(4, 2)
    scene.rekey(5, 3)
    after = scene.history().view()
    assert after.heads == (rid(4), rid(5))
    assert after.conflicts == before.conflicts


def test_a_rekey_with_altered_literals_or_layout_is_ignored() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.rekey(2, 1, A="2")
    scene.add(3, [1], {SecretName("A"): "1"}, kind=ReleaseKind.REKEY, of=1, layout="moved")
    scene.add(4, [1], {SecretName("A"): "1"}, kind=ReleaseKind.REKEY, of=None)
    history = scene.history()
    assert history.heads() == (rid(1),)
    assert values(history.view()) == {"A": "1"}
    assert history.newest_rekey(rid(1)) == rid(1)


def test_reads_prefer_the_newest_rekey() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.rekey(2, 1)
    scene.rekey(3, 2)
    scene.rekey(4, 1, A="forged")
    history = scene.history()
    assert [history.newest_rekey(rid(n)) for n in (1, 2, 3)] == [rid(3)] * 3


def test_a_base_in_another_environment_has_no_effect() -> None:
    scene = Scene()
    scene.push(1, [], A="1")
    scene.add(2, [], {}, environment=PROD)
    scene.push(3, [1, 2], A="3")
    scene.add(4, [1], {}, kind=ReleaseKind.ROLLBACK, of=2)
    history = scene.history()
    assert history.heads() == (rid(1),)
    assert rid(2) not in history.nodes
    assert [history.has_effect(rid(n)) for n in (3, 4)] == [False, False]


def test_an_opened_release_gives_its_node_and_merges_literals() -> None:
    def opened(number: int, base: tuple[RecordId, ...], text: str) -> tuple[ReleaseNode, Snapshot]:
        snapshot = Snapshot({SecretName("A"): SecretText(text)}, Layout("node", (b"# hi\n", SecretName("A"))))
        content = ReleaseContent(0, ReleaseKind.PUSH, "", DEV.triple, base, None, snapshot)
        node = release_node(rid(number), DevicePk(bytes(32)), number, TEAM_SCOPE, content)
        return node, snapshot

    first, second = opened(1, (), "one"), opened(2, (rid(1),), "two")
    contents = {first[0].id: first[1], second[0].id: second[1]}
    view = History(DEV, [second[0], first[0]], contents).view()
    assert view.entries == {"A": SecretText("two")}
    assert "two" not in repr(view)


# --- cost ------------------------------------------------------------------------------------


class Counting(Mapping[RecordId, Marks]):
    """Contents that say how many of them were opened."""

    def __init__(self, contents: Mapping[RecordId, Marks]) -> None:
        self._contents = contents
        self.opened: set[RecordId] = set()

    def __getitem__(self, record: RecordId) -> Marks:
        self.opened.add(record)
        return self._contents[record]

    def __iter__(self) -> Iterator[RecordId]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)


def chain(length: int) -> Scene:
    scene = Scene()
    scene.push(1, [], A="1")
    for older, newer in pairwise(range(1, length + 1)):
        scene.push(newer, [older], A=str(newer), B="b")
    return scene


@pytest.mark.slow
def test_ten_thousand_releases_in_a_row_open_only_the_newest() -> None:
    scene = chain(10_000)
    contents = Counting(scene.contents)
    started = time.monotonic()
    history = History(DEV, scene.nodes.values(), contents)
    assert values(history.view()) == {"A": "10000", "B": "b"}
    assert contents.opened == {rid(10_000)}
    assert Versions(history).number(rid(10_000)) == 10_000
    assert time.monotonic() - started < 5  # about 0.1 s; closures would take minutes


def test_a_fork_opens_nothing_before_the_release_it_starts_from() -> None:
    scene = chain(1_000)
    scene.push(1_001, [1_000], A="left", B="b")
    scene.push(1_002, [1_000], A="1000", B="right")
    contents = Counting(scene.contents)
    view = History(DEV, scene.nodes.values(), contents).view()
    assert values(view) == {"A": "left", "B": "right"}
    assert contents.opened == {rid(n) for n in (1_000, 1_001, 1_002)}


def test_a_fork_at_the_very_start_of_a_long_history_stays_linear() -> None:
    scene = chain(3_000)
    scene.push(5_000, [1], A="1", C="c")
    started = time.monotonic()
    assert values(scene.history().view()) == {"A": "3000", "B": "b", "C": "c"}
    assert time.monotonic() - started < 5
