"""The checks on the notices that come with the project: what keeps every limit of a flow is no finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from ledger.register.model import Flow
from ledger.register.read import load_law, load_notice, notice_ids
from reports.context import permitted_days
from reports.run import run
from tests.reports.world import evidence, recorded, register

FLOWS = [
    pytest.param(id_, flow, sender, recipient, id=f"{id_}: {flow.id} {sender} {recipient}")
    for id_ in notice_ids()
    for flow in load_notice(id_).flows
    for sender in flow.sender
    for recipient in flow.recipient
]


def within(flow: Flow, sender: str, recipient: str, first: date) -> dict[str, Any]:
    """A transfer that keeps all limits of `flow`, half a year after the register's `first` day or before its end."""
    law = load_law()
    bases = {code for code in flow.lawful_bases if (basis := law.basis(code)) is not None and basis.kind == "basis"}
    conditions = [code for code in flow.lawful_bases if code not in bases]
    subjects, ages = flow.subjects, flow.subjects.ages
    about: dict[str, Any] = {"kind": subjects.kinds[0] if subjects.kinds else "pupil"}
    if ages is not None:
        about |= {"age_min": ages.min or 10, "age_max": ages.max or 16}
    about["key_stages"], about["year_groups"] = subjects.key_stages, subjects.year_groups
    day = permitted_days(flow.permitted_until) if flow.permitted_until else None
    stated: dict[str, Any] = {
        "sender": sender,
        "recipient": recipient,
        "purpose": flow.purposes[0],
        "fields": sorted(flow.fields.all),
        "lawful_basis": [code for code in flow.lawful_bases if code in bases] or ["dpa1998-sch2-5"],
        "special_category_condition": conditions,
        "subjects": about,
        "granularity": flow.granularity or "individual",
        "phase": flow.subjects.phases[0] if flow.subjects.phases else None,
        "opt_outs": {"checked": True, "excluded": 1},
        "transferred_at": (first + timedelta(days=181) if day is None else day - timedelta(days=30)).isoformat(),
    }
    if flow.agreement is not None:
        stated["agreement"] = {"review_on": "2099-01-01"}
    if flow.retention is not None and flow.retention.months is not None:
        stated["retain_until"] = stated["transferred_at"]
    if stated["granularity"] != "individual":
        stated["subjects"] = {**about, "smallest": 50}
    if flow.approval is not None:
        stated["approval"] = {"role": flow.approval.role, "date": (first + timedelta(days=1)).isoformat()}
    return stated


@pytest.mark.parametrize(("id_", "flow", "sender", "recipient"), FLOWS)
def test_what_keeps_every_limit_is_no_finding(id_: str, flow: Flow, sender: str, recipient: str) -> None:
    notice = load_notice(id_)
    adopted = register()._replace(register=notice)
    entry = msgspec.structs.replace(adopted.entry, effective_from=notice.effective_from, effective_until=None)
    adopted = adopted._replace(entry=entry)
    world = replace(evidence([]), adopted=(adopted,), organisations={})
    world = replace(world, recorded=[recorded(10, within(flow, sender, recipient, notice.effective_from))])
    found = run(world, notice.effective_from + timedelta(days=365)).findings
    # A body may have closed while the notice still names it; what was not sent is no matter of this transfer.
    aside = ("recipient-closed", "dated-in-future", "documented-but-never-used", "expected-not-recorded")
    assert [one for one in found if one.check not in aside] == []
