"""Whether a run found on the demonstration's ledger exactly what was planted: nothing missed, nothing extra."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reports.run import Result

Planted = tuple[str, str, str, str]
"""The id of a transfer ("" where it is about none), the check, the outcome, and how the finding stands."""


class Difference(NamedTuple):
    """What was planted and not found, and what was found and not planted; both sorted."""

    missed: tuple[Planted, ...]
    extra: tuple[Planted, ...]

    def __bool__(self) -> bool:
        return bool(self.missed or self.extra)


def planted(path: Path) -> Counter[Planted]:
    """What the companion file `expected-findings.csv` says, each as often as it is to be found."""
    with path.open(encoding="utf-8", newline="") as file:
        return Counter((row["id"], row["check"], row["outcome"], row["state"]) for row in csv.DictReader(file))


def found(result: Result, ids: Mapping[int, str]) -> Counter[Planted]:
    """What a run found, in the companion's terms. `ids` gives each transfer's id by its seq.

    A finding on a whole import has no id of its own; it counts for each transfer that it is about. One on an entry
    that is no transfer counts under the id "". What a later statement of the transfer shows again counts there.
    """
    counted: Counter[Planted] = Counter()
    for one in result.findings:
        state = result.state(one)
        if state.how == "restated" or (one.outcome != "breach" and one.corrected_by is not None):
            continue
        for id_ in (one.id,) if one.id is not None else (ids.get(seq, "") for seq in one.entries):
            counted[id_, one.check, one.outcome, state.state] += 1
    return counted


def compare(expected: Counter[Planted], actual: Counter[Planted]) -> Difference:
    """What differs between the companion and a run."""
    missed, extra = expected - actual, actual - expected
    return Difference(tuple(sorted(missed.elements())), tuple(sorted(extra.elements())))
