"""Verifying an evidence bundle without the ledger: that all its proofs are of one tree that a brought key signed.

Three things are told apart (docs/FORMAT.md section 10). What is *proved*: the entries, the registers and reports whose
digests proved entries seal, and that every kept checkpoint is of a beginning of the tree. What is *intact*: any other
member, as it was packed. And what no bundle can show: that it holds everything that matters. Keys inside never count.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ledger import bundle
from ledger.errors import NotGenuine, Refused
from ledger.members import Attestation, Register, kind_of
from ledger.tlog import merkle, proof
from ledger.tlog.checkpoint import Checkpoint
from ledger.verify.proofs import Trusted, Vouched, included, signers, verify_consistency, vouch


class Evidence(NamedTuple):
    """What an evidence bundle shows: the tree and who vouches for it, and how many entries of each kind are proved.

    `registers` are the members that proved `register` entries seal, and `reports` those that proved attestations seal,
    each with the seq of the first of these entries. `checkpoints` are the trees of the kept checkpoints, `signed` those
    that a key that was brought signed. `intact` are the members that only the manifest speaks of.
    """

    vouched: Vouched
    kinds: dict[str, int]
    registers: dict[str, int]
    reports: dict[str, int]
    checkpoints: tuple[Checkpoint, ...]
    signed: tuple[Checkpoint, ...]
    intact: tuple[str, ...]

    @property
    def entries(self) -> int:
        """How many entries are proved."""
        return sum(self.kinds.values())


def is_evidence(members: Mapping[str, bytes]) -> bool:
    """Whether a bundle is one of evidence. Raises `NotGenuine` for one whose manifest was taken out."""
    if bundle.MANIFEST in members:
        return True
    for name in sorted(members):
        if name == bundle.FINDINGS or name.startswith((bundle.CHECKPOINTS, bundle.REGISTERS)):
            raise NotGenuine(f"It holds {name}, as evidence bundles do, and no {bundle.MANIFEST}: that was taken out.")
    return False


def _numbers(members: Mapping[str, bytes], of: tuple[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for name in members:
        if name.startswith(of[0]):
            text = name.removeprefix(of[0]).removesuffix(of[1])
            if f"{of[0]}{text}{of[1]}" != name or not text.isdecimal() or len(text) > 18 or str(int(text)) != text:
                raise Refused(f"{name}: a member there is named by a number, as {of[0]}7{of[1]}.")
            found[int(text)] = name
    return dict(sorted(found.items()))


def verify_evidence(members: Mapping[str, bytes], trusted: Trusted) -> Evidence:
    """What the members of an evidence bundle show to whoever brings `trusted`.

    Raises `NotGenuine`, naming the member, where one is missing, was added or changed, or does not prove what it
    should; `Refused` where one cannot be read or nothing that was brought vouches for the tree, as `vouch` does.
    """
    try:
        said = bundle.read_manifest(members[bundle.MANIFEST])
    except Refused as error:
        raise error.at(bundle.MANIFEST) from None
    bundle.check_members(said, members)
    proofs = _numbers(members, bundle.PROOFS)
    if not proofs:
        raise Refused("The bundle holds no proof.")
    first = next(iter(proofs.values()))
    try:
        head = proof.parse(members[first]).checkpoint
        vouched = vouch(head, trusted)
    except Refused as error:
        raise error.at(first) from None
    if said.tree != vouched.tree:
        raise NotGenuine(f"{bundle.MANIFEST}: it names another tree than the one that was signed.")
    kinds: Counter[str] = Counter()
    texts: dict[str, list[int]] = {}
    reports: dict[str, int] = {}
    for seq, name in proofs.items():
        try:
            one = proof.parse(members[name])
            if one.checkpoint != head:
                raise NotGenuine("It is under another checkpoint than the proofs before it.")
            found = included(one, vouched)
            if found.seq != seq:
                raise NotGenuine(f"It proves entry {found.seq}, and its name says another.")
            if found.disclosed:
                raise Refused("It discloses an erasable value; evidence bundles hold none.")
        except Refused as error:
            raise error.at(name) from None
        kinds[kind_of(found.entry)] += 1
        if isinstance(found.entry, Register):
            texts.setdefault(f"{bundle.REGISTERS}{found.entry.sha256}.yml", []).append(seq)
        elif isinstance(found.entry, Attestation):
            reports.setdefault(found.entry.report, seq)
    checkpoints, signed = _checkpoints(members, vouched.tree, trusted)
    _grown(members, head, vouched.tree, checkpoints)
    attested = {
        name: reports[digest]
        for name, data in members.items()
        if name.startswith(bundle.REPORTS) and (digest := hashlib.sha256(data).hexdigest()) in reports
    }
    registers = _registers(members, texts)
    proved = (*bundle.PROOFS[:1], *bundle.CONSISTENCY[:1], bundle.REGISTERS)
    notes = tuple(name for name in members if name.startswith(bundle.CHECKPOINTS) and name.endswith(".txt"))
    intact = tuple(
        name
        for name in sorted(members)
        if not name.startswith(proved) and name not in notes and name not in attested and name != bundle.MANIFEST
    )
    return Evidence(vouched, dict(sorted(kinds.items())), registers, attested, checkpoints, signed, intact)


def _registers(members: Mapping[str, bytes], sealed: Mapping[str, list[int]]) -> dict[str, int]:
    for name in sorted({*sealed, *(name for name in members if name.startswith(bundle.REGISTERS))}):
        if name not in members:
            raise NotGenuine(f"{name}: entry {sealed[name][0]} adopts it, and it is not here.")
        if name not in sealed:
            raise NotGenuine(f"{name}: no entry that is proved here adopts it.")
        if f"{bundle.REGISTERS}{hashlib.sha256(members[name]).hexdigest()}.yml" != name:
            raise NotGenuine(f"{name}: it is not the text that entry {sealed[name][0]} adopts.")
    return {name: seqs[0] for name, seqs in sorted(sealed.items())}


def _checkpoints(
    members: Mapping[str, bytes], newest: Checkpoint, trusted: Trusted
) -> tuple[tuple[Checkpoint, ...], tuple[Checkpoint, ...]]:
    trees: dict[int, Checkpoint] = {}
    signed: dict[int, Checkpoint] = {}
    for name in sorted(members):
        if not name.startswith(bundle.CHECKPOINTS) or not name.endswith(".txt"):
            continue
        try:
            tree, keys = signers(members[name], trusted)
            if not name.startswith(f"{bundle.CHECKPOINTS}{tree.size}-") or not 0 < tree.size <= newest.size:
                raise NotGenuine(f"It is a checkpoint of {tree.size:,} entries.")
            if tree.origin != newest.origin:
                raise NotGenuine(f"It is a checkpoint of {tree.origin}.")
            if trees.setdefault(tree.size, tree) != tree or (tree.size == newest.size and tree != newest):
                raise NotGenuine(f"There are two different ledgers of {tree.size:,} entries.")
        except Refused as error:
            raise error.at(name) from None
        if keys:
            signed[tree.size] = tree
    return tuple(tree for _, tree in sorted(trees.items())), tuple(tree for _, tree in sorted(signed.items()))


def _grown(members: Mapping[str, bytes], head: bytes, newest: Checkpoint, checkpoints: tuple[Checkpoint, ...]) -> None:
    files = _numbers(members, bundle.CONSISTENCY)
    older = {tree.size: tree for tree in checkpoints if tree.size < newest.size}
    for size in sorted({*files, *older}):
        name = f"{bundle.CONSISTENCY[0]}{size}{bundle.CONSISTENCY[1]}"
        if size not in files:
            raise NotGenuine(f"{name}: there is a checkpoint of {size:,} entries, and no proof of what it became.")
        if size not in older:
            raise NotGenuine(f"{name}: no older checkpoint of {size:,} entries is here.")
        try:
            one = proof.parse_consistency(members[name])
            if one.checkpoint != head:
                raise NotGenuine("It leads to another checkpoint than that of the proofs.")
            if one.old != size:
                raise NotGenuine(f"It begins at {one.old:,} entries, and its name says another number.")
            merkle.verify_consistency(size, newest.size, older[size].root, newest.root, one.path)
        except Refused as error:
            raise error.at(name) from None


def verify_kept(members: Mapping[str, bytes], found: Evidence, kept: bytes, trusted: Trusted) -> Checkpoint:
    """The tree of the checkpoint `kept` by the verifier, all of whose entries are still in the bundle's tree.

    Raises `NotGenuine` where they are not, `Refused` where the bundle has no proof that begins there.
    """
    before = Trusted(trusted.keys or tuple(log.key for one in trusted.policies for log in one.logs))
    try:
        old = vouch(kept, before).tree
    except Refused as error:
        raise error.at("The checkpoint that was kept") from None
    tree = found.vouched.tree
    if old.origin != tree.origin:
        raise Refused(f"The kept checkpoint is of {old.origin}, and the bundle of {tree.origin}.")
    if old.size > tree.size:
        raise Refused(f"The kept checkpoint has {old.size:,} entries, and the bundle is of {tree.size:,}: it is older.")
    if old.size == tree.size:
        if old != tree:
            raise NotGenuine(f"There are two different ledgers of {old.size:,} entries, both signed.")
        return old
    name = f"{bundle.CONSISTENCY[0]}{old.size}{bundle.CONSISTENCY[1]}"
    if name not in members:
        raise Refused(
            f"The bundle has no proof that begins at your checkpoint, which has {old.size:,} entries; whoever keeps "
            f"the ledger makes one (`transfer-ledger prove --consistency`)."
        )
    try:
        verify_consistency(members[name], kept, trusted)
    except Refused as error:
        raise error.at(name) from None
    return old
