"""The saved queries and views that `metadata.yml` describes, as a list that leads to Datasette's pages of them."""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger import app, stock
from datasette_plugins.transfer_ledger.web import Asked


class Saved(NamedTuple):
    """One of them: where it is, its title, what it shows, and what it asks for, in words ("" for nothing)."""

    path: str
    title: str
    about: str
    takes: str


def saved(kind: str) -> tuple[Saved, ...]:
    """The `queries` or the `tables` (which are views) in the order in which they are described."""
    described = app.metadata()["databases"][app.DATABASE][kind]
    return tuple(
        Saved(
            f"/{app.DATABASE}/{name}",
            one["title"],
            one["description"],
            ", ".join(stock.ASKED[param][1] for param in one.get("params", ())),
        )
        for name, one in described.items()
    )


def page(asked: Asked) -> Response:
    """`GET /-/saved`."""
    asked.only()
    return asked.page("saved.html", queries=saved("queries"), views=saved("tables"))
