"""Where the rule that a finding rests on is written: the paragraphs that a flow cites, what its editor assigned; and
findings about a flow itself, which are on no transfer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.finding import Citation, Finding, Outcome, Severity, Value, make

if TYPE_CHECKING:
    from ledger.register.model import Flow
    from ledger.source import Adopted


def cited(version: Adopted | None, ids: tuple[str, ...]) -> tuple[Citation, ...]:
    """The paragraphs of `version` with these ids."""
    if version is None:
        return ()
    found = (version.register.paragraph(id_) for id_ in ids)
    return tuple(Citation(one.citation, one.point) for one in found if one is not None)


def rule(
    version: Adopted | None, flow: Flow | None, limit: str | None = None, cite: tuple[str, ...] = ()
) -> tuple[tuple[Citation, ...], str]:
    """Where a rule of `version` is written, and why its limit was assigned, "" where it was not.

    `limit` is the attribute of the flow (without one: of the register) that set the limit, `cite` are paragraphs to
    cite besides the flow's own; a rule that cites none is the register's as a whole.
    """
    citations = cited(version, tuple(dict.fromkeys((*cite, *(flow.cite if flow else ())))))
    if not citations and version is not None:
        citations = (Citation(f"{version.register.title}, version {version.register.version}"),)
    by = flow if flow is not None else None if version is None else version.register
    return citations, "" if by is None or limit is None else by.assigned.get(limit, "")


def on_version(
    version: Adopted,
    flow: Flow,
    check: str,
    outcome: Outcome,
    reason: str,
    *,
    expected: tuple[Value, ...] = (),
    found: tuple[Value, ...] = (),
    limit: str | None = None,
    cite: tuple[str, ...] = (),
    severity: Severity | None = None,
) -> Finding:
    """A finding about a flow as a whole, on the entry that adopted its version; it is nobody's transfer.

    `limit` and `cite` are as in `rule`.
    """
    citations, assigned = rule(version, flow, limit, cite)
    return make(
        check,
        outcome,
        reason,
        entries=((version.seq, version.hash),),
        id_=None,
        expected=expected,
        found=found,
        citations=citations,
        assigned=assigned,
        register=version.entry.sha256,
        severity=severity,
    )
