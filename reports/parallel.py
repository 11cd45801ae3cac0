"""A check of a ledger by several processes: each judges the statements of its own range of entries, then the groups of
its own partitions. What comes out is the same, whatever their number.

The other processes are started anew, and do not fork, so that none inherits an open database or a
thread. Each opens the ledger for itself. Where it was written to between the first one's snapshot and theirs, they may
not see the same, and the first judges everything alone. The messages between them go through pipes, and what is much
through files in a folder that is deleted at the end.
"""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NamedTuple

from ledger.errors import Refused
from ledger.members import Correction
from ledger.source import Recorded, Source
from reports.context import Context, Evidence
from reports.evidence import evidence_of
from reports.finding import Finding
from reports.groups import PARTITIONS, Index, Places, Tallies, in_groups, in_tallies, no_room
from reports.run import Judged, Result, judge, result_of

LARGE = 50_000
"""A ledger with fewer entries is judged sooner by one process than others are started."""

MOST = 4
"""More processes than these are not started: each takes some 60 MB."""

_AHEAD = 30_000
# So many entries more are judged by the first process: the others have yet to read the evidence.

_BLOCK = 2_000
_ENDED = (
    "A process that judged a part of the ledger was ended before it was done, as happens where memory runs out. "
    "Nothing can be said about this ledger; check it again when the machine has less to do."
)


class _Job(NamedTuple):
    """What one process judges: the entries from `first` on, before `end`, of the ledger."""

    ledger: Path
    as_of: date
    first: int
    end: int
    folder: Path
    number: int


class _First(NamedTuple):
    """What a process answers when it has judged its entries."""

    places: Path
    blocks: Index
    tallies: Tallies
    judged: Judged


class _Then(NamedTuple):
    """What it does next: the groups of some partitions, over the places of all processes."""

    places: Sequence[tuple[Path, Index]]
    partitions: range


def _refused(error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return no_room(error)
    return error


# -- one part ------------------------------------------------------------------------------------------------------


def _with_earlier(recorded: Iterator[Recorded], source: Source, context: Context, first: int) -> Iterator[Recorded]:
    """The statements from entry `first` on; before a correction, those of its transfer that came earlier are noted."""
    for one in recorded:
        if isinstance(one.facts, Correction) and one.facts.corrects.seq < first:
            for earlier in source.earlier(one):
                if earlier.seq < first:
                    context.supersede(earlier)
        yield one


class _Part:
    """One process's part of a check."""

    def __init__(self, source: Source, evidence: Evidence, job: _Job) -> None:
        self._source, self.evidence, self.job = source, evidence, job
        self._context = Context(evidence, job.as_of)

    def first(self, take: Callable[[list[Finding]], object], done: Callable[[int], None]) -> _First:
        """Judges the entries."""
        job = self.job
        recorded = self._source.transfers(job.first, job.end)
        path = job.folder / f"places-{job.number}"
        with path.open("xb") as file:
            places = Places(file)
            judged = judge(
                _with_earlier(recorded, self._source, self._context, job.first), self._context, places, take, done
            )
        return _First(path, places.index, places.tallies, judged)

    def then(self, what: _Then) -> Iterator[Finding]:
        """Judges the groups."""
        assert self.evidence.identities is not None
        with ExitStack() as stack:
            files = [(stack.enter_context(path.open("rb")), index) for path, index in what.places]
            yield from in_groups(self._context, files, what.partitions, self.evidence.identities)


# -- another process -----------------------------------------------------------------------------------------------


class _Out:
    """Findings that are written to a file in blocks: equal values are written once for each block."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._block: list[Finding] = []

    def take(self, findings: list[Finding]) -> None:
        self._block += findings
        if len(self._block) >= _BLOCK:
            self.end()

    def end(self) -> None:
        if self._block:
            pickle.dump(self._block, self._file, pickle.HIGHEST_PROTOCOL)
            self._block = []
        self._file.flush()


def _findings(path: Path) -> Iterator[Finding]:
    with path.open("rb") as file:
        while True:
            try:
                block: list[Finding] = pickle.load(file)
            except EOFError:
                return
            yield from block


def _found(job: _Job) -> Path:
    return job.folder / f"findings-{job.number}"


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    def answer(value: object) -> None:
        pickle.dump(value, answers)
        answers.flush()

    try:
        job: _Job = pickle.load(asked)
        with Source(job.ledger) as source, _found(job).open("xb") as file:
            answer(source.head)
            part, out = _Part(source, evidence_of(source), job), _Out(file)
            answer(part.first(out.take, lambda count: None))
            for finding in part.then(pickle.load(asked)):
                out.take([finding])
            out.end()
            answer(None)
    except Refused as error:
        answer(error)
    except OSError as error:
        if (told := _refused(error)) is error:
            raise
        answer(told)


def main() -> None:
    """Another process, from its start to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process gets it too, and ends this one
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints does not stand among the answers
    try:
        _serve(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError):
        os._exit(1)  # whoever asked was ended: nobody waits for an answer, and nothing is left to be written


# -- all of it -----------------------------------------------------------------------------------------------------


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class _Other:
    """Another process, as the first one sees it."""

    def __init__(self, job: _Job) -> None:
        self.job = job
        self._process = _start()

    def ask(self, value: object) -> None:
        """Sends what is to be done next."""
        assert self._process.stdin is not None
        try:
            pickle.dump(value, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Refused(_ENDED) from None

    def answer(self) -> Any:
        """Waits for what it answers. Raises what it met."""
        assert self._process.stdout is not None
        try:
            found = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise Refused(_ENDED) from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Ends it, whatever it does."""
        self._process.kill()
        with suppress(BrokenPipeError), self._process:  # what it was not told any more
            pass


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _ranges(size: int, parts: int) -> list[range]:
    ahead = min(_AHEAD, size // parts) if parts > 1 else 0
    each = (size - ahead) // parts
    ends = [ahead + each * number for number in range(1, parts)] + [size]
    return [range(first, end) for first, end in zip([0, *ends], ends, strict=False)]


def check(
    source: Source, as_of: date, done: Callable[[int], None], processes: int | None = None
) -> tuple[Evidence, Result]:
    """Every check on every transfer of an open ledger, and the evidence; the same as `run` gives.

    Without a number of `processes`, as many as the machine has processors, and one where the ledger is small. Raises
    `CheckFailed` where a check breaks, `Refused` where a process is ended.
    """
    size = source.head.size
    parts = processes or (min(cores(), MOST) if size >= LARGE else 1)
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="transfer-ledger-")))
            jobs = _jobs(source, as_of, folder, parts)
            others = []
            for job in jobs[1:]:
                others.append(_Other(job))
                stack.callback(others[-1].close)
                others[-1].ask(job)
            evidence = evidence_of(source)
            if not _see_the_same(source, others):
                jobs, others = _jobs(source, as_of, folder, 1), []
            return evidence, _judged(_Part(source, evidence, jobs[0]), others, done)
        except OSError as error:
            raise _refused(error) from None


def _jobs(source: Source, as_of: date, folder: Path, parts: int) -> list[_Job]:
    ranges = enumerate(_ranges(source.head.size, parts))
    return [_Job(source.path.absolute(), as_of, part.start, part.stop, folder, number) for number, part in ranges]


def _see_the_same(source: Source, others: Sequence[_Other]) -> bool:
    """Whether the other processes have the snapshot that is open here, once all of them have one."""
    try:
        heads = [other.answer() for other in others]
    except Refused:
        if source.files.not_written_to():
            raise
        return False
    return source.files.not_written_to() and all(head == source.head for head in heads)


def _judged(own: _Part, others: Sequence[_Other], done: Callable[[int], None]) -> Result:
    parts = 1 + len(others)
    findings: list[Finding] = []
    # The others are about as far, and do not say so.
    firsts = [own.first(findings.extend, lambda count: done(parts * count))]
    firsts += [other.answer() for other in others]
    places = [(one.places, one.blocks) for one in firsts]
    shares = [range(PARTITIONS * n // parts, PARTITIONS * (n + 1) // parts) for n in range(parts)]
    for other, share in zip(others, shares[1:], strict=True):
        other.ask(_Then(places, share))
    findings += own.then(_Then(places, shares[0]))
    for other in others:
        other.answer()
    for other in others:
        findings += _findings(_found(other.job))
    tallies: dict[int, dict[Any, int]] = {}
    for one in firsts:
        for number, marks in one.tallies.items():
            for mark, count in marks.items():
                of = tallies.setdefault(number, {})
                of[mark] = of.get(mark, 0) + count
    context = Context(own.evidence, own.job.as_of)
    findings += in_tallies(context, tallies)
    judged = Judged(sum(one.judged.transfers for one in firsts), sum(one.judged.covered for one in firsts))
    return result_of(own.evidence, context, findings, judged)
