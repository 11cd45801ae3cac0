"""A finding: what a check found, as values; `wording` makes sentences of it.

A finding never holds an erasable value. Where a check rests on one, `found` names the value
(`recipient_as_given`), not its text: the entry's hash, which the key covers, already seals the value's
disclosure digest, so nothing erased can be guessed from a finding or its key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec

Outcome: TypeAlias = Literal["breach", "cannot-tell", "advisory"]
Severity: TypeAlias = Literal["critical", "serious", "minor"]
Value: TypeAlias = str | int

_canonical = msgspec.json.Encoder(order="sorted").encode
# The same bytes as `ledger.canonical.encode` gives for what findings hold: texts, whole numbers and lists of them.

OUTCOMES: tuple[Outcome, ...] = ("breach", "cannot-tell", "advisory")
SEVERITIES: tuple[Severity, ...] = ("critical", "serious", "minor")


class Citation(msgspec.Struct, frozen=True, gc=False):
    """Where a rule is written: `where` (a paragraph of the notice, or a source of law) and its `point`.

    `standing` is `read` or `recalled` for a fact of law, and None for a paragraph of the notice.
    """

    where: str
    point: str = ""
    standing: Literal["read", "recalled"] | None = None

    def __str__(self) -> str:
        """As a report cites it; a fact that nobody checked against its source says so."""
        return f"{self.where} (recalled, not checked)" if self.standing == "recalled" else self.where


class Compared(NamedTuple):
    """What a check laid side by side on a transfer in which it found nothing: the rule's values and the transfer's.

    `assigned` is as in `Finding`.
    """

    expected: tuple[Value, ...]
    found: tuple[Value, ...]
    citations: tuple[Citation, ...]
    assigned: str


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one check found on one entry, or on several that belong together.

    `reason` tells apart the ways in which a check can find something; `wording` has a sentence for each.
    `entries` are seqs, the one that the finding is about first; `id` is its transfer's id (None for a batch).
    `assigned` says why the register's editor set the limit, and is "" where the notice itself did.
    `prefilled` are the members it rests on that software filled in. `register` is the SHA-256 of the version
    that judged, None where the law alone did. `corrected_by` is the seq of the correction that replaced the
    entry, with which the finding no longer counts. `removed_by` is that of a correction that denies the finding, which
    counts all the same (`history`).
    """

    check: str
    outcome: Outcome
    severity: Severity
    reason: str
    entries: tuple[int, ...]
    id: str | None
    expected: tuple[Value, ...]
    found: tuple[Value, ...]
    citations: tuple[Citation, ...]
    assigned: str
    prefilled: tuple[str, ...]
    register: str | None
    corrected_by: int | None
    key: str
    removed_by: int | None = None

    @property
    def seq(self) -> int:
        """The entry that the finding is about."""
        return self.entries[0]

    @property
    def citation(self) -> str:
        """All citations in one text."""
        return "; ".join(map(str, self.citations))


def make(
    check: str,
    outcome: Outcome,
    reason: str,
    *,
    entries: Sequence[tuple[int, str]],
    id_: str | None,
    expected: tuple[Value, ...] = (),
    found: tuple[Value, ...] = (),
    citations: tuple[Citation, ...] = (),
    assigned: str = "",
    prefilled: tuple[str, ...] = (),
    register: str | None = None,
    severity: Severity | None = None,
    corrected_by: int | None = None,
) -> Finding:
    """A finding with its key. `entries` are (seq, hash); `severity` is given where it is not the usual one.

    The key is the SHA-256 of the canonical JSON of what was compared, without the as-of date, the citations
    or any wording, so that a decision keeps its finding (DESIGN §8).
    """
    compared: dict[str, object] = {
        "check": check,
        "outcome": outcome,
        "reason": reason,
        "entries": [hash_ for _, hash_ in entries],
        "register": register,
        "expected": list(expected),
        "found": list(found),
    }
    return Finding(
        check=check,
        outcome=outcome,
        severity=severity or ("serious" if outcome == "breach" else "minor"),
        reason=reason,
        entries=tuple(seq for seq, _ in entries),
        id=id_,
        expected=expected,
        found=found,
        citations=citations,
        assigned=assigned,
        prefilled=prefilled,
        register=register,
        corrected_by=corrected_by,
        key=hashlib.sha256(_canonical(compared)).hexdigest(),
    )
