"""The sentences of the checks of bases and conditions, safeguards, agreements, keeping, and small counts."""

from __future__ import annotations

_STATE = "Find out, and correct the entry so that it says so."
_GONE = "Nothing can be done from the record; ask those who made the transfer."
_BASIS = "Establish the lawful basis with the data protection officer and correct the entry."
_CONDITION = "Establish the condition with the data protection officer and correct the entry."
_ABROAD = "Agree on a safeguard with the recipient, or have the data returned."

_SPECIAL = "A condition for special categories of data, besides the lawful basis."
_OPEN = "A basis on which a public authority can carry out its tasks."
_SAFEGUARD = "A safeguard for data that goes to a country whose law is not counted as protecting it."
_SMALL = "No count below {e0} but 0."
_KEPT = "A day until which the recipient keeps the data, at most {e0} months after the transfer."

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("special-category-without-condition", "no-condition"): (
        _SPECIAL, "None is stated, and these went: {f:field}.", _CONDITION),
    ("special-category-without-condition", "not-stated"): (
        _SPECIAL, "None is stated, and nobody said which data items went.", _STATE),
    ("special-category-without-condition", "unlisted"): (
        _SPECIAL, "None is stated, and {f1} data item(s) went that nobody knows by the name typed.",
        "Find out whether one is of a special category; if so, establish the condition. Correct the entry."),
    ("special-category-without-condition", "erased"): (
        _SPECIAL, "None is stated, and what was typed for a data item was erased.", _GONE),
    ("basis-not-open-to-public-authority", "public-authority"): (
        _OPEN, "{f1:party} is a public authority, and relied on {f0:lawful_basis}.", _BASIS),
    ("basis-not-open-to-public-authority", "documented"): (
        _OPEN,
        "{f1:party} is a public authority, and relied on {f0:lawful_basis}. The register documents this as outside "
        "its tasks, which nobody can tell from the record.",
        "Ask the data protection officer whether this is outside the tasks of the authority."),
    ("basis-not-open-to-public-authority", "unknown"): (
        _OPEN, "{f0:lawful_basis} was relied on; whether {f1:party} is a public authority is not known.",
        "Record whether the organisation is a public authority."),
    ("basis-not-open-to-public-authority", "unlisted"): (
        _OPEN, "{f0:lawful_basis} was relied on, by a sender that is not a known one.",
        "Make the sender known as an organisation, or correct the entry."),
    ("schedule-1-condition-missing", "part-1"): (
        "A condition of Part 1 of Schedule 1 to the Data Protection Act 2018 as well.",
        "{f:lawful_basis} was relied on, and no such condition is stated.", _CONDITION),
    ("schedule-1-condition-missing", "part-2"): (
        "A condition of Part 2 of Schedule 1 to the Data Protection Act 2018 as well.",
        "{f:lawful_basis} was relied on, and no such condition is stated.", _CONDITION),
    ("schedule-1-condition-missing", "spans"): (
        "A condition of Schedule 1 to the Data Protection Act 2018 as well, from the day on which that was needed.",
        "{f0:lawful_basis} was relied on, and no such condition is stated; the transfer is dated {f1:date}.",
        "Find the day of the transfer, and correct the entry."),
    ("safeguard-missing", "none"): (_SAFEGUARD, "It went to a country with the code {f0}, and none is stated.",
        _ABROAD),
    ("safeguard-missing", "for-some"): (
        _SAFEGUARD, "It went to a country with the code {f0}, and none is stated. Only some there need none: {f1}.",
        "Find out whether the recipient is one of those; if not, agree on a safeguard, or have the data returned."),
    ("safeguard-missing", "spans"): (
        _SAFEGUARD,
        "It went to a country with the code {f0}, where none was needed on a part of the days: it is dated {f1:date}.",
        "Find the day of the transfer, and correct the entry."),
    ("small-numbers", "few"): (
        _SMALL, "A count is {f0}.",
        "Ask the recipient to delete the figures, and send them with small counts left out or put together."),
    ("small-numbers", "not-stated"): (_SMALL, "The smallest count is not stated.", _STATE),
    ("retention-missing", "not-stated"): (_KEPT, "None is stated.", _STATE),
    ("retention-exceeded", "longer"): (
        "Data kept until {e0:date} at the latest.", "The recipient keeps it until {f0:date}.",
        "Have it deleted earlier and correct the entry; no record can show that it was really destroyed."),
    ("agreement-missing", "none"): (
        "A sharing agreement.", "None is named.", "Find the agreement, or make one before the next transfer."),
    ("agreement-overdue", "overdue"): (
        "A transfer no later than {e0:date}, when the sharing agreement was to be looked at again.",
        "It is dated {f0:date}.", "Review the agreement; if that was done in time, correct the entry."),
    ("agreement-overdue", "spans"): (
        "A transfer no later than {e0:date}, when the sharing agreement was to be looked at again.",
        "It is dated {f0:date}, which goes beyond.",
        "Find the day of the transfer, and correct the entry."),
}  # fmt: skip

PASSES: dict[str, tuple[str, str]] = {
    "special-category-without-condition": (_SPECIAL, "Stated: {f:lawful_basis}."),
    "basis-not-open-to-public-authority": (
        _OPEN, "{f:lawful_basis} was relied on; the sender is no public authority."),
    "schedule-1-condition-missing": (
        "A condition of Schedule 1 to the Data Protection Act 2018, where article 9 needs one as well.",
        "The transfer relies on {f:lawful_basis}."),
    "safeguard-missing": (_SAFEGUARD, "The country's code, and the safeguard where one is stated: {f:safeguard}."),
    "small-numbers": (_SMALL, "The smallest count is {f0}; 0 shows nobody."),
    "retention-missing": (_KEPT, "The recipient keeps it until {f0:date}."),
    "retention-exceeded": (
        "Data kept until {e0:date} at the latest.",
        "The recipient keeps it until {f0:date}. No record can show that it was really destroyed then."),
    "agreement-missing": ("A sharing agreement.", "One is named."),
    "agreement-overdue": (SENTENCES["agreement-overdue", "overdue"][0], "It is dated {f0:date}."),
}  # fmt: skip

NOT_APPLICABLE: dict[str, str] = {
    "aggregate": "It is about more people than one, and no individual's data.",
    "at-home": "It is not said to have gone abroad.",
    "no-aggregate": "It is no aggregate, or not said to be one.",
    "no-review": "No day is known on which a sharing agreement is to be looked at again.",
    "no-schedule-1": "It relies on no paragraph of article 9 that needed a condition of Schedule 1 on its day.",
    "no-threshold": "The documented purposes set no smallest count.",
    "not-special": "Nothing of a special category went.",
    "open-to-all": "It relies on no basis that is closed to public authorities.",
    "retention-not-stated": "Nobody said until when it is kept, which retention-missing judges.",
}
