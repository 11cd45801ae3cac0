"""Many findings stay small: equal values are kept once, and their sentences are made as they are read, and let go."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest

from ledger.seal import Head
from reports.documents import findings
from reports.documents.findings import Rows, Sent
from reports.formats.csv_ import as_csv
from reports.formats.json_ import as_json
from reports.formats.text import as_text
from reports.run import Result, run
from reports.wording import Labels
from tests.reports.world import AS_OF, evidence

COUNT = 1500
TWICE_WRONG: dict[str, Any] = {
    "from": "la", "recipient": "unlisted", "given": {"recipient_as_given": "Nobody"}, "lawful_basis": [],
}  # fmt: skip


def traced(work: Callable[[], object]) -> tuple[int, int]:
    """How many bytes `work` leaves behind, what it gives included, and how many it had at its peak."""
    tracemalloc.start()
    try:
        kept = work()
        peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        left = tracemalloc.get_traced_memory()[0]
        del kept
    finally:
        tracemalloc.stop()
    return left, peak


HEAD = Head(1, "0" * 64)


def read_to_the_end(pieces: Iterable[str]) -> int:
    return sum(map(len, pieces))


@pytest.fixture(scope="module")
def many() -> tuple[Result, Rows]:
    """`COUNT` transfers that differ in their entry and in how many people they are about, each with two findings."""
    base = evidence([{**TWICE_WRONG, "subjects": {"kind": "pupil", "count": 1 + n}} for n in range(COUNT)])
    result = run(base, AS_OF)
    assert {one.check for one in result.findings} >= {"unknown-recipient", "lawful-basis-missing"}
    assert len(result.findings) == 2 * COUNT
    sent = Sent(date(2010, 3, 1), "high", "High School", "unlisted", "Not known", "Advice")
    return result, Rows(result.findings, [sent] * len(result.findings), Labels(base))


@pytest.mark.parametrize("name", ["expected", "found", "citations", "prefilled"])
def test_findings_share_their_values(many: tuple[Result, Rows], name: str) -> None:
    values = [getattr(finding, name) for finding in many[0].findings]
    assert len({id(value) for value in values}) == len(set(values)) <= 2


@pytest.mark.slow
def test_a_finding_takes_little_memory() -> None:
    def takes(count: int) -> int:
        base = evidence([{**TWICE_WRONG, "subjects": {"kind": "pupil", "count": 1 + n}} for n in range(count)])
        run(base, AS_OF)
        return traced(lambda: run(base, AS_OF))[0]

    # Itself (128), its key (113), its one entry (48) and its places in lists; what it shares costs nothing more.
    assert (takes(COUNT) - takes(COUNT // 3)) / (2 * (COUNT - COUNT // 3)) < 360


@pytest.mark.slow
@pytest.mark.parametrize("as_", [lambda _, rows, head: as_csv(rows), as_json, as_text])
def test_a_format_holds_no_more_than_a_few_findings(many: tuple[Result, Rows], as_: Any) -> None:
    whole = read_to_the_end(as_(*many, HEAD))
    _, peak = traced(lambda: read_to_the_end(as_(*many, HEAD)))
    assert peak < 200_000  # csv alone keeps a buffer of 128 KiB
    assert whole > 800_000


def test_json_in_pieces_is_json_as_ever(many: tuple[Result, Rows]) -> None:
    none = run(evidence([]), AS_OF)
    for result, rows in (many, (none, Rows((), (), Labels(evidence([]))))):
        text = "".join(as_json(result, rows, HEAD))
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
        assert len(json.loads(text)["findings"]) == len(result.findings)


def test_rows_are_read_again_and_by_weight(many: tuple[Result, Rows]) -> None:
    rows = many[1]
    assert list(rows) == list(rows)
    assert len(list(rows)) == len(rows)
    assert sorted(row.key for row in rows.by_weight()) == sorted(row.key for row in rows)


def test_different_words_are_forgotten(many: tuple[Result, Rows], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_MOST_WORDS", 1)
    result, rows = many
    base = evidence([])
    assert list(Rows(result.findings, [sent for _, sent in rows.pairs()], Labels(base))) == list(rows)
