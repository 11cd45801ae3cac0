"""Appending to a ledger: the verbs that seal entries, each in one transaction, each with its receipt.

The clock and the source of randomness are passed in. What is sealed is decided by `settle.settle`; where it lies by
`store`. A transfer's id makes appending idempotent: the same id with the same content returns the first receipt,
and with other content is refused with what differs.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger import disclosure, entry, forms, same, settle, store
from ledger.errors import Conflict, Refused
from ledger.london import utc_text
from ledger.lookup import Names
from ledger.members import (
    FORMAT,
    Closing,
    Confirmation,
    Continued,
    Correction,
    Erasure,
    Genesis,
    Organisation,
    Refusal,
    Review,
    Transfer,
    members_of,
)
from ledger.members import Register as Adoption
from ledger.people import CONFIRMERS, ROLES, People, Role, Second
from ledger.register import known
from ledger.seal import Clock, Entropy, Head, Sealed, Sealer, Signatures, check
from ledger.settle import Content
from ledger.together import Transactions

if TYPE_CHECKING:
    from ledger.register.model import Register as Documented

_CONFIRMED_TOGETHER = 5_000
"""So many seqs fit into one confirmation: an entry has at most 65,535 bytes."""

SETTLES = frozenset(("accepted", "remedied"))
"""The decisions that settle a finding and leave it true; only the lead makes them."""

_RUN = 256
"""So many transfers are sealed and inserted together: enough to pay for the calls, few enough to hold."""


class Receipt(NamedTuple):
    """What an append returns: where the entry lies, its hash, its id, when; `new` is False for a repetition."""

    seq: int
    hash: str
    id: str | None
    recorded_at: str
    new: bool

    @property
    def head(self) -> Head:
        """The chain's end right after this entry."""
        return Head(self.seq + 1, self.hash)


class Judged(NamedTuple):
    """A finding that is decided about: its whole key, the check that found it, and the decision that it `replaces`.

    That is the seq of the one which whoever decides saw as the newest, None for none.
    """

    finding: str
    check: str
    replaces: int | None


def _receipt(one: Sealed) -> Receipt:
    return Receipt(one.seq, one.hash, one.id, one.recorded_at, True)


class Ledger:
    """A ledger open for appending; use it as a context manager.

    `actor` is the code of the person who causes what is appended (`people`), None where nobody is named. Every public
    method is one transaction, or, within `together`, a part of that one which stands or falls alone.
    """

    def __init__(self, path: Path, clock: Clock, entropy: Entropy, actor: str | None = None) -> None:
        self.path = path
        self.actor = actor
        self._sealer = Sealer(clock, entropy)
        self._entropy = entropy
        self.db = store.open_for_writing(path)
        self._forget_names()
        self._transactions = Transactions(path, self.db, self._forget_names)
        self._verb = self._transactions.verb
        if store.head(self.db).size and self.db.execute("SELECT 1 FROM entries WHERE seq = 0").fetchone() is None:
            self.db.close()
            raise Refused(
                f"{path}: its first entry is gone; nothing is added to it. `transfer-ledger verify` says more."
            )

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        store.close(self.db)

    def together(self, whole: bool = False) -> AbstractContextManager[None]:
        """Makes one transaction of all verbs called within, with one COMMIT; see `Transactions.together`.

        A receipt that a verb gives within is true once this has ended without an error, and not before.
        """
        return self._transactions.together(whole)

    def origin(self) -> str:
        """The ledger's permanent name, from its first entry. `Refused` where that cannot be read."""
        row = self.db.execute("SELECT entry FROM entries WHERE seq = 0").fetchone()
        first = entry.read(row[0].encode())[0] if row else None
        if not isinstance(first, Genesis):
            raise Refused(f"{self.path}: its first entry is no genesis; `transfer-ledger verify` says more.")
        return first.origin

    # -- sealing -------------------------------------------------------------------------------------------------

    def _one(self, kind: str, content: Content, at: Head | None = None, sign: Signatures | None = None) -> Receipt:
        one = self._sealer.seal(kind, content, store.head(self.db) if at is None else at, self.actor, sign)
        check([one])
        store.insert(self.db, [one])
        return _receipt(one)

    # -- known names ---------------------------------------------------------------------------------------------

    def _stamp(self) -> str:
        return known.stamp(self.db.execute(f"SELECT max(seq) FROM entries WHERE {known.ENTRIES}").fetchone()[0])

    def _forget_names(self) -> None:
        self._names, self._names_of = Names(self.db), ""

    def _names_stale(self) -> bool:
        made_of, newest = self.db.execute(
            f"SELECT (SELECT id FROM names WHERE kind = '' AND folded = 'stamp'), "
            f"(SELECT max(seq) FROM entries WHERE {known.ENTRIES})"
        ).fetchone()
        if made_of != (stamp := known.stamp(newest)):
            return True
        if stamp != self._names_of:  # another program may have made them anew
            self._names, self._names_of = Names(self.db), stamp
        return False

    def _fresh_names(self) -> None:
        if self._names_stale():
            self._rebuild_names()

    def _rebuild_names(self) -> None:
        # Only here does a writer read YAML: after an adoption, a new organisation or a new version of this project.
        rows = self.db.execute(f"SELECT entry FROM entries WHERE {known.ENTRIES} ORDER BY seq").fetchall()
        entries = (one for (text,) in rows if (one := entry.read(text.encode())[0]) is not None)

        def document(sha256: str) -> str:
            return str(self.db.execute("SELECT content FROM documents WHERE sha256 = ?", (sha256,)).fetchone()[0])

        store.replace_names(self.db, known.names(entries, document), self._stamp())
        self._forget_names()

    # -- transfers -----------------------------------------------------------------------------------------------

    def settle(self, members: Mapping[str, Any], texts: Mapping[str, str]) -> Content:
        """What would be sealed of a transfer that states `members` with names as typed; writes no entry."""
        (found,) = self.settle_many([(members, texts)])
        if isinstance(found, Refused):
            raise found
        return found

    def settle_many(self, stated: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]]) -> list[Content | Refused]:
        """As `settle`, of each of (members, texts), or why it is refused; the names are those of one moment."""
        found: list[Content | Refused] = []
        with store.sentences(self.path):
            if self._names_stale():
                # What is appended may be settled one by one, in the transaction that appends it.
                with nullcontext() if self.db.in_transaction else self._verb():
                    self._fresh_names()
            for members, texts in stated:
                try:
                    found.append(settle.settle(members, texts, self._names))
                except Refused as error:
                    found.append(error)
        return found

    def _repeated(self, content: Content) -> Receipt | None:
        row = self.db.execute(
            "SELECT seq, entry, hash FROM entries WHERE kind = 'transfer' AND id = ?", (content.members["id"],)
        ).fetchone()
        if row is None:
            return None
        seq, text, hash_ = row
        old, _ = entry.read(text.encode())
        if not isinstance(old, Transfer):
            raise Refused(f"{self.path}: entry {seq} cannot be read; `transfer-ledger verify` says more.")
        rows = self.db.execute("SELECT disclosure FROM disclosures WHERE seq = ?", (seq,)).fetchall()
        given = {d.name: d.value for (one,) in rows for d in (disclosure.read(one),)}
        erased = {
            found.name
            for (one,) in self.db.execute("SELECT entry FROM entries WHERE kind <> 'transfer' AND kind = 'erasure'")
            if isinstance(found := entry.read(one.encode())[0], Erasure) and found.erases.seq == seq
        }
        differences = same.differences(text, given, content, erased, self._names)
        if differences:
            raise Conflict(
                f"The id {content.members['id']} is entry {seq} already, with other content: {'; '.join(differences)}. "
                f"Use `correct` if that entry is wrong, or another id if this is another transfer."
            )
        return Receipt(seq, hash_, content.members["id"], utc_text(old.recorded_at), False)

    def conflict(self, content: Content) -> str | None:
        """Why this transfer cannot be appended (its id stands for other content already), or None."""
        if "id" in content.members:
            try:
                self._repeated(content)
            except Conflict as error:
                return str(error)
        return None

    def append(self, content: Content) -> Receipt:
        """Appends one transfer (its `content` from `settle`), or returns the receipt of the same one.

        Raises `Conflict` where the id stands for other content, `Busy` where another writer holds the ledger.
        """
        return self.append_many([content])[0]

    def append_many(
        self,
        contents: Iterable[Content],
        batch: tuple[int, dict[str, str]] | None = None,
        done: Callable[[int], None] = lambda count: None,
    ) -> list[Receipt]:
        """Appends transfers in one transaction: all of them or none. `contents` may be lazy.

        `batch` is (rows, digests of the source as erasable values): a `batch` entry goes before, and each
        transfer names it and its row. `done` is told how many were appended, now and then.
        """
        receipts: list[Receipt] = []
        with self._verb():
            at, place = store.head(self.db), None
            if batch is not None:
                place = at.size
                at = self._one("batch", Content({"rows": batch[0]}, dict(batch[1])), at).head
            run: list[tuple[Content, Sealed]] = []
            for row, content in enumerate(contents, start=1):
                if "id" not in content.members:
                    content.members["id"] = f"t-{self._entropy(8).hex()}"
                if place is not None:
                    content.members["batch"] = {"seq": place, "row": content.row or row}
                # Sealed as it comes, at the moment when it comes, and kept with the others of its run.
                run.append(
                    (content, self._sealer.seal("transfer", content, run[-1][1].head if run else at, self.actor))
                )
                if len(run) == _RUN:
                    receipts += self._keep_run(run)
                    at, run = store.head(self.db), []
                    done(len(receipts))
            if run:
                receipts += self._keep_run(run)
            done(len(receipts))
            if place is not None and not any(receipt.new for receipt in receipts):
                raise Refused("Every row of the file is in the ledger already; nothing was recorded.")
        return receipts

    def _keep_run(self, run: list[tuple[Content, Sealed]]) -> list[Receipt]:
        sealed = [one for _, one in run]
        if self._any_known([content.members["id"] for content, _ in run]):
            return [self._repeated(content) or self._one("transfer", content) for content, _ in run]
        check(sealed)
        try:
            store.insert(self.db, sealed)
        except sqlite3.IntegrityError as error:
            # Of one transfer, the index on the ids says that it is there without having been asked.
            if len(run) == 1 and "entries.id" in str(error) and (first := self._repeated(run[0][0])) is not None:
                return [first]
            raise
        return [_receipt(one) for one in sealed]

    def _any_known(self, ids: list[str]) -> bool:
        # Asked for a run at once, since a savepoint to go back to would cost more than the inserts.
        if len(ids) == 1:
            return False
        known = "SELECT 1 FROM entries WHERE kind = 'transfer' AND id IN (SELECT value FROM json_each(?)) LIMIT 1"
        return len(set(ids)) < len(ids) or self.db.execute(known, (json.dumps(ids),)).fetchone() is not None

    def imported_before(self, source_sha256: str) -> int | None:
        """The seq of the `batch` that brought in the file with this digest, or None."""
        with store.sentences(self.path):
            for seq, text in self.db.execute("SELECT seq, disclosure FROM disclosures WHERE name = 'source_sha256'"):
                if disclosure.read(text).value == source_sha256:
                    return int(seq)
        return None

    def _transfer(self, which: str) -> tuple[int, str, str]:
        row = self.db.execute(
            "SELECT seq, hash, id FROM entries WHERE kind = 'transfer' AND id = ?", (which,)
        ).fetchone()
        if row is None and which.isdecimal() and which.isascii() and len(which) < 16:
            row = self.db.execute(
                "SELECT seq, hash, id FROM entries WHERE kind = 'transfer' AND seq = ?", (int(which),)
            ).fetchone()
        if row is None:
            raise Refused(f"{self.path}: no transfer has the id or the entry number {which[:64]}.")
        return int(row[0]), str(row[1]), str(row[2])

    def correct(self, which: str, reason: str, replacement: Content | None, texts: Mapping[str, str]) -> Receipt:
        """Seals a correction of transfer `which` (its id or seq): complete replacement, or withdrawal for None."""
        with self._verb():
            seq, hash_, id_ = self._transfer(which)
            members: dict[str, Any] = {"corrects": {"seq": seq, "hash": hash_}, "id": id_}
            given: dict[str, str | tuple[str, ...]] = {**texts, "reason": reason}
            if replacement is None:
                members["withdrawn"] = True
            else:
                if replacement.members.get("id", id_) != id_:
                    raise Refused(f"The replacement names the id {replacement.members['id']}, but it corrects {id_}.")
                members = {**replacement.members, **members}
                given = {**replacement.texts, **given}
            return self._one("correction", Content(members, given))

    def refuse(self, members: Mapping[str, Any], texts: Mapping[str, str]) -> Receipt:
        """Seals a `refusal`: a request that was refused, or met in part; names as typed.

        Raises `Refused` for a ground that no vocabulary knows, or a transfer that is not there.
        """
        content = self.settle(members, texts)
        (ground,) = (m for m in members_of(Refusal) if m.path == "ground")
        content.members["ground"] = settle.code("refusal_ground", content.members["ground"], ground, self._names)
        with self._verb():
            if "id" not in content.members:
                content.members["id"] = f"r-{self._entropy(8).hex()}"
            met = content.members.get("transfer")
            if met is not None:
                self._transfer(str(met))
            return self._one("refusal", content)

    # -- decisions on findings -----------------------------------------------------------------------------------

    def _newest_reviews(self, findings: set[str], advice: bool = False) -> dict[str, tuple[int, str]]:
        """Where the newest decision (or `advice`) on each of these findings lies, (seq, hash): one pass for all."""
        # SQLite looks for them, since to read every decision strictly would take a minute where thousands decide anew.
        rows = self.db.execute(
            "SELECT max(seq), entry, hash, json_extract(entry, '$.finding') AS finding FROM entries "
            "WHERE kind <> 'transfer' AND kind = 'review' AND finding IN (SELECT value FROM json_each(?)) "
            "AND (json_extract(entry, '$.advice') IS NOT NULL) = ? GROUP BY finding",
            (json.dumps(sorted(findings)), advice),
        )
        found: dict[str, tuple[int, str]] = {}
        for seq, text, hash_, finding in rows:
            one, _ = entry.read(text.encode())
            if not isinstance(one, Review) or one.finding != finding:
                raise Refused(f"{self.path}: entry {seq} cannot be read; `transfer-ledger verify` says more.")
            found[finding] = int(seq), str(hash_)
        return found

    def review(
        self,
        finding: str,
        check: str,
        decision: str,
        due: date | None,
        replaces: int | None,
        texts: Mapping[str, str],
    ) -> Receipt:
        """Seals a decision on the finding with this whole key, until the day `due`, if one is given.

        `replaces` is the seq of the decision on it that the caller saw as the newest, None for none. `Conflict` where
        another one was sealed meanwhile: whoever decides has to have read what they replace.
        """
        (found,) = self.review_many([Judged(finding, check, replaces)], decision, due, texts)
        if isinstance(found, Conflict):
            raise found
        return found

    def review_many(
        self, judged: Sequence[Judged], decision: str, due: date | None, texts: Mapping[str, str]
    ) -> list[Receipt | Conflict]:
        """Seals the same decision on many findings, each as `review` does, in one transaction.

        One about which another decision was sealed meanwhile gets its `Conflict` in place of a receipt; the others are
        sealed all the same. The lead decides; of a data protection officer, *accepted* and *remedied* are sealed as
        advice (UK GDPR Articles 38(6) and 39). `Refused` for anybody else.
        """
        with self._verb():
            role = self.people().role(self.actor, store.head(self.db).size)
            if role not in ("lead", "dpo"):
                raise Refused(_not_a_decider(self.path, self.actor, role))
            advice = role == "dpo" and decision in SETTLES
            newest = self._newest_reviews({one.finding for one in judged}, advice)
            found: list[Receipt | Conflict] = []
            for one in judged:
                before = newest.get(one.finding)
                if (conflict := self._not_as_seen(one, before)) is not None:
                    found.append(conflict)
                    continue
                members: dict[str, Any] = {"finding": one.finding, "check": one.check, "decision": decision}
                if advice:
                    members["advice"] = True
                if due is not None:
                    members["due"] = due
                if before is not None:
                    members["replaces"] = {"seq": before[0], "hash": before[1]}
                receipt = self._one("review", Content(members, dict(texts)))
                newest[one.finding] = receipt.seq, receipt.hash
                found.append(receipt)
        return found

    def _not_as_seen(self, one: Judged, newest: tuple[int, str] | None) -> Conflict | None:
        if newest is not None and newest[0] != one.replaces:
            return Conflict(
                f"{self.path}: entry {newest[0]} decided about the finding {one.finding[:8]} meanwhile; nothing was "
                f"recorded. Read it, and decide again if need be."
            )
        if newest is None and one.replaces is not None:
            return Conflict(f"{self.path}: entry {one.replaces} decides nothing about the finding {one.finding[:8]}.")
        return None

    # -- people, and what a second one confirms ------------------------------------------------------------------

    @contextmanager
    def acting(self, actor: str | None) -> Iterator[None]:
        """Whatever is appended within was caused by the person with this code."""
        before, self.actor = self.actor, actor
        try:
            yield
        finally:
            self.actor = before

    def people(self) -> People:
        """Everyone who was issued a code."""
        rows = self.db.execute(
            "SELECT entry FROM entries WHERE seq = 0 UNION ALL "
            "SELECT entry FROM (SELECT entry FROM entries WHERE kind <> 'transfer' AND kind = 'person' ORDER BY seq)"
        )
        return People(one for (text,) in rows if (one := entry.read(text.encode())[0]) is not None)

    def add_person(self, code: str, role: Role, outside: bool = False) -> Receipt | None:
        """Seals that `code` belongs to a person with this role; None where that holds already."""
        members: dict[str, Any] = {"code": code, "role": role}
        if outside:
            members["outside"] = True
        with self._verb():
            holds = self.people().issued(code, store.head(self.db).size)
            if holds is not None and (holds.role, holds.outside) == (role, outside):
                return None
            return self._one("person", Content(members, {}))

    def confirm(self, seqs: Sequence[int], seen: Head, texts: Mapping[str, str]) -> list[Receipt]:
        """Seals that the ledger's `actor`, a second person, confirms the corrections and decisions `seqs`.

        `seen` is where the ledger ended when they were read. `Conflict` where one of them was replaced since or was
        confirmed before; `Refused` where it is no correction or decision, or this person can't confirm it. Returns a
        receipt for each entry that it takes.
        """
        with self._verb():
            people, size = self.people(), store.head(self.db).size
            there = self.db.execute("SELECT hash FROM entries WHERE seq = ?", (seen.size - 1,)).fetchone()
            if there is None or there[0] != seen.hash:
                raise Refused(f"{self.path}: what was read is from another ledger; nothing was recorded.")
            role = people.role(self.actor, size)
            if role not in CONFIRMERS:
                raise Refused(_not_a_confirmer(self.path, self.actor, role))
            confirmed = self._confirmed(people)
            for seq in seqs:
                self._confirmable(people, size, seq, seen, confirmed)
            members: dict[str, Any] = {"seen": {"seq": seen.size - 1, "hash": seen.hash}}
            places = sorted(set(seqs))
            return [
                self._one(
                    "confirmation", Content({**members, "confirms": places[i : i + _CONFIRMED_TOGETHER]}, {**texts})
                )
                for i in range(0, len(places), _CONFIRMED_TOGETHER)
            ]

    def _confirmed(self, people: People) -> dict[int, Second]:
        """What was confirmed so far, by seq, as far as the deciding person alone tells."""
        found: dict[int, Second] = {}
        for (text,) in self.db.execute("SELECT entry FROM entries WHERE kind <> 'transfer' AND kind = 'confirmation'"):
            one, _ = entry.read(text.encode())
            if isinstance(one, Confirmation):
                for seq in one.confirms:
                    by, involved = self._stated_by(seq)
                    counts = people.second(one.actor, one.seq, by, involved)
                    if counts is not None and found.get(seq) != "second-person":
                        found[seq] = counts
        return found

    def _stated_by(self, seq: int) -> tuple[str | None, list[str | None]]:
        """Who caused entry `seq`, and, of a correction, who stated its transfer up to there."""
        actor = "json_extract(entry, '$.actor')"
        row = self.db.execute(f"SELECT {actor}, corrects FROM entries WHERE seq = ?", (seq,)).fetchone()
        if row is None or row[1] is None:
            return (row and row[0]), []
        rows = self.db.execute(
            f"SELECT {actor} FROM entries WHERE seq = ? OR (corrects = ? AND seq <= ?)", (row[1], row[1], seq)
        )
        return row[0], [one for (one,) in rows]

    def _confirmable(self, people: People, size: int, seq: int, seen: Head, confirmed: Mapping[int, Second]) -> None:
        """Raises what is in the way of confirming entry `seq` now."""
        row = self.db.execute("SELECT entry FROM entries WHERE seq = ? AND seq < ?", (seq, seen.size)).fetchone()
        one = entry.read(row[0].encode())[0] if row else None
        if isinstance(one, Correction):
            (newest,) = self.db.execute(
                "SELECT max(seq) FROM entries WHERE corrects = ?", (one.corrects.seq,)
            ).fetchone()
            what = f"The transfer {one.id} was corrected again, in entry {newest},"
        elif isinstance(one, Review):
            newest = self._newest_reviews({one.finding}).get(one.finding, (seq, ""))[0]
            what = f"Another decision on the finding {one.finding[:8]} was recorded, in entry {newest},"
        else:
            raise Refused(f"{self.path}: entry {seq} is no correction and no decision, so it can't be confirmed.")
        if newest != seq:
            raise Conflict(f"{what} after entry {seq}. Read the newest, and confirm that.")
        by, involved = self._stated_by(seq)
        counts = people.second(self.actor, size, by, involved)
        if counts is None:
            raise Refused(_not_a_second_person(seq, self.actor == by, people.role(by, size) is not None))
        if confirmed.get(seq) == "second-person" or confirmed.get(seq) == counts:
            raise Conflict(f"Entry {seq} is confirmed already; nothing was recorded.")

    # -- reports -------------------------------------------------------------------------------------------------

    def attest(
        self, report: str, options: tuple[str, ...], as_of: date, registers: tuple[str, ...], version: str, at: Head
    ) -> Receipt:
        """Seals that a report with the SHA-256 `report` (in hex) was made from the ledger when it ended in `at`.

        `Refused` where the chain does not go through `at`.
        """
        members: dict[str, Any] = {
            "report": report,
            "options": options,
            "as_of": as_of,
            "registers": registers,
            "version": version,
            "size": at.size,
            "head": at.hash,
        }
        with self._verb():
            there = self.db.execute("SELECT hash FROM entries WHERE seq = ?", (at.size - 1,)).fetchone()
            if there is None or there[0] != at.hash:
                raise Refused(f"{self.path}: the report was made from another ledger; nothing was attested.")
            return self._one("attestation", Content(members, {}))

    # -- erasing -------------------------------------------------------------------------------------------------

    def erasable(self, seq: int, name: str) -> str | None:
        """The disclosure of the value `name` of entry `seq`; None where it was erased. `Refused` if it never was."""
        for (text,) in self.db.execute("SELECT disclosure FROM disclosures WHERE seq = ?", (seq,)):
            if disclosure.read(text).name == name:
                return str(text)
        rows = self.db.execute("SELECT entry FROM entries WHERE kind <> 'transfer' AND kind = 'erasure'")
        for (data,) in rows:
            one, _ = entry.read(data.encode())
            if isinstance(one, Erasure) and one.erases.seq == seq and one.name == name:
                return None
        raise Refused(f"Entry {seq} has no erasable value {name[:40]}.")

    def erase(self, seq: int, name: str, ground: str, texts: Mapping[str, str]) -> tuple[Receipt | None, str | None]:
        """Seals an `erasure` and deletes the disclosure: (its receipt, the text that is gone); (None, None) if it was.

        What was found is thrown away too, since a finding may quote the value; the next `check` finds it again.
        """
        (member,) = (m for m in members_of(Erasure) if m.path == "ground")
        with self._verb():
            text = self.erasable(seq, name)
            if text is None:
                return None, None
            self._fresh_names()
            hash_ = self.db.execute("SELECT hash FROM entries WHERE seq = ?", (seq,)).fetchone()[0]
            digest = disclosure.digest(text)
            members = {
                "erases": {"seq": seq, "hash": hash_},
                "name": name,
                "digest": digest,
                "ground": settle.code("erasure_ground", ground, member, self._names),
            }
            receipt = self._one("erasure", Content(members, dict(texts)))
            store.delete_disclosure(self.db, digest)
            return receipt, text

    # -- checkpoints ---------------------------------------------------------------------------------------------

    def seal_keys(self, content: Content, sign: Signatures, after: int | None) -> Receipt:
        """Seals a `key` entry, which `sign` signs when its place is known (docs/FORMAT.md section 9).

        `after` is the seq of the `key` entry that it follows. `Refused` where another was sealed meanwhile.
        """
        with self._verb():
            newest = "SELECT max(seq) FROM entries WHERE kind <> 'transfer' AND kind = 'key'"
            if self.db.execute(newest).fetchone()[0] != after:
                raise Refused(f"{self.path}: another program changed the ledger's key just now; nothing was recorded.")
            return self._one("key", content, sign=sign)

    def keep_checkpoint(self, size: int, note: bytes, timestamp: bytes | None) -> None:
        """Keeps a signed note, and the RFC 3161 token on it, if there is one; what was kept before stays."""
        with self._verb():
            store.insert_checkpoint(self.db, size, note, timestamp)

    def close(self, ground: str, successor: str | None, texts: Mapping[str, str]) -> Receipt:
        """Seals the last entry: nothing can be appended after it. `Refused` for a ground that no vocabulary knows."""
        members: dict[str, Any] = {"successor": successor} if successor else {}
        (member,) = (m for m in members_of(Closing) if m.path == "ground")
        with self._verb():
            self._fresh_names()
            members["ground"] = settle.code("closing_ground", ground, member, self._names)
            return self._one("closing", Content(members, dict(texts)))

    # -- what transfers are judged by ----------------------------------------------------------------------------

    def adopt(self, register: Documented, text: str, effective: tuple[date, date | None, bool]) -> Receipt:
        """Seals a version of the documented purposes: `text` is its YAML, `effective` (from, until, assigned).

        The newest adopted with these dates already is not sealed again. `Refused` where this version of this register
        was adopted with another text.
        """
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        members: dict[str, Any] = {
            "register": register.id,
            "version": register.version,
            "sha256": sha256,
            "effective_from": effective[0],
            "effective_assigned": effective[2],
        }
        if effective[1] is not None:
            members["effective_until"] = effective[1]
        with self._verb():
            if (already := self._adopted_already(members)) is not None:
                return already
            store.insert_document(self.db, sha256, "application/yaml", text)
            receipt = self._one("register", Content(members, {}))
            self._rebuild_names()
            return receipt

    def _adopted_already(self, members: dict[str, Any]) -> Receipt | None:
        """The newest adoption, where it says just this. An older one counts not: a newer one judges in its place."""
        rows = self.db.execute(
            "SELECT seq, entry, hash FROM entries WHERE kind <> 'transfer' AND kind = 'register' ORDER BY seq"
        ).fetchall()
        newest: Receipt | None = None
        for seq, text, hash_ in rows:
            old = entry.read(text.encode())[0]
            if not isinstance(old, Adoption):
                raise Refused(f"{self.path}: entry {seq} cannot be read; `transfer-ledger verify` says more.")
            if (old.register, old.version) == (members["register"], members["version"]) and (
                old.sha256 != members["sha256"]
            ):
                raise Refused(
                    f"Version {old.version} of {old.register} is adopted already, in entry {seq}, with another text; "
                    f"give this one another version."
                )
            same_dates = all(
                str(getattr(old, name)) == str(members.get(name))
                for name in ("sha256", "effective_from", "effective_until", "effective_assigned")
            )
            newest = Receipt(seq, hash_, None, str(old.recorded_at), False) if same_dates else None
        return newest

    def add_organisations(self, organisations: Iterable[Mapping[str, Any]]) -> list[Receipt]:
        """Seals one `organisation` entry each, all or none; a name that means something else already is refused.

        One whose newest entry says the same already is not sealed again.
        """
        organisations = list(organisations)
        receipts = []
        coded = [m for m in members_of(Organisation) if m.domain.startswith("code:")]
        with self._verb():
            self._fresh_names()
            for organisation in organisations:
                members = {key: value for key, value in organisation.items() if value not in (None, "", ())}
                for member in coded:
                    if member.path in members:
                        members[member.path] = settle.code(
                            member.domain.partition(":")[2], members[member.path], member, self._names
                        )
                if not self._known_already(members):
                    receipts.append(self._one("organisation", Content(members, {})))
            self._rebuild_names()
            for organisation in organisations:
                self._tell_apart(organisation)
        return receipts

    def _tell_apart(self, organisation: Mapping[str, Any]) -> None:
        """`Refused` where a name of the organisation is written with letters that make it look like another's."""
        for text in (organisation["name"], *organisation.get("aliases", ())):
            if not text.isascii() and (others := set(self._names.alike("party", text)) - {organisation["id"]}):
                raise Refused(
                    f"“{text}”, a name of {organisation['id']}, looks like a name of {' and '.join(sorted(others))}; "
                    f"give it a name that can be told apart."
                )

    def _known_already(self, members: dict[str, Any]) -> bool:
        row = self.db.execute(
            "SELECT entry FROM entries WHERE kind <> 'transfer' AND kind = 'organisation' AND id = ? "
            "ORDER BY seq DESC LIMIT 1",
            (members.get("id"),),
        ).fetchone()
        if row is None:
            return False
        from ledger import canonical

        old: Any = canonical.decode(row[0].encode())
        now: Any = canonical.decode(entry.encode(members))
        return bool({key: value for key, value in old.items() if key not in same.PLACED} == now)


def _not_a_confirmer(path: Path, actor: str | None, role: Role | None) -> str:
    if actor is None or role is None:
        return (
            f"{path}: the code {actor or '(none)'} is not in this ledger's people list. Ask the lead to add you: "
            f"`transfer-ledger people add`."
        )
    return f"A {ROLES[role]} can't confirm; the lead, the data protection officer or the chair can."


def _not_a_decider(path: Path, actor: str | None, role: Role | None) -> str:
    if actor is None or role is None:
        return _not_a_confirmer(path, actor, role)
    return f"A {ROLES[role]} can't decide about findings; the lead decides, and the data protection officer advises."


def _not_a_second_person(seq: int, own: bool, issued: bool) -> str:
    if own:
        return (
            f"Entry {seq} is your own. Somebody else has to confirm it: the lead, the data protection officer or the "
            "chair."
        )
    if not issued:
        return (
            f"Entry {seq} was recorded under a code that is not in the people list, so it can't be told whether that "
            "was somebody else. Add the code first: `transfer-ledger people add`."
        )
    return f"You recorded or corrected the transfer of entry {seq} yourself. Somebody else has to confirm it."


def create(
    path: Path,
    origin: str,
    organisation: str,
    clock: Clock,
    entropy: Entropy,
    continues: Continued | None = None,
    *,
    actor: str | None = None,
    practice: bool = False,
) -> Receipt:
    """Makes the ledger `path` with its genesis, which cites the ledger that it `continues`, if any.

    `actor` is the code of the person who makes it, the first in the people list and its lead. A `practice` ledger is
    marked as one everywhere. `Refused` where the file exists or a name cannot be sealed.
    """
    if (why := forms.origin_problem(origin)) is not None:
        raise Refused(f"The origin {origin[:80]!r} cannot name a ledger: {why}.")
    if (why := forms.name_problem(organisation)) is not None:
        raise Refused(f"The organisation's name cannot be sealed: {why}.")
    store.create(path).close()
    try:
        with Ledger(path, clock, entropy, actor) as ledger, store.sentences(path), store.writing(ledger.db):
            members: dict[str, Any] = {"format": FORMAT, "origin": origin, "organisation": organisation}
            if practice:
                members["practice"] = True
            if continues is not None:
                members["continues"] = continues
            content = Content(members, {})
            receipt = ledger._one("genesis", content)
            ledger._rebuild_names()
            return receipt
    except BaseException:
        for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            name.unlink(missing_ok=True)
        raise
