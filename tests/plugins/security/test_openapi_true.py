"""The OpenAPI document against the running app: schemathesis asks for whatever the document allows, and what it does not.

`LEDGER_FUZZ=500 pytest -m slow` on this file asks more of each operation, others every time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from datasette_plugins.transfer_ledger.people.address import Address
from ledger import checkpoints, writer
from tests.ledger.signers import new_key
from tests.plugins.browsed import FIRST, RANDOM, clock, make_ledger
from tests.plugins.security.house import SETTINGS, House, house_over
from tests.plugins.security.served import free_port, served

pytestmark = pytest.mark.slow

MORE = int(os.environ.get("LEDGER_FUZZ", "0"))
load_all_checks()
WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance", "negative_data_rejection", "positive_data_acceptance", "unsupported_method",
          "ignored_auth")  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, int]]:
    folder = tmp_path_factory.mktemp("openapi")
    path = make_ledger(folder / "kept.db")
    with writer.Ledger(path, clock, RANDOM) as ledger:
        checkpoints.make(ledger, new_key(folder / "k", "shire.example/transfers"), lambda _: None)
    port = free_port()
    given = replace(SETTINGS, port=port, at=Address("http", "127.0.0.1", port, ""))
    with house_over(path, folder, settings=given) as house, served(house.app, port) as at:
        yield house, at


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert "Traceback" not in capfd.readouterr().err


def document(house: House, port: int) -> OpenApiSchema:
    """The document, as a program fetches it."""
    answer = httpx.get(f"http://127.0.0.1:{port}/-/openapi.json", headers=dict(house.who["dpo token"].headers))
    return schemathesis.openapi.from_dict(answer.json())


OPERATIONS = ["record", "transfers", "entry", "entryAsJson", "findings", "finding", "proof", "checkpoint", "tile", "openapi",
              "findingsAsFeed", "evidence"]  # fmt: skip


@pytest.mark.parametrize("role", ["dpo", "auditor", "clerk", "governor"])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_every_operation_answers_as_the_document_says(house: tuple[House, int], role: str, mode: str) -> None:
    from schemathesis.generation import GenerationMode

    one, port = house
    schema = document(one, port)
    checks = [CHECKS.get_one(name) for name in WANTED]
    allowed = mode == "positive" and role in ("dpo",)
    leave = [] if allowed else [CHECKS.get_one("positive_data_acceptance")]
    headers = dict(one.who[f"{role} token"].headers)
    for result in schema.get_all_operations():
        operation = result.ok()
        if (operation.definition.raw.get("operationId") == "evidence") and role != "dpo":
            continue

        strategy = operation.as_strategy(generation_mode=GenerationMode(mode))

        @settings(max_examples=MORE or 12, deadline=None, derandomize=not MORE, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @schemathesis.hypothesis.given(case=strategy) if hasattr(schemathesis, "hypothesis") else _given(strategy)
        def asked(case: schemathesis.Case) -> None:
            answer = case.call(base_url=f"http://127.0.0.1:{port}", headers=headers)
            case.validate_response(answer, checks=checks, excluded_checks=leave)

        asked()


def _given(strategy: object):  # type: ignore[no-untyped-def]
    from hypothesis import given

    return given(case=strategy)  # type: ignore[arg-type]


def test_what_the_document_names_is_there(house: tuple[House, int]) -> None:
    one, port = house
    headers = dict(one.who["dpo token"].headers)
    for path, kind in (("/-/transfers.json", "application/json"), (f"/-/entries/{FIRST}", "application/json"),
                       ("/-/findings.json", "application/json"), (f"/-/proofs/{FIRST}", "application/octet-stream"),
                       ("/-/checkpoint", "text/plain; charset=utf-8"), ("/-/findings.atom", "application/atom+xml"),
                       ("/-/tile/0/000.p/1", "application/octet-stream")):  # fmt: skip
        answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind), path
