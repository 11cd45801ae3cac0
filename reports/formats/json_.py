"""Findings as JSON, in the shape that `check --format json` and `report.json` keep to."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping

from reports.baseline import Compared
from reports.documents.findings import Decided, Row
from reports.run import Result

KEYS = ("key", "check", "outcome", "severity", "seq", "id", "expected", "found", "citation", "next_step")
"""The members of a finding that are one value each, in order; its `decision` follows, an object or null."""

_encode = json.JSONEncoder(ensure_ascii=False, indent=1).encode


def decision_as_json(one: Decided | None) -> dict[str, object] | None:
    """A decision as JSON has it, without its erasable values; null where there is none."""
    if one is None:
        return None
    due = None if one.due is None else one.due.isoformat()
    return {"decision": one.decision, "due": due, "entry": one.seq, "closed": one.closed}


def _finding(row: Row, more: Mapping[str, object]) -> str:
    values = {**{key: getattr(row, key) for key in KEYS}, "decision": decision_as_json(row.decision), **more}
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


def as_json(result: Result, rows: Iterable[Row], since: Compared | None = None) -> Iterator[str]:
    """`as_of`, `findings`, `checks` (each with whether it ran, and why not or not on all) and `counts`, as JSON text.

    `since`, where `rows` are only those that are new since a baseline, gives `baseline`: what it was and how many were
    new, known and gone (null where it was a checkpoint). It comes in pieces, finding by finding, that read as one text
    written with an indent of 1 and a newline at its end.
    """
    more: dict[str, object] = {"counts": result.counts}
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
