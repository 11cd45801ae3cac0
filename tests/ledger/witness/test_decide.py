"""What a witness answers, status by status, as c2sp.org/tlog-witness has it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.tlog import cosignature, merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Ed25519Cosigner, MLDSA44Cosigner
from ledger.tlog.note import SignatureLine, Verifier
from ledger.tlog.proof import Consistency
from ledger.witness.decide import FORK, MOST_BEHIND, SIZE, UNPROVEN, Answer, Decision, Recorded, decided, submitted
from tests.ledger.tlog.signed import signed
from tests.ledger.witness.logs import KEY, NAME, NEXT_KEY, NOON, ORIGIN, PQ_KEY, STRANGER, Log

A, B = Log("a"), Log("b", forked=3)
TRUSTED = (KEY, PQ_KEY, NEXT_KEY)
COSIGNERS = ((Ed25519Cosigner, b"\x05"), (MLDSA44Cosigner, b"\x06"))
EMPTY = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)


def verifiers(origin: str) -> list[Verifier]:
    return [cosignature.verifier(one.key) for one in TRUSTED] if origin == ORIGIN else []


def cosign(text: str, time: int) -> Sequence[SignatureLine]:
    return [note.signature_line(text, one(NAME, seed * 32, time)) for one, seed in COSIGNERS]


OWN = [cosignature.verifier(one(NAME, seed * 32, 1).key) for one, seed in COSIGNERS]


def ask(body: bytes, before: Recorded | None = None, now: int = NOON) -> Decision:
    found = submitted(body, verifiers)
    return Decision(found) if isinstance(found, Answer) else decided(found, before, cosign, now)


def at(size: int, log: Log = A) -> Recorded:
    """On record: the log's tree of `size`."""
    found = ask(log.request(0, size)).record
    assert found is not None
    return found


def body(old: int | str, path: Sequence[str], signed_note: bytes) -> bytes:
    return f"old {old}\n{''.join(line + chr(10) for line in path)}\n".encode() + signed_note


HASH = note.base64(b"\x07" * 32)
HUGE = note.render(signed(Checkpoint(ORIGIN, 2**62, b"\x07" * 32).text(), KEY))
WRONG_EMPTY = note.render(signed(Checkpoint(ORIGIN, 0, b"\x07" * 32).text(), KEY))


def tampered(signed_note: bytes) -> bytes:
    """With a bit of the last signature changed."""
    found = note.parse(signed_note)
    *lines, last = found.signatures
    wrong = last.signature[:-1] + bytes([last.signature[-1] ^ 1])
    return note.render(found._replace(signatures=(*lines, last._replace(signature=wrong))))


def test_what_is_no_request() -> None:
    whole = A.request(3, 7)
    for bad in (
        b"",
        b"\n",
        whole[:-1],
        whole.replace(b"old 3", b"old 03"),
        whole.replace(b"old 3", b"old  3"),
        whole.replace(b"old 3", b"old -3"),
        whole.replace(b"old 3", b"old 3 "),
        whole.replace(b"old 3", b"new 3"),
        whole.replace(b"old 3\n", b""),
        whole.replace(b"\n\n", b"\n", 1),
        whole.replace(b"\n", b"\r\n"),
        whole.replace(b"\n7\n", b"\n07\n"),
        whole.replace(b"\n7\n", b"\n9223372036854775808\n"),
        body(2**63, [], A.note(7)),
        body(3, [HASH[:-2]], A.note(7)),
        body(3, [note.base64(b"\x07" * 31)], A.note(7)),
        body(3, [HASH[:-2] + "x="], A.note(7)),  # stray bits
        body(1, [HASH] * 64, HUGE),  # "MUST NOT send more than 63"
        body(0, [], b"not a note\n"),
        body(0, [], b"not a checkpoint\n\n" + A.note(7).split(b"\n\n")[1]),
        body(0, [], A.tree(7).text().encode() + b"\n"),  # not signed at all
        b"\xff" + whole,
    ):
        answer = ask(bad).answer
        assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8"), bad
        assert answer.body.endswith(b"\n")
    assert ask(body(1, [HASH] * 63, HUGE), at(1)).answer.status == 422  # 63 are looked at


def test_every_cut_request_is_none() -> None:
    whole = A.request(3, 7)
    for end in range(len(whole)):
        assert ask(whole[:end], at(3)).answer.status == 400, end


def test_an_unknown_log() -> None:
    assert ask(Log(origin="other.example/x").request(0, 7)).answer.status == 404
    # Before anything else is looked at but the form.
    assert ask(body(9, [], Log(origin="other.example/x", signers=(STRANGER,)).note(7))).answer.status == 404


def test_no_signature_that_counts() -> None:
    assert ask(Log(signers=(STRANGER,)).request(0, 7)).answer.status == 403
    impostor = note.Ed25519Signer(ORIGIN, b"\x09" * 32)  # the name is right, the key is unknown
    assert ask(Log(signers=(impostor,)).request(0, 7)).answer.status == 403
    assert ask(body(0, [], tampered(A.note(7)))).answer.status == 403
    # One that is trusted and fails is never outweighed by another one.
    assert ask(body(0, [], tampered(Log(signers=(PQ_KEY, KEY)).note(7)))).answer.status == 403
    assert ask(body(0, [], tampered(Log(signers=(KEY, PQ_KEY)).note(7)))).answer.status == 403
    # A signature of another checkpoint.
    other = note.parse(A.note(8)).signatures
    assert ask(body(0, [], note.render(note.Note(A.tree(7).text(), other)))).answer.status == 403


@pytest.mark.parametrize(
    "signers", [(KEY,), (NEXT_KEY,), (PQ_KEY,), (STRANGER, KEY), (KEY, PQ_KEY), (PQ_KEY, STRANGER)]
)
def test_any_trusted_key_counts_and_others_are_ignored(signers: tuple[note.Signer, ...]) -> None:
    decision = ask(Log(signers=signers).request(0, 7))
    assert decision.answer.status == 200
    assert decision.record is not None
    kept = {(line.name, line.key_id) for line in note.parse(decision.record.signed).signatures}
    assert kept == {(one.key.name, one.key.key_id) for one in signers if one is not STRANGER}


def test_a_strangers_false_signature_is_ignored() -> None:
    assert ask(body(0, [], tampered(Log(signers=(KEY, STRANGER)).note(7)))).answer.status == 200


def test_old_beyond_the_checkpoint() -> None:
    for before in (None, at(3), at(8)):
        assert ask(body(8, [], A.note(7)), before).answer.status == 400
    # Who signed is asked first.
    assert ask(body(8, [], Log(signers=(STRANGER,)).note(7))).answer.status == 403


@pytest.mark.parametrize(("before", "old"), [(None, 3), (None, 7), (3, 0), (3, 2), (3, 7), (9, 0), (9, 7), (7, 0)])
def test_another_size_is_on_record(before: int | None, old: int) -> None:
    decision = ask(A.request(old, 7), at(before) if before else None)
    assert decision == Decision(Answer(409, f"{before or 0}\n".encode(), SIZE))
    assert SIZE == "text/x.tlog.size"


def test_another_root_of_the_same_size_is_a_fork() -> None:
    decision = ask(B.request(7, 7), at(7))
    assert (decision.answer.status, decision.record) == (409, None)
    assert decision.answer.content_type != SIZE
    assert decision.evidence == (FORK, A.note(7), B.note(7))
    # It is one whatever size the proof starts from, though then the size is what is answered.
    decision = ask(B.request(0, 7), at(7))
    assert (decision.answer, decision.record) == (Answer(409, b"7\n", SIZE), None)
    assert decision.evidence == (FORK, A.note(7), B.note(7))


@pytest.mark.parametrize("old", range(1, 9))
def test_every_wrong_hash_of_a_proof(old: int) -> None:
    before = at(old)
    path = A.path(old, 8)
    right = Consistency(old, path, A.note(8))
    assert ask(right.encode(), before).answer.status == 200
    wrong = [(*path[:i], bytes([path[i][0] ^ 1]) + path[i][1:], *path[i + 1 :]) for i in range(len(path))]
    wrong += [path[:i] + path[i + 1 :] for i in range(len(path))] + [(*path, b"\x07" * 32), (b"\x07" * 32, *path)]
    for one in wrong:
        decision = ask(Consistency(old, one, A.note(8)).encode(), before)
        assert (decision.answer.status, decision.record) == (422, None)
        assert decision.evidence == (None if old == 8 else (UNPROVEN, A.note(old), A.note(8)))


def test_a_fork_of_another_size_is_kept_as_it_may_be_one() -> None:
    decision = ask(B.request(5, 8), at(5))
    assert (decision.answer.status, decision.record) == (422, None)
    assert decision.evidence == (UNPROVEN, A.note(5), B.note(8))


def test_a_proof_from_nothing_is_empty() -> None:
    decision = ask(body(0, [HASH], A.note(7)))
    assert decision == Decision(decision.answer)  # every tree begins with the empty one: evidence of nothing
    assert decision.answer.status == 422


def test_what_is_cosigned() -> None:
    for old, size in ((0, 1), (0, 7), (1, 7), (3, 7), (4, 8), (7, 7)):
        decision = ask(A.request(old, size), at(old) if old else None, NOON + 5)
        assert decision.answer.status == 200
        lines = decision.answer.body.decode().splitlines(keepends=True)
        assert [line[:2] for line in lines] == ["— ", "— "]
        whole = note.parse(A.note(size) + decision.answer.body)  # "the client MAY concatenate"
        assert [cosignature.timestamp(line.signature) for line in note.verified(whole, OWN)] == [NOON + 5] * 2
        assert decision.record == (A.tree(size), A.note(size), note.render(whole), NOON + 5)
        assert decision.evidence is None


def test_the_empty_tree() -> None:
    empty = ask(Log().request(0, 0))
    assert empty.answer.status == 200
    assert empty.record is not None
    assert empty.record.tree == EMPTY
    assert ask(A.request(0, 0), empty.record).answer.status == 200
    assert ask(A.request(0, 7), empty.record).answer.status == 200
    assert ask(A.request(0, 0), at(7)) == Decision(Answer(409, b"7\n", SIZE))
    # There is one empty tree, so a signature over another root proves itself to be wrong.
    for before in (None, empty.record):
        decision = ask(body(0, [], WRONG_EMPTY), before)
        assert (decision.answer.status, decision.record) == (409, None)
        assert decision.evidence == (FORK, b"", WRONG_EMPTY)
    assert ask(body(0, [], WRONG_EMPTY), at(7)).evidence == (FORK, b"", WRONG_EMPTY)


def test_extension_lines_are_cosigned_and_say_nothing() -> None:
    text = A.tree(7)._replace(extensions=("extra",)).text()
    decision = ask(body(7, [], note.render(signed(text, KEY))), at(7))
    assert decision.answer.status == 200
    assert decision.record is not None
    assert len(note.verified(note.parse(decision.record.cosigned), OWN)) == 2


def test_a_clock_that_was_set_back() -> None:
    before = at(7)
    for now, time in ((NOON + 1, NOON + 1), (NOON, NOON), (NOON - MOST_BEHIND, NOON)):
        decision = ask(A.request(7, 8), before, now)
        assert decision.record is not None
        assert decision.record.time == time
        line = note.verified(note.parse(decision.record.cosigned), OWN)[0]
        assert cosignature.timestamp(line.signature) == time
    decision = ask(A.request(7, 8), before, NOON - MOST_BEHIND - 1)
    assert (decision.answer.status, decision.record) == (503, None)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, Log("c", forked=1)]), st.integers(0, 9), st.integers(0, 9), st.booleans()),
        max_size=14,
    )
)
def test_whatever_is_sent_one_growing_history_is_cosigned(sent: list[tuple[Log, int, int, bool]]) -> None:
    """Any requests of three branches, honest proofs or other branches' proofs, in any order."""
    on_record: Recorded | None = None
    history: list[Checkpoint] = []
    for log, old, size, follow in sent:
        start = on_record.tree.size if follow and on_record else old
        decision = ask(log.request(start, size), on_record)
        assert (decision.answer.status == 200) == (decision.record is not None)
        if decision.record is not None:
            on_record = decision.record
            history.append(decision.record.tree)
    for earlier, later in pairwise(history):
        assert earlier.size <= later.size
    for log in (A, B, Log("c", forked=1)):
        if history and log.tree(history[-1].size) == history[-1]:  # the branch that won had every one of them
            assert [log.tree(one.size) for one in history] == history
            break
    else:
        assert not history


def test_no_sentence_repeats_what_would_move_a_cursor() -> None:
    for bad in (b"old \x1b[2J\n\n", b"old 0\n\n\x1b[2J\n0\n\n", body(0, [], Log(origin="x\x7f\u202e").note(1))):
        assert ask(bad).answer.body.rstrip(b"\n").decode().isprintable()
