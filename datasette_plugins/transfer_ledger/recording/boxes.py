"""The boxes of a form that states a transfer: one for each column of the importer, in the order people think in.

What a box takes follows from its member's domain in `ledger.members`, so that the page and the command ask for the
same. What every transfer must state stands first, then what most do; the rest is folded away.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from ledger.intake.draft import COLUMNS
from ledger.members import REQUIRED, Erasable, Member
from ledger.register.read import load_law, load_vocabularies

Form = Literal["when", "party", "purpose", "text", "long", "date", "count", "one", "many", "words", "yes"]
"""How a box looks: `one` and `many` of listed codes, `words` a list to type, `yes` is yes or no, `long` has lines."""


class Box(NamedTuple):
    """One box: the `column` that it fills, its label, its hint, and the kind of names that it lists, "" for none."""

    column: str
    label: str
    form: Form
    hint: str
    kind: str

    @property
    def required(self) -> bool:
        """Whether every transfer must state it."""
        return self.column in REQUIRED


class Group(NamedTuple):
    """Boxes that belong together under a heading. A folded one is opened where something in it needs a look."""

    title: str
    boxes: tuple[Box, ...]
    folded: bool


_GROUPS: tuple[tuple[str, bool, str], ...] = (
    ("What every record states", False, "transferred_at sender recipient purpose fields"),
    ("What most records state", False, "subject_kind subject_count granularity channel"),
    ("Lawful basis", True, "lawful_basis special_category_condition legal_power"),
    ("The file that went", True, "payload_sha256 payload_bytes payload_media_type payload_rows"),
    ("Whose data it is", True, "schools year_groups key_stages age_min age_max phase subject_smallest"),
    ("Opt-outs", True, "opt_outs_checked opt_outs_excluded opt_outs_limited opt_outs_limited_to"),
    (
        "Request, approval and agreement", True,
        "request_date request_reference approval_role approval_date approver approval_reference agreement_reference "
        "agreement_review_on dpia_reference dpia_review_on",
    ),
    ("Recipient and retention", True, "recipient_role country safeguard retain_until onward_of"),
    ("Who sent it, and a note", True, "operator note"),
)  # fmt: skip

_LABELS = {
    "transferred_at": "When it went",
    "sender": "Who sent it",
    "recipient": "Who got it",
    "purpose": "What for",
    "fields": "Which data items",
    "subject_count": "How many people",
    "subject_kind": "Pupils or staff",
    "granularity": "Level of detail",
    "lawful_basis": "Lawful basis",
    "special_category_condition": "Condition for special categories",
    "legal_power": "Statute",
    "operator": "The person who sent it",
    "schools": "Schools whose pupils or staff it is about",
    "payload_sha256": "SHA-256 of the file",
}
_HINTS = {
    "transferred_at": "The day, as 2026-07-31. A time (2026-07-31T09:30) or an interval (2026-07-01/2026-07-31) may "
    "be given instead.",
    "sender": "An organisation, never a person.",
    "recipient": "An organisation, never a person.",
    "schools": "Only where the sender is no school. Put ; between several.",
    "opt_outs_limited_to": "Put ; between several.",
    "country": "Two capital letters, as GB; only where it went abroad.",
    "onward_of": "The id of the transfer that brought it here; origin#id for another ledger's. Put ; between several.",
    "operator": "Kept as an erasable value.",
    "approver": "Kept as an erasable value.",
    "note": "Kept as an erasable value. Name no pupil here: a note that seems to name a person is not taken.",
    "request_reference": "Kept as an erasable value. No name belongs in it.",
    "fields": "Names of data items, never what stands in them.",
}
_FORMS: dict[str, Form] = {
    "when": "when",
    "party": "party",
    "purpose": "purpose",
    "date": "date",
    "count": "count",
    "age": "count",
    "bool": "yes",
    "code": "one",
    "literal": "one",
}


def _box(column: str) -> Box:
    member = COLUMNS[column]
    label = _LABELS.get(column) or member.meaning[:1].upper() + member.meaning[1:].replace("`", "")
    form: Form = "long" if column == "note" else "text"
    kind = ""
    if isinstance(member, Member):
        domain, _, vocabulary = member.domain.partition(":")
        form = _FORMS.get(domain, "text")
        kind = vocabulary or (column if domain == "literal" else "field" if column == "fields" else "")
        if member.many:
            form = "many" if kind else "words"
    return Box(column, label, form, _HINTS.get(column, ""), kind)


@cache
def groups() -> tuple[Group, ...]:
    """Every box, in its group; the `id` has none, since the page draws one."""
    return tuple(
        Group(title, tuple(_box(column) for column in columns.split()), folded) for title, folded, columns in _GROUPS
    )


@cache
def boxes() -> dict[str, Box]:
    """Every box by its column."""
    return {box.column: box for group in groups() for box in group.boxes}


def path_of(column: str) -> str | None:
    """The sealed member that a column fills; None for an erasable value, which is not sealed in the clear."""
    member = COLUMNS[column]
    return None if isinstance(member, Erasable) else member.path


@cache
def options(box: Box) -> tuple[tuple[str, str], ...]:
    """The codes that a box lists, with what people call them, in the vocabulary's order; () where it lists none."""
    law = load_law()
    if box.kind == "lawful_basis":
        wanted = box.column == "lawful_basis"
        return tuple((one.id, one.label) for one in law.bases if (one.kind == "basis") is wanted)
    if box.kind == "legal_power":
        return tuple((one.id, one.label) for one in law.powers)
    return tuple((one.id, one.label) for one in load_vocabularies().terms(box.kind)) if box.kind else ()
