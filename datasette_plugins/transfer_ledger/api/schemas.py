"""What is posted and answered, as JSON Schema: from the one list of members, never written a second time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from datasette_plugins.transfer_ledger.recording.posted import MOST
from ledger.canonical import MAX_INTEGER
from ledger.intake.draft import BY_THE_LEDGER
from ledger.members import ERASABLE, REQUIRED, AnyEntry, Erasable, Member, Transfer, members_of
from reports.finding import OUTCOMES, SEVERITIES

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_TEXT: Schema = {"type": "string", "minLength": 1}
_HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_SEQ: Schema = {"type": "integer", "minimum": 0}
_MAY_BE_NULL = [{"type": "string"}, {"type": "null"}]
_DECISIONS = ("accepted", "remedied", "false-alarm", "recording-mistake")


def ref(name: str) -> Schema:
    """A schema of the document by its name."""
    return {"$ref": _REF.format(name=name)}


def listed(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def _object(properties: dict[str, Schema], optional: Iterable[str] = (), **more: Any) -> Schema:
    left = frozenset(optional)
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in left],
        **more,
    }


def _one(member: Member) -> Schema:
    domain = member.domain
    if domain == "count":
        return {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER}
    if domain == "age":
        return {"type": "integer", "minimum": 0, "maximum": 150}
    if domain == "bool":
        return {"type": "boolean"}
    if domain == "onward":
        return _object({"origin": _TEXT, "id": _TEXT}, ("origin",), additionalProperties=False)
    return _TEXT


def _stated(member: Member | Erasable) -> Schema:
    if isinstance(member, Erasable):
        return {**_TEXT, "description": f"{member.meaning}; erasable, and never sealed itself"}
    one = _one(member)
    return {**({**listed(one), "minItems": 1} if member.many else one), "description": member.meaning}


def transfer_to_record() -> Schema:
    """One transfer as `POST /-/transfers` takes it: by the sealed names, erasable values beside them."""
    found: dict[str, Any] = {}
    inner: dict[str, dict[str, Schema]] = {}
    for member in members_of(Transfer):
        outer, dot, name = member.path.rstrip(".").partition(".")
        if outer in BY_THE_LEDGER or (dot and outer == "onward_of"):
            continue
        if name:
            inner.setdefault(outer, {})[name] = _stated(member)
        else:
            found[outer] = _stated(member)
    for outer, members in inner.items():
        found[outer] = _object(members, members, additionalProperties=False, minProperties=1)
    for erasable in ERASABLE:
        if "transfer" in erasable.kinds and not erasable.name.endswith("_as_given") and erasable.name != "recorded_by":
            found[erasable.name] = _stated(erasable)
    return _object(found, found.keys() - set(REQUIRED), additionalProperties=False)


def _finding() -> Schema:
    return _object(
        {
            "key": _HASH,
            "check": _TEXT,
            "outcome": {"enum": list(OUTCOMES)},
            "severity": {"enum": list(SEVERITIES)},
            "seq": _SEQ,
            "entries": {
                "anyOf": [listed(_SEQ), _SEQ],
                "description": "the entries that it is about; on one entry or by itself only how many",
            },
            "expected": _TEXT,
            "found": _TEXT,
            "citation": {"type": "string"},
            "next_step": {"type": "string"},
            "assigned": {"type": "string"},
            "state": {"enum": ["open", "awaiting-confirmation", "settled"]},
            "settled": {"anyOf": [ref("Settled"), {"type": "null"}]},
            "corrected_by": {"anyOf": [_SEQ, {"type": "null"}]},
            "decision": {"anyOf": [ref("Decision"), {"type": "null"}]},
        }
    )


def _listed_transfer() -> Schema:
    sealed = {member.path: member for member in members_of(Transfer)}
    texts = ("transferred_at", "sender", "recipient", "purpose")
    named = {name: {"type": "string"} for name in ("sender", "recipient", "purpose")}
    return _object(
        {
            "seq": _SEQ,
            "id": _TEXT,
            **{name: {**_TEXT, "description": sealed[name].meaning} for name in texts},
            **{
                name: {**listed(_TEXT), "description": sealed[name].meaning}
                for name in ("fields", "lawful_basis", "schools")
            },
            "subject_kind": {"anyOf": _MAY_BE_NULL},
            "subject_count": {"anyOf": [_SEQ, {"type": "null"}]},
            "recorded_at": _TEXT,
            "corrected": {"type": "boolean"},
            "findings": {**listed(_HASH), "description": "the keys of the findings on it"},
            "names": _object(named, description="what people call these ids"),
        }
    )


def schemas() -> dict[str, Schema]:
    """Every schema of the document by its name."""
    (entry,), sealed = msgspec.json.schema_components([AnyEntry], ref_template=_REF)
    count = {"type": "integer", "minimum": 0, "description": "how many there are in all"}
    page_end = {"anyOf": [_SEQ, {"type": "null"}]}
    return {
        **sealed,
        "SealedEntry": entry,
        "TransferToRecord": transfer_to_record(),
        "TransfersToRecord": _object(
            {"transfers": {**listed(ref("TransferToRecord")), "minItems": 1, "maxItems": MOST}},
            additionalProperties=False,
        ),
        "Receipt": _object(
            {
                "seq": _SEQ,
                "id": {"anyOf": _MAY_BE_NULL},
                "hash": _HASH,
                "recorded_at": _TEXT,
                "new": {"type": "boolean", "description": "false where the very same was recorded before"},
                "unlisted": {**listed(_TEXT), "description": "the members that name what nobody knows"},
            }
        ),
        "Receipts": _object({"transfers": listed(ref("Receipt"))}),
        "ListedTransfer": _listed_transfer(),
        "ListedTransfers": _object(
            {"count": count, "after": page_end, "before": page_end, "transfers": listed(ref("ListedTransfer"))}
        ),
        "Entry": _object(
            {
                "seq": _SEQ,
                "hash": _HASH,
                "kind": _TEXT,
                "entry": {**_TEXT, "description": "the sealed text: its bytes have the hash"},
                "facts": ref("SealedEntry"),
                "corrected_by": {"anyOf": [_SEQ, {"type": "null"}]},
                "proof": {"anyOf": _MAY_BE_NULL, "description": "where the proof is; null while nothing covers it"},
                "findings": listed(ref("Finding")),
            },
            ("findings",),
        ),
        "Settled": _object(
            {
                "how": _TEXT,
                "entry": {"anyOf": [_SEQ, {"type": "null"}], "description": "the correction or decision"},
                "second_person": {
                    "anyOf": [{"type": "boolean"}, {"type": "null"}],
                    "description": "whether a second person confirmed it; null where nobody needs to",
                },
            },
            description="what settles it, or would once a second person confirms it",
        ),
        "Decision": _object({"decision": {"enum": list(_DECISIONS)}, "due": {"anyOf": _MAY_BE_NULL}}),
        "Finding": _finding(),
        "FindingWithDecisions": {
            "allOf": [ref("Finding"), _object({"decisions": listed(ref("Decision"))})],
        },
        "ListedFindings": _object(
            {
                "checked": {
                    "anyOf": [
                        _object({"as_of": {"anyOf": _MAY_BE_NULL}, "size": _SEQ}),
                        {"type": "null"},
                    ],
                    "description": "the last check: the day it spoke of, and how many entries it saw",
                },
                "size": {**_SEQ, "description": "how many entries the ledger has now"},
                "count": count,
                "findings": listed(ref("Finding")),
                "after": {"anyOf": [_HASH, {"type": "null"}], "description": "what to ask for next as `after`"},
            }
        ),
        "Packing": _object({"run": {"type": "integer", "minimum": 1}, "file": _TEXT}),
        "Problem": _object(
            {
                "item": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
                "member": {"type": "string"},
                "problem": _TEXT,
            }
        ),
        "Error": _object({"error": _TEXT, "problems": listed(ref("Problem"))}, ("problems",)),
    }
