"""What is sealed: canonical text, known names as ids, everything else erasable, and one receipt for one id."""

from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical, disclosure, entry, london
from ledger.errors import Busy, Conflict, Refused
from ledger.settle import Content
from ledger.source import Source
from ledger.verify.assurance import verify
from ledger.writer import create
from tests.ledger.worlds import open_ledger, settled, small, stated, stepping

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
KEYS = st.text("abcXYZ09_.-", min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_canonical_round_trip(value: canonical.Json) -> None:
    data = canonical.encode(value)
    assert canonical.decode_canonical(data) == value
    assert canonical.encode(canonical.decode(data)) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":1.0}', "whole number"),
        (b'{"a":NaN}', "whole number"),
        (b'{"a":9007199254740993}', "2\\^53"),
        (b'{"a":' + b"9" * 400 + b"}", "2\\^53"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":"\\u0000"}', "U\\+0000"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b"[" * 100_000, "nests|Not JSON"),
        (b"[" * 20 + b"]" * 20, "nests"),
        (b'{"a":1', "line 1"),
    ],
)
def test_json_is_read_strictly(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        canonical.decode(data)


@given(TEXT.filter(bool), st.binary(min_size=16, max_size=16))
def test_disclosure_round_trip(value: str, salt: bytes) -> None:
    text = disclosure.write(disclosure.base64url(salt), "note", value)
    assert disclosure.read(text) == (disclosure.base64url(salt), "note", value)


def test_digest_is_rfc_9901s() -> None:
    # RFC 9901 §4.2.3 publishes this disclosure and its digest.
    published = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert disclosure.digest(published) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


@pytest.mark.parametrize("text", ["QQ=", "QQ==", "QR", "Q", "Q+", "QQ\n", " QQ", "Ä"])
def test_base64url_is_read_strictly(text: str) -> None:
    with pytest.raises(Refused):
        disclosure.base64url_decode(text)


@pytest.mark.parametrize(
    ("text", "at", "on", "until"),
    [
        ("2010-08-06", "2010-08-06", "2010-08-06", None),
        ("2010-08-06T11:59", "2010-08-06T11:59+01:00", "2010-08-06", None),
        ("2010-08-06T23:30Z", "2010-08-06T23:30Z", "2010-08-07", None),
        ("2010-01-06T23:30:15", "2010-01-06T23:30:15+00:00", "2010-01-06", None),
        ("2010-04-01/2010-04-30", "2010-04-01/2010-04-30", "2010-04-01", "2010-04-30"),
    ],
)
def test_when(text: str, at: str, on: str, until: str | None) -> None:
    moment = london.parse(text)
    assert (moment.at, str(moment.on), moment.until and str(moment.until)) == (at, on, until)
    assert moment.offset_assumed is (len(at) > len(text))


@pytest.mark.parametrize(
    "text",
    [
        "2010-02-30", "2010-13-01", "06/08/2010", "2010-8-6", "2010-10-31T01:30", "2010-03-28T01:30",
        "2010-08-06T24:00",
        "2010-08-06T11:59:60Z", "2010-08-06 11:59", "2010-08-06T11:59-00:00", "2010-08-06T11:59+15:00", "٢٠١٠-٠٨-٠٦",
        "2010-08-06\n", "2010-08-07/2010-08-06", "2010-08-06/2010-08-06", "0001-01-01", "9999-12-31T23:59-14:00", "",
    ],
)  # fmt: skip
def test_impossible_times_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        london.parse(text)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a#b", "x" * 256, "a\u00a0b", "a\nb"])
def test_origins_that_are_no_key_names(tmp_path: Path, origin: str) -> None:
    with pytest.raises(Refused, match="origin"):
        create(tmp_path / "l.db", origin, "Springfield", stepping(), bytes)
    assert not list(tmp_path.iterdir())


def test_known_names_become_ids_and_all_else_is_erasable(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    with open_ledger(path) as ledger:
        content = settled(
            ledger, "t1", {"note": "for Mrs Patel"},
            sender="OAK HIGH  school", recipient="Mrs Patel (mum)", purpose="as agreed",
            fields=["Surname", "shoe size"],
        )  # fmt: skip
        ledger.append(content)
    with Source(path) as source:
        (one,) = source.transfers()
    assert (one.facts.sender, one.facts.recipient, one.facts.purpose) == ("oak-high", "unlisted", "unlisted")
    assert one.facts.fields == ("surname", "unlisted")
    assert one.given == {
        "note": "for Mrs Patel", "recipient_as_given": "Mrs Patel (mum)", "purpose_as_given": "as agreed",
        "fields_as_given": ("shoe size",),
    }  # fmt: skip
    text = (
        sqlite3.connect(path).execute("SELECT group_concat(entry) FROM entries WHERE kind = 'transfer'").fetchone()[0]
    )
    assert "Patel" not in text
    assert "shoe" not in text


def test_text_that_reads_other_than_it_is_is_refused(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    with open_ledger(path) as ledger, pytest.raises(Refused, match=r"U\+202E"):
        ledger.append(settled(ledger, "t1", recipient="Offsted\u202e"))


def test_a_code_that_no_vocabulary_knows_is_refused(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    with open_ledger(path) as ledger, pytest.raises(Refused, match="did you mean dpa1998-sch2-"):
        settled(ledger, "t1", lawful_basis=["dpa1998-sch2-33"])


@given(st.permutations(sorted(stated("t"))))
def test_any_order_of_members_seals_alike(order: list[str]) -> None:
    placed = {"kind": "transfer", "seq": 1, "prev": "0" * 64, "salt": "AAECAwQFBgcICQoLDA0ODw"}
    members = {**stated("t"), **placed, "recorded_at": "2010-05-04T09:30:00Z"}
    assert entry.write({name: members[name] for name in [*order, *placed, "recorded_at"]}) == entry.write(members)


def test_the_same_id_with_the_same_content_is_one_transfer(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    with open_ledger(path) as ledger:
        first = ledger.append(settled(ledger, "t1", {"note": "n"}))
        again = ledger.append(settled(ledger, "t1", {"note": "n"}))
        assert again == first._replace(new=False)
        with pytest.raises(Conflict, match="note differs"):
            ledger.append(settled(ledger, "t1", {"note": "other"}))
        with pytest.raises(Conflict, match="recipient was connexions and now is qca"):
            ledger.append(settled(ledger, "t1", {"note": "n"}, recipient="QCA"))


def test_an_unlisted_name_that_became_known_is_still_the_same_transfer(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    with open_ledger(path) as ledger:
        ledger.append(settled(ledger, "t1", recipient="Elm Centre"))
        ledger.add_organisations([{"id": "elm", "name": "Elm Centre", "role": "school"}])
        assert not ledger.append(settled(ledger, "t1", recipient="Elm Centre")).new


def test_all_or_nothing(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 1)
    with open_ledger(path) as ledger, pytest.raises(Conflict):
        ledger.append_many([settled(ledger, "new"), settled(ledger, "t0", {"note": "changed"})], (2, {}))
    assert verify(path).size == 4


def test_corrections_and_withdrawals(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 3)
    with open_ledger(path) as ledger:
        ledger.correct("t0", "wrong recipient", settled(ledger, "t0", recipient="QCA"), {})
        ledger.correct("4", "entered twice", None, {})
        with pytest.raises(Refused, match="no transfer has"):
            ledger.correct("t99", "x", None, {})
    with Source(path) as source:
        recorded = {one.seq: one for one in source.transfers()}
    assert [seq for seq, one in recorded.items() if one.current] == [5, 6]
    assert recorded[3].superseded_by == 6
    assert recorded[6].given["reason"] == "wrong recipient"
    rows = sqlite3.connect(path).execute("SELECT seq, recipient, corrected FROM transfers ORDER BY seq").fetchall()
    assert rows == [(5, "connexions", 0), (6, "qca", 1)]
    assert verify(path).assurance == "consistent"


def test_triggers_refuse_what_would_rewrite(tmp_path: Path) -> None:
    db = sqlite3.connect(small(tmp_path / "l.db"))
    for statement in (
        "UPDATE entries SET hash = ''",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries (seq, entry, hash) SELECT seq, entry, hash FROM entries WHERE seq = 2",
        "INSERT INTO entries (seq, entry, hash) VALUES (99, '{}', '')",
        "UPDATE disclosures SET seq = 1",
        "DELETE FROM disclosures",
        "INSERT OR REPLACE INTO disclosures SELECT digest, seq, name, 'x' FROM disclosures LIMIT 1",
        "DELETE FROM documents",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)


def _append(path: Path, who: str, count: int) -> None:
    with open_ledger(path) as ledger:
        for number in range(count):
            ledger.append(settled(ledger, f"{who}{number}"))


def test_two_processes_append_one_chain(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append, args=(path, who, 40)) for who in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    report = verify(path)
    assert (report.assurance, report.size) == ("consistent", 83)


def test_a_second_writer_waits_then_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small(tmp_path / "l.db", 0)
    monkeypatch.setattr("ledger.store.WAIT_SECONDS", 0.1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with open_ledger(path) as ledger, pytest.raises(Busy, match="another program"):
        ledger.append(settled(ledger, "t1"))


def test_what_verification_would_refuse_is_not_sealed(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        good = settled(ledger, "good")
        for wrong, says in (
            ({"phase": "A B"}, "a code of lower-case"),
            ({"fields": ["surname", "forename"]}, "not sorted"),
            ({"transferred_on": date(2010, 5, 5)}, "falls on 2010-05-04"),
            ({"subjects": {}}, "canonical"),
            ({"sender": None}, "sender"),
        ):
            bad = Content({**good.members, "id": "bad", **wrong}, {})
            for contents in ([bad], [good, bad], [bad, good]):
                with pytest.raises(Refused, match=says):
                    ledger.append_many(contents)
    assert verify(path).size == 8
