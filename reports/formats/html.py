"""The compliance report as one HTML file: style and charts inside, nothing from the network, no script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from reports.documents.compliance import LIMIT, RULE, Compliance
from reports.documents.findings import MOST_ROWS
from reports.finding import OUTCOMES, SEVERITIES
from reports.wording import dated

DESIGN = Path(__file__).parents[1] / "design"


def _day(value: date) -> str:
    return dated(value.isoformat())


def _number(value: int) -> str:
    return f"{value:,}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _inline(svg: str) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def as_html(report: Compliance, charts: Mapping[str, str]) -> str:
    """The report as HTML text. `charts` are SVG texts by the names of the report's figures."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(DESIGN),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "number": _number, "sentence": _sentence}
    return environment.get_template("compliance.html").render(
        report=report,
        figures={figure.name: figure for figure in report.figures},
        charts={name: _inline(svg) for name, svg in charts.items()},
        rule=RULE,
        limit=LIMIT,
        outcomes=OUTCOMES,
        severities=SEVERITIES,
        most_rows=MOST_ROWS,
    )
