"""The recipients part of the answer to a subject access request: who got data about people of each category.

UK GDPR Article 15(1)(c): the recipients or categories of recipient to whom the personal data have been or will be
disclosed. A ledger knows no single person, so the answer is by category of pupil or staff, and whoever answers takes
the lines that fit the person who asked. Who may ask for a child is the notice's word (a child under 12 is too young);
the law in England sets no age (recalled).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from ledger.london import parse_date
from ledger.members import UNLISTED
from ledger.source import Source
from reports.context import Evidence
from reports.documents.blocks import (
    Block,
    Bullets,
    Column,
    Data,
    Document,
    Heading,
    Paragraph,
    Table,
    Value,
)
from reports.documents.findings import named
from reports.documents.reading import made_from
from reports.scope import Scope
from reports.wording import Labels

_COLUMNS = (
    Column("category", "About whom"),
    Column("recipient", "Who got it"),
    Column("purpose", "Why"),
    Column("fields", "What"),
    Column("transfers", "Transfers", "number"),
    Column("first", "First", "date"),
    Column("last", "Last", "date"),
)


class _Got(msgspec.Struct):
    first: date
    last: date
    transfers: int = 0
    fields: set[str] = msgspec.field(default_factory=set)


def _texts(text: str | None) -> list[str]:
    return [] if text is None else msgspec.json.decode(text, type=list[str])


def _categories(kind: str | None, stages: list[str], groups: list[str], label: Labels) -> Iterator[str]:
    of = "Anybody" if kind is None else label(kind, "subject_kind")
    for one in stages:
        yield f"{of}: {label(one, 'key_stage')}"
    for one in groups:
        yield f"{of}: {label(one, 'year_group')}"
    if not stages and not groups:
        yield of if kind is None or kind == "workforce" else f"{of}: no year or key stage stated"


def _got(source: Source, scope: Scope, label: Labels) -> dict[tuple[str, str, str], _Got]:
    where, values = scope.where()
    rows = source.db.execute(
        "SELECT json_extract(e.entry, '$.subjects.kind'), json_extract(e.entry, '$.subjects.key_stages'), "
        "json_extract(e.entry, '$.subjects.year_groups'), t.recipient, t.purpose, t.fields, count(*), "
        f"min(t.transferred_on), max(t.transferred_on) FROM transfers AS t JOIN entries AS e ON e.seq = t.seq "
        f"WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6",
        values,
    )
    found: dict[tuple[str, str, str], _Got] = {}
    for kind, stages, groups, recipient, purpose, fields, count, first, last in rows:
        days = parse_date(first), parse_date(last)
        for category in _categories(kind, _texts(stages), _texts(groups), label):
            key = category, recipient, purpose
            one = found.get(key)
            if one is None:
                one = found[key] = _Got(*days)
            one.first, one.last = min(one.first, days[0]), max(one.last, days[1])
            one.transfers += count
            one.fields.update(_texts(fields))
    return found


def _who_may_ask(evidence: Evidence) -> tuple[tuple[str, ...], ...]:
    found = [
        ("The person whom the data is about.",),
        (
            "A parent, for a child who is too young to ask. The law in England sets no age: what counts is whether the "
            "child understands (recalled, not checked).",
        ),
    ]
    for version in evidence.adopted:
        for paragraph in version.register.paragraphs:
            if "right of access" in paragraph.point:
                quoted = "".join(f" In its words: “{quote}”." for quote in paragraph.quotes)
                found.append((f"{version.register.title}, {paragraph.citation}: {paragraph.point}{quoted}",))
    return tuple(dict.fromkeys(found))


def recipients(source: Source, evidence: Evidence, as_of: date, scope: Scope) -> Document:
    """Who got data in `scope`, by category of the people that it is about."""
    label = Labels(evidence)
    got = _got(source, scope, label)

    def name(recipient: str) -> str:
        return named(recipient, label)

    ordered = sorted(got.items(), key=lambda item: (item[0][0], name(item[0][1]), named(item[0][2], label)))
    rows: list[tuple[Value, ...]] = [
        (
            category,
            name(recipient),
            named(purpose, label),
            "; ".join(sorted(label(field, "field") for field in one.fields)),
            one.transfers,
            one.first,
            one.last,
        )
        for (category, recipient, purpose), one in ordered
    ]
    unlisted = sum(one.transfers for (_, recipient, _), one in got.items() if recipient == UNLISTED)
    blocks: list[Block] = [
        Paragraph(
            (
                "Whoever asks is to be told who got their data (UK GDPR Article 15(1)(c)). The ledger knows no single "
                "person: take the lines of the categories that the person belongs or belonged to, and those of "
                "categories that are not narrower, since these may have been about them too.",
            )
        ),
        Heading("Who may ask", "who-may-ask"),
        Bullets(_who_may_ask(evidence)),
    ]
    categories = list(dict.fromkeys(str(row[0]) for row in rows))
    for place, category in enumerate(categories, start=1):
        blocks.append(Heading(category, f"category-{place}"))
        of = tuple(row[1:] for row in rows if row[0] == category)
        blocks.append(Table(f"category-{place}", f"Who got data: {category}", _COLUMNS[1:], of))
    if unlisted:
        blocks.append(
            Paragraph(
                (
                    "Some went to recipients that the ledger knows by no name. What was typed for them is on the page "
                    "of each entry, and has to be told too.",
                )
            )
        )
    if not rows:
        blocks.append(Paragraph(("No transfer is recorded in this time.",)))
    organisation = source.genesis().organisation
    return Document(
        kind="recipients",
        title="Who got data about people of each category",
        about=f"Transfers recorded by {organisation}: {scope.period.label}",
        organisation=organisation,
        made=made_from(source, evidence, as_of, ("export=recipients", *scope.period.option.split(","))),
        blocks=tuple(blocks),
        data=(Data("recipients", "Recipients", _COLUMNS, rows),),
    )
