"""What became of each finding: open, awaiting confirmation, or settled, and by whom (DESIGN section 3).

Every statement of a transfer is judged. A breach found on any of them belongs to the transfer: a later statement that
shows it too carries it on, and one that no longer does denies it. Denying a breach takes a second person; so do the
decisions that it never was one. Who was involved is told by codes (`ledger.people`), which name nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from ledger.errors import Refused
from ledger.london import day_of, days
from ledger.members import Confirmation
from ledger.people import People, Second
from reports.decisions import DENIALS, Decision
from reports.finding import Finding

How: TypeAlias = Literal[
    "remedied", "accepted", "false-alarm", "recording-mistake", "corrected", "withdrawn", "restated", "own-correction"
]
"""What settles a finding, or would once it is confirmed. `restated`: a later statement of the transfer shows it too."""

NEVER_ACCEPTED = frozenset(("contactpoint-closed", "special-category-without-condition"))
"""Checks whose breaches are against the law for as long as they go on: nobody can accept them."""


class Statement(NamedTuple):
    """One statement of a transfer that has several, and the person who made it; a withdrawal states nothing else.

    `batch` is the import that the transfer came in.
    """

    seq: int
    hash: str
    actor: str | None
    recorded_at: datetime
    withdrawn: bool
    transferred_at: str | None
    recipient: str | None
    purpose: str | None
    batch: int | None


class State(NamedTuple):
    """How a finding stands. `entry` is the correction or decision that settles it, or would once it is confirmed.

    `second_person` is whether somebody else confirmed that; None where nothing needs it. `event` is what is counted
    as one thing to confirm: the entry itself, or an import of which many transfers were corrected.
    """

    state: Literal["open", "awaiting-confirmation", "settled"]
    how: How | None = None
    entry: int | None = None
    second_person: bool | None = None
    event: int | None = None

    @property
    def denied(self) -> bool:
        """Whether it was said, and is settled, that this never was a breach."""
        return self.state == "settled" and self.how in _DENIED

    @property
    def unchecked(self) -> bool:
        """Whether it is settled by what nobody else has checked."""
        return self.state == "settled" and self.second_person is False


_DENIED = (*DENIALS, "corrected", "withdrawn", "own-correction")

OPEN = State("open")


@dataclass(frozen=True, kw_only=True)
class History:
    """What was done about transfers and findings, as far as it was sealed.

    `chains` are the statements of every transfer that was corrected, by its first entry; `actor` finds who recorded
    an entry.
    """

    chains: Mapping[int, tuple[Statement, ...]] = field(default_factory=dict)
    confirmations: Sequence[Confirmation] = ()
    people: People = field(default_factory=lambda: People(()))
    actor: Callable[[int], str | None] = lambda seq: None
    advice: Mapping[str, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        roots = {statement.seq: root for root, chain in self.chains.items() for statement in chain}
        by: dict[int, list[Confirmation]] = {}
        for one in self.confirmations:
            for seq in one.confirms:
                by.setdefault(seq, []).append(one)
        object.__setattr__(self, "_roots", roots)
        object.__setattr__(self, "_by", by)

    _roots: Mapping[int, int] = field(init=False, repr=False, default_factory=dict)
    _by: Mapping[int, Sequence[Confirmation]] = field(init=False, repr=False, default_factory=dict)

    def root(self, seq: int) -> int:
        """The first entry of the transfer that entry `seq` states."""
        return self._roots.get(seq, seq)

    def chain(self, seq: int) -> tuple[Statement, ...]:
        """All statements of the transfer that entry `seq` states, in order; none of one that was never corrected."""
        return self.chains.get(self.root(seq), ())

    def after(self, seq: int) -> tuple[Statement, ...]:
        """The statements that came after entry `seq`, of the same transfer."""
        return tuple(statement for statement in self.chain(seq) if statement.seq > seq)

    def stated_by(self, seq: int) -> list[str | None]:
        """The codes of those who made the statements of the transfer that entry `seq` states."""
        return [one.actor for one in self.chain(seq)] or [self.actor(seq)]

    def counting(self, root: int) -> list[int]:
        """The statements of the transfer that is entry `root` by which it counts, the newest last.

        Those before a correction that a second person confirmed count no more.
        """
        chain = self.chains.get(root, ())
        confirmed = [place for place, one in enumerate(chain) if place and self.correction_confirmed(one)]
        return [one.seq for one in chain[confirmed[-1] if confirmed else 0 :]] or [root]

    def confirmed(self, seq: int, by: str | None, involved: Iterable[str | None]) -> Second | None:
        """What the confirmations of entry `seq` count for together; `by` caused it, the `involved` stated its facts."""
        involved = tuple(involved)
        counts = {self.people.second(one.actor, one.seq, by, involved) for one in self._by.get(seq, ())}
        return "second-person" if "second-person" in counts else "alone" if "alone" in counts else None

    def correction_confirmed(self, statement: Statement) -> Second | None:
        """What the confirmations of a correction count for: of somebody who made none of the transfer's statements."""
        involved = [one.actor for one in self.chain(statement.seq) if one.seq <= statement.seq]
        return self.confirmed(statement.seq, statement.actor, involved)


def working_day_after(day: date) -> date:
    """The next day from Monday to Friday; bank holidays are not known and count as working days."""
    following = day + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following


@lru_cache(maxsize=10_000)
def _is_date(text: str) -> bool:
    try:
        days(text)
    except Refused:
        return False
    return True


def _items(finding: Finding) -> frozenset[str]:
    """What it is about, without dates and counts: the parties, purposes, data items and codes."""
    return frozenset(text for text in finding.found if isinstance(text, str) and not _is_date(text))


def touches_contactpoint(finding: Finding) -> bool:
    """Whether it says that the transfer used ContactPoint, or may have."""
    return finding.check.startswith("contactpoint-") or finding.reason == "contactpoint"


def _lasting(finding: Finding) -> bool:
    """Whether it stays with its transfer when a later statement shows it no more."""
    return finding.outcome == "breach" or (finding.outcome == "cannot-tell" and touches_contactpoint(finding))


def _carries(later: Finding, earlier: Finding) -> bool:
    if later.check != earlier.check or later.seq <= earlier.seq:
        return False
    if earlier.outcome != "breach":
        return _lasting(later)
    same = (later.outcome, later.reason, later.severity) == (earlier.outcome, earlier.reason, earlier.severity)
    return same and _items(earlier) <= _items(later)


def ever_found(findings: Iterable[Finding], history: History) -> int:
    """How many breaches were ever found: on any statement, each once however often it was stated.

    The findings are in the ledger's order.
    """

    def different(of_transfer: Iterable[Finding]) -> set[object]:
        return {(one.check, one.reason, one.severity, _items(one)) for one in of_transfer}

    count, corrected = 0, defaultdict[int, set[object]](set)
    breaches = (finding for finding in findings if finding.outcome == "breach")
    for root, of_transfer in groupby(breaches, key=lambda one: history.root(one.seq)):
        if root in history.chains:
            corrected[root] |= different(of_transfer)
        else:
            count += len(different(of_transfer))
    return count + sum(len(found) for found in corrected.values())


def states(
    findings: Sequence[Finding], history: History, decisions: Mapping[str, Decision], as_of: date
) -> tuple[list[Finding], dict[str, State]]:
    """The findings with what became of those that a correction replaced, and the state of each that is not open.

    Of the findings given, `corrected_by` says that a later statement replaced the one that it is on. Of those
    returned it says that the finding no longer counts; one that lasts has `removed_by` instead.
    """
    told: dict[str, State] = {}
    corrected: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.seq in history._roots:
            corrected.setdefault(history.root(finding.seq), []).append(finding)
    returned = []
    for finding in findings:
        of_transfer = corrected.get(history.root(finding.seq), ())
        if finding.corrected_by is not None:
            finding, state = _replaced(finding, of_transfer, history, decisions, as_of)
        else:
            state = _decided(finding, history, decisions.get(finding.key), as_of)
        if state is not OPEN:
            told[finding.key] = state
        returned.append(finding)
    return returned, told


def _replaced(
    finding: Finding,
    of_transfer: Sequence[Finding],
    history: History,
    decisions: Mapping[str, Decision],
    as_of: date,
) -> tuple[Finding, State]:
    # One on a group may have gone with the correction of another transfer in it.
    removed = finding.removed_by
    if removed is None:
        after = history.after(finding.seq)
    else:
        after = tuple(statement for statement in history.chain(removed) if statement.seq >= removed)
    if not _lasting(finding) or not after:
        return finding, State("settled", "corrected", finding.corrected_by)
    if removed is None and (later := next((one for one in of_transfer if _carries(one, finding)), None)) is not None:
        return finding, State("settled", "restated", later.seq)
    first = after[0]
    how: How = "withdrawn" if after[-1].withdrawn else "corrected"
    event = first.seq if first.batch is None else first.batch
    denial = [history.correction_confirmed(statement) for statement in after]
    if "second-person" in denial:
        return finding, State("settled", how, first.seq, True, event)
    lasting = msgspec.structs.replace(finding, corrected_by=None, removed_by=first.seq)
    # A decision that it was a breach, and what was done about it, stands whatever was corrected.
    if (decided := _decided(lasting, history, decisions.get(finding.key), as_of)) is not OPEN:
        return lasting, decided
    if "alone" in denial:
        return lasting, State("settled", how, first.seq, False, event)
    if _own_slip(finding, of_transfer, history, decisions, first):
        return lasting, State("settled", "own-correction", first.seq, False, event)
    return lasting, State("awaiting-confirmation", how, after[-1].seq, False, event)


def _own_slip(
    finding: Finding,
    of_transfer: Sequence[Finding],
    history: History,
    decisions: Mapping[str, Decision],
    correction: Statement,
) -> bool:
    """Whether it is an ordinary slip, put right in time by whoever made it, before anyone decided about it."""
    first = history.chain(correction.seq)[0]
    return (
        finding.severity != "critical"
        and not any(map(touches_contactpoint, of_transfer))
        and correction.actor is not None
        and correction.actor == first.actor
        and day_of(correction.recorded_at) <= working_day_after(day_of(first.recorded_at))
        and not any(
            (decision := decisions.get(one.key)) is not None and decision.seq < correction.seq for one in of_transfer
        )
    )


def _decided(finding: Finding, history: History, decision: Decision | None, as_of: date) -> State:
    if decision is None or not decision.closes(as_of):
        return OPEN
    if decision.decision == "accepted" and finding.check in NEVER_ACCEPTED and finding.outcome == "breach":
        return OPEN
    # What was erased can't be judged again, so nobody settles that alone.
    if finding.reason != "erased" and (decision.decision not in DENIALS or not _lasting(finding)):
        return State("settled", decision.decision, decision.seq, None, decision.seq)
    involved = [actor for seq in finding.entries for actor in history.stated_by(seq)]
    counts = history.confirmed(decision.seq, decision.actor, involved)
    if counts is None:
        return State("awaiting-confirmation", decision.decision, decision.seq, False, decision.seq)
    return State("settled", decision.decision, decision.seq, counts == "second-person", decision.seq)


def decided_so_far(finding: Finding, decision: Decision) -> State:
    """How a finding stands by a decision that was just made, which nobody can have confirmed."""
    return _decided(finding, History(), decision, decision.due or date.min)


class Answers(NamedTuple):
    """The two questions of every report, and what they rest on (DESIGN section 3).

    `complied` answers whether only what was said was shared; a yes rests on `unchecked` corrections and decisions
    that nobody else has checked. `open` counts findings still to be settled, `awaiting_confirmation` those of them
    that wait for a second person; `breaches` counts those that the transfers have, `mistakes` those that two people,
    or one alone, settled as never having been one, and `ever_found` all of them, which never falls.
    """

    complied: Literal["yes", "no", "cannot-say"]
    open: int
    awaiting_confirmation: int
    ever_found: int
    breaches: int
    mistakes: int
    unchecked: int


def answer(findings: Iterable[Finding], states: Mapping[str, State], history: History, *, cannot_say: bool) -> Answers:
    """The two answers. `cannot_say` is whether something that a yes rests on is missing."""
    findings = tuple(findings)
    open_ = waiting = breaches = mistakes = 0
    unchecked: set[int | None] = set()
    for finding in findings:
        state = states.get(finding.key, OPEN)
        if state.unchecked:
            unchecked.add(state.event)
        if state.state == "awaiting-confirmation":
            waiting += 1
            open_ += 1
        elif state.state == "open" and finding.outcome == "breach":
            open_ += 1
        if finding.outcome == "breach" and state.how != "restated":
            if state.denied:
                mistakes += 1
            else:
                breaches += 1
    said: Literal["yes", "no", "cannot-say"] = "no" if breaches else "cannot-say" if cannot_say else "yes"
    return Answers(said, open_, waiting, ever_found(findings, history), breaches, mistakes, len(unchecked))
