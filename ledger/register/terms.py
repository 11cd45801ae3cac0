"""The words that registers and transfers are written in: closed vocabularies, and the facts of law.

A vocabulary is a list of terms in a meaningful order (granularity from fine to coarse). The facts of law
hold whatever a notice says and with no register at all: that ContactPoint closed, when bodies opened and
closed, what they were called, which lawful bases existed when. Each fact says where it is from and how it
is known: `read` (the source's text was read) or `recalled` (general knowledge, not checked against its
source), so that a finding that rests on it can say so.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ledger.register.model import Age, Id, Part, Text
from ledger.register.names import fold

Standing: TypeAlias = Literal["read", "recalled"]

Schedule1: TypeAlias = Literal["part-1", "part-2", "part-3"]
"""The parts of the Data Protection Act 2018's Schedule 1 that hold conditions."""

Country: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, as GB."""


class Term(Part, frozen=True, kw_only=True):
    """One code of a vocabulary, its label for people, and other texts that mean it."""

    id: Id
    label: Text
    aliases: tuple[Text, ...] = ()


class Field(Term, frozen=True, kw_only=True):
    """A data item. `special_category`: health, ethnic origin and the like, which need a condition as well.

    `identifies`: it says by itself who somebody is (a name, a number, where to reach them), and so is in no aggregate.
    `criminal_offence`: what tells of convictions, offences or allegations of them, which need a condition of their
    own. `cbds` are its numbers in the Department's Common Basic Data Set, where they are known.
    """

    special_category: bool = False
    identifies: bool = False
    criminal_offence: bool = False
    cbds: tuple[Annotated[str, Meta(pattern=r"^N[0-9]{5}$")], ...] = ()


class YearGroup(Term, frozen=True, kw_only=True):
    """A year group, and the ages in completed years that children in it have within the school year."""

    key_stage: Id
    age_min: Age
    age_max: Age


class KeyStage(Term, frozen=True, kw_only=True):
    """A key stage, and the ages that children in it have."""

    age_min: Age
    age_max: Age


class LegalPower(Term, frozen=True, kw_only=True):
    """A statute that data is sent under. Dates are its own first and last day in force, where known."""

    in_force_from: date | None = msgspec.field(default=None, name="from")
    in_force_until: date | None = msgspec.field(default=None, name="until")
    source: Text
    standing: Standing


class LawfulBasis(Term, frozen=True, kw_only=True):
    """A lawful basis or a condition for special categories (or for criminal offence data), with its first and
    last day. `public_authorities` is False where a public authority's own tasks cannot rest on it.

    `schedule_1` is the part of DPA 2018 Schedule 1 of which it needs a condition as well, `part` the one that it is
    such a condition of.
    """

    kind: Literal["basis", "special-category", "criminal-offence"]
    in_force_from: date = msgspec.field(name="from")
    in_force_until: date | None = msgspec.field(default=None, name="until")
    public_authorities: bool = True
    schedule_1: Schedule1 | None = None
    part: Schedule1 | None = None
    source: Text
    standing: Standing

    def in_force(self, day: date) -> bool:
        """Whether it existed on `day`, first and last day included."""
        return self.in_force_from <= day and (self.in_force_until is None or day <= self.in_force_until)


class Adequacy(Part, frozen=True, kw_only=True):
    """Countries to which data may go without a safeguard of its own, from the first to the last day.

    `only` says to whom there, where it is not everybody.
    """

    countries: tuple[Country, ...]
    in_force_from: date = msgspec.field(name="from")
    in_force_until: date | None = msgspec.field(default=None, name="until")
    only: Text | None = None
    source: Text
    standing: Standing

    def in_force(self, day: date) -> bool:
        """Whether it held on `day`, first and last day included."""
        return self.in_force_from <= day and (self.in_force_until is None or day <= self.in_force_until)


class Dated(Part, frozen=True, kw_only=True):
    """A day on which something became or ceased to be so, and how that is known."""

    on: date
    source: Text
    standing: Standing


class FormerName(Part, frozen=True, kw_only=True):
    """A name that a party had until a day, or that of the body it took over from."""

    name: Text
    aliases: tuple[Text, ...] = ()
    until: Dated | None = None


class LegalParty(Part, frozen=True, kw_only=True):
    """A body that law or common knowledge speaks of. `opened` is its first day and `closed` its last.

    `names_from` and `names_standing` say how its names are known.
    """

    id: Id
    name: Text
    aliases: tuple[Text, ...] = ()
    former: tuple[FormerName, ...] = ()
    opened: Dated | None = None
    closed: Dated | None = None
    successors: tuple[Id, ...] = ()
    names_from: Text
    names_standing: Standing


class ContactPoint(Part, frozen=True, kw_only=True):
    """The database that was switched off: its party, the purposes that are nothing else, and the moment.

    `day` is the London day of `closed_at`, on which only the hour tells.
    """

    party: Id
    purposes: tuple[Id, ...]
    aliases: tuple[Text, ...]
    closed_at: datetime
    day: date
    source: Text
    standing: Standing


class LegalPurpose(Term, frozen=True, kw_only=True):
    """A purpose that is known even without a register, because a rule of law turns on it."""


class VaguePurposes(Part, frozen=True, kw_only=True, dict=True):
    """Phrases that say so little of what data is used for that they limit nothing, and who says so."""

    phrases: tuple[Text, ...]
    source: Text
    standing: Standing

    @cached_property
    def folded(self) -> frozenset[str]:
        """The phrases as texts are compared."""
        return frozenset(map(fold, self.phrases))


class Law(Part, frozen=True, kw_only=True, dict=True):
    """The facts of law, all of them."""

    parties: tuple[LegalParty, ...]
    purposes: tuple[LegalPurpose, ...]
    bases: tuple[LawfulBasis, ...]
    powers: tuple[LegalPower, ...]
    adequate_countries: tuple[Adequacy, ...]
    contactpoint: ContactPoint
    vague_purposes: VaguePurposes

    @cached_property
    def _parties(self) -> dict[str, LegalParty]:
        return {party.id: party for party in self.parties}

    @cached_property
    def _bases(self) -> dict[str, LawfulBasis]:
        return {basis.id: basis for basis in self.bases}

    @cached_property
    def _powers(self) -> dict[str, LegalPower]:
        return {power.id: power for power in self.powers}

    def party(self, id_: str) -> LegalParty | None:
        """The body with this id."""
        return self._parties.get(id_)

    def adequacies(self, country: str) -> tuple[Adequacy, ...]:
        """What has made `country` one that needs no safeguard, whenever that was."""
        return tuple(one for one in self.adequate_countries if country in one.countries)

    def basis(self, id_: str) -> LawfulBasis | None:
        """The lawful basis or condition with this code."""
        return self._bases.get(id_)

    def power(self, id_: str) -> LegalPower | None:
        """The legal power with this code."""
        return self._powers.get(id_)


class Vocabularies(Part, frozen=True, kw_only=True, dict=True):
    """The closed vocabularies. Each attribute is also reachable by its kind's name: `terms("phase")`."""

    field: tuple[Field, ...]
    granularity: tuple[Term, ...]
    phase: tuple[Term, ...]
    key_stage: tuple[KeyStage, ...]
    year_group: tuple[YearGroup, ...]
    subject_kind: tuple[Term, ...]
    channel: tuple[Term, ...]
    safeguard: tuple[Term, ...]
    role: tuple[Term, ...]
    organisation_type: tuple[Term, ...]
    recipient_role: tuple[Term, ...]
    approval_role: tuple[Term, ...]
    refusal_ground: tuple[Term, ...]
    erasure_ground: tuple[Term, ...]
    closing_ground: tuple[Term, ...]

    @cached_property
    def _ids(self) -> dict[str, dict[str, Term]]:
        return {kind: {term.id: term for term in getattr(self, kind)} for kind in self.__struct_fields__}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the vocabularies."""
        return self.__struct_fields__

    def terms(self, kind: str) -> tuple[Term, ...]:
        """The terms of one vocabulary, in its order."""
        return tuple(self._ids[kind].values())

    def term(self, kind: str, id_: str) -> Term | None:
        """One term, or None where the vocabulary has no such code."""
        return self._ids[kind].get(id_)

    @cached_property
    def _levels(self) -> dict[str, int]:
        return {term.id: level for level, term in enumerate(self.granularity)}

    def finer(self, level: str, limit: str) -> bool | None:
        """Whether `level` shows more of a person than `limit` allows; None where either is no known level."""
        if level not in self._levels or limit not in self._levels:
            return None
        return self._levels[level] < self._levels[limit]

    @cached_property
    def special_categories(self) -> frozenset[str]:
        """The ids of fields that need a condition besides a lawful basis."""
        return frozenset(item.id for item in self.field if item.special_category)

    @cached_property
    def identifying(self) -> frozenset[str]:
        """The ids of fields that say who somebody is."""
        return frozenset(item.id for item in self.field if item.identifies)

    @cached_property
    def criminal_offences(self) -> frozenset[str]:
        """The ids of fields that tell of criminal convictions or offences."""
        return frozenset(item.id for item in self.field if item.criminal_offence)
