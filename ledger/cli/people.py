"""`people`: who is who in a ledger, by codes. The names lie in your own configuration folder, never in the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import actor
from ledger.cli.actor import actor_option, my_code, open_ledger
from ledger.cli.edge import entropy, show_receipt
from ledger.errors import Refused
from ledger.forms import form_problem
from ledger.people import ROLES, Role, new_code
from ledger.source import Source


@click.group()
def people() -> None:
    """Say who may decide and who may confirm. People are codes; only codes on this list count as different people."""


@people.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--role", type=click.Choice(list(ROLES)), required=True, help="What this person does.")
@click.option("--name", help="The person's name, kept in your configuration folder only.")
@click.option("--outside", is_flag=True, help="Somebody outside the organisation, such as an external DPO.")
@click.option("--code", metavar="CODE", help="The code that this person has already; without it, a new one.")
@actor_option
def add(ledger: Path, role: Role, name: str | None, outside: bool, code: str | None) -> None:
    """Issue a code in LEDGER to one person, or give the person with CODE another role. The newest role holds."""
    if code is not None and (why := form_problem("actor", code)) is not None:
        raise Refused(f"--code {code[:40]!r} is no person's code: {why}.")
    given = code or new_code(entropy)
    with open_ledger(ledger) as opened:
        receipt = opened.add_person(given, role, outside)
        if receipt is None:
            raise Refused(f"{given} has this role already; nothing was recorded.")
        if name is not None and opened.actor is not None:
            told = actor.read(opened.origin())
            actor.write(
                opened.origin(), str(told.get("me", opened.actor)), {**told.get("names", {}), given: name.strip()}
            )
    show_receipt(receipt)
    click.echo(given)
    if code is None:
        click.echo(f"Give this code to the {ROLES[role]}, who keeps it with: transfer-ledger people me LEDGER {given}")


@people.command("list")
@click.argument("ledger", type=click.Path(path_type=Path))
@actor_option
def list_(ledger: Path) -> None:
    """List every code of LEDGER with its role, and the names that you keep."""
    with Source(ledger) as source:
        origin, there = source.genesis().origin, source.people()
    names, me = actor.read(origin).get("names", {}), my_code(origin)
    for code, issued in there:
        told = [f"{code}  {ROLES[issued.role]}", "outside" if issued.outside else "", names.get(code, "")]
        click.echo("  ".join([part for part in told if part] + (["(you)"] if code == me else [])))


@people.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("code", required=False)
@actor_option
def me(ledger: Path, code: str | None) -> None:
    """Print your code in LEDGER, or keep CODE, which the lead gave you, as yours."""
    with Source(ledger) as source:
        origin = source.genesis().origin
    if code is not None:
        if (why := form_problem("actor", code)) is not None:
            raise Refused(f"{code[:40]!r} is no person's code: {why}.")
        actor.write(origin, code, actor.read(origin).get("names", {}))
    click.echo(my_code(origin))
