"""Which level of assurance was reached, by what the verifier brings: keys, policies, kept checkpoints, certificates.

Nothing inside the ledger makes anything trusted (docs/FORMAT.md section 11). What is in it, its own checkpoints and
`key` entries, can show that something is wrong, and say which sizes a key vouches for; whether a signature counts is
decided by what came from outside. It makes no difference whether the tree was made from the ledger's file or from
what was published of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ledger import timestamp
from ledger.canonical import decode, encode
from ledger.errors import NotGenuine, Refused
from ledger.keyfile import verify_bytes
from ledger.london import from_seconds
from ledger.members import Key
from ledger.tlog import checkpoint, cosignature, note, policy
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import Note, VerifierKey, parse_vkey
from ledger.verify.proofs import Trusted
from ledger.verify.record import Found

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

KeyEntry = tuple[int, bytes, Key]
"""A `key` entry: its seq, its bytes and what they state."""

LEVELS = ("signed", "anchored", "witnessed")
"""What `--require` can ask for; each needs a consistent ledger, and the last two are independent of each other."""


class Brought(NamedTuple):
    """What the verifier brings: keys and policies, kept checkpoints with a name for each, the root certificates of time
    stamping authorities, and how old, as of `now`, the newest cosignature or timestamp may be.
    """

    trusted: Trusted = Trusted()
    kept: tuple[tuple[str, bytes], ...] = ()
    authorities: tuple[Certificate, ...] = ()
    not_older_than: timedelta | None = None
    now: datetime | None = None


NOTHING = Brought()
"""A verifier who brings nothing can only find the ledger consistent with itself."""


class Reached(NamedTuple):
    """The levels that were reached, how many entries their checkpoints cover, when a witness or a time stamping
    authority that counts last saw it, and what remains open, a sentence each. `stale` says why the newest such time
    is not as new as the verifier asked for, or is None.
    """

    levels: tuple[str, ...]
    covered: int
    seen: datetime | None
    remarks: list[str]
    stale: str | None = None


class Head(NamedTuple):
    """A checkpoint of this ledger's own history: its root is that of the entries at its size."""

    where: str
    kept: bool
    tree: Checkpoint
    note: Note
    timestamp: bytes | None = None


class _Judged(NamedTuple):
    # What the verifier's keys and policies say of a head: whose signatures count, whether and when the quorum saw it.
    head: Head
    signers: frozenset[VerifierKey]
    quorum: bool
    seen: int


class _Range(NamedTuple):
    # The sizes for which one `key` entry vouches; the same key may be named again by a later one.
    first: int
    last: int | None
    lost: bool

    def covers(self, size: int) -> bool:
        return self.first <= size and (self.last is None or size <= self.last)


class Levels:
    """What the verifier brings against one tree: `size` leaves, and `roots` at the sizes that anything speaks of.

    `explain` may add to the sentence about a checkpoint whose root is another one.
    """

    def __init__(
        self,
        brought: Brought,
        origin: str | None,
        size: int,
        roots: Mapping[int, bytes],
        keys: Sequence[KeyEntry],
        explain: Callable[[Checkpoint], str] = lambda tree: "they were rewritten, or this is another history.",
    ) -> None:
        self._brought = brought
        self._origin = origin
        self._size = size
        self._roots = roots
        self._keys = keys
        self._explain = explain
        self._ranges: dict[str, list[_Range]] = {}
        for vkey, its in _key_ranges(keys):
            self._ranges.setdefault(vkey, []).append(its)
        self._heads: list[Head] = []
        self._judged: list[_Judged] = []

    def add(self, head: Head) -> None:
        """Takes a checkpoint that is known to be of this tree."""
        self._heads.append(head)

    def keys_at(self, size: int) -> list[VerifierKey]:
        """The keys that the ledger itself names for checkpoints of `size` entries."""
        found = []
        for vkey, ranges in self._ranges.items():
            if any(its.covers(size) for its in ranges):
                try:
                    found.append(parse_vkey(vkey))
                except Refused:
                    continue  # `key_problems` says what is wrong with it
        return found

    def key_problems(self) -> Iterator[Found]:
        """What is wrong with the ledger's `key` entries: their order, and the signatures that must be over them."""
        before: tuple[str, ...] = ()
        for seq, data, one in self._keys:
            yield from _key_entry_problems(seq, data, one, before, self._origin)
            before = one.keys

    def against(self, where: str, tree: Checkpoint) -> Found | None:
        """What is wrong with the tree of a checkpoint, from wherever, against this one; None where it is of it."""
        size = self._size
        if tree.size > size:
            return Found(
                None,
                "cut-off",
                f"{where} covers {tree.size:,} entries, but the ledger has only {size:,}: its end was cut off.",
            )
        if self._roots[tree.size] != tree.root:
            return Found(None, "rewritten", f"{where} has another root than the entries: {self._explain(tree)}")
        return None

    def brought_problems(self) -> Iterator[Found]:
        """What the checkpoints that the verifier kept say against the ledger."""
        for where, parsed, tree in kept(self._brought):
            if tree.origin != self._origin:
                raise Refused(f"{where} is a checkpoint of {tree.origin}, and this ledger is {self._origin}.")
            if (problem := self.against(f"The checkpoint that you kept ({where})", tree)) is not None:
                yield problem
                continue
            self._heads.append(Head(where, True, tree, parsed))
        for head in self._heads:
            try:
                self._judged.append(self._judge(head))
            except NotGenuine as error:
                yield Found(None, "checkpoint", f"{head.where} at {head.tree.size:,} entries: {error}")
            yield from self._beyond_rotation(head)

    def _judge(self, head: Head) -> _Judged:
        trusted = self._brought.trusted
        logs = [log.key for one in trusted.policies for log in one.logs]
        keys = [key for key in dict.fromkeys((*trusted.keys, *logs)) if key.name == self._origin]
        lines = note.verified(head.note, [cosignature.verifier(key) for key in keys])
        signed = {(line.name, line.key_id) for line in lines}
        # Whoever has a lost key could have put its signature into the file.
        counting = [
            key
            for key in keys
            if (key.name, key.key_id) in signed
            and any(
                its.covers(head.tree.size) and (head.kept or not its.lost) for its in self._ranges.get(key.text(), ())
            )
        ]
        accepted = [policy.accept(one, head.note) for one in trusted.policies]
        asked = [one for one, p in zip(accepted, trusted.policies, strict=True) if p.quorum != policy.NONE]
        quorum = (
            bool(asked)
            and all(one.quorum for one in asked)
            and all(one.logs for one, p in zip(accepted, trusted.policies, strict=True) if p.logs)
            and (bool(counting) or not keys)
        )
        seen = [time for one in asked for time in one.cosigned.values()] if quorum else []
        if head.timestamp is not None and self._brought.authorities:
            try:
                stamped = timestamp.verify(head.timestamp, head.tree.text().encode(), self._brought.authorities)
            except Refused as error:
                raise NotGenuine(str(error)) from None
            seen.append(int(stamped.timestamp()))
        return _Judged(head, frozenset(counting), quorum, max(seen, default=0))

    def _beyond_rotation(self, head: Head) -> Iterator[Found]:
        size, trusted = head.tree.size, self._brought.trusted
        signed = {(line.name, line.key_id) for line in head.note.signatures}
        logs = (log.key for one in trusted.policies for log in one.logs)
        for key in dict.fromkeys((*trusted.keys, *logs)):
            ranges = self._ranges.get(key.text(), [])
            ended = [its.last for its in ranges if its.last is not None and its.last < size]
            if (key.name, key.key_id) in signed and ended and not any(its.covers(size) for its in ranges):
                yield Found(
                    None,
                    "key-range",
                    f"{head.where} at {size:,} entries is signed by a key given up at {max(ended):,}.",
                )

    def reached(self) -> Reached:
        """Which levels were reached; for a ledger in which nothing was found wrong."""
        trusted, kept = self._brought.trusted, self._brought.kept
        levels, remarks = list[str](), list[str]()
        silent = [key for key in trusted.keys if not any(key in one.signers for one in self._judged)]
        for key in silent:
            remarks.append(f"The key {key.text()[:100]} signed no checkpoint of this ledger within its range.")
        if trusted.keys and not silent:
            levels.append("signed")
        # A kept checkpoint counts where a trusted key signed it; where no key was brought, its keeper's word is all.
        anchors = [one for one in self._judged if one.head.kept and (one.signers or trusted == Trusted())]
        if kept and len(anchors) == len(kept):
            levels.append("anchored")
            if trusted == Trusted():
                remarks.append("Who signed the checkpoint that you kept: no key or policy was given to check it by.")
        elif kept:
            remarks.append("A checkpoint that you gave is signed by no key or log that you trust; it does not count.")
        witnessed = [one for one in self._judged if one.quorum]
        seen = max((one.seen for one in self._judged), default=0)
        when = from_seconds(seen) if seen else None
        if not self._brought.authorities and (stamps := sum(head.timestamp is not None for head in self._heads)):
            remarks.append(f"The {stamps:,} timestamps in the file: no certificate of an authority was given.")
        stale = self._stale(when)
        if stale is not None:
            remarks.append(stale)
        if witnessed and stale is None:
            levels.append("witnessed")
        elif trusted.policies and not witnessed:
            remarks.append("The quorum of the policy cosigned no checkpoint of this ledger.")
        counted = [one for one in self._judged if one.signers or one.quorum or one in anchors]
        covered = max((one.head.tree.size for one in counted), default=0)
        if beyond := self._size - covered:
            those = f"entries after the first {covered:,}" if covered else "entries"
            remarks.append(f"The {beyond:,} {those} are not covered by any checkpoint that counts here.")
        return Reached(tuple(levels), covered, when, remarks, stale)

    def _stale(self, seen: datetime | None) -> str | None:
        limit, now = self._brought.not_older_than, self._brought.now
        if limit is None or now is None:
            return None
        if seen is None:
            return "No cosignature or timestamp that counts gives a time."
        if abs(now - seen) <= limit:
            return None
        # A time that is far from having come would otherwise be fresh for ever.
        how = "older than was asked for" if seen < now else "which has not come yet, so it shows nothing of today"
        return f"The newest cosignature or timestamp is of {seen:%Y-%m-%d %H:%M} UTC, {how}."


def kept(brought: Brought) -> list[tuple[str, Note, Checkpoint]]:
    """The checkpoints that the verifier kept: (where, note, tree) each. Raises `Refused`, naming the file."""
    found = []
    for where, data in brought.kept:
        try:
            parsed = note.parse(data)
            found.append((where, parsed, checkpoint.parse(parsed.text)))
        except Refused as error:
            raise error.at(where) from None
    return found


def _key_ranges(entries: Sequence[KeyEntry]) -> Iterator[tuple[str, _Range]]:
    for (seq, _, one), after in zip(entries, [*entries[1:], None], strict=False):
        for vkey in one.keys:
            last = None if after is None else after[0]
            yield vkey, _Range(seq + 1, last, after is not None and after[2].action == "replacement")


def _key_entry_problems(
    seq: int, data: bytes, one: Key, before: tuple[str, ...], origin: str | None
) -> Iterator[Found]:
    try:
        members = decode(data)
        assert isinstance(members, dict)
        message = encode({name: value for name, value in members.items() if name != "signatures"})
    except Refused as error:
        yield Found(seq, "key", f"What its signatures should cover cannot be told: {error}")
        return
    wanted = {*one.keys, *(before if one.action == "rotation" else ())}
    if (one.action == "new") is bool(before):
        yield Found(seq, "key", f"It is a {one.action} of the key where that has no place.")
    if {signature.key for signature in one.signatures} != wanted or len(one.signatures) != len(wanted):
        yield Found(seq, "key", "It is not signed by exactly the keys that must sign it.")
    try:
        keys = {vkey: parse_vkey(vkey) for vkey in wanted}
        signatures = [(one.key, note.decode_base64(one.signature)) for one in one.signatures]
    except Refused as error:
        yield Found(seq, "key", f"A key or signature in it cannot be read: {error}")
        return
    if any(key.name != origin for key in keys.values()):
        yield Found(seq, "key", f"It names a key that is not for {origin}.")
    for vkey, signature in signatures:
        if vkey in keys and not verify_bytes(keys[vkey], signature, message):
            yield Found(seq, "key", f"The signature by {vkey[:80]} is not over this entry.")
