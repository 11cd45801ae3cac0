"""What the body of `POST /-/transfers` states, read as strictly as an import reads a row.

A body is one transfer, `{…}`, or `{"transfers": [{…}, …]}`, which is recorded whole or not at all. All that is wrong
with any item is found before anything is recorded, so that it can be mended in one go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Never

from ledger import canonical
from ledger.entry import MAX_BYTES, encode
from ledger.errors import Conflict, Refused
from ledger.intake.draft import Problems, Stated, from_json
from ledger.intake.person import persons_in

MOST = 1000
"""So many transfers may come in one body."""

MOST_BODY_BYTES = 4 << 20
"""The longest body that is read: a thousand transfers of 4 KB each."""

_MOST_ITEM_BYTES = 2 * MAX_BYTES
_MOST_MEMBERS = 200
_MOST_PROBLEMS = 1000
_SHAPE = 'The body is to be one transfer as a JSON object, or {"transfers": […]} with a list of them.'


class Problem(NamedTuple):
    """One thing that is wrong: with which `item` (from 1; None for the body), with which member ("" for all of it)."""

    item: int | None
    member: str
    problem: str


class Unfit(Refused):
    """All that is wrong with what was posted: `found`, in the order of the items. Nothing was recorded."""

    def __init__(self, found: Iterable[Problem]) -> None:
        self.found = tuple(found)
        super().__init__(" ".join(f"{place(one)}{one.problem}" for one in self.found[:20]))

    def answer(self) -> list[dict[str, Any]]:
        """`found` for a JSON answer."""
        return [one._asdict() for one in self.found]


class Conflicting(Unfit, Conflict):
    """As `Unfit`, where nothing is wrong but that ids stand for other content already."""


class Posted(NamedTuple):
    """What is to be recorded, in order; `many` where it came as a list, and so is answered with one."""

    stated: tuple[Stated, ...]
    many: bool


def place(one: Problem) -> str:
    """Where a problem is, to be put before its sentence: "Item 2, fields: "."""
    item = [] if one.item is None else [f"Item {one.item}"]
    return ", ".join([*item, *([one.member] if one.member else [])]) + ": " if item or one.member else ""


def posted(body: bytes) -> Posted:
    """The transfers that `body` states. Raises `Unfit` with all that is wrong with it and its items.

    Only JSON of UTF-8 is read, without a byte order mark; members that stand twice, floats, NaN and numbers beyond
    ±(2^53-1) are refused. Who recorded it is not taken from the body: the account that posts it says so.
    """
    if len(body) > MOST_BODY_BYTES:
        raise Unfit([Problem(None, "", f"The body has {len(body):,} bytes; at most {MOST_BODY_BYTES:,} are read.")])
    try:
        value: object = canonical.decode(body)
    except Refused as error:
        raise Unfit(_unread(body) or [Problem(None, "", str(error))]) from None
    items, many = _items(value)
    stated: list[Stated] = []
    found: list[Problem] = []
    for number, item in enumerate(items, start=1):
        one, wrong = _read(item)
        found += [Problem(number, member, text) for member, text in wrong]
        if one is not None:
            stated.append(one)
        if len(found) > _MOST_PROBLEMS:
            found.append(Problem(None, "", f"The items after item {number} were not read."))
            break
    if found:
        raise Unfit(found)
    return Posted(tuple(stated), many)


def _items(value: object) -> tuple[list[object], bool]:
    if not isinstance(value, Mapping):
        raise Unfit([Problem(None, "", _SHAPE)])
    if "transfers" not in value:
        return [value], False
    if others := sorted(value.keys() - {"transfers"}):
        raise Unfit([Problem(None, name, "Nothing may stand beside transfers; leave it out.") for name in others[:20]])
    items = value["transfers"]
    if not isinstance(items, list) or not 0 < len(items) <= MOST:
        raise Unfit([Problem(None, "transfers", f"It is to be a list of 1 to {MOST:,} transfers.")])
    return items, True


def _read(item: object) -> tuple[Stated | None, list[tuple[str, str]]]:
    if isinstance(item, Mapping):
        # Before anything looks for what an unknown name may have meant, which takes its time.
        members = len(item) + sum(len(inner) for inner in item.values() if isinstance(inner, dict))
        if members > _MOST_MEMBERS:
            return None, [("", f"It has {members:,} members, and no transfer has more than {_MOST_MEMBERS}.")]
        if (size := len(encode(item))) > _MOST_ITEM_BYTES:
            return None, [("", f"It has {size:,} bytes, and an entry has at most {MAX_BYTES:,}; state less in one.")]
        if "recorded_by" in item:
            return None, [("recorded_by", "The account that posts it is recorded here; leave it out."), *_read(
                {name: inner for name, inner in item.items() if name != "recorded_by"}
            )[1]]  # fmt: skip
    try:
        stated = from_json(item)
    except Problems as error:
        return None, error.found
    return stated, persons_in(stated)


def _no_number(text: str) -> Never:
    raise ValueError(text)  # what it is in, cannot be told from its value


def _unread(body: bytes) -> list[Problem]:
    """Which items of a list are why it cannot be taken, where JSON itself is not: characters, floats, depth."""
    try:
        items, many = _items(json.loads(body.decode("utf-8"), parse_constant=_no_number))
    except (ValueError, RecursionError, Refused):
        return []
    found = []
    for number, item in enumerate(items if many else (), start=1):
        try:
            canonical.encode(item)  # type: ignore[arg-type] # it says itself what has no place
        except (Refused, RecursionError) as error:
            found.append(Problem(number, "", str(error)))
    return found
