"""What every verb takes from the world: the clock, randomness, and how a receipt is printed."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from ledger.entry import Content
from ledger.errors import Refused
from ledger.intake.draft import Stated
from ledger.intake.person import looks_like_person
from ledger.writer import Receipt


def clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def entropy(size: int) -> bytes:
    """`size` random bytes from the operating system."""
    return os.urandom(size)


def show_receipt(receipt: Receipt) -> None:
    """Prints where an entry lies and its hash, for people to keep."""
    id_ = f"  {receipt.id}" if receipt.id else ""
    click.echo(f"entry {receipt.seq}{id_}  {receipt.hash}" + ("" if receipt.new else "  (recorded before)"))


def show_unlisted(content: Content) -> None:
    """Says on standard error what will be kept as unlisted text, which can be erased later."""
    for name, value in sorted(content.texts.items()):
        if name.endswith("_as_given"):
            texts = [value] if isinstance(value, str) else value
            for text in texts:
                click.echo(f"not known, kept as unlisted (erasable) {name.removesuffix('_as_given')}: {text}", err=True)


_PEOPLE_BELONG = frozenset({"operator", "approver", "recorded_by", "payload_sha256"})


def stop_at_people(stated: Stated) -> None:
    """`Refused` where the id or an erasable text that is not meant for a name looks like a person."""
    day = stated.members.get("transferred_on")
    texts = {**stated.texts, "id": stated.members.get("id", "")}
    for name, text in sorted(texts.items()):
        if name not in _PEOPLE_BELONG and (what := looks_like_person(text, day)) is not None:
            raise Refused(
                f"{name}: it holds what looks like {what}; the record keeps no person's data. "
                f"Nothing was recorded; say it without."
            )
