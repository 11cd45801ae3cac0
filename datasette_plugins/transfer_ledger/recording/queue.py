"""The queue of what is to be recorded: one thread takes all that waits, does it in one transaction, commits once.

Nobody sleeps to gather more: what comes while a group is done joins it, and what comes while its commit waits for the
disk is the next. So a single request waits for no other, and many at once share what the disk takes. A future has its
result only after the commit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from datasette_plugins.transfer_ledger.recording.writable import Writable
from ledger.errors import Busy, Refused
from ledger.seal import Clock, Entropy, Head
from ledger.writer import Ledger

T = TypeVar("T")
Item = TypeVar("Item")

GROUP_SECONDS = 0.1
"""For so long a group takes what comes while it is done; whoever came first waits no longer for those who follow."""

RETRY_SECONDS = 1
"""When whoever was turned away may come again: a full queue of single transfers is written in about this time."""


class Full(Refused):
    """So much waits to be recorded that no more is taken; `retry_after` is in whole seconds. Nothing was recorded."""

    def __init__(self, text: str, retry_after: int = RETRY_SECONDS) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class _Waiting(NamedTuple):
    work: Callable[[Ledger, Sequence[Any]], Sequence[Any]]
    item: Any
    future: Future[Any]


class _Outcome(NamedTuple):
    result: Any
    error: BaseException | None


def _again(error: BaseException) -> BaseException:
    # One error in several threads would gather the tracebacks of all.
    return type(error)(str(error)) if isinstance(error, Refused) else error


class Recorder:
    """Records in the ledger at `path`, for any number of threads. `close` it: what waits is recorded before it ends.

    `most` is how much may wait, counted in transfers. The ledger is opened by the first job, and again after an error.
    """

    def __init__(self, path: Path, clock: Clock, entropy: Entropy, most: int = 1000) -> None:
        self._ledger = Writable(path, clock, entropy)
        self._path, self._most = path, most
        self._waiting: list[_Waiting] = []
        self._weight = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, job: Callable[[Ledger], T], weight: int = 1) -> Future[T]:
        """Has `job` done in a transaction; what it does is kept whole or not at all, whatever the others do.

        It may be called again, after what it did in the ledger was undone, since another of its group was refused.
        `weight` is how many transfers it records. The future gives what `job` returned once that is on the disk, or
        raises: what `job` raised, `Busy`, or `Refused` where nothing of the group was kept. Raises `Full` at once
        where too much waits, or where the recorder was closed.
        """
        return self.submit_alike(lambda ledger, _: [job(ledger)], None, weight)

    def submit_alike(
        self, work: Callable[[Ledger, Sequence[Item]], Sequence[T]], item: Item, weight: int = 1
    ) -> Future[T]:
        """As `submit`, for `work` that can do many items in one go, of which it gives a result each.

        Items of the same `work` that wait side by side are given to one call. Where it raises, it is called again
        for each alone, and what it raises then is that item's.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise Full("The server is stopping, and records nothing more; try again in a moment.")
            if self._weight >= self._most:
                raise Full(f"{self._weight:,} transfers wait to be recorded, and no more are taken; try again soon.")
            self._waiting.append(_Waiting(work, item, future))
            self._weight += weight
            if self._thread is None:
                # A daemon, so that a program that was not told to close can end; a commit that is cut off is none.
                self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                self._thread.start()
            self._changed.notify()
        return future

    def close(self) -> None:
        """Records what waits, and closes the ledger. Called again, it does nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    break
            self._group()
        self._ledger.close()

    def _take(self) -> list[_Waiting]:
        """All that waits and that nobody has cancelled."""
        with self._changed:
            taken, self._waiting, self._weight = self._waiting, [], 0
        return [one for one in taken if one.future.set_running_or_notify_cancel()]

    def _group(self) -> None:
        taken: list[_Waiting] = []
        outcomes: list[_Outcome] | None = None
        lost: BaseException | None = None
        try:
            try:
                outcomes, end = self._whole(taken)
            except Busy:
                raise
            except BaseException:
                # Nothing of it was kept: done again, each for itself, so that what is refused spoils no other.
                outcomes, end = self._parts(taken)
            self._ledger.kept(end)
        except BaseException as why:
            lost = why
            self._ledger.close()
            taken = taken or self._take()  # where nothing was even begun, whoever waited for it is told
        for one, outcome in zip(taken, outcomes or [_Outcome(None, None)] * len(taken), strict=True):
            if outcome.error is not None:  # its own, so that it would have been refused in any case
                one.future.set_exception(outcome.error)
            elif lost is not None:
                one.future.set_exception(_again(lost))
            else:
                one.future.set_result(outcome.result)

    def _whole(self, taken: list[_Waiting]) -> tuple[list[_Outcome], Head]:
        """What came of all that waits, noted in `taken`, and where the ledger ends, when it is on the disk.

        Raises where nothing of it was kept: any that is refused undoes all.
        """
        ledger = self._ledger.opened()
        outcomes: list[_Outcome] = []
        with ledger.together(whole=True):
            self._ledger.same(ledger)
            until = time.monotonic() + GROUP_SECONDS
            # Taken only now that the ledger is held, and again: what came meanwhile need not wait for the next commit.
            while time.monotonic() < until and (more := self._take()):
                taken += more
                for _, alike in groupby(more, attrgetter("work")):
                    outcomes += _all(ledger, list(alike))
            return outcomes, self._ledger.end(ledger)

    def _parts(self, taken: list[_Waiting]) -> tuple[list[_Outcome], Head]:
        """As `_whole`, for what was `taken`; one that is refused leaves the others."""
        ledger = self._ledger.opened()
        with ledger.together():
            self._ledger.same(ledger)
            outcomes = [_alone(ledger, one) for one in taken]
            return outcomes, self._ledger.end(ledger)


def _all(ledger: Ledger, alike: list[_Waiting]) -> list[_Outcome]:
    results = alike[0].work(ledger, [one.item for one in alike])
    return [_Outcome(result, None) for result, _ in zip(results, alike, strict=True)]


def _alone(ledger: Ledger, one: _Waiting) -> _Outcome:
    try:
        with ledger.together():
            (outcome,) = _all(ledger, [one])
    except BaseException as error:
        return _Outcome(None, error)
    return outcome
