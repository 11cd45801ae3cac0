"""Findings as JSON, in the shape that `check --format json` and `report.json` keep to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reports.documents.findings import Row
from reports.run import Result

KEYS = ("key", "check", "outcome", "severity", "seq", "id", "expected", "found", "citation", "next_step")
"""The members of a finding, in order."""


def shape(result: Result, rows: Sequence[Row]) -> dict[str, Any]:
    """`as_of`, `findings`, `checks` (each with whether it ran, and why not or not on all) and `counts`."""
    return {
        "as_of": result.as_of.isoformat(),
        "findings": [{key: getattr(row, key) for key in KEYS} for row in rows],
        "checks": [{"check": one.id, "ran": one.ran, "reason": one.reason} for one in result.checks],
        "counts": result.counts,
    }


def as_json(result: Result, rows: Sequence[Row]) -> str:
    """The same as JSON text that ends with a newline."""
    return json.dumps(shape(result, rows), ensure_ascii=False, indent=1) + "\n"
