"""The OpenAPI document: it is one, it is made of what the app reads and answers, and the app keeps to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from datasette_plugins.transfer_ledger.api.paths import ERRORS, PARAMETERS
from datasette_plugins.transfer_ledger.api.schemas import transfer_to_record
from datasette_plugins.transfer_ledger.columns.asked import FINDINGS, TRANSFERS
from datasette_plugins.transfer_ledger.roles import ROLES
from datasette_plugins.transfer_ledger.routes import ROUTES, find
from ledger.intake.draft import from_json
from ledger.members import ERASABLE, REQUIRED, Transfer, members_of
from tests.plugins.browsed import make_ledger
from tests.plugins.pages.opened import Opened, opened


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(make_ledger(tmp_path_factory.mktemp("openapi") / "transfers.db")) as app:
        yield app


@pytest.fixture(scope="module")
def document(app: Opened) -> dict[str, Any]:
    found: dict[str, Any] = app.get("/-/openapi.json", accept="*/*").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def validator(document: dict[str, Any], name: str) -> Draft202012Validator:
    """A validator of one of the document's schemas, with all the others at hand."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def test_everybody_who_is_signed_in_reads_it(app: Opened) -> None:
    for role in ROLES:
        assert app.get("/-/openapi.json", role).headers["content-type"] == "application/json"
    assert app.get("/-/openapi.json", None, accept="*/*").status_code == 401


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(re.findall(r"'\$ref': '([^']+)'", str(document))) <= known
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert document["servers"] == [{"url": "http://127.0.0.1:8001"}]
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


EXAMPLE = {"seq": "3", "n": "1", "key": "0" * 64, "rest": "0/000"}


def test_every_address_is_a_route_for_tokens_by_that_method_and_none_is_left_out(document: dict[str, Any]) -> None:
    documented = set()
    for path, method, _ in operations(document):
        found = find(re.sub(r"\{(\w+)\}", lambda part: EXAMPLE[part[1]], path))
        assert found is not None, path
        assert found.route.api, path
        assert found.route.post if method == "post" else found.route.get, path
        documented.add((found.route.path, method))
    tokens = {(route.path, "get") for route in ROUTES if route.api and route.get}
    tokens |= {(route.path, "post") for route in ROUTES if route.api and route.post}
    assert documented == tokens


def test_every_parameter_that_narrows_is_documented_and_every_error_has_its_words(document: dict[str, Any]) -> None:
    for path, names in (("/-/transfers.json", TRANSFERS), ("/-/findings.json", FINDINGS)):
        listed = {one["name"] for one in document["paths"][path]["get"]["parameters"]}
        assert set(names) <= listed
    assert {*TRANSFERS, *FINDINGS} == set(PARAMETERS)
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                assert answer["description"] == ERRORS[int(status)]


def test_what_is_to_be_recorded_has_the_members_of_a_transfer(document: dict[str, Any]) -> None:
    schema = transfer_to_record()
    assert set(schema["required"]) == set(REQUIRED)
    paths = {outer if "properties" not in one or outer == "onward_of" else f"{outer}.{inner}"
             for outer, one in schema["properties"].items() for inner in one.get("properties", {"": None})}  # fmt: skip
    for member in members_of(Transfer):
        path = member.path.rstrip(".")
        if path in paths and member.column is not None:
            paths.discard(path)
    assert paths <= {one.name for one in ERASABLE} | {"id", "onward_of", "prefilled"}


STATED = {
    "id": "t1", "transferred_at": "2010-07-05", "sender": "elm-primary", "recipient": "ofsted",
    "purpose": "school-inspection", "fields": ["upn"], "lawful_basis": ["dpa1998-sch2-5"],
    "subjects": {"kind": "pupil", "count": 210, "year_groups": ["year-6"]}, "opt_outs": {"checked": True},
    "onward_of": [{"id": "x"}], "operator": "Jo", "payload": {"rows": 3}, "request": {"date": "2010-07-01"},
}  # fmt: skip


def test_what_the_command_takes_the_document_allows_and_what_it_refuses_not(document: dict[str, Any]) -> None:
    one, many = validator(document, "TransferToRecord"), validator(document, "TransfersToRecord")
    from_json(STATED)
    one.validate(STATED)
    many.validate({"transfers": [STATED]})
    for odd in ({"seq": 1}, {"recorded_by": "Jo"}, {"fields": []}, {"fields": "upn"}, {"subjects": {}}, {"x": 1},
                {"subjects": {"count": -1}}, {"subjects": {"count": 1.5}}, {"opt_outs": {"checked": "yes"}}):  # fmt: skip
        with pytest.raises(ValidationError):
            one.validate({**STATED, **odd})
    with pytest.raises(ValidationError):
        many.validate({"transfers": [STATED], "more": 1})


def test_a_sealed_entry_of_every_kind_fits_its_schema(app: Opened, document: dict[str, Any]) -> None:
    import json

    sealed = validator(document, "SealedEntry")
    with app.site.reading() as source:
        texts = [row[0] for row in source.db.execute("SELECT entry FROM entries ORDER BY seq")]
    for text in texts:
        sealed.validate(json.loads(text))


@pytest.mark.parametrize(
    ("path", "name"),
    [("/-/transfers.json", "ListedTransfers"), ("/-/transfers.json?size=1&findings=any", "ListedTransfers")],
)
def test_what_is_answered_fits_its_schema(app: Opened, document: dict[str, Any], path: str, name: str) -> None:
    answer = app.get(path, accept="*/*")
    assert answer.status_code == 200
    validator(document, name).validate(answer.json())


def test_an_error_fits_its_schema(app: Opened, document: dict[str, Any]) -> None:
    error = validator(document, "Error")
    for path in ("/-/transfers.json?x=1", "/-/entries/999999.json", "/-/tile/x", "/-/nowhere", "/-/checkpoint"):
        answer = app.get(path, accept="application/json")
        assert answer.status_code in (400, 404)
        error.validate(answer.json())
