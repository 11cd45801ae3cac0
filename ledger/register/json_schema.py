"""The JSON Schema of a register file, for editors: made from the model, so that neither can drift from the other.

What a key may hold is read off the structures of `model`, as `shape` reads it; what a key means is told here, in
words for the data protection officer who writes the file, and an editor shows it beside the line. A key without its
words, or words without their key, stop the making.

The schema knows form and no more: that an id points at something, or that the dates fit one another, is for `lint`.
`docs/register.schema.json` is this module's text; `make docs` writes it.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ledger.register import model
from ledger.register.model import Register

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TITLE = "Register of documented data flows"
_CITE = "Ids of the paragraphs of the notice that say so."
_ASSIGNED = (
    "What you, and not the notice, put here: the key's name, and why. Findings that rest on it say that it was "
    "assigned. A limit counts by its own name, as `phases`."
)
_ALIASES = "Other texts that mean the same where a transfer is recorded: abbreviations, plurals, former names."

TOLD: dict[type[model.Part], tuple[str, dict[str, str]]] = {
    Register: (
        "What one notice says may go from whom to whom, why, and within which limits. Check it with "
        "`transfer-ledger register lint`.",
        {
            "id": "A short name for this register, as england-2010; the same in all its versions.",
            "title": "What people call it.",
            "version": "Which version this is; quote it if it is a number.",
            "effective_from": "The first day (YYYY-MM-DD) whose transfers it judges.",
            "effective_until": "The last day (YYYY-MM-DD) whose transfers it judges; left out: until it is replaced.",
            "smallest_count": "An aggregate in which some count is smaller than this could show a person; left out: no "
            "threshold.",
            "terms": "The school terms, in order; frequencies and reports go by them.",
            "assigned": _ASSIGNED,
            "paragraphs": "The paragraphs of the notice that the rest of the file cites.",
            "parties": "Everybody who sends or gets data.",
            "purposes": "Everything that data is used for.",
            "flows": "What may go from whom to whom. What is in no flow is not documented.",
        },
    ),
    model.Paragraph: (
        "One paragraph of the notice.",
        {
            "id": "A short name by which flows, parties and purposes cite it.",
            "heading": "The heading that it stands under, in the notice's words.",
            "number": "Which paragraph under that heading, counted from 1.",
            "point": "What it says, in your own words.",
            "quotes": "The notice's own words that matter, each a quotation.",
        },
    ),
    model.Party: (
        "Somebody who sends or gets data: one organisation, or a role that several play.",
        {
            "id": "A short name by which flows mention it.",
            "name": "Its name in full.",
            "aliases": _ALIASES,
            "role_kind": "`organisation` for one body, `role` for what several bodies or people are (school, parent).",
            "role": "The role's code, as organisations in the ledger carry it; for a role that only people play, none.",
            "cite": _CITE,
            "assigned": _ASSIGNED,
        },
    ),
    model.Purpose: (
        "What data is used for.",
        {
            "id": "A short name by which flows mention it.",
            "label": "The purpose in a few words.",
            "aliases": _ALIASES,
            "statistical": "true where its results show nobody.",
            "cite": _CITE,
            "assigned": _ASSIGNED,
        },
    ),
    model.Flow: (
        "Data that may go from any of `from` to any of `to`, within these limits.",
        {
            "id": "A short name for this flow; findings mention it.",
            "label": "The flow in a few words.",
            "from": "Ids of the parties that may send, at least one.",
            "to": "Ids of the parties that may get it, at least one.",
            "purposes": "Ids of the purposes that it may go for; no other purpose is documented.",
            "fields": "The data items that may go; no other item is documented.",
            "subjects": "Whose data may go; left out: anybody's.",
            "granularity": "The finest level that may go, from individual to national; left out: no limit.",
            "lawful_bases": "Codes of the lawful bases, and of the conditions for special categories. If the notice "
            "does not state them, assign them.",
            "opt_out": "What stops when a person opts out.",
            "approval": "Whose approval is needed beforehand.",
            "use": "`statistical-only` where it may be used for statistics or research only.",
            "passes_on": "Ids of the flows whose data may go on by this one, whatever it came for.",
            "agreement": "A sharing agreement that must be there; `{}` where no more is known of it.",
            "retention": "How long the recipient keeps it.",
            "frequency": "How often it may go, at most.",
            "expected": "When every sender is expected to have sent, as for a census.",
            "permitted_until": "The last day on which it may go (YYYY-MM-DD), or the moment from which it may not go "
            "any more, with its offset (2010-08-06T12:00+01:00).",
            "cite": _CITE,
            "assigned": _ASSIGNED,
        },
    ),
    model.Fields: (
        "The data items of a flow, each in one of the three lists.",
        {
            "required": "Items that must go.",
            "permitted": "Items that may go.",
            "voluntary": "Items that are asked for and need not go.",
        },
    ),
    model.Subjects: (
        "Whose data may go. A limit that is left out or empty is none.",
        {
            "kinds": "Pupils, workforce, or both.",
            "ages": "The ages that it may be about.",
            "key_stages": "Codes of the key stages that it may be about.",
            "year_groups": "Codes of the year groups that it may be about.",
            "phases": "Codes of the phases of school that it may be about.",
        },
    ),
    model.Ages: (
        "Ages in completed years, both included.",
        {
            "min": "The youngest age; left out: no limit.",
            "max": "The oldest age; left out: no limit.",
            "beyond": "What a transfer about another age is: a breach, or something that nobody can tell.",
            "why": "Why nobody can tell; needed with `cannot-tell`.",
        },
    ),
    model.OptOut: (
        "What an opt-out stops. Write exactly one of `always`, `withheld` and `passing_on`.",
        {
            "who": "Who may opt out, in words.",
            "always": "The items that may go all the same; every other is withheld.",
            "withheld": "The items that are withheld; every other may go.",
            "unclear": "Items on which the notice contradicts itself, so that nobody can tell.",
            "passing_on": "true where whatever the sender had from a school is withheld.",
            "why": "How the notice contradicts itself; needed with `unclear`.",
            "cite": _CITE,
        },
    ),
    model.Approval: (
        "Whose approval a transfer needs beforehand.",
        {"role": "The code of the role that approves.", "cite": _CITE},
    ),
    model.Retention: (
        "How long the recipient keeps it.",
        {
            "text": "In words, as the notice says it.",
            "months": "So many months after the transfer at most; left out where that cannot be counted.",
            "cite": _CITE,
        },
    ),
    model.Frequency: (
        "So many transfers from one sender to one recipient, at most, in each period.",
        {
            "at_most": "How many.",
            "per": "day, week, month, term (by the register's `terms`) or year (from 1 September).",
            "cite": _CITE,
        },
    ),
    model.Due: (
        "Days between which every sender is expected to have sent, both included.",
        {
            "label": "What it is, as Autumn school census.",
            "from": "The first day: YYYY-MM-DD for once, MM-DD for every year.",
            "until": "The last day, in the same form.",
            "cite": _CITE,
        },
    ),
    model.Agreement: (
        "A sharing agreement that must be there.",
        {"review_on": "When it is to be looked at again (YYYY-MM-DD), where that is known.", "cite": _CITE},
    ),
    model.Term: (
        "A school term.",
        {
            "id": "A short name, as autumn-2009.",
            "label": "What people call it.",
            "from": "Its first day (YYYY-MM-DD).",
            "until": "Its last day (YYYY-MM-DD).",
        },
    ),
}
"""Each part of a register file: what it is, and what each of its keys means, in the file's own names."""


def _written(held: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value as a file writes it: what may be left out is left out, never null."""
    held = {name: value for name, value in held.items() if name != "default"}
    if "anyOf" in held:
        (held,) = (each for each in held["anyOf"] if each != {"type": "null"})
    if "items" in held:
        held["items"] = _written(held["items"])
    if "enum" in held:
        held = {"type": "string", **held}
    if held.get("format") == "date":
        held = {**held, "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    return held


def _part(found: dict[str, Any], told: tuple[str, dict[str, str]]) -> dict[str, Any]:
    what, keys = told
    if differing := keys.keys() ^ found["properties"].keys():
        raise ValueError(f"{found['title']}: {', '.join(sorted(differing))}: the model and what is told of it differ")
    properties = {name: {"description": keys[name], **_written(held)} for name, held in found["properties"].items()}
    rest = {name: found[name] for name in ("required", "additionalProperties") if found.get(name) != []}
    return {"description": what, "type": "object", "properties": properties, **rest}


def json_schema() -> dict[str, Any]:
    """The schema (2020-12) of a register file: the register itself, and every other part under `$defs`."""
    _, parts = msgspec.json.schema_components([Register], ref_template="#/$defs/{name}")
    told = {part.__name__: words for part, words in TOLD.items()}
    if differing := told.keys() ^ parts.keys():
        raise ValueError(f"{', '.join(sorted(differing))}: the model and what is told of it differ")
    made = {name: _part(found, told[name]) for name, found in parts.items()}
    return {"$schema": _DIALECT, "title": _TITLE, **made.pop("Register"), "$defs": made}


def text() -> str:
    """The schema as `docs/register.schema.json` holds it."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
