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
from reports import baseline, parallel
from reports.baseline import Compared
from reports.cli.edge import day, not_run, statements, status
from reports.context import Evidence
from reports.documents.findings import Rows, rows_of
from reports.documents.statements import PRACTICE
from reports.formats.csv_ import as_csv
from reports.formats.json_ import as_json
from reports.formats.text import as_text, since_in_words
from reports.run import Result
from reports.wording import Labels


class Checked(NamedTuple):
    """What a check of a ledger gave, and the end of the chain that it saw. The transfers of `evidence` are spent."""

    evidence: Evidence
    result: Result
    rows: Rows
    head: Head


def check_ledger(path: Path, as_of: date) -> Checked:
    """Checks the ledger at `path` as of a London day. `Refused` where it cannot be read."""
    with Source(path) as source:
        return check_source(source, as_of)


def check_source(source: Source, as_of: date) -> Checked:
    """The same for a ledger that is open."""
    with progress("Checking", statements(source)) as done:
        evidence, result = parallel.check(source, as_of, done)
    return Checked(evidence, result, rows_of(source, result, Labels(evidence)), source.head)


def _printed(format_: str, checked: Checked, rows: Rows, since: Compared | None) -> Iterator[str]:
    if format_ == "json":
        return as_json(checked.result, rows, checked.head, since)
    return as_csv(rows) if format_ == "csv" else as_text(checked.result, rows, checked.head, since)


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text", help="How to print it."
)
@click.option(
    "--baseline",
    "known",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Only what is new since FILE: an earlier check's JSON, or a checkpoint.",
)
@click.pass_context
def check(ctx: click.Context, ledger: Path, as_of: str | None, format_: str, known: Path | None) -> None:
    """Check every transfer in LEDGER: exit 0 no open breach, 1 an open breach, 2 could not run.

    With --baseline, only new findings are printed, and only a new breach that is open gives 1.
    """
    spoken_of = day(as_of)
    before = None if known is None else baseline.read(known, ledger)
    checked = check_ledger(ledger, spoken_of)
    since = None if before is None else baseline.compare(before, checked.result.findings)
    rows = checked.rows if since is None else checked.rows.only(since.new)
    lines = _printed(format_, checked, rows, since)
    while block := "".join(islice(lines, 1000)):
        click.echo(block, nl=False)
    if since is not None and format_ == "csv":
        click.echo(since_in_words(since), err=True)
    if checked.evidence.practice:
        click.echo(PRACTICE, err=True)
    if (sentence := not_run(checked.result)) is not None:
        click.echo(sentence, err=True)
    ctx.exit(status(checked.result, None if since is None else since.new))
