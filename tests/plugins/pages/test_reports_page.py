"""The page of reports: who makes and reads which, what their files are, and two beside each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger.pages.compared import compare
from datasette_plugins.transfer_ledger.runs import BUSY
from datasette_plugins.transfer_ledger.site import Site
from ledger.source import Source
from tests.ledger.signers import append
from tests.ledger.worlds import small
from tests.plugins.asking import NAMES, Reader, read, site_over

PAGE = "/-/reports"
FORM: dict[str, Any] = {"kind": "governors", "period": "year=2009-10", "first": "", "last": "", "school": ""}


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app in which nothing ever runs."""
    with site_over(small(tmp_path_factory.mktemp("idle") / "l.db")) as made:
        yield made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with site_over(small(tmp_path / "l.db")) as made:
        yield made


def make(site: Site, role: str = "dpo", **form: Any) -> int:
    """Makes a report, waits, and gives its number."""
    answer = Reader(site, role).post(PAGE, {**FORM, "format": ["md"], **form})
    assert answer.status_code == 303, read(answer)
    n = int(answer.headers["location"].rpartition("/")[2])
    site.runs.wait(n, 60)
    return n


def test_what_can_be_made_is_what_the_ledger_has(idle: Site) -> None:
    page = Reader(idle).get(PAGE)
    assert re.findall(r'<option value="([^"]*)" selected>', page.text) == ["year=2009-10"]
    values = re.findall(r'<option value="([^"]*)"', page.text)
    assert values[:3] == ["governors", "dpo", "auditor"]
    assert {"month=2010-05", "whole", "oak-high"} <= set(values)
    assert "None was made here yet." in read(page)
    assert "The ledger attests no report for these readers yet." in read(page)


def test_a_governor_is_offered_only_what_governors_documents_are_made_of(idle: Site) -> None:
    page = Reader(idle, "governor").get(PAGE).text
    values = re.findall(r'<option value="([^"]*)"', page)
    assert values[0] == "governors"
    periods = [one for one in values if "=" in one or one == "whole"]
    assert {"year=2009-10", "fixed-term=summer-2010"} <= set(periods)
    assert all(one.startswith(("year=", "fixed-term=")) for one in periods)
    assert 'type="date"' not in page


@pytest.mark.parametrize(
    ("role", "changed", "field", "says"),
    [
        ("dpo", {"kind": "press"}, "kind", "Choose for whom"),
        ("governor", {"kind": "dpo"}, "kind", "Choose for whom"),
        ("dpo", {"period": "year=2010"}, "period", "2010 is no school year"),
        ("dpo", {"period": "year=٢٠٠٩-10"}, "period", "is no school year"),
        ("dpo", {"kind": "dpo", "period": "term=never"}, "period", "no term never"),
        ("dpo", {"period": "fixed-term=never"}, "period", "never is not a fixed term"),
        ("dpo", {"period": ""}, "period", "Choose of which time"),
        ("dpo", {"period": "from=2010-01-01"}, "period", "Choose of which time"),
        ("dpo", {"kind": "dpo", "first": "2010-02-30"}, "first", "is not a date that exists"),
        ("dpo", {"kind": "dpo", "first": "2010-05-02", "last": "2010-05-01"}, "first", "before it begins"),
        *(
            (role, changed, "first" if "first" in changed else "period", "choose a school year or a fixed term")
            for role in ("governor", "dpo")
            for changed in (
                {"first": "2010-05-01"},
                {"period": "month=2010-05"},
                {"period": "term=spring-2010"},
                {"period": "whole"},
            )
        ),
        ("dpo", {"school": "nowhere<b>"}, "school", "knows no organisation nowhere<b>"),
        ("dpo", {"format": []}, "format-html", "Choose at least one format."),
        ("dpo", {"format": ["md", "exe"]}, "format-html", "exe is no format"),
        ("auditor", {"attest": "yes"}, "", "Only the lead or the data protection officer"),
    ],
)
def test_what_cannot_be_made_comes_back_with_a_sentence(
    idle: Site, role: str, changed: dict[str, Any], field: str, says: str
) -> None:
    answer = Reader(idle, role).post(PAGE, {**FORM, "format": ["md"], **changed})
    assert answer.status_code == 400
    assert says in read(answer)
    assert "<b>" not in answer.text
    if field:
        assert f'href="#f-{field}"' in answer.text
    assert idle.runs.newest("report") == []


@pytest.mark.slow
def test_a_report_is_read_in_its_own_policy_and_kept_as_it_was_made(site: Site) -> None:
    n = make(site, "governor", format=["html", "md"])
    reader = Reader(site, "governor")
    one = reader.get(f"{PAGE}/{n}")
    assert "refresh" not in one.headers
    names = re.findall(rf'href="({PAGE}/{n}/[^"]+)"', one.text)
    assert names == [
        f"{PAGE}/{n}/{name}"
        for name in ("governors-2009-10.html", "governors-2009-10.html?keep=yes", "governors-2009-10.md")
    ]
    shown, kept, markdown = map(reader.get, names)
    policy = shown.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[^']{44}'; img-src data:; base-uri 'none'; form-action 'none'; "
        r"frame-ancestors 'none'; sandbox allow-same-origin",
        policy,
    )
    assert "content-disposition" not in shown.headers
    assert kept.headers["content-disposition"] == 'attachment; filename="governors-2009-10.html"'
    assert kept.content == shown.content
    for file in (shown, markdown):
        assert hashlib.sha256(file.content).hexdigest() in one.text
    assert f"by {NAMES['governor']}" in read(one)
    assert reader.get(f"{PAGE}/{n}/summary.json").status_code == 404
    assert reader.get(f"{PAGE}/{n}/governors-2009-10.pdf").status_code == 404


@pytest.mark.slow
def test_a_governor_finds_nothing_of_other_readers_documents(site: Site) -> None:
    n = make(site, "dpo", kind="dpo", format=["html"])
    mine = make(site, "governor")
    governor = Reader(site, "governor")
    nowhere = governor.get("/-/nothing").text
    for path in (f"{PAGE}/{n}", f"{PAGE}/{n}/dpo-2009-10.html", f"{PAGE}/compare?old={mine}&new={n}"):
        assert (governor.get(path).status_code, governor.get(path).text) == (404, nowhere)
        assert Reader(site, "auditor").get(path).status_code in (200, 400)
    assert "For the data protection officer" not in read(governor.get(PAGE))
    assert Reader(site, "clerk").get(PAGE).status_code == 404


@pytest.mark.slow
def test_an_attested_one_is_marked_wherever_it_stands(site: Site) -> None:
    n = make(site, attest="yes")
    with Source(site.path) as source:
        ((seq, _, sealed),) = source.attestations()
    data = (site.runs.files(n) / "governors-2009-10.md").read_bytes()
    assert sealed.report == hashlib.sha256(data).hexdigest()
    assert f'<a href="/-/entries/{seq}">' in Reader(site).get(f"{PAGE}/{n}").text
    page = read(Reader(site).get(PAGE))
    assert "Markdown attested" in page
    assert f"{seq} For governors Markdown the school year 2009-10" in page
    assert "/-/entries/" not in Reader(site, "governor").get(PAGE).text
    assert any(line.what == "asked for an attested report" for line in site.people.logged(10))


@pytest.mark.slow
def test_two_beside_each_other_show_what_changed(site: Site) -> None:
    old = make(site, kind="dpo")
    append(site.path, "late-1", "late-2")
    new = make(site, kind="dpo")
    page = Reader(site).get(f"{PAGE}/compare?old={old}&new={new}")
    assert "transfers that stand at the beginning 5 7 +2 " in read(page)
    added = page.text.partition('id="gone"')[0]
    assert len(re.findall(r'href="/-/findings/[0-9a-f]{64}"', added)) > 0
    governors = make(site)
    for query, says in (
        (f"old={old}&new={governors}", "count different things"),
        (f"old={old}", "“new” is the number of a report"),
        (f"old={old}&new=1e3", "“new” is the number of a report"),
        (f"old={old}&new={new}&x=1", "knows no parameter"),
    ):
        answer = Reader(site).get(f"{PAGE}/compare?{query}")
        assert answer.status_code == 400
        assert says in read(answer)
    assert Reader(site).get(f"{PAGE}/compare?old={old}&new=99").status_code == 404


def test_a_count_that_is_not_shown_has_no_difference() -> None:
    def of(value: Any) -> dict[str, Any]:
        return {
            "numbers": {"transfers": {"label": "Transfers", "value": value}},
            "sections": {"transfers": "How many"},
            "findings": [],
        }

    assert compare(of("fewer than 5"), of(12)).counts[0].change == ""
    assert compare(of(12), of(12)).counts[0].change == "the same"
    assert compare(of(1200), of(0)).counts[0].change == "−1,200"
    nothing: dict[str, Any] = {"numbers": {}, "sections": {}, "findings": []}
    assert compare(nothing, of(3)).counts == (("How many", "Transfers", None, 3, ""),)


@pytest.mark.slow
def test_a_file_that_was_altered_or_removed_is_not_handed_out(site: Site) -> None:
    n = make(site)
    path = site.runs.files(n) / "governors-2009-10.md"
    path.write_bytes(path.read_bytes().replace(b"2010", b"2011", 1))
    answer = Reader(site).get(f"{PAGE}/{n}/{path.name}", accept="text/html")
    assert answer.status_code == 503
    assert "no longer the one that was made" in answer.text
    path.unlink()
    assert "no longer there" in Reader(site).get(f"{PAGE}/{n}/{path.name}").text


@pytest.mark.slow
def test_where_the_machine_is_busy_the_form_says_so_and_keeps_what_was_chosen(site: Site) -> None:
    for _ in range(2):
        assert Reader(site).post(PAGE, {**FORM, "kind": "dpo", "format": ["pdf"]}).status_code == 303
    going = Reader(site).get(f"{PAGE}/1")
    assert going.headers["refresh"] == "1"
    answer = Reader(site).post(PAGE, {**FORM, "kind": "auditor", "format": ["json"]})
    assert answer.status_code == 503
    assert BUSY in read(answer)
    assert '<option value="auditor" selected>' in answer.text
    assert re.search(r'value="json" checked', answer.text)
    assert not re.search(r'value="pdf" checked', answer.text)
