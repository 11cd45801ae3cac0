"""`verify-report`: whether this very file was attested, and whether the ledger would still give the same report."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import click

from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.importer import digest
from ledger.members import Attestation
from ledger.source import Source
from ledger.verify.assurance import verify
from reports.cli.making import as_it_was, judged, reading, wanted_of
from reports.cli.report import made
from reports.documents.blocks import Made
from reports.documents.reading import Attested, attested_day
from reports.scope import day_in_words
from reports.wording import dated

SAME = "The ledger still gives this very report."


class _Again(NamedTuple):
    """The report that the first entries give now: its SHA-256, and what it says that it was made from."""

    sha256: str
    made: Made


def _again(source: Source, one: Attested) -> _Again:
    """`Refused` where it cannot be made again."""
    wanted, _ = wanted_of(one)
    with as_it_was(source, one) as path, judged(path, one.entry.as_of) as of:
        document, pieces = made(of, reading(of, wanted), wanted.format)
        found = hashlib.sha256()
        for piece in pieces:
            found.update(piece)
        return _Again(found.hexdigest(), document.made)


def _agrees(about: Attestation, made: Made) -> bool:
    # An entry that was sealed by hand may say anything of a file that the ledger does give.
    told = (about.options, about.as_of, about.registers, about.version, about.size, about.head)
    return told == (made.options, made.as_of, made.registers, made.version, made.size, made.head)


def _told(one: Attested) -> str:
    about = one.entry
    return (
        f"Attested: entry {one.seq}, on {day_in_words(attested_day(one))}, as of "
        f"{dated(about.as_of.isoformat())}, made from the first {about.size:,} entries with the options "
        f"{' '.join(about.options)}."
    )


def _judged(source: Source, one: Attested, sha256: str) -> tuple[int, str]:
    """The exit status that one attestation of the file gives, and why."""
    try:
        again = _again(source, one)
    except Refused as error:
        return 2, f"It cannot be made again: {error}"
    if again.sha256 == sha256:
        if _agrees(one.entry, again.made):
            return 0, SAME
        return 1, "NOT WHAT WAS ATTESTED: the ledger gives this file, but the entry that attests it says it is another."
    version, here = one.entry.version, again.made.version
    if version != here:
        return 2, (
            f"It cannot be made again: it was made by version {version} of this program, and this is {here}, which "
            "words or draws it in another way. With that version it can be made again."
        )
    return 1, (
        "NOT THE SAME: what these entries give now is another report. It shows something that they do not hold, or was "
        "made in another way than by `report --attest`."
    )


@click.command("verify-report")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("ledger", type=click.Path(path_type=Path))
@click.pass_context
def verify_report(ctx: click.Context, file: Path, ledger: Path) -> None:
    """Tell whether FILE is a report that LEDGER attested: exit 0 it is, and the ledger still gives it; 1 not; 2 could
    not run.
    """
    sha256 = digest(file)
    with Source(ledger) as source:
        with progress("Verifying", source.head.size) as done:
            verification = verify(ledger, done)
        if verification.problems:
            first = verification.problems[0]
            where = "the file" if first.seq is None else f"entry {first.seq}"
            click.echo(
                f"NOT RELIABLE: the ledger itself does not verify ({where}: {first.message}), so nothing that it "
                "attests counts. `transfer-ledger verify` says more."
            )
            ctx.exit(1)
        found = [Attested(seq, entry) for seq, _, entry in source.attestations() if entry.report == sha256]
        if not found:
            click.echo(f"NOT ATTESTED: no entry of {ledger} names this file (SHA-256 {sha256}).")
            ctx.exit(1)
        # Whoever can append can attest the same file once more, in a wrong way; the right one counts all the same.
        answers: dict[int, tuple[Attested, str]] = {}
        for one in reversed(found):
            answer, why = _judged(source, one, sha256)
            answers.setdefault(answer, (one, why))
            if answer == 0:
                break
    status = next(answer for answer in (0, 2, 1) if answer in answers)
    one, why = answers[status]
    click.echo(_told(one))
    if status == 2:
        raise Refused(why)
    click.echo(why)
    if status == 0:
        click.echo(
            "Whether the whole ledger was made anew, `transfer-ledger verify` tells with a checkpoint that you kept."
        )
    ctx.exit(status)
