"""The documented flows of the version that judges on a day, in words, for all exports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ledger.errors import Refused
from ledger.register.model import Flow
from ledger.source import Adopted, Source
from reports.context import Context, Evidence
from reports.wording import Labels


class InWords(NamedTuple):
    """One documented flow as people read it; lists are empty where the notice says nothing."""

    flow: Flow
    label: str
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    people: tuple[str, ...]
    fields: tuple[str, ...]
    bases: tuple[str, ...]
    special: tuple[str, ...]
    criminal: tuple[str, ...]
    kept: str
    opt_out: str
    agreement: str
    cited: tuple[str, ...]


def version_on(source: Source, evidence: Evidence, day: date) -> Adopted:
    """The version of the documented purposes that judges on `day`. `Refused` where none does."""
    found = Context(evidence, day).version(day, source.head.size)
    if found is None:
        raise Refused(
            f"No adopted register covers {day.isoformat()}, so there are no documented flows to write down; "
            f"`transfer-ledger register adopt` adopts one, and --as-of names another day."
        )
    return found


def _people(flow: Flow, label: Labels) -> tuple[str, ...]:
    of = flow.subjects
    found = [label(one, "subject_kind") for one in of.kinds]
    found += [label(one, "key_stage") for one in of.key_stages]
    found += [label(one, "year_group") for one in of.year_groups]
    found += [label(one, "phase") for one in of.phases]
    if of.ages is not None:
        least, most = of.ages.min, of.ages.max
        if least is not None and most is not None:
            found.append(f"aged {least} to {most}")
        elif least is not None:
            found.append(f"aged {least} or over")
        elif most is not None:
            found.append(f"aged up to {most}")
    return tuple(found)


def in_words(version: Adopted, evidence: Evidence) -> list[InWords]:
    """The flows of a version in the register's order."""
    label, kinds = Labels(evidence), {basis.id: basis.kind for basis in evidence.law.bases}
    register = version.register

    def bases(flow: Flow, kind: str) -> tuple[str, ...]:
        return tuple(label(one, "lawful_basis") for one in flow.lawful_bases if kinds.get(one) == kind)

    def labelled(ids: Iterable[str], kind: str) -> tuple[str, ...]:
        return tuple(label(one, kind) for one in ids)

    found = []
    for flow in register.flows:
        fields = dict.fromkeys((*flow.fields.required, *flow.fields.permitted, *flow.fields.voluntary))
        review = "" if flow.agreement is None else " An agreement is to be in place."
        cited = (register.paragraph(one) for one in flow.cite)
        found.append(
            InWords(
                flow=flow,
                label=flow.label,
                senders=labelled(flow.sender, "party"),
                recipients=labelled(flow.recipient, "party"),
                purposes=labelled(flow.purposes, "purpose"),
                people=_people(flow, label),
                fields=labelled(fields, "field"),
                bases=bases(flow, "basis"),
                special=bases(flow, "special-category"),
                criminal=bases(flow, "criminal-offence"),
                kept="" if flow.retention is None else flow.retention.text,
                opt_out="" if flow.opt_out is None else flow.opt_out.who,
                agreement=review.strip(),
                cited=tuple(one.citation for one in cited if one is not None),
            )
        )
    return found


def listed(texts: Iterable[str]) -> str:
    """Several texts in one cell."""
    return "; ".join(texts)
