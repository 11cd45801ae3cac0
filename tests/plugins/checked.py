"""The check that the app makes beside its pages, made at once in the tests' own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.verdicts import Verdicts, attach, replace
from ledger.london import day_of
from ledger.seal import Head
from ledger.source import Source
from reports.cli.check import check_ledger


def check(site: Site, as_of: date | None = None) -> None:
    """Checks the ledger of `site`, as of today by its clock; what is found is in its columns afterwards."""
    replace(site.verdicts.path, check_ledger(site.path, as_of or day_of(site.clock())))
    site.columns.settle()


@contextmanager
def checked_source(path: Path, as_of: date, size: int | None = None) -> Iterator[Source]:
    """The ledger at `path` as pages read it, with what a check found; of its first `size` entries, if that is given."""
    verdicts = Verdicts()
    try:
        checked = check_ledger(path, as_of)
        replace(verdicts.path, checked if size is None else checked._replace(head=Head(size, "")))
        with Source(path) as source:
            attach(source.db, verdicts.path)
            yield source
    finally:
        verdicts.close()
