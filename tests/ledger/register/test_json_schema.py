"""The published schema is the reader's own model: neither takes what the other, by form, refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ledger.errors import Refused
from ledger.register import json_schema
from ledger.register.model import Flow
from ledger.register.read import notice_bytes, notice_ids, read_register
from tests.ledger.register.test_read import SMALL

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = json.loads((DOCS / "register.schema.json").read_text("utf-8"))
TYPES: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
KNOWN = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "format", "enum", "pattern", "minLength"),
    *("maxLength", "minimum", "maximum", "items", "properties", "required", "additionalProperties"),
}


def wrong(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """Where `value` breaks `schema`: just the keywords that ours uses, and a failure for any other."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        return wrong(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], path)
    kind = TYPES[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [path]
    found = []
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        found += [f"{path}.{name}" for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            held = known.get(name, others)
            found += (
                [f"{path}.{name}"] * (held is False) if isinstance(held, bool) else wrong(inner, held, f"{path}.{name}")
            )
    elif isinstance(value, list):
        found += [where for n, inner in enumerate(value) for where in wrong(inner, schema["items"], f"{path}[{n}]")]
    elif isinstance(value, str):
        fits = (
            schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            and re.search(schema.get("pattern", ""), value)
            and value in schema.get("enum", [value])
        )
        found += [] if fits else [path]
    elif isinstance(value, int):
        found += [] if schema.get("minimum", value) <= value <= schema.get("maximum", value) else [path]
    return found


def written(text: str | bytes) -> Any:
    """The file as an editor sees it. Dates stay text there: YAML 1.2's own types have none."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.yaml_constructors = {
        **yaml.constructor.yaml_constructors,
        "tag:yaml.org,2002:timestamp": type(yaml.constructor).construct_yaml_str,
    }
    return yaml.load(text)


def test_the_published_file_is_what_the_model_makes() -> None:
    assert (DOCS / "register.schema.json").read_text("utf-8") == json_schema.text(), "run `make docs`"


def test_every_key_is_told_or_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    what, keys = json_schema.TOLD[Flow]
    for told in ({**keys, "colour": "Red."}, {name: words for name, words in keys.items() if name != "use"}):
        monkeypatch.setitem(json_schema.TOLD, Flow, (what, told))
        with pytest.raises(ValueError, match=r"^Flow: (colour|use): the model and what is told of it differ$"):
            json_schema.json_schema()


def test_every_key_has_words_that_an_editor_can_show() -> None:
    parts = [SCHEMA, *SCHEMA["$defs"].values()]
    assert len(parts) == 15
    for part in parts:
        assert part["additionalProperties"] is False
        assert part["description"].endswith(".")
        assert all(held["description"].endswith(".") for held in part["properties"].values())


@pytest.mark.parametrize("id_", notice_ids())
def test_the_notices_that_come_along_fit_it_and_name_it(id_: str) -> None:
    data = notice_bytes(id_)
    assert wrong(written(data), SCHEMA) == []
    (path,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", data.decode().split("\n", 1)[0])
    notices = Path(json_schema.__file__).parent / "notices"
    assert (notices / path).resolve() == DOCS / "register.schema.json"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("title:", "titel:", [".title", ".titel"]),
        ("label: Lunch", "label: Lunch\n    colour: red", [".flows[0].colour"]),
        ("permitted: [forename]", "allowed: [forename]", [".flows[0].fields.allowed"]),
        ("    cite: [p-1]\n", "", [".flows[0].cite"]),
        ("from: [school]", "from: school", [".flows[0].from"]),
        ("label: Lunch", "label: [Lunch]", [".flows[0].label"]),
        ("label: Lunch", "label:", [".flows[0].label"]),
        ("label: Lunch", 'label: ""', [".flows[0].label"]),
        ("label: Lunch", f"label: {'l' * 2001}", [".flows[0].label"]),
        ("id: acme,", "id: Acme Ltd,", [".parties[0].id"]),
        ("2020-09-01", "2020-9-1", [".effective_from"]),
        ("number: 1,", "number: one,", [".paragraphs[0].number"]),
        ("number: 1,", "number: 0,", [".paragraphs[0].number"]),
        ("number: 1,", "number: true,", [".paragraphs[0].number"]),
        ("role_kind: role", "role_kind: roll", [".parties[1].role_kind"]),
        ("label: School lunch}", "label: L, statistical: yes}", [".purposes[0].statistical"]),
        ("The notice states none.", "[none]", [".flows[0].assigned.lawful_bases"]),
        ("cite: [p-1]", "cite: [p-1]\n    granularity: null", [".flows[0].granularity"]),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {kinds: [parent]}", [".flows[0].subjects.kinds[0]"]),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {ages: {min: -1}}", [".flows[0].subjects.ages.min"]),
    ],
)
def test_what_the_schema_refuses_the_reader_refuses_too(old: str, new: str, where: list[str]) -> None:
    broken = SMALL.replace(old, new, 1)
    assert sorted(wrong(written(broken), SCHEMA)) == sorted(where)
    if new != "cite: [p-1]\n    granularity: null":  # a text, to the reader: `null` is then an id that lint knows not
        with pytest.raises(Refused):
            read_register(broken, "notice.yml")


def test_the_small_register_fits_it() -> None:
    assert wrong(written(SMALL), SCHEMA) == []
