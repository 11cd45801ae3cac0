"""What is known of the record's wholeness: the runs of `verify` that were started here, and what they came to.

What somebody verified on the command line, or on a machine of their own, this app cannot know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from datasette_plugins.transfer_ledger.people.beside import Run
from ledger.london import instant
from ledger.source import Source
from reports.documents.auditor import LEVELS
from reports.documents.heartbeats import Heartbeat, newest
from reports.documents.record import Kept, kept_of

HOW: Mapping[str, str] = {
    "consistent": "Bring nothing: leave both fields of the form empty.",
    "signed": "Bring the school's verifier key. It must have reached you by another way than this ledger: a "
    "letter, a printed sheet, a page that others publish.",
    "anchored": "Bring a checkpoint that you kept earlier, on another machine or on paper. Without a key beside "
    "it, your own word is all that says whose it is.",
    "witnessed": "Verify on your own machine with your policy, the list of the witnesses that you trust: "
    "transfer-ledger verify transfers.db --policy policy.txt",
}
"""How each level of assurance is reached."""


class Answer(NamedTuple):
    """What is to be said first: its colour, and the sentence."""

    kind: Literal["good", "bad", "unsure", "note"]
    title: str
    text: tuple[str, ...] = ()


class Level(NamedTuple):
    """A level of assurance: what it means, how it is reached, and whether the last verification did."""

    name: str
    meaning: str
    how: str
    reached: bool


class Row(NamedTuple):
    """One run of the history. `found` is how many problems, None where it has no result; `sentence` says why."""

    n: int
    at: str
    by: str
    brought: str
    took: str
    state: str
    assurance: str
    size: int | None
    found: int | None
    sentence: str


class Standing(NamedTuple):
    """The ledger as it is now: its entries, whether it still is what was verified, its newest checkpoint, heartbeat.

    `seen` is the latest time that a cosignature or a timestamp of the checkpoint states; `clock` is when the last entry
    that it covers was recorded, by the ledger's own clock. `uncovered` are entries after it.
    """

    size: int
    same: bool
    checkpoint: Kept | None
    seen: datetime | None
    clock: datetime | None
    uncovered: int
    heartbeat: Heartbeat | None


def took(run: Run) -> str:
    """How long a run took, in words; "" while it runs."""
    first, last = instant(run.at), instant(run.ended) if run.ended else None
    if first is None or last is None:
        return ""
    seconds = max(0, int((last - first).total_seconds()))
    if seconds < 1:
        return "under 1 s"
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"


def brought(run: Run) -> str:
    """What its starter brought, in words."""
    keys = sum(1 for line in str(run.what.get("keys", "")).split("\n") if line.strip())
    parts = [f"{keys} key{'' if keys == 1 else 's'}"] if keys else []
    parts += ["a checkpoint"] if run.what.get("kept") else []
    return " and ".join(parts) or "nothing"


def row(run: Run, names: Mapping[str, str]) -> Row:
    """A run as the history has it. `names` are those of the accounts."""
    done = run.state == "done"
    result: dict[str, Any] = run.result or {}
    return Row(
        n=run.n,
        at=run.at,
        by=names.get(run.person, run.person),
        brought=brought(run),
        took=took(run),
        state=run.state,
        assurance=result["assurance"] if done else "",
        size=result["size"] if done else None,
        found=result["found"] if done else None,
        sentence="" if done else str(result.get("sentence", "")),
    )


def last_of(runs: Sequence[Run]) -> Run | None:
    """The newest run that has a result."""
    return next((run for run in runs if run.state == "done"), None)


def answer(result: Mapping[str, Any]) -> Answer:
    """What a verification came to."""
    found, size = result["found"], result["size"]
    if found:
        problems = "1 problem" if found == 1 else f"{found:,} problems"
        return Answer(
            "bad",
            f"The record does not verify: {problems} in {size:,} entries.",
            (
                "Keep the file, its copies and every checkpoint as they are, and find out what happened before "
                "anything else is recorded.",
            ),
        )
    return Answer("good", f"Verified as {result['assurance']}: {size:,} entries, no problem found.")


def now(last: Run | None, standing: Standing) -> Answer:
    """What is to be said first about the ledger as it is now."""
    if last is None:
        return Answer(
            "unsure",
            "Nobody has verified the record from this app yet.",
            ("What was verified on the command line or on another machine is not known here. Run it below.",),
        )
    found = answer(last.result)
    if found.kind == "good" and not standing.same:
        return Answer(
            "bad",
            "This is no longer the record that was verified here.",
            (
                f"Its first {last.result['size']:,} entries ended otherwise then: the file was altered, cut off or "
                "replaced since. Verify it anew, and with a checkpoint that you kept.",
            ),
        )
    return found


def levels(last: Run | None) -> tuple[Level, ...]:
    """All levels, and which of them the last verification reached."""
    sound = last is not None and not last.result["found"]
    reached = {"consistent", *(last.result["reached"] if last is not None else ())} if sound else set()
    return tuple(Level(name, meaning, HOW[name], name in reached) for name, (meaning, _) in LEVELS.items())


def standing(source: Source, last: Run | None) -> Standing:
    """The ledger as it is now, beside what was verified last. `Refused` where an entry cannot be read."""
    size = source.head.size
    rows, heartbeats = kept_of(source)
    sound = [one for one in rows if not one.problem and one.size <= size]
    checkpoint = max(sound, key=lambda one: (one.size, one.number), default=None)
    times = [signer.at for signer in checkpoint.cosigned if signer.at is not None] if checkpoint else []
    if checkpoint is not None and checkpoint.stamped is not None:
        times.append(checkpoint.stamped)
    covered = None if checkpoint is None or not checkpoint.size else source.entry(checkpoint.size - 1)
    return Standing(
        size=size,
        same=last is None or _same(source, last.result),
        checkpoint=checkpoint,
        seen=max(times, default=None),
        clock=None if covered is None else covered[0].recorded_at,
        uncovered=size - (0 if checkpoint is None else checkpoint.size),
        heartbeat=newest(heartbeats),
    )


def _same(source: Source, result: Mapping[str, Any]) -> bool:
    # One hash covers all entries before it; that each is as it was then, only another verification shows.
    if not result["size"]:
        return True
    found = source.db.execute("SELECT hash FROM entries WHERE seq = ?", (result["size"] - 1,)).fetchone()
    return found is not None and found[0] == result["head"]
