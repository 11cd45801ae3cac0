"""`report`: verifies, checks, and writes the compliance report with its charts into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.seal import Head
from ledger.source import Source
from ledger.verify.assurance import verify
from reports import cache
from reports.cli.edge import day, not_run, statements, status
from reports.documents.compliance import Compliance, compliance
from reports.documents.tally import Tally
from reports.evidence import evidence_of
from reports.run import run


def report_on(path: Path, as_of: date) -> Compliance:
    """The report on the ledger at `path` as of a London day, from scratch. `Refused` where it cannot be read."""
    with Source(path) as source:
        with progress("Verifying", source.head.size) as done:
            verification = verify(path, done)
        evidence = evidence_of(source)
        tally = Tally(evidence, as_of)
        with progress("Checking", statements(source)) as done:
            result = run(replace(evidence, recorded=tally.through(evidence.recorded)), as_of, done)
        return compliance(source, evidence, result, tally, verification)


def files(report: Compliance) -> dict[str, Iterable[str]]:
    """The report's files: name → its text in pieces, the same for the same ledger, day and version of this program."""
    from reports.charts.drawn import drawn
    from reports.formats.csv_ import as_csv
    from reports.formats.html import as_html
    from reports.formats.json_ import as_json

    charts = drawn(report.figures)
    return {
        "report.html": (as_html(report, charts),),
        # With the mark at the beginning Excel knows that this is UTF-8.
        "findings.csv": chain(("\N{ZERO WIDTH NO-BREAK SPACE}",), as_csv(report.rows)),
        "report.json": as_json(report.result, report.rows),
        **{f"{name}.svg": (svg,) for name, svg in charts.items()},
    }


def write(folder: Path, contents: Mapping[str, Iterable[str]]) -> None:
    """Writes `contents` into `folder` as UTF-8, each file whole or not at all. `Refused` where that is impossible.

    A chart of an earlier report that this one does not have is removed.
    """
    from reports.charts.drawn import DRAW

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            with NamedTemporaryFile(dir=folder, prefix=f".{name}-", delete=False) as file:
                try:
                    file.writelines(text.encode() for text in content)
                    file.close()
                    os.chmod(file.name, 0o644)
                    os.replace(file.name, folder / name)
                except BaseException:
                    os.unlink(file.name)
                    raise
        for name in DRAW:
            if f"{name}.svg" not in contents:
                (folder / f"{name}.svg").unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{folder}: the report cannot be written there: {error.strerror or error}.") from None


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "folder", required=True, type=click.Path(path_type=Path), help="The folder to write into."
)
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@click.pass_context
def report(ctx: click.Context, ledger: Path, folder: Path, as_of: str | None) -> None:
    """Write the compliance report on LEDGER: exit 0 no open breach, 1 an open breach or alteration, 2 could not run."""
    made = report_on(ledger, day(as_of))
    contents = files(made)
    write(folder, contents)
    if (why := cache.keep(ledger, made.result, made.rows.told(), Head(made.size, made.head), None)) is not None:
        click.echo(f"The findings are not kept for browsing: {why}", err=True)
    click.echo(f"{made.rating_title}. Wrote {', '.join(contents)} into {folder}.")
    if made.verification.problems:
        click.echo(made.verification_words, err=True)
    if (sentence := not_run(made.result)) is not None:
        click.echo(sentence, err=True)
    ctx.exit(1 if made.verification.problems else status(made.result))
