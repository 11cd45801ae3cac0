"""Style sheets and scripts of the pages, and what robots are told: the only files that anybody may fetch."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import PlainTextResponse, Response

import reports
from datasette_plugins.transfer_ledger.web import Asked, NotThere

_OURS = Path(__file__).parents[1] / "assets"
_DESIGN = Path(str(reports.__file__)).parent / "design"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def content(name: str) -> bytes | None:
    """The bytes of a style sheet or script by its name; None where there is none."""
    path = _DESIGN / name if name == "report.css" else _OURS / name
    return path.read_bytes() if path.is_file() else None


@cache
def version(name: str) -> str:
    """What tells one content of a file from another in its address, so that a browser may keep it."""
    return hashlib.sha256(content(name) or b"").hexdigest()[:12]


def asset(asked: Asked) -> Response:
    """`GET /-/assets/NAME`."""
    name = asked.vars["asset"]
    data = content(name)
    if data is None:
        raise NotThere
    # The address names the content by its digest, so that it can be kept for good; any other is kept for no time.
    kept = "max-age=31536000, immutable" if asked.one("v") == version(name) else "no-cache"
    return Response(data, headers={"content-type": _TYPES[Path(name).suffix], "cache-control": f"public, {kept}"})


def robots(asked: Asked) -> Response:
    """`GET /robots.txt`: nothing here is for a search engine."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")
