"""`findings`: which are listed, how one is named and shown, and what is refused."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.errors import Refused
from reports.cli.check import check_ledger
from reports.cli.findings import findings, shortened
from tests.reports.ledgers import AFTER, GOOD, SECRET, UNDOCUMENTED, UNKNOWN, UNSURE, confirm, make_ledger
from tests.reports.test_report import AS_OF, Make
from tests.reports.world import AS_OF as DAY


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a ledger of the transfers given."""
    return partial(make_ledger, tmp_path / "transfers.db")


def ran(verb: str, path: Path, *more: object) -> Result:
    arguments = [verb, str(path), *map(str, more), "--as-of", AS_OF]
    return CliRunner().invoke(findings, arguments, catch_exceptions=False)


def listed(path: Path, *more: object) -> list[tuple[str, str, bool]]:
    result = ran("list", path, *more, "--format", "json")
    assert result.exit_code == 0
    return [(one["id"], one["check"], one["open"]) for one in json.loads(result.stdout)["findings"]]


ALL = [
    ("t2", "contactpoint-closed", True),
    ("t1", "field-not-documented", True),
    ("t1", "lawful-basis-not-documented", True),
    ("t4", "unknown-recipient", True),
    ("t3", "contactpoint-closing-day", False),
]


def test_findings_are_listed_worst_first_and_by_what_they_share(make: Make) -> None:
    path = make(GOOD, UNDOCUMENTED, AFTER, UNSURE, {**UNKNOWN, "transferred_at": "2010-08-07"})
    assert listed(path) == ALL
    assert listed(path, "--check", "field-not-documented") == ALL[1:2]
    assert listed(path, "--severity", "critical") == ALL[:1]
    assert listed(path, "--severity", "minor") == ALL[4:]
    assert listed(path, "--recipient", "shire") == ALL[1:3]
    assert listed(path, "--recipient", "unlisted") == ALL[3:4]
    assert listed(path, "--open") == ALL[:4]
    assert listed(path, "--open", "--severity", "serious", "--recipient", "contactpoint") == []


def test_the_text_has_sentence_rule_next_step_and_the_key_shortened(make: Make) -> None:
    path = make(UNDOCUMENTED, UNKNOWN)
    result = ran("list", path)
    (first, *_) = (one for one in check_ledger(path, DAY).rows.by_weight())
    assert result.stdout.startswith(f"{first.key[:8]}  SERIOUS  entry 5 (t0)  field-not-documented, breach, open\n")
    assert "  Found: These went too: " in result.stdout
    assert "  Rule: Cases ¶1 (limit assigned, not in the notice)\n" in result.stdout
    assert "  Next: Ask the recipient to delete what it should not have, and mend the export.\n" in result.stdout
    assert result.stdout.endswith("3 of 3 findings, as of 31 January 2011; 3 of them are open breaches.\n")
    assert SECRET not in result.stdout
    assert ran("list", path).stdout == result.stdout


def test_a_finding_is_shown_by_key_or_entry(make: Make) -> None:
    path = make(UNDOCUMENTED, AFTER)
    keys = {one.check: one.key for one in check_ledger(path, DAY).result.findings}
    for digits in (8, 20, 64):
        shown = ran("show", path, keys["contactpoint-closed"][:digits].upper())
        assert shown.exit_code == 0
        assert shown.stdout.startswith(f"{keys['contactpoint-closed']}  CRITICAL  entry 6 (t1)")
    both = json.loads(ran("show", path, 5, "--format", "json").stdout)["findings"]
    assert [one["check"] for one in both] == ["field-not-documented", "lawful-basis-not-documented"]
    (one,) = json.loads(ran("show", path, 5, "lawful-basis-not-documented", "--format", "json").stdout)["findings"]
    assert one["key"] == keys["lawful-basis-not-documented"]


def test_what_was_corrected_is_listed_and_not_open(make: Make) -> None:
    path = make(AFTER, withdraw="t0")
    assert listed(path) == [("t0", "contactpoint-closed", True), ("t0", "correction-removes-breach", False)]
    assert listed(path, "--open") == [("t0", "contactpoint-closed", True)]
    assert "contactpoint-closed, breach, needs a second person: withdrawn\n" in ran("list", path).stdout
    confirm(path, 6)
    assert [is_open for _, _, is_open in listed(path)] == [False, False]
    assert listed(path, "--open") == []
    said = "contactpoint-closed, breach, closed: withdrawn, confirmed by a second person\n"
    assert said in ran("list", path).stdout


def test_without_a_register_what_did_not_run_is_said(make: Make) -> None:
    result = ran("list", make(UNDOCUMENTED, adopted=False))
    assert result.exit_code == 0
    assert "did not run" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("list", "--check", "no-such"), "No check is named 'no-such'; they are: contactpoint-closed, "),
        (("list", "--recipient", "nobody"), "no transfer went to 'nobody'"),
        (("show", "99"), "there is no entry 99; the last one is 5"),
        (("show", "4"), "nothing was found on entry 4, as of 2011-01-31"),
        (("show", "5", "too-granular"), "nothing was found by the check too-granular on entry 5"),
        (("show", "5", "no-such"), "No check is named 'no-such'"),
        (("show", "abc"), "too short for a finding's key"),
        (("show", "abcdefab"), "no finding's key begins with abcdefab"),
        (("show", "t0"), "neither a finding's key nor the number of an entry"),
        (("show", "a" * 65), "neither a finding's key nor the number of an entry"),
    ],
)
def test_bad_input_is_a_sentence(make: Make, arguments: tuple[str, ...], why: str) -> None:
    path = make(UNDOCUMENTED)
    with pytest.raises(Refused, match=why.replace("(", r"\(")):
        ran(arguments[0], path, *arguments[1:])


def test_a_key_of_another_check_and_a_bad_day_are_refused(make: Make) -> None:
    path = make(AFTER)
    (key,) = (one.key for one in check_ledger(path, DAY).result.findings)
    with pytest.raises(Refused, match="is not one of the check too-granular"):
        ran("show", path, key, "too-granular")
    with pytest.raises(Refused, match="--as-of"):
        CliRunner().invoke(findings, ["list", str(path), "--as-of", "soon"], catch_exceptions=False)


def test_a_key_is_as_long_as_it_takes() -> None:
    assert shortened([]) == 8
    assert shortened(["a" * 64]) == 8
    assert shortened(["a" * 64, "a" * 63 + "b", "c" * 64]) == 64
    assert shortened(["a" * 64, "a" * 9 + "b" * 55, "c" * 64]) == 10
