"""A small ledger with findings of every severity and outcome, decided, overdue and withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from ledger.writer import Ledger
from reports.cli.check import check_ledger
from tests.codes import DPO, LEAD
from tests.reports.ledgers import AFTER, BEFORE, GOOD, UNDOCUMENTED, UNKNOWN, UNSURE, make_ledger

AS_OF = date(2011, 1, 31)
BEYOND = {**GOOD, "fields": ["forename", "address"]}
TO_SCHOOL = {**GOOD, "sender": "shire", "recipient": "low", "purpose": "statistics", "fields": ["upn"]}
FROM_LOW = {**GOOD, "sender": "low", "transferred_at": "2010-03-02"}
MIXED = (UNDOCUMENTED, BEYOND, GOOD, FROM_LOW, BEFORE, UNSURE, AFTER, UNKNOWN, TO_SCHOOL)


def decide(path: Path, check: str, due: date | None, decision: str = "accepted", at: int = 0, by: str = LEAD) -> int:
    """Seals a decision on a finding of `check`; gives the entry."""
    found = [one for one in check_ledger(path, AS_OF).result.findings if one.check == check]
    moment = datetime(2010, 12, 2, 9, tzinfo=UTC)
    with Ledger(path, lambda: moment, token_bytes, by) as ledger:
        texts = {"reason": "Jayden said so"}
        return ledger.review(found[at].key, check, decision, due, None, texts).seq


def mixed_ledger(path: Path) -> Path:
    """The ledger, in which one decision is overdue, one is due, and one closes its finding for good.

    A second person confirmed that one, and that a use of ContactPoint that was withdrawn was entered by mistake. One
    decision waits for that, and one finding has nothing but advice.
    """
    make_ledger(path, *MIXED, AFTER, withdraw="t9")
    withdrawal = check_ledger(path, AS_OF).head.size - 1
    decide(path, "field-not-documented", AS_OF - timedelta(days=1), at=0)
    decide(path, "field-not-documented", AS_OF, "remedied", at=1)
    false_alarm = decide(path, "lawful-basis-not-documented", None, "false-alarm")
    with Ledger(path, lambda: datetime(2010, 12, 2, 9, tzinfo=UTC), token_bytes, LEAD) as ledger:
        seen = ledger.add_person(DPO, "dpo").head
        with ledger.acting(DPO):
            ledger.confirm([withdrawal, false_alarm], seen, {})
    decide(path, "unknown-recipient", None, "remedied", by=DPO)
    decide(path, "undocumented-flow", None, "recording-mistake")
    return path
