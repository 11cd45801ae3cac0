"""What an entry's bytes must be.

An entry is canonical JSON of one of the kinds in `members`, at most 65,535 bytes; its hash is the RFC 6962 leaf
hash of these bytes. `read` decodes one and finds everything that is wrong with it on its own, whoever asks: the
writer before it seals, the verifier after. `read_run` says of many together that nothing is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ledger import canonical, london
from ledger.errors import Refused
from ledger.forms import TEXT_DOMAINS, form_problem
from ledger.members import (
    KINDS,
    REQUIRED,
    AnyEntry,
    Confirmation,
    Correction,
    Facts,
    Key,
    Member,
    Subjects,
    Transfer,
    kind_of,
    members_of,
)

MAX_BYTES = 65_535
"""The length prefix of a tlog-tiles entry bundle is 16 bits (C2SP tlog-tiles, Log Entries)."""

NO_PREV = "0" * 64
"""What the first entry names as the hash before it."""

_decoder = msgspec.json.Decoder(AnyEntry)
_encoder = msgspec.json.Encoder(order="sorted")


class Problem(NamedTuple):
    """One thing that is wrong with an entry: a short code that tests and readers can rely on, and a sentence."""

    code: str
    message: str


def leaf_hash(data: bytes) -> str:
    """The entry's hash in lower-case hex: SHA-256(0x00 ‖ entry), the leaf hash of RFC 6962 §2.1."""
    return hashlib.sha256(b"\x00" + data).hexdigest()


def _text_members(kind: type[Any]) -> list[tuple[tuple[str, ...], Member]]:
    renamed = {"_sd": "sd", "date": "on"}
    return [
        (tuple(renamed.get(part, part) for part in member.path.split(".")), member)
        for member in members_of(kind)
        if member.domain.partition(":")[0] in TEXT_DOMAINS
    ]


_TEXTS = {kind: _text_members(kind) for kind in KINDS.values()}


def _values(entry: Any, path: tuple[str, ...]) -> list[Any]:
    found = [entry]
    for part in path:
        values = [getattr(one, part) for one in found]
        found = [inner for value in values for inner in (value if isinstance(value, tuple) else (value,))]
        found = [inner for inner in found if inner is not None]
    return found


def _form_problems(entry: AnyEntry) -> list[Problem]:
    problems = []
    for path, member in _TEXTS[type(entry)]:
        values = _values(entry, path)
        for text in values:
            if (why := form_problem(member.domain, text)) is not None:
                problems.append(Problem("malformed-member", f"{member.path} holds {text[:60]!r}; {why}."))
        if member.many and "." not in member.path.partition("onward_of.")[2] and len(values) > 1:
            own = getattr(entry, path[0]) if len(path) == 1 else getattr(getattr(entry, path[0]), path[1])
            if own and isinstance(own[0], str) and any(a >= b for a, b in pairwise(own)):
                problems.append(Problem("malformed-member", f"{member.path} is not sorted, or holds a value twice."))
    # The two lists that must be there, and so could be empty.
    if isinstance(entry, Key) and not entry.keys:
        problems.append(Problem("missing-member", "The key states no keys."))
    if isinstance(entry, Confirmation):
        if not entry.confirms:
            problems.append(Problem("missing-member", "The confirmation confirms nothing."))
        elif any(a >= b for a, b in pairwise(entry.confirms)):
            problems.append(Problem("malformed-member", "confirms is not sorted, or holds a value twice."))
    return problems


def _facts_problems(entry: Transfer | Correction) -> list[Problem]:
    problems = _form_problems(entry)
    if isinstance(entry, Correction) and entry.withdrawn:
        blank = Correction(
            seq=entry.seq, prev=entry.prev, salt=entry.salt, recorded_at=entry.recorded_at, sd=entry.sd,
            actor=entry.actor, corrects=entry.corrects, id=entry.id, withdrawn=True,
        )  # fmt: skip
        if entry != blank:
            problems.append(Problem("malformed-member", "A withdrawal states nothing besides what it withdraws."))
        return problems
    if not (entry.transferred_at and entry.sender and entry.recipient and entry.purpose and entry.fields):
        missing = [name for name in REQUIRED if not getattr(entry, name)]
        kind = kind_of(entry)
        problems += [Problem("missing-member", f"The {kind} does not state {name}.") for name in missing]
    if entry.transferred_at:
        try:
            on, until = london.days(entry.transferred_at)
        except Refused as error:
            problems.append(Problem("malformed-member", f"transferred_at: {error}"))
        else:
            if (entry.transferred_on, entry.transferred_until) != (on, until):
                problems.append(
                    Problem(
                        "transferred-on",
                        f"transferred_on says {entry.transferred_on}"
                        + (f" to {entry.transferred_until}" if entry.transferred_until else "")
                        + f", but {entry.transferred_at} falls on {on}"
                        + (f" to {until}" if until else "")
                        + " in London.",
                    )
                )
    subjects = entry.subjects
    if subjects and not _ages_in_order(subjects.age_min, subjects.age_max):
        problems.append(Problem("malformed-member", "subjects.age_min is above subjects.age_max."))
    return problems


def _ages_in_order(youngest: int | None, oldest: int | None) -> bool:
    return youngest is None or oldest is None or youngest <= oldest


# What a pattern decides of a transfer, apart from what differs in each. A ledger has few combinations of these members,
# and fewer values of each: a combination that was met before needs nothing, and of a new one only the new values are
# looked at. Patterns on every member of every entry would more than double verification.
_members = {member.path: member for member in members_of(Transfer)}
_TOGETHER = (
    *"sender recipient purpose fields lawful_basis schools special_category_condition legal_power".split(),
    *"granularity phase channel country safeguard prefilled".split(),
)
_together = attrgetter(*_TOGETHER)
_when = attrgetter("transferred_at", "transferred_on", "transferred_until")
_MOST_KNOWN = 8_192
_combined: set[object] = set()
_known: dict[str, set[object]] = {}


def _keep(known: set[object], value: object) -> None:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known.add(value)


def _value_sound(path: str, value: object) -> bool:
    """Whether nothing is wrong with a value that a member of a transfer has; None and () are none."""
    known = _known.setdefault(path, set())
    if value in (None, ()) or value in known:
        return True
    domain, texts = _members[path].domain, value if isinstance(value, tuple) else (value,)
    if any(form_problem(domain, str(text)) for text in texts) or any(a >= b for a, b in pairwise(texts)):
        return False
    _keep(known, value)
    return True


_WORD = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def _all_of(texts: list[str], lengths: set[int], alphabet: bytes, last: str = "") -> bool:
    """Whether every text has one of the lengths, letters of the alphabet only, and ends in one of `last`."""
    return (
        set(map(len, texts)) <= lengths
        and not "".join(texts).encode("utf-8", "surrogatepass").translate(None, alphabet)
        and (not last or {text[-1] for text in texts} <= set(last))
    )


_ID_LENGTHS = set(range(1, 65))


def _sound(entries: list[AnyEntry], compared: bool) -> bool:
    # Everything that `_form_problems` and `_facts_problems` look at, member by member over the whole run.
    if not (
        {(entry.recorded_at.tzinfo, entry.recorded_at.microsecond) for entry in entries} <= {(UTC, 0)}
        and _all_of([entry.salt for entry in entries], {22}, _WORD, "AQgw")
        and (compared or _digests_sound(entries))
        and all(a < b for entry in entries if len(entry.sd) > 1 for a, b in pairwise(entry.sd))
        and not any(form_problem("actor", actor) for actor in {entry.actor for entry in entries} if actor is not None)
    ):
        return False
    transfers = [entry for entry in entries if type(entry) is Transfer]
    for entry in entries if len(transfers) < len(entries) else ():
        if isinstance(entry, Correction):
            if _facts_problems(entry) or _empty_parts(entry):
                return False
        elif type(entry) is not Transfer and (_form_problems(entry) or b"{}" in _encoder.encode(entry)):
            return False
    return _all_of([entry.id for entry in transfers], _ID_LENGTHS, _WORD + b".") and _shapes_sound(transfers)


_PARTS = ("payload", "request", "approval", "agreement", "dpia", "opt_outs")
_parts = attrgetter(*_PARTS)


def _empty_parts(entry: Facts) -> list[str]:
    """The names of the inner objects that state nothing, and so are to be absent."""
    inner = ("subjects", *_PARTS)
    return [name for name in inner if (part := getattr(entry, name)) is not None and part == type(part)()]


def _digests_sound(entries: list[AnyEntry]) -> bool:
    digests = [digest for entry in entries for digest in entry.sd]
    return _all_of([entry.prev for entry in entries], {64}, b"0123456789abcdef") and _all_of(
        digests, {43}, _WORD, "AEIMQUYcgkosw048"
    )


def _shapes_sound(transfers: list[Transfer]) -> bool:
    if not all(e.transferred_at and e.sender and e.recipient and e.purpose and e.fields for e in transfers):
        return False
    people = [e.subjects for e in transfers if e.subjects is not None]
    parted = [e for e in transfers if e.payload or e.request or e.approval or e.agreement or e.dpia or e.opt_outs]
    if Subjects() in people or any(map(_empty_parts, parted)):
        return False
    if not all(_ages_in_order(*ages) for ages in {(one.age_min, one.age_max) for one in people}):
        return False
    onward = [one for e in transfers if e.onward_of for one in e.onward_of]
    values: list[tuple[str, Iterable[object]]] = [
        ("subjects.key_stages", {one.key_stages for one in people}),
        ("subjects.year_groups", {one.year_groups for one in people}),
        ("payload.media_type", {e.payload.media_type for e in parted if e.payload}),
        ("approval.role", {e.approval.role for e in parted if e.approval}),
        ("opt_outs.limited_to", {e.opt_outs.limited_to for e in parted if e.opt_outs}),
        ("onward_of.id", {one.id for one in onward}),
        ("onward_of.origin", {one.origin for one in onward}),
    ]
    if not all(_value_sound(path, value) for path, those in values for value in those):
        return False
    for combination in set(map(_together, transfers)) - _combined:
        if not all(map(_value_sound, _TOGETHER, combination)):
            return False
        _keep(_combined, combination)
    try:
        return all(at and london.days(at) == (on, until) for at, on, until in set(map(_when, transfers)))
    except Refused:
        return False


def read_run(texts: Sequence[bytes], compared: bool = False) -> list[AnyEntry] | None:
    """The entries that `texts` encode, or None where anything is wrong with any of them: `read` then says what.

    `compared` is for the verifier, who compares every `prev` and every digest with what it is the hash of, and so
    need not have their forms looked at.

    A run is decoded and encoded again in one call each, as lines, and its members are looked at side by side: much
    of the cost of an entry is that of calling Python for it.
    """
    run = b"\n".join([*texts, b""])
    if not texts or max(map(len, texts)) > MAX_BYTES:
        return None
    try:
        entries = _decoder.decode_lines(run)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # Encoded, a line feed is never anything but the end of an entry: as many entries as texts, and each is one text.
    if len(entries) != len(texts) or _encoder.encode_lines(entries) != run or not _sound(entries, compared):
        return None
    return entries


def read(data: bytes) -> tuple[AnyEntry | None, list[Problem]]:
    """The entry that `data` encodes (None where it decodes to none), and all that is wrong with it on its own."""
    if (sound := read_run([data])) is not None:
        return sound[0], []
    if len(data) > MAX_BYTES:
        return None, [Problem("too-large", f"The entry has {len(data):,} bytes; at most {MAX_BYTES:,} are allowed.")]
    try:
        entry = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return None, [_undecodable(data, str(error))]
    problems = []
    if _encoder.encode(entry) != data or b"{}" in data:
        problems.append(Problem("not-canonical", "The text is not the canonical JSON (RFC 8785) of what it states."))
    if entry.recorded_at.tzinfo is not UTC or entry.recorded_at.microsecond:
        problems.append(Problem("malformed-member", "recorded_at is not a time in UTC, in whole seconds, ending in Z."))
    if isinstance(entry, (Transfer, Correction)):
        problems += _facts_problems(entry)
    else:
        problems += _form_problems(entry)
    return entry, problems


def _undecodable(data: bytes, why: str) -> Problem:
    try:
        value = canonical.decode(data)
    except Refused as error:
        return Problem("not-json", str(error))
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        return Problem(
            "unknown-kind",
            f"The entry's kind is {str(kind)[:40]!r}, which this version does not know; a newer one may.",
        )
    return Problem("malformed-member", f"The {kind} cannot be read: {why}.")


def encode(value: object) -> bytes:
    """The canonical bytes of members that nobody has judged yet, dates and times among them. Raises `Refused`."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        raise Refused("The text holds half a character (a lone surrogate); type it again.") from None


def write(members: Mapping[str, object]) -> bytes:
    """The canonical bytes of an entry's `members`; `Refused` where `read` would find anything wrong with them."""
    data = encode(members)
    _, problems = read(data)
    if problems:
        raise Refused(" ".join(problem.message for problem in problems))
    return data
