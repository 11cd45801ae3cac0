"""What the record says of ContactPoint, in numbers and in one sentence. It is said even where nothing is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from reports.documents.blocks import Text, Verdict
from reports.documents.findings import Cause
from reports.documents.reading import Reading
from reports.documents.statements import some
from reports.wording import dated


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Transfers that used ContactPoint, by when they did: `untold` are those of which that cannot be told.

    `late` are those that are dated before its closing and were recorded after it. `causes` are the causes of the
    findings on all of these, each with how many of its findings are.
    """

    before: int
    after: int
    untold: int
    late: int
    causes: tuple[tuple[Cause, int], ...]

    @property
    def verdict(self) -> Verdict:
        """The answer for everybody."""
        kind: Literal["bad", "unsure", "good"] = "bad" if self.after else "unsure" if self.untold else "good"
        if self.after:
            said = f"{some(self.after, 'transfer', 'transfers')} used ContactPoint after it was switched off."
        elif self.untold:
            said = "No transfer certainly used ContactPoint after it was switched off; of some it cannot be told."
        else:
            said = "No recorded transfer used ContactPoint after it was switched off."
        return Verdict(kind, said)


def contactpoint(reading: Reading) -> ContactPoint:
    """What is found of ContactPoint in the scope of the reading; only what stands."""
    after: set[int] = set()
    untold: set[int] = set()
    late: set[int] = set()
    about: Counter[tuple[str, str, str]] = Counter()
    for finding in reading.result.findings:
        if finding.corrected_by is not None:
            continue
        if finding.check.startswith("contactpoint-"):
            (after if finding.outcome == "breach" else untold).add(finding.seq)
        elif finding.check == "recorded-late" and finding.reason == "contactpoint":
            late.add(finding.seq)
        else:
            continue
        about[finding.check, finding.outcome, finding.severity] += 1
    return ContactPoint(
        before=reading.counts.uses_before.total(),
        after=len(after),
        untold=len(untold - after),
        late=len(late),
        causes=tuple((one, count) for one in reading.causes if (count := about[one.check, one.outcome, one.severity])),
    )


def closing(reading: Reading) -> Text:
    """When it was switched off, what is forbidden from then on, and who says so."""
    fact = reading.law.contactpoint
    recalled = " (recalled, not checked)" if fact.standing == "recalled" else ""
    return (
        f"ContactPoint was switched off on {dated(fact.closed_at.isoformat())}. From then on nothing may be sent to "
        "it, taken from it, processed for it or passed on from it. This holds under every register and under none. "
        f"Source: {fact.source}{recalled}.",
    )
