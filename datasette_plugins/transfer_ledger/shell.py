"""How pages of ours are laid out: the templates, and what all of them may call.

Everything that comes from the ledger is text; only what is written here and in the templates is markup.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from datasette_plugins.transfer_ledger.pages.assets import version
from datasette_plugins.transfer_ledger.roles import DECIDERS, IN_WORDS, MAY, READERS, RECORDERS
from datasette_plugins.transfer_ledger.routes import in_nav
from datasette_plugins.transfer_ledger.web import Asked
from ledger.london import utc_text
from reports.documents.findings import VERDICTS, verdict_in_words
from reports.wording import dated

TEMPLATES = Path(__file__).with_name("templates")

_TIME = Markup('<time datetime="{0}" title="{0}">{1}</time>')


def moment(value: str | date | datetime | None) -> Markup:
    """A date or time as people write it, in London time, with the sealed value on hover; "–" for none."""
    if value is None or value == "":
        return Markup("–")
    text = value if isinstance(value, str) else utc_text(value) if isinstance(value, datetime) else value.isoformat()
    return _TIME.format(text, dated(text).removesuffix(" London time") or text)


def day(value: str) -> str:
    """A date in words, as plain text, where no markup may stand."""
    return dated(value) or value


def number(value: int) -> str:
    """A count as people write it."""
    return f"{value:,}"


def asset(asked: Asked, name: str) -> str:
    """The address of a style sheet or script."""
    return asked.url(f"/-/assets/{name}", v=version(name))


@cache
def environment() -> Environment:
    """The one environment of our own pages. A name that a template misspells is an error, never an empty place."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    found.filters |= {"moment": moment, "number": number, "day": day}
    found.globals |= {"asset": asset, "in_nav": in_nav, "role_words": IN_WORDS, "role_may": MAY, "verdicts": VERDICTS}
    found.globals |= {"DECIDERS": DECIDERS, "READERS": READERS, "RECORDERS": RECORDERS, "decided": verdict_in_words}
    return found
