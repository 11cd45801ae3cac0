"""`verify`: recomputes everything, and says what was reached and what remains possible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger import canonical
from ledger.cli.edge import clock
from ledger.cli.keys import kept_checkpoint, read_file, trust_options, trusted
from ledger.errors import Refused
from ledger.verify.assurance import Report, missed, verify_publication
from ledger.verify.assurance import verify as run
from ledger.verify.levels import LEVELS, Brought
from ledger.verify.record import Found

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_DURATION = re.compile(r"([1-9]\d{0,4})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Refused(f"--not-older-than: {text[:20]!r} is not a duration; write 30m, 36h, 10d or 2w.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _certificates(path: Path) -> list[Certificate]:
    from ledger import timestamp

    try:
        return timestamp.certificates(read_file(path))
    except Refused as error:
        raise error.at(str(path)) from None


def as_json(report: Report) -> canonical.Json:
    """The report as `verify --format json` prints it."""
    seen = report.reached.seen
    return {
        "assurance": report.assurance,
        "reached": list(report.reached.levels),
        "size": report.size,
        "covered": report.reached.covered,
        "seen": None if seen is None else f"{seen:%Y-%m-%dT%H:%M:%SZ}",
        "head": report.head,
        "origin": report.origin,
        "problems": [{"seq": p.seq, "problem": p.problem, "message": p.message} for p in report.problems],
        "warnings": [{"seq": p.seq, "problem": p.problem, "message": p.message} for p in report.warnings],
        "log": report.log[0],
        "not_checked": [*report.not_checked, *([report.log[1]] if report.log[1] else [])],
    }


_SAYS = {
    "signed": "signed: every key that you gave signed a checkpoint of these entries.",
    "anchored": "anchored: whatever the checkpoints that you kept cover is still there, unaltered and in its place.",
    "witnessed": "witnessed: the witnesses that your policy asks for saw this very history.",
}


def show_problems(problems: Sequence[Found]) -> None:
    """Prints what verification found, a line each."""
    for one in problems:
        click.echo(f"{'the file' if one.seq is None else f'entry {one.seq}'}: {one.message} [{one.problem}]")


def _text(report: Report) -> None:
    show_problems(report.problems)
    for one in report.warnings:
        place = "the file" if one.seq is None else f"entry {one.seq}"
        click.echo(f"warning, {place}: {one.message} [{one.problem}]")
    if report.problems:
        click.echo(f"\nNOT VERIFIED: {len(report.problems):,} problems in {report.size:,} entries.")
    else:
        click.echo(f"Verified: {report.size:,} entries of {report.origin} are consistent with themselves.")
        for level in report.reached.levels:
            click.echo(f"- {_SAYS[level]}")
        if report.reached.covered:
            click.echo(
                f"{report.reached.covered:,} of {report.size:,} entries are covered by a checkpoint that counts."
            )
        if report.reached.seen is not None:
            click.echo(f"Others last saw it, as it is or shorter, at {report.reached.seen:%Y-%m-%d %H:%M:%S} UTC.")
    click.echo(f"head {report.head}")
    if report.log[0] is not None:
        click.echo(report.log[0])
    click.echo("\nNot checked, or still possible:")
    for line in (*report.not_checked, report.log[1]):
        if line is not None:
            click.echo(f"- {line}")


@click.command()
@click.argument("ledger")
@trust_options
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A checkpoint that you kept, or its sheet (repeat it).",
)
@click.option(
    "--authority",
    "authorities",
    type=click.Path(path_type=Path),
    multiple=True,
    help="The root certificate, in PEM, of a time stamping authority that you trust (repeat it).",
)
@click.option(
    "--require", type=click.Choice(["consistent", *LEVELS]), help="Exit with 2 where this level is not reached."
)
@click.option(
    "--not-older-than", metavar="DURATION", help="How old the newest cosignature or timestamp may be: 36h, 10d, 2w."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@click.pass_context
def verify(
    ctx: click.Context,
    ledger: str,
    vkeys: tuple[str, ...],
    policies: tuple[Path, ...],
    kept: tuple[Path, ...],
    authorities: tuple[Path, ...],
    require: str | None,
    not_older_than: str | None,
    format_: str,
) -> None:
    """Verify LEDGER, a file or what was published of one: 0 verified, 1 evidence of alteration, 2 could not run.

    2 also where a level that was asked for was not reached. Only what you bring is trusted: keys, policies and
    checkpoints that you got by another way than from the ledger.
    """
    brought = Brought(
        trusted(vkeys, policies),
        tuple((str(path), kept_checkpoint(path)) for path in kept),
        tuple(one for path in authorities for one in _certificates(path)),
        _duration(not_older_than),
        clock(),
    )
    if "://" in ledger or Path(ledger).is_dir():
        report = verify_publication(ledger, brought=brought)
    else:
        report = run(Path(ledger), brought=brought)
    why = None if report.problems else missed(report, require)
    if format_ == "json":
        click.echo(canonical.encode(as_json(report)).decode())
    else:
        _text(report)
    if why is not None:
        click.echo(why, err=True)
    ctx.exit(1 if report.problems else 2 if why else 0)
