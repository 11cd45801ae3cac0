"""Who sent and who got what was found: recipients and senders, with their transfers and their findings by severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from reports.documents.blocks import Cell, Column, Data, Table, Value
from reports.documents.findings import named
from reports.documents.reading import Reading
from reports.documents.standing import Standing, standing_by, together

MOST_PARTIES = 100
"""So many parties have a row each in a document; the others are one row, and one each in its data."""

COUNTED = (
    Column("transfers", "Transfers", "number"),
    Column("critical", "Critical", "number"),
    Column("serious", "Serious", "number"),
    Column("minor", "Minor", "number"),
    Column("open", "Open breaches", "number"),
)
"""Columns of counts that parties and checks have alike."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient or sender. `id` is "" where the findings are on no single transfer; `name` says on what."""

    id: str
    name: str
    transfers: int
    standing: Standing

    @property
    def counts(self) -> tuple[int, ...]:
        """As in `COUNTED`."""
        one = self.standing
        return self.transfers, one.critical, one.serious, one.minor, one.open


def parties(reading: Reading, side: Literal["recipient", "sender"]) -> tuple[Party, ...]:
    """All recipients or senders with a transfer or a finding, the worst first, then those with most transfers."""
    senders, recipients = reading.counts.parties
    transfers: Counter[str] = recipients if side == "recipient" else senders
    if side == "recipient":
        found = standing_by(reading, lambda _, sent: (sent.recipient_id, sent.recipient))
    else:
        found = standing_by(reading, lambda _, sent: (sent.sender_id, sent.sender))
    for id_ in transfers:
        found.setdefault((id_, named(id_, reading.label)), Standing())
    all_ = [
        Party(id=id_, name=name, transfers=transfers[id_] if id_ else 0, standing=one)
        for (id_, name), one in found.items()
    ]
    return tuple(sorted(all_, key=lambda one: (*one.standing.weight, not one.id, -one.transfers, one.name, one.id)))


def table(id_: str, caption: str, title: str, found: Sequence[Party]) -> Table:
    """Parties as a table for people: the first `MOST_PARTIES`, and the others as one row."""
    shown = found if len(found) <= MOST_PARTIES else found[: MOST_PARTIES - 1]
    rows: list[tuple[Cell, ...]] = [(one.name, *one.counts) for one in shown]
    if others := found[len(shown) :]:
        rest = Party(
            id="",
            name=f"{len(others):,} others",
            transfers=sum(one.transfers for one in others),
            standing=together(one.standing for one in others),
        )
        rows.append((rest.name, *rest.counts))
    empty = f"No {title.lower()} has a transfer or a finding."
    return Table(id_, caption, (Column(id_, title), *COUNTED), tuple(rows), empty)


def data(id_: str, title: str, found: Sequence[Party]) -> Data:
    """All of them for programs."""
    columns = (Column("id", "Id", "code"), Column("name", "Name"), *COUNTED, Column("breaches", "Breaches", "number"))
    rows: list[tuple[Value, ...]] = [(one.id, one.name, *one.counts, one.standing.breaches) for one in found]
    return Data(id_, title, columns, tuple(rows))
