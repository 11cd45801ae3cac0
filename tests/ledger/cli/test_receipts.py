"""Receipts that stand alone, of one transfer and of a file of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.cli.called import call, refused
from tests.ledger.signers import new_key
from tests.ledger.worlds import small

ONE = ("--transferred-at", "2010-05-14", "--sender", "oak-high", "--recipient", "QCA", "--purpose",
       "National curriculum assessments", "--field", "forename")  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Path:
    small(tmp_path / "l.db", transfers=1)
    (tmp_path / "vkey").write_text(new_key(tmp_path / "k").keys[0].key.text() + "\n")
    (tmp_path / "receipts").mkdir()
    return tmp_path


def test_a_recorded_transfer_gets_a_receipt_that_needs_no_ledger(world: Path) -> None:
    said = call("record", world / "l.db", *ONE, "--id", "t-9", "--note", "a note", "--receipts", world / "receipts",
                "--key", world / "k")  # fmt: skip
    assert said.status == 0
    assert "The receipt is in" in said.err
    (receipt,) = (world / "receipts").iterdir()
    assert receipt.name == "t-9.tlog-proof"
    (world / "l.db").unlink()
    shown = call("verify-proof", receipt, "--key", world / "vkey")
    assert shown.status == 0
    assert '"id":"t-9"' in shown.out
    assert "a note" not in shown.out  # nobody asked for it to be disclosed


def test_every_transfer_of_a_file_gets_one_signed_once(world: Path) -> None:
    rows = "".join(f"i{n},2010-05-14,oak-high,QCA,National curriculum assessments,forename\n" for n in range(5))
    (world / "f.csv").write_text("id,transferred_at,sender,recipient,purpose,fields\n" + rows)
    asked = ("--receipts", world / "receipts", "--key", world / "k")
    assert call("import", world / "l.db", world / "f.csv", *asked).status == 0
    receipts = sorted(file.name for file in (world / "receipts").iterdir())
    assert receipts == [f"i{n}.tlog-proof" for n in range(5)]
    for name in receipts:
        assert call("verify-proof", world / "receipts" / name, "--key", world / "vkey").status == 0
    before = {name: (world / "receipts" / name).read_bytes() for name in receipts}
    assert "was imported before" in call("import", world / "l.db", world / "f.csv", *asked).out
    assert before == {name: (world / "receipts" / name).read_bytes() for name in receipts}


@pytest.mark.parametrize("verb", ["record", "import"])
def test_receipts_that_cannot_be_written_are_refused_before_anything_is_recorded(world: Path, verb: str) -> None:
    (world / "f.csv").write_text(
        "id,transferred_at,sender,recipient,purpose,fields\nx,2010-05-14,oak-high,QCA,Anything,forename\n"
    )
    given = (world / "l.db", *ONE) if verb == "record" else (world / "l.db", world / "f.csv")
    other = new_key(world / "other", "other.example/t")
    for asked, says in (
        (("--receipts", world / "receipts", "--key", other.path), "other.example/t"),
        (("--receipts", world / "receipts"), "go together"),
        (("--key", world / "k"), "go together"),
        (("--receipts", world / "absent", "--key", world / "k"), "is not a folder"),
        (("--receipts", world / "receipts", "--key", world / "absent"), "does not exist"),
        (("--receipts", world / "receipts", "--key", world / "vkey"), "is not a key file"),
    ):
        assert says in refused(verb, *given, *asked)
    assert '"size":4,' in call("verify", world / "l.db", "--format", "json").out.replace(" ", "")
