"""A check by several processes finds what one finds, and ends with a sentence where one of them is ended."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any
from unittest import mock

import pytest

from ledger.errors import Refused
from ledger.source import Source
from ledger.writer import Ledger
from reports import parallel
from reports.evidence import evidence_of
from reports.run import Result, run
from tests.codes import CHAIR, CLERK, DPO, LEAD
from tests.reports import played
from tests.reports.ledgers import AFTER, GOOD, make_ledger
from tests.reports.mixed import mixed_ledger
from tests.reports.test_history import DECISIONS, STATED, World, _take

AS_OF = date(2010, 10, 1)


def result(path: Path, processes: int, judging: int | None = None) -> Result:
    """What is found with so many processes, of which `judging` judge, all of them unless it is said."""
    with Source(path) as source, mock.patch.object(parallel, "_judged", wraps=parallel._judged) as judged:
        found = parallel.check(source, AS_OF, lambda count: None, processes)[1]
    assert 1 + len(judged.call_args.args[1]) == (judging or processes)
    return found


def parts(found: Result) -> dict[str, Any]:
    """All that a result says, the history apart, which is read and not found."""
    names = ("as_of", "findings", "checks", "counts", "transfers", "covered", "decisions", "states")
    return {name: getattr(found, name) for name in names}


def same(path: Path) -> Result:
    """What one process finds, after two and three found the same."""
    with Source(path) as source:
        alone = run(evidence_of(source), AS_OF)
    for processes in (1, 2, 3):
        assert parts(result(path, processes)) == parts(alone), processes
    return alone


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of the test's own."""
    found = tmp_path / "room"
    found.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    return found


@pytest.mark.slow
def test_several_processes_find_in_the_demonstration_what_one_finds(tmp_path: Path, room: Path) -> None:
    found = same(played.played(tmp_path).path)
    assert not list(room.iterdir())
    assert {one.check for one in found.findings} >= {"duplicate-transfer", "documented-but-never-used"}


@pytest.mark.slow
def test_several_processes_find_in_a_small_ledger_what_one_finds(tmp_path: Path) -> None:
    assert same(mixed_ledger(tmp_path / "t.db")).findings


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_several_processes_find_what_one_finds_whatever_was_done(tmp_path: Path, seed: int) -> None:
    chance, world, ids = random.Random(seed), World(tmp_path), list[str]()
    people = (LEAD, DPO, CHAIR, CLERK)
    steps: list[Callable[[], tuple[Any, ...]]] = [
        lambda: ("record", chance.choice(people), chance.choice(tuple(STATED))),
        lambda: ("record", chance.choice(people), chance.choice(tuple(STATED))),
        lambda: ("correct", chance.choice(people), chance.randrange(9), chance.choice((None, *STATED))),
        lambda: ("decide", LEAD, chance.randrange(9), chance.choice(DECISIONS)),
        lambda: ("confirm", chance.choice((DPO, CHAIR)), chance.randrange(9)),
        lambda: ("wait", chance.randrange(1, 4)),
    ]
    for _ in range(40):
        try:
            _take(world, chance.choice(steps)(), ids)
        except Refused:
            continue
    same(world.path)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return make_ledger(
        tmp_path / "t.db", *[{**GOOD, "subjects": {"kind": "pupil", "count": n}} for n in range(9)], AFTER
    )


def later(path: Path) -> Ledger:
    return Ledger(path, lambda: datetime(2010, 9, 1, tzinfo=UTC), token_bytes, LEAD)


def written(ledger: Path, how: str) -> None:
    """The ledger is written to: as whoever records does, or past the program, with the last entry as it was."""
    if how == "recorded":
        with Ledger(ledger, lambda: datetime(2010, 9, 1, tzinfo=UTC), token_bytes, LEAD) as writing:
            writing.correct("t0", "entered twice", None, {})
            writing.correct("t9", "entered twice", None, {})
        return
    with closing(sqlite3.connect(ledger)) as db, db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE entries SET entry = replace(entry, '2010-08-06T12:00', '2010-08-06T11:00') WHERE seq = 14")
        for _, statement in triggers:
            db.execute(statement)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["recorded", "altered"])
def test_where_the_ledger_is_written_to_meanwhile_one_process_judges_what_it_saw(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    alone, start = parts(result(ledger, 1)), parallel._start

    def after() -> Any:
        written(ledger, how)
        return start()

    monkeypatch.setattr(parallel, "_start", after)
    assert any(one.check == "contactpoint-closed" for one in alone["findings"])
    assert parts(result(ledger, 2, judging=1)) == alone
    monkeypatch.undo()
    assert parts(result(ledger, 1)) != alone


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_a_process_that_is_ended_is_a_sentence(
    ledger: Path, room: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    started: list[Any] = []
    start = parallel._start

    def kept() -> Any:
        started.append(start())
        if len(started) == number + 1:
            os.kill(started[-1].pid, signal.SIGKILL)
        return started[-1]

    monkeypatch.setattr(parallel, "_start", kept)
    with pytest.raises(Refused, match="was ended before it was done"):
        result(ledger, 3)
    assert [one.poll() is not None for one in started] == [True] * len(started)
    assert not list(room.iterdir())


@pytest.mark.slow
def test_where_the_first_process_is_ended_the_others_end_in_silence(
    ledger: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = parallel._Other(parallel._Job(ledger, AS_OF, 0, 5, tmp_path, 1))
    other.ask(other.job)
    assert other.answer().size == 15
    process = other._process
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    assert process.wait() == 1
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_another_ledger_in_its_place_is_refused(ledger: Path, tmp_path: Path) -> None:
    other = make_ledger(tmp_path / "other.db", *[GOOD] * 11)

    def replaced() -> None:
        with Source(ledger) as source:
            other.rename(ledger)
            parallel.check(source, AS_OF, lambda count: None, 2)

    with pytest.raises(Refused, match="was replaced or taken away while it was being read"):
        replaced()


def test_a_small_ledger_is_judged_by_one_process(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> Any:
        raise AssertionError("a process was started")

    monkeypatch.setattr(parallel, "_start", never)
    with Source(ledger) as source:
        assert parallel.check(source, AS_OF, lambda count: None)[1].transfers == 10
