"""What an entry's bytes must be, and what a transfer states before it has a place in the chain.

An entry is canonical JSON of one of the kinds in `members`, at most 65,535 bytes; its hash is the RFC 6962 leaf
hash of these bytes. `read` decodes one and finds everything that is wrong with it on its own, whoever asks: the
writer before it seals, the verifier after. `settle` turns what a person stated into what is sealed: the id of a
known name, or `unlisted` with the text kept as an erasable value; never a guess.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import msgspec

from ledger import canonical, london
from ledger.errors import Refused
from ledger.members import (
    KINDS,
    LISTS,
    NOT_STATED,
    REQUIRED,
    UNLISTED,
    AnyEntry,
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

_NAME = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    domain: (re.compile(pattern, re.ASCII), form)
    for domain, pattern, form in (
        ("party", _NAME, "an id of 1 to 64 lower-case letters, digits, . _ or -"),
        ("code", _NAME, "a code of lower-case letters, digits, . _ or -"),
        ("member", r"[a-z0-9_]+(?:\.[a-z0-9_]+)?", "the name of a member"),
        ("id", r"[A-Za-z0-9._-]{1,64}", "1 to 64 letters, digits, . _ or -"),
        ("hash", r"[0-9a-f]{64}", "64 lower-case hexadecimal digits"),
        ("salt", r"[A-Za-z0-9_-]{21}[AQgw]", "16 bytes in base64url"),
        ("digest", r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", "a SHA-256 digest in base64url"),
        ("media-type", r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}", "as text/csv"),
        ("country", r"[A-Z]{2}", "two capital letters, as GB"),
        ("urn", r"[1-9]\d{4,6}", "five to seven digits"),
        ("dfe-number", r"\d{3}/\d{4}", "as 123/4567"),
        ("version", r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}", "a version number"),
        ("vkey", r"[!-~]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}", "a signed-note verifier key"),
        ("base64", r"[A-Za-z0-9+/]+={0,2}", "base64"),
        ("option", r"[!-~]{1,200}", "an option without spaces"),
    )
}
for _alias, _same in (("purpose", "party"), ("field", "party"), ("digests", "digest")):
    _FORMS[_alias] = _FORMS[_same]


class Problem(NamedTuple):
    """One thing that is wrong with an entry: a short code that tests and readers can rely on, and a sentence."""

    code: str
    message: str


def leaf_hash(data: bytes) -> str:
    """The entry's hash in lower-case hex: SHA-256(0x00 ‖ entry), the leaf hash of RFC 6962 §2.1."""
    return hashlib.sha256(b"\x00" + data).hexdigest()


def origin_problem(origin: str) -> str | None:
    """Why `origin` cannot name a ledger, or None.

    It becomes the key name of signed notes (C2SP signed-note: no Unicode space, no plus), and one of at most
    255 bytes, which tlog-tiles and witnesses carry.
    """
    if not origin or len(origin.encode("utf-8", "surrogatepass")) > 255:
        return "an origin has 1 to 255 bytes"
    if "+" in origin or "#" in origin or any(c.isspace() for c in origin):
        return "an origin holds no space, no + and no #, as springfield.example/transfers"
    if canonical.control_character(origin) or any("\ud800" <= c <= "\udfff" for c in origin):
        return "an origin holds printable text only"
    return None


def name_problem(text: str) -> str | None:
    """Why `text` cannot be an organisation's name, or None."""
    if not text.strip() or text != text.strip() or len(text) > 200:
        return "a name has 1 to 200 characters, none of them a space at either end"
    if canonical.control_character(text) or any("\ud800" <= c <= "\udfff" for c in text) or "{}" in text:
        return "a name holds printable text only"
    return None


@lru_cache(maxsize=16384)
def _form_problem(domain: str, text: str) -> str | None:
    if domain == "origin":
        return origin_problem(text)
    if domain == "name":
        return name_problem(text)
    pattern, form = _FORMS[domain.partition(":")[0]]
    return None if pattern.fullmatch(text) else f"it is to be {form}"


def form_problem(domain: str, text: str) -> str | None:
    """Why `text` does not have the form of `domain` (a `Member.domain`), or None. Domains without text pass."""
    return _form_problem(domain, text) if domain.partition(":")[0] in _FORMS or domain in ("origin", "name") else None


_TEXT_DOMAINS = {*_FORMS, "origin", "name"}


def _text_members(kind: type[Any]) -> list[tuple[tuple[str, ...], Member]]:
    renamed = {"_sd": "sd", "date": "on"}
    return [
        (tuple(renamed.get(part, part) for part in member.path.split(".")), member)
        for member in members_of(kind)
        if member.domain.partition(":")[0] in _TEXT_DOMAINS
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
            if (why := _form_problem(member.domain, text)) is not None:
                problems.append(Problem("malformed-member", f"{member.path} holds {text[:60]!r}; {why}."))
        if member.many and "." not in member.path.partition("onward_of.")[2] and len(values) > 1:
            own = getattr(entry, path[0]) if len(path) == 1 else getattr(getattr(entry, path[0]), path[1])
            if own and isinstance(own[0], str) and any(a >= b for a, b in pairwise(own)):
                problems.append(Problem("malformed-member", f"{member.path} is not sorted, or holds a value twice."))
    if isinstance(entry, Key) and not entry.keys:  # the one list that must be there, and so could be empty
        problems.append(Problem("missing-member", "The key states no keys."))
    return problems


def _facts_problems(entry: Transfer | Correction) -> list[Problem]:
    problems = _form_problems(entry)
    if isinstance(entry, Correction) and entry.withdrawn:
        blank = Correction(
            seq=entry.seq, prev=entry.prev, salt=entry.salt, recorded_at=entry.recorded_at, sd=entry.sd,
            corrects=entry.corrects, id=entry.id, withdrawn=True,
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


# What a pattern decides of a transfer, apart from what differs in each: transfers of one shape need it once, and a
# ledger has few shapes. Patterns on every member of every entry would more than double verification.
_shape = attrgetter(
    *"sender recipient recipient_role schools purpose fields lawful_basis special_category_condition".split(),
    *"legal_power granularity phase channel country safeguard onward_of prefilled".split(),
)
# What every transfer states, and with most it is all: the rest is looked at where there is any of it.
_often = attrgetter("sender", "recipient", "purpose", "fields", "lawful_basis")
_groups = attrgetter("subjects.key_stages", "subjects.year_groups", "subjects.age_min", "subjects.age_max")
_when = attrgetter("transferred_at", "transferred_on", "transferred_until")
_known: set[object] = set()

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


def _part_shape(entry: Transfer) -> tuple[object, ...]:
    payload, _, approval, _, _, opt_outs = _parts(entry)
    return payload and payload.media_type, approval and approval.role, opt_outs and opt_outs.limited_to


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
    shapes: list[dict[Any, Transfer]] = []
    grouped = [e for e in transfers if e.subjects is not None]
    parted = [e for e in transfers if e.payload or e.request or e.approval or e.agreement or e.dpia or e.opt_outs]
    more = [
        e
        for e in transfers
        if e.recipient_role or e.schools or e.special_category_condition or e.legal_power or e.granularity or e.phase
        or e.channel or e.country or e.safeguard or e.onward_of or e.prefilled
    ]  # fmt: skip
    # The first two, with every transfer, are written out: a call for each would cost as much again.
    if not {(e.sender, e.recipient, e.purpose, e.fields, e.lawful_basis) for e in transfers} <= _known:
        shapes.append({_often(e): e for e in transfers})
    people = [e.subjects for e in grouped]
    if not {(s.key_stages, s.year_groups, s.age_min, s.age_max) for s in people if s} <= _known:
        shapes.append({_groups(e): e for e in grouped})
    for shape_of, those in ((_shape, more), (_part_shape, parted)):
        if those and not set(map(shape_of, those)) <= _known:
            shapes.append({shape_of(e): e for e in those})
    if Subjects() in people or any(map(_empty_parts, parted)):
        return False
    for found in shapes:
        for shape in found.keys() - _known:
            if _facts_problems(found[shape]):
                return False
            if len(_known) > 8192:
                _known.clear()
            _known.add(shape)
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


class Lookup(Protocol):
    """Where known names are looked up: the ledger's `names`."""

    def find(self, kind: str, text: str) -> str | None:
        """The id that `text` means among the names of `kind`, or None."""

    def near(self, kind: str, text: str) -> list[str]:
        """Up to three ids of `kind` that are spelt most like `text`, for a sentence that helps."""


class Content(NamedTuple):
    """An entry before it has a place: its `members` (no seq, prev, salt, recorded_at) and erasable `texts`.

    `row` is the row of the file that it came in, where there is one.
    """

    members: dict[str, Any]
    texts: dict[str, str | tuple[str, ...]]
    row: int | None = None


_LOOKED_UP = ("party", "purpose", "field", "code", "literal")
_FACT_MEMBERS = [
    (member, *member.path.partition(".")[::2])
    for member in members_of(Transfer)
    if not member.path.startswith(("batch", "onward_of", "_sd")) and member.domain.startswith(_LOOKED_UP)
]
_GIVEN = {
    "sender": "sender_as_given",
    "recipient": "recipient_as_given",
    "purpose": "purpose_as_given",
    "schools": "schools_as_given",
    "fields": "fields_as_given",
    "opt_outs.limited_to": "limited_to_as_given",
}


def _kind_of(member: Member) -> str:
    first, _, vocabulary = member.domain.partition(":")
    return vocabulary or (member.column or member.path if first == "literal" else first)


def code(kind: str, text: str, member: Member, lookup: Lookup) -> str:
    """The code of vocabulary `kind` that `text` means for `member`; `Refused`, naming the nearest, for none."""
    found = lookup.find(kind, text)
    if found is None:
        near = lookup.near(kind, text)
        hint = f"; did you mean {' or '.join(near)}?" if near else "."
        raise Refused(f"{member.column or member.path}: {text[:60]!r} is not a known {kind.replace('_', ' ')}{hint}")
    return found


def settle(members: Mapping[str, Any], texts: Mapping[str, str], lookup: Lookup) -> Content:
    """What is sealed of a transfer (or refusal) that states `members` with names as typed.

    Known names become ids; an unknown party, purpose or field becomes `unlisted`, its text an erasable value.
    Lists become sorted sets, so that no order is sealed. Raises `Refused` for a code that no vocabulary knows:
    what it would mean cannot be understood.
    """
    sealed: dict[str, Any] = {key: value for key, value in members.items() if value not in (None, (), [], {})}
    given: dict[str, str | tuple[str, ...]] = dict(texts)
    for member, outer, inner in _FACT_MEMBERS:
        holder = sealed.get(outer)
        if holder is None or (inner and inner not in holder):
            continue
        typed = holder[inner] if inner else holder
        values = [typed] if isinstance(typed, str) else list(typed)
        kind = _kind_of(member)
        if kind in ("party", "purpose", "field"):
            found = {text: lookup.find(kind, text) for text in values}
            unknown = tuple(sorted({text for text, id_ in found.items() if id_ is None and text != UNLISTED}))
            ids = sorted({id_ or UNLISTED for id_ in found.values()})
            if unknown:
                given[_GIVEN[member.path]] = unknown if member.many else unknown[0]
        else:
            ids = sorted({code(kind, text, member, lookup) for text in values})
        settled = ids if member.many else ids[0]
        if inner:
            sealed[outer] = {**holder, inner: settled}
        else:
            sealed[outer] = settled
    if "onward_of" in sealed:
        unique = {(o.get("origin", ""), o["id"]): o for o in sealed["onward_of"]}
        sealed["onward_of"] = [unique[key] for key in sorted(unique)]
    if NOT_STATED in sealed.get("fields", ()) and len(sealed["fields"]) > 1:
        raise Refused("fields names data items and says not-stated too; leave not-stated out.")
    return Content(sealed, given)


def rehearse(content: Content) -> None:
    """Finds what sealing a transfer's `content` would find wrong, without a place in the chain. Raises `Refused`."""
    for name, value in content.texts.items():
        if (why := text_problem(name, value)) is not None:
            raise Refused(why)
    placed = {
        "kind": "transfer",
        "seq": canonical.MAX_INTEGER,
        "prev": NO_PREV,
        "salt": "A" * 22,
        "recorded_at": "2000-01-01T00:00:00Z",
        "batch": {"seq": canonical.MAX_INTEGER, "row": canonical.MAX_INTEGER},
    }
    data = write({"id": "x" * 64, **content.members, **placed})
    # Each erasable value adds its digest of 43 characters, quoted, with a comma.
    if len(data) + 46 * len(content.texts) + 8 > MAX_BYTES:
        raise Refused(f"The entry would have more than {MAX_BYTES:,} bytes; state less in one transfer.")


def when(text: str) -> dict[str, Any]:
    """The members that say when: `transferred_at` and what follows from it (see `london.parse`)."""
    moment = london.parse(text)
    members: dict[str, Any] = {"transferred_at": moment.at, "transferred_on": moment.on}
    if moment.until:
        members["transferred_until"] = moment.until
    if moment.offset_assumed:
        members["offset_assumed"] = True
    return members


# Overrides and isolates of the writing direction (Unicode UAX #9): with them one name can look like another.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def texts_sound(names: Sequence[str], values: Sequence[str | tuple[str, ...]]) -> bool:
    """Whether `text_problem` finds nothing wrong with any of the erasable `values` under their `names`."""
    texts = [value for value in values if type(value) is str]
    # Printable text holds neither control characters nor surrogates, nor anything that turns the direction of writing.
    return (
        len(texts) == len(values)
        and not LISTS.intersection(names)
        and "".join(texts).isprintable()
        and all(map(str.strip, texts))
        and max(map(len, texts), default=0) <= 2000
    ) or not any(map(text_problem, names, values))


def text_problem(name: str, value: str | tuple[str, ...]) -> str | None:
    """Why `value` cannot be kept as the erasable value `name`, or None: at most 2,000 printable characters each."""
    if isinstance(value, str) and len(value) <= 2000 and value.isprintable() and value.strip() and name not in LISTS:
        return None  # nearly every value: printable text holds neither control characters nor surrogates
    for text in (value,) if isinstance(value, str) else value:
        if not text.strip() or len(text) > 2000:
            return f"{name} has {len(text):,} characters; 1 to 2,000 are kept."
        if (bad := canonical.control_character(text)) is not None:
            return f"{name} holds the control character {bad}; remove it."
        if (turned := _TURNS.search(text)) is not None:
            return f"{name} holds U+{ord(turned.group()):04X}, which makes text read other than it is; remove it."
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            return f"{name} holds half a character (a lone surrogate); type it again."
    if isinstance(value, str) == (name in LISTS):
        return f"{name} is to be {'a list of texts' if name in LISTS else 'one text'}."
    return None
