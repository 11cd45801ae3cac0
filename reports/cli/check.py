"""`check`: every check on every transfer, what it found, and an exit status that a scheduler can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from ledger.cli.progress import progress
from ledger.seal import Head
from ledger.source import Source
from reports import baseline, cache
from reports.again import Changes, check_again
from reports.baseline import Compared
from reports.cli.edge import day, not_run, statements, status
from reports.context import Context, Evidence
from reports.documents.findings import Rows, rows_of
from reports.evidence import evidence_of
from reports.formats.csv_ import as_csv
from reports.formats.json_ import as_json
from reports.formats.text import as_text, since_in_words
from reports.run import Result, collect, result_of
from reports.wording import Labels


class Checked(NamedTuple):
    """What a check of a ledger gave, the end of the chain that it saw, and how many statements it judged for it.

    `judged` is None where it judged all. `unkept` is why the findings could not be kept, if they were to be. The
    transfers of `evidence` were gone through.
    """

    evidence: Evidence
    result: Result
    rows: Rows
    head: Head
    judged: int | None
    unkept: str | None


def check_ledger(path: Path, as_of: date, *, keep: bool = False, from_scratch: bool = False) -> Checked:
    """Checks the ledger at `path` as of a London day: what is new since the last check, or all of it, `from_scratch`.

    `keep` is whether what was found is kept in the file. `Refused` where it cannot be read.
    """
    with Source(path) as source:
        return check_source(source, as_of, keep=keep, from_scratch=from_scratch)


def check_source(source: Source, as_of: date, *, keep: bool = False, from_scratch: bool = False) -> Checked:
    """The same for a ledger that is open."""
    if not from_scratch:
        with progress("Checking", None) as done:
            went_on = check_again(source, as_of, done)
        if went_on is not None:
            return _went_on(source, *went_on, keep=keep)
    evidence = evidence_of(source)
    context = Context(evidence, as_of)
    with progress("Checking", statements(source)) as done:
        collected = collect(evidence, context, done)
    with closing(collected.many) as many:
        result = result_of(evidence, context, collected.findings, collected.transfers, collected.covered)
        rows = rows_of(source, result, Labels(evidence))
        unkept = cache.keep(source.path, result, rows.told(), source.head, many) if keep else None
    return Checked(evidence, result, rows, source.head, None, unkept)


def _went_on(source: Source, evidence: Evidence, result: Result, changes: Changes, *, keep: bool) -> Checked:
    label = Labels(evidence)
    rows = rows_of(source, result, label)
    unkept = None
    if keep:
        new = rows
        if not changes.reworded:
            new = rows_of(source, msgspec.structs.replace(result, findings=tuple(changes.new)), label)
        unkept = cache.keep(source.path, result, new.told(), source.head, changes)
    return Checked(evidence, result, rows, source.head, changes.judged, unkept)


def _printed(format_: str, result: Result, rows: Rows, since: Compared | None) -> Iterator[str]:
    if format_ == "json":
        return as_json(result, rows, since)
    return as_csv(rows) if format_ == "csv" else as_text(result, rows, since)


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
@click.option("--from-scratch", is_flag=True, help="Judge every transfer anew, and believe nothing that is kept.")
@click.pass_context
def check(
    ctx: click.Context, ledger: Path, as_of: str | None, format_: str, known: Path | None, from_scratch: bool
) -> None:
    """Check every transfer in LEDGER: exit 0 no open breach, 1 an open breach, 2 could not run.

    What an earlier check found is gone on from, where nothing that it rests on has changed. With --baseline, only new
    findings are printed, and only a new breach that is open gives 1.
    """
    spoken_of = day(as_of)
    before = None if known is None else baseline.read(known, ledger)
    checked = check_ledger(ledger, spoken_of, keep=True, from_scratch=from_scratch)
    if checked.judged is not None:
        click.echo(
            f"Judged anew: {checked.judged:,} statements of transfers, all that is new or affected since the last "
            "check; `--from-scratch` judges every one.",
            err=True,
        )
    if checked.unkept is not None:
        click.echo(f"The findings are not kept for browsing: {checked.unkept}", err=True)
    since = None if before is None else baseline.compare(before, checked.result.findings)
    rows = checked.rows if since is None else checked.rows.only(since.new)
    lines = _printed(format_, checked.result, rows, since)
    while block := "".join(islice(lines, 1000)):
        click.echo(block, nl=False)
    if since is not None and format_ == "csv":
        click.echo(since_in_words(since), err=True)
    if (sentence := not_run(checked.result)) is not None:
        click.echo(sentence, err=True)
    ctx.exit(status(checked.result, None if since is None else since.new))
