"""One small ledger with all that an auditor asks about, the same bytes wherever it is made.

Two keys and a rotation, checkpoints that a witness cosigned at known times, a clock that goes back, corrections, a
withdrawal, a refusal, decisions, erasures, two versions of the documented purposes, and an attested report.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ledger import checkpoints, entry, keyfile
from ledger.canonical import encode
from ledger.erase import erase
from ledger.keyfile import KeyFile
from ledger.london import days
from ledger.register.read import read_register
from ledger.tlog import note
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1, SignatureLine
from ledger.writer import Ledger, create
from reports.cli.check import check_ledger
from tests.codes import DPO, LEAD
from tests.reports.ledgers import GOOD, HERE, ORGANISATIONS, UNDOCUMENTED, UNKNOWN

ORIGIN = "shire.example/transfers"
AS_OF = date(2010, 10, 1)
NOTE = "Mrs Robinson asked for it"
WITNESS = keyfile.make("county.example/witness", [COSIGNATURE_V1], lambda size: b"\x03" * size)[0]
CLOSE_WITNESS = keyfile.make("regulator.example/witness", [SUBTREE_V1], lambda size: b"\x04" * size)[0]

SEEN = ("2010-03-02T09:00:00Z", "2010-03-20T09:00:00Z", "2010-06-01T09:00:00Z")
"""When the witnesses saw the ledger; between the last two lie more than 31 days."""

Cosign = Callable[[bytes, Callable[[int], Sequence[bytes]]], list[SignatureLine]]


def witness(key: keyfile.PrivateKey, at: str) -> Cosign:
    """A witness that cosigns whatever it is shown, at the time `at`."""
    seconds = int(datetime.fromisoformat(at).timestamp())

    def cosign(signed: bytes, _: Callable[[int], Sequence[bytes]]) -> list[SignatureLine]:
        return [note.signature_line(note.parse(signed).text, key.signer(seconds))]

    return cosign


class Kept(NamedTuple):
    """The ledger's file, its two keys, and what changes it: its clock stands still until it is set."""

    path: Path
    first: KeyFile
    second: KeyFile
    moment: list[datetime]
    entropy: Callable[[int], bytes]

    def at(self, text: str) -> Ledger:
        """The ledger, open, at the time `text`."""
        self.moment[0] = datetime.fromisoformat(text).astimezone(UTC)
        return Ledger(self.path, lambda: self.moment[0], self.entropy, LEAD)

    def record(self, at: str, *stated: dict[str, object], **texts: str) -> None:
        """Records transfers at the time `at`."""
        with self.at(at) as ledger:
            for members in stated:
                on = days(str(members["transferred_at"]))[0]
                ledger.append(ledger.settle({"transferred_on": on, **members}, texts))

    def sign(self, at: str, keys: KeyFile, *witnesses: Cosign, stamp: Callable[[bytes], bytes] | None = None) -> None:
        """Makes a checkpoint at the time `at`."""
        with self.at(at) as ledger:
            named = [(f"witness {place}", one) for place, one in enumerate(witnesses)]
            made = checkpoints.make(ledger, keys, lambda _: None, witnesses=named, stamp=stamp)
            assert made.failures == []

    def attest(self, at: str, size: int) -> None:
        """Seals a report of the first `size` entries, as whoever can write to the file could."""
        db = sqlite3.connect(self.path, isolation_level=None)
        (head,) = db.execute("SELECT hash FROM entries WHERE seq = ?", (size - 1,)).fetchone()
        seq, prev = db.execute("SELECT seq + 1, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        members = {
            "as_of": "2010-06-02", "head": head, "kind": "attestation", "options": ["for=dpo", "format=html"],
            "prev": prev, "recorded_at": at, "report": "ab" * 32, "salt": "A" * 22, "seq": seq, "size": size,
            "version": "0.1.0",
        }  # fmt: skip
        data = encode(members)
        db.execute(
            "INSERT INTO entries (seq, entry, hash) VALUES (?, ?, ?)", (seq, data.decode(), entry.leaf_hash(data))
        )
        db.close()


def kept_ledger(folder: Path) -> Kept:
    """A ledger with its genesis, its first version of the documented purposes and its organisations alone."""
    moment = [datetime(2010, 1, 4, 9, tzinfo=UTC)]
    random = count(1)

    def entropy(size: int) -> bytes:
        return hashlib.shake_256(str(next(random)).encode()).digest(size)

    path = folder / "l.db"
    create(path, ORIGIN, "Shire <b>Council</b>", lambda: moment[0], entropy, actor=LEAD)
    first = keyfile.write(folder / "first", keyfile.make(ORIGIN, [ED25519], lambda size: b"\x01" * size))
    second = keyfile.write(folder / "second", keyfile.make(ORIGIN, [ED25519], lambda size: b"\x02" * size))
    kept = Kept(path, first, second, moment, entropy)
    with kept.at("2010-01-04T09:00:00Z") as ledger:
        text = (HERE / "register.yml").read_text(encoding="utf-8")
        ledger.adopt(read_register(text, "r"), text, (date(2009, 9, 2), date(2010, 12, 31), False))
        ledger.add_organisations(ORGANISATIONS)
    return kept


def audited_ledger(folder: Path, stamp: Callable[[bytes], bytes] | None = None) -> Kept:
    """The ledger; `stamp` timestamps its last checkpoint."""
    kept = kept_ledger(folder)
    good = [{**GOOD, "id": f"t{n}"} for n in range(4)]
    kept.record("2010-03-01T20:00:00Z", *good, note=NOTE, operator="J. Clerk")
    kept.sign("2010-03-01T21:00:00Z", kept.first, witness(WITNESS, SEEN[0]))
    kept.sign("2010-03-19T21:00:00Z", kept.first, witness(WITNESS, SEEN[1]))
    kept.record("2010-04-10T20:00:00Z", {**UNDOCUMENTED, "id": "u", "transferred_at": "2010-04-10"})
    kept.record("2010-04-09T20:00:00Z", {**UNKNOWN, "id": "x", "transferred_at": "2010-04-12"})
    with kept.at("2010-04-15T09:00:00Z") as ledger:
        text = (HERE / "register.yml").read_text(encoding="utf-8").replace('version: "1"', 'version: "2"')
        ledger.adopt(read_register(text, "r"), text, (date(2010, 4, 1), date(2010, 12, 31), True))
        replaced = {**GOOD, "transferred_on": date(2010, 3, 1), "id": "t1", "fields": ["forename"]}
        corrected = ledger.correct("t1", "a field too many", ledger.settle(replaced, {}), {})
        ledger.correct("t2", "it never went", None, {})
        members = {
            "refused_on": date(2010, 4, 14),
            "outcome": "refused",
            "ground": "no-documented-purpose",
            "fields": [],
        }
        ledger.refuse({**members, "recipient": "shire", "id": "r1"}, {})
    found = [one for one in check_ledger(kept.path, AS_OF).result.findings if one.outcome == "breach"]
    with kept.at("2010-04-16T09:00:00Z") as ledger:
        once = ledger.review(found[0].key, found[0].check, "accepted", None, None, {"reason": "agreed"})
        ledger.review(found[0].key, found[0].check, "remedied", None, once.seq, {"reason": "deleted"})
        false_alarm = ledger.review(found[1].key, found[1].check, "false-alarm", None, None, {"reason": "known"})
        seen = ledger.add_person(DPO, "dpo").head
        with ledger.acting(DPO):
            ledger.confirm([corrected.seq, false_alarm.seq], seen, {"reason": "I was there"})
        (seq,) = ledger.db.execute("SELECT seq FROM entries WHERE id = 't0'").fetchone()
        erase(ledger, seq, "note", "retention-ended", {})
        erase(ledger, seq, "operator", "request-of-person", {})
    with kept.at("2010-05-01T09:00:00Z") as ledger:
        checkpoints.rotate(ledger, kept.first, kept.second, lambda _: None)
    kept.sign(
        "2010-05-31T21:00:00Z",
        kept.second,
        witness(WITNESS, SEEN[2]),
        witness(CLOSE_WITNESS, SEEN[2]),
        stamp=stamp,
    )
    kept.attest("2010-06-02T09:00:00Z", 20)
    return kept


def audited_with_tiles(folder: Path) -> Path:
    """The same, large enough to have tiles."""
    kept = audited_ledger(folder)
    stated = [
        {**GOOD, "id": f"more{n}", "transferred_at": "2010-06-30", "subjects": {"kind": "pupil", "count": 200 + n}}
        for n in range(260)
    ]
    kept.record("2010-07-01T09:00:00Z", *stated)
    kept.sign("2010-07-02T09:00:00Z", kept.second)
    return kept.path
