"""The page of one finding, for who reads it and for who decides about it; a later decision shows on it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.decisions import Decisions
from datasette_plugins.transfer_ledger.entries.decisions import MOST, decisions_on
from datasette_plugins.transfer_ledger.site import Site
from ledger.errors import Refused
from ledger.source import Source
from ledger.writer import Ledger
from reports.cli.check import check_ledger
from tests.codes import CHAIR, DPO, LEAD
from tests.plugins.asking import Reader, read, site_over
from tests.plugins.browsed import FIRST, RANDOM, TYPED, clock, stated
from tests.plugins.pages.test_entry import copied, in_entry

AS_OF = date(2010, 8, 31)
WHY, WHO = "why it was decided so", "Dee Cider"
LATE = FIRST + 1


@pytest.fixture(scope="module")
def ledger(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(kept, tmp_path_factory.mktemp("findings") / "l.db")


@pytest.fixture(scope="module")
def site(ledger: Path) -> Iterator[Site]:
    with site_over(ledger) as made:
        yield made


@pytest.fixture
def own(kept: Path, tmp_path: Path) -> Path:
    """A ledger that a test may change."""
    return copied(kept, tmp_path / "own.db")


def key_of(path: Path, check: str = "contactpoint-closed") -> str:
    return next(one.key for one in check_ledger(path, AS_OF).result.findings if one.check == check)


def decide(
    path: Path, key: str, decision: str = "remedied", due: date | None = None, replaces: int | None = None
) -> int:
    with Ledger(path, clock, RANDOM, LEAD) as ledger:
        texts = {"reason": WHY, "decided_by": WHO}
        return ledger.review(key, "contactpoint-closed", decision, due, replaces, texts).seq


def page(site: Site, key: str, role: str = "dpo") -> str:
    answer = Reader(site, role).get(f"/-/findings/{key}")
    assert answer.status_code == 200, answer.text[:400]
    return read(answer)


def test_a_finding_is_told_with_its_rule_and_where_it_was_found(site: Site, ledger: Path) -> None:
    told = page(site, key_of(ledger))
    assert "ContactPoint was used after it was switched off" in told
    assert "Elm Primary School sent Unique pupil number, about 210 pupils, to ContactPoint" in told
    assert f"It is about entry {LATE} ." in told
    # The verdict comes first: how it stands, and what to do.
    assert re.search(
        r"Open\. Nobody has decided about it yet\. Stop these .+ Elm Primary .+ Expected No use of ContactPoint .+ "
        r"Found It is dated .+ Written in ",
        told,
    )
    assert "(checked against its source)" in told
    assert "How it stands Open. Decisions None yet." in told
    assert "(from the documented purposes)" in page(site, key_of(ledger, "undocumented-purpose"))


def test_only_the_lead_and_the_data_protection_officer_are_offered_to_decide(site: Site, ledger: Path) -> None:
    key = key_of(ledger)
    for role in ("lead", "dpo"):
        mine = Reader(site, role).get(f"/-/findings/{key}").text
        assert ("The lead decides." in mine) is (role == "dpo")
        assert "Continue until" not in mine  # ContactPoint was closed by law
        assert '<form method="post" action="/-/findings/decide"' in mine
        assert f'name="key" value="{key}"' in mine
    assert "/-/findings/decide" not in Reader(site, "auditor").get(f"/-/findings/{key}").text
    for role in ("governor", "clerk"):
        assert Reader(site, role).get(f"/-/findings/{key}").status_code == 404


def test_a_decision_shows_at_once_without_its_reason_and_a_form_says_that_it_was_seen(own: Path) -> None:
    key = key_of(own)
    with site_over(own) as made:
        assert "None yet." in page(made, key)
        first = decide(own, key, due=date(2010, 9, 30))
        told = page(made, key)
        assert f"Fixed until 30 September 2010 , decided 27 August 2010 at 10:00 ( entry {first} )" in told
        assert f"How it stands Closed: fixed ( entry {first} )." in told
        assert f'value="{key}.{first}"' in Reader(made).get(f"/-/findings/{key}").text
        second = decide(own, key, "false-alarm", replaces=first)
        told = page(made, key)
        assert told.index("The check was wrong , decided") < told.index("Fixed until")
        assert "replaced since" in told
        assert WHY not in told
        assert "A finding (“ContactPoint was used after it was switched off”) was decided about" in read(
            Reader(made).get(f"/-/entries/{second}")
        )
        on_entry = Reader(made).get(f"/-/entries/{LATE}")
        assert "The check was wrong , decided" in read(on_entry)
        assert WHY not in on_entry.text
        assert f"{WHY} Decided by: {WHO}" in read(Reader(made).post(f"/-/entries/{LATE}/erasable", {}))
        review = Reader(made).get(f"/-/entries/{first}")
        assert f'href="/-/findings/{key}"' in review.text
        assert WHY not in review.text
        assert f"Reason {WHY}" in read(Reader(made).post(f"/-/entries/{first}/erasable", {}))


def test_a_decision_that_has_passed_is_overdue(own: Path) -> None:
    key = key_of(own)
    decide(own, key, due=date(2010, 8, 26))
    with site_over(own) as made:
        assert "How it stands Open, decision overdue." in page(made, key)


def test_what_was_corrected_since_the_last_check_is_not_decided_about(own: Path) -> None:
    with Ledger(own, clock, RANDOM, LEAD) as ledger:
        by = ledger.correct("late", "another recipient", stated(ledger, "late"), {}).seq
        ledger.add_person(DPO, "dpo")
        with ledger.acting(DPO):
            ledger.confirm([by], ledger.add_person(CHAIR, "chair").head, {})
    with site_over(own) as made:
        told = page(made, key_of(own))
        assert f"How it stands Closed: corrected, confirmed by a second person ( entry {by} )." in told
        assert "there is nothing to decide" in told
        assert "/-/findings/decide" not in Reader(made).get(f"/-/findings/{key_of(own)}").text


def test_of_many_decisions_the_newest_are_shown_and_all_are_counted(own: Path) -> None:
    key, last = key_of(own), None
    with Ledger(own, clock, RANDOM, LEAD) as ledger:
        for _ in range(MOST + 2):
            texts = {"reason": WHY}
            last = ledger.review(key, "contactpoint-closed", "remedied", None, last, texts).seq
    with Source(own) as source:
        shown, count = decisions_on(source, Decisions(), key)
    assert (len(shown), count, shown[0].seq) == (MOST, MOST + 2, last)
    with site_over(own) as made:
        assert "2 earlier ones are not listed here." in page(made, key)


def test_a_decision_that_cannot_be_read_is_told_and_counts_once_when_it_can(own: Path) -> None:
    key, known = key_of(own), Decisions()
    first = decide(own, key)
    second = decide(own, key, replaces=first)
    in_entry(own, second, b"remedied", b"remedi\xffd")
    for _ in range(2):
        with Source(own) as source, pytest.raises(Refused, match=f"entry {second} cannot be read"):
            decisions_on(source, known, key)
    in_entry(own, second, b"remedi\xffd", b"remedied")
    with Source(own) as source:
        assert decisions_on(source, known, key)[1] == 2


def test_a_finding_on_a_whole_import_names_its_entries(own: Path) -> None:
    with Ledger(own, clock, RANDOM, LEAD) as ledger:
        ledger.append_many([stated(ledger, f"row-{n}") for n in range(30)], (30, {"source_sha256": "0" * 64}))
    findings = check_ledger(own, AS_OF).result.findings
    (key,) = (one.key for one in findings if one.check == "recorded-late" and len(one.entries) > 1)
    with site_over(own) as made:
        told = page(made, key)
        assert "and concerns 29 more:" in told
        assert "and 10 others" in told


@pytest.mark.parametrize("key", ["0" * 64, "f" * 63, "f" * 65, "F" * 64, "g" * 64, "1"])
def test_a_finding_that_is_not_there_has_no_page(site: Site, key: str) -> None:
    for path in (f"/-/findings/{key}", f"/-/findings/{key}.json"):
        assert Reader(site).get(path).status_code == 404


def test_as_json_it_is_what_was_found_and_decided_and_nothing_that_was_typed(own: Path) -> None:
    key = key_of(own)
    seq = decide(own, key, due=date(2010, 9, 30))
    with site_over(own) as made:
        answer = Reader(made, "auditor").get(f"/-/findings/{key}.json")
        told = answer.json()
    assert (told["key"], told["seq"], told["state"]) == (key, LATE, "settled")
    assert [one["seq"] for one in told["decisions"]] == [seq]
    assert told["decision"] == {
        "seq": seq, "decision": "remedied", "words": "fixed", "due": "2010-09-30", "advice": False,
        "recorded_at": "2010-08-27T09:00:00Z",
    }  # fmt: skip
    assert not [text for text in (*TYPED, WHY, WHO) if text in answer.text]
