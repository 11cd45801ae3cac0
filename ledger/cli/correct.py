"""`correct`: a complete replacement of a transfer, or its withdrawal. What it replaced stays in the record."""

from __future__ import annotations

from pathlib import Path

import click

from ledger import canonical
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt, show_unlisted, stop_at_people
from ledger.errors import Refused
from ledger.intake.draft import Stated, from_cells


def read_replacement(file: Path) -> Stated:
    """The transfer that the JSON object in `file` states, by the importer's columns. Raises `Refused`."""
    try:
        value = canonical.decode(file.read_bytes())
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None
    except Refused as error:
        raise error.at(str(file)) from None
    if not isinstance(value, dict):
        raise Refused(f"{file} is to hold one JSON object: the whole transfer as it should have been.")
    cells = {}
    for column, one in value.items():
        if isinstance(one, list) and all(isinstance(item, str) for item in one):
            cells[column] = ";".join(map(str, one))
        elif isinstance(one, bool):
            cells[column] = "yes" if one else "no"
        elif isinstance(one, (str, int)):
            cells[column] = str(one)
        else:
            raise Refused(f"{file}, {column}: a text, a number, yes or no, or a list of texts is wanted.")
    try:
        return from_cells(cells)
    except Refused as error:
        raise Refused(f"{file}: {error}") from None


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="SEQ|ID")
@click.option("--reason", required=True, help="Why; kept as an erasable value.")
@click.option("--with", "file", type=click.Path(path_type=Path), help="The whole transfer, as a JSON object.")
@click.option("--withdraw", is_flag=True, help="It never took place, or was entered twice.")
@actor_option
def correct(ledger: Path, which: str, reason: str, file: Path | None, withdraw: bool) -> None:
    """Correct transfer SEQ|ID of LEDGER: replace it by what FILE states, or withdraw it."""
    if (file is None) is not withdraw:
        raise Refused("Say either --with FILE or --withdraw.")
    found = read_replacement(file) if file is not None else None
    stop_at_people(Stated({}, {"reason": reason}))
    if found is not None:
        stop_at_people(found)
    with open_ledger(ledger) as opened:
        replacement = None if found is None else opened.settle(*found)
        if replacement is not None:
            show_unlisted(replacement)
        show_receipt(opened.correct(which, reason, replacement, {}))
