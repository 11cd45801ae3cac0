"""A ledger read for a document, in one step; and the data protection officer's report of one as texts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ledger.source import Source
from reports.cli.making import Wanted, judged
from reports.cli.making import reading as read
from reports.cli.report import made
from reports.documents.reading import Reading


@contextmanager
def reading(path: Path, wanted: Wanted, *, from_scratch: bool = False) -> Iterator[tuple[Source, Reading]]:
    """The ledger at `path`, open, and the reading of it that was asked for."""
    with judged(path, wanted.as_of, from_scratch=from_scratch) as of:
        yield of.source, read(of, wanted)


def texts(path: Path, as_of: date, *endings: str) -> dict[str, str]:
    """The data protection officer's report of everything recorded, in the formats with these endings."""
    with judged(path, as_of) as of:
        found = read(of, Wanted("dpo", as_of, period="whole"))
        return {ending: b"".join(made(of, found, ending)[1]).decode() for ending in endings}
