"""The working copy against the releases."""

from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.working import Difference, difference, merge_working

Entries = dict[SecretName, SecretText]

entries = st.dictionaries(
    st.sampled_from([SecretName(n) for n in ("API", "DB", "PORT", "TOKEN")]),
    st.sampled_from([SecretText(v) for v in ("1", "2", "3", "'1'")]),
)


def env(**values: str) -> Entries:
    return {SecretName(name): SecretText(value) for name, value in values.items()}


def test_a_teammates_change_arrives_and_a_local_edit_stays() -> None:
    merged = merge_working(env(API="1", DB="1"), env(API="2", DB="1"), env(API="1", DB="9"))
    assert merged.entries == env(API="2", DB="9")
    assert merged.conflicts == ()


def test_both_changed_the_same_name_differently() -> None:
    merged = merge_working(env(API="1"), env(API="2"), env(API="3"))
    assert merged.conflicts == ("API",)
    assert merged.entries == env(API="2")


def test_a_removed_name_conflicts_with_a_changed_one() -> None:
    assert merge_working(env(API="1"), {}, env(API="2")).conflicts == ("API",)


def test_a_file_nobody_has_seen_keeps_its_own_names() -> None:
    merged = merge_working(None, env(API="1", MINE="x"), env(API="1", THEIRS="y"))
    assert merged.entries == env(API="1", MINE="x", THEIRS="y")
    assert merged.conflicts == ()


def test_a_difference_lists_names_in_order() -> None:
    found = difference(env(B="1", A="1", C="1"), env(B="2", D="1", A="1"))
    assert found == Difference(
        added=(SecretName("D"),), changed=(SecretName("B"),), removed=(SecretName("C"),)
    )
    assert found.names() == ("B", "C", "D")
    assert len(found) == 3


@given(entries, entries)
def test_an_untouched_file_becomes_the_release(base: Entries, theirs: Entries) -> None:
    assert merge_working(base, base, theirs).entries == theirs


@given(entries, entries)
def test_without_news_the_file_stays(base: Entries, ours: Entries) -> None:
    assert merge_working(base, ours, base).entries == ours


@given(entries, entries, entries)
def test_the_same_names_conflict_from_either_side(base: Entries, ours: Entries, theirs: Entries) -> None:
    assert merge_working(base, ours, theirs).conflicts == merge_working(base, theirs, ours).conflicts


@given(entries, entries)
def test_an_unknown_base_never_loses_a_value(ours: Entries, theirs: Entries) -> None:
    merged = merge_working(None, ours, theirs)
    assert merged.entries.keys() == ours.keys() | theirs.keys()
    assert all(merged.entries[name] == value for name, value in ours.items())
    assert set(merged.conflicts) == {n for n in ours.keys() & theirs.keys() if ours[n] != theirs[n]}
