"""A ledger's file as evidence for a run: what `ledger.source` gives, put where the checks expect it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from ledger.members import Correction, Transfer
from ledger.register.read import load_law, load_vocabularies
from ledger.source import Recorded, Source
from reports.context import Evidence
from reports.decisions import Decision, newest
from reports.history import History, Statement


class Cited(Mapping[str, Recorded]):
    """Transfers by their id, as they stand: looked up one by one.

    `given` gives the erasable values of an entry, where it is not the ledger that is to be asked for them.
    """

    def __init__(
        self,
        source: Source,
        given: Callable[[int], dict[str, str | tuple[str, ...]]] | None = None,
    ) -> None:
        self._source = source
        self._given = source.given if given is None else given
        self._find = lru_cache(maxsize=4096)(self._read)

    def _read(self, id_: str) -> Recorded | None:
        db = self._source.db
        row = db.execute("SELECT seq FROM entries WHERE kind = 'transfer' AND id = ?", (id_,)).fetchone()
        if row is None:
            return None
        newest = db.execute("SELECT max(seq) FROM entries WHERE corrects = ?", (row[0],)).fetchone()[0]
        seq = row[0] if newest is None else newest
        found = self._source.entry(seq)
        if found is None or not isinstance(found[0], Transfer | Correction):
            return None
        facts = found[0]
        if isinstance(facts, Correction) and facts.withdrawn:
            return None
        return Recorded(seq, found[2], facts, self._given(seq), frozenset(), True, None)

    def __getitem__(self, id_: str) -> Recorded:
        found = self._find(id_)
        if found is None:
            raise KeyError(id_)
        return found

    def __iter__(self) -> Iterator[str]:
        rows = self._source.db.execute("SELECT id FROM entries WHERE kind = 'transfer' ORDER BY seq")
        return (id_ for (id_,) in rows)

    def __len__(self) -> int:
        count: int = self._source.db.execute("SELECT count(*) FROM entries WHERE kind = 'transfer'").fetchone()[0]
        return count


def _decisions(source: Source) -> Iterator[Decision]:
    for seq, hash_, facts, given in source.reviews():
        reason, decided_by, owner = (
            value if isinstance(value := given.get(name), str) else None for name in ("reason", "decided_by", "owner")
        )
        yield Decision(
            seq=seq,
            hash=hash_,
            finding=facts.finding,
            check=facts.check,
            decision=facts.decision,
            due=facts.due,
            recorded_at=facts.recorded_at,
            reason=reason,
            decided_by=decided_by,
            owner=owner,
            actor=facts.actor,
            advice=bool(facts.advice),
        )


def statement(seq: int, hash_: str, facts: Transfer | Correction, batch: int | None) -> Statement:
    """What is kept of entry `seq`, a statement of a transfer that came in the import `batch`."""
    return Statement(
        seq=seq,
        hash=hash_,
        actor=facts.actor,
        recorded_at=facts.recorded_at,
        withdrawn=isinstance(facts, Correction) and bool(facts.withdrawn),
        transferred_at=facts.transferred_at,
        recipient=facts.recipient,
        purpose=facts.purpose,
        batch=batch,
    )


def history_of(source: Source) -> History:
    """What was corrected, confirmed and advised in an open ledger, and by whom."""
    chains: dict[int, list[Statement]] = {}
    for seq, hash_, facts in source.corrected():
        root = facts.corrects.seq if isinstance(facts, Correction) else seq
        chain = chains.setdefault(root, [])
        batch = chain[0].batch if chain else facts.batch.seq if facts.batch is not None else None
        chain.append(statement(seq, hash_, facts, batch))
    return History(
        chains={root: tuple(chain) for root, chain in chains.items()},
        confirmations=tuple(source.confirmations()),
        people=source.people(),
        actor=source.actor,
        advice=newest(one for one in _decisions(source) if one.advice),
    )


def evidence_of(source: Source) -> Evidence:
    """All that a run needs of an open ledger. Its transfers stream, once; open `source` for as long."""
    history = history_of(source)
    return Evidence(
        recorded=source.transfers(),
        adopted=tuple(source.registers()),
        organisations=source.organisations(),
        law=load_law(),
        vocabularies=load_vocabularies(),
        transfers_by_id=Cited(source),
        origin=source.genesis().origin,
        identities=source.identities,
        decisions=newest(one for one in _decisions(source) if one.counts(history.people)),
        history=history,
    )
