"""`bundle`: what an auditor takes along, in one file that is verified without the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
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


def must_verify(ledger: Path, done: Callable[[int], None]) -> None:
    """`Refused` where `ledger` does not verify: no evidence is handed out of it. `done` gets how many entries are."""
    verified = verify(ledger, done)
    if verified.problems:
        raise Refused(
            f"{ledger}: it does not verify, so no evidence is handed out of it: {verified.problems[0].message} "
            f"`transfer-ledger verify` says more."
        )


def bundle_of(ledger: Path, as_of: date, more: Mapping[str, bytes], done: Callable[[int], None]) -> bytes:
    """The evidence bundle of `ledger`, which verifies, with findings as of a London day and reports by their names.

    `done` gets how many proofs are. `Refused` where it has no checkpoint, or does not prove what it holds.
    """
    with Source(ledger) as source:
        checked = check_source(source, as_of)
        try:
            return evidence_bundle(source, checked.result, checked.rows, more=more, done=done)
        except NotGenuine as error:
            raise Refused(f"{ledger}: it does not prove what it holds, so no evidence is handed out: {error}") from None


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
        must_verify(ledger, done)
    with progress("Proving", None) as done:
        data = bundle_of(ledger, spoken_of, more, done)
    write_file(output, data)
    click.echo(f"{output}: {len(data):,} bytes; whoever checks it needs your verifier key, from elsewhere.")
