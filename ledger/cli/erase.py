"""`erase`: deletes one erasable value for good, and seals that it was."""

from __future__ import annotations

from pathlib import Path

import click

from ledger import erase as erasing
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt
from ledger.errors import Refused
from ledger.prove import place_of


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="SEQ|ID")
@click.option("--value", "name", required=True, metavar="NAME", help="The value's name, as note or recipient_as_given.")
@click.option("--ground", required=True, metavar="CODE", help="Why, as a code: request-of-person, retention-ended, …")
@click.option("--note", help="What is worth adding; erasable itself.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@actor_option
def erase(ledger: Path, which: str, name: str, ground: str, note: str | None, yes: bool) -> None:
    """Erase a value of an entry of LEDGER. It cannot be brought back; what it was, nobody can tell afterwards.

    Every hash and proof stays valid. Exit status 2 where it is sealed but not yet purged: close whatever has the
    ledger open, and run the same command again. Copies and backups elsewhere are not reached.
    """
    with open_ledger(ledger) as opened:
        seq = place_of(opened.db, which)
        opened.erasable(seq, name)
        if not yes:
            click.confirm(f"Erase {name} of entry {seq} for ever? It cannot be brought back.", abort=True, err=True)
        done = erasing.erase(opened, seq, name, ground, {"note": note} if note else {})
    if done.receipt is not None:
        show_receipt(done.receipt)
    if not done.purged:
        raise Refused(
            "Sealed, not yet purged: another program has the ledger open. Close it, and run the same command again."
        )
    click.echo(f"{name} of entry {seq} is erased: neither the ledger's file nor its write-ahead log holds it.")
