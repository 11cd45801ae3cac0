"""The questions that people ask about a transfer: what a documented flow says to each, and which checks judge it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ledger.register.model import Flow
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
    """An item: its name, the members whose values it shows, what a flow has of it, and the checks that judge it.

    `compared_by` are the checks that lay the members beside what the flow has; `checks` those that may find something
    in the members all the same, as ContactPoint's closing in the day, the parties and the purpose.
    """

    name: str
    members: tuple[str, ...]
    documented: Documented
    compared_by: tuple[str, ...]
    checks: tuple[str, ...] = ()


CONTACTPOINT_CHECKS = ("contactpoint-closed", "contactpoint-closing-day")

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Sender", ("sender",), _labels("party", lambda flow: flow.sender), ("sender-not-documented",),
        ("undocumented-flow", "correction-changes-recipient", *CONTACTPOINT_CHECKS),
    ),
    Question(
        "Recipient", ("recipient",), _labels("party", lambda flow: flow.recipient), ("undocumented-flow",),
        ("unknown-recipient", "recipient-closed", "recipient-name-near-miss", "correction-changes-recipient",
         *CONTACTPOINT_CHECKS),
    ),
    Question(
        "Purpose", ("purpose",), _labels("purpose", lambda flow: flow.purposes), ("undocumented-purpose",),
        ("purpose-vague", "statistical-use-exceeded", *CONTACTPOINT_CHECKS),
    ),
    Question(
        "Data items", (), _nothing, ("field-not-documented", "required-field-missing"),
        ("special-category-without-condition", "voluntary-field-routine"),
    ),
    Question(
        "Lawful basis", ("lawful_basis", "special_category_condition", "legal_power"),
        _labels("lawful_basis", lambda flow: flow.lawful_bases), ("lawful-basis-not-documented",),
        ("lawful-basis-missing", "lawful-basis-not-in-force", "basis-not-open-to-public-authority",
         "schedule-1-condition-missing", "special-category-without-condition"),
    ),
    Question("Level", ("granularity", "subjects.smallest"), _level, ("too-granular",), ("small-numbers",)),
    Question(
        "About whom", ("subjects.kind",), _labels("subject_kind", lambda flow: flow.subjects.kinds),
        ("subjects-not-documented",),
    ),
    Question("How many people", ("subjects.count",), _nothing, ()),
    Question("Ages", ("subjects.age_min", "subjects.age_max"), _ages, ("age-outside-limits",)),
    Question(
        "Phase of school", ("phase",), _labels("phase", lambda flow: flow.subjects.phases), ("phase-not-documented",),
    ),
    Question(
        "Key stages and year groups", ("subjects.key_stages", "subjects.year_groups"), _stages,
        ("key-stage-not-documented",),
    ),
    Question(
        "When", ("transferred_at",), _until, ("undocumented-flow",),
        ("register-not-in-force", "dated-in-future", "recorded-late", "register-backdated", "duplicate-transfer",
         "recipient-closed", "lawful-basis-not-in-force", *CONTACTPOINT_CHECKS),
    ),
    Question("How often", (), _often, ("frequency-exceeded",)),
    Question("When it is due", (), _due, ("expected-not-recorded",)),
    Question(
        "Opt-outs", ("opt_outs.checked", "opt_outs.excluded", "opt_outs.limited", "opt_outs.limited_to"), _opt_out,
        ("opt-out-not-honoured",), ("opt-out-differencing",),
    ),
    Question("Approval", ("approval.role", "approval.date"), _approval, ("approval-missing",)),
    Question("Agreement", ("agreement.review_on",), _agreement, ("agreement-missing",), ("agreement-overdue",)),
    Question("Kept until", ("retain_until",), _retention, ("retention-exceeded",), ("retention-missing",)),
    Question("Passed on from", ("onward_of",), _nothing, ("onward-not-documented",)),
    Question("Country", ("country", "safeguard"), _nothing, ("safeguard-missing",)),
    Question("Channel", ("channel",), _nothing, ()),
)  # fmt: skip
"""In the order in which people ask. A check that stands at none of them is among all checks alone."""
