"""Names that are spelled almost like others: said, and changed on request."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from envlsp.ide.actions import actions
from envlsp.ide.actions.trying import applied
from envlsp.ide.positions import Range
from envlsp.ide.problems import problems
from envlsp.ide.results import Action
from envlsp.ide.similar import MEANT_MAX
from tests.support.cursor import Scene, read_scene
from tests.support.problems import without


def offered(scene: Scene) -> Mapping[str, Action]:
    """Return the fixes at the caret, by title."""
    snapshot = without(scene.snapshot, frozenset({"unused-name"}))
    found = actions(snapshot, scene.place, Range(scene.caret, scene.caret), only=("quickfix",))
    return {action.title: action for action in found}


def check_change(text: str, title: str, line: str, *, dialect: str = "node") -> None:
    """Check that an action makes the line of the caret another, and is the preferred one."""
    scene = read_scene(text, dialect=dialect)
    action = offered(scene)[title]
    after = applied(scene.snapshot.documents[scene.place].text, action.edits)
    assert after.line(scene.caret.line) == line
    assert [one.title for one in offered(scene).values() if one.is_preferred] == [title]


@pytest.mark.parametrize(
    ("code", "after"),
    (
        ("app.ts\nsign(process.env.SESSION_SECRT<|>)", "sign(process.env.SESSION_SECRET)"),
        ("app.ts\nsign(process.env['SESSION_SECRT<|>'])", "sign(process.env['SESSION_SECRET'])"),
        (
            "app.ts\nconst { SESSION_SECRT<|> } = process.env",
            "const { SESSION_SECRET: SESSION_SECRT } = process.env",
        ),
        ("app.py\nimport os\nsign(os.environ['SESSION_SECRT'])<|>", "sign(os.environ['SESSION_SECRET'])"),
    ),
)
def test_in_code(code: str, after: str) -> None:
    check_change(f"SESSION_SECRET=x\n#- {code}\n", "Change to SESSION_SECRET", after)


def test_the_message_asks_and_an_added_name_is_no_longer_preferred() -> None:
    scene = read_scene("SESSION_SECRET=x\n#- app.ts\nprocess.env.SESSION_SECRT<|>\n")
    (problem,) = problems(scene.snapshot, scene.place)
    assert problem.message == "SESSION_SECRT is in no env file of web; did you mean SESSION_SECRET?"
    assert problem.data == {"name": "SESSION_SECRT", "suggestions": ["SESSION_SECRET"]}
    assert list(offered(scene)) == ["Change to SESSION_SECRET", "Add SESSION_SECRT to .env"]


def test_of_several_none_is_preferred() -> None:
    scene = read_scene("DB_HOST=x\nDB_HOSTS=x\n#- app.ts\nprocess.env.DB_HOSTT<|>\n")
    assert "did you mean DB_HOST or DB_HOSTS?" in problems(scene.snapshot, scene.place)[0].message
    found = offered(scene)
    assert list(found)[:2] == ["Change to DB_HOST", "Change to DB_HOSTS"]
    assert not any(action.is_preferred for action in found.values())


def test_with_a_default_it_may_be_right_as_it_is() -> None:
    scene = read_scene("LOG_LEVELS=x\n#- app.ts\nprocess.env.LOG_LEVEL ?? 'info'<|>\n")
    message = problems(scene.snapshot, scene.place)[0].message
    assert message.endswith("the default counts; did you mean LOG_LEVELS?")
    assert not offered(scene)["Change to LOG_LEVELS"].is_preferred


def test_names_of_releases_count() -> None:
    scene = read_scene("A=1\n#- dev v1 by Alice\nSESSION_SECRET=x\n#- app.ts\nprocess.env.SESSION_SECRT<|>\n")
    assert "Change to SESSION_SECRET" in offered(scene)


def test_a_name_that_a_property_cannot_have_is_not_offered_there() -> None:
    text = "SESSION.SECRET=x\n#- app.ts\n"
    assert "Change to SESSION.SECRET" not in offered(read_scene(f"{text}process.env.SESSION_SECRET<|>\n"))
    assert "Change to SESSION.SECRET" in offered(read_scene(f"{text}process.env['SESSION_SECRET']<|>\n"))


def test_a_reference_in_an_env_file() -> None:
    text = "API_HOST=x\nURL=https://${API_HOSST}/${API_HOSST}<|>\n"
    check_change(text, "Change to API_HOST", "URL=https://${API_HOST}/${API_HOST}")
    scene = read_scene(text)
    found = problems(without(scene.snapshot, frozenset({"unused-name"})), scene.place)
    assert found[0].message.endswith("defined nowhere in this file; did you mean API_HOST?")


def test_a_reference_is_not_changed_to_its_own_name_nor_to_one_that_comes_later() -> None:
    assert list(offered(read_scene("API_URL=https://${APP_URL}<|>\n"))) == ["Add APP_URL above"]
    later = "URL=https://${API_HOSST}<|>\nAPI_HOST=x\n"
    assert "Change to API_HOST" not in offered(read_scene(later, dialect="python"))
    assert "Change to API_HOST" in offered(read_scene(later))


def test_what_may_be_the_tail_of_a_password_is_compared_with_nothing() -> None:
    scene = read_scene("HUNTER2=x\nPASSWORD=abc$HUNTERR2<|>\n")
    found = problems(without(scene.snapshot, frozenset({"unused-name"})), scene.place)
    assert not any("did you mean" in one.message for one in found)
    assert not any(title.startswith("Change") for title in offered(scene))


def test_a_field_of_the_configuration() -> None:
    scene = read_scene("#- ev.yaml\nversion: 1\nprojct<|>: shop\n")
    action = offered(scene)["Change to project"]
    assert action.is_preferred
    assert str(applied(scene.snapshot.documents[scene.place].text, action.edits)) == (
        "version: 1\nproject: shop\n"
    )
    other = read_scene("#- ev.yaml\nver<|>sion: 1\nprojct: shop\n")
    assert offered(other) == {}


def test_a_document_full_of_them_is_not_searched_for_all() -> None:
    names = "".join(f"process.env.SESSION_SECRT{chr(65 + number)}\n" for number in range(26))
    scene = read_scene(f"SESSION_SECRET=x\n#- app.ts\n{names}")
    found = problems(scene.snapshot, "/shop/app.ts")
    assert len(found) == 26
    assert sum("did you mean" in one.message for one in found) == MEANT_MAX
