"""Kinds of problem as governors read them: what happened, what to decide about it, and who answers for that.

The words of `wording` are for those who know the record; these are for people who have ten minutes and no jargon. They
speak of a kind, never of one transfer.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from reports.finding import Outcome

Role: TypeAlias = Literal["officer", "head", "chair", "business"]

_CONTACTPOINT = "Make sure that nothing uses ContactPoint again, and find out where the data is now."
_NOTICE = "Stop sending this data, or change our privacy notice first."
_BACK = "Ask for the extra data to be deleted, and change what we send."
_LAW = "Agree on the legal reason, or stop sending this data."
_RECORD = "Have the record put right."
_SMALL = "Ask for the figures to be deleted, and send them without small numbers."


class Kind(NamedTuple):
    """A kind of problem. `what` is a clause that also stands after "whether"; `decide` is what is asked for."""

    what: str
    decide: str
    role: Role


KINDS: dict[str, Kind] = {
    "contactpoint-closed": Kind("ContactPoint was used after it was switched off", _CONTACTPOINT, "officer"),
    "contactpoint-closing-day": Kind(
        "ContactPoint was used after noon on its last day", "Find out the time of each use on that day.", "officer"
    ),
    "unknown-recipient": Kind(
        "data went to an organisation that nobody here knows",
        "Find out who got the data, or stop sending it.",
        "officer",
    ),
    "undocumented-flow": Kind("data went to an organisation that our privacy notice does not name", _NOTICE, "head"),
    "undocumented-purpose": Kind("data went for a reason that our privacy notice does not give", _NOTICE, "head"),
    "onward-not-documented": Kind(
        "data was passed on for a reason that our privacy notice does not give", _NOTICE, "head"
    ),
    "statistical-use-exceeded": Kind(
        "data that was meant only for counting was used about single people", _BACK, "officer"
    ),
    "sender-not-documented": Kind("data was sent by somebody who may not send it", _NOTICE, "head"),
    "register-not-in-force": Kind(
        "our privacy notice was in force when data went",
        "Say from which day to which day our privacy notice holds.",
        "chair",
    ),
    "recipient-name-near-miss": Kind(
        "the name of an organisation that received data was misspelt", _RECORD, "business"
    ),
    "purpose-vague": Kind("the reason given was too vague", "Have the real reason written down.", "business"),
    "correction-changes-recipient": Kind(
        "the record was changed to name another organisation", "Find out why, and which of the two is right.", "officer"
    ),
    "correction-removes-breach": Kind(
        "a change to the record removed a problem, and nobody else has checked it",
        "Ask a second person to check the change.",
        "officer",
    ),
    "field-not-documented": Kind("more data went than our privacy notice says", _BACK, "officer"),
    "required-field-missing": Kind(
        "data went without a part that it should have had",
        "Check what we send, and send the rest.",
        "business",
    ),
    "lawful-basis-missing": Kind("data went with no legal reason written down", _LAW, "officer"),
    "lawful-basis-not-documented": Kind(
        "data went for another legal reason than our privacy notice gives", _LAW, "officer"
    ),
    "lawful-basis-not-in-force": Kind("the legal reason given was not law on that day", _LAW, "officer"),
    "special-category-without-condition": Kind(
        "very sensitive data, such as on health, went without the extra legal reason that it needs", _LAW, "officer"
    ),
    "basis-not-open-to-public-authority": Kind("a legal reason was used that is not open to us", _LAW, "officer"),
    "schedule-1-condition-missing": Kind("a second legal reason was needed and not given", _LAW, "officer"),
    "safeguard-missing": Kind(
        "data went abroad without the protection that it needs",
        "Agree on how the data is kept safe there, or ask for it back.",
        "officer",
    ),
    "small-numbers": Kind("figures went out that were small enough to point to a person", _SMALL, "officer"),
    "retention-missing": Kind(
        "it was agreed how long the data may be kept",
        "Agree with the other side how long it keeps data.",
        "business",
    ),
    "retention-exceeded": Kind(
        "data is kept for longer than our privacy notice says", "Ask for the data to be deleted in time.", "business"
    ),
    "agreement-missing": Kind(
        "data went without a written agreement to share it", "Sign an agreement before more data goes.", "head"
    ),
    "agreement-overdue": Kind(
        "data went under an agreement that was due for a fresh look", "Look at the agreement again.", "head"
    ),
    "too-granular": Kind("data showed more of each person than our privacy notice says", _BACK, "officer"),
    "age-outside-limits": Kind("data went about people of an age that our privacy notice leaves out", _BACK, "officer"),
    "subjects-not-documented": Kind("data went about the wrong group of people", _BACK, "officer"),
    "phase-not-documented": Kind(
        "data came from a kind of school that our privacy notice leaves out", _BACK, "officer"
    ),
    "key-stage-not-documented": Kind(
        "data went about stages of school that our privacy notice leaves out", _BACK, "officer"
    ),
    "opt-out-not-honoured": Kind(
        "data went about people who had said no", "Ask for that data to be deleted, and honour each no.", "head"
    ),
    "approval-missing": Kind(
        "data went before the right person had approved it", "Get the approval, or ask for the data back.", "head"
    ),
    "recipient-closed": Kind(
        "data went to an organisation that had closed down",
        "Find out who got the data, and stop sending it.",
        "business",
    ),
    "recorded-late": Kind("data was written down late", "Have each transfer recorded when it is made.", "business"),
    "dated-in-future": Kind("a transfer has the right date", _RECORD, "business"),
    "duplicate-transfer": Kind("the same transfer was recorded twice", _RECORD, "business"),
    "frequency-exceeded": Kind(
        "data went more often than our privacy notice says", "Send this data less often.", "business"
    ),
    "opt-out-differencing": Kind(
        "two sets of data, side by side, show who had said no",
        "Ask for one set to be deleted, and honour each no.",
        "head",
    ),
    "voluntary-field-routine": Kind(
        "data that people need not give was always sent", "Tell people that they need not give it.", "head"
    ),
    "register-backdated": Kind(
        "data was judged by a notice that came later",
        "Check that our privacy notice was public on the day that it claims.",
        "chair",
    ),
    "documented-but-never-used": Kind(
        "our privacy notice names sharing that never took place",
        "Take it out of our privacy notice, or find the records.",
        "business",
    ),
    "expected-not-recorded": Kind(
        "data that was due to go did go",
        "Find out whether it went, and record it.",
        "business",
    ),
    "unresolved-finding-overdue": Kind(
        "a problem was put off, and that time has run out", "Settle what was put off, or set a new date.", "chair"
    ),
}
"""By check. `test_governors` compares it with the list of checks."""

_ONLY_UNSURE = {"contactpoint-closing-day", "register-not-in-force", "retention-missing", "expected-not-recorded"}
# What is to be decided on these is said for the case that nobody can tell: there is no other.


def problem(check: str, outcome: Outcome) -> str:
    """What happened, as a sentence of its own."""
    what = KINDS[check].what
    if outcome == "cannot-tell":
        return f"We cannot tell whether {what}."
    return f"{what[:1].upper()}{what[1:]}."


def decide(check: str, outcome: Outcome) -> str:
    """What is to be decided about it."""
    if outcome == "cannot-tell" and check not in _ONLY_UNSURE:
        return "Find out, and have the record put right."
    return KINDS[check].decide
