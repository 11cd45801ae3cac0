"""Sealing what was decided, many at once, and what came of each: sealed, or decided by somebody meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as TooLong
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from datasette_plugins.transfer_ledger.pages.chosen import Marked
from datasette_plugins.transfer_ledger.pages.entry import VIEWED
from datasette_plugins.transfer_ledger.people.acting import acted
from datasette_plugins.transfer_ledger.roles import Actor
from datasette_plugins.transfer_ledger.web import Asked
from ledger.errors import Conflict, Refused
from ledger.source import Source
from ledger.writer import Judged, Ledger, Receipt
from reports import decisions
from reports.decisions import Verdict

TOGETHER = 500
"""So many decisions are sealed with one commit; others who record wait for no more."""

MOST_TOLD = 100
"""Of so many decisions that others made meanwhile is told who made them."""

_PATIENCE_SECONDS = 60


class Decision(NamedTuple):
    """What was decided, and the erasable texts of it: `reason`, `decided_by`, `owner` where one is named.

    `advice` is whether it is sealed as advice, since the lead decides.
    """

    decision: Verdict
    due: date | None
    texts: Mapping[str, str]
    advice: bool


class Meanwhile(NamedTuple):
    """A finding that somebody decided about after it was seen. `by` is who, "" where nobody knows any more.

    `mine` is whether that was the person who decides now, and `same` whether they decided the same, as when a form
    is sent twice.
    """

    marked: Marked
    entry: int
    sealed: decisions.Decision
    by: str
    mine: bool
    same: bool

    @property
    def value(self) -> str:
        """What a form says of it once its decision was seen."""
        seen = self.marked.seen
        now = seen._replace(advice=self.sealed.seq) if self.sealed.advice else seen._replace(decision=self.sealed.seq)
        return now.value(self.marked.finding)


class Outcome(NamedTuple):
    """What came of it. `runs` are the first and last entries of what is sealed, `sealed` how many those are, and
    `before` how many of them were sealed when the same form was sent before.

    `meanwhile` are the first of `conflicts` findings that were decided about meanwhile. `stopped` says why the others,
    `left` many, were not sealed, "" where all were.
    """

    sealed: int
    before: int
    runs: tuple[tuple[int, int], ...]
    meanwhile: tuple[Meanwhile, ...]
    conflicts: int
    left: int
    stopped: str


def _job(some: Sequence[Judged], what: Decision, actor: Actor) -> Callable[[Ledger], list[Receipt | Conflict]]:
    def job(ledger: Ledger) -> list[Receipt | Conflict]:
        return ledger.review_many(some, what.decision, what.due, what.texts)

    return lambda ledger: acted(ledger, job, actor)


def seal(asked: Asked, judged: Sequence[Judged], what: Decision) -> tuple[list[Receipt | Conflict], str]:
    """Seals the decision on each, some hundred with each commit; what came of them, and why not of all, or ""."""
    found: list[Receipt | Conflict] = []
    for first in range(0, len(judged), TOGETHER):
        some = judged[first : first + TOGETHER]
        try:
            future = asked.site.recorder.submit(_job(some, what, asked.actor), len(some))
            found += future.result(_PATIENCE_SECONDS)
        except TooLong:
            return found, "The ledger is busy, and did not answer within a minute. What is sealed shows on the page."
        except Refused as error:
            return found, asked.site.said(error)
    return found, ""


def decide(asked: Asked, marked: Sequence[Marked], items: Mapping[str, int], what: Decision) -> Outcome:
    """Seals the decision on all of `marked`, and has the ledger checked again. `items` are their entries by key."""
    results, stopped = seal(asked, [one.judged(what.advice) for one in marked], what)
    seqs = [one.seq for one in results if isinstance(one, Receipt)]
    if seqs:
        asked.site.runs.check_soon()
    others = [one for one, result in zip(marked, results, strict=False) if isinstance(result, Conflict)]
    before = _sealed_before(asked, others, what) if others else {}
    seqs = sorted({*seqs, *before.values()})
    others = [one for one in others if one.finding not in before]
    told = _meanwhile(asked, others[:MOST_TOLD], items, what) if others else ()
    return Outcome(len(seqs), len(before), _runs(seqs), told, len(others), len(marked) - len(results), stopped)


def _sealed_before(asked: Asked, others: Sequence[Marked], what: Decision) -> dict[str, int]:
    """The entries, by finding, that hold this very decision already: the form was sent before, word for word."""
    with asked.site.reading() as source:
        asked.site.decisions.take_in(source)
        size = source.head.size
    newest = {one.finding: asked.site.decisions.newest(one.finding, size, advice=what.advice) for one in others}
    alike = {
        finding: sealed.seq
        for finding, sealed in newest.items()
        if sealed is not None and (sealed.decision, sealed.due) == (what.decision, what.due)
    }
    if not alike:
        return {}
    # Nobody sees anything of these texts but whoever typed them just now, so it is not written in the log.
    with asked.site.reading_erasable() as source:
        return {finding: seq for finding, seq in alike.items() if source.given(seq) == what.texts}


def _runs(seqs: Sequence[int]) -> tuple[tuple[int, int], ...]:
    if not seqs:
        return ()
    breaks = [(one, other) for one, other in pairwise(seqs) if other != one + 1]
    firsts = [seqs[0], *(other for _, other in breaks)]
    return tuple(zip(firsts, [*(one for one, _ in breaks), seqs[-1]], strict=True))


def _meanwhile(
    asked: Asked, others: Sequence[Marked], items: Mapping[str, int], what: Decision
) -> tuple[Meanwhile, ...]:
    found = []
    with asked.site.reading() as source:
        asked.site.decisions.take_in(source)
        size = source.head.size
    sealed = [(one, asked.site.decisions.newest(one.finding, size, advice=what.advice)) for one in others]
    names = _who(asked, [one.seq for _, one in sealed if one is not None])
    for one, newest in sealed:
        if newest is None:
            continue  # the form named a decision that there is not: it was made by nobody's page
        by = names.get(newest.seq, "")
        mine = by == what.texts["decided_by"]
        same = (newest.decision, newest.due) == (what.decision, what.due)
        found.append(Meanwhile(one, items[one.finding], newest, by, mine, same))
    return tuple(found)


def _who(asked: Asked, seqs: Sequence[int]) -> dict[int, str]:
    # Who decided is erasable: a data protection officer may see it, and that they did is written down.
    if not seqs:
        return {}
    asked.site.people.log(asked.who, VIEWED, f"who decided, entries {', '.join(map(str, seqs))}"[:500])
    with asked.site.reading_erasable() as source:
        return {seq: by for seq in seqs if (by := _decided_by(source, seq))}


def _decided_by(source: Source, seq: int) -> str:
    by = source.given(seq).get("decided_by", "")
    return by if isinstance(by, str) else ""
