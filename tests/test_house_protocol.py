"""The tables of the specification are those of the code: states, types, labels, limits, codes."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

from envlsp.crypto.labels import KdfLabel, Label
from envlsp.crypto.primitives import SMALL_ORDER_X25519
from envlsp.crypto.signing import Purpose
from envlsp.domain.ledger.admission import Reason
from envlsp.domain.ledger.records import RecordType
from envlsp.service.ci import keys
from envlsp.service.network.node import Node
from envlsp.sync import exchange, flow, pulse, states
from envlsp.wire import limits
from envlsp.wire.frames import MESSAGE_MAX_BYTES, FrameType
from envlsp.wire.introductions import Answer
from envlsp.wire.local import LOCAL_VERSION
from envlsp.wire.messages import CloseCode
from envlsp.wire.replicas import PAIRING_PREFIX
from envlsp.wire.requests import REQUEST_PREFIX
from envlsp.wire.signals import Kind
from envlsp.wire.text import TEAM_PREFIX

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "protocol.md").read_text()
UNITS = {"B": 1, "KiB": limits.KIB, "MiB": limits.MIB}
MACHINES = ("NEXT", "ASKING", "SERVING", "INVITING", "JOINING")
TIMES_AND_LIMITS = re.compile(r"(?m)^\| [^|]+ \| ([0-9]+)( B| KiB| MiB)? \| ([a-z_.]+)\.([A-Z_]+) \|$")


def tables(heading: str) -> Iterator[list[list[str]]]:
    """Yield the tables of a section, as rows of cells, without their header."""
    section = re.split(r"(?m)^#+ ", PAGE.partition(f" {heading}\n")[2])[0]
    for table in re.findall(r"(?m)(?:^\|.*\|\n)+", section):
        rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
        yield rows[2:]


def size(text: str) -> int:
    number, unit = text.split(" ")
    return int(number) * UNITS[unit]


def words(member: Enum) -> str:
    return member.name.lower().replace("_", " ")


def matrix(table: Mapping[Any, Mapping[Any, Enum]]) -> str:
    """Return a machine as a Markdown table: states down, moves across, the next state in between."""
    moves = list(dict.fromkeys(move for row in table.values() for move in row))
    kind: type[Enum] = type(moves[0])
    moves.sort(key=list(kind).index)
    lines = [["", *(move.name for move in moves)], ["---"] * (len(moves) + 1)]
    lines += [
        [f"**{words(state)}**", *(words(row[move]) if move in row else "" for move in moves)]
        for state, row in table.items()
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


@pytest.mark.parametrize("name", MACHINES)
def test_states(name: str) -> None:
    after = PAGE.partition(f"<!-- states: {name} -->\n\n")[2]
    assert after.startswith(matrix(getattr(states, name)) + "\n")


def test_types_of_records() -> None:
    rows = next(tables("B.4 Types"))
    assert [(int(row[0]), row[1].split()[0]) for row in rows] == [
        (kind.value, kind.name.lower()) for kind in RecordType
    ]


def test_labels_and_purposes() -> None:
    hashes, keys = tables("B.10 Labels and constants")
    assert {row[0] for row in hashes} == set(get_args(Label))
    assert {row[0] for row in keys} == set(get_args(KdfLabel))
    assert f"The purposes are `{' '.join(get_args(Purpose))}`." in PAGE


def test_frames() -> None:
    rows = next(tables("F.2 Reconciliation"))
    assert [(row[0], int(row[1]), size(row[2])) for row in rows] == [
        (kind.name, kind.value, MESSAGE_MAX_BYTES[kind]) for kind in FrameType
    ]


def test_codes() -> None:
    *_, rows = tables("F.3 Framing, backpressure, limits")
    assert [(int(row[0]), row[1]) for row in rows] == [(code.value, code.name) for code in CloseCode]


def test_rates() -> None:
    rows = next(tables("F.3 Framing, backpressure, limits"))
    (record_rate, record_burst), *others = ([*row[1:3]] for row in rows)
    assert (size(record_rate), size(record_burst)) == (flow.RECORDS_BYTES_PER_S, flow.RECORDS_BURST_BYTES)
    assert [[int(cell) for cell in row] for row in others] == [
        [exchange.VECTORS_PER_S, exchange.VECTORS_BURST],
        [exchange.ANNOUNCED_PER_S, exchange.ANNOUNCED_BURST],
        [pulse.PINGS_PER_S, pulse.PINGS_BURST],
        [exchange.ATTESTS_PER_S, exchange.ATTESTS_BURST],
    ]


def test_kinds_of_signals() -> None:
    rows = next(tables("G. Signaling"))
    assert [(row[0], int(row[1])) for row in rows] == [(kind.name, kind.value) for kind in Kind]


def test_answers_to_a_link() -> None:
    rows = next(tables("E.2 Fallback: invitation link"))
    assert [(row[0], int(row[1])) for row in rows] == [(answer.name, answer.value) for answer in Answer]


def test_prefixes_of_texts() -> None:
    rows = next(tables("B.11 Text forms"))
    listed = {prefix for row in rows for prefix in row[0].split(", ")}
    assert listed == {
        TEAM_PREFIX,
        REQUEST_PREFIX,
        PAIRING_PREFIX,
        keys.PREFIX,
        keys.SECRET_PREFIX,
        keys.SIGNER_PREFIX,
    }


def test_calls_of_the_local_api() -> None:
    rows = next(tables("K. Local API"))
    listed = {row[0] for row in rows if "number 0" not in row[0]}
    code = "\n".join(inspect.getsource(part) for part in (Node._answer, Node._answer_open))
    assert listed == set(re.findall(r'case "([a-z]+)"', code))
    assert f"the versions they speak; this is {LOCAL_VERSION}." in PAGE


def test_limits_and_times() -> None:
    named = TIMES_AND_LIMITS.findall(PAGE)
    for number, unit, module, name in named:
        found = getattr(import_module(f"envlsp.{module}"), name)
        assert found == int(number) * UNITS[unit.strip() or "B"], name
    in_code = {name for name in vars(limits) if name.isupper()} - {"KIB", "MIB", "BLOB_SIZES"}
    assert in_code == {name for *_, module, name in named if module == "wire.limits"}


def test_every_vector_is_named_by_a_specification() -> None:
    pages = PAGE + (ROOT / "docs" / "signaling.md").read_text()
    vectors = ROOT / "tests" / "vectors"
    names = [path.relative_to(vectors).as_posix() for path in vectors.rglob("*.json")]
    assert [name for name in names if name not in pages] == []


def test_vectors_expect_nothing_but_the_listed_words() -> None:
    rows = next(tables("Conventions"))
    listed = {word for row in rows for word in row[0].split(", ")}
    found = {word for path in (ROOT / "tests" / "vectors").glob("*.json") for word in expected(path)}
    assert found <= listed


def test_reasons_of_refusal() -> None:
    listed = re.search(r"(?m)^The reasons are (.+)\.$", PAGE)
    assert listed is not None
    assert re.split(r", | and ", listed[1]) == [reason.value for reason in Reason]


def expected(path: Path) -> Iterator[str]:
    """Yield the `expect` words of a vector file."""
    waiting = [json.loads(path.read_text())]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(word := part.get("expect"), str):
                yield word
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def test_keys_of_small_order() -> None:
    listed = {bytes.fromhex(key) for key in re.findall(r"(?m)^  ([0-9a-f]{64})$", PAGE)}
    canonical = {key for key in SMALL_ORDER_X25519 if int.from_bytes(key, "little") < 2**255 - 19}
    assert listed == canonical


def test_every_attack_has_a_test_of_its_number() -> None:
    section = PAGE.partition("## I. Adversarial tests\n")[2].partition("\nConvergence properties")[0]
    listed = {int(number) for number in re.findall(r"(?m)^([0-9]+)\. ", section)}
    assert listed == set(range(1, max(listed) + 1))
    tests = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    names = re.findall(r"(?m)^def test_case_([0-9]+(?:_and_[0-9]+)*)_", "\n".join(tests))
    tested = {int(number) for name in names for number in name.split("_and_")}
    assert listed - tested == set()
    assert tested - listed == set(), "a number that the page does not have"


def test_every_law_has_a_search() -> None:
    laws = {int(number) for number in re.findall(r"(?m)^- \*\*P([0-9]+)\.\*\*", PAGE)}
    assert laws == set(range(1, 11))
    named = re.findall(r"(?m)\bP([0-9]+)\b", "\n".join(text for _, text in attacks()))
    assert laws <= {int(number) for number in named}


def test_no_attack_is_skipped() -> None:
    for name, text in attacks():
        assert not re.search(r"\b(skip|skipif|xfail|importorskip)\b", text), name


def attacks() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "tests" / "adversarial").glob("test_*.py")):
        yield path.name, path.read_text()
