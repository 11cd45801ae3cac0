"""`record`: one transfer, stated by options. The lightest path of the program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ledger.cli import receipts
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt, show_unlisted, stop_at_people
from ledger.intake.draft import COLUMNS, Stated, from_cells
from ledger.members import REQUIRED, Member

_SINGULAR = {"fields": "field", "schools": "school"}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives `command` one option for each column of the importer; a list's option may be repeated."""
    for column, what in reversed(COLUMNS.items()):
        many = isinstance(what, Member) and what.many
        click.option(
            f"--{_SINGULAR.get(column, column).replace('_', '-')}",
            column,
            multiple=many,
            required=column in REQUIRED,
            help=what.meaning + (" (repeat it)" if many else "") + ".",
        )(command)
    return command


def stated(given: dict[str, Any]) -> Stated:
    """What the options `given` state. Raises `Problems` with all that is wrong."""
    cells = {
        column: ";".join(value) if isinstance(value, (tuple, list)) else value
        for column, value in given.items()
        if value
    }
    return from_cells(cells)


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@options
@receipts.options
@actor_option
def record(ledger: Path, receipts_: Path | None, key: Path | None, passphrase_file: Path | None, **given: Any) -> None:
    """Record one transfer in LEDGER, and print its receipt. Names are taken as the register knows them."""
    found = stated(given)
    stop_at_people(found)
    with open_ledger(ledger) as opened:
        wanted = receipts.wanted(opened, receipts_, key, passphrase_file)
        content = opened.settle(*found)
        show_unlisted(content)
        receipt = opened.append(content)
        show_receipt(receipt)
        receipts.write(opened, [receipt], wanted)
