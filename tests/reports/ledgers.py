"""Small ledgers to report on: the transfers that they are made of, and how one is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from secrets import token_bytes
from typing import Any

from ledger.london import days
from ledger.register.read import read_register
from ledger.store import head
from ledger.writer import Ledger, create
from tests.codes import DPO, LEAD

HERE = Path(__file__).parent
SECRET = "Jayden Smithson Limited"
FORMULA = "=HYPERLINK(1)"

ORGANISATIONS: list[dict[str, Any]] = [
    {"id": "high", "name": FORMULA, "role": "school", "phase": "secondary"},
    {"id": "low", "name": "Low School", "role": "school", "phase": "primary"},
    {"id": "shire", "name": "Shire <b>Council</b>", "role": "local-authority"},
]
GOOD: dict[str, Any] = {
    "transferred_at": "2010-03-01",
    "sender": "high",
    "recipient": "shire",
    "purpose": "local-authority-functions",
    "fields": ["forename", "surname"],
    "lawful_basis": ["dpa1998-sch2-5"],
    "subjects": {"kind": "pupil", "count": 120},
}
CONTACTPOINT = {
    **GOOD,
    "sender": "shire",
    "recipient": "ContactPoint",
    "purpose": "maintain-accuracy",
    "subjects": {"kind": "pupil", "age_max": 17},
}
BEFORE = {**CONTACTPOINT, "transferred_at": "2010-08-06T11:59+01:00"}
AFTER = {**CONTACTPOINT, "transferred_at": "2010-08-06T12:00+01:00"}
UNSURE = {**CONTACTPOINT, "transferred_at": "2010-08-06"}
UNDOCUMENTED = {**GOOD, "fields": ["forename", "upn"], "lawful_basis": ["dpa1998-sch2-1"]}
UNKNOWN = {**GOOD, "recipient": SECRET}


def make_ledger(
    path: Path,
    *transfers: dict[str, Any],
    adopted: bool = True,
    withdraw: str = "",
    organisation: str = "Shire <b>Council</b>",
    organisations: Sequence[dict[str, Any]] = (),
) -> Path:
    """Makes a ledger of `transfers`, each recorded in the evening of its day where they come in order."""
    moment = [datetime(2010, 1, 1, 9, tzinfo=UTC)]
    random = count(1)

    def entropy(size: int) -> bytes:
        return next(random).to_bytes(size, "big")

    create(path, "shire.example/transfers", organisation, lambda: moment[0], entropy, actor=LEAD)
    with Ledger(path, lambda: moment[0], entropy, LEAD) as ledger:
        if adopted:
            text = (HERE / "register.yml").read_text(encoding="utf-8")
            read = read_register(text, "register.yml")
            ledger.adopt(read, text, (read.effective_from, read.effective_until, False))
        ledger.add_organisations([*ORGANISATIONS, *organisations])
        for place, stated in enumerate(transfers):
            on = days(stated["transferred_at"])[0]
            moment[0] = max(moment[0], datetime(on.year, on.month, on.day, 20, tzinfo=UTC))
            members = {"id": f"t{place}", "transferred_on": on, **stated}
            ledger.append(ledger.settle(members, {}))
        if withdraw:
            ledger.correct(withdraw, "recorded by mistake", None, {})
    return path


def confirm(path: Path, *seqs: int) -> None:
    """Has a second person, the data protection officer, confirm the corrections and decisions `seqs`."""
    with Ledger(path, lambda: datetime(2011, 1, 1, 9, tzinfo=UTC), token_bytes, LEAD) as ledger:
        if ledger.people().role(DPO, head(ledger.db).size) is None:
            ledger.add_person(DPO, "dpo")
        with ledger.acting(DPO):
            ledger.confirm(seqs, head(ledger.db), {})
