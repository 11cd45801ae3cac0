"""`sample`: draws the transfers that an auditor tests, into a table with columns for the evidence that he sees."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.keys import write_file
from ledger.errors import Refused
from reports.cli.edge import day
from reports.cli.making import Wanted, judged, reading
from reports.cli.period import period_options
from reports.documents.blocks import numbers
from reports.documents.sample import check_asked
from reports.documents.sample import sample as build
from reports.formats.rendering import rendered

FORMATS = (".csv", ".xlsx")


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--seed", required=True, metavar="NUMBER", help="Your own number, chosen after you have the last hash.")
@click.option("--count", default=25, show_default=True, help="How many transfers to draw.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file: .csv or .xlsx.")
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@period_options(", which is usual")
@click.pass_context
def sample(
    ctx: click.Context,
    ledger: Path,
    seed: str,
    count: int,
    output: Path,
    as_of: str | None,
    period: str,
    school: str,
) -> None:
    """Draw transfers of LEDGER to test, so that anybody can draw the same again and nobody can choose them.

    Of each transfer that stands, take the SHA-256 of SEED:HASH, HASH being its entry's hash; the smallest are drawn.
    Exit 0 drawn, 1 drawn from a record that does not verify, 2 could not run.
    """
    check_asked(seed, count)
    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        raise Refused(f"{output}: a sample is written as {' or '.join(FORMATS)}; name such a file.")
    if output.exists():
        raise Refused(f"{output} exists already, and may hold evidence that somebody noted; name another file.")
    spoken_of = day(as_of)
    with judged(ledger, spoken_of) as of:
        read = reading(of, Wanted("sample", spoken_of, suffix[1:], period or "whole", school))
        document = build(read, of.source, seed, count)
    write_file(output, b"".join(rendered(document, suffix[1:])))
    found = numbers(document)
    all_ = "" if found["drawn"] == count else f"; there are no more, so {count:,} could not be drawn"
    click.echo(f"{output}: {found['drawn']} of {found['among']} transfers, drawn with the seed {seed}{all_}.")
    if document.warning is not None:
        click.echo(document.warning, err=True)
    ctx.exit(1 if document.warning is not None else 0)
