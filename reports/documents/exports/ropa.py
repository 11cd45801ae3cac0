"""The record of processing activities, in the columns of the ICO's documentation template for controllers.

UK GDPR Article 30(1) says what such a record holds; the template adds what privacy notices and the Data Protection Act
2018 ask for (its columns as others have copied them, not checked against the ICO's file). A cell that neither the
notice nor the ledger can fill stays empty, for the controller to fill in: an empty cell is honest, a guess is not.

The record is for the controller and the Commissioner, not for the public, so counts of transfers are not suppressed;
they count files that went, and nobody's data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from ledger.london import parse_date
from ledger.source import Adopted, Source
from reports.context import Context, Evidence
from reports.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Data,
    Document,
    Facts,
    Heading,
    Link,
    Paragraph,
    Table,
    Tag,
    Text,
    Value,
)
from reports.documents.exports.countries import country
from reports.documents.exports.documented import (
    InWords,
    in_words,
    listed,
    overtaken,
    people_in_words,
    version_on,
)
from reports.documents.findings import named
from reports.documents.reading import made_from
from reports.scope import day_in_words
from reports.wording import Labels

COLUMNS = (
    ("business-function", "Business function"),
    ("purpose", "Purpose of processing"),
    ("joint-controller", "Name and contact details of joint controller (if applicable)"),
    ("individuals", "Categories of individuals"),
    ("personal-data", "Categories of personal data"),
    ("recipients", "Categories of recipients"),
    ("processor-contract", "Link to contract with processor"),
    (
        "third-countries",
        "Names of third countries or international organisations that personal data are transferred to (if applicable)",
    ),
    (
        "safeguards",
        "Safeguards for exceptional transfers of personal data to third countries or international organisations "
        "(if applicable)",
    ),
    ("retention", "Retention schedule (if possible)"),
    ("security", "General description of technical and organisational security measures (if possible)"),
    ("article-6", "Article 6 lawful basis for processing personal data"),
    ("article-9", "Article 9 condition for processing special category data"),
    ("legitimate-interests", "Legitimate interests for the processing (if applicable)"),
    ("interests-assessment", "Link to record of legitimate interests assessment (if applicable)"),
    ("rights", "Rights available to individuals"),
    ("automated-decisions", "Existence of automated decision-making, including profiling (if applicable)"),
    ("source", "The source of the personal data (if applicable)"),
    ("consent", "Link to record of consent"),
    ("location", "Location of personal data"),
    ("dpia-required", "Data Protection Impact Assessment required?"),
    ("dpia-progress", "Data Protection Impact Assessment progress"),
    ("dpia-link", "Link to Data Protection Impact Assessment"),
    ("breach", "Has a personal data breach occurred?"),
    ("breach-link", "Link to record of personal data breach"),
    ("schedule-1", "Data Protection Act 2018 Schedule 1 Condition for processing"),
    ("schedule-1-basis", "GDPR Article 6 lawful basis for processing"),
    ("erasure-policy", "Link to retention and erasure policy document"),
    ("erasure-followed", "Is personal data retained and erased in accordance with the policy document?"),
    ("erasure-reasons", "Reasons for not adhering to policy document (if applicable)"),
)
"""The template's columns, in its order."""

OURS = (
    ("sent-by", "Sent by"),
    ("processors", "Processors recorded"),
    ("limits", "Within which limits"),
    ("ended", "Ended"),
    ("documented-in", "Documented in"),
    ("transfers", "Transfers recorded"),
    ("last-transfer", "Last transfer recorded"),
)
"""What the notice and the ledger add, after them."""

_SHORTLY = {
    "purpose": "Purpose",
    "individuals": "Individuals",
    "personal-data": "Personal data",
    "recipients": "Recipients",
    "joint-controller": "Joint controller",
    "processor-contract": "Agreement",
    "third-countries": "Third countries",
    "safeguards": "Safeguards",
    "retention": "Retention",
    "article-6": "Article 6",
    "article-9": "Article 9",
    "rights": "Rights",
    "source": "Source",
    "schedule-1": "Schedule 1",
    "sent-by": "Sent by",
    "processors": "Processors",
    "limits": "Limits",
    "documented-in": "In the notice",
}
"""What a column is called where each activity stands in full; a column that is not here is never filled, or is there
already."""

_WHY_EMPTY = (
    (
        ("security", "location"),
        "how and where data is kept: the notice and the ledger speak of what is sent",
    ),
    (
        ("processor-contract", "consent", "dpia-link", "breach-link", "interests-assessment", "erasure-policy"),
        "links to documents: the ledger holds none (where a sharing agreement has to be in place, it is said)",
    ),
    (
        ("legitimate-interests", "automated-decisions", "dpia-required", "dpia-progress"),
        "what was assessed: neither says it",
    ),
    (
        ("breach", "erasure-followed", "erasure-reasons"),
        "what happened to the data afterwards: neither knows it",
    ),
)

_CONTACTS = ("Controller", "Data protection officer (if applicable)", "Representative (if applicable)")

_CONTACT_COLUMNS = (
    Column("who", "Who"),
    Column("name", "Name"),
    Column("address", "Address"),
    Column("email", "E-mail"),
    Column("telephone", "Telephone"),
)

_UNDOCUMENTED = (
    Column("sender", "Sent by"),
    Column("recipient", "Recipient"),
    Column("purpose", "Purpose"),
    Column("transfers", "Transfers", "number"),
    Column("last", "Last", "date"),
)

_KINDS = {"transfers": "number", "last-transfer": "date"}

_COLUMNS = tuple(
    Column(id_, title, _KINDS.get(id_, "text"))  # type: ignore[arg-type]
    for id_, title in (*COLUMNS, *OURS)
)


class _Sent(NamedTuple):
    """Transfers alike: who, to whom, for what, about whom, as what, where to, under which safeguard."""

    sender: str
    recipient: str
    purpose: str
    kind: str | None
    role: str | None
    country: str | None
    safeguard: str | None
    transfers: int
    last: str


class _Recorded(msgspec.Struct):
    transfers: int = 0
    last: date | None = None
    joint: dict[str, None] = msgspec.field(default_factory=dict)
    processors: dict[str, None] = msgspec.field(default_factory=dict)
    countries: dict[str, None] = msgspec.field(default_factory=dict)
    safeguards: dict[str, None] = msgspec.field(default_factory=dict)

    def add(self, one: _Sent, label: Labels) -> None:
        """Counts transfers alike."""
        last = parse_date(one.last)
        self.transfers += one.transfers
        self.last = last if self.last is None else max(self.last, last)
        if one.role == "joint":
            self.joint[named(one.recipient, label)] = None
        if one.role == "processor":
            self.processors[named(one.recipient, label)] = None
        if one.country is not None and one.country != "GB":
            self.countries[country(one.country)] = None
            if one.safeguard is not None:
                self.safeguards[label(one.safeguard, "safeguard")] = None


def _sent(source: Source, version: Adopted, as_of: date) -> list[_Sent]:
    # What other versions judge is in their records: of days that this one covers, and none that is still to come.
    last = as_of if version.entry.effective_until is None else min(as_of, version.entry.effective_until)
    rows = source.db.execute(
        "SELECT t.sender, t.recipient, t.purpose, t.subject_kind, json_extract(e.entry, '$.recipient_role'), "
        "json_extract(e.entry, '$.country'), json_extract(e.entry, '$.safeguard'), count(*), max(t.transferred_on) "
        "FROM transfers AS t JOIN entries AS e ON e.seq = t.seq WHERE t.transferred_on BETWEEN ? AND ? "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7",
        (version.entry.effective_from.isoformat(), last.isoformat()),
    )
    return [_Sent(*row) for row in rows]


def _recorded(
    sent: Iterable[_Sent], version: Adopted, context: Context, label: Labels
) -> tuple[dict[str, _Recorded], dict[tuple[str, str, str], _Recorded]]:
    """What was recorded on each flow, by its id; and on no flow, by sender, recipient and purpose.

    A transfer that more than one flow allows for counts in each.
    """
    by_flow: dict[str, _Recorded] = {}
    by_parties: dict[tuple[str, str, str], _Recorded] = {}
    for one in sent:
        between = version.register.flows_between(context.ids(one.sender), context.ids(one.recipient))
        of = [
            flow.id
            for flow in between
            if one.purpose in flow.purposes
            and (one.kind is None or not flow.subjects.kinds or one.kind in flow.subjects.kinds)
        ]
        for id_ in of:
            by_flow.setdefault(id_, _Recorded()).add(one, label)
        if not of:
            by_parties.setdefault((one.sender, one.recipient, one.purpose), _Recorded()).add(one, label)
    return by_flow, by_parties


def _ours(one: InWords, version: Adopted, context: Context, found: _Recorded) -> bool:
    """Whether an organisation of this ledger sends on this flow, or somebody did: others keep their own records.

    Where the ledger knows no organisation, nobody can tell whose a flow is, and none is left out.
    """
    if not context.organisations:
        return True
    players = {id_ for party in one.flow.sender for id_ in version.register.players(party)}
    return bool(found.transfers) or any(context.ids(id_) & players for id_ in context.organisations)


def _row(one: InWords, found: _Recorded) -> tuple[Value, ...]:
    cells: dict[str, Value] = {
        "business-function": one.label,
        "purpose": listed(one.purposes),
        "joint-controller": listed(found.joint),
        "individuals": people_in_words(one.people),
        "personal-data": listed(one.fields),
        "recipients": listed(one.recipients),
        "processor-contract": one.agreement,
        "third-countries": listed(found.countries),
        "safeguards": listed(found.safeguards),
        "retention": one.kept,
        "article-6": listed(one.bases),
        "article-9": listed((*one.special, *one.criminal)),
        "rights": f"To say no: {one.opt_out}" if one.opt_out else "",
        "source": listed(one.sources),
        "schedule-1": listed(one.schedule_1),
        "schedule-1-basis": listed(one.bases) if one.schedule_1 else "",
        "sent-by": listed(one.senders),
        "processors": listed(found.processors),
        "limits": listed(one.conditions),
        "ended": "yes" if one.ended else "",
        "documented-in": listed(one.cited),
        "transfers": found.transfers,
        "last-transfer": found.last,
    }
    return tuple(cells.get(column.id, "") for column in _COLUMNS)


_ENDED = next(place for place, column in enumerate(_COLUMNS) if column.id == "ended")


def _summary(rows: Sequence[tuple[Value, ...]]) -> Table:
    shown = ("business-function", "sent-by", "recipients", "individuals", "transfers", "last-transfer")
    at = [next(place for place, column in enumerate(_COLUMNS) if column.id == id_) for id_ in shown]
    cells: list[tuple[Cell, ...]] = []
    for number, row in enumerate(rows, start=1):
        name: Text = (Link(str(row[at[0]]), f"#activity-{number}"),)
        if row[_ENDED]:
            name = *name, " ", Tag("ended")
        cells.append((name, *(row[place] for place in at[1:])))
    columns = tuple(_COLUMNS[place] for place in at)
    return Table(
        "processing",
        "Each activity, which is a flow that the notice documents",
        columns,
        tuple(cells),
        "The notice documents none.",
    )


def _facts(row: tuple[Value, ...]) -> Facts:
    # The business function is the heading, and the counts are in the summary.
    return Facts(
        tuple(
            (_SHORTLY[column.id], (str(value),))
            for column, value in zip(_COLUMNS, row, strict=True)
            if value and column.id in _SHORTLY
        )
    )


def _empty() -> Bullets:
    titles = {column.id: column.title for column in _COLUMNS}
    return Bullets(tuple((f"“{'”, “'.join(titles[id_] for id_ in ids)}”: {why}.",) for ids, why in _WHY_EMPTY))


def ropa(source: Source, evidence: Evidence, as_of: date) -> Document:
    """The record of processing activities as of a London day. `Refused` where no register covers that day."""
    version = version_on(source, evidence, as_of)
    context, label, register = Context(evidence, as_of), Labels(evidence), version.register
    by_flow, by_parties = _recorded(_sent(source, version, as_of), version, context, label)
    told = [(one, by_flow.get(one.flow.id, _Recorded())) for one in in_words(version, evidence, as_of)]
    rows = [_row(one, found) for one, found in told if _ours(one, version, context, found)]
    others = [one for one, found in told if not _ours(one, version, context, found)]
    undocumented: list[tuple[Value, ...]] = sorted(
        (named(sender, label), named(recipient, label), named(purpose, label), found.transfers, found.last)
        for (sender, recipient, purpose), found in by_parties.items()
    )
    organisation = source.genesis().organisation
    contacts = [(who, organisation if place == 0 else "", "", "", "") for place, who in enumerate(_CONTACTS)]
    blocks: list[Block] = [
        Paragraph(
            (
                "What UK GDPR Article 30(1) asks a controller to write down, for each documented flow of data to "
                "others. The spreadsheet and the CSV file have all columns of the ICO’s template, in its order, and "
                "after them what the notice and the ledger add.",
            )
        ),
        Facts(
            (
                ("Documented purposes", (f"{register.title}, version {register.version}",)),
                ("Transfers counted", (f"those from {day_in_words(version.entry.effective_from)} on that stand",)),
            )
        ),
    ]
    if (sentence := overtaken(evidence, version, as_of)) != "":
        blocks.append(Paragraph((sentence,)))
    blocks += [
        Table("contacts", "Controller, data protection officer and representative", _CONTACT_COLUMNS, tuple(contacts)),
        Heading("Processing activities", "processing-activities"),
        _summary(rows),
        Heading("Recorded and documented nowhere", "undocumented"),
        Paragraph(
            (
                "These transfers are recorded, and the notice documents no flow between the two for the purpose. The "
                "record is not complete before each is documented or has ended.",
            )
        ),
        Table("undocumented", "Transfers that no documented flow allows for", _UNDOCUMENTED, tuple(undocumented)),
        Heading("What is left to fill in", "empty"),
        Paragraph(
            ("The contact details, and these columns, which stay empty because nothing that is sealed can fill them:",)
        ),
        _empty(),
    ]
    if others:
        of = tuple((f"{one.label} (sent by {listed(one.senders)})",) for one in others)
        blocks += [
            Heading("Left out", "left-out"),
            Paragraph(
                (
                    "The notice documents these flows too. No organisation that the ledger knows sends on them and "
                    "nothing is recorded, so they belong into the records of others.",
                )
            ),
            Bullets(of),
        ]
    blocks.append(Heading("Each activity in full", "activities"))
    for number, row in enumerate(rows, start=1):
        blocks += [Heading(str(row[0]), f"activity-{number}", 3), _facts(row)]
    return Document(
        kind="ropa",
        title="Record of processing activities",
        about=f"Data sent out by {organisation}, as documented on {day_in_words(as_of)}",
        organisation=organisation,
        made=made_from(source, evidence, as_of, ("export=ropa",)),
        blocks=tuple(blocks),
        data=(
            Data("processing", "Processing activities", _COLUMNS, rows),
            Data("contacts", "Contacts", _CONTACT_COLUMNS, contacts),
            Data("undocumented", "Documented nowhere", _UNDOCUMENTED, undocumented),
        ),
    )
