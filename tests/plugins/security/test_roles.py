"""Who may ask for what: the table by role and route, written here a second time, and asked of the running app.

Whoever may not, gets the very answer that an address gets which does not exist, to the byte, so that nobody learns what
there is. `-m slow` asks in every way; without, in the commonest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import unquote_plus, unquote_to_bytes

import pytest

from datasette_plugins.transfer_ledger.roles import Role
from datasette_plugins.transfer_ledger.routes import ROUTES, find
from ledger import checkpoints, writer
from tests.codes import LEAD
from tests.ledger.signers import new_key
from tests.plugins.browsed import FIRST, QUERIES, RANDOM, TYPED, VIEWS, clock, make_ledger
from tests.plugins.security.house import NOWHERE, House, Who, carries_headers, house_over

LETTERS: dict[str, Role] = {"l": "lead", "d": "dpo", "a": "auditor", "g": "governor", "c": "clerk"}

# The path of a route → who may read it, who may post to it (by first letters; * is anybody at all), and whether
# programs with tokens may. `~` after a letter is a role that is asked further: a clerk sees their own entries alone.
TABLE = {
    "/-/sign-in": ("*", "*", ""),
    "/-/sign-in/{once}": ("*", "*", ""),
    "/-/assets/{asset}": ("*", "", ""),
    "/robots.txt": ("*", "", ""),
    "/-/sign-out": ("", "ldagc", ""),
    "/": ("ldagc", "", ""),
    "/-/transfers": ("lda", "ldc", "token"),
    "/-/entries": ("lda", "", ""),
    "/-/entries/{seq}": ("ldac~", "", "token"),
    "/-/entries/{seq}/erasable": ("", "ld", ""),
    "/-/proofs/{seq}": ("ldac~", "", "token"),
    "/-/findings": ("lda", "", "token"),
    "/-/findings/decide": ("", "ld", ""),
    "/-/confirm": ("ld", "ld", ""),
    "/-/confirm/reasons": ("", "ld", ""),
    "/-/findings/{key}": ("lda", "", "token"),
    "/-/organisations": ("lda", "", ""),
    "/-/organisations/{id}": ("lda", "", ""),
    "/-/verification": ("lda", "lda", ""),
    "/-/verification/{n}": ("lda", "", ""),
    "/-/checkpoint": ("lda", "", "token"),
    "/-/tile/{rest}": ("lda", "", "token"),
    "/-/evidence.zip": ("lda", "", "token"),
    "/-/verifier.html": ("lda", "", ""),
    "/-/ledger.db": ("ld", "", ""),
    "/-/reports": ("ldag", "ldag", ""),
    "/-/reports/compare": ("ldag", "", ""),
    "/-/reports/{n}": ("ldag", "", ""),
    "/-/reports/{n}/{file}": ("ldag", "", ""),
    "/-/register": ("ldagc", "", ""),
    "/-/register/differences": ("ldagc", "", ""),
    "/-/register/{seq}": ("ldagc", "", ""),
    "/-/record": ("ldc", "ldc", ""),
    "/-/record/file": ("", "ldc", ""),
    "/-/record/refused": ("ldc", "ldc", ""),
    "/-/record/{seq}/correct": ("ldc~", "ldc~", ""),
    "/-/record/{seq}/withdraw": ("ldc~", "ldc~", ""),
    "/-/receipts": ("ldc", "", ""),
    "/-/people": ("lda", "", ""),
    "/-/answers/{once}": ("ldagc", "", ""),
    "/-/openapi.json": ("ldagc", "", "token"),
    "/-/saved": ("lda", "", ""),
}

STOCK = [f"/ledger/{name}{ending}" for name in (*VIEWS, *QUERIES) for ending in ("", ".json", ".csv")]
"""Datasette's own pages that are open to the lead, the data protection officer and the auditor."""

CLOSED = [
    *(f"/-/{name}{ending}" for ending in ("", ".json") for name in (
        "metadata", "plugins", "settings", "versions", "threads", "databases", "actor", "config", "permissions",
        "allow-debug", "messages", "patterns", "login", "logout", "auth-token", "password-tool", "transfers/-/x",
    )),
    "/-/password-login", "/-/static/app.css", "/-/static/table.js", "/-/static-plugins/datasette_auth_passwords/x.css",
    "/-/static-plugins/transfer_ledger/ledger.css", "/static/ledger.css", "/favicon.ico", "/.json", "/ledger",
    "/ledger.json", "/ledger.csv", "/ledger.db", "/ledger/entries", "/ledger/entries.json", "/ledger/entries.csv",
    "/ledger/entries/5", "/ledger/entries/5.json", "/ledger/disclosures", "/ledger/disclosures.csv",
    "/ledger/documents", "/ledger/names", "/ledger/findings", "/ledger/checked", "/ledger/sqlite_schema",
    "/ledger?sql=select+1", "/ledger.json?sql=select+1", "/ledger.csv?sql=select+1", "/ledger/transfers/-/insert",
    "/ledger/transfers/5", "/ledger/transfers/5.json", "/ledger/nowhere", "/_memory", "/_memory?sql=select+1",
    "/_internal", "/_internal.json", "/_internal/databases", "/ledger/transfers.blob", "/ledger/-/create",
    "/ledger-0123456", "/ledger/transfers/", "//ledger/transfers", "/./-/people", "/-/people/", "/-/people.json",
    "/-//people", "/-/PEOPLE", "/-/entries/03", "/-/entries/-1", "/-/entries/3.csv", "/-/entries/9999999999999999",
    "/-/findings/" + "g" * 64, "/-/assets/../people", "/-/assets/..%2fpeople", "/-/transfers.html", "/-/%70eople.json",
    "/-/entries/3%0a", "/-/entry/3", "/é", "/%ff", "/-/people%00", "/..%2f..%2fetc%2fpasswd",
]  # fmt: skip
"""Addresses that nobody is answered on: what Datasette and its plugins would answer, and ways round the table."""

OURS = ("Shire", "shire", "Elm Primary", "elm-primary", "Ofsted", "ofsted", "ontact", "england-2010", "qca",
        "Lea Head", "Ann Smith",
        "Bob", "Gus", "Cleo", "Program of", "token-t", "transfers.db", "/tmp", *TYPED)  # fmt: skip
"""What no stranger is told: names, ids, people, what was typed, where the file lies."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("roles")
    path = make_ledger(folder / "kept.db")
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        checkpoints.make(ledger, new_key(folder / "k", "shire.example/transfers"), lambda _: None)
    with house_over(path, folder) as house:
        yield house


def letters(roles: frozenset[Role]) -> str:
    return "".join(letter for letter, role in LETTERS.items() if role in roles)


def test_the_table_here_and_the_table_of_routes_say_the_same() -> None:
    theirs = {
        route.path: (
            "*" if route.public else letters(route.get),
            "*" if route.public and route.post else letters(route.post),
            "token" if route.api else "",
        )
        for route in ROUTES
    }
    assert theirs == {
        path: (get.replace("~", ""), post.replace("~", ""), api) for path, (get, post, api) in TABLE.items()
    }


def expected(method: str, path: str, who: Who) -> str:
    """What the table says: "in", "further" (in, if the thing is theirs), "405" or "nowhere"."""
    get, post, api = TABLE[path]
    by, other = (post, get) if method == "POST" else (get, post)
    if who.program and not api:
        return "nowhere"  # a program signs in nowhere, and needs no style
    if by == "*":
        return "in"
    letter = next((letter for letter, role in LETTERS.items() if role == who.role), "?")
    if letter in by:
        return "further" if f"{letter}~" in by else "in"
    return "405" if letter in other else "nowhere"


def addresses(house: House) -> dict[str, list[str]]:
    """For each route some addresses: first one that is there, where that needs nothing made; then others."""
    with house.site.reading() as source:
        key = source.db.execute("SELECT key FROM verdicts.findings ORDER BY key LIMIT 1").fetchone()[0]
    there = {
        "seq": [str(FIRST), "0", "1", "999999"], "once": ["A" * 43], "asset": ["app.css", "record.js", "none.css"],
        "key": [key, "0" * 64], "id": ["ofsted", "elm-primary", "nobody"], "n": ["1", "77"],
        "rest": ["0/000.p/1", "entries/000.p/1", "0/999"], "file": ["report.html", "x.pdf"],
    }  # fmt: skip
    found: dict[str, list[str]] = {}
    for route in ROUTES:
        parts = re.findall(r"\{(\w+)\}", route.path)
        most = max((len(there[part]) for part in parts), default=1)
        plain = []
        for place in range(most):
            path = route.path
            for part in parts:
                values = there[part]
                value = values[min(place, len(values) - 1)]
                path = path.replace(f"{{{part}}}", "1" if path.startswith("/-/register") and place == 0 else value)
            plain.append(path)
        found[route.path] = [
            path + ending for path in plain for ending in ("", *(f".{one}" for one in route.formats[1:]))
        ]
    return found


MADE_ELSEWHERE = (
    "/-/reports/compare",
    "/-/reports/{n}",
    "/-/reports/{n}/{file}",
    "/-/verification/{n}",
    "/-/sign-in/{once}",
    "/-/answers/{once}",
)
"""Routes of which no address is there before something was made."""


def closed(house: House, who: Who, path: str, method: str, accept: str) -> None:
    """Asserts that they are answered as at an address that does not exist."""
    given = house.ask(who, path, method, accept=accept)
    none = house.nowhere(who, method, accept)
    if who.role is None and given.status == 303 and path != NOWHERE:
        # A browser comes back to where it wanted to go, which it knows.
        location = given.header("location")
        assert location.startswith("/-/sign-in"), path
        strip = [pair for pair in given.headers if pair[0] != "location"]
        assert (strip, given.body) == ([pair for pair in none.headers if pair[0] != "location"], none.body)
        assert none.status == 303
        return
    assert given == none, f"{who.name} {method} {path} ({accept}): {given.status} {given.text[:300]}"


def walk(house: House, who: Who, method: str, accept: str, first_only: bool = False) -> None:
    """Asks for every address of every route as somebody, and looks at who is let in."""
    for path, found in addresses(house).items():
        meant = expected(method, path, who)
        for place, address in enumerate(found[:1] if first_only else found):
            where = f"{who.name} {method} {address} ({accept})"
            if meant == "nowhere":
                closed(house, who, address, method, accept)
                continue
            given = house.ask(who, address, method, accept=accept)
            assert given.status < 500, f"{where}: {given.text}"
            assert carries_headers(given), f"{where}: {given.headers}"
            if meant == "405":
                assert given.status == 405, where
            elif meant == "further":
                assert given == house.nowhere(who, method, accept) or method == "POST", f"{where}: not theirs"
            elif method == "POST":
                # Let in as far as the form, which is empty and without the secret, so that nothing is done.
                assert given.status in (400, 403, 415) or path in PUBLIC, f"{where}: {given.status} {given.text[:300]}"
            elif place == 0 and path not in MADE_ELSEWHERE:
                sent_on = path == "/-/evidence.zip" or (path == "/-/sign-in" and who.role is not None)
                sent_on = sent_on or (path == "/" and who.role == "clerk")  # to the page on which they record
                assert given.status == (200 if not sent_on else 202 if who.program else 303), (
                    f"{where}: {given.text[:300]}"
                )


PUBLIC = [path for path, (get, _, _) in TABLE.items() if get == "*"]


def test_everybody_is_let_in_where_the_table_says_and_nowhere_else(house: House) -> None:
    # The others are asked for where time is taken: they are all strangers, or as one of these.
    for name in (
        "lead", "dpo", "auditor", "governor", "clerk", "clerk token", "anonymous", "before the role changed",
    ):  # fmt: skip
        for method in ("GET", "POST"):
            walk(house, house.who[name], method, "text/html", first_only=True)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*", ""])
def test_the_same_at_every_address_in_every_format(house: House, method: str, accept: str) -> None:
    for who in house.who.values():
        walk(house, who, method, accept)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "get"])
def test_another_method_has_one_answer_for_everybody_everywhere(house: House, method: str) -> None:
    one = house.nowhere(house.who["anonymous"], method)
    assert (one.status, carries_headers(one)) == (405, True)
    for who in house.who.values():
        for found in addresses(house).values():
            assert house.ask(who, found[0], method) == one


EVERY = ["lead", "dpo", "auditor", "governor", "clerk", "dpo token", "anonymous", "expired"]


@pytest.mark.parametrize(
    "names", [["dpo", "anonymous"], pytest.param(EVERY, marks=pytest.mark.slow)], ids=["two", "all"]
)
def test_what_datasette_and_its_plugins_would_answer_is_closed_to_every_role(house: House, names: list[str]) -> None:
    for path in CLOSED:
        assert find(path) is None, path
        for name in names:
            closed(house, house.who[name], path, "GET", "text/html")
        closed(house, house.who["dpo"], path, "POST", "*/*")


def test_datasettes_views_and_saved_queries_are_open_to_those_who_read_single_transfers(house: House) -> None:
    for path in STOCK:
        for who in (house.who[name] for name in ("lead", "auditor", "governor", "clerk", "anonymous", "dpo token")):
            if who.role in ("lead", "dpo", "auditor") and not who.program:
                given = house.ask(who, path)
                assert (given.status, carries_headers(given)) == (200, True), path
            else:
                closed(house, who, path, "GET", "text/html")
            closed(house, who, path, "POST", "text/html")


def strangers_walk(
    house: House, strangers: list[Who], methods: tuple[str, ...], accept: str, queries: tuple[str, ...]
) -> None:
    """Asks for everything as somebody whom nobody knows, and looks for anything of the ledger in what is answered."""
    paths = [one for found in addresses(house).values() for one in found] + CLOSED + STOCK
    for who, path, method, query in product(strangers, paths, methods, queries):
        if query and "?" in path:
            continue
        given = house.ask(who, path + query, method, accept=accept)
        told = f"{[pair for pair in given.headers if pair[0] != 'location']}{given.text}"
        back = given.header("location")
        assert not back or re.fullmatch(r"/-/sign-in(\?next=[A-Za-z0-9._%+-]*)?", back), back
        wanted = unquote_to_bytes(unquote_plus(back.partition("next=")[2]).partition("?")[0])
        assert wanted in (b"", unquote_to_bytes(path.partition("?")[0])), back
        assert not [one for one in OURS if one in told], f"{who.name} {method} {path}{query}: {told}"
        assert given.status < 500
        if not path.startswith(("/robots.txt", "/-/sign-in", "/-/assets/")):
            assert given.status in (303, 400, 401, 405), path


def test_a_stranger_is_told_nothing_of_the_ledger(house: House) -> None:
    strangers_walk(house, house.strangers[:2], ("GET",), "text/html", ("",))
    strangers_walk(house, house.strangers[:1], ("GET", "POST"), "*/*", ("",))


@pytest.mark.slow
@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json"])
def test_no_stranger_is_told_anything_by_any_method(house: House, accept: str) -> None:
    strangers_walk(house, house.strangers, ("GET", "POST"), accept, ("",))
    strangers_walk(house, house.strangers[:2], ("GET",), accept, ("?x=<b>&_size=-1&q=Shire", "?next=//evil.example"))


@pytest.mark.slow
def test_a_head_is_answered_as_a_get_without_its_body(house: House) -> None:
    for name in ("dpo", "clerk", "anonymous"):
        for path in ("/", "/-/transfers", "/-/people", NOWHERE, "/ledger/transfers", "/-/openapi.json"):
            get, head = house.ask(house.who[name], path), house.ask(house.who[name], path, "HEAD")
            assert (head.status, head.body) == (get.status, b"")
            assert dict(head.headers).keys() == dict(get.headers).keys()


def test_whoever_was_somebody_is_a_stranger(house: House) -> None:
    for name in ("expired", "revoked", "signed out", "before the role changed", "dpo cookie, wrong token"):
        assert house.ask(house.who[name], "/").status in (303, 401), name
    assert house.ask(house.who["moved"], "/-/transfers").status == 404
    assert house.ask(house.who["dpo"], "/-/transfers").status == 200
