"""`register`: the documented purposes of this project or of a file; shown, linted, compared, begun, adopted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import clock, show_receipt
from ledger.errors import Refused
from ledger.london import day_of, parse_date
from ledger.register.model import Register
from ledger.register.read import notice_bytes, notice_ids

_SHOWN = 100
"""So many problems are said; whoever has more begins with these."""


def _bytes(notice: str) -> tuple[bytes, str]:
    if notice in notice_ids():
        return notice_bytes(notice), notice
    path = Path(notice)
    try:
        if path.is_dir():
            raise Refused(f"{notice} is a folder; name a YAML file in it.")
        if not path.is_file():
            known = ", ".join(notice_ids())
            raise Refused(f"{notice} is neither a notice that comes with this project ({known}) nor a YAML file.")
        return path.read_bytes(), notice
    except OSError as error:
        raise Refused(f"{notice} cannot be read: {error.strerror}.") from None


def _problems(data: bytes, source: str) -> Register:
    """The register in `data`. `Refused`, all problems at once, unless it is clean."""
    from ledger.register.lint import examine

    found, problems = examine(data)
    if found is None or problems:
        lines = [f"{source}: {problem}" for problem in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"… and {len(problems) - _SHOWN:,} problems more; --format json lists all.")
        raise Refused("\n".join(lines))
    return found


def read_linted(notice: str) -> tuple[Register, str]:
    """The register `notice` (an id or a file) and its text. `Refused`, all problems at once, unless it is clean."""
    data, source = _bytes(notice)
    return _problems(data, source), data.decode("utf-8")


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
@click.option("--format", "format_", type=click.Choice(["text", "json", "svg"]), default="text", help="How to show it.")
@click.option("--coverage", is_flag=True, help="Show which rules each paragraph of the notice became, instead.")
def show(notice: str, format_: str, coverage: bool) -> None:
    """Print NOTICE (an id or a YAML file) for people, as JSON, or as a picture of its flows."""
    from ledger.register import coverage as covered
    from ledger.register import picture
    from ledger.register.show import describe

    found = read_linted(notice)[0]
    if coverage and format_ != "text":
        raise Refused("--coverage is a table of text; leave --format out.")
    if coverage:
        click.echo(covered.describe(found), nl=False)
    elif format_ == "json":
        click.echo(json.dumps(covered.plain(found), ensure_ascii=False, indent=1))
    elif format_ == "svg":
        click.echo(picture.draw(found), nl=False)
    else:
        click.echo(describe(found))


@register.command()
@click.option("-o", "--output", "output", type=click.Path(path_type=Path), help="Write it to this new file.")
@click.option("--like", type=click.Choice(("primary", "secondary", "workforce")), help="A whole register to adapt.")
@click.option("--from-ledger", type=click.Path(path_type=Path), help="Draft it from what was recorded there.")
def new(output: Path | None, like: str | None, from_ledger: Path | None) -> None:
    """Begin a register: a file with placeholders to fill in, and a comment on each part."""
    from ledger.cli import drafting
    from ledger.register.template import starter, template

    if like is not None and from_ledger is not None:
        raise Refused("--like and --from-ledger begin different registers; give one of them.")
    if from_ledger is not None:
        text = drafting.from_ledger(from_ledger)
    else:
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
@click.argument("notice", metavar="FILE")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to say it.")
@click.pass_context
def lint(ctx: click.Context, notice: str, format_: str) -> None:
    """Say all that is wrong with FILE (a YAML file, or a notice's id), with line and column.

    Exit status: 0 nothing is wrong, 2 something is.
    """
    data, source = _bytes(notice)
    if format_ == "text":
        found = _problems(data, source)
        click.echo(f"{notice}: {len(found.flows)} flows, nothing wrong.")
        return
    from ledger.register.lint import examine

    problems = examine(data)[1]
    said = [
        {
            "path": problem.path,
            "line": problem.place.line if problem.place else None,
            "column": problem.place.column if problem.place else None,
            "message": problem.message,
        }
        for problem in problems
    ]
    click.echo(json.dumps({"file": notice, "problems": said}, ensure_ascii=False, indent=1))
    ctx.exit(2 if problems else 0)


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
@click.option("--from", "first", metavar="DATE", help="The first day it judges; without it, the register's own.")
@click.option("--until", "last", metavar="DATE", help="The last day it judges; without it, the register's own.")
@actor_option
def adopt(ledger: Path, notice: str, first: str | None, last: str | None) -> None:
    """Seal NOTICE (an id or a YAML file) in LEDGER: from then on, transfers are checked against it.

    It judges transfers from its first to its last day. One that began before today needs --from, so that nobody
    backdates it unknowingly.
    """

    found, text = read_linted(notice)
    begins, ends, assigned = _dates(found, first, last)
    today = day_of(clock())
    backdated = begins < today
    if backdated and first is None:
        raise Refused(
            f"{found.id} judges transfers from {begins}, which is before today, {today}: it would be backdated. "
            f"Give --from {begins} to backdate it knowingly, or --from {today} to let it judge from today."
        )
    with open_ledger(ledger) as opened:
        receipt = opened.adopt(found, text, (begins, ends, assigned))
    until = "until replaced" if ends is None else f"until {ends}"
    if receipt.new:
        click.echo(f"Adopted {found.id}: {len(found.flows)} flows, from {begins} {until}.")
    else:
        click.echo(f"{found.id} is adopted already, in entry {receipt.seq}, from {begins} {until}; nothing was sealed.")
    if backdated and receipt.new:
        click.echo(
            f"Backdated: it judges transfers from {begins} although adopted on {today}; each of them will say so "
            f"(register-backdated)."
        )
    show_receipt(receipt)


def _option(name: str, text: str | None) -> date | None:
    try:
        return None if text is None else parse_date(text)
    except Refused as error:
        raise error.at(name) from None


def _dates(found: Register, first: str | None, last: str | None) -> tuple[date, date | None, bool]:
    """Between which days it judges, and whether the notice itself does not say so."""
    given_first, given_last = _option("--from", first), _option("--until", last)
    begins, ends = given_first or found.effective_from, given_last or found.effective_until
    if ends is not None and ends < begins:
        raise Refused(f"It would judge until {ends}, which is before its first day, {begins}; give other dates.")
    other = (begins, ends) != (found.effective_from, found.effective_until)
    return begins, ends, found.effective_assigned or other
