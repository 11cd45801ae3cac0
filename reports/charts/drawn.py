"""Which figure is drawn how."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reports.charts import bars, recipients
from reports.documents.figure import Figure

DRAW: dict[str, Callable[[Figure], str]] = {
    "contactpoint-closing": bars.closing,
    "findings-by-severity": bars.severities,
    "transfers-by-recipient": recipients.draw,
}
"""A figure's name → what makes it SVG text."""


def drawn(figures: Iterable[Figure]) -> dict[str, str]:
    """A figure's name → its chart as SVG text; a figure without any number has none."""
    return {figure.name: DRAW[figure.name](figure) for figure in figures if figure.table}
