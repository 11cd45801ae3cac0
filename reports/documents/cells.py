"""The counts of governors' papers: by cell, which is one fixed term of one school, and as they are shown.

A transfer is in one cell: that of its first day, and of the school that it is of. It is of the school that sent it; or,
where no school sent it, of the only school that received it or is named in it; or else of none. In a school's own
ledger all schools are one cell, since its papers are about everything in it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ledger.london import parse_date
from ledger.source import Source
from reports.counts import Counts
from reports.documents.disclosure_control import Shown, banded, over_schools, total
from reports.finding import Finding, Outcome
from reports.scope import Period, fixed_term, fixed_terms


class Figures(NamedTuple):
    """Transfers, those of them with a problem to settle, and those of which something cannot be told."""

    transfers: Shown
    problems: Shown
    untold: Shown


class _Cell(NamedTuple):
    term: str
    school: str


def schools_apart(source: Source) -> Mapping[str, str]:
    """The school that each id stands for, present or former; {} in a ledger that is a school's own, or has none."""
    organisations = source.organisations().values()
    organisation = source.genesis().organisation
    if any(one.role == "school" and one.name == organisation for one in organisations):
        return {}
    return {id_: one.id for one in organisations if one.role == "school" for id_ in (one.id, *one.former_ids)}


def owner(schools: Mapping[str, str], sender: str, recipient: str, named: Iterable[str]) -> str:
    """The school that a transfer is of, "" for none."""
    if sender in schools:
        return schools[sender]
    concerned = {schools[one] for one in (recipient, *named) if one in schools}
    return concerned.pop() if len(concerned) == 1 else ""


@lru_cache(maxsize=10_000)
def _term(day: str) -> str:
    return fixed_term(parse_date(day)).option


# In one call, since each on its own would read the entry once more.
_FACTS = "json_extract(e.entry, '$.transferred_on', '$.sender', '$.recipient', '$.schools')"


class _Places:
    """In which cell an entry is: of the scope of `counts`, where all are of one school, or else by their owners."""

    def __init__(self, source: Source, counts: Counts) -> None:
        self._source, self._counts = source, counts
        self._schools = {} if counts.scope.school else schools_apart(source)

    @property
    def apart(self) -> bool:
        """Whether a term has a cell for each school."""
        return bool(self._schools)

    def transfers(self) -> Counter[_Cell]:
        """How many transfers that stand are in each."""
        found: Counter[_Cell] = Counter()
        if not self._schools:
            for day, count in self._counts.days.items():
                found[_Cell(fixed_term(day).option, "")] += count
            return found
        where, values = self._counts.scope.where()
        rows = self._source.db.execute(
            f"SELECT {_FACTS}, count(*) FROM transfers AS t JOIN entries AS e ON e.seq = t.seq "
            f"WHERE {where} GROUP BY 1",
            values,
        )
        for facts, count in rows:
            found[self._cell(facts)] += count
        return found

    def of(self, seqs: Iterable[int]) -> dict[int, tuple[_Cell, str]]:
        """The cell of each of these statements of transfers, and the transfer's id; what states none is left out."""
        rows = self._source.db.execute(
            f"SELECT e.seq, e.id, {_FACTS} FROM json_each(?) AS j CROSS JOIN entries AS e ON e.seq = j.value "
            "WHERE e.transferred_on IS NOT NULL",
            [json.dumps(sorted(set(seqs)))],
        )
        return {seq: (self._cell(facts), id_) for seq, id_, facts in rows}

    def _cell(self, facts: str) -> _Cell:
        day, sender, recipient, named = json.loads(facts)
        return _Cell(_term(day), owner(self._schools, sender, recipient, named or ()))


def figures(source: Source, counts: Counts, open_: Iterable[tuple[Outcome, Finding]]) -> dict[Period, Figures]:
    """What is shown for each fixed term of the period of `counts`, in order.

    `open_` are the findings in its scope that are not settled, each with the outcome that it counts as. One on a whole
    import is on all of its transfers; one on no transfer is not counted.
    """
    places = _Places(source, counts)
    of = [(as_, one, [one.seq] if one.id is not None else one.entries) for as_, one in open_]
    where = places.of(seq for _, _, seqs in of for seq in seqs)
    ids: dict[tuple[Outcome, _Cell], set[str]] = defaultdict(set)
    kinds: dict[_Cell, set[tuple[str, Outcome]]] = defaultdict(set)
    for outcome, finding, seqs in of:
        for cell, id_ in (where[seq] for seq in seqs if seq in where):
            ids[outcome, cell].add(id_)
            kinds[cell].add((finding.check, finding.outcome))
    transfers = places.transfers()
    found: dict[Period, Figures] = {}
    for term in fixed_terms(counts.scope.period):
        cells = sorted(cell for cell in {*transfers, *kinds} if cell.term == term.option)
        listed = [len(kinds[cell]) for cell in cells]
        columns = (
            [transfers[cell] for cell in cells],
            [len(ids["breach", cell]) for cell in cells],
            [len(ids["cannot-tell", cell]) for cell in cells],
        )
        if places.apart:
            found[term] = Figures(*(over_schools(column, listed) for column in columns))
        else:  # one cell
            found[term] = Figures(*(banded(sum(column)) for column in columns))
    return found


def of_period(terms: Iterable[Figures]) -> Figures:
    """What is shown for a period, by what is shown for its terms."""
    found = list(terms)
    return Figures(*(total(column) for column in zip(*found, strict=True)))
