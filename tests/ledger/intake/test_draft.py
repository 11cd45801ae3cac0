"""What a row and a JSON object state, strictly."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.intake.draft import COLUMNS, Problems, from_cells, from_json
from ledger.members import ERASABLE

ROW = {
    "transferred_at": "2010-03-04T09:30",
    "sender": "Oaks School",
    "recipient": "DfE",
    "purpose": "Statistics",
    "fields": "UPN; surname",
}
JSON: dict[str, Any] = {
    "transferred_at": "2010-03-04",
    "sender": "Oaks School",
    "recipient": "DfE",
    "purpose": "Statistics",
    "fields": ["UPN", "surname"],
}


def wrong(cells: dict[str, str]) -> dict[str, str]:
    with pytest.raises(Problems) as caught:
        from_cells(cells)
    return dict(caught.value.found)


def test_a_row_becomes_nested_members_and_erasable_texts() -> None:
    stated = from_cells(
        ROW
        | {
            "id": "T-1",
            "subject_count": "120",
            "key_stages": "ks1;ks2",
            "opt_outs_checked": "Yes",
            "opt_outs_limited_to": "forename",
            "request_date": "2010-03-01",
            "onward_of": "other.example/transfers#A1;B2",
            "note": " by hand ",
            "approver": "Mrs Patel",
            "country": "GB",
            "payload_sha256": "0" * 64,
            "phase": "",
        }
    )
    assert stated.members == {
        "transferred_at": "2010-03-04T09:30+00:00",
        "transferred_on": date(2010, 3, 4),
        "offset_assumed": True,
        "sender": "Oaks School",
        "recipient": "DfE",
        "purpose": "Statistics",
        "fields": ("UPN", "surname"),
        "id": "T-1",
        "subjects": {"count": 120, "key_stages": ("ks1", "ks2")},
        "opt_outs": {"checked": True, "limited_to": ("forename",)},
        "request": {"date": date(2010, 3, 1)},
        "onward_of": ({"origin": "other.example/transfers", "id": "A1"}, {"id": "B2"}),
        "country": "GB",
    }
    assert stated.texts == {"note": "by hand", "approver": "Mrs Patel", "payload_sha256": "0" * 64}


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("transferred_at", "2010-02-30", "not a date that exists"),
        ("transferred_at", "06/08/2010", "not a date or time"),
        ("transferred_at", "2010-10-31T01:30", "happened twice"),
        ("transferred_at", "2010-03-28T01:30", "never happened"),
        ("request_date", "2010-13-01", "not a date that exists"),
        ("subject_count", "-1", "not a count"),
        ("subject_count", "012", "not a count"),
        ("subject_count", "1,200", "not a count"),
        ("subject_count", "12.0", "not a count"),
        ("subject_count", "١٢", "not a count"),
        ("subject_count", str(2**53), "more than"),
        ("subject_count", "9" * 400, "not a count"),
        ("age_max", "151", "more than 150"),
        ("opt_outs_checked", "maybe", "neither yes nor no"),
        ("fields", "UPN;;surname", "empty"),
        ("fields", "UPN;", "empty"),
        ("id", "a b", "1 to 64 letters"),
        ("id", "x" * 65, "1 to 64 letters"),
        ("onward_of", "a b#c", "origin#id"),
        ("onward_of", "x#", "names no transfer"),
        ("country", "gb", "two capital letters"),
        ("payload_sha256", "A" * 64, "lower case"),
        ("payload_media_type", "csv", "text/csv"),
        ("note", "line\nline", "control character"),
        ("sender", "half \ud800", "surrogate"),
        ("note", "x" * 2001, "2,000"),
    ],
)
def test_each_bad_cell_is_told_with_its_column(column: str, cell: str, says: str) -> None:
    found = wrong(ROW | {column: cell})
    assert list(found) == [column]
    assert says in found[column]


def test_all_problems_of_a_row_are_told_at_once() -> None:
    found = wrong({"sender": "", "recipient": "x", "subject_count": "many", "id": "?", "purpos": "x"})
    assert set(found) == {"transferred_at", "sender", "purpose", "fields", "subject_count", "id", "purpos"}
    assert "“purpose”" in found["purpos"]


def test_every_column_is_read() -> None:
    good = {"count": "1", "age": "9", "date": "2010-01-02", "when": "2010-01-02", "bool": "no", "country": "FR"}
    good |= {"media-type": "text/csv", "id": "a1", "onward": "b2"}
    for column, member in COLUMNS.items():
        cell = "f" * 64 if column == "payload_sha256" else good.get(getattr(member, "domain", ""), "word")
        stated = from_cells({column: cell}, required=())
        assert stated.members or stated.texts, column


def test_json_uses_sealed_names_and_its_own_types() -> None:
    stated = from_json(
        JSON
        | {
            "kind": "transfer",
            "subjects": {"count": 3, "kind": "pupil"},
            "opt_outs": {"checked": False},
            "approval": {"date": "2010-03-01"},
            "onward_of": [{"origin": "o.example/t", "id": "1"}, {"id": "2"}],
            "prefilled": ["sender", "subjects.count"],
            "note": "n",
            "recorded_by": "Sam",
            "what_is_wrong": "mended",
        }
    )
    assert stated.members["subjects"] == {"count": 3, "kind": "pupil"}
    assert stated.members["opt_outs"] == {"checked": False}
    assert stated.members["approval"] == {"date": date(2010, 3, 1)}
    assert stated.members["onward_of"] == ({"origin": "o.example/t", "id": "1"}, {"id": "2"})
    assert stated.members["prefilled"] == ("sender", "subjects.count")
    assert stated.texts == {"note": "n", "recorded_by": "Sam"}


def test_a_row_and_its_json_state_the_same() -> None:
    cells = ROW | {"transferred_at": "2010-03-04", "subject_count": "3", "note": "n"}
    assert from_cells(cells) == from_json(JSON | {"subjects": {"count": 3}, "note": "n"})


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ({"recipent": "x"}, "recipent", "“recipient”"),
        ({"subjects": {"cuont": 1}}, "subjects.cuont", "subjects.count"),
        ({"subjects": 3}, "subjects", "an object"),
        ({"subjects": {"count": "3"}}, "subjects.count", "whole number"),
        ({"subjects": {"count": True}}, "subjects.count", "whole number"),
        ({"subjects": {"count": -1}}, "subjects.count", "whole number"),
        ({"opt_outs": {"checked": "yes"}}, "opt_outs.checked", "true or false"),
        ({"fields": "UPN"}, "fields", "a list"),
        ({"fields": []}, "fields", "a list"),
        ({"fields": ["UPN", 3]}, "fields", "text"),
        ({"sender": " "}, "sender", "empty"),
        ({"seq": 4}, "seq", "itself"),
        ({"transferred_on": "2010-03-04"}, "transferred_on", "itself"),
        ({"kind": "genesis"}, "kind", "Only transfers"),
        ({"onward_of": [{"origin": "x"}]}, "onward_of", "id"),
        ({"onward_of": ["x"]}, "onward_of", "id"),
        ({"onward_of.id": "x"}, "onward_of.id", "no member"),
        ({"prefilled": ["nobody"]}, "prefilled", "no member"),
        ({"sender_as_given": "x"}, "sender_as_given", "no member"),
        ({"note": 3}, "note", "text"),
    ],
)
def test_each_bad_member_is_told_with_its_path(more: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(Problems) as caught:
        from_json(JSON | more)
    assert [p for p, _ in caught.value.found] == [path]
    assert says in caught.value.found[0][1]


def test_json_that_is_no_object_and_absent_members() -> None:
    with pytest.raises(Problems, match="one JSON object"):
        from_json([JSON])
    with pytest.raises(Problems) as caught:
        from_json({"sender": "x"})
    assert [p for p, _ in caught.value.found] == ["transferred_at", "recipient", "purpose", "fields"]


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.text(max_size=30)))
def test_any_cells_are_read_or_refused(cells: dict[str, str]) -> None:
    found: list[tuple[str, str]] = []
    texts: dict[str, str] = {}
    try:
        texts = from_cells(cells).texts
    except Problems as error:
        found = error.found
    assert all(column in COLUMNS and text.endswith(".") for column, text in found)
    assert set(texts) <= {e.name for e in ERASABLE}
