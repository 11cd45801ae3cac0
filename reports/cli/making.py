"""From a ledger's file to a document: what was asked for, checked, verified, read and built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module, metadata
from pathlib import Path
from typing import NamedTuple

from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.london import parse_date
from ledger.members import Organisation
from ledger.source import Source
from ledger.verify.assurance import verify
from reports.cli.check import check_source
from reports.documents.blocks import Document, Made
from reports.documents.reading import Attested, Reading, read
from reports.scope import (
    WHOLE,
    Period,
    Scope,
    between,
    find_term,
    last_school_year,
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


class Wanted(NamedTuple):
    """What was asked for. `options` are as an attestation seals them: `for=dpo`, `format=pdf`, `year=2009-10`, …

    Of a period there is one of `year`, `term`, `month`, `from` and `to`, or `whole`; without any it is the last school
    year. `school` is an organisation's id, `since` the entry that attested an earlier report, or `last`.
    """

    kind: str
    as_of: date
    format: str = "html"
    period: str = ""
    school: str = ""
    since: str = ""
    app: str = ""

    def options(self, period: Period, since: Attested | None) -> tuple[str, ...]:
        """What is sealed of it: the period and the earlier report that it came to."""
        found = [f"for={self.kind}", f"format={self.format}", *period.option.split(",")]
        if self.school:
            found.append(f"school={self.school}")
        if since is not None:
            found.append(f"since={since.seq}")
        if self.app:
            found.append(f"app={self.app}")
        return tuple(found)


def period_of(source: Source, wanted: Wanted) -> Period:
    """The period that was asked for. `Refused` for one that cannot be read, or a term that no register states."""
    named = dict(part.partition("=")[::2] for part in wanted.period.split(",")) if wanted.period else {}
    if not named:
        return last_school_year(source, wanted.as_of)
    if "year" in named:
        return parse_year(named["year"])
    if "month" in named:
        return parse_month(named["month"])
    if "term" in named:
        return find_term(named["term"], terms(one.register for one in source.registers()))
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


@contextmanager
def reading(path: Path, wanted: Wanted, *, from_scratch: bool = False) -> Iterator[tuple[Source, Reading]]:
    """The ledger at `path`, open, and the reading of it that was asked for. `Refused` where it cannot be read.

    A check goes on from what the last one kept; `from_scratch` believes nothing that is kept.
    """
    with progress("Verifying", None) as done:
        verification = verify(path, done)
    with Source(path) as source:
        period = period_of(source, wanted)
        school, ids = school_of(source, wanted.school)
        checked = check_source(source, wanted.as_of, from_scratch=from_scratch)
        last = source.entry(source.head.size - 1)
        assert last is not None
        made = Made(
            origin=source.genesis().origin,
            size=source.head.size,
            head=source.head.hash,
            head_at=last[0].recorded_at,
            as_of=wanted.as_of,
            registers=tuple(dict.fromkeys(one.entry.sha256 for one in checked.evidence.adopted)),
            version=metadata.version("transfer-ledger"),
            options=wanted.options(period, None),
        )
        yield (
            source,
            read(
                source,
                checked.evidence,
                checked.result,
                checked.rows,
                verification,
                Scope(period, ids),
                made,
                school=school,
                app=wanted.app,
            ),
        )


def build(kind: str) -> Callable[[Reading, Source], Document]:
    """What builds the document of this kind."""
    module, _, name = KINDS[kind].partition(":")
    found: Callable[[Reading, Source], Document] = getattr(import_module(module), name)
    return found
