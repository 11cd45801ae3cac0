"""What hypothesis thinks of: every address that reads with odd parameters, every form and body with odd fields.

Each is answered without a mistake of the program's own, in whole headers, and says nothing of the ledger to a stranger.
`pytest -m slow tests/plugins/security/test_fuzz.py` tries a few; for more, LEDGER_FUZZ=2000 in the environment is how
many each law is tried with, others every time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasette_plugins.transfer_ledger.columns.asked import FINDINGS, TRANSFERS
from datasette_plugins.transfer_ledger.recording.boxes import boxes
from datasette_plugins.transfer_ledger.routes import ROUTES
from ledger.members import ERASABLE, REQUIRED
from tests.plugins.browsed import FIRST, QUERIES, VIEWS
from tests.plugins.security.house import Answer, House, carries_headers, house_over
from tests.plugins.security.test_roles import OURS

MORE = int(os.environ.get("LEDGER_FUZZ") or 0)
FUZZ = settings(max_examples=MORE or 150, derandomize=not MORE, database=None, suppress_health_check=list(HealthCheck))
FEW = settings(FUZZ, max_examples=MORE or 25)


@pytest.fixture(scope="module")
def house(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("fuzz")
    with house_over(kept, folder) as house:
        yield house


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing of it leaves a word in the program's log."""
    yield
    assert "Traceback" not in capfd.readouterr().err


def sound(answer: Answer, what: object) -> None:
    """It is an answer, and no mistake."""
    assert answer.status < 500 or answer.status == 503, f"{what!r}: {answer.status} {answer.text[:1000]}"
    assert carries_headers(answer), f"{what!r}: {answer.headers}"
    assert "Traceback" not in answer.text, repr(what)
    assert "<xss" not in answer.text or "html" not in answer.header("content-type"), repr(what)


NASTY = st.sampled_from([
    "<xss>alert(1)</xss>",
    "\"><xss x='", "'; DROP TABLE entries; --", "' OR 1=1 --", "{{7*7}}", "${x}", "../../etc/passwd",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "٣", "３", "1e9", "-1", "0", "00", "9" * 40,
    "1.5",
    "NaN", "null", "true", "[]", "{}", "[\"a\"]", "\u202e", "\u2028", "\ufeff", "a" * 499, "a" * 501, "%", "%25", "*",
    "_",
    "\t", "\r\n", " ", "=1+1", "@x", "2010-02-29", "2010-13", "0000-01-01", "9999-12-31", "2009-10", "-transferred_at",
    "jo typed", "unlisted", "0" * 64, "g" * 64, "elm-primary", "ofsted", "any", "breach", "1,2", "seq", "on", "max",
])  # fmt: skip
VALUE = st.one_of(NASTY, NASTY, st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.integers().map(str))
NAME = st.one_of(
    st.sampled_from(
        sorted(
            {
                *TRANSFERS,
                *FINDINGS,
                "after",
                "before",
                "size",
                "sort",
                "page",
                "state",
                "group",
                "next",
                "run",
                "a",
                "b",
                "old",
                "new",
                "seq",
                "like",
                "flow",
                "from",
                "document",
                "period",
                "format",
                "v",
                "cursor",
                "_size",
                "_sort",
                "_facet",
                "_next",
                "sql",
            }
        )
    ),
    st.text(max_size=10).filter(lambda text: text.isprintable()),
)
PAIRS = st.lists(st.tuples(NAME, VALUE), max_size=6)
PARTS = {
    "seq": ["0", str(FIRST), str(FIRST + 2), "9", "999999999999999", "1"], "n": ["1", "999999999"], "once": ["A" * 16],
    "id": ["ofsted", "elm-primary", "x", "contactpoint", "unlisted"], "key": ["0" * 64], "file": ["x.html",
    "report.pdf"],
    "rest": ["0/000", "0/000.p/1", "entries/000.p/1", "63/x999/999", "0/x/"], "asset": ["app.css", "record.js"],
}  # fmt: skip


@st.composite
def addresses(draw: Any, method: str = "GET") -> str:
    """An address of a route that is there, with its parts."""
    routes = [one for one in ROUTES if one.path not in ("/-/evidence.zip", "/-/sign-out", "/-/ledger.db")]
    route = draw(st.sampled_from([one for one in routes if method == "GET" or one.post]))
    path = route.path
    for part, values in PARTS.items():
        if f"{{{part}}}" in path:
            path = path.replace(f"{{{part}}}", draw(st.sampled_from(values)))
    return str(path + draw(st.sampled_from(["", *(f".{one}" for one in route.formats[1:])])))


KNOWN = st.sampled_from(["dpo", "auditor", "governor", "clerk", "moved", "dpo token", "auditor token", "clerk token"])
ACCEPT = st.sampled_from(["text/html", "*/*", "application/json", "", "text/html;q=0.1, */*", "\x7f"])


@pytest.mark.slow
@FUZZ
@given(st.data())
def test_every_address_takes_any_parameters(house: House, data: st.DataObject) -> None:
    target = f"{data.draw(addresses())}?{urlencode(data.draw(PAIRS))}"
    sound(house.ask(house.who[data.draw(KNOWN)], target, accept=data.draw(ACCEPT)), target)
    stranger = house.ask(house.who["anonymous"], target, accept="*/*")
    sound(stranger, target)
    assert not [one for one in OURS if one in stranger.text], target


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/-/transfers", "/-/findings", "/-/transfers.json", "/-/findings.json", "/-/transfers.csv"]
)
@FEW
@given(pairs=st.lists(st.tuples(st.sampled_from(sorted({*TRANSFERS, *FINDINGS, "sort", "size", "after",
"before"})), VALUE),
                      max_size=4, unique_by=lambda pair: pair[0]))  # fmt: skip
def test_the_lists_take_any_values_of_their_parameters(house: House, path: str, pairs: list[tuple[str, str]]) -> None:
    target = f"{path}?{urlencode(pairs)}"
    sound(house.ask(house.who["dpo"], target), target)


@pytest.mark.slow
@FUZZ
@given(name=st.sampled_from([*VIEWS, *QUERIES]), ending=st.sampled_from(["", ".json", ".csv"]), data=st.data())
def test_datasettes_pages_take_any_parameters(house: House, name: str, ending: str, data: st.DataObject) -> None:
    columns = ["seq", "id", "fields", "schools", "recipient", "recorded_at", "findings", "severity", "nothing"]
    operators = ["", "__exact", "__gt", "__in", "__contains", "__isblank", "__arraycontains", "__date", "__like", "__x"]
    own = ["_size", "_sort", "_sort_desc", "_facet", "_facet_array", "_facet_date", "_facet_size", "_next", "_shape",
           "_labels",
           "_where", "_search", "_through", "_json", "_json_infinity", "_nl", "_col", "_nocol", "_nofacet",
           "_nosuggest",
           "_nocount", "_extra", "_trace", "_ttl", "_stream", "_dl", "_timelimit", "_fts_table", "_filter_column",
           "sql",
           "_filter_op", "_filter_value", "month", "days"]  # fmt: skip
    names = st.one_of(
        st.sampled_from(own), st.builds(str.__add__, st.sampled_from(columns), st.sampled_from(operators))
    )
    pairs = data.draw(st.lists(st.tuples(names, VALUE), max_size=4))
    target = f"/ledger/{name}{ending}?{urlencode(pairs)}"
    answer = house.ask(house.who["auditor"], target)
    if answer.status != 500 or "This takes too long" not in answer.text:
        sound(answer, target)


@pytest.mark.slow
@FUZZ
@given(path=st.text(max_size=60), who=KNOWN)
def test_any_path_at_all_has_an_answer(house: House, path: str, who: str) -> None:
    target = "/" + quote(path.encode("utf-8", "surrogatepass"), safe="/.-_~:@!$&'()*+,;=[]")
    sound(house.ask(house.who[who], target), target)
    stranger = house.ask(house.who["anonymous"], target, accept="*/*")
    if not target.startswith(("/-/sign-in", "/-/assets", "/robots.txt")):
        assert stranger == house.nowhere(house.who["anonymous"], accept="*/*")


@pytest.mark.slow
@FUZZ
@given(st.data())
def test_every_form_takes_any_fields(house: House, data: st.DataObject) -> None:
    path = data.draw(addresses("POST").filter(lambda path: path not in ("/-/verification", "/-/reports")))
    names = st.one_of(
        st.sampled_from([*boxes(), "reason", "decision", "owner", "due", "key", "seen", "group", "size", "digest",
        "number",
                         "of", "seal", "made_from", "agreed", "began", "next", "id", "password", "seq", "prefilled",
                         "like"]),
        NAME,
    )  # fmt: skip
    pairs = data.draw(st.lists(st.tuples(names, VALUE), max_size=12))
    who = house.who[data.draw(st.sampled_from(["dpo", "clerk", "auditor", "governor"]))]
    size = house.site.view().head.size
    sound(house.form(who, path, pairs), (path, pairs))
    anonymous = house.ask(house.who["anonymous"], path, "POST", urlencode(pairs).encode(),
                          {"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    sound(anonymous, (path, pairs))
    stale = house.ask(who, path, "POST", urlencode([("csrf", "x"), *pairs]).encode(),
                      {"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    sound(stale, (path, pairs))
    if who.role in ("auditor", "governor"):
        assert house.site.view().head.size == size


@pytest.mark.slow
@FUZZ
@given(path=addresses("POST"), body=st.binary(max_size=300), kind=st.sampled_from([
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "",
]), who=st.sampled_from(["dpo", "clerk", "clerk token", "auditor token", "anonymous"]))  # fmt: skip
def test_every_address_takes_any_bytes(house: House, path: str, body: bytes, kind: str, who: str) -> None:
    sound(house.ask(house.who[who], path, "POST", body, {"content-type": kind}), (path, kind, body))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), VALUE),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(VALUE, inner, max_size=4)),
    max_leaves=8,
)
MEMBERS = sorted({*REQUIRED, *(one.name for one in ERASABLE), "id", "transferred_at", "subjects", "onward_of",
"channel",
                  "opt_outs", "payload", "schools", "request", "recorded_by", "seq", "prefilled", "kind"})  # fmt: skip
STATED = {
    "id": "fuzz", "transferred_at": "2010-07-05", "sender": "elm-primary", "recipient": "ofsted",
    "purpose": "school-inspection",
    "fields": ["upn"], "lawful_basis": ["dpa1998-sch2-5"], "subjects": {"kind": "pupil", "count": 210},
}  # fmt: skip


@pytest.mark.slow
@FUZZ
@given(
    changed=st.dictionaries(st.one_of(st.sampled_from(MEMBERS), VALUE), JSON, max_size=3),
    who=st.sampled_from(["clerk token", "dpo token"]),
    many=st.booleans(),
)
def test_any_json_is_recorded_or_refused_with_what_is_wrong(
    house: House, changed: dict[str, Any], who: str, many: bool
) -> None:
    import json

    stated = {**STATED, **changed}
    body = json.dumps({"transfers": [stated]} if many else stated).encode()
    before = _transfers(house)
    answer = house.ask(house.who[who], "/-/transfers", "POST", body, {"content-type": "application/json"}, accept="*/*")
    sound(answer, body)
    assert answer.status in (200, 201, 400, 409), answer.text
    told = json.loads(answer.body)
    assert ("error" in told) == (answer.status >= 400)
    assert (_transfers(house) > before) == (answer.status == 201)


def _transfers(house: House) -> int:
    with house.site.reading() as source:
        return int(source.db.execute("SELECT count(*) FROM entries WHERE kind = 'transfer'").fetchone()[0])


@pytest.mark.slow
def test_after_all_that_the_pages_are_as_sound_as_before(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    for path in (
        "/",
        "/-/transfers",
        "/-/findings",
        "/-/organisations",
        "/-/receipts",
        "/-/people",
        "/-/transfers.xlsx",
    ):
        answer = house.ask(house.who["dpo"], path)
        assert answer.status == 200, path
        sound(answer, path)
    for seq in range(house.site.view().head.size):
        sound(house.ask(house.who["auditor"], f"/-/entries/{seq}"), seq)
