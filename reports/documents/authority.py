"""The authority's summary over the ledgers of its schools: what they have in common, and who needs help.

It is no league table: schools stand in the order of their names, no count of one school stands beside another's, and
what is counted is counted over all of them. Each school's own numbers are in its own report.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib import metadata
from typing import NamedTuple

from reports.documents.blocks import (
    Block,
    Code,
    Column,
    Data,
    Document,
    Heading,
    Made,
    Number,
    Numbers,
    Paragraph,
    Table,
    Value,
    Verdict,
)
from reports.documents.reading import Reading
from reports.wording import RATINGS


class School(NamedTuple):
    """What the summary takes from one school's ledger. `folder` is where its own reports lie, beside the summary."""

    name: str
    folder: str
    rating: str
    transfers: int
    contactpoint: int
    causes: tuple[tuple[str, str, int], ...]
    period: str
    made: Made


class Unread(NamedTuple):
    """A ledger that could not be read, and why."""

    file: str
    why: str


def school(reading: Reading, folder: str) -> School:
    """The part of a reading that the summary needs."""
    after = sum(
        cause.count for cause in reading.causes if cause.check.startswith("contactpoint-") and cause.outcome == "breach"
    )
    return School(
        reading.organisation,
        folder,
        reading.rating.level,
        reading.result.transfers,
        after,
        tuple((cause.title, cause.severity, cause.count) for cause in reading.causes),
        reading.scope.period.label,
        reading.made,
    )


def _made(schools: Sequence[School], as_of: date, options: tuple[str, ...]) -> Made:
    # One digest over all that it was made from; the table of ledgers has the parts.
    text = "".join(f"{one.made.origin} {one.made.size} {one.made.head}\n" for one in schools)
    return Made(
        origin=f"{len(schools)} ledgers",
        size=sum(one.made.size for one in schools),
        head=hashlib.sha256(text.encode()).hexdigest(),
        head_at=max(one.made.head_at for one in schools),
        as_of=as_of,
        registers=tuple(sorted({sha256 for one in schools for sha256 in one.made.registers})),
        version=metadata.version("transfer-ledger"),
        options=options,
    )


def authority(
    schools: Sequence[School], unread: Sequence[Unread], as_of: date, about: str, options: tuple[str, ...]
) -> Document:
    """The summary over `schools`, of which there is at least one."""
    ordered = sorted(schools, key=lambda one: (one.name.casefold(), one.folder))
    levels = Counter(one.rating for one in ordered)
    having: Counter[tuple[str, str]] = Counter()
    findings: Counter[tuple[str, str]] = Counter()
    for one in ordered:
        having.update({(title, severity) for title, severity, _ in one.causes})
        for title, severity, count in one.causes:
            findings[title, severity] += count
    contactpoint = sum(one.contactpoint for one in ordered)
    act, unsure = levels["act-now"], levels["cannot-say"] + len(unread)
    if act:
        kind, answer = "bad", f"Something needs a decision in {act} of {len(ordered) + len(unread)} schools."
    elif unsure:
        kind, answer = "unsure", f"Of {unsure} of {len(ordered) + len(unread)} schools it cannot be said."
    else:
        kind, answer = "good", "No problem was found in any school."
    causes: list[tuple[Value, ...]] = [
        (title, severity, having[title, severity], findings[title, severity])
        for title, severity in sorted(
            having, key=lambda key: (("critical", "serious", "minor").index(key[1]), -having[key], key[0])
        )
    ]
    cause_columns = (
        Column("cause", "What was found"),
        Column("severity", "Severity"),
        Column("schools", "Schools that have it", "number"),
        Column("findings", "Findings in all", "number"),
    )
    ledgers: list[tuple[Value, ...]] = [
        (one.name, RATINGS[one.rating], one.folder, one.made.origin, one.made.size, one.made.head) for one in ordered
    ]
    ledgers += [(one.file, f"Could not be read: {one.why}", "", "", None, "") for one in unread]
    blocks: list[Block] = [
        Verdict(kind, answer, (("Schools stand in the order of their names: this is no comparison of schools.",),)),  # type: ignore[arg-type]
        Numbers(
            (
                Number("schools", "schools", len(ordered)),
                Number("unread", "ledgers that could not be read", len(unread)),
                Number("transfers", "transfers in all", sum(one.transfers for one in ordered)),
                Number("act-now", "schools with something to decide", act),
                Number("contactpoint-after", "uses of ContactPoint after its closing", contactpoint),
            )
        ),
        Heading("What schools have in common", "causes"),
        Table(
            "causes",
            "Kinds of finding, and how many schools have them",
            cause_columns,
            tuple(causes),
            "Nothing was found.",
        ),
        Heading("The schools", "schools"),
        Table(
            "schools",
            "The schools, in the order of their names",
            (Column("school", "School"), Column("answer", "Answer"), Column("reports", "Its own reports")),
            tuple(
                (
                    one.name,
                    RATINGS[one.rating],
                    (Code(f"{one.folder}/report.html"),),
                )
                for one in ordered
            )
            + tuple((one.file, f"Could not be read: {one.why}", None) for one in unread),
        ),
        Paragraph(
            ("It speaks of what each school recorded. No ledger can show a transfer that nobody recorded.",), quiet=True
        ),
    ]
    return Document(
        kind="authority",
        title="Data transfers of all schools",
        about=about,
        organisation=f"{len(ordered)} schools" if len(ordered) != 1 else ordered[0].name,
        made=_made(ordered, as_of, options),
        blocks=tuple(blocks),
        data=(
            Data("causes", "Kinds of finding", cause_columns, causes),
            Data(
                "schools",
                "Schools",
                (
                    Column("school", "School"),
                    Column("answer", "Answer"),
                    Column("folder", "Folder"),
                    Column("origin", "Ledger", "code"),
                    Column("entries", "Entries", "number"),
                    Column("head", "Hash of the last entry", "code"),
                ),
                ledgers,
            ),
        ),
    )
