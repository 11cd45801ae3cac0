"""`init`: makes a ledger with its first entry."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import output
from ledger.cli.actor import actor_option, my_code
from ledger.cli.edge import clock, entropy
from ledger.writer import create


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--origin", required=True, help="Permanent name, as springfield.example/transfers; it can't be changed.")
@click.option("--organisation", required=True, help="The name of the organisation that keeps it.")
@click.option("--practice", is_flag=True, help="A ledger to try things in, marked so on every page and report.")
@actor_option
def init(ledger: Path, origin: str, organisation: str, practice: bool) -> None:
    """Make the file LEDGER, with its first entry. You become its lead, who decides about findings."""
    receipt = create(ledger, origin, organisation, clock, entropy, actor=my_code(origin), practice=practice)
    output.recorded()
    click.echo(
        f"Made {ledger} for {organisation}, origin {origin}." + (" It is a practice ledger." if practice else "")
    )
    click.echo(f"entry 0  {receipt.hash}")
