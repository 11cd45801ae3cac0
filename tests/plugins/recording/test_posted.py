"""What is posted: read strictly, with all that is wrong with it; recorded whole, with its receipts, or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger.recording.posted import MOST, MOST_BODY_BYTES, Problem, Unfit, posted
from datasette_plugins.transfer_ledger.recording.queue import Recorder
from datasette_plugins.transfer_ledger.recording.transfers import Kept, recorded_transfers
from datasette_plugins.transfer_ledger.roles import Actor
from ledger.errors import Conflict
from ledger.source import Source
from ledger.verify.assurance import verify
from tests.codes import CHAIR, CLERK, DPO, LEAD
from tests.ledger.worlds import ids, small, stepping
from tests.plugins.recording.waiting import PATIENCE, held


def transfer(id_: str | None, **other: Any) -> dict[str, Any]:
    members = {
        "transferred_at": "2010-05-04T10:15",
        "sender": "oak-high",
        "recipient": "connexions",
        "purpose": "connexions-service",
        "fields": ["surname", "forename"],
        "subjects": {"kind": "pupil", "count": 12},
        "note": "sent again",
        **({"id": id_} if id_ else {}),
    }
    return {**members, **other}


def several(*items: object) -> bytes:
    return json.dumps({"transfers": items}).encode()


ONE = json.dumps(transfer("a")).encode()


def wrong(body: bytes) -> list[Problem]:
    with pytest.raises(Unfit) as error:
        posted(body)
    assert [one["problem"] for one in error.value.answer()] == [one.problem for one in error.value.found]
    return list(error.value.found)


# -- reading -------------------------------------------------------------------------------------------------------


def test_one_and_several() -> None:
    one, many = posted(ONE), posted(several(transfer("a"), transfer("b")))
    assert (one.many, many.many) == (False, True)
    assert one.stated == many.stated[:1]
    assert [stated.members["id"] for stated in many.stated] == ["a", "b"]
    assert one.stated[0].texts == {"note": "sent again"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "Not JSON at line 1, column 1"),
        (ONE.replace(b"12", b"12.0"), "12.0 is not a whole number"),
        (ONE[:-1], "Not JSON at line 1"),
        (ONE + b" {}", "Extra data"),
        (b"\xef\xbb\xbf" + ONE, "BOM"),
        (ONE.decode().encode("utf-16"), "is not UTF-8"),
        (ONE.replace(b"sent", b"s\xff"), "is not UTF-8"),
        (ONE.replace(b'"id"', b'"note": "x", "id"'), "'note' stands twice"),
        (ONE.replace(b"12", b"NaN"), "NaN is not a whole number"),
        (ONE.replace(b"12", b"-Infinity"), "-Infinity is not a whole number"),
        (b"[" * 50_000, "nests deeper|Not JSON"),
        (b"[]", "one transfer as a JSON object"),
        (b'"a"', "one transfer as a JSON object"),
        (b"null", "one transfer as a JSON object"),
        (several(), "a list of 1 to 1,000"),
        (several(*[{}] * (MOST + 1)), "a list of 1 to 1,000"),
        (b'{"transfers": {}}', "a list of 1 to 1,000"),
        (b'{"transfers": [], "id": "a"}', "Nothing may stand beside transfers"),
        (b" " * (MOST_BODY_BYTES + 1), "at most 4,194,304 are read"),
    ],
)
def test_a_body_that_is_none(body: bytes, says: str) -> None:
    (one,) = wrong(body)
    assert one.item is None
    assert any(part in one.problem for part in says.split("|")), one


@pytest.mark.parametrize(
    ("other", "member", "says"),
    [
        ({"id": None}, "id", "It is to be text."),
        ({"subjects": {"count": 12.0}}, "", "float"),
        ({"subjects": {"count": 2**53}}, "", "beyond 2^53-1"),
        ({"subjects": {"count": "12"}}, "subjects.count", "whole number"),
        ({"subjects": {"count": -1}}, "subjects.count", "whole number"),
        ({"subjects": {"count": True}}, "subjects.count", "whole number"),
        ({"note": "a\u0000b"}, "", "U+0000"),
        ({"note": "a\ud800b"}, "", "surrogate"),
        ({"note": "x" * 2001}, "note", "1 to 2,000"),
        ({"note": "ring jo@example.org"}, "note", "looks like an e-mail address"),
        ({"fields": "surname"}, "fields", "a list"),
        ({"fields": []}, "fields", "a list of at least one"),
        ({"transferred_at": "2010-02-30"}, "transferred_at", "not a date that exists"),
        ({"seq": 4}, "seq", "writes this member itself"),
        ({"kind": "erasure"}, "kind", "Only transfers"),
        ({"recorded_by": "somebody else"}, "recorded_by", "The account that posts it"),
        ({"recipent": "qca"}, "recipent", "Did you mean “recipient”?"),
        ({f"x{n}": 1 for n in range(200)}, "", "no transfer has more than 200"),
        ({"subjects": {f"x{n}": 1 for n in range(200)}}, "", "no transfer has more than 200"),
        ({"fields": ["f" * 60] * 3000}, "", "an entry has at most 65,535"),
        ({"note": [[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]}, "", "nests deeper than 16"),
    ],
)
def test_an_item_that_is_none(other: dict[str, Any], member: str, says: str) -> None:
    found = wrong(several(transfer("a"), transfer("b", **other), transfer("c")))
    assert [(one.item, one.member) for one in found] == [(2, member)]
    assert says in found[0].problem


def test_all_that_is_wrong_is_found() -> None:
    bad = transfer("b", note="Mr Smith rang", seq=1, fields=[])
    del bad["sender"]
    found = wrong(several(3, transfer("a"), bad, transfer(None, recorded_by="x", country="uk")))
    assert [(one.item, one.member) for one in found] == [
        (1, ""), (3, "seq"), (3, "fields"), (3, "sender"), (4, "recorded_by"), (4, "country"),
    ]  # fmt: skip
    assert str(Unfit(found)).startswith("Item 1: It is to be one JSON object")
    assert "Item 3, fields: It is to be a list" in str(Unfit(found))


def test_a_body_of_mistakes_is_not_read_to_its_end() -> None:
    found = wrong(several(*[{f"x{n}": 1 for n in range(150)}] * 100))
    assert len(found) < 1200
    assert found[-1] == Problem(None, "", "The items after item 7 were not read.")


# -- recording -----------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return small(tmp_path / "l.db", 1)


@pytest.fixture
def recorder(path: Path) -> Iterator[Recorder]:
    made = Recorder(path, stepping(), os.urandom)
    yield made
    made.close()


NOBODY = Actor(None, None)
SEVERAL = [Actor(code, "clerk") for code in (LEAD, DPO, CHAIR, CLERK)]


def record(recorder: Recorder, body: bytes, by: str = "clerk", actor: Actor = NOBODY) -> list[Kept]:
    return recorded_transfers(recorder, posted(body).stated, by, actor).result(PATIENCE)


def test_receipts_come_in_order_and_name_no_typed_text(path: Path, recorder: Recorder) -> None:
    first, second = record(
        recorder,
        several(transfer("a"), transfer(None, recipient="Mystery Ltd", fields=["surname", "Shoe size"])),
    )
    with Source(path) as source:
        sealed, _, hash_ = source.entry(first.receipt.seq) or (None, "", "")
        assert first.answer() == {
            "seq": 4, "id": "a", "hash": hash_, "recorded_at": first.receipt.recorded_at, "new": True, "unlisted": [],
        }  # fmt: skip
        assert sealed is not None
    assert (second.receipt.seq, second.unlisted) == (5, ("fields", "recipient"))
    assert str(second.receipt.id).startswith("t-")
    assert not {"Mystery", "Shoe"} & set(json.dumps(second.answer()).replace('"', " ").split())
    assert verify(path).problems == []


def test_who_posted_it_is_recorded_and_not_compared(path: Path, recorder: Recorder) -> None:
    (first,) = record(recorder, ONE, "clerk-1")
    (again,) = record(recorder, ONE, "clerk-2")
    assert again.receipt == first.receipt._replace(new=False)
    with Source(path) as source:
        (kept,) = [one for one in source.transfers() if one.seq == first.receipt.seq]
        assert kept.given == {"note": "sent again", "recorded_by": "clerk-1"}
    assert ids(path) == ["t0", "a"]


def test_a_batch_is_recorded_whole_or_not_at_all(path: Path, recorder: Recorder) -> None:
    record(recorder, ONE)
    with pytest.raises(Unfit) as unfit:
        record(recorder, several(transfer("b"), transfer("c", lawful_basis=["none"]), transfer("d", channel="pigeon")))
    assert [one.item for one in unfit.value.found] == [2, 3]
    assert "'none' is not a known lawful basis" in unfit.value.found[0].problem
    assert not isinstance(unfit.value, Conflict)
    with pytest.raises(Conflict) as conflict:
        record(recorder, several(transfer("b"), transfer("a", note="other"), transfer("b", note="other")))
    assert isinstance(conflict.value, Unfit)
    assert [(one.item, one.member) for one in conflict.value.found] == [(2, "id"), (3, "id")]
    assert ids(path) == ["t0", "a"]
    new = [one.receipt.new for one in record(recorder, several(transfer("b"), transfer("c"), transfer("b")))]
    assert (new, ids(path)) == ([True, True, False], ["t0", "a", "b", "c"])
    assert verify(path).problems == []


def test_posts_that_wait_together_each_get_their_own(path: Path, recorder: Recorder) -> None:
    bodies = [several(*(transfer(f"{n}-{part}") for part in range(1 + n))) for n in range(4)]
    with held(recorder):
        futures = [
            recorded_transfers(recorder, posted(body).stated, f"clerk-{n}", SEVERAL[n]) for n, body in enumerate(bodies)
        ]
    receipts = [[one.receipt for one in future.result(PATIENCE)] for future in futures]
    assert [[one.id for one in some] for some in receipts] == [[f"{n}-{p}" for p in range(1 + n)] for n in range(4)]
    with Source(path) as source:
        there = [one for one in source.transfers() if one.seq > 3]
        people = source.people()
    assert {one.seq: (one.given["recorded_by"], one.facts.actor) for one in there} == {
        one.seq: (f"clerk-{n}", SEVERAL[n].code) for n, some in enumerate(receipts) for one in some
    }
    # Each was put on the people list before their first entry.
    assert all(people.role(one.facts.actor, one.seq) == "clerk" for one in there)
    assert verify(path).problems == []


def test_some_of_many_at_once_are_refused(path: Path, recorder: Recorder) -> None:
    bodies = [several(transfer(f"{n}-a"), transfer(f"{n}-b")) for n in range(10)]
    bodies[3] = several(transfer("3-a"), transfer("t0", note="other"))
    bodies[6] = several(transfer("5-a"), transfer("6-b"))  # the first was posted by another at the same moment
    bodies[8] = several(transfer("8-a", lawful_basis=["none"]))
    with held(recorder):
        futures = [recorded_transfers(recorder, posted(body).stated, "clerk", NOBODY) for body in bodies]
    for n, future in enumerate(futures):
        if n == 3:
            assert isinstance(future.exception(PATIENCE), Conflict)
        elif n == 8:
            assert isinstance(future.exception(PATIENCE), Unfit)
        else:
            a, b = future.result(PATIENCE)
            assert (a.receipt.id, b.receipt.id) == ("5-a" if n == 6 else f"{n}-a", f"{n}-b")
            assert (a.receipt.new, b.receipt.new) == (n != 6, True)
    assert len(ids(path)) == 1 + 15
    assert verify(path).problems == []
