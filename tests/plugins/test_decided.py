"""Decisions in the browsing app: what they close is not open, stays in sight, and shows no erasable value."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger import app
from ledger import writer
from reports.cli.check import check_ledger
from tests.plugins.browsed import FIRST, RANDOM, clock, make_ledger, read, text_of

REASON = "a reason that was typed for the decision"
ANSWERED = date(2010, 8, 31)


def decide(path: Path, check: str, due: date | None) -> str:
    (key,) = (
        one.key
        for one in check_ledger(path, ANSWERED).result.findings
        if one.check == check and one.corrected_by is None
    )
    with writer.Ledger(path, clock, RANDOM) as ledger:
        ledger.review(key, check, "accepted", due, None, {"reason": REASON})
    return key


@pytest.mark.anyio
async def test_a_decided_breach_is_not_counted_as_open(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db")
    open_before = sum(one.outcome == "breach" for one in check_ledger(path, ANSWERED).result.findings)
    assert open_before > 1
    decide(path, "contactpoint-closed", date(2010, 9, 30))
    for as_of, state in ((ANSWERED, "closed"), (date(2010, 10, 1), "overdue")):
        assert check_ledger(path, as_of, keep=True).unkept is None
        datasette = app.make(path)
        opened = await text_of(datasette, "/ledger/open-breaches")
        assert ("contactpoint-closed" in opened) == (state == "overdue")
        front = read(await text_of(datasette, "/"))
        assert ("1 of them is closed by a decision and not open" in front) == (state == "closed")
        decided = await text_of(datasette, "/ledger/decided")
        page = await text_of(datasette, f"/-/entry/{FIRST + 1}")
        assert f"Decision accepted until 30 September 2010 {state}" in read(page)
        assert "contactpoint-closed" in decided
        assert not [one for one in (opened, front, decided, page) if REASON in one]
        datasette.get_database("ledger").close()
