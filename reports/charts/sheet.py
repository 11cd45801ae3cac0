"""A sheet to draw on, measured in points from its top left corner, so that a chart places every word itself.

What lays itself out cannot promise that names never meet; here each has a room of its own, and is cut to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from reports.charts.words import fit, font

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

WIDTH = 640.0
"""Every chart is so many points wide, so that letters have one size beside each other."""

MARGIN = 8.0
INK = "#1f2430"
QUIET = "#545c68"
GRID = "#dfe3e8"
DEEP = "#5b0f2b"
"""What is worst: far darker than anything else in colour."""

SIZE = 8.5
SMALL = 7.5
TITLE = 11.0
HEADED = 30.0
"""Points from the top that the title takes."""

Align = Literal["left", "center", "right"]
Point = tuple[float, float]


class Fill(NamedTuple):
    """How an area looks: its colour, and the hatching that tells it apart without its colour."""

    colour: str
    hatch: str = ""
    hatching: str = "#ffffff"


class Sheet:
    """What a chart is drawn on. All lengths are in points."""

    def __init__(self, canvas: Canvas, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._axes = canvas.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)

    def words(
        self,
        at: Point,
        text: str,
        room: float,
        *,
        size: float = SIZE,
        bold: bool = False,
        colour: str = INK,
        align: Align = "left",
        upright: bool = False,
    ) -> None:
        """A line of text in a `room` of so many points, its height's middle at `at`.

        `upright` text is read from below, and its `align` is along its line: `left` begins at `at` and goes up.
        """
        x, y = at
        drop = size * 0.36  # from the middle of a capital letter to the line that it stands on
        self._axes.text(
            x + (drop if upright else 0),
            y + (0 if upright else drop),
            fit(text, room, size, bold),
            fontproperties=font(size, bold),
            color=colour,
            ha=align,
            va="baseline",
            rotation=90 if upright else 0,
            rotation_mode="anchor",
            parse_math=False,
        )

    def title(self, text: str) -> None:
        """The chart's title, at the top."""
        self.words((MARGIN, MARGIN + TITLE / 2), text, self.width - 2 * MARGIN, size=TITLE, bold=True)

    def area(self, left: float, top: float, width: float, height: float, fill: Fill, edge: str = "white") -> None:
        """A rectangle."""
        from matplotlib.patches import Rectangle

        patch = Rectangle((left, top), width, height, facecolor=fill.colour, edgecolor=edge, linewidth=0.5)
        if fill.hatch:
            patch.set_hatch(fill.hatch)
            patch.set_hatchcolor(fill.hatching)
        patch.set_clip_on(False)
        self._axes.add_artist(patch)

    def shape(self, points: Sequence[Point], colour: str) -> None:
        """A polygon."""
        from matplotlib.patches import Polygon

        self._axes.add_artist(Polygon(points, closed=True, facecolor=colour, edgecolor="none", clip_on=False))

    def line(
        self, start: Point, end: Point, colour: str = GRID, thick: float = 0.6, dashes: tuple[float, ...] = ()
    ) -> None:
        """A straight line; `dashes` are lengths drawn and left out, in points."""
        self._stroke([start, end], [1, 2], colour, thick, dashes)

    def curve(self, start: Point, end: Point, colour: str, thick: float, dashes: tuple[float, ...] = ()) -> None:
        """A line that leaves and arrives level, bent between."""
        middle = (start[0] + end[0]) / 2
        self._stroke([start, (middle, start[1]), (middle, end[1]), end], [1, 4, 4, 4], colour, thick, dashes)

    def _stroke(
        self, points: list[Point], codes: list[int], colour: str, thick: float, dashes: tuple[float, ...]
    ) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        patch = PathPatch(
            Path(points, codes), facecolor="none", edgecolor=colour, linewidth=thick, capstyle="butt", clip_on=False
        )
        if dashes:
            # A patch takes its dashes by the width of its line.
            patch.set_linestyle((0, tuple(length / thick for length in dashes)))
        self._axes.add_artist(patch)


class Drawing(NamedTuple):
    """A chart that is ready to be drawn: the size of its sheet in points, and what draws on it."""

    width: float
    height: float
    on: Callable[[Sheet], None]
