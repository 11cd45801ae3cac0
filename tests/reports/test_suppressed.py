"""Nobody can work out a count from 1 to 4 from what a public document shows, knowing the rules by which it shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.documents.blocks import Few
from reports.documents.suppressed import by_kind, changed_little, few, since, total, total_of_shares, whole

Case = tuple[Any, ...]


def worked_out(cases: Iterable[Case], show: Callable[[Case], object], secrets: Callable[[Case], Case]) -> list[str]:
    """What a reader who knows `show` can tell: the small secrets that are the same in all cases that look alike."""
    alike: dict[object, list[Case]] = defaultdict(list)
    for case in cases:
        alike[show(case)].append(secrets(case))
    found = []
    for shown, several in alike.items():
        for place, values in enumerate(zip(*several, strict=True)):
            if len(set(values)) == 1 and few(values[0]):
                found.append(f"{shown}: number {place} is {values[0]}")
    return found


def test_an_attack_is_noticed() -> None:
    naive = worked_out(
        product(range(8), repeat=3),
        lambda case: (sum(case), tuple(Few() if few(one) else one for one in case)),
        lambda case: case,
    )
    assert len(naive) > 20


@pytest.mark.parametrize("kinds", [1, 2, 3, 4, 5])
def test_no_kind_and_no_total_is_worked_out(kinds: int) -> None:
    most = {1: 40, 2: 40, 3: 15, 4: 9, 5: 7}[kinds]
    cases = list(product(range(1, most), repeat=kinds))
    assert not worked_out(cases, by_kind, lambda case: (sum(case), *case))


@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_no_part_of_a_total_is_worked_out(parts: int) -> None:
    cases = product(range(16 if parts < 4 else 9), repeat=parts)

    def show(case: Case) -> object:
        shown = total(sum(case), 1)
        return shown, case if whole(case) and not isinstance(shown, Few) else None

    assert not worked_out(cases, show, lambda case: (sum(case), *case))


def test_no_part_is_worked_out_of_two_ways_to_cut_the_same_time() -> None:
    """Months, or else thirds of them, or else only the sum: which it is tells nothing small either."""

    def show(case: Case) -> object:
        thirds = (case[0] + case[1], case[2] + case[3])
        if sum(case) == 0 or isinstance(total(sum(case), 1), Few):
            return total(sum(case), 1)
        return sum(case), next((one for one in (case, thirds) if whole(one)), None)

    assert not worked_out(product(range(11), repeat=4), show, lambda case: (sum(case), *case))


def test_what_is_new_is_not_worked_out_from_two_reports() -> None:
    """`old` was reported and attested; then some came in, and some left unseen."""

    def show(case: Case) -> object:
        old, new = case
        now = total(old + new, 1, new)
        return total(old, 1), now, since(new, old + new, now)

    cases = [case for case in product(range(30), range(60)) if sum(case) < 60]
    assert not worked_out(cases, show, lambda case: (case[0], case[1], sum(case)))


def test_what_is_new_of_a_kind_is_not_worked_out_from_two_reports() -> None:
    def show(case: Case) -> object:
        old, new = case[:2], case[2:]
        now = tuple(map(sum, zip(old, new, strict=True)))
        return by_kind(old), by_kind(now, new)

    def secrets(case: Case) -> Case:
        return (*case, case[0] + case[2], case[1] + case[3], sum(case), case[2] + case[3])

    cases = (case for case in product(range(1, 9), range(1, 9), range(21), range(21)) if sum(case) < 22)
    assert not worked_out(cases, show, secrets)


def test_a_share_of_a_small_number_is_not_worked_out() -> None:
    """The rating says whether more than 5% are untold."""

    def show(case: Case) -> object:
        count, untold = case
        return total_of_shares(count, 1, untold), total(untold, 1), untold * 100 > 5 * count

    cases = ((count, untold) for count in range(250) for untold in range(min(count, 12) + 1))
    assert not worked_out(cases, show, lambda case: case)


def test_nobody_can_tell_who_got_data_once() -> None:
    """Organisations are counted beside the transfers to them, and each got one at least."""

    def show(case: Case) -> object:
        organisations = total(len(case), 1)
        at_least = organisations if isinstance(organisations, int) else 1
        return organisations, total(sum(case), at_least)

    def split(left: int, most: int) -> Iterator[Case]:
        for first in range(1, left + 1 if most else 0):
            yield (first,)
            yield from ((first, *rest) for rest in split(left - first, most - 1))

    cases = split(13, 7)
    assert not worked_out(cases, show, lambda case: (len(case), sum(case), case[0]))


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 300)), min_size=1, max_size=12))
def test_a_large_table_hides_its_small_counts(kinds: list[tuple[int, int]]) -> None:
    """For each count that is left out another table looks the same that has another number in its place."""
    counts = [count for count, _ in kinds]
    new = [min(count, fresh) for count, fresh in kinds]
    shown, parts = by_kind(counts, new)
    assert not isinstance(shown, int) or not few(shown)
    assert not any(isinstance(one, int) and few(one) for one in parts)
    assert all(isinstance(one, Few) or (one == count) for one, count in zip(parts, counts, strict=True))
    if any(map(changed_little, counts, new)):
        assert all(isinstance(one, Few) for one in parts)
        return
    if isinstance(shown, Few):
        assert all(isinstance(one, Few) for one in parts)
        return
    hidden = [place for place, one in enumerate(parts) if isinstance(one, Few)]
    for place in hidden:
        others = []
        for other in hidden:
            for step in range(-3, 4):
                table = list(counts)
                table[place] += step
                table[other] -= step
                others.append(table)
            table = list(counts)
            table[place], table[other] = table[other], table[place]
            others.append(table)
        like = [one for one in others if min(one) > 0 and by_kind(one) == (shown, parts)]
        assert {one[place] for one in like} - {counts[place]}, (counts, place)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=24), st.data())
def test_parts_are_shown_whole_or_not_at_all(parts: list[int], data: st.DataObject) -> None:
    new = [data.draw(st.integers(0, one)) for one in parts]
    plain = all(one == 0 or one >= 5 for one in parts)
    assert whole(parts, new) == (plain and not any(map(changed_little, parts, new)))


def test_zero_is_shown() -> None:
    assert total(0, 0) == 0
    assert since(0, 100, 100) == 0
    assert whole([0, 0, 7])


def test_what_is_left_out_says_so() -> None:
    assert str(total(3, 1)) == "fewer than 5"
    assert str(total(80, 1, new=2)) == "not shown"
