"""What a witness answers to `add-checkpoint`, in the order of c2sp.org/tlog-witness: bytes in, decision out.

It is decided in two steps. `submitted` needs only the request and the keys that are trusted: whoever sends nonsense
(400), an unknown log (404) or no genuine signature (403) never touches the record. `decided` compares with the record,
and must run while nobody else can change it:

    409 with a size    the proof does not start from the tree that was cosigned last, which has that size
    409                another root for the size that was cosigned last: the log signed two histories
    422                the proof does not lead from the one tree to the other
    200                cosigned, and the record moves

Nothing here reads a clock or writes: what is to be recorded before the answer may leave is part of the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ledger.errors import NotGenuine, Refused
from ledger.tlog import checkpoint, merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import EMPTY_ROOT
from ledger.tlog.note import Note, SignatureLine, Verifier
from ledger.tlog.proof import parse_consistency

SIZE = "text/x.tlog.size"
TEXT = "text/plain; charset=utf-8"

FORK = "fork"
"""Evidence that stands alone: the log signed two roots for one size."""
UNPROVEN = "unproven"
"""A checkpoint that the log signed, sent with a proof that fails: perhaps another history, perhaps a poor client."""

MOST_BEHIND = 60
"""How many seconds the clock may be behind the newest cosignature: clocks are set back by a little, now and then."""


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes
    content_type: str = TEXT


class Submitted(NamedTuple):
    """A request that its log did sign: the size it starts from, the proof, and the note with trusted lines only."""

    old: int
    path: tuple[bytes, ...]
    tree: Checkpoint
    signed: Note


class Recorded(NamedTuple):
    """The largest tree that was cosigned: the note as the log signed it, the same cosigned, and when (since 1970)."""

    tree: Checkpoint
    signed: bytes
    cosigned: bytes
    time: int


class Evidence(NamedTuple):
    """A signed note that speaks against its log, and the one that was on record, empty where none is needed."""

    kind: str
    recorded: bytes
    received: bytes


class Decision(NamedTuple):
    """An answer, and what must be on the disk before it leaves."""

    answer: Answer
    record: Recorded | None = None
    evidence: Evidence | None = None


def refusal(status: int, sentence: str) -> Answer:
    """An answer that says why not."""
    return Answer(status, sentence.encode("utf-8", "backslashreplace") + b"\n")


def submitted(body: bytes, verifiers: Callable[[str], Sequence[Verifier]]) -> Submitted | Answer:
    """The request in `body`, or why it is not looked at; `verifiers(origin)` are the keys trusted for a log."""
    try:
        request = parse_consistency(body)
        whole = note.parse(request.checkpoint)
        tree = checkpoint.parse(whole.text)
    except Refused as error:
        return refusal(400, str(error))
    if not (trusted := verifiers(tree.origin)):
        return refusal(404, f"The log {tree.origin[:80]!r} is not known here.")
    try:
        lines = note.verified(whole, trusted)
    except NotGenuine as error:
        return refusal(403, str(error))
    if not lines:
        return refusal(403, f"No key that is trusted for {tree.origin[:80]!r} signed this checkpoint.")
    if request.old > tree.size:
        return refusal(400, f"The old size {request.old} is larger than the checkpoint's, which is {tree.size}.")
    return Submitted(request.old, request.path, tree, Note(whole.text, tuple(lines)))


def decided(
    given: Submitted, before: Recorded | None, cosign: Callable[[str, int], Sequence[SignatureLine]], now: int
) -> Decision:
    """What is answered where `before` is on record. `cosign(text, time)` signs; `now` is in seconds since 1970."""
    tree = given.tree
    # "or zero if it never cosigned a checkpoint for that origin": of that size there is one tree.
    size, root = (before.tree.size, before.tree.root) if before else (0, EMPTY_ROOT)
    if given.old != size:
        # A fork is proved by the two checkpoints, whatever size the proof starts from.
        return Decision(Answer(409, b"%d\n" % size, SIZE), evidence=_fork(given, before))
    if tree.size == size and tree.root != root:
        sentence = f"The log signed another root for its size {size} before. Both checkpoints are kept."
        return Decision(refusal(409, sentence), evidence=_fork(given, before))
    try:
        merkle.verify_consistency(size, tree.size, root, tree.root, given.path)
    except NotGenuine as error:
        # Every tree begins with the empty one, and the same tree with itself: then only the request is at fault.
        kept = None
        if before is not None and 0 < size < tree.size:
            kept = Evidence(UNPROVEN, before.signed, note.render(given.signed))
        return Decision(refusal(422, str(error)), evidence=kept)
    last = before.time if before else 0
    if now < last - MOST_BEHIND:
        return Decision(refusal(503, f"The clock of this witness is {last - now} seconds behind its last cosignature."))
    # A cosignature says "as of this time, the largest tree I saw"; a later one must not claim an earlier time.
    time = max(now, last)
    lines = tuple(cosign(given.signed.text, time))
    full = Note(given.signed.text, (*given.signed.signatures, *lines))
    record = Recorded(tree, note.render(given.signed), note.render(full), time)
    return Decision(Answer(200, "".join(line.text() for line in lines).encode()), record)


def _fork(given: Submitted, before: Recorded | None) -> Evidence | None:
    # Whether or not anything is on record, a tree without entries has one root.
    tree = given.tree
    if tree.size == 0 and tree.root != EMPTY_ROOT:
        return Evidence(FORK, b"", note.render(given.signed))
    if before is not None and tree.size == before.tree.size and tree.root != before.tree.root:
        return Evidence(FORK, before.signed, note.render(given.signed))
    return None
