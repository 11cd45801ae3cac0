"""Recording on a page: what is filled in, what a person changed, and all that a hurried clerk sends instead."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ledger.members import Transfer
from ledger.source import Source
from tests.plugins.asking import plain
from tests.plugins.clerking import CONNEXIONS, Desk, begun, fields_of, recorded


def test_a_flow_fills_in_all_that_is_documented_and_says_so_in_the_record(desk: Desk) -> None:
    form = begun(desk, sender="Elm Primary School", subject_count="31", note="by the <b>portal</b>")
    assert (form["recipient"], form["purpose"]) == (CONNEXIONS, "connexions-service")
    assert form["transferred_at"] == "2010-08-27"
    form["fields"] = form["fields"][:3]
    answer = desk.post("cleo", "/-/record", form)
    assert answer.status_code == 303, plain(answer.text)
    one = desk.last()
    assert isinstance(one.facts, Transfer)
    assert answer.headers["location"] == f"/-/receipts?seq={one.seq}"
    assert one.facts.id == form["id"]
    assert one.facts.fields == tuple(sorted(form["fields"]))
    assert one.given == {"recorded_by": "cleo", "note": "by the <b>portal</b>"}
    # The count and the items are a person's; the rest stayed as this program filled it in.
    assert one.facts.prefilled == (
        "lawful_basis", "purpose", "recipient", "sender", "special_category_condition", "subjects.kind",
        "transferred_at",
    )  # fmt: skip


def test_what_is_filled_in_is_worked_out_here_and_not_told_by_the_page(desk: Desk) -> None:
    form = begun(desk, sender="Elm Primary School", recipient="DfE", prefilled="recipient", from_to="dfe")
    assert desk.post("cleo", "/-/record", form).status_code == 303
    assert "recipient" not in desk.last().facts.prefilled


def test_a_form_that_is_sent_twice_is_recorded_once(desk: Desk) -> None:
    recorded(desk)  # who Cleo is stands before her first entry
    form, before = begun(desk, sender="Elm Primary School"), desk.size()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: desk.post("cleo", "/-/record", form), range(2)))
    assert {answer.headers.get("location") for answer in answers} == {f"/-/receipts?seq={before}"}
    assert desk.size() == before + 1
    again = desk.post("cleo", "/-/record", {**form, "note": "and something else"})
    assert again.status_code == 409
    assert f"as entry {before}" in plain(again.text)
    assert fields_of(again.text)["note"] == "and something else"
    assert desk.size() == before + 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"transferred_at": "2010-02-31"}, "2010-02-31 is not a date that exists"),
        ({"transferred_at": "tomorrow"}, "is not a date or time"),
        ({"transferred_at": ""}, "It is empty, and every transfer must state it"),
        ({"transferred_at": "31/02/2010"}, "write YYYY-MM-DD"),
        ({"sender": ""}, "It is empty"),
        ({"fields": []}, "It is empty"),
        ({"subject_count": "about 30"}, "is not a count"),
        ({"subject_count": "9" * 40}, "is not a count"),
        ({"note": "x" * 10_000}, "10,000 characters"),
        ({"note": "Ring Mrs Patel about this"}, "a title and a name"),
        ({"note": "A123456789012"}, "a unique pupil number"),
        ({"channel": "carrier-pigeon"}, "is not a known channel"),
        ({"country": "England"}, "two capital letters"),
        ({"payload_sha256": "0" * 63}, "is not a SHA-256 digest"),
        ({"note": "a\u202eb"}, "turns the direction of writing"),
        ({"other_fields": "upn;;"}, ""),
    ],
)
def test_what_is_wrong_stands_beside_its_box_and_nothing_typed_is_lost(
    desk: Desk, changed: dict[str, Any], sentence: str
) -> None:
    form, before = begun(desk, **{"sender": "Elm Primary School", "operator": "Jo", **changed}), desk.size()
    answer = desk.post("cleo", "/-/record", form)
    if not sentence:
        assert answer.status_code == 303
        return
    assert answer.status_code == 422, plain(answer.text)
    assert sentence in plain(answer.text)
    assert desk.size() == before
    again = fields_of(answer.text)
    different = {name for name in form if form[name] and again.get(name) != form[name]}
    assert different <= {"channel"}  # no code of ours: it stands in a text box beside the list
    assert "carrier-pigeon" in again.get("other_channel", "carrier-pigeon")


def test_markup_and_sql_are_text(desk: Desk) -> None:
    typed = "\"><script>alert('1')</script> '; DROP TABLE entries; --"
    answer = desk.post("cleo", "/-/record", begun(desk, sender=typed, recipient=typed, other_purpose=typed, note=typed))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert fields_of(answer.text)["note"] == typed


def test_a_name_that_nobody_knows_is_kept_only_where_somebody_agrees_to_that_name(desk: Desk) -> None:
    form, before = begun(desk, sender="Elm Primary School", recipient="Mystery Ltd"), desk.size()
    asked = desk.post("cleo", "/-/record", form)
    assert asked.status_code == 422
    assert "Not known here: “Mystery Ltd”" in plain(asked.text)
    assert desk.size() == before
    digest = asked.text.partition('name="agreed" value="')[2].partition('"')[0]
    other = desk.post("cleo", "/-/record", {**form, "recipient": "Mrs Nobody", "agreed": digest})
    assert other.status_code == 422
    assert desk.size() == before
    assert desk.post("cleo", "/-/record", {**form, "agreed": digest}).status_code == 303
    assert desk.last().given["recipient_as_given"] == "Mystery Ltd"


def test_the_same_as_last_time_is_ones_own_and_leaves_out_what_is_new(fresh: Desk) -> None:
    desk = fresh
    assert "What is sent most often" in desk.get("cleo", "/-/record").text
    seq = recorded(desk, subject_count="31", channel="sftp", payload_rows="31", fields=["upn", "forename"])
    page = desk.get("cleo", "/-/record").text
    assert "The same as last time" in page
    assert f"/-/record?same={seq}" in page
    assert "The same as last time" not in desk.get("carl", "/-/record").text
    form = begun(desk, f"/-/record?same={seq}")
    assert (form["sender"], form["channel"], form["fields"]) == ("Elm Primary School", "sftp", ["upn", "forename"])
    assert (form["subject_count"], form["payload_rows"], form["note"]) == ("", "", "")
    assert desk.post("cleo", "/-/record", form).status_code == 303
    assert {"sender", "fields", "channel"} <= set(desk.last().facts.prefilled)
    # Who sends, and how, is filled in from last time where a flow leaves it open.
    assert begun(desk)["sender"] == "Elm Primary School"
    assert begun(desk)["channel"] == "sftp"


def test_flows_are_found_by_what_people_call_them_and_ended_ones_are_not_offered(desk: Desk) -> None:
    page = desk.get("cleo", "/-/record?q=inspectors").text
    assert "flow=local-authority-ofsted&amp;to=ofsted" in page
    assert "flow=qca" not in page
    assert "contactpoint" not in desk.get("cleo", "/-/record").text.lower().partition("same")[0]
    assert "No documented flow fits" in desk.get("cleo", "/-/record?q=zebra").text
    for bad in ("flow=%3Cb%3E", "flow=no-such", "same=0", "same=x", "same=999999", "colour=red", "flow=qca&flow=qca"):
        assert desk.get("cleo", f"/-/record?{bad}").status_code == 400, bad


def test_a_session_that_ended_loses_nothing_without_a_word(desk: Desk) -> None:
    form, before = begun(desk, sender="Elm Primary School", note="half an hour of typing"), desk.size()
    stale = desk.ask("cleo", "POST", "/-/record", data={**form, "csrf": "of another session"})
    assert stale.status_code == 409
    assert "Record</button>" in stale.text
    assert "What you typed is still here" in plain(stale.text)
    again = fields_of(stale.text)
    assert again == form
    assert desk.size() == before
    assert desk.post("cleo", "/-/record", again).status_code == 303


def test_whoever_is_signed_out_meanwhile_gets_back_what_they_typed(desk: Desk) -> None:
    form, before = begun(desk, sender="Elm Primary School", note="half <an> hour"), desk.size()
    gone = desk.ask(None, "POST", "/-/record", data={**form, "csrf": "of an old session"})
    assert gone.status_code == 401
    assert "What you typed is still in this page" in plain(gone.text)
    assert "of an old session" not in gone.text
    handed = fields_of(gone.text.replace("<form", '<form class="states"'))
    assert handed == form
    assert desk.size() == before
    assert desk.ask("cleo", "POST", "/-/record", data=handed).status_code == 409
    # It is the same wherever it is sent, so that nobody learns what there is; and only for what a page of ours sends.
    other = desk.ask(None, "POST", "/-/no-such", data={"note": "x"})
    assert (other.status_code, "still in this page" in plain(other.text)) == (401, True)
    away = desk.ask(None, "POST", "//evil.example/x", data={"note": "x"})
    assert "evil" not in away.text
    for headers in ({"origin": "https://evil.example"}, {"accept": "application/json"}):
        bare = desk.ask(None, "POST", "/-/record", data=form, headers=headers)
        assert (bare.status_code, bare.headers["content-type"]) == (401, "application/json")


def test_while_another_program_writes_the_form_stays_with_all_that_was_typed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasette_plugins.transfer_ledger.recording.sealed.PATIENCE_SECONDS", 0.2)
    form = begun(desk, sender="Elm Primary School", note="typed")
    other = sqlite3.connect(desk.ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = desk.post("cleo", "/-/record", form)
    assert answer.status_code == 503
    assert "press the button again" in plain(answer.text)
    assert fields_of(answer.text) == form
    other.execute("ROLLBACK")
    other.close()
    monkeypatch.setattr("datasette_plugins.transfer_ledger.recording.sealed.PATIENCE_SECONDS", 20)
    first = desk.post("cleo", "/-/record", form)
    assert first.status_code == 303
    with Source(desk.ledger) as source:
        ids = [e for (e,) in source.db.execute("SELECT seq FROM entries WHERE id = ?", (form["id"],))]
    assert len(ids) == 1


def test_while_no_more_is_taken_the_form_stays_with_all_that_was_typed(fresh: Desk) -> None:
    form = begun(fresh, sender="Elm Primary School", note="typed")
    fresh.site.recorder.close()
    answer = fresh.post("cleo", "/-/record", form)
    assert answer.status_code == 503
    assert "Not recorded yet. The server is stopping" in plain(answer.text)
    assert fields_of(answer.text) == form


def test_a_ledger_that_is_gone_says_so_and_not_where_it_lay(fresh: Desk) -> None:
    desk = fresh
    form = begun(desk, sender="Elm Primary School", note="typed")
    recorded(desk)
    moved = desk.ledger.rename(desk.ledger.with_name("moved.db"))
    answer = desk.post("cleo", "/-/record", form)
    assert answer.status_code == 503
    assert str(desk.ledger.parent) not in answer.text
    moved.rename(desk.ledger)


def test_who_does_not_record_has_none_of_these_pages(desk: Desk) -> None:
    for who in ("abe", "gus"):
        for path in ("/-/record", "/-/record/refused", "/-/receipts"):
            assert desk.get(who, path).status_code == 404
        assert desk.post(who, "/-/record", {"id": "t-" + "0" * 16}).status_code == 404
    assert desk.get(None, "/-/receipts").status_code == 303


def test_a_form_that_was_changed_on_the_way_is_refused_in_a_sentence(desk: Desk) -> None:
    form, before = begun(desk, sender="Elm Primary School"), desk.size()
    changes = ({"id": "transfer-1"}, {"id": ""}, {"from_day": "31.2."}, {"from_register": "-1"}, {"from_same": "0"})
    for change in (*changes, {"from_file_sha256": "x"}, {"from_flow": "<b>"}, {"note": ["a", "b"]}):
        answer = desk.post("cleo", "/-/record", {**form, **change})
        assert answer.status_code == 400, change
    assert desk.post("cleo", "/-/record", {**form, "from_register": "999"}).status_code == 303
    assert "recipient" not in desk.last().facts.prefilled
    assert desk.size() == before + 1
