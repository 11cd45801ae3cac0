"""`sample`: draws the transfers that an auditor tests, into a table with columns for the evidence that he sees."""

from __future__ import annotations

import io
from pathlib import Path

import click

from ledger.cli.keys import write_file
from ledger.errors import Refused
from reports.cli.edge import day
from reports.cli.making import Wanted, reading
from reports.documents.blocks import Document, numbers
from reports.documents.sample import check_asked
from reports.documents.sample import sample as build

FORMATS = (".csv", ".xlsx")


def _period(**given: str | None) -> str:
    """The period as `Wanted` takes it; everything recorded where none is named. `Refused` for two at once."""
    stated = {name: text for name, text in given.items() if text is not None}
    if len(stated) > 1 and stated.keys() != {"from", "to"}:
        names = " and ".join(f"--{name}" for name in stated)
        raise Refused(f"{names} name the period twice; give a year, a term, a month, or days with --from and --to.")
    return ",".join(f"{name}={text}" for name, text in stated.items()) or "whole"


def _written(document: Document, suffix: str) -> bytes:
    if suffix == ".csv":
        from reports.formats.csv_ import table_as_csv

        # With the mark at the beginning Excel knows that this is UTF-8.
        return ("\N{ZERO WIDTH NO-BREAK SPACE}" + "".join(table_as_csv(document.data[0]))).encode()
    from reports.formats.xlsx import write_xlsx

    file = io.BytesIO()
    write_xlsx(document, file)
    return file.getvalue()


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--seed", required=True, metavar="NUMBER", help="Your own number, chosen after you have the last hash.")
@click.option("--count", default=25, show_default=True, help="How many transfers to draw.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file: .csv or .xlsx.")
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@click.option("--year", metavar="YEAR", help="Only transfers of this school year (2009-10).")
@click.option("--term", metavar="ID", help="Only transfers of this term, by its id in the register.")
@click.option("--month", metavar="MONTH", help="Only transfers of this month (2010-05).")
@click.option("--from", "first", metavar="DATE", help="Only transfers from this day on (YYYY-MM-DD).")
@click.option("--to", "last", metavar="DATE", help="Only transfers up to this day (YYYY-MM-DD).")
@click.option(
    "--school", default="", metavar="ID", help="Only transfers that this school sent, received or is named in."
)
@click.pass_context
def sample(
    ctx: click.Context,
    ledger: Path,
    seed: str,
    count: int,
    output: Path,
    as_of: str | None,
    year: str | None,
    term: str | None,
    month: str | None,
    first: str | None,
    last: str | None,
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
    period = _period(year=year, term=term, month=month, **{"from": first, "to": last})
    with reading(ledger, Wanted("sample", day(as_of), suffix[1:], period, school)) as (source, read):
        document = build(read, source, seed, count)
    write_file(output, _written(document, suffix))
    found = numbers(document)
    all_ = "" if found["drawn"] == count else f"; there are no more, so {count:,} could not be drawn"
    click.echo(f"{output}: {found['drawn']} of {found['among']} transfers, drawn with the seed {seed}{all_}.")
    if document.warning is not None:
        click.echo(document.warning, err=True)
    ctx.exit(1 if document.warning is not None else 0)
