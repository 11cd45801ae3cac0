"""A ledger with some of everything that columns hold, made from a seed, and what plain Python says of it."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from datasette_plugins.transfer_ledger.columns.live import Columns
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from datasette_plugins.transfer_ledger.verdicts import Verdicts, replace
from ledger.london import day_of
from ledger.members import Correction, Facts, Organisation
from ledger.settle import when
from ledger.source import Source
from ledger.writer import Ledger
from reports.checks.recorded_late import DAYS
from reports.cli.check import check_ledger
from reports.finding import Finding
from reports.history import State
from tests.codes import LEAD
from tests.reports.ledgers import GOOD, ORGANISATIONS
from tests.reports.mixed import mixed_ledger

AS_OF = date(2011, 2, 28)
LATER = {"id": "lower", "name": "École Lower", "role": "school", "phase": "primary", "former_ids": ["lowest"]}
RECIPIENTS = ("shire", "connexions", "dfe", "contactpoint", "museum", "Nobody Ltd", "low", "high", "lower")
PURPOSES = ("local-authority-functions", "statistics", "visits", "no known purpose")
FIELDS = ("forename", "surname", "address", "upn", "telephone", "ethnicity", "not a field")


def stated(chance: random.Random, id_: str) -> dict[str, Any]:
    """The members of some transfer."""
    soon = chance.random() < 0.5
    day = date(2010, 11, 25) if soon else date(2008, 8, 1)
    day += timedelta(days=chance.randrange(20 if soon else 800))
    at = day.isoformat()
    if chance.random() < 0.2:
        at = f"{at}/{day + timedelta(days=chance.randrange(1, 60))}"
    if chance.random() < 0.3:
        return {**GOOD, **when(at), "id": id_}
    members: dict[str, Any] = {
        **GOOD,
        **when(at),
        "id": id_,
        "sender": chance.choice(("high", "low", "shire", "lower", "Somebody")),
        "recipient": chance.choice(RECIPIENTS),
        "purpose": chance.choice(PURPOSES),
        "fields": sorted(chance.sample(FIELDS, chance.randrange(1, 4))),
        "lawful_basis": [chance.choice(("dpa1998-sch2-5", "dpa1998-sch2-3"))],
        "subjects": {"kind": "pupil", "count": chance.choice((0, 1, 7, 7, 120, 5000))},
    }
    if chance.random() < 0.2:
        members["schools"] = chance.sample(["high", "low", "lower"], chance.randrange(1, 3))
    if chance.random() < 0.3:
        del members["subjects"]
    if chance.random() < 0.3:
        members["channel"] = "post"
    return members


def record(path: Path, chance: random.Random, first: int, count: int, changes: int = 0) -> None:
    """Records `count` transfers with ids from `first` on, and as many corrections and withdrawals as `changes`."""
    moment = [datetime(2010, 12, 20, 9, tzinfo=UTC)]
    with Ledger(path, lambda: moment[0], chance.randbytes, LEAD) as ledger:
        for number in range(first, first + count):
            ledger.append(ledger.settle(stated(chance, f"R{number}.{chance.randrange(100)}"), {}))
            moment[0] += timedelta(hours=1)
        ids = [id_ for (id_,) in ledger.db.execute("SELECT id FROM entries WHERE kind = 'transfer' ORDER BY seq")]
        for id_ in (chance.choice(ids) for _ in range(changes)):
            moment[0] += timedelta(hours=1)
            settled = ledger.settle(stated(chance, id_), {}) if chance.random() < 0.8 else None
            ledger.correct(id_, "it was wrong", settled, {})


def make(path: Path) -> Path:
    """The ledger: decisions, corrections of corrections, withdrawals, schools with a former id."""
    mixed_ledger(path)
    chance = random.Random(8)
    with Ledger(path, lambda: datetime(2010, 12, 20, 8, tzinfo=UTC), chance.randbytes, LEAD) as ledger:
        ledger.add_organisations([LATER, {**ORGANISATIONS[0], "name": "High School"}])
    record(path, chance, 0, 120, changes=40)
    return path


def columns_of(path: Path, as_of: date | None = AS_OF) -> Columns:
    """Columns over the ledger at `path`, which was checked as of a day, unless that is None."""
    with ExitStack() as failing:
        verdicts = failing.enter_context(closing(Verdicts()))
        columns = failing.enter_context(closing(Columns(path, verdicts)))
        if as_of is not None:
            check(columns, as_of)
        failing.pop_all()
    return columns


def check(columns: Columns, as_of: date = AS_OF, *, settle: bool = True) -> None:
    """Checks the ledger of `columns`; with `settle`, they have what was found afterwards."""
    replace(columns._verdicts.path, check_ledger(columns._path, as_of))
    if settle:
        columns.settle()


def close(columns: Columns) -> None:
    """Closes columns that `columns_of` gave."""
    columns.close()
    columns._verdicts.close()


# -- what plain Python says ------------------------------------------------------------------------------------------


class Kept(NamedTuple):
    """A finding, the newest decision on it with its day, and how it stood on the day of the check."""

    finding: Finding
    decision: str | None
    due: str | None
    state: State


class Seen(NamedTuple):
    """One transfer that stands, as the ledger's file has it."""

    seq: int
    facts: Facts
    id: str
    late: int
    corrected: bool
    findings: tuple[Kept, ...]

    @property
    def on(self) -> date:
        """Its day."""
        assert self.facts.transferred_on is not None
        return self.facts.transferred_on

    def text(self, name: str) -> str:
        """A member that every transfer states."""
        value = getattr(self.facts, name)
        assert isinstance(value, str)
        return value


def findings_of(path: Path) -> list[Kept]:
    """All findings of a check."""
    result = check_ledger(path, AS_OF).result
    newest = ((one, result.decisions.get(one.key)) for one in result.findings)
    return [
        Kept(one, of and of.decision, of and of.due and of.due.isoformat(), result.state(one)) for one, of in newest
    ]


def seen(path: Path) -> list[Seen]:
    """All transfers that stand, in the order of the ledger."""
    found, first = [], {}
    with Source(path) as source:
        standing = {seq for (seq,) in source.db.execute("SELECT seq FROM transfers")}
        for one in source.transfers():
            facts, made = one.facts, one.facts.recorded_at
            if isinstance(facts, Correction):
                root = first[facts.corrects.seq]
                made = root.recorded_at if root.transferred_at == facts.transferred_at else made
            else:
                first[one.seq] = facts
            if one.seq in standing:
                last = facts.transferred_until or facts.transferred_on
                assert last is not None
                late = (day_of(made) - last).days
                found.append(Seen(one.seq, facts, facts.id, late, isinstance(facts, Correction), ()))
    kept = findings_of(path)
    return [one._replace(findings=tuple(of for of in kept if one.seq in of[0].entries)) for one in found]


def is_closed(of: Kept, today: date) -> bool:
    """Whether a finding is settled on a day; a decision settles it up to its own."""
    by_decision = of.state.how == of.decision
    return of.state.state == "settled" and not (by_decision and of.due is not None and of.due < today.isoformat())


def is_open(of: Kept, today: date) -> bool:
    """Whether a finding is still to be settled: a breach, or what waits for a second person."""
    counts = of.finding.outcome == "breach" or of.state.state == "awaiting-confirmation"
    return counts and of.finding.corrected_by is None and not is_closed(of, today)


def plain(text: str) -> str:
    """`text` in small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def _says(one: Seen, word: str, view: View) -> bool:
    facts, label = one.facts, view.labels
    named = [(text, "party") for text in (one.text("sender"), one.text("recipient"), *facts.schools)]
    named += [(one.text("purpose"), "purpose"), *((field, "field") for field in facts.fields)]
    texts = [text for text, _ in named] + [label(text, kind) for text, kind in named if text != "unlisted"]
    texts += ["Not a known name (unlisted)"] * ("unlisted" in [text for text, _ in named])
    found = any(plain(word) in plain(text) for text in texts)
    return found or one.id.lower().startswith(word.lower()) or word == str(one.seq)


def ids_of(school: str, organisations: Iterable[Organisation]) -> set[str]:
    """All ids that a school has or had."""
    return {school, *(former for one in organisations if one.id == school for former in one.former_ids)}


def has(one: Seen, wanted: Wanted, view: View, today: date) -> bool:
    """Whether a transfer is one of those wanted."""
    facts = one.facts
    standing = [of for of in one.findings if of[0].corrected_by is None]
    asked = [
        of
        for of in standing
        if wanted.severity in (None, of[0].severity)
        and wanted.check in (None, of[0].check)
        and (wanted.findings != "open" or is_open(of, today))
    ]
    parties = {facts.sender, facts.recipient, *facts.schools}
    no_finding_asked = (wanted.findings, wanted.severity, wanted.check) == (None, None, None)
    return (
        wanted.period.has(one.on)
        and (wanted.school is None or bool(parties & ids_of(wanted.school, view.organisations.values())))
        and wanted.sender in (None, facts.sender)
        and wanted.recipient in (None, facts.recipient)
        and wanted.purpose in (None, facts.purpose)
        and (wanted.field is None or wanted.field in facts.fields)
        and (wanted.basis is None or wanted.basis in facts.lawful_basis)
        and (wanted.channel is None or wanted.channel == facts.channel)
        and (no_finding_asked or (bool(asked) if wanted.findings != "none" else _has_none(standing, wanted)))
        and wanted.late in (None, one.late > DAYS)
        and wanted.corrected in (None, one.corrected)
        and all(_says(one, word, view) for word in wanted.words.split())
    )


def _has_none(standing: list[Any], wanted: Wanted) -> bool:
    return not standing and wanted.severity is None and wanted.check is None
