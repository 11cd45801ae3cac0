"""`init`: makes a ledger with its first entry."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.edge import clock, entropy
from ledger.writer import create


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--origin", required=True, help="The ledger's name for ever, as springfield.example/transfers.")
@click.option("--organisation", required=True, help="The name of the organisation that keeps it.")
def init(ledger: Path, origin: str, organisation: str) -> None:
    """Make the file LEDGER, with its first entry."""
    receipt = create(ledger, origin, organisation, clock, entropy)
    click.echo(f"Made {ledger} for {organisation}, origin {origin}.")
    click.echo(f"entry 0  {receipt.hash}")
