"""The one list of members: every kind of entry, what each member holds, and why it can name nobody.

Each kind is a typed structure; a member's annotation carries its meaning, its CSV column where it has one, and
its domain (the form its text must have). `docs/FORMAT.md` prints these lists, the importer takes its columns
from them, and the writer and the verifier decode entries with them, so none of the four can drift apart.

Absent is not the same as empty: a scalar member that nobody stated is absent (None here), and an empty list is
never sealed. Dates and `recorded_at` decode to dates and times, and re-encoding the entry proves their form.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

FORMAT = 2
"""The format version that a genesis seals and `PRAGMA user_version` repeats."""

UNLISTED = "unlisted"
"""Sealed in place of a party, purpose or field that no known name fits; the text is an erasable value."""

NOT_STATED = "not-stated"
"""Sealed as the one field where nobody said which fields went: every check on fields answers cannot tell."""


def _m(meaning: str, domain: str, column: str | None = None, why: str = "") -> Meta:
    return Meta(description=meaning, extra={"domain": domain, "column": column, "why": why})


_ID_OF = "an id of the documented purposes, the organisations or the law, never what was typed"
_CODE = "a code of a published vocabulary"
_DATE = "a date of the transfer, not of a person"
_COUNT = "a count of people, not who they are"
_ORG = "the published name or number of an organisation, never a person's"
_HASH = "a digest of salted content"
_ACTOR = "a random code, used in this ledger only"

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]

Party: TypeAlias = Annotated[str, _m("a party", "party")]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What all parts of an entry share: immutable, no unknown member, absent members left out."""


_Kind = TypeVar("_Kind", bound=type[Struct])


def _as_sealed(kind: _Kind) -> _Kind:
    """The same structure with its members in the order in which they are sealed (sorted).

    They are declared in a reader's order. msgspec reads and writes members in the order of the structure, and where
    that is the order of the text, verifying takes a tenth less time.
    """
    hints = get_type_hints(kind, include_extras=True)
    members = sorted(msgspec.structs.fields(kind), key=lambda field: field.encode_name)
    config = kind.__struct_config__
    made = msgspec.defstruct(
        kind.__name__,
        [
            (field.name, hints[field.name], msgspec.field(name=field.encode_name, default=field.default))
            for field in members
        ],
        bases=(Struct,),
        module=kind.__module__,
        tag_field=config.tag_field,
        tag=config.tag,
        kw_only=True,
        frozen=True,
    )
    made.__doc__ = kind.__doc__
    return cast(_Kind, made)


class BatchRow(Struct, kw_only=True, frozen=True):
    """Which row of which import a transfer came in."""

    seq: Annotated[Count, _m("the seq of the `batch` entry", "count", None, "a position in this ledger")]
    row: Annotated[Count, _m("the row of the file, counted from 1 after the headings", "count", None, "a position")]


@_as_sealed
class Subjects(Struct, kw_only=True, frozen=True):
    """Whose data it is, in numbers and levels; never who."""

    kind: Annotated[Literal["pupil", "workforce"] | None, _m("pupils or staff", "literal", "subject_kind", _CODE)] = (
        None
    )
    count: Annotated[Count | None, _m("how many people", "count", "subject_count", _COUNT)] = None
    smallest: Annotated[Count | None, _m("the smallest count in an aggregate", "count", "subject_smallest", _COUNT)] = (
        None
    )
    age_min: Annotated[
        Annotated[int, Meta(ge=0, le=150)] | None,
        _m("youngest age in years", "age", "age_min", "an age of a group"),
    ] = None
    age_max: Annotated[
        Annotated[int, Meta(ge=0, le=150)] | None,
        _m("oldest age in years", "age", "age_max", "an age of a group"),
    ] = None
    key_stages: Annotated[tuple[str, ...], _m("key stages", "code:key_stage", "key_stages", _CODE)] = ()
    year_groups: Annotated[tuple[str, ...], _m("year groups", "code:year_group", "year_groups", _CODE)] = ()


class Payload(Struct, kw_only=True, frozen=True):
    """What the file that went looked like from outside."""

    bytes: Annotated[Count | None, _m("its size in bytes", "count", "payload_bytes", "a size")] = None
    media_type: Annotated[
        str | None,
        _m("its media type, as `text/csv`", "media-type", "payload_media_type", "a published type name"),
    ] = None
    rows: Annotated[Count | None, _m("how many rows it had", "count", "payload_rows", _COUNT)] = None


class Request(Struct, kw_only=True, frozen=True):
    """The request that the transfer answered; its reference is erasable."""

    on: Annotated[date | None, _m("when it was asked for", "date", "request_date", _DATE)] = msgspec.field(
        name="date", default=None
    )


class Approval(Struct, kw_only=True, frozen=True):
    """Who, by role, allowed it and when; the approver's name and the reference are erasable."""

    role: Annotated[str | None, _m("the approver's role", "code:approval_role", "approval_role", _CODE)] = None
    on: Annotated[date | None, _m("when it was approved", "date", "approval_date", _DATE)] = msgspec.field(
        name="date", default=None
    )


class Agreement(Struct, kw_only=True, frozen=True):
    """The sharing agreement; its reference is erasable."""

    review_on: Annotated[
        date | None, _m("when the sharing agreement is due for review", "date", "agreement_review_on", _DATE)
    ] = None


class Dpia(Struct, kw_only=True, frozen=True):
    """The data protection impact assessment; its reference is erasable."""

    review_on: Annotated[
        date | None, _m("when the impact assessment is due for review", "date", "dpia_review_on", _DATE)
    ] = None


class OptOuts(Struct, kw_only=True, frozen=True):
    """What was done about people who had opted out."""

    checked: Annotated[
        bool | None, _m("whether the opt-outs were looked up", "bool", "opt_outs_checked", "yes or no")
    ] = None
    excluded: Annotated[
        Count | None, _m("how many people were left out altogether", "count", "opt_outs_excluded", _COUNT)
    ] = None
    limited: Annotated[
        Count | None, _m("how many were sent with fewer fields", "count", "opt_outs_limited", _COUNT)
    ] = None
    limited_to: Annotated[tuple[str, ...], _m("the fields sent of those", "field", "opt_outs_limited_to", _ID_OF)] = ()


class Onward(Struct, kw_only=True, frozen=True):
    """One transfer that brought the data here; written `origin#id` where it is another ledger's."""

    origin: Annotated[str | None, _m("the other ledger's origin", "origin", None, "the name of a ledger")] = None
    id: Annotated[str, _m("the transfer's id there", "id", None, "a number that a system gave")]


class Entry(Struct, kw_only=True, frozen=True):
    """The members of every entry. `kind` tells which of the kinds below it is."""

    seq: Annotated[Count, _m("its place in the chain, from 0", "count", None, "a position")]
    prev: Annotated[str, _m("the hash of the entry before (64 zeros for the first)", "hash", None, _HASH)]
    salt: Annotated[
        str,
        _m(
            "128 random bits in base64url, so that nobody can guess an entry from its hash",
            "salt",
            None,
            "random",
        ),
    ]
    recorded_at: Annotated[
        datetime, _m("when it was sealed, by the ledger's clock, in UTC", "time", None, "the clock's word")
    ]
    sd: Annotated[tuple[str, ...], _m("the digests of its erasable values, sorted", "digests", None, _HASH)] = (
        msgspec.field(name="_sd", default=())
    )
    actor: Annotated[
        str | None, _m("the code of the person who caused it (section 4, `person`)", "actor", None, _ACTOR)
    ] = None


class Cited(Struct, kw_only=True, frozen=True):
    """Another entry of this ledger, by place and hash."""

    seq: Annotated[Count, _m("its seq", "count", None, "a position")]
    hash: Annotated[str, _m("its hash", "hash", None, _HASH)]


class Continued(Struct, kw_only=True, frozen=True):
    """The ledger that this one follows, at its last known checkpoint."""

    origin: Annotated[str, _m("its origin", "origin", None, "the name of a ledger")]
    size: Annotated[Count, _m("how many entries it had", "count", None, "a position")]
    head: Annotated[str, _m("its root hash at that size", "hash", None, _HASH)]


class Genesis(Entry, tag_field="kind", tag="genesis", kw_only=True, frozen=True):
    """The first entry: whose ledger this is and in which format."""

    format: Annotated[Count, _m("the format version: 2", "count", None, "a constant")]
    origin: Annotated[str, _m("the name of this ledger, as a signed-note key name", "origin", None, _ORG)]
    organisation: Annotated[str, _m("the organisation that keeps it", "name", None, _ORG)]
    continues: Annotated[Continued | None, _m("the ledger that this one follows", "object")] = None
    practice: Annotated[
        Literal[True] | None, _m("true for a ledger to try things in", "bool", None, "yes or absent")
    ] = None


class Person(Entry, tag_field="kind", tag="person", kw_only=True, frozen=True):
    """A code issued to one person, and what they may do. The newest entry for a code holds from there on."""

    code: Annotated[str, _m("the code that their entries carry as `actor`", "actor", None, _ACTOR)]
    role: Annotated[
        Literal["lead", "dpo", "chair", "clerk"],
        _m("lead (decides), dpo (advises and confirms), chair (confirms) or clerk", "literal", None, _CODE),
    ]
    outside: Annotated[
        Literal[True] | None, _m("true for somebody outside the organisation", "bool", None, "yes or absent")
    ] = None


class Organisation(Entry, tag_field="kind", tag="organisation", kw_only=True, frozen=True):
    """An organisation that plays a role of the notice here. An entry holds for what is recorded after it."""

    id: Annotated[str, _m("the id that transfers use", "party", "id", "chosen for an organisation")]
    name: Annotated[str, _m("its name", "name", "name", _ORG)]
    role: Annotated[str, _m("the role it plays in the notice", "code:role", "role", _CODE)]
    phase: Annotated[str | None, _m("a school's phase", "code:phase", "phase", _CODE)] = None
    type: Annotated[str | None, _m("its type", "code:organisation_type", "type", _CODE)] = None
    public_authority: Annotated[
        bool | None, _m("whether it is a public authority", "bool", "public_authority", "yes or no")
    ] = None
    controller: Annotated[
        str | None, _m("the organisation that answers for its data", "party", "controller", _ID_OF)
    ] = None
    urn: Annotated[str | None, _m("its unique reference number", "urn", "urn", _ORG)] = None
    dfe_number: Annotated[str | None, _m("its number as `123/4567`", "dfe-number", "dfe_number", _ORG)] = None
    former_ids: Annotated[tuple[str, ...], _m("ids that it had before", "party", "former_ids", _ORG)] = ()
    aliases: Annotated[tuple[str, ...], _m("other names", "name", "aliases", _ORG)] = ()
    opened: Annotated[date | None, _m("the day it opened", "date", "opened", "a public date")] = None
    closed: Annotated[date | None, _m("its last day", "date", "closed", "a public date")] = None


class Register(Entry, tag_field="kind", tag="register", kw_only=True, frozen=True):
    """A version of the documented purposes, adopted. The text lies in `documents` under its digest."""

    register: Annotated[str, _m("the register's id", "party", None, "chosen for a document")]
    version: Annotated[str, _m("the register's own version", "version", None, "a version number")]
    sha256: Annotated[str, _m("SHA-256 of its bytes", "hash", None, "a public document")]
    effective_from: Annotated[date, _m("the first day it judges", "date", None, _DATE)]
    effective_until: Annotated[date | None, _m("the last day it judges", "date", None, _DATE)] = None
    effective_assigned: Annotated[
        bool, _m("whether an editor, not the notice, gave these dates", "bool", None, "yes or no")
    ]


class Batch(Entry, tag_field="kind", tag="batch", kw_only=True, frozen=True):
    """An import: how many rows follow. The digests of its file and map are erasable values."""

    rows: Annotated[Count, _m("how many transfers it brought", "count", None, _COUNT)]


class Facts(Entry, kw_only=True, frozen=True):
    """What a transfer records. Required in a transfer: `transferred_at sender recipient purpose fields`."""

    batch: Annotated[BatchRow | None, _m("the import it came in", "object")] = None
    transferred_at: Annotated[
        str | None,
        _m(
            "a date, a time with its offset, or an interval of dates, as given",
            "when",
            "transferred_at",
            _DATE,
        ),
    ] = None
    transferred_on: Annotated[date | None, _m("the London day, or an interval's first", "date", None, _DATE)] = None
    transferred_until: Annotated[date | None, _m("an interval's last day", "date", None, _DATE)] = None
    offset_assumed: Annotated[
        Literal[True] | None, _m("true where London time was assumed", "bool", None, "yes or absent")
    ] = None
    sender: Annotated[str | None, _m("who sent it", "party", "sender", _ID_OF)] = None
    recipient: Annotated[str | None, _m("who got it", "party", "recipient", _ID_OF)] = None
    recipient_role: Annotated[
        Literal["controller", "joint", "processor"] | None,
        _m("controller, joint controller or processor", "literal", "recipient_role", _CODE),
    ] = None
    schools: Annotated[
        tuple[str, ...],
        _m("whose pupils or staff it is about, where the sender is no school", "party", "schools", _ID_OF),
    ] = ()
    purpose: Annotated[str | None, _m("what for", "purpose", "purpose", _ID_OF)] = None
    fields: Annotated[tuple[str, ...], _m("names of data items, never values", "field", "fields", _ID_OF)] = ()
    lawful_basis: Annotated[
        tuple[str, ...], _m("the lawful bases relied on", "code:lawful_basis", "lawful_basis", _CODE)
    ] = ()
    special_category_condition: Annotated[
        tuple[str, ...],
        _m("conditions for special categories", "code:lawful_basis", "special_category_condition", _CODE),
    ] = ()
    legal_power: Annotated[tuple[str, ...], _m("the statute relied on", "code:legal_power", "legal_power", _CODE)] = ()
    subjects: Annotated[Subjects | None, _m("whose data it is", "object")] = None
    granularity: Annotated[
        str | None, _m("individual, or the level aggregated to", "code:granularity", "granularity", _CODE)
    ] = None
    phase: Annotated[str | None, _m("the phase of school it is about", "code:phase", "phase", _CODE)] = None
    channel: Annotated[str | None, _m("how it went", "code:channel", "channel", _CODE)] = None
    country: Annotated[str | None, _m("where it went, ISO 3166-1 alpha-2", "country", "country", _CODE)] = None
    safeguard: Annotated[str | None, _m("the safeguard where it went abroad", "code:safeguard", "safeguard", _CODE)] = (
        None
    )
    payload: Annotated[Payload | None, _m("the file that went", "object")] = None
    request: Annotated[Request | None, _m("the request it answered", "object")] = None
    approval: Annotated[Approval | None, _m("who allowed it", "object")] = None
    agreement: Annotated[Agreement | None, _m("the sharing agreement", "object")] = None
    dpia: Annotated[Dpia | None, _m("the impact assessment", "object")] = None
    opt_outs: Annotated[OptOuts | None, _m("what was done about opt-outs", "object")] = None
    onward_of: Annotated[tuple[Onward, ...], _m("the transfers that brought the data here", "object", "onward_of")] = ()
    retain_until: Annotated[date | None, _m("kept by the recipient until", "date", "retain_until", _DATE)] = None
    prefilled: Annotated[
        tuple[str, ...], _m("the members that software filled in", "member", None, "names of members")
    ] = ()


@_as_sealed
class Transfer(Facts, tag_field="kind", tag="transfer", kw_only=True, frozen=True):
    """One outbound transfer of pupil or staff data."""

    id: Annotated[str, _m("its identity, unique in this ledger", "id", "id", "a number that a system gave")]


class Correction(Facts, tag_field="kind", tag="correction", kw_only=True, frozen=True):
    """A complete replacement of a transfer, or its withdrawal. The newest holds; nothing is overwritten."""

    corrects: Annotated[Cited, _m("the transfer entry it corrects", "object")]
    id: Annotated[str, _m("the transfer's id", "id", None, "a number that a system gave")]
    withdrawn: Annotated[
        Literal[True] | None,
        _m("true for a withdrawal, which then states nothing else", "bool", None, "yes or absent"),
    ] = None


class Refusal(Entry, tag_field="kind", tag="refusal", kw_only=True, frozen=True):
    """A request for data that was refused, or met in part."""

    id: Annotated[str, _m("its identity among refusals", "id", None, "a number that a system gave")]
    refused_on: Annotated[date, _m("the day of the refusal", "date", None, _DATE)]
    outcome: Annotated[Literal["refused", "met-in-part"], _m("refused, or met in part", "literal", None, _CODE)]
    ground: Annotated[str, _m("why, by code", "code:refusal_ground", None, _CODE)]
    recipient: Annotated[str, _m("who asked", "party", None, _ID_OF)]
    purpose: Annotated[str | None, _m("what for", "purpose", None, _ID_OF)] = None
    fields: Annotated[tuple[str, ...], _m("what was asked for", "field", None, _ID_OF)] = ()
    request: Annotated[Request | None, _m("the request", "object")] = None
    transfer: Annotated[str | None, _m("the id of the transfer that met it in part", "id", None, "a number")] = None


class Review(Entry, tag_field="kind", tag="review", kw_only=True, frozen=True):
    """What the lead decided, or the data protection officer advised, about a finding. It cites what it replaces."""

    finding: Annotated[str, _m("the finding's key", "hash", None, _HASH)]
    check: Annotated[str, _m("the check that found it", "party", None, _CODE)]
    decision: Annotated[
        Literal["accepted", "remedied", "false-alarm", "recording-mistake"],
        _m("what was decided", "literal", None, _CODE),
    ]
    advice: Annotated[
        Literal[True] | None, _m("true for advice, which decides nothing", "bool", None, "yes or absent")
    ] = None
    due: Annotated[date | None, _m("when the decision is to be looked at again", "date", None, _DATE)] = None
    replaces: Annotated[Cited | None, _m("the review that it replaces", "object")] = None


class Confirmation(Entry, tag_field="kind", tag="confirmation", kw_only=True, frozen=True):
    """A second person confirms corrections and decisions, as they stood at the head that this person saw."""

    confirms: Annotated[
        tuple[Count, ...], _m("the seqs of the corrections and reviews, sorted", "count", None, "positions")
    ]
    seen: Annotated[Cited, _m("the last entry of the ledger that was seen", "object")]


class Signature(Struct, kw_only=True, frozen=True):
    """One signature of a `key` entry, by a key named in signed-note's verifier-key form."""

    key: Annotated[str, _m("the verifier key that made it", "vkey", None, "a public key")]
    signature: Annotated[str, _m("base64 of the signature", "base64", None, "a signature")]


class Key(Entry, tag_field="kind", tag="key", kw_only=True, frozen=True):
    """The ledger's signing keys from here on. Signatures cover the entry without its `signatures`."""

    action: Annotated[
        Literal["new", "rotation", "replacement"],
        _m("the first, a rotation, or after a loss", "literal", None, _CODE),
    ]
    keys: Annotated[tuple[str, ...], _m("verifier keys (signed-note vkey)", "vkey", None, "public keys")]
    signatures: Annotated[tuple[Signature, ...], _m("by the old key and the new", "object")] = ()


class Erasure(Entry, tag_field="kind", tag="erasure", kw_only=True, frozen=True):
    """One erasable value was erased: which digest of which entry, and the ground as a code."""

    erases: Annotated[Cited, _m("the entry that sealed it", "object")]
    name: Annotated[str, _m("the value's name", "member", None, "a member's name")]
    digest: Annotated[str, _m("the digest that stays", "digest", None, _HASH)]
    ground: Annotated[str, _m("why, by code", "code:erasure_ground", None, _CODE)]


class Attestation(Entry, tag_field="kind", tag="attestation", kw_only=True, frozen=True):
    """A report that was made from the first `size` entries, by the digest of its bytes."""

    report: Annotated[str, _m("SHA-256 of the report's file", "hash", None, "a document without erasable values")]
    options: Annotated[
        tuple[str, ...], _m("the options it was made with", "option", None, "options are codes and dates")
    ] = ()
    as_of: Annotated[date, _m("the day it speaks of", "date", None, _DATE)]
    registers: Annotated[
        tuple[str, ...], _m("SHA-256 of each register that judged", "hash", None, "public documents")
    ] = ()
    version: Annotated[str, _m("the version of this project", "version", None, "a version number")]
    size: Annotated[Count, _m("how many entries it was made from", "count", None, "a position")]
    head: Annotated[str, _m("the hash of the last of them", "hash", None, _HASH)]


class Closing(Entry, tag_field="kind", tag="closing", kw_only=True, frozen=True):
    """The last entry of a ledger that another one follows."""

    successor: Annotated[str | None, _m("the origin of the ledger that follows", "origin", None, _ORG)] = None
    ground: Annotated[str, _m("why, by code", "code:closing_ground", None, _CODE)]


AnyEntry: TypeAlias = (
    Genesis
    | Person
    | Organisation
    | Register
    | Batch
    | Transfer
    | Correction
    | Refusal
    | Review
    | Confirmation
    | Key
    | Erasure
    | Attestation
    | Closing
)

KINDS: dict[str, type[Entry]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyEntry)}
"""Every kind of entry by its name, in the order of `docs/FORMAT.md`."""


def kind_of(entry: Struct | type[Struct]) -> str:
    """The name of an entry's kind, as it is sealed."""
    return str(entry.__struct_config__.tag)


class Erasable(NamedTuple):
    """One erasable value: its name, meaning, CSV column, and the kinds of entry that may carry it."""

    name: str
    meaning: str
    column: str | None
    kinds: tuple[str, ...]


_FACTS = ("transfer", "correction")
_REFUSAL = (*_FACTS, "refusal")
ERASABLE: tuple[Erasable, ...] = (
    Erasable("operator", "who sent it", "operator", _REFUSAL),
    Erasable("recorded_by", "who recorded it", None, (*_REFUSAL, "organisation", "register", "batch", "genesis")),
    Erasable("approver", "who approved it", "approver", _FACTS),
    Erasable("note", "anything worth adding", "note", (*_REFUSAL, "erasure", "closing", "key")),
    Erasable("payload_sha256", "SHA-256 of the file that went, in hex", "payload_sha256", _FACTS),
    Erasable("request_reference", "the request's reference", "request_reference", _REFUSAL),
    Erasable("approval_reference", "the approval's reference", "approval_reference", _FACTS),
    Erasable("agreement_reference", "the agreement's reference", "agreement_reference", _FACTS),
    Erasable("dpia_reference", "the impact assessment's reference", "dpia_reference", _FACTS),
    Erasable("sender_as_given", "what was typed for a sender that is unlisted", None, _FACTS),
    Erasable("recipient_as_given", "what was typed for a recipient that is unlisted", None, _REFUSAL),
    Erasable("schools_as_given", "what was typed for schools that are unlisted (a list)", None, _FACTS),
    Erasable("purpose_as_given", "what was typed for a purpose that is unlisted", None, _REFUSAL),
    Erasable("fields_as_given", "what was typed for fields that are unlisted (a list)", None, _REFUSAL),
    Erasable("limited_to_as_given", "the same for `opt_outs.limited_to` (a list)", None, _FACTS),
    Erasable(
        "reason",
        "why it was corrected, refused, decided or confirmed",
        None,
        ("correction", "refusal", "review", "confirmation"),
    ),
    Erasable("decided_by", "who decided or confirmed", None, ("review", "confirmation")),
    Erasable("owner", "who is to act on it", None, ("review",)),
    Erasable("source_sha256", "SHA-256 of the imported file, in hex", None, ("batch",)),
    Erasable("map_sha256", "SHA-256 of the map it was read with, in hex", None, ("batch",)),
)

LISTS = frozenset({"schools_as_given", "fields_as_given", "limited_to_as_given"})
"""The erasable values that hold a list of texts; every other holds one text."""

REQUIRED = ("transferred_at", "sender", "recipient", "purpose", "fields")
"""What a transfer must state (DESIGN section 3); the rest may be absent, and absence is itself checked."""


class Member(NamedTuple):
    """One member as the lists above give it; `path` is dotted for a member of an inner object."""

    path: str
    meaning: str
    domain: str
    column: str | None
    why: str
    many: bool
    required: bool


def _annotation(hint: Any) -> tuple[Any, Meta]:
    # `X | None` around an Annotated puts the annotation outermost in every structure above.
    if get_origin(hint) is Annotated:
        inner, *metas = get_args(hint)
        for meta in reversed(metas):
            if isinstance(meta, Meta) and meta.extra:
                return inner, meta
    raise TypeError(f"the member {hint} carries no description")


def _inner_struct(hint: Any) -> type[Struct] | None:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    return next((found for part in get_args(hint) if (found := _inner_struct(part))), None)


def members_of(kind: type[Struct], prefix: str = "") -> list[Member]:
    """Every member of `kind`, inner objects flattened to dotted paths, in sealed (sorted) order."""
    found: list[Member] = []
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        inner, meta = _annotation(hints[field.name])
        extra = meta.extra or {}
        path = prefix + field.encode_name
        struct = _inner_struct(inner)
        many = get_origin(inner) is tuple
        if struct is not None:
            found += members_of(struct, path + ".")
            if extra["column"]:
                found.append(Member(path, meta.description or "", "onward", extra["column"], "", True, False))
            continue
        found.append(
            Member(
                path,
                meta.description or "",
                extra["domain"],
                extra["column"],
                extra["why"],
                many,
                field.required,
            )
        )
    return sorted(found)


def columns() -> dict[str, Member | Erasable]:
    """CSV column → the transfer's member or erasable value that it fills."""
    found: dict[str, Member | Erasable] = {m.column: m for m in members_of(Transfer) if m.column}
    found.update({e.column: e for e in ERASABLE if e.column and "transfer" in e.kinds})
    return found
