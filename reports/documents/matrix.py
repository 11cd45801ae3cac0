"""Fields actually sent against fields documented: for each recipient and each field, whether both, one or none.

It judges more coarsely than the checks. A check judges one transfer by its flow and its purpose; here a field counts
as documented for a recipient where any flow to it documents the field, in any version of the documented purposes that
covers a day of the period. So what is marked here went to somebody for whom no flow at all documents it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from ledger.members import NOT_STATED, UNLISTED
from ledger.register.model import Flow, Register
from reports.counts import SCHOOLS
from reports.documents.blocks import Cell, Column, Data, Table, Tag, Text, Value
from reports.documents.findings import named
from reports.documents.reading import Reading
from reports.documents.statements import covering

ACROSS = 14
"""So many recipients stand side by side in one table, which a page can hold; the others have tables of their own."""

BEYOND = "!"
"""Marks a count of transfers that held a field which is not documented for their recipient."""

UNSENT = "·"
"""Marks a field that is documented for a recipient and that it never got."""

UNTOLD = "?"
"""Marks a count of transfers of which nobody said what they held."""

State = Literal["documented", "not-documented", "cannot-tell", "never-sent", "not-compared"]
"""How a field stands that was sent or documented; "not-compared" is where no version covers any day."""

_OF = {
    "documented": "Fields sent and documented",
    "not-documented": "Fields sent, NOT documented",
    "never-sent": "Fields documented, never sent",
    "not-compared": "Fields sent",
}
"""The rows that count the fields of each recipient."""


class Met(NamedTuple):
    """One field and one recipient: how many transfers held it, and how it stands."""

    transfers: int
    state: State


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Recipients and fields by their ids, in the order in which people read them, each with its name.

    `cells` are by recipient and field; one that is not there was neither sent nor documented. `compared` is whether any
    version of the documented purposes covers a day of the period.
    """

    recipients: dict[str, str]
    fields: dict[str, str]
    cells: dict[tuple[str, str], Met]
    compared: bool

    def count(self, state: State, recipient: str | None = None) -> int:
        """How many cells are in this state, of one recipient or of all."""
        return sum(met.state == state and recipient in (None, of) for (of, _), met in self.cells.items())


def _documented(reading: Reading) -> Iterator[tuple[Register, Flow]]:
    for version in covering(reading):
        for flow in version.register.flows:
            yield version.register, flow


def _ids(reading: Reading, sent_to: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    # What is known of each recipient: its id and role; of the schools together, that of each that got anything.
    organisations = {id_: one for one in reading.evidence.organisations.values() for id_ in (one.id, *one.former_ids)}
    found = {}
    for group, members in sent_to.items():
        ids = {"school"} if group == SCHOOLS else set()
        for member in members:
            one = organisations.get(member)
            ids |= {member} if one is None else {member, one.id, one.role}
        found[group] = frozenset(ids)
    return found


def _is_about(reading: Reading, register: Register, flow: Flow) -> bool:
    # Of one school's report, the flows to and from schools; of everybody's, all.
    if reading.school is None:
        return True
    ids = {*reading.scope.school, reading.school.role}
    return any(register.players(party) & ids for party in (*flow.sender, *flow.recipient))


def matrix(reading: Reading) -> Matrix:
    """The recipients of sent or documented data in the scope of the reading, each with its fields."""
    counts = reading.counts
    sent_to: dict[str, set[str]] = {}
    transfers: dict[str, int] = {}
    for parties, volume in counts.flows.items():
        sent_to.setdefault(parties.recipient, set()).update(volume.recipients)
        transfers[parties.recipient] = transfers.get(parties.recipient, 0) + volume.transfers
    ids = _ids(reading, sent_to)
    documented: dict[str, set[str]] = {}
    for register, flow in _documented(reading):
        for party in flow.recipient:
            players = register.players(party)
            got = [group for group, known in ids.items() if players & known]
            if not got and _is_about(reading, register, flow):
                got = [SCHOOLS if "school" in players else party]
            for group in got:
                documented.setdefault(group, set()).update(flow.fields.all)
    compared = bool(covering(reading))
    cells = {
        (recipient, field): Met(count, _state(field, documented.get(recipient, set()), compared))
        for (recipient, field), count in counts.fields.items()
    }
    for recipient, fields in documented.items():
        for field in fields:
            cells.setdefault((recipient, field), Met(0, "never-sent"))
    recipients = {of: _recipient(reading, of) for of in {of for of, _ in cells}}
    ordered = sorted(recipients, key=lambda of: (-transfers.get(of, 0), recipients[of], of))
    return Matrix(
        recipients={of: recipients[of] for of in ordered},
        fields=_fields(reading, {field for _, field in cells}),
        cells=cells,
        compared=compared,
    )


def _state(field: str, documented: set[str], compared: bool) -> State:
    if field == NOT_STATED:
        return "cannot-tell"
    if not compared:
        return "not-compared"
    return "documented" if field in documented else "not-documented"


def _recipient(reading: Reading, id_: str) -> str:
    return "Schools" if id_ == SCHOOLS else named(id_, reading.label)


def _fields(reading: Reading, wanted: set[str]) -> dict[str, str]:
    # As the vocabulary has them, where like stands beside like; then those that it does not have.
    odd = {UNLISTED: "Not a known data item (unlisted)", NOT_STATED: "Nobody said which data items"}
    terms = reading.evidence.vocabularies.terms("field")
    known = [term.id for term in terms if term.id in wanted and term.id not in odd]
    others = sorted(wanted.difference(known), key=lambda field: (field in odd, field))
    return {field: odd.get(field) or reading.label(field, "field") for field in (*known, *others)}


def _cell(met: Met | None) -> Cell:
    if met is None:
        return None
    if met.state == "not-documented":
        return (Tag(f"{met.transfers:,} {BEYOND}", "serious"),)
    if met.state == "never-sent":
        return UNSENT
    return f"{met.transfers:,} {UNTOLD}" if met.state == "cannot-tell" else met.transfers


def tables(found: Matrix) -> tuple[Table, ...]:
    """The matrix for people, a row for each field: `fields`, `fields-2` and so on, each of at most `ACROSS` recipients.

    A table has the fields of its own recipients, and ends with how many of them stand how.
    """
    recipients = list(found.recipients)
    size = -(-len(recipients) // -(-len(recipients) // ACROSS)) if recipients else 1  # tables of about one width
    parts = [recipients[at : at + size] for at in range(0, len(recipients), size)] or [[]]
    return tuple(_table(found, part, place, len(parts)) for place, part in enumerate(parts, start=1))


def _table(found: Matrix, part: Sequence[str], place: int, of: int) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for field, name in found.fields.items():
        cells = [found.cells.get((recipient, field)) for recipient in part]
        if any(met is not None for met in cells):
            rows.append((name, *map(_cell, cells)))
    states: tuple[State, ...] = ("documented", "not-documented", "never-sent") if found.compared else ("not-compared",)
    if rows:
        rows += [(_OF[state], *(found.count(state, recipient) for recipient in part)) for state in states]
    return Table(
        "fields" if place == 1 else f"fields-{place}",
        "Transfers that held each field, by recipient" + (f" (part {place} of {of})" if of > 1 else ""),
        (
            Column("field", "Field"),
            *(Column(f"to-{one}", found.recipients[one], "number", upright=True) for one in part),
        ),
        tuple(rows),
        "No field was sent, and none is documented.",
    )


def legend(found: Matrix) -> tuple[Text, ...]:
    """What the cells mean, in words."""
    untold: Text = (f"A number with {UNTOLD}: so many transfers of which nobody said what data items went.",)
    if not found.compared:
        return (
            ("A number: so many transfers held the field. No documented purposes cover any day of the period.",),
            untold,
        )
    return (
        ("A number: so many transfers held the field, and it is documented for the recipient.",),
        (
            "A number with ",
            Tag(BEYOND, "serious"),
            ": so many transfers held the field, and it is NOT documented.",
        ),
        (f"{UNSENT} alone: the field is documented for the recipient, and was never sent.",),
        ("Nothing: neither sent nor documented.",),
        untold,
    )


def data(found: Matrix) -> Data:
    """The same in long form: a row for each recipient and field that was sent or documented."""
    columns = (
        Column("recipient", "Recipient (id)", "code"),
        Column("recipient_name", "Recipient"),
        Column("field", "Field (id)", "code"),
        Column("field_name", "Field"),
        Column("transfers", "Transfers", "number"),
        Column("documented", "Documented"),
    )
    said: dict[State, Value] = {
        "documented": "yes",
        "never-sent": "yes",
        "not-documented": "no",
        "cannot-tell": "cannot tell",
        "not-compared": None,
    }
    rows: list[tuple[Value, ...]] = []
    for recipient, name in found.recipients.items():
        for field, label in found.fields.items():
            if (met := found.cells.get((recipient, field))) is not None:
                rows.append((recipient, name, field, label, met.transfers, said[met.state]))
    return Data("fields", "Fields sent and documented", columns, tuple(rows))
