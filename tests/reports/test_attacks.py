"""The attacks on the answer, each through the command line: what one person does alone never makes a "No" a "Yes"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.codes import CHAIR, CLERK, DPO, LEAD
from tests.ledger.cli.called import call, refused

AS_OF = ("--as-of", "2010-12-01")
CONTACTPOINT = {
    "sender": "local-authority",
    "recipient": "contactpoint",
    "purpose": "maintain-accuracy",
    "fields": ["forename", "surname"],
    "lawful_basis": ["dpa1998-sch2-3"],
    "subject_kind": "pupil",
    "age_max": 17,
}
ASSESSMENTS = {
    "transferred_at": "2010-05-14",
    "sender": "local-authority",
    "recipient": "QCA",
    "purpose": "National curriculum assessments",
    "fields": ["forename", "surname"],
    "lawful_basis": ["dpa1998-sch2-5"],
    "subject_kind": "pupil",
    "key_stages": ["ks2"],
}


def done(*arguments: object) -> str:
    said = call(*arguments)
    assert said.status == 0, said
    return said.out


def correct(path: Path, which: str, stated: dict[str, Any]) -> None:
    file = path.with_name("replacement.json")
    file.write_text(json.dumps(stated), "utf-8")
    done("correct", path, which, "--reason", "a mistake", "--with", file, "--actor", CLERK)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of a lead, an officer, a clerk and a chair; three transfers used ContactPoint after its closing."""
    path = tmp_path / "transfers.db"
    done("init", path, "--origin", "a.example/t", "--organisation", "Springfield Council")
    done("register", "adopt", path, "england-2010", "--from", "2009-09-01")
    for code, role in ((DPO, "dpo"), (CLERK, "clerk"), (CHAIR, "chair")):
        done("people", "add", path, "--role", role, "--code", code)
    done("import", path, _file(path, *(f"cp{number},2010-09-0{number + 1}" for number in range(3))), "--actor", CLERK)
    return path


def _file(path: Path, *rows: str) -> Path:
    """A spreadsheet of uses of ContactPoint; each of `rows` is an id and a date."""
    columns = "id,transferred_at,sender,recipient,purpose,fields,lawful_basis,subject_kind,age_max"
    same = "local-authority,contactpoint,maintain-accuracy,forename;surname,dpa1998-sch2-3,pupil,17"
    file = path.with_name("rows.csv")
    file.write_text("\n".join([columns, *(f"{row},{same}" for row in rows)]) + "\n", "utf-8")
    return file


def checked(path: Path) -> dict[str, Any]:
    said = call("check", path, *AS_OF, "--format", "json")
    found: dict[str, Any] = json.loads(said.out)
    assert said.status == (1 if found["answers"]["open"] else 0)
    return found


def contactpoint(path: Path) -> list[dict[str, Any]]:
    return [one for one in checked(path)["findings"] if one["check"] == "contactpoint-closed"]


def talked_away(path: Path) -> None:
    done("correct", path, "cp0", "--reason", "entered twice", "--withdraw", "--actor", CLERK)
    correct(path, "cp1", {**CONTACTPOINT, "transferred_at": "2010-08-05"})
    correct(path, "cp2", ASSESSMENTS)


def reports(path: Path) -> str:
    folder = path.with_name("reports")
    call("report", path, *AS_OF, "-o", folder)
    for kind in ("governors", "dpo", "auditor"):
        call("report", path, *AS_OF, "--for", kind, "--year", "2010-11", "-o", path.with_name(f"{kind}.md"))
    return "\n".join(path.with_name(f"{kind}.md").read_text("utf-8") for kind in ("governors", "dpo", "auditor"))


def test_withdrawn_redated_and_renamed_uses_of_contactpoint_stay_a_no(path: Path) -> None:
    talked_away(path)
    found = checked(path)
    assert found["answers"]["complied"] == "no"
    assert found["answers"]["awaiting_confirmation"] >= 3
    states = [(one["state"], one["settled"]["how"], one["settled"]["second_person"]) for one in contactpoint(path)]
    assert states == [("awaiting-confirmation", how, False) for how in ("withdrawn", "corrected", "corrected")]
    changed = {one["found"] for one in found["findings"] if one["check"] == "correction-removes-breach"}
    assert "Entry 9 withdrew the transfer." in changed
    assert any("the date" in text for text in changed)
    assert any("the recipient" in text for text in changed)
    said = reports(path)
    assert "3 uses of ContactPoint after it was switched off were recorded. 3 of them were withdrawn or changed" in said
    for never in ("Yes, as far as", "No recorded transfer used", "no use after that", "No problem found."):
        assert never not in said
    assert "No problem found" not in call("check", path, *AS_OF).out.splitlines()


def test_nobody_who_took_part_confirms_it(path: Path) -> None:
    talked_away(path)
    before = checked(path)
    assert "yourself" in refused("confirm", path, "--all", *AS_OF, "--actor", CLERK)
    assert "not in this ledger's people list" in refused("confirm", path, "--all", *AS_OF, "--actor", "p-" + "z" * 20)
    assert checked(path) == before


@pytest.mark.parametrize("who", [LEAD, DPO, CHAIR])
def test_a_second_person_confirms_the_whole_list(path: Path, who: str) -> None:
    talked_away(path)
    done("confirm", path, "--all", *AS_OF, "--actor", who, "--reason", "seen the log", "--by", "somebody")
    assert {one["state"] for one in contactpoint(path)} == {"settled"}
    assert {one["settled"]["second_person"] for one in contactpoint(path)} == {True}
    assert checked(path)["answers"]["awaiting_confirmation"] == 0
    said = reports(path)
    assert "a second person confirmed that." in said
    assert "No recorded transfer used ContactPoint" not in said
    assert "nothing awaits confirmation" in refused("confirm", path, "--all", *AS_OF, "--actor", CHAIR)


def test_one_finding_or_one_correction_is_confirmed_by_its_key_or_entry(path: Path) -> None:
    talked_away(path)
    first, second, third = contactpoint(path)
    done("confirm", path, first["key"], *AS_OF, "--actor", DPO)
    done("confirm", path, second["settled"]["entry"], *AS_OF, "--actor", DPO)
    assert [one["state"] for one in contactpoint(path)] == ["settled", "settled", "awaiting-confirmation"]
    done("confirm", path, third["seq"], "contactpoint-closed", *AS_OF, "--actor", DPO)
    assert "nothing to confirm" in refused("confirm", path, third["key"], *AS_OF, "--actor", DPO)
    assert "confirmed already" in refused("confirm", path, second["settled"]["entry"], *AS_OF, "--actor", DPO)


def test_an_import_that_was_undone_is_one_thing_to_confirm(path: Path) -> None:
    done("import", path, _file(path, *(f"b{number},2010-09-1{number}" for number in range(4))), "--actor", CLERK)
    for number in range(4):
        done("correct", path, f"b{number}", "--reason", "wrong file", "--withdraw", "--actor", CLERK)
    batch = max(seq for seq in range(1, 40) if _kind(path, seq) == "batch")
    done("confirm", path, batch, *AS_OF, "--actor", DPO)
    states = {one["state"] for one in contactpoint(path) if str(one["id"]).startswith("b")}
    assert states == {"settled"}
    assert "awaits confirmation" in refused("confirm", path, batch, *AS_OF, "--actor", DPO)


def _kind(path: Path, seq: int) -> str:
    from ledger.members import kind_of
    from ledger.source import Source

    with Source(path) as source:
        found = source.entry(seq)
    return "" if found is None else kind_of(found[0])


def test_a_false_alarm_of_one_person_stays_a_no(path: Path) -> None:
    for one in contactpoint(path):
        done("review", path, one["key"], *AS_OF, "--decision", "false-alarm", "--reason", "not so", "--actor", LEAD)
    found = checked(path)
    assert found["answers"]["complied"] == "no"
    assert {one["state"] for one in contactpoint(path)} == {"awaiting-confirmation"}
    assert "is your own" in refused("confirm", path, contactpoint(path)[0]["key"], *AS_OF, "--actor", LEAD)
    for one in contactpoint(path):
        done("confirm", path, one["key"], *AS_OF, "--actor", DPO)
    assert {one["settled"]["how"] for one in contactpoint(path)} == {"false-alarm"}


def test_what_is_fixed_is_settled_and_was_a_breach(path: Path) -> None:
    for one in checked(path)["findings"]:
        if one["outcome"] == "breach":
            done("review", path, one["key"], *AS_OF, "--decision", "remedied", "--reason", "stopped", "--actor", LEAD)
    found = checked(path)
    assert (found["answers"]["complied"], found["answers"]["open"]) == ("no", 0)
    said = reports(path)
    assert "Yes, as far as" not in said


def test_contactpoint_cannot_be_accepted(path: Path) -> None:
    key = contactpoint(path)[0]["key"]
    review = ("review", path, key, *AS_OF, "--decision", "accepted", "--due", "2011-12-31", "--reason", "so it is")
    assert "against the law" in refused(*review)


def test_the_officer_advises_and_the_finding_stays_open(path: Path) -> None:
    key = contactpoint(path)[0]["key"]
    said = done("review", path, key, *AS_OF, "--decision", "remedied", "--reason", "stopped", "--actor", DPO)
    assert "Sealed as advice" in said
    assert contactpoint(path)[0]["state"] == "open"
    review = ("review", path, key, *AS_OF, "--decision", "remedied", "--reason", "stopped")
    assert "can't decide" in refused(*review, "--actor", CLERK)


def test_what_is_asked_for_must_be_there(path: Path) -> None:
    for arguments in ((), ("1", "--all"), ("999",), ("abcdef0123",), ("no",)):
        assert refused("confirm", path, *arguments, *AS_OF, "--actor", DPO)
    assert "nothing to confirm" in refused("confirm", path, contactpoint(path)[0]["key"], *AS_OF, "--actor", DPO)


def test_a_practice_ledger_says_so_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    assert "practice" in done("init", path, "--origin", "p.example/t", "--organisation", "P", "--practice")
    done("register", "adopt", path, "england-2010", "--from", "2009-09-01")
    assert "practice ledger" in call("check", path, *AS_OF).err
    for kind in ("governors", "dpo", "auditor"):
        call("report", path, *AS_OF, "--for", kind, "--year", "2009-10", "-o", tmp_path / f"{kind}.md")
        assert "This is a practice ledger" in (tmp_path / f"{kind}.md").read_text("utf-8")
