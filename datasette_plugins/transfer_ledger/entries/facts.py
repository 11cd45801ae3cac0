"""The members of an entry as people read them: names in words, labels for ids, what each means."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from ledger.members import Member, members_of
from reports.wording import Labels

SEALING = frozenset({"seq", "prev", "salt", "_sd", "recorded_at", "id"})
"""Members that place and seal an entry; they stand in its heading and under its seal, not among its facts."""

FIRST = ("transferred_at", "transferred_on", "transferred_until", "sender", "recipient", "purpose", "fields")
"""What people ask first about a transfer; the other members follow by name."""


class Shown(NamedTuple):
    """One value: as people read it, as it was sealed where that differs, and the entry that it points at."""

    text: str
    sealed: str
    entry: int | None


class Fact(NamedTuple):
    """One member: its dotted path, its name in words, what it means, its values."""

    path: str
    name: str
    meaning: str
    values: tuple[Shown, ...]


NAMES = {
    "transferred_at": "When",
    "transferred_on": "Day in London",
    "transferred_until": "Last day",
    "actor": "Code of the person",
    "batch.seq": "Import",
    "batch.row": "Row of the import",
    "fields": "Data items",
}
"""Members whose own names would say too little."""


def words(path: str) -> str:
    """`subjects.age_min` as `Subjects: age min`."""
    if path in NAMES:
        return NAMES[path]
    outer, dot, inner = path.strip("_").replace("_", " ").partition(".")
    return outer[:1].upper() + outer[1:] + (f": {inner}" if dot else "")


def kind_of(member: Member) -> str:
    """The kind (see `Labels`) of what `member` holds; of no kind of names is what a text or a number is."""
    first, _, vocabulary = member.domain.partition(":")
    if first in ("when", "date", "time"):
        return "date"
    return vocabulary or (member.column or member.path if first == "literal" else first)


def _shown(member: Member, value: Any, label: Labels) -> Shown:
    if isinstance(value, dict):  # `onward_of`: another transfer, here or in another ledger; or a signature
        return Shown("#".join(str(value[key]) for key in ("origin", "id", "key") if key in value), "", None)
    if value is True or value is False:
        return Shown("yes" if value else "no", "", None)
    if isinstance(value, int):
        cited = value if member.path.endswith(".seq") else None
        return Shown(str(value) if cited is not None else f"{value:,}", "", cited)
    text = label(value, kind_of(member))
    return Shown(text, "" if text == value else str(value), None)


def value_at(sealed: Any, path: str) -> Any:
    """What stands at a dotted path of what was sealed; None where nothing does."""
    for part in path.rstrip(".").split("."):
        sealed = sealed.get(part) if isinstance(sealed, dict) else None
    return sealed


@cache
def _members(kind: type[Any]) -> tuple[Member, ...]:
    # Kept, since they are read from the types' own annotations.
    places = {path: place for place, path in enumerate(FIRST)}
    return tuple(sorted(members_of(kind), key=lambda one: places.get(one.path, len(FIRST))))


def facts(kind: type[Any], sealed: dict[str, Any], label: Labels) -> tuple[Fact, ...]:
    """The members that an entry of this kind states, as people read them; `sealed` is its text, parsed."""
    found = []
    for member in _members(kind):  # type: ignore[arg-type]  # types can be hashed
        value = value_at(sealed, member.path)
        if value is None or member.path in SEALING:
            continue
        values = value if isinstance(value, list) else [value]
        shown = tuple(_shown(member, one, label) for one in values)
        found.append(Fact(member.path, words(member.path), member.meaning, shown))
    return tuple(found)
