"""Findings as JSON, in the shape that `check --format json` keeps to, and any document as JSON.

The shape of a document is published: docs/report.schema.json, which `reports.formats.json_schema` makes.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from ledger.london import utc_text
from ledger.seal import Head
from reports.baseline import Compared
from reports.documents.blocks import Chart, Column, Data, Document, Facts, Made, Number, Numbers, Suppressed, figures
from reports.documents.figure import Figure
from reports.documents.findings import Decided, Row
from reports.history import Answers, State
from reports.run import Result, answers

KEYS = ("key", "check", "outcome", "severity", "seq", "id", "expected", "found", "citation", "next_step")
"""The members of a finding that are one value each, in order; its `decision` follows, an object or null."""

FORMAT = "transfer-ledger report 1"
"""What a document says that it is; another number is another shape."""

NOT_TOLD: dict[type, tuple[str, ...]] = {Column: ("upright",)}
"""Fields of what documents are made of that are about looks alone."""

UNTAGGED = (Column, Number)
"""What needs no `type`, since nothing else stands in its place."""

_encode = json.JSONEncoder(ensure_ascii=False, indent=1).encode


def decision_as_json(one: Decided | None) -> dict[str, object] | None:
    """A decision as JSON has it, without its erasable values; null where there is none."""
    if one is None:
        return None
    due = None if one.due is None else one.due.isoformat()
    return {"decision": one.decision, "due": due, "entry": one.seq, "closed": one.closed}


def settled_as_json(state: State) -> dict[str, object] | None:
    """How a finding was settled, or would be once a second person confirms it; null where it is simply open."""
    if state.how is None:
        return None
    return {"how": state.how, "entry": state.entry, "second_person": state.second_person}


def answers_as_json(given: Answers) -> dict[str, object]:
    """The answers to the two questions."""
    return given._asdict()


def _finding(row: Row, more: Mapping[str, object]) -> str:
    values = {
        **{key: getattr(row, key) for key in KEYS},
        "state": row.standing.state,
        "settled": settled_as_json(row.standing),
        "decision": decision_as_json(row.decision),
        "advice": decision_as_json(row.advice),
        **more,
    }
    members = ",\n".join(f'   "{key}": {_encode(value)}'.replace("\n", "\n   ") for key, value in values.items())
    return f"  {{\n{members}\n  }}"


def _pieces(result: Result, findings: Iterable[str], after: Mapping[str, object]) -> Iterator[str]:
    yield f'{{\n "as_of": {_encode(result.as_of.isoformat())},\n "findings": ['
    before = ""
    for finding in findings:
        yield f"{before}\n{finding}"
        before = ","
    yield "\n ]" if before else "]"
    checks = [{"check": one.id, "ran": one.ran, "reason": one.reason} for one in result.checks]
    yield "," + _encode({"checks": checks, **after}).removeprefix("{") + "\n"


def as_json(result: Result, rows: Iterable[Row], head: Head, since: Compared | None = None) -> Iterator[str]:
    """`as_of`, `findings`, `checks` (each with whether it ran, and why not or not on all), `answers`, `counts` and
    `head`, as JSON text.

    `head` is the end of the snapshot that was read: its `size` and the `hash` of its last entry, as `verify` tells it.
    `since`, where `rows` are only those that are new since a baseline, gives `baseline`: what it was and how many were
    new, known and gone (null where it was a checkpoint). It comes in pieces, finding by finding, that read as one text
    written with an indent of 1 and a newline at its end.
    """
    more: dict[str, object] = {
        "answers": answers_as_json(answers(result)),
        "counts": result.counts,
        "head": {"size": head.size, "hash": head.hash},
    }
    if since is not None:
        of = since.baseline
        more["baseline"] = {
            "as_of": of.as_of or None,
            "size": of.size if of.keys is None else None,
            "new": len(since.new),
            "known": since.known,
            "gone": since.gone,
        }
    return _pieces(result, (_finding(row, {}) for row in rows), more)


def findings_as_json(result: Result, rows: Iterable[Row], opened: Container[str]) -> Iterator[str]:
    """The same for single findings, which have no counts: each with whether it is `open`, that is in `opened`."""
    return _pieces(result, (_finding(row, {"open": row.key in opened}) for row in rows), {})


def as_plain(value: Any) -> Any:
    """A part of a document as JSON has it: a struct as an object that tells its `type`, a day as 2010-08-06."""
    if isinstance(value, Suppressed):
        return str(value)
    if isinstance(value, Chart):
        return {"type": "chart", "figure": value.figure.name}
    if isinstance(value, Facts):
        return {"type": "facts", "items": [{"name": name, "text": as_plain(text)} for name, text in value.items]}
    if isinstance(value, msgspec.Struct):
        told = {} if isinstance(value, UNTAGGED) else {"type": type(value).__struct_config__.tag}
        without = NOT_TOLD.get(type(value), ())
        fields = (name for name in value.__struct_fields__ if name not in without)
        return told | {name: as_plain(getattr(value, name)) for name in fields}
    if isinstance(value, tuple):
        return [as_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def numbers_as_json(document: Document) -> dict[str, dict[str, object]]:
    """Every number of a document by its id, with what it counts."""
    return {
        one.id: {"label": one.label, "value": as_plain(one.value)}
        for block in document.blocks
        if isinstance(block, Numbers)
        for one in block.items
    }


def _made(made: Made) -> dict[str, object]:
    return {
        "origin": made.origin,
        "size": made.entries,
        "head": made.head,
        "head_at": utc_text(made.head_at),
        "as_of": made.as_of.isoformat(),
        "registers": made.registers,
        "version": made.version,
        "options": made.options,
    }


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "title": figure.title,
        "description": figure.description,
        "columns": (figure.heading, *figure.columns),
        "rows": [(name, *values) for name, values in figure.table],
    }


def _inner(value: object, depth: int) -> str:
    return _encode(value).replace("\n", "\n" + " " * depth)


def _many(pieces: Iterable[str], ends: str, depth: int) -> Iterator[str]:
    """An array or object of `pieces`, each on a line of its own; `ends` are its brackets."""
    before = ends[0]
    for piece in pieces:
        yield f"{before}\n {' ' * depth}{piece}"
        before = ","
    yield ends if before == ends[0] else f"\n{' ' * depth}{ends[1]}"


def _table(data: Data) -> Iterator[str]:
    ids = [column.id for column in data.columns]
    yield f'{_encode(data.id)}: {{\n   "title": {_encode(data.title)},\n   "columns": '
    yield f'{_inner(as_plain(data.columns), 3)},\n   "rows": '
    rows = (_inner(dict(zip(ids, as_plain(row), strict=True)), 4) for row in data.rows)
    yield from _many(rows, "[]", 3)
    yield "\n  }"


def document_as_json(document: Document) -> Iterator[str]:
    """A document as JSON text, in the shape of docs/report.schema.json.

    It comes in pieces, row by row, that read as one text written with an indent of 1 and a newline at its end.
    """
    head = {
        "format": FORMAT,
        "kind": document.kind,
        "lang": document.lang,
        "title": document.title,
        "about": document.about,
        "organisation": document.organisation,
        "warning": document.warning,
        "made": _made(document.made),
        "numbers": numbers_as_json(document),
        "figures": {figure.name: _figure(figure) for figure in figures(document)},
    }
    yield _encode(head).removesuffix("\n}") + ',\n "text": '
    yield from _many((_inner(as_plain(block), 2) for block in document.blocks), "[]", 1)
    yield f',\n "footer": {_inner(as_plain(document.footer), 1)},\n "data": '
    before = "{"
    for data in document.data:
        yield f"{before}\n  "
        yield from _table(data)
        before = ","
    yield "{}\n}\n" if before == "{" else "\n }\n}\n"
