"""The one place where values become sentences: what was expected, what was found, what to do next.

Sentences are for a governor or a head teacher: plain English, no codes where there is a label. An erasable
value is named, never shown: what was typed stands on the entry's own page, for those who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ledger.london import LONDON
from ledger.members import NOT_STATED, UNLISTED, Facts, Subjects
from reports.context import Evidence
from reports.finding import Compared, Finding, Value
from reports.sentences import PASSES, SENTENCES


class Wording(NamedTuple):
    """A finding in sentences."""

    expected: str
    found: str
    next_step: str


class Labels:
    """Names for people, for the ids and codes that findings hold. An unknown id stays as it is.

    What a text names depends on its kind: a school may have the id `primary`, which is also a phase. Kinds are
    `party`, `purpose`, `flow`, `field`, `lawful_basis`, `legal_power`, those of the other vocabularies, and `date`.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    @cached_property
    def _all(self) -> dict[str, dict[str, str]]:
        evidence, law, vocabularies = self._evidence, self._evidence.law, self._evidence.vocabularies
        labels = {kind: {term.id: term.label for term in vocabularies.terms(kind)} for kind in vocabularies.kinds}
        labels["lawful_basis"] = {basis.id: basis.label for basis in law.bases}
        labels["legal_power"] = {power.id: power.label for power in law.powers}
        labels["purpose"] = {purpose.id: purpose.label for purpose in law.purposes}
        labels["party"] = {party.id: party.name for party in law.parties}
        labels["flow"] = {}
        for adopted in evidence.adopted:
            labels["purpose"] |= {purpose.id: purpose.label for purpose in adopted.register.purposes}
            labels["party"] |= {party.id: party.name for party in adopted.register.parties}
            labels["flow"] |= {flow.id: flow.label for flow in adopted.register.flows}
        labels["party"] |= {one.id: one.name for one in evidence.organisations.values()}
        return labels

    def __call__(self, value: Value, kind: str | None = None) -> str:
        """The label of an id or code of `kind`, a date as `6 August 2010`, an erasable value's name as what it is.

        Without a kind it is a party's id, or else a purpose's.
        """
        text = str(value)
        if text.endswith("_as_given"):
            return f"what was typed as {text.removesuffix('_as_given').replace('_', ' ')}"
        if kind == "date":
            return dated(text) or text
        kinds = ("party", "purpose") if kind is None else (kind,)
        return next((found for one in kinds if (found := self._all.get(one, {}).get(text))), text)


Label: TypeAlias = Callable[[Value, str], str]
"""Gives a value's name for people by its kind; a `Labels` is one."""


def plainly(value: Value, kind: str) -> str:
    """The `Label` that leaves every id and code as it is."""
    return str(value)


MONTHS = "January February March April May June July August September October November December".split()
"""The months as England names them, whatever the machine's language is."""


def dated(text: str) -> str:
    """`text` as a date, time or interval in words, in London time; "" where it is none."""
    if "/" in text:
        parts = [dated(part) for part in text.split("/")]
        return " to ".join(parts) if all(parts) else ""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return f"{day.day} {MONTHS[day.month - 1]} {day.year:04}"
        if "T" not in text:
            return ""
        moment = datetime.fromisoformat(text).astimezone(LONDON)
    except ValueError:
        return ""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year:04} at {moment:%H:%M} London time"


def _list(values: Iterable[str]) -> str:
    texts = [text for text in values if text]
    return ", ".join(texts[:-1]) + " and " + texts[-1] if len(texts) > 1 else "".join(texts)


_WAYS = {
    "to": ("it went to {}", "party"),
    "from": ("it came from {}", "party"),
    "for": ("it was for the purpose “{}”", "purpose"),
    "onward": ("it passed on what came by transfer {}", "id"),
}


def _uses(values: tuple[Value, ...], label: Label) -> str:
    pairs = ((*_WAYS[str(way)], match) for way, match in zip(values[1::2], values[2::2], strict=True))
    return f"It is dated {label(values[0], 'date')}; " + _list(
        text.format(match if kind == "id" else label(match, kind)) for text, kind, match in pairs
    )


def _limits(values: tuple[Value, ...]) -> str:
    low, high = values
    if low != "" and high != "":
        return str(low) if low == high else f"{low} to {high}"
    return f"{low} and over" if low != "" else f"up to {high}" if high != "" else "not stated"


NOT_JUDGED = {
    "none-adopted": "No register of documented purposes is adopted.",
    "none-covers": "No adopted register of documented purposes covers the day of the transfer.",
}
"""Why no version of the documented purposes judges a transfer."""

VERSIONS = {
    "before": "Of those that cover the day of the transfer, it is the newest that was adopted before the transfer was "
    "recorded (entry {judged}), so that a later version cannot make an old breach lawful.",
    "after": "None that covers the day of the transfer was adopted before the transfer was recorded (entry {judged}); "
    "it is the earliest that was adopted afterwards.",
}
"""Why this version of the documented purposes judges a transfer and no other one."""

RATINGS = {
    "act-now": "Act now",
    "cannot-say": "Cannot say",
    "no-problem-found": "No problem found",
}


def rating_in_words(level: str, complied: str) -> str:
    """The rating `level` in words; `complied` is the answer to the first question.

    A breach that was found and closed leaves nothing open, but it was a problem and it was found.
    """
    return "Nothing is open" if level == "no-problem-found" and complied == "no" else RATINGS[level]


RATING_REASONS = {
    "open-breach": "at least one breach is open",
    "check-not-run": "some checks did not run, or not on all transfers",
    "records-missing": "records that were expected are missing",
    "not-verified": "the record does not verify",
    "cannot-tell": "more than 5% of the transfers cannot be told",
    "contactpoint-unclear": "a transfer may have used ContactPoint after it was switched off",
    "value-erased": "a value that the checks need was erased",
}


_CHANGED = {
    "transferred_at": "the date",
    "recipient": "the recipient",
    "purpose": "the purpose",
    "other": "what was sent, or about whom",
    "withdrawn": "the whole transfer",
}
"""What a correction changed, as `correction-removes-breach` names it."""


class _Said:
    """Values within a sentence: formatted with a kind, they are named by it and listed."""

    def __init__(self, values: tuple[Value, ...], label: Label) -> None:
        self._values, self._label = values, label

    def __format__(self, kind: str) -> str:
        return _list(self._label(value, kind) if kind else str(value) for value in self._values)


def _values(check: str, expected: tuple[Value, ...], found: tuple[Value, ...], label: Label) -> dict[str, _Said | str]:
    """What the texts of `SENTENCES` name, and those of `PASSES`."""
    values: dict[str, _Said | str] = {"e": _Said(expected, label), "f": _Said(found, label)}
    values |= {f"e{place}": _Said((value,), label) for place, value in enumerate(expected)}
    values |= {f"f{place}": _Said((value,), label) for place, value in enumerate(found)}
    if check == "age-outside-limits":
        values["limits"], values["ages"] = _limits(expected), _limits(found)
    if check == "register-not-in-force" and expected:
        values["span"] = _span(expected[0], expected[1], label)
    if check == "statistical-use-exceeded":
        values["level"] = label(found[1], "granularity") if len(found) > 1 and found[1] != "" else "not stated"
    if check == "correction-removes-breach":
        values["changed"] = _list(_CHANGED[str(name)] for name in found[1:])
    if check == "recipient-closed":
        successors = _list(label(party, "party") for party in expected[1:])
        values["successors"] = f" ({successors})" if successors else ""
    return values


def _span(first: Value, last: Value, label: Label) -> str:
    return f"from {label(first, 'date')}" + (f" to {label(last, 'date')}" if last else "")


def word(finding: Finding, label: Label = plainly) -> Wording:
    """The finding in sentences; `label` (a `Labels`) gives names for ids."""
    expected, found = finding.expected, finding.found
    values = _values(finding.check, expected, found, label)
    if finding.check.startswith("contactpoint-"):
        values["uses"] = _uses(found, label)
    if finding.check == "lawful-basis-not-in-force" and expected:
        values["span"] = _span(expected[0], expected[1], label)
    texts = [text.format(**values) for text in SENTENCES[finding.check, finding.reason]]
    notes = ""
    if finding.assigned:
        notes += f" This limit was assigned by the register's editor: {finding.assigned}"
    if finding.prefilled:
        notes += " Software, not a person, filled in: " + _list(finding.prefilled) + "."
    if finding.corrected_by is not None:
        notes += f" Entry {finding.corrected_by} corrected it since."
    if finding.removed_by is not None:
        notes += f" Entry {finding.removed_by} says otherwise since."
    return Wording(_sentence(texts[0]), _sentence(texts[1]) + notes, texts[2])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _level(code: Value, label: Label) -> str:
    stage = label(code, "key_stage")
    return label(code, "year_group") if stage == str(code) else stage


def _opt_out_rule(values: tuple[Value, ...], label: Label) -> str:
    fields = _list(label(value, "field") for value in values[1:])
    return {
        "passing-on": "Nothing passed on that a school sent about those who opted out with it",
        "always": f"Nothing of those who opted out but {fields}" if fields else "Nothing of those who opted out",
        "withheld": f"Of those who opted out, all but {fields}",
    }[str(values[0])]


def _opt_outs(values: tuple[Value, ...]) -> str:
    checked, excluded, limited = values
    looked_up = {"yes": "They were looked up", "no": "They were not looked up"}.get(
        str(checked), "Nobody said whether they were looked up"
    )
    return f"{looked_up}; left out: {excluded}, sent with fewer data items: {limited}"


def word_passed(check: str, compared: Compared, label: Label = plainly) -> tuple[str, str]:
    """What `check` expected and what it found of a transfer that passed, in sentences."""
    expected, found = compared.expected, compared.found
    values = _values(check, expected, found, label)
    if check == "undocumented-flow":
        values["until"] = f", and before its permission ended on {label(expected[0], 'date')}" if expected else ""
    if check == "lawful-basis-not-in-force":
        values["spans"] = _list(
            f"{label(code, 'lawful_basis')} {_span(first, last, label)}"
            for code, first, last in zip(expected[::3], expected[1::3], expected[2::3], strict=True)
        )
    if check == "key-stage-not-documented":
        values["documented"] = _list(_level(code, label) for code in expected)
        values["levels"] = _list(_level(code, label) for code in found)
    if check == "opt-out-not-honoured":
        values["rule"], values["opt_outs"] = _opt_out_rule(expected, label), _opt_outs(found)
    told, seen = (_sentence(text.format(**values)) for text in PASSES[check])
    if compared.assigned:
        seen += f" This limit was assigned by the register's editor: {compared.assigned}"
    return told, seen


def _party(id_: str | None, label: Label) -> str:
    return "somebody whose name is not a known one" if id_ in (None, UNLISTED) else label(str(id_), "party")


def _people(subjects: Subjects) -> str:
    who = {"pupil": "pupils", "workforce": "staff"}.get(subjects.kind or "", "people")
    ages = _limits(tuple("" if age is None else age for age in (subjects.age_min, subjects.age_max)))
    count = "" if subjects.count is None else f"{subjects.count:,} "
    return f"{count}{who}" + ("" if ages == "not stated" else f", ages {ages}")


def transfer_in_words(facts: Facts, label: Label = plainly) -> str:
    """Who sent what to whom, when and what for, in one sentence or two; what was typed stays unsaid."""
    unlisted = facts.purpose in (None, UNLISTED)
    purpose = "a purpose that is not a known one" if unlisted else f"“{label(str(facts.purpose), 'purpose')}”"
    fields = [label(field, "field") for field in facts.fields if field not in (UNLISTED, NOT_STATED)]
    if UNLISTED in facts.fields:
        fields.append("a data item that is not known by its name")
    went = _list(fields) or "nobody said which data items went"
    sent = f"{_party(facts.sender, label)} sent data to {_party(facts.recipient, label)}"
    when = label(facts.transferred_at or "", "date")
    about = "" if facts.subjects is None else f" About {_people(facts.subjects)}."
    return f"{_sentence(sent)}, {when}, for {purpose}: {went}.{about}"
