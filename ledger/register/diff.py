"""What two registers permit differently: values, no sentences (`tell` has these).

Flows are matched by their ids. The order of keys, of parts and of what lists hold tells nothing, so it is not
compared. What a person would word differently without permitting anything else (labels, paragraphs, citations,
reasons of an editor) is told apart from what changes a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias, TypeVar, get_args

import msgspec

from ledger.register.model import (
    Ages,
    Agreement,
    Due,
    Flow,
    Frequency,
    OptOut,
    Party,
    Period,
    Purpose,
    Register,
    Retention,
    Term,
)
from ledger.register.read import load_vocabularies

Effect: TypeAlias = Literal["permits", "forbids", "alters", "words"]
"""More may go than before, less, neither or both, or exactly the same in other words."""

Value: TypeAlias = (
    str
    | int
    | tuple[str, ...]
    | tuple[Due, ...]
    | tuple[Term, ...]
    | Ages
    | Agreement
    | Flow
    | Frequency
    | OptOut
    | Retention
    | None
)


class Change(NamedTuple):
    """One difference. `attribute` is the key in the file, "" where the whole part came or went.

    `item` is the member of a list that came, went or moved, "" where the attribute as a whole is compared; before and
    after None is: not there.
    """

    part: Literal["register", "party", "purpose", "flow"]
    id: str
    attribute: str
    item: str
    before: Value
    after: Value
    effect: Effect


_LISTED = "listed"


def _came_or_went(before: object, after: object, coming: Effect = "permits") -> Effect:
    going: Effect = "forbids" if coming == "permits" else "permits"
    return coming if before is None else going if after is None else "alters"


def _members(flow: Flow, attribute: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    """Lists where only what is named may be: whatever comes permits, whatever goes forbids."""
    for item in dict.fromkeys((*before, *after)):
        was, now = before.get(item), after.get(item)
        if was != now:
            yield Change("flow", flow.id, attribute, item, was, now, _came_or_went(was, now))


def _listed(ids: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(ids, _LISTED)


def _fields(flow: Flow) -> dict[str, str]:
    return {id_: name for name in ("required", "permitted", "voluntary") for id_ in getattr(flow.fields, name)}


def _limit(before: frozenset[str], after: frozenset[str]) -> Effect:
    """Lists that limit: empty is no limit at all."""
    if not after or (before and before < after):
        return "permits"
    return "forbids" if not before or after < before else "alters"


def _ages(before: Ages | None, after: Ages | None) -> Effect:
    (low, high), (low_now, high_now) = (
        (0 if one is None or one.min is None else one.min, 999 if one is None or one.max is None else one.max)
        for one in (before, after)
    )
    if (low, high) == (low_now, high_now):
        return "alters"
    if low_now <= low and high <= high_now:
        return "permits"
    return "forbids" if low <= low_now and high_now <= high else "alters"


def _granularity(before: str | None, after: str | None) -> Effect:
    if before is None or after is None:
        return _came_or_went(before, after, "forbids")
    return "permits" if load_vocabularies().finer(after, before) else "forbids"


def _until(before: str | None, after: str | None) -> Effect:
    if before is None or after is None or before[:10] == after[:10]:
        return _came_or_went(before, after, "forbids")
    return "permits" if before[:10] < after[:10] else "forbids"


def _new_limit(before: object, after: object) -> Effect:
    return _came_or_went(before, after, "forbids")


def _opt_out(flow: Flow) -> OptOut | None:
    """The opt-out without its citation, its lists in order."""
    one = flow.opt_out
    return one and msgspec.structs.replace(
        one,
        always=None if one.always is None else tuple(sorted(one.always)),
        withheld=tuple(sorted(one.withheld)),
        unclear=tuple(sorted(one.unclear)),
        cite=(),
    )


_Cited = TypeVar("_Cited", Agreement, Due, Frequency, Retention, Agreement | None, Frequency | None, Retention | None)


def _uncited(part: _Cited) -> _Cited:
    """A part of a flow without its citation, which limits nothing."""
    return part if part is None else msgspec.structs.replace(part, cite=())


def _retention(before: Retention | None, after: Retention | None) -> Effect:
    if before is None or after is None:
        return "alters"
    if before.months is None or after.months is None or before.months == after.months:
        return "alters"
    return "permits" if before.months < after.months else "forbids"


_PERIODS = get_args(Period)


def _frequency(before: Frequency | None, after: Frequency | None) -> Effect:
    if before is None or after is None:
        return _came_or_went(before, after, "forbids")
    old, new = ((one.at_most, -_PERIODS.index(one.per)) for one in (before, after))
    if all(was <= now for was, now in zip(old, new, strict=True)):
        return "permits"
    return "forbids" if all(was >= now for was, now in zip(old, new, strict=True)) else "alters"


def _approval(flow: Flow) -> str | None:
    return None if flow.approval is None else flow.approval.role


_SINGLE: tuple[tuple[str, Callable[[Flow], Value], Callable[..., Effect]], ...] = (
    ("ages", lambda flow: flow.subjects.ages, _ages),
    ("granularity", lambda flow: flow.granularity, _granularity),
    ("opt_out", _opt_out, _new_limit),
    ("approval", _approval, _new_limit),
    ("use", lambda flow: flow.use, _new_limit),
    ("agreement", lambda flow: _uncited(flow.agreement), _new_limit),
    ("retention", lambda flow: _uncited(flow.retention), _retention),
    ("frequency", lambda flow: _uncited(flow.frequency), _frequency),
    ("expected", lambda flow: tuple(_uncited(due) for due in flow.expected), lambda _was, _now: "alters"),
    ("permitted_until", lambda flow: flow.permitted_until, _until),
)
"""The limits that are one value: the key, where the flow has it, and what a change of it does."""


def _flow_words(flow: Flow) -> dict[str, object]:
    return {
        "label": flow.label,
        "cite": {*flow.cite},
        **({"opt_out.cite": {*flow.opt_out.cite}} if flow.opt_out else {}),
        **({"approval.cite": {*flow.approval.cite}} if flow.approval else {}),
        **({"agreement.cite": {*flow.agreement.cite}} if flow.agreement else {}),
        **({"retention.cite": {*flow.retention.cite}} if flow.retention else {}),
        **({"frequency.cite": {*flow.frequency.cite}} if flow.frequency else {}),
        "expected.cite": [{*due.cite} for due in flow.expected],
        "assigned": flow.assigned,
    }


def _words(
    part: Literal["register", "party", "purpose", "flow"], id_: str, was: dict[str, object], now: dict[str, object]
) -> Iterator[Change]:
    for name, said in was.items():
        if name in now and said != now[name]:
            yield Change(part, id_, name, "", None, None, "words")


def _flow(before: Flow, after: Flow) -> Iterator[Change]:
    yield from _members(after, "from", _listed(before.sender), _listed(after.sender))
    yield from _members(after, "to", _listed(before.recipient), _listed(after.recipient))
    yield from _members(after, "purposes", _listed(before.purposes), _listed(after.purposes))
    yield from _members(after, "fields", _fields(before), _fields(after))
    yield from _members(after, "lawful_bases", _listed(before.lawful_bases), _listed(after.lawful_bases))
    yield from _members(after, "passes_on", _listed(before.passes_on), _listed(after.passes_on))
    for name in ("kinds", "key_stages", "year_groups", "phases"):
        old, new = (frozenset(getattr(flow.subjects, name)) for flow in (before, after))
        if old != new:
            yield Change("flow", after.id, name, "", tuple(sorted(old)), tuple(sorted(new)), _limit(old, new))
    for name, value, effect in _SINGLE:
        was, now = value(before), value(after)
        if was != now:
            yield Change("flow", after.id, name, "", was, now, effect(was, now))
    yield from _words("flow", after.id, _flow_words(before), _flow_words(after))


def _names(part: Party | Purpose) -> dict[str, str]:
    return _listed((part.name if isinstance(part, Party) else part.label, *part.aliases))


def _named_words(part: Party | Purpose) -> dict[str, object]:
    return {"name": next(iter(_names(part))), "cite": {*part.cite}, "assigned": part.assigned}


def _named(part: Literal["party", "purpose"], before: Party | Purpose, after: Party | Purpose) -> Iterator[Change]:
    """What is meant by a party or a purpose. Which name is the first one is wording."""
    attributes = ("role_kind", "role") if part == "party" else ("statistical",)
    for name in attributes:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield Change(part, after.id, name, "", was, now, "alters")
    old, new = _names(before), _names(after)
    for item in dict.fromkeys((*old, *new)):
        if (item in old) != (item in new):
            yield Change(part, after.id, "aliases", item, old.get(item), new.get(item), "alters")
    yield from _words(part, after.id, _named_words(before), _named_words(after))


def _register_words(register: Register) -> dict[str, object]:
    return {
        "id": register.id,
        "title": register.title,
        "version": register.version,
        "assigned": register.assigned,
        "paragraphs": {paragraph.id: paragraph for paragraph in register.paragraphs},
    }


def compare(before: Register, after: Register) -> tuple[Change, ...]:
    """Every difference, the register's own first, then flows, parties and purposes; () where there is none.

    A party or purpose that only one of them has is no change of its own: the flows that it is in are.
    """
    found: list[Change] = []
    for name in ("effective_from", "effective_until"):
        was, now = (getattr(one, name) for one in (before, after))
        if was != now:
            found.append(
                Change("register", after.id, name, "", was and was.isoformat(), now and now.isoformat(), "alters")
            )
    for name in ("smallest_count", "terms"):
        held, holds = getattr(before, name), getattr(after, name)
        if held != holds:
            found.append(Change("register", after.id, name, "", held, holds, "alters"))
    old, new = ({flow.id: flow for flow in one.flows} for one in (before, after))
    for id_ in dict.fromkeys((*old, *new)):
        if id_ in old and id_ in new:
            found += _flow(old[id_], new[id_])
        else:
            flows = old.get(id_), new.get(id_)
            found.append(Change("flow", id_, "", "", *flows, _came_or_went(*flows)))
    for party in after.parties:
        if (earlier := before.party(party.id)) is not None:
            found += _named("party", earlier, party)
    for purpose in after.purposes:
        if (was_purpose := before.purpose(purpose.id)) is not None:
            found += _named("purpose", was_purpose, purpose)
    found += _words("register", after.id, _register_words(before), _register_words(after))
    return tuple(found)


def touched(changes: Iterable[Change], before: Register, after: Register) -> tuple[str, ...]:
    """The ids of the flows on which a transfer may be judged otherwise by `after` than by `before`."""
    real = [change for change in changes if change.effect != "words"]
    flows = dict.fromkeys(flow.id for flow in (*before.flows, *after.flows))
    if any(change.part == "register" for change in real):
        return tuple(flows)
    changed = {(change.part, change.id) for change in real}
    reached = {id_ for part, id_ in changed if part == "flow"}
    for flow in (*before.flows, *after.flows):
        parts = {("party", id_) for id_ in (*flow.sender, *flow.recipient)}
        parts |= {("purpose", id_) for id_ in flow.purposes}
        if parts & changed:
            reached.add(flow.id)
    return tuple(id_ for id_ in flows if id_ in reached)
