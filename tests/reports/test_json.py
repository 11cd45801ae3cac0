"""A document as JSON keeps to its published schema, says all that the document says, and comes in pieces."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reports.documents.blocks import Column, Data, Document, PageBreak, Table
from reports.formats import json_schema
from reports.formats.json_ import document_as_json
from tests.reports.sample_data import HOSTILE, ROWS, SAMPLE, with_text

PUBLISHED = Path(__file__).parents[2] / "docs" / "report.schema.json"
SCHEMA = json.loads(PUBLISHED.read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def written(document: Document) -> Any:
    text = "".join(document_as_json(document))
    told = json.loads(text)
    assert text == json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return told


TOLD = written(SAMPLE)


def test_the_published_schema_is_what_documents_are_made_of() -> None:
    assert PUBLISHED.read_text("utf-8") == json_schema.text(), "run `make docs`"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("told", [{"text": "x"}, {"text": "x", "anchor": "x", "level": "x", "tags": "x", "more": "x"}])
def test_a_member_without_words_stops_the_making(told: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from reports.documents.blocks import Heading

    monkeypatch.setitem(json_schema.TOLD, Heading, ("A heading.", told))
    with pytest.raises(ValueError, match=r"^Heading: "):
        json_schema.json_schema()


def test_every_kind_of_block_keeps_to_the_schema() -> None:
    VALIDATOR.validate(TOLD)
    kinds = {option["$ref"].removeprefix("#/$defs/") for option in SCHEMA["$defs"]["Block"]["anyOf"]}
    assert {type(block).__name__ for block in SAMPLE.blocks} == kinds
    assert [block["type"] for block in TOLD["text"]] == [type(block).__struct_config__.tag for block in SAMPLE.blocks]


def test_empty_documents_keep_to_the_schema() -> None:
    bare = msgspec.structs.replace(SAMPLE, blocks=(), data=(), footer=(), warning=None)
    told = written(bare)
    VALIDATOR.validate(told)
    assert (told["text"], told["data"], told["numbers"], told["figures"]) == ([], {}, {}, {})
    VALIDATOR.validate(written(msgspec.structs.replace(bare, blocks=(PageBreak(),), data=SAMPLE.data[2:])))


def test_it_says_what_the_document_says() -> None:
    assert list(TOLD) == [
        *("format", "kind", "lang", "title", "about", "organisation", "warning", "made", "numbers", "figures"),
        *("text", "footer", "data"),
    ]
    assert TOLD["format"] == "transfer-ledger report 1"
    assert TOLD["made"]["head_at"] == "2010-08-31T22:30:00Z"
    assert TOLD["made"]["as_of"] == "2010-09-01"
    assert TOLD["numbers"] == {
        "transfers": {"label": "Transfers", "value": 2_800},
        "children": {"label": "Children named", "value": "fewer than 10"},
    }
    assert TOLD["figures"]["months"]["columns"] == ["Month", "To Shire|Council", "To <b>QCA</b>"]
    assert TOLD["figures"]["months"]["rows"] == [["January", 1, 0], ["March", 3, 2]]
    table = next(block for block in TOLD["text"] if block["type"] == "table")
    assert table["columns"][-1] == {"id": "count", "title": "People", "kind": "number"}
    assert table["rows"][-1] == [1, "2010-01-02", ["a ", {"type": "code", "text": "b|c"}], ["", "d"], 5]
    assert list(TOLD["data"]) == ["findings", "FINDINGS-2", "history"]
    assert TOLD["data"]["findings"]["rows"][0] == {
        "entry": 0, "on": "2010-08-06", "check": "check-0", "found": HOSTILE[0], "count": 0,
    }  # fmt: skip
    assert [row["found"] for row in TOLD["data"]["findings"]["rows"]] == [row[3] for row in ROWS]


@settings(max_examples=30)
@given(st.text(max_size=20) | st.sampled_from(HOSTILE))
def test_any_text_comes_back(text: str) -> None:
    told = written(with_text(text))
    VALIDATOR.validate(told)
    assert told["title"] == told["warning"] == told["text"][2]["text"] == text
    assert told["data"]["d"]["rows"] == [{"a": text, "b": text}]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _places(one, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _broken() -> Iterator[tuple[str, Callable[[Any], object]]]:
    small = written(msgspec.structs.replace(SAMPLE, data=(Data("d", "D", (Column("a", "A"),), ((1,),)),)))
    free = {("numbers",), ("figures",), ("data",), ("data", "d", "rows", 0)}  # whose members' names are anybody's
    for path in _places(small):
        here = _at(small, path)
        if isinstance(here, dict) and path not in free:
            yield "more", lambda told, path=path: _at(told, path).update(more="x")
            for name in here:
                yield f"no {name}", lambda told, path=path, name=name: _at(told, path).pop(name)
        if path and not isinstance(here, str):
            yield f"{path} a fraction", lambda told, path=path: _at(told, path[:-1]).__setitem__(path[-1], 0.5)


def test_the_schema_refuses_what_is_broken() -> None:
    tried = 0
    told = written(msgspec.structs.replace(SAMPLE, data=(Data("d", "D", (Column("a", "A"),), ((1,),)),)))
    told["text"] = [block for n, block in enumerate(told["text"]) if n < 8 or block["type"] in ("facts", "chart")]
    text = json.dumps(told)
    for what, breaks in _broken():
        broken = json.loads(text)
        try:
            breaks(broken)
        except (IndexError, KeyError, TypeError, AttributeError):
            continue  # in a block that was left out
        if broken == told:
            continue
        tried += 1
        assert not VALIDATOR.is_valid(broken), what
    assert tried > 100


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "transfer-ledger report 2"),
        (("kind",), "everybody"),
        (("title",), None),
        (("warning",), 1),
        (("made", "as_of"), "1 September 2010"),
        (("made", "head_at"), "2010-08-31T22:30:00+01:00"),
        (("made", "size"), "1234"),
        (("numbers", "children", "value"), "4"),
        (("numbers", "children", "value"), None),
        (("figures", "months", "rows", 0), ["January", "1"]),
        (("figures", "months", "rows", 0), [1, 1]),
        (("text", 0, "kind"), "fine"),
        (("text", 0, "type"), "verdicts"),
        (("text", 2, "level"), 1),
        (("text", 2, "tags", 0, "kind"), "grave"),
        (("data", "findings", "columns", 0, "kind"), "money"),
        (("data", "findings", "rows", 0, "entry"), [1]),
        (("data", "findings", "rows", 0, "entry"), True),
    ],
)
def test_the_schema_refuses_other_values(path: tuple[Any, ...], value: Any) -> None:
    broken = json.loads(json.dumps(TOLD))
    _at(broken, path[:-1])[path[-1]] = value
    assert not VALIDATOR.is_valid(broken)


def test_rows_come_one_by_one() -> None:
    class Rows:
        def __iter__(self) -> Iterator[tuple[int, str]]:
            return ((n, "x" * 100) for n in range(2_500))

    data = Data("d", "D", (Column("a", "A"), Column("b", "B")), Rows())
    document = msgspec.structs.replace(SAMPLE, blocks=(Table("t", "T", data.columns, ()),), data=(data, data))
    assert len("".join(document_as_json(document))) > 500_000
    tracemalloc.start()
    try:
        longest = max(map(len, document_as_json(document)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert longest < 2_000
    assert peak < 300_000
