"""The OpenAPI document: what a program may ask this app, and what it is answered."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from starlette.responses import Response

from datasette_plugins.transfer_ledger.api.paths import paths
from datasette_plugins.transfer_ledger.api.schemas import schemas
from datasette_plugins.transfer_ledger.web import Asked

_ABOUT = (
    "Record transfers and read them, their findings and their evidence. A program sends a token as a bearer; which "
    "addresses it may ask is what its role may. Every error is JSON with a sentence, unless the request cannot even be "
    "read, when it is the sentence alone."
)


@cache
def _fixed() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Transfer ledger", "version": version("transfer-ledger"), "description": _ABOUT},
        "security": [{"token": []}],
        "paths": paths(),
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def document(asked: Asked) -> Response:
    """`GET /-/openapi.json`."""
    asked.only()
    return asked.json({**_fixed(), "servers": [{"url": asked.site.settings.address.rstrip("/")}]})
