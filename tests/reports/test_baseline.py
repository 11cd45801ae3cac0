"""`check --baseline`: only what is new since an earlier check or a checkpoint is printed, and only that fails."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger import tree
from ledger.errors import Refused
from ledger.london import days
from ledger.settle import Content
from ledger.source import Source
from ledger.tlog import note
from ledger.tlog.checkpoint import Checkpoint
from reports.cli.check import check
from tests.reports.ledgers import AFTER, GOOD, UNDOCUMENTED, make_ledger
from tests.reports.test_report import AS_OF, Make
from tests.reports.test_review import ran, writing


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a ledger of the transfers given."""
    return partial(make_ledger, tmp_path / "transfers.db")


def earlier(path: Path) -> Path:
    file = path.with_name("earlier.json")
    file.write_text(ran(check, path, "--format", "json").stdout, encoding="utf-8")
    return file


def signed(path: Path, **changed: Any) -> Path:
    with Source(path) as source:
        size = source.head.size
        head = Checkpoint(source.genesis().origin, size, tree.root(source.db, size))._replace(**changed)
    file = path.with_name("checkpoint.txt")
    line = note.SignatureLine("shire.example/transfers", b"\0\0\0\1", b"\0" * 64)
    file.write_bytes(note.render(note.Note(head.text(), (line,))))
    return file


def send(path: Path, transfer: dict[str, Any], id_: str) -> None:
    with writing(path) as ledger:
        on = days(transfer["transferred_at"])[0]
        content: Content = ledger.settle({"id": id_, "transferred_on": on, **transfer}, {})
        ledger.append(content)


@pytest.mark.parametrize("kept", [earlier, signed])
def test_only_what_is_new_is_printed_and_fails(make: Make, kept: Any) -> None:
    path = make(UNDOCUMENTED)
    known = kept(path)
    result = ran(check, path, "--baseline", known)
    assert result.exit_code == 0
    assert "field-not-documented" not in result.stdout
    send(path, {**AFTER, "transferred_at": "2010-12-31T12:00+00:00"}, "late")
    told = ran(check, path, "--baseline", known, "--format", "json")
    assert told.exit_code == 1
    read = json.loads(told.stdout)
    assert [one["check"] for one in read["findings"]] == ["contactpoint-closed", "recorded-late"]
    by_check = kept is earlier
    assert read["baseline"] == {
        "as_of": AS_OF if by_check else None,
        "size": None if by_check else 6,
        "new": 2,
        "known": 2,
        "gone": 0 if by_check else None,
    }
    text = ran(check, path, "--baseline", known).stdout
    what = "the check as of 31 January 2011" if by_check else "the first 6 entries"
    assert f"Since {what}: 2 new findings; 2 were known" in text
    rows = ran(check, path, "--baseline", known, "--format", "csv")
    assert (rows.stdout.count("\n"), "2 new findings" in rows.stderr) == (3, True)


def test_what_is_gone_is_counted(make: Make, tmp_path: Path) -> None:
    known = earlier(make(UNDOCUMENTED))
    other = make_ledger(tmp_path / "other.db", GOOD)
    assert "0 new findings; 0 were known, and 2 that it had are gone." in ran(check, other, "--baseline", known).stdout


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "neither what `check --format json` writes nor a checkpoint"),
        ("{", "Not JSON at line 1"),
        ("{}", "neither what"),
        ('{"as_of": "2011-01-31", "findings": [{"key": "ABC"}], "counts": {}}', "finding 1 has no key of 64"),
        ('{"as_of": "2011-01-31", "findings": [3], "counts": {}}', "finding 1 has no key of 64"),
        ('{"as_of": "2011-01-31", "findings": [], "counts": {}, "baseline": {}}', "made with --baseline"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(make: Make, tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "known"
    file.write_text(content)
    with pytest.raises(Refused, match=why):
        ran(check, make(GOOD), "--baseline", file)
    with pytest.raises(Refused, match="cannot be read"):
        ran(check, tmp_path / "transfers.db", "--baseline", tmp_path / "none")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"origin": "other.example/log"}, "is a checkpoint of other.example/log"),
        ({"size": 7}, "covers 7 entries, and .* has 6"),
        ({"size": 5}, "the first 5 entries have another root"),
        ({"root": b"\1" * 32}, "the first 6 entries have another root"),
    ],
)
def test_a_checkpoint_of_another_ledger_is_refused(make: Make, changed: dict[str, Any], why: str) -> None:
    path = make(UNDOCUMENTED)
    with pytest.raises(Refused, match=why):
        ran(check, path, "--baseline", signed(path, **changed))
