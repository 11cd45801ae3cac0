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


class Wording(NamedTuple):
    """A finding in sentences."""

    expected: str
    found: str
    next_step: str


class Labels:
    """Names for people, for the ids and codes that findings hold. An unknown id stays as it is.

    What a text names depends on its kind: a school may have the id `primary`, which is also a phase. Kinds are
    `party`, `purpose`, `field`, `lawful_basis`, `legal_power`, those of the other vocabularies, and `date`.
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
        for adopted in evidence.adopted:
            labels["purpose"] |= {purpose.id: purpose.label for purpose in adopted.register.purposes}
            labels["party"] |= {party.id: party.name for party in adopted.register.parties}
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


def dated(text: str) -> str:
    """`text` as a date, time or interval in words, in London time; "" where it is none."""
    if "/" in text:
        parts = [dated(part) for part in text.split("/")]
        return " to ".join(parts) if all(parts) else ""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return f"{day.day} {day:%B %Y}"
        if "T" not in text:
            return ""
        moment = datetime.fromisoformat(text).astimezone(LONDON)
    except ValueError:
        return ""
    return f"{moment.day} {moment:%B %Y} at {moment:%H:%M} London time"


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


# By check and reason: `{e:kind}` and `{f:kind}` are all values expected and found by their names as that kind,
# `{e0:kind}` and `{f1:kind}` single ones; without a kind, numbers and the ids of transfers stand as they are.
_STOP = "Stop these transfers, tell the data protection officer, and establish where the data is now."
_DELETE = "Ask the recipient to delete what it should not have, and mend the export."
_STATE = "Find out, and correct the entry so that it says so."
_GONE = "Nothing can be done from the record; ask those who made the transfer."
_TIME = "Find the time of the transfer in the system that sent it, and correct the entry."
_BASIS = "Establish the lawful basis with the data protection officer and correct the entry."

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("contactpoint-closed", "used"): (
        "No use of ContactPoint after it was switched off on {e0:date}.", "{uses}.", _STOP),
    ("contactpoint-closed", "nearly"): (
        "No use of ContactPoint after it was switched off on {e0:date}.",
        "{uses}, going by a name that may be meant.", "Find out whether ContactPoint was meant. " + _STATE),
    ("contactpoint-closing-day", "no-time"): (
        "A time before ContactPoint was switched off on {e0:date}.", "{uses}; no time is given.", _TIME),
    ("contactpoint-closing-day", "spans"): (
        "A time before ContactPoint was switched off on {e0:date}.", "{uses}; that spans the closing.", _TIME),
    ("unknown-recipient", "unknown"): (
        "A recipient that the documented purposes name.", "{f:party} is not known.",
        "Make the organisation known, or stop sending to it."),
    ("unknown-recipient", "unlisted"): (
        "A recipient that the documented purposes name.", "Nobody knows {f:party}.",
        "Make the organisation known, or stop sending to it."),
    ("unknown-recipient", "erased"): (
        "A recipient that the documented purposes name.",
        "The recipient was not a known one, and {f:party} was erased.",
        _GONE),
    ("undocumented-flow", "no-flow"): (
        "A flow that the documented purposes describe.", "None is documented from {f0:party} to {f1:party}.",
        "Stop the transfers, or have the notice changed before the next one."),
    ("undocumented-flow", "unlisted"): (
        "A sender that the documented purposes name.", "Nobody knows {f0:party}; the data went to {f1:party}.",
        "Make the sender known as an organisation, or correct the entry."),
    ("undocumented-flow", "erased"): (
        "A sender that the documented purposes name.",
        "The sender was not a known one, and {f:party} was erased.", _GONE),
    ("undocumented-flow", "ended"): (
        "A transfer before {e0:date}, when the permission ended.", "It is dated {f0:date}.", _STOP),
    ("undocumented-flow", "ending"): (
        "A transfer before {e0:date}, when the permission ended.", "It is dated {f0:date}, which does not tell.",
        _TIME),
    ("undocumented-purpose", "not-documented"): (
        "One of the documented purposes: {e:purpose}.", "The purpose stated is {f:purpose}.",
        "Correct the purpose if another was meant; otherwise stop the transfers."),
    ("undocumented-purpose", "unlisted"): (
        "One of the documented purposes: {e:purpose}.", "Nobody knows {f:purpose}.",
        "Correct the purpose if a documented one was meant; otherwise stop the transfers."),
    ("undocumented-purpose", "erased"): (
        "One of the documented purposes: {e:purpose}.", "The purpose was not a known one, and {f:purpose} was erased.",
        _GONE),
    ("field-not-documented", "not-documented"): ("Nothing but {e:field}.", "These went too: {f:field}.", _DELETE),
    ("field-not-documented", "unlisted"): (
        "Nothing but {e:field}.", "{f1} data item(s) went that nobody knows by the name typed.", _DELETE),
    ("field-not-documented", "not-stated"): ("Nothing but {e:field}.", "Nobody said which data items went.",
        _STATE),
    ("field-not-documented", "erased"): ("Nothing but {e:field}.", "What was typed for a data item was erased.",
        _GONE),
    ("required-field-missing", "missing"): (
        "At least {e:field}.", "Missing: {f:field}.", "Look at the export, and send what was missing."),
    ("required-field-missing", "not-stated"): (
        "Among the data items: {e:field}.", "Nobody said which data items went.", _STATE),
    ("required-field-missing", "erased"): (
        "Among the data items: {e:field}.", "What was typed for a data item was erased.", _GONE),
    ("lawful-basis-missing", "no-basis"): ("A lawful basis.", "None is stated.", _BASIS),
    ("lawful-basis-missing", "no-condition"): (
        "A condition for special categories of data, besides the lawful basis.",
        "None is stated, and these went: {f:field}.", _BASIS),
    ("lawful-basis-not-documented", "not-documented"): (
        "The documented basis: {e:lawful_basis}.", "The transfer relies on {f:lawful_basis}.", _BASIS),
    ("lawful-basis-not-in-force", "not-in-force"): (
        "A basis in force on the day (this one: {span}).",
        "{f0:lawful_basis} was relied on; the transfer is dated {f1:date}.", _BASIS),
    ("lawful-basis-not-in-force", "partly"): (
        "A basis in force on all days (this one: {span}).",
        "{f0:lawful_basis} was relied on; the transfer is dated {f1:date}.", _TIME),
    ("lawful-basis-not-in-force", "unknown"): ("A known lawful basis.", "{f:lawful_basis} is not known.", _BASIS),
    ("too-granular", "finer"): ("Nothing finer than: {e:granularity}.", "The level is: {f:granularity}.", _DELETE),
    ("too-granular", "not-stated"): ("Nothing finer than: {e:granularity}.", "The level is not stated.", _STATE),
    ("age-outside-limits", "outside"): ("Ages {limits}.", "Ages {ages}.", _DELETE),
    ("age-outside-limits", "beyond"): (
        "Ages {limits}.", "Ages {ages}; whether that was allowed cannot be told from the notice.",
        "Find out why they were included. " + _STATE),
    ("age-outside-limits", "partly"): (
        "Ages {limits}.", "The year groups can have ages {ages}, not all within that.", _STATE),
    ("age-outside-limits", "not-stated"): ("Ages {limits}.", "Ages {ages}.", _STATE),
    ("subjects-not-documented", "not-documented"): (
        "Data about: {e:subject_kind}.", "Data about: {f:subject_kind}.", _DELETE),
    ("subjects-not-documented", "not-stated"): ("Data about: {e:subject_kind}.", "Nobody said about whom.", _STATE),
    ("phase-not-documented", "not-documented"): (
        "Schools of the phase: {e:phase}.", "The phase is: {f:phase}.", _DELETE),
    ("phase-not-documented", "not-stated"): ("Schools of the phase: {e:phase}.", "The phase is not known.", _STATE),
    ("phase-not-documented", "conflict"): (
        "Schools of the phase: {e:phase}.",
        "{f0:phase} is stated, but the school's own entry says {f1:phase}.", _STATE),
    ("key-stage-not-documented", "not-documented"): ("Nothing but: {e:key_stage}.", "Also: {f:key_stage}.", _DELETE),
    ("key-stage-not-documented", "not-stated"): ("Nothing but: {e:key_stage}.", "No key stage is stated.", _STATE),
    ("key-stage-not-documented", "not-documented-year"): (
        "Nothing but: {e:year_group}.", "Also: {f:year_group}.", _DELETE),
    ("key-stage-not-documented", "not-stated-year"): ("Nothing but: {e:year_group}.", "No year group is stated.",
        _STATE),
    ("opt-out-not-honoured", "not-checked"): (
        "The opt-outs looked up before data goes.", "They were not looked up.",
        "Look them up now; " + _DELETE[0].lower() + _DELETE[1:]),
    ("opt-out-not-honoured", "not-stated"): (
        "The opt-outs looked up before data goes.", "Nobody said whether they were.", _STATE),
    ("opt-out-not-honoured", "limited-to-what"): (
        "Only what an opt-out leaves: {e:field}.", "It is not stated what went of those who had opted out.",
        _STATE),
    ("opt-out-not-honoured", "beyond"): (
        "Only what an opt-out leaves: {e:field}.", "Of those who had opted out went also: {f:field}.", _DELETE),
    ("opt-out-not-honoured", "unclear"): (
        "Only what an opt-out leaves: {e:field}.",
        "Of those who had opted out went also: {f:field}, on which the notice contradicts itself.",
        "Ask the data protection officer which rule applied."),
    ("opt-out-not-honoured", "erased"): (
        "Only what an opt-out leaves: {e:field}.", "What was typed for a data item was erased.", _GONE),
    ("opt-out-not-honoured", "passed-on"): (
        "Nothing passed on that a school sent about those who opted out with it.",
        "Data of people who had opted out was passed on, with fewer fields.", _DELETE),
    ("opt-out-not-honoured", "source-had-opt-outs"): (
        "Nothing passed on that a school sent about those who opted out with it.",
        "The school's transfer ({f}) had opt-outs, and this one leaves nobody out.", _DELETE),
    ("approval-missing", "none"): (
        "Approval beforehand by: {e:approval_role}.", "None is recorded.",
        "Get the approval on record, or the data back."),
    ("approval-missing", "other-role"): (
        "Approval beforehand by: {e:approval_role}.", "It was approved by: {f:approval_role}.",
        "Get the approval on record, or the data back."),
    ("approval-missing", "no-date"): (
        "Approval beforehand by: {e:approval_role}.", "The approval has no date.", _STATE),
    ("approval-missing", "afterwards"): (
        "Approval beforehand by: {e:approval_role}.", "It was given on {f0:date}, after the transfer ({f1:date}).",
        "Tell whoever approves that it came late, and why."),
    ("recipient-closed", "closed"): (
        "Nothing sent after the recipient closed on {e0:date}.", "{f0:party} was sent data on {f1:date}.",
        "Find out who got the data; send to the successor in future{successors}."),
    ("recipient-closed", "spans"): (
        "Nothing sent after the recipient closed on {e0:date}.", "{f0:party} was sent data in {f1:date}.", _TIME),
    ("recorded-late", "batch"): (
        "Transfers recorded within {e0} days.",
        "This import held {f1} that were recorded up to {f0} days later.",
        "Keep what supports the dates; record transfers when they happen."),
    ("recorded-late", "entry"): (
        "Transfers recorded within {e0} days.", "It was recorded {f0} days later.",
        "Keep what supports the date; record transfers when they happen."),
    ("recorded-late", "contactpoint"): (
        "A use of ContactPoint before its closing, recorded before its closing.",
        "It was recorded after the closing, days later: {f0}. Nothing independent supports its date.",
        "Keep what supports the date, as a log of the system that sent it."),
    ("dated-in-future", "after-recording"): (
        "A date no later than the recording on {e0:date}.", "It is dated {f0:date}.", "Correct the date."),
    ("dated-in-future", "after-as-of"): (
        "A date no later than the day that is reported on.", "It is dated {f0:date}.", "Correct the date."),
    ("duplicate-transfer", "alike"): (
        "Each transfer recorded once.", "It is like transfer {f0} in everything but its id.",
        "If it was recorded twice, withdraw one of the two."),
}  # fmt: skip

PASSES: dict[str, tuple[str, str]] = {
    "contactpoint-closed": (
        SENTENCES["contactpoint-closed", "used"][0],
        "It uses ContactPoint, or what may be it, and is dated {f0:date}."),
    "contactpoint-closing-day": (
        "A date that tells whether ContactPoint had been switched off on {e0:date}.", "It is dated {f0:date}."),
    "unknown-recipient": (SENTENCES["unknown-recipient", "unknown"][0], "It went to {f0:party}."),
    "undocumented-flow": (
        "A flow that the documented purposes describe{until}.", "One is documented from {f0:party} to {f1:party}."),
    "undocumented-purpose": (
        SENTENCES["undocumented-purpose", "not-documented"][0], "The purpose stated is {f:purpose}."),
    "field-not-documented": (SENTENCES["field-not-documented", "not-documented"][0], "These went: {f:field}."),
    "required-field-missing": (SENTENCES["required-field-missing", "missing"][0], "All of them went."),
    "lawful-basis-missing": (
        "A lawful basis, and a condition where special categories of data go.",
        "The transfer relies on {f:lawful_basis}."),
    "lawful-basis-not-documented": (
        SENTENCES["lawful-basis-not-documented", "not-documented"][0], "The transfer relies on {f:lawful_basis}."),
    "lawful-basis-not-in-force": (
        "Lawful bases in force on the day (those relied on: {spans}).", "The transfer is dated {f0:date}."),
    "too-granular": (SENTENCES["too-granular", "finer"][0], "The level is: {f:granularity}."),
    "age-outside-limits": (SENTENCES["age-outside-limits", "outside"][0], "Ages {ages}."),
    "subjects-not-documented": (
        SENTENCES["subjects-not-documented", "not-documented"][0], "Data about: {f:subject_kind}."),
    "phase-not-documented": (SENTENCES["phase-not-documented", "not-documented"][0], "The phase is: {f:phase}."),
    "key-stage-not-documented": ("Nothing but: {documented}.", "Stated: {levels}."),
    "opt-out-not-honoured": ("{rule}.", "{opt_outs}."),
    "approval-missing": (
        SENTENCES["approval-missing", "none"][0], "It was given by: {f0:approval_role}, on {f1:date}."),
    "recipient-closed": (
        SENTENCES["recipient-closed", "closed"][0], "{f0:party} was sent data on {f1:date}."),
    "recorded-late": (SENTENCES["recorded-late", "entry"][0], "It was recorded {f0} days later."),
    "dated-in-future": (
        "A date no later than the recording on {e0:date}, and than the day that is reported on, {e1:date}.",
        "It is dated {f0:date}."),
    "duplicate-transfer": (
        SENTENCES["duplicate-transfer", "alike"][0], "No other transfer is like it in everything but its id."),
}  # fmt: skip
"""By check, what was expected and what was found of a transfer that passed; the values are as in `SENTENCES`."""

NOT_APPLICABLE = {
    "closing-day": "It uses ContactPoint; whether that was before the closing, contactpoint-closing-day judges.",
    "contactpoint": "It went to ContactPoint, whose closing contactpoint-closed judges.",
    "corrected": "A correction replaced it since, and only what stands is compared with other transfers.",
    "no-basis": "No known basis is stated, which lawful-basis-missing judges.",
    "no-flow": "No flow is documented between the two, which undocumented-flow judges.",
    "no-limit": "The documented flow sets no limit here.",
    "no-use": "It does not use ContactPoint.",
    "not-closed": "The recipient is not known to have closed.",
    "nothing-stopped": "Nothing is known to have gone that an opt-out stops.",
    "unknown-recipient": "Nobody knows the recipient, which unknown-recipient judges.",
    "workforce": "It is about staff.",
}
"""Why a check does not apply to a transfer, by the code that it gives."""

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

RATING_REASONS = {
    "open-breach": "at least one breach is open",
    "check-not-run": "some checks did not run, or not on all transfers",
    "records-missing": "records that were expected are missing",
    "not-verified": "the record does not verify",
    "cannot-tell": "more than 5% of the transfers cannot be told",
}


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
