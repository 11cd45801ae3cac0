"""What was sent beside what was documented, item by item, and in words whether the two are the same.

Each item is one question that people ask about a transfer: who got it, what for, which data, on what basis. What the
checks answer to it stands in its last column; what none of them judges is said to have no limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from datasette_plugins.transfer_ledger.entries.facts import Fact
from datasette_plugins.transfer_ledger.entries.judged import NOT_COMPARED, TYPED, Judged
from datasette_plugins.transfer_ledger.entries.questions import CONTACTPOINT_CHECKS, QUESTIONS, Question
from ledger.members import NOT_STATED, UNLISTED
from ledger.register.read import load_law
from reports.documents.findings import title
from reports.explain import Answer
from reports.finding import Finding
from reports.sentences import NOT_APPLICABLE
from reports.wording import NOT_JUDGED, VERSIONS, Labels, word, word_passed

Verdict = Literal["same", "other", "unsure", "none"]

_WHY = NOT_APPLICABLE | NOT_JUDGED | NOT_COMPARED

NOT_SURE = (
    "Which documented flow judges it rests on what was typed, which this page does not read; so the transfer is not "
    "compared with one for you."
)


NO_LIMIT = "No limit is documented."
NO_FLOW = "No flow is documented between the two"


class Said(NamedTuple):
    """One sentence about an item; `key` is the finding's that it leads to, "" for none."""

    text: str
    key: str


class Item(NamedTuple):
    """One item: what was sent, what is documented, and what the two come to."""

    name: str
    sent: tuple[str, ...]
    documented: tuple[str, ...]
    verdict: Verdict
    said: tuple[Said, ...]


class Field(NamedTuple):
    """One data item: whether it went, how it is documented (`required`, `permitted`, `voluntary`, "" where it is not).

    `said` is the two in words.
    """

    id: str
    label: str
    sent: bool
    documented: str
    verdict: Verdict
    said: str


class Asked(NamedTuple):
    """One check and what it says of the transfer, in words; `why` stands where there is nothing to lay side by side."""

    check: str
    title: str
    verdict: str
    expected: str
    found: str
    citation: str
    why: str


class Beside(NamedTuple):
    """A transfer beside what was documented. `register` and `flow` are what judges, in words; `why` why it does."""

    seq: int | None
    register: str
    why: str
    flow: str
    between: int
    items: tuple[Item, ...]
    fields: tuple[Field, ...]
    checks: tuple[Asked, ...]
    checked: bool
    since: int


_OUTCOME: dict[str, Verdict] = {"breach": "other", "cannot-tell": "unsure", "advisory": "unsure"}
_IN_WORDS = {"breach": "Different", "cannot-tell": "Cannot be told", "advisory": "Worth a look"}


def _verdict(
    compared: list[Answer], others: list[Answer], linked: bool, limited: bool, sent: bool
) -> tuple[Verdict, tuple[Said, ...]]:
    """What an item comes to. Only the checks that `compared` it with what is documented can say that it is the same."""
    answers = [*compared, *others]
    found = list({finding.key: finding for answer in answers for finding in answer.findings}.values())
    if found:
        worst: Verdict = "other" if any(_OUTCOME[one.outcome] == "other" for one in found) else "unsure"
        return worst, tuple(
            Said(f"{_IN_WORDS[one.outcome]}: {_lower(title(one.check))}.", one.key if linked else "") for one in found
        )
    untold = [answer for answer in answers if answer.verdict == "not-run"]
    if untold:
        return "unsure", (Said(_WHY[untold[0].why], ""),)
    if not limited and any(answer.why == "no-flow" for answer in answers):
        return "none", (Said(f"{NO_FLOW} to compare it with.", ""),)
    if limited and compared and all(answer.verdict == "passed" for answer in compared):
        return "same", (Said("As documented.", ""),)
    if not limited and sent and any(answer.verdict == "passed" for answer in answers):
        return "none", (Said(f"{NO_LIMIT} The checks found nothing.", ""),)
    why = next((answer.why for answer in answers if answer.why and answer.why != "no-limit"), "")
    return "none", (Said(_WHY[why] if why and limited else NO_LIMIT, ""),)


def _lower(text: str) -> str:
    """A sentence as it goes on after a colon; a name keeps its capitals."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first[1:].islower() or len(first) == 1 else text


def _sent(ask: Question, facts: Mapping[str, Fact]) -> Iterator[str]:
    for path in ask.members:
        if path in facts:
            values = [value.text for value in facts[path].values]
            # Of several members each says which it is, but for the one that the question is named after.
            if len(ask.members) == 1 or (path == ask.members[0] and "." not in path):
                yield from values
            else:
                yield f"{facts[path].name.partition(': ')[2] or facts[path].name}: {', '.join(values)}"


def _items(judged: Judged, facts: Mapping[str, Fact], label: Labels) -> Iterator[Item]:
    answers = {answer.check: answer for answer in judged.explanation.answers}
    flow = judged.explanation.flow
    for ask in QUESTIONS:
        sent = tuple(_sent(ask, facts))
        documented = () if flow is None else tuple(ask.documented(flow, label))
        checks = ask.checks
        sender = judged.explanation.recorded.facts.sender
        if ask.name == "Sender" and sender not in (load_law().contactpoint.party, UNLISTED):
            checks = tuple(one for one in checks if one not in CONTACTPOINT_CHECKS)
        compared, others = ([answers[one] for one in of if one in answers] for of in (ask.compared_by, checks))
        if ask.name == "Data items":
            listed = facts["fields"].values if "fields" in facts else ()
            sent = (f"{len(listed)} named below",) if listed else ()
            documented = () if flow is None else (f"{len(flow.fields.all)} may go",)
        if not (sent or documented or any(answer.findings for answer in (*compared, *others))):
            continue
        verdict, said = _verdict(compared, others, judged.checked, bool(documented), bool(sent))
        yield Item(ask.name, sent, documented, verdict, said)


def _fields(judged: Judged, label: Labels) -> Iterator[Field]:
    facts, flow = judged.explanation.recorded.facts, judged.explanation.flow
    how: dict[str, str] = {}
    if flow is not None:
        for name in ("voluntary", "permitted", "required"):
            how |= dict.fromkeys(getattr(flow.fields, name), name)
    for id_ in facts.fields:
        documented = how.get(id_, "")
        if id_ == UNLISTED:
            yield Field(id_, "What is unlisted", True, "", "unsure", NOT_COMPARED[TYPED])
        elif id_ == NOT_STATED:
            yield Field(id_, "Not stated", False, "", "unsure", "Nobody said which data items went.")
        elif flow is None:
            yield Field(id_, label(id_, "field"), True, "", "none", "Sent; no documented flow says whether it may go.")
        elif documented:
            yield Field(id_, label(id_, "field"), True, documented, "same", "Sent, and documented.")
        else:
            yield Field(id_, label(id_, "field"), True, "", "other", "Sent, and not documented.")
    untold = not {UNLISTED, NOT_STATED}.isdisjoint(facts.fields)
    for id_ in sorted(how.keys() - set(facts.fields), key=lambda one: (how[one] != "required", label(one, "field"))):
        missing: Verdict = "other" if how[id_] == "required" and not untold else "none"
        said = "Documented as required, not sent." if how[id_] == "required" else "Documented, not sent."
        yield Field(id_, label(id_, "field"), False, how[id_], missing, "Not known to be sent." if untold else said)


_VERDICTS = {"found": "found", "passed": "passed", "not-applicable": "does not apply", "not-run": "not run"}


def _asked(answer: Answer, label: Labels) -> Iterator[Asked]:
    name, verdict = title(answer.check), _VERDICTS[answer.verdict]
    if answer.compared is not None:
        expected, found = word_passed(answer.check, answer.compared, label)
        citation = "; ".join(map(str, answer.compared.citations))
        yield Asked(answer.check, name, verdict, expected, found, citation, "")
    elif answer.findings:
        for one in answer.findings:
            words = word(one, label)
            yield Asked(answer.check, name, outcome(one), words.expected, words.found, one.citation, "")
    else:
        yield Asked(answer.check, name, verdict, "", "", "", _WHY[answer.why])


def outcome(one: Finding) -> str:
    """A finding's outcome in words."""
    return {"breach": "breach", "cannot-tell": "cannot tell", "advisory": "advisory"}[one.outcome]


def beside(judged: Judged, facts: tuple[Fact, ...], label: Labels) -> Beside:
    """A transfer beside what was documented, in words; `facts` are its own."""
    told = judged.explanation
    version = told.version
    if version is None:
        register, why = "", NOT_JUDGED[told.why]
    else:
        register = f"{version.register.title}, version {version.register.version}"
        why = VERSIONS[told.why].format(judged=told.judged)
    flow = told.flow.label if told.flow is not None else ""
    if not flow and version is not None:
        flow = f"{NO_FLOW}." if judged.sure else NOT_SURE
    return Beside(
        seq=None if version is None else version.seq,
        register=register,
        why=why,
        flow=flow,
        between=told.between if told.flow is not None else 0,
        items=tuple(_items(judged, {fact.path: fact for fact in facts}, label)),
        fields=tuple(_fields(judged, label)),
        checks=tuple(one for answer in told.answers for one in _asked(answer, label)),
        checked=judged.checked,
        since=judged.since,
    )
