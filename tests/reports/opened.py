"""A ledger's file, opened and read for a report, as the command line does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ledger.source import Source
from reports.cli import making
from reports.cli.making import Wanted, judged
from reports.cli.report import made
from reports.documents.reading import Reading


@contextmanager
def reading(path: Path, wanted: Wanted) -> Iterator[tuple[Source, Reading]]:
    """The open ledger and the reading that was asked for."""
    with judged(path, wanted.as_of) as of:
        yield of.source, making.reading(of, wanted)


def texts(path: Path, as_of: date, *endings: str) -> dict[str, str]:
    """The data protection officer's report of everything recorded, in the formats with these endings."""
    with judged(path, as_of) as of:
        found = making.reading(of, Wanted("dpo", as_of, period="whole"))
        return {ending: b"".join(made(of, found, ending)[1]).decode() for ending in endings}
