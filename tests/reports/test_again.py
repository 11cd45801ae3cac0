"""A check that goes on from the last one finds what one from scratch finds, byte for byte, whatever came between."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.london import days
from ledger.register.read import read_register
from ledger.settle import when
from ledger.source import Source
from ledger.writer import Ledger, create
from reports import again
from reports.cli.check import check, check_ledger
from reports.formats.json_ import as_json
from tests.ledger.test_faults import mounted
from tests.reports.ledgers import AFTER, BEFORE, GOOD, HERE, ORGANISATIONS, UNDOCUMENTED, UNSURE

REGISTER = (HERE / "register.yml").read_text(encoding="utf-8")
NARROW = REGISTER.replace("[forename, surname, ethnicity]", "[forename]").replace('version: "1"', 'version: "2"')
TABLES = ("findings", "checked_places", "checked_tallies", "checked")


class World:
    """A ledger that grows by one day's work after another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = datetime(2010, 1, 1, 9, tzinfo=UTC)
        self.ids: list[str] = []
        self._entropy = Random(1).randbytes
        create(path, "shire.example/transfers", "Shire", lambda: self.now, self._entropy)
        self._do(lambda ledger: ledger.add_organisations(ORGANISATIONS))

    def _do(self, work: Callable[[Ledger], Any]) -> Any:
        with Ledger(self.path, lambda: self.now, self._entropy) as ledger:
            return work(ledger)

    def record(self, stated: dict[str, Any], *, batch: bool = False) -> None:
        on = days(stated["transferred_at"])[0]
        self.now = max(self.now, datetime(on.year, on.month, on.day, 20, tzinfo=UTC)) if not batch else self.now
        id_ = f"t{len(self.ids)}"
        self.ids.append(id_)
        members = {"id": id_, **when(stated["transferred_at"]), **stated}
        self._do(lambda ledger: ledger.append_many([ledger.settle(members, {})], (1, {}) if batch else None))

    def correct(self, which: str, stated: dict[str, Any] | None) -> None:
        self.now += timedelta(days=1)
        if stated is None:
            self._do(lambda ledger: ledger.correct(which, "a mistake", None, {}))
        else:
            members = {**when(stated["transferred_at"]), **stated}
            self._do(lambda ledger: ledger.correct(which, "a mistake", ledger.settle(members, {}), {}))

    def adopt(self, text: str, first: date, last: date | None) -> None:
        self._do(lambda ledger: ledger.adopt(read_register(text, "register.yml"), text, (first, last, True)))

    def organise(self) -> None:
        self._do(lambda ledger: ledger.add_organisations([{"id": "secret", "name": "Acme", "role": "connexions"}]))

    def review(self, key: str, name: str, due: date | None) -> None:
        seen = [seq for seq, _, facts, _ in self._reviews() if facts.finding == key]
        self._do(
            lambda ledger: ledger.review(key, name, "accepted", due, seen[-1] if seen else None, {"reason": "so be it"})
        )

    def _reviews(self) -> list[Any]:
        with Source(self.path) as source:
            return list(source.reviews())

    def erase(self, seq: int) -> None:
        self._do(lambda ledger: ledger.erase(seq, "recipient_as_given", "request-of-person", {}))


def output(path: Path, as_of: date, **how: bool) -> str:
    checked = check_ledger(path, as_of, **how)
    return "".join(as_json(checked.result, checked.rows))


def tables(path: Path) -> dict[str, list[Any]]:
    db = sqlite3.connect(path)
    try:
        return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in TABLES}
    finally:
        db.close()


def same_as_from_scratch(path: Path, as_of: date) -> int | None:
    """Checks both ways, keeps both, and compares all; how many statements the check that went on judged."""
    with TemporaryDirectory() as folder:
        other = Path(shutil.copy(path, Path(folder) / "other.db"))
        for end in ("-wal", "-shm"):
            if Path(f"{path}{end}").exists():
                shutil.copy(f"{path}{end}", f"{other}{end}")
        scratch = output(other, as_of, keep=True, from_scratch=True)
        checked = check_ledger(path, as_of, keep=True)
        assert checked.unkept is None
        assert "".join(as_json(checked.result, checked.rows)) == scratch
        assert tables(path) == tables(other)
        return checked.judged


UNKNOWN = {**GOOD, "recipient": "Nobody at all"}
LATE = {**GOOD, "transferred_at": "2009-11-02", "purpose": "statistics"}
FUTURE = {**GOOD, "transferred_at": "2010-11-20"}
TERM = {**GOOD, "transferred_at": "2010-08-01/2010-12-20"}
SCHOOL = {**GOOD, "sender": "low", "fields": ["ethnicity"]}
STATED = (GOOD, BEFORE, AFTER, UNSURE, UNDOCUMENTED, UNKNOWN, LATE, FUTURE, TERM, SCHOOL)

_stated = st.sampled_from(STATED)
_place = st.integers(0, 30)
_work = st.one_of(
    st.tuples(st.just("record"), _stated, st.booleans()),
    st.tuples(st.just("record"), _stated, st.booleans()),
    st.tuples(st.just("onward"), _stated, st.lists(_place, min_size=1, max_size=2, unique=True)),
    st.tuples(st.just("correct"), _place, st.none() | _stated),
    st.tuples(st.just("adopt"), st.sampled_from((REGISTER, NARROW)), st.sampled_from((1, 6, 9))),
    st.tuples(st.just("organise")),
    st.tuples(st.just("review"), _place, st.none() | st.integers(0, 60)),
    st.tuples(st.just("check"), st.integers(0, 40)),
    st.tuples(st.just("check"), st.integers(0, 40)),
)


def _play(world: World, work: tuple[Any, ...], as_of: date) -> date:
    match work:
        case ("record", stated, batch):
            world.record(stated, batch=batch)
        case ("onward", stated, cited):
            # An id that is not there yet may come later.
            world.record({**stated, "onward_of": [{"id": f"t{place}"} for place in sorted(cited, key=str)]})
        case ("correct", place, stated) if world.ids:
            world.correct(world.ids[place % len(world.ids)], stated)
        case ("adopt", text, month):
            world.adopt(text, date(2010, month, 1), date(2010, month + 2, 28))
        case ("organise",):
            world.organise()
        case ("review", place, later):
            if found := check_ledger(world.path, as_of).result.findings:
                one = found[place % len(found)]
                world.review(one.key, one.check, None if later is None else as_of + timedelta(days=later))
        case ("check", later):
            as_of += timedelta(days=later)
            same_as_from_scratch(world.path, as_of)
    return as_of


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.booleans(), st.lists(_work, min_size=4, max_size=14))
def test_any_interleaving_ends_as_from_scratch(adopted: bool, works: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder) / "transfers.db")
        if adopted:
            world.adopt(REGISTER, date(2009, 9, 1), date(2010, 12, 31))
        as_of = date(2010, 9, 1)
        for work in works:
            as_of = _play(world, work, as_of)
        same_as_from_scratch(world.path, as_of)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "transfers.db")
    made.adopt(REGISTER, date(2009, 9, 1), date(2010, 12, 31))
    return made


AS_OF = date(2011, 1, 31)


def test_only_what_is_new_or_affected_is_judged(world: World) -> None:
    for _ in range(3):
        world.record(GOOD)
    assert same_as_from_scratch(world.path, AS_OF) is None
    assert same_as_from_scratch(world.path, AS_OF) == 0
    world.record(UNDOCUMENTED)
    assert same_as_from_scratch(world.path, AS_OF) == 1
    world.record({**GOOD, "onward_of": [{"id": "t3"}]})
    world.record({**GOOD, "onward_of": [{"id": "t4"}]})
    assert same_as_from_scratch(world.path, AS_OF) == 2
    # The correction, what it corrects, and the two that cite it, one of them at second hand.
    world.correct("t3", AFTER)
    assert same_as_from_scratch(world.path, AS_OF) == 4


def test_another_register_takes_over_only_what_none_judged(world: World) -> None:
    world.record(GOOD)
    world.record({**GOOD, "transferred_at": "2011-02-02"})
    assert same_as_from_scratch(world.path, date(2011, 3, 1)) is None
    world.adopt(NARROW, date(2010, 1, 1), None)
    assert same_as_from_scratch(world.path, date(2011, 3, 1)) == 1
    world.record({**GOOD, "transferred_at": "2010-05-05"})
    assert same_as_from_scratch(world.path, date(2011, 3, 1)) == 1


@pytest.mark.parametrize(
    "what", ["organisation", "erasure", "code", "an earlier day", "another ledger", "unreadable", "damaged"]
)
def test_what_may_change_anything_is_judged_from_scratch(
    world: World, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record(UNKNOWN)
    assert same_as_from_scratch(world.path, AS_OF) is None
    assert same_as_from_scratch(world.path, AS_OF) == 0
    as_of = AS_OF
    if what == "organisation":
        world.organise()
    elif what == "erasure":
        world.erase(3 + len(ORGANISATIONS) - 1)
    elif what == "code":
        monkeypatch.setattr(again, "code", lambda: "another")
    elif what == "an earlier day":
        as_of -= timedelta(days=1)
    elif what == "damaged":
        with closing(sqlite3.connect(world.path)) as db, db:
            assert db.execute("UPDATE findings SET finding = '{\"check\": 1}' WHERE finding IS NOT NULL").rowcount
    else:
        db = sqlite3.connect(world.path)
        name, value = ("head", "0" * 64) if what == "another ledger" else ("size", "many")
        db.execute("UPDATE checked SET value = ? WHERE name = ?", (value, name))
        db.commit()
        db.close()
    assert check_ledger(world.path, as_of).judged is None


def test_an_erasure_leaves_nothing_to_go_on_from(world: World) -> None:
    world.record(UNKNOWN)
    check_ledger(world.path, AS_OF, keep=True)
    assert all(tables(world.path)[name] for name in ("findings", "checked_places", "checked"))
    world.erase(3 + len(ORGANISATIONS) - 1)
    assert not any(tables(world.path).values())


def test_check_says_how_much_it_judged_and_from_scratch_believes_nothing_kept(world: World) -> None:
    world.record(UNDOCUMENTED)
    first = CliRunner().invoke(check, [str(world.path), "--as-of", "2011-01-31"])
    assert (first.exit_code, first.stderr) == (1, "")
    db = sqlite3.connect(world.path)
    db.execute("DELETE FROM findings")
    db.commit()
    db.close()
    second = CliRunner().invoke(check, [str(world.path), "--as-of", "2011-01-31"])
    assert "Judged anew: 0 statements" in second.stderr
    assert second.exit_code == 0  # the forged cache is believed, which is why the auditor's check is from scratch
    third = CliRunner().invoke(check, [str(world.path), "--as-of", "2011-01-31", "--from-scratch"])
    assert third.stdout == first.stdout
    assert CliRunner().invoke(check, [str(world.path), "--as-of", "2011-01-31"]).stdout == first.stdout


_FULL = """
from reports.many import Many
many = Many()
many._db.execute("PRAGMA cache_size=1")  # which else holds the first eight megabytes
many._run = [(0, b"x" * 100, n, b"") for n in range(20_000)]
print(len(list(many.places())))
"""


def test_a_full_disk_for_what_is_put_aside_gives_a_sentence(tmp_path: Path) -> None:
    for size, there_is_room in (("size=900k", False), ("size=40m", True)):
        with mounted(tmp_path / size, size) as disk:
            # SQLite looks at the variable once, when a process begins.
            with_it = {**os.environ, "SQLITE_TMPDIR": str(disk)}
            ran = subprocess.run(
                [sys.executable, "-c", _FULL], env=with_it, capture_output=True, text=True, check=False
            )
            assert ("20000" in ran.stdout) == there_is_room
            assert ("There is no room to put aside what the check compares" in ran.stderr) != there_is_room
