"""A check of many transfers: how fast, and in how much memory.

Each transfer is its own; all but one in a thousand are as documented, unless more findings are asked for.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from bench.ledgers import new
from ledger.settle import Content, when
from ledger.writer import Ledger
from reports.cli.check import check_ledger

_KINDS = (
    ("qca", "national-curriculum-assessments", ["upn", "forename", "surname", "assessment-results"]),
    ("ofsted", "Ofsted inspection", ["school", "year-group", "pupil-count", "attendance"]),
    ("dfe", "School census", ["upn", "forename", "surname"]),
)
_UNDOCUMENTED = "telephone"
_FEW = 1000
_AS_OF = date(2010, 10, 1)
_ADOPTED = datetime(2009, 8, 31, tzinfo=UTC)
_RECORDED = datetime(2010, 6, 30, tzinfo=UTC)


def _sent(ledger: Ledger, first: int, count: int, every: int) -> Iterator[Content]:
    settled = []
    for recipient, purpose, fields in _KINDS:
        members = {
            "sender": "local-authority", "recipient": recipient, "purpose": purpose, "granularity": "individual",
            "lawful_basis": ["dpa1998-sch2-3"],
        }  # fmt: skip
        both = (fields, [*fields, _UNDOCUMENTED])
        settled.append([ledger.settle({**members, "fields": one}, {"note": "sent"}) for one in both])
    for n in range(first, first + count):
        one = settled[n % len(settled)][n % every == every - 1]
        on = when((date(2010, 6, 5) + timedelta(days=n % 25)).isoformat())
        about = {"kind": "pupil", "count": n, "key_stages": ["ks1"]}
        yield Content({**one.members, **on, "id": f"c{n}", "subjects": about}, dict(one.texts))


def _append(path: Path, first: int, count: int, every: int = _FEW) -> None:
    with Ledger(path, lambda: _RECORDED, os.urandom) as ledger:
        ledger.append_many(_sent(ledger, first, count, every))


def filled(path: Path, count: int, every: int = _FEW) -> Path:
    """A ledger at `path` with `count` transfers, recorded soon after they were made; one in `every` has a finding."""
    _append(new(path, lambda: _ADOPTED), 0, count, every)
    return path


def scan(path: Path) -> float:
    """How many seconds reading every row takes, which any check has to do at least."""
    with closing(sqlite3.connect(path)) as db:
        start = time.perf_counter()
        for _ in db.execute("SELECT seq, entry, hash FROM entries"):
            pass
        return time.perf_counter() - start


def checking(path: Path, count: int, what: str) -> None:
    """Checks the ledger at `path`, which has `count` transfers and is `what`."""
    start = time.perf_counter()
    found = len(check_ledger(path, _AS_OF).result.findings)
    whole = time.perf_counter() - start
    click.echo(
        f"check of {count:,} transfers, {found:,} findings, {what}: {count / whole:,.0f} a second (at least 100,000); "
        f"{whole / scan(path):.1f} times a bare scan of the rows"
    )
