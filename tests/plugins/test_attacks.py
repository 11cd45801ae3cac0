"""The attacks on the answer, through the app's own pages: what one person does alone never makes a "No" a "Yes"."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from datasette_plugins.transfer_ledger.site import Site
from ledger.members import Confirmation
from ledger.source import Source
from ledger.verify.assurance import verify
from tests.codes import CLERK, STRANGER
from tests.ledger.cli.called import call
from tests.plugins.asking import Reader, hidden, plain, read, site_over
from tests.plugins.browsed import empty_ledger
from tests.plugins.checked import check
from tests.plugins.clerking import fields_of
from tests.reports import test_attacks as through_the_command_line
from tests.reports.audited import audited_with_tiles
from tests.reports.test_unsealed import EDITS, UNSEALED, altered

USES = {
    "sender": "elm-primary",
    "recipient": "ContactPoint",
    "purpose": "maintain-accuracy",
    "fields": ["forename", "surname"],
    "lawful_basis": "dpa1998-sch2-3",
    "subject_kind": "pupil",
    "age_max": "17",
}
CONFIRM, DECIDE = "/-/confirm", "/-/findings/decide"
NEVER = ("Yes, as far as", "No recorded transfer used", "no use after that", "No problem found.", "would? Yes")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An app over a ledger that has a register and a school, and no transfer."""
    path = empty_ledger(tmp_path / "transfers.db")
    with site_over(path) as made:
        yield made


def record(desk: Reader, on: str) -> int:
    """The entry of a use of ContactPoint that somebody records on the page for it."""
    form = {**fields_of(desk.get("/-/record?blank=1", 200).text), **USES, "transferred_at": on}
    return sealed(desk.post("/-/record", form, 303, follow=False))


def sealed(answer: httpx.Response) -> int:
    return int(answer.headers["location"].rpartition("=")[2])


def correct(desk: Reader, seq: int, **changed: str) -> int:
    form = fields_of(desk.get(f"/-/record/{seq}/correct", 200).text)
    return sealed(desk.post(f"/-/record/{seq}/correct", {**form, "reason": "a mistake", **changed}, 303, follow=False))


def withdraw(desk: Reader, seq: int) -> int:
    form = {"made_from": str(seq), "reason": "entered twice"}
    return sealed(desk.post(f"/-/record/{seq}/withdraw", form, 303, follow=False))


def talk_away(site: Site, who: str) -> tuple[list[int], list[int]]:
    """Three uses that somebody records and talks away, on pages of the app: the entries of both."""
    desk = Reader(site, who)
    uses = [record(desk, f"2010-08-{day}") for day in (20, 21, 22)]
    changes = [
        withdraw(desk, uses[0]),
        correct(desk, uses[1], transferred_at="2010-08-05"),
        correct(desk, uses[2], recipient="Ofsted", purpose="school-inspection"),
    ]
    check(site)
    return uses, changes


def uses_of_contactpoint(site: Site) -> list[Mapping[str, str]]:
    found = Reader(site).get("/-/findings.json?state=all&check=contactpoint-closed", 200).json()["findings"]
    return sorted(found, key=lambda one: int(one["seq"]))


def governors_paper(site: Site) -> str:
    """A governors' paper that a governor makes in the app."""
    form = {"kind": "governors", "period": "year=2009-10", "school": "", "format": ["md"]}
    answer = Reader(site, "governor").post("/-/reports", form, 303, follow=False)
    n = int(answer.headers["location"].rpartition("/")[2])
    site.runs.wait(n, 60)
    (file,) = site.runs.files(n).glob("*.md")
    return file.read_text("utf-8")


def confirmations(site: Site) -> list[Confirmation]:
    with Source(site.path) as source:
        return list(source.confirmations())


# -- what one person does alone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["clerk", "dpo", "lead"])
def test_uses_of_contactpoint_that_one_person_talks_away_stay_a_no_on_every_page(site: Site, who: str) -> None:
    uses, changes = talk_away(site, who)
    assert [one["seq"] for one in uses_of_contactpoint(site)] == uses
    assert {one["state"] for one in uses_of_contactpoint(site)} == {"awaiting-confirmation"}
    for role in ("lead", "dpo", "auditor", "governor"):
        said = read(Reader(site, role).get("/", 200))
        assert "Did we share only what we said we would? No." in said, role
        assert "Is anything still to be settled? Yes." in said, role
        assert not [never for never in NEVER if never in said], role
    assert "3 transfers used it" in read(Reader(site).get("/", 200))
    assert "3 transfers withdrawn or changed later" in read(Reader(site).get("/", 200))
    for seq in uses:
        said = read(Reader(site).get(f"/-/entries/{seq}", 200))
        verdict = said[: said.index("Elm Primary School sent")]
        assert "Against the law: ContactPoint was used after it was switched off." in verdict
        assert "Needs a second person" in verdict
        assert "It counts as open until then." in verdict
    for seq in changes[1:]:
        assert "removes a breach from the record" in read(Reader(site).get(f"/-/entries/{seq}", 200))
    listed = read(Reader(site).get("/-/findings?state=awaiting", 200))
    assert "ContactPoint was used after it was switched off critical" in listed


@pytest.mark.slow
def test_governors_who_make_their_paper_in_the_app_read_a_no(site: Site) -> None:
    talk_away(site, "clerk")
    paper = governors_paper(site)
    assert not [never for never in NEVER if never in paper]
    assert "Did we share only what we said we would?" in paper
    assert re.search(r"would\?\W+No\b", paper)


@pytest.mark.parametrize(("who", "decision"), [
    ("lead", "false-alarm"), ("lead", "recording-mistake"), ("dpo", "false-alarm"), ("dpo", "recording-mistake"),
])  # fmt: skip
def test_one_decision_that_there_never_was_a_breach_leaves_it_open(site: Site, who: str, decision: str) -> None:
    seq = record(Reader(site, "clerk"), "2010-08-20")
    check(site)
    (use,) = uses_of_contactpoint(site)
    form = {"key": use["key"], "seal": "1", "decision": decision, "reason": "It never happened"}
    said = read(Reader(site, who).post(DECIDE, form, 200))
    assert "One decision sealed" in said
    assert "It counts as open until a second person confirms this decision" in said
    for after_the_check in (False, True):
        if after_the_check:
            check(site)
        (use,) = uses_of_contactpoint(site)
        assert use["state"] == "awaiting-confirmation"
        overview = read(Reader(site).get("/", 200))
        assert "would? No." in overview
        assert "Is anything still to be settled? Yes." in overview
        verdict = read(Reader(site).get(f"/-/entries/{seq}", 200))
        assert "Needs a second person" in verdict[: verdict.index("Elm Primary School sent")]
    own = Reader(site, who).get(CONFIRM, 200)
    assert 'name="event"' not in own.text
    assert "You did this yourself" in read(own)
    other = Reader(site, "dpo" if who == "lead" else "lead")
    confirm(other, 303)
    check(site)
    (use,) = uses_of_contactpoint(site)
    assert (use["state"], use["settled"]["second_person"]) == ("settled", True)  # type: ignore[index]


# -- what is not sealed ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with findings, decisions, corrections, checkpoints and tiles."""
    return audited_with_tiles(tmp_path_factory.mktemp("unsealed"))


def answers(site: Site) -> dict[str, str]:
    """What the app answers: the two questions, ContactPoint, every finding, the entries that have one."""
    reader = Reader(site, "dpo")
    found = reader.get("/-/findings.json?state=all&size=1000", 200).json()
    told = {"findings": str(found["findings"]), "to confirm": read(reader.get(CONFIRM, 200))}
    for role in ("dpo", "auditor", "governor"):
        page = Reader(site, role).get("/", 200).text
        told[f"overview {role}"] = " ".join(
            re.findall(r'<div class="verdict \w+">.*?</div>', page, re.DOTALL)[:2]
            + re.findall(r"<h2>ContactPoint</h2>.*?</section>|<dl class=.numbers.>.*?</dl>", page, re.DOTALL)
        )
    for seq in sorted({one["seq"] for one in found["findings"]})[:12]:
        page = reader.get(f"/-/entries/{seq}", 200).text
        told[f"entry {seq}"] = plain(page[page.index("<main") : page.index('<h2 id="seal"')])
    return told


ALONE = datetime(2010, 12, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("table", UNSEALED)
@pytest.mark.parametrize("how", ["delete", "edit"])
def test_no_answer_of_the_app_changes_with_what_is_not_sealed(
    unsealed: Path, tmp_path: Path, table: str, how: str
) -> None:
    sql = f"DELETE FROM {table}" if how == "delete" else EDITS[table]
    with site_over(
        altered(unsealed, tmp_path / "as-it-was.db", "UPDATE entries SET seq = seq"), clock=lambda: ALONE
    ) as site:
        before = answers(site)
        while_it_runs(site.path, sql)
        assert answers(site) == before
        check(site)
        assert answers(site) == before
    with site_over(altered(unsealed, tmp_path / "before-start.db", sql), clock=lambda: ALONE) as site:
        assert answers(site) == before


def while_it_runs(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(sql).rowcount > 0
        for _, text in triggers:
            db.execute(text)


# -- confirming ------------------------------------------------------------------------------------------------------


def confirm(desk: Reader, status: int | None = None, form: list[tuple[str, str]] | None = None) -> httpx.Response:
    """Confirms all that the page offers to mark, as a browser sends it."""
    return desk.post(CONFIRM, marked(desk) if form is None else form, status)


def marked(desk: Reader) -> list[tuple[str, str]]:
    """The form of the page, with everything marked that can be."""
    page = desk.get(CONFIRM, 200).text
    return [pair for pair in hidden(page[page.index('class="decision"') :]) if pair[0] in ("event", "size", "hash")]


@pytest.mark.parametrize("who", ["dpo", "lead"])
def test_nobody_confirms_what_they_did_themselves_also_by_a_form_made_by_hand(site: Site, who: str) -> None:
    talk_away(site, who)
    other = Reader(site, "lead" if who == "dpo" else "dpo")
    own, form = Reader(site, who), marked(other)
    assert len([name for name, _ in form if name == "event"]) == 3
    page = own.get(CONFIRM, 200)
    assert 'name="event"' not in page.text
    assert "Confirm" not in re.findall(r"<button[^>]*>([^<]*)", page.text)
    assert read(page).count("You did this yourself, or recorded the transfer.") == 3
    for attempt in (form, [pair for pair in form if pair[0] != "event"] + [("all", "0" * 64)]):
        answer = confirm(own, None, attempt)
        assert answer.status_code in (400, 409)
        assert "Nothing was confirmed." in read(answer)
    assert confirmations(site) == []
    check(site)
    assert {one["state"] for one in uses_of_contactpoint(site)} == {"awaiting-confirmation"}


@pytest.mark.parametrize("who", ["clerk", "auditor", "governor", "program", "audit"])
def test_nobody_else_confirms_anything(site: Site, who: str) -> None:
    talk_away(site, "clerk")
    form = marked(Reader(site, "lead"))
    desk = Reader(site, who)
    assert desk.get(CONFIRM).status_code in (401, 403, 404, 405)
    assert confirm(desk, None, form).status_code in (401, 403, 404, 405)
    assert confirmations(site) == []


def test_a_clerk_proposes_and_a_second_person_confirms_and_reload_and_back_do_nothing_twice(site: Site) -> None:
    talk_away(site, "clerk")
    desk = Reader(site, "lead")
    form = marked(desk)
    answer = confirm(desk, 303, form)
    there = answer.headers["location"]
    for _ in range(2):  # the page, and the page after a reload
        assert "Confirmed: 3 entries" in read(desk.get(there, 200))
    again = confirm(desk, None, form)  # Back, and the button once more
    assert again.status_code in (400, 409)
    assert "Nothing was confirmed." in read(again)
    assert len(confirmations(site)) == 1
    assert not verify(site.path).problems
    check(site)
    assert "There is nothing to confirm." in read(desk.get(CONFIRM, 200))
    found = uses_of_contactpoint(site)
    assert [(one["state"], one["settled"]["second_person"]) for one in found] == [("settled", True)] * 3  # type: ignore[index]
    said = read(desk.get("/", 200))
    assert "3 transfers confirmed as a mistake by a second person" in said
    assert "Uses after it was switched off were recorded by mistake, as a second person confirmed." in said


@pytest.mark.parametrize("checked", [False, True])
def test_what_was_confirmed_meanwhile_is_not_confirmed_again(site: Site, checked: bool) -> None:
    talk_away(site, "clerk")
    first, second = Reader(site, "lead"), Reader(site, "dpo")
    form = marked(second)
    confirm(first, 303)
    if checked:
        check(site)
    answer = confirm(second, None, form)
    assert answer.status_code in (400, 409)
    assert "Nothing was confirmed." in read(answer)
    assert len(confirmations(site)) == 1


@pytest.mark.parametrize("checked", [False, True])
def test_what_was_corrected_again_meanwhile_is_not_confirmed(site: Site, checked: bool) -> None:
    _, changes = talk_away(site, "clerk")
    desk = Reader(site, "lead")
    form = marked(desk)
    correct(Reader(site, "clerk"), changes[1], transferred_at="2010-08-04")
    if checked:
        check(site)
    answer = confirm(desk, 409, form)
    assert "Nothing was confirmed." in read(answer)
    assert confirmations(site) == []


def test_two_who_confirm_at_once_seal_one_confirmation(site: Site) -> None:
    talk_away(site, "clerk")
    desks = [Reader(site, "lead"), Reader(site, "dpo")]
    forms = [marked(desk) for desk in desks]
    answers, start = list[httpx.Response](), threading.Barrier(2)

    def go(desk: Reader, form: list[tuple[str, str]]) -> None:
        start.wait()
        answers.append(confirm(desk, None, form))

    threads = [threading.Thread(target=go, args=pair) for pair in zip(desks, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert sorted(answer.status_code for answer in answers)[1] in (400, 409)
    assert len(confirmations(site)) == 1


def test_two_who_correct_and_confirm_at_once_end_in_one_order_or_the_other(site: Site) -> None:
    _, changes = talk_away(site, "clerk")
    lead, clerk = Reader(site, "lead"), Reader(site, "clerk")
    form, start = marked(lead), threading.Barrier(2)
    correction = fields_of(clerk.get(f"/-/record/{changes[1]}/correct", 200).text)
    answers: dict[str, httpx.Response] = {}

    def confirming() -> None:
        start.wait()
        answers["confirm"] = confirm(lead, None, form)

    def correcting() -> None:
        start.wait()
        changed = {**correction, "reason": "once more", "transferred_at": "2010-08-04"}
        answers["correct"] = clerk.post(f"/-/record/{changes[1]}/correct", changed, 303, follow=False)

    threads = [threading.Thread(target=confirming), threading.Thread(target=correcting)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(site)
    state = {one["seq"]: one["state"] for one in uses_of_contactpoint(site)}
    if answers["confirm"].status_code == 303:
        assert len(confirmations(site)) == 1
        assert state[min(state)] == "settled"
    else:
        assert confirmations(site) == []
        assert set(state.values()) == {"awaiting-confirmation"}
    assert not verify(site.path).problems


def test_a_decision_about_a_finding_that_is_no_longer_there_seals_nothing(site: Site) -> None:
    talk_away(site, "clerk")
    desk = Reader(site, "lead")
    with site.reading() as source:
        size = source.head.size
    form = {"key": "0" * 64, "seal": "1", "decision": "remedied", "reason": "Put right"}
    assert "no longer found, so there is nothing to decide" in read(desk.post(DECIDE, form))
    keys = [one["key"] for one in desk.get("/-/findings.json?state=corrected", 200).json()["findings"]]
    assert keys
    assert "corrected since, so there is nothing to decide" in read(desk.post(DECIDE, {**form, "key": keys[0]}))
    with site.reading() as source:
        assert source.head.size == size


def test_who_decides_about_what_a_colleague_confirmed_meanwhile_is_shown_that(site: Site) -> None:
    talk_away(site, "clerk")
    desk = Reader(site, "lead")
    use = uses_of_contactpoint(site)[0]
    page = desk.get(f"/-/findings/{use['key']}", 200).text
    confirm(Reader(site, "dpo"), 303)
    check(site)
    form = [*(pair for pair in hidden(page) if pair[0] in ("seal", "key")), ("decision", "remedied"), ("reason", "x y")]
    said = read(desk.post(DECIDE, form))
    assert "Decisions sealed" not in said
    assert uses_of_contactpoint(site)[0]["settled"]["second_person"] is True  # type: ignore[index]


def test_an_import_that_was_undone_is_one_thing_to_confirm(tmp_path: Path) -> None:
    path = tmp_path / "transfers.db"
    through_the_command_line.path.__wrapped__(tmp_path)  # type: ignore[attr-defined]
    for number in range(3):
        through_the_command_line.done(
            "correct", path, f"cp{number}", "--reason", "a wrong file", "--withdraw", "--actor", CLERK
        )
    with site_over(path, clock=lambda: ALONE) as site:
        desk = Reader(site, "lead")
        page = desk.get(CONFIRM, 200)
        assert "1 change needs a second person." in read(page)
        assert "Import undone" in read(page)
        assert "3 transfers of the import in" in read(page)
        assert "Confirmed: 3 entries" in read(desk.get(confirm(desk, 303).headers["location"], 200))
        (one,) = confirmations(site)
        assert len(one.confirms) == 3
        check(site)
        assert {one["state"] for one in uses_of_contactpoint(site)} == {"settled"}


def test_the_whole_list_is_confirmed_as_it_was_seen_or_not_at_all(site: Site) -> None:
    _, changes = talk_away(site, "clerk")
    desk = Reader(site, "lead")
    page = desk.get(CONFIRM, 200).text
    assert "Confirm all 3" in page
    whole = [pair for pair in hidden(page[page.index('class="decision"') :]) if pair[0] in ("all", "size", "hash")]
    seq = record(Reader(site, "clerk"), "2010-08-23")
    withdraw(Reader(site, "clerk"), seq)
    check(site)
    answer = confirm(desk, 409, whole)
    assert "The list has changed since you opened this page, so nothing was confirmed." in read(answer)
    page = desk.get(CONFIRM, 200).text
    whole = [pair for pair in hidden(page[page.index('class="decision"') :]) if pair[0] in ("all", "size", "hash")]
    confirm(desk, 303, whole)
    (one,) = confirmations(site)
    assert set(changes) < set(one.confirms)


def test_a_code_that_nobody_issued_counts_as_nobody(site: Site) -> None:
    talk_away(site, "clerk")
    said = call("confirm", site.path, "--all", "--as-of", "2010-08-27", "--actor", STRANGER)
    assert said.status == 2
    assert confirmations(site) == []
