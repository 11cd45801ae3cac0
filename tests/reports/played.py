"""The demonstration's ledger, kept on: signed, witnessed, reported on, decided about, corrected. The same bytes always.

Randomness is counted and keys are fixed, so that every report of it can be compared byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from itertools import count, islice
from pathlib import Path
from shutil import copy

from ledger import keyfile
from ledger.erase import erase
from ledger.tlog.note import ED25519
from reports.cli.making import Wanted
from reports.demo.play import LEDGER, ORIGIN, record_year
from reports.history import NEVER_ACCEPTED
from tests.codes import LEAD
from tests.reports.audited import WITNESS, Kept, witness
from tests.reports.opened import reading

ATTESTED_AS_OF = date(2010, 9, 30)
REPORT = "5ea1" * 16
"""Instead of a report's digest: with a real one, whatever changes one report would change all of them."""


def then(path: Path, kind: str) -> Path:
    """The copy of the ledger at `path` as it was when a report of this kind was attested."""
    return path.with_name(f"then-{kind}.db")


def _attest(kept: Kept, kind: str) -> None:
    wanted = Wanted(kind, ATTESTED_AS_OF, period="year=2009-10")
    with reading(kept.path, wanted) as (source, read):
        made, head = read.made, source.head
    copy(kept.path, then(kept.path, kind))
    with kept.at("2010-09-30T19:00:00Z") as ledger:
        # Not this project's version, with which it would change.
        ledger.attest(REPORT, made.options, made.as_of, made.registers, "0.1.0", head)


def _decide(kept: Kept) -> None:
    with reading(kept.path, Wanted("dpo", ATTESTED_AS_OF, period="year=2009-10")) as (_, read):
        undecided = (
            one for one in read.open if one.key not in read.result.decisions and one.check not in NEVER_ACCEPTED
        )
        first, second, third = islice(undecided, 3)
        unsure = next(one for one in read.result.findings if one.outcome == "cannot-tell")
    with kept.at("2010-09-30T20:00:00Z") as ledger:
        texts = {"reason": "Looked into with the school", "decided_by": "A. Officer"}
        once = ledger.review(first.key, first.check, "accepted", date(2010, 10, 20), None, texts)
        ledger.review(second.key, second.check, "accepted", date(2010, 9, 30), None, texts)
        ledger.review(third.key, third.check, "remedied", None, None, texts)
        false = ledger.review(unsure.key, unsure.check, "false-alarm", None, None, texts)
        ledger.review(first.key, first.check, "accepted", date(2010, 10, 25), once.seq, texts)
        erase(ledger, false.seq, "reason", "request-of-person", {})


def _go_on(kept: Kept) -> None:
    """Corrects, withdraws and records what a report that was attested before did not know."""
    with kept.at("2010-09-30T20:30:00Z") as ledger:
        of_june = "transferred_on BETWEEN '2010-06-01' AND '2010-06-30' ORDER BY seq LIMIT 2"
        columns = "id, sender, recipient, purpose, lawful_basis, transferred_on"
        first, second = ledger.db.execute(f"SELECT {columns} FROM transfers WHERE {of_june}").fetchall()
        ledger.correct(first[0], "It never went", None, {})
        id_, sender, recipient, purpose, bases, on = second
        stated = {
            "id": id_,
            "sender": sender,
            "recipient": recipient,
            "purpose": purpose,
            "fields": ["forename", "religion"],
            "lawful_basis": json.loads(bases or "[]"),
            "transferred_on": date.fromisoformat(on),
            "transferred_at": on,
        }
        ledger.correct(id_, "Another field went", ledger.settle(stated, {}), {})
    # As many as a public document can show.
    days = [date(2010, 7, day) for day in range(5, 17)]
    late = [{**stated, "id": f"late-{day}", "transferred_at": str(day), "transferred_on": day} for day in days]
    kept.record("2010-09-30T20:45:00Z", *late)


def played(folder: Path) -> Kept:
    """The ledger, and the keys to it."""
    random = count(1)

    def entropy(size: int) -> bytes:
        return hashlib.shake_256(str(next(random)).encode()).digest(size)

    path = folder / LEDGER
    record_year(path, lambda _: None, entropy, lead=LEAD)
    keys = keyfile.write(folder / "key", keyfile.make(ORIGIN, [ED25519], lambda size: b"\x01" * size))
    kept = Kept(path, keys, keys, [datetime(2010, 9, 30, 17, tzinfo=UTC)], entropy)
    kept.sign("2010-09-30T18:00:00Z", keys, witness(WITNESS, "2010-09-30T18:01:00Z"))
    for kind in ("governors", "dpo", "auditor"):
        _attest(kept, kind)
    _decide(kept)
    _go_on(kept)
    kept.sign("2010-09-30T21:00:00Z", keys, witness(WITNESS, "2010-09-30T21:01:00Z"))
    return kept
