"""The documented flows of the version that judges on a day, in words, for all exports.

They are told in the notice's own names: nothing of them comes from the transfers or from the organisations of a ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ledger.errors import Refused
from ledger.register.model import Flow, OptOut, Register, Subjects
from ledger.source import Adopted, Source
from reports.context import Context, Evidence, permitted_days
from reports.documents.blocks import Made
from reports.documents.reading import made_from
from reports.wording import Labels, dated


class InWords(NamedTuple):
    """One documented flow as people read it; a text or a list is empty where the notice says nothing.

    `required` go whenever anything goes, `permitted` may, `voluntary` are asked for and need not be given; `sensitive`
    are those of all these that the law protects more. `schedule_1` are the conditions of the Data Protection Act 2018's
    Schedule 1, `special` and `criminal` those of Articles 9 and 10 or of older law. `sources` are those who sent before
    what is passed on. `ended` is whether the notice's permission had ended before the day that is spoken of.
    """

    flow: Flow
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    people: tuple[str, ...]
    required: tuple[str, ...]
    permitted: tuple[str, ...]
    voluntary: tuple[str, ...]
    sensitive: tuple[str, ...]
    bases: tuple[str, ...]
    special: tuple[str, ...]
    criminal: tuple[str, ...]
    schedule_1: tuple[str, ...]
    conditions: tuple[str, ...]
    sources: tuple[str, ...]
    kept: str
    opt_out: str
    agreement: str
    cited: tuple[str, ...]
    ended: bool

    @property
    def label(self) -> str:
        """What the flow is called."""
        return self.flow.label

    @property
    def fields(self) -> tuple[str, ...]:
        """Every data item that may go."""
        return tuple(dict.fromkeys((*self.required, *self.permitted, *self.voluntary)))

    @property
    def grounds(self) -> tuple[str, ...]:
        """Every lawful basis and condition."""
        return (*self.bases, *self.special, *self.criminal, *self.schedule_1)


def version_on(source: Source, evidence: Evidence, day: date) -> Adopted:
    """The version of the documented purposes that judges on `day`. `Refused` where none does."""
    found = Context(evidence, day).version(day, source.head.size)
    if found is not None:
        return found
    if not evidence.adopted:
        raise Refused(
            "No register of documented purposes is adopted, so there are no documented flows to write down; "
            "`transfer-ledger register adopt` adopts one."
        )
    raise Refused(
        f"No adopted register covers {day.isoformat()}, so there are no documented flows to write down; --as-of names "
        f"another day, and `transfer-ledger register adopt` adopts a register for this one."
    )


def overtaken(evidence: Evidence, version: Adopted, day: date) -> str:
    """The other registers that cover `day` and that no longer judge, in one sentence; "" where there are none."""
    others = dict.fromkeys(
        one.register.title
        for one in evidence.adopted
        if one.seq < version.seq and one.covers(day) and one.register.id != version.register.id
    )
    if not others:
        return ""
    return (
        f"Only one register judges a day, the one that was adopted last: {version.register.title}. It took the place "
        f"of {listed(others)}; flows that only stand there are documented no longer."
    )


def made_from_notice(
    source: Source, evidence: Evidence, version: Adopted, as_of: date, options: tuple[str, ...]
) -> Made:
    """What a document was made from that says nothing but what `version` does.

    That is the ledger up to the adoption, so such a document stays the same while transfers are recorded.
    """
    whole = made_from(source, evidence, as_of, options)
    return Made(
        origin=whole.origin,
        size=version.seq + 1,
        head=version.hash,
        head_at=version.entry.recorded_at,
        as_of=as_of,
        registers=(version.entry.sha256,),
        version=whole.version,
        options=options,
    )


def _people(of: Subjects, label: Labels) -> tuple[str, ...]:
    found = [label(one, "subject_kind") for one in of.kinds]
    found += [label(one, "key_stage") for one in of.key_stages]
    found += [label(one, "year_group") for one in of.year_groups]
    if of.phases:
        found.append("schools of these phases: " + ", ".join(label(one, "phase").lower() for one in of.phases))
    if of.ages is not None:
        least, most = of.ages.min, of.ages.max
        if least is not None and most is not None:
            found.append(f"aged {least} to {most}")
        elif least is not None:
            found.append(f"aged {least} or over")
        elif most is not None:
            found.append(f"aged up to {most}")
    return tuple(found)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _opt_out(one: OptOut, label: Labels) -> str:
    def fields(ids: Iterable[str]) -> str:
        return listed(label(field, "field") for field in ids)

    found = [_sentence(one.who)]
    if one.passing_on:
        found.append("What a school sent about them is then not passed on.")
    elif one.always is None:
        found.append(f"These are then left out: {fields(one.withheld)}.")
    elif one.always:
        found.append(f"Then nothing goes but: {fields(one.always)}.")
    else:
        found.append("Then nothing goes.")
    if one.unclear:
        found.append(f"The notice is not clear about: {fields(one.unclear)}.")
    if one.why:
        found.append(_sentence(one.why))
    return " ".join(found)


def _conditions(flow: Flow, register: Register, label: Labels) -> tuple[str, ...]:
    found = []
    if flow.granularity is not None and flow.granularity != "individual":
        found.append(f"totals only, no finer than: {label(flow.granularity, 'granularity').lower()}")
    if flow.use == "statistical-only":
        found.append("used for statistics only")
    if flow.approval is not None:
        found.append(f"approved beforehand by: {label(flow.approval.role, 'approval_role').lower()}")
    if flow.frequency is not None:
        many = flow.frequency.at_most
        found.append(f"at most {'once' if many == 1 else f'{many:,} times'} a {flow.frequency.per}")
    if flow.expected:
        found.append(f"expected for: {', '.join(one.label for one in flow.expected)}")
    passed = [before.label for one in flow.passes_on if (before := register.flow(one)) is not None]
    if passed:
        found.append(f"passes on what came by: {', '.join(passed)}")
    if flow.permitted_until is not None:
        found.append(f"until {dated(flow.permitted_until) or flow.permitted_until}")
    return tuple(found)


def _cited(flow: Flow, register: Register) -> tuple[str, ...]:
    parts = (flow.opt_out, flow.approval, flow.agreement, flow.retention, flow.frequency, *flow.expected)
    ids = [*flow.cite, *(one for part in parts if part is not None for one in part.cite)]
    found = (register.paragraph(one) for one in ids)
    return tuple(dict.fromkeys(one.citation for one in found if one is not None))


def in_words(version: Adopted, evidence: Evidence, day: date) -> list[InWords]:
    """The flows of a version as of `day`, in the register's order."""
    label, law, register = Labels(evidence), evidence.law, version.register
    sensitive = {one.id for one in evidence.vocabularies.field if one.special_category or one.criminal_offence}

    def bases(flow: Flow, kind: str, *, schedule_1: bool = False) -> tuple[str, ...]:
        found = (law.basis(one) for one in flow.lawful_bases)
        return tuple(
            one.label
            for one in found
            if one is not None and (one.part is not None) == schedule_1 and (schedule_1 or one.kind == kind)
        )

    def labelled(ids: Iterable[str], kind: str) -> tuple[str, ...]:
        return tuple(label(one, kind) for one in ids)

    def parties(ids: Iterable[str]) -> tuple[str, ...]:
        known = ((one, register.party(one)) for one in ids)
        return tuple(dict.fromkeys(one if party is None else party.name for one, party in known))

    def purposes(ids: Iterable[str]) -> tuple[str, ...]:
        known = ((one, register.purpose(one)) for one in ids)
        return tuple(one if purpose is None else purpose.label for one, purpose in known)

    found = []
    for flow in register.flows:
        fields, review = flow.fields, "" if flow.agreement is None else "A sharing agreement has to be in place"
        if flow.agreement is not None and flow.agreement.review_on is not None:
            review += f", to be looked at again on {dated(flow.agreement.review_on.isoformat())}"
        passed = (before.sender for one in flow.passes_on if (before := register.flow(one)) is not None)
        found.append(
            InWords(
                flow=flow,
                senders=parties(flow.sender),
                recipients=parties(flow.recipient),
                purposes=purposes(flow.purposes),
                people=_people(flow.subjects, label),
                required=labelled(fields.required, "field"),
                permitted=labelled(fields.permitted, "field"),
                voluntary=labelled(fields.voluntary, "field"),
                sensitive=labelled((one for one in dict.fromkeys(_ids(flow)) if one in sensitive), "field"),
                bases=bases(flow, "basis"),
                special=bases(flow, "special-category"),
                criminal=bases(flow, "criminal-offence"),
                schedule_1=bases(flow, "", schedule_1=True),
                conditions=_conditions(flow, register, label),
                sources=parties(one for ids in passed for one in ids),
                kept="" if flow.retention is None else flow.retention.text,
                opt_out="" if flow.opt_out is None else _opt_out(flow.opt_out, label),
                agreement=f"{review}." if review else "",
                cited=_cited(flow, register),
                ended=flow.permitted_until is not None and permitted_days(flow.permitted_until) < day,
            )
        )
    return found


def _ids(flow: Flow) -> tuple[str, ...]:
    return (*flow.fields.required, *flow.fields.permitted, *flow.fields.voluntary)


def listed(texts: Iterable[str]) -> str:
    """Several texts in one cell."""
    return "; ".join(texts)


def people_in_words(people: Iterable[str]) -> str:
    """Whose data it is; that the notice sets no limit is said too."""
    return listed(people) or "Anybody: the notice sets no limit"
