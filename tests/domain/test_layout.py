from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from envlsp.domain import layout
from envlsp.domain.dotenv.parse import entries, parse
from envlsp.domain.layout import edit_layout, merge_layouts, render, snapshot_of, values_of
from envlsp.domain.release import Layout, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadText
from envlsp.wire import limits
from tests.support.corpus import corpus
from tests.support.dotenv_files import DIALECTS, files, names
from tests.support.vectors import Case, cases

dialects = st.sampled_from(DIALECTS)


def layout_of(parts: list[Any], dialect: str = "node") -> Layout:
    return Layout(dialect, tuple(SecretName(p[0]) if isinstance(p, list) else p.encode() for p in parts))


def as_parts(layout: Layout) -> list[Any]:
    return [part.decode() if isinstance(part, bytes) else [part] for part in layout.parts]


def snapshot(values: dict[str, str], layout: Layout | None = None) -> Snapshot:
    return Snapshot({SecretName(name): SecretText(text) for name, text in values.items()}, layout)


def head(names: set[SecretName], parts: list[Any] | None) -> Snapshot:
    return Snapshot(dict.fromkeys(names, SecretText("x")), None if parts is None else layout_of(parts))


@pytest.mark.parametrize("case", cases("layout_merge"), ids=lambda case: case["title"])
def test_merging_heads(case: Case) -> None:
    wanted = {SecretName(name) for name in case["names"]}
    heads = [head(wanted, parts) for parts in case["heads"]]
    merged = merge_layouts(heads, wanted)
    assert merged is not None
    assert as_parts(merged) == case["result"]


@pytest.mark.parametrize("case", cases("layout_render"), ids=lambda case: case["title"])
def test_rendering(case: Case) -> None:
    taken = None if case["layout"] is None else layout_of(case["layout"], case["dialect"])
    release = snapshot(case["entries"], taken)
    if case["expect"] == "bad-text":
        with pytest.raises(BadText) as refused:
            render(release, case["dialect"])
        assert refused.value.detail == f"not one value by itself: {', '.join(map(repr, case['names']))}"
        return
    rendering = render(release, case["dialect"])
    assert rendering.data.decode() == case["file"]
    assert rendering.dropped_layout is (case["expect"] == "dropped")


@given(files, dialects)
@example(b"\xef\xbb\xbfA=1\r\n'B C'=\r\n", "python")
@example(b"A=\n'x'\n\x00", "node")
def test_a_file_without_refusals_comes_back_as_it_was(data: bytes, dialect: str) -> None:
    reading = snapshot_of(data, dialect)
    assume(not reading.refusals)
    rendering = render(reading.snapshot, dialect)
    assert rendering.data == data
    assert not rendering.dropped_layout


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_corpus_comes_back_as_it_was(dialect: str) -> None:
    for case in corpus():
        reading = snapshot_of(case.data, dialect)
        if not reading.refusals:
            assert render(reading.snapshot, dialect).data == case.data


@given(st.lists(files, min_size=1, max_size=3), dialects, st.sets(names, max_size=3))
def test_a_merge_has_one_slot_for_each_name(datas: list[bytes], dialect: str, extra: set[str]) -> None:
    heads = [snapshot_of(data, dialect).snapshot for data in datas]
    kept = [name for each in heads for name in list(each.entries)[::2]]
    wanted = {*kept, *map(SecretName, extra)}
    merged = merge_layouts(heads, wanted)
    assert merged is not None
    assert sorted(part for part in merged.parts if not isinstance(part, bytes)) == sorted(wanted)


@given(files, dialects)
def test_a_merge_with_itself_changes_nothing(data: bytes, dialect: str) -> None:
    one = snapshot_of(data, dialect).snapshot
    assert merge_layouts([one, one], one.entries) == one.layout


@given(
    st.dictionaries(names, st.text(max_size=9)), st.lists(st.one_of(st.binary(max_size=9), names)), dialects
)
def test_a_rendering_has_exactly_the_entries_or_is_refused(
    values: dict[str, str], parts: list[bytes | str], dialect: str
) -> None:
    strange = Layout(dialect, tuple(p if isinstance(p, bytes) else SecretName(p) for p in parts))
    release = snapshot(values, strange)
    try:
        rendering = render(release, dialect)
    except BadText:
        return
    assert entries(parse(rendering.data, dialect)) == release.entries


def codes(data: bytes, dialect: str) -> list[tuple[str, int]]:
    return [(refusal.code, refusal.line) for refusal in snapshot_of(data, dialect).refusals]


def test_what_push_must_refuse() -> None:
    assert codes("A=1\nÄ=1\n".encode(), "python") == [("bad-name", 2)]
    assert codes("A=1\nÄ=\nÖ\n".encode(), "python") == []
    assert codes(b"A=1\n\nB=x\0y\n", "node") == [("nul-byte", 3)]
    assert codes(b"A=" + b"x" * 65_537, "node") == [("value-too-long", 1)]
    assert codes(b"A=1\nA=x\0y\nA=2\n", "node") == []
    assert codes(b"".join(b"N%d=\n" % n for n in range(2_001)), "node") == [("too-many-names", 1)]
    assert codes(b"#" + b"x" * 262_144, "node") == [("layout-too-long", 1)]


def test_the_bounds_are_those_of_the_format() -> None:
    assert layout.ENTRIES_MAX == limits.ENTRIES_MAX
    assert layout.LAYOUT_MAX_BYTES == limits.LAYOUT_MAX_BYTES


def test_values_are_those_of_the_file() -> None:
    reading = snapshot_of(b"A=1\nB=${A}\nA=2\n", "python")
    values = values_of(reading.snapshot, "python").values
    assert values == {"A": SecretText("2"), "B": SecretText("1")}


def test_a_change_without_a_file_moves_nothing() -> None:
    before = layout_of(["# a\r\nA=", ["A"], "\r\n\r\nB=", ["B"], " # b\r\n"])
    edited = edit_layout(before, {SecretName("B"), SecretName("NEW"), SecretName("MORE")})
    assert edited is not None
    assert as_parts(edited) == [
        "# a\r\n\r\nB=",
        ["B"],
        " # b\r\nMORE=",
        ["MORE"],
        "\r\nNEW=",
        ["NEW"],
        "\r\n",
    ]
    assert edit_layout(None, {SecretName("A")}) is None


def test_nothing_shows_content() -> None:
    reading = snapshot_of(b"A=hunter2\n# hunter2\n", "node")
    assert "hunter2" not in repr(reading)
    assert "hunter2" not in repr(render(reading.snapshot, "node"))


def test_merging_many_names_stays_quick() -> None:
    heads = [
        snapshot_of(b"".join(b"# %d\nN%d_%d=x\n" % (n, h, n) for n in range(1_000)), "node").snapshot
        for h in range(2)
    ]
    merged = merge_layouts(heads, {name for each in heads for name in each.entries})
    assert merged is not None
    assert sum(not isinstance(part, bytes) for part in merged.parts) == 2_000
