"""`refuse`: a request for data that was refused, or met in part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt, stop_at_people
from ledger.errors import Refused
from ledger.intake.draft import Stated
from ledger.london import parse_date


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--refused-on", required=True, help="The day of the refusal, YYYY-MM-DD.")
@click.option("--recipient", required=True, help="Who asked.")
@click.option("--ground", required=True, help="Why, by code: as no-lawful-basis.")
@click.option("--met-in-part", "transfer", help="The id of the transfer that met the request in part.")
@click.option("--purpose", help="What they wanted it for.")
@click.option("--field", "fields", multiple=True, help="What they asked for (repeat it).")
@click.option("--request-date", help="When they asked, YYYY-MM-DD.")
@click.option("--request-reference", help="The request's reference; erasable.")
@click.option("--operator", help="Who refused; erasable.")
@click.option("--reason", help="Why, in words; erasable.")
@click.option("--note", help="Anything worth adding; erasable.")
@actor_option
def refuse(ledger: Path, refused_on: str, request_date: str | None, **given: Any) -> None:
    """Record in LEDGER that a request for data was refused, or met in part."""
    if not given["recipient"].strip():
        raise Refused("--recipient is empty; say who asked.")
    names = ("request_reference", "operator", "reason", "note")
    texts = {name: given[name] for name in names if given[name]}
    members: dict[str, Any] = {
        "refused_on": parse_date(refused_on),
        "outcome": "met-in-part" if given["transfer"] else "refused",
        **{name: given[name] for name in ("recipient", "ground", "purpose", "transfer") if given[name]},
    }
    if given["fields"]:
        members["fields"] = list(given["fields"])
    if request_date:
        members["request"] = {"date": parse_date(request_date)}
    stop_at_people(Stated(members, texts))
    with open_ledger(ledger) as opened:
        show_receipt(opened.refuse(members, texts))
