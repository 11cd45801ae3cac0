"""The checks, one file each: a pure function from a case, or from all members that share a key, to findings.

A check's module docstring says what it finds, why it matters and what to do. `NEEDS` says what it cannot run
without: `law` runs always; `register` where a version of the documented purposes covers the transfer; `flow`
where the transfer has a documented flow to be judged by (a transfer that has none is a finding of
`undocumented-flow` or `unknown-recipient`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from reports.case import Case
from reports.checks import (
    age_outside_limits,
    approval_missing,
    contactpoint_closed,
    contactpoint_closing_day,
    dated_in_future,
    duplicate_transfer,
    field_not_documented,
    key_stage_not_documented,
    lawful_basis_missing,
    lawful_basis_not_documented,
    lawful_basis_not_in_force,
    opt_out_not_honoured,
    phase_not_documented,
    recipient_closed,
    recorded_late,
    required_field_missing,
    subjects_not_documented,
    too_granular,
    undocumented_flow,
    undocumented_purpose,
    unknown_recipient,
)
from reports.checks.kinds import Member, Needs
from reports.finding import Compared, Finding


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
    """A module that judges all members that share a key; a case without a key takes no part."""

    ID: str
    NEEDS: Needs

    def key(self, case: Case, /) -> Hashable | None:
        """What the case shares with others."""

    def value(self, case: Case, /) -> int:
        """What the group keeps of the case."""

    def check_group(self, group: Hashable, members: Sequence[Member], /) -> Iterator[Finding]:
        """What it finds on the members of one key, which are in order of seq."""

    def compared(self, case: Case, /) -> Compared | str:
        """As of a `Check`."""


CHECKS: tuple[Check | GroupCheck, ...] = (
    contactpoint_closed,
    contactpoint_closing_day,
    unknown_recipient,
    undocumented_flow,
    undocumented_purpose,
    field_not_documented,
    required_field_missing,
    lawful_basis_missing,
    lawful_basis_not_documented,
    lawful_basis_not_in_force,
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
)
