"""The documented purposes that judge a transfer were adopted after it.

Where no version was there when the data went, what was promised then has no independent support: the version could
have been written to fit. It is shown once for an import. Adopt a version before the first transfer that it is to
judge; keep what shows when the notice was given to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.case import Case
from reports.checks.kinds import Member, Needs, Values, all_corrected_by
from reports.context import Context
from reports.finding import Compared, Finding, make
from reports.rule import rule

ID = "register-backdated"
NEEDS: Needs = "register"
LEAST = 1
OVER_TIME = False


def takes(case: Case) -> bool:
    """Whether the version was adopted after the day; the day of an adoption begins an era."""
    assert case.version is not None
    return case.on < case.context.day_of(case.version.entry.recorded_at)


def key(case: Case) -> Values | None:
    """The import and the version, or the entry where it came in no import."""
    assert case.version is not None
    batch = case.facts.batch
    of = ("entry", case.recorded.seq) if batch is None else ("batch", batch.seq)
    return (*of, case.version.seq)


def value(case: Case) -> Values:
    """Nothing is kept of the case."""
    return ()


def check_group(context: Context, group: Values, members: Sequence[Member]) -> Iterator[Finding]:
    """One advisory finding for the group, on all its entries; `found` is the day of the adoption and how many."""
    of, version = str(group[0]), context.adopted(int(group[2]))
    yield make(
        ID,
        "advisory",
        of,
        entries=[(member.seq, member.hash) for member in members],
        id_=None if of == "batch" else members[0].id,
        found=(context.day_of(version.entry.recorded_at).isoformat(), len(members)),
        citations=rule(version, None)[0],
        register=version.entry.sha256,
        corrected_by=all_corrected_by(members),
    )


def compared(case: Case) -> Compared | str:
    """The day of the adoption, and that of the transfer."""
    assert case.version is not None
    adopted = case.context.day_of(case.version.entry.recorded_at).isoformat()
    return Compared((adopted,), (case.on.isoformat(),), *rule(case.version, None))
