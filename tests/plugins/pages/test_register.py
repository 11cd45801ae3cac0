"""The documented purposes as pages: what anybody reads of them, every version, and what two say differently."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.pages import register
from datasette_plugins.transfer_ledger.roles import ROLES
from ledger import writer
from ledger.register.read import load_notice, notice_bytes, read_register
from ledger.source import Source
from tests.codes import LEAD
from tests.plugins.asking import Opened, opened, plain
from tests.plugins.browsed import RANDOM, clock

OLD, NEW = 1, 2
TODAY = clock().date()


def _adopt(path: Path, text: str, first: date, last: date | None = None) -> None:
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        ledger.adopt(read_register(text, "a register"), text, (first, last, True))


def _changed() -> str:
    """The second version: without the flow to Ofsted."""
    text = notice_bytes("england-2010").decode()
    notice = load_notice("england-2010")
    flow = next(one for one in notice.flows if "ofsted" in one.recipient)
    start = text.index(f"  - id: {flow.id}\n")
    rest = text[start:]
    end = rest.index("\n  - id: ", 1)
    text = text[:start] + rest[end + 1 :]
    found = re.sub(r"^version: .*$", 'version: "2"', text, count=1, flags=re.M)
    assert found != text
    return found


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path = tmp_path_factory.mktemp("register") / "transfers.db"
    writer.create(path, "shire.example/transfers", "Shire <Council>", clock, RANDOM, actor=LEAD)
    _adopt(path, notice_bytes("england-2010").decode(), date(2009, 9, 1))
    _adopt(path, _changed(), date(2010, 1, 1))
    with opened(path) as app:
        yield app


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one version, which ended before today."""
    path = tmp_path_factory.mktemp("alone") / "transfers.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    _adopt(path, notice_bytes("england-2010").decode(), date(2009, 9, 1), date(2010, 7, 31))
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path = tmp_path_factory.mktemp("empty") / "transfers.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with opened(path) as app:
        yield app


# -- the page of today ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_it_and_only_readers_are_led_to_entries(app: Opened, role: str) -> None:
    for path in ("/-/register", f"/-/register/{OLD}", "/-/register/differences"):
        answer = app.get(path, role)  # type: ignore[arg-type]
        assert answer.status_code == 200, path
        assert "Shire <Council>" not in answer.text
        entries = re.findall(r'href="/-/entries/\d+"', answer.text)
        assert bool(entries) is (role in ("lead", "dpo", "auditor") and not path.endswith("differences")), path
    assert ("Sealed in" in app.get("/-/register", role).text) is (role in ("lead", "dpo", "auditor"))  # type: ignore[arg-type]
    assert app.get("/-/register", None).status_code == 303


def test_who_gets_what_why_and_by_which_law_stands_in_words(app: Opened) -> None:
    page = plain(app.get("/-/register").text)
    notice = read_register(_changed(), "changed")
    for party in {id_ for flow in notice.flows for id_ in flow.recipient}:
        known = notice.party(party)
        assert known is not None
        assert known.name in page
    for flow in notice.flows:
        assert flow.label in page
        assert f" {flow.id} " not in page
    assert "Data Protection Act 1998" in page or "DPA 1998" in page
    assert "More than one version covers today" not in page
    assert f" {notice.flows[0].id}" in plain(app.get("/-/register?ids=1").text)


def test_a_recipient_of_several_flows_has_them_all_in_one_place(alone: Path) -> None:
    path_notice = load_notice("england-2010")
    wanted: dict[str, set[str]] = {}
    for flow in path_notice.flows:
        for recipient in flow.recipient:
            wanted.setdefault(recipient, set()).add(flow.id)
    with Source(alone) as source:
        adopted = source.registers()
    shown = register.shown(adopted, adopted[0], TODAY)
    assert {group.id: {one.flow.id for one in group.flows} for group in shown.groups} == wanted
    assert [group.name.casefold() for group in shown.groups] == sorted(group.name.casefold() for group in shown.groups)
    assert all(flow.opt_out == text for flow, text in shown.stops)
    assert len(shown.stops) == sum(flow.opt_out is not None for flow in path_notice.flows)


# -- states --------------------------------------------------------------------------------------------------------


def test_without_a_register_the_pages_say_so(empty: Opened) -> None:
    assert "No documented purposes are adopted yet" in plain(empty.get("/-/register").text)
    assert "No documented purposes are adopted yet" in plain(empty.get("/-/register/differences").text)
    assert empty.get("/-/register/0").status_code == 404


def test_one_version_that_has_ended_is_said_and_has_nothing_to_be_compared_with(alone: Path) -> None:
    with opened(alone) as app:
        assert "No adopted version covers today" in plain(app.get("/-/register").text)
        assert "no longer in force" in plain(app.get("/-/register/1").text)
        assert "Only one version was adopted so far" in plain(app.get("/-/register/differences").text)


def test_of_two_registers_that_cover_today_the_page_says_which_one_holds(tmp_path: Path) -> None:
    path = tmp_path / "two.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    for id_ in ("primary-2026", "workforce-2026"):
        _adopt(path, notice_bytes(id_).decode(), date(2010, 1, 1))
    with opened(path) as app:
        page = plain(app.get("/-/register", "governor").text)
    first, second = (load_notice(id_).title for id_ in ("primary-2026", "workforce-2026"))
    assert "More than one version covers today" in page
    assert f"the one that was adopted last: {second}. It took the place of {first}" in page
    assert f"follows {second}, version" in page


def test_each_version_has_its_state(app: Opened, alone: Path) -> None:
    with Source(app.site.path) as source:
        found = register.versions(source.registers(), TODAY)
    assert [(one.seq, one.state) for one in found] == [(NEW, "judges"), (OLD, "overtaken")]
    with Source(alone) as source:
        adopted = source.registers()
    states = {day: register.versions(adopted, day)[0].state for day in
              (date(2009, 8, 31), date(2009, 9, 1), date(2010, 7, 31), date(2010, 8, 1))}  # fmt: skip
    assert list(states.values()) == ["begins", "judges", "judges", "ended"]


# -- versions and differences --------------------------------------------------------------------------------------


def test_the_sealed_bytes_are_a_download_with_their_digest_on_the_page(app: Opened) -> None:
    answer = app.get(f"/-/register/{OLD}.yaml", "clerk")
    assert answer.content == notice_bytes("england-2010")
    assert answer.headers["content-disposition"] == f'attachment; filename="register-{OLD}.yaml"'
    digest = hashlib.sha256(answer.content).hexdigest()
    for path in ("/-/register", f"/-/register/{OLD}"):
        assert digest in app.get(path, "governor").text


def test_what_two_versions_say_differently_is_said_both_ways(app: Opened) -> None:
    notice = load_notice("england-2010")
    gone = next(one for one in notice.flows if "ofsted" in one.recipient)
    page = plain(app.get("/-/register/differences").text)
    assert "0 flows came, 1 went, 0 changed." in page
    assert f"Flows that went {gone.label}" in page
    back = plain(app.get(f"/-/register/differences?old={NEW}&new={OLD}").text)
    assert "1 flows came, 0 went, 0 changed." in back
    assert "This flow is documented now" in back
    same = plain(app.get(f"/-/register/differences?old={OLD}&new={OLD}").text)
    assert "They say the same" in same


@pytest.mark.parametrize(
    "path",
    ["/-/register?x=1", "/-/register?ids=2", "/-/register/1?old=1", "/-/register/1.yaml?ids=1",
     *(f"/-/register/differences?old={odd}" for odd in ("0", "3", "-1", "01", "1e0", "x", "9" * 30, "%C2%B2"))],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(app: Opened, path: str) -> None:
    answer = app.get(path)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/-/register/0", "/-/register/3", "/-/register/0.yaml", "/-/register/01"])
def test_an_entry_that_adopted_nothing_is_no_version(app: Opened, path: str) -> None:
    assert app.get(path).status_code == 404
