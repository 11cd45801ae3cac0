"""The same data went twice within a month, once without those who had opted out and once with them.

Whoever holds both can take the one from the other: what is left are the people who opted out, singled out by having
done so. The same data is the same data items about the same people (schools, ages, key stages, year groups), from one
sender to one recipient. Have the recipient delete the fuller one, and honour the opt-outs in all transfers alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from ledger.members import UNLISTED, OptOuts
from reports.case import Case
from reports.checks.kinds import Member, Needs, Values
from reports.context import Context
from reports.finding import Compared, Finding, make

ID = "opt-out-differencing"
NEEDS: Needs = "law"
LEAST = 2
OVER_TIME = True

DAYS = 31
"""Within so many days of one another, the people are taken to be the same."""

_encode = msgspec.json.Encoder().encode


def _honoured(opt_outs: OptOuts | None) -> bool | None:
    """Whether somebody was left out or limited; None where that is not told."""
    if opt_outs is None:
        return None
    if opt_outs.excluded or opt_outs.limited:
        return True
    nobody = opt_outs.checked and opt_outs.excluded == 0 and opt_outs.limited == 0
    return False if opt_outs.checked is False or nobody else None


def takes(case: Case) -> bool:
    """Whether anything is said about opt-outs."""
    return case.facts.opt_outs is not None


def key(case: Case) -> Values | None:
    """The two parties and all that says what went about whom, where all of it is known."""
    return case.once(ID, lambda: _key(case))


def _key(case: Case) -> Values | None:
    if _honoured(case.facts.opt_outs) is None or not _known(case):
        return None
    assert case.sender is not None
    assert case.recipient is not None
    of, facts = case.subjects, case.facts
    people = (of.kind, of.age_min, of.age_max, sorted(of.key_stages), sorted(of.year_groups), sorted(facts.schools))
    went = _encode((sorted(case.fields), people, facts.phase, facts.granularity))
    digest = hashlib.blake2b(went, digest_size=16).hexdigest()
    return case.context.current(case.sender), case.context.current(case.recipient), digest


def _known(case: Case) -> bool:
    parties = case.sender is not None and case.recipient is not None
    fields = not case.fields_untold and not case.unknown_fields
    return parties and fields and UNLISTED not in case.facts.schools


def value(case: Case) -> Values:
    """The day, and whether opt-outs were honoured."""
    return case.on.toordinal(), int(_honoured(case.facts.opt_outs) is True)


def check_group(context: Context, group: Values, members: Sequence[Member]) -> Iterator[Finding]:
    """A breach on each transfer that an earlier one of the other sort came shortly before, with the nearest such."""
    last: dict[int, tuple[int, Member]] = {}
    for member in sorted(members, key=lambda member: (int(member.value[0]), member.seq)):
        day, honoured = int(member.value[0]), int(member.value[1])
        before = last.get(1 - honoured)
        if before is not None and day - before[0] <= DAYS:
            earlier = before[1]
            yield make(
                ID,
                "breach",
                "fewer" if honoured else "more",
                entries=[(member.seq, member.hash), (earlier.seq, earlier.hash)],
                id_=member.id,
                expected=(DAYS,),
                found=(earlier.id, date.fromordinal(before[0]).isoformat()),
            )
        last[honoured] = day, member


def compared(case: Case) -> Compared | str:
    """The days within which the same data is compared, and whether opt-outs were honoured."""
    if not case.recorded.current:
        return "corrected"
    if _honoured(case.facts.opt_outs) is None:
        return "opt-outs-untold"
    return case.compared((DAYS,), (case.facts.transferred_at or "",), law=()) if _known(case) else "not-comparable"
