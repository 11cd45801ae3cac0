"""What was typed, and may be erased, stands nowhere but where it is meant to: every page, file and feed is read here.

A data protection officer sees it after asking for it on the entry's own page, which is logged; a clerk sees who
recorded what of their own. Everything that any role can reach by following links, in every format, is looked through.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_plus, urlsplit

import openpyxl
import pytest

from tests.plugins import browsed
from tests.plugins.browsed import FIRST
from tests.plugins.checked import check
from tests.plugins.security.house import NOWHERE, Answer, House, carries_headers, house_over

DECIDED, OWNER = "why it was decided, as typed", "Kim Owner"
TYPED = (*browsed.TYPED, DECIDED, OWNER)

MOST_PAGES = 500
AWAY = ("/-/sign-out", "/-/evidence.zip", "/-/ledger.db")
"""Ends the session, starts work, or holds everything by design."""


@pytest.fixture(scope="module")
def house(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("typed")
    with house_over(kept, folder) as house:
        # Two decisions: one that the last check has seen, one that it has not.
        lead = house.who["lead"]
        keys = [one["key"] for one in json.loads(house.ask(lead, "/-/findings.json").body)["findings"]]
        for place, key in enumerate(keys[:2]):
            fields = {"key": key, "decision": "remedied", "reason": DECIDED, "owner": OWNER, "seal": "1"}
            answer = house.form(lead, "/-/findings/decide", fields)
            assert "One decision sealed" in answer.text, answer.text
            if place == 0:
                check(house.site)
        yield house


class Links(HTMLParser):
    """Where the links and forms of a page lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value and tag != "form":
                self.found.add(value)


def content(answer: Answer) -> str:
    """All that an answer says, in plain: what is packed is unpacked."""
    kind = answer.header("content-type")
    if "spreadsheet" in kind or answer.body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
            parts = [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
        return html.unescape("\n".join(parts))
    text = answer.text
    if "json" in kind:
        text += json.dumps(json.loads(answer.body), ensure_ascii=False)
    return html.unescape(text)


def crawl(house: House, name: str, most: int = MOST_PAGES) -> dict[str, Answer]:
    """Every answer that somebody reaches by following links from the first page, by its address."""
    who = house.who[name]
    waiting, found = ["/", NOWHERE, "/-/people?before=x", "/-/transfers?q=" + "a" * 600], dict[str, Answer]()
    while waiting and len(found) < most:
        target = waiting.pop(0)
        if target in found or any(target.startswith(away) for away in AWAY):
            continue
        answer = found[target] = house.ask(who, target)
        assert answer.status < 500, f"{name} {target}: {answer.text[:2000]}"
        assert carries_headers(answer), f"{name} {target}: {answer.headers}"
        if location := answer.header("location"):
            waiting.append(location)
        if "html" in answer.header("content-type"):
            for link in sorted(Links(answer.text).found):
                parts = urlsplit(link)
                # Datasette writes some links in full.
                assert parts.scheme == "data" or parts.netloc in ("", "127.0.0.1:8001"), f"{target} leads to {link}"
                if parts.path.startswith("/"):
                    waiting.append(f"{parts.path}?{parts.query}".rstrip("?"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dpo", "auditor", "governor", "clerk"])
def test_nothing_typed_is_reached_by_following_links(house: House, name: str) -> None:
    found = crawl(house, name)
    for target, answer in found.items():
        told = [one for one in TYPED if one in content(answer) or one in unquote_plus(target)]
        if told and name == "dpo" and (to_correct := re.fullmatch(r"/-/record/(\d+)/correct", target)):
            # What is to be corrected must be seen; that it was looked at is written in the log.
            about = [line.about for line in house.site.people.logged(1000)]
            assert f"entry {to_correct[1]}, to correct it" in about
            continue
        assert not told, f"{name} {target} shows {told}"
    there = {target.partition("?")[0] for target in found}
    if name in ("dpo", "auditor"):
        assert f"/-/entries/{FIRST + 2}" in there
        assert {"/-/transfers.csv", "/-/transfers.xlsx", "/-/transfers.json", "/-/findings.atom"} <= there


TARGETS = [
    *(f"/-/entries/{seq}{ending}" for seq in range(13) for ending in ("", ".json")),
    *(f"/-/transfers{ending}" for ending in ("", ".json", ".csv", ".xlsx", "?q=typed", "?q=Mystery", ".csv?q=Shoe")),
    *(f"/-/findings{ending}" for ending in ("", ".json", ".csv", ".xlsx", ".atom", "?state=all", "?q=Mystery",
    ".json?q=Shoe")),
    "/", "/-/organisations", "/-/organisations/elm-primary", "/-/receipts", "/-/receipts.txt", "/-/register",
    "/-/people",
    "/-/record", "/-/record/refused", "/-/reports", "/-/saved", "/-/verification",
]  # fmt: skip


@pytest.mark.parametrize("name", [
    "dpo", "clerk", *(pytest.param(name, marks=pytest.mark.slow) for name in ("auditor", "dpo token", "auditor token")),
    pytest.param("clerk token", marks=pytest.mark.slow),
])  # fmt: skip
def test_nothing_typed_is_on_any_page_of_an_entry_or_list(house: House, name: str) -> None:
    for target in TARGETS:
        for accept in ("text/html", "*/*"):
            answer = house.ask(house.who[name], target, accept=accept)
            shown = content(answer)
            assert answer.status in (200, 303, 400, 404, 405), f"{name} {target}: {answer.status} {shown[:300]}"
            if answer.status == 200 and "q=" in target:
                # What was asked for stands in the form again; nothing else says it.
                continue
            assert not [one for one in TYPED if one in shown], f"{name} {target} ({accept})"


def test_a_search_does_not_find_what_was_typed(house: House) -> None:
    for word in ("Jo Typed", "Mystery", "Shoe size", "some purpose"):
        answer = house.ask(house.who["dpo"], f"/-/transfers.json?q={word.replace(' ', '+')}")
        assert json.loads(answer.body)["count"] == 0, word


def test_the_data_protection_officer_sees_it_when_it_is_asked_for_and_that_is_logged(house: House) -> None:
    who = house.who["dpo"]
    before = house.site.people.logged(1)[0].n
    shown = content(house.form(who, f"/-/entries/{FIRST + 2}/erasable"))
    assert "Mystery <b>Ltd</b>" in shown
    assert "Shoe size as typed" in shown
    line = house.site.people.logged(1)[0]
    assert (line.n, line.what, line.about) == (before + 1, "looked at erasable values", f"entry {FIRST + 2}")
    for name in ("auditor", "governor", "clerk", "dpo token"):
        other = house.who[name]
        assert house.form(other, f"/-/entries/{FIRST + 2}/erasable").status in (401, 403, 404), name
    assert house.site.people.logged(1)[0].n == line.n


def test_files_of_lists_have_no_cell_that_a_spreadsheet_computes(house: House) -> None:
    for target in ("/-/transfers.csv", "/-/findings.csv?state=all"):
        for row in csv.reader(io.StringIO(house.ask(house.who["dpo"], target).text)):
            assert not [cell for cell in row if re.match(r"[=+\-@\t\r]", cell)], target
    for target in ("/-/transfers.xlsx", "/-/findings.xlsx?state=all"):
        book = openpyxl.load_workbook(io.BytesIO(house.ask(house.who["dpo"], target).body))
        for sheet in book:
            assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"], target
