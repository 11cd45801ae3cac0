"""The page of one entry: what it states, in words; what was found; what replaced it; and its seal.

It alone shows erasable values, read over a connection of its own (`ledger.source`): no browsing connection can.
An erased one shows as erased, with the entry that says so; one that is missing without that, as missing.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

from datasette.utils.asgi import Response

from datasette_plugins.transfer_ledger.app import ledger_of, told
from datasette_plugins.transfer_ledger.names import Names
from ledger import canonical
from ledger.members import ERASABLE, NOT_STATED, REQUIRED, UNLISTED, Correction, Member, Transfer, members_of
from ledger.source import Source
from reports.documents.findings import VERDICTS
from reports.wording import Labels, dated

SEALING = frozenset({"seq", "prev", "salt", "_sd", "recorded_at", "id"})
"""Members that place and seal an entry; they stand in its heading and under its seal, not among its facts."""

FIRST = ("transferred_at", "transferred_on", "transferred_until", "sender", "recipient", "purpose", "fields")
"""What people ask first about a transfer; the other members follow by name."""

MANY = 8
"""More data items than this, and the sentence only counts them; the list below names them."""


class Shown(NamedTuple):
    """One value: as people read it, as it was sealed where that differs, and the entry that it points at."""

    text: str
    sealed: str
    entry: int | None


class Fact(NamedTuple):
    """One member: its name in words, what it means, its values."""

    name: str
    meaning: str
    values: tuple[Shown, ...]


class Given(NamedTuple):
    """One erasable value: its name in words, what it means, its texts; none where it was erased."""

    name: str
    meaning: str
    texts: tuple[str, ...]
    erased_by: int | None
    ground: str


class Found(NamedTuple):
    """One finding as the last check put it into words."""

    check: str
    outcome: str
    severity: str
    expected: str
    found: str
    citation: str
    next_step: str
    decision: str | None
    due: str | None
    closed: int


class Statement(NamedTuple):
    """One statement of a transfer: the first, or a correction of it."""

    seq: int
    kind: str
    recorded_at: str
    reason: str


class Page(NamedTuple):
    """All of an entry's page."""

    seq: int
    kind: str
    id: str
    sentence: str
    recorded_at: str
    facts: tuple[Fact, ...]
    given: tuple[Given, ...]
    missing: int
    findings: tuple[Found, ...]
    statements: tuple[Statement, ...]
    hash: str
    prev: str
    next: str | None
    sealed: str
    size: int


def words(path: str) -> str:
    """`subjects.age_min` as `Subjects: age min`."""
    outer, dot, inner = path.replace("_", " ").partition(".")
    return outer[:1].upper() + outer[1:] + (f": {inner}" if dot else "")


def kind_of(member: Member) -> str:
    """The kind (see `Labels`) of what `member` holds; of no kind of names is what a text or a number is."""
    first, _, vocabulary = member.domain.partition(":")
    if first in ("when", "date"):
        return "date"
    return vocabulary or (member.column or member.path if first == "literal" else first)


def _shown(member: Member, value: Any, label: Labels) -> Shown:
    if isinstance(value, dict):  # `onward_of`: another transfer, here or in another ledger
        return Shown("#".join(str(value[key]) for key in ("origin", "id") if key in value), "", None)
    if value is True or value is False:
        return Shown("yes" if value else "no", "", None)
    if isinstance(value, int):
        cited = value if member.path.endswith(".seq") else None
        return Shown(str(value) if cited is not None else f"{value:,}", "", cited)
    text = label(value, kind_of(member))
    return Shown(text, "" if text == value else str(value), None)


def facts(kind: type[Any], sealed: dict[str, Any], label: Labels) -> tuple[Fact, ...]:
    """The members that the entry states, as people read them."""
    found = []
    places = {path: place for place, path in enumerate(FIRST)}
    for member in sorted(members_of(kind), key=lambda one: places.get(one.path, len(FIRST))):
        value: Any = sealed
        for part in member.path.rstrip(".").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None or member.path in SEALING:
            continue
        values = value if isinstance(value, list) else [value]
        found.append(Fact(words(member.path), member.meaning, tuple(_shown(member, one, label) for one in values)))
    return tuple(found)


def _items(fields: list[str], label: Labels) -> str:
    if fields == [NOT_STATED]:
        return "data that nobody stated"
    if len(fields) > MANY:
        return f"{len(fields)} data items"
    named = [label(one, "field") for one in fields if one != UNLISTED] + ["what is unlisted"] * (UNLISTED in fields)
    return ", ".join(named[:-1]) + f" and {named[-1]}" if len(named) > 1 else named[0]


def sentence(sealed: dict[str, Any], label: Labels) -> str:
    """A transfer in one sentence; "" for an entry that states none, or not the whole of one."""
    if not sealed.keys() >= set(REQUIRED):
        return "This withdraws the transfer: it is as if it had not been stated." if sealed.get("withdrawn") else ""
    subjects = sealed.get("subjects", {})
    people = {"pupil": "pupils", "workforce": "members of staff"}.get(subjects.get("kind"), "people")
    about = f", about {subjects['count']:,} {people}," if "count" in subjects else ""
    sender, recipient = (
        f"an unlisted {who}" if sealed[who] == UNLISTED else label(sealed[who], "party")
        for who in ("sender", "recipient")
    )
    purpose = "an unlisted purpose" if sealed["purpose"] == UNLISTED else f"“{label(sealed['purpose'], 'purpose')}”"
    at = sealed["transferred_at"]
    when = f"{'From' if '/' in at else 'On'} {label(at, 'date')}"
    return f"{when}, {sender} sent {_items(sealed['fields'], label)}{about} to {recipient}, for {purpose}."


def _given(source: Source, seq: int, sealed: dict[str, Any]) -> tuple[tuple[Given, ...], int]:
    meanings = {one.name: one.meaning for one in ERASABLE}
    found = [
        Given(words(name), meanings.get(name, ""), (value,) if isinstance(value, str) else value, None, "")
        for name, value in sorted(source.given(seq).items())
    ]
    kept = len(found)
    digests = sealed.get("_sd", [])
    for digest in digests:
        erasure = source.db.execute(
            "SELECT seq, json_extract(entry, '$.name'), json_extract(entry, '$.ground') FROM entries "
            "WHERE kind = 'erasure' AND erased_digest = ?",
            (digest,),
        ).fetchone()
        if erasure is not None:
            by, name, ground = erasure
            found.append(Given(words(name), meanings.get(name, ""), (), by, ground))
    erased = len(found) - kept
    return tuple(found), len(digests) - kept - erased


def _statements(source: Source, facts_: Transfer | Correction) -> tuple[Statement, ...]:
    first = facts_.corrects.seq if isinstance(facts_, Correction) else facts_.seq
    rows = source.db.execute(
        "SELECT seq, CASE WHEN withdrawn THEN 'withdrawal' ELSE kind END, recorded_at FROM entries WHERE seq = ? "
        "UNION ALL SELECT seq, CASE WHEN withdrawn THEN 'withdrawal' ELSE kind END, recorded_at FROM entries "
        "WHERE corrects = ? ORDER BY seq",
        (first, first),
    ).fetchall()
    if len(rows) == 1:
        return ()
    return tuple(Statement(row[0], row[1], row[2], str(source.given(row[0]).get("reason", ""))) for row in rows)


def read(path: Path, seq: int, names: Names) -> Page | None:
    """The page of entry `seq` of the ledger at `path`, or None where there is none. `Refused` as `Source` does."""
    with Source(path) as source:
        found = source.entry(seq) if seq < source.head.size else None
        if found is None:
            return None
        entry, text, hash_ = found
        sealed: Any = canonical.decode(text.encode())
        label = names.of(source)
        given, missing = _given(source, seq, sealed)
        findings = source.db.execute(
            "SELECT check_name, outcome, severity, expected, found, citation, next_step, decision, decision_due, "
            "closed FROM findings "
            "WHERE seq = ? ORDER BY position",
            (seq,),
        )
        following = source.db.execute("SELECT hash FROM entries WHERE seq = ?", (seq + 1,)).fetchone()
        return Page(
            seq=seq,
            kind=sealed["kind"],
            id=sealed.get("id", ""),
            sentence=sentence(sealed, label) if isinstance(entry, Transfer | Correction) else "",
            recorded_at=sealed["recorded_at"],
            facts=facts(type(entry), sealed, label),
            given=given,
            missing=missing,
            findings=tuple(Found(*row) for row in findings),
            statements=_statements(source, entry) if isinstance(entry, Transfer | Correction) else (),
            hash=hash_,
            prev=entry.prev,
            next=following[0] if following else None,
            sealed=text,
            size=source.head.size,
        )


async def page(request: Any, datasette: Any) -> Any:
    """`GET /-/entry/SEQ`."""
    database = ledger_of(datasette)
    assert database is not None
    seq = int(request.url_vars["seq"])
    with told():
        found = await asyncio.to_thread(read, database.path_, seq, database.names)
    context = {"entry": found, "seq": seq, "dated": dated, "decisions": VERDICTS}
    html = await datasette.render_template("ledger_entry.html", context, request=request)
    # Erasable values are on it: no copy is to stay in a browser's store after they are erased.
    return Response.html(html, status=200 if found else 404, headers={"cache-control": "no-store"})
