"""Disclosure control: how a document for the public shows counts, so that none below 10 can be worked out.

A cell is one term of one school. Its counts are shown by fixed bands, and every other figure is made from what the
cells show, never from the exact counts: so all papers together say no more than the cells' bands do. The sum over the
schools of an authority would be too wide made so; it is placed in steps of ten instead. docs/REPORTS.md states the
method for people, docs/decisions/0012-disclosure-control.md says why it is this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from reports.documents.blocks import Suppressed

Shown: TypeAlias = int | Suppressed
"""A count as a public document has it: 0, or its limits."""

SMALL = 10
"""Counts below this, except 0, are one band: `fewer than 10`. A paper may list six kinds of problem (five, and that
there are more), of which no two need be on the same transfer. So a reader may know that there are six: a band that
ended at 4 could be told from its own list, and this one leaves four values even then."""

BAND = 5
"""So many counts share a band from `SMALL` on: 10 to 14, 15 to 19, and so on."""

STEP = 10
"""An authority's sum over its schools is shown to so many. It may not be less than the widest band, or a sum at the end
of a step would tell the counts that it is made of."""

LISTED = 6
"""So many kinds of problem of a cell are known from a paper, at most."""


def banded(count: int) -> Shown:
    """A cell's count as it is shown."""
    if count == 0:
        return 0
    if count < SMALL:
        return Suppressed(1, SMALL - 1)
    least = count - count % BAND
    return Suppressed(least, least + BAND - 1)


def limits(shown: Shown) -> tuple[int, int]:
    """The least and the most that a count may be, by what is shown of it."""
    return (shown, shown) if isinstance(shown, int) else (shown.least, shown.most)


def _within(least: int, most: int) -> Shown:
    return Suppressed(least, most) if most else 0


def total(parts: Iterable[Shown]) -> Shown:
    """The sum of figures that are shown, by nothing but what is shown of each."""
    pairs = [limits(one) for one in parts]
    return _within(sum(least for least, _ in pairs), sum(most for _, most in pairs))


def over_schools(counts: Iterable[int], listed: Iterable[int]) -> Shown:
    """The sum of one term's cells, one for each school, to the nearest step.

    Steps begin at the least that the cells' bands allow. The first is longer by as many transfers as readers may know
    of besides, from the kinds of problem that are `listed` for each cell; the last has what is left, if that is no
    whole step. So whatever step it is, every count that a cell's band allows stays possible.
    """
    exact = list(counts)
    least, most = limits(total(map(banded, exact)))
    known = sum(min(kinds, LISTED) - 1 for kinds in listed if kinds)
    first = least + known + STEP  # where the second step begins
    last = most - STEP + 1  # a step may not begin later
    if last < first:
        return _within(least, most)
    if sum(exact) < first:
        return _within(least, first - 1)
    steps = (last - first) // STEP  # after the second one
    step = min((sum(exact) - first) // STEP, steps)
    begins = first + step * STEP
    return _within(begins, most if step == steps else begins + STEP - 1)


def may_exceed(part: Shown, of: Shown, percent: int) -> bool:
    """Whether `part` may be more than so many per cent of `of`, by nothing but what is shown of both."""
    return limits(part)[1] * 100 > percent * limits(of)[0]


def change(now: Shown, before: Shown) -> str:
    """What can be said of two figures by what is shown: that the first is higher, lower, both 0, or nothing."""
    (least, most), (least_before, most_before) = limits(now), limits(before)
    if least > most_before:
        return "rose"
    if most < least_before:
        return "fell"
    return "stayed the same" if most == most_before == 0 else ""
