"""Which paragraph of a notice became which rules, and which rule cites nothing: nothing is left out or made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ledger.register.model import Register

Rule = tuple[str, tuple[str, ...]]
"""A rule as people read it (`flow lunch`, `flow lunch: opt_out`), and the paragraphs that it cites."""


def rules(register: Register) -> Iterator[Rule]:
    """Every rule, in the register's order: parties, purposes, flows, and the limits that cite for themselves."""
    for party in register.parties:
        yield f"party {party.id}", party.cite
    for purpose in register.purposes:
        yield f"purpose {purpose.id}", purpose.cite
    for flow in register.flows:
        yield f"flow {flow.id}", flow.cite
        for name in ("opt_out", "approval", "agreement", "retention", "frequency"):
            part: Any = getattr(flow, name)
            if part is not None and part.cite:
                yield f"flow {flow.id}: {name}", part.cite
        for due in flow.expected:
            if due.cite:
                yield f"flow {flow.id}: expected {due.label}", due.cite


def unmapped(register: Register) -> tuple[list[str], list[str]]:
    """The paragraphs (ids) that no rule cites, and the rules that cite no paragraph.

    A party or a purpose is in the notice where a flow that cites it names it; so only of a flow is a citation missed.
    """
    every = list(rules(register))
    cited = {id_ for _, ids in every for id_ in ids}
    through = {f"party {id_}" for flow in register.flows if flow.cite for id_ in (*flow.sender, *flow.recipient)}
    through |= {f"purpose {id_}" for flow in register.flows if flow.cite for id_ in flow.purposes}
    return (
        [one.id for one in register.paragraphs if one.id not in cited],
        [rule for rule, ids in every if not ids and rule not in through],
    )


def describe(register: Register) -> str:
    """The table, paragraph by paragraph, and what is missing on either side: lines ending in a newline."""
    by_paragraph: dict[str, list[str]] = {one.id: [] for one in register.paragraphs}
    for rule, ids in rules(register):
        for id_ in ids:
            by_paragraph.setdefault(id_, []).append(rule)
    lines = ["PARAGRAPHS OF THE NOTICE, AND THE RULES TAKEN FROM THEM"]
    for paragraph in register.paragraphs:
        lines += ["", f"{paragraph.citation} [{paragraph.id}]"]
        lines += [f"  {rule}" for rule in by_paragraph[paragraph.id]] or ["  nothing"]
    paragraphs, uncited = unmapped(register)
    lines += ["", f"Paragraphs that map to nothing: {', '.join(paragraphs) or 'none'}."]
    lines += [f"Rules that cite nothing: {', '.join(uncited) or 'none'}."]
    return "\n".join(lines) + "\n"


def plain(part: object) -> Any:
    """A register, or a part of it, as JSON has it: keys as in the YAML file, dates as text, nothing that is absent."""
    if isinstance(part, msgspec.Struct):
        members = ((one.encode_name, getattr(part, one.name), one) for one in msgspec.structs.fields(part))
        return {
            name: plain(value)
            for name, value, member in members
            if value is not None and (member.required or (value not in ((), {}, False) and plain(value) != {}))
        }
    if isinstance(part, dict):
        return {key: plain(value) for key, value in part.items()}
    if isinstance(part, tuple):
        return [plain(value) for value in part]
    return part if isinstance(part, (str, int)) else str(part)
