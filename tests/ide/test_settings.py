"""Settings: read from whatever an editor sends, with a sentence for what is wrong."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from envlsp.ide.problems.collect import problems
from envlsp.ide.settings import DEFAULTS, FIELDS, Settings
from tests.support.cursor import read_scene


def check(given: object, expected: Settings, *complaints: str) -> None:
    assert Settings.read(given) == (expected, complaints)


@pytest.mark.parametrize("given", (None, {}, {"envlsp": {}}, {"envlsp": None}, {"hover": {}}))
def test_nothing_means_the_defaults(given: object) -> None:
    check(given, Settings())


@pytest.mark.parametrize(
    "given",
    (
        {"hover": {"reveal": False}, "diagnostics": {"ignore": ["a"], "unused": None}},
        {"hover.reveal": False, "diagnostics.ignore": ["a"]},
        {"envlsp": {"hover": {"reveal": False}, "diagnostics": {"ignore": ["a"]}}},
    ),
)
def test_nested_flat_or_wrapped(given: object) -> None:
    check(given, Settings(hover_reveal=False, ignore=frozenset({"a"})))


def test_every_setting_can_be_set() -> None:
    for name, default in DEFAULTS.items():
        value: object = not default if isinstance(default, bool) else ["x"]
        settings, complaints = Settings.read({name: value})
        assert complaints == ()
        assert getattr(settings, FIELDS[name]) != default


def test_every_field_has_a_name() -> None:
    assert {field.name for field in dataclasses.fields(Settings)} == set(FIELDS.values())


def test_what_is_wrong_is_said_and_the_rest_is_used() -> None:
    check(
        {
            "hover": {"reveal": "no", "revael": True},
            "codeLens": {"enabled": False},
            "diagnostics": {"ignore": "x"},
        },
        Settings(lens=False),
        "envlsp.hover.reveal must be true or false; the default is used",
        "envlsp.hover.revael is not a setting; did you mean envlsp.hover.reveal?",
        "envlsp.diagnostics.ignore must be a list of words; the default is used",
    )


def test_numbers_are_no_truth_values() -> None:
    check(
        {"network": {"enabled": 1}},
        Settings(),
        "envlsp.network.enabled must be true or false; the default is used",
    )


@pytest.mark.parametrize("given", ([], "x", 3, True))
def test_what_is_no_table_is_said(given: object) -> None:
    check(given, Settings(), "the settings of envlsp are not a table; the defaults are used")


def test_a_table_in_place_of_a_value() -> None:
    settings, complaints = Settings.read({"hover": True, "trace": {"server": "off"}})
    assert settings == Settings()
    assert len(complaints) == 2


def test_problems_can_be_switched_off() -> None:
    scene = read_scene("A=1\nA=2\n")
    assert problems(scene.snapshot, scene.place) != ()
    off = replace(scene.snapshot, settings=Settings(diagnostics=False))
    assert problems(off, scene.place) == ()
