"""How many recorded transfers a change of the register may touch: those between the parties of the flows that differ.

A count, and no judgement: whether one of them would be found in breach depends on its purpose, fields and date, which
the checks look at, and they are not of this floor.
"""

from __future__ import annotations

from pathlib import Path

from ledger.members import UNLISTED, Organisation
from ledger.register.model import Register
from ledger.source import Source

_WHAT = "Transfers recorded in {} between the parties of a flow that differs, whatever their\npurpose, fields and date:"
_NO_BREACHES = (
    "This counts the transfers on flows that differ, not breaches. To see what would be found, adopt the\n"
    "register in a copy of the ledger, and run `transfer-ledger check` there."
)


def _on(flows: frozenset[str], register: Register, sides: tuple[frozenset[str], frozenset[str]]) -> frozenset[str]:
    return flows & {flow.id for flow in register.flows_between(*sides)}


def recorded(ledger: Path, flows: tuple[str, ...], before: Register, after: Register) -> str:
    """What is recorded in `ledger` on `flows`, as either register has them: lines ending in a newline."""
    if not flows:
        return "No flow permits anything else, so no recorded transfer is touched.\n"
    with Source(ledger) as source:
        counts, known = source.transfers_between(), source.organisations()
    former = {id_: one for one in known.values() for id_ in one.former_ids}

    def ids(party: str) -> frozenset[str]:
        one: Organisation | None = known.get(party, former.get(party))
        return frozenset((party,) if one is None else (party, one.id, one.role))

    differing, by_flow, together = frozenset(flows), dict.fromkeys(flows, 0), 0
    for (sender, recipient), count in counts.items():
        sides = ids(sender), ids(recipient)
        on = _on(differing, before, sides) | _on(differing, after, sides)
        together += count if on else 0
        for id_ in on:
            by_flow[id_] += count
    lines = [_WHAT.format(ledger), *(f"  {count:,} on {id_}" for id_, count in by_flow.items())]
    lines.append(f"Together, each counted once: {together:,}.")
    if untold := sum(count for pair, count in counts.items() if UNLISTED in pair):
        lines.append(f"Besides, {untold:,} whose sender or recipient is unlisted: on which flow, nobody can tell.")
    return "\n".join((*lines, _NO_BREACHES)) + "\n"
