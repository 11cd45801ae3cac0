"""The answers to the two questions of every report, and what there is of ContactPoint, as the first page says them.

How sure it is that the record is whole, `verified` knows.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

import msgspec

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import State, WantedFindings
from datasette_plugins.transfer_ledger.decisions import checked_size
from ledger.register.read import load_law
from reports.documents import contactpoint as documents
from reports.documents.statements import QUESTIONS, complied, some, to_settle
from reports.finding import Outcome
from reports.history import Answers

Kind = Literal["bad", "unsure", "good", "note"]

_answers = msgspec.json.Decoder(Answers).decode
_uses = msgspec.json.Decoder(documents.ContactPoint).decode


class Count(NamedTuple):
    """A number with its noun, and the findings that it counts, as an address asks for them."""

    text: str
    query: dict[str, str]

    @property
    def needs_second_person(self) -> bool:
        """Whether somebody else may confirm what it counts."""
        return self.query["state"] in ("awaiting", "unchecked")


class Answered(NamedTuple):
    """A question with its answer; `why` is what the answer rests on, and `counts` are the numbers in it."""

    kind: Kind
    question: str
    answer: str
    why: str
    counts: tuple[Count, ...]


class ContactPoint(NamedTuple):
    """The statement about ContactPoint, and the numbers of it."""

    kind: Kind
    answer: str
    closed_at: datetime
    counts: tuple[Count, ...]


def findings(view: View, state: State, today: date, outcome: Outcome | None = None) -> int:
    """How many findings are in a state, of one outcome or of any."""
    return len(view.findings(WantedFindings(state, outcome=outcome), today))


def _count(view: View, state: State, today: date, nouns: tuple[str, str], more: str = "") -> tuple[Count, ...]:
    number = findings(view, state, today)
    return (Count(some(number, *nouns) + more, {"state": state}),) if number else ()


def compliance(view: View, today: date) -> Answered:
    """The answer to the first question, as the last check gave it: only a check can tell that a breach was none."""
    answers = _answers(view.checked["answers"])
    counts = (
        *_count(view, "against", today, ("finding of a breach", "findings of a breach")),
        *_count(view, "confirmed", today, ("confirmed mistake", "confirmed mistakes")),
        *_count(view, "unchecked", today, ("closed finding", "closed findings"), more=" that nobody else has checked"),
    )
    if answers.complied == "no":
        return Answered("bad", QUESTIONS[0], "No", "", counts)
    if answers.complied == "cannot-say":
        return Answered("unsure", QUESTIONS[0], "Cannot say", "Something that the answer rests on is missing.", counts)
    if answers.unchecked:
        why = "A correction or decision removed each of them."
        return Answered("unsure", QUESTIONS[0], "Yes, except what nobody else has checked", why, counts)
    return Answered("good", QUESTIONS[0], "Yes", "" if answers.mistakes else complied(answers)[1], counts)


def outstanding(view: View, today: date) -> Answered:
    """The answer to the second question, with every decision that was sealed since the last check."""
    answers = _answers(view.checked["answers"])
    open_, awaiting = (findings(view, state, today) for state in ("open", "awaiting"))
    answer, why = to_settle(answers._replace(open=open_, awaiting_confirmation=awaiting))
    counts = (
        *_count(view, "open", today, ("open finding", "open findings")),
        *_count(view, "awaiting", today, ("of them needs a second person", "of them need a second person")),
    )
    return Answered("bad" if open_ else "good", QUESTIONS[1], answer, "" if open_ else why, counts)


class Said(NamedTuple):
    """An answer without a count."""

    kind: Kind
    answer: str
    why: str = ""


def for_governors(view: View, today: date) -> tuple[Said, Said, Said, datetime]:
    """The answers for governors: to the two questions, and of ContactPoint, with when it was switched off.

    They hold no count, and rest on whether there is any: even the rating tells something of small counts
    (`reports.documents.disclosure_control`).
    """
    complied, settled = _answers(view.checked["answers"]), outstanding(view, today)
    if complied.complied == "no":
        first = Said("bad", f"{QUESTIONS[0]} No.", "The reports say more.")
    elif complied.complied == "cannot-say" or findings(view, "undecided", today, outcome="cannot-tell"):
        first = Said("unsure", f"{QUESTIONS[0]} Cannot say.", "Details are missing. The reports say more.")
    elif complied.unchecked:
        first = Said(
            "unsure", f"{QUESTIONS[0]} Yes, except what nobody else has checked.", "Corrections removed findings."
        )
    else:
        first = Said("good", f"{QUESTIONS[0]} Yes.")
    second = Said(settled.kind, f"{QUESTIONS[1]} {settled.answer}.")
    return first, second, _use_without_counts(_uses(view.checked["contactpoint"])), _closed_at()


def _use_without_counts(used: documents.ContactPoint) -> Said:
    kind = used.verdict.kind
    if used.after:
        return Said(kind, "It was used after it was switched off.")
    if used.taken_back > used.confirmed:
        return Said(
            kind,
            "Uses after it was switched off were recorded and later withdrawn or changed, which nobody has confirmed.",
        )
    if used.taken_back:
        return Said(kind, "Uses after it was switched off were recorded by mistake, as a second person confirmed.")
    if used.untold:
        return Said(kind, "Some transfers may have used it after it was switched off. The record does not say enough.")
    return Said(kind, used.verdict.title)


def _closed_at() -> datetime:
    return load_law().contactpoint.closed_at


def unchecked(view: View) -> int:
    """How many entries came after the last check."""
    return view.head.size - checked_size(view)


def contactpoint(view: View, today: date) -> ContactPoint:
    """What the last check says of ContactPoint, with each number as the list of what it counts."""
    said, of = _use_without_counts(_uses(view.checked["contactpoint"])), "contactpoint-closed"
    counts: list[Count] = []
    for state, (used, more) in _USES.items():
        items = view.found.items(view.findings(WantedFindings(state, of), today).tolist())
        ids = [item.id for item in items]
        # A transfer that was corrected from one use to another has a finding of each.
        text = f"{some(len(ids), 'transfer', 'transfers')} {used}"
        if len(set(ids)) < len(ids):
            text = f"{len(ids):,} findings {more}"
        if ids:
            counts.append(Count(text, {"state": state, "check": of}))
    return ContactPoint(said.kind, said.answer, _closed_at(), tuple(counts))


_USES: dict[State, tuple[str, str]] = {
    "breach": ("used it", "of its use"),
    "taken-back": ("withdrawn or changed later", "withdrawn or changed later"),
    "confirmed": ("confirmed as a mistake by a second person", "confirmed as mistakes by a second person"),
}
"""What is counted of ContactPoint, where it is transfers and where it is findings."""
