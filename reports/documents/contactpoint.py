"""What the record says of ContactPoint, in numbers and in one sentence. It is said even where nothing is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from reports.documents.blocks import Text, Verdict
from reports.documents.findings import Cause
from reports.documents.reading import Reading
from reports.documents.statements import some
from reports.run import Result
from reports.wording import dated


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Transfers that used ContactPoint after its closing; `untold` are those of which that cannot be told.

    `after` counts those that were recorded as used after its closing and still count; of these, `changed` were
    withdrawn or corrected since and await a second person. `taken_back` are uses that no longer count, `confirmed`
    those of which a second person agreed to that, and `open` is how many findings on any are to be settled. `late` are
    those dated before its closing and recorded after it. `causes` are the causes of the findings on all of these, each
    with how many of its findings are.
    """

    after: int
    changed: int
    taken_back: int
    confirmed: int
    open: int
    untold: int
    late: int
    causes: tuple[tuple[Cause, int], ...]

    @property
    def recorded(self) -> int:
        """How many uses after the closing were ever recorded."""
        return self.after + self.taken_back

    @property
    def verdict(self) -> Verdict:
        """The answer for everybody."""
        unsure = self.untold or self.taken_back > self.confirmed
        kind: Literal["bad", "unsure", "good"] = "bad" if self.after else "unsure" if unsure else "good"
        if self.recorded:
            uses, gone = some(self.recorded, "use", "uses"), self.changed + self.taken_back
            said = f"{uses} of ContactPoint after it was switched off {_were(self.recorded)} recorded."
            if gone:
                said += f" {gone:,} of them {_were(gone)} withdrawn or changed later; "
                if not self.confirmed:
                    said += "no second person has confirmed that."
                elif self.confirmed == gone:
                    said += "a second person confirmed that."
                else:
                    said += f"a second person confirmed {self.confirmed:,} of these changes."
        elif self.untold:
            said = (
                "No transfer certainly used ContactPoint after it was switched off. Some may have; the record does not "
                "say enough."
            )
        else:
            said = "No recorded transfer used ContactPoint after it was switched off."
        return Verdict(kind, said)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def contactpoint(reading: Reading) -> ContactPoint:
    """What is found of ContactPoint in the scope of the reading, also what was withdrawn or changed since."""
    found, about = _found(reading.result)
    causes = ((one, about[one.check, one.outcome, one.severity]) for one in reading.causes)
    return msgspec.structs.replace(found, causes=tuple((one, count) for one, count in causes if count))


def uses(result: Result) -> ContactPoint:
    """The same of a whole run, without causes."""
    return _found(result)[0]


def _found(result: Result) -> tuple[ContactPoint, Counter[tuple[str, str, str]]]:
    after: set[int] = set()
    changed: set[int] = set()
    taken_back: set[int] = set()
    confirmed: set[int] = set()
    untold: set[int] = set()
    late: set[int] = set()
    about: Counter[tuple[str, str, str]] = Counter()
    open_ = 0
    for finding in result.findings:
        transfer, state = result.history.root(finding.seq), result.state(finding)
        if finding.check.startswith("contactpoint-") and finding.outcome == "breach" and state.denied:
            taken_back.add(transfer)
            if state.second_person:
                confirmed.add(transfer)
        if finding.corrected_by is not None:
            continue
        if finding.check.startswith("contactpoint-"):
            if finding.outcome != "breach":
                untold.add(transfer)
            elif not state.denied:
                after.add(transfer)
                open_ += state.state != "settled"
                if finding.removed_by is not None:
                    changed.add(transfer)
        elif finding.check == "recorded-late" and finding.reason == "contactpoint":
            late.add(transfer)
        else:
            continue
        about[finding.check, finding.outcome, finding.severity] += 1
    found = ContactPoint(
        after=len(after),
        changed=len(changed),
        taken_back=len(taken_back - after),
        confirmed=len(confirmed - after),
        open=open_,
        untold=len(untold - after),
        late=len(late),
        causes=(),
    )
    return found, about


def closing(reading: Reading) -> Text:
    """When it was switched off, what is forbidden from then on, and who says so."""
    fact = reading.law.contactpoint
    recalled = " (recalled, not checked)" if fact.standing == "recalled" else ""
    return (
        f"ContactPoint was switched off on {dated(fact.closed_at.isoformat())}. From then on nothing may be sent to "
        "it, taken from it, processed for it or passed on from it. This holds under every register and under none. "
        f"Source: {fact.source}{recalled}.",
    )
