"""Attempts to talk findings away after the year, honest and other: `attempts.csv` is written from these.

Each names who tries, on which transfer, and what must come of it. Nothing that one person does alone may take a
breach out of the answer; what a second person confirms, and what the lead settles, may.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from ledger.errors import Refused
from ledger.intake.draft import from_cells
from ledger.people import Role, new_code
from ledger.seal import Entropy
from ledger.source import Source
from ledger.writer import Judged, Ledger
from reports.demo.calendar import AUTHORITY, CONNEXIONS
from reports.demo.sent import Chance, Sent, instant, send, size, timed
from reports.evidence import evidence_of
from reports.run import run

COLUMNS = ("who", "what", "id", "check", "cells", "reason", "confirmed_by")
"""The columns of `attempts.csv`; `cells` are those of the whole replacement, as `column=value` joined by `|`."""

BEGIN = instant(date(2010, 10, 1), time(9, 0))
"""When the first of them is made; each of the others follows a minute later."""

Expected = tuple[str, str, str, str]
"""The id of a transfer, the check, the outcome, and how the finding stands."""


@dataclass(eq=False)
class Attempt:
    """One attempt on the transfer `on`: `what` is `withdraw`, `correct` or a decision on the finding of `check`.

    `replacement` are the cells of a correction. `findings` are those of the transfer afterwards that are not as in the
    plan of the year: a check, its outcome and how it stands.
    """

    who: Role
    what: str
    on: Sent
    reason: str
    check: str = ""
    replacement: dict[str, str] = field(default_factory=dict)
    confirmed_by: str = ""
    findings: tuple[tuple[str, str, str], ...] = ()

    def row(self) -> dict[str, str]:
        """The row of `attempts.csv`."""
        cells = "|".join(f"{name}={value}" for name, value in sorted(self.replacement.items()) if value)
        texts = (self.who, self.what, self.on.id, self.check, cells, self.reason, self.confirmed_by)
        return dict(zip(COLUMNS, texts, strict=True))


OPEN, WAITING, SETTLED = "open", "awaiting-confirmation", "settled"
_REMOVES = "correction-removes-breach"
_CLOSED = "contactpoint-closed"


def attempts(sent: Iterable[Sent], chance: Chance) -> list[Attempt]:
    """The attempts on the transfers of the year."""
    there = list(sent)

    def breach(check: str, place: int = 0) -> Sent:
        return [one for one in there if (check, "breach") in one.findings][place]

    first, second, third = (breach(_CLOSED, place) for place in (0, 2, 3))
    fields = breach("field-not-documented")
    day, at = date(2010, 8, 10), time(9, 5)
    renamed = send("connexions", AUTHORITY, CONNEXIONS, day, at, opt_outs_excluded="4", **size(90, chance))
    return [
        Attempt(
            "clerk", "withdraw", first, "Entered twice.",
            findings=((_CLOSED, "breach", WAITING), (_REMOVES, "advisory", OPEN)),
        ),
        Attempt(
            "clerk", "correct", second, "The date was wrong.",
            replacement={**second.cells, "transferred_at": timed(date(2010, 8, 5), time(15, 30))},
            findings=(
                (_CLOSED, "breach", WAITING), (_REMOVES, "advisory", OPEN), ("recorded-late", "advisory", OPEN),
            ),
        ),
        Attempt(
            "clerk", "correct", third, "The name was wrong.", replacement=renamed.cells,
            findings=(
                (_CLOSED, "breach", WAITING), (_REMOVES, "advisory", OPEN),
                ("correction-changes-recipient", "advisory", OPEN),
            ),
        ),
        Attempt(
            "lead", "false-alarm", breach("unknown-recipient"), "We know this photographer.", "unknown-recipient",
            findings=(("unknown-recipient", "breach", WAITING),),
        ),
        Attempt(
            "lead", "accepted", breach(_CLOSED, 5), "We will live with it.", _CLOSED,
            findings=((_CLOSED, "breach", OPEN),),
        ),
        Attempt(
            "dpo", "remedied", breach("undocumented-flow"), "The feed was stopped.", "undocumented-flow",
            findings=(("undocumented-flow", "breach", OPEN),),
        ),
        Attempt(
            "lead", "remedied", breach("undocumented-flow", 1), "The feed was stopped.", "undocumented-flow",
            findings=(("undocumented-flow", "breach", SETTLED),),
        ),
        Attempt(
            "dpo", "recording-mistake", breach("unknown-recipient", 1), "The agency got nothing; the row was a draft.",
            "unknown-recipient", confirmed_by="lead", findings=(("unknown-recipient", "breach", SETTLED),),
        ),
        Attempt(
            "clerk", "correct", fields, "One column was listed and not sent.", confirmed_by="dpo",
            replacement={**fields.cells, "fields": "forename;surname"},
            findings=(("field-not-documented", "breach", SETTLED), (_REMOVES, "advisory", SETTLED)),
        ),
    ]  # fmt: skip


class People(NamedTuple):
    """The codes of the three people of the demonstration."""

    lead: str
    dpo: str
    clerk: str


def issue(ledger: Ledger, lead: str, entropy: Entropy) -> People:
    """Seals the codes of an officer and a clerk in a ledger whose lead has the code `lead`."""
    people = People(lead, new_code(entropy), new_code(entropy))
    ledger.add_person(people.dpo, "dpo")
    ledger.add_person(people.clerk, "clerk")
    return people


def read(path: Path) -> list[dict[str, str]]:
    """The rows of `attempts.csv`."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def attempt(ledger: Ledger, row: Mapping[str, str], people: People, as_of: date) -> None:
    """Makes one attempt, and confirms it where somebody does. Raises `Refused` where it cannot be sealed at all."""
    with ledger.acting(getattr(people, row["who"])):
        if row["what"] in ("withdraw", "correct"):
            replacement = None
            if row["what"] == "correct":
                cells = dict(part.split("=", 1) for part in row["cells"].split("|"))
                replacement = ledger.settle(*from_cells({**cells, "id": row["id"]}))
            seq = ledger.correct(row["id"], row["reason"], replacement, {}).seq
        else:
            seq = _decide(ledger, row, as_of)
    if row["confirmed_by"]:
        with Source(ledger.path) as source:
            seen = source.head
        with ledger.acting(getattr(people, row["confirmed_by"])):
            ledger.confirm([seq], seen, {})


def _decide(ledger: Ledger, row: Mapping[str, str], as_of: date) -> int:
    with Source(ledger.path) as source:
        findings = run(evidence_of(source), as_of).findings
    key = next((one.key for one in findings if (one.id, one.check) == (row["id"], row["check"])), None)
    if key is None:
        raise Refused(f"attempts.csv: {row['check']} finds nothing on {row['id']}.")
    (receipt,) = ledger.review_many([Judged(key, row["check"], None)], row["what"], None, {"reason": row["reason"]})
    if isinstance(receipt, Refused):
        raise receipt
    return receipt.seq


def moment(place: int) -> datetime:
    """When the attempt at this place of the list is made."""
    return BEGIN + timedelta(minutes=place)
