"""From a drawing to SVG text: deterministic, self-contained, and with its title and description inside.

Matplotlib draws with its own defaults, whatever a user's settings say; letters are paths, so that the picture
looks the same where its font is not installed; ids come from a fixed salt, and no date is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from reports.charts.sheet import INK, Drawing, Sheet
from reports.documents.figure import Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "text.color": INK,
    "text.parse_math": False,
    "hatch.linewidth": 0.7,
}

_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_LINES = re.compile(r"\s*\n\s*")
# Never one below 1: the scale of letters is such a number.
_LONG_NUMBER = re.compile(r"(?<![\d.])[1-9]\d*\.\d{3,}")
_LETTER = re.compile(r'(["#])DejaVuSans-(Bold-)?')
_SHIFT = re.compile(r'(<use [^>]*) transform="translate\(([\d.]+) 0\)"')
_GROUP = re.compile(r'<g id="[a-z]+_\d+">')


@contextmanager
def laid_out(name: str, drawing: Drawing) -> Iterator[Canvas]:
    """The canvas with what is drawn on it; as long as it is open, matplotlib has the settings of charts.

    `name` salts the ids in it.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, "svg.hashsalt": f"transfer-ledger {name}"})
        canvas = Canvas(figsize=(drawing.width / 72, drawing.height / 72), dpi=72, facecolor="white")
        FigureCanvasSVG(canvas)
        drawing.on(Sheet(canvas, drawing.width, drawing.height))
        yield canvas


def svg(figure: Figure, drawing: Drawing) -> str:
    """The figure as it is drawn, as the text of an SVG file."""
    buffer = io.StringIO()
    with laid_out(figure.name, drawing) as canvas:
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    # The document type declaration names an address on the network, and says nothing that a browser needs.
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + text[text.index("<svg") :]
    # Matplotlib repeats every text in a comment beside its letters: what a ledger holds has no place there.
    text = _COMMENT.sub("", text)
    text = _smaller(text)
    name = figure.name
    words = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc"\\g<1>>\n'
        f' <title id="{name}-title">{_plain(figure.title)}</title>\n'
        f' <desc id="{name}-desc">{_plain(figure.description)}</desc>'
    )
    return re.sub(r"<svg((?: [^>]*)?)>", words, text, count=1)


def _smaller(text: str) -> str:
    """The same picture in a third fewer bytes: documents carry it inside, and a hundredth of a point shows nowhere."""
    text = _LETTER.sub(lambda found: f"{found[1]}{'b' if found[2] else 'r'}", text)
    text = _SHIFT.sub(r'\1 x="\2"', text)
    text = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), text)
    text = _LINES.sub(" ", text).replace("> <", "><").replace(' "', '"')
    # Ids that nothing refers to.
    return _GROUP.sub("<g>", text).replace("; stroke-linejoin: miter", "")


def _plain(text: str) -> str:
    return escape(text).replace("\\", r"\\")
