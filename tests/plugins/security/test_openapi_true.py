"""The OpenAPI document against the running app: schemathesis asks for what the document allows, and what it does not.

`LEDGER_FUZZ=500 pytest -m slow` on this file asks more of each operation, others every time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from datasette_plugins.transfer_ledger.api.paths import paths
from datasette_plugins.transfer_ledger.people.address import Address
from ledger import checkpoints, writer
from tests.codes import LEAD
from tests.ledger.signers import new_key
from tests.plugins.browsed import FIRST, RANDOM, clock, make_ledger
from tests.plugins.security.house import SETTINGS, House, house_over
from tests.plugins.security.served import free_port, served

pytestmark = pytest.mark.slow

MORE = int(os.environ.get("LEDGER_FUZZ") or 0)
load_all_checks()
WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance", "negative_data_rejection", "unsupported_method")  # fmt: skip
"""Not whether everything that fits is taken: which ids and days there are, no schema says. Who is let in is asked in
`test_roles.py`."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, int]]:
    folder = tmp_path_factory.mktemp("openapi")
    path = make_ledger(folder / "kept.db")
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        checkpoints.make(ledger, new_key(folder / "k", "shire.example/transfers"), lambda _: None)
    port = free_port()
    reached = replace(SETTINGS, port=port, at=Address("http", "127.0.0.1", port, ""))
    with house_over(path, folder, settings=reached) as house, served(house.app, port) as at:
        yield house, at


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert "Traceback" not in capfd.readouterr().err


def document(house: House, port: int) -> OpenApiSchema:
    """The document, as a program fetches it."""
    answer = httpx.get(f"http://127.0.0.1:{port}/-/openapi.json", headers=dict(house.who["dpo token"].headers))
    return schemathesis.openapi.from_dict(answer.json())


@pytest.mark.parametrize("role", ["dpo", "auditor", "clerk", "governor"])
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", sorted(paths()))
def test_every_operation_answers_as_the_document_says(
    house: tuple[House, int], path: str, mode: GenerationMode, role: str
) -> None:
    one, port = house
    headers = dict(one.who[f"{role} token"].headers)
    operations = [found.ok() for found in document(one, port).get_all_operations() if found.ok().path == path]
    assert operations
    for operation in operations:

        @settings(max_examples=MORE or 6, deadline=None, derandomize=not MORE, database=None,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case: schemathesis.Case) -> None:
            answer = case.call(base_url=f"http://127.0.0.1:{port}", headers=headers)
            checks = [CHECKS.get_one(name) for name in WANTED if name != TOO_LONG.get(answer.status_code)]
            case.validate_response(answer, checks=checks)

        asked()


TOO_LONG = {413: "negative_data_rejection", 414: "negative_data_rejection"}
"""Refused as well, before anybody looks at what is wrong with it; schemathesis does not count these as refusals."""


def test_what_the_document_names_is_there(house: tuple[House, int]) -> None:
    one, port = house
    headers = dict(one.who["dpo token"].headers)
    for path, kind in (("/-/transfers.json", "application/json"), (f"/-/entries/{FIRST}", "application/json"),
                       ("/-/findings.json", "application/json"), (f"/-/proofs/{FIRST}", "application/octet-stream"),
                       ("/-/checkpoint", "text/plain; charset=utf-8"), ("/-/findings.atom", "application/atom+xml"),
                       ("/-/tile/0/000.p/1", "application/octet-stream")):  # fmt: skip
        answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind), path
