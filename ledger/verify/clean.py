"""Whether a run of entries, with what belongs to them, is beyond reproach, seen all at once.

Nearly every entry of nearly every ledger has nothing wrong with it, and to say so of five hundred together takes
half the time of saying it of each. So `clean` compares whole columns of a run: hashes with hashes, links with
hashes, digests with digests. It answers yes or no, and explains nothing; where it says no, `record` looks at each
entry of the run on its own and names what is wrong. Whatever `record` would find, `clean` must not pass: a test
changes ledgers in every way and compares the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ledger import disclosure, entry, forms
from ledger.members import ERASABLE, AnyEntry, kind_of

Row = tuple[int, bytes, bytes]
"""(seq, entry, hash) as `entries` has them."""

Kept = tuple[int, bytes, bytes, bytes]
"""(seq, digest, name, disclosure) as `disclosures` has them."""

MAY_CARRY = {(erasable.name, kind) for erasable in ERASABLE for kind in erasable.kinds}
"""Which erasable value (by name) which kind of entry may carry."""


def clean(
    rows: Sequence[Row], first: int, prev: str, kept: Sequence[Kept]
) -> tuple[list[AnyEntry], list[bytes]] | None:
    """The entries of a run and their hashes, or None where anything in it needs a closer look.

    The run is to begin with `first`, after an entry with the hash `prev`; `kept` are the disclosures of its seqs.
    What entries say of others (citations, documents, imports), and the clock, is not looked at here.
    """
    try:
        seqs, texts, stored = zip(*rows, strict=True)
        entries = entry.read_run(texts, compared=True)
        if entries is None or seqs != tuple(range(first, first + len(rows))):
            return None
        hashes = [hashlib.sha256(b"\x00" + text).digest() for text in texts]
        hexed = b"".join(hashes).hex()
        prevs = [one.prev for one in entries]
        if (
            b"".join(stored) != hexed.encode()
            or "".join(prevs) != prev + hexed[:-64]
            or {*map(len, stored), *map(len, prevs)} != {64}
            or [one.seq for one in entries] != list(seqs)
            or not _disclosures_clean(entries, kept)
        ):
            return None
    except TypeError:  # a column that is no text, or NULL
        return None
    return entries, hashes


def _disclosures_clean(entries: list[AnyEntry], kept: Sequence[Kept]) -> bool:
    sealed = [digest for one in entries for digest in one.sd]
    if not kept:
        return not sealed
    seqs, stored, names, texts = zip(*kept, strict=True)
    digests = disclosure.digests(texts)
    if (
        sealed != digests
        or list(seqs) != [one.seq for one in entries for _ in one.sd]
        or "\n".join(digests).encode() != b"\n".join(stored)
    ):
        return False
    values = disclosure.read_run(texts)
    if values is None:
        return False
    named = [value.name for value in values]
    if "\n".join(named).encode() != b"\n".join(names):
        return False
    owners = {type(one) for one in entries if one.sd}
    if len(owners) == 1:
        carried = {(name, kind_of(owner)) for name in set(named) for owner in owners}
    else:
        kinds = {one.seq: kind_of(type(one)) for one in entries if one.sd}
        carried = {(name, kinds[seq]) for name, seq in zip(named, seqs, strict=True)}
    return carried <= MAY_CARRY and forms.texts_sound(named, [value.value for value in values])
