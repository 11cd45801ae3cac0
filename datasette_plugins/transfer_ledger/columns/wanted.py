"""What people ask for: which transfers, and which findings. Everything left out is not asked."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from reports.finding import Outcome, Severity
from reports.scope import WHOLE, Period

Having: TypeAlias = Literal["any", "open", "none"]
State: TypeAlias = Literal[
    "all", "open", "awaiting", "undecided", "closed", "overdue", "corrected", "against", "breach", "taken-back",
    "confirmed", "unchecked",
]  # fmt: skip


class Wanted(NamedTuple):
    """Transfers, by all of what is set.

    `school` is an organisation's present id; a transfer is a school's as reports.scope says. `findings` is any finding
    that stands, an open breach, or none; with a `severity` or a `check`, one finding is to be all of it. `late` is
    whether it was recorded more than `recorded_late.DAYS` after its (last) day, `corrected` whether a correction states
    it. Each of the `words` is in a name or an id, begins the transfer's id, or is the entry's number.
    """

    period: Period = WHOLE
    school: str | None = None
    sender: str | None = None
    recipient: str | None = None
    purpose: str | None = None
    field: str | None = None
    basis: str | None = None
    channel: str | None = None
    findings: Having | None = None
    severity: Severity | None = None
    check: str | None = None
    late: bool | None = None
    corrected: bool | None = None
    words: str = ""


class WantedFindings(NamedTuple):
    """Findings, by all of what is set.

    `open` are breaches still to be settled, and `awaiting` those of them that need a second person; `undecided` are
    what else counts and is not settled; `closed` is settled; `overdue` has a decision whose day is past; `corrected`
    are those that count no more. `breach` is every breach ever found, once however often its transfer was stated
    again: `against` those that count against the answer, `taken-back` those that somebody withdrew, changed or denied,
    `confirmed` those that never were one, as a second person confirmed, and `unchecked` what is settled by a correction
    or decision that nobody else has checked. `age` is one of `found.AGES`. What is asked of a transfer holds for a
    finding if it holds for one of the transfers that it is about.
    """

    state: State = "open"
    check: str | None = None
    severity: Severity | None = None
    outcome: Outcome | None = None
    recipient: str | None = None
    sender: str | None = None
    school: str | None = None
    period: Period = WHOLE
    age: str | None = None
