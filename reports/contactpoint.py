"""What has to do with ContactPoint, and whether it was before or after its closing.

A transfer uses ContactPoint when it goes to it, comes from it, is for the purpose of it through anyone, or
is onward of such a transfer in this ledger. It holds under every register and under none, so names come from
the facts of law. A text or an organisation's name that contains one of these names, is spelt nearly like it, or
only looks like it (Greek letters, a nought for an "o"), may mean it: such a use is not `exact`, and findings that
rest on it cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.members import UNLISTED
from ledger.register.names import fold, look
from reports.case import Case
from reports.finding import Citation

if TYPE_CHECKING:
    from reports.context import Context

SHORTEST = 10
"""A shorter name ("IS Index") is too easily part of other words ("analysis index") to be looked for."""

NEARLY = 85.0
"""How alike two texts must be, in rapidfuzz's per cent: one or two letters of "contactpoint" may be wrong."""


class Use(NamedTuple):
    """One way in which a transfer uses ContactPoint. `match` is a name, or the id of the transfer before."""

    way: Literal["to", "from", "for", "onward"]
    match: str
    exact: bool


def citation(context: Context) -> Citation:
    """The source of the closing."""
    contactpoint = context.law.contactpoint
    return Citation(contactpoint.source, "", contactpoint.standing)


def _names(context: Context) -> dict[str, str]:
    key = "contactpoint names"
    if key not in context.memo:
        contactpoint = context.law.contactpoint
        party = context.law.party(contactpoint.party)
        names = (() if party is None else (party.name, *party.aliases)) + contactpoint.aliases
        folded = {fold(name): name for name in reversed((*names, contactpoint.party))}
        context.memo[key] = {name: folded[name] for name in sorted(folded) if len(name) >= SHORTEST}
    names_found = context.memo[key]
    assert isinstance(names_found, dict)
    return names_found


def near(context: Context, text: str) -> str | None:
    """The name of ContactPoint that `text` contains or nearly is, as it is written or as it looks, or None."""
    key = "contactpoint near", text
    if key not in context.memo:
        names = _names(context)
        looks = {look(name): name for name in names.values()}
        context.memo[key] = _near(fold(text), names) or _near(look(text), looks)
    found = context.memo[key]
    assert found is None or isinstance(found, str)
    return found


def _near(folded: str, names: dict[str, str]) -> str | None:
    from rapidfuzz import fuzz

    for name, written in names.items():
        if name in folded:
            return written
    for name, written in names.items():
        if fuzz.ratio(folded, name) >= NEARLY:
            return written
        if len(folded) > len(name) and fuzz.partial_ratio(folded, name) >= NEARLY:
            return written
    return None


def _party(case: Case, way: Literal["to", "from"], sealed: str | None, id_: str | None, name: str) -> Use | None:
    context = case.context
    closed = context.law.contactpoint.party
    if id_ is not None and (id_ == closed or closed in context.ids(id_)):
        return Use(way, closed, True)
    if sealed == UNLISTED:
        text = case.text(name)
        texts: tuple[str, ...] = () if text is None else (text,)
    else:
        texts = () if sealed is None else (sealed,)
    if id_ is not None:
        organisation = context.organisation(id_)
        party = None if case.version is None else case.version.register.party(id_)
        if organisation is not None:
            texts += (organisation.name, *organisation.aliases)
        if party is not None:
            texts += (party.name, *party.aliases)
    return next((Use(way, match, False) for text in texts if (match := near(context, text))), None)


def _purpose(case: Case) -> Use | None:
    context, id_ = case.context, case.purpose
    if id_ in context.law.contactpoint.purposes:
        return Use("for", id_, True)
    typed = case.text("purpose_as_given") if case.facts.purpose == UNLISTED else None
    texts = tuple(text for text in (id_, typed) if text is not None)
    purpose = None if case.version is None or id_ is None else case.version.register.purpose(id_)
    if purpose is not None:
        texts += (purpose.label, *purpose.aliases)
    return next((Use("for", match, False) for text in texts if (match := near(context, text))), None)


def uses(case: Case, seen: frozenset[int] = frozenset()) -> tuple[Use, ...]:
    """The ways in which a transfer uses ContactPoint, exact ones first. `seen` guards against circles."""
    facts = case.facts
    found = [
        use
        for use in (
            _party(case, "to", facts.recipient, case.recipient, "recipient_as_given"),
            _party(case, "from", facts.sender, case.sender, "sender_as_given"),
            _purpose(case),
        )
        if use is not None
    ]
    seen |= {case.recorded.seq}
    for source in case.sources:
        if source.seq not in seen:
            before = uses(Case(source, case.context), seen)
            if before:
                found.append(Use("onward", source.facts.id, before[0].exact))
    return tuple(sorted(found, key=lambda use: not use.exact))


def moment(case: Case) -> Literal["before", "unclear", "after"]:
    """When the transfer happened, seen from the closing (DESIGN §7), in London time."""
    contactpoint = case.context.law.contactpoint
    if case.instant is not None:
        return "after" if case.instant >= contactpoint.closed_at else "before"
    if case.on > contactpoint.day:
        return "after"
    return "before" if case.last < contactpoint.day else "unclear"
