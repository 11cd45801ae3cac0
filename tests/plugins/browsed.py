"""The ledger that most tests of the app look at."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from datasette_plugins.transfer_ledger import app
from ledger import writer
from ledger.register.read import load_notice, notice_bytes
from ledger.seal import Entropy
from ledger.settle import Content, when
from tests.codes import LEAD

OPERATOR, NOTE, REASON = "Jo Typed", "a note that was typed", "the reason that was typed"
RECIPIENT, FIELD, PURPOSE = "Mystery <b>Ltd</b>", "Shoe size as typed", "some purpose as typed"
TYPED = (OPERATOR, NOTE, REASON, RECIPIENT, FIELD, PURPOSE)
"""Erasable values; each stands on the page of its own entry and nowhere else."""

FIRST = 3
"""The first transfer's seq: the genesis, the register and an organisation go before."""

METADATA = app.metadata()["databases"]["ledger"]
VIEWS, QUERIES = tuple(METADATA["tables"]), tuple(METADATA["queries"])


def clock() -> datetime:
    """Three weeks after ContactPoint closed."""
    return datetime(2010, 8, 27, 9, tzinfo=UTC)


def entropy(seed: int = 1) -> Any:
    """Bytes that differ from call to call and within one, the same in every run."""
    return random.Random(seed).randbytes


RANDOM = entropy()


def stated(ledger: writer.Ledger, id_: str, on: str = "2010-07-05", **members: Any) -> Content:
    """A transfer to Ofsted, unless `members` says otherwise."""
    facts = {
        "id": id_,
        "sender": "elm-primary",
        "recipient": "ofsted",
        "purpose": "school-inspection",
        "fields": ["upn"],
        "lawful_basis": ["dpa1998-sch2-5"],
        "subjects": {"kind": "pupil", "count": 210},
        **when(on),
        **members,
    }
    return ledger.settle(facts, {"operator": OPERATOR, "note": NOTE})


def empty_ledger(path: Path, entropy: Entropy = RANDOM) -> Path:
    """A ledger that has a register and a school, and no transfer."""
    writer.create(path, "shire.example/transfers", "Shire Council", clock, entropy, actor=LEAD)
    with writer.Ledger(path, clock, entropy, LEAD) as ledger:
        notice = load_notice("england-2010")
        ledger.adopt(notice, notice_bytes("england-2010").decode(), (date(2009, 9, 1), None, True))
        ledger.add_organisations(
            [{"id": "elm-primary", "name": "Elm Primary School", "role": "school", "phase": "primary"}]
        )
    return path


def make_ledger(path: Path, entropy: Entropy = RANDOM) -> Path:
    """A ledger with one transfer of each sort that a page shows differently."""
    with writer.Ledger(empty_ledger(path, entropy), clock, entropy, LEAD) as ledger:
        ledger.append(stated(ledger, "plain"))
        ledger.append(stated(ledger, "late", "2010-08-20T10:00:00+01:00", recipient="contactpoint"))
        ledger.append(stated(ledger, "odd", recipient=RECIPIENT, purpose=PURPOSE, fields=["upn", FIELD]))
        ledger.append(stated(ledger, "wrong", recipient="contactpoint", purpose="maintain-accuracy"))
        ledger.append(stated(ledger, "undone", recipient="qca"))
        ledger.correct("wrong", REASON, stated(ledger, "wrong"), {})
        ledger.correct("undone", REASON, None, {})
    return path
