"""The governors' document: for people who have ten minutes, and whose papers are public.

It asks whether only what was announced was shared, and answers. It names no transfer, entry or school class, uses no
code, and shows no count from 1 to 4 nor any from which one could be worked out (`suppressed`). Nothing in it costs time
that grows with the transfers beyond their count by day and by month.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Literal, NamedTuple

from ledger.london import LONDON
from ledger.source import Source
from reports.checks import CHECKS
from reports.counts import Counts
from reports.documents.blocks import (
    LEAST,
    Block,
    Bullets,
    Chart,
    Column,
    Data,
    Document,
    Few,
    Heading,
    Number,
    Numbers,
    Paragraph,
    Table,
    Text,
    Verdict,
)
from reports.documents.contactpoint import contactpoint
from reports.documents.figure import Figure
from reports.documents.kinds_of_problem import KINDS, Role, decide, problem
from reports.documents.reading import Reading, attested_day
from reports.documents.statements import QUESTIONS
from reports.documents.suppressed import Shown, by_kind, since, total, total_of_shares
from reports.documents.trend import Day, Row, Series, trend
from reports.finding import SEVERITIES, Finding, Outcome, Severity
from reports.run import Result
from reports.scope import day_in_words

QUESTION, TO_SETTLE = QUESTIONS

MOST_DECISIONS = 5
"""More are not asked for at once; the data protection officer has the rest."""

URGENT, USUAL = timedelta(days=14), timedelta(days=30)
"""How long there is to decide: on what is critical, and on the rest."""

AFTERMATH = date(2010, 12, 31)
"""Until then a report has a section on ContactPoint, and afterwards one line."""

_PLACES = {check.ID: place for place, check in enumerate(CHECKS)}

_ANSWERS: dict[str, tuple[Literal["bad", "unsure", "good", "note"], str]] = {
    "no": ("bad", "No."),
    "cannot-say": ("unsure", "We cannot say."),
    "yes": ("good", "Yes, as far as the record shows."),
}

_RATINGS = {"act-now": "Act now", "cannot-say": "Cannot say", "no-problem-found": "No problem found"}

_REASONS = {
    "open-breach": "Something was shared against our privacy notice or the law, and this is not settled yet.",
    "check-not-run": "Some checks could not be run, or could not be run on every transfer.",
    "records-missing": "Some transfers that were due are not in the record.",
    "not-verified": "The record failed its own test, so it may have been altered.",
    "cannot-tell": "We cannot tell of more than 5 in 100 transfers whether they kept to our notice and the law.",
    "contactpoint-unclear": "Data may have gone to ContactPoint after it was switched off.",
    "value-erased": "Some details that the checks need were erased.",
}


_UNCONFIRMED = "Nobody else has confirmed every change yet."

_GRADES: dict[Outcome, str] = {"breach": "Problem", "cannot-tell": "We cannot tell", "advisory": "Advice"}
"""What a finding is, the worst first."""


class Kind(NamedTuple):
    """Problems of one kind that stand, and those of them that no decision settles. `new` are of the latter."""

    severity: Severity
    check: str
    outcome: Outcome
    open: int
    new: int


class Told(NamedTuple):
    """What the document may show, all of it suppressed where it has to be. `kinds` have none without an open one."""

    transfers: Shown
    organisations: Shown
    problems: Shown
    untold: Shown
    kinds: tuple[tuple[Kind, Shown], ...]
    rows: tuple[Row, ...]
    past: tuple[Shown, Shown] | None
    new: tuple[Shown, Shown] | None


def _open(result: Result, outcome: Outcome) -> list[Finding]:
    """What is still to be settled, of one outcome; what awaits a second person counts as a breach."""
    return [
        one
        for one in result.standing
        if not result.settled(one)
        and outcome == ("breach" if result.state(one).state == "awaiting-confirmation" else one.outcome)
    ]


def _by_day(source: Source, findings: list[Finding]) -> Counter[Day]:
    rows = source.db.execute(
        "SELECT e.transferred_on, count(*) FROM json_each(?) AS j CROSS JOIN entries AS e ON e.seq = j.value "
        "GROUP BY 1",
        [json.dumps([one.seq for one in findings])],
    )
    return Counter({None if day is None else date.fromisoformat(day): count for day, count in rows})


def _kinds(findings: list[Finding], new: frozenset[str]) -> list[Kind]:
    found: Counter[tuple[Severity, str, Outcome]] = Counter()
    fresh: Counter[tuple[Severity, str, Outcome]] = Counter()
    for one in findings:
        of = one.severity, one.check, one.outcome
        found[of] += 1
        fresh[of] += one.key in new
    return [Kind(*of, count, fresh[of]) for of, count in found.items()]


def _of_outcome(kinds: list[Kind]) -> tuple[Shown, list[tuple[Kind, Shown]]]:
    if not kinds:
        return 0, []
    sum_, shown = by_kind([one.open for one in kinds], [one.new for one in kinds])
    return sum_, list(zip(kinds, shown, strict=True))


def _weight(pair: tuple[Kind, Shown]) -> tuple[int, int, int, int]:
    # The worst first, and then the most, by nothing but what is shown: the order must not tell what is not.
    kind, shown = pair
    return (
        list(_GRADES).index(kind.outcome),
        SEVERITIES.index(kind.severity),
        0 if isinstance(shown, Few) else -shown,
        _PLACES[kind.check],
    )


class _Spoken(NamedTuple):
    """A period that is spoken of: what may be said of it as a whole, and what it is made of."""

    transfers: Shown
    problems: Shown
    sent: Series
    open: Series


def _spoken(
    reading: Reading, source: Source, result: Result, counts: Counts, kinds: int, organisations: int
) -> _Spoken:
    breaches, untold = _open(result, "breach"), _open(result, "cannot-tell")
    since_: Counter[Day] = Counter()
    new: list[Finding] = []
    if reading.since is not None:
        scope = counts.scope._replace(since=max(counts.scope.since, reading.since.attested.entry.size))
        since_.update(Counts(source, reading.evidence, reading.as_of, scope).days)
        new = [one for one in breaches if one.key in reading.since.new]
    # An open breach settles the rating, which then says nothing of how much cannot be told.
    doubtful = 0 if breaches else len({one.entries[0] for one in untold})
    return _Spoken(
        total_of_shares(counts.transfers, organisations, doubtful, since_.total()),
        total(len(breaches), kinds, len(new)),
        Series(Counter[Day](counts.days), since_),
        Series(_by_day(source, breaches), _by_day(source, new)),
    )


def _told(reading: Reading, source: Source) -> Told:
    new = reading.since.new if reading.since is not None else frozenset()
    problems, untold, advice = (_of_outcome(_kinds(_open(reading.result, one), new)) for one in _GRADES)
    organisations = total(len({recipient for recipient, _, _ in reading.counts.months}), 1)
    at_least = organisations if isinstance(organisations, int) else 1
    now = _spoken(reading, source, reading.result, reading.counts, kinds=len(problems[1]), organisations=at_least)
    past = None
    if reading.past is not None:
        past = _spoken(reading, source, reading.past.result, reading.past.counts, kinds=1, organisations=1)
    rows: tuple[Row, ...] = ()
    if now.transfers and not isinstance(now.transfers, Few):
        before = None
        if reading.past is not None and past is not None and not isinstance(past.transfers, Few):
            before = reading.past.scope.period, past.sent, past.open
        rows = trend((reading.scope.period, now.sent, now.open), before, problems=not isinstance(now.problems, Few))
    latest = None
    if reading.since is not None and not reading.scope.since:
        latest = (
            since(sum(now.sent.new.values()), sum(now.sent.days.values()), now.transfers),
            since(sum(now.open.new.values()), sum(now.open.days.values()), now.problems),
        )
    return Told(
        now.transfers,
        organisations,
        now.problems,
        untold[0],
        tuple(sorted(problems[1] + untold[1] + advice[1], key=_weight)),
        rows,
        None if past is None else (past.transfers, past.problems),
        latest,
    )


def _verdict(reading: Reading) -> Verdict:
    level, answers = reading.rating.level, reading.answers
    kind, title = _ANSWERS[answers.complied]
    reasons = [_REASONS[one] for one in reading.rating.reasons if one != "open-breach"]
    if answers.complied == "no":
        reasons = ["Something was shared that our privacy notice or the law does not cover."]
    elif answers.complied == "yes" and answers.unchecked:
        kind, title = "unsure", "Yes, except for changes to the record that nobody else has checked."
        reasons = ["Each of these changes took a problem out of the record. A second person must check them."]
    elif answers.complied == "yes" and answers.mistakes:
        reasons = ["All checks were run. A second person confirmed that what they found was a mistake."]
    elif answers.complied == "yes":
        reasons = ["All checks were run, and none found a problem."]
        if not reading.counts.transfers:
            kind, title = "note", "Nothing was shared, by the record."
            reasons = ["The record holds no transfer of data for this period."]
    rule: Text = (
        f"Overall rating: {_RATINGS[level]}. The same rule always gives the rating. If any problem is open, we must "
        "act now. If none is, we cannot say if checks were not run, transfers are missing, or the record fails its own "
        "test. Nor can we say if more than 5 in 100 transfers cannot be judged. Otherwise, no problem was found.",
    )
    return Verdict(kind, title, (*((one,) for one in reasons), rule))


def _to_settle(reading: Reading) -> list[Block]:
    """The second question, which settling a problem answers and the first does not."""
    answers = reading.answers
    if not answers.open:
        return [Heading(TO_SETTLE, "to-settle"), Verdict("good", "No. Nothing is open.")]
    text: list[Text] = [(_REASONS["open-breach"],)]
    if answers.awaiting_confirmation:
        text.append(("For some of it, somebody says that it never was a problem. A second person must confirm that.",))
    return [Heading(TO_SETTLE, "to-settle"), Verdict("bad", "Yes. Some of it must be put right now.", tuple(text))]


def _numbers(told: Told) -> Numbers:
    return Numbers(
        (
            Number("transfers", "Transfers of data", told.transfers),
            Number("organisations", "Organisations that received data", told.organisations),
            Number("problems", "Problems to settle", told.problems),
            Number("cannot-tell", "Points where we cannot tell", told.untold),
        )
    )


def _closing(reading: Reading) -> tuple[str, str]:
    """When ContactPoint was switched off: the day, and the time of day."""
    closing = reading.law.contactpoint
    moment = closing.closed_at.astimezone(LONDON)
    at = "noon" if (moment.hour, moment.minute) == (12, 0) else f"{moment:%H:%M}"
    return day_in_words(closing.day), at


def _contactpoint(reading: Reading) -> list[Block]:
    standing = list(reading.result.standing)
    used = contactpoint(reading)
    unsure = used.untold > 0
    late = any(one.check == "recorded-late" and one.reason == "contactpoint" for one in standing)
    day, at = _closing(reading)
    period = reading.scope.period
    if period.last is not None and period.last < reading.law.contactpoint.day:
        says = "It was still switched on throughout this period."
    elif used.after:
        says = "The record shows that it was used after that. This must not happen."
        if not used.open:
            says = "The record shows that it was used after that. This has been looked into and settled."
    elif used.taken_back:
        says = "A use after that was recorded, and the record was changed since. " + (
            "A second person confirmed each change." if used.confirmed == used.taken_back else _UNCONFIRMED
        )
    elif unsure:
        says = (
            "The record shows no sure use after that. Some transfers may have used it; the record does not say enough."
        )
    else:
        says = "The record shows no use after that."
    if period.first is not None and period.first > AFTERMATH:
        return [Paragraph((f"ContactPoint, a national list of children, was switched off on {day}. {says}",))]
    more = ""
    if used.after and used.taken_back:
        more = " Other uses were recorded, and the record was changed since."
    if used.after and unsure:
        more += " Some other transfers may have used it; the record does not say enough."
    if late:
        more += " Some use from before was written down only after it. Nothing else backs up those dates."
    return [
        Heading("ContactPoint", "contactpoint"),
        Paragraph(
            (
                "ContactPoint was a national list of all children in England. "
                f"It was switched off at {at} on {day}. {says}{more}",
            )
        ),
    ]


def _sentence(shown: Shown, one: str, many: str) -> str:
    """A count in a sentence: "no problems", "fewer than 5 problems", "12 problems"."""
    if isinstance(shown, Few):
        return f"some {many} (how many is not shown)" if shown.withheld else f"fewer than {LEAST} {many}"
    return f"no {many}" if shown == 0 else f"{shown:,} {one if shown == 1 else many}"


def _change(now: Shown, before: Shown, what: str) -> str:
    if isinstance(now, Few) or isinstance(before, Few):
        return ""
    return f"{what} {'rose' if now > before else 'fell' if now < before else 'stayed the same'}."


def _changes(reading: Reading, told: Told) -> list[Block]:
    lines: list[Text] = []
    if reading.since is None:
        lines.append(("No earlier report of this kind was sealed, so there is none to compare with.",))
    else:
        day = day_in_words(attested_day(reading.since.attested))
        if told.new is None:
            lines.append((f"This report shows only what is new since the sealed report of {day}.",))
        else:
            recorded = _sentence(told.new[0], "transfer", "transfers")
            found = _sentence(told.new[1], "new problem", "new problems")
            lines.append((f"Recorded since the sealed report of {day}: {recorded}. Found since: {found}.",))
        if reading.since.gone:
            lines.append(("Some points that were found then are no longer found.",))
        lines.append(
            ("Decisions on problems were recorded since then.",)
            if reading.since.decisions
            else ("No decision on a problem was recorded since then.",)
        )
    if reading.past is not None and told.past is not None:
        label, (transfers, problems) = reading.past.scope.period.label, told.past
        if transfers == 0 and problems == 0:
            lines.append((f"For the period before ({label}), the record holds no transfer of data.",))
        else:
            changes = [
                _change(told.transfers, transfers, "The number of transfers"),
                _change(told.problems, problems, "The number of problems to settle"),
            ]
            sent = _sentence(transfers, "transfer of data", "transfers of data")
            found = _sentence(problems, "problem", "problems")
            before = f"For the period before ({label}), the record holds {sent}, and {found} to settle."
            lines.append((" ".join((before, *filter(None, changes))),))
    return [Heading("What has changed", "changes"), Bullets(tuple(lines))]


class Ask(NamedTuple):
    """A decision asked for."""

    what: str
    role: Role
    within: timedelta


def _asks(reading: Reading, told: Told) -> tuple[list[Ask], bool]:
    asks: list[Ask] = []
    if reading.verification.problems:
        asks.append(Ask("The record failed its own test. Find out why before anybody relies on it.", "officer", URGENT))
    wanted = [
        one
        for one, _ in told.kinds
        if one.outcome == "breach" or one.severity != "minor" or one.outcome == "cannot-tell"
    ]
    critical = [one for one in wanted if one.severity == "critical"]
    asks += [_ask(one) for one in critical]
    if reading.not_run:
        what = "Put our privacy notice for all of this period into the record, so that they can be."
        asks.append(Ask(f"Some checks could not be run on everything. {what}", "chair", USUAL))
    asks += [_ask(one) for one in wanted if one.severity != "critical"]
    unique = list(dict.fromkeys(asks))
    return unique[:MOST_DECISIONS], len(unique) > MOST_DECISIONS


def _ask(kind: Kind) -> Ask:
    within = URGENT if kind.severity == "critical" or kind.check.startswith("contactpoint-") else USUAL
    text = f"{problem(kind.check, kind.outcome)} {decide(kind.check, kind.outcome)}"
    return Ask(text, KINDS[kind.check].role, within)


def _roles(reading: Reading) -> dict[Role, str]:
    """Who answers: the people of a school, or those of an authority, which has no head teacher."""
    own = [one for one in reading.evidence.organisations.values() if one.name == reading.organisation]
    school = reading.school is not None or not any(one.role == "local-authority" for one in own)
    return {
        "officer": "data protection officer",
        "head": "head teacher" if school else "head of the service",
        "chair": "chair of governors" if school else "chair",
        "business": "business manager",
    }


def _by(as_of: date, within: timedelta) -> str:
    return day_in_words(as_of + within if date.max - as_of > within else date.max)


def _decisions(reading: Reading, told: Told) -> list[Block]:
    asks, more = _asks(reading, told)
    blocks: list[Block] = [Heading("What you are asked to decide", "decisions")]
    if not asks:
        return [*blocks, Paragraph(("Nothing needs a decision from you this time.",))]
    roles = _roles(reading)
    items = tuple((f"{ask.what} Who: the {roles[ask.role]}. By: {_by(reading.as_of, ask.within)}.",) for ask in asks)
    blocks.append(Bullets(items, numbered=True))
    if more:
        blocks.append(Paragraph(("There is more to settle than this. The data protection officer has the full list.",)))
    return blocks


def _trend(told: Told) -> list[Block]:
    blocks: list[Block] = [Heading("The trend", "trend")]
    if told.transfers == 0:
        return [*blocks, Paragraph(("There is nothing to compare.",))]
    if not told.rows:
        return [*blocks, Paragraph(("There is too little to compare without showing small counts.",))]
    both = told.rows[0].problems is not None
    columns = [Column("when", "When"), Column("transfers", "Transfers of data", "number")]
    if both:
        columns.append(Column("problems", "Problems to settle", "number"))
    rows = tuple(_cells(row) for row in told.rows)
    blocks.append(Table("trend", _caption(both), tuple(columns), rows))
    if both and not any(isinstance(one, Few) for one in (told.transfers, told.problems)):
        blocks.append(Chart(_figure(told.rows)))
    return blocks


def _caption(both: bool) -> str:
    return "Transfers of data, and problems to settle" if both else "Transfers of data"


def _cells(row: Row) -> tuple[str | int, ...]:
    return (row.label, row.transfers) if row.problems is None else (row.label, row.transfers, row.problems)


def _figure(rows: tuple[Row, ...]) -> Figure:
    numbers = tuple(row.problems or 0 for row in rows)
    most = max(range(len(rows)), key=lambda place: numbers[place])
    description = "There are no problems to settle."
    if any(numbers):
        description = f"The most problems to settle, {numbers[most]:,}, are from: {rows[most].label}."
    return Figure(
        name="problems-over-time",
        title="Problems to settle, by when the data was sent",
        description=description,
        across=tuple(row.label for row in rows),
        series=(("Problems to settle", numbers),),
        empty="There are no problems to settle.",
    )


def _trust(reading: Reading) -> str:
    if reading.verification.problems:
        return "The record failed its own test. It may have been altered, so do not rely on this report."
    levels = reading.verification.reached.levels
    if "anchored" in levels or "witnessed" in levels:
        return "The record passed its own test. It also agrees with what people outside our organisation kept of it."
    return (
        "The record passed its own test: no single part of it was altered. But it was not compared with a copy that "
        "somebody else kept, so that the whole of it might have been made anew."
    )


def _limits(reading: Reading) -> list[Block]:
    lines: list[Text] = [
        ("It can only show what was written down. No record can show a transfer that nobody recorded.",)
    ]
    if not reading.adopted:
        lines.append(("Our privacy notice is not in the record, so nobody could compare with it what we sent.",))
    elif reading.not_run:
        lines.append(
            ("The privacy notice in the record does not cover the whole period, so some checks did not see it all.",)
        )
    lines.append((_trust(reading),))
    lines.append(
        (
            "No page can show that nobody changed it later, or meddled with what it was made from. This can be tested "
            "if the report was sealed in the record. Ask for one that was, and for the result of that test.",
        )
    )
    last = reading.scope.period.last
    if last is not None and reading.as_of < last:
        lines.append((f"This period was not over on {day_in_words(reading.as_of)}, when the report was made.",))
    lines.append(
        (
            f"Counts from 1 to {LEAST - 1} are not shown. Board papers are public, and a small count might point to a "
            "child. A larger count is left out too, where a small one could be worked out from it. "
            "We do show 0, since nobody is in it.",
        )
    )
    return [Heading("What this report cannot tell you", "limits"), Bullets(tuple(lines))]


def _data(told: Told) -> tuple[Data, ...]:
    both = not told.rows or told.rows[0].problems is not None
    columns = [Column("when", "When"), Column("transfers", "Transfers of data", "number")]
    if both:
        columns.append(Column("problems", "Problems to settle", "number"))
    kinds = tuple((problem(one.check, one.outcome), _GRADES[one.outcome], shown) for one, shown in told.kinds)
    return (
        Data(
            "kinds",
            "What is to be settled, by kind",
            (Column("kind", "Kind"), Column("grade", "What it is"), Column("count", "How many", "number")),
            kinds,
        ),
        Data("trend", _caption(both), tuple(columns), tuple(map(_cells, told.rows))),
    )


def _when(reading: Reading) -> str:
    period = reading.scope.period.label
    if reading.since is None or not reading.scope.since:
        return period
    return f"{period}, only what is new since the sealed report of {day_in_words(attested_day(reading.since.attested))}"


def governors(reading: Reading, source: Source) -> Document:
    """The governors' document of a reading of the open ledger `source`."""
    told = _told(reading, source)
    who = reading.organisation if reading.school is None else reading.school.name
    blocks: list[Block] = [Heading(QUESTION, "question"), _verdict(reading), *_to_settle(reading), _numbers(told)]
    blocks += _contactpoint(reading) + _decisions(reading, told) + _changes(reading, told) + _trend(told)
    blocks += _limits(reading)
    warning = None
    if reading.verification.problems:
        warning = "Do not rely on this report: the record that it was made from failed its own test."
    return Document(
        kind="governors",
        title="Data sharing: a report for governors",
        about=f"{who}: {_when(reading)}",
        organisation=reading.organisation,
        made=reading.made,
        blocks=tuple(blocks),
        data=_data(told),
        warning=warning,
    )
