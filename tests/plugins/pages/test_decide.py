"""Deciding about findings in the app: one or many, exactly those that were seen, and never over a colleague's."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.answers import MOST_OF_ONE
from datasette_plugins.transfer_ledger.pages import sealing
from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.verdicts import replace
from ledger.source import Source
from ledger.verify.assurance import verify
from ledger.writer import Ledger
from reports.cli.check import check_ledger
from tests.codes import DPO, LEAD
from tests.plugins.asking import Reader, hidden, plain, site_over
from tests.plugins.checked import check
from tests.reports.ledgers import AFTER, UNDOCUMENTED, make_ledger

NOW = datetime(2011, 2, 28, 9, tzinfo=UTC)
TODAY = NOW.date()
REASON = ("reason", "Looked into with the school")
FIXED = [("decision", "remedied"), REASON]
UNTIL = [("decision", "accepted"), ("due", "2011-03-31"), REASON]
DECIDE = "/-/findings/decide"


def opened(path: Path) -> AbstractContextManager[Site]:
    """The app over the ledger at `path`."""
    return site_over(path, clock=lambda: NOW)


def at(site: Site, who: str = "lead") -> Reader:
    """Somebody at the app, whose requests are all answered, unless a test says otherwise."""
    return Reader(site, who, 200)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which three transfers went wrong in one way and one in another."""
    path = make_ledger(tmp_path_factory.mktemp("ledger") / "transfers.db", AFTER, AFTER, AFTER, UNDOCUMENTED)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # it is copied
    return path


@pytest.fixture
def site(tmp_path: Path, ledger: Path) -> Iterator[Site]:
    """The app over a copy of that ledger."""
    with opened(Path(shutil.copy(ledger, tmp_path))) as site:
        yield site


@pytest.fixture(scope="module")
def untouched(ledger: Path) -> Iterator[Site]:
    """The app over that ledger itself, for what seals nothing."""
    with opened(ledger) as site:
        yield site
        assert not decided(site)


def keys_of(site: Site, check: str = "contactpoint-closed", state: str = "open") -> list[str]:
    found = at(site).get(f"/-/findings.json?state={state}&check={check}&size=1000").json()["findings"]
    return [one["key"] for one in sorted(found, key=lambda one: one["seq"])]


def decided(site: Site) -> list[tuple[str, str, date | None, dict[str, object]]]:
    with Source(site.path) as source:
        return [(one.finding, one.decision, one.due, given) for _, _, one, given in source.reviews()]


def newest(site: Site, key: str) -> int:
    with Source(site.path) as source:
        return max(seq for seq, _, one in source.decisions() if one.finding == key)


def marked(*keys: str) -> list[tuple[str, str]]:
    return [("key", key) for key in keys]


def form(page: str) -> list[tuple[str, str]]:
    """The form that decides, as the page gives it, with nothing typed."""
    return [pair for pair in hidden(page) if pair[0] in ("seal", "key", "of", "group", "size", "digest", "number")]


def group_form(desk: Reader, query: str = "state=open&check=contactpoint-closed") -> list[tuple[str, str]]:
    """What the button “Decide about all” of the first group leads to."""
    page = desk.get(f"/-/findings?{query}").text
    sent = dict(pair for pair in hidden(page) if pair[0] in ("of", "number", "group"))
    return form(desk.post(DECIDE, list(sent.items())).text)


def test_several_are_decided_about_with_one_form(site: Site) -> None:
    desk, keys = at(site), keys_of(site)
    shown = desk.post(DECIDE, marked(*keys[:2])).text
    assert "Decide about 2 findings" in plain(shown)
    assert not decided(site)
    more = [("owner", "The office")]
    size = site.view().head.size + 1  # the lead is put on the people list first
    page = plain(desk.post(DECIDE, form(shown) + FIXED + more).text)
    assert f"2 decisions sealed Fixed, entries {size} to {size + 1}." in page
    given = {"reason": REASON[1], "owner": "The office", "decided_by": "Lea Head (lead)"}
    assert decided(site) == [(key, "remedied", None, given) for key in keys[:2]]
    assert keys_of(site) == keys[2:]
    assert keys_of(site, state="closed") == keys[:2]
    assert not verify(site.path).problems
    # What was decided is in no page but that of its entry.
    pages = [at(site, who).get("/-/findings?state=all").text for who in ("lead", "dpo", "auditor")]
    assert not [one for page in pages for one in given.values() if one in page]


def test_a_whole_group_is_decided_about_as_it_was_seen(site: Site) -> None:
    desk, keys = at(site), keys_of(site)
    page = plain(desk.post(DECIDE, group_form(desk) + FIXED).text)
    assert "3 decisions sealed" in page
    assert [one[0] for one in decided(site)] == keys
    assert keys_of(site) == []


def test_of_a_group_in_pieces_all_are_sealed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "TOGETHER", 2)
    desk = at(site)
    assert "3 decisions sealed" in plain(desk.post(DECIDE, group_form(desk) + FIXED).text)
    assert len(decided(site)) == 3


def test_a_form_that_is_sent_twice_seals_once(site: Site) -> None:
    desk = at(site)
    sent = group_form(desk) + FIXED
    first = plain(desk.post(DECIDE, sent).text)
    page = plain(desk.post(DECIDE, sent).text)
    receipt = re.search(r"3 decisions sealed Fixed, entries \d+ to \d+\.", first)
    assert receipt is not None
    assert receipt[0] in page
    assert "You sent this form before: 3 of them were sealed then, and nothing was sealed twice." in page
    assert "You sent this form before" not in first
    assert "Decide again" not in page
    assert len(decided(site)) == 3
    # With another reason it is another decision, and she has to see the one that there is first.
    other = plain(desk.post(DECIDE, [*sent[:-1], ("reason", "Another reason")]).text)
    assert "Nothing was sealed" in other
    assert "You decided about 3 yourself just now" in other
    assert len(decided(site)) == 3


def test_what_a_form_was_answered_with_is_read_again_and_by_nobody_else(site: Site) -> None:
    keys, desk = keys_of(site), at(site)
    sent = form(desk.post(DECIDE, marked(*keys)).text) + FIXED
    answer = desk.post(DECIDE, sent, 303, follow=False)
    where = answer.headers["location"]
    assert re.fullmatch(r"/-/answers/[0-9a-f]{32}", where)
    assert answer.text == ""
    pages = [desk.get(where).text for _ in range(3)]
    assert "3 decisions sealed" in plain(pages[0])
    assert len(set(pages)) == 1
    assert len(decided(site)) == 3
    gone = "This answer is no longer kept. Whatever was recorded stays recorded"
    for other in (at(site, "lena"), at(site)):  # a colleague, and herself signed in anew
        assert gone in plain(other.get(where, 404).text)
    for _ in range(MOST_OF_ONE):
        desk.post(DECIDE, marked(*keys))
    assert gone in plain(desk.get(where, 404).text)


def test_what_is_wrong_with_a_form_is_read_again_too(site: Site) -> None:
    keys, desk = keys_of(site), at(site)
    answer = desk.post(DECIDE, [*marked(*keys), ("seal", "1")], 303, follow=False)
    assert "Choose one of these" in plain(desk.get(answer.headers["location"], 400).text)


@pytest.mark.parametrize(("whole", "checked"), [(True, False), (True, True), (False, False)])
def test_a_colleagues_decision_stands_and_is_told(site: Site, whole: bool, checked: bool) -> None:
    lea, lena, keys = at(site), at(site, "lena"), keys_of(site)
    sent = group_form(lea) if whole else form(lea.post(DECIDE, marked(*keys)).text)
    lena.post(DECIDE, [*marked(keys[1]), ("seal", "1"), ("decision", "false-alarm"), ("reason", "It was put right")])
    theirs = newest(site, keys[1])
    if checked:  # what was seen is made out all the same
        check(site)
    answer = lea.post(DECIDE, sent + FIXED).text
    page = plain(answer)
    assert "2 decisions sealed" in page
    assert "One was decided by somebody else meanwhile" in page
    assert "Lena Hall (lena)" in page
    assert f"/-/entries/{theirs}" in answer
    assert "It was put right" not in page
    told = {key: decision for key, decision, _, _ in decided(site)}
    assert told == {keys[0]: "remedied", keys[1]: "false-alarm", keys[2]: "remedied"}
    logged = site.people.logged(10)
    assert [one for one in logged if one.person == "lead" and f"entries {theirs}" in one.about]
    # Having seen it, she may decide about it again.
    again = plain(lea.post(DECIDE, form(answer) + FIXED).text)
    assert "One decision sealed" in again
    assert [one[1] for one in decided(site) if one[0] == keys[1]] == ["false-alarm", "remedied"]
    assert not verify(site.path).problems


def test_two_who_decide_at_the_same_moment_never_decide_twice(site: Site) -> None:
    desks = [at(site), at(site, "lena")]
    forms = [group_form(desk) + FIXED for desk in desks]
    begin, pages = threading.Barrier(2), ["", ""]

    def send(number: int) -> None:
        begin.wait()
        pages[number] = plain(desks[number].post(DECIDE, forms[number]).text)

    threads = [threading.Thread(target=send, args=(number,)) for number in (0, 1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted("3 decisions sealed" in page for page in pages) == [False, True]
    assert sorted("3 were decided by somebody else meanwhile" in page for page in pages) == [False, True]
    assert sorted(one[0] for one in decided(site)) == sorted(keys_of(site, state="closed"))
    assert not verify(site.path).problems


def record(site: Site, *ids: str) -> None:
    with site_ledger(site) as ledger:
        for id_ in ids:
            ledger.append(ledger.settle({**AFTER, "transferred_on": date(2010, 8, 6), "id": id_}, {}))
    check(site)


def site_ledger(site: Site) -> Ledger:
    return Ledger(site.path, site.clock, site.entropy, LEAD)


def withdraw(site: Site, id_: str) -> None:
    """Withdraws a transfer, which a second person confirms."""
    with site_ledger(site) as ledger:
        ledger.add_person(DPO, "dpo")
        receipt = ledger.correct(id_, "typed wrong", None, {})
        with ledger.acting(DPO):
            ledger.confirm([receipt.seq], receipt.head, {})
    check(site)


def test_what_came_to_a_group_meanwhile_is_looked_at_first(site: Site) -> None:
    desk = at(site)
    sent = group_form(desk) + FIXED
    record(site, "new-1", "new-2")
    answer = desk.post(DECIDE, sent, 409).text
    page = plain(answer)
    assert "Nothing was sealed. There are now 2 findings more: there were 3, and now there are 5." in page
    assert not decided(site)
    assert REASON[1] in answer
    assert "5 decisions sealed" in plain(desk.post(DECIDE, form(answer) + FIXED).text)


def test_what_went_from_a_group_meanwhile_is_told(site: Site) -> None:
    desk = at(site)
    sent = group_form(desk) + FIXED
    withdraw(site, "t1")
    page = plain(desk.post(DECIDE, sent, 409).text)
    assert "There is now 1 finding fewer" in page
    # Marked one by one, a corrected one is left out, and the others can be decided about.
    page = plain(desk.post(DECIDE, marked(*keys_of(site, state="all"))).text)
    assert "1 was corrected since" in page
    assert "Decide about 2 findings" in page


def test_a_group_in_which_one_took_the_place_of_another_is_looked_at_first(site: Site) -> None:
    desk = at(site)
    sent = group_form(desk) + FIXED
    withdraw(site, "t1")
    record(site, "new-1")
    page = plain(desk.post(DECIDE, sent, 409).text)
    assert "Some of these findings have changed since you opened this page." in page
    assert not decided(site)


def test_a_group_that_is_no_more_is_told(untouched: Site) -> None:
    desk = at(untouched)
    first = [("of", "state=open&check=field-not-documented"), ("group", "0" * 16), ("number", "2")]
    page = plain(desk.post(DECIDE, first, 409).text)
    assert "Nothing to decide about" in page
    assert "None of these findings is in that list any more" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ([("decision", "remedied")], "Reason : It is empty"),
        ([REASON], "Choose one of these"),
        ([("decision", "closed"), REASON], "Choose one of these"),
        ([*UNTIL[::2], ("due", "2011-02-27")], "2011-02-27 is before 2011-02-28"),
        ([*UNTIL[::2], ("due", "soon")], "'soon' is not a date"),
        ([*UNTIL[::2], ("due", "２011-03-01")], "is not a date"),
        ([("decision", "remedied"), ("reason", "asked by Mrs Patel")], "Reason :"),
        ([("decision", "remedied"), ("reason", "asked by jo@example.org")], "It looks like an e-mail address"),
        ([("decision", "remedied"), ("reason", "x" * 2001)], "2,001 characters"),
        ([*FIXED, ("owner", "a\u202eb")], "turns the direction of writing"),
        ([("decision", "accepted"), REASON], "Enter the last day on which it may continue."),
        ([*FIXED, ("due", "2011-03-31")], "Leave the date empty"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sealed(
    untouched: Site, typed: list[tuple[str, str]], says: str
) -> None:
    desk, (key, *_) = at(untouched), keys_of(untouched, "field-not-documented")
    answer = desk.post(DECIDE, [*marked(key), ("seal", "1"), *typed], 400).text
    assert says in plain(answer)
    assert "Your decision is not sealed yet." in answer
    assert not decided(untouched)
    for name, value in typed:
        if name == "owner":
            assert f'value="{value}"' in answer
    assert f'value="{key}"' in answer


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ([("key", "x")], "no key"),
        ([("key", "0" * 63 + "ａ")], "no key"),
        ([("key", "0" * 64 + ".-1")], "no key"),
        ([("group", "x"), ("of", "")], "which one it is"),
        ([("group", "0" * 16), ("of", "state=nothing")], "one of all, open"),
        ([("group", "0" * 16), ("of", ""), ("size", "-1"), ("digest", "0" * 64)], "which one it is"),
    ],
)
def test_a_broken_form_is_a_sentence(untouched: Site, sent: Sequence[tuple[str, str]], says: str) -> None:
    assert says in plain(at(untouched).post(DECIDE, [("seal", "1"), *sent, *FIXED], 400).text)


def test_what_no_check_found_cannot_be_decided_about(untouched: Site) -> None:
    page = plain(at(untouched).post(DECIDE, [*marked("0" * 64), ("seal", "1"), *FIXED]).text)
    assert "1 of the findings you marked is no longer found" in page
    assert not decided(untouched)
    assert "No finding was marked" in plain(at(untouched).post(DECIDE, []).text)


@pytest.mark.parametrize("who", ["auditor", "clerk"])
def test_neither_auditors_nor_clerks_decide(untouched: Site, who: str) -> None:
    desk = at(untouched, who)
    desk.csrf = "x"
    (key, *_) = keys_of(untouched)
    desk.post(DECIDE, [*marked(key), ("seal", "1"), *FIXED], 404)
    assert not decided(untouched)


def test_a_reason_of_several_lines_becomes_one(site: Site) -> None:
    (key, *_) = keys_of(site)
    typed = [("decision", "false-alarm"), ("reason", "one\r\ntwo")]
    at(site).post(DECIDE, [*marked(key), ("seal", "1"), *typed])
    assert decided(site)[0][3]["reason"] == "one two"


def test_who_decided_and_was_erased_is_told_as_that(site: Site) -> None:
    lea, lena, (key, *_) = at(site), at(site, "lena"), keys_of(site)
    sent = form(lea.post(DECIDE, marked(key)).text)
    lena.post(DECIDE, [*marked(key), ("seal", "1"), *FIXED])
    with site_ledger(site) as ledger:
        ledger.erase(newest(site, key), "decided_by", "request-of-person", {})
    check(site)
    page = plain(lea.post(DECIDE, sent + FIXED).text)
    assert "not said, or erased" in page
    assert "Lena Hall" not in page


def test_findings_on_imports_and_on_no_transfer_are_shown(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", AFTER, AFTER, AFTER)
    with site_over(path, clock=lambda: NOW, checked=False) as site:
        replace(site.verdicts.path, check_ledger(path, TODAY))
        with closing(sqlite3.connect(site.verdicts.path)) as db, db:
            db.execute(
                "UPDATE findings SET finding = json_set(finding, '$.entries', json('[6,7]'), '$.id', json('null')) "
                "WHERE check_name = 'duplicate-transfer' AND seq = 6"
            )
            db.execute(
                "UPDATE findings SET seq = 1, finding = json_set(finding, '$.entries', json('[1]'), '$.id', "
                "json('null')) WHERE check_name = 'contactpoint-closed' AND seq = 7"
            )
        site.columns.settle()
        desk = at(site)
        text = desk.get("/-/findings?state=all").text
        assert "The documented purposes" in text
        assert "Several, in one import" in text
        keys = [one["key"] for one in desk.get("/-/findings.json?state=all").json()["findings"]]
        done = plain(desk.post(DECIDE, [*marked(*keys), ("seal", "1"), *FIXED]).text)
        assert f"{len(keys)} decisions sealed" in done
        for ending in ("csv", "xlsx", "atom"):
            desk.get(f"/-/findings.{ending}?state=all")
