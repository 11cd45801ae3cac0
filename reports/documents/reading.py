"""The one reading of a ledger that all documents are made from: what was checked, verified and counted in one scope.

A reading is of one snapshot of the ledger and of one London day. Documents say different things of it to different
readers, and count nothing of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from importlib import metadata
from typing import NamedTuple

import msgspec

from ledger.errors import Refused
from ledger.london import day_of
from ledger.members import Attestation, Organisation
from ledger.register.terms import Law
from ledger.source import Adopted, Source
from ledger.verify.assurance import Report
from reports.context import Evidence
from reports.counts import Counts
from reports.documents.blocks import Made, option_of
from reports.documents.findings import Cause, Rows, Sent, causes_of
from reports.finding import Finding
from reports.history import Answers
from reports.run import CheckRun, Rating, Result, answers, narrowed, open_breaches, rate
from reports.scope import Scope, before, terms
from reports.wording import Labels


class Attested(NamedTuple):
    """An earlier report that was attested: its entry, and what it was made from."""

    seq: int
    entry: Attestation

    @property
    def kind(self) -> str:
        """For whom it was: the value of its option `for`, "" where it has none."""
        return option_of(self.entry.options, "for")

    @property
    def school(self) -> str:
        """The id of the school that it was about, "" for everybody."""
        return option_of(self.entry.options, "school")


class Known(NamedTuple):
    """What was found when an earlier report was attested: the keys of all findings then, and of those in a scope."""

    attested: Attested
    everywhere: frozenset[str]
    in_scope: frozenset[str]


class Since(NamedTuple):
    """What is new since an attested report: the keys of its findings that are new, and how many are gone.

    `transfers` are those recorded since that stand, in the scope; `decisions` the reviews sealed since.
    """

    attested: Attested
    new: frozenset[str]
    gone: int
    transfers: int
    decisions: int


class Past(NamedTuple):
    """The period before, for comparison."""

    scope: Scope
    counts: Counts
    result: Result


class Reading(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the documents speak of.

    `result` and `rows` are the findings in `scope`, `rows` in words; `counts` the transfers in `scope`. `past` is the
    period before, None where there is none to compare with. `since` is what is new since the last attested report of
    the same kind and scope, None where there is none. `app` is where the app answers, ending in "/", or "".
    """

    organisation: str
    made: Made
    scope: Scope
    school: Organisation | None
    rating: Rating
    result: Result
    rows: Rows
    counts: Counts
    verification: Report
    evidence: Evidence
    label: Labels
    past: Past | None
    since: Since | None
    app: str

    @property
    def as_of(self) -> date:
        """The London day that is spoken of."""
        return self.result.as_of

    @property
    def law(self) -> Law:
        """The facts of law."""
        return self.evidence.law

    @property
    def adopted(self) -> tuple[Adopted, ...]:
        """The versions of the documented purposes, oldest adoption first."""
        return self.evidence.adopted

    @property
    def not_run(self) -> tuple[CheckRun, ...]:
        """The checks that did not run, or not on all transfers."""
        return tuple(one for one in self.result.checks if one.reason)

    @property
    def open(self) -> tuple[Finding, ...]:
        """What is still to be settled."""
        return open_breaches(self.result)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """The findings that stand, in words, put together. Not every document needs them, and they take time."""
        return causes_of(row for row in self.rows if row.corrected_by is None)

    @cached_property
    def answers(self) -> Answers:
        """The answers to the two questions."""
        return answers(self.result, verified=not self.verification.problems)


def _in_scope(source: Source, scope: Scope, finding: Finding, sent: Sent) -> bool:
    if finding.id is None:
        if sent.on is None:  # on the documented purposes, or a decision: on no day
            named = {*map(str, finding.expected), *map(str, finding.found)}
            return not scope.school or not named.isdisjoint(scope.school)
        where, values = scope._replace(since=0).where("e")
        found = source.db.execute(
            f"SELECT 1 FROM json_each(?) AS j CROSS JOIN entries AS e ON e.seq = j.value WHERE {where} LIMIT 1",
            [json.dumps(finding.entries), *values],
        )
        return found.fetchone() is not None
    if sent.on is not None and not scope.period.has(sent.on):
        return False
    if not scope.school or sent.sender_id in scope.school:
        return True
    if not scope.others and sent.recipient_id in scope.school:
        return True
    where, values = scope._replace(since=0).where("e")
    found = source.db.execute(f"SELECT 1 FROM entries AS e WHERE e.seq = ? AND {where}", [finding.seq, *values])
    return found.fetchone() is not None


def findings_in(source: Source, scope: Scope, rows: Rows) -> Iterator[str]:
    """The keys of the findings that lie in `scope`.

    A finding is where its transfer is; one on a whole import, where any of its transfers is. One on no transfer (a flow
    that nobody used, a decision that is overdue) is in every period, and a school's where it names the school.
    """
    same: dict[object, bool] = {}
    for finding, sent in rows.pairs():
        of = (finding.entries, None) if finding.id is not None else (finding.entries, finding.key)
        if of not in same:
            same.clear()  # findings come in the order of their entries
            same[of] = _in_scope(source, scope, finding, sent)
        if same[of]:
            yield finding.key


def _result(source: Source, evidence: Evidence, result: Result, rows: Rows, counts: Counts) -> tuple[Result, Rows]:
    inside = rows.only(frozenset(findings_in(source, counts.scope, rows)))
    covered = sum(
        count for day, count in counts.days.items() if any(version.covers(day) for version in evidence.adopted)
    )
    found = [finding for finding, _ in inside.pairs()]
    return narrowed(result, found, counts.transfers, covered, adopted=bool(evidence.adopted)), inside


def read(
    source: Source,
    evidence: Evidence,
    result: Result,
    rows: Rows,
    verification: Report,
    scope: Scope,
    made: Made,
    *,
    school: Organisation | None = None,
    since: Known | None = None,
    only_new: bool = False,
    app: str = "",
) -> Reading:
    """The reading of an open ledger in `scope`, from a check of all of it (`result`, `rows`) and its verification.

    `since` is an attested report and what was found when it was made; with `only_new`, nothing but what is new since is
    spoken of. `evidence` is `source`'s.
    """
    counts = Counts(source, evidence, result.as_of, scope)
    scoped, inside = _result(source, evidence, result, rows, counts)
    new = None if since is None else _since(source, evidence, scope, result, scoped, since)
    if only_new and new is not None:
        recent = scope._replace(since=new.attested.entry.size)
        counts = Counts(source, evidence, result.as_of, recent)
        inside = inside.only(new.new)
        found = [finding for finding, _ in inside.pairs()]
        scoped = narrowed(scoped, found, counts.transfers, None, adopted=bool(evidence.adopted))
        scope = recent
    earlier = None if only_new else before(scope.period, terms(one.register for one in evidence.adopted))
    past = None
    if earlier is not None:
        of = Counts(source, evidence, result.as_of, scope._replace(period=earlier))
        past = Past(of.scope, of, _result(source, evidence, result, rows, of)[0])
    return Reading(
        organisation=source.genesis().organisation,
        made=made,
        scope=scope,
        school=school,
        rating=rate(scoped, verified=not verification.problems),
        result=scoped,
        rows=inside,
        counts=counts,
        verification=verification,
        evidence=evidence,
        label=Labels(evidence),
        past=past,
        since=new,
        app=app,
    )


def _since(source: Source, evidence: Evidence, scope: Scope, result: Result, scoped: Result, known: Known) -> Since:
    now = {finding.key for finding in scoped.findings}
    everywhere = {finding.key for finding in result.findings}
    size = known.attested.entry.size
    recent = Counts(source, evidence, result.as_of, scope._replace(since=size))
    decisions = source.db.execute(
        "SELECT count(*) FROM entries WHERE kind <> 'transfer' AND kind = 'review' AND seq >= ?", (size,)
    ).fetchone()[0]
    new, gone = frozenset(now - known.everywhere), len(known.in_scope - everywhere)
    return Since(known.attested, new, gone, recent.transfers, decisions)


def made_from(source: Source, evidence: Evidence, as_of: date, options: tuple[str, ...]) -> Made:
    """What a document of an open ledger says that it was made from."""
    last = source.entry(source.head.size - 1)
    if last is None:
        raise Refused(f"{source.path}: its last entry is not where it should be; `transfer-ledger verify` says more.")
    return Made(
        origin=source.genesis().origin,
        size=source.head.size,
        head=source.head.hash,
        head_at=last[0].recorded_at,
        as_of=as_of,
        registers=tuple(sorted({one.entry.sha256 for one in evidence.adopted})),
        version=metadata.version("transfer-ledger"),
        options=tuple(sorted(options)),
    )


def attested_day(one: Attested) -> date:
    """The London day on which a report was attested."""
    return day_of(one.entry.recorded_at)
