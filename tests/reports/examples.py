"""The checks as `docs/CHECKS.md` prints them: what each says of itself, and the cases marked `example`, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from reports.checks import CHECKS, Check, GroupCheck
from reports.finding import Finding
from reports.run import run
from reports.wording import Labels, word
from tests.reports.world import AS_OF, evidence

CASES = Path(__file__).parents[1] / "cases"

NEEDS = {
    "law": "On every transfer, whatever the notice says and even where none was adopted.",
    "register": "On every transfer whose day a version of the documented purposes covers.",
    "flow": "On every transfer that has a documented flow to be judged by.",
}
OUTCOMES = {"breach": "breach", "cannot-tell": "cannot tell", "advisory": "advisory"}


def _judged(case: dict[str, Any]) -> tuple[Finding, ...]:
    return run(evidence(case["transfers"], adopted=case.get("adopted", True)), case.get("as_of", AS_OF)).findings


def _graded(finding: Finding) -> str:
    return f"{OUTCOMES[finding.outcome]}, {finding.severity}"


def _example(check: str, case: dict[str, Any]) -> str:
    label = Labels(evidence([]))
    lines = [f"Example: **{case['name']}**", ""]
    found = _judged(case)
    for finding in (one for one in found if one.check == check):
        words = word(finding, label)
        lines += [
            f"- *{_graded(finding).capitalize()}.* Expected: {words.expected} Found: {words.found} "
            f"What to do: {words.next_step}"
        ]
    others = list(dict.fromkeys(f"[`{one.check}`](#{one.check})" for one in found if one.check != check))
    if others:
        lines.append(f"- Found besides: {' and '.join(others)}.")
    return "\n".join([*lines, *([] if found else ["- Nothing is found."])])


def section(check: Check | GroupCheck) -> str:
    """One check: its docstring, where it runs, what its cases show that it can find, and its examples."""
    cases = YAML(typ="safe").load(CASES / f"{check.ID}.yml")
    graded = {_graded(one): None for case in cases for one in _judged(case) if one.check == check.ID}
    finds = f"{'; '.join(sorted(graded))}."
    return "\n\n".join(
        (
            f"### {check.ID}",
            (check.__doc__ or "").strip(),
            f"**Runs:** {NEEDS[check.NEEDS]} **Finds:** {finds}",
            *(_example(check.ID, case) for case in cases if case.get("example")),
        )
    )


def sections() -> str:
    """Every check, in the order in which a report lists them."""
    return "\n\n".join(map(section, CHECKS))
