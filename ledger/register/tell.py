"""The sentences of a comparison of two registers: what may go now, what may not any more, and where.

`+` stands before what is permitted now, `-` before what is forbidden now, `~` before what changed otherwise. Names are
those of the later register where it has them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ledger.register.diff import Change, Value
from ledger.register.model import Ages, Due, Flow, Frequency, OptOut, Register, Retention
from ledger.register.read import load_law, load_vocabularies

_WIDTH = 100
_SIGNS = {"permits": "+", "forbids": "-", "alters": "~", "words": "~"}
_VOCABULARIES = {"key_stages": "key_stage", "year_groups": "year_group", "phases": "phase"}
_WORDS = {
    "aliases": "other names",
    "assigned": "what the editor assigned, or why",
    "cite": "the paragraphs cited",
    "opt_out.cite": "the paragraphs cited for the opt-out",
    "approval.cite": "the paragraphs cited for the approval",
    "agreement.cite": "the paragraphs cited for the agreement",
    "retention.cite": "the paragraphs cited for how long it is kept",
    "frequency.cite": "the paragraphs cited for how often it goes",
    "expected.cite": "the paragraphs cited for when it is expected",
    "paragraphs": "the paragraphs of the notice",
}


def _label(kind: str, id_: str) -> str:
    term = load_vocabularies().term(kind, id_)
    return id_ if term is None else term.label


def _basis(code: str) -> str:
    basis = load_law().basis(code)
    return code if basis is None else basis.label


def _ages(limit: Ages) -> str:
    """The ages as people say them: `13 to 19`, and what lies beyond where that is no breach."""
    if limit.min is not None and limit.max is not None:
        text = f"{limit.min} to {limit.max}"
    else:
        text = f"{limit.min} and over" if limit.min is not None else f"up to {limit.max}"
    return text if limit.beyond == "breach" else f"{text} (beyond that nobody can tell: {_text(limit.why)})"


def _opt_out(rule: OptOut) -> str:
    """What an opt-out stops, and who may opt out."""
    if rule.passing_on:
        what = "nothing that came from a school goes on"
    elif rule.always is not None:
        what = f"only {_fields(rule.always)} may go" if rule.always else "nothing may go"
    else:
        what = f"{_fields(rule.withheld)} may not go"
    unclear = f"; unclear is {_fields(rule.unclear)}" if rule.unclear else ""
    why = f" ({_text(rule.why)})" if rule.why else ""
    return f"{_text(rule.who)}: {what}{unclear}{why}"


def _fields(ids: Iterable[str]) -> str:
    return ", ".join(_label("field", id_) for id_ in ids)


class _Names:
    """Names of parties and purposes, from the later register where it has them."""

    def __init__(self, before: Register, after: Register) -> None:
        self.registers = after, before

    def party(self, id_: str) -> str:
        found = (one.party(id_) for one in self.registers)
        return next((party.name for party in found if party is not None), id_)

    def purpose(self, id_: str) -> str:
        found = (one.purpose(id_) for one in self.registers)
        return next((purpose.label for purpose in found if purpose is not None), id_)

    def between(self, flow: Flow) -> str:
        sides = (", ".join(self.party(id_) for id_ in ids) for ids in (flow.sender, flow.recipient))
        return " → ".join(sides)


def _was(value: str | None, nothing: str) -> str:
    return f"before: {nothing if value is None else value}"


def _single(change: Change, absent: str, now: str, gone: str, shown: Callable[[Value], str]) -> str:
    """A limit that is one value: that it holds now and what held before, or that it is gone."""
    was = None if change.before is None else shown(change.before)
    return gone.format(was) if change.after is None else f"{now.format(shown(change.after))}; {_was(was, absent)}."


def _many(change: Change) -> str:
    kind = _VOCABULARIES.get(change.attribute)
    both = (value if isinstance(value, tuple) else () for value in (change.before, change.after))
    was, now = (", ".join(_label(kind, str(id_)) if kind else str(id_) for id_ in ids) for ids in both)
    what = "people" if change.attribute == "kinds" else change.attribute.replace("_", " ")
    if not now:
        return f"It may be about any {what}; before: {was} only."
    return f"It may be about these {what} only: {now}; before: {was or 'any'}."


def _field(change: Change) -> str:
    name = _label("field", change.item)
    if change.before is None:
        return f"The field “{name}” may go now ({change.after}); before, it was not documented."
    if change.after is None:
        return f"The field “{name}” may not go any more; before, it was {change.before}."
    return f"The field “{name}” is {change.after} now; before, it was {change.before}."


def _text(value: Value) -> str:
    return str(value).removesuffix(".")


def frequency(limit: Frequency) -> str:
    """How often data may go, as people say it: `at most twice a term`."""
    times = {1: "once", 2: "twice"}.get(limit.at_most, f"{limit.at_most:,} times")
    return f"at most {times} a {limit.per}"


def retention(limit: Retention) -> str:
    """How long data is kept, in words, and in months where these are counted."""
    months = "" if limit.months is None else f" ({limit.months} month{'s' if limit.months > 1 else ''} at most)"
    return f"{_text(limit.text)}{months}"


def due(one: Due) -> str:
    """When data is expected: `Autumn census, from 10-01 to 10-31 every year`."""
    return f"{one.label}, from {one.first} to {one.last}{' every year' if len(one.first) == 5 else ''}"


def _retention(value: Value) -> str:
    return retention(value) if isinstance(value, Retention) else ""


def _dues(value: Value) -> str:
    return "; ".join(due(one) for one in value if isinstance(one, Due)) if isinstance(value, tuple) else ""


def _role(value: Value) -> str:
    return _label("approval_role", str(value))


def _limit(change: Change) -> str:
    match change.attribute:
        case "ages":
            return _single(
                change,
                "any age",
                "It may be about ages {} only",
                "It may be about any age; before: {} only.",
                lambda value: _ages(value) if isinstance(value, Ages) else "",
            )
        case "granularity":
            return _single(
                change,
                "no limit",
                "It may go no finer than “{}”",
                "It may go at any level; before: no finer than “{}”.",
                lambda value: _label("granularity", str(value)),
            )
        case "opt_out":
            return _single(
                change,
                "no opt-out",
                "An opt-out stops it: {}",
                "No opt-out stops it; before: {}.",
                lambda value: _opt_out(value) if isinstance(value, OptOut) else "",
            )
        case "approval":
            return _single(
                change,
                "no approval",
                "It needs the approval of: {}",
                "It needs no approval; before, that of: {}.",
                _role,
            )
        case "use":
            return _single(
                change,
                "for anything",
                "It may be used {} only",
                "It may be used for anything; before: {} only.",
                lambda value: "for statistics and research" if value == "statistical-only" else str(value),
            )
        case "agreement":
            return _single(
                change,
                "no agreement",
                "It needs a sharing agreement{}",
                "It needs no sharing agreement; before, one{}.",
                lambda value: f", to be reviewed on {day}" if (day := getattr(value, "review_on", None)) else "",
            )
        case "retention":
            return _single(
                change, "not said", "It is kept: {}", "How long it is kept is not said; before: {}.", _retention
            )
        case "frequency":
            return _single(
                change,
                "any number of times",
                "It may go {}",
                "It may go any number of times; before: {}.",
                lambda value: frequency(value) if isinstance(value, Frequency) else "",
            )
        case _:
            return _single(change, "no end", "It may go until {}", "It may go without end; before: until {}.", _text)


def _member(change: Change, names: _Names) -> str:
    come = change.after is not None
    match change.attribute:
        case "fields":
            return _field(change)
        case "from":
            return f"{names.party(change.item)} {'may send it now' if come else 'may not send it any more'}."
        case "to":
            return f"{names.party(change.item)} {'may get it now' if come else 'may not get it any more'}."
        case "purposes":
            return f"It {'may go now' if come else 'may not go any more'} for “{names.purpose(change.item)}”."
        case "aliases":
            return f"“{change.item}” {'means this now' if come else 'does not mean this any more'}."
        case "passes_on":
            may = "may go on by it now" if come else "may not go on by it any more"
            return f"Data that came by the flow “{change.item}” {may}."
        case _:
            return f"{_basis(change.item)} is {'a lawful basis now' if come else 'no lawful basis any more'}."


def sentence(change: Change, before: Register, after: Register) -> str:
    """One difference as a sentence; its flow, party or purpose is named around it."""
    names = _Names(before, after)
    if change.effect == "words":
        return f"Worded otherwise, and permits the same: {_WORDS.get(change.attribute, change.attribute)}."
    if change.item:
        return _member(change, names)
    if change.attribute == "":
        flow = change.after if isinstance(change.after, Flow) else change.before
        assert isinstance(flow, Flow)
        purposes = ", ".join(f"“{names.purpose(id_)}”" for id_ in flow.purposes)
        fields = _fields((*flow.fields.required, *flow.fields.permitted, *flow.fields.voluntary))
        if change.after is None:
            return f"This flow is not documented any more: {fields} may not go for {purposes}."
        return f"This flow is documented now: {fields} may go for {purposes}."
    if change.part != "flow":
        return _about(change)
    if change.attribute == "expected":
        now, was = (_dues(value) for value in (change.after, change.before))
        return f"It is expected {now or 'on no day'}; before: {was or 'on no day'}."
    return _many(change) if isinstance(change.after, tuple) else _limit(change)


def _about(change: Change) -> str:
    match change.attribute:
        case "effective_from":
            return f"It judges transfers from {change.after}; before: from {change.before}."
        case "effective_until":
            end, was = (value or "it is replaced" for value in (change.after, change.before))
            return f"It judges transfers until {end}; before: until {was}."
        case "smallest_count":
            return _single(
                change,
                "no threshold",
                "An aggregate with a count below {} could show a person",
                "No count of an aggregate is too small; before: below {}.",
                _text,
            )
        case "terms":
            return "The dates of the school terms are others."
        case "role_kind":
            return f"It is {_a(change.after)} now; before: {_a(change.before)}."
        case "role":
            return _single(change, "no role's", "The role's code is {}", "It has no role's code; before: {}.", _text)
        case _:
            return f"Its results {'show nobody' if change.after else 'may show people'} now."


def _a(kind: Value) -> str:
    return "an organisation" if kind == "organisation" else f"a {kind}"


class Told(NamedTuple):
    """What differs of one part: what it is called, between whom a flow goes, and its differences as sentences."""

    part: str
    id: str
    name: str
    between: str
    said: tuple[tuple[Change, str], ...]

    @property
    def heading(self) -> str:
        """The part with its id, as it stands above its lines."""
        if self.part == "flow":
            return f"{self.name} [{self.id}], {self.between}"
        return self.name if self.part == "register" else f"The {self.part} “{self.name}” [{self.id}]"


def told(changes: Iterable[Change], before: Register, after: Register) -> Iterator[Told]:
    """All differences, part by part, the register's own first."""
    names = _Names(before, after)
    ordered = sorted(changes, key=lambda change: change.part != "register")  # stable: its words with its dates
    for (part, id_), group in groupby(ordered, key=lambda change: (change.part, change.id)):
        name, between = "The register as a whole", ""
        if part == "flow":
            flow = next(flow for one in (after, before) for flow in one.flows if flow.id == id_)
            name, between = flow.label, names.between(flow)
        elif part != "register":
            name = names.party(id_) if part == "party" else names.purpose(id_)
        yield Told(part, id_, name, between, tuple((one, sentence(one, before, after)) for one in group))


def _lines(changes: Iterable[Change], before: Register, after: Register) -> Iterator[str]:
    for one in told(changes, before, after):
        yield "\n" + textwrap.fill(one.heading, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        for change, said in one.said:
            yield textwrap.fill(
                said,
                _WIDTH,
                initial_indent=f"  {_SIGNS[change.effect]} ",
                subsequent_indent="    ",
                break_on_hyphens=False,
            )


def describe(changes: tuple[Change, ...], before: Register, after: Register) -> str:
    """All differences as text of at most 100 columns, ending in a newline."""
    if not changes:
        return "They say the same.\n"
    opening = (
        "They permit the same, and are worded otherwise."
        if all(change.effect == "words" for change in changes)
        else "+ permitted now, - forbidden now, ~ changed otherwise; each line speaks of its own flow."
    )
    lines = [f"From {before.id}, version {before.version}, to {after.id}, version {after.version}:", opening]
    return "\n".join([*lines, *_lines(changes, before, after)]) + "\n"
