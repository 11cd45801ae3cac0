"""Giving content its place in the chain: the bytes of the next entries, their hashes and their disclosures.

What is stated (`Content`) becomes an entry by five members that say where and when it stands: `seq`, `prev`,
`salt`, `recorded_at` and the digests of its erasable values. Nothing is written here. Every entry is read back
before it is kept, by the same code that verification reads it with, a run of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger import disclosure, entry, forms
from ledger.errors import Refused
from ledger.london import utc_text
from ledger.settle import Content

Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]
Signatures = Callable[[bytes], list[dict[str, str]]]


class Head(NamedTuple):
    """The chain's end: how many entries there are, and the hash of the last (64 zeros where there is none)."""

    size: int
    hash: str


class Sealed(NamedTuple):
    """The next entry: its place, bytes and hash; the disclosures as `disclosures` keeps them; its id and time."""

    seq: int
    data: bytes
    hash: str
    disclosures: list[tuple[str, int, str, str]]
    id: str | None
    recorded_at: str

    @property
    def head(self) -> Head:
        """The chain's end after this entry."""
        return Head(self.seq + 1, self.hash)


class Sealer:
    """Seals contents one after the other; the clock and the source of randomness are passed in."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy

    def seal(
        self, kind: str, content: Content, at: Head, actor: str | None = None, sign: Signatures | None = None
    ) -> Sealed:
        """The entry that `content` makes after `at`; `check` it before it is kept.

        `actor` is the code of the person who causes it, None where nobody is named.

        `sign`, for a `key` entry, gives the `signatures` of the canonical bytes that the entry has without them.
        """
        if (at.size == 0) is not (kind == "genesis"):
            raise Refused(f"A ledger begins with its one genesis, and this one has {at.size:,} entries.")
        salts = self._entropy(disclosure.SALT_BYTES * (1 + len(content.texts)))
        salt, rows = disclosure.base64url(salts[: disclosure.SALT_BYTES]), []
        if content.texts:
            for name, value in content.texts.items():
                if (problem := forms.text_problem(name, value)) is not None:
                    raise Refused(problem)
                salts = salts[disclosure.SALT_BYTES :]
                text = disclosure.write(disclosure.base64url(salts[: disclosure.SALT_BYTES]), name, value)
                rows.append((disclosure.digest(text), at.size, name, text))
            # In the order in which the entry seals the digests: verification then compares whole columns.
            rows.sort()
        recorded_at = utc_text(self._clock())
        members: dict[str, object] = {
            **content.members,
            "kind": kind,
            "seq": at.size,
            "prev": at.hash,
            "salt": salt,
            "recorded_at": recorded_at,
        }
        if actor is not None:
            members.setdefault("actor", actor)
        if rows:
            members["_sd"] = [row[0] for row in rows]
        data = entry.encode(members)
        if sign is not None:
            data = entry.encode({**members, "signatures": sign(data)})
        return Sealed(at.size, data, entry.leaf_hash(data), rows, content.members.get("id"), recorded_at)


def check(run: Sequence[Sealed]) -> None:
    """Reads back what is to be kept. Raises `Refused` where verification would find anything wrong with an entry."""
    if entry.read_run([one.data for one in run]) is None:
        for one in run:
            if problems := entry.read(one.data)[1]:
                raise Refused(" ".join(problem.message for problem in problems))
