"""Proofs for the page, genuine ones, and what the program says of any."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ledger import bundle, disclosure, entry, settle
from ledger.errors import NotGenuine, Refused
from ledger.tlog import note, policy
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Ed25519Cosigner, MLDSA44Cosigner
from ledger.tlog.note import Ed25519Signer, Signer, parse_vkey
from ledger.tlog.proof import Consistency, Proof
from ledger.verify.bundled import is_evidence, verify_evidence, verify_kept
from ledger.verify.proofs import Trusted, verify_consistency, verify_inclusion
from tests import reference

SALT = "AAECAwQFBgcICQoLDA0ODw"
ORIGIN = "springfield.example/transfers"
LOG = Ed25519Signer(ORIGIN, b"\x01" * 32)
LOG_MLDSA = MLDSA44Cosigner(ORIGIN, b"\x02" * 32)
OTHER = Ed25519Signer(ORIGIN, b"\x05" * 32)
STRANGER = Ed25519Signer("elsewhere.example/transfers", b"\x06" * 32)
WITNESS = Ed25519Cosigner("county.example/witness", b"\x03" * 32, 1_274_432_400)
WITNESS_MLDSA = MLDSA44Cosigner("regulator.example/witness", b"\x04" * 32, 1_274_436_000)

KEY = LOG.key.text().encode() + b"\n"
POLICY = (
    f"log {LOG.key.text()}\nwitness county {WITNESS.key.text()}\nwitness regulator {WITNESS_MLDSA.key.text()}\n"
    "group both any county regulator\nquorum both\n"
).encode()

NOTE = disclosure.write(SALT, "note", "sent again, “with care” – 😀")
OPERATOR = disclosure.write("Dw4NDAsKCQgHBgUEAwIBAA", "operator", "A. Clerk")
FIELDS = disclosure.write("AAAAAAAAAAAAAAAAAAAAAA", "fields_as_given", ("shoe size", "hat size"))

ENTRY = entry.write(
    {
        "kind": "transfer",
        "seq": 4,
        "prev": "0" * 64,
        "salt": SALT,
        "recorded_at": "2010-05-04T09:30:00Z",
        "id": "t-1",
        **settle.when("2010-05-04T10:15"),
        "sender": "oak-high",
        "recipient": "qca",
        "recipient_role": "controller",
        "purpose": "national-curriculum-assessments",
        "fields": ["date-of-birth", "forename", "surname", "unlisted"],
        "lawful_basis": ["dpa1998-sch2-3", "dpa1998-sch2-5"],
        "subjects": {"count": 31, "kind": "pupil", "year_groups": ["year-6"], "age_min": 10, "age_max": 11},
        "channel": "secure-web-portal",
        "opt_outs": {"checked": False},
        "request": {"date": "2010-04-30"},
        "onward_of": [{"id": "x-1"}, {"id": "x-2", "origin": "elsewhere.example/transfers"}],
        "_sd": sorted(map(disclosure.digest, (NOTE, OPERATOR, FIELDS))),
    }
)
MEMBERS: dict[str, Any] = json.loads(ENTRY)


def rows(number: int, at: int = 4, text: bytes = ENTRY) -> list[bytes]:
    """A ledger of `number` entries, `text` the one at `at`."""
    return [text if i == at else b"entry %d" % i for i in range(number)]


def head(entries: Sequence[bytes], *signers: Signer, origin: str = ORIGIN) -> bytes:
    """The signed checkpoint over `entries`."""
    text = Checkpoint(origin, len(entries), reference.mth(entries)).text()
    return note.render(
        note.Note(text, tuple(note.signature_line(text, signer) for signer in signers or (LOG, WITNESS)))
    )


def proved(
    entries: Sequence[bytes], *signers: Signer, at: int = 4, texts: Sequence[str] = (), origin: str = ORIGIN
) -> bytes:
    """The proof of entry `at` of `entries`, with disclosures `texts`."""
    extra = b"\n".join([entries[at], *(text.encode() for text in texts)])
    return Proof(at, tuple(reference.path(at, entries)), head(entries, *signers, origin=origin), extra).encode()


def grown(old: int, entries: Sequence[bytes], *signers: Signer) -> bytes:
    """The consistency file from the first `old` of `entries`."""
    return Consistency(old, tuple(reference.proof(old, entries)), head(entries, *signers)).encode()


GOOD = proved(rows(11), LOG, WITNESS, STRANGER, texts=(NOTE, FIELDS))
KEPT = head(rows(7), LOG)
GROWN = grown(7, rows(11))


def sealed(data: bytes, seq: int = 1) -> bytes:
    """A genuine proof of whatever bytes a ledger sealed as entry `seq`."""
    return proved(rows(seq + 1, seq, data), LOG, at=seq)


def raw(members: Mapping[str, Any]) -> bytes:
    """The canonical JSON of `members`, which nobody judged."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def trusted(*items: bytes) -> Trusted:
    """What the program reads of the `items` that a verifier brings."""
    keys: list[note.VerifierKey] = []
    policies = []
    for item in items:
        if b"quorum" in item:
            policies.append(policy.parse(item))
        else:
            keys += [parse_vkey(line) for line in item.decode().split("\n") if line]
    return Trusted(tuple(keys), tuple(policies))


def said(data: bytes, trust: Trusted, kept: bytes | None = None) -> str:
    """The program's verdict on a proof, or with `kept` on a consistency file, in the page's words."""
    try:
        if kept is None:
            verify_inclusion(data, trust)
        else:
            verify_consistency(data, kept, trust)
    except NotGenuine:
        return "altered"
    except Refused:
        return "unknown"
    return "verified"


# ---- An evidence bundle ----

REGISTER_TEXT = b"register: r\n"
REPORT = b"<p>The report</p>\n"
PLACE = {"prev": "0" * 64, "salt": SALT, "recorded_at": "2010-05-04T09:30:00Z"}
SEALED = {
    1: {
        "kind": "register",
        "register": "r",
        "version": "1.0",
        "sha256": hashlib.sha256(REGISTER_TEXT).hexdigest(),
        "effective_from": "2010-01-01",
        "effective_assigned": True,
    },
    2: {
        "kind": "attestation",
        "report": hashlib.sha256(REPORT).hexdigest(),
        "as_of": "2010-05-04",
        "version": "1",
        "size": 1,
        "head": "0a" * 32,
        "options": ["for=auditor"],
    },
}
ENTRIES = [raw({**SEALED[at], **PLACE, "seq": at}) if at in SEALED else text for at, text in enumerate(rows(11))]
REGISTER = f"registers/{SEALED[1]['sha256']}.yml"
TREE = Checkpoint(ORIGIN, 11, reference.mth(ENTRIES))


def contents() -> dict[str, bytes]:
    """The members of an evidence bundle over `ENTRIES`, without its manifest."""
    return {
        "README.txt": b"Read me\n",
        "findings.json": b"{}\n",
        "keys.txt": b"The keys\n",
        "verify.html": b"<p>The page</p>\n",
        "checkpoints/7-1.txt": head(ENTRIES[:7], LOG),
        "checkpoints/7-1.tsr": b"\x30\x00",
        "checkpoints/9-1.txt": head(ENTRIES[:9], OTHER),
        "checkpoints/11-1.txt": head(ENTRIES),
        "consistency/7.tlog-consistency": grown(7, ENTRIES),
        "consistency/9.tlog-consistency": grown(9, ENTRIES),
        **{f"proofs/{at}.tlog-proof": proved(ENTRIES, at=at) for at in (1, 2, 4)},
        REGISTER: REGISTER_TEXT,
        "reports/auditor.html": REPORT,
        "reports/other.html": b"another\n",
    }


def packed(members: Mapping[str, bytes], tree: Checkpoint = TREE) -> bytes:
    """The bundle of `members` with a manifest that names just these."""
    return bundle.write({**members, bundle.MANIFEST: bundle.manifest(tree, members)})


def said_of_bundle(data: bytes, trust: Trusted, kept: bytes | None = None) -> str:
    """The program's verdict on an evidence bundle, in the page's words."""
    try:
        members = bundle.read(data)
        assert is_evidence(members)
        found = verify_evidence(members, trust)
        if kept is not None:
            verify_kept(members, found, kept, trust)
    except NotGenuine:
        return "altered"
    except Refused:
        return "unknown"
    return "verified"
