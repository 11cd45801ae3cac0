"""The flow map in numbers: what went from whom to whom for what, how much, when, and how many breaches are on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import msgspec

from reports.counts import SCHOOLS, Parties
from reports.documents.blocks import Cell, Column, Data, Table, Value
from reports.documents.findings import named
from reports.documents.reading import Reading
from reports.documents.standing import Standing, standing_by
from reports.wording import Labels

MOST_FLOWS = 150
"""So many flows have a row each in a document; the others are one row, and one each in its data."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """How much went from whom to whom for what; all schools are one. `people` is None where no transfer says how many.

    A person counts once for every transfer; `counted` of the `transfers` say how many they are about.
    """

    parties: Parties
    sender: str
    recipient: str
    purpose: str
    transfers: int
    people: int | None
    counted: int
    first: date
    last: date
    standing: Standing


def _party(id_: str, ids: Collection[str], label: Labels) -> str:
    if id_ != SCHOOLS:
        return named(id_, label)
    return named(min(ids), label) if len(ids) == 1 else f"{len(ids):,}\N{NO-BREAK SPACE}schools"


def flows(reading: Reading) -> tuple[Flow, ...]:
    """The flows of the transfers that stand, those with most transfers first.

    A finding counts on the flow of its transfer; one on a whole import, or on no transfer, names no party, and counts
    on none.
    """
    group = reading.counts.group
    standing = standing_by(
        reading, lambda _, sent: Parties(group(sent.sender_id), group(sent.recipient_id), sent.purpose_id)
    )
    label = reading.label
    found = [
        Flow(
            parties=parties,
            sender=_party(parties.sender, volume.senders, label),
            recipient=_party(parties.recipient, volume.recipients, label),
            purpose=named(parties.purpose, label),
            transfers=volume.transfers,
            people=volume.people if volume.counted else None,
            counted=volume.counted,
            first=volume.first,
            last=volume.last,
            standing=standing.get(parties, Standing()),
        )
        for parties, volume in reading.counts.flows.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.transfers, one.recipient, one.sender, one.purpose, one.parties)))


def _people(one: Flow) -> Cell:
    if one.people is None:
        return "not stated"
    return one.people if one.counted == one.transfers else f"{one.people:,} (in {one.counted:,} of them)"


def table(found: Sequence[Flow]) -> Table:
    """Flows as a table for people: the first `MOST_FLOWS`, and the others as one row."""
    columns = (
        Column("from", "From"),
        Column("to", "To"),
        Column("purpose", "Purpose"),
        Column("transfers", "Transfers", "number"),
        Column("people", "People", "number"),
        Column("first", "First", "date"),
        Column("last", "Last", "date"),
        Column("breaches", "Breaches", "number"),
    )
    shown = found if len(found) <= MOST_FLOWS else found[: MOST_FLOWS - 1]
    rows: list[tuple[Cell, ...]] = [
        (
            one.sender,
            one.recipient,
            one.purpose,
            one.transfers,
            _people(one),
            one.first,
            one.last,
            one.standing.breaches,
        )
        for one in shown
    ]
    if others := found[len(shown) :]:
        rows.append(
            (
                f"{len(others):,} other flows",
                None,
                None,
                sum(one.transfers for one in others),
                None,
                min(one.first for one in others),
                max(one.last for one in others),
                sum(one.standing.breaches for one in others),
            )
        )
    return Table("flows", "What went from whom to whom", columns, tuple(rows), "No transfer is recorded.")


def data(found: Sequence[Flow]) -> Data:
    """All of them for programs; `SCHOOLS` stands for all schools together."""
    columns = (
        Column("sender", "From (id)", "code"),
        Column("recipient", "To (id)", "code"),
        Column("purpose", "Purpose (id)", "code"),
        Column("sender_name", "From"),
        Column("recipient_name", "To"),
        Column("purpose_name", "Purpose"),
        Column("transfers", "Transfers", "number"),
        Column("people", "People", "number"),
        Column("counted", "Transfers that state how many people", "number"),
        Column("first", "First", "date"),
        Column("last", "Last", "date"),
        Column("breaches", "Breaches", "number"),
        Column("open", "Open breaches", "number"),
    )
    rows: list[tuple[Value, ...]] = [
        (
            *one.parties,
            one.sender,
            one.recipient,
            one.purpose,
            one.transfers,
            one.people,
            one.counted,
            one.first,
            one.last,
            one.standing.breaches,
            one.standing.open,
        )
        for one in found
    ]
    return Data("flows", "Flows", columns, tuple(rows))
