"""Two documents for the same readers beside each other: their numbers, and the findings that are new or gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MOST_LISTED = 200
"""So many findings are listed of what is new, and of what is gone; the others are counted."""


class Count(NamedTuple):
    """A number in both, and below which heading it stands; None in one that has it not.

    `change` is in words, "" where one of them is not shown.
    """

    section: str
    label: str
    old: int | str | None
    new: int | str | None
    change: str


class Finding(NamedTuple):
    """A finding that only one of them has."""

    key: str
    severity: str
    check: str
    seq: int
    found: str


class Compared(NamedTuple):
    """What differs. `told` is whether they speak of single findings at all; `same` is how many both have."""

    counts: tuple[Count, ...]
    told: bool
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    same: int


def _count(section: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Count:
    first, last = (None if one is None else one["value"] for one in (old, new))
    change = ""
    if isinstance(first, int) and isinstance(last, int):
        change = f"{last - first:+,}".replace("-", "−") if last != first else "the same"
    label = (new or old or {})["label"]
    return Count(section, label, first, last, change)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Compared:
    """The difference of two summaries, as `running.reporting.summary` makes them."""
    before, after = old["numbers"], new["numbers"]
    sections = {**old["sections"], **new["sections"]}
    counts = tuple(_count(sections[id_], before.get(id_), after.get(id_)) for id_ in {**after, **before})
    known = {one[0]: Finding(*one) for one in old["findings"]}
    found = {one[0]: Finding(*one) for one in new["findings"]}
    return Compared(
        counts=counts,
        told=bool(known or found),
        new=tuple(one for key, one in found.items() if key not in known),
        gone=tuple(one for key, one in known.items() if key not in found),
        same=len(known.keys() & found.keys()),
    )
