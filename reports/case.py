"""A case: one recorded transfer, with what it means and the rules that judge it.

What was typed and sealed as `unlisted` is looked up again among the names that the judging version knows, so
that a register adopted later can still judge it; once erased, nobody can tell. A case knows its candidate
flows: those documented between sender and recipient for the purpose, or, where none has that purpose, all
between the two. `run` chooses among them; a check then sees the chosen one as `case.flow`.
"""

from __future__ import annotations

from calendar import monthrange
from copy import copy
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ledger.london import instant
from ledger.members import NOT_STATED, UNLISTED, Correction, Subjects
from ledger.register.names import fold
from reports.context import permitted_days
from reports.finding import Citation, Compared, Finding, Outcome, Severity, Value, make
from reports.rule import rule

_Value = TypeVar("_Value")

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.register.model import Flow
    from ledger.source import Adopted, Recorded
    from reports.context import Context, Replaced


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class Case:
    """One transfer (or its correction) and what judges it. `flow` is None until one is chosen."""

    def __init__(self, recorded: Recorded, context: Context) -> None:
        self.recorded = recorded
        self.facts = facts = recorded.facts
        self.context = context.at(facts.corrects.seq if isinstance(facts, Correction) else recorded.seq)
        self.flow: Flow | None = None
        self.shared: dict[str, Any] = {}

    def once(self, check: str, make: Callable[[], _Value]) -> _Value:
        """What `make` gives, the same for all cases of this shape (`judge`): made for the first of them."""
        if check not in self.shared:
            self.shared[check] = make()
        found: _Value = self.shared[check]
        return found

    def on_flow(self, flow: Flow | None) -> Case:
        """The same case, judged by `flow`."""
        other = copy(self)
        other.flow = flow
        return other

    # -- when ------------------------------------------------------------------------------------------------

    @property
    def on(self) -> date:
        """The London day of the transfer, or an interval's first."""
        assert self.facts.transferred_on is not None  # required in what is no withdrawal
        return self.facts.transferred_on

    @property
    def last(self) -> date:
        """The London day of the transfer, or an interval's last."""
        return self.facts.transferred_until or self.on

    @cached_property
    def instant(self) -> datetime | None:
        """The instant of the transfer, None where only days are known."""
        at = self.facts.transferred_at
        return None if at is None or len(at) == 10 or "/" in at else instant(at)

    # -- who and what ----------------------------------------------------------------------------------------

    @cached_property
    def version(self) -> Adopted | None:
        """The version that judges; a correction is judged by a version that could judge its transfer."""
        facts = self.facts
        seq = facts.corrects.seq if isinstance(facts, Correction) else self.recorded.seq
        return self.context.version(self.on, seq)

    def lost(self, name: str) -> bool:
        """Whether the text of an erasable value is no longer there."""
        return name not in self.recorded.given

    def text(self, name: str) -> str | None:
        """The text of an erasable value, None where it was erased or never given."""
        value = self.recorded.given.get(name)
        return value if isinstance(value, str) else None

    def _resolve(self, kind: str, id_: str | None, name: str) -> str | None:
        if id_ != UNLISTED:
            return id_
        text = self.text(name)
        return None if text is None else self.context.named(self.version, kind, text)

    def alike(self, kind: str, name: str) -> tuple[str, ...]:
        """The ids of known names that the text of the erasable value `name` only looks like."""
        text = self.text(name)
        return () if text is None else self.context.alike(self.version, kind, text)

    @cached_property
    def sender(self) -> str | None:
        """The sender's id, None where nobody knows the text."""
        return self._resolve("party", self.facts.sender, "sender_as_given")

    @cached_property
    def sends(self) -> bool:
        """Whether the version that judges knows any flow from the sender."""
        if self.version is None or self.sender is None:
            return False
        context, register = self.context, self.version.register
        key = "sends", self.version.seq, self.sender
        if key not in context.memo:
            ids = context.ids(self.sender)
            context.memo[key] = any(register.players(party) & ids for flow in register.flows for party in flow.sender)
        return bool(context.memo[key])

    @cached_property
    def recipient(self) -> str | None:
        """The recipient's id, None where nobody knows it."""
        id_ = self._resolve("party", self.facts.recipient, "recipient_as_given")
        return id_ if id_ is not None and self.context.known(id_, self.version) else None

    @cached_property
    def purpose(self) -> str | None:
        """The purpose's id, None where nobody knows the text."""
        return self._resolve("purpose", self.facts.purpose, "purpose_as_given")

    def _fields(self, ids: tuple[str, ...], name: str) -> tuple[frozenset[str], int]:
        known = {id_ for id_ in ids if id_ not in (UNLISTED, NOT_STATED)}
        unknown = 0
        texts = self.recorded.given.get(name, ()) if UNLISTED in ids else ()
        for text in (texts,) if isinstance(texts, str) else texts:
            id_ = self.context.named(self.version, "field", text)
            if id_ is None:
                unknown += 1
            else:
                known.add(id_)
        return frozenset(known), unknown

    @cached_property
    def _sent(self) -> tuple[frozenset[str], int]:
        return self._fields(self.facts.fields, "fields_as_given")

    @property
    def fields(self) -> frozenset[str]:
        """The fields that went, as far as they are known."""
        return self._sent[0]

    @property
    def unknown_fields(self) -> int:
        """How many fields went under a text that nobody knows."""
        return self._sent[1]

    @property
    def fields_untold(self) -> str:
        """Why it cannot be told which fields went: `not-stated`, `erased`, or "" where it can."""
        if NOT_STATED in self.facts.fields:
            return NOT_STATED
        return "erased" if UNLISTED in self.facts.fields and self.lost("fields_as_given") else ""

    @cached_property
    def limited_to(self) -> tuple[frozenset[str], int]:
        """The fields sent of those who had opted out, and how many have a text that nobody knows."""
        opt_outs = self.facts.opt_outs
        return self._fields(() if opt_outs is None else opt_outs.limited_to, "limited_to_as_given")

    @property
    def subjects(self) -> Subjects:
        """Whose data went; nothing stated is all members absent."""
        return self.facts.subjects or Subjects()

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The lawful bases and the conditions for special categories, each once."""
        return tuple(dict.fromkeys((*self.facts.lawful_basis, *self.facts.special_category_condition)))

    @property
    def names_agreement(self) -> bool:
        """Whether it names a sharing agreement; a reference that was erased was one."""
        name = "agreement_reference"
        return self.facts.agreement is not None or name in self.recorded.given or name in self.recorded.erased

    @property  # asked once for a case, and a cached one costs more
    def kept_months(self) -> int | None:
        """The least number of months after its last day within which the data is kept; None where nobody said."""
        until, last = self.facts.retain_until, self.last
        if until is None:
            return None
        months = (until.year - last.year) * 12 + until.month - last.month
        return max(0, months if until <= months_after(last, months) else months + 1)

    @property  # asked once for a case, and a cached one costs more
    def smallest_state(self) -> Literal["few", "untold", "enough"] | None:
        """Whether an aggregate tells a count that the register that judges calls too small; 0 shows nobody.

        None where it is no aggregate, or no register sets a threshold.
        """
        level = self.facts.granularity
        if level in (None, self.context.vocabularies.granularity[0].id) or self.version is None:
            return None
        threshold, counts = self.version.register.smallest_count, (self.subjects.smallest, self.subjects.count)
        if threshold is None:
            return None
        if any(count is not None and 0 < count < threshold for count in counts):
            return "few"
        return "untold" if self.subjects.smallest is None and self.subjects.count != 0 else "enough"

    @property
    def sources(self) -> tuple[Recorded, ...]:
        """The statements of transfers in this ledger that brought the data here; of a withdrawn one there is none.

        Of one that was corrected there are several until a second person confirms the correction.
        """
        found: list[Recorded] = []
        for onward in self.facts.onward_of:
            if onward.origin in (None, self.context.origin):
                found += self.context.transfers_by_id.get(onward.id, ())
        return tuple(found)

    @property
    def replaced(self) -> Replaced | None:
        """The statement that this correction replaced, where it is one."""
        return self.context.before(self.recorded)

    @cached_property
    def renamed(self) -> tuple[str, ...]:
        """Which of recipient and sender are others than in the statement that this correction replaced."""
        before = self.replaced
        if before is None:
            return ()
        facts = self.facts
        pairs = (
            ("recipient", before.recipient, before.typed, facts.recipient, self.text("recipient_as_given")),
            ("sender", before.sender, before.typed_sender, facts.sender, self.text("sender_as_given")),
        )
        return tuple(
            member
            for member, was, was_typed, now, now_typed in pairs
            # Of two unlisted ones of which a text was erased, nobody can tell whether they are the same.
            if not (was == now == UNLISTED and None in (was_typed, now_typed))
            and self._party(was, was_typed) != self._party(now, now_typed)
        )

    def _party(self, id_: str | None, typed: str | None) -> tuple[str, str]:
        """A party in a form that can be compared, also where nobody knows it."""
        if id_ == UNLISTED and typed is not None:
            id_ = self.context.named(self.version, "party", typed)
            if id_ is None:
                return "typed", fold(typed)
        organisation = self.context.organisation(id_ or "")
        return "id", (id_ or "") if organisation is None else organisation.id

    # -- flows -----------------------------------------------------------------------------------------------

    @cached_property
    def pair(self) -> tuple[Flow, ...]:
        """All flows documented between the two, in the register's order."""
        if self.version is None or self.sender is None or self.recipient is None:
            return ()
        ids = self.context.ids
        return self.version.register.flows_between(ids(self.sender), ids(self.recipient))

    @cached_property
    def candidates(self) -> tuple[Flow, ...]:
        """The flows that may be meant: still permitted ones first of all, then those with the purpose."""
        pair = tuple(flow for flow in self.pair if self.ended(flow) != "yes") or self.pair
        return tuple(flow for flow in pair if self.purpose in flow.purposes) or pair

    def ended(self, flow: Flow) -> Literal["yes", "no", "unclear"]:
        """Whether the register's permission for `flow` had ended when the data went."""
        until = flow.permitted_until
        if until is None:
            return "no"
        day, end = permitted_days(until), instant(until)
        if end is not None and self.instant is not None:
            return "yes" if self.instant >= end else "no"
        if self.on > day:
            return "yes"
        if self.last > day or (end is not None and self.last == day):
            return "unclear"
        return "no"

    # -- what is found ---------------------------------------------------------------------------------------

    def _rule(
        self, limit: str | None, cite: tuple[str, ...], law: tuple[Citation, ...] | None
    ) -> tuple[tuple[Citation, ...], str]:
        """Where a rule is written, and why its limit was assigned, "" where it was not."""
        return (law, "") if law is not None else rule(self.version, self.flow, limit, cite)

    def compared(
        self,
        expected: tuple[Value, ...] = (),
        found: tuple[Value, ...] = (),
        *,
        limit: str | None = None,
        cite: tuple[str, ...] = (),
        law: tuple[Citation, ...] | None = None,
    ) -> Compared:
        """What a check lays side by side on this case; `limit`, `cite` and `law` are as in `finding`."""
        return Compared(expected, found, *self._rule(limit, cite, law))

    def finding(
        self,
        check: str,
        outcome: Outcome,
        reason: str,
        *,
        expected: tuple[Value, ...] = (),
        found: tuple[Value, ...] = (),
        members: tuple[str, ...] = (),
        limit: str | None = None,
        cite: tuple[str, ...] = (),
        law: tuple[Citation, ...] | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding on this case.

        `members` are the members of the transfer that it rests on, `limit` the attribute of the flow that set
        the limit (where an editor assigned it, the finding says so), `cite` paragraphs to cite besides the
        flow's own. `law` is given where the law alone judges: then no register takes part.
        """
        one = self.context.one
        citations, assigned = self._rule(limit, cite, law)
        register = self.version.entry.sha256 if law is None and self.version is not None else None
        return make(
            check,
            outcome,
            reason,
            entries=((self.recorded.seq, self.recorded.hash),),
            id_=self.facts.id,
            expected=one(expected),
            found=one(found),
            citations=one(citations),
            assigned=assigned,
            prefilled=one(tuple(name for name in members if name in self.facts.prefilled)),
            register=register,
            severity=severity,
            corrected_by=None if self.recorded.current else self.recorded.superseded_by,
        )
