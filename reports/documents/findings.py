"""Findings as rows for people: in sentences, with who sent what to whom, and the order in which to read them.

The checks give values; here they meet the names of the ledger's parties and the date of their transfer. What a
party was called by whoever typed an unknown name is erasable and is not shown: such a party is `unlisted`.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from ledger.members import UNLISTED
from ledger.source import Source
from reports.checks import CHECKS
from reports.decisions import Decision, Verdict
from reports.finding import SEVERITIES, Finding, Outcome, Severity
from reports.history import OPEN, How, State
from reports.run import Result
from reports.wording import Labels, Wording, dated, word

MOST_ROWS = 200
"""So many findings of one cause are listed in a report; `findings.csv` has all of them."""

_MOST_WORDS = 10_000

SEVERAL = "Several, in one import"
"""Named in place of a party where a finding is about a whole import."""

ON_NO_TRANSFER = {"register": "The documented purposes", "review": "A decision"}
"""Named in place of a party where a finding is on an entry that is no transfer, by the entry's kind."""

NOT_KNOWN = "Not a known name (unlisted)"


class Sent(NamedTuple):
    """The transfer that a finding is about: its day and its parties, as in `Row`. `purpose_id` is "" as they are."""

    on: date | None
    sender_id: str
    sender: str
    recipient_id: str
    recipient: str
    purpose: str
    purpose_id: str = ""


class Decided(NamedTuple):
    """The newest decision on a finding, as files may hold it: without the erasable values, which its entry has.

    `closed` is whether it closes the finding on the day of the run; `seq` is the entry that sealed it.
    """

    decision: Verdict
    due: date | None
    closed: bool
    seq: int

    @property
    def words(self) -> str:
        """As people read it: what was decided, until when, and where it is sealed."""
        passed = "" if self.closed else ", which has passed"
        return f"{verdict_in_words(self.decision, self.due)} (entry {self.seq}){passed}"


VERDICTS: dict[Verdict, str] = {
    "remedied": "fixed",
    "accepted": "continue until",
    "false-alarm": "the check was wrong",
    "recording-mistake": "our entry was wrong",
}
"""Decisions in words."""


def verdict_in_words(decision: Verdict, due: date | None) -> str:
    """A decision in words, with the last day on which it holds."""
    words = VERDICTS[decision].removesuffix(" until")
    return words if due is None else f"{words} until {dated(due.isoformat())}"


STATES = {"open": "open", "awaiting-confirmation": "needs a second person", "settled": "closed"}
"""How findings stand, in words."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One finding in words. `recipient_id` and `sender_id` are "" where it concerns several transfers at once.

    `found` is the whole sentence, with notes on assigned limits, on what software filled in and on corrections;
    `shortly` is the same without the notes. `assigned` is the editor's reason for a limit that the notice does not
    state, "" where the notice does. `on` is the London day of the transfer, an interval's first.
    """

    key: str
    check: str
    reason: str
    outcome: Outcome
    severity: Severity
    seq: int
    id: str | None
    entries: tuple[int, ...]
    on: date | None
    sender_id: str
    sender: str
    recipient_id: str
    recipient: str
    purpose: str
    expected: str
    found: str
    shortly: str
    citation: str
    assigned: str
    prefilled: tuple[str, ...]
    next_step: str
    corrected_by: int | None
    standing: State
    decision: Decided | None
    advice: Decided | None = None

    @property
    def state(self) -> str:
        """How the finding stands, in words."""
        overdue = self.decision is not None and not self.decision.closed
        return in_words(self.standing, overdue and self.standing.state == "open")


_HOW: dict[How, str] = {
    "restated": "stated again later",
    "corrected": "corrected",
    "withdrawn": "withdrawn",
    "own-correction": "corrected within a working day by the person who recorded it",
    "remedied": VERDICTS["remedied"],
    "accepted": "may continue for a time",
    "false-alarm": VERDICTS["false-alarm"],
    "recording-mistake": VERDICTS["recording-mistake"],
}


def in_words(standing: State, overdue: bool) -> str:
    """How a finding stands, in words; `overdue` is whether the day of its decision has passed."""
    if standing.state == "open":
        return "open, decision overdue" if overdue else "open"
    assert standing.how is not None
    said = f"{STATES[standing.state]}: {_HOW[standing.how]}"
    if standing.state == "settled" and standing.second_person is not None:
        said += ", confirmed by a second person" if standing.second_person else ", not checked by anybody else"
    return said


def title(check: str) -> str:
    """What a check finds, in its own words: the first sentence of its documentation."""
    for one in CHECKS:
        if check == one.ID and one.__doc__:
            return one.__doc__.partition("\n")[0].rstrip(".")
    return check


def named(id_: str | None, label: Labels) -> str:
    """The name of a party or a purpose, "" for none."""
    if id_ is None:
        return ""
    return NOT_KNOWN if id_ == UNLISTED else label(id_)


class _Words:
    """Findings in sentences; these are kept for a while, since most findings differ in their entry alone."""

    def __init__(self, label: Labels) -> None:
        self.label = label
        self._kept: dict[object, tuple[Wording, str]] = {}

    def __call__(self, finding: Finding) -> tuple[Wording, str]:
        """The wording, and what was found without its notes."""
        notes = finding.assigned, finding.prefilled, finding.corrected_by, finding.removed_by
        told = finding.check, finding.reason, finding.expected, finding.found, notes
        words = self._kept.get(told)
        if words is None:
            if len(self._kept) >= _MOST_WORDS:
                self._kept.clear()
            words = self._kept[told] = self._said(finding)
        return words

    def _said(self, finding: Finding) -> tuple[Wording, str]:
        words = word(finding, self.label)
        if not any(note not in ("", (), None) for note in (finding.assigned, finding.prefilled, finding.corrected_by,
                                                           finding.removed_by)):  # fmt: skip
            return words, words.found
        bare = msgspec.structs.replace(finding, assigned="", prefilled=(), corrected_by=None, removed_by=None)
        return words, word(bare, self.label).found


class Rows:
    """The findings of a run as rows, each made when it is read: in sentences they take many times their memory.

    They can be read again and again, in the run's order or `by_weight`, also when the ledger is closed.
    """

    def __init__(
        self,
        findings: Sequence[Finding],
        sent: Sequence[Sent],
        label: Labels,
        decided: Mapping[str, Decided] | None = None,
        states: Mapping[str, State] | None = None,
        advice: Mapping[str, Decided] | None = None,
    ) -> None:
        self._findings, self._sent, self._decided, self._states = findings, sent, decided or {}, states or {}
        self._advice = advice or {}
        self._words = _Words(label)

    def __len__(self) -> int:
        return len(self._findings)

    def __iter__(self) -> Iterator[Row]:
        return itertools.starmap(self._row, self.pairs())

    def only(self, keys: Container[str]) -> Rows:
        """Those of the findings with these keys, in the same order."""
        pairs = [pair for pair in self.pairs() if pair[0].key in keys]
        findings, sent = [one for one, _ in pairs], [one for _, one in pairs]
        return Rows(findings, sent, self._words.label, self._decided, self._states, self._advice)

    def state(self, finding: Finding) -> State:
        """How one of the findings stands."""
        return self._states.get(finding.key, OPEN)

    def pairs(self) -> Iterator[tuple[Finding, Sent]]:
        """Each finding and the transfer that it is about, not in words."""
        return zip(self._findings, self._sent, strict=True)

    def told(self) -> Iterator[tuple[Finding, Row]]:
        """Each finding and its row, in the run's order."""
        return zip(self._findings, self, strict=True)

    def by_weight(self) -> Iterator[Row]:
        """The rows with the worst first and the corrected last, otherwise in the run's order."""
        for corrected in (False, True):
            for severity in SEVERITIES:
                for finding, sent in self.pairs():
                    if finding.severity == severity and (finding.corrected_by is not None) == corrected:
                        yield self._row(finding, sent)

    def _row(self, finding: Finding, sent: Sent) -> Row:
        words, shortly = self._words(finding)
        return Row(
            key=finding.key,
            check=finding.check,
            reason=finding.reason,
            outcome=finding.outcome,
            severity=finding.severity,
            seq=finding.seq,
            id=finding.id,
            entries=finding.entries,
            on=sent.on,
            sender_id=sent.sender_id,
            sender=sent.sender,
            recipient_id=sent.recipient_id,
            recipient=sent.recipient,
            purpose=sent.purpose,
            expected=words.expected,
            found=words.found,
            shortly=shortly,
            citation=finding.citation,
            assigned=finding.assigned,
            prefilled=finding.prefilled,
            next_step=words.next_step,
            corrected_by=finding.corrected_by,
            standing=self._states.get(finding.key, OPEN),
            decision=self._decided.get(finding.key),
            advice=self._advice.get(finding.key),
        )


_AT_ONCE = 2_000


def _sent(entry: tuple[str | None, ...], several: bool, label: Labels) -> Sent:
    # A finding on one transfer names its parties; one on an import has many, one on another entry none.
    kind, on, sender, recipient, purpose = entry
    if kind in ON_NO_TRANSFER:
        return Sent(None, "", ON_NO_TRANSFER[kind], "", ON_NO_TRANSFER[kind], "")
    day = None if on is None else date.fromisoformat(on)
    if several:
        return Sent(day, "", SEVERAL, "", SEVERAL, "")
    return Sent(
        day,
        sender or "",
        named(sender, label),
        recipient or "",
        named(recipient, label),
        named(purpose, label),
        purpose or "",
    )


def _entries(source: Source, findings: Sequence[Finding]) -> dict[int, tuple[str | None, ...]]:
    """Of the first entry of each finding its kind, day, sender, recipient and purpose, by its seq."""
    rows = source.db.execute(
        "SELECT e.seq, kind, transferred_on, sender, recipient, purpose FROM json_each(?) AS j "
        "CROSS JOIN entries AS e ON e.seq = j.value",
        (json.dumps(sorted({one.seq for one in findings})),),
    )
    return {seq: tuple(entry) for seq, *entry in rows}


def decided(decisions: Mapping[str, Decision], as_of: date) -> dict[str, Decided]:
    """The newest decision on each finding by its key, as rows have it."""
    return {key: Decided(one.decision, one.due, one.closes(as_of), one.seq) for key, one in decisions.items()}


def rows_of(source: Source, result: Result, label: Labels) -> Rows:
    """The findings of a run over `source`, in the run's order."""
    same: dict[Sent, Sent] = {}
    found: list[Sent] = []
    for first in range(0, len(result.findings), _AT_ONCE):
        some = result.findings[first : first + _AT_ONCE]
        entries = _entries(source, some)
        for finding in some:  # one on an import, or on no transfer, has no id
            sent = _sent(entries[finding.seq], finding.id is None, label)
            found.append(same.setdefault(sent, sent))
    decisions, advice = (decided(of, result.as_of) for of in (result.decisions, result.history.advice))
    return Rows(result.findings, found, label, decisions, result.states, advice)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Findings that have one cause: the same check and the same outcome. `rows` are the first `MOST_ROWS` of `count`.

    `expected`, `citation`, `assigned` and `next_step` are what all of them have in common, and "" where they
    differ: then each row says its own. `own_rules` is whether any has a rule or a next step of its own. `recipients`
    are how many findings there are by the name of the recipient.
    """

    anchor: str
    title: str
    check: str
    outcome: Outcome
    severity: Severity
    expected: str
    citation: str
    assigned: str
    next_step: str
    own_rules: bool
    count: int
    rows: tuple[Row, ...]
    recipients: dict[str, int]


class _Gathered:
    """Findings of one cause, as they come."""

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[Row] = []
        self.recipients: Counter[str] = Counter()
        # Two different texts are as good as a thousand: they have none in common.
        self.texts: dict[str, set[str]] = {name: set() for name in ("expected", "citation", "assigned", "next_step")}

    def add(self, row: Row) -> None:
        self.count += 1
        if self.count <= MOST_ROWS:
            self.rows.append(row)
        for name, texts in self.texts.items():
            if len(texts) < 2:
                texts.add(getattr(row, name))
        self.recipients[row.recipient] += 1


def _cause(place: int, group: _Gathered) -> Cause:
    first = group.rows[0]
    shared = {name: next(iter(texts)) if len(texts) == 1 else "" for name, texts in group.texts.items()}
    return Cause(
        anchor=f"cause-{place}",
        title=f"Cannot be told: {title(first.check)}" if first.outcome == "cannot-tell" else title(first.check),
        check=first.check,
        outcome=first.outcome,
        severity=first.severity,
        own_rules=any(len(group.texts[name]) > 1 for name in ("citation", "assigned", "next_step")),
        count=group.count,
        rows=tuple(group.rows),
        recipients=dict(group.recipients),
        **shared,
    )


def causes_of(rows: Iterable[Row]) -> tuple[Cause, ...]:
    """Rows put together by cause, the worst first, then those with the most findings."""
    groups: dict[tuple[int, str, str], _Gathered] = {}
    for row in rows:
        of = SEVERITIES.index(row.severity), row.check, row.outcome
        group = groups.get(of)
        if group is None:
            group = groups[of] = _Gathered()
        group.add(row)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], -item[1].count))
    return tuple(_cause(place, group) for place, (_, group) in enumerate(ordered, start=1))
