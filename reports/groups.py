"""What the checks of many transfers keep of each, and what they find in it: groups of members, and tallies.

A million transfers do not fit into memory beside one another. So what is kept of them goes to a temporary file, in
blocks by a checksum of the group's key: all members of a group are in one of `PARTITIONS`, each of which is read
back and put together by itself, by whichever process has the time. Tallies are few, and stay in memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TypeAlias
from zlib import crc32

import msgspec

from ledger.errors import Refused
from reports.case import Case
from reports.checks import GroupCheck
from reports.checks.kinds import Group, Identity, Member, Values
from reports.context import Context
from reports.finding import Finding
from reports.history import History
from reports.judge import GROUPS, TALLIES, Shape, failed

PARTITIONS = 64

Identities: TypeAlias = Callable[[list[int]], Iterable[Identity]]
"""Gives the identities of statements, in order of seq."""

Tallies: TypeAlias = Mapping[int, Mapping[Values, int]]
"""How many transfers that stand have each mark, by the tally's number among `judge.TALLIES`."""

Index: TypeAlias = Sequence[Sequence[tuple[int, int]]]
"""Where the blocks of each partition lie in a file: offset and length."""

_Place: TypeAlias = tuple[int, bytes, int, bytes]
# One transfer's place in one group: the group's number among `judge.GROUPS`, its key, the seq, what is kept.

_BLOCK = 200
_encode = msgspec.msgpack.Encoder().encode
_value = msgspec.msgpack.Decoder(tuple[str | int, ...]).decode
_block = msgspec.msgpack.Decoder(list[_Place]).decode


def no_room(error: OSError) -> Refused:
    """The refusal where temporary files do not fit on the disk."""
    return Refused(
        f"There is no room to put aside what the check compares ({error.strerror}). Make room for temporary files (in "
        "the folder that TMPDIR names), and check again."
    )


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise no_room(error) from None


class Places:
    """Where the cases of a run belong, put aside in `file`, and what they count as. `index` is whole after `end`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._offset = file, 0
        self._waiting: list[list[_Place]] = [[] for _ in range(PARTITIONS)]
        self.index: list[list[tuple[int, int]]] = [[] for _ in range(PARTITIONS)]
        self.tallies: dict[int, Counter[Values]] = {number: Counter() for number in range(len(TALLIES))}

    def add(self, case: Case, shape: Shape) -> None:
        """One judged case. Raises `CheckFailed` where a check breaks."""
        seq = case.recorded.seq
        for number, check in shape.groups:
            try:
                key = check.key(case)
                if key is None:
                    continue
                place = number, _encode(key), seq, _encode(check.value(case))
            except Exception as error:
                raise failed(check.ID, f"entry {seq}", error) from error
            partition = crc32(place[1], number) % PARTITIONS
            waiting = self._waiting[partition]
            waiting.append(place)
            if len(waiting) >= _BLOCK:
                self._put(partition)
        for number, tally in shape.tallies if case.recorded.current else ():
            try:
                mark = tally.mark(case)
            except Exception as error:
                raise failed(tally.ID, f"entry {seq}", error) from error
            if mark is not None:
                self.tallies[number][mark] += 1

    def _put(self, partition: int) -> None:
        data = _encode(self._waiting[partition])
        with _room():
            self._file.write(data)
        self.index[partition].append((self._offset, len(data)))
        self._offset += len(data)
        self._waiting[partition] = []

    def end(self) -> None:
        """Puts aside what is still in memory."""
        for partition, waiting in enumerate(self._waiting):
            if waiting:
                self._put(partition)
        with _room():
            self._file.flush()


_MOST_MOMENTS = 200


def _over_time(check: GroupCheck, context: Context, group: Values, members: Sequence[Member]) -> list[Finding]:
    """What the check finds among the statements that hold, and the breaches that it found before a correction.

    The group is judged as it stood right before each correction that took a member out of it, the latest first; what
    is found there and not afterwards was removed by that correction.
    """
    history = context.history
    ends = {member.seq: after[0].seq for member in members if (after := history.after(member.seq))}
    if not ends:
        return list(check.check_group(context, group, members))
    holding = [member for member in members if member.seq not in ends]
    found = list(check.check_group(context, group, holding)) if len(holding) >= check.LEAST else []
    known = {_breach(finding, history) for finding in found}
    moments = sorted(set(ends.values()), reverse=True)
    if len(moments) > _MOST_MOMENTS:
        # Of corrections in a row, as when an import is undone, the first alone is looked at: before it all were there.
        seqs = [member.seq for member in members]
        moments = [
            end
            for end, before in zip(moments, [*moments[1:], -1], strict=True)
            if bisect_left(seqs, end) != bisect_left(seqs, before) or before == -1
        ]
    for end in moments:
        then = [member for member in members if member.seq < end and ends.get(member.seq, end) >= end]
        if len(then) < check.LEAST:
            continue
        for finding in check.check_group(context, group, then):
            of = _breach(finding, history)
            if finding.outcome == "breach" and of not in known:
                known.add(of)
                found.append(msgspec.structs.replace(finding, corrected_by=end, removed_by=end))
    return found


def _breach(finding: Finding, history: History) -> tuple[int, str, str]:
    return history.root(finding.seq), finding.check, finding.reason


def _in_group(context: Context, number: int, key: bytes, members: Sequence[Member]) -> list[Finding]:
    check = GROUPS[number]
    try:
        if check.OVER_TIME:
            return _over_time(check, context, _value(key), members)
        return list(check.check_group(context, _value(key), members))
    except Exception as error:
        raise failed(check.ID, f"entries from {members[0].seq}", error) from error


def in_groups(
    context: Context, files: Sequence[tuple[IO[bytes], Index]], partitions: Iterable[int], who: Identities
) -> Iterator[Finding]:
    """What the checks find in the groups of some partitions, put aside in `files` in the order of the ledger.

    Raises `CheckFailed` where a check breaks.
    """
    for partition in partitions:
        groups: dict[tuple[int, bytes], list[tuple[int, bytes]]] = {}
        for file, index in files:
            for offset, length in index[partition]:
                file.seek(offset)
                for number, key, seq, value in _block(file.read(length)):
                    kept = groups.get((number, key))
                    if kept is None:
                        groups[number, key] = [(seq, value)]
                    else:
                        kept.append((seq, value))
        for (number, key), members in groups.items():
            if len(members) >= GROUPS[number].LEAST:
                group = Group(((seq, _value(value)) for seq, value in members), who)
                yield from _in_group(context, number, key, group.members)


def in_tallies(context: Context, tallies: Tallies) -> Iterator[Finding]:
    """What the checks find in the tallies. Raises `CheckFailed` where one breaks."""
    for number, check in enumerate(TALLIES):
        try:
            yield from list(check.check_tally(context, tallies.get(number, {})))
        except Exception as error:
            raise failed(check.ID, "the counts of all transfers", error) from error
