"""What a transfer states before it has a place in the chain: names as ids, or kept as erasable text; never a guess.

A person types "QCA" or "Mrs Patel (mum)". A text that folds to exactly one known name becomes that name's id; any other
becomes `unlisted`, and the text an erasable value beside the entry. Codes that no vocabulary knows are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ledger import canonical, london
from ledger.entry import MAX_BYTES, NO_PREV, write
from ledger.errors import Refused
from ledger.forms import text_problem
from ledger.members import NOT_STATED, UNLISTED, Member, Transfer, members_of


class Lookup(Protocol):
    """Where known names are looked up: the ledger's `names`."""

    def find(self, kind: str, text: str) -> str | None:
        """The id that `text` means among the names of `kind`, or None."""

    def near(self, kind: str, text: str) -> list[str]:
        """Up to three ids of `kind` that are spelt most like `text`, for a sentence that helps."""


class Content(NamedTuple):
    """An entry before it has a place: its `members` (no seq, prev, salt, recorded_at) and erasable `texts`.

    `row` is the row of the file that it came in, where there is one.
    """

    members: dict[str, Any]
    texts: dict[str, str | tuple[str, ...]]
    row: int | None = None


_LOOKED_UP = ("party", "purpose", "field", "code", "literal")
_GIVEN = {
    "sender": "sender_as_given",
    "recipient": "recipient_as_given",
    "purpose": "purpose_as_given",
    "schools": "schools_as_given",
    "fields": "fields_as_given",
    "opt_outs.limited_to": "limited_to_as_given",
}


def _kind_of(member: Member) -> str:
    first, _, vocabulary = member.domain.partition(":")
    return vocabulary or (member.column or member.path if first == "literal" else first)


_FACT_MEMBERS = [
    (member, _kind_of(member), *member.path.partition(".")[::2])
    for member in members_of(Transfer)
    if not member.path.startswith(("batch", "onward_of", "_sd")) and member.domain.startswith(_LOOKED_UP)
]


def code(kind: str, text: str, member: Member, lookup: Lookup) -> str:
    """The code of vocabulary `kind` that `text` means for `member`; `Refused`, naming the nearest, for none."""
    found = lookup.find(kind, text)
    if found is None:
        near = lookup.near(kind, text)
        hint = f"; did you mean {' or '.join(near)}?" if near else "."
        raise Refused(f"{member.column or member.path}: {text[:60]!r} is not a known {kind.replace('_', ' ')}{hint}")
    return found


def settle(members: Mapping[str, Any], texts: Mapping[str, str], lookup: Lookup) -> Content:
    """What is sealed of a transfer (or refusal) that states `members` with names as typed.

    Known names become ids; an unknown party, purpose or field becomes `unlisted`, its text an erasable value.
    Lists become sorted sets, so that no order is sealed. Raises `Refused` for a code that no vocabulary knows:
    what it would mean cannot be understood.
    """
    sealed: dict[str, Any] = {key: value for key, value in members.items() if value not in (None, (), [], {})}
    given: dict[str, str | tuple[str, ...]] = dict(texts)
    for member, kind, outer, inner in _FACT_MEMBERS:
        holder = sealed.get(outer)
        if holder is None or (inner and inner not in holder):
            continue
        typed = holder[inner] if inner else holder
        values = [typed] if isinstance(typed, str) else list(typed)
        if kind in ("party", "purpose", "field"):
            found = {text: lookup.find(kind, text) for text in values}
            unknown = tuple(sorted({text for text, id_ in found.items() if id_ is None and text != UNLISTED}))
            ids = sorted({id_ or UNLISTED for id_ in found.values()})
            if unknown:
                given[_GIVEN[member.path]] = unknown if member.many else unknown[0]
        else:
            ids = sorted({code(kind, text, member, lookup) for text in values})
        settled = ids if member.many else ids[0]
        if inner:
            sealed[outer] = {**holder, inner: settled}
        else:
            sealed[outer] = settled
    if "onward_of" in sealed:
        unique = {(o.get("origin", ""), o["id"]): o for o in sealed["onward_of"]}
        sealed["onward_of"] = [unique[key] for key in sorted(unique)]
    if NOT_STATED in sealed.get("fields", ()) and len(sealed["fields"]) > 1:
        raise Refused("fields names data items and says not-stated too; leave not-stated out.")
    return Content(sealed, given)


def rehearse(content: Content) -> None:
    """Finds what sealing a transfer's `content` would find wrong, without a place in the chain. Raises `Refused`."""
    for name, value in content.texts.items():
        if (why := text_problem(name, value)) is not None:
            raise Refused(why)
    placed = {
        "kind": "transfer",
        "seq": canonical.MAX_INTEGER,
        "prev": NO_PREV,
        "salt": "A" * 22,
        "recorded_at": "2000-01-01T00:00:00Z",
        "batch": {"seq": canonical.MAX_INTEGER, "row": canonical.MAX_INTEGER},
    }
    data = write({"id": "x" * 64, **content.members, **placed})
    # Each erasable value adds its digest of 43 characters, quoted, with a comma.
    if len(data) + 46 * len(content.texts) + 8 > MAX_BYTES:
        raise Refused(f"The entry would have more than {MAX_BYTES:,} bytes; state less in one transfer.")


def when(text: str) -> dict[str, Any]:
    """The members that say when: `transferred_at` and what follows from it (see `london.parse`)."""
    moment = london.parse(text)
    members: dict[str, Any] = {"transferred_at": moment.at, "transferred_on": moment.on}
    if moment.until:
        members["transferred_until"] = moment.until
    if moment.offset_assumed:
        members["offset_assumed"] = True
    return members
