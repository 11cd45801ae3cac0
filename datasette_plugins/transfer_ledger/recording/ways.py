"""The quick ways to begin a record: the documented flows of today, and what the same person sent before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeAlias

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.recording.start import Names
from datasette_plugins.transfer_ledger.roles import Person
from datasette_plugins.transfer_ledger.site import Site
from ledger.lookup import Names as Lookup
from ledger.members import UNLISTED, Correction, Transfer
from ledger.register.model import Flow
from ledger.register.names import fold
from ledger.register.read import load_law
from ledger.source import Adopted, Source

Statement: TypeAlias = Transfer | Correction
"""What states a transfer."""

LATELY = 2000
"""So many of the newest entries are looked through for what is sent most often."""
MOST_SAME = 6
_MOST_OWN = 60
_OFTEN = (
    "SELECT max(seq), count(*) AS times FROM (SELECT seq, sender, recipient, purpose FROM entries "
    "WHERE seq >= ? AND kind = 'transfer') GROUP BY sender, recipient, purpose ORDER BY times DESC, 1 DESC LIMIT ?"
)


class Way(NamedTuple):
    """One documented flow to one recipient: its ids, the recipient's name, what it is, the purposes in words."""

    flow: str
    to: str
    recipient: str
    label: str
    purposes: tuple[str, ...]
    citation: str


class Before(NamedTuple):
    """A transfer recorded before: its entry, who sent it to whom by name, what for, how many items, its day."""

    seq: int
    sender: str
    recipient: str
    purpose: str
    items: int
    at: str


def in_force(registers: Iterable[Adopted], day: date) -> Adopted | None:
    """The register that judges a transfer of this day that is recorded now: the newest adopted that covers it."""
    return max((one for one in registers if one.covers(day)), key=lambda one: one.seq, default=None)


def names_of(source: Source, view: View) -> Names:
    """What forms need to know by name."""
    lookup = Lookup(source.db)

    def text(kind: str, id_: str) -> str:
        label = view.labels(id_, kind)
        return label if lookup.find(kind, label) == id_ else id_

    own = lookup.find("party", source.genesis().organisation) or ""
    return Names(tuple(view.registers), view.organisations, text, own)


def flows(adopted: Adopted | None, view: View, day: date, words: str = "") -> list[Way]:
    """The flows of a register that may go on this day and hold all `words`, by recipient.

    Looked for are labels, recipients, purposes and citations. A flow to several recipients is there for each. Nobody in
    a hurry is offered one whose permission has ended, or to whom is closed; an empty record can still state it.
    """
    if adopted is None:
        return []
    wanted = [fold(word) for word in words.split()]
    found = [
        _way(flow, to, adopted, view)
        for flow in adopted.register.flows
        if not flow.permitted_until or flow.permitted_until[:10] >= day.isoformat()
        for to in flow.recipient
        if not _closed(to, day)
    ]
    found = [way for way in found if all(word in fold(" ".join(_all(way))) for word in wanted)]
    return sorted(found, key=lambda way: (way.recipient.casefold(), way.label.casefold()))


def _closed(party: str, day: date) -> bool:
    known = load_law().party(party)
    return known is not None and known.closed is not None and known.closed.on < day


def _all(way: Way) -> tuple[str, ...]:
    return (way.recipient, way.label, *way.purposes, way.citation)


def _way(flow: Flow, to: str, adopted: Adopted, view: View) -> Way:
    register = adopted.register
    cited = [one.citation for id_ in flow.cite if (one := register.paragraph(id_)) is not None]
    purposes = tuple(view.labels(id_, "purpose") for id_ in flow.purposes)
    party = register.party(to)
    return Way(flow.id, to, party.name if party else to, flow.label, purposes, "; ".join(cited))


def facts_of(source: Source, seq: int) -> Statement | None:
    """What entry `seq` states of a transfer, without erasable values; None where it states none or withdraws one."""
    found = source.entry(seq) if seq < source.head.size else None
    if found is None or not isinstance(found[0], Transfer | Correction):
        return None
    return None if isinstance(found[0], Correction) and found[0].withdrawn else found[0]


def own(site: Site, source: Source, person: Person) -> list[Statement]:
    """What this person's last transfers state now, the newest first."""
    seqs = [seq for seq, _ in site.beside.recorded(person.id, _MOST_OWN) if seq < source.head.size]
    return _stated(source, seqs)


def _stated(source: Source, seqs: list[int]) -> list[Statement]:
    found: dict[int, Statement] = {}
    for seq in seqs:
        one = facts_of(source, seq)
        if one is None:
            continue
        root = one.corrects.seq if isinstance(one, Correction) else seq
        newest = source.statements_of(root)[-1]
        stands = one if newest == seq else facts_of(source, newest)
        if stands is not None:
            found.setdefault(root, stands)
    return list(found.values())


def before(source: Source, mine: list[Statement], view: View) -> tuple[list[Before], bool]:
    """The last different transfers of `mine`, or, for somebody without any, what was sent most often lately; and which.

    The second is True where they are somebody's own.
    """
    facts = mine or _stated(
        source, [seq for seq, _ in source.db.execute(_OFTEN, (source.head.size - LATELY, MOST_SAME))]
    )
    found: dict[tuple[object, ...], Before] = {}
    for one in facts:
        if UNLISTED in (one.recipient, one.sender):
            continue
        key = (one.sender, one.recipient, one.purpose, one.fields)
        told = Before(
            one.seq,
            view.labels(str(one.sender), "party"),
            view.labels(str(one.recipient), "party"),
            "a purpose that is not a known one"
            if one.purpose == UNLISTED
            else view.labels(str(one.purpose), "purpose"),
            len(one.fields),
            str(one.transferred_at),
        )
        found.setdefault(key, told)
    return list(found.values())[:MOST_SAME], bool(mine)
