"""An entry in one sentence: what a governor would be told of it, without any value that is erasable."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.members import (
    NOT_STATED,
    UNLISTED,
    AnyEntry,
    Attestation,
    Batch,
    Closing,
    Confirmation,
    Correction,
    Erasure,
    Genesis,
    Key,
    Organisation,
    Person,
    Refusal,
    Register,
    Review,
    Transfer,
)
from ledger.people import ROLES
from reports.documents.findings import title, verdict_in_words
from reports.wording import Labels

MANY = 8
"""More data items than this, and the sentence only counts them; the list below names them."""

KINDS = {
    "genesis": "the beginning",
    "person": "a person",
    "organisation": "an organisation",
    "register": "documented purposes",
    "batch": "an import",
    "transfer": "a transfer",
    "correction": "a correction",
    "refusal": "a request that was refused",
    "review": "a decision",
    "confirmation": "a confirmation",
    "key": "signing keys",
    "erasure": "an erasure",
    "attestation": "an attested report",
    "closing": "the end",
}
"""Kinds of entries in words, as they stand after “Entry 5: ”."""


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:-1]) + f" and {texts[-1]}" if len(texts) > 1 else texts[0]


def _items(fields: Sequence[str], label: Labels) -> str:
    if NOT_STATED in fields:
        return "data that nobody stated"
    if len(fields) > MANY:
        return f"{len(fields)} data items"
    return _listed(
        [label(one, "field") for one in fields if one != UNLISTED] + ["what is unlisted"] * (UNLISTED in fields)
    )


def _party(id_: str | None, who: str, label: Labels) -> str:
    return f"an unlisted {who}" if id_ in (None, UNLISTED) else label(str(id_), "party")


def _purpose(id_: str | None, label: Labels) -> str:
    return "an unlisted purpose" if id_ in (None, UNLISTED) else f"“{label(str(id_), 'purpose')}”"


def _transfer(one: Transfer | Correction, label: Labels) -> str:
    if isinstance(one, Correction) and one.withdrawn:
        return f"This withdraws the transfer {one.id}: it is as if it had not been stated."
    subjects, at = one.subjects, one.transferred_at or ""
    about = ""
    if subjects is not None and subjects.count is not None:
        people = {"pupil": "pupils", "workforce": "members of staff"}.get(subjects.kind or "", "people")
        about = f", about {subjects.count:,} {people},"
    sender, recipient = _party(one.sender, "sender", label), _party(one.recipient, "recipient", label)
    when = f"{'From' if '/' in at else 'On'} {label(at, 'date')}" if at else "On a day that is not stated"
    what = _items(one.fields, label) if one.fields else "data that nobody stated"
    return f"{when}, {sender} sent {what}{about} to {recipient}, for {_purpose(one.purpose, label)}."


def _refusal(one: Refusal, label: Labels) -> str:
    asked = _items(one.fields, label) if one.fields else "data"
    purpose = f" for {_purpose(one.purpose, label)}" if one.purpose else ""
    done = "refused" if one.outcome == "refused" else "met in part only"
    who, day = _party(one.recipient, "recipient", label), label(one.refused_on.isoformat(), "date")
    ground = label(one.ground, "refusal_ground")
    return f"On {day}, what {who} asked for, {asked}{purpose}, was {done}: {ground[:1].lower()}{ground[1:]}."


def _organisation(one: Organisation, label: Labels) -> str:
    phase = f", {label(one.phase, 'phase').lower()}" if one.phase else ""
    closed = f"; it closed on {label(one.closed.isoformat(), 'date')}" if one.closed else ""
    role = label(one.role, "role")
    return f"{one.name} is known from here on as {one.id}, which plays the role “{role}”{phase}{closed}."


def _span(one: Register, label: Labels) -> str:
    until = f"to {label(one.effective_until.isoformat(), 'date')}" if one.effective_until else "on"
    return f"from {label(one.effective_from.isoformat(), 'date')} {until}"


_KEYS = {
    "new": "The ledger is signed from here on by",
    "rotation": "The signing key was changed; from here on the ledger is signed by",
    "replacement": "The signing key was replaced after a loss; from here on the ledger is signed by",
}


def sentence(one: AnyEntry, label: Labels) -> str:
    """What the entry states, in one sentence."""
    if isinstance(one, Transfer | Correction):
        return _transfer(one, label)
    if isinstance(one, Refusal):
        return _refusal(one, label)
    if isinstance(one, Organisation):
        return _organisation(one, label)
    if isinstance(one, Genesis):
        after = (
            f" It follows {one.continues.origin}, which had {one.continues.size:,} entries." if one.continues else ""
        )
        return f"Here begins the ledger {one.origin}, which {one.organisation} keeps.{after}"
    if isinstance(one, Register):
        return (
            f"The documented purposes {one.register}, version {one.version}, were adopted; they judge what was sent "
            f"{_span(one, label)}."
        )
    if isinstance(one, Batch):
        return f"An import brought {one.rows:,} transfer{'' if one.rows == 1 else 's'}, which follow."
    if isinstance(one, Review):
        said = "is the subject of advice by the data protection officer" if one.advice else "was decided about"
        return f"A finding (“{title(one.check)}”) {said}: {verdict_in_words(one.decision, one.due)}."
    if isinstance(one, Person):
        outside = " outside the organisation" if one.outside else ""
        return f"The person with the code {one.code}{outside} has the role “{ROLES[one.role]}” from here on."
    if isinstance(one, Confirmation):
        entries = _listed([str(seq) for seq in one.confirms[:MANY]])
        more = f" and {len(one.confirms) - MANY:,} more" if len(one.confirms) > MANY else ""
        noun = "entry" if len(one.confirms) == 1 else "entries"
        return f"A second person confirmed {noun} {entries}{more}: corrections or decisions that removed a finding."
    if isinstance(one, Key):
        names = [key.partition("+")[0] for key in one.keys]
        return f"{_KEYS[one.action]} {_listed(names) if names else 'nobody'}."
    if isinstance(one, Erasure):
        ground = label(one.ground, "erasure_ground")
        return f"The value “{one.name}” of entry {one.erases.seq} was erased: {ground[:1].lower()}{ground[1:]}."
    if isinstance(one, Attestation):
        return (
            f"A report that speaks of {label(one.as_of.isoformat(), 'date')}, made from the first {one.size:,} entries,"
            f" is sealed by the digest of its file."
        )
    assert isinstance(one, Closing)
    after = f" The ledger {one.successor} follows it." if one.successor else ""
    ground = label(one.ground, "closing_ground")
    return f"Here the ledger ends: {ground[:1].lower()}{ground[1:]}.{after}"
