"""The inbox of findings, and the findings for programs: as JSON, as files and as a feed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from defusedxml import ElementTree
from openpyxl import load_workbook

from datasette_plugins.transfer_ledger.pages import inbox
from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.verdicts import replace
from ledger.source import Source
from ledger.writer import Ledger
from reports.cli.check import Checked, check_ledger
from reports.decisions import Verdict
from reports.documents.findings import Row, rows_of, title
from reports.wording import Labels
from tests.codes import LEAD
from tests.plugins.asking import Reader, hidden, plain, site_over
from tests.plugins.checked import check
from tests.plugins.columns import mixture
from tests.reports.ledgers import AFTER, GOOD, SECRET, UNDOCUMENTED, UNKNOWN, make_ledger

NOW = datetime(2011, 2, 28, 9, tzinfo=UTC)
TODAY = NOW.date()
ATOM = "{http://www.w3.org/2005/Atom}"


def opened(path: Path, now: datetime = NOW) -> AbstractContextManager[Site]:
    """The app over the ledger at `path`, as of `now`."""
    return site_over(path, clock=lambda: now)


def at(site: Site, who: str = "dpo") -> Reader:
    """Somebody at the app, whose requests are all answered, unless a test says otherwise."""
    return Reader(site, who, 200)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app over a ledger with some of everything, which no test here changes."""
    with opened(mixture.make(tmp_path_factory.mktemp("ledger") / "transfers.db")) as site:
        yield site


def in_state(row: Row, state: str) -> bool:
    """Whether a finding of a check of the file is in a state."""
    counts, waits = row.corrected_by is None, row.standing.state == "awaiting-confirmation"
    overdue = row.decision is not None and not row.decision.closed and row.standing.state == "open"
    return {
        "open": counts and (waits or (row.outcome == "breach" and row.standing.state == "open")),
        "awaiting": waits,
        "undecided": counts and row.outcome != "breach" and row.standing.state == "open" and not overdue,
        "closed": counts and row.standing.state == "settled",
        "overdue": counts and overdue,
        "corrected": not counts,
        "all": True,
    }[state]


@pytest.mark.parametrize("state", ["open", "awaiting", "undecided", "closed", "overdue", "corrected", "all"])
def test_every_finding_stands_where_it_belongs(site: Site, state: str) -> None:
    desk = at(site)
    found = desk.get(f"/-/findings.json?state={state}&size=1000").json()
    expected = {row.key for row in check_ledger(site.path, TODAY).rows if in_state(row, state)}
    keys = [one["key"] for one in found["findings"]]
    assert keys == sorted(expected)
    assert found["count"] == len(expected) > 0
    shown, number = set(), 1
    while True:
        page = desk.get(f"/-/findings?state={state}&page={number}").text
        shown |= set(re.findall(r"/-/findings/([0-9a-f]{64})", page))
        if 'rel="next"' not in page:
            break
        number += 1
    assert shown == expected


def test_the_answer_comes_first(site: Site) -> None:
    text = plain(at(site).get("/-/findings").text)
    count = sum(in_state(row, "open") for row in check_ledger(site.path, TODAY).rows)
    assert f"{count} findings are open; the oldest is " in text
    assert f"As of the check on 28 February 2011 of {site.view().head.size} entries." in text
    assert text.index("findings are open") < text.index("Narrow the list")


def test_a_group_says_what_it_is_from_whom_to_whom_and_since_when(site: Site) -> None:
    view = site.view()
    groups = view.found.groups(view.findings(inbox.findings_of("state=open", view), TODAY))
    page = at(site).get("/-/findings").text
    text = plain(page)
    for group in groups[:5]:
        assert title(group.sample.check) in text
        assert group.sample.expected in text
        assert inbox.about(view, group.sample, {}).recipient in text
        assert not [one.found for one in view.found.of_keys(group.keys[:20]) if one.found not in text]
    sizes = [int(value) for name, value in hidden(page) if name == "number"]
    assert sizes == [len(one.keys) for one in groups[:25]]


def test_a_group_of_its_own_shows_all_its_findings(site: Site) -> None:
    page = at(site).get("/-/findings?state=undecided").text
    sent = [value for name, value in hidden(page) if name in ("group", "number")]
    number, group = next(pair for pair in zip(sent[::2], sent[1::2], strict=True) if pair[0] != "1")
    alone = at(site).get(f"/-/findings?state=undecided&group={group}").text
    assert [value for name, value in hidden(alone) if name == "group"] == [group]
    assert alone.count('type="checkbox"') == int(dict(hidden(alone))["number"]) == int(number)
    gone = plain(at(site).get(f"/-/findings?group={'0' * 16}").text)
    assert "No finding with this cause is in this list any more" in gone


def test_an_auditor_reads_the_same_without_the_forms(site: Site) -> None:
    mine, theirs = (at(site, who).get("/-/findings?state=all").text for who in ("dpo", "auditor"))
    assert "/-/findings/decide" in mine
    assert "/-/findings/decide" not in theirs
    assert "checkbox" not in theirs
    assert re.findall(r"/-/findings/([0-9a-f]{64})", mine) == re.findall(r"/-/findings/([0-9a-f]{64})", theirs)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("page=0", "the number of a page"),
        ("page=9999", "pages of this"),
        ("page=1&page=2", "more than once"),
        ("state=other", "one of all, open, awaiting"),
        ("recipient=<b>", "<b> is none"),
        ("what=1", "no parameter what"),
        ("year=2010", "no school year"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(site: Site, query: str, says: str) -> None:
    assert says in plain(at(site).get(f"/-/findings?{query}", 400).text)


@pytest.mark.parametrize("query", ["after=1", "size=0", "size=1001", "size=１", "after=" + "g" * 64])
def test_a_broken_continuation_is_a_sentence(site: Site, query: str) -> None:
    assert "error" in at(site, "audit").get(f"/-/findings?{query}", 400).json()


def test_a_program_gets_all_findings_answer_by_answer(site: Site) -> None:
    program, keys, after = at(site, "audit"), [], ""
    while True:
        answer = program.get(f"/-/findings?state=all&size=50&after={after}").json()
        keys += [one["key"] for one in answer["findings"]]
        if answer["after"] is None:
            break
        after = answer["after"]
    assert keys == sorted(row.key for row in check_ledger(site.path, TODAY).rows)
    by_key = {row.key: row for row in check_ledger(site.path, TODAY).rows}
    for one in answer["findings"]:
        row = by_key[one["key"]]
        assert (one["found"], one["state"], one["sender"]) == (row.found, row.standing.state, row.sender_id)
        assert one["names"]["recipient"] == row.recipient


def test_files_hold_exactly_what_the_list_shows(site: Site) -> None:
    desk = at(site)
    rows = {row.key: row for row in check_ledger(site.path, TODAY).rows}
    read = list(csv.DictReader(io.StringIO(desk.get("/-/findings.csv?state=all").content.decode("utf-8-sig"))))
    assert {one["Key"] for one in read} == rows.keys()
    for one in read:
        row = rows[one["Key"]]
        assert one["Found"].lstrip("'") == row.found
        assert (one["From"].lstrip("'"), one["To"], one["State"]) == (row.sender, row.recipient, row.state)
        assert one["Decision in entry"] == ("" if row.decision is None else str(row.decision.seq))
    sheet = load_workbook(io.BytesIO(desk.get("/-/findings.xlsx?state=all").content)).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [one["Key"] for one in read]
    view = site.view()
    assert [one["Key"] for one in read] == view.found.keys[
        view.found.groups(view.findings(inbox.findings_of("state=all", view), TODAY)).in_order()
    ].tolist()


def test_the_feed_is_atom_with_the_newest_first_and_nothing_erasable(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", UNKNOWN, AFTER)
    with opened(path) as site:
        answer = at(site, "audit").get("/-/findings.atom")
        assert answer.headers["content-type"] == "application/atom+xml"
        assert SECRET not in answer.text
        root = ElementTree.fromstring(answer.content)
        assert root.tag == f"{ATOM}feed"
        for parent in (root, *root.iter(f"{ATOM}entry")):
            assert {one.tag for one in parent} >= {f"{ATOM}{name}" for name in ("id", "title", "updated")}
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", parent.findtext(f"{ATOM}updated"))
        assert root.find(f"{ATOM}author/{ATOM}name").text == "Shire <b>Council</b>"
        updated = [one.findtext(f"{ATOM}updated") for one in root.iter(f"{ATOM}entry")]
        assert updated == sorted(updated, reverse=True)
        ids = [one.findtext(f"{ATOM}id") for one in root.iter(f"{ATOM}entry")]
        keys = {one["key"] for one in at(site, "audit").get("/-/findings").json()["findings"]}
        assert {one.rpartition(":")[2] for one in ids} == keys
        again = ElementTree.fromstring(at(site).get("/-/findings.atom").content)
        assert again.findtext(f"{ATOM}id") == root.findtext(f"{ATOM}id")
        links = [one.get("href") for one in root.iter(f"{ATOM}link")]
        assert all(one.startswith(site.settings.origin) for one in links)
        assert SECRET not in at(site).get("/-/findings?state=all").text


def test_a_ledger_without_findings_says_so(tmp_path: Path) -> None:
    with opened(make_ledger(tmp_path / "transfers.db", GOOD)) as site:
        desk = at(site)
        assert "Nothing is open." in plain(desk.get("/-/findings").text)
        assert "No findings match these filters." in plain(desk.get("/-/findings?severity=minor").text)


def decide(path: Path, key: str, decision: Verdict, seen: int | None, due: date | None = None) -> int:
    with Ledger(
        path, lambda: datetime(2011, 2, 27, tzinfo=UTC), lambda size: bytes([size, seen or 0] * size)[:size], LEAD
    ) as one:
        return one.review(key, "any", decision, due, seen, {"reason": "typed by somebody"}).seq


FIELDS = "check=field-not-documented"


def test_a_decision_shows_at_once_and_after_the_next_check(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", UNDOCUMENTED)
    with opened(path) as site:
        desk = at(site)
        (one,) = desk.get(f"/-/findings.json?{FIELDS}").json()["findings"]
        for checked_again in (False, True):
            if checked_again:
                check(site)
            else:
                first = decide(path, one["key"], "false-alarm", None)
                seq = decide(path, one["key"], "accepted", first, date(2011, 3, 31))
            assert desk.get(f"/-/findings.json?{FIELDS}").json()["count"] == 0
            (decided,) = desk.get(f"/-/findings.json?state=closed&{FIELDS}").json()["findings"]
            assert decided["decision"] == {"decision": "accepted", "due": "2011-03-31", "entry": seq, "closed": True}
            assert decided["state"] == "settled"
            assert decided["settled"] == {"how": "accepted", "entry": seq, "second_person": None}
            text = plain(desk.get(f"/-/findings?state=closed&{FIELDS}").text)
            assert f"Closed: may continue for a time ( entry {seq} )" in text
            assert ("2 entries came since" in text) != checked_again
            assert "typed by somebody" not in text
            with opened(path, NOW.replace(month=4, day=1)) as later:
                assert at(later).get(f"/-/findings.json?{FIELDS}").json()["count"] == 1
                assert "Open, decision overdue" in plain(at(later).get("/-/findings?state=overdue").text)


@pytest.mark.parametrize("decision", ["false-alarm", "recording-mistake"])
def test_a_denial_is_never_shown_as_closed_before_a_second_person_confirms_it(
    tmp_path: Path, decision: Verdict
) -> None:
    path = make_ledger(tmp_path / "transfers.db", AFTER)
    with opened(path) as site:
        desk = at(site)
        (one,) = desk.get("/-/findings.json").json()["findings"]
        seq = decide(path, one["key"], decision, None)
        for checked_again in (False, True):
            if checked_again:
                check(site)
            (waiting,) = desk.get("/-/findings.json").json()["findings"]
            assert waiting["state"] == "awaiting-confirmation"
            assert waiting["settled"] == {"how": decision, "entry": seq, "second_person": False}
            assert desk.get("/-/findings.json?state=awaiting").json()["count"] == 1
            assert desk.get("/-/findings.json?state=closed&check=contactpoint-closed").json()["count"] == 0
            for page in ("/-/findings", f"/-/findings/{one['key']}", f"/-/entries/{one['seq']}"):
                assert "Needs a second person: " in plain(desk.get(page).text), page
            overview = plain(desk.get("/").text)
            assert "Did we share only what we said we would? No." in overview
            assert "Is anything still to be settled? Yes." in overview
            assert "1 of them needs a second person" in overview


def many_findings(path: Path, count: int, causes: int) -> Checked:
    """What a check of the ledger at `path` finds, and `count` more open breaches with so many causes."""
    checked = check_ledger(path, TODAY)
    some = next(
        one for one in checked.result.findings if one.check == "field-not-documented" and one.corrected_by is None
    )
    more = tuple(
        msgspec.structs.replace(
            some, key=hashlib.sha256(str(number).encode()).hexdigest(), expected=(f"Expected {number % causes}.",)
        )
        for number in range(count)
    )
    result = msgspec.structs.replace(checked.result, findings=checked.result.findings + more)
    with Source(path) as source:
        return checked._replace(result=result, rows=rows_of(source, result, Labels(checked.evidence)))


@pytest.mark.slow
@pytest.mark.parametrize("causes", [1, 10_000])
def test_how_long_very_many_findings_take(tmp_path: Path, causes: int) -> None:
    path = mixture.make(tmp_path / "transfers.db")
    with opened(path) as site:
        replace(site.verdicts.path, many_findings(path, 30_000, causes))
        site.columns.settle()
        desk = at(site)
        for address in (
            "/-/findings",
            "/-/findings?state=all&page=2",
            "/-/findings.json?size=1000",
            "/-/findings.atom",
        ):
            took = []
            for _ in range(5):
                began = time.perf_counter()
                desk.get(address)
                took.append(time.perf_counter() - began)
            print(f"{causes} causes, {address}: {min(took) * 1000:.0f} to {max(took) * 1000:.0f} ms")
        assert json.loads(desk.get("/-/findings.json?size=1").text)["count"] > 30_000
