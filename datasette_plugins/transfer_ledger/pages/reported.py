"""What there is of reports: the documents that this app made, those that the ledger attests, and what one can be of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from datasette_plugins.transfer_ledger.people.beside import Run
from datasette_plugins.transfer_ledger.roles import Role
from ledger.errors import Refused
from ledger.london import parse_date
from ledger.members import Organisation
from ledger.register.model import Term
from ledger.source import Source
from reports.cli.making import KINDS, period_named, wanted_of
from reports.documents.cells import schools_apart
from reports.documents.reading import Attested
from reports.formats.rendering import ENDINGS
from reports.periods import school_year
from reports.scope import Period, fixed_terms, last_school_year, month, term, year

FOR: Mapping[str, str] = {
    "governors": "For governors",
    "dpo": "For the data protection officer",
    "auditor": "For the auditor",
}
"""For whom a document is, as people read it."""

FORMATS: Mapping[str, str] = {
    "html": "web page",
    "pdf": "PDF",
    "csv": "CSV table",
    "xlsx": "workbook",
    "json": "JSON",
    "md": "Markdown",
}
"""The formats as people call them."""

MOST_YEARS, MOST_MONTHS = 30, 24
MOST_ATTESTED = 200


class File(NamedTuple):
    """One file of a document. `attested` is the entry that seals its digest, None where none does."""

    name: str
    format: str
    size: int
    sha256: str
    attested: int | None


class Row(NamedTuple):
    """One document that was made here, or is being made, or came to nothing: then `sentence` says why."""

    n: int
    at: str
    by: str
    kind: str
    about: str
    period: str
    state: str
    sentence: str
    problems: int
    notes: tuple[str, ...]
    files: tuple[File, ...]

    @property
    def attested(self) -> str:
        """Whether its files are attested, in a word or two; "" where none is."""
        sealed = sum(file.attested is not None for file in self.files)
        return "" if not sealed else "attested" if sealed == len(self.files) else "attested in part"


class Sealed(NamedTuple):
    """A report that the ledger attests. `here` is the document of this app that has the very file, or None."""

    seq: int
    at: str
    kind: str
    format: str
    period: str
    school: str
    as_of: str
    sha256: str
    here: int | None


class Choices(NamedTuple):
    """What a report can be made of: groups of periods, each a value and its words; which is usual; schools."""

    periods: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    usual: str
    schools: tuple[tuple[str, str], ...]


def kinds_for(role: Role) -> tuple[str, ...]:
    """The documents that somebody of this role makes and reads."""
    return ("governors",) if role == "governor" else tuple(KINDS)


def attested_in(source: Source) -> list[Attested]:
    """Every report that the ledger attests, the oldest first. `Refused` where an attestation cannot be read."""
    return [Attested(seq, one) for seq, _, one in source.attestations()]


def files_in(attested: Iterable[Attested]) -> dict[str, int]:
    """The entry that attests a file, the first of them, by the file's SHA-256."""
    found: dict[str, int] = {}
    for one in attested:
        found.setdefault(one.entry.report, one.seq)
    return found


def files_of(run: Run, attested: Mapping[str, int]) -> tuple[File, ...]:
    """The files of a document that is made."""
    found: list[dict[str, Any]] = run.result["files"] if run.state == "done" else []
    return tuple(
        File(one["name"], one["format"], one["size"], one["sha256"], attested.get(one["sha256"])) for one in found
    )


def row(run: Run, names: Mapping[str, str], attested: Mapping[str, int]) -> Row:
    """A document as the list has it. `names` are those of the accounts."""
    done = run.state == "done"
    result: dict[str, Any] = run.result or {}
    return Row(
        n=run.n,
        at=run.at,
        by=names.get(run.person, run.person),
        kind=run.what["kind"],
        about=result["about"] if done else run.what["spoken"],
        period=run.what["spoken"],
        state=run.state,
        sentence="" if done else str(result.get("sentence", "")),
        problems=result["problems"] if done else 0,
        notes=tuple(result["notes"]) if done else (),
        files=files_of(run, attested),
    )


def sealed(
    attested: Iterable[Attested],
    rows: Sequence[Row],
    kinds: Sequence[str],
    known: Sequence[Term],
    label: Mapping[str, str],
) -> tuple[int, tuple[Sealed, ...]]:
    """How many reports for these readers are attested, and the newest of them, the newest first.

    `label` has the names of organisations.
    """
    here = {file.sha256: row.n for row in rows for file in row.files}
    found = [one for one in attested if one.kind in kinds]
    return len(found), tuple(_sealed(one, here, known, label) for one in reversed(found[-MOST_ATTESTED:]))


def _sealed(one: Attested, here: Mapping[str, int], known: Sequence[Term], label: Mapping[str, str]) -> Sealed:
    try:
        wanted, _ = wanted_of(one)
        period, format_ = period_named(wanted.period or "whole", lambda: list(known)).label, wanted.format
    except Refused:  # of another version, or of a term that no register states any more
        period, format_ = ", ".join(one.entry.options), ""
    return Sealed(
        seq=one.seq,
        at=one.entry.recorded_at.isoformat(),
        kind=one.kind,
        format=format_,
        period=period,
        school=label.get(one.school, one.school),
        as_of=one.entry.as_of.isoformat(),
        sha256=one.entry.report,
        here=here.get(one.entry.report),
    )


def _choice(period: Period) -> tuple[str, str]:
    words = period.label.removeprefix("the ")
    return period.option, words[:1].upper() + words[1:]


def _years(first: date, last: date) -> Iterator[Period]:
    begins = school_year(last)
    for _ in range(MOST_YEARS):
        if begins < school_year(first):
            return
        yield year(begins)
        begins = begins.replace(year=begins.year - 1)


def _months(first: date, last: date) -> Iterator[Period]:
    begins = last.replace(day=1)
    for _ in range(MOST_MONTHS):
        if begins < first.replace(day=1):
            return
        yield month(begins)
        begins = begins.replace(year=begins.year - (begins.month == 1), month=(begins.month - 2) % 12 + 1)


def _fixed_terms(years: Sequence[Period], first: date, last: date) -> Iterator[Period]:
    for one in years:
        for part in reversed(fixed_terms(one)):
            assert part.first is not None
            assert part.last is not None
            if part.first <= last and first <= part.last:
                yield part


def choices(
    source: Source,
    known: Sequence[Term],
    organisations: Mapping[str, Organisation],
    as_of: date,
    kinds: Sequence[str],
) -> Choices:
    """What the ledger has to report on, for the readers of these `kinds`: its periods, and the schools that it knows.

    For governors alone, only what their documents are made of.
    """
    (first,), (last,) = (
        source.db.execute(f"SELECT {which}(transferred_on) FROM entries WHERE transferred_on IS NOT NULL").fetchone()
        for which in ("min", "max")
    )
    usual, groups = last_school_year(source, as_of), list[tuple[str, tuple[tuple[str, str], ...]]]()
    only_governors = tuple(kinds) == ("governors",)
    also = "" if only_governors else " (also for governors)"
    if first is None:
        groups.append((f"School years{also}", (_choice(usual),)))
    else:
        begun = parse_date(first)
        ended = max(begun, min(parse_date(last), as_of))  # a date far in the future is a mistake, and no year
        years = tuple(_years(begun, ended))
        # Of a ledger that ended long ago, the last year that it has to the end.
        usual = last_school_year(source, ended)
        usual = usual if usual in years else years[0]
        groups.append((f"School years{also}", tuple(map(_choice, years))))
        groups.append((f"Fixed terms{also}", tuple(map(_choice, _fixed_terms(years, begun, ended)))))
        if known and not only_governors:
            groups.append(("Terms of the register", tuple(_choice(term(one)) for one in reversed(known))))
        if not only_governors:
            groups.append(("Months", tuple(map(_choice, _months(begun, ended)))))
    if not only_governors:
        groups.append(("Everything", (("whole", "Everything recorded"),)))
    schools = sorted((one.name, one.id) for one in organisations.values() if one.role == "school")
    if only_governors and not schools_apart(source):
        schools = []
    return Choices(tuple(groups), usual.option, tuple((id_, name) for name, id_ in schools))


def endings(wanted: Sequence[str]) -> tuple[str, ...]:
    """The formats that were asked for, each once, in their usual order. `Refused` for others, and for none."""
    for one in wanted:
        if one not in ENDINGS:
            raise Refused(f"{one[:20]} is no format; there are {', '.join(ENDINGS)}.")
    found = tuple(one for one in ENDINGS if one in wanted)
    if not found:
        raise Refused("Choose at least one format.")
    return found
