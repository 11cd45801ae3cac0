"""Whom one trusts, written down before looking: tlog-policy, which names logs, witnesses, and a quorum of them.

    log       <vkey> [<url>]
    witness   <name> <vkey> [<url>]
    group     <name> all|any|<k> <name>...
    quorum    <name>|none

A group has witnessed a checkpoint where at least k of its members have, each a witness or an earlier group; the
quorum is one witness or group. A checkpoint is accepted that one of the logs signed, under its own origin, and the
quorum witnessed: `accept` says what of this is so, and leaves the verdict to its caller, who may trust a log from
elsewhere.

The file is octets, and names in it are opaque: text here holds what is not UTF-8 as Python's `surrogateescape`
does, so that two names are the same text only where they are the same octets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from ledger.errors import Refused
from ledger.tlog import checkpoint as tlog_checkpoint
from ledger.tlog import cosignature
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1, Note, VerifierKey, parse_vkey, verified

NONE = "none"

LOG_TYPES = (ED25519, SUBTREE_V1)
WITNESS_TYPES = (COSIGNATURE_V1, SUBTREE_V1)

# tlog-policy, Character set: tab, newline, 0x20-0x7E and 0x80-0xFF.
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_SPACE = re.compile("[ \t]+")
_COUNT = re.compile("[1-9][0-9]{0,8}", re.ASCII)


class Log(NamedTuple):
    """A log that is accepted: its key, whose name is the origin line, and where it lies, if that is known."""

    key: VerifierKey
    url: str | None = None


class Witness(NamedTuple):
    """A witness that counts, and where to send it checkpoints, if that is known."""

    key: VerifierKey
    url: str | None = None


class Group(NamedTuple):
    """A group that has witnessed what at least `threshold` of its `members` have."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Logs, witnesses and groups by name in the order of the file, and the name of the quorum, which may be `none`."""

    logs: tuple[Log, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    def text(self) -> str:
        """The policy as a file's text. `Refused` where it would not be read as the same policy."""
        rows: list[tuple[str, ...]] = []
        rows += [("log", log.key.text(), log.url or "") for log in self.logs]
        rows += [("witness", name, witness.key.text(), witness.url or "") for name, witness in self.witnesses.items()]
        for name, group in self.groups.items():
            word = {1: "any", len(group.members): "all"}.get(group.threshold, str(group.threshold))
            rows.append(("group", name, word, *group.members))
        rows.append(("quorum", self.quorum))
        text = "".join(" ".join(word for word in row if word) + "\n" for row in rows)
        if parse(text.encode("utf-8", "surrogateescape")) != self:
            raise Refused("A name or address in the policy is empty or holds a space, so a file cannot hold it.")
        return text

    def encode(self) -> bytes:
        """The octets of the policy's file."""
        return self.text().encode("utf-8", "surrogateescape")


class Acceptance(NamedTuple):
    """What a policy finds in a signed checkpoint.

    `logs` are the listed logs that signed it under its own origin. `cosigned` are the witnesses by their names in
    the policy, each with the newest time it gave, in seconds since 1970; 0 is a cosignature that gives none
    (tlog-cosignature, ML-DSA-44 signed message). `quorum` is whether these are enough; it says nothing of `logs`.
    """

    checkpoint: Checkpoint
    logs: tuple[Log, ...]
    cosigned: Mapping[str, int]
    quorum: bool


def parse(data: bytes) -> Policy:
    """The policy in a file's `data`. `Refused`, naming the line, for whatever tlog-policy does not allow."""
    if found := _FORBIDDEN.search(data):
        place = data.count(b"\n", 0, found.start()) + 1
        what = "a carriage return" if found.group() == b"\r" else f"the octet 0x{found.group()[0]:02X}"
        raise Refused(
            f"Line {place} of the policy holds {what}; a policy has no control characters but tab and newline."
        )
    if data and not data.endswith(b"\n"):
        raise Refused(f"Line {data.count(bytes([10])) + 1} of the policy has no newline at its end.")
    reader = _Reader()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        # Spaces and tabs only: str.split() would also split at the no-break space of a name.
        words = _SPACE.split(line.strip(" \t"))
        if not words[0] or words[0].startswith("#"):
            continue
        try:
            reader.line(words)
        except Refused as refused:
            raise refused.at(f"Line {number} of the policy") from None
    if reader.quorum is None:
        raise Refused("The policy has no quorum line; write `quorum none` where no witness is asked for.")
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


class _Reader:
    """What the lines so far have defined."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._grouped: set[str] = set()

    def line(self, words: Sequence[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                key = _key(vkey, "log", LOG_TYPES, [log.key for log in self.logs])
                self.logs.append(Log(key, *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._check_new(name)
                key = _key(vkey, "witness", WITNESS_TYPES, [witness.key for witness in self.witnesses.values()])
                self.witnesses[name] = Witness(key, *url)
            case ["group", name, threshold, *members] if members:
                self._check_new(name)
                for member in members:
                    self._check_defined(member)
                    # "Each defined name can be listed as a group member at most once."
                    if member in self._grouped:
                        raise Refused(f"{shown(member)} is a member of a group already.")
                    self._grouped.add(member)
                self.groups[name] = Group(_threshold(threshold, len(members)), tuple(members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise Refused("The quorum is defined already; a policy has one.")
                if name != NONE:
                    self._check_defined(name)
                self.quorum = name
            case _:
                raise Refused(
                    f"{shown(' '.join(words)[:60])} is none of: log <vkey> [<url>]; witness <name> <vkey> [<url>]; "
                    "group <name> all|any|<k> <name>...; quorum <name>."
                )

    def _check_new(self, name: str) -> None:
        # "Witnesses and groups share a single namespace. The special name `none` is predefined."
        if name == NONE:
            raise Refused("No witness or group can be named 'none'.")
        if name in self.witnesses or name in self.groups:
            raise Refused(f"The name {shown(name)} is defined already.")

    def _check_defined(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Refused(f"{shown(name)} is no witness or group defined on an earlier line.")


def _key(vkey: str, what: str, types: Sequence[int], others: Sequence[VerifierKey]) -> VerifierKey:
    key = parse_vkey(vkey)
    if key.algorithm not in types:
        known = " or ".join(f"0x{algorithm:02x}" for algorithm in types)
        raise Refused(f"The key of {key.name} is of type 0x{key.algorithm:02x}; a {what} signs with {known}.")
    # "Two vkeys are considered duplicate if they wrap the same underlying public key", whatever their names.
    for other in others:
        if other.public == key.public:
            raise Refused(f"The {what} {key.name} has the same public key as the {what} {other.name} before it.")
    return key


def _threshold(text: str, members: int) -> int:
    if text in ("any", "all"):
        return 1 if text == "any" else members
    if not _COUNT.fullmatch(text) or int(text) > members:
        raise Refused(f"{shown(text)} is not how many of the group's {members}: all, any, or 1 to {members}.")
    return int(text)


def satisfied(policy: Policy, cosigned: Set[str]) -> bool:
    """Whether the quorum is met where the witnesses named in `cosigned`, by their names in the policy, cosigned."""
    if policy.quorum == NONE:
        return True
    met = {name: name in cosigned for name in policy.witnesses}
    # Groups name only what was defined before them, so one pass in their order decides them all.
    for name, group in policy.groups.items():
        met[name] = sum(met[member] for member in group.members) >= group.threshold
    return met[policy.quorum]


def warnings(policy: Policy) -> list[str]:
    """Sentences on what the policy allows and whoever wrote it may not have meant."""
    if policy.quorum == NONE:
        return ["The quorum is none: no witness is needed, and a log could show everyone a different history."]
    found = []
    logs = {log.key.public for log in policy.logs}
    parties = {name: frozenset([witness.key.name]) for name, witness in policy.witnesses.items()}
    counted = {policy.quorum}
    for name in reversed(list(policy.groups)):
        if name in counted:
            counted.update(policy.groups[name].members)
    for name, group in policy.groups.items():
        parties[name] = frozenset[str]().union(*(parties[member] for member in group.members))
        if name in counted and group.threshold > 1:
            # A witness with an Ed25519 and an ML-DSA-44 key has two lines; an `any` group makes one of them.
            times = Counter(party for member in group.members for party in parties[member])
            found += [
                f"The group {shown(name)} can count {party} {count} times, once for each of its members with that key "
                "name; put the keys of one witness into one `any` group."
                for party, count in times.items()
                if count > 1
            ]
    found += [
        f"The witness {shown(name)} has the public key of a log: it would witness for itself."
        for name, witness in policy.witnesses.items()
        if name in counted and witness.key.public in logs
    ]
    return found


def accept(policy: Policy, note: Note) -> Acceptance:
    """Which logs and witnesses of `policy` signed the checkpoint `note`, and whether the quorum did.

    `Refused` where the note is not a checkpoint, `NotGenuine` where a line of a key that counts here is forged.
    """
    checkpoint = tlog_checkpoint.parse(note.text)
    # "This name MUST correspond to the log's origin line": another log's key says nothing about this one.
    logs = [log for log in policy.logs if log.key.name == checkpoint.origin]
    keys = [log.key for log in logs] + [witness.key for witness in policy.witnesses.values()]
    signed = {(line.name, line.key_id) for line in verified(note, [cosignature.verifier(key) for key in keys])}
    cosigned = {
        name: max(
            # `verified` has checked them all. A heartbeat is a second, newer cosignature on the same checkpoint.
            cosignature.timestamp(line.signature)
            for line in note.signatures
            if (line.name, line.key_id) == (witness.key.name, witness.key.key_id)
        )
        for name, witness in policy.witnesses.items()
        if (witness.key.name, witness.key.key_id) in signed
    }
    return Acceptance(
        checkpoint,
        tuple(log for log in logs if (log.key.name, log.key.key_id) in signed),
        cosigned,
        satisfied(policy, cosigned.keys()),
    )


def shown(name: str) -> str:
    """A `name` of the policy as a sentence can hold it, whatever its octets are."""
    return repr(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
