"""The figures that the documents show, as numbers and words.

A chart's description says in words what a reader of the picture sees first, for those who cannot see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ledger.register.terms import Law
from reports.counts import SCHOOLS, Counts
from reports.documents.figure import Figure
from reports.documents.findings import Rows, named
from reports.finding import SEVERITIES
from reports.wording import Labels, dated

MOST_PERIODS = 24
"""Beyond so many months a chart counts by year."""

MOST_ROWS = 20
"""Beyond so many recipients a chart shows the ones with most transfers, and the others as one."""

WINDOW = timedelta(days=45)
"""How far before and after the closing of ContactPoint its chart reaches."""

Period = tuple[int, int]
"""Year and month; month 0 is the whole year."""


def periods(months: Iterable[Period]) -> list[Period]:
    """All months from the first to the last, or all years where those are too many for a chart."""
    found = sorted(set(months))
    if not found:
        return []
    (first, start), (last, end) = found[0], found[-1]
    count = (last - first) * 12 + end - start + 1
    if count > MOST_PERIODS:
        return [(year, 0) for year in range(first, last + 1)]
    return [(first + (start - 1 + n) // 12, (start - 1 + n) % 12 + 1) for n in range(count)]


def _label(period: Period) -> str:
    year, month = period
    return f"{date(year, month, 1):%b} {year}" if month else str(year)


def _within(year: int, month: int, spans: Sequence[Period]) -> Period:
    return (year, 0) if spans[0][1] == 0 else (year, month)


def _by(spans: Sequence[Period]) -> str:
    return "year" if spans and spans[0][1] == 0 else "month"


def recipients(counts: Counts, label: Labels) -> Figure:
    """Transfers by month and recipient, the recipient with most transfers first; all schools are one."""

    def name(id_: str) -> str:
        return "Schools" if id_ == SCHOOLS else named(id_, label)

    spans = periods((year, month) for _, year, month in counts.months)
    cells: Counter[tuple[str, Period]] = Counter()
    totals: Counter[str] = Counter()
    for (id_, year, month), count in counts.months.items():
        recipient = counts.group(id_)
        cells[recipient, _within(year, month, spans)] += count
        totals[recipient] += count
    ordered = sorted(totals, key=lambda id_: (-totals[id_], id_))
    shown = ordered if len(ordered) <= MOST_ROWS else ordered[: MOST_ROWS - 1]
    series = [(name(id_), tuple(cells[id_, span] for span in spans)) for id_ in shown]
    if others := ordered[len(shown) :]:
        numbers = tuple(sum(cells[id_, span] for id_ in others) for span in spans)
        series.append((f"{len(others)} other recipients", numbers))
    description = "No transfer is recorded."
    if cells:
        (busiest, span), most = min(cells.items(), key=lambda cell: (-cell[1], cell[0]))
        description = (
            f"{sum(totals.values()):,} transfers to {len({id_ for id_, _, _ in counts.months})} recipients from "
            f"{_label(spans[0])} to {_label(spans[-1])}. Most went to {name(ordered[0])} "
            f"({totals[ordered[0]]:,}); the busiest {_by(spans)} of one recipient is {_label(span)}, "
            f"with {most:,} to {name(busiest)}."
        )
    return Figure(
        name="transfers-by-recipient",
        title=f"Transfers by {_by(spans)} and recipient",
        description=description,
        across=tuple(map(_label, spans)),
        series=tuple(series),
        empty="No transfer is recorded.",
    )


def severities(rows: Rows) -> Figure:
    """Findings that stand by severity and the month of their transfer, the worst first."""
    standing = Counter(
        (finding.severity, sent.on.year, sent.on.month)
        for finding, sent in rows.pairs()
        if finding.corrected_by is None and sent.on is not None
    )
    spans = periods((year, month) for _, year, month in standing)
    cells: Counter[tuple[str, Period]] = Counter()
    for (severity, year, month), count in standing.items():
        cells[severity, _within(year, month, spans)] += count
    series = tuple((one.capitalize(), tuple(cells[one, span] for span in spans)) for one in SEVERITIES)
    description = "No finding stands."
    if standing:
        totals = ", ".join(f"{sum(numbers):,} {name.lower()}" for name, numbers in series)
        most = max(spans, key=lambda span: sum(cells[one, span] for one in SEVERITIES))
        description = (
            f"{standing.total():,} findings by the date of their transfer: {totals}. Most are in {_label(most)} "
            f"({sum(cells[one, most] for one in SEVERITIES):,})."
        )
    return Figure(
        name="findings-by-severity",
        title=f"Findings by severity and {_by(spans)} of the transfer",
        description=description,
        across=tuple(map(_label, spans)),
        series=series,
        empty="No finding stands.",
    )


def closing(counts: Counts, rows: Rows, law: Law) -> Figure:
    """Uses of ContactPoint day by day around its closing: before it, not to be told, and after it."""
    day = law.contactpoint.day
    days = [day + timedelta(days=n) for n in range(-WINDOW.days, WINDOW.days + 1)]
    standing = Counter(
        (finding.outcome == "breach", sent.on)
        for finding, sent in rows.pairs()
        if finding.corrected_by is None and finding.check.startswith("contactpoint-")
    )
    series = (
        ("Before the closing", tuple(counts.uses_before[one] for one in days)),
        ("Cannot be told", tuple(standing[False, one] for one in days)),
        ("After the closing", tuple(standing[True, one] for one in days)),
    )
    totals = [sum(numbers) for _, numbers in series]
    description = (
        f"In the {WINDOW.days} days before and after ContactPoint was switched off on {dated(day.isoformat())}: "
        f"{totals[0]:,} transfers used it before the closing, of {totals[1]:,} it cannot be told, and "
        f"{totals[2]:,} used it after the closing."
    )
    return Figure(
        name="contactpoint-closing",
        title="Uses of ContactPoint around its closing",
        description=description,
        across=tuple(f"{one.day} {one:%b}" for one in days),
        series=series,
        empty="No recorded transfer used ContactPoint in these days.",
    )
