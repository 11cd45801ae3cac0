"""From a drawing to SVG text: deterministic, self-contained, and with its title and description inside.

Matplotlib draws with its own defaults, whatever a user's settings say; letters are paths, so that the picture
looks the same where its font is not installed; ids come from a fixed salt, and no date is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

INK = "#1f2430"
QUIET = "#5c6470"
GRID = "#dfe3e8"

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.6,
}


def svg(name: str, title: str, description: str, size: tuple[float, float], draw: Callable[[Canvas], None]) -> str:
    """What `draw` puts on a canvas of `size` inches, as the text of an SVG file. `name` becomes part of ids."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    buffer = io.StringIO()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, "svg.hashsalt": f"transfer-ledger {name}"})
        canvas = Canvas(figsize=size, facecolor="white", layout="constrained")
        FigureCanvasSVG(canvas)
        draw(canvas)
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    # The document type declaration names an address on the network, and says nothing that a browser needs.
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + text[text.index("<svg") :]
    words = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc"\\g<1>>\n'
        f' <title id="{name}-title">{_plain(title)}</title>\n <desc id="{name}-desc">{_plain(description)}</desc>'
    )
    return re.sub(r"<svg((?: [^>]*)?)>", words, text, count=1)


def _plain(text: str) -> str:
    return escape(text).replace("\\", r"\\")
