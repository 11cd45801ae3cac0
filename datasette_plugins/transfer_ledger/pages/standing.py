"""How the ledger stands today: whether anything is wrong, and how sure it is that the record is whole.

The first page says it first, and the verification page at length. What was verified is what a run of this app verified;
what another program did on another machine, nobody here can know.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

import numpy as np

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.people.beside import Run
from ledger.register.read import load_law
from ledger.source import Source
from reports.documents.heartbeats import Heartbeat, newest
from reports.documents.record import kept_of

Kind = Literal["bad", "unsure", "good", "note"]


class Verified(NamedTuple):
    """The last verification that this app ran to its end: when, of how many entries, the level, how many problems."""

    n: int
    at: str
    size: int
    level: str
    problems: int


class Whole(NamedTuple):
    """How sure it is that the record is whole. `since` is how many entries came after what was verified.

    `checkpoint` is the size of the newest checkpoint kept, `heartbeat` the newest time at which somebody else saw it.
    """

    kind: Kind
    answer: str
    verified: Verified | None
    since: int
    checkpoint: int | None
    heartbeat: Heartbeat | None


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
    if not view.checked:
        return Wrong("unsure", "Nothing was checked yet.", "A check runs when something is recorded here.", *of)
    if open_:
        many = f"{open_:,} breaches are" if open_ > 1 else "One breach is"
        return Wrong("bad", f"{many} open.", "Each waits for a correction, or for a decision.", *of)
    if view.checked.get("rating") == "no-problem-found":
        return Wrong("good", "Nothing is wrong, as far as the record shows.", "Every check ran, and none is open.", *of)
    why = "Checks did not run, transfers are missing, or too many cannot be judged: the findings say which."
    return Wrong("unsure", "No breach is open, but not everything could be judged.", why, *of)


def unchecked(view: View) -> int:
    """How many entries came after the last check."""
    size = view.checked.get("size", "")
    return view.head.size - int(size) if size.isdecimal() and size.isascii() else view.head.size


def verified_of(run: Run) -> Verified | None:
    """A run of a verification that ended, by its record; None for any other."""
    result = run.result
    if run.state != "done" or not isinstance(result, dict) or "assurance" not in result:
        return None
    return Verified(run.n, run.ended, result["size"], result["assurance"], result["found"])


def whole(source: Source, verified: Verified | None) -> Whole:
    """The answer to the second question."""
    kept, heartbeats = kept_of(source)
    sizes = [one.size for one in kept if not one.problem]
    checkpoint, beat = max(sizes, default=None), newest(heartbeats)
    since = source.head.size - verified.size if verified else source.head.size
    if verified is None:
        return Whole("unsure", "The record was not verified from here yet.", None, since, checkpoint, beat)
    if verified.problems:
        return Whole(
            "bad", "The record does not verify: it was altered, or is damaged.", verified, since, checkpoint, beat
        )
    if since < 0:
        answer = "The record is shorter than what was verified: entries are gone."
        return Whole("bad", answer, verified, since, checkpoint, beat)
    answer = f"The record verified, at the level “{verified.level}”."
    return Whole("good" if not since else "note", answer, verified, since, checkpoint, beat)


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
