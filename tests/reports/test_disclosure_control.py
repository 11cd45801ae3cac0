"""Disclosure control as a function of counts: no count that is not shown can be worked out from all that is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.documents import disclosure_control
from reports.documents.blocks import Suppressed
from reports.documents.disclosure_control import LISTED, SMALL, banded, change, limits, may_exceed, over_schools, total
from tests.reports.attack import Known, feasible, feasible_by_trying, told

TABLES = 2_000


class Cell(NamedTuple):
    """The exact counts of one school in one term, and how many kinds of problem its paper lists of each."""

    transfers: int
    problems: int
    untold: int
    kinds: tuple[int, int] = (0, 0)


def terms_of(draw: random.Random) -> list[list[Cell]]:
    """Three terms of up to seven schools, whose counts lie at the ends of bands more often than not."""
    ends = [0, 1, 2, 4, 5, 8, 9, 10, 14, 15, 19, 20, 99]

    def count(most: int) -> int:
        return min(most, draw.choice([draw.choice(ends), draw.randrange(12), most, 0]))

    def cell() -> Cell:
        transfers = count(draw.choice([9, 9, 14, 100]))
        problems, untold = count(transfers), count(transfers)
        first = min(problems, draw.randrange(LISTED + 1))
        second = min(untold, LISTED - first, transfers - first, draw.randrange(LISTED + 1))
        return Cell(transfers, problems, untold, (first, second))

    schools = draw.randrange(1, 8)
    same = cell()
    return [[same if draw.random() < 0.5 else cell() for _ in range(schools)] for _ in range(3)]


def shown(cells: Sequence[Cell]) -> Known:
    listed = [sum(cell.kinds) for cell in cells]
    return Known(*(limits(over_schools([cell[figure] for cell in cells], listed)) for figure in range(3)))


def known(cell: Cell, *, listed: bool) -> Known:
    """What the school's own paper says; with `listed`, no two of the kinds of problem in it are on one transfer."""
    least = (sum(cell.kinds), *cell.kinds) if listed else (0, 0, 0)
    pairs = (limits(banded(cell[figure])) for figure in range(3))
    return Known(*((max(low, bound), high) for (low, high), bound in zip(pairs, least, strict=True)))


def attack(tables: int, seed: int) -> list[object]:
    """What is told of random tables, whatever a reader makes of the kinds that are listed."""
    found: list[object] = []
    for n in range(tables):
        for cells in terms_of(random.Random(f"{seed} {n}")):
            sums = shown(cells)
            for listed in (False, True):
                of = [known(cell, listed=listed) for cell in cells]
                found += [(cells, sums, one) for one in told(of, sums)]
    return found


@pytest.mark.slow
def test_no_count_can_be_worked_out_of_two_thousand_tables() -> None:
    assert not attack(TABLES, 1)


def test_no_count_can_be_worked_out() -> None:
    assert not attack(150, 2)


@pytest.mark.parametrize("constant", ["STEP", "SMALL", "LISTED"])
def test_the_attack_finds_what_a_weaker_rule_tells(monkeypatch: pytest.MonkeyPatch, constant: str) -> None:
    """Sums that are exact, counts from 5 on by bands, and steps that pass over the kinds that are listed."""
    monkeypatch.setattr(disclosure_control, constant, {"STEP": 1, "SMALL": 5, "LISTED": 1}[constant])
    assert attack(150, 2)


def test_terms_beside_their_year_tell_what_they_would_not_alone() -> None:
    """Why a year is added up from what is shown of its terms: its own band would tell that each has 9."""
    of = [Known((1, 9), (0, 0), (0, 0))] * 5
    assert not list(told(of, Known(limits(total([Suppressed(1, 9)] * 5)), (0, 0), (0, 0))))
    assert list(told(of, Known(limits(banded(45)), (0, 0), (0, 0))))


@given(st.lists(st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 2))] * 3), min_size=1, max_size=3), st.data())
def test_the_attack_is_exact(cells: list[tuple[tuple[int, int], ...]], data: st.DataObject) -> None:
    of = [Known(*((low, low + width) for low, width in cell)) for cell in cells]
    sums = Known(
        *((low, low + width) for low, width in data.draw(st.tuples(*[st.tuples(*[st.integers(0, 9)] * 2)] * 3)))
    )
    assert feasible(of, sums) == feasible_by_trying(of, sums)


def test_bands_part_all_counts() -> None:
    """Two counts have the same band or no count in common: so papers of different days tell of no count more than one
    of them does, though counts only grow.
    """
    bands = [limits(banded(count)) for count in range(500)]
    assert all(low <= count <= high for count, (low, high) in enumerate(bands))
    assert all(bands[count] == (low, high) for low, high in set(bands) for count in range(low, min(high + 1, 500)))
    assert [str(banded(count)) for count in (0, 1, 9, 10, 14, 15, 1234)] == [
        "0", "fewer than 10", "fewer than 10", "10 to 14", "10 to 14", "15 to 19", "1,230 to 1,234",
    ]  # fmt: skip
    assert SMALL - LISTED >= 4  # of a small count, so many values remain where a paper lists all kinds


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=6))
def test_a_sum_over_schools_is_true_and_tells_no_more_than_the_bands(pairs: list[tuple[int, int]]) -> None:
    counts, listed = [count for count, _ in pairs], [kinds for _, kinds in pairs]
    low, high = limits(over_schools(counts, listed))
    least, most = limits(total(map(banded, counts)))
    assert least <= low <= sum(counts) <= high <= most
    # The steps depend on nothing but the bands and the kinds: every other sum that they allow has its own, or this one.
    same_bands = [limits(banded(count)) for count in counts]
    for others in list(product(*((a, b) for a, b in same_bands)))[:32]:
        a, b = limits(over_schools(others, listed))
        assert (a, b) == (low, high) or b < low or a > high


def test_what_is_said_of_shares_and_changes_is_said_by_what_is_shown() -> None:
    assert may_exceed(banded(1), banded(100), 5)  # it may be 9
    assert not may_exceed(banded(1), banded(180), 5)
    assert not may_exceed(0, 0, 5)
    assert change(banded(12), banded(9)) == "rose"
    assert change(banded(9), banded(12)) == "fell"
    assert change(banded(11), banded(12)) == change(banded(12), banded(12)) == ""
    assert change(0, 0) == "stayed the same"
