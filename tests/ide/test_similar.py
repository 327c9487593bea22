"""What a person may have meant, among few names and among very many."""

from __future__ import annotations

import time

import pytest

from envlsp.ide.names import Names
from envlsp.ide.similar import Similar, or_listed

FEW = (
    "SESSION_SECRET",
    "DATABASE_URL",
    "STRIPE_API_KEY",
    "S3_BUCKET_2",
    "DB_HOST",
    "DB_PORT",
    "API",
    "A",
    "STRIPE_WEBHOOK_TOKEN",
)
MANY = Names.of((*FEW, *(f"SERVICE_{number:05}_API_KEY" for number in range(10_000))))


@pytest.mark.parametrize(
    ("name", "expected"),
    (
        ("SESSION_SECRT", ("SESSION_SECRET",)),
        ("SESSOIN_SECRET", ("SESSION_SECRET",)),
        ("ESSION_SECRET", ("SESSION_SECRET",)),
        ("SESSION_SECRETS", ("SESSION_SECRET",)),
        ("database_url", ("DATABASE_URL",)),
        ("DATABASEURL", ("DATABASE_URL",)),
        ("STRIPE_KEY", ("STRIPE_API_KEY",)),
        ("S3_BUCKET_3", ()),  # not a slip of the pen
        ("API_", ("API",)),
        ("B", ()),
        ("REDIS_URL", ()),
        ("STRIPE_WEBHOOK_TOKN", ("STRIPE_WEBHOOK_TOKEN",)),
        ("STRIPE_WEBHOOK_PATH", ()),  # many letters are the same, and they are of another word
    ),
)
@pytest.mark.parametrize("table", (Names.of(FEW), MANY), ids=("few", "many"))
def test_what_is_close(table: Names, name: str, expected: tuple[str, ...]) -> None:
    assert Similar([table]).to(name) == expected


def test_several_tables_are_one_and_the_closest_comes_first() -> None:
    tables = [Names.of(("DB_HOST_NAME", "DB_HOSTS")), Names.of(("DB_HOST", "DB_HOSTS"))]
    assert Similar(tables).to("DB_HOSTT") == ("DB_HOST", "DB_HOSTS")


def test_among_many_names_it_takes_a_few_milliseconds() -> None:
    similar = Similar([MANY])
    similar.to("WARM_UP_THE_IMPORT")
    names = ("SERVICE_0000X_API_KEY", "SERVICE_API_KEY_TOKEN", "SESSION_SECRT", "NOTHING_LIKE_IT")
    began = time.perf_counter()
    for name in names:
        similar.to(name)
    assert time.perf_counter() - began < 0.2 * len(names)


def test_the_same_tables_are_not_searched_again() -> None:
    table, other = Names.of(FEW), Names.of(FEW)
    assert Similar.among([table]) is Similar.among((table,))
    assert Similar.among([table]) is not Similar.among([other])
    assert Similar.among([table]) is not Similar.among([table, other])


def test_names_are_listed_as_people_say_it() -> None:
    assert [or_listed(names) for names in (["A"], ["A", "B"], ["A", "B", "C"])] == [
        "A",
        "A or B",
        "A, B or C",
    ]
