"""Laws that hold for any transfers and any register: what is permitted besides harms nobody; order tells nothing."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.register.model import Flow
from ledger.source import Adopted
from reports.finding import SEVERITIES, Finding
from reports.run import run
from tests.reports.test_checks import VARIATIONS
from tests.reports.world import AS_OF, BASES, evidence, register

_transfers = st.lists(
    st.tuples(st.sampled_from(sorted(BASES)), st.sampled_from(VARIATIONS), st.sampled_from(VARIATIONS)).map(
        lambda three: {"from": three[0], **three[1], **three[2]}
    ),
    min_size=1,
    max_size=8,
)

WHICH_DEPENDS_ON_ORDER = frozenset(("duplicate-transfer", "frequency-exceeded", "opt-out-differencing"))
"""Checks that count: of several that are alike the first is as it should be, whichever that is."""


def _weights(findings: tuple[Finding, ...]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for one in findings:
        if one.outcome == "breach" and one.id is not None:
            found.setdefault(one.seq, [0] * len(SEVERITIES))[SEVERITIES.index(one.severity)] += 1
    return {seq: tuple(weight) for seq, weight in found.items()}


def _permitting(adopted: Adopted, flow: Flow, field: str) -> Adopted:
    fields = flow.fields
    if field in fields.all:
        return adopted
    wider = msgspec.structs.replace(flow, fields=msgspec.structs.replace(fields, permitted=(*fields.permitted, field)))
    read = adopted.register
    flows = tuple(wider if one is flow else one for one in read.flows)
    return adopted._replace(register=msgspec.structs.replace(read, flows=flows))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(_transfers, st.data())
def test_a_field_more_that_is_permitted_never_makes_a_breach(
    transfers: list[dict[str, Any]], data: st.DataObject
) -> None:
    world = evidence(transfers)
    flow = data.draw(st.sampled_from(register().register.flows))
    field = data.draw(st.sampled_from(("telephone", "ethnicity", "upn", "gender", "height")))
    before = _weights(run(world, AS_OF).findings)
    after = _weights(run(replace(world, adopted=(_permitting(register(), flow, field),)), AS_OF).findings)
    # The flow that judges may be another one then, and so may be what is found; it is never more or worse.
    assert all(weight <= before.get(seq, (0,) * len(SEVERITIES)) for seq, weight in after.items())


def _told(findings: tuple[Finding, ...], ids: dict[int, str]) -> Counter[tuple[object, ...]]:
    counted: Counter[tuple[object, ...]] = Counter()
    for one in findings:
        if one.check in WHICH_DEPENDS_ON_ORDER:
            counted[one.check, one.outcome, one.reason] += 1
        else:
            for seq in one.entries:
                what = (one.expected, one.found) if one.id is not None else ()
                counted[one.check, one.outcome, one.reason, ids.get(seq), what] += 1
    return counted


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(_transfers, st.randoms(use_true_random=False), st.lists(st.integers(1, 3), min_size=8, max_size=8))
def test_order_and_batches_change_no_finding(
    transfers: list[dict[str, Any]], shuffled: random.Random, batches: list[int]
) -> None:
    stated = [
        {**one, "id": f"x{place}", "recorded_at": one.get("recorded_at", "2010-12-31T09:00:00Z")}
        for place, one in enumerate(transfers)
    ]
    found = []
    for way in range(2):
        if way:
            shuffled.shuffle(stated)
            stated = [
                {**one, "batch": {"seq": batch, "row": place + 1}}
                for place, (one, batch) in enumerate(zip(stated, batches, strict=False))
            ]
        world = evidence(stated)
        ids = {one.seq: one.facts.id for one in world.recorded}
        found.append(
            Counter(
                {
                    # "entry" or "batch" is how it is shown.
                    tuple("" if part in ("entry", "batch") else part for part in key): count
                    for key, count in _told(run(world, AS_OF).findings, ids).items()
                }
            )
        )
    late = ("recorded-late", "register-backdated")
    bare = [Counter({(*key[:4],) if key[0] in late else key: n for key, n in one.items()}) for one in found]
    assert bare[0] == bare[1]
