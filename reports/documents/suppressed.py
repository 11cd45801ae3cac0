"""Which counts a public document shows: none from 1 to 4, and none from which such a one could be worked out.

Board papers are public, and a count of one or two may point to a child (DESIGN §9). Zero is shown: nobody is in it, and
"no problem" is what most readers came for. It is assumed that readers know these rules, the kinds that are named, and
the last report that was attested: for each small count that is left out, several values stay possible.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.documents.blocks import LEAST, Few

Shown = int | Few
"""A count as a public document has it."""


def few(count: int) -> bool:
    """Whether a count is from 1 to 4."""
    return 0 < count < LEAST


def changed_little(count: int, new: int) -> bool:
    """Whether so few of a part are new since the last report, or were there, that the two reports could tell them."""
    return few(new) or (count >= LEAST and few(count - new))


def whole(parts: Sequence[int], new: Sequence[int] = ()) -> bool:
    """Whether parts may stand beside their sum: all of them, or none where a single one is small.

    `new` are as many counts of what of each part is new since the last report, which may have shown the part as it was
    then; without them there was none.
    """
    return not any(map(few, parts)) and not any(map(changed_little, parts, new))


def total(count: int, kinds: int, new: int | None = None) -> Shown:
    """A count of things of so many `kinds` that are named or counted beside it; each has one thing at least.

    It is left out where it is small, where all kinds but one must have a single thing, and where it would tell how many
    are `new` since the last report, if there was one.
    """
    if count == 0:
        return 0
    if count < max(LEAST, kinds + 2):  # left out with one more too, so that its being left out does not tell it
        # The words depend on what is shown anyway: with four kinds, "fewer than 5" would say that there are four.
        return Few(withheld=kinds > 3)
    if new is None:
        return count
    # Where there were few, so small a count now is told by its being shown: there was one of each kind then.
    told = few(new) or (few(count - new) and count < LEAST + kinds + 1)
    return Few(withheld=True) if told else count


def by_kind(counts: Sequence[int], new: Sequence[int] = ()) -> tuple[Shown, tuple[Shown, ...]]:
    """The total of things by kind, and each kind's own count, none of which is 0. `new` is as for `whole`.

    Whoever lists the kinds puts them in an order that does not depend on counts which are left out.
    """
    sum_ = total(sum(counts), len(counts), sum(new) if new else None)
    small = [count for count in counts if few(count)]
    # Small counts stay unknown beside their sum where there are several, and they are neither all 1 nor all 4.
    unknown = len(small) > 1 and len(small) < sum(small) < len(small) * (LEAST - 1)
    if isinstance(sum_, Few) or any(map(changed_little, counts, new)) or (small and not unknown):
        return sum_, (Few(withheld=True),) * len(counts)
    return sum_, tuple(Few() if few(count) else count for count in counts)


def since(new: int, now: int, shown: Shown) -> Shown:
    """How many of `now`, which is `shown` so, are new: nothing from which the rest, or `now` itself, could be told."""
    if new == 0:
        return 0
    if isinstance(shown, Few):
        return shown
    if few(now - new):
        return Few(withheld=True)
    return new


def total_of_shares(count: int, kinds: int, untold: int, new: int | None = None) -> Shown:
    """As `total`, of a count of which a rating says whether more than 5% are `untold`.

    Of a hundred and more, a small count is never above 5%; of fewer, the two could tell it.
    """
    shown = total(count, kinds, new)
    return Few(withheld=True) if few(untold) and 0 < count < 100 and not isinstance(shown, Few) else shown
