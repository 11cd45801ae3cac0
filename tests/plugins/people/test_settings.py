"""Settings are read whole or refused, each problem with its line, and no secret in any sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from datasette_auth_passwords.utils import hash_password

from datasette_plugins.transfer_ledger.people.address import parse
from datasette_plugins.transfer_ledger.people.settings import Settings, read
from ledger.errors import Refused
from tests.plugins.people.conftest import SECRET, TEXT, TOKEN


def test_settings_say_where_the_app_is_and_whom_it_knows(settings_of: Callable[..., Settings]) -> None:
    found = settings_of()
    assert (found.host, found.port, found.prefix) == ("127.0.0.1", 8001, "/transfers")
    assert (found.address, found.origin) == ("https://ledger.shire.example/transfers/", "https://ledger.shire.example")
    assert found.hosts == {"ledger.shire.example", "ledger.shire.example:443"}
    assert found.origins == {"https://ledger.shire.example"}
    assert (found.secure, found.proxies, found.download, found.signed_in_for) == (True, ("127.0.0.1",), False, 8)
    assert found.cookie == "__Secure-ledger-8001"
    assert {key: one.role for key, one in found.accounts.items()} == {
        "ann": "dpo", "bob": "auditor", "gus": "governor", "sims": "clerk",
    }  # fmt: skip
    assert found.identity is not None
    assert found.identity.people == {"gus@shire.example": "gus", "ann@shire.example": "ann"}


def test_the_plugins_are_told_where_secrets_are_and_nothing_shows_one(
    settings_of: Callable[..., Settings], environment: dict[str, str]
) -> None:
    found = settings_of()
    assert found.plugins() == {
        "datasette-auth-passwords": {
            "ann_password_hash": {"$env": "ANN_HASH"},
            "bob_password_hash": {"$env": "BOB_HASH"},
            "actors": {
                "ann": {"id": "ann", "name": "Ann Smith", "role": "dpo"},
                "bob": {"id": "bob", "name": "Bob Jones", "role": "auditor"},
            },
        },
        "datasette-auth-tokens": {
            "tokens": [
                {"token": {"$env": "SIMS_TOKEN"}, "actor": {"id": "sims", "name": "SIMS export", "role": "clerk"}}
            ]
        },
    }
    shown = repr(found) + json.dumps(found.plugins())
    assert not [value for value in environment.values() if value in shown]


def test_a_secret_is_read_from_a_file_without_its_line_end(
    settings_of: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\r\n")
    found = settings_of(f"tokens: {{sims: {{name: S, role: clerk, token: {{$file: {tmp_path / 'token'}}}}}}}")
    secret = found.tokens["sims"].secret
    assert secret is not None
    assert secret.value == TOKEN


def test_the_app_on_ones_own_machine_knows_nobody_by_name() -> None:
    found = Settings.local(8123)
    assert (found.address, found.cookie, found.secure) == ("http://127.0.0.1:8123/", "ledger-8123", False)
    assert {"127.0.0.1:8123", "localhost:8123", "[::1]:8123", "localhost"} <= found.hosts
    assert found.origins == {"http://127.0.0.1:8123", "http://localhost:8123", "http://[::1]:8123"}
    assert sorted(found.accounts) == ["auditor", "clerk", "dpo", "governor", "lead"]
    assert not found.people


ANN = "  ann: {name: Ann Smith, role: dpo, password: {$env: ANN_HASH}}"
REFUSED = {
    "unknown key": ("port: 8001", "prot: 8001", "did you mean “port”"),
    "key twice": ("port: 8001", "port: 8001\nport: 8002", "given already"),
    "no number": ("port: 8001", "port: 80O1", "not a whole number"),
    "no port": ("port: 8001", "port: 0", "not between 1 and 65535"),
    "hours": ("port: 8001", "signed_in_for: 25", "not between 1 and 24"),
    "yes": ("port: 8001", "download: yes", "neither true nor false"),
    "alias": ("port: 8001", "port: &a 8001", "leave it out"),
    "name listened at": ("port: 8001", "host: example.org", "no IP address to listen at"),
    "http abroad": ("https://ledger.shire.example/transfers/", "http://ledger.shire.example/", "over http"),
    "http abroad by number": ("https://ledger.shire.example/transfers/", "http://10.0.0.1/", "over http"),
    "credentials": ("https://ledger.shire.example", "https://ann:pw@ledger.shire.example", "name or password"),
    "query": ("/transfers/", "/transfers/?a=b", "query or fragment"),
    "scheme": ("https://ledger", "ftp://ledger", "write it as https"),
    "two slashes": ("/transfers/", "//transfers/", "write it as https"),
    "dots": ("/transfers/", "/../", "write it as https"),
    "no host": ("https://ledger.shire.example/", "https://-x-/", "no name, IP address and port"),
    "port of address": ("https://ledger.shire.example/", "https://ledger.shire.example:70000/", "no name, IP address"),
    "odd IP": ("https://ledger.shire.example/", "https://127.1/", "no name, IP address"),
    "https without proxy": ("proxies: [127.0.0.1]", "", "served by a proxy"),
    "proxy": ("[127.0.0.1]", "[10.0.0.0/8]", "no IP address"),
    "role": ("role: dpo", "role: admin", "not one of lead, dpo, auditor"),
    "password in plain": ("{$env: ANN_HASH}", "hunter2hunter2", "a secret stands here"),
    "token in plain": ("{$env: SIMS_TOKEN}", "hunter2hunter2", "write {$env: NAME}"),
    "proxy's secret in plain": ("{$env: PROXY_SECRET}", "hunter2hunter2", "a secret stands here"),
    "secret nowhere": ("{$env: ANN_HASH}", "{}", "a secret is in one place"),
    "secret twice": ("{$env: ANN_HASH}", "{$env: ANN_HASH, $file: /x}", "a secret is in one place"),
    "secret misspelt": ("{$env: ANN_HASH}", "{env: ANN_HASH}", "“env” is not a key"),
    "no variable": ("$env: ANN_HASH", "$env: ANNE_HASH", "no variable ANNE_HASH"),
    "no name of one": ("$env: ANN_HASH", "$env: 'hunter2hunter2-!'", "no name of a variable"),
    "no file": ("$env: ANN_HASH", "$file: /nowhere/at/all", "cannot be read"),
    "relative file": ("$env: ANN_HASH", "$file: hash.txt", "write the whole path"),
    "folder": ("$env: ANN_HASH", "$file: /", "is no file"),
    "id": ("  ann: {", "  Ann: {", "an id has up to 40"),
    "id of the plugin": ("  bob: {", "  x_password_hash: {", "must not hold"),
    "person and program": ("  sims: {", "  ann: {", "a person has this id"),
    "nobody signs in": ("people: {Gus@shire.example: gus, ", "people: {", "nothing says how they sign in"),
    "unknown person": ("Gus@shire.example: gus", "gus@shire.example: gos", "is none of `people`"),
    "person twice": ("ann@shire.example: ann", "gus@shire.example: ann", "in other capitals"),
    "same header": ("secret_header: x-proxy-secret", "secret_header: x-forwarded-email", "both headers are the same"),
    "header of another use": ("header: X-Forwarded-Email", "header: X-Forwarded-For", "no header of its own"),
    "header": ("header: X-Forwarded-Email", "header: 'a b'", "no header of its own"),
    "token is the secret": ("$env: SIMS_TOKEN", "$env: PROXY_SECRET", "a token is the same"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_told_in_a_sentence(case: str, settings_of: Callable[..., Settings]) -> None:
    was, now, why = REFUSED[case]
    assert was in TEXT
    with pytest.raises(Refused) as refused:
        settings_of(TEXT.replace(was, now, 1))
    assert why in str(refused.value)
    assert "settings.yml, line " in str(refused.value) or "settings.yml: line" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SIMS_TOKEN", "short", "32 to 512"),
        ("SIMS_TOKEN", "ü" * 40, "plain ASCII"),
        ("SIMS_TOKEN", "two words " * 4, "plain ASCII"),
        ("SIMS_TOKEN", "", "or it is empty"),
        ("PROXY_SECRET", "short", "32 to 512"),
        ("ANN_HASH", "hunter2hunter2", "no hash as"),
        ("ANN_HASH", "pbkdf2_sha256/480000/hunter2", "dollars must be quoted"),
        ("ANN_HASH", hash_password("x", "0123456789abcdef", 1000), "1,000 iterations"),
        ("ANN_HASH", "pbkdf2_sha256$9999999$0123456789abcdef$" + "A" * 43 + "=", "9,999,999 iterations"),
        ("ANN_HASH", "pbkdf2_sha256$480000$0123456789abcdef$" + "B" * 43 + "=", "no hash as"),
        ("ANN_HASH", "pbkdf2_sha1$480000$0123456789abcdef$" + "A" * 43 + "=", "no hash as"),
    ],
)
def test_a_secret_that_could_be_guessed_or_never_match_is_refused(
    name: str, value: str, why: str, settings_of: Callable[..., Settings]
) -> None:
    with pytest.raises(Refused) as refused:
        settings_of(**{name: value})
    assert why in str(refused.value)
    assert not value or value not in str(refused.value)


def test_two_programs_do_not_share_a_token(settings_of: Callable[..., Settings]) -> None:
    with pytest.raises(Refused, match="another program has the same token"):
        settings_of(TEXT.replace("tokens:\n", "tokens:\n  mis: {name: MIS, role: clerk, token: {$env: SIMS_TOKEN}}\n"))


def test_every_problem_is_told_at_once(settings_of: Callable[..., Settings]) -> None:
    with pytest.raises(Refused) as refused:
        settings_of(TEXT.replace("proxies: [127.0.0.1]", "host: nowhere"), SIMS_TOKEN="short", ANN_HASH="x")
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("port: 8001\n", "nobody is named"),
        ("- a\n", "a mapping"),
        ("people: [", "not YAML"),
        ("host: 0.0.0.0\ntokens: {sims: {name: S, role: clerk, token: {$env: SIMS_TOKEN}}}", "say the https address"),
        (
            "host: 0.0.0.0\naddress: http://localhost:8001/\n"
            "tokens: {sims: {name: S, role: clerk, token: {$env: SIMS_TOKEN}}}",
            "this machine alone",
        ),
        ("x" * 300_000, "settings are short"),
        ("a: \x00", "no place in a text"),
    ],
)
def test_a_file_that_is_no_settings_is_refused(text: str, why: str, settings_of: Callable[..., Settings]) -> None:
    with pytest.raises(Refused, match=why):
        settings_of(text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No such file"):
        read(tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("text", "origin", "host", "cookie_path"),
    [
        ("https://Ledger.Example", "https://ledger.example", "ledger.example", ""),
        ("https://ledger.example:8443/a/b/", "https://ledger.example:8443", "ledger.example:8443", "/a/b"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]", "[2001:db8::1]:443", ""),
        ("http://localhost:9/x", "http://localhost:9", "127.0.0.1:9", "/x"),
    ],
)
def test_an_address_gives_its_origin_host_and_prefix(text: str, origin: str, host: str, cookie_path: str) -> None:
    found = parse(text)
    assert (found.origin, found.prefix) == (origin, cookie_path)
    assert host in found.hosts


def test_a_program_alone_may_be_named(settings_of: Callable[..., Settings]) -> None:
    found = settings_of("tokens: {sims: {name: S, role: clerk, token: {$env: SIMS_TOKEN}}}")
    assert found.address == "http://127.0.0.1:8001/"
    assert SECRET not in repr(found)
