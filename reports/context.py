"""What all cases of one run share: the law, the vocabularies, the registers adopted, the organisations.

Which version of the register judges a transfer is decided here: among the versions that cover its day, the
newest that was adopted before it was recorded, so that a later version cannot make an old breach lawful;
where there is none, the earliest adopted afterwards (DESIGN §6). Days on which the law or a register changes
cut time into eras; within one era a check cannot tell two days apart, which is what lets `run` judge each
distinct shape of transfer once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ledger.london import day_of, days
from ledger.members import UNLISTED, Correction
from ledger.register.names import fold, known_names, look
from reports.history import History

if TYPE_CHECKING:
    from ledger.members import Organisation
    from ledger.register.terms import Adequacy, Law, LawfulBasis, Vocabularies
    from ledger.source import Adopted, Recorded
    from reports.checks.kinds import Identity
    from reports.decisions import Decision

_Values = TypeVar("_Values", bound=tuple[Any, ...])

_MOST_KEPT = 10_000
"""So many values are kept to be found again, at most: a ledger may hold as many different ones as transfers."""

PEOPLE = frozenset(("parent", "data-subject"))
"""Parties that are people and that every register knows."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a run judges. `recorded` is in order of seq and gone through once.

    `transfers_by_id` finds the statements of transfers that others cite as `onward_of`; `origin` is this ledger's name,
    `decisions` the newest on each finding, by the finding's key; `history` is what was corrected and confirmed,
    `restated` are all entries of organisations that have several, `practice` is whether nothing in it is real.
    `identities` gives what a group names of its members; without it a run keeps that of every transfer in memory.
    """

    recorded: Iterable[Recorded]
    adopted: tuple[Adopted, ...]
    organisations: Mapping[str, Organisation]
    law: Law
    vocabularies: Vocabularies
    transfers_by_id: Mapping[str, tuple[Recorded, ...]] = field(default_factory=dict)
    origin: str | None = None
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    history: History = field(default_factory=History)
    restated: tuple[Organisation, ...] = ()
    practice: bool = False
    identities: Callable[[list[int]], Iterable[Identity]] | None = None


def _boundaries(restated: tuple[Organisation, ...]) -> list[int]:
    """The entries from which on something else is known of an organisation than before."""
    seen: set[str] = set()
    found = []
    for one in restated:
        if one.id in seen:
            found.append(one.seq)
        seen.add(one.id)
    return found


class Replaced(NamedTuple):
    """What is kept of a statement that a correction replaced; `root` is the seq of the transfer that it states.

    `typed` is what was typed for a recipient that is unlisted and `typed_sender` the same for a sender; None where it
    was erased. Both are kept in memory only.
    """

    root: int
    transferred_at: str | None
    recorded_at: datetime
    sender: str | None
    recipient: str | None
    typed: str | None
    typed_sender: str | None


def _typed(recorded: Recorded, sealed: str | None, name: str) -> str | None:
    text = recorded.given.get(name) if sealed == UNLISTED else None
    return text if isinstance(text, str) else None


def replaced_by(recorded: Recorded) -> Replaced:
    """What is kept of `recorded`, which a correction replaced."""
    facts = recorded.facts
    return Replaced(
        facts.corrects.seq if isinstance(facts, Correction) else recorded.seq,
        facts.transferred_at,
        facts.recorded_at,
        facts.sender,
        facts.recipient,
        _typed(recorded, facts.recipient, "recipient_as_given"),
        _typed(recorded, facts.sender, "sender_as_given"),
    )


def permitted_days(until: str) -> date:
    """The London day of a flow's `permitted_until`, which is an instant or a last day."""
    return days(until)[0]


class Context:
    """Evidence prepared for judging as of one day. Everything in it stays the same during a run."""

    def __init__(self, evidence: Evidence, as_of: date) -> None:
        self.law = evidence.law
        self.vocabularies = evidence.vocabularies
        self.as_of = as_of
        self.origin = evidence.origin
        self.transfers_by_id = evidence.transfers_by_id
        self.history = evidence.history
        self.versions = tuple(sorted(evidence.adopted, key=lambda version: version.seq))
        self.adoptions = [version.seq for version in self.versions]
        self.epoch = 0
        self._restated = evidence.restated
        self._boundaries = _boundaries(evidence.restated)
        self._epochs: dict[int, Context] = {}
        self._know(evidence.organisations)
        # What corrections replaced, by seq, and the seqs of each transfer's. Filled while the run goes on.
        self.replaced: dict[int, Replaced] = {}
        self._statements: dict[int, list[int]] = {}
        self._alike: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def _know(self, organisations: Mapping[str, Organisation]) -> None:
        """Takes these organisations for the ones that are known, and forgets what was found out with others."""
        self.organisations = dict(organisations)
        for organisation in organisations.values():
            for former in organisation.former_ids:
                self.organisations.setdefault(former, organisation)
        self.memo: dict[object, object] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._names: dict[int | None, dict[tuple[str, str], str]] = {}
        self._texts: dict[tuple[int | None, str, str], str | None] = {}

    def at(self, seq: int) -> Context:
        """The context by which the transfer that is entry `seq` is judged.

        Of an organisation that was entered several times, the newest entry before the transfer holds, or the first
        where there is none. So a later entry for it, like a later register, cannot make an old breach lawful.
        """
        if not self._boundaries:
            return self
        epoch = bisect_left(self._boundaries, seq)
        if epoch == len(self._boundaries):
            epoch = 0  # after the last one, what is known now
        else:
            epoch += 1
        if epoch == self.epoch:
            return self
        found = self._epochs.get(epoch)
        if found is None:
            found = self._epochs[epoch] = self._earlier(epoch, seq)
        return found

    def _earlier(self, epoch: int, seq: int) -> Context:
        found = copy(self)
        found.epoch = epoch
        for cached in ("_eras", "_days"):
            vars(found).pop(cached, None)
        organisations = {one.id: one for one in self.organisations.values()}
        first = {one.id: one for one in reversed(self._restated)}
        organisations |= first | {one.id: one for one in self._restated if one.seq < seq}
        found._know(organisations)
        return found

    def one(self, values: _Values) -> _Values:
        """The same object for values that are equal: a hundred thousand findings share a few hundred of them."""
        if len(self._alike) >= _MOST_KEPT:
            self._alike.clear()
        return self._alike.setdefault(values, values)  # type: ignore[return-value]

    def adopted(self, seq: int) -> Adopted:
        """The version that was adopted as entry `seq`; there is one."""
        return next(version for version in self.versions if version.seq == seq)

    def organisation(self, id_: str) -> Organisation | None:
        """The organisation with this id, or that had it before."""
        return self.organisations.get(id_)

    def current(self, party: str) -> str:
        """The present id of an organisation that the ledger knows; of any other party, its id."""
        organisation = self.organisation(party)
        return party if organisation is None else organisation.id

    def ids(self, party: str) -> frozenset[str]:
        """What is known of a party: its id, and where the ledger knows it, its present id and its role."""
        found = self._ids.get(party)
        if found is None:
            organisation = self.organisation(party)
            found = frozenset((party,) if organisation is None else (party, organisation.id, organisation.role))
            self._ids[party] = found
        return found

    def known(self, party: str, version: Adopted | None) -> bool:
        """Whether the organisations, the law or the version that judges know this id of a party."""
        return (
            party in self.organisations
            or party in PEOPLE
            or self.law.party(party) is not None
            or party == self.law.contactpoint.party
            or (version is not None and version.register.party(party) is not None)
        )

    def version(self, on: date, seq: int) -> Adopted | None:
        """The version that judges a transfer of day `on` that is entry `seq`; None where none covers it."""
        covering = [version for version in self.versions if version.covers(on)]
        before = [version for version in covering if version.seq < seq]
        if before:
            return before[-1]
        return covering[0] if covering else None

    def before(self, recorded: Recorded) -> Replaced | None:
        """The newest statement before `recorded`, a correction, of the same transfer; None where it is not known."""
        if not isinstance(recorded.facts, Correction):
            return None
        earlier = [seq for seq in self._statements.get(recorded.facts.corrects.seq, ()) if seq < recorded.seq]
        return self.replaced[max(earlier)] if earlier else None

    def names(self, version: Adopted | None) -> Mapping[tuple[str, str], str]:
        """The ids that are known to the version that judges, by the kind and the folded name."""
        seq = None if version is None else version.seq
        if seq not in self._names:
            registers = () if version is None else (version.register,)
            organisations = {one.id: one for one in self.organisations.values()}.values()
            names = known_names(self.law, self.vocabularies, registers, organisations)
            self._names[seq] = {(of, folded): id_ for folded, of, id_ in names}
        return self._names[seq]

    def named(self, version: Adopted | None, kind: str, text: str) -> str | None:
        """The id that `text` means to the version that judges; None for a text that nobody knows."""
        key = (None if version is None else version.seq, kind, text)
        if key not in self._texts:
            self._texts[key] = self.names(version).get((kind, fold(text)))
        return self._texts[key]

    def alike(self, version: Adopted | None, kind: str, text: str) -> tuple[str, ...]:
        """The ids of known names that `text` only looks like (`names.look`), sorted; () where it is a known name."""
        key = "looks", None if version is None else version.seq, kind
        if key not in self.memo:
            looks: dict[str, set[str]] = {}
            for (of, folded), id_ in self.names(version).items():
                if of == kind:
                    looks.setdefault(look(folded), set()).add(id_)
            self.memo[key] = looks
        if self.named(version, kind, text) is not None:
            return ()
        found = self.memo[key]
        assert isinstance(found, dict)
        return tuple(sorted(found.get(look(text), ())))

    def supersede(self, recorded: Recorded) -> None:
        """Notes a statement that a later one replaced, before that one is judged; a withdrawal states nothing."""
        if recorded.facts.transferred_on is not None and recorded.seq not in self.replaced:
            replaced = self.replaced[recorded.seq] = replaced_by(recorded)
            self._statements.setdefault(replaced.root, []).append(recorded.seq)

    def recorded_at(self, facts: object, transferred_at: str | None, recorded_at: datetime) -> datetime:
        """When the date of a transfer was first claimed: a correction that keeps it does not make it late."""
        if isinstance(facts, Correction) and facts.corrects.seq in self.replaced:
            first = self.replaced[facts.corrects.seq]
            if first.transferred_at == transferred_at:
                return first.recorded_at
        return recorded_at

    @cached_property
    def sharp_days(self) -> frozenset[date]:
        """Days on which the hour matters: ContactPoint's last, and the last of a flow's permission."""
        ends = (
            permitted_days(flow.permitted_until)
            for version in self.versions
            for flow in version.register.flows
            if flow.permitted_until is not None
        )
        return frozenset((self.law.contactpoint.day, *ends))

    @cached_property
    def _eras(self) -> list[date]:
        first: set[date] = set()
        last: set[date] = set(self.sharp_days)
        first.update(self.sharp_days)
        for version in self.versions:
            first.add(version.entry.effective_from)
            first.add(self.day_of(version.entry.recorded_at))
            if version.entry.effective_until is not None:
                last.add(version.entry.effective_until)
            for flow in version.register.flows:
                if flow.agreement is not None and flow.agreement.review_on is not None:
                    last.add(flow.agreement.review_on)
        facts: tuple[LawfulBasis | Adequacy, ...] = (*self.law.bases, *self.law.adequate_countries)
        for fact in facts:
            first.add(fact.in_force_from)
            if fact.in_force_until is not None:
                last.add(fact.in_force_until)
        last.update(party.closed.on for party in self.law.parties if party.closed is not None)
        last.update(one.closed for one in self.organisations.values() if one.closed is not None)
        return sorted(first | {day + timedelta(days=1) for day in last if day < date.max})

    def era(self, day: date) -> int:
        """The number of the era that `day` lies in."""
        return bisect_right(self._eras, day)

    def day_of(self, moment: datetime) -> date:
        """The London day of a moment; entries of one import share few moments, so days are kept."""
        found = self._days.get(moment)
        if found is None:
            if len(self._days) >= _MOST_KEPT:
                self._days.clear()
            found = self._days[moment] = day_of(moment)
        return found

    @cached_property
    def _days(self) -> dict[datetime, date]:
        return {}
