"""Whatever is changed in a ledger is noticed, and named by its entry."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import disclosure, entry, schema
from ledger.errors import Refused
from ledger.settle import when
from ledger.verify import record
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought
from tests.ledger.cli.called import call
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small

TRIGGERS = [s for s in schema.STATEMENTS if s.startswith("CREATE TRIGGER")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small(tmp_path_factory.mktemp("whole") / "l.db")
    with open_ledger(path, "2010-05-11T09:00:00+00:00") as ledger:
        ledger.append_many([settled(ledger, "b1"), settled(ledger, "b2")], (2, {"source_sha256": "0" * 64}))
        ledger.correct("t1", "wrong", None, {})
    return path


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "l.db"))


def tamper(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """Changes the file as its administrator could: triggers away, the change, triggers back as they were."""
    db = sqlite3.connect(path, isolation_level=None)
    for trigger in TRIGGERS:
        db.execute(f"DROP TRIGGER {trigger.split()[2]}")
    change(db)
    for trigger in TRIGGERS:
        db.execute(trigger)
    db.close()


def found(path: Path) -> set[tuple[int | None, str]]:
    """What verification finds: the same whether it looks at runs of entries at once or at each on its own."""
    report = verify(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "clean", lambda *_: None)
        assert verify(path)[:6] == report[:6]
    return {(p.seq, p.problem) for p in report.problems}


def test_a_whole_ledger_is_consistent(whole: Path) -> None:
    report = verify(whole)
    assert (report.assurance, report.size, report.origin, report.problems) == ("consistent", 12, ORIGIN, [])
    assert any("rewritten" in line for line in report.not_checked)


@settings(max_examples=150)
@given(st.data())
def test_any_changed_byte_of_any_entry_is_noticed_and_named(whole: Path, data: st.DataObject) -> None:
    with sqlite3.connect(whole) as db:
        seq, text = data.draw(st.sampled_from(db.execute("SELECT seq, entry FROM entries").fetchall()))
    raw = text.encode()
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + bytes([data.draw(st.integers(0, 255).filter(lambda b: b != raw[at]))]) + raw[at + 1 :]
    memory = sqlite3.connect(":memory:")
    sqlite3.connect(whole).backup(memory)
    for trigger in TRIGGERS:
        memory.execute(f"DROP TRIGGER {trigger.split()[2]}")
    memory.execute("PRAGMA ignore_check_constraints=ON")
    rows = memory.execute("SELECT seq, entry, hash FROM entries ORDER BY seq").fetchall()
    plain = sqlite3.connect(":memory:")
    plain.execute(
        "CREATE TABLE entries (seq INTEGER PRIMARY KEY, entry TEXT, hash TEXT, kind TEXT, erased_digest TEXT)"
    )
    plain.executemany("INSERT INTO entries VALUES (?, CAST(? AS TEXT), ?, NULL, NULL)",
                      [(s, changed if s == seq else t.encode(), h) for s, t, h in rows])  # fmt: skip
    plain.execute("CREATE TABLE disclosures (digest TEXT, seq INTEGER, name TEXT, disclosure TEXT)")
    plain.execute("CREATE INDEX disclosures_seq ON disclosures (seq)")
    plain.executemany("INSERT INTO disclosures VALUES (?, ?, ?, ?)", memory.execute("SELECT * FROM disclosures"))
    plain.execute("CREATE TABLE documents (sha256 TEXT, media_type TEXT, content TEXT)")
    plain.executemany("INSERT INTO documents VALUES (?, ?, ?)", memory.execute("SELECT * FROM documents"))
    plain.text_factory = bytes
    assert (seq, "hash") in {(p.seq, p.problem) for p in record.walk(plain, len(rows))}


def _reseal(db: sqlite3.Connection, at: int, /, **changes: object) -> None:
    members = json.loads(db.execute("SELECT entry FROM entries WHERE seq = ?", (at,)).fetchone()[0])
    members.update(changes)
    data = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    db.execute("UPDATE entries SET entry = ?, hash = ? WHERE seq = ?", (data.decode(), entry.leaf_hash(data), at))


def _disclose(db: sqlite3.Connection, at: int, name: str, value: str, kept_as: str | None = None) -> None:
    """Seals another erasable value in place of the one that entry `at` has, digest and all."""
    text = disclosure.write("A" * 22, name, value)
    _reseal(db, at, _sd=[disclosure.digest(text)])
    db.execute("DELETE FROM disclosures WHERE seq = ?", (at,))
    row = (disclosure.digest(text), at, kept_as or name, text)
    db.execute("INSERT INTO disclosures (digest, seq, name, disclosure) VALUES (?, ?, ?, ?)", row)


def _relink(db: sqlite3.Connection, after: int) -> None:
    """Links every entry beyond `after` to the one before it, as an attacker would who can compute hashes."""
    prev = db.execute("SELECT hash FROM entries WHERE seq = ?", (after,)).fetchone()[0]
    for (seq,) in db.execute("SELECT seq FROM entries WHERE seq > ? ORDER BY seq", (after,)).fetchall():
        _reseal(db, seq, prev=prev)
        prev = db.execute("SELECT hash FROM entries WHERE seq = ?", (seq,)).fetchone()[0]


def _drop_and_relink(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM entries WHERE seq = 4")
    db.execute("DELETE FROM disclosures WHERE seq = 4")
    _relink(db, 3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda db: db.execute("UPDATE entries SET hash = '00' WHERE seq = 4"), (4, "hash")),
        (lambda db: db.execute("DELETE FROM entries WHERE seq = 4"), (5, "gap")),
        (lambda db: _reseal(db, 4, recipient="qca"), (5, "link")),
        (lambda db: _reseal(db, 4, transferred_on="2010-05-05"), (4, "transferred-on")),
        (lambda db: _reseal(db, 4, purpose=None), (4, "not-canonical")),
        (lambda db: _reseal(db, 4, kind="novelty"), (4, "unknown-kind")),
        (lambda db: _reseal(db, 4, surprise="x"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, seq=7), (4, "seq")),
        (lambda db: _reseal(db, 4, fields=["surname", "forename"]), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, subjects={}), (4, "not-canonical")),
        (lambda db: _reseal(db, 4, payload={}), (4, "not-canonical")),
        (lambda db: _reseal(db, 4, subjects={"age_min": 9, "age_max": 8}), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, id="t 4"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, salt="A" * 21 + "B"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, prev="Z" * 64), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, recorded_at="2010-05-10T09:00:01.5Z"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, recorded_at="2010-05-10T10:00:01+01:00"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, phase="a b"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, payload={"media_type": "no type"}), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, transferred_at="2010-05-04T10:15"), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, sender=""), (4, "malformed-member")),
        (lambda db: _reseal(db, 4, fields=[]), (4, "not-canonical")),
        (lambda db: db.execute("UPDATE entries SET entry = entry || char(10) WHERE seq = 4"), (4, "not-canonical")),
        (lambda db: db.execute("UPDATE entries SET hash = hash || char(10) WHERE seq = 4"), (4, "hash")),
        (lambda db: db.execute("UPDATE entries SET hash = upper(hash) WHERE seq = 4"), (4, "hash")),
        (
            lambda db: db.execute("UPDATE disclosures SET disclosure = disclosure || '=' WHERE seq = 4"),
            (4, "disclosure-altered"),
        ),
        (
            lambda db: db.execute("UPDATE disclosures SET digest = digest || char(10) WHERE seq = 4"),
            (4, "disclosure-altered"),
        ),
        (lambda db: db.execute("UPDATE disclosures SET seq = -1 WHERE seq = 4"), (-1, "disclosure-stray")),
        (lambda db: (_disclose(db, 4, "decided_by", "Mrs Patel"), _relink(db, 4)), (4, "disclosure-malformed")),
        (lambda db: (_disclose(db, 4, "note", "a\u202eb"), _relink(db, 4)), (4, "disclosure-malformed")),
        (lambda db: (_disclose(db, 4, "note", " "), _relink(db, 4)), (4, "disclosure-malformed")),
        (lambda db: (_disclose(db, 4, "note", "x" * 2001), _relink(db, 4)), (4, "disclosure-malformed")),
        (lambda db: (_disclose(db, 4, "note", "sent", "operator"), _relink(db, 4)), (4, "disclosure-malformed")),
        (lambda db: (_disclose(db, 4, "note", "a\u200fb"), _relink(db, 4)), (4, "disclosure-malformed")),
        (lambda db: (_reseal(db, 2, name="Sch\u043e\u043el"), _relink(db, 2)), (2, "malformed-member")),
        (lambda db: (_reseal(db, 2, aliases=["Sch\u202eool"]), _relink(db, 2)), (2, "malformed-member")),
        (_drop_and_relink, (5, "gap")),
        (lambda db: db.execute("UPDATE disclosures SET name = 'operator' WHERE seq = 4"), (4, "disclosure-malformed")),
        (lambda db: db.execute("UPDATE disclosures SET disclosure = 'x' WHERE seq = 4"), (4, "disclosure-altered")),
        (lambda db: db.execute("UPDATE disclosures SET seq = 5 WHERE seq = 4"), (4, "disclosure-missing")),
        (lambda db: db.execute("DELETE FROM disclosures WHERE seq = 4"), (4, "disclosure-missing")),
        (lambda db: db.execute("UPDATE disclosures SET seq = 400 WHERE seq = 4"), (400, "disclosure-stray")),
        (lambda db: db.execute("UPDATE documents SET content = 'x'"), (1, "document-altered")),
        (lambda db: db.execute("DELETE FROM documents"), (1, "document-missing")),
        (lambda db: _reseal(db, 11, corrects={"seq": 4, "hash": "0" * 64}), (11, "citation")),
        (lambda db: _reseal(db, 9, batch={"seq": 3, "row": 1}), (9, "citation")),
        (lambda db: db.execute("DELETE FROM entries"), (None, "empty")),
        (lambda db: db.execute("DELETE FROM entries WHERE seq = 0"), (1, "gap")),
        (lambda db: db.execute("CREATE VIEW extra AS SELECT 1"), (None, "schema")),
        (lambda db: db.execute("DROP VIEW transfers"), (None, "schema")),
        (lambda db: db.execute("DROP INDEX entries_on"), (None, "schema")),
    ],
)
def test_tampering_is_named(
    copy: Path, change: Callable[[sqlite3.Connection], object], expected: tuple[int | None, str]
) -> None:
    tamper(copy, change)
    assert expected in found(copy)


def test_a_missing_trigger_is_noticed(copy: Path) -> None:
    sqlite3.connect(copy).execute("DROP TRIGGER entries_no_delete")
    assert found(copy) == {(None, "schema")}


def test_a_forged_index_is_noticed(copy: Path) -> None:
    # A column is redefined, its index rebuilt, and the old text put back: the schema's text is then right, and what
    # the index says of a recipient is wrong. quick_check misses it.
    def schema_text(old: str, new: str) -> None:
        db = sqlite3.connect(copy, isolation_level=None)
        db.execute("PRAGMA writable_schema=ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'entries'", (old, new))
        db.close()

    right = "recipient TEXT GENERATED ALWAYS AS (json_extract(entry, '$.recipient'))"
    wrong = "recipient TEXT GENERATED ALWAYS AS (json_extract(entry, '$.sender'))"
    schema_text(right, wrong)
    sqlite3.connect(copy, isolation_level=None).execute("REINDEX entries_recipient")
    schema_text(wrong, right)
    assert sqlite3.connect(copy).execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert (None, "integrity") in found(copy)


def test_a_clock_that_goes_backwards_is_a_warning(copy: Path) -> None:
    with open_ledger(copy, "2009-01-01T00:00:00+00:00") as ledger:
        ledger.append(settled(ledger, "late"))
    report = verify(copy)
    assert report.problems == []
    assert [(w.seq, w.problem) for w in report.warnings] == [(12, "clock-backwards")]


def test_a_time_in_the_future_is_a_warning_that_names_entry_and_time(copy: Path) -> None:
    with open_ledger(copy, "2099-01-01T00:00:00+00:00") as ledger:
        ledger.append(settled(ledger, "ahead"))
        ledger.append(settled(ledger, "after"))
    with open_ledger(copy, "2010-06-01T00:00:00+00:00") as ledger:
        ledger.append(settled(ledger, "planned", **when("2011-05-01")))
        ledger.append(settled(ledger, "mistyped", **when("2101-05-04")))
    said = call("verify", copy)
    assert said.status == 0
    assert "warning, entry 12: It was recorded at 2099-01-01T00:00:01Z, which is later than now (20" in said.out
    assert "warning, entry 15: Its transfer is dated 2101-05-04, more than a year after now (20" in said.out
    seen = [(w["seq"], w["problem"]) for w in json.loads(call("verify", copy, "--format", "json").out)["warnings"]]
    assert seen == [(12, "clock-ahead"), (14, "clock-backwards"), (15, "dated-ahead")]
    # Whoever verifies after that day is not warned of the clock; nor is one whose clock differs by a minute.
    later = Brought(now=datetime(2099, 1, 1, 0, 1, tzinfo=UTC) - timedelta(minutes=2))
    assert {w.problem for w in verify(copy, brought=later).warnings} == {"clock-backwards", "dated-ahead"}


def test_what_is_no_ledger_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database")
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t (a)")
    newer = sqlite3.connect(tmp_path / "newer")
    newer.executescript(f"CREATE TABLE t (a); PRAGMA application_id={schema.APPLICATION_ID}; PRAGMA user_version=99")
    for name, says in (
        ("text", "not an SQLite database"),
        ("other", "another application"),
        ("newer", "format 99"),
        ("absent", "does not exist"),
        (".", "folder"),
    ):
        with pytest.raises(Refused, match=says):
            verify(tmp_path / name)


def test_an_edited_name_is_a_problem_and_a_stale_cache_is_none(copy: Path) -> None:
    tamper(copy, lambda db: db.execute("UPDATE names SET id = 'contactpoint' WHERE folded = 'qca' AND kind = 'party'"))
    assert found(copy) == {(None, "names")}
    tamper(copy, lambda db: db.execute("UPDATE names SET id = 'older' WHERE folded = 'stamp' AND kind = ''"))
    report = verify(copy)
    assert report.problems == []
    assert [w.problem for w in report.warnings] == ["names-stale"]


def test_a_trigger_under_a_name_of_sqlites_own_is_noticed_and_nothing_is_written(copy: Path) -> None:
    db = sqlite3.connect(copy, isolation_level=None)
    db.execute("ANALYZE")  # whose tables are in order
    assert schema.differs(db) == []
    db.execute("CREATE TRIGGER quiet BEFORE INSERT ON disclosures BEGIN SELECT RAISE(IGNORE); END")
    db.execute("PRAGMA writable_schema=ON")
    db.execute("UPDATE sqlite_schema SET name = 'sqlite_stat9', sql = replace(sql, 'quiet', 'sqlite_stat9') "
               "WHERE name = 'quiet'")  # fmt: skip
    db.close()
    assert (None, "schema") in found(copy)
    with pytest.raises(Refused, match="nothing is written to it"):
        open_ledger(copy)
