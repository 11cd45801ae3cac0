"""A slow reader of a publication, written from c2sp.org/tlog-tiles, tlog-checkpoint and RFC 6962 alone.

It takes the files of a folder as {path: bytes}, and recomputes all from the entries by the definitions as they stand.
"""

from __future__ import annotations

import base64
import hashlib


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, over the entries' leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def index(n: int) -> str:
    """ "zero-padded 3-digit path elements. All but the last path element MUST begin with an x" """
    elements = []
    while True:
        n, element = divmod(n, 1000)
        elements.append(f"{element:03d}")
        if n == 0:
            break
    return "/".join([f"x{element}" for element in elements[:0:-1]] + elements[:1])


def entries_in(bundle: bytes) -> list[bytes]:
    """ "sequences of big-endian uint16 length-prefixed log entries" """
    found = []
    while bundle:
        length = bundle[0] * 256 + bundle[1]
        assert len(bundle) >= 2 + length
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def read(files: dict[str, bytes]) -> tuple[str, int, list[bytes]]:
    """(origin, size, entries) of a publication, every file that its checkpoint needs recomputed."""
    lines = files["checkpoint"].decode("utf-8").split("\n")
    origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2])
    assert lines[3] == ""
    assert lines[4].startswith(f"— {origin} ")

    entries: list[bytes] = []
    for n in range(size // 256):
        bundle = entries_in(files[f"tile/entries/{index(n)}"])
        assert len(bundle) == 256
        entries += bundle
    if size % 256:
        bundle = entries_in(files[f"tile/entries/{index(size // 256)}.p/{size % 256}"])
        assert len(bundle) == size % 256
        entries += bundle
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]

    level = 0
    while size // 256**level:
        # "MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])", and partial tiles of floor(s / 256**l) mod 256
        hashes = [mth(leaves[i * 256**level : (i + 1) * 256**level]) for i in range(size // 256**level)]
        for n in range(len(hashes) // 256):
            assert files[f"tile/{level}/{index(n)}"] == b"".join(hashes[n * 256 : (n + 1) * 256])
        if len(hashes) % 256:
            n = len(hashes) // 256
            assert files[f"tile/{level}/{index(n)}.p/{len(hashes) % 256}"] == b"".join(hashes[n * 256 :])
        level += 1
    assert mth(leaves) == root
    return origin, size, entries


def counted(size: int) -> set[str]:
    """Every path of a publication of `size` entries that was published once, by the counts that the page gives."""
    paths = {"checkpoint"}
    level = 0
    while size // 256**level:
        full, partial = divmod(size // 256**level, 256)
        for kind in [str(level), "entries"] if level == 0 else [str(level)]:
            paths |= {f"tile/{kind}/{index(n)}" for n in range(full)}
            if partial:
                paths.add(f"tile/{kind}/{index(full)}.p/{partial}")
        level += 1
    return paths
