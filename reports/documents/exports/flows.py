"""A page for the school's website: who gets data, why, what, on which ground, and where the notice says so."""

from __future__ import annotations

from datetime import date

from ledger.source import Source
from reports.context import Evidence
from reports.documents.blocks import Block, Column, Data, Document, Facts, Heading, Paragraph, Text
from reports.documents.exports.documented import InWords, in_words, listed, version_on
from reports.documents.reading import made_from
from reports.scope import day_in_words

_COLUMNS = (
    Column("flow", "What for"),
    Column("sender", "Who sends it"),
    Column("recipient", "Who gets it"),
    Column("purpose", "Why"),
    Column("people", "About whom"),
    Column("fields", "What"),
    Column("bases", "On what legal ground"),
    Column("kept", "How long it is kept"),
    Column("opt-out", "Who can say no"),
    Column("cited", "Where the notice says so"),
)


def _facts(one: InWords) -> Facts:
    found: list[tuple[str, Text]] = [("Why", (listed(one.purposes),))]
    named = (
        ("Who sends it", listed(one.senders)),
        ("About whom", listed(one.people)),
        ("What", listed(one.fields)),
        ("Legal ground", listed((*one.bases, *one.special, *one.criminal))),
        ("Kept for", one.kept),
        ("Who can say no", one.opt_out),
        ("In the notice", listed(one.cited)),
    )
    found += [(name, (text,)) for name, text in named if text]
    return Facts(tuple(found))


def flows(source: Source, evidence: Evidence, as_of: date) -> Document:
    """The documented flows as of a London day, by recipient. `Refused` where no register covers that day."""
    version = version_on(source, evidence, as_of)
    register, organisation = version.register, source.genesis().organisation
    told = in_words(version, evidence)
    by: dict[str, list[InWords]] = {}
    for one in told:
        by.setdefault(listed(one.recipients), []).append(one)
    blocks: list[Block] = [
        Paragraph(
            (
                "These are all the organisations that our notice to families and staff says we share data with, and "
                "what "
                "each of them gets. It lists what may be sent, not what was.",
            )
        ),
        Facts(
            (
                ("The notice", (f"{register.title}, version {register.version}",)),
                ("It holds from", (day_in_words(version.entry.effective_from),)),
                *(
                    (("until", (day_in_words(version.entry.effective_until),)),)
                    if version.entry.effective_until is not None
                    else ()
                ),
            )
        ),
    ]
    for place, name in enumerate(sorted(by), start=1):
        blocks.append(Heading(name, f"recipient-{place}"))
        for number, one in enumerate(by[name], start=1):
            blocks.append(Heading(one.label, f"recipient-{place}-{number}", 3))
            blocks.append(_facts(one))
    rows = [
        (
            one.label,
            listed(one.senders),
            listed(one.recipients),
            listed(one.purposes),
            listed(one.people),
            listed(one.fields),
            listed((*one.bases, *one.special, *one.criminal)),
            one.kept,
            one.opt_out,
            listed(one.cited),
        )
        for one in told
    ]
    return Document(
        kind="flows",
        title="Who we share data with",
        about=f"As documented on {day_in_words(as_of)}",
        organisation=organisation,
        made=made_from(source, evidence, as_of, ("export=flows",)),
        blocks=tuple(blocks),
        data=(Data("flows", "Documented flows", _COLUMNS, rows),),
    )
