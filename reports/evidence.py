"""A ledger's file as evidence for a run: what `ledger.source` gives, put where the checks expect it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from ledger.members import Correction, Transfer
from ledger.register.read import load_law, load_vocabularies
from ledger.source import Recorded, Source
from reports.checks.kinds import Identity
from reports.context import Evidence
from reports.decisions import Decision, newest
from reports.history import History, Statement


class Cited(Mapping[str, tuple[Recorded, ...]]):
    """Transfers by their id, looked up one by one: the statement that holds, and those before it that still count.

    A correction takes the place of what was stated before once a second person confirms it; until then a transfer that
    passes the data on is judged by both. `given` gives the erasable values of an entry, where it is not the ledger that
    is to be asked for them.
    """

    def __init__(
        self,
        source: Source,
        history: History,
        given: Callable[[int], dict[str, str | tuple[str, ...]]] | None = None,
    ) -> None:
        self._source = source
        self._history = history
        self._given = source.given if given is None else given
        self._find = lru_cache(maxsize=4096)(self._read)

    def _read(self, id_: str) -> tuple[Recorded, ...]:
        db = self._source.db
        row = db.execute("SELECT seq FROM entries WHERE kind = 'transfer' AND id = ?", (id_,)).fetchone()
        if row is None:
            return ()
        seqs = self._history.counting(row[0])
        return tuple(one for seq in seqs if (one := self._statement(seq, seqs[-1])) is not None)

    def _statement(self, seq: int, newest: int) -> Recorded | None:
        found = self._source.entry(seq)
        if found is None or not isinstance(found[0], Transfer | Correction) or found[0].transferred_on is None:
            return None
        superseded = None if seq == newest else newest
        return Recorded(seq, found[2], found[0], self._given(seq), frozenset(), superseded is None, superseded)

    def __getitem__(self, id_: str) -> tuple[Recorded, ...]:
        found = self._find(id_)
        if not found:
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


def history_of(source: Source, decisions: Iterable[Decision] = ()) -> History:
    """What was corrected and confirmed in an open ledger, and by whom; with its `decisions`, also what was advised."""
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
        advice=newest(one for one in decisions if one.advice),
    )


class _Chains(Mapping[int, tuple[Statement, ...]]):
    """The statements of a transfer that was corrected, by any of them, read from the ledger when they are asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getitem__(self, seq: int) -> tuple[Statement, ...]:
        row = self._source.db.execute("SELECT coalesce(corrects, seq) FROM entries WHERE seq = ?", (seq,)).fetchone()
        seqs = [] if row is None else self._source.statements_of(row[0])
        if len(seqs) < 2:
            raise KeyError(seq)
        return tuple(self._statements(seqs))

    def _statements(self, seqs: Iterable[int]) -> Iterator[Statement]:
        batch: int | None = None
        for seq in seqs:
            found = self._source.entry(seq)
            if found is not None and isinstance(found[0], Transfer | Correction):
                if isinstance(found[0], Transfer) and found[0].batch is not None:
                    batch = found[0].batch.seq
                yield statement(seq, found[2], found[0], batch)

    def __iter__(self) -> Iterator[int]:
        return iter(())  # none is known before it is asked for

    def __len__(self) -> int:
        return 0


def history_on_demand(source: Source) -> History:
    """As `history_of`, for whoever asks about few transfers: corrections are read one by one."""
    confirmations, people = tuple(source.confirmations()), source.people()
    return History(chains=_Chains(source), confirmations=confirmations, people=people, actor=source.actor)


def evidence_of(source: Source) -> Evidence:
    """All that a run needs of an open ledger. Its transfers stream, once; open `source` for as long."""
    decisions, genesis = tuple(_decisions(source)), source.genesis()
    history = history_of(source, decisions)
    return Evidence(
        recorded=source.transfers(),
        adopted=tuple(source.registers()),
        organisations=source.organisations(),
        restated=source.restated_organisations(),
        law=load_law(),
        vocabularies=load_vocabularies(),
        transfers_by_id=Cited(source, history),
        origin=genesis.origin,
        practice=bool(genesis.practice),
        identities=lambda seqs: itertools.starmap(Identity, source.identities(seqs)),
        decisions=newest(one for one in decisions if one.counts(history.people)),
        history=history,
    )
