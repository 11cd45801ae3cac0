"""Columns while others write: entries that come, findings that change, and a file that is no longer the same."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from datasette_plugins.transfer_ledger.columns import live
from datasette_plugins.transfer_ledger.columns.live import Columns
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import Wanted, WantedFindings
from datasette_plugins.transfer_ledger.verdicts import Verdicts
from ledger.erase import erase
from ledger.errors import Refused
from ledger.source import Source
from ledger.writer import Ledger
from tests.codes import LEAD
from tests.plugins.columns import mixture
from tests.plugins.columns.mixture import AS_OF
from tests.reports.ledgers import GOOD, SECRET, make_ledger

Opened = Callable[..., Columns]


@pytest.fixture
def path(mixed: Path, tmp_path: Path) -> Path:
    """A copy of the ledger, to be changed."""
    with closing(sqlite3.connect(mixed)) as db, closing(sqlite3.connect(tmp_path / "changed.db")) as copy:
        db.backup(copy)
    return tmp_path / "changed.db"


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens columns, and closes them after the test."""
    all_: list[Columns] = []

    def open_(path: Path, as_of: date | None = AS_OF) -> Columns:
        all_.append(mixture.columns_of(path, as_of))
        return all_[-1]

    yield open_
    for one in all_:
        mixture.close(one)


def told(view: View) -> tuple[object, ...]:
    """Much of what a view answers."""
    selected = view.select(Wanted(), AS_OF)
    found = view.select(Wanted(words="shire"), AS_OF)
    return (
        view.head, selected.count, selected.facets(), list(selected.seqs("recipient")), selected.flows(), found.count,
        selected.page("findings"), selected.matrix(), dict(view.checked), len(view.found),
        [*view.found.groups(view.findings(WantedFindings(), AS_OF))], view.select(Wanted(words="r1"), AS_OF).count,
    )  # fmt: skip


def ledger(path: Path) -> Ledger:
    return Ledger(path, lambda: datetime(2011, 2, 20, tzinfo=UTC), random.Random(3).randbytes, LEAD)


def test_what_is_recorded_shows_in_the_next_view_and_in_no_earlier_one(path: Path, opened: Opened) -> None:
    columns, chance = opened(path), random.Random(5)
    before = columns.view()
    earlier = [(before, told(before))]
    for turn in range(4):
        mixture.record(path, chance, 1000 + 10 * turn, 5, changes=6)
        view = columns.view()
        earlier.append((view, told(view)))
        with closing(Columns(path, columns._verdicts)) as fresh:
            assert told(fresh.view()) == told(view)
        assert [seq for run in view.select(Wanted(), AS_OF).seqs("-recorded") for seq in run] == [
            one.seq for one in mixture.seen(path)
        ]
    for view, said in earlier:
        assert told(view) == said
    with Source(path) as source:
        assert columns.view().head == source.head


def test_a_view_is_the_same_one_until_something_changes(path: Path, opened: Opened) -> None:
    columns = opened(path)
    view = columns.view()
    assert columns.view() is view
    mixture.record(path, random.Random(6), 2000, 1)
    later = columns.view()
    assert later is not view
    assert columns.view() is later


def test_very_many_new_entries_are_taken_in_by_and_by(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = opened(path)
    size = columns.view().head.size
    mixture.record(path, random.Random(7), 3000, 25, changes=5)
    monkeypatch.setattr(live, "_AT_ONCE", 10)
    assert [columns.view().head.size - size for _ in range(5)] == [10, 20, 30, 30, 30]
    mixture.record(path, random.Random(17), 4000, 25)
    columns.settle()
    assert columns.view().head.size == size + 55


def test_names_follow_organisations_and_registers(path: Path, opened: Opened) -> None:
    columns = opened(path)
    before = columns.view()
    with ledger(path) as writer:
        writer.add_organisations([{"id": "new", "name": "Brand New School", "role": "school", "phase": "primary"}])
        writer.append(writer.settle({**GOOD, "id": "n1", "transferred_on": date(2010, 3, 1), "sender": "new"}, {}))
    view = columns.view()
    assert view.labels("new", "party") == "Brand New School"
    assert "new" in view.organisations
    assert "new" not in before.organisations
    assert view.select(Wanted(words="brand"), AS_OF).count == view.select(Wanted(school="new"), AS_OF).count == 1
    assert before.select(Wanted(words="brand"), AS_OF).count == before.select(Wanted(school="new"), AS_OF).count == 0


def test_findings_of_a_new_check_come_in_the_background(path: Path, opened: Opened) -> None:
    columns = opened(path)
    old = columns.view()
    mixture.record(path, random.Random(9), 5000, 20)
    mixture.check(columns, date(2011, 3, 1), settle=False)
    columns.view()
    columns.settle()
    view = columns.view()
    assert view.checked["as_of"] == "2011-03-01"
    assert old.checked["as_of"] == AS_OF.isoformat()
    with closing(Columns(path, columns._verdicts)) as fresh:
        assert told(fresh.view()) == told(view)
    new = [one.seq for one in mixture.seen(path) if one.findings and one.seq >= old.head.size]
    assert new
    assert all(view.found.by_entry([seq])[seq] for seq in new)


def test_a_request_gets_the_old_findings_until_the_new_ones_are_in(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, go = opened(path), threading.Event()
    count = len(columns.view().found)
    read = Columns._read_findings

    def slow(self: Columns) -> None:
        go.wait(10)
        read(self)

    monkeypatch.setattr(Columns, "_read_findings", slow)
    mixture.record(path, random.Random(9), 5000, 20)
    mixture.check(columns, date(2011, 3, 1), settle=False)
    for _ in range(3):
        view = columns.view()
        assert (view.checked["as_of"], len(view.found)) == (AS_OF.isoformat(), count)
        assert view.select(Wanted(findings="any"), AS_OF).count
    go.set()
    columns.settle()
    assert columns.view().checked["as_of"] == "2011-03-01"


def test_after_an_erasure_no_old_finding_is_shown(tmp_path: Path, opened: Opened) -> None:
    path = make_ledger(tmp_path / "erased.db", {**GOOD, "recipient": SECRET}, GOOD)
    columns = opened(path)
    assert len(columns.view().found) > 0
    with ledger(path) as writer, closing(sqlite3.connect(path)) as db:
        (seq,) = db.execute("SELECT seq FROM disclosures WHERE name = 'recipient_as_given'").fetchone()
        erase(writer, seq, "recipient_as_given", "request-of-person", {})
    view = columns.view()
    assert (len(view.found), dict(view.checked)) == (0, {})
    mixture.check(columns)
    assert columns.view().checked


def test_an_erasure_and_a_check_between_two_views_show_no_old_finding(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_ledger(tmp_path / "erased.db", {**GOOD, "recipient": SECRET}, GOOD)
    columns = opened(path)
    with ledger(path) as writer, closing(sqlite3.connect(path)) as db:
        (seq,) = db.execute("SELECT seq FROM disclosures WHERE name = 'recipient_as_given'").fetchone()
        erase(writer, seq, "recipient_as_given", "request-of-person", {})
    mixture.check(columns, settle=False)
    monkeypatch.setattr(Columns, "_in_background", lambda self: None)
    view = columns.view()
    assert (len(view.found), dict(view.checked)) == (0, {})


@pytest.mark.slow
def test_findings_that_were_read_just_before_an_erasure_are_not_shown(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_ledger(tmp_path / "erased.db", {**GOOD, "recipient": SECRET}, GOOD)
    columns, read = opened(path), live._found

    def meanwhile(db: sqlite3.Connection) -> object:
        found = read(db)
        with ledger(path) as writer, closing(sqlite3.connect(path)) as other:
            (seq,) = other.execute("SELECT seq FROM disclosures WHERE name = 'recipient_as_given'").fetchone()
            erase(writer, seq, "recipient_as_given", "request-of-person", {})
        mixture.check(columns, settle=False)
        columns.view()  # as another request would, which takes the erasure in
        return found

    monkeypatch.setattr(Columns, "_in_background", lambda self: None)
    monkeypatch.setattr(live, "_found", meanwhile)
    columns._read_findings()
    view = columns.view()
    assert (len(view.found), dict(view.checked)) == (0, {})


def test_findings_on_entries_that_no_view_took_in_yet_have_their_transfers(path: Path, opened: Opened) -> None:
    columns = opened(path)
    size = columns.view().head.size
    mixture.record(path, random.Random(9), 5000, 20)
    mixture.check(columns, date(2011, 3, 1), settle=False)
    columns._read_findings()
    view = columns.view()
    assert any(item.recipient for seq in range(size, size + 20) for item in view.found.by_entry([seq])[seq])


def test_a_ledger_that_was_never_checked_has_no_findings(tmp_path: Path, opened: Opened) -> None:
    columns = opened(make_ledger(tmp_path / "new.db", GOOD), None)
    view = columns.view()
    assert (dict(view.checked), len(view.found)) == ({}, 0)
    assert view.select(Wanted(findings="none"), AS_OF).count == 1
    assert [*view.found.groups(view.findings(WantedFindings("all"), AS_OF))] == []
    assert all(age.count == 0 for age in view.found.ages(AS_OF))
    view.select(Wanted(), AS_OF).facets()


def test_a_ledger_without_transfers(tmp_path: Path, opened: Opened) -> None:
    path = make_ledger(tmp_path / "empty.db")
    view = opened(path).view()
    for wanted in (Wanted(), Wanted(words="x 1"), Wanted(school="high", findings="open", recipient="shire")):
        selected = view.select(wanted, AS_OF)
        assert (selected.count, selected.months(), selected.flows(), selected.matrix()) == (0, [], [], {})
        assert selected.by("purpose") == list(selected.seqs()) == []
        assert selected.page().seqs == []
        assert not any(one.count for facet in selected.facets().values() for one in facet.values)
    with pytest.raises(Refused):
        view.select(Wanted(), AS_OF).page(after=0)


# -- what is no longer the ledger --------------------------------------------------------------------------------


def test_another_ledger_put_in_its_place_is_refused_until_the_first_is_back(tmp_path: Path, opened: Opened) -> None:
    path, other = make_ledger(tmp_path / "one.db", GOOD, GOOD), make_ledger(tmp_path / "other.db", GOOD)
    columns = opened(path)
    count = columns.view().select(Wanted(), AS_OF).count
    for one in (path, other):
        with closing(sqlite3.connect(one)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, tmp_path / "back.db")
    other.replace(path)
    for _ in range(2):
        for ask in (columns.view, columns.stands, columns.settle):
            with pytest.raises(Refused, match=r"no longer the ledger that was being shown: it was replaced .+\.$"):
                ask()
    (tmp_path / "back.db").replace(path)  # another file, with the same entries
    columns.stands()
    assert columns.view().select(Wanted(), AS_OF).count == count


def test_a_file_that_was_written_over_is_refused(tmp_path: Path, opened: Opened) -> None:
    path = make_ledger(tmp_path / "one.db", GOOD, GOOD)
    other = make_ledger(tmp_path / "other.db", {**GOOD, "fields": ["ethnicity"]}, GOOD, GOOD)
    columns = opened(path)
    with closing(sqlite3.connect(other)) as db, closing(sqlite3.connect(path)) as over:
        db.backup(over)
    for _ in range(2):
        with pytest.raises(Refused, match="it was replaced meanwhile"):
            columns.view()


def test_a_shorter_ledger_in_its_place_is_refused(tmp_path: Path, opened: Opened) -> None:
    path, other = make_ledger(tmp_path / "one.db", GOOD, GOOD), make_ledger(tmp_path / "other.db", GOOD)
    columns = opened(path)
    with closing(sqlite3.connect(other)) as db, closing(sqlite3.connect(path)) as over:
        db.backup(over)
    with pytest.raises(Refused, match="it was replaced meanwhile"):
        columns.view()


def test_a_deleted_file_is_refused(path: Path, opened: Opened) -> None:
    columns = opened(path)
    view = columns.view()
    path.unlink()
    with pytest.raises(Refused, match=r"no longer there: it was moved or deleted .+\.$"):
        columns.view()
    assert view.select(Wanted(), AS_OF).count  # what was handed out goes on


ALTERED = {
    "no JSON": (b'"kind":"tran', b'"kind" "tran'),
    "no text": (b'"kind":"tran', b'"kind":"tr\xffn'),
    "two in one": (b',"kind":"tran', b'}\n{"kind":"tr'),
    "no day": (b'"transferred_on":"2', b'"transferred_on":"x'),
    "no number": (b'"count":', b'"count"-'),
    "no sender": (b'"sender":', b'"sendre":'),
    "no fields": (b'"fields":["forename","surname"]', b'"fields":[]                    '),
    "no moment": (b'"recorded_at":"20', b'"recorded_at":"x0'),
    "no object": (b'"subjects":{', b'"subjects":['),
}


def write_over(path: Path, entry: bytes, was: bytes, now: bytes) -> None:
    """Changes bytes of a sealed entry in the file itself."""
    data = path.read_bytes()
    assert data.count(entry) == entry.count(was) == 1
    assert len(was) == len(now)
    path.write_bytes(data.replace(entry, entry.replace(was, now)))


@pytest.mark.parametrize(("was", "now"), ALTERED.values(), ids=ALTERED)
def test_an_entry_that_cannot_be_read_is_named(path: Path, was: bytes, now: bytes) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = "SELECT seq, entry FROM entries WHERE kind = 'transfer' AND fields = ? ORDER BY seq DESC"
        seq, text = db.execute(found, ('["forename","surname"]',)).fetchone()
    write_over(path, text.encode(), was, now)
    with (
        closing(Verdicts()) as verdicts,
        pytest.raises(Refused, match=rf"entry {seq} cannot be read: .+ `transfer-ledger verify` says more\.$"),
    ):
        Columns(path, verdicts)


def test_what_a_source_reads_of_an_altered_ledger_is_read(path: Path, opened: Opened) -> None:
    # Verification says that it is not what was sealed; a page shows it as the file has it.
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = "SELECT seq, entry FROM entries WHERE kind = 'transfer' AND subject_count = 120 ORDER BY seq DESC"
        seq, text = db.execute(found).fetchone()
    write_over(path, text.encode(), b'"subjects":{"count":120,', b'"subjects":\n{"count":12,')
    with Source(path) as source:
        assert source.entry(seq) is not None
    view = opened(path).view()
    assert view.rows.people[view.rows.at(np.array([seq]))] == 12


@pytest.mark.parametrize("kind", ["missing", "folder", "no ledger", "other schema"])
def test_what_is_no_ledger_is_refused_as_a_source_refuses_it(path: Path, tmp_path: Path, kind: str) -> None:
    wrong = path
    if kind == "missing":
        wrong = tmp_path / "nothing.db"
    elif kind == "folder":
        wrong = tmp_path
    elif kind == "no ledger":
        wrong = tmp_path / "text.db"
        wrong.write_text("nothing")
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE more (x)")
    with pytest.raises(Refused) as by_source:
        Source(wrong)
    with closing(Verdicts()) as verdicts, pytest.raises(Refused) as by_columns:
        Columns(wrong, verdicts)
    assert str(by_columns.value) == str(by_source.value)


def test_after_closing_no_view_is_given(path: Path) -> None:
    columns = mixture.columns_of(path, None)
    view = columns.view()
    mixture.close(columns)
    with pytest.raises(Refused, match="closed"):
        columns.view()
    assert view.select(Wanted(), AS_OF).page().seqs


def test_many_threads_ask_while_others_write_and_check(path: Path, opened: Opened) -> None:
    columns, problems, done = opened(path), [], threading.Event()

    def ask() -> None:
        size = 0
        while not done.is_set():
            try:
                view = columns.view()
                selected = view.select(Wanted(findings="any", words="r"), AS_OF)
                page = selected.page("recipient", size=20)
                assert view.head.size >= size
                assert selected.count >= len(page.seqs)
                assert view.select(Wanted(), AS_OF).count == int(view.rows.stands.sum())
                selected.facets()
                size = view.head.size
            except BaseException as error:
                problems.append(error)
                return

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(4):
        mixture.record(path, random.Random(turn), 7000 + 10 * turn, 5, changes=3)
        mixture.check(columns, date(2011, 3, 1 + turn), settle=False)
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    columns.settle()
    with closing(Columns(path, columns._verdicts)) as fresh:
        assert told(fresh.view()) == told(columns.view())
