"""What axe-core finds on a page that is open in Chromium."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from tests.needed import missing

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


@cache
def axe() -> str:
    """The text of axe-core, as a package for tests carries it."""
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        missing("axe-playwright-python is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


def judged(tab: Any, width: int, scheme: Literal["light", "dark"]) -> tuple[list[Any], set[str]]:
    """The rules that the page breaks on a screen so wide, each with where; and the rules that it keeps."""
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=scheme, media="screen")
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    if not tab.evaluate("typeof axe !== 'undefined'"):
        tab.evaluate(axe())
    found = tab.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", TAGS)
    told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
    return told, {one["id"] for one in found["passes"]}
