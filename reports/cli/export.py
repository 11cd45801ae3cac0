"""`export`: the record of processing activities, the recipients for a subject access request, and the public page."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.source import Source
from ledger.store import sentences
from ledger.verify.assurance import verify
from reports.cli.edge import day
from reports.cli.making import Wanted, period_of, school_of
from reports.cli.period import period_options
from reports.cli.report import ending_of
from reports.cli.writing import write
from reports.documents.exports.documented import overtaken, version_on
from reports.documents.exports.flows import flows
from reports.documents.exports.recipients import recipients
from reports.documents.exports.ropa import ropa
from reports.evidence import evidence_of
from reports.formats.rendering import ENDINGS, rendered
from reports.scope import Scope

_WARNING = "The record does NOT verify, so nothing that is written here can be relied on."

_USUAL = {"ropa": "xlsx", "recipients": "html", "flows": "html"}


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("what", type=click.Choice(list(_USUAL)))
@click.option("--format", "ending", type=click.Choice(ENDINGS), help="How to write it, unless OUTPUT's name says.")
@period_options(", which is usual; a period and a school are for the recipients")
@click.option("--as-of", metavar="DATE", help="The day whose register is written down (YYYY-MM-DD); today in London.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.pass_context
def export(
    ctx: click.Context,
    ledger: Path,
    what: str,
    ending: str | None,
    period: str,
    school: str,
    as_of: str | None,
    output: Path,
) -> None:
    """Write a standard export of LEDGER: exit 0 written, 1 written from an altered record, 2 could not run.

    ropa is the record of processing activities in the ICO's columns, recipients answers who got data about people of
    each category (everything recorded, unless a period is named), flows is a page for the website.
    """
    spoken_of = day(as_of)
    if what != "recipients" and (period or school):
        raise Refused(f"A period or a school is for the recipients; {what} writes down the register of one day.")
    with sentences(ledger), Source(ledger) as source:
        # Nobody should be told, or publish, what an altered record says without knowing that it was altered.
        with progress("Verifying", source.head.size) as done:
            problems = verify(ledger, done).problems
        evidence = evidence_of(source)
        if what == "recipients":
            wanted = Wanted("dpo", spoken_of, period=period or "whole")
            of, ids = school_of(source, school)
            scope = Scope(period_of(source, wanted), ids)
            document = recipients(source, evidence, spoken_of, scope, "" if of is None else of.name)
        else:
            document = (ropa if what == "ropa" else flows)(source, evidence, spoken_of)
            if sentence := overtaken(evidence, version_on(source, evidence, spoken_of), spoken_of):
                click.echo(sentence, err=True)
        if problems:
            document = msgspec.structs.replace(document, warning=_WARNING)
            click.echo(f"{_WARNING} `transfer-ledger verify` says more.", err=True)
        written = write(output, rendered(document, ending_of(ending, output, _USUAL[what])))
    click.echo(f"Wrote {output}: {written.size:,} bytes, SHA-256 {written.sha256}.")
    ctx.exit(int(bool(problems)))
