"""The governors' document: for people who have ten minutes, and whose papers are public.

It asks whether only what was announced was shared, and answers. It names no transfer, entry or school class, uses no
code, and shows no count but those that `cells` allows. Nothing in it costs time that grows with the transfers beyond
their count by cell.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import dropwhile
from typing import Literal, NamedTuple

from ledger.london import LONDON
from ledger.source import Source
from reports.checks import CHECKS
from reports.documents.blocks import (
    Block,
    Bullets,
    Chart,
    Column,
    Data,
    Document,
    Heading,
    Number,
    Numbers,
    Paragraph,
    Table,
    Text,
    Verdict,
)
from reports.documents.cells import Figures, figures, of_period
from reports.documents.contactpoint import uses
from reports.documents.disclosure_control import SMALL, Shown, change, limits, may_exceed
from reports.documents.figure import Figure
from reports.documents.kinds_of_problem import KINDS, Role, decide, problem
from reports.documents.reading import Reading
from reports.documents.statements import PRACTICE, QUESTIONS
from reports.finding import SEVERITIES, Finding, Outcome, Severity
from reports.run import CANNOT_TELL_LIMIT, Rating, Result, missing_for_yes
from reports.scope import Period, day_in_words
from reports.wording import rating_in_words

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


_REASONS = {
    "open-breach": "Something was shared against our privacy notice or the law, and this is not settled yet.",
    "check-not-run": "Some checks could not be run, or could not be run on every transfer.",
    "records-missing": "Some transfers that were due are not in the record.",
    "not-verified": "The record failed its own test, so it may have been altered.",
    "cannot-tell": "We may not be able to judge more than 5 in 100 transfers.",
    "contactpoint-unclear": "Data may have gone to ContactPoint after it was switched off.",
    "value-erased": "Some details that the checks need were erased.",
}


_UNCONFIRMED = "Nobody else has confirmed every change yet."

_GRADES: dict[Outcome, str] = {"breach": "Problem", "cannot-tell": "We cannot tell", "advisory": "Advice"}
"""What a finding is, the worst first."""


class Kind(NamedTuple):
    """A kind of problem that no decision settles; how often it was found is not told."""

    severity: Severity
    check: str
    outcome: Outcome


class Told(NamedTuple):
    """What the document may show of counts, and the kinds of problem, the worst first.

    `terms` are the fixed terms of the period and of the one before, in order, `past` that one as a whole. `missing` is
    what a "yes" would rest on and is not there: codes, as `run.missing_for_yes` has them.
    """

    now: Figures
    past: Figures | None
    terms: tuple[tuple[Period, Figures], ...]
    kinds: tuple[Kind, ...]
    missing: tuple[str, ...]
    rating: Rating
    complied: Literal["yes", "no", "cannot-say"]


def _open(result: Result) -> list[tuple[Outcome, Finding]]:
    """What is still to be settled, and as what it counts: what awaits a second person counts as a breach."""
    return [
        ("breach" if result.state(one).state == "awaiting-confirmation" else one.outcome, one)
        for one in result.standing
        if not result.settled(one)
    ]


def _weight(kind: Kind) -> tuple[int, int, int]:
    # By nothing that is counted: the order must not tell what is not shown.
    return list(_GRADES).index(kind.outcome), SEVERITIES.index(kind.severity), _PLACES[kind.check]


def _missing(reading: Reading, now: Figures) -> tuple[str, ...]:
    """What is missing for a "yes", by what is shown: told by the exact counts, it would tell something of them.

    So it may say that we cannot say where the exact counts would allow an answer, but never the reverse.
    """
    exactly = missing_for_yes(reading.result, verified=not reading.verification.problems)
    found = tuple(one for one in exactly if one != "cannot-tell")
    return (*found, "cannot-tell") if may_exceed(now.untold, now.transfers, CANNOT_TELL_LIMIT) else found


def told(reading: Reading, source: Source) -> Told:
    """What the document may show of a reading of the open ledger `source`."""
    open_ = _open(reading.result)
    terms = figures(source, reading.counts, open_)
    before: dict[Period, Figures] = {}
    if reading.past is not None:
        before = figures(source, reading.past.counts, _open(reading.past.result))
    now = of_period(terms.values())
    missing = _missing(reading, now)
    rating = Rating("cannot-say", missing) if missing else Rating("no-problem-found", ())
    return Told(
        now=now,
        past=of_period(before.values()) if before else None,
        terms=(*before.items(), *terms.items()),
        kinds=tuple(sorted({Kind(one.severity, one.check, one.outcome) for _, one in open_}, key=_weight)),
        missing=missing,
        rating=reading.rating if reading.rating.level == "act-now" else rating,
        complied="no" if reading.answers.complied == "no" else "cannot-say" if missing else "yes",
    )


def _verdict(reading: Reading, told: Told) -> Verdict:
    answers, complied = reading.answers, told.complied
    kind, title = _ANSWERS[complied]
    reasons = [_REASONS[one] for one in told.missing]
    if complied == "no":
        reasons = ["Something was shared that our privacy notice or the law does not cover."]
    elif complied == "yes" and answers.unchecked:
        kind, title = "unsure", "Yes, except for changes to the record that nobody else has checked."
        reasons = ["Each of these changes took a problem out of the record. A second person must check them."]
    elif complied == "yes" and answers.mistakes:
        reasons = ["All checks were run. A second person confirmed that what they found was a mistake."]
    elif complied == "yes":
        reasons = ["All checks were run, and none found a problem."]
        if told.now.transfers == 0:
            kind, title = "note", "Nothing was shared, by the record."
            reasons = ["The record holds no transfer of data for this period."]
    rule: Text = (
        f"Overall rating: {rating_in_words(told.rating.level, complied)}. The same rule always gives the rating. Act "
        "now: a problem is open. Cannot say: none is open, but checks were not run, or transfers are missing. We say "
        "the same if the record fails its own test, or if we may be unable to judge more than 5 in 100 transfers. "
        "Otherwise no problem was found, or all that were found are closed and nothing is open.",
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
            Number("transfers", "Transfers of data", told.now.transfers),
            Number("problems", "Transfers with a problem to settle", told.now.problems),
            Number("cannot-tell", "Transfers where we cannot tell", told.now.untold),
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
    used = uses(reading.result)
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
        more += " Some transfers dated before then were recorded only afterwards. Nothing else supports those dates."
    return [
        Heading("ContactPoint", "contactpoint"),
        Paragraph(
            (
                "ContactPoint was a national list of all children in England. "
                f"It was switched off at {at} on {day}. {says}{more}",
            )
        ),
    ]


def _sentence(shown: Shown, many: str) -> str:
    """A count in a sentence: "no problems", "fewer than 10 problems", "10 to 14 problems"."""
    return f"no {many}" if shown == 0 else f"{shown} {many}"


def _change(now: Shown, before: Shown, what: str) -> str:
    found = change(now, before)
    return f"{what} {found}." if found else ""


def _changes(reading: Reading, told: Told) -> list[Block]:
    if reading.past is None or told.past is None:
        return []
    label, past, now = reading.past.scope.period.label, told.past, told.now
    if past.transfers == 0 and past.problems == 0:
        text = f"For the period before ({label}), the record holds no transfer of data."
    else:
        sent = _sentence(past.transfers, "transfers of data")
        wrong = _sentence(past.problems, "transfers")
        before = (
            f"For the period before ({label}), the record holds {sent}. Of these, {wrong} have a problem to settle."
        )
        changes = [
            _change(now.transfers, past.transfers, "The number of transfers"),
            _change(now.problems, past.problems, "The number of transfers with a problem to settle"),
        ]
        text = " ".join((before, *filter(None, changes)))
    return [Heading("What has changed", "changes"), Paragraph((text,))]


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
        one for one in told.kinds if one.outcome == "breach" or one.severity != "minor" or one.outcome == "cannot-tell"
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


def _decisions(reading: Reading, asks: list[Ask], more: bool) -> list[Block]:
    blocks: list[Block] = [Heading("What you are asked to decide", "decisions")]
    if not asks:
        return [*blocks, Paragraph(("Nothing needs a decision from you this time.",))]
    roles = _roles(reading)
    items = tuple((f"{ask.what} Who: the {roles[ask.role]}. By: {_by(reading.as_of, ask.within)}.",) for ask in asks)
    blocks.append(Bullets(items, numbered=True))
    if more:
        blocks.append(Paragraph(("There is more to settle than this. The data protection officer has the full list.",)))
    return blocks


_TREND = (
    Column("when", "When"),
    Column("transfers", "Transfers of data", "number"),
    Column("problems", "With a problem to settle", "number"),
)


def _rows(told: Told, as_of: date) -> tuple[tuple[str, Shown, Shown], ...]:
    """The terms that have begun, from the first of which anything is recorded."""
    rows = [
        (f"{term.label[4:5].upper()}{term.label[5:]}", of.transfers, of.problems)
        for term, of in told.terms
        if term.first is not None and term.first <= as_of
    ]
    return tuple(dropwhile(lambda row: row[1] == row[2] == 0, rows))


def _trend(told: Told, as_of: date) -> list[Block]:
    rows = _rows(told, as_of)
    blocks: list[Block] = [Heading("The trend", "trend")]
    if not rows:
        return [*blocks, Paragraph(("There is nothing to compare.",))]
    blocks.append(Table("trend", "Transfers of data, by term", _TREND, rows))
    if any(problems for _, _, problems in rows):
        blocks.append(Chart(_figure(rows)))
    return blocks


def _figure(rows: tuple[tuple[str, Shown, Shown], ...]) -> Figure:
    numbers = tuple(limits(problems)[1] for _, _, problems in rows)
    most = max(range(len(rows)), key=lambda place: numbers[place])
    return Figure(
        name="problems-over-time",
        title="Transfers with a problem to settle: how many at most",
        description=f"The tallest bar, {numbers[most]:,} at most, is for: {rows[most][0]}.",
        across=tuple(label for label, _, _ in rows),
        series=(("At most", numbers),),
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
    if reading.scope.others:
        lines.append(
            (
                "It is about what this school sent, and what others sent to it or about it alone. What was sent about "
                "several schools is in the report for the whole organisation.",
            )
        )
    last = reading.scope.period.last
    if last is not None and reading.as_of < last:
        lines.append((f"This period was not over on {day_in_words(reading.as_of)}, when the report was made.",))
    lines.append(
        (
            f"Counts of transfers are shown as a range, unless they are 0. Those under {SMALL} are not told apart. "
            "Board papers are public, and a small count might point to a child. Ranges for longer periods are added "
            "up from those of the terms.",
        )
    )
    return [Heading("What this report cannot tell you", "limits"), Bullets(tuple(lines))]


def _data(reading: Reading, told: Told, asks: list[Ask]) -> tuple[Data, ...]:
    roles = _roles(reading)
    columns = (Column("decision", "Decision"), Column("who", "Who"), Column("by", "By"))
    decisions = [(ask.what, f"the {roles[ask.role]}", _by(reading.as_of, ask.within)) for ask in asks]
    return (
        Data("decisions", "What you are asked to decide", columns, decisions),
        Data("trend", "Transfers of data, by term", _TREND, _rows(told, reading.as_of)),
    )


def governors(reading: Reading, source: Source) -> Document:
    """The governors' document of a reading of the open ledger `source`."""
    shown = told(reading, source)
    asks, more = _asks(reading, shown)
    who = reading.organisation if reading.school is None else reading.school.name
    blocks: list[Block] = [Heading(QUESTION, "question"), _verdict(reading, shown), *_to_settle(reading)]
    blocks += [_numbers(shown), *_contactpoint(reading), *_decisions(reading, asks, more), *_changes(reading, shown)]
    blocks += _trend(shown, reading.as_of)
    blocks += _limits(reading)
    warning = PRACTICE if reading.evidence.practice else None
    if reading.verification.problems:
        warning = "Do not rely on this report: the record that it was made from failed its own test."
    return Document(
        kind="governors",
        title="Data sharing: a report for governors",
        about=f"{who}: {reading.scope.period.label}",
        organisation=reading.organisation,
        made=reading.made,
        blocks=tuple(blocks),
        data=_data(reading, shown, asks),
        warning=warning,
    )
