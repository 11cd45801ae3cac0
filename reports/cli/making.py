"""From a ledger's file to a document: what was asked for, and the ledger verified, checked and read for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from ledger.beginning import beginning, erased_since
from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.london import parse_date
from ledger.members import Organisation
from ledger.register.model import Term
from ledger.source import Source
from ledger.verify.assurance import Report, verify
from reports.cli.check import Checked, check_source
from reports.documents.blocks import Document
from reports.documents.cells import schools_apart
from reports.documents.reading import Attested, Known, Reading, findings_in, made_from, read
from reports.formats.rendering import ENDINGS
from reports.scope import (
    WHOLE,
    Period,
    Scope,
    between,
    find_term,
    last_school_year,
    parse_fixed_term,
    parse_month,
    parse_year,
    terms,
)

KINDS = {
    "governors": "reports.documents.governors:governors",
    "dpo": "reports.documents.dpo:dpo",
    "auditor": "reports.documents.auditor:auditor",
}
"""For whom a report can be, and what builds it: a function of a reading and the open ledger."""

_NUMBER = re.compile(r"[0-9]{1,15}")
_PERIODS = ("year", "fixed-term", "term", "month", "from", "to", "whole")


class Wanted(NamedTuple):
    """What was asked for.

    `period` is written as an attestation seals it (`year=2009-10`, `from=2010-01-01,to=2010-03-31`, …); without any it
    is the last school year. `school` is an organisation's id. With `since`, the entry that attested an earlier report
    or `last`, only what is new since is spoken of. `app` is where the app answers.
    """

    kind: str
    as_of: date
    format: str = "html"
    period: str = ""
    school: str = ""
    since: str = ""
    app: str = ""

    def options(self, period: Period, checkpoints: int, since: Attested | None) -> tuple[str, ...]:
        """What is sealed of it, with what it came to: the period, the earlier report, and how many checkpoints."""
        found = [f"for={self.kind}", f"format={self.format}", *period.option.split(",")]
        if self.school:
            found.append(f"school={self.school}")
        if self.since and since is not None:
            found.append(f"since={since.seq}")
        if self.app:
            found.append(f"app={self.app}")
        if checkpoints:
            found.append(f"checkpoints={checkpoints}")
        return tuple(sorted(found))


def app_of(text: str) -> str:
    """The address where the app answers, with "/" at its end, or "". `Refused` for what no link may lead to."""
    if not text:
        return ""
    if not text.isascii() or not text.isprintable() or not re.fullmatch(r"https?://[^\s/?#][^\s?#]*", text):
        raise Refused("--app: write the address where the app answers, as http://127.0.0.1:8001/.")
    if len(text) > 150:
        raise Refused("--app: the address has more than 150 characters.")
    return text if text.endswith("/") else f"{text}/"


def wanted_of(one: Attested) -> tuple[Wanted, int]:
    """What was asked for when a report was attested, and of how many kept checkpoints it was made.

    `Refused` for options that no version of this program seals.
    """
    named = dict(option.partition("=")[::2] for option in one.entry.options)
    period = ",".join(option for option in one.entry.options if option.partition("=")[0] in _PERIODS)
    kind, format_, school, since, app = (named.get(name, "") for name in ("for", "format", "school", "since", "app"))
    known = {"for", "format", "school", "since", "app", "checkpoints", *_PERIODS}
    numbers = (since or "0", named.get("checkpoints", "0"))
    try:
        sound = app_of(app) == app
    except Refused:
        sound = False
    if (
        not sound
        or named.keys() - known
        or len(named) < len(one.entry.options)
        or kind not in KINDS
        or format_ not in ENDINGS
        or not all(_NUMBER.fullmatch(number) for number in numbers)
    ):
        raise Refused(f"Entry {one.seq} attests a report with options that this version does not know.")
    return Wanted(kind, one.entry.as_of, format_, period, school, since, app), int(numbers[1])


def period_of(source: Source, wanted: Wanted) -> Period:
    """The period that was asked for. `Refused` for one that cannot be read, or a term that no register states."""
    if wanted.kind == "governors" and wanted.period:
        return governors_period(wanted.period)
    if not wanted.period:
        return WHOLE if wanted.since else last_school_year(source, wanted.as_of)
    return period_named(wanted.period, lambda: terms(one.register for one in source.registers()))


def governors_period(text: str) -> Period:
    """The period of a governors' paper, written as an attestation seals it; `term=` names a fixed term here.

    `Refused` for all others: from papers of any days, small counts could be worked out (`disclosure_control`).
    """
    name, _, value = text.partition("=")
    if name == "year":
        return parse_year(value)
    if name not in ("term", "fixed-term"):
        raise Refused(
            "Governors' papers are made only for a school year (--year 2009-10) or one of its fixed terms "
            "(--term autumn-2009, spring-2010 or summer-2010: September to December, January to March, April to "
            "August). From papers for other periods, readers could work out small counts."
        )
    return parse_fixed_term(value)


def period_named(text: str, known: Callable[[], list[Term]]) -> Period:
    """The period that is written as an attestation seals it. `known` are the terms that registers state.

    `Refused` for one that cannot be read, or a term that is not known.
    """
    named = dict(part.partition("=")[::2] for part in text.split(","))
    if "year" in named:
        return parse_year(named["year"])
    if "fixed-term" in named:
        return parse_fixed_term(named["fixed-term"])
    if "month" in named:
        return parse_month(named["month"])
    if "term" in named:
        return find_term(named["term"], known())
    if "whole" in named:
        return WHOLE
    first, last = (parse_date(named[name]) if name in named else None for name in ("from", "to"))
    return between(first, last)


def school_of(source: Source, id_: str) -> tuple[Organisation | None, tuple[str, ...]]:
    """The school with this id, and all ids that it has or had. `Refused` where the ledger knows none with it."""
    if not id_:
        return None, ()
    for one in source.organisations().values():
        if id_ == one.id or id_ in one.former_ids:
            return one, (one.id, *one.former_ids)
    raise Refused(f"The ledger knows no organisation {id_[:64]}; `transfer-ledger organisation add` makes one known.")


def other_schools(source: Source, school: Organisation) -> tuple[str, ...]:
    """The ids of all schools but this one. `Refused` where no governors' paper is made about it alone."""
    if school.role != "school":
        raise Refused(f"{school.id} is not a school: governors' papers are about one school, or everybody.")
    if not schools_apart(source):
        raise Refused("This ledger is a school's own, and its governors' papers are about all of it: omit --school.")
    return tuple(
        id_
        for one in source.organisations().values()
        if one.role == "school" and one.id != school.id
        for id_ in (one.id, *one.former_ids)
    )


class Judged(NamedTuple):
    """A ledger that is open, verified and checked, all in one snapshot of it, and how many checkpoints it keeps."""

    source: Source
    checked: Checked
    verification: Report
    checkpoints: int


@contextmanager
def judged(path: Path, as_of: date) -> Iterator[Judged]:
    """The ledger at `path`, verified and checked as of a London day; open for as long as the context lasts.

    `Refused` where it cannot be read.
    """
    with Source(path) as source, source.snapshot() as snapshot:
        with progress("Verifying", source.head.size) as done:
            verification = verify(path, done, snapshot=snapshot)
        # Whether a cache is of an older state says nothing of the record, and would change from one report to the next.
        warnings = [one for one in verification.warnings if one.problem != "names-stale"]
        checked = check_source(source, as_of)
        checkpoints: int = source.db.execute("SELECT count(*) FROM checkpoints").fetchone()[0]
        yield Judged(source, checked, verification._replace(warnings=warnings), checkpoints)


def _attested(source: Source, wanted: Wanted, school: Organisation | None) -> Attested | None:
    # The last report for the same reader and about the same school, or the one that `since` names.
    found = None
    for seq, _, entry in source.attestations():
        one = Attested(seq, entry)
        if wanted.since not in ("", "last"):
            if str(seq) == wanted.since:
                return one
        elif one.kind == wanted.kind and one.school == ("" if school is None else school.id):
            found = one
    if wanted.since not in ("", "last"):
        raise Refused(f"Entry {wanted.since[:20]} attests no report, so nothing can be new since.")
    return found


@contextmanager
def as_it_was(source: Source, one: Attested) -> Iterator[Path]:
    """The ledger that an attested report was made from, as a file that is there for as long as the context lasts.

    `Refused` where it cannot be made again, or the entry has options that this version does not know.
    """
    _, checkpoints = wanted_of(one)
    with TemporaryDirectory(prefix="transfer-ledger-") as folder:
        path = Path(folder) / "then.db"
        beginning(source, one.entry.size, checkpoints, path)
        yield path


def _known(source: Source, one: Attested, scope: Scope) -> Known | None:
    # What was found then is found again in the ledger as it was then. Where that is gone for good, nothing is said.
    wanted_of(one)
    if erased_since(source, one.entry.size):
        return None
    with as_it_was(source, one) as path, Source(path) as then:
        rows = check_source(then, one.entry.as_of).rows
        everywhere = frozenset(finding.key for finding, _ in rows.pairs())
        return Known(one, everywhere, frozenset(findings_in(then, scope, rows)))


def reading(of: Judged, wanted: Wanted) -> Reading:
    """The reading that was asked for. `Refused` where the period, the school or the earlier report is none."""
    source = of.source
    period = period_of(source, wanted)
    school, ids = school_of(source, wanted.school)
    wanted = wanted._replace(school="" if school is None else school.id)
    scope, earlier = Scope(period, ids), None
    if wanted.kind != "governors":
        earlier = _attested(source, wanted, school)
    elif wanted.since:
        # What is new since another paper is no period of the grid either.
        raise Refused("Governors' papers speak of a whole period, not of what is new: omit --since-last.")
    elif school is not None:
        scope = scope._replace(others=other_schools(source, school))
    made = made_from(source, of.checked.evidence, wanted.as_of, wanted.options(period, of.checkpoints, earlier))
    return read(
        source,
        of.checked.evidence,
        of.checked.result,
        of.checked.rows,
        of.verification,
        scope,
        made,
        school=school,
        since=None if earlier is None else _known(source, earlier, scope),
        only_new=bool(wanted.since),
        app=wanted.app,
    )


def build(kind: str) -> Callable[[Reading, Source], Document]:
    """What builds the document of this kind."""
    module, _, name = KINDS[kind].partition(":")
    found: Callable[[Reading, Source], Document] = getattr(import_module(module), name)
    return found


def in_format(read_: Reading, format_: str) -> Reading:
    """The same reading for a document in another format, which its options name."""
    options = tuple(f"format={format_}" if one.startswith("format=") else one for one in read_.made.options)
    return msgspec.structs.replace(read_, made=msgspec.structs.replace(read_.made, options=options))
