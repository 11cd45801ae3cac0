"""Verifying proofs without a ledger: that an entry is in one, and that an older ledger is the beginning of a newer.

Whoever verifies brings what is trusted: verifier keys of logs, or policies that name logs and a quorum of witnesses.
Nothing in the file that is verified makes anything trusted. What cannot be read is `Refused`; what can be read and
does not prove what it should is `NotGenuine`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger import disclosure, entry, forms
from ledger.errors import NotGenuine, Refused
from ledger.members import ERASABLE, AnyEntry, kind_of
from ledger.tlog import checkpoint, cosignature, merkle, note, policy, proof
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, VerifierKey


class Trusted(NamedTuple):
    """What the verifier brings: verifier keys of logs, and policies. Nothing else makes anything trusted."""

    keys: tuple[VerifierKey, ...] = ()
    policies: tuple[policy.Policy, ...] = ()


class Vouched(NamedTuple):
    """A checkpoint that what the verifier brought vouches for: its tree, which keys signed, which witnesses when."""

    tree: Checkpoint
    signed: tuple[VerifierKey, ...]
    cosigned: Mapping[str, int]
    quorum: bool


class Proved(NamedTuple):
    """What a proof shows: the entry, the values disclosed with it, and the checkpoint that vouches for it."""

    seq: int
    entry: AnyEntry
    hash: str
    disclosed: dict[str, str | tuple[str, ...]]
    vouched: Vouched


def vouch(signed: bytes, trusted: Trusted) -> Vouched:
    """What `trusted` says of the checkpoint note `signed`.

    Raises `Refused` where the note is no checkpoint of ours, nothing was brought to judge it by, or a policy's quorum
    did not cosign it, which is no sign of alteration; `NotGenuine` where a known key's signature fails, or none of the
    keys or logs that were brought for its origin signed it.
    """
    if not trusted.keys and not trusted.policies:
        raise Refused("No trusted key or policy was given, so nothing can be told; keys inside a file never count.")
    parsed = note.parse(signed)
    found = checkpoint.parse(parsed.text)
    if found.extensions:
        raise Refused("The checkpoint has extension lines; no ledger writes any.")
    # Every line of a key that was given must hold, also of one for another ledger; only one for this origin counts.
    keys = [key for key in trusted.keys if key.algorithm != COSIGNATURE_V1]
    lines = {(line.name, line.key_id) for line in note.verified(parsed, [cosignature.verifier(key) for key in keys])}
    logs = [key for key in keys if key.name == found.origin]
    if trusted.keys and not logs:
        raise Refused(f"None of the keys that were given is a log's key for {found.origin}.")
    by = [key for key in logs if (key.name, key.key_id) in lines]
    if trusted.keys and not by:
        raise NotGenuine(f"None of the keys that were given signed this checkpoint of {found.origin}.")
    cosigned: dict[str, int] = {}
    quorum = bool(trusted.policies)
    for one in trusted.policies:
        accepted = policy.accept(one, parsed)
        if one.logs and not accepted.logs:
            raise NotGenuine(f"No log of the policy signed this checkpoint of {found.origin}.")
        if not accepted.quorum:
            there = ", ".join(accepted.cosigned) or "none"
            raise Refused(
                f"The policy's quorum {policy.shown(one.quorum)} did not cosign this checkpoint (witnesses: {there})."
            )
        if not one.logs and not by:
            raise Refused("The policy names no log, and no key of the log was given, so nothing vouches for it.")
        by += [log.key for log in accepted.logs if log.key not in by]
        cosigned |= accepted.cosigned
    return Vouched(found, tuple(by), cosigned, quorum)


def signers(signed: bytes, trusted: Trusted) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
    """The tree of a checkpoint of some time, and which of the logs' keys that were brought signed it, maybe none.

    No quorum is asked for. Raises `Refused` where the note is no checkpoint of ours, `NotGenuine` where the signature
    of one of these keys fails.
    """
    parsed = note.parse(signed)
    found = checkpoint.parse(parsed.text)
    if found.extensions:
        raise Refused("The checkpoint has extension lines; no ledger writes any.")
    brought = dict.fromkeys((*trusted.keys, *(log.key for one in trusted.policies for log in one.logs)))
    keys = [key for key in brought if key.algorithm != COSIGNATURE_V1]
    lines = {(line.name, line.key_id) for line in note.verified(parsed, [cosignature.verifier(key) for key in keys])}
    return found, tuple(key for key in keys if key.name == found.origin and (key.name, key.key_id) in lines)


def verify_inclusion(data: bytes, trusted: Trusted) -> Proved:
    """What the tlog-proof in `data` shows. Raises `Refused` for what is no proof, `NotGenuine` for one that fails."""
    one = proof.parse(data)
    return included(one, vouch(one.checkpoint, trusted))


def included(one: proof.Proof, vouched: Vouched) -> Proved:
    """What the proof `one` shows, whose checkpoint is the one of `vouched`. Raises as `verify_inclusion` does."""
    if one.extra is None:
        raise Refused("The proof carries no entry (it has no extra line), so it shows only that some entry is there.")
    text, *texts = one.extra.split(b"\n")
    leaf = merkle.leaf_hash(text)
    merkle.verify_inclusion(leaf, one.index, vouched.tree.size, one.path, vouched.tree.root)
    found, problems = entry.read(text)
    if found is None or problems:
        raise NotGenuine(f"The entry was sealed so, but is not well formed: {problems[0].message}")
    if found.seq != one.index:
        raise NotGenuine(f"The entry says that it is number {found.seq}, but it is proved as number {one.index}.")
    return Proved(one.index, found, leaf.hex(), _disclosed(found, texts), vouched)


def _disclosed(found: AnyEntry, texts: Sequence[bytes]) -> dict[str, str | tuple[str, ...]]:
    allowed = {erasable.name for erasable in ERASABLE if kind_of(found) in erasable.kinds}
    left = set(found.sd)
    values: dict[str, str | tuple[str, ...]] = {}
    for raw in texts:
        try:
            text = raw.decode("ascii")
            value = disclosure.read(text)
        except (UnicodeDecodeError, Refused) as error:
            raise NotGenuine(f"A disclosed value cannot be read: {error}") from None
        digest = disclosure.digest(text)
        if digest not in left or value.name in values:
            raise NotGenuine(f"The value disclosed as {value.name[:40]} is not one that the entry sealed.")
        if value.name not in allowed or forms.text_problem(value.name, value.value):
            raise NotGenuine(f"The value disclosed as {value.name[:40]} is not one that a {kind_of(found)} carries.")
        left.discard(digest)
        values[value.name] = value.value
    return values


def verify_consistency(data: bytes, old: bytes, trusted: Trusted) -> tuple[Vouched, Vouched]:
    """That the kept checkpoint `old` is the beginning of the one in the consistency file `data`: (old, new).

    Both must be vouched for; the quorum of a policy is asked of the new one alone, since the old was kept.
    """
    one = proof.parse_consistency(data)
    try:
        before = vouch(old, Trusted(trusted.keys or tuple(log.key for p in trusted.policies for log in p.logs)))
    except Refused as error:
        raise error.at("The checkpoint that was kept") from None
    after = vouch(one.checkpoint, trusted)
    if before.tree.origin != after.tree.origin:
        raise Refused(f"The kept checkpoint is of {before.tree.origin}, and the newer one of {after.tree.origin}.")
    if one.old != before.tree.size:
        raise Refused(
            f"The proof begins at {one.old:,} entries, and the kept checkpoint has {before.tree.size:,}: it belongs to "
            f"another one."
        )
    if one.old:
        merkle.verify_consistency(one.old, after.tree.size, before.tree.root, after.tree.root, one.path)
    elif one.path:
        raise NotGenuine("A proof from an empty ledger is to be empty.")
    return before, after
