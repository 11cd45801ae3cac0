"""The transfers that a list shows, read from the ledger by their seqs: as they were sealed, not as memory has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger import entry
from ledger.errors import Refused
from ledger.london import utc_text
from ledger.members import AnyEntry, Correction, Transfer
from ledger.source import Source
from reports.documents.blocks import Column, Value
from reports.documents.findings import named
from reports.wording import Label, Labels


class Row(NamedTuple):
    """One transfer of a list: ids and codes as they are sealed. `at` and `recorded_at` are the sealed texts."""

    seq: int
    id: str
    at: str
    sender: str
    recipient: str
    purpose: str
    fields: tuple[str, ...]
    basis: tuple[str, ...]
    schools: tuple[str, ...]
    subjects: str
    people: int | None
    recorded_at: str
    corrected: bool


def rows_of(source: Source, seqs: Sequence[int]) -> list[Row]:
    """The transfers with these seqs, in their order. `Refused` where one cannot be read, or states no transfer."""
    found = source.db.execute(
        "SELECT e.seq, CAST(e.entry AS BLOB) FROM json_each(?) AS j CROSS JOIN entries AS e ON e.seq = j.value "
        "ORDER BY j.key",
        (json.dumps(list(seqs)),),
    ).fetchall()
    entries = entry.read_run([data for _, data in found]) or [_one(seq, data) for seq, data in found]
    return [_row(one) for one in entries]


def _one(seq: int, data: bytes) -> AnyEntry:
    one, problems = entry.read(data)
    if one is None:
        raise Refused(f"Entry {seq} cannot be read: {problems[0].message} `transfer-ledger verify` says more.")
    return one


def _row(one: AnyEntry) -> Row:
    if not isinstance(one, Transfer | Correction):
        raise Refused(f"Entry {one.seq} is listed as a transfer and is none; `transfer-ledger verify` says more.")
    return Row(
        seq=one.seq,
        id=one.id,
        at=one.transferred_at or "",
        sender=one.sender or "",
        recipient=one.recipient or "",
        purpose=one.purpose or "",
        fields=one.fields,
        basis=one.lawful_basis,
        schools=one.schools,
        subjects=(one.subjects.kind or "") if one.subjects else "",
        people=one.subjects.count if one.subjects else None,
        recorded_at=utc_text(one.recorded_at),
        corrected=isinstance(one, Correction),
    )


COLUMNS = (
    Column("seq", "Entry", "number"),
    Column("id", "Transfer", "code"),
    Column("transferred_at", "When it went"),
    Column("sender", "From"),
    Column("recipient", "To"),
    Column("purpose", "What for"),
    Column("fields", "Data items"),
    Column("lawful_basis", "Lawful basis"),
    Column("schools", "Schools"),
    Column("subject_kind", "Whose data"),
    Column("subject_count", "How many people", "number"),
    Column("recorded_at", "Recorded"),
    Column("corrected", "As a correction states it"),
    Column("findings", "Findings", "number"),
    Column("severity", "The gravest"),
    *(Column(f"{name}_id", f"{title} (id)", "code") for name, title in (
        ("sender", "From"), ("recipient", "To"), ("purpose", "What for"), ("fields", "Data items"))),
)  # fmt: skip
"""What a list of transfers has in a file: what the page shows, and the ids behind the names."""


def values(row: Row, label: Labels, found: Sequence[str]) -> tuple[Value, ...]:
    """The cells of a transfer in a file. `found` are the severities of its findings, the gravest first."""
    return (
        row.seq, row.id, row.at, named(row.sender, label), named(row.recipient, label), named(row.purpose, label),
        _labels(row.fields, "field", label), _labels(row.basis, "lawful_basis", label),
        _labels(row.schools, "party", label), row.subjects, row.people, row.recorded_at,
        "yes" if row.corrected else "no",
        len(found), found[0] if found else "", row.sender, row.recipient, row.purpose, "; ".join(row.fields),
    )  # fmt: skip


def _labels(ids: Iterable[str], kind: str, label: Label) -> str:
    return "; ".join(label(one, kind) for one in ids)


def in_runs(source: Source, runs: Iterable[list[int]]) -> Iterator[Row]:
    """All transfers of runs of seqs, read as they are wanted."""
    for run in runs:
        yield from rows_of(source, run)
