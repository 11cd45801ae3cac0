"""Charts and their figures by themselves: what is drawn, what is not, and how time is divided."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from reports.charts.drawn import drawn
from reports.documents.figures import Figure, periods


def test_names_cannot_break_out_of_a_chart() -> None:
    name = "transfers-by-recipient"
    series = ((r"</svg> $x$ \g<1>", (1,)),)
    figure = Figure(name=name, title=r"<b> \1", description="&", periods=("Jan 2010",), series=series, empty="")
    root = ET.fromstring(drawn([figure])[name])
    assert (root[0].text, root[1].text) == (r"<b> \1", "&")


def test_a_figure_without_numbers_has_no_chart() -> None:
    figure = Figure(name="findings-by-severity", title="", description="", periods=(), series=(), empty="None.")
    assert drawn([figure]) == {}


def test_long_times_are_counted_by_year() -> None:
    assert periods([]) == []
    assert periods([(2010, 2), (2009, 11)]) == [(2009, 11), (2009, 12), (2010, 1), (2010, 2)]
    assert len(periods([(2008, 1), (2009, 12)])) == 24
    assert periods([(2008, 1), (2010, 1)]) == [(2008, 0), (2009, 0), (2010, 0)]
