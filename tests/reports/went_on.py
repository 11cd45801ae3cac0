"""A small ledger that went on after a report: judged by another register, its key lost, witnessed askew, and closed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shutil import copy

from ledger import checkpoints
from ledger.register.read import read_register
from reports.cli.making import Wanted
from tests.reports.audited import WITNESS, Kept, kept_ledger, witness
from tests.reports.ledgers import AFTER, BEFORE, GOOD, HERE, UNDOCUMENTED, UNKNOWN
from tests.reports.opened import reading

AS_OF = date(2011, 3, 1)
THEN_AS_OF = date(2010, 6, 1)


def _readopt(kept: Kept) -> None:
    text = (HERE / "register.yml").read_text(encoding="utf-8").replace('version: "1"', 'version: "2"')
    text = text.replace("permitted: [forename, surname, ethnicity]", "permitted: [forename, surname, upn]")
    with kept.at("2010-06-03T09:00:00Z") as ledger:
        register = read_register(text, "r")
        ledger.adopt(register, text, (register.effective_from, register.effective_until, False))


def went_on(folder: Path) -> tuple[Kept, Path]:
    """The ledger, and a copy of it as it was when the report was made."""
    kept = kept_ledger(folder)
    first = [{**GOOD, "id": "a"}, {**UNDOCUMENTED, "id": "b"}, {**UNKNOWN, "id": "c"}]
    kept.record("2010-03-01T20:00:00Z", *first)
    kept.sign("2010-03-01T21:00:00Z", kept.first)
    with reading(kept.path, Wanted("dpo", THEN_AS_OF, period="whole")) as (_, read):
        breach = read.open[0]
    with kept.at("2010-04-01T09:00:00Z") as ledger:
        put_off = ledger.review(breach.key, breach.check, "accepted", date(2010, 5, 15), None, {"reason": "later"})
    then = folder / "then.db"
    copy(kept.path, then)
    with reading(kept.path, Wanted("dpo", THEN_AS_OF, period="whole")) as (source, read):
        made, head = read.made, source.head
    for kind in ("governors", "dpo", "auditor"):
        options = tuple(f"for={kind}" if one.startswith("for=") else one for one in made.options)
        with kept.at("2010-06-01T12:00:00Z") as ledger:
            ledger.attest("5ea1" * 16, options, made.as_of, made.registers, "0.1.0", head)
    _readopt(kept)
    with kept.at("2010-06-04T09:00:00Z") as ledger:
        # So that it is no longer overdue, and a finding is gone.
        ledger.review(breach.key, breach.check, "remedied", None, put_off.seq, {"reason": "deleted"})
        checkpoints.replace(ledger, kept.second)
        members = {"refused_on": date(2010, 6, 4), "outcome": "met-in-part", "ground": "no-documented-purpose"}
        ledger.refuse({**members, "fields": ["upn"], "recipient": "shire", "transfer": "b", "id": "r"}, {})
    beyond = {**GOOD, "id": "g", "transferred_at": "2010-09-01", "fields": ["forename", "address"]}
    kept.record("2010-09-01T20:00:00Z", {**AFTER, "id": "f"}, beyond)
    kept.record(
        "2011-02-01T20:00:00Z",
        {**BEFORE, "id": "d"},
        {**UNDOCUMENTED, "id": "e", "transferred_at": "2011-02-01", "schools": ["low"]},
    )
    kept.sign("2011-02-02T21:00:00Z", kept.second, witness(WITNESS, "2011-01-31T09:00:00Z"))
    with kept.at("2011-02-03T09:00:00Z") as ledger:
        ledger.close("merged", None, {})
    return kept, then
