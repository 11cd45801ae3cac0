"""`report`: the documents for governors, the data protection officer and the auditor, in any format, or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import click

from ledger.cli.actor import actor_option, open_ledger
from ledger.errors import NotGenuine, Refused
from ledger.seal import Head
from ledger.writer import Ledger, Receipt
from reports.cli.edge import day, not_run
from reports.cli.making import KINDS, Judged, Wanted, app_of, build, in_format, judged, reading
from reports.cli.period import period_options
from reports.cli.writing import Written, is_stream, write, write_all
from reports.documents.blocks import Document, figures
from reports.documents.figures import NAMES
from reports.documents.reading import Reading
from reports.formats.html import IndexEntry, index_html
from reports.formats.rendering import ENDINGS, charts_of, rendered

BUNDLE = "evidence.zip"

SET = (
    ("governors.html", "governors", "html"),
    ("governors.pdf", "governors", "pdf"),
    ("governors.md", "governors", "md"),
    ("report.html", "dpo", "html"),
    ("report.pdf", "dpo", "pdf"),
    ("findings.csv", "dpo", "csv"),
    ("report.xlsx", "dpo", "xlsx"),
    ("report.json", "dpo", "json"),
    ("auditor.html", "auditor", "html"),
    ("auditor.pdf", "auditor", "pdf"),
    ("auditor.json", "auditor", "json"),
)
"""The sensible set: a file's name, for whom it is, and its format."""


def bundle_of(of: Judged) -> bytes | None:
    """The evidence bundle of an open ledger; None where no checkpoint covers it, or it gives no proof."""
    from reports.bundling import evidence_bundle

    if not of.checkpoints or of.verification.problems:
        return None
    try:
        return evidence_bundle(of.source, of.checked.result, of.checked.rows, checkpoints=of.checkpoints)
    except (Refused, NotGenuine):
        return None  # `bundle` says why


def made(of: Judged, read: Reading, ending: str, bundle: bytes | None = None) -> tuple[Document, Iterator[bytes]]:
    """A document in one format, and the bytes of its file.

    Only the auditor's PDF carries the evidence: entries are not for the public. `bundle` is the evidence, where it was
    packed already.
    """
    read = in_format(read, ending)
    kind = read.made.option("for")
    document = build(kind)(read, of.source)
    carries = (kind, ending) == ("auditor", "pdf")
    if carries and bundle is None:
        bundle = bundle_of(of)
    pieces = rendered(document, ending, {BUNDLE: bundle} if carries and bundle is not None else {})
    return document, _frozen(of, pieces)


def _frozen(of: Judged, pieces: Iterator[bytes]) -> Iterator[bytes]:
    # Asked before the file takes its name, so that no report is left of a ledger that was replaced meanwhile.
    yield from pieces
    of.source.files.unchanged()


def attested(
    opened: Ledger, of: Judged, documents: Mapping[str, Document], written: Mapping[str, Written]
) -> Iterator[tuple[str, Receipt]]:
    """Seals in `opened` the digests of documents that are written, and gives the receipt of each by its file's name.

    `Refused` where the record does not verify.
    """
    if of.verification.problems:
        raise Refused("It is not attested: the record does not verify.")
    for name, document in documents.items():
        made_from = document.made
        receipt = opened.attest(
            written[name].sha256,
            made_from.options,
            made_from.as_of,
            made_from.registers,
            made_from.version,
            Head(made_from.size, made_from.head),
        )
        yield name, receipt


def _say(of: Judged) -> None:
    if of.verification.problems:
        click.echo(
            "The record does not verify; every report says so first. `transfer-ledger verify` says more.", err=True
        )
    if (sentence := not_run(of.checked.result)) is not None:
        click.echo(sentence, err=True)


class Reports(NamedTuple):
    """What was written: files by their names, the documents among them, and whether any has a breach that is open."""

    written: dict[str, Written]
    documents: dict[str, Document]
    opened: bool


def write_one(output: Path, of: Judged, wanted: Wanted) -> Reports:
    """Writes the report that was asked for to the file `output`."""
    read = reading(of, wanted)
    document, pieces = made(of, read, wanted.format)
    return Reports({output.name: write(output, pieces)}, {output.name: document}, bool(read.open))


def write_set(folder: Path, of: Judged, wanted: Wanted) -> Reports:
    """Writes the sensible set with an index into `folder`; says so where no governors' paper is made of what it is."""
    bundle = bundle_of(of)
    read = {kind: reading(of, wanted._replace(kind=kind)) for kind in KINDS if kind != "governors"}
    try:
        read["governors"] = reading(of, wanted._replace(kind="governors"))
    except Refused as error:
        click.echo(f"No governors' paper is written. {error}", err=True)
    contents: dict[str, Iterator[bytes]] = {}
    documents: dict[str, Document] = {}
    for name, kind, ending in SET:
        if kind in read:
            documents[name], contents[name] = made(of, read[kind], ending, bundle)
    main = documents["report.html"]
    for name, svg in charts_of(main).items():
        contents[f"{name}.svg"] = iter((svg.encode(),))
    if bundle is not None:
        contents[BUNDLE] = iter((bundle,))
    titles = {name: (one.title, one.about) for name, one in documents.items()}
    titles |= {f"{figure.name}.svg": ("Charts", main.about) for figure in figures(main)}
    titles[BUNDLE] = ("The evidence bundle", "For the auditor: proofs that need no ledger")

    def index(written: Mapping[str, Written]) -> bytes:
        entries = [IndexEntry(name, *titles[name], one.sha256, one.size) for name, one in written.items()]
        return index_html(entries, main.organisation, "Reports", main.about, main.made).encode()

    obsolete = (BUNDLE, *(f"{name}.svg" for name in NAMES), *(name for name, _, _ in SET))
    written = write_all(folder, contents, obsolete, index)
    return Reports(written, documents, any(one.open for one in read.values()))


def _status(of: Judged, opened: bool) -> int:
    if of.verification.problems or opened:
        return 1
    return 0 if all(one.ran for one in of.checked.result.checks) else 2


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path), required=False)
@click.option("--for", "kind", type=click.Choice(list(KINDS)), help="For whom; without it, all reports.")
@click.option("--format", "ending", type=click.Choice(ENDINGS), help="How to write it; html unless OUTPUT's name says.")
@period_options(", instead of the last school year")
@click.option("--since-last", is_flag=True, help="Only what is new since the last attested report of this kind.")
@click.option("--all-schools", type=click.Path(path_type=Path), metavar="DIR", help="Every ledger in a folder.")
@click.option("--attest", is_flag=True, help="Seal the report's digest, so that anyone can tell it from another.")
@click.option("--app", default="", metavar="URL", help="Where the app answers, for links to it.")
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The file, or without --for the folder."
)
@actor_option
@click.pass_context
def report(
    ctx: click.Context,
    ledger: Path | None,
    kind: str | None,
    ending: str | None,
    period: str,
    school: str,
    since_last: bool,
    all_schools: Path | None,
    attest: bool,
    app: str,
    as_of: str | None,
    output: Path,
) -> None:
    """Write a report on LEDGER: exit 0 nothing to decide, 1 an open breach or alteration, 2 could not run.

    Without --for and --format it writes all reports, with an index, into a folder. They speak of the last school year
    unless another period is named.
    """
    spoken_of: date = day(as_of)
    single = kind is not None or ending is not None
    wanted = Wanted(kind or "dpo", spoken_of, "", period, school, "last" if since_last else "", app_of(app))
    if all_schools is not None:
        if ledger is not None or single or attest or school or since_last:
            raise Refused("--all-schools takes a folder of ledgers, a period and -o, and nothing else.")
        from reports.cli.authority import report_on_all

        ctx.exit(report_on_all(all_schools, wanted, output))
    if ledger is None:
        raise Refused("Name the ledger, or a folder of them with --all-schools.")
    with judged(ledger, spoken_of) as of:
        if single:
            reports = write_one(output, of, wanted._replace(format=ending_of(ending, output)))
            one = reports.written[output.name]
            click.echo(f"Wrote {output}: {one.size:,} bytes, SHA-256 {one.sha256}.", err=is_stream(output))
        else:
            reports = write_set(output, of, wanted)
            click.echo(f"Wrote {', '.join(reports.written)} into {output}.")
        _say(of)
        for document in reports.documents.values():
            if since_last and not document.made.option("since"):
                who = document.made.option("for")
                click.echo(f"No report for {who} was attested before, so everything in it is new.", err=True)
                break
        status = _status(of, reports.opened)
        if attest and of.verification.problems:
            click.echo("It is not attested: the record does not verify.", err=True)
        elif attest:
            with open_ledger(ledger) as opened:
                for name, receipt in attested(opened, of, reports.documents, reports.written):
                    click.echo(
                        f"Attested {name} as entry {receipt.seq}  {receipt.hash}", err=single and is_stream(output)
                    )
    ctx.exit(status)


def ending_of(ending: str | None, output: Path, usual: str = "html") -> str:
    """The format that was asked for, or that the file's name says, or the usual one."""
    of_name = output.suffix.lower().removeprefix(".")
    return ending or (of_name if of_name in ENDINGS else usual)
