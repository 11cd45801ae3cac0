"""`findings`: single findings, listed by what they have in common or shown by key, from a run made for it.

What is listed is what a `check` of the same day would find, which goes on from the last one that was kept. A key is
shortened to as many digits as tell it from every other finding of the ledger.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import click

from ledger.errors import Refused
from ledger.source import Source
from reports.checks import CHECKS
from reports.cli.check import Checked, check_ledger
from reports.cli.edge import day, not_run
from reports.documents.findings import Row
from reports.finding import SEVERITIES
from reports.formats.json_ import findings_as_json
from reports.formats.text import findings_as_text
from reports.run import open_breaches
from reports.wording import dated

SHORTEST = 8
"""So many hexadecimal digits of a key are shown and taken at least."""

NAMES = tuple(check.ID for check in CHECKS)


def shortened(keys: Iterable[str]) -> int:
    """How many first digits, `SHORTEST` at least, tell each of `keys` from every other one."""
    ordered = sorted(set(keys))
    told = (
        next(place for place, (a, b) in enumerate(zip(*pair, strict=True), start=1) if a != b)
        for pair in pairwise(ordered)
    )
    return max(SHORTEST, *told, 0)


def _print(lines: Iterator[str]) -> None:
    while block := "".join(islice(lines, 1000)):
        click.echo(block, nl=False)


def known_check(name: str) -> str:
    """`name`, or `Refused` where no check has it."""
    if name not in NAMES:
        raise Refused(f"No check is named {name[:64]!r}; they are: {', '.join(NAMES)}.")
    return name


def _recipient(path: Path, id_: str) -> str:
    with Source(path) as source:
        if source.db.execute("SELECT 1 FROM entries WHERE recipient = ? LIMIT 1", (id_,)).fetchone() is None:
            raise Refused(f"{path}: no transfer went to {id_[:64]!r}; --recipient takes an id as `browse` shows it.")
    return id_


def named(path: Path, checked: Checked, which: str, check: str | None) -> Callable[[Row], bool]:
    """Tells the findings that `which` means: the first digits of one key, or the entry that they concern.

    `Refused` where there is none, or several have these digits.
    """
    keys = {one.key for one in checked.result.findings}
    if len(which) >= SHORTEST and all(one in string.hexdigits for one in which):
        found = sorted(key for key in keys if key.startswith(which.lower()))
        if len(found) > 1:
            raise Refused(f"{path}: the keys of {len(found)} findings begin with {which}; give more digits of it.")
        if found:
            of = {one.check for one in checked.result.findings if one.key == found[0]}
            if check is not None and check not in of:
                raise Refused(f"{path}: the finding {which} is not one of the check {check}.")
            return lambda row: row.key == found[0]
    if not (which.isascii() and which.isdecimal() and len(which) < 16):
        if any(one not in string.hexdigits for one in which) or len(which) > 64:
            raise Refused(f"{which[:64]!r} is neither a finding's key nor the number of an entry.")
        if len(which) < SHORTEST:
            raise Refused(f"{which!r} is too short for a finding's key; give at least {SHORTEST} digits of it.")
        raise Refused(f"{path}: no finding's key begins with {which}, as of {checked.result.as_of}.")
    seq = int(which)
    if seq >= checked.head.size:
        raise Refused(f"{path}: there is no entry {seq}; the last one is {checked.head.size - 1}.")
    if not any(seq in one.entries and check in (None, one.check) for one in checked.result.findings):
        by = "" if check is None else f" by the check {check}"
        raise Refused(f"{path}: nothing was found{by} on entry {seq}, as of {checked.result.as_of}.")
    return lambda row: seq in row.entries and check in (None, row.check)


_as_of = click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
_format = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)


@click.group()
def findings() -> None:
    """Findings one by one: list those that have something in common, show one."""


@findings.command("list")
@click.argument("ledger", type=click.Path(path_type=Path))
@_as_of
@click.option("--check", metavar="NAME", help="Only those of this check.")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only those of this severity.")
@click.option("--recipient", metavar="ID", help="Only those on transfers to this recipient.")
@click.option("--open", "only_open", is_flag=True, help="Only breaches that are open.")
@_format
def list_(
    ledger: Path,
    as_of: str | None,
    check: str | None,
    severity: str | None,
    recipient: str | None,
    only_open: bool,
    format_: str,
) -> None:
    """List the findings on LEDGER, the worst first: exit 0 listed, 2 could not run."""
    name = None if check is None else known_check(check)
    to = None if recipient is None else _recipient(ledger, recipient)
    checked = check_ledger(ledger, day(as_of))
    opened = {one.key for one in open_breaches(checked.result)}
    shown: list[bool] = []  # of each that was listed, whether it is open

    def wanted() -> Iterator[Row]:
        for row in checked.rows.by_weight():
            is_open = row.key in opened
            if (
                name in (None, row.check)
                and severity in (None, row.severity)
                and to in (None, row.recipient_id)
                and (is_open or not only_open)
            ):
                shown.append(is_open)
                yield row

    if format_ == "json":
        _print(findings_as_json(checked.result, wanted(), opened))
    else:
        _print(
            findings_as_text(wanted(), checked.result.decisions, shortened(one.key for one in checked.result.findings))
        )
        click.echo(
            f"{len(shown):,} of {len(checked.rows):,} findings, as of {dated(checked.result.as_of.isoformat())}; "
            f"{sum(shown):,} of them are open breaches."
        )
    if (sentence := not_run(checked.result)) is not None:
        click.echo(sentence, err=True)


@findings.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="KEY|SEQ")
@click.argument("check", required=False)
@_as_of
@_format
def show(ledger: Path, which: str, check: str | None, as_of: str | None, format_: str) -> None:
    """Show the finding whose key begins with KEY, or those on entry SEQ of LEDGER [by one CHECK].

    Exit 0 shown, 2 no such finding or could not run.
    """
    name = None if check is None else known_check(check)
    checked = check_ledger(ledger, day(as_of))
    meant = named(ledger, checked, which, name)
    opened = {one.key for one in open_breaches(checked.result)}
    rows = (row for row in checked.rows.by_weight() if meant(row))
    if format_ == "json":
        _print(findings_as_json(checked.result, rows, opened))
    else:
        _print(findings_as_text(rows, checked.result.decisions, 64))
