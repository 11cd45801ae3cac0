"""A page for the school's website: who gets data, why, what, on which ground, and where the notice says so.

It is for everybody, so it tells what the notice documents and nothing of the transfers: no count, no day, no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ledger.source import Adopted, Source
from reports.context import Evidence
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
    Text,
)
from reports.documents.exports.documented import (
    InWords,
    in_words,
    listed,
    made_from_notice,
    people_in_words,
    version_on,
)
from reports.scope import day_in_words

_TOLD = (
    ("sender", "Who sends it"),
    ("purpose", "Why"),
    ("people", "About whom"),
    ("required", "What goes"),
    ("permitted", "May go besides"),
    ("voluntary", "If you give it"),
    ("sensitive", "Most protected"),
    ("conditions", "Within limits"),
    ("grounds", "Legal ground"),
    ("kept", "Kept for"),
    ("opt-out", "Who can say no"),
    ("cited", "In the notice"),
)

_COLUMNS = (
    Column("recipient", "Who gets it"),
    Column("flow", "What is shared"),
    *(Column(id_, title) for id_, title in _TOLD),
    Column("ended", "Ended"),
)


def _told(one: InWords) -> tuple[str, ...]:
    return (
        listed(one.senders),
        listed(one.purposes),
        people_in_words(one.people),
        listed(one.required),
        listed(one.permitted),
        listed(one.voluntary),
        listed(one.sensitive),
        listed(one.conditions),
        listed(one.grounds),
        one.kept,
        one.opt_out,
        listed(one.cited),
    )


def _facts(one: InWords) -> Facts:
    found: list[tuple[str, Text]] = []
    for (id_, title), text in zip(_TOLD, _told(one), strict=True):
        if text:
            always = id_ == "permitted" and not one.required
            found.append(("What may go" if always else title, (text,)))
    return Facts(tuple(found))


def _by_recipient(told: Sequence[InWords]) -> list[tuple[str, list[InWords]]]:
    found: dict[str, list[InWords]] = {}
    for one in told:
        for name in one.recipients:
            found.setdefault(name, []).append(one)
    return sorted(found.items(), key=lambda item: (item[0].casefold(), item[0]))


def _sections(told: Sequence[InWords], anchor: str) -> Iterator[Block]:
    # A flow to several recipients is told in full under the first, and the others lead there.
    where: dict[str, tuple[str, str]] = {}
    for place, (name, of) in enumerate(_by_recipient(told), start=1):
        yield Heading(name, f"{anchor}-{place}")
        for number, one in enumerate(of, start=1):
            yield Heading(one.label, f"{anchor}-{place}-{number}", 3)
            if one.flow.id in where:
                first, to = where[one.flow.id]
                yield Paragraph(("The same as ", Link(f"what goes to {first}", f"#{to}"), "."))
            else:
                where[one.flow.id] = name, f"{anchor}-{place}-{number}"
                yield _facts(one)


def _index(told: Sequence[InWords], anchor: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        ((Link(name, f"#{anchor}-{place}"),), listed(one.label for one in of))
        for place, (name, of) in enumerate(_by_recipient(told), start=1)
    ]
    columns = (Column("recipient", "Who may get it"), Column("flow", "What is shared"))
    return Table("recipients", "All who may get data, and what", columns, tuple(rows))


def _ended(one: InWords) -> str:
    return f"{one.label}, to {listed(one.recipients)}: {one.conditions[-1]}. In the notice: {listed(one.cited)}."


def _notice(version: Adopted) -> Facts:
    entry, register = version.entry, version.register
    items: list[tuple[str, Text]] = [
        ("The notice", (f"{register.title}, version {register.version}",)),
        ("It holds from", (day_in_words(entry.effective_from),)),
    ]
    if entry.effective_until is not None:
        items.append(("It holds until", (day_in_words(entry.effective_until),)))
    return Facts(tuple(items))


def flows(source: Source, evidence: Evidence, as_of: date) -> Document:
    """The documented flows as of a London day, by recipient. `Refused` where no register covers that day."""
    version = version_on(source, evidence, as_of)
    organisation = source.genesis().organisation
    told = in_words(version, evidence, as_of)
    holding, ended = [one for one in told if not one.ended], [one for one in told if one.ended]
    blocks: list[Block] = [
        Paragraph(
            (
                "Our notice to families and staff says who may get data about pupils and staff. Here is everybody whom "
                "it names, and what each of them may get. It is what may be sent, not a list of what was.",
            )
        ),
        Paragraph(
            (
                "“If you give it” is what is asked for and you need not give. “Most protected” is what the law "
                "protects more than the rest, such as what says something of health.",
            ),
            quiet=True,
        ),
        _notice(version),
    ]
    if holding:
        blocks += [Heading("Who may get data", "recipients"), _index(holding, "recipient")]
    else:
        blocks.append(Paragraph(("The notice names nobody who may get data on this day.",)))
    if ended:
        blocks += [
            Paragraph(
                (
                    "Some of what the notice says has ended since: ",
                    Link("what goes no longer", "#ended"),
                    ".",
                )
            )
        ]
    blocks += _sections(holding, "recipient")
    if ended:
        blocks += [
            Heading("What goes no longer", "ended"),
            Bullets(tuple((_ended(one),) for one in ended)),
        ]
    blocks += [
        Heading("What you can ask for", "rights"),
        Paragraph(
            (
                "You can ask us which data we hold about you or your child and who got it. Where “who can say no” "
                f"stands above, tell us. Ask {organisation}.",
            )
        ),
    ]
    rows = [
        (name, one.label, *_told(one), "yes" if one.ended else "no") for name, of in _by_recipient(told) for one in of
    ]
    return Document(
        kind="flows",
        title="Who we share data with",
        about=f"As documented on {day_in_words(as_of)}",
        organisation=organisation,
        made=made_from_notice(source, evidence, version, as_of, ("export=flows",)),
        blocks=tuple(blocks),
        data=(Data("flows", "Documented flows", _COLUMNS, rows),),
    )
