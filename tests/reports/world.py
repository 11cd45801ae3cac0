"""The small world that the cases of `tests/cases` are judged in; how a case becomes a recorded transfer."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from ledger.london import days
from ledger.members import Confirmation, Correction, Genesis, Organisation, Person, Register, Transfer
from ledger.people import People
from ledger.register.read import load_law, load_vocabularies, read_register
from ledger.source import Adopted, Recorded
from reports.context import Evidence
from reports.decisions import Decision
from reports.evidence import statement
from reports.history import History, Statement
from reports.run import run
from tests.codes import CLERK, DPO, LEAD

HERE = Path(__file__).parent
AS_OF = date(2011, 1, 31)
SEALED = {"prev": "0" * 64, "salt": "A" * 22}

_WORLD = YAML(typ="safe").load(HERE / "world.yml")


def _organisations(rows: list[dict[str, Any]]) -> dict[str, Organisation]:
    sealed = {**SEALED, "kind": "organisation", "seq": 1, "recorded_at": "2009-09-01T00:00:00Z"}
    return {row["id"]: msgspec.convert({**sealed, **row}, Organisation) for row in rows}


ORGANISATIONS = _organisations(_WORLD["organisations"])

BASES: dict[str, dict[str, Any]] = _WORLD["bases"]


@cache
def register() -> Adopted:
    """The register of the cases, adopted as entry 2."""
    data = (HERE / "register.yml").read_bytes()
    read = read_register(data, "register.yml")
    sealed = Register(
        seq=2,
        recorded_at=datetime(2009, 9, 1, tzinfo=UTC),
        register=read.id,
        version=read.version,
        sha256=hashlib.sha256(data).hexdigest(),
        effective_from=read.effective_from,
        effective_until=read.effective_until,
        effective_assigned=False,
        **SEALED,
    )
    return Adopted(2, hashlib.sha256(data).hexdigest(), sealed, read)


def recorded(seq: int, stated: dict[str, Any]) -> Recorded:
    """`stated` as a recorded transfer: `from` a base, `given` and `erased` values, `corrects` another."""
    stated = {**BASES.get(stated.get("from", ""), {}), **stated}
    stated.pop("from", None)
    given, erased = stated.pop("given", {}), frozenset(stated.pop("erased", ()))
    superseded_by = stated.pop("superseded_by", None)
    facts: dict[str, Any] = {
        "kind": "transfer",
        "id": f"t{seq}",
        "transferred_at": "2010-03-01",
        "lawful_basis": ["dpa1998-sch2-5"],
        "_sd": ["x" * 43],
        **stated,
    }
    on, until = days(facts["transferred_at"])
    facts |= {"transferred_on": on, **({"transferred_until": until} if until else {})}
    facts["actor"] = _code(facts.get("actor", "clerk"))
    if facts.get("withdrawn"):
        facts = {name: facts[name] for name in ("kind", "id", "corrects", "withdrawn", "actor")}
    day = (until or on) + timedelta(days=1)
    facts.setdefault("recorded_at", f"{day}T09:00:00Z")
    kind = Correction if facts["kind"] == "correction" else Transfer
    sealed = msgspec.convert({**SEALED, "seq": seq, **facts}, kind)
    given = {name: value if isinstance(value, str) else tuple(value) for name, value in given.items()}
    hash_ = hashlib.sha256(msgspec.json.encode([seq, sealed], order="sorted")).hexdigest()
    current = superseded_by is None and not stated.get("withdrawn")
    return Recorded(seq, hash_, sealed, given, erased, current, superseded_by)


def _by_id(found: list[Recorded]) -> dict[str, tuple[Recorded, ...]]:
    stated = [one for one in found if one.facts.transferred_on is not None]
    return {id_: tuple(one for one in stated if one.facts.id == id_) for id_ in {one.facts.id for one in stated}}


def _code(who: str) -> str:
    return {"lead": LEAD, "dpo": DPO, "clerk": CLERK}.get(who, who)


def people() -> People:
    """A lead, a data protection officer and a clerk."""
    sealed = {**SEALED, "recorded_at": datetime(2009, 9, 1, tzinfo=UTC)}
    first = Genesis(seq=0, format=2, origin="shire.example/t", organisation="Shire", actor=LEAD, **sealed)
    issued = ((DPO, "dpo"), (CLERK, "clerk"))
    return People([first, *(Person(seq=1, code=code, role=role, actor=LEAD, **sealed) for code, role in issued)])


def _chains(found: list[Recorded]) -> dict[int, tuple[Statement, ...]]:
    chains: dict[int, list[Statement]] = {}
    there = {one.seq: one for one in found}
    for one in found:
        if isinstance(one.facts, Correction):
            first = there[one.facts.corrects.seq]
            chain = chains.setdefault(first.seq, [statement(first.seq, first.hash, first.facts, None)])
            chain.append(statement(one.seq, one.hash, one.facts, None))
    return {root: tuple(chain) for root, chain in chains.items()}


def evidence(transfers: list[dict[str, Any]], *, adopted: bool = True) -> Evidence:
    """The transfers as entries from 10 on, and all that judges them."""
    found = [recorded(10 + place, stated) for place, stated in enumerate(transfers)]
    return Evidence(
        recorded=found,
        adopted=(register(),) if adopted else (),
        organisations=ORGANISATIONS,
        law=load_law(),
        vocabularies=load_vocabularies(),
        transfers_by_id=_by_id(found),
        origin="shire.example/transfers",
        history=History(chains=_chains(found), people=people(), actor={r.seq: r.facts.actor for r in found}.get),
    )


def world_of(case: dict[str, Any]) -> Evidence:
    """The evidence of a case: its `transfers`, where it says so without a register (`adopted: false`).

    `register` changes members of the entry that adopted the register, `organisations` are there besides the world's.
    `decisions` are sealed as entries from 90 on, each on the first finding of the check `finding` (on the entry `on`,
    where it says so), by the lead unless `by` names another. `confirmations` are sealed as entries from 95 on.
    """
    found = evidence(case["transfers"], adopted=case.get("adopted", True))
    changed = {name: str(value) for name, value in case.get("register", {}).items()}
    adopted = tuple(
        one._replace(entry=msgspec.convert({**msgspec.to_builtins(one.entry), **changed}, Register))
        for one in found.adopted
    )
    organisations = {**ORGANISATIONS, **_organisations(case.get("organisations", []))}
    found = replace(found, adopted=adopted, organisations=organisations)
    decisions = {}
    for seq, stated in enumerate(case.get("decisions", []), 90):
        all_found = run(found, case.get("as_of", AS_OF)).findings
        key = next(
            one.key for one in all_found if one.check == stated["finding"] and stated.get("on", one.seq) == one.seq
        )
        at = datetime(2010, 3, 3, tzinfo=UTC)
        decisions[key] = Decision(
            seq, f"{seq:064}", key, stated["finding"], stated["decision"], stated.get("due"), at, None, None, None,
            _code(stated.get("by", "lead")),
        )  # fmt: skip
    confirmations = tuple(
        Confirmation(
            seq=seq,
            recorded_at=datetime(2010, 3, 4, tzinfo=UTC),
            actor=_code(stated["by"]),
            confirms=tuple(stated["confirms"]),
            seen={"seq": seq - 1, "hash": "0" * 64},
            **SEALED,
        )
        for seq, stated in enumerate(case.get("confirmations", []), 95)
    )
    return replace(found, decisions=decisions, history=replace(found.history, confirmations=confirmations))
