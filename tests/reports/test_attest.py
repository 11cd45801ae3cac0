"""`report --attest` and `verify-report`: a file counts where the ledger gives it, whatever came later, and no other."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import checkpoints
from ledger.errors import Refused
from ledger.register.read import read_register
from ledger.seal import Head
from ledger.source import Source
from ledger.writer import Ledger
from reports.cli.check import check_ledger
from reports.evidence import evidence_of
from tests.codes import LEAD
from tests.ledger.cli.called import Said, call
from tests.ledger.signers import make, new_key
from tests.ledger.test_checkpoints import edit
from tests.ledger.worlds import open_ledger
from tests.reports.ledgers import AFTER, BEFORE, GOOD, HERE, SECRET, UNDOCUMENTED, UNKNOWN, UNSURE, make_ledger

AS_OF = "2011-01-31"
DAY = date.fromisoformat(AS_OF)
KINDS = ("governors", "dpo", "auditor")
ENDINGS = ("html", "pdf", "csv", "xlsx", "json", "md")
STILL = "The ledger still gives this very report."


def told(path: Path, output: Path, *more: object, as_of: str = AS_OF) -> Said:
    return call("report", path, "-o", output, "--as-of", as_of, *more)


def attested(path: Path, output: Path, *more: object, as_of: str = AS_OF) -> Path:
    """A report that was attested just now."""
    said = told(path, output, "--attest", *more, as_of=as_of)
    assert "Attested " in said.out, said
    return output


def verified(file: Path, path: Path) -> int:
    """What verify-report answers; where it is 0, with the sentence."""
    said = call("verify-report", file, path)
    assert (said.status == 0) == (STILL in said.out), said
    return said.status


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def opened(path: Path, on: str = "2010-12-01T09:00:00+00:00") -> Ledger:
    moment = datetime.fromisoformat(on).astimezone(UTC)
    return Ledger(path, lambda: moment, os.urandom, LEAD)


def append(path: Path, stated: dict[str, Any], id_: str) -> None:
    with opened(path) as ledger:
        on = date.fromisoformat(stated["transferred_at"][:10])
        ledger.append(ledger.settle({**stated, "id": id_, "transferred_on": on}, {}))


def adopt_again(path: Path) -> None:
    text = (HERE / "register.yml").read_text(encoding="utf-8").replace('version: "1"', 'version: "2"')
    read = read_register(text, "register.yml")
    with opened(path) as ledger:
        ledger.adopt(read, text, (date(2010, 2, 1), None, False))


def attest_by_hand(path: Path, data: bytes, *options: str, **other: Any) -> None:
    """Seals whatever it is told, as any program that can append may."""
    with Source(path) as source:
        head = source.head
        adopted = tuple(sorted(one.entry.sha256 for one in evidence_of(source).adopted))
    said = {"as_of": DAY, "registers": adopted, "version": metadata.version("transfer-ledger"), "at": head, **other}
    with opened(path) as ledger:
        ledger.attest(hashlib.sha256(data).hexdigest(), tuple(sorted(options)), **said)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_ledger(tmp_path / "transfers.db", GOOD, UNDOCUMENTED, AFTER, BEFORE, UNSURE, UNKNOWN)


# -- what is attested stays attested -----------------------------------------------------------------------------


def later(path: Path, folder: Path) -> None:
    """Everything that may come later and changes nothing of what was."""
    append(path, {**AFTER, "transferred_at": "2010-09-01T10:00+01:00"}, "later")
    append(path, UNDOCUMENTED, "later-2")
    with opened(path) as ledger:
        ledger.correct("t1", "mistake", None, {})
        finding, row = next(iter(check_ledger(path, DAY).rows.told()))
        ledger.review(row.key, row.check, "accepted", date(2012, 1, 1), None, {"reason": "known", "owner": "me"})
        ledger.add_organisations([{"id": "oak", "name": "Oak School", "role": "school", "phase": "primary"}])
        ledger.refuse(
            {
                "refused_on": date(2010, 5, 1),
                "recipient": "shire",
                "ground": "no-lawful-basis",
                "outcome": "refused",
                "fields": ["upn"],
            },
            {},
        )
        assert finding.key == row.key
    adopt_again(path)
    keys = new_key(folder / "k", "shire.example/transfers")
    make(path, keys)
    with open_ledger(path, "2011-01-01T09:00:00+00:00") as ledger:
        checkpoints.rotate(ledger, keys, new_key(folder / "k2", "shire.example/transfers"), time.sleep)
    append(path, GOOD, "later-3")


@pytest.mark.slow
@pytest.mark.parametrize("signed", [False, True])
def test_each_kind_in_each_format_stays_attested(path: Path, tmp_path: Path, signed: bool) -> None:
    if signed:
        make(path, new_key(tmp_path / "first", "shire.example/transfers"))
    files = {}
    for kind, ending in product(KINDS, ENDINGS):
        period = ("--year", "2009-10") if kind == "governors" else ("--whole",)
        files[kind, ending] = attested(path, tmp_path / f"{kind}.{ending}", "--for", kind, *period)
        options = json.loads(rows(path, "SELECT entry FROM entries ORDER BY seq DESC LIMIT 1")[0][0])["options"]
        spoken = "year=2009-10" if kind == "governors" else "whole"
        assert set(options) == {f"for={kind}", f"format={ending}", spoken, *(["checkpoints=1"] if signed else [])}
    assert {name: verified(file, path) for name, file in files.items()} == dict.fromkeys(files, 0)
    if not signed:
        later(path, tmp_path)
        before = path.read_bytes()
        assert {name: verified(file, path) for name, file in files.items()} == dict.fromkeys(files, 0)
        assert path.read_bytes() == before
    other = make_ledger(tmp_path / "other.db", GOOD)
    for file in files.values():
        data = file.read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            (tmp_path / "changed").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert "NOT ATTESTED" in call("verify-report", tmp_path / "changed", path).out
        assert verified(file, other) == 1


def test_what_comes_later_takes_nothing_away(path: Path, tmp_path: Path) -> None:
    endings = zip(KINDS, ("md", "csv", "json"), strict=True)
    files = [attested(path, tmp_path / f"{kind}.{end}", "--for", kind) for kind, end in endings]
    later(path, tmp_path)
    before = rows(path, "SELECT * FROM entries ORDER BY seq")
    assert [verified(one, path) for one in files] == [0, 0, 0]
    assert rows(path, "SELECT * FROM entries ORDER BY seq") == before


@pytest.mark.slow
def test_the_set_is_attested_file_by_file(path: Path, tmp_path: Path) -> None:
    make(path, new_key(tmp_path / "first", "shire.example/transfers"))
    attested(path, tmp_path / "out")
    found = {one.name: verified(one, path) for one in (tmp_path / "out").iterdir()}
    assert {name for name, status in found.items() if status == 1} == {
        name for name in found if name.endswith((".svg", ".zip")) or name == "index.html"
    }
    assert "evidence.zip" in found


FOR_GOVERNORS: list[tuple[str, ...]] = [
    ("--school", "high"), ("--term", "spring-2010"), ("--year", "2009-10"), ("--year", "1999-00"),
    ("--school", "low", "--term", "summer-2010", "--app", "https://app.example/ledgers/"), (),
]  # fmt: skip
ALL: list[tuple[str, ...]] = [
        ("--school", "high"), ("--school", "shire", "--whole"), ("--term", "spring-2010"), ("--month", "2010-08"),
        ("--from", "2010-03-01"), ("--to", "2010-08-06"), ("--from", "2010-03-01", "--to", "2010-08-06"),
        ("--year", "2009-10"), ("--year", "1999-00"), ("--since-last",), ("--app", "http://127.0.0.1:8001"),
        ("--school", "high", "--month", "2010-03", "--app", "https://app.example/ledgers/"), (),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "more"),
    [*product(KINDS[:1], FOR_GOVERNORS), *product(KINDS[1:], ALL)],
    ids=lambda one: one if isinstance(one, str) else " ".join(one),
)
def test_each_option_is_sealed_and_found_again(path: Path, tmp_path: Path, kind: str, more: tuple[str, ...]) -> None:
    file = attested(path, tmp_path / "r.md", "--for", kind, *more)
    append(path, AFTER, "later")
    assert verified(file, path) == 0
    attested(path, tmp_path / "again.md", "--for", kind, *more)
    assert verified(tmp_path / "again.md", path) == 0
    assert verified(file, path) == 0


def test_the_day_is_sealed(path: Path, tmp_path: Path) -> None:
    early = attested(path, tmp_path / "early.md", "--for", "dpo", as_of="2010-03-02")
    late = attested(path, tmp_path / "late.md", "--for", "dpo", as_of="2015-03-02")
    assert (verified(early, path), verified(late, path)) == (0, 0)
    assert "as of 2 March 2010" in call("verify-report", early, path).out


def test_it_says_what_it_could_not_check(path: Path, tmp_path: Path) -> None:
    file = attested(path, tmp_path / "r.md", "--for", "governors")
    said = call("verify-report", file, path)
    assert "with a checkpoint that you kept" in said.out
    assert "made from the first 11 entries" in said.out
    assert not said.err


# -- what is new since ------------------------------------------------------------------------------------------


def keys_of(path: Path, as_of: date = DAY) -> set[str]:
    return {row.key for row in check_ledger(path, as_of).rows}


def found_in(file: Path) -> set[str]:
    return {row["key"] for row in json.loads(file.read_bytes())["data"]["findings"]["rows"]}


def numbers(file: Path) -> dict[str, Any]:
    return {name: one["value"] for name, one in json.loads(file.read_bytes())["numbers"].items()}


def test_what_is_new_and_gone_since_is_exact(path: Path, tmp_path: Path) -> None:
    asked = ("--for", "dpo", "--format", "json")
    with opened(path) as ledger:
        row = next(iter(check_ledger(path, DAY).rows))
        review = ledger.review(
            row.key, row.check, "accepted", date(2010, 12, 20), None, {"reason": "known", "owner": "x"}
        )
    attested(path, tmp_path / "first.json", *asked, "--whole")
    then = Path(shutil.copy(path, tmp_path / "then.db"))
    was = keys_of(then)
    assert found_in(tmp_path / "first.json") == was
    append(path, {**AFTER, "transferred_at": "2010-09-01T10:00+01:00"}, "later")
    with opened(path) as ledger:
        ledger.review(row.key, row.check, "accepted", date(2012, 1, 1), review.seq, {"reason": "known", "owner": "x"})
    now = keys_of(path)
    assert now - was
    assert was - now, "nothing is gone, so that nothing is tested"
    said = told(path, tmp_path / "new.json", *asked, "--since-last", "--attest")
    assert said.status == 1
    assert found_in(tmp_path / "new.json") == now - was
    found = numbers(tmp_path / "new.json")
    assert (found["since-new"], found["since-gone"], found["since-transfers"]) == (len(now - was), len(was - now), 1)
    # The second is since the first.
    assert told(path, tmp_path / "none.json", *asked, "--since-last", "--attest").status == 0
    assert found_in(tmp_path / "none.json") == set()
    sealed = [
        json.loads(text)["options"]
        for (text,) in rows(path, "SELECT entry FROM entries ORDER BY seq")[-2:]
        if "options" in text
    ]
    assert [[one for one in options if one.startswith("since=")] for options in sealed] == [
        ["since=12"],
        [f"since={rows(path, 'SELECT count(*) FROM entries')[0][0] - 2}"],
    ]
    append(path, UNDOCUMENTED, "later-2")
    for name in ("first", "new", "none"):
        assert verified(tmp_path / f"{name}.json", path) == 0


def test_what_is_found_because_time_went_by_is_new(path: Path, tmp_path: Path) -> None:
    with opened(path) as ledger:
        row = next(one for one in check_ledger(path, DAY).rows if one.check == "contactpoint-closed")
        ledger.review(row.key, row.check, "accepted", date(2011, 6, 1), None, {"reason": "known", "owner": "me"})
    asked = ("--for", "dpo", "--format", "json", "--attest")
    attested(path, tmp_path / "first.json", *asked, "--whole")
    then = Path(shutil.copy(path, tmp_path / "then.db"))
    told(path, tmp_path / "new.json", *asked, "--since-last", as_of="2011-07-01")
    new = keys_of(then, date(2011, 7, 1)) - keys_of(then)
    assert found_in(tmp_path / "new.json") == new
    checks = {one["check"] for one in json.loads((tmp_path / "new.json").read_bytes())["data"]["findings"]["rows"]}
    assert "unresolved-finding-overdue" in checks
    assert verified(tmp_path / "new.json", path) == 0


def test_the_last_one_is_of_the_same_reader_and_school(path: Path, tmp_path: Path) -> None:
    attested(path, tmp_path / "g.md", "--for", "governors")
    attested(path, tmp_path / "h.md", "--for", "dpo", "--school", "high")
    said = told(path, tmp_path / "d.md", "--for", "dpo", "--since-last")
    assert "No report for dpo was attested before" in said.err
    said = told(path, tmp_path / "d.md", "--for", "dpo", "--school", "high", "--since-last")
    assert (said.status, said.err) == (0, "")


def test_where_what_was_found_then_is_gone_for_good_all_is_shown(path: Path, tmp_path: Path) -> None:
    attested(path, tmp_path / "first.json", "--for", "dpo", "--whole")
    assert erase(path).status == 0
    attested(path, tmp_path / "new.json", "--for", "dpo", "--since-last")
    assert found_in(tmp_path / "new.json") == keys_of(path)
    assert verified(tmp_path / "new.json", path) == 0


# -- what is no longer, or never was, what the ledger gives --------------------------------------------------------


def erase(path: Path) -> Said:
    (seq,) = rows(path, "SELECT seq FROM entries WHERE id = 't5'")[0]
    return call("erase", path, seq, "--value", "recipient_as_given", "--ground", "recorded-in-error", "--yes")


@pytest.mark.slow
def test_what_was_erased_since_cannot_be_made_again(path: Path, tmp_path: Path) -> None:
    file = attested(path, tmp_path / "r.html", "--for", "dpo")
    assert erase(path).status == 0
    said = call("verify-report", file, path)
    assert said.status == 2
    assert said.out.startswith("Attested: entry 11")
    assert "were erased since" in said.err
    assert verified(attested(path, tmp_path / "new.html", "--for", "dpo"), path) == 0


def test_in_an_altered_ledger_nothing_counts(path: Path, tmp_path: Path) -> None:
    file = attested(path, tmp_path / "r.html", "--for", "dpo")
    edit(path, "UPDATE entries SET entry = replace(entry, '120', '121') WHERE seq = 5")
    said = call("verify-report", file, path)
    assert said.status == 1
    assert said.out.startswith("NOT RELIABLE")


OPTIONS = ("for=dpo", "format=html", "whole")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "other", "status", "says"),
    [
        (OPTIONS, {}, 1, "NOT THE SAME"),
        (OPTIONS, {"version": "0.0.1"}, 2, "by version 0.0.1"),
        (OPTIONS, {"as_of": date(1900, 1, 1)}, 1, "NOT THE SAME"),
        (OPTIONS, {"as_of": date(2999, 12, 31)}, 1, "NOT THE SAME"),
        (("for=dpo", "format=html", "colour=red", "whole"), {}, 2, "does not know"),
        (("whole",), {}, 2, "does not know"),
        (("for=parents", "format=html", "whole"), {}, 2, "does not know"),
        (("for=dpo", "format=exe", "whole"), {}, 2, "does not know"),
        (("for=dpo", "for=governors", "format=html", "whole"), {}, 2, "does not know"),
        (("app=javascript:alert(1)", *OPTIONS), {}, 2, "does not know"),
        (("app=http://h", *OPTIONS), {}, 2, "does not know"),
        (("checkpoints=1", *OPTIONS), {}, 2, "checkpoints"),
        (("checkpoints=" + "9" * 180, *OPTIONS), {}, 2, "does not know"),
        (("checkpoints=-1", *OPTIONS), {}, 2, "does not know"),
        (("since=9999", *OPTIONS), {}, 2, "attests no report"),
        (("since=last", *OPTIONS), {}, 2, "does not know"),
        (("since=10", *OPTIONS), {}, 2, "attests no report"),
        (("school=nope", *OPTIONS), {}, 2, "knows no organisation"),
        (("for=dpo", "format=html", "term=nope"), {}, 2, "state no term"),
        (("for=dpo", "format=html", "year=0000-01"), {}, 2, "no school year"),
        (("for=dpo", "format=html", "from=2010-02-31"), {}, 2, ""),
        (("for=dpo", "format=html", "from=2011-01-01", "to=2010-01-01"), {}, 2, "before it begins"),
        (("for=dpo", "format=html", "year=2009-10", "whole"), {}, 1, "NOT THE SAME"),
    ],
)  # fmt: skip
def test_what_was_attested_by_hand_never_counts(
    path: Path, tmp_path: Path, options: tuple[str, ...], other: dict[str, Any], status: int, says: str
) -> None:
    file = tmp_path / "forged.html"
    file.write_text(f"<p>All is well, says {SECRET}.</p>")
    attest_by_hand(path, file.read_bytes(), *options, **other)
    assert call("verify", path).status == 0
    said = call("verify-report", file, path)
    assert (said.status, says in said.out + said.err) == (status, True), said
    assert said.err.count("\n") == (status == 2)


@pytest.mark.slow
def test_a_report_that_shows_an_erasable_value_is_refused(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    told(path, file, "--for", "dpo", "--whole")
    data = file.read_bytes().replace(b"Not a known name", SECRET.encode())
    assert data != file.read_bytes()
    file.write_bytes(data)
    attest_by_hand(path, data, *OPTIONS)
    assert verified(file, path) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [
        {"as_of": date(2011, 1, 30)},
        {"registers": ("0" * 64,)},
        {"version": "9.9"},
        {"options": ("for=governors", "format=html", "year=2009-10")},
        {"options": ("whole", "format=html", "for=dpo", "year=2009-10")},
    ],
)
def test_a_true_report_of_which_the_entry_says_something_false(
    path: Path, tmp_path: Path, other: dict[str, Any]
) -> None:
    file = tmp_path / "r.html"
    told(path, file, "--for", "dpo", "--whole")
    attest_by_hand(path, file.read_bytes(), *other.pop("options", OPTIONS), **other)
    assert verified(file, path) == 1
    # One that is right counts, before or after.
    with Source(path) as source:
        at = Head(11, source.entry(10)[2])  # type: ignore[index]
    attest_by_hand(path, file.read_bytes(), *OPTIONS, at=at)
    assert verified(file, path) == 0
    attest_by_hand(path, file.read_bytes(), "colour=red", at=at)
    assert verified(file, path) == 0


def test_a_ledger_that_the_report_was_not_made_from_attests_nothing(path: Path, tmp_path: Path) -> None:
    other = make_ledger(tmp_path / "other.db", UNDOCUMENTED)
    with Source(other) as source, pytest.raises(Refused, match="made from another ledger"):
        attest_by_hand(path, b"x", *OPTIONS, at=source.head)


def test_a_checkpoint_that_is_gone_is_said(path: Path, tmp_path: Path) -> None:
    make(path, new_key(tmp_path / "first", "shire.example/transfers"))
    file = attested(path, tmp_path / "r.pdf", "--for", "auditor")
    assert verified(file, path) == 0
    edit(path, "DELETE FROM checkpoints")
    assert call("verify-report", file, path).status == 2


# -- the machine ---------------------------------------------------------------------------------------------------


def test_a_closed_ledger_is_reported_on_and_attests_nothing(path: Path, tmp_path: Path) -> None:
    with opened(path) as ledger:
        ledger.close("successor", "shire.example/transfers-2", {})
    before = rows(path, "SELECT * FROM entries")
    said = told(path, tmp_path / "r.md", "--for", "dpo", "--attest")
    assert said.status == 2
    assert said.err.count("\n") == 1, said.err
    assert "clos" in said.err
    assert (tmp_path / "r.md").read_text().startswith("# ")
    assert rows(path, "SELECT * FROM entries") == before


def test_a_ledger_that_cannot_be_written_to_is_reported_on(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Dropbox"
    folder.mkdir()
    kept = Path(shutil.copy(path, folder / "l.db"))
    assert told(kept, tmp_path / "r.md", "--for", "dpo").status == 1
    said = told(kept, tmp_path / "r.md", "--for", "dpo", "--attest")
    assert said.status == 2
    assert said.err.splitlines()[-1].startswith("transfer-ledger: ")


def command(path: Path, output: Path, *more: str) -> list[str]:
    asked = ("--for", "dpo", "--whole", "--as-of", AS_OF, "--attest", *more)
    return [sys.executable, "-m", "ledger.cli", "report", str(path), "-o", str(output), *asked]


@pytest.mark.slow
def test_two_attest_at_once(path: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / f"{n}.md" for n in range(3)]
    running = [subprocess.Popen(command(path, one), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for one in outputs]
    for one in running:
        out, err = one.communicate()
        assert (one.returncode, b"Attested" in out) == (1, True), err
    assert rows(path, "SELECT count(*) FROM entries WHERE kind = 'attestation'") == [(3,)]
    assert [verified(one, path) for one in outputs] == [0, 0, 0]


@pytest.fixture
def busy(path: Path) -> Iterator[None]:
    """Another process appends to the ledger as fast as it can."""
    code = (
        "import sys; from pathlib import Path; from tests.reports.test_attest import append, GOOD, UNDOCUMENTED\n"
        "n = 0\nprint('begun', flush=True)\n"
        "while True:\n    n += 1\n    append(Path(sys.argv[1]), (GOOD, UNDOCUMENTED)[n % 2], f'busy{n}')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        yield
        assert process.poll() is None
        process.kill()


@pytest.mark.slow
@pytest.mark.usefixtures("busy")
def test_what_is_appended_meanwhile_changes_no_report(path: Path, tmp_path: Path) -> None:
    files = []
    for n, (kind, ending) in enumerate([*zip(KINDS, ("md", "json", "md"), strict=True), ("auditor", "pdf")] * 2):
        files.append(attested(path, tmp_path / f"{n}.{ending}", "--for", kind, "--year", "2009-10"))
    assert [verified(one, path) for one in files] == [0] * len(files)
    for _ in range(5):
        assert call("verify", path).status == 0
    for one in files:
        if one.suffix in (".md", ".json"):
            assert "recorded meanwhile" not in one.read_text()
            assert "recorded while" not in one.read_text()
    sizes = [json.loads(text)["size"] for (text,) in rows(path, "SELECT entry FROM entries WHERE kind = 'attestation'")]
    assert len(set(sizes)) > 1  # it was appended to


@pytest.mark.slow
def test_killed_while_attesting_the_ledger_and_what_is_attested_are_whole(path: Path, tmp_path: Path) -> None:
    for step in range(15):
        process = subprocess.Popen(
            [sys.executable, "-m", "ledger.cli", "report", str(path), "-o", str(tmp_path / "out"), "--attest"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        if step < 12:  # it says what it attests, file by file
            for _ in range(step):
                process.stdout.readline()
            process.kill()
        process.communicate()
        assert call("verify", path).status == 0
        digests = {
            json.loads(text)["report"] for (text,) in rows(path, "SELECT entry FROM entries WHERE kind = 'attestation'")
        }
        files = list((tmp_path / "out").glob("[!.]*")) if (tmp_path / "out").exists() else []
        for one in files:
            if hashlib.sha256(one.read_bytes()).hexdigest() in digests:
                assert verified(one, path) == 0
    assert len(files) > 10


# -- any order -----------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.sampled_from(
        ("good", "breach", "unknown", "correct", "organisation", "adopt", "checkpoint", "attest", "since", "csv")
    ),
    min_size=1,
    max_size=9,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_in_any_order_what_was_attested_stays_so(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    folder = tmp_path_factory.mktemp("order")
    path = make_ledger(folder / "l.db", UNDOCUMENTED)
    keys = new_key(folder / "k", "shire.example/transfers")
    files: list[Path] = []
    for n, step in enumerate(steps):
        if step in ("attest", "since", "csv"):
            more = {"attest": ("--for", KINDS[n % 3]), "since": ("--for", "dpo", "--since-last")}
            end = "csv" if step == "csv" else "md"
            files.append(attested(path, folder / f"{n}.{end}", *more.get(step, ("--for", "dpo", "--whole"))))
        elif step == "checkpoint":
            make(path, keys)
        elif step == "adopt":
            adopt_again(path)
        elif step == "organisation":
            with opened(path) as ledger:
                ledger.add_organisations([{"id": f"o{n}", "name": f"School {n}", "role": "school", "phase": "primary"}])
        elif step == "correct":
            with opened(path) as ledger:
                ledger.correct("t0", "mistake", None, {})
        else:
            append(path, {"good": GOOD, "breach": AFTER, "unknown": UNKNOWN}[step], f"s{n}")
    assert [verified(one, path) for one in files] == [0] * len(files)
