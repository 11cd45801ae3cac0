"""Documents as HTML: whatever texts they hold, a page is the same page, and one that everybody can use."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reports.documents.blocks import Chart, Column, Commands, Document, Heading, Link, Paragraph, Suppressed, Table
from reports.formats.html import IndexEntry, as_html, index_html
from tests.browser import chromium
from tests.reports.accessible import judged
from tests.reports.sample_html import FIELDS, SVG, document

CHARTS = {"findings-by-severity": SVG}
SUM = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
HOSTILE = {
    "script": "<script>document.title = 'altered'</script>",
    "attribute": "\" onmouseover=\"document.title='altered'\" x='' onfocus='",
    "image": '"><img src=http://127.0.0.1:9/x.png onerror=alert(1)>',
    "end": "</title></style></script></template></code></pre></td></table></main>-->]]><!--",
    "template": "{{ 7 * 7 }}{% raw %}{# #}",
    "entities": "&lt;b&gt;&amp;amp;&#60;&nbsp",
    "formula": "=cmd|' /C calc'!A0 # $ \\ ` *_[x](javascript:alert(1))",
    "long": "x" * 2000,
    "brackets": "<" * 2000,
    "ampersands": "&" * 200,
    "right to left": "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED} \N{RIGHT-TO-LEFT OVERRIDE}drah",
}
WIDTHS = (1280, 360, 320)  # the last is a desktop's at a zoom of 400%


def html(one: Document) -> str:
    return as_html(one, CHARTS)


def index(say: Any = str) -> str:
    entries = [
        IndexEntry(f"{say(name)}.{format_}", say(title), say("What it is for."), SUM, 12_345)
        for name, title in (("governors", "Did we share only what we said?"), ("schools/high/dpo", "Every finding"))
        for format_ in ("html", "pdf")
    ]
    made = msgspec.structs.replace(document().made, origin=say("quillshire.example/transfers"))
    return index_html(entries, say("Quillshire County Council"), say("Reports"), say("The school year 2009/10"), made)


class Parsed(HTMLParser):
    """What a page consists of: its elements with their attributes, and its text; without what only breaks lines."""

    VOID = frozenset("meta link img br".split())

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[tuple[str, bool]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert len(found) == len(attrs)
        quiet = tag == "bdi" or (tag == "span" and found.get("class") in (None, "long", "nowrap"))
        if not quiet:
            self.elements.append((tag, found))
            self.text += " "
        if tag not in self.VOID:
            self._open.append((tag, quiet))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "style":
            return
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements and the names of their attributes; a class may say how long a text is."""
        return [(tag, tuple(name for name in found if name != "class")) for tag, found in self.elements]

    def values(self, name: str, tag: str | None = None) -> list[str]:
        return [found[name] for one, found in self.elements if name in found and tag in (None, one)]


def plain(text: str) -> str:
    return " ".join(text.split())


# -- texts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("page", ["document", "index"])
def test_no_text_becomes_markup(hostile: str, page: str) -> None:
    said = []

    def say(text: str) -> str:
        said.append(f"{hostile} {text}")
        return said[-1]

    made = html(document(say, columns=4)) if page == "document" else index(say)
    as_usual = html(document(columns=4)) if page == "document" else index()
    parsed = Parsed(made)
    assert parsed.shape == Parsed(as_usual).shape
    text = plain(parsed.text) + plain(" ".join(parsed.values("alt")))
    assert said
    assert [one for one in said if plain(one) not in text] == []


def test_control_characters_do_not_reach_the_page() -> None:
    made = html(document(lambda text: f"\x00\x1b\x85{text}"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", made)
    assert "\ufffd\ufffd\ufffdAct now" in made


def test_a_command_is_one_line_whatever_it_holds() -> None:
    sample = msgspec.structs.replace(document(), blocks=(Commands(("verify a\nrm -r b\r\n", "check")),))
    (typed,) = re.findall(r"<pre>(.*)</pre>", html(sample), re.DOTALL)
    assert re.sub(r"<.*?>", "", typed) == "verify a\ufffdrm -r b\ufffd\ufffd\ncheck\n"


def test_letters_from_right_to_left_turn_nothing_beside_them() -> None:
    made = html(document(lambda text: f"\N{RIGHT-TO-LEFT OVERRIDE}{text}"))
    assert "<bdi>\N{RIGHT-TO-LEFT OVERRIDE}Act now</bdi>" in made
    assert "<bdi>" not in html(document())


def linked(*addresses: str) -> Parsed:
    sample = document()
    blocks = (Heading("Here", "here"), *(Paragraph((Link("text", one),)) for one in addresses))
    return Parsed(html(msgspec.structs.replace(sample, blocks=blocks, warning=None)))


def test_links_lead_to_places_in_the_page_and_to_the_web() -> None:
    good = ["#here", "http://127.0.0.1:8001/ledger/transfers/5", "https://www.gov.example/a?b=1&c=2#d"]
    assert linked(*good).values("href", "a")[1:] == good


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " https://a.example/",
        "https://a.example/ x",
        "https://a.example/\n",
        'https://a.example/"x',
        "https://",
        "data:text/html,x",
        "file:///etc/passwd",
        "//a.example/",
        "mailto:a@a.example",
        "#nowhere",
        "#",
        "",
        "page.html",
    ],
)
def test_any_other_link_is_plain_text(address: str) -> None:
    parsed = linked(address)
    assert parsed.values("href", "a") == ["#main"]
    assert "text" in parsed.text


def test_a_link_finds_a_table_where_no_heading_has_its_name() -> None:
    table = Table("rows", "Rows", (Column("a", "A"),), (("x",),))
    sample = msgspec.structs.replace(document(), blocks=(Paragraph((Link("there", "#rows"),)), table))
    parsed = Parsed(html(sample))
    assert "#table-rows" in parsed.values("href", "a")
    assert "table-rows" in parsed.values("id")


def test_values_are_written_as_people_write_them() -> None:
    columns = (Column("a", "A"), Column("b", "B", "number"), Column("c", "C", "date"), Column("d", "D", "code"))
    rows = (
        ("x", 12345, date(2010, 8, 6), 12345),
        ("y", Suppressed(1, 9), None, "q-1"),
        (None, 0, date(2010, 10, 31), Suppressed(1, 9)),
    )
    made = html(msgspec.structs.replace(document(), blocks=(Table("t", "T", columns, rows),)))
    assert re.findall(r"<tr><th scope=\"row\".*</tr>", made) == [
        '<tr><th scope="row" class="whole">x</th><td class="n whole">12,345</td>'
        '<td class="whole"><time datetime="2010-08-06">6 August 2010</time></td>'
        '<td class="whole"><code>12345</code></td></tr>',
        '<tr><th scope="row" class="whole">y</th><td class="n whole">fewer than 10</td><td class="whole"></td>'
        '<td class="whole"><code>q-1</code></td></tr>',
        '<tr><th scope="row" class="whole">–</th><td class="n whole">0</td>'
        '<td class="whole"><time datetime="2010-10-31">31 October 2010</time></td>'
        '<td class="whole">fewer than 10</td></tr>',
    ]


def test_it_says_at_its_end_what_it_was_made_from() -> None:
    end = plain(Parsed(html(document())).text).partition("What this was made from")[2]
    assert end.strip() == (
        "Ledger quillshire.example/transfers Entries 2,838 "
        f"Hash of the last entry {SUM} Last entry recorded 30 September 2010 at 23:59 London time As of 1 October 2010 "
        "Documented purposes (SHA-256) 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae "
        "Made with transfer-ledger 0.1.0 Options for=dpo year=2009-10"
    )


def test_the_warning_is_the_first_thing_in_the_body() -> None:
    elements = Parsed(html(document())).elements
    after = elements[elements.index(("body", {})) + 1]
    assert after == ("section", {"class": "warning", "aria-label": "Warning"})
    assert "warning" not in Parsed(html(document(warned=False))).values("class")


def test_a_table_too_wide_for_paper_comes_in_parts_and_loses_nothing() -> None:
    made = html(document(columns=136))
    parts = re.findall(r'<div class="scroll matrix[^>]*>.*?</div>', made, re.DOTALL)
    titles = [re.findall(r"<span>(.*?)</span></th>", part) for part in parts]
    assert [len(one) for one in titles] == [46, 34, 29, 27]
    assert list(chain.from_iterable(titles)) == [FIELDS[at % len(FIELDS)] for at in range(136)]
    assert all("Learning and Skills Council" in part for part in parts)
    assert "Data items sent, by recipient (columns 110 to 136 of 136)" in parts[3]
    assert [str(17 * at) for at in range(136) if at % 3 == 2] == re.findall(
        r"<td[^>]*>([\d,]+)</td>", "".join(re.findall(r">Department.*?</tr>", "".join(parts))).replace(",", "")
    )
    assert len(re.findall(r'class="scroll matrix', html(document(columns=32)))) == 1


@pytest.mark.parametrize("empty", [(), document().blocks[-1:]])
def test_a_document_of_nearly_nothing_is_a_page(empty: Any) -> None:
    sample = document(warned=False)
    made = msgspec.structs.replace(sample.made, head="", size=0, registers=(), options=())
    parsed = Parsed(html(msgspec.structs.replace(sample, blocks=empty, footer=(), made=made, about="")))
    assert "nav" not in [tag for tag, _ in parsed.elements]
    assert "None adopted." in parsed.text
    assert "no report in this folder" in index_html([], "A", "B", "", None)


def test_the_index_leads_to_files_of_its_own_folder_only() -> None:
    names = ["dpo.html", "schools/high school/dpo#1?.html", "javascript:alert(1)", "//a.example/x", "ünï.pdf"]
    found = Parsed(index_html([IndexEntry(name, name, "", SUM, 1) for name in names], "A", "B", "C", None))
    assert found.values("href", "a")[1:] == [
        "./dpo.html",
        "./schools/high%20school/dpo%231%3F.html",
        "./javascript%3Aalert%281%29",
        ".///a.example/x",
        "./%C3%BCn%C3%AF.pdf",
    ]


def test_the_index_says_each_file_s_size_and_sum() -> None:
    sizes = [0, 1, 999, 1000, 999_499, 999_500, 12_345_678]
    made = index_html([IndexEntry(f"{size}.csv", "All", "", SUM, size) for size in sizes], "A", "B", "C", None)
    told = re.findall(r'class="quiet">(.*?)</span>', made)
    assert told == ["0 bytes", "1 byte", "999 bytes", "1 kB", "999 kB", "1.0 MB", "12.3 MB"]
    assert made.count(SUM) == len(sizes)
    assert made.count("<h2") == 1


# -- the page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [html(document()), html(document(columns=136)), index()], ids=["one", "wide", "index"])
def test_ids_are_unique_and_whatever_is_named_is_there(made: str) -> None:
    parsed = Parsed(made)
    ids = parsed.values("id")
    assert [one for one, count in Counter(ids).items() if count > 1] == []
    named = [one[1:] for one in parsed.values("href", "a") if one.startswith("#")] + parsed.values("aria-labelledby")
    assert set(named) <= set(ids)
    assert len(parsed.values("id", "main")) == [tag for tag, _ in parsed.elements].count("h1") == 1


def test_an_anchor_keeps_its_name_and_everything_else_makes_room() -> None:
    blocks = (
        Table("main", "M", (Column("a", "A"),), (("x",),)),
        *(Heading(one, one) for one in ("main", "contents", "made", "table-main", "table-main-caption")),
    )
    parsed = Parsed(html(msgspec.structs.replace(document(), blocks=blocks)))
    assert parsed.values("id", "h2") == [
        "contents-2", "main", "contents", "made", "table-main", "table-main-caption", "made-2",
    ]  # fmt: skip
    assert "table-main-2" in parsed.values("id", "div")


@pytest.mark.parametrize("made", [html(document()), index()], ids=["document", "index"])
def test_it_names_nothing_to_fetch(made: str) -> None:
    parsed = Parsed(made)
    assert {tag for tag, _ in parsed.elements}.isdisjoint(
        {"script", "iframe", "object", "embed", "form", "base", "svg"}
    )
    assert not [name for _, found in parsed.elements for name in found if name.startswith("on") or name == "style"]
    assert all(one.startswith("data:image/svg+xml;base64,") for one in parsed.values("src"))
    assert parsed.values("href", "link") == ["data:,"]
    (style,) = re.findall(r"<style>(.*?)</style>", made, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style


def test_the_same_document_gives_the_same_bytes_in_any_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for zone in ("UTC", "Pacific/Auckland"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        made.append(html(document()) + index())
    monkeypatch.undo()
    time.tzset()
    assert made[0] == made[1]


@pytest.mark.slow
def test_a_hundred_thousand_cells_take_no_more_than_seconds() -> None:
    sample = document(rows=20_000)
    began = time.monotonic()
    assert html(sample).count("<tr>") > 20_000
    assert time.monotonic() - began < 20


# -- in a browser ---------------------------------------------------------------------------------------------


# Not for the session: while it is open, no other test can start playwright's event loop.
@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture(scope="module")
def pages(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Pages opened as files; whatever one logs, or asks a network for, is an error."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "sample": html(document()),
        "hostile": html(document(lambda text: f"{HOSTILE['image']} {HOSTILE['brackets']} {text}", rows=2)),
        "long": html(document(lambda text: f"{HOSTILE['long']} {HOSTILE['right to left']} {text}", rows=2)),
        "quiet": html(document(warned=False, columns=136)),
        "index": index(lambda text: f"{'x' * 100}{text}"),
    }
    said: list[str] = []
    opened = {}
    for name, text in texts.items():
        path = folder / f"{name}.html"
        path.write_text(text, "utf-8")
        tab = opened[name] = browser.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request, own=path: request.url == own.as_uri() or said.append(request.url))
        tab.goto(path.as_uri())
    yield opened
    assert [one for one in said if not one.startswith("data:")] == []


NAMES = ("sample", "hostile", "long", "quiet", "index")


EVERY = [(name, width, scheme) for name in NAMES for width in WIDTHS[:2] for scheme in ("light", "dark")]
QUICK = [one for one in EVERY if one[0] == "sample"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in EVERY if one not in QUICK)],
)
def test_axe_finds_nothing(pages: dict[str, Any], name: str, width: int, scheme: Any) -> None:
    broken, passed = judged(pages[name], width, scheme)
    assert broken == []
    assert {"color-contrast", "target-size", "landmark-one-main", "skip-link"} <= passed


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_its_screen(pages: dict[str, Any], name: str, width: int) -> None:
    tab = pages[name]
    tab.emulate_media(media="screen")
    tab.set_viewport_size({"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


# Of A4 with its margins of 16 mm, in CSS pixels.
UPRIGHT, ACROSS = 672, 1001


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_on_paper(pages: dict[str, Any], name: str) -> None:
    tab = pages[name]
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = false")
    for width, which in ((UPRIGHT, "body *:not(.wide, .wide *, .unseen)"), (ACROSS, ".wide, .wide *")):
        tab.set_viewport_size({"width": width, "height": 1000})
        tab.emulate_media(media="print")
        outside = tab.evaluate(
            """which => [...document.querySelectorAll(which)].filter(one => {
              const {left, right} = one.getBoundingClientRect();
              return right > document.documentElement.clientWidth + 1 || left < -1;
            }).map(one => one.outerHTML.slice(0, 200))""",
            which,
        )
        assert outside == []
    hidden = tab.evaluate("""[...document.querySelectorAll('td, th, figure, img, .warning, .made')]
      .filter(one => !one.checkVisibility({contentVisibilityAuto: true}) || one.getBoundingClientRect().height === 0)
      .map(one => one.outerHTML)""")
    assert hidden == []
    tab.emulate_media(media="screen")


def test_the_first_key_leads_past_the_contents(pages: dict[str, Any]) -> None:
    tab = pages["quiet"]
    tab.set_viewport_size({"width": 1280, "height": 800})
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main"


def test_even_markup_in_the_page_could_fetch_and_run_nothing(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        html(document()).replace("</main>", "<p id='put'></p><b style='color: red'></b></main>", 1), "utf-8"
    )
    tab = browser.new_page()
    tab.goto(path.as_uri())
    refused = tab.evaluate("""async () => {
      const found = [], made = (name, more) => Object.assign(document.createElement(name), more);
      document.addEventListener('securitypolicyviolation', event => found.push(event.effectiveDirective));
      await fetch('http://127.0.0.1:9/').catch(() => {});
      made('img', {src: 'http://127.0.0.1:9/x.png'});
      document.head.append(
        made('script', {src: 'http://127.0.0.1:9/x.js'}), made('script', {textContent: 'document.title = 1'}),
        made('iframe', {src: 'http://127.0.0.1:9/'}), made('style', {textContent: 'p {color: red}'}),
        made('link', {rel: 'stylesheet', href: 'http://127.0.0.1:9/x.css'}), made('base', {href: 'http://127.0.0.1:9/'}));
      const form = made('form', {action: 'http://127.0.0.1:9/'});
      document.body.append(form);
      form.submit();
      document.getElementById('put').outerHTML = '<p onclick="document.title = 1" id="put"></p>';
      document.getElementById('put').click();
      await new Promise(done => setTimeout(done, 200));
      return [...new Set(found)].sort();
    }""")
    title, colour = (
        tab.evaluate("document.title"),
        tab.evaluate("getComputedStyle(document.querySelector('b[style]')).color"),
    )
    tab.close()
    assert refused == [
        "base-uri", "connect-src", "form-action", "frame-src", "img-src", "script-src-attr", "script-src-elem",
        "style-src-elem",
    ]  # fmt: skip
    assert title.startswith("Data transfers")
    assert colour != "rgb(255, 0, 0)"


def test_numbers_that_stand_in_a_table_of_the_document_are_not_said_again() -> None:
    figure = next(block for block in document().blocks if isinstance(block, Chart)).figure
    columns = (Column("a", "When"), *(Column(f"c{at}", name, "number") for at, name in enumerate(figure.columns)))
    rows = tuple((name, *numbers) for name, numbers in figure.table)
    for shown, beside in ((rows, True), (rows[1:], False), ((*rows, rows[0]), False)):
        blocks = (Table("same", "Same", columns, shown), Chart(figure))
        made = html(msgspec.structs.replace(document(), blocks=blocks))
        assert ('<a href="#table-same">The numbers are in the table' in made) == beside
        assert ("The numbers of this chart" in made) != beside
