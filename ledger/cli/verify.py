"""`verify`: recomputes everything, and says what was reached and what remains possible."""

from __future__ import annotations

from pathlib import Path

import click

from ledger import canonical
from ledger.verify.assurance import Report
from ledger.verify.assurance import verify as run


def as_json(report: Report) -> canonical.Json:
    """The report as `verify --format json` prints it."""
    return {
        "assurance": report.assurance,
        "size": report.size,
        "head": report.head,
        "origin": report.origin,
        "problems": [{"seq": p.seq, "problem": p.problem, "message": p.message} for p in report.problems],
        "warnings": [{"seq": p.seq, "problem": p.problem, "message": p.message} for p in report.warnings],
        "not_checked": list(report.not_checked),
    }


def _text(report: Report) -> None:
    for one in report.problems:
        click.echo(f"{'the file' if one.seq is None else f'entry {one.seq}'}: {one.message} [{one.problem}]")
    for one in report.warnings:
        click.echo(f"warning, entry {one.seq}: {one.message} [{one.problem}]")
    if report.problems:
        click.echo(f"\nNOT VERIFIED: {len(report.problems):,} problems in {report.size:,} entries.")
    else:
        click.echo(f"Verified: {report.size:,} entries of {report.origin} are consistent with themselves.")
    click.echo(f"head {report.head}")
    click.echo("\nNot checked:")
    for line in report.not_checked:
        click.echo(f"- {line}")


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@click.pass_context
def verify(ctx: click.Context, ledger: Path, format_: str) -> None:
    """Verify LEDGER: exit 0 verified, 1 evidence of alteration, 2 could not run."""
    report = run(ledger)
    if format_ == "json":
        click.echo(canonical.encode(as_json(report)).decode())
    else:
        _text(report)
    ctx.exit(1 if report.problems else 0)
