"""`register`: the documented purposes of this project or of a file; shown, linted, compared, begun, adopted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from ledger.cli.edge import clock, entropy, show_receipt
from ledger.errors import Refused
from ledger.london import parse_date
from ledger.register.model import Register
from ledger.register.read import notice_bytes, notice_ids, read_with_places


def _bytes(notice: str) -> tuple[bytes, str]:
    if notice in notice_ids():
        return notice_bytes(notice), notice
    path = Path(notice)
    if not path.is_file():
        known = ", ".join(notice_ids())
        raise Refused(f"{notice} is neither a notice that comes with this project ({known}) nor a YAML file.")
    try:
        return path.read_bytes(), notice
    except OSError as error:
        raise Refused(f"{notice} cannot be read: {error.strerror}.") from None


def read_linted(notice: str) -> tuple[Register, str]:
    """The register `notice` (an id or a file) and its text. `Refused`, all problems at once, unless it is clean."""
    from ledger.register.lint import lint

    data, source = _bytes(notice)
    found, places = read_with_places(data, source)
    if problems := lint(found, places):
        raise Refused("\n".join(f"{source}: {problem}" for problem in problems))
    return found, data.decode("utf-8")


@click.group()
def register() -> None:
    """The documented purposes: list them, show one, lint one, compare two, begin one, adopt one."""


@register.command("list")
def list_() -> None:
    """List the notices that come with this project."""
    for id_ in notice_ids():
        found, _ = read_linted(id_)
        click.echo(f"{id_}  {found.title}, {len(found.flows)} flows, from {found.effective_from}")


@register.command()
@click.argument("notice")
def show(notice: str) -> None:
    """Print NOTICE (an id or a YAML file) for people."""
    from ledger.register.show import describe

    click.echo(describe(read_linted(notice)[0]))


@register.command()
@click.option("-o", "--output", "output", type=click.Path(path_type=Path), help="Write it to this new file.")
@click.option("--like", type=click.Choice(("primary", "secondary", "workforce")), help="A whole register to adapt.")
def new(output: Path | None, like: str | None) -> None:
    """Begin a register: a file with placeholders to fill in, and a comment on each part."""
    from ledger.register.template import starter, template

    text = template() if like is None else starter(like)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{output} is there already, and is left as it is; name a new file.") from None
    if like is not None:
        click.echo(f"{output}: adapt it as its first lines say; `transfer-ledger register lint {output}` checks it.")
        return
    click.echo(f"{output}: fill in its placeholders; `transfer-ledger register lint {output}` says which are left.")


@register.command()
@click.argument("notice")
def lint(notice: str) -> None:
    """Say all that is wrong with NOTICE (an id or a YAML file), with line and column."""
    found, _ = read_linted(notice)
    click.echo(f"{notice}: {len(found.flows)} flows, nothing wrong.")


@register.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Count the transfers recorded there on the flows that differ.",
)
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, ledger: Path | None) -> None:
    """Say what B permits and A does not, and the other way round. Each is an id or a YAML file.

    Exit status: 0 they say the same, 1 they differ, 2 could not run.
    """
    from ledger.cli.affected import recorded
    from ledger.register.diff import compare, touched
    from ledger.register.tell import describe

    old, new = read_linted(before)[0], read_linted(after)[0]
    changes = compare(old, new)
    said = describe(changes, old, new)
    if ledger is not None:
        said += "\n" + recorded(ledger, touched(changes, old, new), old, new)
    click.echo(said, nl=False)
    ctx.exit(1 if changes else 0)


@register.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("notice")
def adopt(ledger: Path, notice: str) -> None:
    """Seal NOTICE (an id or a YAML file) in LEDGER: from then on, transfers are checked against it."""
    from ledger.writer import Ledger

    found, text = read_linted(notice)
    first = _day(found.effective_from)
    last = None if found.effective_until is None else _day(found.effective_until)
    with Ledger(ledger, clock, entropy) as opened:
        receipt = opened.adopt(found, text, (first, last, found.effective_assigned))
    until = "until replaced" if last is None else f"until {last}"
    click.echo(f"Adopted {found.id}: {len(found.flows)} flows, from {first} {until}.")
    show_receipt(receipt)


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else parse_date(value)
