"""Data went to a country whose law is not counted as protecting it, and no safeguard is stated.

Within the European Economic Area, and to the countries that the law names, data may go as at home. Anywhere else
something has to protect it, as standard contractual clauses or, for a few companies in some countries, a scheme
that they joined. Put a safeguard in place, or bring the data back. Where no country is stated, the data is taken to
have stayed in the United Kingdom.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "safeguard-missing"
NEEDS: Needs = "law"

_HOME = "GB"
_ABROAD = Citation("Data Protection Act 1998, Schedule 1 Part I paragraph 8; from 2018 GDPR Article 44", "", "recalled")


def check(case: Case) -> Iterator[Finding]:
    """None needed but lacking: a breach; adequate for some there, or on a part of an interval: cannot tell."""
    country = case.facts.country
    if country in (None, _HOME) or case.facts.safeguard is not None:
        return
    adequacies = case.context.law.adequacies(country or "")
    on = [one for one in adequacies if one.in_force(case.on)]
    last = [one for one in adequacies if one.in_force(case.last)]
    first_whole, last_whole = (any(one.only is None for one in found) for found in (on, last))
    if first_whole and last_whole:
        return
    found: tuple[str, ...] = (country or "",)
    law: tuple[Citation, ...] = (_ABROAD,)
    if first_whole or last_whole:
        reason, found = "spans", (*found, case.facts.transferred_at or "")
    elif some := on or last:
        reason, found = "for-some", (*found, some[0].only or "")
        law = tuple(Citation(one.source, "", one.standing) for one in some)
    else:
        reason = "none"
    yield case.finding(
        ID,
        "breach" if reason == "none" else "cannot-tell",
        reason,
        found=found,
        members=("country", "safeguard", "transferred_at"),
        law=law,
    )


def compared(case: Case) -> Compared | str:
    """The country, and the safeguard where one is stated; the law that makes the country need none."""
    country, safeguard = case.facts.country, case.facts.safeguard
    if country is None or country == _HOME:
        return "at-home"
    if safeguard is not None:
        return case.compared(found=(country, safeguard), law=(_ABROAD,))
    adequate = (one for one in case.context.law.adequacies(country) if one.in_force(case.on))
    law = tuple(Citation(one.source, "", one.standing) for one in adequate)
    return case.compared(found=(country,), law=law)
