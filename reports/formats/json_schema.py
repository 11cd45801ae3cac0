"""The JSON Schema of a report as JSON: made from what documents are made of, so that neither can drift from the other.

What a member may hold is read off the structures of `reports.documents.blocks`; what it means is told here, for whoever
writes a program that reads reports. A member without its words, or words without their member, stop the making.

`docs/report.schema.json` is this module's text; `make docs` writes it.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from reports.documents import blocks
from reports.documents.blocks import Block, Document, Inline, Suppressed, Text, Value
from reports.formats.json_ import FORMAT, NOT_TOLD, UNTAGGED

_Schema: TypeAlias = dict[str, Any]

_TAGS = "Words in small frames beside it."
_TABLE_ROWS = "Its rows, each a cell for every column, in their order."

TOLD: dict[type, tuple[str, dict[str, str]]] = {
    blocks.Code: ("A hash, an id, a file's name.", {"text": "The text, as it is."}),
    blocks.Link: (
        "A text that leads somewhere.",
        {"text": "What it says.", "to": "An anchor in the same document (#findings), or an address."},
    ),
    blocks.Tag: ("A word in a small frame.", {"text": "What it says.", "kind": "Which severity it tells, or plain."}),
    blocks.Heading: (
        "A heading.",
        {
            "text": "What it says.",
            "anchor": "Its name in this document.",
            "level": "2 for a section, 3 within one.",
            "tags": _TAGS,
        },
    ),
    blocks.Paragraph: (
        "A paragraph.",
        {"text": "What it says.", "quiet": "true for what most readers may pass over."},
    ),
    blocks.Bullets: ("A list.", {"items": "Its items, in order.", "numbered": "true where their order matters."}),
    blocks.Verdict: (
        "An answer in a box of its own.",
        {"kind": "How good the answer is.", "title": "The answer.", "text": "Paragraphs that explain it."},
    ),
    blocks.Number: (
        "One count with what it counts.",
        {"id": "Its name, under which `numbers` has it too.", "label": "What it counts.", "value": "How many."},
    ),
    blocks.Numbers: ("A few counts side by side.", {"items": "The counts."}),
    blocks.Facts: ("Names and what they stand for.", {"items": "Each name with its text."}),
    blocks.Column: (
        "A column of a table.",
        {"id": "Its name for programs.", "title": "Its heading.", "kind": "What its cells hold."},
    ),
    blocks.Table: (
        "A table for people.",
        {
            "id": "Its name for programs.",
            "caption": "What it shows.",
            "columns": "Its columns; the first names each row.",
            "rows": _TABLE_ROWS,
            "empty": "What stands in place of rows where there are none.",
        },
    ),
    blocks.Chart: ("A chart.", {"figure": "Which of `figures` it shows."}),
    blocks.Commands: ("Lines that a reader types.", {"lines": "The lines, one below the other."}),
    blocks.PageBreak: ("Where a new page begins on paper.", {}),
    blocks.Data: (
        "A whole table.",
        {"title": "What it is.", "columns": "Its columns.", "rows": "Its rows, each an object by the columns' ids."},
    ),
    blocks.Made: (
        "What the report was made from; the same gives the same report.",
        {
            "origin": "The ledger's name.",
            "size": "How many of its entries the report speaks of: the first so many. null in what is for the public.",
            "head": "The head of the tree over these entries.",
            "head_at": "When the last of them was recorded, in UTC.",
            "as_of": "The day that the report was made for, which is another than today where somebody asked.",
            "registers": "The registers of documented purposes that judged.",
            "version": "The version of transfer-ledger that made it.",
            "options": "What was asked for.",
        },
    ),
    blocks.Document: (
        "A report of transfer-ledger, as JSON: the same words and numbers as in its other formats.",
        {
            "format": "The shape of this file; another number is another shape.",
            "kind": "For whom the report is, or which export it is.",
            "lang": "The language of its words.",
            "title": "Its title.",
            "about": "What it speaks of: of whom and of which time.",
            "organisation": "Whose ledger it is.",
            "warning": "The first thing to read where the record cannot be relied on; otherwise null.",
            "made": "What it was made from.",
            "numbers": "Every count in it, by the count's id.",
            "figures": "What its charts show, by the figures' names.",
            "text": "What it says, block by block, in order.",
            "footer": "What stands at its end.",
            "data": "Whole tables, by their ids.",
        },
    ),
}
"""Each part of a report: what it is, and what each of its members means."""

_DAY = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_TEXT = {"type": "string"}
_SUPPRESSED = {
    **_TEXT,
    "pattern": "^(fewer than [0-9]{1,3}|[0-9,]+ to [0-9,]+)$",
    "description": "The limits of a count that is not shown exactly, since it might point to a person.",
}


def _union(options: tuple[Any, ...]) -> _Schema:
    # A day or a count that is not shown is a text too: where any text may stand, they need no words of their own.
    wanted = [one for one in options if not (str in options and one in (date, Suppressed))]
    return {"anyOf": [_shape(one) for one in wanted]}


def _shape(type_: Any) -> _Schema:
    """The schema of a value of `type_`, a type that documents are made of."""
    simple: dict[Any, _Schema] = {
        str: _TEXT,
        int: {"type": "integer"},
        bool: {"type": "boolean"},
        date: _DAY,
        datetime: {"type": "string", "format": "date-time", "pattern": "^[0-9-]{10}T[0-9:]{8}Z$"},
        NoneType: {"type": "null"},
        Suppressed: _SUPPRESSED,
    }
    if type_ in simple:
        return simple[type_]
    if type_ in TOLD:
        return {"$ref": f"#/$defs/{type_.__name__}"}
    if type_ == Text:
        return {"$ref": "#/$defs/Text"}
    origin, inner = get_origin(type_), get_args(type_)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (Union, UnionType):
        return _union(inner)
    assert origin is tuple, type_
    assert inner[1:] == (...,), type_
    return {"type": "array", "items": _shape(inner[0])}


def _object(what: str, properties: dict[str, _Schema]) -> _Schema:
    return {
        **({"description": what} if what else {}),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _mapping(of: _Schema) -> _Schema:
    return {"type": "object", "additionalProperties": of}


def _array(of: _Schema) -> _Schema:
    return {"type": "array", "items": of}


# Where JSON has another shape than the structures of a document.
_OTHERWISE: dict[tuple[type, str], _Schema] = {
    (blocks.Facts, "items"): _array(
        _object("", {"name": {"type": "string"}, "text": {"$ref": "#/$defs/Text"}}),
    ),
    (blocks.Chart, "figure"): _TEXT,
    (blocks.Made, "size"): _shape(int | None),
    (blocks.Data, "rows"): _array(_mapping(_shape(Value))),
    (blocks.Document, "format"): {"const": FORMAT},
    (blocks.Document, "numbers"): _mapping(
        _object("", {"label": _TEXT, "value": _shape(get_type_hints(blocks.Number)["value"])})
    ),
    (blocks.Document, "figures"): _mapping(
        _object(
            "",
            {
                "title": {**_TEXT, "description": "What it shows."},
                "description": {**_TEXT, "description": "What it says to those who cannot see it."},
                "columns": {**_array(_TEXT), "description": "The headings of its table."},
                "rows": {
                    **_array({"type": "array", "prefixItems": [_TEXT], "items": {"type": "integer"}, "minItems": 1}),
                    "description": "Its table: the name of each row, then a number for each further column.",
                },
            },
        )
    ),
    (blocks.Document, "text"): _array({"$ref": "#/$defs/Block"}),
    (blocks.Document, "data"): _mapping({"$ref": "#/$defs/Data"}),
}
_ELSEWHERE: dict[type, tuple[str, ...]] = {
    **NOT_TOLD,
    blocks.Data: ("id",),
    Document: ("blocks",),
}  # the id of a whole table is its key


def _part(part: type) -> _Schema:
    what, told = TOLD[part]
    hints = {name: type_ for name, type_ in get_type_hints(part).items() if name not in _ELSEWHERE.get(part, ())}
    members = {name: _shape(type_) for name, type_ in hints.items() if (part, name) not in _OTHERWISE}
    members |= {name: shape for (of, name), shape in _OTHERWISE.items() if of is part}
    if differing := members.keys() ^ told.keys():
        raise ValueError(
            f"{part.__name__}: {', '.join(sorted(differing))}: what it holds and what is told of it differ"
        )
    tag = getattr(part, "__struct_config__").tag  # noqa: B009 - only a struct has it
    tagged = {} if tag is None or part in UNTAGGED else {"type": {"const": tag}}
    return _object(what, {**tagged, **{name: {"description": told[name], **members[name]} for name in told}})


def json_schema() -> _Schema:
    """The schema (2020-12) of a report: the report itself, and every part of it under `$defs`."""
    parts = {part.__name__: _part(part) for part in TOLD}
    report = parts.pop("Document")
    parts["Text"] = {
        "description": "A line or paragraph: its pieces, without spaces between.",
        **_array(_shape(Inline)),
    }
    parts["Block"] = _shape(Block)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Report", **report, "$defs": parts}


def text() -> str:
    """The schema as `docs/report.schema.json` holds it."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
