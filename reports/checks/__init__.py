"""The checks, one file each: a pure function from a case, or from all members that share a key, to findings.

What judges many cases at once comes in three forms. A `GroupCheck` keeps a few values of every member of a group (an
import, the transfers of one day) and finds something on some of its entries. A `TallyCheck` counts, and finds something
about a flow as a whole, on the entry that adopted it. A `DecisionCheck` looks at what was decided about findings.

A check's module docstring says what it finds, why it matters and what to do. `NEEDS` says what it cannot run
without: `law` runs always; `register` where a version of the documented purposes covers the transfer; `flow`
where the transfer has a documented flow to be judged by (a transfer that has none is a finding of
`undocumented-flow` or `unknown-recipient`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from reports.case import Case
from reports.checks import (
    age_outside_limits,
    agreement_missing,
    agreement_overdue,
    approval_missing,
    basis_not_open_to_public_authority,
    contactpoint_closed,
    contactpoint_closing_day,
    correction_changes_recipient,
    correction_removes_breach,
    dated_in_future,
    documented_but_never_used,
    duplicate_transfer,
    expected_not_recorded,
    field_not_documented,
    frequency_exceeded,
    key_stage_not_documented,
    lawful_basis_missing,
    lawful_basis_not_documented,
    lawful_basis_not_in_force,
    onward_not_documented,
    opt_out_differencing,
    opt_out_not_honoured,
    phase_not_documented,
    purpose_vague,
    recipient_closed,
    recipient_name_near_miss,
    recorded_late,
    register_backdated,
    register_not_in_force,
    required_field_missing,
    retention_exceeded,
    retention_missing,
    safeguard_missing,
    schedule_1_condition_missing,
    sender_not_documented,
    small_numbers,
    special_category_without_condition,
    statistical_use_exceeded,
    subjects_not_documented,
    too_granular,
    undocumented_flow,
    undocumented_purpose,
    unknown_recipient,
    unresolved_finding_overdue,
    voluntary_field_routine,
)
from reports.checks.kinds import Member, Needs, Values
from reports.context import Context
from reports.decisions import Decision
from reports.finding import Compared, Finding
from reports.history import State


@runtime_checkable
class Check(Protocol):
    """A module that judges one case."""

    ID: str
    NEEDS: Needs

    def check(self, case: Case, /) -> Iterator[Finding]:
        """What it finds on one case."""

    def compared(self, case: Case, /) -> Compared | str:
        """What it lays side by side on a case in which it finds nothing, or the code of why it does not apply.

        `wording` has the sentences. A case that it is asked about has what the check needs.
        """


@runtime_checkable
class GroupCheck(Protocol):
    """A module that judges all members that share a key; a case without a key takes no part.

    `LEAST` is with how many members at least it can find something. Where it is judged `OVER_TIME`, statements that a
    correction replaced are members too, and a breach that they made lasts; otherwise it sees to them itself.
    """

    ID: str
    NEEDS: Needs
    LEAST: int
    OVER_TIME: bool

    def takes(self, case: Case, /) -> bool:
        """Whether cases of this shape can have a key at all: asked once for a shape, so the shape alone may decide."""

    def key(self, case: Case, /) -> Values | None:
        """What the case shares with others."""

    def value(self, case: Case, /) -> Values:
        """What the group keeps of the case."""

    def check_group(self, context: Context, group: Values, members: Sequence[Member], /) -> Iterator[Finding]:
        """What it finds on the members of one key, which are in order of seq; the findings' first entry is one's."""

    def compared(self, case: Case, /) -> Compared | str:
        """As of a `Check`."""


@runtime_checkable
class TallyCheck(Protocol):
    """A module that counts transfers; a transfer that does not stand is not counted."""

    ID: str
    NEEDS: Needs

    def takes(self, case: Case, /) -> bool:
        """As of a `GroupCheck`."""

    def mark(self, case: Case, /) -> Values | None:
        """What the case counts as; few different ones, since all are kept."""

    def check_tally(self, context: Context, tally: Mapping[Values, int], /) -> Iterator[Finding]:
        """What it finds in the counts (each at least 1), which come in no order; asked even where there is none.

        A finding's entry is the one that adopted the version (`rule.on_version`).
        """

    def compared(self, case: Case, /) -> Compared | str:
        """As of a `Check`."""


@runtime_checkable
class DecisionCheck(Protocol):
    """A module that judges what was done about findings: decided, or corrected."""

    ID: str
    NEEDS: Needs

    def check_decisions(
        self,
        context: Context,
        findings: Iterable[Finding],
        decisions: Mapping[str, Decision],
        states: Mapping[str, State],
        /,
    ) -> Iterator[Finding]:
        """What it finds in the newest decisions (by their finding's key), and in how the findings stand."""

    def compared(self, case: Case, /) -> Compared | str:
        """As of a `Check`."""


AnyCheck: TypeAlias = Check | GroupCheck | TallyCheck | DecisionCheck

CHECKS: tuple[AnyCheck, ...] = (
    contactpoint_closed,
    contactpoint_closing_day,
    unknown_recipient,
    undocumented_flow,
    undocumented_purpose,
    onward_not_documented,
    statistical_use_exceeded,
    sender_not_documented,
    register_not_in_force,
    recipient_name_near_miss,
    purpose_vague,
    correction_changes_recipient,
    correction_removes_breach,
    field_not_documented,
    required_field_missing,
    lawful_basis_missing,
    lawful_basis_not_documented,
    lawful_basis_not_in_force,
    special_category_without_condition,
    basis_not_open_to_public_authority,
    schedule_1_condition_missing,
    safeguard_missing,
    small_numbers,
    retention_missing,
    retention_exceeded,
    agreement_missing,
    agreement_overdue,
    too_granular,
    age_outside_limits,
    subjects_not_documented,
    phase_not_documented,
    key_stage_not_documented,
    opt_out_not_honoured,
    approval_missing,
    recipient_closed,
    recorded_late,
    dated_in_future,
    duplicate_transfer,
    frequency_exceeded,
    opt_out_differencing,
    voluntary_field_routine,
    register_backdated,
    documented_but_never_used,
    expected_not_recorded,
    unresolved_finding_overdue,
)
