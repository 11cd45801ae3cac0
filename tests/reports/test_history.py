"""What became of findings: nobody alone turns a "No" into a plain "Yes", and no breach that was found is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.london import days
from ledger.members import Correction, Review
from ledger.register.read import read_register
from ledger.source import Source
from ledger.writer import Judged, Ledger, create
from reports.evidence import evidence_of
from reports.history import Answers, working_day_after
from reports.run import Result, answers, run
from tests.codes import CHAIR, CLERK, DPO, LEAD, STRANGER
from tests.reports.ledgers import AFTER, GOOD, HERE, ORGANISATIONS, UNDOCUMENTED

AS_OF = date(2010, 12, 1)
PEOPLE = {LEAD: "lead", DPO: "dpo", CHAIR: "chair", CLERK: "clerk"}
STATED = {"good": GOOD, "undocumented": UNDOCUMENTED, "contactpoint": AFTER}
DECISIONS = ("accepted", "remedied", "false-alarm", "recording-mistake")


class World:
    """A ledger of some people that is judged anew whenever somebody has done something."""

    def __init__(self, folder: Path, people: tuple[str, ...] = (LEAD, DPO, CHAIR, CLERK)) -> None:
        self.path = folder / "transfers.db"
        self.now = datetime(2010, 9, 6, 9, tzinfo=UTC)  # a Monday
        numbers = count(1)
        self.entropy: Callable[[int], bytes] = lambda size: next(numbers).to_bytes(size, "big")
        create(self.path, "shire.example/transfers", "Shire", self.clock, self.entropy, actor=LEAD)
        with self.open(LEAD) as ledger:
            text = (HERE / "register.yml").read_text(encoding="utf-8")
            read = read_register(text, "register.yml")
            ledger.adopt(read, text, (read.effective_from, read.effective_until, False))
            ledger.add_organisations(ORGANISATIONS)
            for code in people:
                ledger.add_person(code, PEOPLE[code])  # type: ignore[arg-type]

    def clock(self) -> datetime:
        return self.now

    def open(self, actor: str | None) -> Ledger:
        return Ledger(self.path, self.clock, self.entropy, actor)

    def record(self, actor: str, kind: str, id_: str) -> None:
        with self.open(actor) as ledger:
            ledger.append(self._settled(ledger, kind, id_))

    def _settled(self, ledger: Ledger, kind: str, id_: str) -> Any:
        stated = STATED[kind]
        return ledger.settle({"id": id_, "transferred_on": days(stated["transferred_at"])[0], **stated}, {})

    def correct(self, actor: str, id_: str, kind: str | None) -> None:
        with self.open(actor) as ledger:
            ledger.correct(id_, "why", None if kind is None else self._settled(ledger, kind, id_), {})

    def result(self) -> Result:
        with Source(self.path) as source:
            return run(evidence_of(source), AS_OF)

    def answers(self) -> Answers:
        return answers(self.result())

    def decide(self, actor: str, place: int, decision: str) -> None:
        result = self.result()
        breaches = [one for one in result.standing if one.outcome == "breach"]
        if breaches:
            finding = breaches[place % len(breaches)]
            before = result.history.advice if actor == DPO and decision in DECISIONS[:2] else self._newest()
            replaces = before.get(finding.key)
            with self.open(actor) as ledger:
                judged = Judged(finding.key, finding.check, None if replaces is None else replaces.seq)
                ledger.review_many([judged], decision, None, {"reason": "why"})

    def _newest(self) -> dict[str, Any]:
        with Source(self.path) as source:
            return {facts.finding: Seen(seq) for seq, _, facts, _ in source.reviews() if not facts.advice}

    def denials(self) -> list[int]:
        """Every correction and every decision, in order."""
        with Source(self.path) as source:
            there = [source.entry(seq) for seq in range(source.head.size)]
        return [one[0].seq for one in there if one is not None and isinstance(one[0], (Correction, Review))]

    def confirm(self, actor: str, seqs: list[int]) -> None:
        with Source(self.path) as source:
            seen = source.head
        with self.open(actor) as ledger:
            ledger.confirm(seqs, seen, {})


class Seen(NamedTuple):
    seq: int


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def plain_yes(found: Answers) -> bool:
    return found.complied == "yes" and not found.unchecked


_WHO = st.sampled_from((LEAD, DPO, CHAIR, CLERK, STRANGER))
_STEPS = st.one_of(
    st.tuples(st.just("record"), _WHO, st.sampled_from(tuple(STATED))),
    st.tuples(st.just("correct"), _WHO, st.integers(0, 3), st.sampled_from((None, *STATED))),
    st.tuples(st.just("decide"), _WHO, st.integers(0, 5), st.sampled_from(DECISIONS)),
    st.tuples(st.just("confirm"), _WHO, st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(1, 4)),
)


def _take(world: World, step: tuple[Any, ...], ids: list[str]) -> None:
    match step:
        case ("record", who, kind):
            ids.append(f"t{len(ids)}")
            world.record(who, kind, ids[-1])
        case ("correct", who, place, kind) if ids:
            world.correct(who, ids[place % len(ids)], kind)
        case ("decide", who, place, decision):
            world.decide(who, place, decision)
        case ("confirm", who, place) if there := world.denials():
            world.confirm(who, [there[place % len(there)]])
        case ("wait", days_):
            world.now += timedelta(days=days_)


def _second_person(world: World, who: str) -> bool:
    """Whether what `who` confirmed last was done by somebody else, and the transfer recorded by somebody else."""
    with Source(world.path) as source:
        confirmed = list(source.confirmations())[-1]
        ((entry, _, _),) = (found for seq in confirmed.confirms if (found := source.entry(seq)) is not None)
        if not isinstance(entry, Correction):
            return confirmed.actor == who != entry.actor
        stated = [entry.corrects.seq, *(s for s in source.statements_of(entry.corrects.seq) if s <= entry.seq)]
        return confirmed.actor == who and who not in {source.actor(seq) for seq in stated}


@settings(max_examples=60, deadline=None)
@example([("record", CLERK, "contactpoint"), ("correct", CLERK, 0, None), ("confirm", CLERK, 0)])
@example([("record", CLERK, "contactpoint"), ("decide", LEAD, 0, "false-alarm"), ("confirm", DPO, 0)])
@example([("record", CLERK, "undocumented"), ("correct", CLERK, 0, "good"), ("confirm", DPO, 0)])
@example([("record", LEAD, "undocumented"), ("correct", DPO, 0, "good"), ("confirm", LEAD, 0), ("confirm", CHAIR, 0)])
@given(st.lists(_STEPS, min_size=2, max_size=10))
def test_only_a_second_persons_confirmation_gives_a_plain_yes(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        world, ids = World(Path(folder)), list[str]()
        before = world.answers()
        for step in steps:
            with suppress(Refused):
                _take(world, step, ids)
            after = world.answers()
            assert after.ever_found >= before.ever_found
            if plain_yes(after) and not plain_yes(before):
                assert step[0] == "confirm"
                assert _second_person(world, step[1])
            before = after


def test_three_uses_of_contactpoint_are_not_talked_away_by_one_person(world: World) -> None:
    for number in range(3):
        world.record(CLERK, "contactpoint", f"t{number}")
    world.correct(CLERK, "t0", None)
    world.correct(CLERK, "t1", "good")
    world.decide(LEAD, 0, "false-alarm")
    found = world.answers()
    assert (found.complied, found.awaiting_confirmation) == ("no", found.open - 1)
    for who in (CLERK, LEAD, STRANGER):
        with pytest.raises(Refused):
            world.confirm(who, world.denials())
    assert world.answers() == found


def test_a_second_person_settles_what_is_denied(world: World) -> None:
    world.record(CLERK, "undocumented", "t0")
    world.now += timedelta(days=7)
    world.correct(CLERK, "t0", "good")
    before = world.answers()
    assert (before.complied, before.open > 0) == ("no", True)
    world.confirm(DPO, world.denials())
    after = world.answers()
    assert (after.complied, after.open, after.unchecked) == ("yes", 0, 0)
    assert (after.ever_found, after.breaches, after.mistakes) == (before.ever_found, 0, before.breaches)
    with pytest.raises(Refused, match="confirmed already"):
        world.confirm(CHAIR, world.denials())


def test_what_is_fixed_stays_a_no_and_is_settled(world: World) -> None:
    world.record(CLERK, "undocumented", "t0")
    while world.answers().open:
        world.decide(LEAD, 0, "remedied")
        world.decide(LEAD, 1, "remedied")
    assert world.answers()[:3] == ("no", 0, 0)


def test_the_data_protection_officer_advises_and_does_not_decide(world: World) -> None:
    world.record(CLERK, "undocumented", "t0")
    found = world.answers()
    world.decide(DPO, 0, "remedied")
    assert world.answers() == found
    with Source(world.path) as source:
        assert [facts.advice for _, _, facts, _ in source.reviews()] == [True]
    for who in (CLERK, CHAIR, STRANGER):
        with pytest.raises(Refused):
            world.decide(who, 0, "remedied")


def test_contactpoint_cannot_be_accepted(world: World) -> None:
    world.record(CLERK, "contactpoint", "t0")
    found = world.answers()
    (place,) = [
        place
        for place, one in enumerate(one for one in world.result().standing if one.outcome == "breach")
        if one.check == "contactpoint-closed"
    ]
    world.decide(LEAD, place, "accepted")
    assert world.answers() == found


def test_a_slip_put_right_by_the_next_working_day_is_settled_and_counted(world: World) -> None:
    world.now = datetime(2010, 9, 10, 16, tzinfo=UTC)  # a Friday
    world.record(CLERK, "undocumented", "t0")
    world.now = datetime(2010, 9, 13, 15, tzinfo=UTC)
    world.correct(CLERK, "t0", "good")
    found = world.answers()
    assert (found.complied, found.open, found.unchecked) == ("yes", 0, 1)
    world.confirm(DPO, world.denials())
    assert plain_yes(world.answers())


@pytest.mark.parametrize(("who", "days_"), [(LEAD, 0), (CLERK, 4)])
def test_it_is_no_slip_of_somebody_else_or_later(world: World, who: str, days_: int) -> None:
    world.record(CLERK, "undocumented", "t0")
    world.now += timedelta(days=days_)
    world.correct(who, "t0", "good")
    assert world.answers().complied == "no"


def test_nothing_about_contactpoint_is_a_slip(world: World) -> None:
    world.record(CLERK, "contactpoint", "t0")
    world.correct(CLERK, "t0", "good")
    assert world.answers().complied == "no"


def test_whoever_is_alone_may_confirm_alone_and_reports_say_so(tmp_path: Path) -> None:
    world = World(tmp_path, people=(LEAD, CLERK))
    world.record(LEAD, "contactpoint", "t0")
    world.correct(LEAD, "t0", None)
    assert world.answers().complied == "no"
    world.confirm(LEAD, world.denials())
    found = world.answers()
    assert (found.complied, found.open, found.unchecked) == ("yes", 0, 1)
    with world.open(LEAD) as ledger:
        ledger.add_person(CHAIR, "chair", outside=True)
    assert world.answers() == found
    world.confirm(CHAIR, world.denials())
    assert plain_yes(world.answers())


def test_a_code_that_nobody_issued_is_nobody_else(tmp_path: Path) -> None:
    world = World(tmp_path, people=(LEAD, DPO))
    world.record(STRANGER, "contactpoint", "t0")
    world.correct(STRANGER, "t0", None)
    with pytest.raises(Refused, match="not in the people list"):
        world.confirm(DPO, world.denials())
    with world.open(LEAD) as ledger:
        ledger.add_person(STRANGER, "clerk")
    world.confirm(DPO, world.denials())
    assert plain_yes(world.answers())


def test_what_changed_meanwhile_is_not_confirmed(world: World) -> None:
    world.record(CLERK, "contactpoint", "t0")
    world.correct(CLERK, "t0", None)
    with Source(world.path) as source:
        seen = source.head
    seqs = world.denials()
    world.correct(CLERK, "t0", "good")
    with world.open(DPO) as ledger, pytest.raises(Refused, match="corrected again"):
        ledger.confirm(seqs, seen, {})
    with world.open(DPO) as ledger, pytest.raises(Refused, match="no correction and no decision"):
        ledger.confirm(world.denials()[-1:], seen, {})


def test_a_breach_that_comes_back_is_one_breach(world: World) -> None:
    world.record(CLERK, "contactpoint", "t0")
    ever = world.answers().ever_found
    for kind in ("good", "contactpoint") * 3:
        world.now += timedelta(days=10)
        world.correct(CLERK, "t0", kind)
        assert world.answers().ever_found == ever


def test_a_chain_of_a_thousand_corrections_is_judged(world: World) -> None:
    world.record(CLERK, "contactpoint", "t0")
    with world.open(CLERK) as ledger, ledger.together(whole=True):
        for number in range(1000):
            kind = "good" if number % 2 else "contactpoint"
            stated = STATED[kind]
            members = {"id": "t0", "transferred_on": days(stated["transferred_at"])[0], **stated}
            ledger.correct("t0", "why", ledger.settle(members, {}), {})
    found = world.answers()
    assert found.complied == "no"
    world.confirm(DPO, world.denials()[-1:])
    assert plain_yes(world.answers())


def test_a_source_that_was_corrected_alone_still_taints_what_was_passed_on(world: World) -> None:
    world.record(CLERK, "contactpoint", "t0")
    with world.open(CLERK) as ledger:
        on = {"transferred_at": "2010-09-02", "transferred_on": date(2010, 9, 2)}
        ledger.append(ledger.settle({"id": "t1", **GOOD, **on, "onward_of": [{"id": "t0"}]}, {}))
    checks = [(one.check, one.id) for one in world.result().standing if one.outcome == "breach"]
    assert ("contactpoint-closed", "t1") in checks
    world.correct(CLERK, "t0", None)
    assert ("contactpoint-closed", "t1") in [(one.check, one.id) for one in world.result().standing]
    world.confirm(DPO, world.denials())
    assert ("contactpoint-closed", "t1") not in [(one.check, one.id) for one in world.result().standing]


def test_the_next_working_day() -> None:
    assert [working_day_after(date(2010, 9, day)).day for day in (6, 10, 11, 12)] == [7, 13, 13, 13]
