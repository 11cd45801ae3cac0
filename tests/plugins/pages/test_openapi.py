"""The OpenAPI document: it is one, it is made of what the app reads and answers, and the app keeps to it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from datasette_plugins.transfer_ledger.api.paths import ERRORS, PARAMETERS
from datasette_plugins.transfer_ledger.api.schemas import transfer_to_record
from datasette_plugins.transfer_ledger.columns.asked import FINDINGS, TRANSFERS
from datasette_plugins.transfer_ledger.roles import ROLES
from datasette_plugins.transfer_ledger.routes import ROUTES, find
from ledger.intake.draft import Problems, from_json
from ledger.members import REQUIRED, Erasable, columns
from tests.plugins.asking import Opened, opened
from tests.plugins.browsed import make_ledger


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


def test_what_is_to_be_recorded_has_the_members_of_a_transfer_and_no_others() -> None:
    schema = transfer_to_record()
    assert set(schema["required"]) == set(REQUIRED)
    inner = {name: one["properties"] for name, one in schema["properties"].items() if "properties" in one}
    found = {name for name in schema["properties"] if name not in inner}
    found |= {f"{name}.{part}" for name, parts in inner.items() for part in parts}
    assert {one.name if isinstance(one, Erasable) else one.path.rstrip(".") for one in columns().values()} <= found
    for path in found:
        outer, _, name = path.partition(".")
        with pytest.raises(Problems) as error:
            from_json({outer: {name: []} if name else []})  # of a wrong type, and not unknown
        assert path in dict(error.value.found)
        assert "no member" not in dict(error.value.found)[path]


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
                {"subjects": {"count": -1}}, {"subjects": {"count": 1.5}},
                {"opt_outs": {"checked": "yes"}}):  # fmt: skip
        with pytest.raises(ValidationError):
            one.validate({**STATED, **odd})
    with pytest.raises(ValidationError):
        many.validate({"transfers": [STATED], "more": 1})


def test_a_sealed_entry_of_every_kind_fits_its_schema(app: Opened, document: dict[str, Any]) -> None:
    sealed = validator(document, "SealedEntry")
    with app.site.reading() as source:
        texts = [row[0] for row in source.db.execute("SELECT entry FROM entries ORDER BY seq")]
    for text in texts:
        sealed.validate(json.loads(text))


@pytest.mark.parametrize(
    ("path", "name"),
    [("/-/transfers.json", "ListedTransfers"), ("/-/transfers.json?size=1&findings=any", "ListedTransfers"),
     ("/-/findings.json?state=all", "ListedFindings"), ("/-/findings.json?size=1", "ListedFindings"),
     *((f"/-/entries/{seq}.json", "Entry") for seq in range(10)), ("/-/entries/3", "Entry")],
)  # fmt: skip
def test_what_is_answered_fits_its_schema(app: Opened, document: dict[str, Any], path: str, name: str) -> None:
    answer = app.get(path, "program")
    assert answer.status_code == 200
    validator(document, name).validate(answer.json())


@pytest.mark.parametrize("path", ["/-/transfers.json", "/-/findings.json"])
def test_what_is_answered_as_after_may_be_asked_for(app: Opened, document: dict[str, Any], path: str) -> None:
    after = app.get(f"{path}?size=1", "program").json()["after"]
    (schema,) = (one["schema"] for one in document["paths"][path]["get"]["parameters"] if one["name"] == "after")
    Draft202012Validator(schema).validate(after)
    assert app.get(f"{path}?size=1&after={after}", "program").status_code == 200


def test_every_finding_fits_its_schema_by_itself(app: Opened, document: dict[str, Any]) -> None:
    one = validator(document, "FindingWithDecisions")
    listed = app.get("/-/findings.json?state=all", "program").json()["findings"]
    assert listed
    for finding in listed:
        one.validate(app.get(f"/-/findings/{finding['key']}.json", "program").json())


def test_an_error_fits_its_schema(app: Opened, document: dict[str, Any]) -> None:
    error = validator(document, "Error")
    for path in ("/-/transfers.json?x=1", "/-/entries/999999.json", "/-/tile/x", "/-/nowhere", "/-/checkpoint"):
        answer = app.get(path, accept="application/json")
        assert answer.status_code in (400, 404)
        error.validate(answer.json())


CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance", "negative_data_rejection")  # fmt: skip


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_app_keeps_to_it_whatever_it_is_asked(app: Opened, document: dict[str, Any]) -> None:
    schemathesis.checks.load_all_checks()
    checks = schemathesis.checks.CHECKS.get_by_names(list(CHECKS))
    seen: dict[tuple[str, str], set[int]] = {}
    with asyncio.Runner() as runner:
        for operation in schemathesis.openapi.from_dict(document).get_all_operations():
            one = operation.ok()
            if one.path != "/-/evidence.zip":  # it starts a process each time
                _asked(app, runner, one, checks, seen.setdefault((one.method.upper(), one.path), set()))
    assert 200 in seen["GET", "/-/transfers.json"] & seen["GET", "/-/findings.json"] & seen["GET", "/-/openapi.json"]
    assert all(seen.values())


def _asked(app: Opened, runner: asyncio.Runner, operation: Any, checks: Any, seen: set[int]) -> None:
    @given(operation.as_strategy())
    @settings(
        max_examples=30, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    def one(case: Any) -> None:
        found = case.as_transport_kwargs(base_url="http://127.0.0.1:8001")
        body = {name: found[name] for name in ("params", "json") if found.get(name) is not None}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app.front)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(found["method"], found["url"], headers=app.of("program").headers, **body)

        answer = runner.run(ask())
        seen.add(answer.status_code)
        case.validate_response(answer, checks=checks)

    one()
