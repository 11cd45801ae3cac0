"""Sentences that documents share: the rule of the rating, what verification found, what was not checked, which purposes
are documented, and of whom and of which time a document speaks.

They are said in one place so that two readers of the same ledger are never told different things of it.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from ledger.london import day_of
from ledger.source import Adopted, Source
from reports.documents.blocks import Code, Tag, Text, Verdict
from reports.documents.findings import title
from reports.documents.reading import Reading
from reports.history import Answers
from reports.scope import WHOLE, Period, day_in_words
from reports.wording import RATING_REASONS, dated, rating_in_words

RULE = (
    "One rule gives the rating. Act now: at least one breach is open or awaits a second person. Cannot say: no breach "
    "is open, but a check did not run, records that were expected are missing, the record does not verify, more than "
    "5% of the transfers cannot be told, a possible use of ContactPoint is unclear, or a value that the checks need "
    "was erased. If none of these: no problem found or, where every breach that was found is closed, nothing is open."
)
"""DESIGN §8, in words."""

PRACTICE = "This is a practice ledger: nothing in it is real."
"""What every page and report of a practice ledger says first."""

LIMIT = "This report speaks of what was recorded. No ledger can show a transfer that nobody recorded."

SEVERITY = (
    "Critical: ContactPoint after its closing, or a special category of data without a condition. Serious: every "
    "other breach, and a finding left past the day of its decision. Minor: what cannot be told, and other advice."
)
"""What the severities mean (DESIGN §8)."""

OUTSIDE_WAL = "Whether newer entries lie in a WAL file that was not copied together with the ledger."
"""Whether such a file lies beside the ledger changes from one moment to the next, and a document does not: it says in
any case what such a file could hold."""

THIS_FILE = (
    "Whether this very file was changed since: `transfer-ledger verify-report` tells, of a report that was made with "
    "`--attest`."
)
"""A report cannot say of itself how it was made: whoever meddles with the rest meddles with that sentence too."""


def some(count: int, one: str, many: str) -> str:
    """A count with its noun, in the singular or the plural."""
    return f"{count:,} {one if count == 1 else many}"


def rating(reading: Reading) -> Verdict:
    """The overall rating, the reasons for it, and the one rule that gives it."""
    level = reading.rating.level
    because = "; ".join(RATING_REASONS[reason] for reason in reading.rating.reasons)
    reasons: tuple[Text, ...] = ((f"Because {because}.",),) if because else ()
    kind = {"act-now": "bad", "cannot-say": "unsure", "no-problem-found": "good"}[level]
    said = rating_in_words(level, reading.answers.complied)
    return Verdict(kind, said, (*reasons, (RULE,)))  # type: ignore[arg-type]  # one of the three levels


QUESTIONS = ("Did we share only what we said we would?", "Is anything still to be settled?")
"""What every report answers, each by itself (DESIGN section 3)."""


def complied(answers: Answers) -> tuple[str, str]:
    """The answer to the first question: itself, and what it rests on."""
    mistaken = "turned out to be a mistake of the record or of a check"
    if answers.complied == "no":
        more = f", and {answers.mistakes:,} more that {mistaken}" if answers.mistakes else ""
        return "No", f"{some(answers.breaches, 'breach was', 'breaches were')} found{more}."
    if answers.complied == "cannot-say":
        apart = f", apart from {answers.mistakes:,} that {mistaken}" if answers.mistakes else ""
        return "Cannot say", f"Something that the answer rests on is missing. No breach was found so far{apart}."
    if answers.unchecked:
        unchecked = some(answers.unchecked, "correction or decision", "corrections or decisions")
        return f"Yes, except {unchecked} that nobody else has checked", "Each of them removed a breach."
    if answers.mistakes:
        mistakes = some(answers.mistakes, "breach", "breaches")
        return "Yes", f"{mistakes} {mistaken}; a second person confirmed that."
    return "Yes", "All checks were run, and none ever found a breach."


def to_settle(answers: Answers) -> tuple[str, str]:
    """The answer to the second question: itself, and what it rests on."""
    if not answers.open:
        return "No", "Nothing is open."
    waiting = answers.awaiting_confirmation
    waits = f"; {waiting:,} of them {'needs' if waiting == 1 else 'need'} a second person" if waiting else ""
    return "Yes", f"{some(answers.open, 'finding is', 'findings are')} open{waits}."


def two_answers(reading: Reading) -> tuple[Verdict, Verdict]:
    """Both questions of every report with their answers, never one without the other."""
    first, why = complied(reading.answers)
    kind: Literal["bad", "unsure", "good"] = "bad" if first == "No" else "good" if first == "Yes" else "unsure"
    second, because = to_settle(reading.answers)
    return (
        Verdict(kind, f"{QUESTIONS[0]} {first}.", ((why,),)),
        Verdict("bad" if reading.answers.open else "good", f"{QUESTIONS[1]} {second}.", ((because,),)),
    )


def of_time(period: Period) -> str:
    """The period in words, with its days where its name does not tell them."""
    if period.first is None or period.last is None or not period.option.startswith(("year=", "term=")):
        return period.label
    return f"{period.label} ({day_in_words(period.first)} to {day_in_words(period.last)})"


def about(reading: Reading) -> str:
    """Of whose transfers and of which time a document speaks; whose ledger it is stands above its title."""
    whom = "All transfers" if reading.school is None else f"The transfers of {reading.school.name}"
    since = f", only what was recorded from entry {reading.scope.since} on" if reading.scope.since else ""
    return f"{whom}: {of_time(reading.scope.period)}{since}"


def warning(reading: Reading) -> str | None:
    """The first line of every document where the record cannot be relied on, or is for practice; otherwise None."""
    if reading.verification.problems:
        return verification(reading)
    return PRACTICE if reading.evidence.practice else None


def notes(reading: Reading, source: Source) -> tuple[str, ...]:
    """What a reader has to know of the period before any number in it, a sentence each; () for nothing."""
    period, as_of, found = reading.scope.period, reading.as_of, []
    if period.first is not None and period.first > as_of:
        found.append(f"The period begins after {day_in_words(as_of)}, the day that is spoken of.")
    elif period.last is not None and period.last > as_of:
        found.append(f"The period is not over on {day_in_words(as_of)}, the day that is spoken of.")
    if not reading.counts.transfers:
        found.append(
            "No transfer that stands is recorded at all."
            if period == WHOLE and not reading.scope.school and not reading.scope.since
            else "No transfer that stands is recorded in what this report speaks of."
        )
    begun = day_of(source.genesis().recorded_at)
    if period.first is not None and period.first < begun:
        found.append(
            f"The ledger was begun on {day_in_words(begun)}, after the period began: what was sent before that day is "
            "in it only where somebody recorded it afterwards."
        )
    return tuple(found)


def verification(reading: Reading) -> str:
    """What verification found, in words."""
    report = reading.verification
    if report.problems:
        return (
            f"The record does NOT verify: {some(len(report.problems), 'problem', 'problems')} in "
            f"{some(report.size, 'entry', 'entries')}. It cannot be relied on until they are explained."
        )
    read = "The only entry was" if report.size == 1 else f"All {report.size:,} entries were"
    return (
        f"{read} read and recomputed, and the record is consistent with itself: "
        "every hash and link holds, no number is missing, and nothing in the record was changed on its own."
    )


def coded(text: str) -> Text:
    """A sentence of this program's, with what stands between backquotes in letters of one width."""
    pieces = text.split("`")
    return tuple(Code(piece) if place % 2 else piece for place, piece in enumerate(pieces) if piece)


def not_verified(reading: Reading) -> tuple[Text, ...]:
    """What verification did not check, a sentence each."""
    return tuple(map(coded, (*reading.verification.not_checked, OUTSIDE_WAL, THIS_FILE)))


def not_run(reading: Reading) -> tuple[Text, ...]:
    """The checks that did not run, or not on all transfers, each with why; () where all ran on all."""
    return tuple(
        (Code(one.id), f" ({title(one.id)}) {'did not run everywhere' if one.ran else 'did not run'}: {one.reason}")
        for one in reading.not_run
    )


def all_ran(reading: Reading) -> str:
    """That all checks ran on all transfers, where they did."""
    return (
        f"All {len(reading.result.checks)} checks ran on all {some(reading.result.transfers, 'transfer', 'transfers')}."
    )


def covers_any(version: Adopted, period: Period) -> bool:
    """Whether this version of the documented purposes covers any day of `period`."""
    first, last = period.first or date.min, period.last or date.max
    until = version.entry.effective_until
    return version.entry.effective_from <= last and (until is None or until >= first)


def covering(reading: Reading) -> tuple[Adopted, ...]:
    """The versions of the documented purposes that cover any day of the period, oldest adoption first."""
    return tuple(version for version in reading.adopted if covers_any(version, reading.scope.period))


def documented(reading: Reading) -> tuple[Text, ...]:
    """Each adopted version of the documented purposes, with its days, its entry and its digest; () for none."""
    return tuple(_version(version, covers_any(version, reading.scope.period)) for version in reading.adopted)


def _version(version: Adopted, covers: bool) -> Text:
    entry = version.entry
    until = f" to {day_in_words(entry.effective_until)}" if entry.effective_until else " on"
    assigned: Text = (" ", Tag("dates assigned")) if entry.effective_assigned else ()
    adopted = f"adopted on {dated(entry.recorded_at.isoformat())} (entry {version.seq}), SHA-256 "
    return (
        f"{version.register.title}, version {entry.version}, from {day_in_words(entry.effective_from)}{until}",
        *assigned,
        f"; {adopted}",
        Code(entry.sha256),
        "." if covers else "; it covers no day of this period.",
    )


NONE_DOCUMENTED = "No register of documented purposes is adopted: only the facts of law judged these transfers."
"""Where `documented` is ()."""


def made_from(reading: Reading) -> Text:
    """What a document was made from, in a line for its end."""
    made = reading.made
    return (
        f"Made from the first {made.size:,} entries of ",
        Code(made.origin),
        ", head ",
        Code(made.head),
        f", the last recorded on {dated(made.head_at.isoformat())}, as of {day_in_words(made.as_of)}.",
    )
