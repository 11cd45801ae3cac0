"""The sentences of the checks that compare a transfer with its documented flow, or with ContactPoint's end."""

from __future__ import annotations

_STOP = "Stop these transfers, tell the data protection officer, and establish where the data is now."
_DELETE = "Ask the recipient to delete what it should not have, and mend the export."
_STATE = "Find out, and correct the entry so that it says so."
_GONE = "Nothing can be done from the record; ask those who made the transfer."
_TIME = "Find the time of the transfer in the system that sent it, and correct the entry."
_LETTERS = "Find out what was meant, and correct the entry with the name typed in plain letters."
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
    ("unknown-recipient", "looks-like"): (
        "A recipient that the documented purposes name.",
        "{f:party} looks like a name of {e:party}, but is written with other letters.", _LETTERS),
    ("undocumented-flow", "no-flow"): (
        "A flow that the documented purposes describe.", "None is documented from {f0:party} to {f1:party}.",
        "Stop the transfers, or have the notice changed before the next one."),
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
    ("undocumented-purpose", "looks-like"): (
        "One of the documented purposes.",
        "{f:purpose} looks like a name of {e:purpose}, but is written with other letters.", _LETTERS),
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
    "lawful-basis-missing": ("A lawful basis.", "The transfer relies on {f:lawful_basis}."),
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
    "no-flow": "No flow is documented between the two, which undocumented-flow or sender-not-documented judges.",
    "no-limit": "The documented flow sets no limit here.",
    "no-use": "It does not use ContactPoint.",
    "not-closed": "The recipient is not known to have closed.",
    "nothing-stopped": "Nothing is known to have gone that an opt-out stops.",
    "unknown-recipient": "Nobody knows the recipient, which unknown-recipient judges.",
    "workforce": "It is about staff.",
}
"""Why a check does not apply to a transfer, by the code that it gives."""
