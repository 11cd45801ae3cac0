"""A register in plain text, for people: each flow with its limits, and which of these it does not state.

An asterisk marks what an editor assigned; its reason stands below the flow. A flow is shown as its notice
reads, so nothing here depends on the facts of law.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ledger.register.model import Ages, Flow, OptOut, Register
from ledger.register.read import load_vocabularies
from ledger.register.tell import due, frequency, retention

_WIDTH = 100


def _wrapped(label: str, text: str, indent: int = 2) -> str:
    lead = " " * indent + f"{label + ': ' if label else ''}"
    return textwrap.fill(
        text, _WIDTH, initial_indent=lead, subsequent_indent=" " * (indent + 4), break_on_hyphens=False
    )


def _ages(ages: Ages) -> str:
    if ages.min is not None and ages.max is not None:
        text = f"{ages.min} to {ages.max}"
    elif ages.min is not None:
        text = f"{ages.min} and over"
    else:
        text = f"up to {ages.max}"
    return text if ages.beyond == "breach" else f"{text} (beyond that: cannot tell)"


def _opt_out(opt_out: OptOut) -> str:
    if opt_out.passing_on:
        what = "nothing that came from a school goes on"
    elif opt_out.always is not None:
        what = f"only {', '.join(opt_out.always)} may go"
    else:
        what = f"{', '.join(opt_out.withheld)} may not go"
    unclear = f"; unclear: {', '.join(opt_out.unclear)}" if opt_out.unclear else ""
    return f"{opt_out.who}: {what}{unclear}."


def _limits(flow: Flow) -> Iterator[tuple[str, str, str]]:
    """(attribute, label, text) of every limit that the flow has."""
    for name in ("required", "permitted", "voluntary"):
        if ids := getattr(flow.fields, name):
            yield "fields", f"fields {name}", ", ".join(ids)
    subjects = flow.subjects
    yield "kinds", "about", ", ".join(subjects.kinds)
    if subjects.ages is not None:
        yield "ages", "ages", _ages(subjects.ages)
    for name in ("key_stages", "year_groups", "phases"):
        yield name, name.replace("_", " "), ", ".join(getattr(subjects, name))
    yield "granularity", "no finer than", flow.granularity or ""
    yield "lawful_bases", "lawful bases", ", ".join(flow.lawful_bases)
    if flow.opt_out is not None:
        yield "opt_out", "opt-out", _opt_out(flow.opt_out)
    if flow.approval is not None:
        role = load_vocabularies().term("approval_role", flow.approval.role)
        yield "approval", "approval by", role.label if role else flow.approval.role
    yield "use", "use", "statistical only" if flow.use else ""
    yield "passes_on", "passes on", ", ".join(flow.passes_on)
    if flow.agreement is not None:
        day = flow.agreement.review_on
        yield "agreement", "agreement", "needed" + (f", to be reviewed on {day}" if day else "")
    yield "retention", "kept", "" if flow.retention is None else retention(flow.retention)
    yield "frequency", "how often", "" if flow.frequency is None else frequency(flow.frequency)
    yield "expected", "expected", "; ".join(map(due, flow.expected))
    yield "permitted_until", "only until", flow.permitted_until or ""


def _names(register: Register, ids: tuple[str, ...]) -> str:
    return ", ".join(party.name if (party := register.party(id_)) else id_ for id_ in ids)


def _flow(register: Register, flow: Flow) -> Iterator[str]:
    yield _wrapped("", f"{flow.label} [{flow.id}]", 0)
    star = dict.fromkeys(flow.assigned, "*")
    yield _wrapped(f"from{star.get('from', '')}", _names(register, flow.sender))
    yield _wrapped(f"to{star.get('to', '')}", _names(register, flow.recipient))
    purposes = (p.label if (p := register.purpose(id_)) else id_ for id_ in flow.purposes)
    yield _wrapped(f"for{star.get('purposes', '')}", "; ".join(purposes))
    for attribute, label, text in _limits(flow):
        if text:
            yield _wrapped(label + star.get(attribute, ""), text)
    cited = (found.citation if (found := register.paragraph(id_)) else id_ for id_ in flow.cite)
    yield _wrapped("notice", "; ".join(cited))
    for attribute, reason in flow.assigned.items():
        yield _wrapped("", f"* {attribute}: {reason}")


def describe(register: Register) -> str:
    """The whole register as text of at most 100 columns, ending in a newline."""
    until = f"to {register.effective_until}" if register.effective_until else "until replaced"
    lines = [
        register.title,
        f"{register.id}, version {register.version}, from {register.effective_from} {until}",
    ]
    lines += [_wrapped("", f"* {name}: {reason}", 0) for name, reason in register.assigned.items()]
    lines += ["", "* assigned by the editor: the notice does not state it.", "", "FLOWS"]
    for flow in register.flows:
        lines += ["", *_flow(register, flow)]
    lines += ["", "PARAGRAPHS OF THE NOTICE"]
    for paragraph in register.paragraphs:
        lines += ["", paragraph.citation, _wrapped("", paragraph.point)]
        lines += [_wrapped("", f"“{quote}”", 4) for quote in paragraph.quotes]
    return "\n".join(lines) + "\n"
