"""Somebody opted out, and more of their data went than an opt-out allows.

Parents, and pupils of 16 or over, may tell the school that Connexions gets no more than name and address; and
the authority and the department then pass on nothing that they had from the school. The notice contradicts
itself on the date of birth, so that one cannot be told. Look up the opt-outs before every transfer; where it
was not done, ask the recipient to delete what it must not have.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import NOT_STATED, UNLISTED, OptOuts
from ledger.register.model import OptOut
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding, Outcome, Value

ID = "opt-out-not-honoured"
NEEDS: Needs = "flow"

_MEMBERS = ("opt_outs", "opt_outs.checked", "opt_outs.limited", "opt_outs.limited_to", "fields")


def _stopped(rule: OptOut, fields: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of `fields`, those that an opt-out stops, and those on which the notice is unclear."""
    if rule.always is not None:
        stopped = fields - frozenset(rule.always)
        unclear = stopped & frozenset(rule.unclear)
    else:
        stopped = fields & frozenset(rule.withheld)
        unclear = fields & frozenset(rule.unclear)
    return tuple(sorted(stopped - unclear)), tuple(sorted(unclear))


def check(case: Case) -> Iterator[Finding]:
    """By the flow's rule: what an opt-out withholds, or what is not passed on at all."""
    assert case.flow is not None
    rule = case.flow.opt_out
    if rule is None:
        return
    for outcome, reason, expected, found in (_passing_on if rule.passing_on else _withheld)(case, rule):
        yield case.finding(
            ID,
            outcome,
            reason,
            expected=expected,
            found=found,
            members=_MEMBERS,
            limit="opt_out",
            cite=rule.cite,
        )


def _at_stake(case: Case, rule: OptOut) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of what went, as far as it is known, what an opt-out stops, and that on which the notice is unclear."""
    stopped, unclear = _stopped(rule, case.fields)
    if case.unknown_fields and rule.always is not None:
        stopped += ("fields_as_given",)
    return stopped, unclear


_Found = tuple[Outcome, str, tuple[Value, ...], tuple[Value, ...]]


def _withheld(case: Case, rule: OptOut) -> Iterator[_Found]:
    expected: tuple[Value, ...] = rule.always if rule.always is not None else rule.withheld
    stopped, unclear = _at_stake(case, rule)
    if not stopped and not unclear and not case.fields_untold:
        return
    opt_outs = case.facts.opt_outs
    if opt_outs is None or opt_outs.checked is None:
        yield "cannot-tell", "not-stated", expected, stopped or unclear
    elif not opt_outs.checked:
        yield "breach" if stopped else "cannot-tell", "not-checked", expected, stopped or unclear
    elif opt_outs.limited or opt_outs.limited_to:
        yield from _limited(case, rule, opt_outs, expected)


def _limited(case: Case, rule: OptOut, opt_outs: OptOuts, expected: tuple[Value, ...]) -> Iterator[_Found]:
    if not opt_outs.limited_to or NOT_STATED in opt_outs.limited_to:
        yield "cannot-tell", "limited-to-what", expected, ()
        return
    known, unknown = case.limited_to
    stopped, unclear = _stopped(rule, known)
    if unknown and rule.always is not None:
        stopped += ("limited_to_as_given",)
    if stopped:
        yield "breach", "beyond", expected, stopped
    elif unclear:
        yield "cannot-tell", "unclear", expected, unclear
    elif UNLISTED in opt_outs.limited_to and case.lost("limited_to_as_given"):
        yield "cannot-tell", "erased", expected, ("limited_to_as_given",)


def _passing_on(case: Case, rule: OptOut) -> Iterator[_Found]:
    opt_outs = case.facts.opt_outs or OptOuts()
    told = tuple(
        source.facts.id
        for source in case.sources
        if (before := source.facts.opt_outs) is not None and (before.limited or before.excluded)
    )
    if opt_outs.limited or opt_outs.limited_to:
        yield "breach", "passed-on", (), (opt_outs.limited or 0,)
    elif told and not opt_outs.excluded:
        yield "breach", "source-had-opt-outs", (), told
    elif opt_outs.checked is None:
        yield "cannot-tell", "not-stated", (), ()
    elif not opt_outs.checked:
        yield "breach", "not-checked", (), ()


def compared(case: Case) -> Compared | str:
    """How the rule works with its fields, and whether opt-outs were looked up, with how many left out and limited."""
    assert case.flow is not None
    rule, opt_outs = case.flow.opt_out, case.facts.opt_outs or OptOuts()
    if rule is None:
        return "no-limit"
    if rule.passing_on:
        expected: tuple[Value, ...] = ("passing-on",)
    else:
        expected = ("withheld", *rule.withheld) if rule.always is None else ("always", *rule.always)
        if not any(_at_stake(case, rule)) and not case.fields_untold:
            return "nothing-stopped"
    checked = "" if opt_outs.checked is None else "yes" if opt_outs.checked else "no"
    found = (checked, opt_outs.excluded or 0, opt_outs.limited or 0)
    return case.compared(expected, found, limit="opt_out", cite=rule.cite)
