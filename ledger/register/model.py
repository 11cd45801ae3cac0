"""A register: the flows of data that a notice documents, each with its limits and its citation.

A notice speaks of parties ("the school", "Connexions service providers") and says what may go from whom to
whom, why, and within which limits. So a register is a graph: parties are its nodes and flows its edges, and
every flow cites the paragraphs that it was taken from. What the notice leaves unsaid an editor may add, but
never silently: `assigned` names the attribute and gives the reason, and whatever is not in `assigned` is
the notice's own word.

A register is data and judges nothing. Empty lists mean "the notice sets no limit here", except for purposes
and fields, where what is not listed is not documented.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

Id: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""Lower-case letters, digits and single hyphens; what a ledger seals."""

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000)]
"""One line or paragraph for people."""

Age: TypeAlias = Annotated[int, Meta(ge=0, le=150)]
"""Completed years."""

Assigned: TypeAlias = dict[str, Text]
"""An attribute's name (as in the YAML file) → why the editor, and not the notice, put it there."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of a register share: immutable, every member by its name, no unknown member."""


class Paragraph(Part, frozen=True, kw_only=True):
    """A citation of the notice: the heading, and which paragraph under it (counted from 1)."""

    id: Id
    heading: Text
    number: Annotated[int, Meta(ge=1, le=999)]
    point: Text
    quotes: tuple[Text, ...] = ()

    @property
    def citation(self) -> str:
        """As a finding cites it: `Connexions Services ¶1`."""
        return f"{self.heading} ¶{self.number}"


class Party(Part, frozen=True, kw_only=True):
    """Somebody who sends or gets data: one organisation, or a role that organisations (or people) play.

    A role's `role` is the code that a ledger's `organisation` entries carry; it is None for the roles that
    only people play (`parent`, `data-subject`).
    """

    id: Id
    name: Text
    aliases: tuple[Text, ...] = ()
    role_kind: Literal["organisation", "role"] = "organisation"
    role: Id | None = None
    cite: tuple[Id, ...] = ()
    assigned: Assigned = msgspec.field(default_factory=dict)


class Purpose(Part, frozen=True, kw_only=True):
    """What data is used for. `statistical` purposes show nobody in their results."""

    id: Id
    label: Text
    aliases: tuple[Text, ...] = ()
    statistical: bool = False
    cite: tuple[Id, ...] = ()
    assigned: Assigned = msgspec.field(default_factory=dict)


class Fields(Part, frozen=True, kw_only=True):
    """Ids of the field vocabulary. `voluntary` ones are asked for but need not go."""

    required: tuple[Id, ...] = ()
    permitted: tuple[Id, ...] = ()
    voluntary: tuple[Id, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """Every field that may go."""
        return frozenset((*self.required, *self.permitted, *self.voluntary))


class Ages(Part, frozen=True, kw_only=True):
    """The youngest and the oldest age in completed years, both included; None is no limit on that side.

    `beyond` says what a transfer outside is: a breach, or not to be told (and `why`).
    """

    min: Age | None = None
    max: Age | None = None
    beyond: Literal["breach", "cannot-tell"] = "breach"
    why: Text | None = None


class Subjects(Part, frozen=True, kw_only=True):
    """Whose data a flow is documented for; an empty list sets no limit."""

    kinds: tuple[Literal["pupil", "workforce"], ...] = ()
    ages: Ages | None = None
    key_stages: tuple[Id, ...] = ()
    year_groups: tuple[Id, ...] = ()
    phases: tuple[Id, ...] = ()


class OptOut(Part, frozen=True, kw_only=True):
    """What an opt-out stops. Exactly one of `always`, `withheld` and `passing_on` says how.

    `always`: the fields that may go all the same; all others are withheld. `withheld`: only these are
    withheld. `passing_on`: whatever the sender had from a school is withheld (the person opted out with the
    school). `unclear`: fields on which the notice contradicts itself, so that nobody can tell; `why` says
    how.
    """

    who: Text
    always: tuple[Id, ...] | None = None
    withheld: tuple[Id, ...] = ()
    unclear: tuple[Id, ...] = ()
    passing_on: bool = False
    why: Text | None = None
    cite: tuple[Id, ...] = ()


class Approval(Part, frozen=True, kw_only=True):
    """Whose approval a transfer needs beforehand: a code of the approval roles."""

    role: Id
    cite: tuple[Id, ...] = ()


class Retention(Part, frozen=True, kw_only=True):
    """How long the recipient keeps the data: in words, and where it can be counted, in months from the transfer."""

    text: Text
    months: Annotated[int, Meta(ge=1, le=1500)] | None = None
    cite: tuple[Id, ...] = ()


Period: TypeAlias = Literal["day", "week", "month", "term", "year"]
"""What frequencies count in. A week begins on Monday, a year (of schools) on 1 September; terms are the register's."""


class Frequency(Part, frozen=True, kw_only=True):
    """So many transfers from one sender to one recipient, at most, in each period."""

    at_most: Annotated[int, Meta(ge=1, le=100_000)]
    per: Period
    cite: tuple[Id, ...] = ()


class Due(Part, frozen=True, kw_only=True):
    """Days between which every sender is expected to have sent: once (YYYY-MM-DD), or every year (MM-DD), as a census.

    Both days are included. Of yearly ones the last may come before the first, and then lies in the year after.
    """

    label: Text
    first: Text = msgspec.field(name="from")
    last: Text = msgspec.field(name="until")
    cite: tuple[Id, ...] = ()


class Agreement(Part, frozen=True, kw_only=True):
    """A sharing agreement that must be there, and the day on which it is to be looked at again, where one is known."""

    review_on: date | None = None
    cite: tuple[Id, ...] = ()


class Term(Part, frozen=True, kw_only=True):
    """A school term, as autumn-2009; both days are included."""

    id: Id
    label: Text
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="until")


class Flow(Part, frozen=True, kw_only=True):
    """Data that may go from any of `sender` to any of `recipient` (ids of parties), within these limits.

    `granularity` is the finest level that may go (None: no limit), by the vocabulary's order.
    `lawful_bases` are codes of the law's list, conditions for special categories among them.
    `passes_on` are the flows (ids) whose data may go on by this one, whatever purpose it came for.
    `permitted_until` is the instant (YYYY-MM-DDThh:mm with its offset; the first at which it may no longer
    go) or the last day (YYYY-MM-DD).
    """

    id: Id
    label: Text
    sender: tuple[Id, ...] = msgspec.field(name="from")
    recipient: tuple[Id, ...] = msgspec.field(name="to")
    purposes: tuple[Id, ...]
    fields: Fields
    subjects: Subjects = Subjects()
    granularity: Id | None = None
    lawful_bases: tuple[Id, ...] = ()
    opt_out: OptOut | None = None
    approval: Approval | None = None
    use: Literal["statistical-only"] | None = None
    passes_on: tuple[Id, ...] = ()
    agreement: Agreement | None = None
    retention: Retention | None = None
    frequency: Frequency | None = None
    expected: tuple[Due, ...] = ()
    permitted_until: Text | None = None
    cite: tuple[Id, ...]
    assigned: Assigned = msgspec.field(default_factory=dict)

    def is_assigned(self, attribute: str) -> bool:
        """Whether the editor, not the notice, put `attribute` there (`fields`, `phases`, …)."""
        return attribute in self.assigned


class Register(Part, frozen=True, kw_only=True, dict=True):
    """One version of the documented purposes. Look things up by id; None means that it is not documented.

    An aggregate in which some count lies below `smallest_count` could show a person; None sets no threshold.
    `terms` are the school terms, in order, by which periods are counted and reported.
    """

    id: Id
    title: Text
    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.-]{1,32}$")]
    effective_from: date
    effective_until: date | None = None
    smallest_count: Annotated[int, Meta(ge=2, le=100)] | None = None
    terms: tuple[Term, ...] = ()
    assigned: Assigned = msgspec.field(default_factory=dict)
    paragraphs: tuple[Paragraph, ...]
    parties: tuple[Party, ...]
    purposes: tuple[Purpose, ...]
    flows: tuple[Flow, ...]

    @cached_property
    def _parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.parties}

    @cached_property
    def _purposes(self) -> dict[str, Purpose]:
        return {purpose.id: purpose for purpose in self.purposes}

    @cached_property
    def _paragraphs(self) -> dict[str, Paragraph]:
        return {paragraph.id: paragraph for paragraph in self.paragraphs}

    @cached_property
    def _flows(self) -> dict[str, Flow]:
        return {flow.id: flow for flow in self.flows}

    @cached_property
    def _between(self) -> dict[tuple[frozenset[str], frozenset[str]], tuple[Flow, ...]]:
        return {}

    @property
    def effective_assigned(self) -> bool:
        """Whether an editor, not the notice, gave one of the dates between which it judges."""
        return not self.assigned.keys().isdisjoint(("effective_from", "effective_until"))

    def party(self, id_: str) -> Party | None:
        """The party with this id."""
        return self._parties.get(id_)

    def purpose(self, id_: str) -> Purpose | None:
        """The purpose with this id."""
        return self._purposes.get(id_)

    def paragraph(self, id_: str) -> Paragraph | None:
        """The paragraph with this id."""
        return self._paragraphs.get(id_)

    def flow(self, id_: str) -> Flow | None:
        """The flow with this id."""
        return self._flows.get(id_)

    def term(self, day: date) -> Term | None:
        """The school term that `day` lies in."""
        return next((term for term in self.terms if term.first <= day <= term.last), None)

    def players(self, id_: str) -> frozenset[str]:
        """What an organisation entry may call itself to play the party `id_`: the id, and its role's code."""
        party = self.party(id_)
        return frozenset((id_,)) if party is None or party.role is None else frozenset((id_, party.role))

    def flows_between(self, sender_ids: frozenset[str], recipient_ids: frozenset[str]) -> tuple[Flow, ...]:
        """The flows from one to the other, in the register's order; () where none is documented.

        Either side is what is known of one party: its id and the codes of the roles that it plays, as
        `frozenset({"springfield-high", "school"})`.
        """
        key = sender_ids, recipient_ids
        if key not in self._between:
            self._between[key] = tuple(
                flow
                for flow in self.flows
                if any(self.players(party) & sender_ids for party in flow.sender)
                and any(self.players(party) & recipient_ids for party in flow.recipient)
            )
        return self._between[key]
