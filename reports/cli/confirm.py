"""`confirm`: seals that a second person confirms corrections and decisions that deny a breach."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt
from ledger.errors import Refused
from ledger.members import Batch, Correction, Review
from ledger.source import Source
from reports.cli.check import Checked, check_source
from reports.cli.edge import day
from reports.cli.findings import known_check, named
from reports.cli.review import texts_given
from reports.confirming import own_statement, unconfirmed
from reports.finding import Finding


def _everything(path: Path, checked: Checked) -> tuple[set[int], list[Finding]]:
    """Every entry that nobody else has checked yet, and the findings that they deny. `Refused` where there is none."""
    waiting = list(unconfirmed(checked.result))
    if not waiting:
        raise Refused(f"{path}: nothing awaits confirmation.")
    return {entry for _, entry in waiting}, [finding for finding, _ in waiting]


def _meant(source: Source, checked: Checked, which: str, check: str | None) -> tuple[set[int], list[Finding]]:
    """The entries that KEY|SEQ means, and the findings that they deny. `Refused` where there is nothing to confirm."""
    path, waiting = source.path, list(unconfirmed(checked.result))
    if which.isascii() and which.isdecimal() and len(which) < 16:
        seq = int(which)
        there = source.entry(seq)
        if there is None:
            raise Refused(f"{path}: there is no entry {which}.")
        if isinstance(there[0], Batch):
            history = checked.result.history
            seqs = {
                entry for finding, entry in waiting if (chain := history.chain(finding.seq)) and chain[0].batch == seq
            }
            if not seqs:
                raise Refused(f"{path}: no correction of a transfer of the import in entry {seq} awaits confirmation.")
            return seqs, [finding for finding, entry in waiting if entry in seqs]
        if isinstance(there[0], (Correction, Review)):
            return {seq}, [finding for finding, entry in waiting if entry == seq]
    meant = named(path, checked, which, check)
    rows = {row.key for row in checked.rows if meant(row)}
    found = [(finding, entry) for finding, entry in waiting if finding.key in rows]
    if not found:
        raise Refused(
            f"{path}: nobody said that the finding {which} never was a breach, or a second person has confirmed it; "
            "there is nothing to confirm."
        )
    return {entry for _, entry in found}, [finding for finding, _ in found]


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="KEY|SEQ", required=False)
@click.argument("check", required=False)
@click.option("--all", "everything", is_flag=True, help="Everything that nobody else has checked yet, as one list.")
@click.option("--reason", metavar="TEXT", help="What you looked at; erasable.")
@click.option("--by", metavar="TEXT", help="Who confirms; erasable.")
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@actor_option
def confirm(
    ledger: Path,
    which: str | None,
    check: str | None,
    everything: bool,
    reason: str | None,
    by: str | None,
    as_of: str | None,
) -> None:
    """Confirm, as a second person, a correction or a decision that says that something never was a breach.

    KEY is the finding's. SEQ is the entry of the correction, of the decision, of an import whose rows were corrected,
    or of the transfer [and the CHECK]. You can't confirm what you recorded, corrected or decided yourself, unless
    nobody else in the people list could; reports then say so. Exit 0 confirmed, 2 not confirmed.
    """
    if (which is None) is not everything:
        raise Refused("Say what you confirm: KEY, SEQ, or --all.")
    name = None if check is None else known_check(check)
    texts = texts_given(reason=reason, decided_by=by)
    with open_ledger(ledger) as opened:
        with Source(ledger) as source:
            checked = check_source(source, day(as_of))
            seqs, findings = _everything(ledger, checked) if which is None else _meant(source, checked, which, name)
            own = own_statement(checked.result.history, checked.head.size, findings, opened.actor)
            if own is not None:
                raise Refused(
                    f"{ledger}: you recorded or corrected the transfer of entry {own} yourself. Somebody else has to "
                    "confirm this."
                )
        receipts = opened.confirm(sorted(seqs), checked.head, texts)
    for receipt in receipts:
        show_receipt(receipt)
    one = len(seqs) == 1
    click.echo(f"Confirmed: {len(seqs):,} {'correction or decision' if one else 'corrections and decisions'}.")
