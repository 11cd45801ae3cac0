"""The auditor's tables, whole, for programs and spreadsheets: what the document shows the newest or the longest of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger.london import day_of, utc_text
from ledger.members import Genesis, Person
from ledger.people import ROLES
from reports.documents.audited import AUTHORITY, Audited, cosigned, days_late, noted
from reports.documents.blocks import Column, Data, Value
from reports.documents.findings import title


def _data(id_: str, heading: str, columns: tuple[Column, ...], rows: Iterable[tuple[Value, ...]]) -> Data:
    return Data(id_, heading, columns, tuple(rows))


def issued(entry: Genesis | Person) -> tuple[str, str]:
    """The code that an entry issued to a person, "" for none, and what that person may do."""
    if isinstance(entry, Genesis):
        return entry.actor or "", ROLES["lead"]
    return entry.code, ROLES[entry.role] + (", outside the organisation" if entry.outside else "")


def tables(of: Audited) -> Iterator[Data]:
    """Every table of the auditor's, the checkpoints first."""
    record = of.record
    yield _data(
        "checkpoints",
        "Checkpoints kept in the ledger's file",
        (
            Column("number", "number", "number"),
            Column("entries", "entries", "number"),
            Column("root", "root", "code"),
            Column("signed_by", "signed by the ledger's key"),
            Column("cosigned_by", "cosigned by, at"),
            Column("others", "other signatures"),
            Column("timestamp", "timestamped at"),
            Column("problem", "problem"),
        ),
        (
            (
                row.number,
                row.size,
                row.root,
                "; ".join(map(str, row.signed)),
                "; ".join(map(cosigned, row.cosigned)),
                "; ".join(map(str, row.others)),
                utc_text(row.stamped) if row.stamped else None,
                row.problem,
            )
            for row in record.checkpoints
        ),
    )
    yield _data(
        "heartbeats",
        "Heartbeats",
        (
            Column("at", "at"),
            Column("entries", "entries", "number"),
            Column("kind", "shown by"),
            Column("by", "whose"),
            Column("recorded_at", "newest entry recorded at"),
        ),
        (
            (utc_text(one.at), one.size, one.kind, one.by or AUTHORITY, utc_text(one.clock) if one.clock else None)
            for one in record.heartbeats
        ),
    )
    yield _data(
        "gaps",
        "Time without a heartbeat",
        (
            Column("from", "from", "date"),
            Column("to", "to", "date"),
            Column("days", "days", "number"),
            Column("entries", "entries that appeared in it", "number"),
            Column("note", "note"),
        ),
        ((gap.first, gap.last, gap.days, gap.after - gap.before, noted(gap)) for gap in of.gaps),
    )
    yield _data(
        "erasures",
        "Erasures",
        (
            Column("entry", "entry", "number"),
            Column("of_entry", "value of entry", "number"),
            Column("name", "which value"),
            Column("digest", "digest that stays", "code"),
            Column("ground", "ground"),
            Column("recorded_at", "recorded at"),
        ),
        (
            (at.seq, one.erases.seq, one.name, one.digest, one.ground, utc_text(one.recorded_at))
            for at, one in record.erasures
        ),
    )
    yield _data(
        "people",
        "Codes of people",
        (
            Column("entry", "entry", "number"),
            Column("code", "code", "code"),
            Column("role", "role"),
            Column("recorded_at", "recorded at"),
        ),
        ((at.seq, *issued(one), utc_text(one.recorded_at)) for at, one in record.people),
    )
    yield _data(
        "confirmations",
        "Confirmations by a second person",
        (
            Column("entry", "entry", "number"),
            Column("confirms", "confirms entries"),
            Column("by", "by", "code"),
            Column("seen", "as of entry", "number"),
            Column("recorded_at", "recorded at"),
        ),
        (
            (at.seq, " ".join(map(str, one.confirms)), one.actor or "", one.seen.seq, utc_text(one.recorded_at))
            for at, one in record.confirmations
        ),
    )
    yield _data(
        "keys",
        "Key entries",
        (
            Column("entry", "entry", "number"),
            Column("action", "what"),
            Column("key", "key from here on", "code"),
            Column("recorded_at", "recorded at"),
            Column("hash", "hash", "code"),
        ),
        (
            (at.seq, one.action, vkey, utc_text(one.recorded_at), at.hash)
            for at, one in record.keys
            for vkey in one.keys
        ),
    )
    yield _data(
        "registers",
        "Adopted versions of the documented purposes",
        (
            Column("entry", "entry", "number"),
            Column("register", "register"),
            Column("title", "title"),
            Column("version", "version"),
            Column("effective_from", "judges from", "date"),
            Column("effective_until", "to", "date"),
            Column("adopted_on", "adopted on", "date"),
            Column("days_late", "days after its first day", "number"),
            Column("assigned", "dates set by an editor"),
            Column("sha256", "SHA-256", "code"),
        ),
        (
            (
                one.seq,
                one.entry.register,
                one.register.title,
                one.entry.version,
                one.entry.effective_from,
                one.entry.effective_until,
                day_of(one.entry.recorded_at),
                max(0, days_late(one)),
                "yes" if one.entry.effective_assigned else "no",
                one.entry.sha256,
            )
            for one in of.adopted
        ),
    )
    yield _data(
        "checks",
        "Checks",
        (
            Column("check", "check", "code"),
            Column("finds", "what it finds"),
            Column("ran", "ran"),
            Column("reason", "why not, or not on all"),
            Column("breach", "breaches", "number"),
            Column("cannot_tell", "cannot be told", "number"),
            Column("advisory", "advisories", "number"),
            Column("corrected", "corrected since", "number"),
        ),
        (
            (one.id, title(one.id), "yes" if one.ran else "no", one.reason, *of.by_check(one.id))
            for one in of.reading.result.checks
        ),
    )
    yield _data(
        "attestations",
        "Attested reports",
        (
            Column("entry", "entry", "number"),
            Column("report", "SHA-256 of the file", "code"),
            Column("options", "options", "code"),
            Column("as_of", "as of", "date"),
            Column("size", "entries", "number"),
            Column("head", "hash of the last of them", "code"),
            Column("version", "program"),
            Column("recorded_at", "recorded at"),
        ),
        (
            (
                at.seq,
                one.report,
                " ".join(one.options),
                one.as_of,
                one.size,
                one.head,
                one.version,
                utc_text(one.recorded_at),
            )
            for at, one in record.attestations
        ),
    )
    yield _data(
        "statements",
        "Figures and the statements that give them",
        (Column("figure", "figure"), Column("value", "value", "number"), Column("sql", "statement", "code")),
        ((one.id, one.value, one.sql) for one in of.recounts),
    )
