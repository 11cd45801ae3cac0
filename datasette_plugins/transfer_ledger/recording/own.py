"""Who recorded what: by the ledger's own word where somebody may change it, and by a list beside it to find it again.

An entry says who recorded it in an erasable value, which nothing can search among a million. So what somebody recorded
here is noted beside the ledger too, with its hash: it finds receipts, and shows where an entry is no longer the one
that the receipt was given for. It gives nobody a right.
"""

from __future__ import annotations

from contextlib import suppress

from datasette_plugins.transfer_ledger.roles import DECIDERS, Person
from datasette_plugins.transfer_ledger.site import Site
from ledger.errors import Refused
from ledger.members import Correction, Transfer
from ledger.source import Source
from ledger.writer import Receipt


def recorder_of(source: Source, seq: int) -> str:
    """The account that recorded entry `seq`, "" where nobody says or it was erased. Needs a connection that may ask."""
    found = source.given(seq).get("recorded_by", "")
    return found if isinstance(found, str) else ""


def recorded(site: Site, person: Person, receipt: Receipt) -> None:
    """After something was recorded: notes whose it is, and has what is new checked.

    It is recorded whatever happens here, so nothing that goes wrong with the note is told.
    """
    with suppress(Refused):
        site.beside.note_recorded(person.id, receipt.seq, receipt.hash, site.clock())
    site.runs.check_soon()


def may_see(site: Site, person: Person, seq: int) -> bool:
    """Whether this person recorded entry `seq`, which clerks must have; whoever decides may see any."""
    if person.role in DECIDERS:
        return True
    with site.reading_erasable() as source:
        return seq < source.head.size and recorder_of(source, seq) == person.id


def may_change(site: Site, person: Person, seq: int) -> int | None:
    """The entry of the transfer that entry `seq` states, if this person may correct it; None for none.

    A correction is of the transfer, so whoever recorded that may correct what others said of it since.
    """
    with site.reading_erasable() as source:
        found = source.entry(seq) if seq < source.head.size else None
        if found is None or not isinstance(found[0], Transfer | Correction):
            return None
        root = found[0].corrects.seq if isinstance(found[0], Correction) else seq
        return root if person.role in DECIDERS or recorder_of(source, root) == person.id else None
