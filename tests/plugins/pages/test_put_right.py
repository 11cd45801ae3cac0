"""Receipts, and putting right what was recorded: corrections, withdrawals, refused requests, and who may."""

from __future__ import annotations

from ledger.members import Correction
from tests.plugins.asking import plain
from tests.plugins.clerking import CONNEXIONS, Desk, fields_of, recorded


def test_a_receipt_says_where_it_is_sealed_and_is_kept_as_a_file(desk: Desk) -> None:
    seq = recorded(desk)
    page = desk.get("cleo", f"/-/receipts?seq={seq}")
    one = desk.last()
    assert one.hash in page.text
    assert f"Elm Primary School sent 38 data items to {CONNEXIONS}" in plain(page.text)
    for link in (f"/-/record/{seq}/correct", f"/-/record/{seq}/withdraw", f"/-/record?same={seq}"):
        assert f'"{link}"' in page.text
    file = desk.get("cleo", f"/-/receipts.txt?seq={seq}")
    assert file.headers["content-disposition"] == f'attachment; filename="receipt-{seq}.txt"'
    assert one.hash in file.text
    assert "27 August 2010" in file.text
    # Nobody else's: a clerk learns nothing of it, and whoever records nothing has no such page.
    for who in ("carl", "abe", "gus"):
        assert desk.get(who, f"/-/receipts?seq={seq}").status_code == 404
    assert desk.get("dora", f"/-/receipts?seq={seq}").status_code == 200


def test_a_correction_states_it_anew_and_needs_a_reason(desk: Desk) -> None:
    seq = recorded(desk, note="as I typed it", subject_count="31")
    path = f"/-/record/{seq}/correct"
    shown = desk.get("cleo", path)
    form = fields_of(shown.text)
    assert (form["note"], form["subject_count"], form["sender"]) == ("as I typed it", "31", "Elm Primary School")
    assert desk.post("cleo", path, form).status_code == 422
    assert desk.post("cleo", path, {**form, "reason": "Ask Mrs Patel"}).status_code == 422
    form |= {"reason": "one more", "subject_count": "32", "purpose": "statistics"}
    first = desk.post("cleo", path, form)
    assert first.status_code == 303, plain(first.text)
    one = desk.last()
    assert isinstance(one.facts, Correction)
    assert one.facts.corrects.seq == seq
    assert one.given == {"reason": "one more", "note": "as I typed it", "recorded_by": "cleo"}
    # Nobody looked at the purpose until now, and now somebody changed it; the recipient nobody ever touched.
    assert "recipient" in one.facts.prefilled
    assert "purpose" not in one.facts.prefilled
    size = desk.size()
    assert desk.post("cleo", path, form).headers["location"] == first.headers["location"]
    late = desk.post("dora", path, {**form, "subject_count": "33"})
    assert late.status_code == 409
    assert f"Read entry {one.seq}" in plain(late.text)
    assert desk.size() == size


def test_only_who_recorded_it_and_an_officer_may_put_it_right(desk: Desk) -> None:
    seq = recorded(desk, note="mine")
    for act in ("correct", "withdraw"):
        path = f"/-/record/{seq}/{act}"
        assert desk.get("carl", path).status_code == 404
        assert desk.post("carl", path, {"made_from": str(seq), "reason": "mine now"}).status_code == 404
        assert desk.get("abe", path).status_code == desk.get("gus", path).status_code == 404
        assert desk.get("dora", path).status_code == 200
        assert desk.get("cleo", f"/-/record/0/{act}").status_code == 404
        assert desk.get("cleo", f"/-/record/999999/{act}").status_code == 404
    assert any(line.person == "dora" and f"entry {seq}" in line.about for line in desk.site.people.logged(5))


def test_what_others_typed_is_not_shown_to_who_recorded_it_first(desk: Desk) -> None:
    seq = recorded(desk)
    path = f"/-/record/{seq}/correct"
    form = fields_of(desk.get("dora", path).text)
    assert desk.post("dora", path, {**form, "reason": "add a note", "note": "from the office"}).status_code == 303
    shown = desk.get("cleo", path)
    assert "from the office" not in shown.text
    assert "Somebody else stated this last" in plain(shown.text)


def test_a_withdrawal_is_sealed_once_and_ends_it(desk: Desk) -> None:
    seq = recorded(desk)
    path, form = f"/-/record/{seq}/withdraw", {"made_from": str(seq), "reason": "entered twice"}
    assert desk.post("cleo", path, {**form, "reason": " "}).status_code == 422
    first = desk.post("cleo", path, form)
    assert first.status_code == 303
    one = desk.last()
    assert isinstance(one.facts, Correction)
    assert one.facts.withdrawn
    assert desk.post("cleo", path, form).headers["location"] == first.headers["location"]
    assert desk.get("cleo", f"/-/record/{seq}/correct").status_code == 409
    assert desk.post("cleo", path, {"made_from": str(one.seq), "reason": "again"}).status_code == 409
    assert desk.post("cleo", path, {"made_from": "x", "reason": "again"}).status_code == 400
    assert "It is as if" in plain(desk.get("cleo", first.headers["location"]).text).replace(
        "it is as if", "It is as if"
    )


def test_a_refused_request_is_recorded_once_with_its_receipt(desk: Desk) -> None:
    form = fields_of(desk.get("cleo", "/-/record/refused").text)
    wrong = desk.post("cleo", "/-/record/refused", {**form, "refused_on": "2010-02-31", "note": "Dr Who asked"})
    assert wrong.status_code == 422
    for sentence in ("not a date that exists", "Say who asked", "Choose the ground"):
        assert sentence in plain(wrong.text)
    assert fields_of(wrong.text)["note"] == "Dr Who asked"
    form |= {"recipient": "Ofsted", "ground": "no-lawful-basis", "fields": "UPN; Forename", "reason": "too much"}
    before = desk.size()
    first = desk.post("cleo", "/-/record/refused", form)
    assert first.status_code == 303, plain(first.text)
    assert desk.post("cleo", "/-/record/refused", form).headers["location"] == first.headers["location"]
    assert desk.post("cleo", "/-/record/refused", {**form, "ground": "exempt"}).status_code == 409
    assert desk.size() == before + 1
    receipt = plain(desk.get("cleo", first.headers["location"]).text)
    assert "what Ofsted asked for, Forename and Unique pupil number, was refused: no lawful basis." in receipt
    assert "too much" not in receipt
    met = desk.post("cleo", "/-/record/refused", {**form, "id": "r-" + "0" * 16, "transfer": "no-such"})
    assert met.status_code == 503 or "no transfer has the id" in plain(met.text)


def test_receipts_are_listed_with_what_became_of_them(fresh: Desk) -> None:
    desk = fresh
    seqs = [recorded(desk, note=f"n{number}") for number in range(3)]
    page = desk.get("cleo", "/-/receipts")
    assert [f"seq={seq}" in page.text for seq in seqs] == [True] * 3
    assert "n1" not in plain(page.text)
    older = plain(desk.get("cleo", f"/-/receipts?before={seqs[1]}").text)
    assert f"before entry {seqs[1]}" in older
    assert "You recorded nothing here yet" in desk.get("carl", "/-/receipts").text
    # An entry that is not the one that the receipt was given for is told, whatever the ledger says of itself.
    desk.site.beside.note_recorded("carl", seqs[0], "0" * 64, desk.now)
    assert "no longer holds this entry as it was recorded" in plain(desk.get("carl", "/-/receipts").text)
    for bad in ("seq=x", "before=-1", "seq=1&seq=2", "page=2"):
        assert desk.get("cleo", f"/-/receipts?{bad}").status_code == 400, bad
