"""Posted transfers into the ledger, through the recorder: all of one body or none, each with its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Any, NamedTuple

from datasette_plugins.transfer_ledger.people.acting import introduce
from datasette_plugins.transfer_ledger.recording.posted import Conflicting, Problem, Unfit
from datasette_plugins.transfer_ledger.recording.queue import Recorder
from datasette_plugins.transfer_ledger.roles import Actor
from ledger.errors import Conflict, Refused
from ledger.intake.draft import Stated
from ledger.settle import Content
from ledger.writer import Ledger, Receipt


class Kept(NamedTuple):
    """One recorded transfer: its `receipt`, and the members that name what nobody knows, kept as erasable text."""

    receipt: Receipt
    unlisted: tuple[str, ...]

    def answer(self) -> dict[str, Any]:
        """What whoever posted it gets as JSON; of what was unlisted only the members' names, never the text."""
        seq, hash_, id_, recorded_at, new = self.receipt
        return {
            "seq": seq, "id": id_, "hash": hash_, "recorded_at": recorded_at, "new": new,
            "unlisted": list(self.unlisted),
        }  # fmt: skip


def recorded_transfers(recorder: Recorder, stated: Sequence[Stated], by: str, actor: Actor) -> Future[list[Kept]]:
    """Has the `stated` transfers recorded, in their order, by the account with the id `by`, who is `actor`: all of them
    or none.

    The future raises `Unfit` with what is wrong with which of them, `Conflicting` where only ids are; what else the
    recorder raises, see there. Raises `Full` at once.
    """
    return recorder.submit_alike(_record, (stated, by, actor), len(stated))


def _record(ledger: Ledger, posts: Sequence[tuple[Sequence[Stated], str, Actor]]) -> list[list[Kept]]:
    texts = [(one.members, {**one.texts, "recorded_by": by}) for stated, by, _ in posts for one in stated]
    actors = [actor for stated, _, actor in posts for _ in stated]
    contents: list[Content] = []
    found: list[Problem] = []
    for number, content in enumerate(ledger.settle_many(texts), start=1):
        if isinstance(content, Refused):
            found.append(Problem(number, "", str(content)))
        else:
            if (code := actors[number - 1].code) is not None:
                content.members["actor"] = code
            contents.append(content)
    if found:
        raise Unfit(found)
    for actor in {actor for _, _, actor in posts}:
        introduce(ledger, actor)
    try:
        receipts = ledger.append_many(contents)
    except Refused:
        # Of several posts each is tried alone after this; and where SQLite undid the transaction, none is at fault.
        if len(posts) == 1 and ledger.db.in_transaction:
            _find_fault(ledger, contents)
        raise
    kept = iter([Kept(receipt, _unlisted(content)) for receipt, content in zip(receipts, contents, strict=True)])
    return [list(islice(kept, len(stated))) for stated, _, _ in posts]


def _unlisted(content: Content) -> tuple[str, ...]:
    return tuple(sorted(name.removesuffix("_as_given") for name in content.texts if name.endswith("_as_given")))


def _find_fault(ledger: Ledger, contents: Sequence[Content]) -> None:
    """Appends them one by one, to learn which are refused. Raises `Unfit`, or `Conflicting`, if any is.

    What it appends is taken back with all that was done for this post, since that fails.
    """
    found: list[Problem] = []
    kind: type[Unfit] = Conflicting
    for number, content in enumerate(contents, start=1):
        try:
            ledger.append(content)
        except Refused as error:
            found.append(Problem(number, "id" if isinstance(error, Conflict) else "", str(error)))
            if not isinstance(error, Conflict):
                kind = Unfit
    if found:
        raise kind(found)
