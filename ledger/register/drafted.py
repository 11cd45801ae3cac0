"""A first register from what was recorded: what was sent is no purpose yet, until somebody finds it in a notice.

One flow for each sender and recipient, with what its transfers state. Whatever only a person can say is a placeholder,
so that `lint` points at every flow until it is confirmed, one by one, or struck out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.members import NOT_STATED, UNLISTED


class Row(NamedTuple):
    """What a draft needs of one transfer; parties and purposes are ids, `on` its London day."""

    sender: str
    recipient: str
    purpose: str
    fields: tuple[str, ...]
    bases: tuple[str, ...]
    kind: str | None
    on: str


class Name(NamedTuple):
    """What a party is called, and the code of the role that it is, if it is one."""

    name: str
    role: str | None = None


@dataclass(slots=True)
class _Seen:
    count: int = 0
    first: str = "9999"
    last: str = ""
    purposes: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    bases: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        self.count += 1
        self.first, self.last = min(self.first, row.on), max(self.last, row.on)
        self.purposes.add(row.purpose)
        self.fields.update(row.fields)
        self.bases.update(row.bases)
        if row.kind:
            self.kinds.add(row.kind)


_NO_CODE = frozenset({NOT_STATED, UNLISTED})

_HEAD = """\
# A register drafted from {many} of a ledger: what was sent, and not what any notice says may be sent.
#
# Compare each flow with the notice. Confirm it by writing something for its placeholders (what stands in angle
# brackets), or strike it out. `transfer-ledger register lint FILE` says what is left to do, with line and column.
{left_out}
id: <a short id for this notice>
title: <what people call this notice>
version: "1"
effective_from: <the first day it holds as YYYY-MM-DD>

paragraphs:  # that are cited below
  - id: paragraph-1
    heading: <the heading it stands under>
    number: 1  # under that heading, counted from 1
    point: <what the paragraph says in your own words>
"""


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _many(count: int) -> str:
    return f"{count:,} transfer{'' if count == 1 else 's'}"


def _codes(codes: set[str], ask: str) -> str:
    known = sorted(codes - _NO_CODE)
    return "[" + ", ".join(known if known and not codes & _NO_CODE else [*known, f"<{ask}>"]) + "]"


def _flow(id_: str, pair: tuple[str, str], seen: _Seen, parties: Mapping[str, Name]) -> Iterator[str]:
    sender, recipient = (parties[one].name if one in parties else one for one in pair)
    days = seen.first if seen.first == seen.last else f"{seen.first} to {seen.last}"
    yield f"  # CONFIRM or strike out: {_many(seen.count)}, {days}"
    yield f"  - id: {id_}"
    yield f"    label: {_text(f'{sender} to {recipient}')}"
    yield f"    from: [{pair[0]}]"
    yield f"    to: [{pair[1]}]"
    yield f"    purposes: {_codes(seen.purposes, 'the purpose that nobody stated or listed')}"
    yield f"    fields: {{permitted: {_codes(seen.fields, 'the fields that nobody stated or listed')}}}"
    if kinds := sorted(seen.kinds - _NO_CODE):
        yield f"    subjects: {{kinds: [{', '.join(kinds)}]}}"
    yield f"    lawful_bases: {_codes(seen.bases or {NOT_STATED}, 'the code of a lawful basis')}"
    yield "    cite: [<the paragraph that documents this flow>]"
    yield "    assigned: {lawful_bases: <why this basis unless the notice itself states one>}"


def draft(rows: Iterable[Row], parties: Mapping[str, Name], purposes: Mapping[str, str]) -> str:
    """The text of a register file, ending in a newline. `parties` and `purposes` say what their ids are called.

    Transfers whose sender or recipient nobody knows are left out, and counted in a comment.
    """
    seen: dict[tuple[str, str], _Seen] = {}
    count = left_out = 0
    for row in rows:
        count += 1
        if UNLISTED in (row.sender, row.recipient):
            left_out += 1
        else:
            seen.setdefault((row.sender, row.recipient), _Seen()).add(row)
    without = f"#\n# Left out: {_many(left_out)} whose sender or recipient is unlisted.\n" if left_out else ""
    lines = [_HEAD.format(many=_many(count), left_out=without), "parties:" if seen else "parties: []"]
    for id_ in sorted({one for pair in seen for one in pair}):
        name = parties.get(id_, Name(id_))
        lines += [f"  - id: {id_}", f"    name: {_text(name.name)}"]
        lines += ["    role_kind: role", f"    role: {name.role}"] if name.role else []
    pursued = sorted({id_ for one in seen.values() for id_ in one.purposes} - _NO_CODE)
    lines += ["", "purposes:" if pursued else "purposes: []"]
    for id_ in pursued:
        lines += [f"  - id: {id_}", f"    label: {_text(purposes.get(id_, id_))}"]
    lines += ["", "flows:" if seen else "flows: []"]
    taken: set[str] = set()
    for pair, one in sorted(seen.items()):
        plain = id_ = f"{pair[0]}-to-{pair[1]}"[:60].rstrip("-")
        number = 1
        while id_ in taken:
            number += 1
            id_ = f"{plain}-{number}"
        taken.add(id_)
        lines += ["", *_flow(id_, pair, one, parties)]
    return "\n".join(lines) + "\n"
