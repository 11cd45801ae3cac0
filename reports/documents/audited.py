"""What the auditor's document and its tables have in common: a reading and a record, and what follows from both."""

from __future__ import annotations

from collections import Counter

import msgspec

from ledger.london import day_of, utc_text
from ledger.source import Adopted
from ledger.verify.record import Found
from reports.documents.heartbeats import LONG, Gap, gaps
from reports.documents.reading import Reading
from reports.documents.record import Record, Signer
from reports.documents.recount import Recount, standing
from reports.finding import OUTCOMES

AUTHORITY = "a time stamping authority"
"""Who gave a timestamp: the name in it is under the same signature, which nobody verified."""

COUNTED = (*OUTCOMES, "corrected")
"""How findings are counted by check: those that stand by outcome, and those on what was corrected since."""


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """`gaps` are between heartbeats, the longest first, and none where there is no heartbeat. `adopted` and `backwards`
    (warnings of the clock) are of the record's entries alone, `found` counts findings by check and by `COUNTED`.
    """

    reading: Reading
    record: Record
    gaps: tuple[Gap, ...]
    adopted: tuple[Adopted, ...]
    backwards: tuple[Found, ...]
    found: Counter[tuple[str, str]]

    def by_check(self, check: str) -> tuple[int, ...]:
        """The findings of a check in scope, in the order of `COUNTED`."""
        return tuple(self.found[check, one] for one in COUNTED)

    @property
    def recounts(self) -> tuple[Recount, ...]:
        """Every figure that one statement gives, those of the record first."""
        reading, size = self.reading, self.record.size
        stands = standing(reading.scope, size, "count(*)")
        backwards = (
            "SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (ORDER BY seq) AS back FROM entries "
            f"WHERE seq < {size}) WHERE back"
        )
        return (
            *self.record.counts,
            Recount("transfers", "transfers that stand in scope", stands, reading.result.transfers),
            Recount("clock-backwards", "entries recorded before the one before them", backwards, len(self.backwards)),
        )


def audited(reading: Reading, record: Record) -> Audited:
    """What follows from a reading and from the record of the same ledger."""
    return Audited(
        reading=reading,
        record=record,
        gaps=tuple(gaps(record.heartbeats, record.began, record.size, reading.as_of)) if record.heartbeats else (),
        adopted=tuple(one for one in reading.adopted if one.seq < record.size),
        backwards=tuple(
            one
            for one in reading.verification.warnings
            if one.problem == "clock-backwards" and one.seq is not None and one.seq < record.size
        ),
        found=Counter(
            (finding.check, "corrected" if finding.corrected_by is not None else finding.outcome)
            for finding in reading.result.findings
        ),
    )


def cosigned(one: Signer) -> str:
    """A cosignature in words: whose, and at what time it says that it was made."""
    return f"{one} at {utc_text(one.at)}" if one.at is not None else f"{one}, without a time"


def noted(gap: Gap) -> str:
    """What is to be said of a gap beside its days."""
    notes = [f"more than {LONG} days"] if gap.long else []
    if gap.begins:
        notes.append(f"from {gap.begins}")
    if gap.ends:
        notes.append(f"to {gap.ends}")
    return "; ".join(notes)


def days_late(one: Adopted) -> int:
    """How many days after its first day a version was adopted; 0 or fewer where it was adopted in time."""
    return (day_of(one.entry.recorded_at) - one.entry.effective_from).days
