"""Who asks is who they say, for as long as it holds, and nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from datasette_auth_passwords import utils

from datasette_plugins.transfer_ledger.people import limits
from datasette_plugins.transfer_ledger.people.known import NOT_KNOWN, People
from datasette_plugins.transfer_ledger.people.limits import Limits, TooMany
from datasette_plugins.transfer_ledger.people.sessions import MOST
from datasette_plugins.transfer_ledger.people.settings import Settings
from datasette_plugins.transfer_ledger.roles import Person
from ledger.errors import Refused
from tests.plugins.people.conftest import NOW, PASSWORD, SECRET, TEXT, TOKEN, later

Opened = Callable[..., People]
SettingsOf = Callable[..., Settings]
COOKIE = "__Secure-ledger-8001"
GOOD = {"x-proxy-secret": SECRET, "x-forwarded-email": "gus@SHIRE.example"}


def of_cookie(people: People, value: str, **how: Any) -> Person | None:
    return people.resolve({}, {COOKIE: value}, later(**how))


# -- sessions ------------------------------------------------------------------------------------------------------


def test_whoever_signs_in_is_known_by_their_cookie_until_it_expires(people: People) -> None:
    person, value = people.sign_in("ann", PASSWORD, "192.0.2.1", NOW)
    assert (person.id, person.name, person.role, person.via) == ("ann", "Ann Smith", "dpo", "session")
    assert len(person.csrf) == 43
    assert person.csrf not in value
    assert of_cookie(people, value) == person
    assert of_cookie(people, value, hours=7, minutes=59) == person
    assert of_cookie(people, value, hours=8) is None
    assert people.resolve({}, {"ledger-8001": value}, NOW) is None


@pytest.mark.parametrize("value", ["", "x", "a" * 43, "ü" * 43, "a" * 44, "a" * 43 + "\n"])
def test_a_cookie_that_was_never_given_is_nobodys(people: People, value: str) -> None:
    people.sign_in("ann", PASSWORD, "", NOW)
    assert of_cookie(people, value) is None


def test_sessions_outlive_the_app_that_began_them(opened: Opened, settings_of: SettingsOf) -> None:
    person, value = opened(settings_of()).sign_in("ann", PASSWORD, "", NOW)
    assert of_cookie(opened(settings_of()), value) == person


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("ann: {name: Ann Smith, role: dpo,", "ann: {name: Ann Smith, role: auditor,"),
        ("  ann: {name", "  eve: {name"),
        ("password: {$env: ANN_HASH}", "password: {$env: BOB_HASH}"),
        ("port: 8001", "port: 8002"),
    ],
)
def test_a_session_ends_with_the_role_the_person_the_password_and_the_port(
    opened: Opened, settings_of: SettingsOf, was: str, now: str
) -> None:
    value = opened(settings_of()).sign_in("ann", PASSWORD, "", NOW)[1]
    text = TEXT.replace(was, now).replace("ann@shire.example: ann", "x@shire.example: gus")
    people = opened(settings_of(text))
    assert people.resolve({}, {"__Secure-ledger-8001": value, "__Secure-ledger-8002": value}, NOW) is None
    if "port" not in now:
        assert of_cookie(opened(settings_of()), value) is None  # not even when all is as before


def test_signing_out_ends_one_session_and_revoking_all(opened: Opened, settings_of: SettingsOf) -> None:
    people = opened(settings_of())
    first, second, third = (people.start("ann", NOW, "in a test")[1] for _ in range(3))
    bob = people.start("bob", NOW, "in a test")[1]
    people.sign_out(first)
    people.sign_out("never given")
    assert of_cookie(people, first) is None
    assert of_cookie(people, second) is not None
    people.revoke("ann")
    again = opened(settings_of())
    for one in (people, again):
        assert [of_cookie(one, value) is not None for value in (first, second, third, bob)] == [False] * 3 + [True]


def test_a_person_has_so_many_sessions_and_the_oldest_goes(people: People) -> None:
    values = [people.start("ann", later(minutes=n), "in a test")[1] for n in range(21)]
    assert [of_cookie(people, value, minutes=30) is not None for value in values] == [False] + [True] * 20


# -- tokens and proxies --------------------------------------------------------------------------------------------


def test_a_program_is_known_by_its_token_alone(people: People) -> None:
    found = people.resolve({"authorization": f"Bearer {TOKEN}"}, {}, NOW)
    assert found == Person("sims", "SIMS export", "clerk", "token", "")
    for other in ("", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"bearer {TOKEN}", f"Basic {TOKEN}", TOKEN,
                  f"Bearer  {TOKEN}", f"Bearer {TOKEN[:-1]}", f"Bearer {SECRET}"):  # fmt: skip
        assert people.resolve({"authorization": other}, {}, NOW) is None


def test_basic_authentication_is_nobodys(people: People) -> None:
    # ann:correct horse battery staple, and ann with her own password
    for credentials in ("YW5uOmNvcnJlY3QgaG9yc2U=", "YW5uOmNvcnJlY3QgaG9yc2Ugw7wg"):
        assert people.resolve({"authorization": f"Basic {credentials}"}, {}, NOW) is None


def test_a_token_goes_before_a_cookie_a_wrong_one_too(people: People) -> None:
    value = people.start("ann", NOW, "in a test")[1]
    found = people.resolve({"authorization": f"Bearer {TOKEN}"}, {COOKIE: value}, NOW)
    assert found is not None
    assert found.id == "sims"
    assert people.resolve({"authorization": "Bearer wrong"}, {COOKIE: value}, NOW) is None


def test_a_proxy_is_believed_with_its_secret_alone(people: People) -> None:
    found = people.resolve(GOOD, {}, NOW)
    assert found is not None
    assert (found.id, found.role, found.via) == ("gus", "governor", "proxy")
    assert len(found.csrf) == 43
    assert people.resolve(GOOD, {}, NOW) == found
    ann = people.resolve(GOOD | {"x-forwarded-email": "ann@shire.example"}, {}, NOW)
    assert ann is not None
    assert ann.csrf != found.csrf
    value = people.start("bob", NOW, "in a test")[1]
    for wrong in (
        {"x-forwarded-email": "gus@shire.example"},
        GOOD | {"x-proxy-secret": SECRET + "x"},
        GOOD | {"x-proxy-secret": ""},
        GOOD | {"x-forwarded-email": "eve@shire.example"},
        GOOD | {"x-forwarded-email": "gus"},
        GOOD | {"x-forwarded-email": "gus@shire.example, ann@shire.example"},
    ):
        assert people.resolve(wrong, {}, NOW) is None
        assert people.resolve(wrong, {COOKIE: value}, NOW) is None  # never somebody else whose cookie is still there
    assert people.resolve({"x-proxy-secret": SECRET}, {}, NOW) is None


def test_without_an_identity_provider_its_headers_mean_nothing(opened: Opened, settings_of: SettingsOf) -> None:
    people = opened(settings_of(TEXT[: TEXT.index("  gus:")] + TEXT[TEXT.index("tokens:") : TEXT.index("identity:")]))
    assert people.resolve(GOOD, {}, NOW) is None


# -- signing in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ann", "nobody", "gus", "sims", "", "ANN", "ann\n", "x" * 300])
def test_a_wrong_name_and_a_wrong_password_have_one_sentence(people: People, name: str) -> None:
    with pytest.raises(Refused) as refused:
        people.sign_in(name, "wrong", "192.0.2.1", NOW)
    assert str(refused.value) == NOT_KNOWN


@pytest.mark.parametrize("password", ["", PASSWORD.strip(), PASSWORD.upper(), PASSWORD * 100, "another"])
def test_only_the_very_password_signs_in(people: People, password: str) -> None:
    with pytest.raises(Refused):
        people.sign_in("ann", password, "192.0.2.1", NOW)


def test_every_name_costs_the_same_rounds(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []
    honest = utils.hash_password

    def counted(password: str, salt: str | None = None, iterations: int = 480000) -> str:
        rounds.append(iterations)
        return str(honest(password, salt, iterations))

    monkeypatch.setattr(utils, "hash_password", counted)
    spent = []
    for name in ("ann", "bob", "nobody", "gus", "sims", "Not An Id"):
        rounds.clear()
        with pytest.raises(Refused):
            people.sign_in(name, "wrong", f"192.0.2.{len(spent)}", NOW)
        spent.append(sum(rounds))
    assert set(spent) == {101_000}


def test_more_than_two_do_not_take_the_processor(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, go_on = 0, 0, threading.Event()
    lock = threading.Lock()

    def slow(_password: str, _hash: str) -> bool:
        nonlocal inside, most
        with lock:
            inside, most = inside + 1, max(most, inside + 1)
        go_on.wait(5)
        with lock:
            inside -= 1
        return False

    monkeypatch.setattr(utils, "verify_password", slow)

    def attempt(n: int) -> str:
        try:
            people.sign_in("ann", "wrong", f"192.0.2.{n}", NOW)
        except Refused as error:
            if isinstance(error, TooMany):
                busy.release()
            return type(error).__name__
        return "in"

    busy = threading.Semaphore(0)
    with ThreadPoolExecutor(7) as pool:
        running = [pool.submit(attempt, n) for n in range(7)]
        for _ in range(3):
            assert busy.acquire(timeout=5)
        go_on.set()
        answers = sorted(one.result() for one in running)
    assert answers == ["Refused"] * 4 + ["TooMany"] * 3
    assert most == 2


def test_the_fifth_mistake_is_the_last_for_a_while(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def verify(password: str, _hash: str) -> bool:
        looked.append(password)
        return password == PASSWORD

    monkeypatch.setattr(utils, "verify_password", verify)
    for name in ("ann", "nobody"):
        looked.clear()
        for _ in range(5):
            with pytest.raises(Refused, match="do not belong together"):
                people.sign_in(name, "wrong", "192.0.2.1", NOW)
        with pytest.raises(TooMany, match="again in 15 minutes") as refused:
            people.sign_in(name, PASSWORD, "192.0.2.1", NOW)
        assert refused.value.retry == 900
        assert len(looked) == 5
    people.sign_in("ann", PASSWORD, "192.0.2.2", NOW)  # from elsewhere
    people.sign_in("ann", PASSWORD, "192.0.2.1", later(minutes=15))
    said = [(line.person, line.what, line.about) for line in people.logged(10)]
    assert ("ann", "wrong password", "5 times within a quarter of an hour, from 192.0.2.1") in said
    assert ("", "wrong password", "5 times within a quarter of an hour, from 192.0.2.1") in said
    assert "nobody" not in repr(said)


def test_an_attempt_counts_per_account_client_and_both() -> None:
    counted = Limits()
    for n in range(limits.CLIENT):
        counted.begin(f"a{n}", "192.0.2.1", NOW)
    with pytest.raises(TooMany):
        counted.begin("other", "192.0.2.1", NOW)
    counted.begin("other", "192.0.2.2", NOW)
    for n in range(limits.ACCOUNT - 1):
        counted.begin("other", f"198.51.100.{n}", NOW)
    with pytest.raises(TooMany):
        counted.begin("other", "203.0.113.9", later(minutes=14))
    counted.begin("other", "203.0.113.9", later(minutes=15))


def test_an_attempt_that_succeeds_is_taken_back() -> None:
    counted = Limits()
    for _ in range(50):
        counted.begin("ann", "192.0.2.1", NOW)
        counted.succeeded("ann", "192.0.2.1")
    assert not counted._tried
    for _ in range(4):
        counted.begin("ann", "192.0.2.1", NOW)
    counted.succeeded("ann", "192.0.2.1")
    assert counted.begin("ann", "192.0.2.1", NOW) == 1


def test_an_ipv6_subscriber_is_one_client_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.network("2001:db8::1") == limits.network("2001:db8::ffff:1") == "2001:db8::/64"
    assert limits.network("2001:db8:0:1::1") != limits.network("2001:db8::1")
    assert limits.network("::ffff:192.0.2.1") == limits.network("192.0.2.1")
    assert limits.network("") == ""
    monkeypatch.setattr(limits, "MOST_KEYS", 30)
    counted = Limits()
    for n in range(100):
        counted.begin(f"a{n}", f"192.0.2.{n}", NOW)
    assert len(counted._tried) == 30


# -- links ---------------------------------------------------------------------------------------------------------


def test_a_link_signs_in_once_however_many_ask_at_the_same_moment(opened: Opened) -> None:
    people = opened(Settings.local(8001))
    for _ in range(20):
        token = people.link("auditor", NOW)
        assert people.link_role(token, NOW) == people.link_role(token, NOW) == "auditor"
        together = threading.Barrier(2)

        def spend(token: str = token, together: threading.Barrier = together) -> str | None:
            together.wait(5)
            try:
                return people.spend(token, NOW)[1]
            except Refused:
                return None

        with ThreadPoolExecutor(2) as pool:
            found = [one.result() for one in [pool.submit(spend) for _ in range(2)]]
        assert len([value for value in found if value]) == 1
        assert people.link_role(token, NOW) is None
    value = next(value for value in found if value)
    person = people.resolve({}, {"ledger-8001": value}, NOW)
    assert person is not None
    assert (person.id, person.name, person.role) == ("auditor", "Somebody at this machine", "auditor")


def test_a_link_lasts_ten_minutes(opened: Opened) -> None:
    people = opened(Settings.local(8001))
    token = people.link("dpo", NOW)
    assert people.link_role(token, later(minutes=9, seconds=59)) == "dpo"
    assert people.link_role(token, later(minutes=10)) is None
    with pytest.raises(Refused, match="used already"):
        people.spend(token, later(minutes=10))
    with pytest.raises(Refused, match="used already"):
        people.spend("never-made-ü", NOW)


def test_what_a_link_opened_ends_with_the_app(opened: Opened) -> None:
    people = opened(Settings.local(8001))
    value = people.spend(people.link("dpo", NOW), NOW)[1]
    assert opened(Settings.local(8001)).resolve({}, {"ledger-8001": value}, NOW) is None


def test_where_people_sign_in_there_are_no_links(people: People) -> None:
    with pytest.raises(Refused, match="no links"):
        people.link("dpo", NOW)


# -- the log and visits --------------------------------------------------------------------------------------------


def test_every_change_of_a_role_is_logged_once(opened: Opened, settings_of: SettingsOf) -> None:
    opened(settings_of())
    text = TEXT.replace("role: dpo", "role: auditor").replace("  bob: {name: Bob Jones", "  bea: {name: Bea Jones")
    opened(settings_of(text))
    opened(Settings.local(8001))  # which says nothing of whom the settings name
    people = opened(settings_of(text))
    said = [(line.person, line.role, line.what, line.about) for line in reversed(people.logged(50))]
    assert said == [
        ("ann", "dpo", "new", ""),
        ("bob", "auditor", "new", ""),
        ("gus", "governor", "new", ""),
        ("sims", "clerk", "new", ""),
        ("ann", "auditor", "role changed", "was data protection officer"),
        ("bea", "auditor", "new", ""),
        ("bob", "", "gone", "was auditor"),
    ]


def test_the_log_says_who_did_what(people: People) -> None:
    person, value = people.sign_in("ann", PASSWORD, "", NOW)
    people.log(person, "looked at erasable values", "entry 5")
    people.sign_out(value)
    said = [(line.n, line.person, line.role, line.what, line.about) for line in people.logged(3)]
    assert said == [
        (7, "ann", "dpo", "signed out", ""),
        (6, "ann", "dpo", "looked at erasable values", "entry 5"),
        (5, "ann", "dpo", "signed in", "with a password"),
    ]
    assert [line.n for line in people.logged(2, before=6)] == [5, 4]


def test_a_visit_ends_after_half_an_hour_without_a_request(opened: Opened, settings_of: SettingsOf) -> None:
    people = opened(settings_of())
    person, value = people.start("ann", NOW, "in a test")
    assert people.visit(person, NOW) is None
    assert of_cookie(people, value, minutes=25) is not None
    assert people.visit(person, later(minutes=50)) is None  # one visit still
    of_cookie(people, value, minutes=120)
    assert people.visit(person, later(minutes=121)) == later(minutes=50)
    people = opened(settings_of())
    of_cookie(people, value, minutes=130)
    assert people.visit(person, later(minutes=131)) == later(minutes=50)
    assert people.visit(person, later(minutes=180)) == later(minutes=131)


def test_nothing_kept_signs_anybody_in(people: People, tmp_path: Path) -> None:
    person, value = people.sign_in("ann", PASSWORD, "", NOW)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db.app.db*"))
    for secret in (value, person.csrf, PASSWORD, TOKEN, SECRET):
        assert secret.encode() not in kept


def test_of_sessions_begun_in_one_second_the_first_is_ended(people: People) -> None:
    cookies = [people.start("ann", NOW, "in a test")[1] for _ in range(MOST + 5)]
    assert [of_cookie(people, one) is not None for one in cookies] == [False] * 5 + [True] * MOST
