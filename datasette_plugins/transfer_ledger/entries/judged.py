"""Why one transfer was judged as it was, without reading what was typed: what a page may tell anybody who reads it.

The machinery is that of `explain`. What the last check found is taken as it was kept; a transfer that was recorded
since is judged by itself. What was typed with it is not read: a check that looks for such a value, or a choice of the
flow that rests on one, is not made here, and the page says so. Nothing is guessed in place of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from datasette_plugins.transfer_ledger import verdicts
from datasette_plugins.transfer_ledger.entries.shared import Shared
from ledger.members import Correction, Transfer
from ledger.register.model import Flow
from ledger.register.read import load_law, load_vocabularies
from ledger.source import Recorded, Source
from reports.case import Case
from reports.checks import CHECKS, AnyCheck, Check
from reports.context import Context, Evidence
from reports.evidence import Cited, history_on_demand
from reports.explain import Answer, Explanation, answer, chosen
from reports.finding import Finding
from reports.judge import choose

TYPED = "typed"
"""The code of why a check did not run: it rests on what was typed."""

UNCHECKED = "unchecked"
"""The same: it compares many transfers, and the last check was made before this one was recorded."""

NOT_COMPARED = {
    TYPED: "Not compared for you: it rests on what was typed, which this page does not read.",
    UNCHECKED: "Not checked yet: it compares transfers with each other, and this one came after the last check.",
}
"""Why a check did not run here, in words."""

_PARTIES = ("sender_as_given", "recipient_as_given")

_finding = msgspec.json.Decoder(Finding).decode

Given = dict[str, str | tuple[str, ...]]


class _Untold(Given):
    """What was typed with a statement, for whoever must not know it: it notes that it was asked for.

    What is sealed as erased is known to be absent; about anything else nothing can be said.
    """

    def __init__(self, erased: frozenset[str], asked: set[str]) -> None:
        super().__init__()
        self._erased, self._asked = erased, asked

    def _note(self, name: object) -> None:
        if name not in self._erased:
            self._asked.add(str(name))

    def get(self, name: str, default: Any = None) -> Any:
        """Always the default."""
        self._note(name)
        return default

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return False

    def __iter__(self) -> Iterator[str]:
        self._note("")
        return iter(())


class Judged(NamedTuple):
    """An explanation without what was typed. `sure` is False where nobody can tell here which flow judges.

    `checked` is whether the last check covers the entry; `since` is how many entries were recorded after it.
    """

    explanation: Explanation
    sure: bool
    checked: bool
    since: int


def erased_names(source: Source, digests: tuple[str, ...]) -> dict[str, tuple[str, int, str]]:
    """Of the sealed digests of an entry, those that were erased: digest → (name, entry that erased it, ground)."""
    found = {}
    for digest in digests:
        row = source.db.execute(
            "SELECT json_extract(entry, '$.name'), seq, json_extract(entry, '$.ground') FROM entries "
            "WHERE kind = 'erasure' AND erased_digest = ?",
            (digest,),
        ).fetchone()
        if row is not None:
            found[digest] = (str(row[0]), int(row[1]), str(row[2]))
    return found


def _recorded(source: Source, seq: int, asked: set[str]) -> Recorded | None:
    found = source.entry(seq)
    if found is None or not isinstance(found[0], Transfer | Correction):
        return None
    facts = found[0]
    ((_, hash_, _, superseded),) = source.identities([seq])
    erased = erased_names(source, facts.sd)
    names = frozenset(name for name, _, _ in erased.values())
    given: Given = _Untold(names, asked) if len(erased) < len(facts.sd) else {}
    stands = superseded is None and not (isinstance(facts, Correction) and facts.withdrawn)
    return Recorded(seq, hash_, facts, given, names, stands, superseded)


def _before(source: Source, facts: Transfer | Correction, seq: int, asked: set[str]) -> Iterator[Recorded]:
    # Of the statements before a correction, the checks look at the first and at the one that it replaced.
    if isinstance(facts, Correction):
        root = facts.corrects.seq
        row = source.db.execute("SELECT max(seq) FROM entries WHERE corrects = ? AND seq < ?", (root, seq)).fetchone()
        for one in dict.fromkeys((root, root if row[0] is None else row[0])):
            if (found := _recorded(source, one, asked)) is not None:
                yield found


def kept_findings(source: Source, seq: int, most: int) -> list[Finding]:
    """What the last check found that concerns an entry, the first `most`; one on several entries, on each of them."""
    rows = source.db.execute(
        "SELECT whole.finding FROM verdicts.findings AS f JOIN verdicts.findings AS whole ON whole.key = f.key "
        "AND whole.finding IS NOT NULL WHERE f.seq = ? ORDER BY f.position, f.key LIMIT ?",
        (seq, most),
    )
    return [_finding(text) for (text,) in rows]


class _Judge:
    """One statement, and the checks that are asked about it one by one, each as if it were the first."""

    def __init__(self, recorded: Recorded, context: Context, asked: set[str]) -> None:
        self._recorded, self._context, self._asked = recorded, context, asked
        self._flow: Flow | None = None
        self._asked.clear()
        self.case = choose(Case(recorded, context))
        self.between = len(self.case.pair)
        # Of one flow between two known parties nothing else can tell.
        self.sure = not self._asked or (self.between == 1 and self._asked.isdisjoint(_PARTIES))
        self.judged, self.why = chosen(self.case)
        if self.sure:
            self._flow = self.case.flow

    @property
    def flow(self) -> Flow | None:
        """The flow that judges; None where there is none, or nobody can tell here."""
        return self._flow

    def _fresh(self) -> Case:
        # A case keeps what it looked up, so that a second check would not be seen to look for it.
        return Case(self._recorded, self._context).on_flow(self._flow)

    def ask(self, check: AnyCheck, findings: tuple[Finding, ...], checked: bool) -> Answer:
        """What one check says; `findings` are what the last check of the ledger found, if it was `checked`."""
        if findings:
            return Answer(check.ID, "found", findings=findings)
        if check.NEEDS == "flow" and not self.sure and self.case.version is not None:
            return Answer(check.ID, "not-run", TYPED)
        self._asked.clear()
        if not checked and (check.NEEDS == "law" or self.case.version is not None):
            if not isinstance(check, Check):
                return Answer(check.ID, "not-run", UNCHECKED)
            if check.NEEDS != "flow" or self._flow is not None:
                findings = tuple(check.check(self._fresh()))
        one = answer(check, self._fresh(), self.why, findings)
        return Answer(check.ID, "not-run", TYPED) if self._asked else one


def judged(source: Source, shared: Shared, seq: int, today: date, most: int) -> Judged | None:
    """Why the statement that is entry `seq` was judged as it was; None where it states no transfer.

    The last check's day is spoken of, `today` where there was none. At most `most` findings of it are taken.
    """
    asked: set[str] = set()
    recorded = _recorded(source, seq, asked)
    if recorded is None or recorded.facts.transferred_on is None:
        return None
    state = verdicts.state(source.db)
    size = 0 if state is None else state.size
    checked = seq < size
    # What was adopted after the last check judged nothing that it found.
    adopted = tuple(one for one in shared.registers if one.seq < (size if checked else source.head.size))
    history = history_on_demand(source)
    evidence = Evidence(
        recorded=(),
        adopted=adopted,
        organisations=shared.organisations,
        law=load_law(),
        vocabularies=load_vocabularies(),
        restated=source.restated_organisations(),
        history=history,
        transfers_by_id=Cited(source, history, given=lambda _: _Untold(frozenset(), asked)),
        origin=source.genesis().origin,
    )
    as_of = state.as_of if state is not None and checked else today
    context = Context(evidence, as_of)
    for before in _before(source, recorded.facts, seq, asked):
        context.supersede(before)
    one = _Judge(recorded, context, asked)
    found: Mapping[str, list[Finding]] = {}
    if checked:
        found = {}
        for finding in kept_findings(source, seq, most):
            found.setdefault(finding.check, []).append(finding)
    answers = tuple(one.ask(check, tuple(found.get(check.ID, ())), checked) for check in CHECKS)
    told = Explanation(
        recorded, as_of, one.judged, one.case.version, one.why, one.flow, one.between if one.sure else 0, answers
    )
    return Judged(told, one.sure, checked, source.head.size - size)
