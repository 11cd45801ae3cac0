"""The demonstration's ledger after a morning at the app: something of everything that a page can show."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from tests.plugins.browser.served import Desk, Served
from tests.plugins.clerking import fields_of
from tests.reports.audited import Kept

YEAR = "year=2009-10"


class Places(NamedTuple):
    """Where things are: entries by their kind, findings by their key, runs by their number; as addresses name them."""

    values: dict[str, str]

    def at(self, address: str) -> str:
        """The address, its parts in braces filled in."""
        return address.format_map(self.values)


def copied(kept: Kept, to: Path) -> Path:
    """A copy of the ledger."""
    shutil.copy(kept.path, to)
    return to


def live(served: Served, kept: Kept) -> Places:
    """What people do at the app in a morning; where to find it."""
    found = _entries(served)
    with served.desk("dpo") as dpo:
        found |= _findings(dpo)
        found["dpo_report"] = _report(served, dpo, "dpo", YEAR)
    with served.desk("auditor") as auditor:
        auditor.post("/-/verification", {"keys": kept.first.keys[-1].key.text(), "kept": ""})
        found["verified"] = str(served.finish(served.site.runs.newest("verify")[0].n))
        found["packed"] = str(served.finish(served.site.runs.start("bundle", {}, "auditor")))
    with served.desk("governor") as governor:
        found["governors_before"] = _report(served, governor, "governors", "fixed-term=spring-2010")
        found["governors"] = _report(served, governor, "governors", YEAR)
    with served.desk("clerk") as clerk:
        found |= _recorded(clerk, found["good"])
    served.quiet()
    return Places(found)


def _report(served: Served, desk: Desk, kind: str, period: str) -> str:
    desk.post("/-/reports", {"kind": kind, "period": period, "format": ["html"]})
    return str(served.finish(served.site.runs.newest("report")[0].n))


def _recorded(clerk: Desk, like: str) -> dict[str, str]:
    found = {}
    for name in ("recorded", "undone"):
        form = fields_of(clerk.client.get("/-/record", params={"same": like}).text)
        found[name] = clerk.post("/-/record", form).url.params["seq"]
    withdrawn = {"made_from": found["undone"], "reason": "It was entered twice"}
    found["withdrawn"] = clerk.post(f"/-/record/{found['undone']}/withdraw", withdrawn).url.params["seq"]
    form = fields_of(clerk.client.get("/-/record/refused").text)
    stated = {"recipient": "Ofsted", "ground": "no-documented-purpose", "reason": "No purpose was named"}
    found["refused"] = clerk.post("/-/record/refused", {**form, **stated}).url.params["seq"]
    return found


def _entries(served: Served) -> dict[str, str]:
    with served.site.reading() as source:
        first = dict(source.db.execute("SELECT kind, min(seq) FROM entries GROUP BY kind"))
        (last,) = source.db.execute("SELECT max(seq) FROM entries").fetchone()
        (gone,) = source.db.execute(
            "SELECT max(seq) FROM entries WHERE kind = 'correction' AND entry LIKE '%\"withdrawn\":true%'"
        ).fetchone()
        (corrected,) = source.db.execute(
            "SELECT max(seq) FROM entries WHERE kind = 'correction' AND seq IS NOT ?", [gone]
        ).fetchone()
    return {**{kind: str(seq) for kind, seq in first.items()}, "correction": str(corrected), "last": str(last)}


def _findings(desk: Desk) -> dict[str, str]:
    dpo = desk.client
    open_ = dpo.get("/-/findings.json", params={"state": "open"}).json()["findings"]
    decided = dpo.get("/-/findings.json", params={"state": "closed"}).json()["findings"]
    listed = dpo.get("/-/transfers.json", params={"size": "200"}).json()["transfers"]
    return {
        "open": open_[0]["key"],
        "bad": str(open_[0]["seq"]),
        "decided": next(one for one in decided if one["outcome"] == "breach")["key"],
        "good": str(next(one["seq"] for one in listed if not one["findings"])),
    }
