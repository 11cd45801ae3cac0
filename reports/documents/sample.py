"""The sample of transfers that an auditor tests, drawn so that anybody can draw it again and nobody can choose it.

For each transfer that stands in scope (of one that was corrected, its newest correction), write the SHA-256, in hex, of
the text `SEED:HASH`: the seed in decimal digits, a colon, and the hash of the entry in hex as `entries.hash` has it.
Sort them; the first so many are the sample, in this order. An entry's hash was fixed when it was sealed, so whoever
keeps the ledger could arrange the sample only if he knew the seed before: the auditor chooses it after he has the hash
of the last entry.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ledger.errors import Refused
from ledger.london import utc_text
from ledger.members import NOT_STATED, UNLISTED
from ledger.source import Source
from reports.documents.blocks import (
    Column,
    Commands,
    Data,
    Document,
    Heading,
    Number,
    Numbers,
    Paragraph,
    Value,
)
from reports.documents.findings import named, title
from reports.documents.reading import Reading
from reports.documents.recount import command, standing
from reports.documents.statements import about, made_from, some, warning
from reports.scope import Scope

MOST = 10_000
"""More is no sample: whoever wants all transfers takes them from the ledger."""

_SEED = re.compile(r"0|[1-9][0-9]{0,39}", re.ASCII)

_WHAT = "t.seq, t.hash"

_OUTCOMES = {"breach": "breach", "cannot-tell": "cannot be told", "advisory": "advisory"}


class Drawn(NamedTuple):
    """A transfer that was drawn: the SHA-256 that drew it, and its entry's place and hash."""

    digest: str
    seq: int
    hash: str


class Draw(NamedTuple):
    """What was drawn, in its order, out of how many."""

    drawn: tuple[Drawn, ...]
    among: int


def check_asked(seed: str, count: int) -> None:
    """Raises `Refused` unless `seed` is a whole number of up to 40 digits in its one form, and `count` in bounds."""
    if _SEED.fullmatch(seed) is None:
        raise Refused(f"--seed: {seed[:50]!r} is no whole number in 1 to 40 digits, without leading zeros.")
    if not 1 <= count <= MOST:
        raise Refused(f"--count: a sample has 1 to {MOST:,} transfers, not {count:,}.")


def draw(source: Source, scope: Scope, size: int, seed: str, count: int) -> Draw:
    """Draws `count` of the transfers in `scope` that stood when there were `size` entries, or all where there are
    fewer. They stream; memory grows with `count`.

    `Refused` where none stands there, and as `check_asked` does.
    """
    check_asked(seed, count)
    among = 0

    def each() -> Iterator[Drawn]:
        nonlocal among
        for seq, hash_ in source.db.execute(standing(scope, size, _WHAT)):
            among += 1
            yield Drawn(sha256(f"{seed}:{hash_}".encode()).hexdigest(), seq, hash_)

    drawn = tuple(heapq.nsmallest(count, each()))
    if not drawn:
        raise Refused(f"No transfer stands in {scope.period.label}, so that there is nothing to draw from.")
    return Draw(drawn, among)


def how(seed: str, found: Draw) -> str:
    """How the sample was drawn, so that anybody can draw it again."""
    which = f"the {len(found.drawn):,} smallest are" if len(found.drawn) < found.among else "they are all"
    return (
        f"Drawn with the seed {seed}: of each of the {some(found.among, 'transfer', 'transfers')} that stand in scope, "
        f"the SHA-256 of the text {seed}:HASH was taken, HASH being the hash of its entry, and written in hex; {which} "
        "the sample, in this order. Choose the seed after you have the hash of the last entry, so that nobody can have "
        "arranged what it draws."
    )


def sample(reading: Reading, source: Source, seed: str, count: int) -> Document:
    """The sample of the transfers that stand in the reading's scope, with columns for the evidence seen. `Refused` as
    `draw` does.
    """
    found = draw(source, reading.scope, reading.made.size, seed, count)
    told = how(seed, found)
    made = msgspec.structs.replace(reading.made, options=(*reading.made.options, f"seed={seed}", f"count={count}"))
    return Document(
        kind="sample",
        title="A sample of transfers to test",
        about=about(reading),
        organisation=reading.organisation,
        made=made,
        blocks=(
            Numbers(
                (
                    Number("drawn", "transfers drawn", len(found.drawn)),
                    Number("among", "transfers that stand in scope", found.among),
                )
            ),
            Heading("How it was drawn", "drawn"),
            Paragraph((told,)),
            Commands((command(standing(reading.scope, reading.made.size, _WHAT)),)),
        ),
        data=(Data("sample", "Sample", _columns(seed), tuple(_rows(reading, source, found))),),
        warning=warning(reading),
        footer=((told,), made_from(reading)),
    )


def _columns(seed: str) -> tuple[Column, ...]:
    return (
        Column("number", "No.", "number"),
        Column("entry", "Entry", "number"),
        Column("id", "Transfer", "code"),
        Column("transferred_at", "Transferred at"),
        Column("sender", "Sender"),
        Column("recipient", "Recipient"),
        Column("purpose", "Purpose"),
        Column("fields", "Data items"),
        Column("lawful_basis", "Lawful basis"),
        Column("recorded_at", "Recorded at (UTC)"),
        Column("findings", "Findings"),
        Column("hash", "Hash of the entry", "code"),
        Column("digest", f"SHA-256 of {seed}:HASH; the smallest are drawn", "code"),
        Column("asked", "Evidence asked for"),
        Column("seen", "Evidence seen"),
        Column("seen_by", "Seen by"),
        Column("seen_on", "Seen on", "date"),
        Column("conclusion", "Conclusion"),
    )


def _rows(reading: Reading, source: Source, found: Draw) -> Iterator[tuple[Value, ...]]:
    label, findings = reading.label, _findings(reading, {one.seq for one in found.drawn})
    for number, one in enumerate(found.drawn, start=1):
        facts = source.statement(one.seq).facts
        fields = [
            {UNLISTED: "one that is not known by its name", NOT_STATED: "not stated"}.get(field)
            or label(field, "field")
            for field in facts.fields
        ]
        yield (
            number,
            one.seq,
            facts.id,
            facts.transferred_at or "",
            named(facts.sender, label),
            named(facts.recipient, label),
            named(facts.purpose, label),
            "; ".join(fields),
            "; ".join(label(code, "lawful_basis") for code in facts.lawful_basis),
            utc_text(facts.recorded_at),
            "; ".join(findings.get(one.seq, ())) or "none",
            one.hash,
            one.digest,
            "",
            "",
            "",
            None,
            "",
        )


def _findings(reading: Reading, seqs: set[int]) -> dict[int, list[str]]:
    keys = {one.key for one in reading.result.findings if not seqs.isdisjoint(one.entries)}
    found: dict[int, list[str]] = {}
    for row in reading.rows.only(keys):
        words = f"{title(row.check)} ({_OUTCOMES[row.outcome]}, {row.state})"
        for seq in seqs.intersection(row.entries):
            found.setdefault(seq, []).append(words)
    return found
