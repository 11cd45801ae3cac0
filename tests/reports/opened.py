"""A ledger's file, opened and read for a report, as the command line does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.source import Source
from reports.cli import making
from reports.cli.making import Wanted, judged
from reports.documents.reading import Reading


@contextmanager
def reading(path: Path, wanted: Wanted, *, from_scratch: bool = False) -> Iterator[tuple[Source, Reading]]:
    """The open ledger and the reading that was asked for."""
    with judged(path, wanted.as_of, from_scratch=from_scratch) as of:
        yield of.source, making.reading(of, wanted)
