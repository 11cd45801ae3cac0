"""The authority's summary over the ledgers of its schools: what they have in common, and what can be done for all.

It is no league table. Whatever could put schools into an order stays out of it, out of its data too: no count, no size
and no rating of any one school. What is counted is counted over all of them, and schools stand in the order of their
names, each with the place of its own reports. Only a ledger on which the sums cannot rest is named with the reason.
What it counts are ledgers; its one count of transfers is made from what the schools' governors' papers show.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib import metadata
from typing import Literal, NamedTuple

from ledger.source import Source
from reports.documents.blocks import (
    Block,
    Cell,
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
from reports.documents.contactpoint import uses
from reports.documents.disclosure_control import Shown, total
from reports.documents.governors import told
from reports.documents.reading import Reading
from reports.documents.statements import coded
from reports.finding import SEVERITIES


class School(NamedTuple):
    """What the summary takes from one ledger.

    `file` is the ledger's, `folder` where its own reports lie, beside the summary. Its rating and its transfers are
    those of its own governors' paper. `open` is whether a breach is open, `verified` whether the record verifies;
    `contactpoint` whether a use of ContactPoint after its closing was ever recorded. `causes` are title and severity of
    what was found; `not_run` is whether a check did not run at all.
    """

    name: str
    file: str
    folder: str
    rating: str
    transfers: Shown
    contactpoint: bool
    causes: tuple[tuple[str, str], ...]
    open: bool
    verified: bool
    not_run: bool
    period: str
    made: Made


class Unread(NamedTuple):
    """A ledger that could not be read, or is not counted, and why."""

    file: str
    why: str


def school(reading: Reading, source: Source, file: str, folder: str) -> School:
    """The part of a governors' reading that the summary needs."""
    shown = told(reading, source)
    return School(
        name=reading.organisation,
        file=file,
        folder=folder,
        rating=shown.rating.level,
        transfers=shown.now.transfers,
        contactpoint=uses(reading.result).recorded > 0,
        causes=tuple((cause.title, cause.severity) for cause in reading.causes),
        open=bool(reading.open),
        verified=not reading.verification.problems,
        not_run=not all(one.ran for one in reading.result.checks),
        period=reading.scope.period.label,
        made=reading.made,
    )


def _made(schools: Sequence[School], as_of: date, options: tuple[str, ...]) -> Made:
    # One digest over all that it was made from, which are the heads that the table of schools has.
    text = "".join(f"{one.made.origin} {one.made.head}\n" for one in schools)
    return Made(
        origin=f"{len(schools):,} ledger{'' if len(schools) == 1 else 's'}",
        size=sum(one.made.size for one in schools),
        head=hashlib.sha256(text.encode()).hexdigest(),
        head_at=max(one.made.head_at for one in schools),
        as_of=as_of,
        registers=tuple(sorted({sha256 for one in schools for sha256 in one.made.registers})),
        version=metadata.version("transfer-ledger"),
        options=options,
    )


_CAUSES = (
    Column("cause", "What was found"),
    Column("severity", "Severity"),
    Column("ledgers", "Ledgers that have it", "number"),
)

_NOT_RELIED_ON = (Column("file", "Ledger", "code"), Column("why", "Why the sums do not rest on it"))


def _causes(schools: Sequence[School]) -> list[tuple[Value, ...]]:
    having: Counter[tuple[str, str]] = Counter()
    for one in schools:
        having.update({*one.causes})
    order: tuple[str, ...] = SEVERITIES
    found = sorted(having, key=lambda key: (order.index(key[1]), -having[key], key[0]))
    return [(title, severity, having[title, severity]) for title, severity in found]


def _many(count: int, of: int) -> str:
    return f"{count:,} of {of:,} ledgers"


def _verdict(schools: Sequence[School], unread: int) -> Verdict:
    levels = Counter(one.rating for one in schools)
    act, unsure, all_ = levels["act-now"], levels["cannot-say"] + unread, len(schools) + unread
    kind: Literal["bad", "unsure", "good"] = "bad" if act else "unsure" if unsure else "good"
    if act:
        answer = f"Something needs a decision in {_many(act, all_)}."
    elif unsure:
        answer = f"Of {_many(unsure, all_)} it cannot be said."
    else:
        answer = f"No problem was found in {'the ledger' if all_ == 1 else f'any of {all_:,} ledgers'}."
    said = "Schools stand in the order of their names. What is counted is counted over all of them, to see what help "
    return Verdict(kind, answer, ((said + "many of them need; each school’s own numbers are in its own reports.",),))


def authority(
    schools: Sequence[School], unread: Sequence[Unread], as_of: date, about: str, options: tuple[str, ...]
) -> Document:
    """The summary over `schools`, of which there is at least one. `about` is the period in words."""
    ordered = sorted(schools, key=lambda one: (one.name.casefold(), one.name, one.file))
    rotten = [
        (one.file, "The record does not verify: something in it was altered.") for one in ordered if not one.verified
    ]
    not_relied_on = sorted([*((one.file, one.why) for one in unread), *rotten])
    causes = _causes(ordered)
    shown: list[tuple[Cell, ...]] = [
        (one.name, (Code(one.file),), (Code(f"{one.folder}/report.html"),)) for one in ordered
    ]
    listed: list[tuple[Value, ...]] = [
        (one.name, one.file, one.folder, one.made.origin, one.made.head) for one in ordered
    ]
    blocks: list[Block] = [
        _verdict(ordered, len(unread)),
        Numbers(
            (
                Number("ledgers", "ledgers that were read", len(ordered)),
                Number("unread", "ledgers that could not be read, or are not counted", len(unread)),
                Number("transfers", "transfers in all", total(one.transfers for one in ordered)),
                Number("act-now", "ledgers with something to decide", sum(one.rating == "act-now" for one in ordered)),
                Number("not-run", "ledgers on which not every check ran", sum(one.not_run for one in ordered)),
                Number(
                    "contactpoint-after",
                    "ledgers with a use of ContactPoint after its closing",
                    sum(one.contactpoint for one in ordered),
                ),
            )
        ),
    ]
    if not_relied_on:
        blocks += [
            Heading("What the sums do not rest on", "not-relied-on"),
            Table(
                "not-relied-on",
                "Ledgers that could not be read, are not counted or do not verify",
                _NOT_RELIED_ON,
                tuple(((Code(file),), coded(why)) for file, why in not_relied_on),
            ),
        ]
    blocks += [
        Heading("What schools have in common", "causes"),
        Paragraph(("What many have is for the authority to explain, to train or to supply, once for all of them.",)),
        Table(
            "causes", "Kinds of finding, and how many ledgers have them", _CAUSES, tuple(causes), "Nothing was found."
        ),
        Heading("The schools", "schools"),
        Table(
            "schools",
            "The schools, in the order of their names, and their own reports",
            (Column("school", "School"), Column("file", "Ledger"), Column("reports", "Its own reports")),
            tuple(shown),
        ),
        Paragraph(
            ("It speaks of what each school recorded. No ledger can show a transfer that nobody recorded.",), quiet=True
        ),
    ]
    warning = None
    if rotten:
        warning = f"The record of {_many(len(rotten), len(ordered))} does not verify, so the sums cannot be relied on."
    columns = (
        Column("school", "School"),
        Column("file", "Ledger", "code"),
        Column("folder", "Folder of its own reports", "code"),
        Column("origin", "Origin", "code"),
        Column("head", "Hash of the last entry", "code"),
    )
    return Document(
        kind="authority",
        title="Data transfers of all schools",
        about=f"{len(ordered):,} ledger{'' if len(ordered) == 1 else 's'}: {about}",
        organisation="All schools",
        made=_made(ordered, as_of, options),
        blocks=tuple(blocks),
        data=(
            Data("causes", "Kinds of finding", _CAUSES, causes),
            Data("schools", "Schools", columns, listed),
            Data("not-relied-on", "Not relied on", _NOT_RELIED_ON, not_relied_on),
        ),
        warning=warning,
    )
