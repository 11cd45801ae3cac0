"""The compliance report: everything that the data protection officer is told, as one value.

It is built from a ledger that is open for reading, the result of a run over it, what verification found, and what
was counted on the way. Formats lay it out and templates print it; nothing is computed there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date

import msgspec

from ledger.register.terms import Law
from ledger.source import Adopted, Source
from ledger.verify.assurance import Report
from reports.context import Evidence
from reports.documents import figures
from reports.documents.figure import Figure
from reports.documents.findings import SEVERAL, Cause, Met, Rows, causes_of, named, rows_of, title
from reports.documents.tally import SCHOOLS, Tally
from reports.finding import SEVERITIES
from reports.run import CheckRun, Rating, Result, open_breaches, rate
from reports.wording import RATING_REASONS, RATINGS, Labels, dated

RULE = (
    "One rule gives the rating. Act now: at least one breach is open. Cannot say: no breach is open, but a check "
    "did not run, records that were expected are missing, the record does not verify, or more than 5% of the "
    "transfers cannot be told. No problem found: none of these."
)
"""DESIGN §8, in words."""

LIMIT = "This report speaks of what was recorded. No ledger can show a transfer that nobody recorded."


class ByRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient: its transfers that stand, its findings by severity, and their causes."""

    name: str
    transfers: int
    severities: tuple[int, ...]
    causes: tuple[tuple[Cause, Met], ...]


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """How much went from whom to whom for what. `people` is None where no transfer says how many.

    A person counts once for every transfer; `counted` of the `transfers` say how many they are about.
    """

    sender: str
    recipient: str
    purpose: str
    transfers: int
    people: int | None
    counted: int
    first: date
    last: date


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What the record says of ContactPoint. It is said even when nothing is wrong."""

    closed: str
    source: str
    statement: str
    before: int
    after: int
    untold: int
    late: int
    causes: tuple[Cause, ...]


class Documented(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the documented purposes that was adopted. `dates_assigned`: not the notice's own dates."""

    title: str
    version: str
    seq: int
    sha256: str
    effective: str
    dates_assigned: bool


class Compliance(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. `rows` are all findings in the ledger's order, `causes` those that stand by severity.

    `corrected` counts the findings on entries that were corrected or withdrawn since.
    """

    organisation: str
    origin: str
    size: int
    head: str
    as_of: date
    rating: Rating
    rating_title: str
    rating_reasons: tuple[str, ...]
    result: Result
    open_breaches: int
    rows: Rows
    causes: tuple[Cause, ...]
    corrected: int
    recipients: tuple[ByRecipient, ...]
    contactpoint: ContactPoint
    flows: tuple[Flow, ...]
    checks: tuple[CheckRun, ...]
    check_titles: dict[str, str]
    not_run: tuple[CheckRun, ...]
    documented: tuple[Documented, ...]
    verification: Report
    verification_words: str
    not_checked: tuple[str, ...]
    figures: tuple[Figure, ...]


def _recipients(causes: Sequence[Cause], tally: Tally, label: Labels) -> tuple[ByRecipient, ...]:
    transfers: Counter[str] = Counter()
    for (recipient, _, _), count in tally.months.items():
        transfers[named(recipient, label)] += count
    found: dict[str, list[tuple[Cause, Met]]] = {}
    severity: Counter[tuple[str, str]] = Counter()
    for cause in causes:
        for name, met in cause.recipients.items():
            found.setdefault(name, []).append((cause, met))
            severity[name, cause.severity] += met.count
    ordered = sorted(found, key=lambda name: (*(-severity[name, one] for one in SEVERITIES), name == SEVERAL, name))
    return tuple(
        ByRecipient(
            name=name,
            transfers=transfers[name],
            severities=tuple(severity[name, one] for one in SEVERITIES),
            causes=tuple(found[name]),
        )
        for name in ordered
    )


def _party(id_: str, ids: Collection[str], label: Labels) -> str:
    if id_ != SCHOOLS:
        return named(id_, label)
    return named(min(ids), label) if len(ids) == 1 else f"{len(ids)}\N{NO-BREAK SPACE}schools"


def _flows(tally: Tally, label: Labels) -> tuple[Flow, ...]:
    flows = []
    for parties, volume in tally.flows.items():
        flows.append(
            Flow(
                sender=_party(parties.sender, volume.senders, label),
                recipient=_party(parties.recipient, volume.recipients, label),
                purpose=named(parties.purpose, label),
                transfers=volume.transfers,
                people=volume.people if volume.counted else None,
                counted=volume.counted,
                first=volume.first,
                last=volume.last,
            )
        )
    return tuple(sorted(flows, key=lambda flow: (-flow.transfers, flow.recipient, flow.sender, flow.purpose)))


def _some(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _contactpoint(causes: Sequence[Cause], tally: Tally, law: Law) -> ContactPoint:
    about = tuple(
        cause
        for cause in causes
        if cause.check.startswith("contactpoint-")
        or (cause.check == "recorded-late" and cause.rows[0].reason == "contactpoint")
    )

    def count(check: str, outcomes: tuple[str, ...]) -> int:
        return sum(one.count for one in about if one.check.startswith(check) and one.outcome in outcomes)

    after = count("contactpoint-", ("breach",))
    untold = count("contactpoint-", ("cannot-tell", "advisory"))
    late = count("recorded-late", ("breach", "cannot-tell", "advisory"))
    if after:
        statement = f"{_some(after, 'transfer', 'transfers')} used ContactPoint after it was switched off."
    elif untold:
        statement = "No transfer certainly used ContactPoint after it was switched off; of some it cannot be told."
    else:
        statement = "No recorded transfer used ContactPoint after it was switched off."
    closing = law.contactpoint
    return ContactPoint(
        closed=dated(closing.closed_at.isoformat()),
        source=closing.source + (" (recalled, not checked)" if closing.standing == "recalled" else ""),
        statement=statement,
        before=tally.uses_before,
        after=after,
        untold=untold,
        late=late,
        causes=about,
    )


def _documented(adopted: Adopted) -> Documented:
    entry = adopted.entry
    until = f" to {dated(entry.effective_until.isoformat())}" if entry.effective_until else " on"
    return Documented(
        title=adopted.register.title,
        version=entry.version,
        seq=adopted.seq,
        sha256=entry.sha256,
        effective=f"from {dated(entry.effective_from.isoformat())}{until}",
        dates_assigned=entry.effective_assigned,
    )


def _verification(report: Report, size: int) -> tuple[str, tuple[str, ...]]:
    # Whether a WAL file lies beside the ledger changes from one moment to the next, and a report does not: it
    # says in any case what such a file could hold.
    not_checked = list(report.not_checked)
    not_checked.append("Whether newer entries lie in a WAL file that was not copied together with the ledger.")
    if report.size != size:
        not_checked.append(f"Entries recorded meanwhile: verification read {report.size:,}, the checks read {size:,}.")
    if report.problems:
        words = (
            f"The record does NOT verify: {_some(len(report.problems), 'problem', 'problems')} in "
            f"{_some(report.size, 'entry', 'entries')}. It cannot be relied on until they are explained."
        )
    else:
        words = (
            f"All {report.size:,} entries were read and recomputed, and they are consistent with themselves: "
            "every hash and link holds, no number is missing, and nothing in the record was changed on its own."
        )
    return words, tuple(not_checked)


def compliance(source: Source, evidence: Evidence, result: Result, tally: Tally, verification: Report) -> Compliance:
    """The report on an open ledger. `result` and `tally` are of one pass over `evidence`, which is `source`'s."""
    label = Labels(evidence)
    genesis = source.genesis()
    rows = rows_of(source, result, label)
    causes = causes_of(row for row in rows if row.corrected_by is None)
    rating = rate(result, verified=not verification.problems)
    words, not_checked = _verification(verification, source.head.size)
    return Compliance(
        organisation=genesis.organisation,
        origin=genesis.origin,
        size=source.head.size,
        head=source.head.hash,
        as_of=result.as_of,
        rating=rating,
        rating_title=RATINGS[rating.level],
        rating_reasons=tuple(RATING_REASONS[reason] for reason in rating.reasons),
        result=result,
        open_breaches=len(open_breaches(result)),
        rows=rows,
        causes=causes,
        corrected=result.counts["corrected"],
        recipients=_recipients(causes, tally, label),
        contactpoint=_contactpoint(causes, tally, evidence.law),
        flows=_flows(tally, label),
        checks=result.checks,
        check_titles={one.id: title(one.id) for one in result.checks},
        not_run=tuple(one for one in result.checks if one.reason),
        documented=tuple(map(_documented, evidence.adopted)),
        verification=verification,
        verification_words=words,
        not_checked=not_checked,
        figures=(
            figures.closing(tally, rows, evidence.law),
            figures.severities(rows),
            figures.recipients(tally, label),
        ),
    )
