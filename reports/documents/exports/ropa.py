"""The record of processing activities, in the columns of the ICO's documentation template for controllers.

UK GDPR Article 30(1) says what such a record holds; the template adds what privacy notices and the Data Protection Act
2018 ask for (its columns are recalled, not checked against the ICO's file). A cell that neither the register nor the
ledger can fill stays empty, for the controller to fill in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ledger.source import Source
from reports.context import Context, Evidence
from reports.counts import Counts
from reports.documents.blocks import Column, Data, Document, Facts, Paragraph, Table, Value
from reports.documents.exports.documented import InWords, in_words, listed, version_on
from reports.documents.reading import made_from
from reports.scope import WHOLE, Scope, day_in_words
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
        "Names of third countries or international organisations that personal data are transferred to",
    ),
    (
        "safeguards",
        "Safeguards for exceptional transfers of personal data to third countries or international organisations",
    ),
    ("retention", "Retention schedule (if possible)"),
    ("security", "General description of technical and organisational security measures (if possible)"),
    ("article-6", "Article 6 lawful basis for processing personal data"),
    ("article-9", "Article 9 basis for processing special category data"),
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
    ("schedule-1", "Data Protection Act 2018 Schedule 1 condition for processing"),
    ("schedule-1-basis", "Article 6 lawful basis for processing special category or criminal offence data"),
    ("erasure-policy", "Link to retention and erasure policy document"),
    ("erasure-followed", "Are personal data retained and erased in accordance with the policy document?"),
    ("erasure-reasons", "Reasons for not following the policy document (if applicable)"),
)
"""The template's columns, in its order."""

OURS = (
    ("documented-in", "Documented in"),
    ("transfers", "Transfers recorded"),
    ("last-transfer", "Last transfer recorded"),
)
"""What the ledger adds, after them."""


class _Recorded(NamedTuple):
    transfers: int
    last: date | None
    joint: tuple[str, ...]
    countries: tuple[str, ...]
    safeguards: tuple[str, ...]


def _columns() -> tuple[Column, ...]:
    kinds = {"transfers": "number", "last-transfer": "date"}
    return tuple(Column(id_, title, kinds.get(id_, "text")) for id_, title in (*COLUMNS, *OURS))  # type: ignore[arg-type]


def _abroad(source: Source) -> list[tuple[str, str, str | None, str | None, str | None]]:
    # Joint controllers, other countries and their safeguards, as the transfers state them: few combinations.
    rows = source.db.execute(
        "SELECT DISTINCT t.recipient, t.purpose, json_extract(e.entry, '$.recipient_role'), "
        "json_extract(e.entry, '$.country'), json_extract(e.entry, '$.safeguard') "
        "FROM transfers AS t JOIN entries AS e ON e.seq = t.seq ORDER BY 1, 2, 3, 4, 5"
    )
    return [row for row in rows if row[2] == "joint" or row[3] not in (None, "GB")]


def _recorded(
    one: InWords,
    counts: Counts,
    context: Context,
    label: Labels,
    abroad: Iterable[tuple[str, str, str | None, str | None, str | None]],
    players: tuple[frozenset[str], frozenset[str]],
) -> _Recorded:
    senders, recipients = players
    transfers, last = 0, None
    for parties, volume in counts.flows.items():
        if parties.purpose not in one.flow.purposes:
            continue
        if any(context.ids(id_) & senders for id_ in volume.senders) and any(
            context.ids(id_) & recipients for id_ in volume.recipients
        ):
            transfers += volume.transfers
            last = volume.last if last is None else max(last, volume.last)
    of = [row for row in abroad if row[1] in one.flow.purposes and context.ids(row[0]) & recipients]
    return _Recorded(
        transfers,
        last,
        tuple(dict.fromkeys(label(row[0], "party") for row in of if row[2] == "joint")),
        tuple(dict.fromkeys(row[3] for row in of if row[3] not in (None, "GB"))),
        tuple(dict.fromkeys(label(row[4], "safeguard") for row in of if row[4] is not None)),
    )


def _row(one: InWords, found: _Recorded) -> tuple[Value, ...]:
    cells: dict[str, Value] = {
        "business-function": one.label,
        "purpose": listed(one.purposes),
        "joint-controller": listed(found.joint),
        "individuals": listed(one.people),
        "personal-data": listed(one.fields),
        "recipients": listed(one.recipients),
        "processor-contract": one.agreement,
        "third-countries": listed(found.countries),
        "safeguards": listed(found.safeguards),
        "retention": one.kept,
        "article-6": listed(one.bases),
        "article-9": listed(one.special),
        "source": listed(one.senders),
        "schedule-1": listed(one.criminal),
        "schedule-1-basis": listed(one.bases) if one.special or one.criminal else "",
        "documented-in": listed(one.cited),
        "transfers": found.transfers,
        "last-transfer": found.last,
    }
    return tuple(cells.get(id_, "") for id_, _ in (*COLUMNS, *OURS))


def ropa(source: Source, evidence: Evidence, as_of: date) -> Document:
    """The record of processing activities as of a London day. `Refused` where no register covers that day."""
    version = version_on(source, evidence, as_of)
    context, label = Context(evidence, as_of), Labels(evidence)
    counts = Counts(source, evidence, as_of, Scope(WHOLE))
    abroad = _abroad(source)
    register = version.register
    rows = []
    for one in in_words(version, evidence):
        players = tuple(
            frozenset().union(*(register.players(id_) for id_ in side))
            for side in (one.flow.sender, one.flow.recipient)
        )
        rows.append(_row(one, _recorded(one, counts, context, label, abroad, (players[0], players[1]))))
    shown = ("business-function", "purpose", "individuals", "personal-data", "recipients", "retention", "article-6")
    columns = _columns()
    at = [place for place, column in enumerate(columns) if column.id in shown]
    organisation = source.genesis().organisation
    return Document(
        kind="ropa",
        title="Record of processing activities",
        about=f"Data sent out by {organisation}, as documented on {day_in_words(as_of)}",
        organisation=organisation,
        made=made_from(source, evidence, as_of, ("export=ropa",)),
        blocks=(
            Paragraph(
                (
                    "What UK GDPR Article 30(1) asks a controller to write down, for each documented flow of data to "
                    "others. The spreadsheet has all columns of the ICO’s template; those that neither the documented "
                    "purposes nor the ledger can fill are empty, and are yours to fill in.",
                )
            ),
            Facts(
                (
                    ("Controller", (organisation,)),
                    ("Documented purposes", (f"{register.title}, version {register.version}",)),
                    ("Data protection officer", ("(to be filled in)",)),
                )
            ),
            Table(
                "processing",
                "Processing activities",
                tuple(columns[place] for place in at),
                tuple(tuple(row[place] for place in at) for row in rows),
            ),
        ),
        data=(Data("processing", "Processing activities", columns, rows),),
    )
