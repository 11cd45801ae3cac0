"""What columns are made of: arrays that grow, ids that are sorted, schools that had other ids, dates of corrections."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from datasette_plugins.transfer_ledger.columns.grown import Grown
from datasette_plugins.transfer_ledger.columns.ids import Ids, beginning
from datasette_plugins.transfer_ledger.columns.read import Entry
from datasette_plugins.transfer_ledger.columns.schools import Schools
from datasette_plugins.transfer_ledger.columns.shapes import ShapeTable
from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from ledger.members import Organisation
from ledger.writer import Ledger
from tests.codes import LEAD
from tests.plugins.columns import mixture
from tests.plugins.columns.mixture import AS_OF
from tests.reports.ledgers import GOOD, make_ledger


def test_what_was_handed_out_of_a_growing_array_stays_as_it_was() -> None:
    grown, handed = Grown(np.int32), []
    for number in range(3000):
        grown.add([number] * (1 + number % 3))
        if number % 100 == 0:
            handed.append((grown.now(), grown.now().tolist()))
    for array, values in handed:
        assert array.tolist() == values == sorted(values)
        assert len(values) == len([None for n in range(values[-1] + 1) for _ in range(1 + n % 3)])


@settings(max_examples=60)
@given(
    runs=st.lists(st.lists(st.text("aB1.", min_size=1, max_size=3), min_size=1, max_size=4), max_size=12),
    begins=st.text("aB1.Z", max_size=3),
)
def test_ids_are_found_by_what_they_begin_with(runs: list[list[str]], begins: str) -> None:
    ids, all_ = Ids(), list[str]()
    for run in runs:
        before = ids.parts, list(all_)
        ids.add(run, len(all_))
        all_ += run
        for parts, known in (before, (ids.parts, all_)):
            expected = [row for row, id_ in enumerate(known) if id_.lower().startswith(begins.lower())]
            assert sorted(beginning(parts, begins).tolist()) == expected
    assert len(ids.parts) <= 6


def _organisation(id_: str, *former: str, role: str = "school") -> Organisation:
    members: dict[str, Any] = {"seq": 0, "prev": "", "salt": "", "recorded_at": datetime(2010, 1, 1, tzinfo=UTC)}
    return Organisation(id=id_, name=id_.title(), role=role, former_ids=former, **members)


def _entry(sender: str, recipient: str, *schools: str) -> Entry:
    return Entry("transfer", "", sender=sender, recipient=recipient, purpose="p", fields=("f",), schools=schools)


SENT = [
    _entry("new", "la"), _entry("old", "la"), _entry("la", "older"), _entry("la", "dfe", "old", "other"),
    _entry("la", "dfe"), _entry("old", "new", "older"), _entry("unlisted", "la", "unlisted"), _entry("la", "lone"),
    _entry("la", "dfe", "lone"), _entry("other", "other"),
]  # fmt: skip


def test_a_school_is_found_by_every_id_that_it_had() -> None:
    known = {one.id: one for one in (_organisation("new", "old", "older"), _organisation("la", role="local-authority"))}
    table, schools = ShapeTable(), None
    for count, entry in enumerate(SENT, start=1):
        table.of(entry)
        schools = Schools(known, table.parties, table.now(), schools)
        fresh = Schools(known, table.parties, table.now())
        pairs = [
            {(int(shape), one.ids[place]) for shape, place in zip(one.of_shape, one.of_school, strict=True)}
            for one in (schools, fresh)
        ]
        expected = {
            (place, "new" if id_ in ("old", "older") else id_)
            for place, sent in enumerate(SENT[:count], start=1)
            for id_ in (sent.sender, sent.recipient, *sent.schools)
            if id_ in ("new", "old", "older") or any(id_ in one.schools for one in SENT[:count])
            if id_ and id_ != "unlisted"
        }
        assert pairs == [expected, expected]
        assert len(schools.of_shape) == len(expected)
    assert schools is not None
    for id_ in ("new", "old", "older"):
        assert schools.present(id_) == "new"
        assert np.flatnonzero(schools.mask(id_)).tolist() == [1, 2, 3, 4, 6]


def test_a_correction_that_keeps_the_date_is_not_late(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "late.db", GOOD, GOOD, GOOD)  # each recorded in the evening of its day
    with Ledger(path, lambda: datetime(2010, 12, 1, tzinfo=UTC), random.Random(1).randbytes, LEAD) as ledger:
        kept = {**GOOD, "transferred_on": date(2010, 3, 1)}
        moved = {**kept, "transferred_at": "2010-03-02", "transferred_on": date(2010, 3, 2)}
        for id_, stated in (("t0", kept), ("t1", moved)):
            ledger.correct(id_, "it was wrong", ledger.settle({**stated, "fields": ["upn"], "id": id_}, {}), {})
    columns = mixture.columns_of(path, None)
    rows = columns.view().rows
    late = [seq for run in columns.view().select(Wanted(late=True), AS_OF).seqs() for seq in run]
    mixture.close(columns)
    assert late == [int(rows.seq[-1])]
    assert rows.late[-2:].tolist() == [0, (date(2010, 12, 1) - date(2010, 3, 2)).days]
