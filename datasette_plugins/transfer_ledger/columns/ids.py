"""The ids of transfers, so kept that those which begin with something are found without looking at all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datasette_plugins.transfer_ledger.columns.codes import Ints


class Part(NamedTuple):
    """Some ids in their order, and the row that each is on."""

    ids: npt.NDArray[np.bytes_]
    rows: Ints


def _merged(one: Part, other: Part) -> Part:
    ids, rows = np.concatenate((one.ids, other.ids)), np.concatenate((one.rows, other.rows))
    order = np.argsort(ids, kind="stable")
    return Part(ids[order], rows[order])


class Ids:
    """Ids in sorted parts, each more than twice as long as the next, so that there are few of them.

    `parts` is never changed, only replaced: whoever holds it keeps what it was.
    """

    def __init__(self) -> None:
        self.parts: tuple[Part, ...] = ()

    def add(self, ids: list[str], first: int) -> None:
        """Adds the ids of the rows from `first` on."""
        new = np.array([id_.lower().encode() for id_ in ids], np.bytes_)
        order = np.argsort(new, kind="stable")
        parts = [*self.parts, Part(new[order], (order + first).astype(np.int32))]
        while len(parts) > 1 and 2 * len(parts[-1].rows) >= len(parts[-2].rows):
            last = parts.pop()
            parts[-1] = _merged(parts[-1], last)
        self.parts = tuple(parts)


def beginning(parts: tuple[Part, ...], text: str) -> Ints:
    """The rows whose id begins with `text`, capitals or not."""
    wanted = text.lower().encode(errors="replace")
    found = []
    for part in parts:
        # No id has a byte 0xFF: it sorts behind whatever goes on after `text`.
        first, last = np.searchsorted(part.ids, np.array([wanted, wanted + b"\xff"], np.bytes_))
        found.append(part.rows[first:last])
    return np.concatenate(found) if found else np.empty(0, np.int32)
