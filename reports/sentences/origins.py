"""The sentences of the checks of where data came from, by whose name, and under which register."""

from __future__ import annotations

_STATE = "Find out, and correct the entry so that it says so."
_GONE = "Nothing can be done from the record; ask those who made the transfer."
_DELETE = "Ask the recipient to delete what it should not have, and send an aggregate instead."
_LETTERS = "Find out who was meant, and correct the entry with the name typed in plain letters."
_CITED = "Look at which transfer brought the data, and correct the entry."
_WHY = "Have somebody other than who corrected it look at why, and keep what shows who it really was."

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("onward-not-documented", "not-documented"): (
        "Passed on for what it came for: {e:purpose}.",
        "It was passed on for: {f0:purpose}. Transfer {f1} had brought it.",
        "Stop passing it on, or have the notice changed before the next time."),
    ("onward-not-documented", "not-the-recipient"): (
        "Passed on by whom it came to: {e:party}.",
        "{f0:party} passed it on, and is not known to be who got it by transfer {f1}.", _CITED),
    ("onward-not-documented", "erased"): (
        "Passed on for what it came for.", "The purpose was not a known one, and {f0:purpose} was erased. Transfer "
        "{f1} had brought the data.", _GONE),
    ("onward-not-documented", "other-ledger"): (
        "A transfer of this ledger that brought the data.", "Another ledger's transfer brought it: {f0}.",
        "Ask for that transfer's purpose, and compare it with this one's."),
    ("onward-not-documented", "not-found"): (
        "A transfer of this ledger that brought the data.", "Transfer {f0} is not in this ledger, or was withdrawn.",
        _CITED),
    ("statistical-use-exceeded", "flow"): (
        "A use for statistics only, or nothing about single people.",
        "Individual data went for: {f0:purpose}.", _DELETE),
    ("statistical-use-exceeded", "flow-not-stated"): (
        "A use for statistics only, or nothing about single people.",
        "It went for: {f0:purpose}. The level is not stated.", _STATE),
    ("statistical-use-exceeded", "onward"): (
        "A use for statistics only, or nothing about single people.",
        "Individual data was passed on for: {f0:purpose}. Transfer {f1} had brought it for statistics only.",
        _DELETE),
    ("statistical-use-exceeded", "onward-not-stated"): (
        "A use for statistics only, or nothing about single people.",
        "It was passed on for: {f0:purpose}. Transfer {f1} had brought it for statistics only, and the level is not "
        "stated.", _STATE),
    ("sender-not-documented", "unlisted"): (
        "A sender that the documented purposes name.", "Nobody knows {f0:party}.",
        "Make the sender known as an organisation, or correct the entry."),
    ("sender-not-documented", "sends-nothing"): (
        "A sender that the documented purposes name.", "No flow is documented from {f0:party} to anybody.",
        "Stop the transfers, correct the sender, or have the notice changed before the next one."),
    ("sender-not-documented", "erased"): (
        "A sender that the documented purposes name.",
        "The sender was not a known one, and {f0:party} was erased.", _GONE),
    ("sender-not-documented", "looks-like"): (
        "A sender that the documented purposes name.",
        "{f0:party} looks like a name of {e:party}, but is written with other letters.", _LETTERS),
    ("register-not-in-force", "none"): (
        "A day that an adopted version of the documented purposes covers (the nearest: {span}).",
        "It is dated {f0:date}, which none covers.",
        "Adopt the version that was in force then, or correct the date."),
    ("register-not-in-force", "spans"): (
        "Days that one version of the documented purposes covers ({span}).",
        "It is dated {f0:date}, which reaches beyond.",
        "Record what went before and what went after as two transfers, or correct the date."),
    ("recipient-name-near-miss", "nearly"): (
        "A known name. It may be: {e:party}.", "{f0:party} is nearly that name, and nobody's.",
        "Find out who was meant, and correct the entry or add the name."),
    ("purpose-vague", "vague"): (
        "A purpose that says what the data is used for.", "{f0:purpose} says so little that it limits nothing.",
        "Say what the data is really used for, here and in the notice."),
    ("correction-changes-recipient", "recipient"): (
        "The recipient that was stated before: {e0:party}.", "The correction names {f0:party} instead.", _WHY),
    ("correction-changes-recipient", "sender"): (
        "The sender that was stated before: {e0:party}.", "The correction names {f0:party} instead.", _WHY),
}  # fmt: skip

PASSES: dict[str, tuple[str, str]] = {
    "onward-not-documented": (
        "Passed on for what it came for, or by a flow that may pass it on whatever it came for.",
        "It was passed on for {e0:purpose}; what brought it: {f}."),
    "statistical-use-exceeded": (
        SENTENCES["statistical-use-exceeded", "flow"][0], "It went for: {f0:purpose}, at the level: {level}."),
    "sender-not-documented": (SENTENCES["sender-not-documented", "unlisted"][0], "It came from {f0:party}."),
    "register-not-in-force": (SENTENCES["register-not-in-force", "spans"][0], "It is dated {f0:date}."),
    "recipient-name-near-miss": (
        "A text that is not nearly a known name.", "Nothing known is nearly {f0:party}."),
    "purpose-vague": (SENTENCES["purpose-vague", "vague"][0], "The purpose stated is {f0:purpose}."),
    "correction-changes-recipient": (
        "The sender and the recipient that were stated before.", "It still went from {f0:party} to {f1:party}."),
}  # fmt: skip

NOT_APPLICABLE: dict[str, str] = {
    "known-recipient": "The recipient's name is a known one.",
    "name-erased": "The name that was typed was erased.",
    "no-correction": "It corrects no earlier statement.",
    "no-register": "No register of documented purposes is adopted.",
    "no-sender": "The sender sends in no documented flow, which sender-not-documented judges.",
    "not-onward": "It is not known to pass on what another transfer brought.",
    "not-replaced": "The statement that it replaces is not known here.",
    "not-statistical-only": "The data is not known to be for statistics only.",
    "purpose-unknown": "Nobody knows the purpose, which undocumented-purpose judges.",
}
