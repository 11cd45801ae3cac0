"""A ledger as varied as an authority's: 300 schools, 5,000 shapes of transfer, findings on 30% of the transfers,
corrections and decisions among them. A figure measured on a ledger without variety is no result.

Shapes are drawn at random from the flows of the notice of 2010, some of them spoilt; each is judged once, and the
transfers are then drawn from those with a finding and those without, in that proportion. A transfer's day, count and
note are its own. They are recorded day by day over a school year, with a few corrections each day.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ledger.people import new_code
from ledger.register.model import Flow
from ledger.register.read import load_notice, load_vocabularies, notice_bytes
from ledger.settle import Content, when
from ledger.writer import Judged, Ledger, create
from reports.cli.check import check_ledger

SCHOOLS = 300
SHAPES = 5_000
WITH_FINDINGS = 0.3
"""The part of the transfers on which a check of single transfers finds something."""

CORRECTED_A_DAY = 5
DECIDED = 1_000
AS_OF = date(2010, 10, 1)

_ORIGIN = "authority.example/transfers"
_FIRST, _DAYS = date(2009, 9, 7), 300
_ME = new_code(lambda size: b"\x07" * size)
_AUTHORITY = {"id": "shire", "name": "Shire Council", "role": "local-authority"}


def _schools() -> list[dict[str, str]]:
    phases = ("primary", "primary", "primary", "secondary")
    return [
        {"id": f"school-{n}", "name": f"School {n}", "role": "school", "phase": phases[n % len(phases)]}
        for n in range(SCHOOLS)
    ]


def _player(parties: tuple[str, ...], phases: tuple[str, ...], chance: random.Random) -> str:
    party = chance.choice(parties)
    if party == "school":
        number = chance.randrange(SCHOOLS)
        return f"school-{number - number % 4 + 3 if phases else number}"  # every fourth is a secondary school
    return "shire" if party == "local-authority" else party


def _shape(flow: Flow, fields: list[str], chance: random.Random) -> dict[str, Any]:
    """The members of some transfer of a flow, as documented in most."""
    subjects: dict[str, Any] = (
        {"kind": flow.subjects.kinds[0]} if flow.subjects is not None and flow.subjects.kinds else {}
    )
    if flow.subjects is not None and flow.subjects.key_stages:
        subjects["key_stages"] = [chance.choice(flow.subjects.key_stages)]
    if flow.subjects is not None and flow.subjects.ages is not None:
        youngest, oldest = flow.subjects.ages.min or 5, flow.subjects.ages.max or 18
        subjects |= {"age_min": youngest, "age_max": chance.randint(youngest, oldest)}
    phases = () if flow.subjects is None else flow.subjects.phases
    permitted = sorted(flow.fields.all)
    sent = chance.sample(permitted, min(len(permitted), chance.randint(3, 12)))
    members: dict[str, Any] = {
        "sender": _player(flow.sender, phases, chance),
        "recipient": _player(flow.recipient, phases, chance),
        "purpose": chance.choice(flow.purposes),
        "fields": sorted({*flow.fields.required, *sent}),
        "lawful_basis": list(flow.lawful_bases),
        "granularity": flow.granularity or "individual",
        "channel": chance.choice(("secure-transfer-site", "encrypted-email", "post")),
        "subjects": subjects,
        "opt_outs": {"checked": True, "excluded": chance.randint(1, 3), "limited": 0},
    }
    if phases:
        members["phase"] = chance.choice(phases)
    match chance.randrange(12):
        case 0:
            members["fields"] = sorted({*members["fields"], chance.choice(fields)})
        case 1:
            members["lawful_basis"] = []
        case 2:
            members["recipient"] = f"Somebody {chance.randrange(40)} Ltd"
        case 3:
            members["purpose"] = "school-inspection"
        case 4:
            members["opt_outs"] = {"checked": True, "excluded": 0, "limited": 0}
    return members


@dataclass
class _Drawn:
    """Settled shapes, those without a finding and those with one."""

    without: list[Content]
    having: list[Content]

    def draw(self, chance: random.Random) -> Content:
        return chance.choice(self.having if chance.random() < WITH_FINDINGS else self.without)


def _open(path: Path, moment: list[datetime]) -> Ledger:
    return Ledger(path, lambda: moment[0], os.urandom, _ME)


def _new(path: Path, moment: list[datetime]) -> Path:
    create(path, _ORIGIN, "Shire Council", lambda: moment[0], os.urandom, actor=_ME)
    with _open(path, moment) as ledger:
        notice, text = load_notice("england-2010"), notice_bytes("england-2010").decode()
        ledger.adopt(notice, text, (date(2009, 9, 1), None, True))
        ledger.add_organisations([_AUTHORITY, *_schools()])
    return path


def _content(settled: Content, id_: str, day: date, count: int) -> Content:
    about = {**settled.members.get("subjects", {}), "count": count}
    return Content({**settled.members, **when(day.isoformat()), "id": id_, "subjects": about}, dict(settled.texts))


def _shapes(chance: random.Random) -> _Drawn:
    """Many shapes, each judged once in a ledger of their own."""
    flows = [one for one in load_notice("england-2010").flows if {"school", "local-authority"} & {*one.sender}]
    fields = [one.id for one in load_vocabularies().field]
    moment = [datetime(2009, 9, 7, 20, tzinfo=UTC)]
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        path = _new(Path(folder) / "shapes.db", moment)
        with _open(path, moment) as ledger:
            stated = [(_shape(chance.choice(flows), fields, chance), {"note": "sent"}) for _ in range(4 * SHAPES)]
            settled = [one for one in ledger.settle_many(stated) if isinstance(one, Content)]
            ledger.append_many(_content(one, f"s{n}", _FIRST, 1000 + n) for n, one in enumerate(settled))
        findings = check_ledger(path, AS_OF).result.findings
    found = {int(one.id[1:]) for one in findings if one.id is not None and one.check != "duplicate-transfer"}
    with_findings = round(SHAPES * WITH_FINDINGS)
    return _Drawn(
        [one for n, one in enumerate(settled) if n not in found][: SHAPES - with_findings],
        [one for n, one in enumerate(settled) if n in found][:with_findings],
    )


def _sent(drawn: _Drawn, first: int, count: int, day: date, chance: random.Random) -> Iterator[Content]:
    for n in range(first, first + count):
        yield _content(drawn.draw(chance), f"t{n}", day, n)


def filled(path: Path, count: int) -> Path:
    """A ledger at `path` with `count` transfers, the same but for salts each time."""
    chance = random.Random(2010)
    drawn = _shapes(chance)
    assert len(drawn.without) + len(drawn.having) == SHAPES, (len(drawn.without), len(drawn.having))
    moment = [datetime(2009, 9, 7, 7, tzinfo=UTC)]
    _new(path, moment)
    with _open(path, moment) as ledger:
        for place in range(_DAYS):
            day = _FIRST + timedelta(days=place)
            moment[0] = datetime.combine(day, time(20), UTC)
            first, last = count * place // _DAYS, count * (place + 1) // _DAYS
            ledger.append_many(_sent(drawn, first, last - first, day, chance))
            for n in sorted({chance.randrange(first, last) for _ in range(CORRECTED_A_DAY)}):
                other = _content(drawn.draw(chance), f"t{n}", day, n) if chance.random() < 0.6 else None
                ledger.correct(f"t{n}", "it was recorded wrongly", other, {})
        open_ = [one for one in check_ledger(path, AS_OF).result.findings if one.outcome == "breach"]
        some = chance.sample(open_, min(DECIDED, len(open_)))
        moment[0] += timedelta(days=1)
        ledger.review_many([Judged(one.key, one.check, None) for one in some], "remedied", None, {"reason": "done"})
    return path
