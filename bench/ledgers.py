"""The ledgers that the benchmarks measure on: real files, each entry with a note beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from ledger import store
from ledger.register.read import load_notice, notice_bytes
from ledger.seal import Clock
from ledger.settle import Content, when
from ledger.writer import Ledger, create

ORIGIN = "bench.example/transfers"


def clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def new(path: Path, at: Clock = clock) -> Path:
    """A ledger at `path` with its genesis and a register, sealed `at` some time: two entries."""
    create(path, ORIGIN, "Bench", at, os.urandom)
    with Ledger(path, at, os.urandom) as ledger:
        ledger.adopt(load_notice("england-2010"), notice_bytes("england-2010").decode(), (date(2009, 9, 1), None, True))
    return path


def contents(ledger: Ledger, count: int, prefix: str) -> Iterator[Content]:
    """`count` transfers, each with its own id, count of pupils and note."""
    members = {
        "sender": "local-authority",
        "recipient": "qca",
        "purpose": "maintain-accuracy",
        "fields": ["forename", "surname"],
        "lawful_basis": ["dpa1998-sch2-5"],
        **when("2010-05-04T10:15"),
    }
    settled = ledger.settle(members, {"note": "sent"})
    for n in range(count):
        yield Content(
            {**settled.members, "id": f"{prefix}{n}", "subjects": {"kind": "pupil", "count": n}}, dict(settled.texts)
        )


def filled(path: Path, count: int) -> Path:
    """A ledger at `path` with `count` transfers."""
    with Ledger(new(path), clock, os.urandom) as ledger:
        ledger.append_many(contents(ledger, count, "t"))
    return path


def bare(path: Path) -> sqlite3.Connection:
    """A copy of the ledger `path` as it is now, on the same disk, open for bare inserts into the same tables."""
    return store.open_for_writing(Path(shutil.copy(path, path.with_name(f"bare-{path.name}"))))
