"""The page of one entry: what it tells to whom, that it never shows what was typed unasked, and what judges it."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger.decisions import Decisions
from datasette_plugins.transfer_ledger.entries.found import found_on
from datasette_plugins.transfer_ledger.entries.judged import TYPED as NOT_READ
from datasette_plugins.transfer_ledger.entries.judged import UNCHECKED, judged
from datasette_plugins.transfer_ledger.entries.sentences import KINDS, sentence
from datasette_plugins.transfer_ledger.entries.shared import shared_of
from datasette_plugins.transfer_ledger.pages import entry as entry_page
from datasette_plugins.transfer_ledger.site import Site
from ledger import members, prove, store, writer
from ledger.prove import inclusion
from ledger.settle import Content
from ledger.source import Source
from reports.cli.explain import explain_ledger
from reports.demo.play import record_year
from reports.evidence import evidence_of
from reports.explain import explain
from reports.finding import SEVERITIES
from reports.run import run
from tests.codes import CLERK, LEAD
from tests.ledger.signers import signed_ledger
from tests.plugins.asking import Reader, read, site_over
from tests.plugins.browsed import (
    FIELD,
    FIRST,
    NOTE,
    OPERATOR,
    PURPOSE,
    RANDOM,
    REASON,
    RECIPIENT,
    TYPED,
    clock,
    stated,
)  # fmt: skip
from tests.plugins.checked import check, checked_source

AS_OF = date(2010, 8, 31)
LATE, ODD, WRONG, UNDONE, CORRECTION, WITHDRAWAL = range(FIRST + 1, FIRST + 7)


def copied(path: Path, to: Path) -> Path:
    """A copy of the ledger at `path`, which takes less time than to make one."""
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(to)) as copy:
        db.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")
    return to


@pytest.fixture(scope="module")
def ledger(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(kept, tmp_path_factory.mktemp("entries") / "l.db")


@pytest.fixture(scope="module")
def site(ledger: Path) -> Iterator[Site]:
    with site_over(ledger) as made:
        yield made


@pytest.fixture
def own(kept: Path, tmp_path: Path) -> Path:
    """A ledger that a test may change."""
    return copied(kept, tmp_path / "own.db")


def page(site: Site, seq: int, role: str = "dpo") -> str:
    answer = Reader(site, role).get(f"/-/entries/{seq}")
    assert answer.status_code == 200, answer.text[:400]
    return read(answer)


def asked(path: Path, seq: int, role: str = "dpo") -> str:
    with site_over(path) as made:
        return page(made, seq, role)


# -- what it tells -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", range(10))
@pytest.mark.parametrize("role", ["dpo", "auditor"])
def test_every_entry_has_its_page_with_its_seal_and_nothing_that_was_typed(
    site: Site, ledger: Path, seq: int, role: str
) -> None:
    answer = Reader(site, role).get(f"/-/entries/{seq}")
    with sqlite3.connect(ledger) as db:
        sealed, hash_ = db.execute("SELECT entry, hash FROM entries WHERE seq = ?", (seq,)).fetchone()
        beside = [row[0] for row in db.execute("SELECT hash FROM entries WHERE abs(seq - ?) = 1", (seq,))]
    assert answer.status_code == 200
    assert sealed in read(answer)
    assert f"Hash {hash_} Previous" in read(answer)
    assert all(one in read(answer) for one in beside)
    assert not [text for text in TYPED if text in answer.text or html.escape(text) in answer.text]
    assert answer.headers["cache-control"] == "no-store"


def test_an_entry_is_told_in_a_sentence_and_in_names(site: Site) -> None:
    told = page(site, FIRST)
    assert "On 5 July 2010, Elm Primary School sent Unique pupil number, about 210 pupils, to Ofsted, for “" in told
    assert "Sender Elm Primary School elm-primary" in told
    assert "Subjects: count 210" in told
    assert "sent Unique pupil number and what is unlisted" in page(site, ODD)
    assert "to an unlisted recipient, for an unlisted purpose." in page(site, ODD)
    assert "This withdraws the transfer undone" in page(site, WITHDRAWAL)
    assert "Here begins the ledger shire.example/transfers, which Shire Council keeps." in page(site, 0)
    assert "The documented purposes england-2010, version 1, were adopted" in page(site, 1)
    assert "Elm Primary School is known from here on as elm-primary, which plays the role “School”, primary." in page(
        site, 2
    )


_SEAL = {"seq": 9, "prev": "0" * 64, "salt": "A" * 22, "recorded_at": clock()}
_CITED = members.Cited(seq=4, hash="0" * 64)
OTHERS: dict[str, tuple[Any, str]] = {
    "batch": (members.Batch(rows=1, **_SEAL), "An import brought 1 transfer, which follow."),
    "refusal": (
        members.Refusal(
            id="r1", refused_on=AS_OF, outcome="refused", ground="too-much-data", recipient="ofsted", fields=("upn",),
            purpose="school-inspection", **_SEAL,
        ),
        "On 31 August 2010, what Ofsted asked for, Unique pupil number for “Helping inspectors to evaluate the work of "
        "schools”, was refused: more data than the purpose needs.",
    ),
    "review": (
        members.Review(
            finding="0" * 64, check="contactpoint-closed", decision="false-alarm", due=AS_OF, **_SEAL
        ),
        "A finding (“ContactPoint was used after it was switched off”) was decided about: the check was wrong until 31 "
        "August 2010.",
    ),
    "person": (
        members.Person(code=CLERK, role="clerk", outside=True, **_SEAL),
        f"The person with the code {CLERK} outside the organisation has the role “clerk” from here on.",
    ),
    "confirmation": (
        members.Confirmation(confirms=(4, 7), seen=_CITED, **_SEAL),
        "A second person confirmed entries 4 and 7: corrections or decisions that removed a finding.",
    ),
    "key": (
        members.Key(action="rotation", keys=("shire.example/k+aaaa+b",), **_SEAL),
        "The signing key was changed; from here on the ledger is signed by shire.example/k.",
    ),
    "erasure": (
        members.Erasure(erases=_CITED, name="note", digest="A" * 43, ground="retention-ended", **_SEAL),
        "The value “note” of entry 4 was erased: it was kept for as long as was needed.",
    ),
    "attestation": (
        members.Attestation(report="0" * 64, as_of=AS_OF, version="1", size=4000, head="0" * 64, **_SEAL),
        "A report that speaks of 31 August 2010, made from the first 4,000 entries, is sealed by the digest of its "
        "file.",
    ),
    "closing": (
        members.Closing(successor="shire.example/next", ground="successor", **_SEAL),
        "Here the ledger ends: another ledger follows. The ledger shire.example/next follows it.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_every_other_kind_has_its_sentence(ledger: Path, kind: str) -> None:
    with Source(ledger) as source:
        label = shared_of(source).labels
    one, told = OTHERS[kind]
    assert sentence(one, label) == told


def test_every_kind_is_told() -> None:
    assert set(KINDS) == set(members.KINDS)
    assert set(OTHERS) | {"genesis", "register", "organisation", "transfer", "correction"} == set(KINDS)


# -- beside what was documented ------------------------------------------------------------------------------------


def test_what_was_sent_stands_beside_the_flow_item_by_item(site: Site) -> None:
    told = page(site, LATE)
    assert "by the flow “A school's data for ContactPoint”" in told
    assert "so that a later version cannot make an old breach lawful" in told
    assert "Recipient ContactPoint ContactPoint; Local Authority Against the law: ContactPoint was used" in told
    assert (
        "Purpose Helping inspectors to evaluate the work of schools Maintaining the accuracy of ContactPoint Not cov"
    ) in told
    assert "Sender Elm Primary School School As documented." in told
    assert "How many people 210 – No limit is documented." in told
    assert "Unique pupil number upn – Not covered by our notice: data items went" in told
    assert "21 documented data items not sent" in told
    answer = Reader(site).get(f"/-/entries/{LATE}").text
    for key in re.findall(r'href="#finding-([0-9a-f]+)"', answer):
        assert f'id="finding-{key}"' in answer


def test_without_a_flow_nothing_is_called_documented(site: Site) -> None:
    told = page(site, FIRST)
    assert "No flow is documented between the two." in told
    assert "As documented" not in told
    assert "About whom Pupils – No flow is documented between the two to compare it with." in told


def test_what_rests_on_what_was_typed_is_said_not_to_be_compared(site: Site) -> None:
    told = page(site, ODD)
    assert "Which documented flow judges it rests on what was typed" in told
    assert "Purpose unlisted – Not compared for you: it rests on what was typed" in told
    assert "What is unlisted unlisted – Not compared for you" in told


def explained(path: Path, seq: int) -> dict[str, Any]:
    told = explain_ledger(path, str(seq), AS_OF)
    assert told["transfer"]["seq"] == seq
    return told


@pytest.mark.parametrize("seq", [FIRST, LATE, ODD, WRONG, CORRECTION])
def test_it_never_says_other_than_explain_does_but_that_it_may_not_say(ledger: Path, seq: int) -> None:
    with checked_source(ledger, AS_OF) as source:
        mine = judged(source, shared_of(source), seq, AS_OF, 50)
        assert mine is not None
        assert mine.checked
    whole = explained(ledger, seq)
    verdicts = {one["check"]: one["verdict"] for one in whole["checks"]}
    for answer in mine.explanation.answers:
        if answer.why != NOT_READ:
            assert answer.verdict == verdicts[answer.check], answer.check
    if mine.sure:
        flow = mine.explanation.flow
        assert (flow.id if flow else None) == (whole["flow"]["id"] if whole["flow"] else None)
    unread = [answer.check for answer in mine.explanation.answers if answer.why == NOT_READ]
    assert bool(unread) is (seq == ODD)


@pytest.mark.slow
def test_of_a_whole_year_it_says_what_explain_does(tmp_path: Path) -> None:
    path, day = tmp_path / "year.db", date(2010, 9, 30)
    record_year(path, lambda _: None)
    unsure, unread = 0, 0
    with checked_source(path, day) as source:
        evidence, shared, everything = evidence_of(source), shared_of(source), list(source.transfers())
        result = run(replace(evidence, recorded=everything), day)
        for one in everything:
            if one.facts.transferred_on is None:
                continue
            mine = judged(source, shared, one.seq, day, 1000)
            assert mine is not None
            whole = explain(one, evidence, result, source.earlier(one))
            for answer, other in zip(mine.explanation.answers, whole.answers, strict=True):
                if answer.why == NOT_READ:
                    unread += 1
                else:
                    assert answer == other, one.seq
            if mine.sure:
                assert mine.explanation.flow == whole.flow, one.seq
            unsure += not mine.sure
    assert 0 < unsure < len(everything) / 100
    assert 0 < unread < len(everything)


def test_what_was_recorded_after_the_last_check_is_judged_by_itself(own: Path) -> None:
    with writer.Ledger(own, clock, RANDOM, LEAD) as opened:
        opened.append(stated(opened, "since", "2010-08-21", recipient="contactpoint"))
    with checked_source(own, AS_OF, size=10) as source:
        mine = judged(source, shared_of(source), 10, AS_OF, 50)
        assert mine is not None
    assert not mine.checked
    verdicts = {answer.check: answer for answer in mine.explanation.answers}
    assert verdicts["contactpoint-closed"].verdict == "found"
    assert verdicts["duplicate-transfer"].why == UNCHECKED
    with site_over(own) as made:
        with writer.Ledger(own, clock, RANDOM, LEAD) as opened:
            opened.append(stated(opened, "later", "2010-08-22", recipient="contactpoint"))
        told = page(made, 11)
        assert "It was recorded after the last check." in told
        assert "nothing is known about it yet" in told
        assert "Against the law: ContactPoint was used" in told
        assert 'href="#finding-' not in Reader(made).get("/-/entries/11").text
        check(made)
        assert "ContactPoint was used after it was switched off critical Against the law open" in page(made, 11)


# -- findings, corrections -----------------------------------------------------------------------------------------


def test_findings_stand_with_their_rule_and_the_next_step(site: Site) -> None:
    told = page(site, LATE)
    assert re.search(r"ContactPoint was used after it was switched off critical Against the law open Expected", told)
    assert re.search(r"Written in .+ \(checked against its source\) Next step Stop these transfers", told)
    assert "The last check found nothing on this entry." in page(site, 0)
    assert "The last check found nothing" not in told


def test_the_verdict_comes_before_the_facts(site: Site) -> None:
    worst = "Against the law: ContactPoint was used after it was switched off. Open. Stop these transfers"
    told = page(site, LATE)
    assert worst in told
    assert told.index(worst) < told.index("Elm Primary School sent") < told.index("Item Sent")
    assert "Decide about it ." in told
    assert "Decide about it" not in page(site, LATE, "auditor")
    removed = page(site, WRONG)
    assert "Needs a second person: corrected" in removed
    assert removed.index("It counts as open until then.") < removed.index("Elm Primary School sent")
    # The worst comes first, and every finding on the entry is named above the facts.
    verdict = told[: told.index("Elm Primary School sent")]
    with site.reading() as source:
        found, count = found_on(source, site.decisions, LATE, AS_OF)
    assert [one.severity for one in found] == sorted((one.severity for one in found), key=SEVERITIES.index)
    assert count == len(found) <= 6
    assert all(one.headline in verdict for one in found)
    assert found[0].check == "contactpoint-closed"


def test_corrections_lead_to_each_other_and_show_what_changed(site: Site) -> None:
    for seq, by, what in ((WRONG, CORRECTION, "correction"), (UNDONE, WITHDRAWAL, "withdrawal")):
        answer = Reader(site).get(f"/-/entries/{seq}").text
        assert f'<a href="/-/entries/{by}">Entry {by}: {what}</a>' in answer
        assert f"Entry {by} replaced this statement since." in page(site, seq)
        assert f"Entry {by}: {what}, this one" in page(site, by)
    for seq in (WRONG, CORRECTION):
        told = page(site, seq)
        assert "Recipient ContactPoint Ofsted changed" in told
        assert "Sender Elm Primary School Elm Primary School same" in told
    assert f"Entry {WITHDRAWAL} withdrew entry {UNDONE} , and states nothing in its place." in page(site, UNDONE)
    assert "Corrections" not in page(site, FIRST)


def test_of_many_corrections_each_is_laid_beside_the_one_before_it(own: Path) -> None:
    with writer.Ledger(own, clock, RANDOM, LEAD) as opened:
        for count in range(1, 31):
            opened.correct("plain", REASON, stated(opened, "plain", subjects={"kind": "pupil", "count": count}), {})
    last = 10 + 29
    told = asked(own, last)
    assert f"Before ( entry {last - 1} ) After ( entry {last} )" in told
    assert "Subjects: count 29 30 changed" in told
    assert "11 between them are not listed here." in told
    first = asked(own, FIRST)
    assert f"Before ( entry {FIRST} ) After ( entry 10 )" in first
    assert "Subjects: count 210 1 changed" in first


def test_only_what_stands_can_be_corrected_and_only_by_who_records(site: Site) -> None:
    for role, seq, may in (
        ("dpo", FIRST, True), ("auditor", FIRST, False), ("dpo", WRONG, False), ("dpo", CORRECTION, True),
        ("dpo", WITHDRAWAL, False), ("dpo", 0, False),
    ):  # fmt: skip
        answer = Reader(site, role).get(f"/-/entries/{seq}").text
        assert (f'href="/-/record/{seq}/correct"' in answer) is may, (role, seq)
        assert (f'href="/-/record/{seq}/withdraw"' in answer) is may, (role, seq)


# -- erasable values -----------------------------------------------------------------------------------------------


def viewed(site: Site, seq: int) -> str:
    answer = Reader(site).post(f"/-/entries/{seq}/erasable", {})
    assert answer.status_code == 200, answer.text[:400]
    assert answer.headers["cache-control"] == "no-store"
    return read(answer)


def test_erasable_values_show_when_they_are_asked_for_and_that_is_logged(site: Site) -> None:
    before = len(site.people.logged(1000))
    told = viewed(site, ODD)
    assert all(text in told for text in (OPERATOR, NOTE, RECIPIENT, FIELD, PURPOSE))
    assert "That you looked at them was written in the log." in told
    assert f"Reason: {REASON}" in viewed(site, WRONG)
    newest, *_ = lines = site.people.logged(1000)
    assert len(lines) == before + 2 + 2  # each reader signs in once
    assert (newest.person, newest.what, newest.about) == ("dpo", entry_page.VIEWED, f"entry {WRONG}")
    assert "5 values were recorded with it that can be erased." in page(site, ODD)


def test_what_cannot_be_logged_is_not_shown(own: Path) -> None:
    with site_over(own) as made:
        reader = Reader(made)
        made.beside.close()  # as if its disk had gone
        answer = reader.post(f"/-/entries/{ODD}/erasable", {})
    assert answer.status_code == 503
    assert not [text for text in TYPED if text in answer.text]


@pytest.mark.parametrize("role", ["auditor", "governor", "clerk"])
def test_nobody_else_may_ask_for_them(site: Site, role: str) -> None:
    answer = Reader(site, role).post(f"/-/entries/{ODD}/erasable", {})
    assert answer.status_code in (404, 405)
    assert "Show erasable values" not in Reader(site, role).get(f"/-/entries/{ODD}").text


def test_an_entry_that_is_not_there_has_no_values_and_is_not_logged(site: Site) -> None:
    reader = Reader(site)
    before = len(site.people.logged(1000))
    assert reader.post("/-/entries/10/erasable", {}).status_code == 404
    assert len(site.people.logged(1000)) == before


def test_an_erased_value_shows_as_erased_and_a_missing_one_as_missing(own: Path) -> None:
    with sqlite3.connect(own) as db:
        hash_ = db.execute("SELECT hash FROM entries WHERE seq = ?", (FIRST,)).fetchone()[0]
        digests = dict(db.execute("SELECT name, digest FROM disclosures WHERE seq = ?", (FIRST,)))
    with writer.Ledger(own, clock, RANDOM, LEAD) as opened, store.writing(opened.db):
        erasure = {"erases": {"seq": FIRST, "hash": hash_}, "name": "note", "digest": digests["note"]}
        opened._one("erasure", Content({**erasure, "ground": "retention-ended"}, {}))
        opened.db.execute("DELETE FROM disclosures WHERE digest = ?", (digests["note"],))
    erased = "Note Erased by entry 10 : It was kept for as long as was needed"
    assert erased in asked(own, FIRST)
    assert erased in asked(own, FIRST, "auditor")
    with site_over(own) as made:
        told = viewed(made, FIRST)
    assert erased in told
    assert f"Operator {OPERATOR}" in told
    assert NOTE not in told
    assert "sealed value" not in told
    with sqlite3.connect(own) as db:
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'disclosures_erased'").fetchone()[0]
        db.execute("DROP TRIGGER disclosures_erased")
        db.execute("DELETE FROM disclosures WHERE digest = ?", (digests["operator"],))
        db.execute(trigger)
    with site_over(own) as made:
        assert "1 sealed value is missing, and no entry says that it was erased" in viewed(made, FIRST)


# -- who sees which ------------------------------------------------------------------------------------------------


def test_a_clerk_sees_what_they_recorded_and_of_all_else_not_even_that_it_is_there(own: Path) -> None:
    with writer.Ledger(own, clock, RANDOM, LEAD) as opened:
        for id_, by in (("mine", "clerk"), ("theirs", "dpo")):
            content = stated(opened, id_)
            opened.append(Content(content.members, {**content.texts, "recorded_by": by}))
    with site_over(own) as made:
        clerk = Reader(made, "clerk")
        told = page(made, 10, "clerk")
        assert "On 5 July 2010, Elm Primary School sent" in told
        assert "Correct Withdraw" in told
        assert "The sealed bytes" in told
        for word in ("Findings", "Compared with what", "Erasable values", "breach"):
            assert word not in told, word
        assert "findings" not in clerk.get("/-/entries/10.json").json()
        assert not re.findall(r'href="/-/entries/', clerk.get("/-/entries/10").text)
        nowhere = clerk.get("/-/entries/999")
        assert nowhere.status_code == 404
        for path in ("/-/entries/11", f"/-/entries/{FIRST}", "/-/entries/11.json", "/-/proofs/11", "/-/proofs/0"):
            answer = clerk.get(path)
            assert answer.status_code == 404, path
            if "json" not in path and "proofs" not in path:
                assert read(answer) == read(nowhere)


def test_a_clerk_sees_that_another_replaced_what_they_recorded_and_not_with_what(own: Path) -> None:
    with writer.Ledger(own, clock, RANDOM, LEAD) as opened:
        content = stated(opened, "mine")
        opened.append(Content(content.members, {**content.texts, "recorded_by": "clerk"}))
        opened.correct("mine", REASON, stated(opened, "mine", recipient="qca"), {"recorded_by": "dpo"})
    told = asked(own, 10, "clerk")
    assert "Entry 11 replaced this statement since." in told
    assert "Qualifications" not in told
    assert "Qualifications" in asked(own, 10)


@pytest.mark.parametrize("seq", ["10", "999999999999999", "-1", "9007199254740993", "x", "1e3", "9" * 40, "01", "٣"])
def test_an_entry_that_is_not_there_has_no_page(site: Site, seq: str) -> None:
    for path in (f"/-/entries/{seq}", f"/-/entries/{seq}.json", f"/-/proofs/{seq}"):
        assert Reader(site).get(path).status_code in (400, 404), path


def test_an_unknown_parameter_is_told(site: Site) -> None:
    answer = Reader(site).get(f"/-/entries/{FIRST}?page=2")
    assert answer.status_code == 400
    assert "This page knows no parameter “page”" in answer.text


# -- for programs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["dpo", "auditor"])
def test_as_json_it_is_what_was_sealed_and_found_and_nothing_that_was_typed(
    site: Site, ledger: Path, role: str
) -> None:
    answer = Reader(site, role).get(f"/-/entries/{ODD}.json")
    told = answer.json()
    with Source(ledger) as source:
        found = source.entry(ODD)
    assert found is not None
    assert (told["seq"], told["hash"], told["kind"], told["entry"]) == (ODD, found[2], "transfer", found[1])
    assert told["facts"]["recipient"] == "unlisted"
    assert told["corrected_by"] is None
    assert told["proof"] is None
    assert {one["check"] for one in told["findings"]} >= {"unknown-recipient"}
    assert not [text for text in TYPED if text in answer.text]
    assert Reader(site, role).get(f"/-/entries/{WRONG}.json").json()["corrected_by"] == CORRECTION


# -- proofs --------------------------------------------------------------------------------------------------------


def test_a_proof_can_be_downloaded_once_a_checkpoint_covers_the_entry(tmp_path: Path) -> None:
    path, _, made = signed_ledger(tmp_path)
    with site_over(path) as over:
        dpo = Reader(over)
        last = made.tree.size - 1
        answer = dpo.get(f"/-/proofs/{last}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="entry-{last}.tlog-proof"'
        with Source(path) as source:
            assert answer.content == inclusion(source.db, last).encode()
            size = source.head.size
        assert f"Download the proof that this entry is among the {made.tree.size} of the newest checkpoint" in page(
            over, last
        )
        assert dpo.get(f"/-/entries/{last}.json").json()["proof"] == f"/-/proofs/{last}"
        if size > made.tree.size:
            later = dpo.get(f"/-/proofs/{size - 1}")
            assert later.status_code == 409


def test_without_a_checkpoint_the_page_says_which_one_will_cover_it(site: Site) -> None:
    assert "No checkpoint covers this entry yet. One over 5 entries or more will" in page(site, 4)
    answer = Reader(site).get("/-/proofs/4")
    assert answer.status_code == 409
    assert answer.json() == {"error": "No checkpoint covers entry 4 yet; the next one will, and then there is a proof."}


def test_a_proof_without_values_reads_none(tmp_path: Path) -> None:
    path, _, made = signed_ledger(tmp_path)
    with site_over(path) as over, over.reading() as source:
        assert prove.inclusion(source.db, made.tree.size - 1)
        with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
            prove.inclusion(source.db, made.tree.size - 1, ["note"])


# -- at any size ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [0, 1, FIRST, CORRECTION])
def test_no_statement_of_a_page_goes_through_a_table(ledger: Path, seq: int) -> None:
    asked_of: list[str] = []
    with checked_source(ledger, AS_OF) as source:
        shared, known = shared_of(source), Decisions()
        source.db.set_trace_callback(asked_of.append)
        assert entry_page.read(source, shared, known, seq, AS_OF) is not None
        source.db.set_trace_callback(None)
        plans = {
            (sql, row[3]) for sql in asked_of if sql.startswith("SELECT")
            for row in source.db.execute(f"EXPLAIN QUERY PLAN {sql}")
        }  # fmt: skip
    assert len(plans) > 3
    # `checked` has a dozen rows, and `j` are the numbers that the statement is about.
    assert not [
        plan for plan in plans if plan[1].startswith("SCAN") and not re.match("SCAN (verdicts.checked|j) ?", plan[1])
    ]


def test_markup_in_what_was_sealed_is_text(own: Path) -> None:
    with writer.Ledger(own, clock, RANDOM, LEAD) as opened:
        opened.add_organisations([{"id": "ash", "name": '<i>Ash" & Co', "role": "school", "phase": "primary"}])
        opened.append(stated(opened, "from-ash", sender="ash"))
    with site_over(own) as made:
        for seq in (10, 11):
            answer = Reader(made).get(f"/-/entries/{seq}").text
            assert "<i>" not in answer
            assert "&lt;i&gt;Ash&#34; &amp; Co" in answer


# -- altered ledgers -----------------------------------------------------------------------------------------------


def in_entry(path: Path, seq: int, old: bytes, new: bytes) -> None:
    """What an attacker does: the triggers go and come back, and an entry is no text any more."""
    with closing(sqlite3.connect(path)) as db, db:
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_update'").fetchone()[0]
        entry = bytes(db.execute("SELECT CAST(entry AS BLOB) FROM entries WHERE seq = ?", (seq,)).fetchone()[0])
        assert old in entry
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET entry = CAST(? AS TEXT) WHERE seq = ?", (entry.replace(old, new, 1), seq))
        db.execute(trigger)


def test_entries_that_were_altered_while_they_are_served_are_told_in_sentences(
    own: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with site_over(own) as made:
        reader = Reader(made)
        assert reader.get(f"/-/entries/{FIRST}").status_code == 200
        in_entry(own, FIRST, b'"recipient":"ofsted",', b"")
        assert "an unlisted recipient" in read(reader.get(f"/-/entries/{FIRST}"))
        in_entry(own, FIRST, b"elm-primary", b"elm-prim\xffry")
        for path in (f"/-/entries/{FIRST}", f"/-/entries/{FIRST}.json", f"/-/proofs/{FIRST}"):
            answer = reader.get(path)
            assert answer.status_code == 503, path
            assert f"entry {FIRST} cannot be read" in answer.text
            assert "`transfer-ledger verify` says more." in answer.text
        assert reader.get(f"/-/entries/{FIRST + 1}").status_code == 200
    assert "Traceback" not in capfd.readouterr().err


def test_an_entry_that_is_no_json_is_told_in_a_sentence(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with site_over(own) as made:
        reader = Reader(made)
        _no_json(own)
        answer = reader.get(f"/-/entries/{FIRST}")
        assert answer.status_code == 503
        assert "`transfer-ledger verify` says more." in answer.text
        assert "malformed" not in answer.text
    assert "Traceback" not in capfd.readouterr().err


def _no_json(path: Path) -> None:
    """Puts bytes into the file where SQLite does not look."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    old = b'"id":"plain","kind":"transfer"'
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, old.replace(b':"transfer"', b']"transfer"')))


def test_a_key_that_signs_is_told_by_its_name(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    with Source(path) as source:
        seq = source.db.execute("SELECT seq FROM entries WHERE kind <> 'transfer' AND kind = 'key'").fetchone()[0]
    assert f"The ledger is signed from here on by {keys.name}." in asked(path, seq)
