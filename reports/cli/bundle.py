"""`bundle`: what an auditor takes along, in one file that is verified without the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.keys import read_file, write_file
from ledger.cli.progress import progress
from ledger.errors import NotGenuine, Refused
from ledger.source import Source
from ledger.verify.assurance import verify
from reports.bundling import evidence_bundle
from reports.cli.check import check_source
from reports.cli.edge import day


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The ZIP file to write.")
@click.option("--as-of", metavar="DATE", help="The day that the findings speak of (YYYY-MM-DD); today in London.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A report to put in; an attested one is proved with the rest (repeat it).",
)
def bundle(ledger: Path, output: Path, as_of: str | None, reports: tuple[Path, ...]) -> None:
    """Write the evidence bundle of LEDGER: proofs, checkpoints, registers, findings and the page that verifies.

    `verify-proof FILE.zip --key|--policy` checks it without the ledger. It holds no free text and no person's name.
    """
    spoken_of = day(as_of)
    more = {one.name: read_file(one) for one in reports}
    if len(more) < len(reports):
        raise Refused("Two of the reports have the same name; rename one.")
    if output.suffix != ".zip":
        raise Refused(f"{output}: a bundle is a ZIP archive; name a file that ends in .zip.")
    with progress("Verifying", None) as done:
        verified = verify(ledger, done)
    if verified.problems:
        raise Refused(
            f"{ledger}: it does not verify, so no evidence is handed out of it: {verified.problems[0].message} "
            f"`transfer-ledger verify` says more."
        )
    with Source(ledger) as source:
        checked = check_source(source, spoken_of, from_scratch=True)
        try:
            with progress("Proving", None) as done:
                data = evidence_bundle(source, checked.result, checked.rows, more=more, done=done)
        except NotGenuine as error:
            raise Refused(f"{ledger}: it does not prove what it holds, so no evidence is handed out: {error}") from None
    write_file(output, data)
    click.echo(f"{output}: {len(data):,} bytes; whoever checks it needs your verifier key, from elsewhere.")
