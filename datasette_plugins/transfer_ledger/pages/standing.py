"""Whether anything is wrong today, as the first page says it first: what is open, and what there is of ContactPoint.

How sure it is that the record is whole, `verified` knows.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

import numpy as np

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.decisions import checked_size
from ledger.register.read import load_law

Kind = Literal["bad", "unsure", "good", "note"]


class Wrong(NamedTuple):
    """Whether anything is wrong, in a sentence, and how many findings there are of each sort."""

    kind: Kind
    answer: str
    why: str
    open: int
    untold: int
    advice: int


class ContactPoint(NamedTuple):
    """What the findings say of ContactPoint: transfers after it was switched off, and those that nobody can tell."""

    kind: Kind
    answer: str
    closed_at: datetime
    after: int
    untold: int


def wrong(view: View, today: date) -> Wrong:
    """The answer to the first question."""
    found = view.found
    open_ = int(found.open(today).sum())
    undecided = found.counts(np.flatnonzero(found.in_state("undecided", today)))
    untold, advice = undecided["cannot-tell"], undecided["advisory"]
    of = open_, untold, advice
    if open_:
        many = f"{open_:,} breaches are" if open_ > 1 else "One breach is"
        return Wrong("bad", f"{many} open.", "Each waits for a correction, or for a decision.", *of)
    if view.checked["rating"] == "no-problem-found":
        return Wrong("good", "Nothing is wrong, as far as the record shows.", "Every check ran, and none is open.", *of)
    why = "Checks did not run, transfers are missing, or too many cannot be judged: the findings say which."
    return Wrong("unsure", "No breach is open, but not everything could be judged.", why, *of)


class Said(NamedTuple):
    """An answer without a count."""

    kind: Kind
    answer: str
    why: str = ""


def for_governors(view: View, today: date) -> tuple[Said, Said, datetime]:
    """The answers for governors: whether anything is wrong, and ContactPoint, with when it was switched off.

    They hold no count, and rest on whether there is any: even the rating tells something of small counts
    (`reports.documents.disclosure_control`).
    """
    found, of = wrong(view, today), contactpoint(view)
    if found.kind == "bad":
        said = Said("bad", "Some problems are open.", "Each waits for a correction, or for a decision.")
    elif found.kind == "unsure" or found.untold:
        said = Said("unsure", "No problem is open, but not everything could be judged.", "The reports say more.")
    else:
        said = Said(found.kind, found.answer, found.why)
    uses = {
        "bad": "It was used after it was switched off.",
        "unsure": "Some transfers may have used it after it was switched off. The record does not say enough.",
    }
    return said, Said(of.kind, uses.get(of.kind, of.answer)), of.closed_at


def unchecked(view: View) -> int:
    """How many entries came after the last check."""
    return view.head.size - checked_size(view)


def contactpoint(view: View) -> ContactPoint:
    """What stands of ContactPoint."""
    after: set[int] = set()
    untold: set[int] = set()
    places = [
        place
        for place in np.flatnonzero(view.found.stands).tolist()
        if view.found.checks.texts[view.found.check[place]].startswith("contactpoint-")
    ]
    for item in view.found.items(places):
        (after if item.outcome == "breach" else untold).add(item.seq)
    untold -= after
    closed_at = load_law().contactpoint.closed_at
    if after:
        many = f"{len(after):,} transfers" if len(after) > 1 else "One transfer"
        return ContactPoint("bad", f"{many} used it after it was switched off.", closed_at, len(after), len(untold))
    if untold:
        answer = "No transfer certainly used it after that; of some it cannot be told."
        return ContactPoint("unsure", answer, closed_at, 0, len(untold))
    return ContactPoint("good", "No recorded transfer used it after it was switched off.", closed_at, 0, 0)
