"""Slow and obvious: RFC 6962 §2.1 as its text says it, over lists of entries, with no thought for speed."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def _k(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1, the Merkle Tree Hash."""
    n = len(entries)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = _k(n)
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, the audit path of the entry number m."""
    n = len(entries)
    if n == 1:
        return []
    k = _k(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.2, the consistency proof from the first m entries; 0 < m <= n."""
    return _subproof(m, entries, True)


def _subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    n = len(entries)
    if m == n:
        return [] if whole else [mth(entries)]
    k = _k(n)
    if m <= k:
        return [*_subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*_subproof(m - k, entries[k:], False), mth(entries[:k])]


def tile(entries: Sequence[bytes], level: int, n: int, width: int) -> bytes:
    """tlog-tiles, Merkle Tree: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]) for each i."""
    span = 256**level
    return b"".join(mth(entries[(n * 256 + i) * span : (n * 256 + i + 1) * span]) for i in range(width))
