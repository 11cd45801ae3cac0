"""The app judges for itself: what its pages say before, while and after it does, and where its findings lie."""

from __future__ import annotations

import random
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.runs import Runs
from datasette_plugins.transfer_ledger.verdicts import Verdicts, attach, replace, state
from ledger import writer
from ledger.erase import erase
from reports.cli.check import check_ledger
from tests.codes import LEAD
from tests.plugins.asking import Opened, Reader, plain, site_over
from tests.plugins.browsed import FIRST, RANDOM, clock, stated
from tests.reports.ledgers import GOOD, SECRET, make_ledger

SHOW_FINDINGS = (
    "/", "/-/transfers", "/-/transfers.csv", "/-/findings", "/-/findings.json", "/-/findings.csv", "/-/findings.atom",
    "/-/organisations", "/-/organisations/ofsted", f"/-/entries/{FIRST}", f"/-/entries/{FIRST}.json",
    "/ledger/transfers_with_findings", "/ledger/findings_with_transfers.json", "/ledger/open-breaches",
)  # fmt: skip


def test_until_the_first_check_has_ended_pages_say_that_it_is_running(copied: Path) -> None:
    with site_over(copied, checked=False) as site:
        app = Opened(site)
        for path in SHOW_FINDINGS:
            answer = app.get(path)
            assert answer.status_code == 503, path
            assert answer.headers["retry-after"], path
            assert "The checks are still running." in plain(answer.text), path
        for path in ("/-/record", "/-/register", "/-/verification"):
            assert app.get(path).status_code == 200, path
        site.runs.wait(site.runs.check(), 60)
        site.columns.settle()
        for path in SHOW_FINDINGS:
            assert app.get(path).status_code == 200, path
        assert "Is anything still to be settled? Yes." in plain(app.get("/").text)


def test_a_check_that_cannot_run_is_told_and_is_not_no_problem(copied: Path) -> None:
    with site_over(copied, checked=False) as site:
        with closing(sqlite3.connect(copied)) as db, db:
            (trigger,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'documents_no_delete'").fetchone()
            db.execute("DROP TRIGGER documents_no_delete")
            db.execute("DELETE FROM documents")
            db.execute(trigger)
        site.runs.wait(site.runs.check(), 60)
        answer = Reader(site).get("/")
        assert answer.status_code == 503
        assert "The checks could not run, so that nothing can be said: " in plain(answer.text)
        assert "is missing from its documents" in plain(answer.text)


def test_whoever_records_the_ledger_is_checked_once(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[None] = []
    monkeypatch.setattr(Runs, "check_soon", lambda self: asked.append(None))
    with site_over(copied) as site:
        site.view()
        assert not asked
        with writer.Ledger(copied, clock, RANDOM, LEAD) as ledger:
            ledger.append(stated(ledger, "by-another"))
        for _ in range(3):
            site.view()
        assert len(asked) == 1


def test_nobody_else_can_read_or_write_the_file_and_it_goes_with_the_app(copied: Path) -> None:
    with site_over(copied) as site:
        path = site.verdicts.path
        files = [path, *path.parent.glob(f"{path.name}-*")]
        assert len(files) == 3
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_no_app_believes_what_an_earlier_one_found(copied: Path) -> None:
    with site_over(copied) as site, site_over(copied, checked=False) as other:
        assert site.verdicts.path != other.verdicts.path
        assert site.checked_view().checked
        assert Reader(other).get("/").status_code == 503


def test_what_was_found_before_an_erasure_is_gone_and_stays_gone(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db", {**GOOD, "recipient": SECRET}, GOOD)
    with closing(Verdicts()) as verdicts, closing(sqlite3.connect(path, uri=True)) as db:
        before = check_ledger(path, clock().date())
        attach(db, verdicts.path)
        assert state(db) is None
        replace(verdicts.path, before)
        assert state(db) == (before.head.size, clock().date())
        with writer.Ledger(path, clock, random.Random(4).randbytes, LEAD) as ledger:
            (seq,) = ledger.db.execute("SELECT seq FROM disclosures WHERE name = 'recipient_as_given'").fetchone()
            erase(ledger, seq, "recipient_as_given", "request-of-person", {})
        verdicts.forget(before.head.size)
        assert state(db) is None
        assert db.execute("SELECT count(*) FROM verdicts.findings").fetchone() == (0,)
        replace(verdicts.path, before)  # a check that had begun before ends now
        assert state(db) is None
        after = check_ledger(path, clock().date())
        replace(verdicts.path, after)
        verdicts.forget(before.head.size)  # the erasure is noticed when the check has seen it
        assert state(db) == (after.head.size, clock().date())
