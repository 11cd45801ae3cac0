"""The checks as `docs/CHECKS.md` prints them: what each says of itself, and the cases marked `example`, in words."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ledger.source import Recorded
from reports.checks import CHECKS, AnyCheck
from reports.context import Evidence
from reports.finding import OUTCOMES, SEVERITIES, Finding, make
from reports.run import run
from reports.wording import Labels, dated, word
from tests.reports.world import AS_OF, world_of

CASES = Path(__file__).parents[1] / "cases"

NEEDS = {
    "law": "on every transfer, whatever the notice says and even where none was adopted.",
    "register": "on every transfer whose day a version of the documented purposes covers.",
    "flow": "on every transfer that has a documented flow to be judged by.",
}


def _grade(outcome: str, severity: str) -> str:
    return f"{outcome.replace('-', ' ')}, {severity}"


def _graded(check: str, source: str, findings: list[Finding]) -> str:
    """What the check can find: the outcomes that its source names, as severe as its cases show, else as usual."""
    shown = {(one.outcome, one.severity) for one in findings}
    for outcome in OUTCOMES:
        if f'"{outcome}"' in source and outcome not in {of for of, _ in shown}:
            shown.add((outcome, make(check, outcome, "", entries=(), id_=None).severity))
    ordered = sorted(shown, key=lambda one: (OUTCOMES.index(one[0]), SEVERITIES.index(one[1])))
    return "; ".join(_grade(*one) for one in ordered)


def _sent(one: Recorded, label: Labels, *, tell_recorded: bool) -> str:
    """The transfer in words; a name that was typed, and that nobody knows, stands in quotes."""
    facts, given = one.facts, one.given

    def named(id_: str | None, name: str, kind: str = "party") -> str:
        if name in given:
            return f"“{given[name]}”"
        return label(id_ or "", kind)

    typed = given.get("fields_as_given", ())
    fields = [label(field, "field") for field in facts.fields if field != "unlisted"] + [f"“{text}”" for text in typed]
    text = f"{named(facts.sender, 'sender_as_given')} to {named(facts.recipient, 'recipient_as_given')}, "
    purpose = named(facts.purpose, "purpose_as_given", "purpose")
    text += f"{dated(facts.transferred_at or '')}, for {purpose}: {', '.join(fields)}."
    return text + (f" Recorded on {dated(facts.recorded_at.isoformat())}." if tell_recorded else "")


def _on(finding: Finding, *, many: bool) -> str:
    """What the finding is on, where that is not the example's only transfer."""
    if finding.seq < 10:
        return " on the documented purposes"
    if finding.seq >= 90:
        return " on the decision"
    return f" on transfer {finding.seq - 9}" if many else ""


def _example(check: str, case: dict[str, Any], world: Evidence, findings: tuple[Finding, ...]) -> str:
    many, label = len(case["transfers"]) > 1, Labels(world)
    lines = [f"**Example: {case['name']}**", ""]
    for place, (one, stated) in enumerate(zip(world.recorded, case["transfers"], strict=True), 1):
        text = _sent(one, label, tell_recorded="recorded_at" in stated)
        lines.append(f"- Transfer {place} (`{one.facts.id}`): {text}" if many else f"- Transfer: {text}")
    for stated in case.get("organisations", ()):
        lines.append(f"- An organisation: {stated['name']}.")
    for stated in case.get("decisions", ()):
        due = f" until {dated(str(stated['due']))}" if "due" in stated else ""
        lines.append(f"- A decision on the finding of `{stated['finding']}`: {stated['decision']}{due}.")
    if "register" in case and "recorded_at" in case["register"]:
        lines.append(f"- The documented purposes, adopted on {dated(str(case['register']['recorded_at']))}.")
    if "as_of" in case:
        lines.append(f"- As of {dated(str(case['as_of']))}.")
    for finding in (one for one in findings if one.check == check):
        words = word(finding, label)
        on = _on(finding, many=many)
        lines += [
            f"- **{_grade(finding.outcome, finding.severity).capitalize()}**{on}",
            f"  - Expected: {words.expected}",
            f"  - Found: {words.found}",
            f"  - What to do: {words.next_step}",
        ]
    others = dict.fromkeys(f"[{one.check}](#{one.check})" for one in findings if one.check != check)
    if others:
        lines.append(f"- Found besides: {', '.join(others)}.")
    if not findings:
        lines.append("- Nothing is found.")
    return "\n".join(lines)


def section(check: AnyCheck) -> str:
    """One check: its docstring, where it runs, what it can find, and its examples."""
    examples, found = [], []
    for case in YAML(typ="safe").load(CASES / f"{check.ID}.yml"):
        world = world_of(case)
        findings = run(world, case.get("as_of", AS_OF)).findings
        found += [one for one in findings if one.check == check.ID]
        if case.get("example"):
            examples.append(_example(check.ID, case, world, findings))
    source = inspect.getsource(sys.modules[check.__name__])
    about = f"*Runs* {NEEDS[check.NEEDS]} *Finds:* {_graded(check.ID, source, found)}."
    return "\n\n".join((f"### {check.ID}", (check.__doc__ or "").strip(), about, *examples))


def sections() -> str:
    """Every check, in the order in which a report lists them."""
    return "\n\n".join(map(section, CHECKS))
