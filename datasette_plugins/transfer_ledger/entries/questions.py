"""The questions that people ask about a transfer: what a documented flow says to each, and which checks judge it.

A test lays `findings` beside the members that each check says its finding rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ledger.register.model import Flow
from reports.finding import Compared, Finding
from reports.wording import Labels

Documented = Callable[[Flow, Labels], Iterator[str]]
"""What a flow says to a question, in words; nothing where it sets no limit."""


def _labels(kind: str, of: Callable[[Flow], tuple[str, ...]]) -> Documented:
    return lambda flow, label: (label(one, kind) for one in of(flow))


def _ages(flow: Flow, label: Labels) -> Iterator[str]:
    ages = flow.subjects.ages
    if ages is not None:
        low, high = ages.min, ages.max
        yield f"up to {high}" if low is None else f"{low} and over" if high is None else f"{low} to {high}"


def _stages(flow: Flow, label: Labels) -> Iterator[str]:
    yield from (label(one, "key_stage") for one in flow.subjects.key_stages)
    yield from (label(one, "year_group") for one in flow.subjects.year_groups)


def _level(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.granularity is not None:
        yield f"nothing finer than: {label(flow.granularity, 'granularity')}"


def _until(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.permitted_until is not None:
        yield f"permitted until {label(flow.permitted_until, 'date')}"


def _often(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.frequency is not None:
        yield f"at most {flow.frequency.at_most} each {flow.frequency.per}"


def _approval(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.approval is not None:
        yield f"beforehand, by: {label(flow.approval.role, 'approval_role')}"


def _opt_out(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.opt_out is not None:
        yield f"can be opted out of by: {flow.opt_out.who}"


def _agreement(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.agreement is not None:
        yield "a sharing agreement"


def _retention(flow: Flow, label: Labels) -> Iterator[str]:
    if flow.retention is not None:
        yield flow.retention.text


def _due(flow: Flow, label: Labels) -> Iterator[str]:
    yield from (one.label for one in flow.expected)


def _nothing(flow: Flow, label: Labels) -> Iterator[str]:
    return iter(())


class Question(NamedTuple):
    """An item: its name, the members whose values it shows, what a flow has of it, and the checks that speak of it.

    `compared_by` are the checks that lay the flow's words beside these members: only they can call it documented, and
    `bound` is whether they do so only where they name a limit. `findings` are the checks whose findings are about it,
    as `marks` writes them.
    """

    name: str
    members: tuple[str, ...]
    documented: Documented
    compared_by: tuple[str, ...]
    findings: tuple[str, ...]
    bound: bool = False

    def documented_by(self, compared: Compared) -> bool:
        """Whether a check that passed laid something that is stated beside something that is documented."""
        return bool(compared.expected) if self.bound else not compared.expected or any(compared.found)


def marks(finding: Finding) -> frozenset[str]:
    """What a finding is called in `Question.findings`: its check, and that with its reason or with a value it found.

    So ContactPoint as a sender is told from ContactPoint as a recipient, and a flow that ended from one that is not
    documented.
    """
    values = (finding.reason, *map(str, finding.found))
    return frozenset((finding.check, *(f"{finding.check}/{value}" for value in values)))


def _contactpoint(way: str) -> tuple[str, str]:
    return f"contactpoint-closed/{way}", f"contactpoint-closing-day/{way}"


QUESTIONS: tuple[Question, ...] = (
    Question(
        "Sender", ("sender",), _labels("party", lambda flow: flow.sender), ("undocumented-flow",),
        ("sender-not-documented", "undocumented-flow/no-flow", *_contactpoint("from"),
         "correction-changes-recipient/sender", "basis-not-open-to-public-authority", "onward-not-documented"),
    ),
    Question(
        "Recipient", ("recipient",), _labels("party", lambda flow: flow.recipient), ("undocumented-flow",),
        ("unknown-recipient", "undocumented-flow/no-flow", "recipient-closed", "recipient-name-near-miss",
         *_contactpoint("to"), "correction-changes-recipient/recipient", "correction-removes-breach/recipient"),
    ),
    Question(
        "Purpose", ("purpose",), _labels("purpose", lambda flow: flow.purposes), ("undocumented-purpose",),
        ("undocumented-purpose", "purpose-vague", "statistical-use-exceeded", "onward-not-documented",
         *_contactpoint("for"), "correction-removes-breach/purpose"),
    ),
    Question(
        "Data items", (), _nothing, ("field-not-documented",),
        ("field-not-documented", "required-field-missing", "special-category-without-condition",
         "voluntary-field-routine", "opt-out-not-honoured"),
    ),
    Question(
        "Lawful basis", ("lawful_basis", "special_category_condition", "legal_power"),
        _labels("lawful_basis", lambda flow: flow.lawful_bases), ("lawful-basis-not-documented",),
        ("lawful-basis-missing", "lawful-basis-not-documented", "lawful-basis-not-in-force",
         "basis-not-open-to-public-authority", "schedule-1-condition-missing", "special-category-without-condition"),
    ),
    Question(
        "Level", ("granularity", "subjects.smallest"), _level, ("too-granular",),
        ("too-granular", "small-numbers", "statistical-use-exceeded"),
    ),
    Question(
        "About whom", ("subjects.kind",), _labels("subject_kind", lambda flow: flow.subjects.kinds),
        ("subjects-not-documented",), ("subjects-not-documented",),
    ),
    Question("How many people", ("subjects.count",), _nothing, (), ("small-numbers",)),
    Question(
        "Ages", ("subjects.age_min", "subjects.age_max"), _ages, ("age-outside-limits",), ("age-outside-limits",),
    ),
    Question(
        "Phase of school", ("phase",), _labels("phase", lambda flow: flow.subjects.phases), ("phase-not-documented",),
        ("phase-not-documented",),
    ),
    Question(
        "Key stages and year groups", ("subjects.key_stages", "subjects.year_groups"), _stages,
        ("key-stage-not-documented",), ("key-stage-not-documented", "age-outside-limits"),
    ),
    Question(
        "When", ("transferred_at",), _until, ("contactpoint-closed", "undocumented-flow"),
        ("contactpoint-closed", "contactpoint-closing-day", "undocumented-flow/ended", "undocumented-flow/ending",
         "register-not-in-force", "register-backdated", "dated-in-future", "recorded-late", "duplicate-transfer",
         "recipient-closed", "lawful-basis-not-in-force", "schedule-1-condition-missing", "safeguard-missing",
         "retention-exceeded", "agreement-overdue", "correction-removes-breach/transferred_at"),
        bound=True,
    ),
    Question("How often", (), _often, ("frequency-exceeded",), ("frequency-exceeded",)),
    Question("When it is due", (), _due, (), ("expected-not-recorded",)),
    Question(
        "Opt-outs", ("opt_outs.checked", "opt_outs.excluded", "opt_outs.limited", "opt_outs.limited_to"), _opt_out,
        ("opt-out-not-honoured",), ("opt-out-not-honoured", "opt-out-differencing"),
    ),
    Question("Approval", ("approval.role", "approval.date"), _approval, ("approval-missing",), ("approval-missing",)),
    Question(
        "Agreement", ("agreement.review_on",), _agreement, ("agreement-missing",),
        ("agreement-missing", "agreement-overdue"),
    ),
    Question(
        "Kept until", ("retain_until",), _retention, ("retention-exceeded",),
        ("retention-missing", "retention-exceeded"),
    ),
    Question(
        "Passed on from", ("onward_of",), _nothing, ("onward-not-documented",),
        ("onward-not-documented", "statistical-use-exceeded", *_contactpoint("onward")),
    ),
    Question("Country", ("country", "safeguard"), _nothing, (), ("safeguard-missing",)),
    Question("Channel", ("channel",), _nothing, (), ()),
)  # fmt: skip
"""In the order in which people ask. A check that stands at none of them is among all checks alone."""
