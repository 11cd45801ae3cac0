"""Entries as far as columns need them: a few members, decoded many at once.

`ledger.entry.read_run` looks at every member of every entry, and takes five times as long; whether the ledger is true
is not asked here, and what a page shows of an entry is read with it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn

import msgspec

from ledger.errors import Refused
from ledger.london import day_of
from ledger.members import REQUIRED, Correction, Count, Transfer
from ledger.source import Source

_RUN = 4096
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d", re.ASCII)

STATED = frozenset(("transfer", "correction"))
"""The kinds of entries that state a transfer."""


class Subjects(msgspec.Struct, frozen=True, gc=False):
    """Of the people whose data went, how many."""

    count: Count | None = None


class Cited(msgspec.Struct, frozen=True, gc=False):
    """The seq of another entry."""

    seq: Count


class Entry(msgspec.Struct, frozen=True, gc=False):
    """Those members of an entry of any kind that columns are made of."""

    kind: str
    recorded_at: str
    id: str = ""
    transferred_at: str | None = None
    transferred_on: str | None = None
    transferred_until: str | None = None
    sender: str | None = None
    recipient: str | None = None
    purpose: str | None = None
    fields: tuple[str, ...] = ()
    lawful_basis: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    channel: str | None = None
    subjects: Subjects | None = None
    corrects: Cited | None = None
    withdrawn: bool = False


_decoder = msgspec.json.Decoder(Entry)


class Unreadable(Exception):
    """An entry of a run is none that a writer of ours leaves. A `Refused` that names it goes out of this package."""


class Days(dict[str, int]):
    """Days, as they are sealed, by number: how many after 1 January 1970."""

    def __missing__(self, text: str) -> int:
        if not _DAY.fullmatch(text):
            raise Unreadable
        found = self[text] = number(date.fromisoformat(text))
        return found


class Hours(dict[str, int]):
    """London days by number, of moments in UTC that are cut after the hour: London's offset changes on the hour."""

    def __missing__(self, text: str) -> int:
        if not _HOUR.fullmatch(text):
            raise Unreadable
        found = self[text] = number(day_of(datetime.fromisoformat(f"{text}:00:00+00:00")))
        return found


def number(day: date) -> int:
    """A day as columns hold it: days after 1 January 1970."""
    return day.toordinal() - _EPOCH


def day(number_: int) -> date:
    """The day that columns hold as `number_`."""
    return date.fromordinal(int(number_) + _EPOCH)


def refuse(path: Path, seqs: list[int]) -> NoReturn:
    """Says, as `Source` does, which of the entries `seqs` cannot be read. Raises `Refused`."""
    with Source(path) as source:
        for seq in seqs:
            found = source.entry(seq)
            if found is None or not isinstance(found[0], Transfer | Correction):
                continue
            missing = [name for name in REQUIRED if not getattr(found[0], name)]
            if missing and not (isinstance(found[0], Correction) and found[0].withdrawn):
                raise Refused(
                    f"{path}: entry {seq} cannot be read: it does not state {', '.join(missing)}. "
                    "`transfer-ledger verify` says more."
                )
    raise Refused(f"{path}: entry {seqs[0]} or one soon after it cannot be read; `transfer-ledger verify` says more.")


def entry(db: sqlite3.Connection, seq: int) -> Entry | None:
    """One entry, None where there is none. Raises `Unreadable`."""
    row = db.execute("SELECT CAST(entry AS BLOB) FROM entries WHERE seq = ?", (seq,)).fetchone()
    return _decoded([row[0]])[0] if row else None


def _decoded(texts: list[bytes]) -> list[Entry]:
    try:
        found = _decoder.decode_lines(b"\n".join(texts))
        if len(found) != len(texts):  # one was altered so that it has a line feed
            found = [_decoder.decode(text) for text in texts]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Unreadable from None
    return found


def runs(db: sqlite3.Connection, since: int, most: int) -> Iterator[tuple[list[int], list[Entry] | None]]:
    """The entries from `since` on, at most `most`, in runs: their seqs, and what they state, None if unreadable."""
    rows = db.execute("SELECT seq, CAST(entry AS BLOB) FROM entries WHERE seq >= ? ORDER BY seq LIMIT ?", (since, most))
    while run := rows.fetchmany(_RUN):
        seqs = [seq for seq, _ in run]
        try:
            yield seqs, _decoded([text for _, text in run])
        except Unreadable:
            yield seqs, None
