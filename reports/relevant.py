"""Which entries an evidence bundle proves: all that are no transfers, and the transfers that findings name.

Those come with all that was stated of the same transfer, so that a correction shows beside what it corrects. They are
in the order of their weight, so that what a bundle has no room for is what matters least.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator

from reports.finding import SEVERITIES, Finding


def _by_weight(findings: Iterable[Finding]) -> list[Finding]:
    # The worst first and the corrected last, otherwise in the run's order.
    return sorted(findings, key=lambda one: (one.corrected_by is not None, SEVERITIES.index(one.severity)))


def _statements(db: sqlite3.Connection, seqs: list[int]) -> dict[int, list[int]]:
    """Of each entry, all entries that state the same transfer; of one that is no transfer, itself."""
    of = "FROM json_each(?) AS j CROSS JOIN entries AS e ON e.seq = j.value"
    roots = dict(db.execute(f"SELECT e.seq, coalesce(e.corrects, e.seq) {of}", (json.dumps(seqs),)))
    found = {root: [root] for root in roots.values()}
    for seq, root in db.execute("SELECT seq, corrects FROM entries WHERE corrects IS NOT NULL ORDER BY seq"):
        if root in found:
            found[root].append(seq)
    return {seq: found[root] for seq, root in roots.items()}


RELIED_ON = ("genesis", "register", "key", "attestation")
"""Kinds of entries that prove other members of a bundle, so that a bundle without them proves nothing."""


def relevant(db: sqlite3.Connection, findings: Iterable[Finding], size: int) -> Iterator[int]:
    """The seqs below `size` of the entries that matter, each once: those that are no transfers, then by weight."""
    seen: set[int] = set()
    # What other members rest on comes first: registers and reports are proved by these entries.
    others = (
        "SELECT seq FROM entries WHERE kind <> 'transfer' AND kind <> 'correction' AND seq < ? "
        f"ORDER BY kind NOT IN {RELIED_ON}, seq"
    )
    for (seq,) in db.execute(others, (size,)).fetchall():
        seen.add(seq)
        yield seq
    weighed = _by_weight(findings)
    statements = _statements(db, sorted({seq for one in weighed for seq in one.entries}))
    for one in weighed:
        for named in one.entries:
            for seq in statements.get(named, ()):
                if seq < size and seq not in seen:
                    seen.add(seq)
                    yield seq
