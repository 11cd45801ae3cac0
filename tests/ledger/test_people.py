"""People as codes: who counts as somebody else, what a confirmation seals, and the commands for both."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger import canonical, entry
from ledger.errors import Conflict, Refused
from ledger.forms import form_problem
from ledger.members import Confirmation, Person
from ledger.people import People, new_code
from ledger.source import Source
from ledger.verify.assurance import verify
from ledger.writer import Ledger
from tests.codes import CHAIR, CLERK, DPO, LEAD, STRANGER
from tests.ledger.cli.called import call, refused
from tests.ledger.worlds import settled, small, stepping


def opened(path: Path, actor: str | None) -> Ledger:
    return Ledger(path, stepping("2010-06-01T09:00:00+00:00"), os.urandom, actor)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = small(tmp_path / "l.db")
    with opened(made, LEAD) as ledger:
        ledger.add_person(DPO, "dpo")
        ledger.add_person(CLERK, "clerk")
        ledger.add_person(CHAIR, "chair", outside=True)
    with opened(made, CLERK) as ledger:
        ledger.correct("t0", "twice", None, {})
    return made


def confirm(path: Path, actor: str | None, *seqs: int) -> None:
    with Source(path) as source:
        seen = source.head
    with opened(path, actor) as ledger:
        ledger.confirm(seqs or (seen.size - 1,), seen, {})


def test_codes_are_random_and_well_formed() -> None:
    codes = {new_code(os.urandom) for _ in range(200)}
    assert len(codes) == 200
    assert all(form_problem("actor", code) is None for code in codes)
    assert form_problem("actor", "p-" + "I" * 20) is not None


def test_every_entry_carries_who_caused_it_and_nothing_of_their_name(path: Path) -> None:
    with Source(path) as source:
        entries = [source.entry(seq) for seq in range(source.head.size)]
        assert {code for code, _ in source.people()} == {LEAD, DPO, CLERK, CHAIR}
    assert [one[0].actor for one in entries if one is not None] == [LEAD] * (len(entries) - 1) + [CLERK]
    assert not verify(path).problems


def test_the_same_transfer_by_somebody_else_is_the_same_transfer(path: Path) -> None:
    with opened(path, DPO) as ledger:
        assert not ledger.append(settled(ledger, "t1", {"note": "note 1"})).new


def test_who_counts_as_a_second_person() -> None:
    def person(seq: int, code: str, role: str) -> Person:
        data = entry.write(
            {
                "kind": "person", "code": code, "role": role, "seq": seq, "prev": "0" * 64, "salt": "A" * 22,
                "recorded_at": "2010-05-01T09:00:00Z",
            }
        )  # fmt: skip
        read = entry.read(data)[0]
        assert isinstance(read, Person)
        return read

    people = People([person(1, LEAD, "lead"), person(2, DPO, "dpo"), person(3, CLERK, "clerk")])
    assert people.second(DPO, 9, LEAD, [CLERK]) == "second-person"
    assert people.second(DPO, 9, CLERK, [CLERK]) == "second-person"
    assert people.second(LEAD, 9, LEAD, [CLERK]) is None
    assert people.second(DPO, 9, LEAD, [DPO]) is None
    assert people.second(CLERK, 9, LEAD, []) is None
    assert people.second(DPO, 9, STRANGER, []) is None
    assert people.second(DPO, 9, None, []) is None
    assert people.second(DPO, 2, LEAD, []) is None  # not yet issued there
    assert people.second(LEAD, 2, LEAD, [LEAD]) == "alone"
    assert people.second(None, 9, LEAD, []) is None
    assert People([]).second(LEAD, 9, LEAD, []) is None


def test_a_second_person_confirms_once(path: Path) -> None:
    for who in (CLERK, STRANGER, None):
        with pytest.raises(Refused):
            confirm(path, who)
    confirm(path, DPO)
    assert not verify(path).problems
    with Source(path) as source:
        (sealed,) = source.confirmations()
        assert (sealed.actor, sealed.confirms) == (DPO, (source.head.size - 2,))
    with pytest.raises(Conflict, match="confirmed already"):
        confirm(path, CHAIR, sealed.confirms[0])


def test_only_corrections_and_decisions_are_confirmed(path: Path) -> None:
    with pytest.raises(Refused, match="no correction and no decision"):
        confirm(path, DPO, 4)
    with pytest.raises(Refused, match="no correction and no decision"):
        confirm(path, DPO, 4000)


def test_many_are_confirmed_at_once_in_as_few_entries_as_they_fit_into(path: Path) -> None:
    with opened(path, CLERK) as ledger, ledger.together(whole=True):
        for number in range(1, 5):
            ledger.correct(f"t{number}", "twice", None, {})
    with Source(path) as source:
        size = source.head.size
    confirm(path, DPO, *range(size - 5, size))
    with Source(path) as source:
        assert source.head.size == size + 1
    assert not verify(path).problems


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"confirms": [4]}, "citation"),
        ({"confirms": [400]}, "citation"),
        ({"confirms": []}, "malformed-member"),
        ({"confirms": [11, 11]}, "malformed-member"),
        ({"seen": {"seq": 10, "hash": "0" * 64}}, "citation"),
        ({"actor": "Mrs Patel"}, "malformed-member"),
    ],
)
def test_verification_names_a_confirmation_that_confirms_nothing(
    path: Path, changed: dict[str, object], code: str
) -> None:
    import sqlite3

    confirm(path, DPO)
    db = sqlite3.connect(path)
    for name in ("entries_no_update",):
        db.execute(f"DROP TRIGGER {name}")
    seq, text = db.execute("SELECT seq, entry FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    members = canonical.decode(text.encode())
    assert isinstance(members, dict)
    data = canonical.encode({**members, **changed})  # type: ignore[arg-type]
    db.execute("UPDATE entries SET entry = ?, hash = ? WHERE seq = ?", (data.decode(), entry.leaf_hash(data), seq))
    db.commit()
    db.close()
    problems = {problem.problem for problem in verify(path).problems if problem.seq == seq}
    assert code in problems or (changed == {"confirms": []} and problems)


def test_a_confirmation_reads_back() -> None:
    assert Confirmation.__struct_config__.tag == "confirmation"


def test_the_commands_issue_keep_and_list_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "ann"))
    monkeypatch.delenv("TRANSFER_LEDGER_ACTOR")
    path = tmp_path / "l.db"
    assert call("init", path, "--origin", "a.example/t", "--organisation", "A").status == 0
    mine = call("people", "me", path).out.strip()
    said = call("people", "add", path, "--role", "dpo", "--name", "Ms Khan").out.splitlines()
    assert said[-1].startswith("Give this code to the data protection officer")
    theirs = said[1]
    listed = call("people", "list", path).out
    assert f"{mine}  lead  (you)" in listed
    assert f"{theirs}  data protection officer  Ms Khan" in listed
    assert b"Khan" not in path.read_bytes()

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "khan"))
    assert call("people", "me", path, theirs).out.strip() == theirs
    assert "(you)" in next(line for line in call("people", "list", path).out.splitlines() if theirs in line)
    assert "Khan" not in call("people", "list", path).out

    assert "has this role already" in refused("people", "add", path, "--role", "dpo", "--code", theirs)
    assert "no person's code" in refused("people", "add", path, "--role", "dpo", "--code", "Ms Khan")
    assert "no person's code" in refused("people", "me", path, "Ms Khan")
    assert "no person's code" in refused("people", "list", path, "--actor", "x")


def test_a_configuration_that_cannot_be_kept_stops_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("TRANSFER_LEDGER_ACTOR")
    said = call("init", tmp_path / "l.db", "--origin", "a.example/t", "--organisation", "A")
    assert said.status == 0
    assert "name one with --actor" in said.err


def test_a_broken_configuration_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("TRANSFER_LEDGER_ACTOR")
    path = tmp_path / "l.db"
    call("init", path, "--origin", "a.example/t", "--organisation", "A")
    (file,) = (tmp_path / "transfer-ledger").iterdir()
    for text in ("{", "[]", '{"me": "x"}', ""):
        file.write_text(text)
        assert "Put it right or delete it" in refused("people", "me", path)


def test_a_ledger_from_before_codes_says_which_version_made_it(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    data = bytearray(path.read_bytes())
    data[60:64] = (1).to_bytes(4, "big")
    path.write_bytes(data)
    for verb in ("verify", "check"):
        assert "from before December 2026" in refused(verb, path)
