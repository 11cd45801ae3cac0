"""The columns of the app over a ledger: how soon they are there, in how much memory, and how fast they answer.

By hand: `python -m bench.columns LEDGER`; `bench.checks.filled` makes one of a million.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from datasette_plugins.transfer_ledger.columns.live import Columns
from datasette_plugins.transfer_ledger.columns.wanted import Wanted, WantedFindings
from datasette_plugins.transfer_ledger.verdicts import Verdicts, replace
from reports.cli.check import check_ledger
from reports.scope import between

_Found = TypeVar("_Found")

_TODAY = date(2010, 10, 1)
_RUNS = 9


def _memory() -> int:
    """The most that this process ever took, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _timed(what: str, ask: Callable[[], _Found]) -> _Found:
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        found = ask()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    click.echo(f"{what}: {times[_RUNS // 2]:.1f} ms, at most {times[-1]:.1f} ms")
    return found


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
def main(ledger: Path) -> None:
    """Times the columns of LEDGER."""
    before, start = _memory(), time.perf_counter()
    verdicts = Verdicts()
    replace(verdicts.path, check_ledger(ledger, _TODAY))
    columns = Columns(ledger, verdicts)
    view = columns.view()
    click.echo(
        f"{view.head.size:,} entries and {len(view.found):,} findings in {time.perf_counter() - start:.1f} s; "
        f"at most {_memory() - before} MB more than the program's own {before} MB"
    )
    _timed("view, nothing new", columns.view)

    def page(wanted: Wanted, sort: str = "day") -> None:
        selected = view.select(wanted, _TODAY)
        selected.facets()
        selected.months()
        selected.page(sort)

    by = view.select(Wanted(), _TODAY).by("recipient")
    recipient, (_, field) = by[0].code, next(iter(view.select(Wanted(), _TODAY).matrix()))
    some = Wanted(recipient=recipient, field=field, period=between(date(2010, 6, 8), date(2010, 6, 20)))
    asked = {
        "no filter": Wanted(),
        "recipient": Wanted(recipient=recipient),
        "recipient, field and days": some,
        "words in names": Wanted(words=f"{recipient} {field}"),
        "beginning of ids": Wanted(words="c12"),
        "recorded late": Wanted(late=True),
        "open breaches": Wanted(findings="open"),
    }
    for what, wanted in asked.items():
        _timed(f"page with facets and months, {what}", lambda wanted=wanted: page(wanted))  # type: ignore[misc]
    for sort in ("recipient", "count", "findings"):
        _timed(f"page with facets and months, by {sort}", lambda sort=sort: page(Wanted(), sort))  # type: ignore[misc]
    _timed("flows", lambda: view.select(Wanted(), _TODAY).flows())
    _timed("matrix", lambda: view.select(Wanted(), _TODAY).matrix())
    _timed("groups of findings", lambda: view.found.groups(view.findings(WantedFindings("all"), _TODAY)))
    columns.close()


if __name__ == "__main__":
    main()
