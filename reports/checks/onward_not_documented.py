"""Data was passed on for another purpose than it came for, and no flow documents that.

What a school gave for one purpose must not turn up somewhere else for another one, unless the notice says so: either
the purpose stays the same, or the flow lists the flow that brought the data among those that it passes on. Each
transfer of this ledger that brought the data is followed back to where it came from; what a flow may pass on "whatever
purpose it came for" is followed no further. Stop the passing on, or have the notice changed; where a transfer is cited
that is not in this ledger, or that went to somebody else, correct the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import UNLISTED
from ledger.register.names import fold
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding
from reports.passed_on import brought, named

ID = "onward-not-documented"
NEEDS: Needs = "flow"

_MEMBERS = ("onward_of", "purpose")


def _purpose(case: Case) -> str:
    """The purpose in a form that can be compared; "" where its text was erased."""
    if case.purpose is not None:
        return case.purpose
    text = case.text("purpose_as_given")
    return "" if text is None else f"typed: {fold(text)}"


def _told(case: Case) -> str:
    return case.purpose or "purpose_as_given"


def _same(case: Case, source: Case) -> bool:
    """Whether who passes the data on may be who got it; an organisation and a role that it plays may be one."""
    sender, recipient, context = case.sender, source.recipient, case.context
    if sender is None or recipient is None or case.version is None:
        return False
    one, other = context.organisation(sender), context.organisation(recipient)
    if one is not None and other is not None:
        return one.id == other.id
    players = case.version.register.players
    return bool(players(sender) & context.ids(recipient) or players(recipient) & context.ids(sender))


def check(case: Case) -> Iterator[Finding]:
    """One finding for each transfer that brought the data and may not go on by this flow, or that cannot be told."""
    assert case.flow is not None
    permitted = frozenset(case.flow.passes_on)
    purpose = _purpose(case)
    seen, waiting = {case.recorded.seq}, [case]
    untold: dict[str, str] = {}
    while waiting:
        step = waiting.pop(0)
        for onward, source in brought(step):
            if source is None:
                elsewhere = onward.origin not in (None, case.context.origin)
                untold.setdefault(named(onward), "other-ledger" if elsewhere else "not-found")
                continue
            if source.recorded.seq in seen:
                continue
            seen.add(source.recorded.seq)
            if step is case and not _same(case, source):
                got = source.recipient or (
                    "recipient_as_given" if source.facts.recipient == UNLISTED else source.facts.recipient or ""
                )
                yield case.finding(
                    ID,
                    "cannot-tell",
                    "not-the-recipient",
                    expected=(got,),
                    found=(case.sender or "", onward.id),
                    members=("onward_of", "sender"),
                )
            elif any(flow.id in permitted for flow in source.candidates):
                continue
            else:
                came_for = _purpose(source)
                if not came_for or not purpose:
                    yield case.finding(
                        ID, "cannot-tell", "erased", found=("purpose_as_given", onward.id), members=_MEMBERS
                    )
                elif came_for != purpose:
                    yield case.finding(
                        ID,
                        "breach",
                        "not-documented",
                        expected=(_told(source),),
                        found=(_told(case), onward.id),
                        members=_MEMBERS,
                        limit="passes_on",
                    )
                waiting.append(source)
    for id_, reason in untold.items():
        yield case.finding(ID, "cannot-tell", reason, found=(id_,), members=("onward_of",))


def compared(case: Case) -> Compared | str:
    """The flow's purposes, and this transfer's purpose with the transfers that brought the data."""
    assert case.flow is not None
    if not case.facts.onward_of:
        return "not-onward"
    return case.compared((_told(case),), tuple(map(named, case.facts.onward_of)), limit="passes_on")
