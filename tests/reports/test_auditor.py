"""The auditor's document: counted again by other means, blind to what comes later, and silent on what was erased."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from ledger import checkpoints
from ledger.members import Continued
from ledger.source import Source
from ledger.tlog import note
from ledger.tlog.note import Note
from ledger.writer import create
from reports.cli.check import check_ledger
from reports.cli.making import Wanted
from reports.decisions import Verdict
from reports.documents import blocks
from reports.documents.auditor import MOST, auditor
from reports.documents.blocks import Block, Document, Table
from reports.documents.heartbeats import Heartbeat, gaps
from reports.documents.record import record
from reports.documents.recount import command, literal
from tests.codes import DPO, LEAD
from tests.ledger.test_timestamp import Authority
from tests.ledger.worlds import stepping
from tests.needed import missing
from tests.reports.audited import AS_OF, NOTE, ORIGIN, SEEN, WITNESS, Kept, audited_ledger, kept_ledger, witness
from tests.reports.ledgers import GOOD, SECRET
from tests.reports.opened import reading


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return audited_ledger(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def kept(built: Kept, tmp_path: Path) -> Kept:
    folder = tmp_path / "copy"
    shutil.copytree(built.path.parent, folder)
    first, second = (one._replace(path=folder / one.path.name) for one in (built.first, built.second))
    return built._replace(path=folder / "l.db", first=first, second=second, moment=list(built.moment))


def made(path: Path, *options: str, **wanted: Any) -> Document:
    with reading(path, Wanted("auditor", **{"as_of": AS_OF, "period": "whole", **wanted})) as (source, read):
        named = {one.partition("=")[0] for one in options}
        others = (one for one in read.made.options if one.partition("=")[0] not in named)
        sealed = msgspec.structs.replace(read.made, options=(*others, *options))
        return auditor(msgspec.structs.replace(read, made=sealed), source)


def table(document: Document, id_: str) -> Table:
    (found,) = (one for one in document.blocks if isinstance(one, Table) and one.id == id_)
    return found


def rows(document: Document, id_: str) -> list[tuple[Any, ...]]:
    (found,) = (one for one in document.data if one.id == id_)
    return list(found.rows)


def block(document: Document, kind: type[Block]) -> list[Any]:
    return [one for one in document.blocks if isinstance(one, kind)]


def text(document: Document) -> str:
    return msgspec.json.encode(document).decode()


def edit(path: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement, values)
    for _, sql in triggers:
        db.execute(sql)
    db.close()


# -- numbers -------------------------------------------------------------------------------------------------------


def entries(path: Path) -> list[dict[str, Any]]:
    db = sqlite3.connect(path)
    found = [json.loads(data) for (data,) in db.execute("SELECT entry FROM entries ORDER BY seq")]
    db.close()
    return found


def test_every_number_is_counted_again_from_the_bytes(built: Kept) -> None:
    all_ = entries(built.path)
    kinds = Counter(one["kind"] for one in all_)
    newest = {
        one.get("corrects", {}).get("seq", one["seq"]): one for one in all_ if one["kind"] in ("transfer", "correction")
    }
    times = [one["recorded_at"] for one in all_]
    db = sqlite3.connect(built.path)
    notes = db.execute("SELECT size, note FROM checkpoints").fetchall()
    db.close()
    lines = [line for _, signed in notes for line in signed.split("\n") if line.startswith("\N{EM DASH} ")]
    cosigned = [line for line in lines if "/witness " in line]
    decided = Counter(one["decision"] for one in all_ if one["kind"] == "review")
    counted = {
        "entries": len(all_),
        "transfers-recorded": kinds["transfer"],
        "corrections": kinds["correction"],
        "withdrawals": sum("withdrawn" in one for one in all_),
        "imports": 0,
        "organisations": kinds["organisation"],
        "transfers": sum("withdrawn" not in one for one in newest.values()),
        "registers": kinds["register"],
        "backdated": 2,
        "refusals": kinds["refusal"],
        "refusals-refused": 1,
        "refusals-met-in-part": 0,
        "decisions": kinds["review"],
        **{f"decisions-{one}": decided[one] for one in get_args(Verdict)},
        "decisions-replaced": sum("replaces" in one for one in all_),
        "advice": sum("advice" in one for one in all_),
        "people": kinds["person"],
        "confirmations": kinds["confirmation"],
        "keys": kinds["key"],
        "keys-new": 1,
        "keys-rotation": 1,
        "keys-replacement": 0,
        "erasures": kinds["erasure"],
        "attestations": kinds["attestation"],
        "closings": 0,
        "checkpoints": len(notes),
        "checkpoint-sizes": len({size for size, _ in notes}),
        "timestamps": 0,
        "entries-after-checkpoint": len(all_) - max(size for size, _ in notes),
        "cosignatures": len(cosigned),
        "heartbeats": 4,
        "gaps-long": 3,
        "entries-after-heartbeat": 1,
        "clock-backwards": sum(later < before for before, later in itertools.pairwise(times)),
        "clock-ahead": 0,
        "recorded-before-transfer": 1,
        "checks-not-run": 0,
        "checks-in-part": 0,
    }
    assert all(counted[name] for name in ("corrections", "withdrawals", "erasures", "clock-backwards", "cosignatures"))
    found = blocks.numbers(made(built.path))
    assert {name: found[name] for name in counted} == counted
    assert set(found) - set(counted) == {
        "checks-run", "breaches", "breaches-open", "cannot-tell", "advisories", "findings-closed", "findings-corrected",
    }  # fmt: skip


def test_the_findings_are_those_of_the_check(built: Kept) -> None:
    document, result = made(built.path), check_ledger(built.path, AS_OF).result
    found = blocks.numbers(document)
    assert (found["breaches"], found["cannot-tell"], found["advisories"]) == tuple(
        result.counts[one] for one in ("breach", "cannot-tell", "advisory")
    )
    assert (found["findings-closed"], found["breaches-open"]) == (2, found["breaches"] - 2)
    by_check = {row[0]: row[4:] for row in rows(document, "checks")}
    assert len(by_check) == len(result.checks) == found["checks-run"]
    assert [sum(column) for column in zip(*by_check.values(), strict=True)] == [
        found["breaches"],
        found["cannot-tell"],
        found["advisories"],
        found["findings-corrected"],
    ]
    assert by_check["unknown-recipient"] == (1, 0, 0, 0)


def printed(document: Document) -> list[str]:
    return [line for one in block(document, blocks.Commands) for line in one.lines]


@pytest.mark.parametrize("wanted", [{}, {"period": "year=2009-10"}, {"period": "from=2010-04-01", "school": "high"}])
def test_the_printed_lines_give_the_printed_numbers(kept: Kept, wanted: dict[str, str]) -> None:
    # The shell makes the statement of each line, as it would for sqlite3.
    document = made(kept.path, **wanted)
    lines = [line for line in printed(document) if "  # " in line]
    assert len(lines) == len(rows(document, "statements")) > 25
    script = "\n".join(line.replace("sqlite3 LEDGER ", "printf '%s\\n' ") for line in lines)
    statements = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    db = sqlite3.connect(kept.path)
    answers = [db.execute(statement).fetchone()[0] for statement in statements]
    db.close()
    assert answers == [int(line.partition("  # ")[2].split()[0].replace(",", "")) for line in lines]
    found = blocks.numbers(document)
    assert {id_: value for id_, value, _ in rows(document, "statements")} == {
        id_: found[id_] for id_, _, _ in rows(document, "statements")
    }
    # A ledger that went on gives the same answers.
    kept.record("2010-06-05T09:00:00Z", {**GOOD, "id": "later"})
    db = sqlite3.connect(kept.path)
    assert [db.execute(statement).fetchone()[0] for statement in statements] == answers
    db.close()


def test_a_statement_survives_its_values_and_the_shell() -> None:
    hostile = "o'neill\"; $(touch /tmp/x) `id` \\ #"
    sql = literal("SELECT ? || ?", [hostile, 7])
    line = command(sql, "a remark").replace("sqlite3 LEDGER ", "printf '%s' ")
    said = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert sqlite3.connect(":memory:").execute(said).fetchone()[0] == hostile + "7"


# -- evidence ------------------------------------------------------------------------------------------------------


def test_checkpoints_say_who_signed_and_who_cosigned_when(built: Kept) -> None:
    document = made(built.path)
    shown = table(document, "checkpoints").rows
    assert [(row[0], row[1]) for row in shown] == [(5, 24), (4, 24), (3, 10), (2, 10), (1, 10)]
    first, second = (sorted(one.key.key_id.hex() for one in file.keys) for file in (built.first, built.second))
    assert [sorted(str(row[3]).split(", ")) for row in shown] == [second, second, first, first, first]
    assert shown[1][4] == shown[4][4] == "nobody"
    assert shown[3][4] == f"county.example/witness (key {WITNESS.key.key_id.hex()}) at {SEEN[0]}"
    assert str(shown[0][4]).count(f" at {SEEN[2]}") == 2
    root = rows(document, "checkpoints")[0][2]
    db = sqlite3.connect(built.path)
    assert root == db.execute("SELECT note FROM checkpoints ORDER BY rowid").fetchone()[0].split("\n")[2]
    db.close()


def test_heartbeats_and_gaps(built: Kept) -> None:
    document = made(built.path)
    assert [row[:3] for row in rows(document, "heartbeats")] == [
        (SEEN[0], 10, "cosignature"),
        (SEEN[1], 10, "cosignature"),
        (SEEN[2], 24, "cosignature"),
        (SEEN[2], 24, "cosignature"),
    ]
    assert [row[:4] for row in table(document, "gaps").rows] == [
        (date(2010, 6, 1), AS_OF, 122, 1),
        (date(2010, 3, 20), date(2010, 6, 1), 73, 14),
        (date(2010, 1, 4), date(2010, 3, 2), 57, 10),
        (date(2010, 3, 2), date(2010, 3, 20), 18, 0),
    ]
    assert [str(row[4]).startswith("more than 31 days") for row in table(document, "gaps").rows] == [True] * 3 + [False]


def beat(day: str, size: int = 1) -> Heartbeat:
    return Heartbeat(datetime.fromisoformat(f"{day}T12:00:00+00:00"), size, "timestamp", "", None)


def test_a_gap_of_31_days_is_not_marked_and_one_of_32_is() -> None:
    began = datetime(2010, 1, 1, 9, tzinfo=UTC)
    found = gaps([beat("2010-03-05", 3), beat("2010-02-01", 5)], began, 7, date(2010, 3, 5))
    assert [(one.days, one.long, one.before, one.after) for one in found] == [(32, True, 5, 5), (31, False, 0, 5)]


def test_days_are_londons_and_a_clock_beside_the_others_makes_no_gap() -> None:
    late = Heartbeat(datetime(2010, 6, 1, 23, 30, tzinfo=UTC), 1, "timestamp", "", None)
    (only,) = gaps([late], datetime(2010, 6, 30, 9, tzinfo=UTC), 1, date(2010, 6, 5))
    assert (only.first, only.last) == (date(2010, 6, 2), date(2010, 6, 5))


def test_without_cosignature_or_timestamp_no_heartbeat_is_provable(tmp_path: Path) -> None:
    kept = kept_ledger(tmp_path)
    for size in (6, 6):
        kept.sign("2010-03-01T21:00:00Z", kept.first)
        document = made(kept.path)
        assert blocks.numbers(document)["checkpoints"] == 1
        assert (blocks.numbers(document)["heartbeats"], size) == (0, 6)
        assert "No heartbeat is provable" in [one.title for one in block(document, blocks.Verdict)]
        assert rows(document, "gaps") == []


def test_a_witness_that_saw_entries_before_they_were_recorded_shows_a_clock_that_is_ahead(kept: Kept) -> None:
    kept.record("2010-07-10T20:00:00Z", {**GOOD, "id": "y"})
    kept.sign("2010-07-10T21:00:00Z", kept.second, witness(WITNESS, "2010-07-01T09:00:00Z"))
    document = made(kept.path)
    assert blocks.numbers(document)["clock-ahead"] == 1
    assert table(document, "clock-ahead").rows == (("2010-07-01T09:00:00Z", 26, "2010-07-10T20:00:00Z"),)


@pytest.mark.parametrize("seconds", [0, 2**63 - 1, 2**62])
def test_a_cosignature_without_a_time_that_exists_is_no_heartbeat(kept: Kept, seconds: int) -> None:
    db = sqlite3.connect(kept.path)
    size, text_ = db.execute("SELECT size, note FROM checkpoints ORDER BY rowid").fetchone()
    db.close()
    whole = note.parse(text_.encode())
    line = note.SignatureLine("x.example/w", b"abcd", seconds.to_bytes(8, "big") + bytes(64))
    other = note.SignatureLine("y.example/w", b"abcd", b"short")
    forged = note.render(Note(whole.text, (*whole.signatures, line, other))).decode()
    edit(kept.path, "INSERT INTO checkpoints (size, note) VALUES (?, ?)", size, forged)
    document = made(kept.path)
    assert document.warning is None
    assert (blocks.numbers(document)["cosignatures"], blocks.numbers(document)["heartbeats"]) == (5, 4)
    assert rows(document, "checkpoints")[-1][4:6] == (
        "x.example/w (key 61626364), without a time",
        "y.example/w (key 61626364)",
    )


@pytest.mark.parametrize(("size", "text_"), [(3, "no note"), (2**60, "a\n\n\N{EM DASH} b YWJjZGU=\n"), (-1, "")])
def test_a_row_that_is_no_checkpoint_is_shown_as_such(kept: Kept, size: int, text_: str) -> None:
    edit(kept.path, "INSERT INTO checkpoints (size, note, timestamp) VALUES (?, ?, ?)", size, text_, b"junk")
    document = made(kept.path)
    assert document.warning is not None
    assert rows(document, "checkpoints")[-1][7] != ""
    assert blocks.numbers(document)["heartbeats"] == 4


def test_a_timestamp_gives_a_heartbeat(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        missing("openssl is not installed")
    (tmp_path / "tsa").mkdir()
    authority = Authority(tmp_path / "tsa")
    before = datetime.now(UTC).replace(microsecond=0)
    kept = kept_ledger(tmp_path)
    kept.sign("2010-03-01T21:00:00Z", kept.first)
    unstamped = made(kept.path, "checkpoints=1")
    kept.sign(
        "2010-03-01T21:00:00Z",
        kept.first,
        stamp=lambda text_: authority.reply(authority.query(text_, "-sha256", "-cert")),
    )
    document = made(kept.path)
    ((at, size, kind, by, _),) = rows(document, "heartbeats")
    assert (size, kind, by) == (6, "timestamp", "a time stamping authority")
    assert before <= datetime.fromisoformat(at) <= datetime.now(UTC)
    assert blocks.numbers(document)["timestamps"] == 1
    assert "1 timestamp was not verified" in text(document)
    assert made(kept.path, "checkpoints=1") == unstamped


# -- the same again ------------------------------------------------------------------------------------------------


def test_what_was_signed_later_changes_nothing_of_a_report_that_is_made_again(kept: Kept) -> None:
    before = made(kept.path, "checkpoints=5")
    kept.sign("2010-09-01T09:00:00Z", kept.second, witness(WITNESS, "2010-09-01T09:00:00Z"))
    assert made(kept.path, "checkpoints=5") == before
    assert blocks.numbers(made(kept.path))["checkpoints"] == 7


def test_the_record_is_of_the_first_entries_and_checkpoints_alone(kept: Kept) -> None:
    with Source(kept.path) as source:
        before, early = record(source, 25, 5), record(source, 22, 3)
    assert (len(early.checkpoints), len(early.heartbeats), len(early.keys), len(early.erasures)) == (3, 2, 1, 1)
    assert len(early.attestations) == 0
    kept.record("2010-09-01T09:00:00Z", {**GOOD, "id": "more"})
    kept.sign("2010-09-01T09:00:00Z", kept.second, witness(WITNESS, "2010-09-01T09:00:00Z"))
    with Source(kept.path) as source:
        assert record(source, 25, 5) == before
        assert record(source, 22, 3) == early
        assert record(source, 25) != before


def test_the_same_ledger_gives_the_same_document_in_another_time_zone(
    built: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(built.path)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        assert made(audited_ledger(tmp_path).path) == before
    time.tzset()


# -- what is shown, and what never ---------------------------------------------------------------------------------


def test_no_erasable_value_is_shown(kept: Kept) -> None:
    kept.record("2010-07-01T20:00:00Z", {**GOOD, "id": "n", "recipient": SECRET}, note=f"not erased: {NOTE}")
    shown = text(made(kept.path))
    for secret in (NOTE, SECRET, "J. Clerk", "agreed", "a field too many", "Robinson", 'known"'):
        assert secret not in shown
    assert [row[1:3] for row in table(made(kept.path), "erasures").rows] == [(5, "operator"), (5, "note")]
    assert "It was kept for as long as was needed" in shown


def test_it_names_no_file_but_the_ledger(built: Kept) -> None:
    assert str(built.path.parent) not in text(made(built.path))
    assert all(
        "LEDGER" in line or line.startswith(("openssl", "transfer-ledger verify-proof"))
        for line in printed(made(built.path))
    )


def test_the_commands_name_what_was_asked_for(kept: Kept) -> None:
    lines = printed(made(kept.path, format="pdf", period="from=2010-03-01,to=2010-04-30", school="high"))
    asked = "--from 2010-03-01 --to 2010-04-30 --school high"
    assert f"transfer-ledger report LEDGER --for auditor --format pdf --as-of 2010-10-01 {asked} -o FILE" in lines
    assert f"transfer-ledger sample LEDGER --seed SEED --count 25 --as-of 2010-10-01 {asked} -o FILE.xlsx" in lines
    assert "transfer-ledger check LEDGER --as-of 2010-10-01 --format csv" in lines


def test_a_record_that_does_not_verify_says_so_first(kept: Kept) -> None:
    edit(kept.path, "UPDATE entries SET entry = replace(entry, 'forename', 'fornname') WHERE seq = 5")
    document = made(kept.path)
    assert document.warning is not None
    assert document.warning.startswith("The record does NOT verify: ")
    assert block(document, blocks.Verdict)[0].kind == "bad"
    assert any(row[0] == 5 for row in table(document, "problems").rows)
    assert [row[2] for row in table(document, "levels").rows] == ["no"] * 4


def test_a_sound_record_reaches_consistent_and_no_more_without_what_the_auditor_brings(built: Kept) -> None:
    document = made(built.path)
    assert document.warning is None
    assert [row[2] for row in table(document, "levels").rows] == ["yes", "no", "no", "no"]
    assert block(document, blocks.Verdict)[0].kind == "unsure"


def test_keys_registers_and_reports(built: Kept) -> None:
    document = made(built.path)
    assert [(row[0], row[1]) for row in rows(document, "keys")] == [(9, "new"), (23, "rotation")]
    assert [(row[0], row[3], row[7], row[8]) for row in rows(document, "registers")] == [
        (1, "1", 124, "no"),
        (12, "2", 14, "yes"),
    ]
    ((seq, report, options, _, size, *_),) = rows(document, "attestations")
    assert (seq, report, options, size) == (24, "ab" * 32, "for=dpo format=html", 20)


def test_a_ledger_with_its_genesis_alone(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    create(path, "a.example/b", "A" * 200, stepping(), lambda size: b"\x07" * size, actor=LEAD)
    document = made(path, period="")
    found = blocks.numbers(document)
    assert (found["entries"], found["transfers"], found["checkpoints"], found["keys"]) == (1, 0, 0, 0)
    assert found["checks-not-run"]
    assert {row[2] for row in table(document, "not-run").rows} == {"No register of documented purposes is adopted."}
    assert table(document, "registers").rows == ()


def test_long_lists_are_shown_in_part_and_kept_whole(tmp_path: Path) -> None:
    kept = kept_ledger(tmp_path)
    times = [f"2010-{2 + n // 28:02}-{1 + n % 28:02}T09:00:00Z" for n in range(MOST + 5)]
    for at in times:
        kept.sign("2010-01-20T21:00:00Z", kept.first, witness(WITNESS, at))
    document = made(kept.path)
    assert len(table(document, "heartbeats").rows) == MOST
    assert table(document, "heartbeats").rows[0][0] == times[-1]
    assert [row[0] for row in rows(document, "heartbeats")] == times
    assert f"{MOST} of {MOST + 5} heartbeats are shown" in text(document)


def test_what_this_ledger_continues_is_said(kept: Kept, tmp_path: Path) -> None:
    tree = checkpoints.continued(kept.path, None, "next.example/b")
    before = Continued(origin=tree.origin, size=tree.size, head=tree.root.hex())
    path = tmp_path / "next.db"
    create(path, "next.example/b", "Next", stepping(), lambda size: b"\x07" * size, before, actor=LEAD)
    facts = dict(block(made(path, period=""), blocks.Facts)[0].items)
    assert "shire.example/transfers" in str(facts["Continues"])


def test_a_key_signs_up_to_the_size_before_the_next_keys_entry(tmp_path: Path) -> None:
    kept = kept_ledger(tmp_path)
    kept.sign("2010-03-01T21:00:00Z", kept.first)
    with kept.at("2010-03-02T09:00:00Z") as ledger:
        checkpoints.rotate(ledger, kept.first, kept.second, lambda _: None)
    kept.sign("2010-03-02T10:00:00Z", kept.second)
    document = made(kept.path)
    assert [row[0] for row in rows(document, "keys")] == [5, 6]
    names = [f"{ORIGIN} (key {file.keys[0].key.key_id.hex()})" for file in (kept.first, kept.second)]
    assert [(row[1], row[3], row[5]) for row in rows(document, "checkpoints")] == [(6, names[0], ""), (7, names[1], "")]


def test_another_signature_of_the_ledgers_own_name_is_shown_as_another(kept: Kept) -> None:
    # The old key under the tree of the new one: verification is content with the new key's signature.
    db = sqlite3.connect(kept.path)
    size, text_ = db.execute("SELECT size, note FROM checkpoints ORDER BY rowid DESC").fetchone()
    db.close()
    whole = note.parse(text_.encode())
    old = note.signature_line(whole.text, kept.first.keys[0].signer(0))
    doubled = note.render(Note(whole.text, (*whole.signatures[:1], old))).decode()
    edit(kept.path, "INSERT INTO checkpoints (size, note) VALUES (?, ?)", size, doubled)
    document = made(kept.path)
    assert rows(document, "checkpoints")[-1][5] == f"{ORIGIN} (key {kept.first.keys[0].key.key_id.hex()})"
    assert "by no key that the ledger names for their size" in text(document)


def test_findings_on_what_was_corrected_since_are_counted_apart(kept: Kept) -> None:
    before = {row[0]: row[4:] for row in rows(made(kept.path), "checks")}
    with kept.at("2010-06-03T09:00:00Z") as ledger:
        withdrawn = ledger.correct("x", "it never went", None, {})
    denied = {row[0]: row[4:] for row in rows(made(kept.path), "checks")}
    assert before["unknown-recipient"] == denied["unknown-recipient"] == (1, 0, 0, 0)
    with kept.at("2010-06-03T10:00:00Z") as ledger, ledger.acting(DPO):
        ledger.confirm([withdrawn.seq], withdrawn.head, {})
    document = made(kept.path)
    after = {row[0]: row[4:] for row in rows(document, "checks")}
    assert after["unknown-recipient"] == (0, 0, 0, 1)
    assert blocks.numbers(document)["findings-corrected"] == sum(row[3] for row in after.values()) > 0
