"""Text of the ledger that looks like markup, SQL or a formula: on every page it is text, in every file a cell of text.

It stands in every member and name that the writer lets it into, in organisations, and in what is typed; and a row of
the file is altered so that it stands where no writer lets it. Pages are read with a parser as browsers have one: the
tag that is hidden in the text must never be seen as a tag.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import openpyxl
import pytest

from ledger import writer
from tests.codes import LEAD
from tests.plugins.browsed import FIRST, RANDOM, clock, make_ledger
from tests.plugins.checked import check
from tests.plugins.security.house import House, house_over
from tests.plugins.security.test_requests import FORM, JSON
from tests.plugins.security.test_typed import crawl

NASTY = '</title></textarea></script>--><xss onx="1">\'"><img src=x onerror=alert(1)>{{7*7}}\';DROP TABLE entries;--'
FORMULA = '=HYPERLINK("https://evil.example",1)<xss>'
ORGANISATION = {
    "id": "evil-school",
    "name": "=1+1 <xss onx=1>School</xss> '\";--",
    "role": "school",
    "phase": "primary",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("markup")
    path = make_ledger(folder / "kept.db")
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        ledger.add_organisations([ORGANISATION])
    with house_over(path, folder) as house:
        house.taken = [one for one in hostile() if posted(house, one)]  # type: ignore[attr-defined]
        check(house.site)
        yield house


PLAIN: dict[str, Any] = {
    "id": "x", "transferred_at": "2010-07-05", "sender": "evil-school", "recipient": "ofsted",
    "purpose": "school-inspection",
    "fields": ["upn"], "lawful_basis": ["dpa1998-sch2-5"], "subjects": {"kind": "pupil", "count": 210},
}  # fmt: skip
TEXTS = ("recipient", "purpose", "sender", "lawful_basis", "channel", "special_category_condition", "schools",
         "operator", "note",
         "reason", "fields", "id", "extract", "granularity", "limited_to")  # fmt: skip


def hostile() -> Iterator[dict[str, Any]]:
    """A transfer with the text in each of its members, by itself and with all others."""
    for place, name in enumerate(TEXTS):
        for kind, text in enumerate((NASTY, FORMULA)):
            value: Any = [*PLAIN[name], text] if isinstance(PLAIN.get(name), list) else text
            yield {**PLAIN, "id": f"nasty-{place}-{kind}", name: value}
    yield {**PLAIN, "id": "a<xss>b"}
    yield {**PLAIN, "id": "=1+1"}
    yield {**PLAIN, "id": "subjects", "subjects": {"kind": NASTY, "count": 1}}
    yield {**PLAIN, "id": "payload", "payload": {"rows": 1, "file": NASTY}}
    yield {**PLAIN, "id": "onward", "onward_of": [{"origin": NASTY, "id": NASTY}]}


def posted(house: House, stated: dict[str, Any]) -> bool:
    """Posts a transfer; whether it was taken. What is wrong with it may be quoted, in JSON."""
    answer = house.ask(
        house.who["clerk token"], "/-/transfers", "POST", json.dumps(stated).encode(), JSON, accept="*/*"
    )
    assert answer.status in (201, 400), answer.text
    assert answer.header("content-type") == "application/json"
    return answer.status == 201


class Tags(HTMLParser):
    """Every tag and attribute of a page, as a browser sees them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.inline: list[str] = []
        self._in = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in = tag
        if tag in ("script", "style") and not any(name == "src" for name, _ in attrs):
            self.inline.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action") and value:
                assert not value.lower().lstrip().startswith(("javascript:", "vbscript:", "data:text")), value


def markup_is_ours(page: str, where: str) -> None:
    """Asserts that a page has no markup that came from the ledger."""
    found = Tags(page)
    assert not found.tags & {"xss", "img", "iframe", "object", "embed", "base"}, where
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"], (
        where,
        found.attributes,
    )
    assert not found.inline, where
    assert "49';DROP" not in page, f"{where}: what stands in the text was computed"


def test_the_writer_takes_such_text_where_it_takes_text_at_all(house: House) -> None:
    taken = {one["id"] for one in house.taken}  # type: ignore[attr-defined]
    assert len(taken) >= 10, taken
    assert "a<xss>b" not in taken


@pytest.mark.slow
def test_no_page_of_an_entry_or_list_has_it_as_markup(house: House) -> None:
    size, shown = house.site.view().head.size, 0
    pages = ["/", "/-/transfers", "/-/findings?state=all", "/-/organisations", "/-/organisations/evil-school",
             "/-/receipts",
             "/-/record", "/ledger/transfers", "/ledger/transfers_with_findings", "/ledger/findings_with_transfers",
             f"/-/transfers?q={'%3Cxss%3E'}", *(f"/-/entries/{seq}" for seq in range(FIRST, size))]  # fmt: skip
    for path in pages:
        answer = house.ask(house.who["dpo"], path)
        assert answer.status == 200, path
        markup_is_ours(answer.text, path)
        shown += "xss" in answer.text
    for seq in range(FIRST, size):
        for answer in (
            house.form(house.who["dpo"], f"/-/entries/{seq}/erasable"),
            house.ask(house.who["dpo"], f"/-/record/{seq}/correct"),
        ):
            if answer.status == 200:
                markup_is_ours(answer.text, f"entry {seq}")
                shown += "&lt;xss" in answer.text
    assert shown > 10  # it does stand there, as text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dpo", "auditor", "clerk"])
def test_no_page_that_links_lead_to_has_it_as_markup(house: House, name: str) -> None:
    for target, answer in crawl(house, name, 250).items():
        if "html" in answer.header("content-type") and not answer.header("content-disposition"):
            markup_is_ours(answer.text, f"{name} {target}")


def test_a_form_that_is_shown_again_has_what_was_typed_as_text(house: House) -> None:
    dpo = house.who["dpo"]
    record = house.ask(dpo, "/-/record").text
    ways = sorted(html.unescape(one) for one in set(re.findall(r'href="(/-/record\?[^"]+)"', record)))
    assert ways
    again = 0
    for path in (ways[0], "/-/record/refused", f"/-/record/{FIRST}/correct", f"/-/record/{FIRST}/withdraw"):
        fields = Fields(house.ask(dpo, path).text).found
        assert "csrf" in fields, path
        typed = {name: value if name in KEPT else NASTY for name, value in fields.items()}
        answer = house.form(dpo, path.partition("?")[0], {k: v for k, v in typed.items() if k != "csrf"})
        assert answer.status < 500
        markup_is_ours(answer.text, path)
        again += "&lt;xss" in answer.text
    assert again >= 3
    for wanted in ("id", "next", "password"):
        body = urlencode({"id": "x", "next": "/", "password": "", wanted: NASTY}).encode()
        stranger = house.ask(house.who["anonymous"], "/-/sign-in", "POST", body, FORM)
        markup_is_ours(stranger.text, wanted)
        assert ("&lt;" in stranger.text) == (wanted == "id")


KEPT = ("csrf", "made_from", "began", "way", "id")
"""Fields of a form that the page itself gave, and looks at before all else."""


class Fields(HTMLParser):
    """The names and values of the fields of a page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("input", "textarea", "select") and (name := given.get("name")) and given.get("type") != "checkbox":
            self.found.setdefault(name, given.get("value") or "")


def test_files_hold_it_as_text(house: House) -> None:
    dpo, cells = house.who["dpo"], 0
    for target in ("/-/transfers.csv", "/-/findings.csv?state=all"):
        for row in csv.reader(io.StringIO(house.ask(dpo, target).body.decode("utf-8-sig"))):
            assert not [cell for cell in row if cell[:1] in "=+@\t\r" and cell], row
            cells += sum("xss" in cell for cell in row)
    for target in ("/-/transfers.xlsx", "/-/findings.xlsx?state=all"):
        for sheet in openpyxl.load_workbook(io.BytesIO(house.ask(dpo, target).body)):
            for row in sheet.iter_rows():
                assert not [cell for cell in row if cell.data_type == "f"], target
    feed = ElementTree.fromstring(house.ask(dpo, "/-/findings.atom?state=all").body)
    assert not [one.tag for one in feed.iter() if "xss" in one.tag]
    assert cells


def test_what_was_put_into_the_file_past_the_writer_is_text_too(house: House) -> None:
    with closing(sqlite3.connect(house.path)) as db, db:
        guards = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f'DROP TRIGGER "{name}"')
        nasty = "<xss onx=1></xss>"
        db.execute("UPDATE entries SET entry = replace(entry, 'elm-primary', ?)", (nasty,))
        for _, sql in guards:
            db.execute(sql)
    with closing(sqlite3.connect(house.site.verdicts.path)) as db, db:
        db.execute("UPDATE findings SET found = ?, expected = ?, next_step = ?, citation = ?", (nasty,) * 4)
    for path in ("/", "/-/transfers", "/-/findings?state=all", "/-/organisations", f"/-/entries/{FIRST}",
    "/ledger/transfers",
                 "/ledger/findings_with_transfers", "/ledger/transfers_with_findings", "/-/register"):  # fmt: skip
        answer = house.ask(house.who["dpo"], path)
        assert answer.status in (200, 503), path
        markup_is_ours(answer.text, path)
    assert html.escape(nasty) in house.ask(house.who["dpo"], "/ledger/findings_with_transfers").text
