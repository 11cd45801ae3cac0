"""What was sent beside what was documented, item by item, and in words whether the two are the same.

Each item is one question that people ask about a transfer: who got it, what for, which data, on what basis. What the
checks answer to it stands in its last column; what none of them judges is said to have no limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from datasette_plugins.transfer_ledger.entries.facts import Fact
from datasette_plugins.transfer_ledger.entries.found import headline, kind_in_words
from datasette_plugins.transfer_ledger.entries.judged import NOT_COMPARED, TYPED, Judged
from datasette_plugins.transfer_ledger.entries.questions import QUESTIONS, Question, marks
from ledger.members import NOT_STATED, UNLISTED
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
NOT_STATED_HERE = "Not stated, so there is nothing to compare."
NOT_ALONE = "Not compared for a single transfer."
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
    """A transfer beside what was documented. `register` and `flow` are what judges, in words; `why` why it does.

    `found` are the checks' findings, a line each, and `breach` whether one of them is of a breach.
    """

    seq: int | None
    register: str
    why: str
    flow: str
    between: int
    items: tuple[Item, ...]
    fields: tuple[Field, ...]
    checks: tuple[Asked, ...]
    found: tuple[str, ...]
    breach: bool
    checked: bool
    since: int


_OF_FIELDS = next(ask.findings for ask in QUESTIONS if ask.name == "Data items")
_OUTCOME: dict[str, Verdict] = {"breach": "other", "cannot-tell": "unsure", "advisory": "unsure"}


def _verdict(ask: Question, judged: Judged, limited: bool) -> tuple[Verdict, tuple[Said, ...]]:
    """What the comparison of an item came to: what was found about it, or else what the check that compares it says."""
    told = judged.explanation
    found = [one for answer in told.answers for one in answer.findings if not marks(one).isdisjoint(ask.findings)]
    if found:
        worst: Verdict = "other" if any(_OUTCOME[one.outcome] == "other" for one in found) else "unsure"
        return worst, tuple(Said(f"{headline(one)}.", one.key if judged.checked else "") for one in found)
    answers = {answer.check: answer for answer in told.answers}
    by = [answers[check] for check in ask.compared_by]
    about = (answers[name.partition("/")[0]] for name in ask.findings)
    untold = next((one for one in (*by, *about) if one.verdict == "not-run"), None)
    if untold is not None:
        return "unsure", (Said(_WHY[untold.why], ""),)
    if told.version is None:
        return "none", (Said(NOT_JUDGED[told.why], ""),)
    if told.flow is None:
        said = f"{NO_FLOW} to compare it with." if judged.sure else NOT_COMPARED[TYPED]
        return "none" if judged.sure else "unsure", (Said(said, ""),)
    compared = [one.compared for one in by if one.compared is not None]
    if any(map(ask.documented_by, compared)):
        return "same", (Said("As documented.", ""),)
    if compared and not ask.bound:
        return "none", (Said(NOT_STATED_HERE, ""),)
    why = next((one.why for one in by if one.why), "no-limit")
    return "none", (Said(NO_LIMIT if not limited else _WHY[why] if by else NOT_ALONE, ""),)


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
    flow = judged.explanation.flow
    for ask in QUESTIONS:
        sent = tuple(_sent(ask, facts))
        documented = () if flow is None else tuple(ask.documented(flow, label))
        if ask.name == "Data items":
            listed = facts["fields"].values if "fields" in facts else ()
            sent = (f"{len(listed)} named below",) if listed else ()
            documented = () if flow is None else (f"{len(flow.fields.all)} may go",)
        verdict, said = _verdict(ask, judged, bool(documented))
        if sent or documented or verdict in ("other", "same"):
            yield Item(ask.name, sent, documented, verdict, said)


def _fields(judged: Judged, label: Labels) -> Iterator[Field]:
    """The data items one by one: those of a finding as it says, the others as the check of data items compared them."""
    told, facts = judged.explanation, judged.explanation.recorded.facts
    answers = {answer.check: answer for answer in told.answers}
    by = answers["field-not-documented"]
    laid = by.findings[0].expected if by.findings else () if by.compared is None else by.compared.expected
    how: dict[str, str] = {}
    if told.flow is not None:
        for name in ("voluntary", "permitted", "required"):
            how |= dict.fromkeys(getattr(told.flow.fields, name), name)
    found: dict[str, list[Finding]] = {}
    for one in (finding for check in _OF_FIELDS for finding in answers[check].findings):
        for id_ in one.found:
            found.setdefault(str(id_), []).append(one)
    for id_ in facts.fields:
        sent, documented = id_ != NOT_STATED, how.get(id_, "")
        name = "Not stated" if not sent else "What is unlisted" if id_ == UNLISTED else label(id_, "field")
        verdict: Verdict = "none"
        if of := found.get(id_):
            verdict = "other" if any(one.outcome == "breach" for one in of) else "unsure"
            said = " ".join(f"{headline(one)}." for one in of)
        elif not sent:
            verdict, said = "unsure", "Nobody said which data items went."
        elif id_ == UNLISTED:
            verdict, said = "unsure", NOT_COMPARED[TYPED]
        elif told.flow is None:
            said = "Sent; no documented flow says whether it may go."
        elif by.verdict == "not-run":
            verdict, said = "unsure", _WHY[by.why]
        elif id_ in laid:
            verdict, said = "same", "Sent, and documented."
        else:
            verdict, said = "other", "Sent, and not documented."
        yield Field(id_, name, sent, documented, verdict, said)
    untold = not {UNLISTED, NOT_STATED}.isdisjoint(facts.fields)
    for id_ in sorted(how.keys() - set(facts.fields), key=lambda one: (how[one] != "required", label(one, "field"))):
        of = found.get(id_, [])
        missing: Verdict = "other" if any(one.outcome == "breach" for one in of) else "unsure" if of else "none"
        said = "Documented as required, not sent." if of else "Documented, not sent."
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
            yield Asked(answer.check, name, kind_in_words(one), words.expected, words.found, one.citation, "")
    else:
        yield Asked(answer.check, name, verdict, "", "", "", _WHY[answer.why])


def beside(judged: Judged, facts: tuple[Fact, ...], label: Labels) -> Beside:
    """A transfer beside what was documented, in words; `facts` are its own."""
    told = judged.explanation
    found = [one for answer in told.answers for one in answer.findings]
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
        found=tuple(map(headline, found)),
        breach=any(one.outcome == "breach" for one in found),
        checked=judged.checked,
        since=judged.since,
    )
