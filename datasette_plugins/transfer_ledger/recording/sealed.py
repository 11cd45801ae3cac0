"""What the pages to record on have sealed, each through the writer's own verb, in the recorder's one thread.

Whatever a form says twice is sealed once: a double click, a page that is loaded again and a line that broke all end at
the receipt that is there already. So every job looks, within its transaction, for what it would seal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as TooLong
from typing import TYPE_CHECKING, Any, TypeVar

from datasette_plugins.transfer_ledger.people.acting import acted
from datasette_plugins.transfer_ledger.recording.filled import NotKnown, unlisted
from datasette_plugins.transfer_ledger.roles import Actor
from ledger import disclosure, entry, same
from ledger.errors import Busy, Conflict, Refused
from ledger.intake.draft import Stated
from ledger.london import utc_text
from ledger.lookup import Names
from ledger.settle import Content
from ledger.writer import Ledger, Receipt

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.recording.queue import Recorder

T = TypeVar("T")

PATIENCE_SECONDS = 25.0
"""How long somebody waits for their receipt, who then is asked to press the button again."""

STILL = (
    "It waits to be recorded, behind others. Nothing that you typed is lost: press the button again in a moment; it "
    "is recorded once, however often you press."
)


class Overtaken(Conflict):
    """Something was recorded meanwhile that whoever sends this has to have read: entry `seq`."""

    def __init__(self, seq: int, text: str) -> None:
        self.seq = seq
        super().__init__(text)


def done(recorder: Recorder, job: Callable[[Ledger], T], actor: Actor) -> T:
    """What `job` of `actor` gives once it is on the disk. Raises what it raises, `Busy` after too long, and `Full`."""
    try:
        return recorder.submit(lambda ledger: acted(ledger, job, actor)).result(PATIENCE_SECONDS)
    except TooLong:
        raise Busy(STILL) from None


def _settled(ledger: Ledger, stated: Stated, by: str, agreed: str) -> Content:
    content = ledger.settle(stated.members, {**stated.texts, "recorded_by": by})
    if (found := unlisted(content)) is not None and found.digest != agreed:
        raise NotKnown(found)
    return content


def transfer(stated: Stated, by: str, agreed: str) -> Callable[[Ledger], Receipt]:
    """Records a transfer with an id, by the account `by`. `agreed` is the digest of what may be unlisted, or "".

    The job raises `NotKnown`, `Overtaken` where the id stands for another statement, `Refused`.
    """

    def job(ledger: Ledger) -> Receipt:
        content = _settled(ledger, stated, by, agreed)
        try:
            return ledger.append(content)
        except Conflict:
            (seq,) = ledger.db.execute(
                "SELECT seq FROM entries WHERE kind = 'transfer' AND id = ?", (content.members["id"],)
            ).fetchone()
            raise Overtaken(
                seq,
                f"This form was recorded already, as entry {seq}, and states something else now. Correct that entry if "
                f"it is wrong; to record another transfer, begin another record.",
            ) from None

    return job


def correction(
    root: int, made_from: int, stated: Stated | None, texts: Mapping[str, str], by: str, agreed: str
) -> Callable[[Ledger], Receipt]:
    """Corrects the transfer that is entry `root`, or withdraws it for None; `texts` hold the reason.

    `made_from` is the statement that the form showed. The job raises `Overtaken` where a newer one is there.
    """

    def job(ledger: Ledger) -> Receipt:
        newest, text, hash_, id_, withdrawn = ledger.db.execute(
            "SELECT seq, entry, hash, id, withdrawn FROM entries WHERE corrects = ? OR seq = ? "
            "ORDER BY seq DESC LIMIT 1",
            (root, root),
        ).fetchone()
        content = None if stated is None else _settled(ledger, stated, by, agreed)
        if newest != made_from:
            wanted = Content({"withdrawn": True}, {}) if content is None else content
            if (first := _there(ledger, (newest, text, hash_), wanted, texts, by)) is not None:
                return first
            raise Overtaken(
                newest,
                f"Entry {newest} states this transfer otherwise, and was recorded after you opened this page. Read it "
                f"first; nothing of yours was recorded.",
            )
        if withdrawn:
            raise Overtaken(newest, f"This transfer was withdrawn by entry {newest}; there is nothing left to correct.")
        # By its id: a transfer may have the number of another's entry as its id.
        return ledger.correct(id_, texts["reason"], content, {**texts, "recorded_by": by})

    return job


def refusal(members: Mapping[str, Any], texts: Mapping[str, str], by: str, agreed: str) -> Callable[[Ledger], Receipt]:
    """Records a request that was refused, with an id. The job raises as that of `transfer` does."""

    def job(ledger: Ledger) -> Receipt:
        content = _settled(ledger, Stated(dict(members), dict(texts)), by, agreed)
        row = ledger.db.execute(
            "SELECT seq, entry, hash FROM entries WHERE kind <> 'transfer' AND kind = 'refusal' AND id = ?",
            (members["id"],),
        ).fetchone()
        if row is None:
            return ledger.refuse(members, {**texts, "recorded_by": by})
        if (first := _there(ledger, (row[0], row[1], row[2]), content, {}, by)) is not None:
            return first
        raise Overtaken(row[0], f"This form was recorded already, as entry {row[0]}, and states something else now.")

    return job


def _there(
    ledger: Ledger, row: tuple[int, str, str], wanted: Content, texts: Mapping[str, str], by: str
) -> Receipt | None:
    """The receipt of an entry (seq, text, hash), where the same person has just stated the same in it."""
    seq, text, hash_ = row
    old: Any = entry.read(text.encode())[0]
    if old is None:
        raise Refused(f"Entry {seq} cannot be read; `transfer-ledger verify` says more.")
    rows = ledger.db.execute("SELECT disclosure FROM disclosures WHERE seq = ?", (seq,)).fetchall()
    given = {one.name: one.value for (data,) in rows for one in (disclosure.read(data),)}
    members = {**wanted.members, "id": old.id}
    if hasattr(old, "corrects"):
        members["corrects"] = {"seq": old.corrects.seq, "hash": old.corrects.hash}
    content = Content(members, {**wanted.texts, **texts})
    if given.get("recorded_by") != by or same.differences(text, given, content, set(), Names(ledger.db)):
        return None
    return Receipt(seq, hash_, old.id, utc_text(old.recorded_at), False)
