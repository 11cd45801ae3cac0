"""What people ask for: which transfers, and which findings. Everything left out is not asked."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from reports.finding import Outcome, Severity
from reports.scope import WHOLE, Period

Having: TypeAlias = Literal["any", "open", "none"]
State: TypeAlias = Literal["all", "open", "undecided", "decided", "overdue", "corrected"]


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

    `open` are breaches that stand and that no decision closes; `undecided` are what else stands and has no decision;
    `decided` is closed by one; `overdue` has one whose day is past. What is asked of a transfer holds for a finding if
    it holds for one of the transfers that it is about.
    """

    state: State = "open"
    check: str | None = None
    severity: Severity | None = None
    outcome: Outcome | None = None
    recipient: str | None = None
    sender: str | None = None
    school: str | None = None
    period: Period = WHOLE
