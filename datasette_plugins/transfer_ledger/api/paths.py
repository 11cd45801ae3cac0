"""The addresses of the API with what they take and answer, from the table of routes and from what reads an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasette_plugins.transfer_ledger.api.schemas import Schema, ref
from datasette_plugins.transfer_ledger.columns.asked import FINDINGS, MOST_CHARACTERS, STATES, TRANSFERS
from datasette_plugins.transfer_ledger.columns.facets import HAVING
from datasette_plugins.transfer_ledger.columns.found import AGES
from datasette_plugins.transfer_ledger.columns.order import SORTS
from reports.checks import CHECKS
from reports.finding import OUTCOMES, SEVERITIES

MOST_AT_ONCE = 1000
"""So many transfers or findings one answer lists at most."""

_SEQ: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999}
_KEY: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_DAY: Schema = {"type": "string", "format": "date"}
_ID: Schema = {"type": "string", "maxLength": MOST_CHARACTERS}
_SIZE: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE}
_YES_NO: Schema = {"enum": ["0", "1"]}

PARAMETERS: dict[str, tuple[str, Schema]] = {
    "year": ("a school year, as 2009-10", {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}),
    "term": ("a term of an adopted register", _ID),
    "month": ("a month, as 2010-08", {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}),
    "from": ("the first day", _DAY),
    "to": ("the last day", _DAY),
    "school": ("whose pupils or staff, by the id of the organisation", _ID),
    "sender": ("who sent it, by id", _ID),
    "recipient": ("who got it, by id", _ID),
    "purpose": ("what for, by id", _ID),
    "field": ("a data item that went, by id", _ID),
    "basis": ("a lawful basis relied on, by code", _ID),
    "channel": ("how it went, by code", _ID),
    "findings": ("which findings it has", {"enum": list(HAVING)}),
    "severity": ("how grave", {"enum": list(SEVERITIES)}),
    "outcome": ("what was found", {"enum": list(OUTCOMES)}),
    "check": ("the check that found it", {"enum": [check.ID for check in CHECKS]}),
    "late": ("whether it was recorded late", _YES_NO),
    "corrected": ("whether a correction states it", _YES_NO),
    "state": ("how the findings stand; open ones where it is left out", {"enum": list(STATES)}),
    "age": ("how many days ago its (first) transfer was recorded", {"enum": list(AGES)}),
    "q": ("words that names, ids or entry numbers have", {"type": "string", "maxLength": MOST_CHARACTERS}),
}
"""Every parameter that narrows a list, in words and as a schema."""

_SORTS = [*SORTS, *(f"-{name}" for name in SORTS)]

ERRORS: dict[int, str] = {
    400: "What was sent cannot be taken, and nothing was done; the sentence says why. Of posted transfers `problems` "
    "says all that is wrong.",
    401: "No token was sent, or none that is known here.",
    403: "What is posted without a token has to come from a page of the app.",
    404: "There is no such thing here, or it is not for this token: the answer is the same for both.",
    405: "The address is not asked by this method.",
    408: "The body took too long to arrive.",
    409: "It conflicts with what is there: an id that stands for another content, or a proof that is not there yet.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The body is not of the type that is taken.",
    421: "The request was sent to another name than the app's own.",
    503: "Not now: too much waits, or the ledger cannot be read. Retry-After says when to try again, where that helps.",
}
"""Every status of an error, in words."""

_ALWAYS = (400, 401, 404, 405, 414, 421, 503)
_POSTED = (403, 408, 409, 413, 415)


def _error(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": ERRORS[status],
        # Of a request that cannot even be read, the answer is a sentence in plain text; whoever reads HTML gets a page.
        "content": {
            "application/json": {"schema": ref("Error")},
            "text/plain": {"schema": {"type": "string"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }
    if status == 503:
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "in seconds"}}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def _answer(description: str, media_type: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _operation(
    id_: str,
    summary: str,
    answers: Mapping[str, dict[str, Any]],
    parameters: tuple[dict[str, Any], ...] = (),
    errors: tuple[int, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    wrong = {str(status): _error(status) for status in sorted({*_ALWAYS, *errors})}
    found = {"operationId": id_, "summary": summary, "responses": {**answers, **wrong}, **more}
    return {**found, "parameters": list(parameters)} if parameters else found


def _in_path(name: str, description: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _in_query(name: str, description: str, schema: Schema) -> dict[str, Any]:
    # A form sends all of its fields: one that is empty means the same as one that is not there.
    return {"name": name, "in": "query", "description": description, "schema": {"anyOf": [schema, {"const": ""}]}}


def _narrowing(names: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(_in_query(name, *PARAMETERS[name]) for name in names)


_SEQ_IN_PATH = _in_path("seq", "the number of the entry", _SEQ)
_RECEIPTS = "one receipt for one transfer, a list for a list"
_BYTES: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
_TEXT: Schema = {"type": "string"}


def _entry(id_: str, summary: str) -> dict[str, Any]:
    return _operation(id_, summary, {"200": _answer("The entry", "application/json", ref("Entry"))}, (_SEQ_IN_PATH,))


def paths() -> dict[str, Any]:
    """Every address of the API."""
    turn = (
        _in_query("sort", "the order; with - the other way round", {"enum": _SORTS}),
        _in_query("after", "what follows this entry", _SEQ),
        _in_query("before", "what goes before this entry", _SEQ),
        _in_query("size", "how many to give", _SIZE),
    )
    either = _entry("entry", "One entry: JSON for a token, a page for a browser")
    either["responses"]["200"]["content"]["text/html"] = {"schema": _TEXT}
    receipts = {
        "description": f"Recorded: {_RECEIPTS}",
        "content": {"application/json": {"schema": {"anyOf": [ref("Receipt"), ref("Receipts")]}}},
    }
    body = {"anyOf": [ref("TransferToRecord"), ref("TransfersToRecord")]}
    return {
        "/-/transfers": {
            "post": _operation(
                "record",
                "Record one transfer, or several together: all of them or none",
                {"200": {**receipts, "description": f"Recorded before, the very same: {_RECEIPTS}"}, "201": receipts},
                errors=_POSTED,
                requestBody={"required": True, "content": {"application/json": {"schema": body}}},
            )
        },
        "/-/transfers.json": {
            "get": _operation(
                "transfers",
                "Transfers as they stand, page by page",
                {"200": _answer("The transfers", "application/json", ref("ListedTransfers"))},
                (*_narrowing(TRANSFERS), *turn),
            )
        },
        "/-/entries/{seq}": {"get": either},
        "/-/entries/{seq}.json": {"get": _entry("entryAsJson", "One entry as JSON")},
        "/-/findings.json": {
            "get": _operation(
                "findings",
                "What the last check found, page by page",
                {"200": _answer("The findings", "application/json", ref("ListedFindings"))},
                (
                    *_narrowing(FINDINGS),
                    _in_query("after", "what follows the finding with this key", _KEY),
                    _in_query("size", "how many to give", _SIZE),
                ),
            )
        },
        "/-/findings.atom": {
            "get": _operation(
                "findingsFeed",
                "The newest findings as an Atom feed",
                {"200": _answer("The feed", "application/atom+xml", _TEXT)},
                _narrowing(FINDINGS),
            )
        },
        "/-/findings/{key}.json": {
            "get": _operation(
                "finding",
                "One finding with every decision about it",
                {"200": _answer("The finding", "application/json", ref("FindingWithDecisions"))},
                (_in_path("key", "the key of the finding", _KEY),),
            )
        },
        "/-/proofs/{seq}": {
            "get": _operation(
                "proof",
                "The proof that an entry is in the ledger (C2SP tlog-proof)",
                {"200": _answer("The proof", "application/octet-stream", _BYTES)},
                (_SEQ_IN_PATH,),
                (409,),
            )
        },
        "/-/checkpoint": {
            "get": _operation(
                "checkpoint",
                "The newest checkpoint (C2SP tlog-checkpoint)",
                {"200": _answer("The signed note", "text/plain", _TEXT)},
            )
        },
        "/-/tile/{rest}": {
            "get": _operation(
                "tile",
                "A tile of the tree, or a bundle of entries, under the newest checkpoint (C2SP tlog-tiles)",
                {"200": _answer("The tile", "application/octet-stream", _BYTES)},
                (_in_path("rest", "as `0/x001/234.p/5` or `entries/000`", {"type": "string", "maxLength": 100}),),
            )
        },
        "/-/evidence.zip": {
            "get": _operation(
                "evidence",
                "Begin to pack the evidence bundle; with `run`, fetch what was packed",
                {
                    "200": _answer("The bundle", "application/zip", _BYTES),
                    "202": _answer("It is being packed; ask for `file` later", "application/json", ref("Packing")),
                },
                (_in_query("run", "the number of the run that packs it", {"type": "integer", "minimum": 1}),),
            )
        },
        "/-/openapi.json": {
            "get": _operation(
                "openapi",
                "This document",
                {"200": _answer("The document", "application/json", {"type": "object"})},
            )
        },
    }
