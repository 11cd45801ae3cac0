"""The recipients part of the answer to a subject access request: who got data about people of each category.

UK GDPR Article 15(1)(c): the recipients or categories of recipient to whom the personal data have been or will be
disclosed. A ledger knows no single person, so the answer is by category of pupil or staff, and whoever answers takes
the parts that fit the person who asked: those of the year groups that a pupil was in, of the key stages of these, and
those of transfers that say neither, since these may have been about the pupil too. A part too many tells a person of a
recipient who never had anything about them; a part too few breaks the law.

Recipients are those of transfers that stand: neither what was refused, nor what was withdrawn or corrected. Counts are
not suppressed: the answer is for one person, not for the public, and they count files that went.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from ledger.london import parse_date
from ledger.members import NOT_STATED, UNLISTED
from ledger.register.terms import Vocabularies
from ledger.source import Source
from reports.context import Context, Evidence
from reports.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Code,
    Column,
    Data,
    Document,
    Heading,
    Inline,
    Link,
    Paragraph,
    Table,
    Text,
    Value,
)
from reports.documents.findings import named
from reports.documents.reading import made_from
from reports.scope import WHOLE, Scope, day_in_words
from reports.wording import Labels

MOST_ENTRIES = 100
"""So many entries with a recipient of no known name are listed in a document; the spreadsheet has all."""

_MOST_SENDERS = 3

_COLUMNS = (
    Column("category", "About whom"),
    Column("recipient", "Who got it"),
    Column("purpose", "Why"),
    Column("fields", "What"),
    Column("level", "How detailed"),
    Column("ages", "Ages"),
    Column("sender", "Who sent it"),
    Column("transfers", "Transfers", "number"),
    Column("first", "First", "date"),
    Column("last", "Last", "date"),
    Column("recipient_id", "Who got it (id)", "code"),
)

_SHOWN = (
    Column("recipient", "Who got it"),
    Column("purpose", "Why"),
    Column("fields", "What"),
    Column("sender", "Who sent it"),
    Column("transfers", "Transfers", "number"),
    Column("when", "When"),
)

_UNNAMED = (
    Column("entry", "Entry", "number"),
    Column("id", "Transfer", "code"),
    Column("on", "Date", "date"),
    Column("sender", "Who sent it"),
)

_TOTALS = "totals only"

_ACCESS = re.compile(
    r"right of access|access request|subject access|ask (us )?(for|to see) (a copy|the data|what)", re.I
)


class Category(NamedTuple):
    """People who are told alike: an id, what they are called, and whether the school that is asked about is named."""

    id: str
    label: str
    named: bool = True

    @property
    def anchor(self) -> str:
        """Where it stands in the document."""
        return f"about-{self.id}" if self.named else f"about-{self.id}-any-school"

    @property
    def title(self) -> str:
        """As a heading has it."""
        return self.label if self.named else f"{self.label}, no school named"


_PUPILS = Category("pupils", "All pupils (no year group or key stage stated)")
_STAFF = Category("workforce", "School workforce")
_ANYBODY = Category("anybody", "Anybody (not stated about whom)")


class _Key(NamedTuple):
    category: Category
    recipient: str
    purpose: str
    level: str


class _Got(msgspec.Struct):
    first: date
    last: date
    transfers: int = 0
    fields: set[str] = msgspec.field(default_factory=set)
    senders: set[str] = msgspec.field(default_factory=set)
    ages: set[tuple[int | None, int | None]] = msgspec.field(default_factory=set)


class _Line(NamedTuple):
    """One recipient of one category, in words."""

    category: Category
    recipient: str
    purpose: str
    fields: str
    level: str
    ages: str
    sender: str
    got: _Got
    recipient_id: str


def _texts(text: str | None) -> list[str]:
    return [] if text is None else msgspec.json.decode(text, type=list[str])


class _Categories:
    """The categories of people, in the order of their ages."""

    def __init__(self, vocabularies: Vocabularies) -> None:
        self._stage_of = {one.id: one.key_stage for one in vocabularies.year_group}
        self.groups = {one.id: Category(one.id, one.label) for one in vocabularies.year_group}
        self.stages = {
            one.id: Category(one.id, f"{one.label} (no year group stated)") for one in vocabularies.key_stage
        }
        self.order = (*self.groups.values(), *self.stages.values(), _PUPILS, _STAFF, _ANYBODY)

    def of(self, kind: str | None, stages: Sequence[str], groups: Sequence[str]) -> list[Category]:
        """Those that a transfer speaks of. A year group is narrower than its key stage, which is then not meant."""
        if kind == "workforce":
            return [_STAFF]
        narrower = {self._stage_of.get(one) for one in groups}
        found = [self.groups.get(one, Category(one, one)) for one in groups]
        found += [self.stages.get(one, Category(one, one)) for one in stages if one not in narrower]
        return found or [_ANYBODY if kind is None else _PUPILS]

    def place(self, category: Category) -> tuple[int, str]:
        """For sorting."""
        plain = category._replace(named=True)
        return 2 * (self.order.index(plain) if plain in self.order else len(self.order)) + (
            not category.named
        ), plain.id

    def parts(self, group: str) -> tuple[Category, ...]:
        """What is to be told to a pupil of a year group."""
        return self.groups[group], self.stages[self._stage_of[group]], _PUPILS, _ANYBODY


class _Asked(NamedTuple):
    """A condition on the transfers `t` with their entries `e`, and whether they are tied to the school asked about."""

    where: str
    values: list[str | int]
    tied: bool


def _asked(scope: Scope, schools: Iterable[str]) -> list[_Asked]:
    """What the answer is made of: of one school also what somebody else sent without naming any school."""
    where, values = scope.where()
    found = [_Asked(where, values, True)]
    if scope.school:
        where, values = scope._replace(school=()).where()
        unnamed = (
            f"{where} AND json_extract(e.entry, '$.schools') IS NULL "
            "AND t.sender NOT IN (SELECT value FROM json_each(?)) "
            "AND t.recipient NOT IN (SELECT value FROM json_each(?))"
        )
        found.append(_Asked(unnamed, [*values, json.dumps(sorted(schools)), json.dumps(sorted(schools))], False))
    return found


def _level(granularity: str | None, label: Labels) -> str:
    if granularity is None:
        return ""
    return label(granularity, "granularity") if granularity == "individual" else _TOTALS


def _got(source: Source, asked: Iterable[_Asked], categories: _Categories, label: Labels) -> dict[_Key, _Got]:
    found: dict[_Key, _Got] = {}
    for one in asked:
        rows = source.db.execute(
            "SELECT t.subject_kind, json_extract(e.entry, '$.subjects.key_stages'), "
            "json_extract(e.entry, '$.subjects.year_groups'), json_extract(e.entry, '$.subjects.age_min'), "
            "json_extract(e.entry, '$.subjects.age_max'), t.recipient, t.purpose, t.fields, t.granularity, t.sender, "
            "count(*), min(t.transferred_on), max(coalesce(e.transferred_until, t.transferred_on)) "
            f"FROM transfers AS t JOIN entries AS e ON e.seq = t.seq WHERE {one.where} "
            "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
            one.values,
        )
        for kind, stages, groups, least, most, recipient, purpose, fields, level, sender, count, first, last in rows:
            days = parse_date(first), parse_date(last)
            for category in categories.of(kind, _texts(stages), _texts(groups)):
                key = _Key(category._replace(named=one.tied), recipient, purpose, _level(level, label))
                got = found.get(key)
                if got is None:
                    got = found[key] = _Got(*days)
                got.first, got.last = min(got.first, days[0]), max(got.last, days[1])
                got.transfers += count
                got.fields.update(_texts(fields))
                got.senders.add(sender)
                got.ages.add((least, most))
    return found


def _unnamed(source: Source, asked: Iterable[_Asked], label: Labels) -> list[tuple[int, str, date, str]]:
    found = []
    for one in asked:
        rows = source.db.execute(
            "SELECT t.seq, t.id, t.transferred_on, t.sender FROM transfers AS t JOIN entries AS e ON e.seq = t.seq "
            f"WHERE t.recipient = ? AND {one.where}",
            [UNLISTED, *one.values],
        )
        found += [(seq, id_, parse_date(on), _party(sender, label)) for seq, id_, on, sender in rows]
    return sorted(found)


def _party(id_: str, label: Labels) -> str:
    # Known to every ledger, and named by a register alone.
    people = {"parent": "Parent or carer", "data-subject": "The person whom the data is about"}
    name = named(id_, label)
    return people.get(id_, name) if name == id_ else name


def _fields(ids: set[str], label: Labels, places: dict[str, int]) -> str:
    known = sorted(ids - {UNLISTED, NOT_STATED}, key=lambda one: (places.get(one, len(places)), one))
    found = [label(one, "field") for one in known]
    if UNLISTED in ids:
        found.append("a data item that is not known by its name")
    if NOT_STATED in ids:
        found.append(
            "for some of it nobody said which data items went" if found else "nobody said which data items went"
        )
    return "; ".join(found)


def _ages(ages: set[tuple[int | None, int | None]]) -> str:
    """The ages that all transfers together state; "" where one of them leaves an end open that another closes."""
    least, most = {one[0] for one in ages}, {one[1] for one in ages}
    low = None if None in least else min(one for one in least if one is not None)
    high = None if None in most else max(one for one in most if one is not None)
    if low is None and high is None:
        return ""
    if low is None:
        return f"up to {high}"
    if high is None:
        return f"{low} and over"
    return f"{low}" if low == high else f"{low} to {high}"


def _senders(ids: set[str], label: Labels, schools: frozenset[str]) -> str:
    of_schools = ids & schools
    found = sorted(_party(one, label) for one in ids - of_schools)
    if len(of_schools) > _MOST_SENDERS:
        return "; ".join([*found, f"{len(of_schools):,} schools"])
    return "; ".join([*found, *sorted(label(one, "party") for one in of_schools)])


def _lines(
    got: dict[_Key, _Got], categories: _Categories, label: Labels, schools: frozenset[str], places: dict[str, int]
) -> list[_Line]:
    lines = [
        _Line(
            key.category,
            _party(key.recipient, label),
            named(key.purpose, label),
            _fields(one.fields, label, places),
            key.level,
            _ages(one.ages),
            _senders(one.senders, label, schools),
            one,
            key.recipient,
        )
        for key, one in got.items()
    ]
    return sorted(lines, key=lambda one: (categories.place(one.category), *one[1:7], one.recipient_id, one.got.first))


def _values(one: _Line) -> tuple[Value, ...]:
    got = one.got
    return (
        one.category.title,
        one.recipient,
        one.purpose,
        one.fields,
        one.level,
        one.ages,
        one.sender,
        got.transfers,
        got.first,
        got.last,
        one.recipient_id,
    )


def _when(got: _Got) -> str:
    first, last = day_in_words(got.first), day_in_words(got.last)
    return first if first == last else f"{first} to {last}"


def _cells(one: _Line) -> tuple[Cell, ...]:
    what = one.fields
    if one.level == _TOTALS:
        what += ". Totals only, of no single person."
    if one.ages:
        what += f" (ages {one.ages})"
    return one.recipient, one.purpose, what, one.sender, one.got.transfers, _when(one.got)


def _tables(lines: Sequence[_Line]) -> Iterator[Block]:
    for category in dict.fromkeys(one.category for one in lines):
        yield Heading(category.title, category.anchor)
        rows = tuple(_cells(one) for one in lines if one.category == category)
        yield Table(category.anchor, f"Who got data: {category.title}", _SHOWN, rows)


def _parts(lines: Sequence[_Line], categories: _Categories) -> Table:
    there = dict.fromkeys(one.category for one in lines)

    def links(of: Iterable[Category]) -> Text:
        found: list[Inline] = []
        for category in (one._replace(named=tied) for one in of for tied in (True, False)):
            if category in there:
                found += ["; "] if found else []
                found.append(Link(category.title, f"#{category.anchor}"))
        return tuple(found) or ("None: nothing is recorded.",)

    rows: list[tuple[Cell, ...]] = [
        (one.label, links(categories.parts(group))) for group, one in categories.groups.items()
    ]
    rows.append(("Staff", links((_STAFF, _ANYBODY))))
    columns = (Column("person", "Who asks is or was in"), Column("parts", "Parts to tell"))
    return Table("parts", "Which parts of this answer a person is to be told", columns, tuple(rows))


def _who_may_ask(evidence: Evidence, source: Source, as_of: date) -> tuple[Text, ...]:
    found: list[Text] = [
        ("The person whom the data is about.",),
        (
            "A parent, for a child who is too young to ask. The law in England sets no age: what counts is whether the "
            "child understands (recalled, not checked).",
        ),
    ]
    version = Context(evidence, as_of).version(as_of, source.head.size)
    if version is None:
        return (*found, (f"No adopted register covers {day_in_words(as_of)}, so no notice says more.",))
    said = 0
    for paragraph in version.register.paragraphs:
        if _ACCESS.search(" ".join((paragraph.heading, paragraph.point, *paragraph.quotes))):
            quoted = "".join(f" In its words: “{quote}”." for quote in paragraph.quotes)
            found.append((f"The notice ({version.register.title}, {paragraph.citation}): {paragraph.point}{quoted}",))
            said += 1
    if not said:
        found.append((f"The notice ({version.register.title}) says no more about it.",))
    return tuple(found)


def _how(scope: Scope, organisation: str, schools: frozenset[str]) -> tuple[Text, ...]:
    found: list[Text] = [
        (
            "Find in the table below what the person is, and was in earlier years; tell the parts that stand beside "
            "it. A transfer that states no year group may have been about them too.",
        ),
        (
            "“Totals only” were of no single person, and need be told only where a count was so small that it showed "
            "somebody.",
        ),
        (
            "Leave out what the person was never part of: if the ages do not fit, if they never had what went (an "
            "examination entry, a plan), or if they had opted out and were left out.",
        ),
        (
            f"It is what {organisation} recorded, onward transfers among it. What a recipient passed on by itself "
            "stands in no ledger but the recipient’s own; whoever asks may ask there.",
        ),
        (
            "Article 15(1)(c) also asks who will get data. Who may is written down by ",
            Code("transfer-ledger export LEDGER flows"),
            ".",
        ),
    ]
    if not scope.school and len(schools) > 1:
        found.append(
            (
                f"The ledger knows {len(schools):,} schools, and this speaks of all of them. With ",
                Code("--school ID"),
                " it speaks of the one that the person goes or went to.",
            )
        )
    if scope.school:
        found.append(
            (
                "It speaks of one school: what it sent or got, or is named in, and apart from that, as “no school "
                "named”, what others sent without saying of which school’s people. What they sent to another school is "
                "taken to be about that school’s people, and left out.",
            )
        )
    return tuple(found)


def recipients(source: Source, evidence: Evidence, as_of: date, scope: Scope, school: str = "") -> Document:
    """Who got data in `scope`, by category of the people that it is about. `school` is the name of the scope's."""
    label, categories = Labels(evidence), _Categories(evidence.vocabularies)
    schools = frozenset(
        id_ for one in evidence.organisations.values() if one.role == "school" for id_ in (one.id, *one.former_ids)
    )
    asked = _asked(scope, schools)
    places = {one.id: place for place, one in enumerate(evidence.vocabularies.field)}
    lines = _lines(_got(source, asked, categories, label), categories, label, schools, places)
    unnamed = _unnamed(source, asked, label)
    organisation = source.genesis().organisation
    known = frozenset(one.id for one in evidence.organisations.values() if one.role == "school")
    blocks: list[Block] = [
        Paragraph(
            (
                "Whoever asks is to be told who got their data (UK GDPR Article 15(1)(c)). The ledger knows no single "
                "person, so this says it for people of each category.",
            )
        ),
        Heading("Who may ask", "who-may-ask"),
        Bullets(_who_may_ask(evidence, source, as_of)),
        Heading("How to answer", "how-to-answer"),
        Bullets(_how(scope, organisation, known)),
    ]
    if lines:
        blocks.append(_parts(lines, categories))
    else:
        when = "" if scope.period == WHOLE else f" in {scope.period.label}"
        blocks.append(Paragraph((f"No transfer is recorded{when}.",)))
    blocks += _tables(lines)
    if unnamed:
        caption = "Transfers to recipients of no known name"
        if len(unnamed) > MOST_ENTRIES:
            caption += f": the first {MOST_ENTRIES} of {len(unnamed):,}; the spreadsheet lists all"
        blocks += [
            Heading("Recipients of no known name", "unnamed"),
            Paragraph(
                (
                    "These have to be told too. What was typed for them is on the page of each entry, unless it was "
                    "erased; it is not written into files.",
                )
            ),
            Table("unnamed", caption, _UNNAMED, tuple(unnamed[:MOST_ENTRIES])),
        ]
    of = f" about {school}" if school else ""
    options = ("export=recipients", *scope.period.option.split(","))
    if scope.school:
        options = (*options, f"school={scope.school[0]}")
    return Document(
        kind="recipients",
        title="Who got data about people of each category",
        about=f"Transfers recorded by {organisation}{of}: {scope.period.label}",
        organisation=organisation,
        made=made_from(source, evidence, as_of, options),
        blocks=tuple(blocks),
        data=(
            Data("recipients", "Recipients", _COLUMNS, [_values(one) for one in lines]),
            Data("unnamed", "Of no known name", _UNNAMED, unnamed),
        ),
    )
