"""Findings as JSON, in the shape that `check --format json` and `report.json` keep to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from reports.documents.findings import Row
from reports.run import Result

KEYS = ("key", "check", "outcome", "severity", "seq", "id", "expected", "found", "citation", "next_step")
"""The members of a finding, in order."""

_encode = json.JSONEncoder(ensure_ascii=False, indent=1).encode


def _finding(row: Row) -> str:
    members = ",\n".join(f'   "{key}": {_encode(getattr(row, key))}' for key in KEYS)
    return f"  {{\n{members}\n  }}"


def as_json(result: Result, rows: Iterable[Row]) -> Iterator[str]:
    """`as_of`, `findings`, `checks` (each with whether it ran, and why not or not on all) and `counts`, as JSON text.

    It comes in pieces, finding by finding, that read as one text written with an indent of 1 and a newline at its end.
    """
    yield f'{{\n "as_of": {_encode(result.as_of.isoformat())},\n "findings": ['
    before = ""
    for row in rows:
        yield f"{before}\n{_finding(row)}"
        before = ","
    yield "\n ]" if before else "]"
    checks = [{"check": one.id, "ran": one.ran, "reason": one.reason} for one in result.checks]
    yield "," + _encode({"checks": checks, "counts": result.counts}).removeprefix("{") + "\n"
