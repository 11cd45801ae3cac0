"""The verification page: what it says first, what a run reached, and what is wrong with what was pasted."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from datasette_plugins.transfer_ledger.site import Site
from ledger import keyfile
from ledger.tlog.note import COSIGNATURE_V1
from tests.ledger.signers import append, make, new_key, signed_ledger
from tests.ledger.verify.tampered import administrator, cosigner
from tests.ledger.worlds import ORIGIN, small
from tests.plugins.asking import NAMES, Reader, read, site_over

NOTHING = {"keys": "", "kept": ""}
PAGE = "/-/verification"


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app in which nothing ever runs."""
    with site_over(small(tmp_path_factory.mktemp("idle") / "l.db")) as made:
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with site_over(small(tmp_path / "l.db")) as made:
        yield made


def run(site: Site, form: dict[str, str], role: str = "dpo") -> str:
    """Verifies, waits, and gives the address of the run."""
    answer = Reader(site, role).post(PAGE, form)
    assert answer.status_code == 303, read(answer)
    address = answer.headers["location"]
    site.runs.wait(int(address.rpartition("/")[2]), 30)
    return str(address)


def verdict(answer: httpx.Response) -> tuple[str, str]:
    """The colour of the first verdict, and its sentence."""
    found = re.search(r'<div class="verdict (\w+)">\s*<p class="answer">(.*?)</p>', answer.text)
    assert found is not None
    return found[1], found[2]


def reached(answer: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<tr><th scope="row">(\w+)</th><td>(?:<span class="same">)?(yes|no)', answer.text))


def test_before_the_first_one_it_is_unsure_and_offers_to_run_it(idle: Site) -> None:
    answer = Reader(idle).get(PAGE)
    assert verdict(answer) == ("unsure", "Nobody has verified the record from this app yet.")
    assert set(reached(answer).values()) == {"no"}
    assert "The ledger has no checkpoint yet" in read(answer)


def test_what_was_verified_is_told_with_what_remains_and_what_came_since(site: Site) -> None:
    address = run(site, NOTHING, "auditor")
    there = Reader(site, "auditor").get(address)
    assert verdict(there) == ("good", "Verified as consistent: 8 entries, no problem found.")
    assert "refresh" not in there.headers
    assert Reader(site).get(f"{address}.json").json()["result"]["assurance"] == "consistent"
    page = Reader(site).get(PAGE)
    assert verdict(page) == verdict(there)
    assert reached(page) == {"consistent": "yes", "signed": "no", "anchored": "no", "witnessed": "no"}
    assert f"by {NAMES['auditor']}, as run from this page. Nothing was recorded since." in read(page)
    assert "Whether the whole ledger was rewritten: no checkpoint that you kept was compared." in read(page)
    append(site.path, "more")
    assert "1 entry was recorded since" in read(Reader(site).get(PAGE))


@pytest.mark.slow
def test_a_key_and_a_checkpoint_from_elsewhere_reach_more(tmp_path: Path) -> None:
    path, keys, signed = signed_ledger(tmp_path)
    key = keys.keys[0].key.text()
    append(path, "later")
    with site_over(path) as site:
        # As browsers post lines, and people copy them.
        form = {"keys": f"\r\n {key}  \r\n", "kept": signed.note.decode().replace("\n", "\r\n") + "\r\n\r\n"}
        there = Reader(site).get(run(site, form))
        assert verdict(there)[1] == "Verified as signed and anchored: 10 entries, no problem found."
        assert reached(there)["witnessed"] == "no"
        assert "9 of 10 entries are covered" in read(there)
        page = read(Reader(site).get(PAGE))
    assert (
        f"9 of 10 entries; 1 came later Signed by {keys.keys[0].key.name} (key {keys.keys[0].key.key_id.hex()})" in page
    )
    assert "1 key and a checkpoint" in page


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("keys", "rubbish", "Line 1: 'rubbish' is not a verifier key"),
        ("kept", "rubbish", "The note has no empty line"),
        ("kept", "<script>alert(1)</script>", "The note has no empty line"),
    ],
)
def test_what_is_neither_key_nor_checkpoint_comes_back_with_a_sentence(
    idle: Site, field: str, text: str, says: str
) -> None:
    answer = Reader(idle).post(PAGE, NOTHING | {field: text})
    assert answer.status_code == 400
    assert f'id="f-{field}-wrong"' in answer.text
    assert f'<a href="#f-{field}">' in answer.text
    assert says in read(answer)
    assert "<script>" not in answer.text
    assert idle.runs.newest("verify") == []


def test_a_key_and_a_checkpoint_of_another_ledger_are_refused_before_anything_runs(tmp_path: Path) -> None:
    path, _, signed = signed_ledger(tmp_path)
    other = new_key(tmp_path / "other", "elsewhere.example/transfers")
    with site_over(path) as site:
        answer = Reader(site).post(PAGE, {"keys": other.keys[0].key.text(), "kept": ""})
        assert f"This key is for elsewhere.example/transfers, and the ledger here is {ORIGIN}." in read(answer)
        kept = signed.note.decode().replace(ORIGIN, "elsewhere.example/transfers")
        assert "This is a checkpoint of elsewhere.example/transfers" in read(
            Reader(site).post(PAGE, {"keys": "", "kept": kept})
        )


@pytest.mark.slow
def test_while_one_runs_a_second_leads_to_it(site: Site) -> None:
    first = Reader(site).post(PAGE, NOTHING)
    second = Reader(site, "auditor").post(PAGE, {"keys": "rubbish", "kept": ""})
    assert first.headers["location"] == second.headers["location"] == f"{PAGE}/1"
    going = Reader(site).get(f"{PAGE}/1")
    assert going.headers["refresh"] == "1"
    assert "<progress" in going.text
    assert Reader(site).get(f"{PAGE}/1.json").json()["state"] == "running"
    assert "A verification is running" in read(Reader(site).get(PAGE))
    site.runs.wait(1, 30)


@pytest.mark.slow
def test_an_altered_record_is_told_with_links_to_what_is_wrong(site: Site) -> None:
    with administrator(site.path) as db:
        db.execute("UPDATE entries SET entry = replace(entry, 'oak-high', 'elm-high') WHERE seq = 4")
    there = Reader(site).get(run(site, NOTHING))
    kind, sentence = verdict(there)
    assert (kind, sentence[:27]) == ("bad", "The record does not verify:")
    assert '<a href="/-/entries/4">Entry 4</a>' in there.text
    page = Reader(site).get(PAGE)
    assert verdict(page) == (kind, sentence)
    assert set(reached(page).values()) == {"no"}


@pytest.mark.slow
def test_a_ledger_that_was_replaced_since_is_not_the_one_that_was_verified(site: Site, tmp_path: Path) -> None:
    run(site, NOTHING)
    other = small(tmp_path / "other.db", 9)
    for end in ("-wal", "-shm"):
        Path(f"{site.path}{end}").unlink(missing_ok=True)
        if (log := Path(f"{other}{end}")).exists():
            log.rename(f"{site.path}{end}")
    other.replace(site.path)
    assert "it was replaced meanwhile" in read(Reader(site).get(PAGE))
    with site_over(site.path) as again:
        assert verdict(Reader(again).get(PAGE)) == ("bad", "This is no longer the record that was verified here.")


@pytest.mark.slow
def test_a_run_that_came_to_nothing_is_not_passed_over(site: Site) -> None:
    run(site, NOTHING)
    n = site.beside.start_run("verify", "dpo", site.clock(), "{}")
    site.beside.end_run(n, site.clock(), "stopped", '{"sentence": "It was stopped."}')
    page = Reader(site).get(PAGE)
    assert verdict(page)[0] == "good"
    assert "came to no result. It was stopped." in read(page)
    assert "It came to no result. It was stopped." in read(Reader(site).get(f"{PAGE}/{n}"))


@pytest.mark.parametrize("role", ["governor", "clerk"])
def test_others_find_nothing_there(idle: Site, role: str) -> None:
    reader = Reader(idle, role)
    nowhere = reader.get("/-/nothing")
    for path in (PAGE, f"{PAGE}/1", f"{PAGE}/1.json"):
        assert (reader.get(path).status_code, reader.get(path).text) == (404, nowhere.text)
    assert reader.post(PAGE, NOTHING).status_code == 404
    assert Reader(idle).get(f"{PAGE}/99").status_code == 404
    assert idle.runs.newest("verify") == []


@pytest.mark.slow
def test_an_evidence_bundle_shows_how_far_it_is_and_then_its_file(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path)
    with site_over(path) as site:
        reader = Reader(site, "auditor")
        address = reader.get("/-/evidence.zip").headers["location"]
        assert reader.get(address).headers["refresh"] == "1"
        site.runs.wait(1, 60)
        page = reader.get(address)
        assert f'href="/-/evidence.zip?run={address.rpartition("/")[2]}"' in page.text
        data = reader.get("/-/evidence.zip?run=1").content
        assert hashlib.sha256(data).hexdigest() in page.text
        assert reader.get(f"{address}.json").json()["result"]["bytes"] == len(data)
        (site.runs.files(1) / "evidence.zip").unlink()
        assert "no longer kept" in read(reader.get(address))


def test_a_report_has_no_page_among_the_verifications(site: Site) -> None:
    n = site.beside.start_run("report", "dpo", site.clock(), "{}")
    assert Reader(site).get(f"{PAGE}/{n}").status_code == 404


def test_who_cosigned_and_when_is_told_as_it_is_claimed(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    witness = keyfile.make("county.example/witness", [COSIGNATURE_V1], os.urandom)[0]
    append(path, "later")
    make(path, keys, witnesses=[("county", cosigner(witness, datetime(2010, 8, 20, 9, tzinfo=UTC)))])
    with site_over(path) as site:
        page = read(Reader(site).get(PAGE))
    assert f"Cosigned by county.example/witness (key {witness.key.key_id.hex()}) , 20 August 2010 at 10:00" in page
    assert (
        "20 August 2010 at 10:00 : the witness county.example/witness says that there were 10 entries by then" in page
    )
