"""The example of `docs/FORMAT.md`, made by the code, so that the document cannot drift."""

from __future__ import annotations

import textwrap

from ledger import disclosure, entry, keyfile, settle
from ledger.tlog import merkle, note, proof
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1

SALT = "AAECAwQFBgcICQoLDA0ODw"


ORIGIN = "springfield.example/transfers"
WITNESS = "county.example/witness"
TIME = 1_274_432_400
"""2010-05-21T09:00:00Z, when the example's witness cosigned."""


def _disclosure() -> str:
    return disclosure.write(SALT, "note", "sent again")


def _entry() -> bytes:
    text = _disclosure()
    members: dict[str, object] = {
        "kind": "transfer",
        "seq": 1,
        "prev": "0" * 64,
        "salt": SALT,
        "recorded_at": "2010-05-04T09:30:00Z",
        "id": "t-1",
        **settle.when("2010-05-04T10:15"),
        "sender": "oak-high",
        "recipient": "qca",
        "purpose": "national-curriculum-assessment",
        "fields": ["forename", "surname"],
        "_sd": [disclosure.digest(text)],
    }
    return entry.write(members)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 110, break_on_hyphens=False, drop_whitespace=False))


def example() -> str:
    data, text = _entry(), _disclosure()
    return (
        f"```text\nentry (one line)\n{_wrapped(data.decode())}\n\nhash\n{entry.leaf_hash(data)}\n\n"
        f"disclosure of note\n{text}\n\nits digest\n{disclosure.digest(text)}\n```"
    )


def keys() -> tuple[keyfile.PrivateKey, ...]:
    """The log's Ed25519 and ML-DSA-44 keys, and the witness's, of the seeds that docs/FORMAT.md names."""
    log, witness = bytes(range(32)), bytes(range(32, 64))
    return (
        *keyfile.make(ORIGIN, [ED25519, SUBTREE_V1], lambda size: log[:size]),
        *keyfile.make(WITNESS, [COSIGNATURE_V1], lambda size: witness[:size]),
    )


def signed() -> bytes:
    """The example's checkpoint, of two entries of which the example is the second, signed and cosigned."""
    genesis = merkle.leaf_hash(b"the entry before")
    tree = Checkpoint(ORIGIN, 2, merkle.node_hash(genesis, merkle.leaf_hash(_entry())))
    ed25519, _, witness = keys()
    lines = (note.signature_line(tree.text(), ed25519.signer()), note.signature_line(tree.text(), witness.signer(TIME)))
    return note.render(note.Note(tree.text(), lines))


def proved() -> bytes:
    """The example's proof, with its note disclosed."""
    extra = b"\n".join([_entry(), _disclosure().encode()])
    return proof.Proof(1, (merkle.leaf_hash(b"the entry before"),), signed(), extra).encode()


def evidence() -> str:
    ed25519, mldsa44, witness = keys()
    data = proved().decode()
    lines = "\n".join(_wrapped(line) if line.startswith("extra ") else line for line in data.split("\n"))
    return (
        "```text\nverifier key of the log, type 0x01\n" + ed25519.key.text()
        + "\n\nverifier key of the log, type 0x06 (the first 110 characters)\n" + mldsa44.key.text()[:110]
        + "\n\nverifier key of the witness, type 0x04\n" + witness.key.text()
        + "\n\nproof of the entry of section 2 as entry 1 of 2, its note disclosed, cosigned at 2010-05-21T09:00:00Z\n"
        + "(the extra line is folded here; the leaf before it is that of the text «the entry before»)\n"
        + lines.rstrip("\n") + "\n```"
    )  # fmt: skip
