"""Data that is passed on: the transfers of this ledger that brought it here, back to where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reports.case import Case

if TYPE_CHECKING:
    from ledger.members import Onward


def named(onward: Onward) -> str:
    """A cited transfer as it is written: its id, or `origin#id` where it is another ledger's."""
    return onward.id if onward.origin is None else f"{onward.origin}#{onward.id}"


def brought(case: Case) -> tuple[tuple[Onward, Case | None], ...]:
    """Each transfer that `case` cites, with the case of each of its statements that count, or None where there is none.

    There is none of another ledger's transfer, and of one that was withdrawn or that is not there.
    """
    context = case.context
    found: list[tuple[Onward, Case | None]] = []
    for onward in case.facts.onward_of:
        here = [source for source in case.sources if source.facts.id == onward.id]
        if onward.origin not in (None, context.origin) or not here:
            found.append((onward, None))
        else:
            found += [(onward, Case(source, context)) for source in here]
    return tuple(found)


def ancestors(case: Case) -> Iterator[Case]:
    """Every transfer of this ledger that brought the data, over any number of steps, each once."""
    seen, waiting = {case.recorded.seq}, [case]
    while waiting:
        for _, source in brought(waiting.pop(0)):
            if source is not None and source.recorded.seq not in seen:
                seen.add(source.recorded.seq)
                waiting.append(source)
                yield source
