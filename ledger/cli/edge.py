"""What every verb takes from the world: the clock, randomness, and how a receipt is printed."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from ledger.cli import output
from ledger.errors import Refused
from ledger.intake.draft import Stated
from ledger.intake.person import persons_in
from ledger.settle import Content
from ledger.writer import Receipt


def clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def entropy(size: int) -> bytes:
    """`size` random bytes from the operating system."""
    return os.urandom(size)


def show_receipt(receipt: Receipt) -> None:
    """Prints where an entry lies and its hash, for people to keep: on standard error where it can go nowhere else."""
    output.recorded()
    id_ = f"  {receipt.id}" if receipt.id else ""
    line = f"entry {receipt.seq}{id_}  {receipt.hash}" + ("" if receipt.new else "  (recorded before)")
    click.echo(line)
    if (error := output.lost()) is not None:
        why = error.strerror or error
        click.echo(f"transfer-ledger: This is recorded, but its receipt cannot be printed ({why}): {line}", err=True)


def show_unlisted(content: Content) -> None:
    """Says on standard error what will be kept as unlisted text, which can be erased later."""
    for name, value in sorted(content.texts.items()):
        if name.endswith("_as_given"):
            texts = [value] if isinstance(value, str) else value
            for text in texts:
                click.echo(f"not known, kept as unlisted (erasable) {name.removesuffix('_as_given')}: {text}", err=True)


def stop_at_people(stated: Stated) -> None:
    """`Refused`, saying all of it, where something that is kept looks like a person and none belongs there."""
    if found := persons_in(stated):
        raise Refused("\n".join(f"{name}: {why}" for name, why in found))
