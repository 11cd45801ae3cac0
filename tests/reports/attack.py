"""What a reader of all governors' papers can work out: exactly, by integers.

For one term they know the limits of each school's figures, those of the sum over the schools, that no figure is more
than the transfers, and how many problems of different transfers a paper lists. That a year's figures are the sums of
its terms' says nothing more where its limits are the sums of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

Limits = tuple[int, int]

FIGURES = ("transfers", "problems", "untold")


class Known(NamedTuple):
    """The limits of one cell's transfers, problems and untold, in the order of `FIGURES`."""

    transfers: Limits
    problems: Limits
    untold: Limits


def _fixed(known: Known, figure: int, value: int) -> Known:
    return Known(*((value, value) if place == figure else limits for place, limits in enumerate(known)))


def feasible(cells: Sequence[Known], sums: Known) -> bool:
    """Whether any counts agree with all that is known.

    Transfers are added one by one to the least that there must be. Each makes room for a problem, for an untold one,
    for both or for none; those that make room for both are added first.
    """
    least = [max(low for low, _ in cell) for cell in cells]
    if any(low > high for cell in cells for low, high in cell):
        return False
    if any(low > cell.transfers[1] for low, cell in zip(least, cells, strict=True)):
        return False
    if any(sum(cell[figure][0] for cell in cells) > sums[figure][1] for figure in (1, 2)):
        return False
    room = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for low, cell in zip(least, cells, strict=True):
        for count in range(low, cell.transfers[1]):
            room[count < cell.problems[1], count < cell.untold[1]] += 1
    wanted = [
        sums[figure][0] - sum(min(cell[figure][1], low) for cell, low in zip(cells, least, strict=True))
        for figure in (1, 2)
    ]
    both = min(room[True, True], max(0, *wanted))
    more = [max(0, one - both) for one in wanted]
    if more[0] > room[True, False] or more[1] > room[False, True]:
        return False
    added = both + sum(more)
    at_least, at_most = (limit - sum(least) for limit in sums.transfers)
    return max(added, at_least) <= min(at_most, sum(room.values()))


def feasible_by_trying(cells: Sequence[Known], sums: Known) -> bool:
    """The same, by trying all counts."""

    def of(known: Known) -> Iterator[tuple[int, int, int]]:
        ranges = (range(low, high + 1) for low, high in known)
        return (one for one in product(*ranges) if one[1] <= one[0] >= one[2])

    return any(
        all(low <= sum(column) <= high for column, (low, high) in zip(zip(*counts, strict=True), sums, strict=True))
        for counts in product(*map(of, cells))
    )


def possible(cells: Sequence[Known], sums: Known, place: int, figure: int) -> list[int]:
    """Every value that a cell's figure may have, by all that is known."""
    low, high = cells[place][figure]
    return [
        value
        for value in range(low, high + 1)
        if feasible([*cells[:place], _fixed(cells[place], figure, value), *cells[place + 1 :]], sums)
    ]


def told(cells: Sequence[Known], sums: Known) -> Iterator[tuple[int, str, list[int]]]:
    """The figures that are not 0 and for which fewer than four values remain, with these."""
    for place, cell in enumerate(cells):
        for figure, (_, high) in enumerate(cell):
            left = possible(cells, sums, place, figure)
            if high and len(left) < 4:
                yield place, FIGURES[figure], left
