"""Bad files, bad arguments and a machine that refuses: a sentence, exit status 2, and the ledger as it was."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.source import Source
from ledger.store import place_problem
from ledger.verify.assurance import verify
from tests.ledger.worlds import small

HEADINGS = "id,transferred_at,sender,recipient,purpose,fields"
GOOD = "a-1,2010-05-04,oak-high,Connexions,connexions-service,forename"
JSON = (
    '{"id":"a-1","transferred_at":"2010-05-04","sender":"oak-high","recipient":"connexions",'
    '"purpose":"connexions-service","fields":["forename"]'
)
RECORD = (
    "--transferred-at 2010-05-04 --sender oak-high --recipient Connexions --purpose connexions-service --field forename"
).split()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("pristine") / "l.db", 2)


@pytest.fixture
def ledger(pristine: Path, tmp_path: Path) -> Path:
    path = tmp_path / "l.db"
    shutil.copy(pristine, path)
    return path


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, str]:
    """The console script in this process: its exit status and all that it said."""
    from ledger.cli import main

    monkeypatch.setattr(sys, "argv", ["transfer-ledger", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    return int(str(left.value.code)), said.out + said.err


def rows(ledger: Path) -> list[tuple[object, ...]]:
    db = sqlite3.connect(ledger)
    try:
        return db.execute("SELECT seq, entry, hash FROM entries ORDER BY seq").fetchall()
    finally:
        db.close()


FILES = {
    "empty.csv": (b"", "empty.csv is empty"),
    "twice.csv": (f"{HEADINGS},id\n{GOOD},x\n".encode(), "line 1: the heading “id” stands twice"),
    "unknown.csv": (f"{HEADINGS},colour\n{GOOD},x\n".encode(), "line 1: the heading “colour” is no column"),
    "ragged.csv": (f"{HEADINGS}\n{GOOD}\na-2,2010-05-04\n".encode(), "line 3: The row has 2 cells under 6"),
    "nul.csv": (f"{HEADINGS}\n\0{GOOD}\n".encode(), "line 2, “id”: The cell holds NUL"),
    "latin.csv": (f"{HEADINGS}\n{GOOD}\xe9\n".encode("latin-1"), "line 2, “fields”: The byte 0xE9"),
    "utf16.csv": (f"{HEADINGS}\n{GOOD}\n".encode("utf-16"), "is in UTF-16"),
    "open.csv": (f'{HEADINGS}\n"{GOOD}\n'.encode(), "line 2, “id”: a quotation mark opens"),
    "long.csv": (f"{HEADINGS}\n{GOOD}{'x' * 200_000}\n".encode(), "line 2, “fields”: the cell is longer"),
    "day.csv": (f"{HEADINGS}\n{GOOD}\n{GOOD.replace('05-04', '02-30')}\n".encode(), "line 3, “transferred_at”"),
    "october.csv": (f"{HEADINGS}\n{GOOD.replace('05-04', '10-31T01:30')}\n".encode(), "happened twice in London"),
    "negative.csv": (f"{HEADINGS},subject_count\n{GOOD},-1\n".encode(), "line 2, “subject_count”: '-1'"),
    "huge.csv": (f"{HEADINGS},subject_count\n{GOOD},{'9' * 400}\n".encode(), "line 2, “subject_count”"),
    "conflict.csv": (f"{HEADINGS}\n{GOOD.replace('a-1', 't0')}\n".encode(), "line 2, “id”: The id t0 is entry"),
    "again.csv": (f"{HEADINGS}\n\n{GOOD}\n{GOOD}x\n".encode(), "line 4, “id”: a-1 is the id of line 3 too"),
    "garbage.xlsx": (b"PK\x03\x04garbage", "garbage.xlsx"),
    "duplicate.jsonl": (f'{JSON},"id":"b"}}\n'.encode(), "line 1"),
    "deep.jsonl": (f'{JSON},"note":{"[" * 9999}{"]" * 9999}}}\n'.encode(), "line 1"),
    "surrogate.jsonl": (f'{JSON},"note":"\\ud800"}}\n'.encode(), "line 1"),
    "integer.jsonl": (f'{JSON},"subjects":{{"count":{"9" * 5000}}}}}\n'.encode(), "line 1"),
    "cut.jsonl": (JSON.encode(), "line 1"),
    "blank.csv": ((HEADINGS + "\n" * 10_002 + GOOD).encode(), "line 10002: more than 10,000 blank rows come one after"),
    "commas.csv": ((f"{HEADINGS}\n" + " ,,,,,\n" * 10_001 + GOOD).encode(), "line 10002: more than 10,000 blank rows"),
    "blank.jsonl": (b" \n" * 10_001 + JSON.encode() + b"}", "line 10001: more than 10,000 blank rows come one after"),
    "old.xls": (b"\xd0\xcf\x11\xe0", "old.xls"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_with_its_place(
    name: str, ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, sentence = FILES[name]
    file = ledger.parent / name
    file.write_bytes(data)
    before = rows(ledger)
    status, said = run(capsys, monkeypatch, "import", ledger, file)
    assert (status, sentence in said, name in said) == (2, True, True), said
    assert rows(ledger) == before
    assert verify(ledger).assurance == "consistent"


ORGANISATIONS = {
    "twice": (
        "id,name,role\nelm,Elm,school\n\noak,Oak,school\nelm,Elm Tree,school\n,,\n",
        ["o.csv: line 5, id: elm is the id of line 2 too"],
    ),
    "thrice, over lines of their own": (
        'id,name,role,aliases\nelm,Elm,school,"a\nb"\nelm,Elm,school,\nelm,Elm,school,\n',
        [
            "line 2, aliases: 'a\\nb'",
            "line 4, id: elm is the id of line 2 too",
            "line 5, id: elm is the id of line 2 too",
        ],
    ),
    "closed before it opened": (
        "id,name,role,opened,closed\nelm,Elm,school,2010-01-02,2010-01-01\noak,Oak,school,2010-01-02,2010-01-02\n",
        ["o.csv: line 2, closed: 2010-01-01 is before 2010-01-02, when it opened."],
    ),
    "codes": (
        "id,name,role,phase,type\nelm,Elm,skool,,\noak,Oak,school,Primry,academy-ish\n,Ash,,,\n",
        [
            "o.csv: line 2, role: 'skool' is not a known role; did you mean",
            "o.csv: line 3, phase: 'Primry' is not a known phase; did you mean primary",
            "o.csv: line 3, type: 'academy-ish' is not a known organisation type",
            "o.csv: line 4, id: it is empty",
            "o.csv: line 4, role: it is empty",
        ],
    ),
    "names that deceive": (
        "id,name,role,aliases\nelm,Sch\u043e\u043el,school,\noak,Oak\u202e,school,\nash,Ash,school,Ash\u200b Tree\n"
        "\u0435lm,Elm,school,\n",
        [
            "o.csv: line 2, name: 'Sch\u043e\u043el': a name is written in one alphabet, without invisible characters; "
            "this one mixes Latin and Cyrillic letters (the Cyrillic “\u043e” is U+043E)",
            "o.csv: line 3, name: 'Oak\\u202e': a name is written in one alphabet, without invisible characters; "
            "this one holds the invisible character U+202E",
            "o.csv: line 4, aliases: 'Ash\\u200b Tree': a name is written in one alphabet",
            "o.csv: line 5, id: '\u0435lm': it is to be an id of 1 to 64 lower-case letters",
        ],
    ),
}


@pytest.mark.parametrize("name", ORGANISATIONS)
def test_bad_organisations_are_all_listed_with_their_places(
    name: str, ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, sentences = ORGANISATIONS[name]
    file = ledger.parent / "o.csv"
    file.write_text(text, encoding="utf-8")
    before = rows(ledger)
    status, said = run(capsys, monkeypatch, "organisation", "add", ledger, file)
    assert status == 2, said
    assert [one for one in sentences if one not in said] == [], said
    assert said.count(": line ") == len(sentences), said
    assert rows(ledger) == before


def test_an_organisation_whose_name_only_looks_like_a_known_one_is_refused(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ledger.parent / "o.csv"
    file.write_text(
        "id,name,role,aliases\ntake-away,Acme,school,\nfalse,\u0410\u0441\u043c\u0435,school,\n", encoding="utf-8"
    )
    before = rows(ledger)
    status, said = run(capsys, monkeypatch, "organisation", "add", ledger, file)
    assert status == 2, said
    assert "“\u0410\u0441\u043c\u0435”, a name of false, looks like a name of take-away" in said
    assert rows(ledger) == before


def test_blank_rows_and_other_words_for_a_code_make_no_bad_organisation(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ledger.parent / "o.csv"
    file.write_text("id,name,role\nshire,Shire Council,L.E.A.\n , ,\n\n,,\n", encoding="utf-8")
    status, said = run(capsys, monkeypatch, "organisation", "add", ledger, file)
    assert (status, "1 of 1 sealed" in said) == (0, True), said
    with Source(ledger) as source:
        assert source.organisations()["shire"].role == "local-authority"


HALF = os.fsdecode(b"\xff") if os.name == "posix" else "\udcff"
ARGUMENTS = [
    (["record", "LEDGER", *RECORD, "--transferred-at", "2010-02-30"], "2010-02-30 is not a date that exists"),
    (["record", "LEDGER", *RECORD, "--subject-count", "-1"], "'-1' is not a count"),
    (["record", "LEDGER", *RECORD, "--note", HALF], "half a character"),
    (["record", "LEDGER", *RECORD, "--note", "x" * 70_000], "note"),
    (["record", "LEDGER", *RECORD, "--channel", "joe@example.org"], "channel"),
    (["record", "LEDGER", *RECORD, "--id", "t0"], "The id t0 is entry 3 already"),
    (["correct", "LEDGER", HALF, "--reason", "r", "--withdraw"], "half a character"),
    (["correct", "LEDGER", "0", "--reason", "r", "--withdraw"], "no transfer has the id"),
    (["import", "LEDGER", "FOLDER"], "is no file on a disk"),
    (["verify", "x" * 5000], "File name too long"),
    (["check", "LEDGER", "--as-of", "2010-02-30"], "--as-of: 2010-02-30"),
    (["init", "LEDGER", "--origin", "a.example/b", "--organisation", "X"], "exists already"),
    (["init", "FOLDER/n.db", "--origin", "a b", "--organisation", "X"], "cannot name a ledger"),
    (["init", "FOLDER/n.db", "--origin", "x" * 256, "--organisation", "X"], "cannot name a ledger"),
    (["init", "FOLDER/n.db", "--origin", "a.ex\u0430mple/b", "--organisation", "X"], "mixes Latin and Cyrillic"),
    (["init", "FOLDER/n.db", "--origin", "a.example/b", "--organisation", "X\u2066"], "invisible character U+2066"),
    (["record", "LEDGER", *RECORD, "--note", "x\u200ey"], "turns the direction of writing"),
    (["init", "FOLDER/OneDrive - Quillshire/n.db", "--origin", "a.example/b", "--organisation", "X"], "synchronised"),
]


@pytest.mark.parametrize("case", ARGUMENTS, ids=lambda case: case[1])
def test_bad_arguments_are_refused(
    case: tuple[list[str], str], ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, sentence = case
    before = rows(ledger)
    places = {"LEDGER": str(ledger), "FOLDER": str(ledger.parent)}
    filled = [arguments[0], *(re.sub("LEDGER|FOLDER", lambda m: places[m[0]], one) for one in arguments[1:])]
    status, said = run(capsys, monkeypatch, *filled)
    assert (status, sentence in said) == (2, True), said
    assert rows(ledger) == before
    assert not (ledger.parent / "n.db").exists()


def _other(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (a)")
    db.close()


def _newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DATABASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "garbage": (lambda path: path.write_bytes(b"hello"), "is not an SQLite database"),
    "empty": (lambda path: path.write_bytes(b""), "is not an SQLite database"),
    "another application's": (_other, "another application"),
    "newer": (_newer, "ledger format 99"),
    "cut off": (lambda path: os.truncate(path, 5000), "It is damaged, or an incomplete copy"),
    "a pipe": (_pipe, "is no file on a disk"),
}


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("verb", [["verify"], ["check"], ["record", *RECORD]], ids=lambda verb: verb[0])
def test_what_is_no_ledger_is_refused(
    name: str, verb: list[str], ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil, sentence = DATABASES[name]
    spoil(ledger)
    status, said = run(capsys, monkeypatch, verb[0], ledger, *verb[1:])
    assert (status, sentence in said) == (2, True), said


def test_damaged_pages_are_a_sentence_and_no_evidence(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    db = sqlite3.connect(ledger)
    page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'documents'").fetchone()[0]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with ledger.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    status, said = run(capsys, monkeypatch, "verify", ledger)
    assert (status, "SQLite cannot read it to its end" in said, "incomplete copy" in said) == (2, True, True), said
    status, said = run(capsys, monkeypatch, "check", ledger)
    assert (status, "malformed" in said) == (2, True), said


def test_a_damaged_wal_is_not_passed_over_in_silence(ledger: Path) -> None:
    Path(f"{ledger}-wal").write_bytes(b"\xa5" * 9000)
    assert "it is damaged and was passed over" in str(verify(ledger).log[1])


@pytest.mark.parametrize(
    ("folder", "mount_type", "why"),
    [
        *(("/srv/ledger", kind, f"is on a network drive ({kind})") for kind in ("nfs", "nfs4", "cifs", "smb3", "9p")),
        ("/home/jo/OneDrive", "ext4", "is synchronised by OneDrive"),
        ("/home/jo/OneDrive - Quillshire Council/ledger", "ext4", "is synchronised by OneDrive - Quillshire Council"),
        ("/home/jo/Dropbox (Elm Primary)/a/b", "ext4", "is synchronised by Dropbox (Elm Primary)"),
        ("/home/jo/dropbox", "apfs", "is synchronised by dropbox"),
        ("/home/jo/Google Drive", "apfs", "is synchronised by Google Drive"),
        ("/home/jo/iCloudDrive", "ntfs", "is synchronised by iCloudDrive"),
        ("/home/jo/Nextcloud", "btrfs", "is synchronised by Nextcloud"),
        ("/srv/ledger", "ext4", None),
        ("/srv/ledger", "", None),
        ("/home/jo/not OneDrive", "tmpfs", None),
    ],
)
def test_where_a_ledger_must_not_lie(folder: str, mount_type: str, why: str | None) -> None:
    said = place_problem(Path(folder) / "l.db", mount_type)
    assert (said is None) if why is None else (said is not None and said.startswith(f"{folder} {why}")), said


def test_an_old_sqlite_is_named_before_anything_else_is_done() -> None:
    old = (
        "import sqlite3, sys; sqlite3.sqlite_version_info = (3, 36, 0); sqlite3.sqlite_version = '3.36.0'; "
        "sys.argv = ['transfer-ledger', 'verify', 'none.db']; from ledger.cli import main; main()"
    )
    said = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == (
        "transfer-ledger: Python's SQLite here is 3.36.0; a ledger needs 3.37 or later. Install a newer Python.\n"
    )


def test_a_link_into_a_synchronised_folder_is_followed(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ledger.parent / "OneDrive"
    folder.mkdir()
    shutil.move(ledger, folder / "l.db")
    ledger.symlink_to(folder / "l.db")
    before = rows(ledger)
    status, said = run(capsys, monkeypatch, "record", ledger, *RECORD)
    assert (status, "synchronised" in said) == (2, True), said
    assert rows(ledger) == before
    with Source(ledger) as source:
        assert source.head.size == len(before)


def test_a_narrow_console_costs_no_report(ledger: Path) -> None:
    narrow = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    program = [sys.executable, "-m", "ledger.cli"]
    breach = [*RECORD, "--recipient", "Nobody That We Know"]
    subprocess.run([*program, "record", str(ledger), *breach], capture_output=True, check=True)
    said = subprocess.run([*program, "check", str(ledger)], capture_output=True, check=False, env=narrow)
    assert (said.returncode, said.stderr) == (1, b"")
    assert b"\\u2192" in said.stdout


def test_a_second_writer_waits_and_then_says_so(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.WAIT_SECONDS", 0.2)
    other = sqlite3.connect(ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    status, said = run(capsys, monkeypatch, "record", ledger, *RECORD)
    assert (status, "another program has been writing" in said) == (2, True), said
    assert time.monotonic() - began >= 0.2
    other.execute("ROLLBACK")
    other.close()


def _alter(path: Path, sql: str, *values: object) -> None:
    """Changes what triggers guard, and leaves the triggers as they were."""
    with closing(sqlite3.connect(path)) as db, db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(sql, values).rowcount > 0
        for _, statement in triggers:
            db.execute(statement)


def _in_entry(seq: int, old: bytes, new: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        entry = str(rows(path)[seq][1]).encode()
        assert old in entry
        _alter(path, "UPDATE entries SET entry = CAST(? AS TEXT) WHERE seq = ?", entry.replace(old, new, 1), seq)

    return spoil


def _in_the_files_bytes(old: bytes, new: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        data = path.read_bytes()
        assert (data.count(old), len(old)) == (1, len(new))
        path.write_bytes(data.replace(old, new))

    return spoil


ALTERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a transfer": (_in_entry(4, b"surname", b"surn\xffme"), "entry 4 cannot be read"),
    "a transfer's id": (_in_entry(4, b'"id":"t1"', b'"id":"t\xff"'), "entry 4 cannot be read"),
    "the genesis": (_in_entry(0, b"Council", b"Cou\xffcil"), "entry 0 cannot be read"),
    "an organisation": (_in_entry(2, b"Oak", b"\xffak"), "entry 2 cannot be read"),
    "a register": (_in_entry(1, b"england", b"engl\xffnd"), "entry 1 cannot be read"),
    "a hash": (
        lambda path: _alter(path, "UPDATE entries SET hash = CAST(x'61ff' AS TEXT) WHERE seq = 4"),
        "the hash kept of entry 4 is no text",
    ),
    "a disclosure": (
        lambda path: _alter(path, "UPDATE disclosures SET disclosure = CAST(x'41ff' AS TEXT) WHERE seq = 4"),
        "an erasable value of entry 4 cannot be read",
    ),
    "a disclosure that is another text": (
        lambda path: _alter(path, "UPDATE disclosures SET disclosure = 'AAAA' WHERE seq = 4"),
        "an erasable value of entry 4 cannot be read",
    ),
    "a document": (
        lambda path: _alter(path, "UPDATE documents SET content = CAST(x'41ff' AS TEXT)"),
        "the register sealed in entry 1 cannot be read",
    ),
    "an entry that is no JSON": (
        _in_the_files_bytes(b'"id":"t1","kind":"transfer"', b'"id":"t1","kind"]"transfer"'),
        "JSON",  # whoever reads it first says it in its own words
    ),
}  # fmt: skip


# The app begins without erasable values and hashes: its check, which it runs beside itself, tells of these.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "verb"),
    [
        (name, verb)
        for name in ALTERED
        for verb in ("check", "report", "browse")
        if verb != "browse" or not name.startswith(("a disclosure", "a hash"))
    ],
)
def test_what_an_attacker_left_unreadable_is_named(
    name: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = small(tmp_path / "l.db", 3)
    spoil, sentence = ALTERED[name]
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(ledger)
    more = {"report": ["-o", tmp_path / "r"], "browse": ["--port", "0"]}.get(verb, [])
    status, said = run(capsys, monkeypatch, verb, ledger, *more)
    assert (status, sentence in said, "`transfer-ledger verify` says more." in said) == (2, True, True), said
    assert said.count("\n") == 1
    assert "SQLite" not in said
    assert run(capsys, monkeypatch, "verify", ledger)[0] == 1


@pytest.mark.parametrize("name", ["an organisation", "a disclosure", "a document"])
def test_what_an_attacker_left_unreadable_is_a_sentence_to_who_records(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = small(tmp_path / "l.db", 3)
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("DELETE FROM names")
    ALTERED[name][0](ledger)
    again = [*RECORD, "--id", "t1", "--note", "note 1"]
    status, said = run(capsys, monkeypatch, "record", ledger, *again)
    assert status == 2, said
    assert said.count("\n") == 1
    assert "not UTF-8, so it was altered or is damaged; `transfer-ledger verify` says more." in said
