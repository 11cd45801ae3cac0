"""Where the app shows an entry. The path is written down here and nowhere else in the documents."""

from __future__ import annotations

from reports.documents.blocks import Inline, Link


def address(app: str, seq: int) -> str:
    """The page of entry `seq` in the app that answers at `app`, which ends in "/"."""
    return f"{app}-/entries/{seq}"


def entry(app: str, seq: int) -> Inline:
    """An entry by its number, which leads into the app where there is one (`app` is not "")."""
    text = f"Entry {seq}"
    return Link(text, address(app, seq)) if app else text
