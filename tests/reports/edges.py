"""A small ledger at the edges of what is counted: ages, delays and small counts just within and just beyond."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from ledger.register.read import read_register
from tests.reports.audited import Kept, kept_ledger
from tests.reports.ledgers import AFTER, GOOD, HERE, UNDOCUMENTED, UNKNOWN

AS_OF = date(2010, 10, 1)
AGES = (0, 1, 31, 32, 92, 93, 183, 184, 366, 367)
"""Days from a transfer to the report's."""

DELAYS = (-1, 0, 1, 7, 8, 31, 32, 90, 91)
"""Days from a transfer to its being recorded; over midnight in London, where it is summer."""


def edges(folder: Path) -> Kept:
    """The ledger."""
    kept = kept_ledger(folder)
    for days in AGES:
        on = AS_OF - timedelta(days=days)
        kept.record(f"{on}T20:00:00Z", {**UNDOCUMENTED, "id": f"age-{days}", "transferred_at": str(on)})
    for days in DELAYS:
        last = date(2010, 5, 10)
        recorded = last + timedelta(days=days - 1)
        over = {"transferred_at": f"2010-05-03/{last}", "transferred_on": date(2010, 5, 3), "transferred_until": last}
        kept.record(f"{recorded}T23:30:00Z", {**GOOD, "id": f"delay-{days}", **over})
    for number in range(4):
        kept.record("2010-09-30T20:00:00Z", {**UNKNOWN, "id": f"unknown-{number}", "transferred_at": "2010-09-30"})
    kept.record("2010-09-30T20:00:00Z", {**AFTER, "id": "after"})
    text = (HERE / "register.yml").read_text(encoding="utf-8").replace('version: "1"', 'version: "2"')
    with kept.at("2010-09-30T21:00:00Z") as ledger:
        ledger.adopt(read_register(text, "r"), text, (date(2010, 9, 30), date(2010, 12, 31), True))
    return kept
