"""What was recorded in a ledger as the plain rows that a register is drafted from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledger.register.drafted import Name, Row, draft
from ledger.register.read import load_law, load_vocabularies
from ledger.source import Source


def from_ledger(ledger: Path) -> str:
    """The text of a register drafted from the transfers that stand in `ledger`.

    An organisation of the ledger goes by the role that it plays, as notices speak of it.
    """
    law, vocabularies = load_law(), load_vocabularies()
    with Source(ledger) as source:
        known, adopted = source.organisations(), [one.register for one in source.registers()]
        roles = {id_: one.role for one in known.values() for id_ in (one.id, *one.former_ids)}
        parties = {term.id: Name(term.label, term.id) for term in vocabularies.terms("role")}
        parties |= {one.id: Name(one.name) for one in law.parties}
        purposes = {one.id: one.label for one in law.purposes}
        for register in adopted:
            parties |= {one.id: Name(one.name, one.role) for one in register.parties}
            purposes |= {one.id: one.label for one in register.purposes}
        players = {name.role: id_ for id_, name in parties.items() if name.role}

        def party(id_: str | None) -> str:
            role = roles.get(id_ or "")
            return players.get(role, role) if role else str(id_)

        def rows() -> Iterator[Row]:
            for one in source.transfers():
                facts = one.facts
                if one.current:
                    yield Row(
                        party(facts.sender),
                        party(facts.recipient),
                        str(facts.purpose),
                        facts.fields,
                        (*facts.lawful_basis, *facts.special_category_condition),
                        facts.subjects.kind if facts.subjects else None,
                        str(facts.transferred_on),
                    )

        return draft(rows(), parties, purposes)
