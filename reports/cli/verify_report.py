"""`verify-report`: whether this very file was attested, and whether the ledger would still give the same report."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ledger.beginning import beginning
from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.london import day_of
from ledger.source import Source
from ledger.verify.assurance import verify
from reports.cli.making import judged, reading, wanted_of
from reports.cli.report import bundle_of, made
from reports.documents.reading import Attested
from reports.wording import dated


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None


def _again(source: Source, one: Attested) -> str:
    """The SHA-256 of the report that the first entries give now. `Refused` where it cannot be made again."""
    wanted, checkpoints = wanted_of(one)
    with TemporaryDirectory(prefix="transfer-ledger-") as folder:
        path = Path(folder) / "then.db"
        beginning(source, one.entry.size, checkpoints, path)
        with judged(path, one.entry.as_of, from_scratch=True) as of:
            bundle = bundle_of(of) if (wanted.kind, wanted.format) == ("auditor", "pdf") else None
            digest = hashlib.sha256()
            for piece in made(of, reading(of, wanted), wanted.format, bundle)[1]:
                digest.update(piece)
            return digest.hexdigest()


@click.command("verify-report")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("ledger", type=click.Path(path_type=Path))
@click.pass_context
def verify_report(ctx: click.Context, file: Path, ledger: Path) -> None:
    """Tell whether FILE is a report that LEDGER attested: exit 0 it is, and the ledger still gives it; 1 not; 2 could
    not run.
    """
    sha256 = _digest(file)
    with Source(ledger) as source:
        with progress("Verifying", source.head.size) as done:
            verification = verify(ledger, done)
        if verification.problems:
            first = verification.problems[0]
            where = "the file" if first.seq is None else f"entry {first.seq}"
            click.echo(
                f"NOT RELIABLE: the ledger itself does not verify ({where}: {first.message}), so nothing that it "
                "attests "
                "counts. `transfer-ledger verify` says more."
            )
            ctx.exit(1)
        found = [Attested(seq, entry) for seq, _, entry in source.attestations() if entry.report == sha256]
        if not found:
            click.echo(f"NOT ATTESTED: no entry of {ledger} names this file (SHA-256 {sha256}).")
            ctx.exit(1)
        one = found[-1]
        about = one.entry
        click.echo(
            f"Attested: entry {one.seq}, on {dated(day_of(about.recorded_at).isoformat())}, as of "
            f"{dated(about.as_of.isoformat())}, made from the first {about.size:,} entries with the options "
            f"{' '.join(about.options)}."
        )
        if _again(source, one) == sha256:
            click.echo("The ledger still gives this very report.")
            return
    here = metadata.version("transfer-ledger")
    if about.version != here:
        raise Refused(
            f"It was made by version {about.version} of this program, and this is {here}, which words or draws it in "
            f"another way: with that version it can be made again."
        )
    click.echo("NOT THE SAME: what these entries give now is another report. It shows something that they do not hold.")
    ctx.exit(1)
