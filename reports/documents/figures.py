"""The figures that the documents show, as numbers and words.

A chart's description says in words what a reader of the picture sees first, for those who cannot see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ledger.members import UNLISTED
from ledger.register.terms import Law
from reports.counts import SCHOOLS, Counts
from reports.documents.figure import Figure
from reports.documents.findings import Rows, named
from reports.finding import SEVERITIES
from reports.scope import day_in_words
from reports.wording import Labels

if TYPE_CHECKING:
    from reports.documents.reading import Reading

MOST_PERIODS = 24
"""Beyond so many months a chart counts by year, beyond so many years by several at a time."""

MOST_ROWS = 30
"""Beyond so many recipients a chart shows the ones with most transfers, and the others as one."""

MOST_FIELDS = 40
"""Beyond so many fields a chart shows the ones that were sent most, and the others as one."""

MOST_ARROWS = 64
"""Beyond so many arrows the senders with fewest transfers are shown as one."""

WINDOW = timedelta(days=45)
"""How far before and after the closing of ContactPoint its chart reaches."""

DELAYS = (
    (-1, "Before it happened"),
    (0, "On the same day"),
    (7, "Within a week (1 to 7 days)"),
    (31, "Within a month (8 to 31 days)"),
    (90, "Within a term (32 to 90 days)"),
    (None, "Later (over 90 days)"),
)
"""How long after a transfer it was recorded: at most so many days, and how that is called."""

AGES = (
    (31, "Up to 1 month (31 days)"),
    (92, "Up to 3 months (92 days)"),
    (183, "Up to 6 months (183 days)"),
    (366, "Up to a year (366 days)"),
    (None, "Older than a year"),
)
"""How long ago a transfer was: at most so many days, and how that is called."""

LATER, UNDATED = "Dated later than this report", "On no transfer, so without a date"
"""In place of an age, for what has none."""

NAMES = (
    "contactpoint-closing",
    "fields-by-recipient",
    "findings-by-severity",
    "flows",
    "open-breaches-by-age",
    "time-to-recording",
    "transfers-by-recipient",
)
"""All figures that there are; one without any number has no chart."""

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LONGEST = 80


class Span(NamedTuple):
    """A month, or with month 0 so many whole years from `year` on."""

    year: int
    month: int
    years: int = 1

    @property
    def label(self) -> str:
        """As a chart names it: `Sep 2009`, `2009`, or `2005 to 2009`."""
        if self.month:
            return f"{_MONTHS[self.month - 1]} {self.year:04}"
        return f"{self.year:04}" if self.years == 1 else f"{self.year:04} to {self.year + self.years - 1:04}"


def periods(months: Iterable[tuple[int, int]]) -> list[Span]:
    """All months (year and month) from the first to the last; all years, or several at a time, where a chart has no
    room for these.
    """
    found = sorted(set(months))
    if not found:
        return []
    (first, start), (last, end) = found[0], found[-1]
    count = (last - first) * 12 + end - start + 1
    if count <= MOST_PERIODS:
        return [Span(first + (start - 1 + n) // 12, (start - 1 + n) % 12 + 1) for n in range(count)]
    years = -(-(last - first + 1) // MOST_PERIODS)
    return [Span(year, 0, years) for year in range(first, last + 1, years)]


def _within(year: int, month: int, spans: Sequence[Span]) -> Span:
    first = spans[0]
    if first.month:
        return Span(year, month)
    return spans[(year - first.year) // first.years]


def _by(spans: Sequence[Span]) -> str:
    if not spans or spans[0].month:
        return "month"
    return "year" if spans[0].years == 1 else f"{spans[0].years} years"


def _some(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _shortly(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"


def _names(ids: Collection[str], label: Labels) -> dict[str, str]:
    """A name for each party; two of one name are told apart by their ids."""
    found = {id_: "Schools" if id_ == SCHOOLS else named(id_, label) for id_ in ids}
    times = Counter(found.values())
    return {id_: f"{name} ({id_})" if times[name] > 1 else name for id_, name in found.items()}


def _most(totals: Counter[str], limit: int) -> tuple[list[str], list[str]]:
    """Those that are shown by themselves, the largest first, and those that are put together."""
    ordered = sorted(totals, key=lambda id_: (-totals[id_], id_))
    shown = len(ordered) if len(ordered) <= limit else limit - 1
    return ordered[:shown], ordered[shown:]


def _by_recipient(counts: Counts) -> Counter[str]:
    totals: Counter[str] = Counter()
    for (id_, _, _), count in counts.months.items():
        totals[counts.group(id_)] += count
    return totals


def recipients(counts: Counts, label: Labels) -> Figure:
    """Transfers by month and recipient, the recipient with most transfers first; all schools are one."""
    spans = periods((year, month) for _, year, month in counts.months)
    cells: Counter[tuple[str, Span]] = Counter()
    for (id_, year, month), count in counts.months.items():
        cells[counts.group(id_), _within(year, month, spans)] += count
    totals = _by_recipient(counts)
    shown, others = _most(totals, MOST_ROWS)
    names = _names(totals, label)
    series = [(names[id_], tuple(cells[id_, span] for span in spans)) for id_ in shown]
    if others:
        numbers = tuple(sum(cells[id_, span] for id_ in others) for span in spans)
        series.append((f"{len(others)} other recipients", numbers))
    description = empty = "No transfer is recorded."
    if cells:
        (busiest, span), most = min(cells.items(), key=lambda cell: (-cell[1], cell[0]))
        when = f"from {spans[0].label} to {spans[-1].label}" if len(spans) > 1 else f"in {spans[0].label}"
        description = (
            f"{_some(totals.total(), 'transfer')} to {_some(len({id_ for id_, _, _ in counts.months}), 'recipient')}"
            f"{', all schools in one row' if SCHOOLS in totals else ''}, "
            f"{when}. Most went to {_shortly(names[shown[0]])} "
            f"({totals[shown[0]]:,}); the busiest {_by(spans)} of one recipient: {span.label}, "
            f"with {most:,} to {_shortly(names[busiest])}."
        )
    return Figure(
        name="transfers-by-recipient",
        title=f"Transfers by {_by(spans)} and recipient",
        description=description,
        kind="grid",
        heading="Recipient",
        across=tuple(span.label for span in spans),
        series=tuple(series),
        empty=empty,
    )


def severities(rows: Rows) -> Figure:
    """Findings that stand by severity and the month of their transfer, the worst first."""
    standing: Counter[tuple[str, int, int]] = Counter()
    undated = 0
    for finding, sent in rows.pairs():
        if finding.corrected_by is None:
            if sent.on is None:
                undated += 1
            else:
                standing[finding.severity, sent.on.year, sent.on.month] += 1
    spans = periods((year, month) for _, year, month in standing)
    cells: Counter[tuple[str, Span]] = Counter()
    for (severity, year, month), count in standing.items():
        cells[severity, _within(year, month, spans)] += count
    series = tuple((one.capitalize(), tuple(cells[one, span] for span in spans)) for one in SEVERITIES)
    description = empty = "No finding stands on any transfer."
    if standing:
        totals = ", ".join(f"{sum(numbers):,} {name.lower()}" for name, numbers in series)
        most = max(spans, key=lambda span: sum(cells[one, span] for one in SEVERITIES))
        description = (
            f"{_some(standing.total(), 'finding')} by the date of the transfer: {totals}. Most are in "
            f"{most.label} ({sum(cells[one, most] for one in SEVERITIES):,})."
        )
    if undated:
        description += f" {_some(undated, 'finding')} on no transfer {'is' if undated == 1 else 'are'} not in it."
    return Figure(
        name="findings-by-severity",
        title=f"Findings by severity and {_by(spans)} of the transfer",
        description=description,
        style="severity",
        across=tuple(span.label for span in spans),
        series=series,
        empty=empty,
    )


def matrix(counts: Counts, label: Labels) -> Figure:
    """Which fields each recipient was sent, and in how many transfers; all schools are one.

    Where fields are put together, a transfer counts once for each of them that it held.
    """
    cells = counts.fields
    totals = _by_recipient(counts)
    sent: Counter[str] = Counter()
    for (_, field), count in cells.items():
        sent[field] += count
    reached = Counter({id_: totals[id_] for id_ in {id_ for id_, _ in cells}})
    shown, others = _most(reached, MOST_ROWS)
    fields, rest = _most(sent, MOST_FIELDS)
    names = _names(reached, label)
    across = [_field(one, label) for one in fields]
    if rest:
        across.append(f"{len(rest)} other fields")

    def row(ids: Sequence[str]) -> tuple[int, ...]:
        numbers = [sum(cells[id_, field] for id_ in ids) for field in fields]
        return (*numbers, sum(cells[id_, field] for id_ in ids for field in rest)) if rest else tuple(numbers)

    series = [(names[id_], row([id_])) for id_ in shown]
    if others:
        series.append((f"{len(others)} other recipients", row(others)))
    description = empty = "No field is recorded as sent."
    if cells:
        widest = min(reached, key=lambda id_: (-sum(1 for one, _ in cells if one == id_), id_))
        description = (
            f"{_some(len(sent), 'field')} went to {_some(len(reached), 'recipient')}"
            f"{', all schools counted as one' if SCHOOLS in reached else ''}. The field sent most is "
            f"{_shortly(across[0])} ({_some(sent[fields[0]], 'transfer')}); the recipient with most different fields "
            f"is {_shortly(names[widest])} ({sum(1 for one, _ in cells if one == widest):,})."
        )
        if rest:
            description += " Where other fields are put together, a transfer counts once for each that it held."
    return Figure(
        name="fields-by-recipient",
        title="Fields sent to each recipient, in how many transfers",
        description=description,
        kind="grid",
        heading="Recipient",
        across=tuple(across),
        series=tuple(series),
        empty=empty,
    )


def _field(id_: str, label: Labels) -> str:
    return "Not a known field (unlisted)" if id_ == UNLISTED else label(id_, "field")


Pair = tuple[str, str]
"""A sender and a recipient."""


def _pairs(reading: Reading) -> tuple[Counter[Pair], Counter[Pair], int]:
    """Transfers and breaches by sender and recipient, and how many breaches are on no single transfer."""
    counts = reading.counts
    transfers: Counter[Pair] = Counter()
    for parties, volume in counts.flows.items():
        transfers[parties.sender, parties.recipient] += volume.transfers
    breaches: Counter[Pair] = Counter()
    elsewhere = 0
    for finding, sent in reading.rows.pairs():
        if finding.outcome == "breach" and finding.corrected_by is None:
            if sent.sender_id and sent.recipient_id:
                breaches[counts.group(sent.sender_id), counts.group(sent.recipient_id)] += 1
            else:
                elsewhere += 1
    return transfers, breaches, elsewhere


def _gathered(pairs: Iterable[Pair], transfers: Counter[Pair]) -> tuple[dict[str, str], dict[str, str]]:
    """For senders and for recipients, who is shown as whom: itself, or "" for all that are put together."""
    sending: Counter[str] = Counter()
    receiving: Counter[str] = Counter()
    for pair in pairs:
        sending[pair[0]] += transfers[pair]
        receiving[pair[1]] += transfers[pair]
    shown, others = _most(receiving, MOST_ROWS)
    to = {**{id_: id_ for id_ in shown}, **dict.fromkeys(others, "")}
    ordered = sorted(sending, key=lambda id_: (-sending[id_], id_))
    for count in range(len(ordered), 0, -1):
        # One that is put together with none would be shown under a name that says less.
        if count != len(ordered) - 1:
            from_ = {id_: id_ if place < count else "" for place, id_ in enumerate(ordered)}
            if len({(from_[sender], to[recipient]) for sender, recipient in pairs}) <= MOST_ARROWS:
                break
    return from_, to


def flows(reading: Reading) -> Figure:
    """Who sent to whom, how much, and how many breaches stand on it: an arrow for each pair; all schools are one."""
    transfers, breaches, elsewhere = _pairs(reading)
    pairs = sorted({*transfers, *breaches})
    description = empty = "No transfer is recorded."
    series: list[tuple[str, tuple[int, ...]]] = []
    ends: list[Pair] = []
    if pairs:
        from_, to = _gathered(pairs, transfers)
        senders, receivers = (_names({pair[end] for pair in pairs}, reading.label) for end in (0, 1))
        senders[""] = f"{sum(not one for one in from_.values()):,} other senders"
        receivers[""] = f"{sum(not one for one in to.values()):,} other recipients"
        cells: Counter[tuple[Pair, bool]] = Counter()
        for pair in pairs:
            shown = from_[pair[0]], to[pair[1]]
            cells[shown, False] += transfers[pair]
            cells[shown, True] += breaches[pair]
        for pair in _in_order({pair: cells[pair, False] for pair, _ in cells}):
            ends.append((senders[pair[0]], receivers[pair[1]]))
            series.append((" to ".join(ends[-1]), (cells[pair, False], cells[pair, True])))
        most = min(pairs, key=lambda pair: (-transfers[pair], pair))
        worst = min(pairs, key=lambda pair: (-breaches[pair], pair))
        description = (
            f"{_some(transfers.total(), 'transfer')} from {_some(len(senders) - 1, 'sender')} to "
            f"{_some(len(receivers) - 1, 'recipient')}{_schools(pairs)}. Most went from "
            f"{_shortly(senders[most[0]])} to {_shortly(receivers[most[1]])} ({transfers[most]:,}). "
        )
        if breaches:
            description += (
                f"{_some(breaches.total(), 'breach', 'breaches')} stand{'s' * (breaches.total() == 1)} on "
                f"{len(breaches):,} of {_some(len(pairs), 'pair')} of sender and recipient, most from "
                f"{_shortly(senders[worst[0]])} to {_shortly(receivers[worst[1]])} ({breaches[worst]:,}). "
            )
        else:
            description += "No breach stands on any of them. "
        if elsewhere:
            description += f"{_some(elsewhere, 'breach', 'breaches')} on no single transfer: on no arrow. "
        description += "An arrow's width grows with the square root of its transfers."
    return Figure(
        name="flows",
        title="Who sent to whom, and where breaches were found",
        description=description,
        kind="graph",
        heading="From and to",
        across=("Transfers", "Breaches"),
        series=tuple(series),
        ends=tuple(ends),
        empty=empty,
    )


def _schools(pairs: Iterable[Pair]) -> str:
    return ", all schools counted as one" if any(SCHOOLS in pair for pair in pairs) else ""


def _in_order(shown: dict[Pair, int]) -> list[Pair]:
    """The arrows so that few cross: by the sender that most of a recipient's transfers come from, then by number."""
    sending: Counter[str] = Counter()
    receiving: Counter[str] = Counter()
    for (sender, recipient), count in shown.items():
        sending[sender] += count
        receiving[recipient] += count
    senders = {id_: place for place, id_ in enumerate(sorted(sending, key=lambda id_: (not id_, -sending[id_], id_)))}
    main = {
        recipient: min((-count, senders[sender]) for (sender, to), count in shown.items() if to == recipient)[1]
        for recipient in receiving
    }
    return sorted(shown, key=lambda pair: (main[pair[1]], -receiving[pair[1]], pair[1], senders[pair[0]]))


def closing(counts: Counts, rows: Rows, law: Law) -> Figure:
    """Uses of ContactPoint day by day around its closing: before it, not to be told, and after it.

    The day of the closing is there three times: before noon, not to be told, and after noon. A transfer over several
    days counts on the first.
    """
    day = law.contactpoint.day
    before = [day - timedelta(days=n) for n in range(WINDOW.days, 0, -1)]
    after = [day + timedelta(days=n) for n in range(1, WINDOW.days + 1)]
    certain: dict[int, bool] = {}
    on: dict[int, date | None] = {}
    gone = 0
    for finding, sent in rows.pairs():
        if not finding.check.startswith("contactpoint-"):
            continue
        if finding.corrected_by is not None:
            gone += finding.outcome == "breach" and rows.state(finding).denied
        else:
            certain[finding.seq] = certain.get(finding.seq, False) or finding.outcome == "breach"
            on[finding.seq] = sent.on
    found = Counter((is_certain, on[seq]) for seq, is_certain in certain.items())

    def numbers(of: dict[date, int], place: int) -> tuple[int, ...]:
        noon = tuple(of[day] if part == place else 0 for part in range(3))
        return (*(of[one] for one in before), *noon, *(of[one] for one in after))

    days = (*before, day, *after)
    told = (
        {one: counts.uses_before[one] for one in days},
        {one: found[False, one] for one in days},
        {one: found[True, one] for one in days},
    )
    names = ("Before the closing", "Cannot be told", "After the closing")
    series = tuple((name, numbers(of, place)) for place, (name, of) in enumerate(zip(names, told, strict=True)))
    totals = [sum(of.values()) for of in told]
    on_day = f"{day.day} {_MONTHS[day.month - 1]}"
    description = (
        f"In the {WINDOW.days} days before and after ContactPoint was switched off at noon on {day_in_words(day)}: "
        f"{totals[0]:,} transfers used it before the closing, of {totals[1]:,} it cannot be told, and "
        f"{totals[2]:,} used it after the closing. On the day itself: {told[0][day]:,} before noon, of "
        f"{told[1][day]:,} it cannot be told, and {told[2][day]:,} after noon."
    )
    taken_back = ""
    if gone:
        uses = "1 more recorded use was" if gone == 1 else f"{gone:,} more recorded uses were"
        taken_back = f"{uses} withdrawn or changed later, as a second person confirmed."
        description += f" {taken_back}"
    return Figure(
        name="contactpoint-closing",
        title=f"Uses of ContactPoint around its closing on {day_in_words(day)}",
        description=description,
        style="closing",
        heading="Day",
        across=(
            *(f"{one.day} {_MONTHS[one.month - 1]}" for one in before),
            *(f"{on_day}, {part}" for part in ("before noon", "cannot be told", "after noon")),
            *(f"{one.day} {_MONTHS[one.month - 1]}" for one in after),
        ),
        series=series,
        empty=taken_back or "No recorded transfer used ContactPoint in these days.",
    )


def _called(days: int, bands: Sequence[tuple[int | None, str]]) -> str:
    return next(name for most, name in bands if most is None or days <= most)


def delays(counts: Counts) -> Figure:
    """How long after the transfers they were recorded, in London days; one over several days from its last."""
    cells: Counter[str] = Counter()
    for days, count in counts.delays.items():
        cells[_called(days, DELAYS)] += count
    total = cells.total()
    description = empty = "No transfer is recorded."
    if total:
        most = max((name for _, name in DELAYS), key=lambda name: cells[name])
        slowest = max(counts.delays)
        late = "none was recorded later than its day"
        if slowest > 0:
            late = f"the longest time was {_some(slowest, 'day')}"
        description = (
            f"{_some(total, 'transfer')} by the time from the transfer to its being recorded. Most: "
            f"{most[0].lower()}{most[1:]} ({cells[most]:,}); {late}."
        )
        early = cells[DELAYS[0][1]]
        if early:
            description += (
                f" {_some(early, 'transfer')} {'was' if early == 1 else 'were'} recorded before the day of the "
                "transfer."
            )
    return Figure(
        name="time-to-recording",
        title="Time from transfer to recording",
        description=description,
        heading="Recorded",
        across=tuple(name for _, name in DELAYS),
        series=(("Transfers", tuple(cells[name] for _, name in DELAYS)),),
        empty=empty,
    )


def ages(reading: Reading) -> Figure:
    """Breaches that no decision closes, by severity and the days from their transfer to the report's."""
    still = {finding.key for finding in reading.open}
    cells: Counter[tuple[str, str]] = Counter()
    oldest: date | None = None
    for finding, sent in reading.rows.pairs():
        if finding.key not in still:
            continue
        if sent.on is None:
            age = UNDATED
        elif sent.on > reading.as_of:
            age = LATER
        else:
            age = _called((reading.as_of - sent.on).days, AGES)
            oldest = sent.on if oldest is None else min(oldest, sent.on)
        cells[finding.severity, age] += 1
    across = [name for _, name in AGES]
    across += [name for name in (LATER, UNDATED) if any(cells[one, name] for one in SEVERITIES)]
    series = tuple((one.capitalize(), tuple(cells[one, name] for name in across)) for one in SEVERITIES)
    description = empty = "No breach is open."
    if cells:
        totals = ", ".join(f"{sum(numbers):,} {name.lower()}" for name, numbers in series)
        most = max(across, key=lambda name: sum(cells[one, name] for one in SEVERITIES))
        description = (
            f"{_some(cells.total(), 'open breach', 'open breaches')} by the time since the transfer on "
            f"{day_in_words(reading.as_of)}: {totals}. Most: {most[0].lower()}{most[1:]} "
            f"({sum(cells[one, most] for one in SEVERITIES):,})."
        )
        if oldest is not None:
            description += f" The oldest is on a transfer of {day_in_words(oldest)}."
    return Figure(
        name="open-breaches-by-age",
        title="Open breaches by the time since their transfer",
        description=description,
        style="severity",
        heading="Time since the transfer",
        across=tuple(across),
        series=series,
        empty=empty,
    )
