from __future__ import annotations

import time

import pytest

from envlsp.domain.dotenv.expand import evaluate
from envlsp.domain.dotenv.parse import parse
from tests.support.corpus import values
from tests.support.dotenv_files import DIALECTS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_executed(dialect: str) -> None:
    data = b"A=$(echo hi)\nB='`id`'\nC=\"${X:-$(id)}\"\n"
    assert values(data, dialect) == {"A": "$(echo hi)", "B": "`id`", "C": "$(id)"}


@pytest.mark.parametrize(
    "data",
    (
        b"A=$A\n",
        b"A=x$B\nB=y$A\n",
        b"A=${A:-$A$A}\nB=$A\n",
        b"TAG=${TAG:-latest}\nIMAGE=shop:${TAG}\n",
        b"A=xxxxxxxxxx\nB0=$A$A\n" + b"".join(b"B%d=$B%d$B%d\n" % (n + 1, n, n) for n in range(60)),
        b"".join(b"V%d=x${V%d}\n" % (n, (n + 1) % 300) for n in range(300)),
    ),
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_evaluation_ends(data: bytes, dialect: str) -> None:
    start = time.monotonic()
    evaluate(parse(data, dialect))
    assert time.monotonic() - start < 20


def test_where_the_loader_never_returns_the_file_alone_decides() -> None:
    data = b"TAG=${TAG:-latest}\nIMAGE=shop:${TAG}\n"
    evaluation = evaluate(parse(data))
    assert values(data, "node") == {"TAG": "latest", "IMAGE": "shop:latest"}
    assert evaluation.endless == ()


def test_a_value_that_is_endless_even_then_stays_as_written() -> None:
    data = (
        b"A=" + b"x" * 1000 + b"\nB0=$A$A\n" + b"".join(b"B%d=$B%d$B%d\n" % (n + 1, n, n) for n in range(60))
    )
    evaluation = evaluate(parse(data))
    assert evaluation.endless[-1] == "B60"
    last = evaluation.values["B60"]
    assert last is not None
    assert last.reveal() == b"$B59$B59"


def test_undefined_references_are_named() -> None:
    data = b"A=1\nB=$A ${C} ${D:-x}\n"
    assert evaluate(parse(data)).undefined == (("B", "C"),)
    assert evaluate(parse(b"A=${B}\nB=1\n", "python")).undefined == (("A", "B"),)
    assert evaluate(parse(data), {"C": ""}).undefined == ()


@pytest.mark.parametrize(
    ("data", "env", "expected"),
    (
        (b"A=1\nB=$A\n", {"A": "e"}, {"A": "e", "B": "e"}),
        (b"A=1\nB=$A\n", {"A": ""}, {"A": "1", "B": ""}),
        (b"A=\\$B \\${B}\n", {"B": "x"}, {"A": "$B ${B}"}),
        (b"A=pa$$word\n", {"word": "W"}, {"A": "pa"}),
        (b"A=${B:+yes}${C:+no}\n", {"B": "1"}, {"A": "yes"}),
        (b"A=${nullable}\n", {"nullable": "x"}, {"A": "able"}),
        (b"2=$1\n1=x\n", {}, {"2": "$1", "1": "x"}),
        (b"A2=${1}\n1=x\n", {}, {"A2": "x", "1": "x"}),
        (b"A=[$B]\n", {"B": "$&"}, {"A": "[$B]"}),
    ),
)
def test_dotenv_expand(data: bytes, env: dict[str, str], expected: dict[str, str]) -> None:
    assert values(data, "node", env) == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bytes_of_the_process_environment_pass_through(dialect: str) -> None:
    value = evaluate(parse(b"A=x${B}\n", dialect), {"B": "\udcff"}).values["A"]
    assert value is not None
    assert value.reveal() == b"x\xff"
