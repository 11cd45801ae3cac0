"""`check`: every check on every transfer, what it found, and an exit status that a scheduler can act on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import click

from ledger.cli.progress import progress
from ledger.seal import Head
from ledger.source import Source
from reports import cache
from reports.cli.edge import day, not_run, statements, status
from reports.documents.findings import Rows, rows_of
from reports.evidence import evidence_of
from reports.formats.csv_ import as_csv
from reports.formats.json_ import as_json
from reports.formats.text import as_text
from reports.run import Result, run
from reports.wording import Labels


class Checked(NamedTuple):
    """What a run over a ledger gave, and the end of the chain that it saw."""

    result: Result
    rows: Rows
    head: Head


def check_ledger(path: Path, as_of: date) -> Checked:
    """Checks the ledger at `path` as of a London day. `Refused` where it cannot be read. Writes nothing."""
    with Source(path) as source:
        evidence = evidence_of(source)
        with progress("Checking", statements(source)) as done:
            result = run(evidence, as_of, done)
        return Checked(result, rows_of(source, result, Labels(evidence)), source.head)


def _printed(format_: str, checked: Checked) -> Iterator[str]:
    if format_ == "json":
        return as_json(checked.result, checked.rows)
    return as_csv(checked.rows) if format_ == "csv" else as_text(checked.result, checked.rows)


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text", help="How to print it."
)
@click.pass_context
def check(ctx: click.Context, ledger: Path, as_of: str | None, format_: str) -> None:
    """Check every transfer in LEDGER: exit 0 no open breach, 1 an open breach, 2 could not run."""
    checked = check_ledger(ledger, day(as_of))
    if (why := cache.keep(ledger, *checked)) is not None:
        click.echo(f"The findings are not kept for browsing: {why}", err=True)
    lines = _printed(format_, checked)
    while block := "".join(islice(lines, 1000)):
        click.echo(block, nl=False)
    if (sentence := not_run(checked.result)) is not None:
        click.echo(sentence, err=True)
    ctx.exit(status(checked.result))
