"""Decisions: what they close is not open on any page, stays in sight, and shows nothing that was typed."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest

from ledger import writer
from ledger.london import LONDON
from reports.cli.check import check_ledger
from reports.run import answers, open_breaches
from tests.codes import LEAD
from tests.plugins.asking import opened, plain
from tests.plugins.browsed import FIRST, RANDOM, clock

REASON = "a reason that was typed for the decision"
ANSWERED = date(2010, 8, 27)


def decide(path: Path, check: str, due: date | None) -> str:
    found = check_ledger(path, ANSWERED).result.findings
    (key,) = (one.key for one in found if one.check == check and one.seq == FIRST + 1)
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        ledger.review(key, check, "accepted", due, None, {"reason": REASON})
    return key


@pytest.mark.parametrize(("as_of", "state"), [(ANSWERED, "closed"), (date(2010, 10, 1), "overdue")])
def test_a_decided_breach_is_not_counted_as_open_until_its_day_has_passed(
    copied: Path, as_of: date, state: str
) -> None:
    result = check_ledger(copied, ANSWERED).result
    breaches, ever = len(open_breaches(result)), answers(result)
    assert breaches > 1
    key = decide(copied, "field-not-documented", date(2010, 9, 30))
    with opened(copied, lambda: datetime.combine(as_of, time(12), LONDON)) as app:
        pages = {path: app.get(path).text for path in (
            "/", "/-/findings", f"/-/findings/{key}", f"/-/entries/{FIRST + 1}", "/ledger/open-breaches",
            "/ledger/decided",
        )}  # fmt: skip
        assert f"{breaches - (state == 'closed')} open findings" in plain(pages["/"])
        assert ("Open, decision overdue" in plain(pages[f"/-/findings/{key}"])) == (state == "overdue")
        assert f"{ever.breaches} findings of a breach" in plain(pages["/"])  # whatever was decided about them
        assert "field-not-documented" in pages["/ledger/decided"]
        assert "30 September 2010" in plain(pages[f"/-/entries/{FIRST + 1}"])
        assert not [path for path, page in pages.items() if REASON in page]
