"""Charts by themselves: nothing overlaps or is cut off, whatever names are like; grey tells as much as colour."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reports.charts.drawn import drawing, drawn
from reports.charts.graph import _PALE
from reports.charts.grid import _STEPS, readable, shade
from reports.charts.sheet import DEEP
from reports.charts.stack import FILLS, LEAST, Scale
from reports.charts.svg import laid_out
from reports.charts.words import LACKING, fit, printable, shortened, width, wrap
from reports.documents.figure import Figure

HOSTILE = [
    "שירותי חינוך מחוז הצפון והעמק",
    "مدرسة النور الثانوية للبنات",
    "北京市教育委员会",
    "A" * 200,
    "W" * 2000,
    "The very long name of a body that gives support " * 5,
    r"$x$ and $\frac{1}{2}$ and \g<1>",
    "</svg><script>alert(1)</script><!-- --> ]]>",
    "=HYPERLINK(1)",
    "e" + "\u0301" * 30 + "x" + "\u0300\u0301\u0302\u0323" * 10,
    "\u202eright to left override",
    "\N{SCHOOL SATCHEL} School bags",
    "\u200f",
    "line\nbreak\ttab\x07",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \ue000",
    "ﷺ ﷽ ཧཱུྃ ꙮ",
]
NAMES = [*HOSTILE, *(f"Department of Long Names and Other Matters, Region {n}" for n in range(30 - len(HOSTILE)))]
MONTHS = [
    f"{month} {year}" for year in (2009, 2010) for month in "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
]


def figure(**members: object) -> Figure:
    found = {"name": "one", "title": "One", "description": "Of it.", "across": (), "series": (), "empty": "None."}
    return Figure(**{**found, **members})  # type: ignore[arg-type]


def a_grid(across: list[str], times: int) -> Figure:
    series = [
        (name, tuple(times * (place * 7 + n * 13) % 9973 for n in range(len(across))))
        for place, name in enumerate(NAMES)
    ]
    return figure(kind="grid", across=tuple(across), series=tuple(series))


def a_graph(senders: int, count: int) -> Figure:
    pairs = list(dict.fromkeys((NAMES[-1 - n * 3 % senders], NAMES[n % 30]) for n in range(count)))
    pairs.sort(key=lambda pair: NAMES.index(pair[1]))
    series = [(" to ".join(pair), ((n + 1) ** 2 * 37 % 90_000, n % 3 * n * 50)) for n, pair in enumerate(pairs)]
    return figure(kind="graph", across=("Transfers", "Breaches"), series=tuple(series), ends=tuple(pairs))


def severities(across: tuple[str, ...], most: int) -> Figure:
    series = [
        (name, tuple(n * most % (place * most + 2) for n in range(len(across))))
        for place, name in enumerate(("Critical", "Serious", "Minor"))
    ]
    return figure(style="severity", across=across, series=tuple(series))


def closing(most: int) -> Figure:
    across = (*(f"{n} Jul" for n in range(45)), *(f"6 Aug, {part}" for part in "abc"), *(f"{n} Sep" for n in range(45)))
    series = [
        (name, tuple(most + n for n in range(93)))
        for name in ("Before the closing", "Cannot be told", "After the closing")
    ]
    return figure(style="closing", across=across, series=tuple(series))


FIGURES = {
    "a grid of 24 months": a_grid(MONTHS, 1),
    "a grid of 1 month": a_grid(MONTHS[:1], 1),
    "a grid of 24 spans": a_grid([f"{1500 + n} to {1504 + n}" for n in range(24)], 1000),
    "a grid of 40 fields": a_grid([f"{NAMES[n % 30]} {n}" for n in range(40)], 1000),
    "a graph of 60 arrows": a_graph(7, 60),
    "a graph of 64 senders": a_graph(30, 30),
    "a graph of one arrow": a_graph(1, 1),
    "24 months of bars": severities(tuple(MONTHS), 1),
    "24 spans of bars": severities(tuple(f"{1500 + n} to {1504 + n}" for n in range(24)), 10**7),
    "7 bars with long names": severities(tuple(NAMES[:7]), 100),
    "60 bars": severities(tuple(f"{name} {n}" for n in range(5) for name in MONTHS[:12]), 10),
    "one bar": figure(across=("Today",), series=(("Transfers", (1,)),)),
    "the closing": closing(0),
    "the closing, with many": closing(10**6),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_no_two_words_meet_and_none_is_cut_off(name: str) -> None:
    with laid_out("test", drawing(FIGURES[name])) as canvas:
        from matplotlib.backends.backend_svg import RendererSVG
        from matplotlib.text import Text

        renderer = RendererSVG(canvas.bbox.width, canvas.bbox.height, io.StringIO())
        texts = [text for text in canvas.findobj(Text) if text.get_text()]
        boxes = [text.get_window_extent(renderer).padded(-0.5) for text in texts]
        wide, high = canvas.bbox.width, canvas.bbox.height
    assert not any(text.get_parse_math() for text in texts)  # "$" would begin a formula
    for text, box in zip(texts, boxes, strict=True):
        assert min(box.x0, box.y0, wide - box.x1, high - box.y1) >= 0, text
    met = [
        (one.get_text(), other.get_text())
        for (one, at), (other, there) in itertools.combinations(zip(texts, boxes, strict=True), 2)
        if at.x0 < there.x1 and there.x0 < at.x1 and at.y0 < there.y1 and there.y0 < at.y1
    ]
    assert met == []
    assert not any(re.fullmatch(r"[\d,.]*…", text.get_text()) for text in texts), "a number is never cut"


SOME = ("a grid of 1 month", "a graph of 60 arrows", "7 bars with long names", "the closing")


def digest() -> str:
    return hashlib.sha256("".join(drawn([FIGURES[name]])["one"] for name in SOME).encode()).hexdigest()


def texts_of(one: Figure) -> list[str]:
    with laid_out("test", drawing(one)) as canvas:
        from matplotlib.text import Text

        return [text.get_text() for text in canvas.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", SOME)
def test_every_chart_is_safe_xml_with_its_title_and_description(name: str) -> None:
    one = figure(
        **{field: getattr(FIGURES[name], field) for field in ("kind", "style", "across", "series", "ends")},
        title=r"</title><b> \1 $",
        description="]]> & --> \\g<0>",
    )
    text = drawn([one])["one"]
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "one-title one-desc"
    assert (root[0].get("id"), root[0].text) == ("one-title", r"</title><b> \1 $")
    assert (root[1].get("id"), root[1].text) == ("one-desc", "]]> & --> \\g<0>")
    # Letters are paths, and no name is left anywhere, not even in a comment.
    assert "<!--" not in text
    assert "alert" not in text
    assert "<!DOCTYPE" not in text
    assert not re.search(r"""(?:href|src)="(?!#)|url\((?!#)|<(?:script|text|image)""", text)


def test_a_chart_has_a_white_ground_of_its_own() -> None:
    root = ET.fromstring(drawn([FIGURES["one bar"]])["one"])
    first = next(one for one in root.iter() if one.tag.endswith("path") and "fill" in one.get("style", ""))
    assert "#ffffff" in first.get("style", "")


def test_a_figure_without_numbers_has_no_chart() -> None:
    assert drawn([figure()]) == {}
    assert drawn([figure(kind="grid", across=("a",), series=(("b", (0,)),))]) == {}
    assert drawn([figure(kind="graph", across=("a", "b"), series=(("c", (0, 0)),), ends=(("d", "e"),))]) == {}


@pytest.mark.slow
def test_the_same_bytes_in_every_time_zone_locale_and_setting(tmp_path: Path) -> None:
    script = (
        "import locale, runpy; locale.setlocale(locale.LC_ALL, ''); "
        f"print(runpy.run_path({__file__!r}, run_name='charts')['digest']())"
    )
    (tmp_path / "matplotlibrc").write_text("font.size: 20\ntext.usetex: True\naxes.formatter.use_locale: True\n")
    told = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **told},
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == digest()


def test_names_are_cut_to_their_room_and_whole_in_the_table() -> None:
    for name in ("a grid of 1 month", "a graph of 60 arrows"):
        one = FIGURES[name]
        assert any(text.startswith("AAAA") and text.endswith("…") for text in texts_of(one))
        assert any("A" * 200 in row for row, _ in one.table)


def test_names_that_begin_alike_keep_their_ends() -> None:
    names = [f"Department of Long Names, Region {n}" for n in range(3)]
    cut = shortened([*names, "Quite another long name of a body"], 120, 8.5)
    assert [cut[name][-8:] for name in names] == ["Region 0", "Region 1", "Region 2"]
    assert cut["Quite another long name of a body"].startswith("Quite another lo")
    assert cut["Quite another long name of a body"].endswith("…")
    assert all(width(text, 8.5) <= 120 for text in cut.values())


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_in_a_name_it_fits(text: str) -> None:
    for room in (0, 5, 50, 500):
        assert fit(text, room, 8) == "…" or width(fit(text, room, 8), 8) <= room


def test_letters_that_the_font_lacks_are_boxes_and_the_picture_says_so() -> None:
    assert printable("北京 x") == f"{LACKING}{LACKING} x"
    assert printable("\ue000") == LACKING
    one = figure(kind="grid", across=("Jan 2010",), series=(("北京", (1,)),))
    assert any(text.startswith(f"{LACKING} stands for") for text in texts_of(one))
    plain = figure(kind="grid", across=("Jan 2010",), series=(("Peking", (1,)),))
    assert not any("stands for" in text for text in texts_of(plain))


def test_what_changes_other_letters_is_left_out() -> None:
    assert printable("a\u202eb\u2066c\x07d\ne  f") == "abcde f".replace("de", "d e")
    assert printable("x" + "\u0323" * 5) == "x\u0323"
    assert printable("\u200f \n") == LACKING


def test_a_bracket_begins_a_line() -> None:
    assert wrap("Within a week (1 to 7 days)", 80, 7.5, 3) == ["Within a week", "(1 to 7 days)"]
    assert wrap("Within a week (1 to 7 days)", 300, 7.5, 3) == ["Within a week (1 to 7 days)"]
    assert wrap("Sep 2009", 22, 7.5, 3) == ["Sep", "2009"]
    assert len(wrap("one two three four five", 25, 7.5, 2)) == 2


def lightness(colour: str) -> float:
    """How light a colour is as grey, from 0 to 1, as a black-and-white printer weighs it."""
    return sum(int(colour[at : at + 2], 16) / 255 * share for at, share in ((1, 0.299), (3, 0.587), (5, 0.114)))


@pytest.mark.parametrize("style", FILLS)
def test_bars_are_told_apart_in_grey(style: str) -> None:
    for one, other in itertools.combinations(FILLS[style], 2):
        assert one.hatch != other.hatch
        assert abs(lightness(one.colour) - lightness(other.colour)) > 0.19
    for one in FILLS[style]:
        if one.hatch:
            assert abs(lightness(one.colour) - lightness(one.hatching)) > 0.25


def test_steps_and_lines_are_told_apart_in_grey() -> None:
    steps = [lightness(colour) for colour in _STEPS]
    assert all(pale - dark > 0.1 for pale, dark in itertools.pairwise([1.0, *steps]))
    assert lightness(_PALE) - lightness(DEEP) > 0.5


def test_numbers_are_read_on_every_shade() -> None:
    def light(colour: str) -> float:
        linear = [((int(colour[at : at + 2], 16) / 255 + 0.055) / 1.055) ** 2.4 for at in (1, 3, 5)]
        return sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))

    for n in range(101):
        high, low = sorted((light(shade(n / 100)), light(readable(shade(n / 100)))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_breach_has_a_dashed_line_and_a_number() -> None:
    ends = (("A", "B"), ("A", "C"), ("D", "C"))
    series = tuple(
        (" to ".join(pair), numbers) for pair, numbers in zip(ends, ((400, 0), (100, 1), (0, 7)), strict=True)
    )
    one = figure(kind="graph", across=("Transfers", "Breaches"), series=series, ends=ends)
    with laid_out("test", drawing(one)) as canvas:
        from matplotlib.patches import PathPatch

        lines = [patch for patch in canvas.findobj(PathPatch) if patch.get_path().codes is not None]
        curves = [patch for patch in lines if len(patch.get_path().vertices) == 4]
        dashed = [patch for patch in curves if patch.get_linestyle() != "solid"]
        solid = [patch.get_linewidth() for patch in curves if patch.get_linestyle() == "solid"]
    assert len(dashed) == 2 + 1  # one of them explains the others
    # Four times the transfers, twice the width; the two that explain are as wide as each other.
    assert solid[2:] == [9.0, 4.5, 0.9]
    texts = texts_of(one)
    assert "1 breach" in texts
    assert "7 breaches" in texts
    assert "0 breaches" not in texts


@pytest.mark.parametrize("most", [1, 3, 5, 7, 12, 99, 100, 1234, 10**6, 10**9 + 1])
def test_a_scale_has_few_round_numbers_and_room_for_all(most: int) -> None:
    scale = Scale(most, 0, 150)
    assert 2 <= len(scale.marks) <= 6
    assert scale.marks[-1] >= most
    assert str(scale.marks[1]).strip("0") in ("1", "2", "5")
    assert scale.high(1) >= LEAST
    assert scale.high(0) == 0
    assert scale.high(most) <= 150


def test_a_chart_carries_no_more_than_its_picture_and_its_letters_keep_their_size() -> None:
    (text,) = drawn([figure(across=("May", "June"), series=(("Serious", (1, 3)),))]).values()
    assert "scale(0.015625)" in text  # a rounded one would be a quarter larger
    assert re.search(r"scale\(0\.\d+ -0\.\d+\)", text)
    assert not re.search(r"[1-9]\d*\.\d{3}|DejaVu|patch_\d", text)
    assert len(text) < 16_000
