"""`explain`: one transfer in words, which register judged it and why that one, and what every check compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from ledger.cli.progress import progress
from ledger.errors import Refused
from ledger.members import Correction, Transfer, kind_of
from ledger.source import Recorded, Source
from reports import explain as explaining
from reports.cli.edge import day, statements
from reports.cli.findings import known_check
from reports.decisions import Decision
from reports.documents.findings import decided, title
from reports.evidence import evidence_of
from reports.finding import Finding
from reports.formats.json_ import decision_as_json
from reports.formats.text import decision_in_words, plain
from reports.run import run
from reports.sentences import NOT_APPLICABLE
from reports.wording import (
    NOT_JUDGED,
    VERSIONS,
    Labels,
    dated,
    transfer_in_words,
    word,
    word_passed,
)

_VERDICTS = {"passed": "PASSED", "not-applicable": "DOES NOT APPLY", "not-run": "NOT RUN"}


def _statement(source: Source, which: str) -> int:
    """The seq of the statement that `which` means: a transfer's id as it was last stated, or an entry's seq."""
    row = source.db.execute("SELECT seq FROM entries WHERE kind = 'transfer' AND id = ?", (which,)).fetchone()
    if row is not None:
        newest = source.db.execute("SELECT seq FROM entries WHERE corrects = ? ORDER BY seq DESC", row)
        for (seq,) in newest.fetchall():
            found = source.entry(seq)
            if found is not None and isinstance(found[0], Correction) and not found[0].withdrawn:
                return int(seq)
        return int(row[0])
    if not (which.isascii() and which.isdecimal() and len(which) < 16):
        raise Refused(f"{source.path}: no transfer has the id {which[:64]}.")
    seq = int(which)
    found = source.entry(seq)
    if found is None:
        raise Refused(f"{source.path}: there is no entry {seq}; the last one is {source.head.size - 1}.")
    if isinstance(found[0], Correction) and found[0].withdrawn:
        raise Refused(
            f"{source.path}: entry {seq} withdraws the transfer {found[0].id} and states none; "
            f"explain entry {found[0].corrects.seq} instead."
        )
    if not isinstance(found[0], Transfer | Correction):
        raise Refused(f"{source.path}: entry {seq} is no transfer, but of the kind {kind_of(found[0])}.")
    return seq


def _finding(finding: Finding, label: Labels, decisions: Mapping[str, Decision], as_of: date) -> dict[str, Any]:
    words = word(finding, label)
    sealed, told_decision = decisions.get(finding.key), None
    if sealed is not None:
        (one,) = decided({finding.key: sealed}, as_of).values()
        told_decision = {**(decision_as_json(one) or {}), "words": decision_in_words(one, sealed)}
    return {
        "key": finding.key,
        "seq": finding.seq,
        "id": finding.id,
        "outcome": finding.outcome,
        "severity": finding.severity,
        "expected": words.expected,
        "found": words.found,
        "citation": finding.citation,
        "assigned": finding.assigned,
        "next_step": words.next_step,
        "decision": told_decision,
    }


def _check(answer: explaining.Answer, label: Labels, decisions: Mapping[str, Decision], as_of: date) -> dict[str, Any]:
    told: dict[str, Any] = {"check": answer.check, "title": title(answer.check), "verdict": answer.verdict}
    if answer.compared is not None:
        expected, found = word_passed(answer.check, answer.compared, label)
        citation = "; ".join(map(str, answer.compared.citations))
        told |= {"expected": expected, "found": found, "citation": citation, "assigned": answer.compared.assigned}
    elif answer.verdict == "found":
        told["findings"] = [_finding(finding, label, decisions, as_of) for finding in answer.findings]
    else:
        told["why"] = {**NOT_APPLICABLE, **NOT_JUDGED}[answer.why]
    return told


def told(
    explanation: explaining.Explanation, label: Labels, check: str | None, decisions: Mapping[str, Decision]
) -> dict[str, Any]:
    """An explanation in words, as `--format json` prints it; of one `check` only, if one is given."""
    recorded, version, flow = explanation.recorded, explanation.version, explanation.flow
    facts = recorded.facts
    register: dict[str, Any] | None = None
    if version is not None:
        register = {
            "id": version.register.id,
            "title": version.register.title,
            "version": version.register.version,
            "sha256": version.entry.sha256,
            "seq": version.seq,
            "effective_from": version.entry.effective_from.isoformat(),
            "effective_until": version.entry.effective_until and version.entry.effective_until.isoformat(),
        }
    why = (
        NOT_JUDGED[explanation.why] if version is None else VERSIONS[explanation.why].format(judged=explanation.judged)
    )
    return {
        "as_of": explanation.as_of.isoformat(),
        "transfer": {
            "seq": recorded.seq,
            "id": facts.id,
            "corrects": facts.corrects.seq if isinstance(facts, Correction) else None,
            "corrected_by": recorded.superseded_by,
            "recorded_at": facts.recorded_at.isoformat(),
            "words": transfer_in_words(facts, label),
        },
        "register": register,
        "why": why,
        "flow": flow and {"id": flow.id, "label": flow.label, "between": explanation.between},
        "checks": [
            _check(answer, label, decisions, explanation.as_of)
            for answer in explanation.answers
            if check in (None, answer.check)
        ],
    }


def _compared(of: Mapping[str, Any]) -> Iterator[str]:
    yield f"  Expected: {of['expected']}"
    yield f"  Found: {of['found']}"
    if of["citation"]:
        yield f"  Rule: {of['citation']}" + (" (limit assigned, not in the notice)" if of["assigned"] else "")


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    transfer, register, flow = one["transfer"], one["register"], one["flow"]
    yield f"Entry {transfer['seq']} ({transfer['id']}), recorded {dated(transfer['recorded_at'])}:"
    yield transfer["words"]
    if transfer["corrects"] is not None:
        yield f"It corrects entry {transfer['corrects']}."
    if transfer["corrected_by"] is not None:
        yield f"Entry {transfer['corrected_by']} corrected it since."
    yield ""
    if register is None:
        yield f"No register judges it: {one['why']}"
    else:
        until = register["effective_until"]
        yield (
            f"Judged by {register['title']}, version {register['version']} (entry {register['seq']}), which covers "
            f"{dated(register['effective_from'])} " + (f"to {dated(until)}." if until else "and later.")
        )
        yield one["why"]
        if flow is None:
            yield "No documented flow judges it."
        elif flow["between"] == 1:
            yield f"The documented flow: {flow['label']}."
        else:
            yield f"The documented flow, of {flow['between']} between the two: {flow['label']}."
    yield ""
    for of in one["checks"]:
        if of["verdict"] != "found":
            yield f"{_VERDICTS[of['verdict']]}  {of['check']}: {of['title']}"
            yield from (f"  {of['why']}",) if "why" in of else _compared(of)
        for finding in of.get("findings", ()):
            outcome = finding["outcome"].replace("-", " ").upper()
            yield f"{outcome}  {of['check']}: {of['title']} ({finding['severity']}, {finding['key'][:8]})"
            if finding["seq"] != transfer["seq"] or finding["id"] is None:
                which = f"from entry {finding['seq']} on" if finding["id"] is None else f"about {finding['id']}"
                yield f"  A finding {which} that concerns this entry too."
            yield from _compared(finding)
            yield f"  Next: {finding['next_step']}"
            if finding["decision"] is not None:
                yield f"  Decision: {finding['decision']['words']}"
    yield ""
    yield f"As of {dated(one['as_of'])}."


def explain_ledger(path: Path, which: str, as_of: date, check: str | None = None) -> dict[str, Any]:
    """What `explain` tells of the transfer `which` (its id, or an entry's seq) of the ledger at `path`."""
    with Source(path) as source:
        seq = _statement(source, which)
        evidence, kept = evidence_of(source), list[Recorded]()
        with progress("Checking", statements(source)) as done:
            result = run(replace(evidence, recorded=explaining.keeping(evidence.recorded, seq, kept)), as_of, done)
        (recorded,) = kept
        made = explaining.explain(recorded, evidence, result, source.earlier(recorded))
        return told(made, Labels(evidence), check, evidence.decisions)


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="SEQ|ID")
@click.argument("check", required=False)
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def explain(ledger: Path, which: str, check: str | None, as_of: str | None, format_: str) -> None:
    """Explain how entry SEQ or transfer ID of LEDGER was judged [by one CHECK]: exit 0 explained, 2 could not run."""
    one = explain_ledger(ledger, which, day(as_of), None if check is None else known_check(check))
    if format_ == "json":
        click.echo(json.dumps(one, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(plain(line) for line in _lines(one)))
