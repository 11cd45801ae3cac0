"""Small real ledgers on disk for the tests: a clock that steps, randomness that is real."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ledger.register.read import load_notice, notice_bytes
from ledger.settle import Content, when
from ledger.writer import Ledger, create
from tests.codes import LEAD

ORIGIN = "springfield.example/transfers"


def stepping(start: str = "2010-05-10T09:00:00+00:00") -> Callable[[], datetime]:
    moment = datetime.fromisoformat(start).astimezone(UTC)

    def clock() -> datetime:
        nonlocal moment
        moment += timedelta(seconds=1)
        return moment

    return clock


def open_ledger(path: Path, start: str = "2010-05-10T09:00:00+00:00") -> Ledger:
    return Ledger(path, stepping(start), os.urandom, LEAD)


def stated(id_: str, **other: Any) -> dict[str, Any]:
    members: dict[str, Any] = {
        "id": id_,
        "sender": "oak-high",
        "recipient": "connexions",
        "purpose": "connexions-service",
        "fields": ["forename", "surname"],
        "lawful_basis": ["dpa1998-sch2-3"],
        "subjects": {"kind": "pupil", "count": 12, "age_min": 14, "age_max": 15},
        **when("2010-05-04T10:15"),
    }
    return {**members, **other}


def settled(ledger: Ledger, id_: str, texts: dict[str, str] | None = None, **other: Any) -> Content:
    return ledger.settle(stated(id_, **other), texts or {})


def small(path: Path, transfers: int = 5) -> Path:
    """A ledger with a genesis, a register, an organisation and some transfers, each with a note."""
    create(path, ORIGIN, "Springfield Council", stepping("2010-05-01T09:00:00+00:00"), os.urandom, actor=LEAD)
    with open_ledger(path) as ledger:
        ledger.adopt(load_notice("england-2010"), notice_bytes("england-2010").decode(), (date(2009, 9, 1), None, True))
        ledger.add_organisations(
            [{"id": "oak-high", "name": "Oak High School", "role": "school", "phase": "secondary"}]
        )
        for number in range(transfers):
            ledger.append(settled(ledger, f"t{number}", {"note": f"note {number}"}))
    return path


def ids(path: Path) -> list[str]:
    """The ids of the transfers that anybody else sees."""
    db = sqlite3.connect(path)
    rows = db.execute("SELECT id FROM entries WHERE kind = 'transfer' ORDER BY seq").fetchall()
    db.close()
    return [id_ for (id_,) in rows]
