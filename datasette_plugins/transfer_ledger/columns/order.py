"""The orders in which transfers are listed, and a page of them at a time.

A page goes on after, or before, the transfer that a link names by its seq: rows that come meanwhile move no page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from datasette_plugins.transfer_ledger.columns.codes import Ints
from datasette_plugins.transfer_ledger.columns.table import NO_DAY
from ledger.errors import Refused

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.view import View

_RUN = 1000
_PLACES = 1 << 32
"""More than a ledger has entries: a key and a seq make one number."""

_MOST = _PLACES // 2 - 2
"""Numbers of people above this are in one place of the order."""


class Rows(NamedTuple):
    """A page: the seqs shown, in order; the tokens of the pages before (`newer`) and after (`older`), None for none.

    `newer` is given as `before`, `older` as `after`. `first_rank` is how many of the selection come before, from 0.
    """

    seqs: list[int]
    newer: int | None
    older: int | None
    first_rank: int


def _by_name(kind: str) -> Callable[[View, Ints], Ints]:
    def key(view: View, rows: Ints) -> Ints:
        codes, shapes = view.table.purposes if kind == "purpose" else view.table.parties, view.rows.shapes
        ranks = view.called.ranks(codes, shapes.purposes if kind == "purpose" else shapes.parties)
        by_shape: Ints = np.append(ranks, -1)[getattr(shapes, kind)].astype(np.int64)
        found: Ints = by_shape[view.rows.shape[rows]]
        return found

    return key


def _people(view: View, rows: Ints) -> Ints:
    return -np.minimum(view.rows.people[rows], _MOST)


_KEYS: dict[str, Callable[[View, Ints], Ints]] = {
    "day": lambda view, rows: -view.rows.day[rows].astype(np.int64),
    "recorded": lambda view, rows: np.zeros(len(rows), np.int64),
    "recipient": _by_name("recipient"),
    "sender": _by_name("sender"),
    "purpose": _by_name("purpose"),
    "count": _people,
    "findings": lambda view, rows: -view.findings_on[rows].astype(np.int64),
}

SORTS = tuple(_KEYS)
"""What transfers are sorted by: the newest day or recording, the first name, the most people or findings first."""


def _ranks(view: View, rows: Ints, sort: str) -> Ints:
    """A number for each of `rows`, all different, in whose order they are listed."""
    name = sort.removeprefix("-")
    if name not in _KEYS or sort.startswith("--"):
        names = ", ".join(SORTS)
        raise Refused(f"There is no order {sort[:40]}; sort by {names}, or by one of these with - before it.")
    # Of one key, the newest entry first; all of it the other way round with "-".
    ranks = _KEYS[name](view, rows) * _PLACES - view.rows.seq[rows]
    return -ranks if sort.startswith("-") else ranks


def _rank_of(view: View, token: int, sort: str) -> int:
    row = view.rows.at(np.array([min(max(token, -1), _PLACES)], np.int64))
    if row[0] < 0 or view.rows.day[row[0]] == NO_DAY:
        raise Refused(
            "This link leads nowhere any more: the transfer after which its page begins is not in this ledger. Go back "
            "to the first page."
        )
    return int(_ranks(view, row, sort)[0])


def _least(ranks: Ints, count: int) -> Ints:
    """The places of the `count` least of `ranks`, in order."""
    if count >= len(ranks):
        return np.argsort(ranks)
    places = np.argpartition(ranks, count)[:count]
    return places[np.argsort(ranks[places])]


def page(view: View, rows: Ints, sort: str, after: int | None, before: int | None, size: int) -> Rows:
    """The `size` of `rows` that come after, or before, the transfer with that seq; the first ones where neither is set.

    Where fewer than `size` come before, it is the first page. `Refused` for an unknown order, both at once, a size
    below 1 and a token that is no transfer.
    """
    if size < 1:
        raise Refused("A page shows at least one transfer.")
    if after is not None and before is not None:
        raise Refused("A page begins after a transfer or ends before one; leave out `after` or `before`.")
    ranks = _ranks(view, rows, sort)
    token = after if after is not None else before
    edge = None if token is None else _rank_of(view, token, sort)
    skipped = 0
    if edge is None:
        places = _least(ranks, size)
    elif after is not None:
        there = np.flatnonzero(ranks > edge)
        skipped = len(ranks) - len(there)
        places = there[_least(ranks[there], size)]
    else:
        there = np.flatnonzero(ranks < edge)
        skipped = max(len(there) - size, 0)
        places = there[_least(-ranks[there], size)][::-1] if skipped else _least(ranks, size)
    seqs = view.rows.seq[rows[places]].tolist()
    more = skipped + len(seqs) < len(ranks)
    return Rows(seqs, seqs[0] if skipped and seqs else None, seqs[-1] if more and seqs else None, skipped)


def in_order(view: View, rows: Ints, sort: str) -> Iterator[list[int]]:
    """The seqs of all `rows` in order, in runs. `Refused` for an unknown order."""
    seqs = view.rows.seq[rows[np.argsort(_ranks(view, rows, sort))]]
    return (seqs[start : start + _RUN].tolist() for start in range(0, len(seqs), _RUN))
