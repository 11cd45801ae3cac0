"""The sentences of the checks of what several transfers, or none, show together; and of decisions that are overdue."""

from __future__ import annotations

_CONFIRM = "Check what supports the change. Then have somebody confirm it who neither recorded nor corrected it."

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("frequency-exceeded", "beyond"): (
        "No more transfers than {e0} in each {e1}.",
        "So many had gone already in the {e1} from {f0:date}; this one is beyond them.",
        "Send less often, or have the notice changed before the next one."),
    ("frequency-exceeded", "outside-terms"): (
        "No more transfers than {e0} in each {e1}.", "It is dated {f0:date}, outside every term.",
        "Find out which term it belongs to, and state the terms in the register."),
    ("opt-out-differencing", "more"): (
        "Opt-outs honoured alike whenever the same data goes within {e0} days.",
        "Transfer {f0} of {f1:date} left out or limited those who had opted out, and this one nobody: the two together "
        "show who they are.",
        "Ask the recipient to delete this one, and honour the opt-outs every time."),
    ("opt-out-differencing", "fewer"): (
        "Opt-outs honoured alike whenever the same data goes within {e0} days.",
        "This one left out or limited those who had opted out, and transfer {f0} of {f1:date} nobody: the two together "
        "show who they are.",
        "Ask the recipient to delete the earlier one, and honour the opt-outs every time."),
    ("voluntary-field-routine", "always"): (
        "Not every time what people need not give.",
        "{f0:field} is voluntary, and went with every transfer of {f1:party} by the flow “{f3:flow}” in {f2}.",
        "Find out whether people are told that they need not give it."),
    ("register-backdated", "batch"): (
        "Documented purposes adopted by the day of the transfer.",
        "They were adopted on {f0:date}, after the dates of {f1} transfers in this import.",
        "Keep what shows which notice people had been given by then."),
    ("register-backdated", "entry"): (
        "Documented purposes adopted by the day of the transfer.", "They were adopted on {f0:date}, after its date.",
        "Keep what shows which notice people had been given by then."),
    ("documented-but-never-used", "never"): (
        "Each documented flow used.", "The flow “{f0:flow}” was not used in the school year {f1}.",
        "Find out whether it was used and not recorded; if nobody needs it, take it out of the notice."),
    ("expected-not-recorded", "missing"): (
        "Transfers recorded that are due.",
        "{f2} was due from {f0:party} between {f3:date} and {f4:date}, by the flow “{f1:flow}”; none is recorded.",
        "Find out whether it was sent, and record it; otherwise find out why not."),
    ("correction-removes-breach", "changed"): (
        "A second person's confirmation where a correction removes a breach ({e}).",
        "Entry {f0} changed: {changed}.", _CONFIRM),
    ("correction-removes-breach", "withdrawn"): (
        "A second person's confirmation where a withdrawal removes a breach ({e}).",
        "Entry {f0} withdrew the transfer.", _CONFIRM),
    ("unresolved-finding-overdue", "overdue"): (
        "Each decision looked at again by the day that it names.",
        "A finding of {f3} on entry {f4} was decided ({f1}) until {f2:date}. That day is over, and the finding stands.",
        "Look at the finding again, and decide anew."),
}  # fmt: skip

PASSES: dict[str, tuple[str, str]] = {
    "frequency-exceeded": (
        SENTENCES["frequency-exceeded", "beyond"][0], "It is among so many in the {e1} from {f0:date}."),
    "opt-out-differencing": (
        SENTENCES["opt-out-differencing", "more"][0],
        "It is dated {f0:date}, and the same data went with opt-outs treated otherwise in no transfer shortly before."),
    "voluntary-field-routine": (
        "Not every time what people need not give: {e:field}.",
        "It counts as one transfer of the school year {f0}; all of that year together show whether it is routine."),
    "register-backdated": (
        SENTENCES["register-backdated", "entry"][0], "They were adopted on {e0:date}; it is dated {f0:date}."),
    "documented-but-never-used": (
        SENTENCES["documented-but-never-used", "never"][0], "It uses its flow in the school year {f0}."),
    "expected-not-recorded": ("Transfers recorded that are due: {e}.", "One is recorded, dated {f0:date}."),
    "correction-removes-breach": (
        "A second person's confirmation where a correction removes a breach.", "No correction here removed one."),
    "unresolved-finding-overdue": (
        SENTENCES["unresolved-finding-overdue", "overdue"][0], "No decision is past its day."),
}  # fmt: skip

NOT_APPLICABLE: dict[str, str] = {
    "fields-untold": "It is not known which data items went.",
    "not-comparable": "Who sent it, who got it or what went is not wholly known, so it is compared with no other.",
    "on-decisions": "It is about decisions on findings, and not about a transfer.",
    "opt-outs-untold": "It is not stated whether anybody was left out for having opted out.",
}
