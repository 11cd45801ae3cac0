"""A governors' report, judging included, on a large ledger and on the demonstration's, beside a scan of its rows."""

from __future__ import annotations

import statistics
from pathlib import Path

import click

from bench import checks, processes

EVERY = 22
"""One transfer in so many has a field too many, of which two in three are not documented: 30,000 in a million."""

_PERIOD = ("--as-of", "2010-10-01", "--year", "2009-10")


def _governors(path: Path, folder: Path, ending: str = "html", runs: int = 3) -> processes.Took:
    output = folder / f"governors.{ending}"
    took = [processes.verb("report", path, "--for", "governors", *_PERIOD, "-o", output) for _ in range(runs)]
    return processes.Took(statistics.median(one.seconds for one in took), max(one.peak for one in took))


def governors(path: Path, folder: Path, what: str) -> None:
    """Prints what a governors' report of the ledger at `path` takes, which has a million transfers and is `what`."""
    large, bare = _governors(path, folder), statistics.median(checks.scan(path) for _ in range(3))
    click.echo(
        f"governors' report of 1,000,000 transfers, {what}, judging included: {large.seconds:.1f} s "
        f"(under 25 s), {large.peak:.0f} MB (under 300 MB); {large.seconds / bare:.1f} times a bare scan of the rows"
    )


def reporting(folder: Path, demo: Path, count: int = 1_000_000) -> None:
    """Prints what a governors' report of `count` transfers takes, and what the demonstration's takes."""
    governors(checks.filled(folder / "reported.db", count, EVERY), folder, "three kinds of transfer")
    for ending in ("html", "pdf"):
        small = _governors(demo, folder, ending)
        click.echo(f"governors' report of the demonstration, {ending}: {small.seconds:.2f} s (under 2 s)")
