"""What `envlsp parse` prints: a file as its loader would give it, as plain data.

The result holds plain values, on purpose: it is the answer of the one command
whose output is the file's values. It reads no file and no process environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.expand import NO_ENV, Evaluation, evaluate
from envlsp.domain.dotenv.parse import parse, problem, winners
from envlsp.domain.dotenv.tokens import Document, Kind, Problem

SCHEMA = 1


def parse_report(data: bytes, dialect: str, env: Mapping[str, str] = NO_ENV) -> dict[str, object]:
    """Return `{"schema": 1, "values": {...}, "problems": [...]}`, ready for JSON.

    Args:
        data: the file, any bytes.
        dialect: whose loader.
        env: the process environment to load into. Empty by default, so that the
            answer depends on the file alone.

    Returns:
        Values as the loader gives them: references resolved, None for a name
        without a value, U+FFFD for bytes that are not UTF-8; none at all where
        the loader refuses the file. Problems are in the order of their lines.

    Raises:
        BadConfig: there is no such dialect.
    """
    document = parse(data, dialect)
    evaluation = evaluate(document, env)
    refused = dialect_named(dialect).refuses_bad_utf8 and any(p.code == "not-utf8" for p in document.problems)
    found = sorted(
        [*document.problems, *_duplicates(document), *_references(document, evaluation)],
        key=lambda each: (each.line, each.code),
    )
    return {
        "schema": SCHEMA,
        "values": {} if refused else _plain(evaluation),
        "problems": [each._asdict() for each in found],
    }


def _plain(evaluation: Evaluation) -> dict[str, str | None]:
    return {
        name: None if value is None else value.reveal().decode("utf-8", "replace")
        for name, value in evaluation.values.items()
    }


def _duplicates(document: Document) -> Iterator[Problem]:
    last = winners(document)
    for statement in document.statements:
        if statement.kind is Kind.ASSIGNMENT and last[document.name_of(statement)] is not statement:
            yield problem(document, "duplicate-name", statement.name_start)


def _references(document: Document, evaluation: Evaluation) -> Iterator[Problem]:
    last = winners(document)
    for name in dict.fromkeys(name for name, _ in evaluation.undefined):
        yield problem(document, "undefined-reference", last[name].name_start)
    for name in evaluation.endless:
        yield problem(document, "endless-reference", last[name].name_start)
