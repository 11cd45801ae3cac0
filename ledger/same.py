"""Whether a transfer is the very one that was sealed under its id, so that recording it again seals nothing twice.

What gives an entry its place (`seq`, `prev`, salts, the time) takes no part in that comparison, and neither does who
recorded it or what was erased since. A name that was unlisted then and is known now is still the same statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ledger import canonical
from ledger.entry import encode
from ledger.members import LISTS, UNLISTED
from ledger.settle import Content, Lookup

Text: TypeAlias = "str | tuple[str, ...]"

PLACED = ("seq", "prev", "salt", "recorded_at", "_sd", "actor", "kind", "batch")
"""The members that say where an entry stands, and not what it states."""

_UNCOMPARED = frozenset({"recorded_by"})


def differences(old_text: str, given: Mapping[str, Text], new: Content, erased: set[str], lookup: Lookup) -> list[str]:
    """What `new` states otherwise than the sealed `old_text` with its erasable values `given`, a phrase each.

    [] where both state the same. What was `erased` of the old one is not compared.
    """
    placed = {"seq": 0, "prev": "", "salt": "", "recorded_at": "", "kind": "transfer"}
    old: Any = canonical.decode(old_text.encode())
    now: Any = canonical.decode(encode({**new.members, **placed}))
    found = []
    for name in sorted((old.keys() | now.keys()) - set(PLACED)):
        if old.get(name) != now.get(name) and not _same_name(name, old, now, given, lookup):
            found.append(f"{name} was {_shown(old.get(name))} and now is {_shown(now.get(name))}")
    resolved = {"sender_as_given", "recipient_as_given", "purpose_as_given", "schools_as_given",
                "fields_as_given", "limited_to_as_given"}  # fmt: skip
    for name in sorted((given.keys() | new.texts.keys()) - erased - _UNCOMPARED):
        if given.get(name) != new.texts.get(name) and not (name in resolved and name not in new.texts):
            found.append(f"{name} differs")
    return found


def _same_name(name: str, old: Any, now: Any, given: Mapping[str, Text], lookup: Lookup) -> bool:
    # Sealed as unlisted before the name was known, and known now: still the same statement.
    typed = given.get(f"{name}_as_given")
    if typed is None or name not in ("sender", "recipient", "purpose", "schools", "fields"):
        return False
    kind = {"purpose": "purpose", "fields": "field"}.get(name, "party")
    if name not in LISTS and isinstance(typed, str):
        return bool(old.get(name) == UNLISTED and lookup.find(kind, typed) == now.get(name))
    ids = {lookup.find(kind, text) or UNLISTED for text in typed}
    return bool(sorted(ids | (set(old[name]) - {UNLISTED})) == now.get(name))


def _shown(value: object) -> str:
    return "absent" if value is None else str(value)[:80]
