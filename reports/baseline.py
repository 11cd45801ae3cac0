"""What was known before: an earlier check, or an earlier state of the ledger, to tell which findings are new since."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ledger import canonical, tree
from ledger.errors import NotGenuine, Refused
from ledger.source import Source
from ledger.tlog import checkpoint, note
from reports.finding import Finding

_KEY = frozenset("0123456789abcdef")
_MOST_BYTES = 2**30


class Baseline(NamedTuple):
    """Findings that were known: by their `keys`, or all whose entries are among the first `size`, where keys are None.

    `as_of` is the day that the earlier check spoke of, "" for a checkpoint.
    """

    keys: frozenset[str] | None
    size: int
    as_of: str

    def knows(self, finding: Finding) -> bool:
        """Whether this one was known: no entry that it concerns came later."""
        return finding.key in self.keys if self.keys is not None else max(finding.entries) < self.size


class Compared(NamedTuple):
    """The findings of a run against a baseline: the keys of the `new` ones, how many were known, how many are gone.

    `gone` is None where only the size of the ledger was known, not what had been found.
    """

    baseline: Baseline
    new: frozenset[str]
    known: int
    gone: int | None


def compare(baseline: Baseline, findings: Iterable[Finding]) -> Compared:
    """Tells the findings of a run that are new since `baseline` from those that were known."""
    new: set[str] = set()
    known: set[str] = set()
    for one in findings:
        (known if baseline.knows(one) else new).add(one.key)
    gone = None if baseline.keys is None else len(baseline.keys - known)
    return Compared(baseline, frozenset(new), len(known), gone)


def _of_check(name: str, value: Any) -> Baseline:
    findings = value.get("findings") if isinstance(value, dict) else None
    as_of = value.get("as_of") if isinstance(value, dict) else None
    if not isinstance(findings, list) or not isinstance(as_of, str) or "counts" not in value:
        raise Refused(f"{name} is neither what `check --format json` writes nor a checkpoint.")
    if "baseline" in value:
        raise Refused(f"{name} was made with --baseline, and holds only what was new then; a full check is wanted.")
    keys = set()
    for place, one in enumerate(findings, start=1):
        key = one.get("key") if isinstance(one, dict) else None
        if not isinstance(key, str) or len(key) != 64 or not _KEY.issuperset(key):
            raise Refused(f"{name}: finding {place} has no key of 64 lower-case hexadecimal digits.")
        keys.add(key)
    return Baseline(frozenset(keys), 0, as_of)


def _of_checkpoint(name: str, data: bytes, source: Source) -> Baseline:
    try:
        head = checkpoint.parse(note.parse(data).text)
    except Refused as error:
        raise Refused(f"{name} is neither what `check --format json` writes nor a checkpoint: {error}") from None
    origin = source.genesis().origin
    if head.origin != origin:
        raise Refused(f"{name} is a checkpoint of {head.origin[:80]}, and {source.path} is the ledger {origin}.")
    if head.size > source.head.size:
        raise Refused(f"{name} covers {head.size:,} entries, and {source.path} has {source.head.size:,}.")
    try:
        same = tree.root(source.db, head.size) == head.root
    except NotGenuine as error:
        raise Refused(f"{source.path}: {error}") from None
    if not same:
        raise Refused(
            f"{name} is no checkpoint of {source.path} as it is now: the first {head.size:,} entries have another "
            f"root. `transfer-ledger verify --checkpoint {name}` says more."
        )
    return Baseline(None, head.size, "")


def read(file: Path, ledger: Path) -> Baseline:
    """The baseline in `file`: what `check --format json` wrote, or a checkpoint of the ledger at `ledger`.

    A checkpoint's root is compared with the ledger's tree; its signatures are not checked, which is `verify`'s work.
    `Refused` for anything else.
    """
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise Refused(f"{file} has more than {_MOST_BYTES:,} bytes; that is no earlier check.")
        data = file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None
    if data.lstrip()[:1] == b"{":
        try:
            return _of_check(str(file), canonical.decode(data))
        except Refused as error:
            raise error if str(error).startswith(str(file)) else error.at(str(file)) from None
    with Source(ledger) as source:
        return _of_checkpoint(str(file), data, source)
