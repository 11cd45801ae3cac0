"""The page of one finding: what was expected and found, where the rule is written, and every decision about it."""

from __future__ import annotations

from starlette.responses import Response

from datasette_plugins.transfer_ledger.entries.found import STANDINGS, decision_as_json, found_by
from datasette_plugins.transfer_ledger.entries.sentences import sentence
from datasette_plugins.transfer_ledger.pages.decide import choices, deciding_as, never_accepted
from datasette_plugins.transfer_ledger.roles import DECIDERS
from datasette_plugins.transfer_ledger.web import Asked, NotThere


def page(asked: Asked) -> Response:
    """`GET /-/findings/KEY`, also as JSON."""
    asked.only()
    with asked.site.reading() as source:
        view = asked.site.checked_view()  # which also sees to it that the file is still the same ledger
        found = found_by(source, asked.site.decisions, asked.vars["key"], asked.today)
        if found is None:
            raise NotThere
        if asked.format == "json":
            decisions = [decision_as_json(one) for one in found.decisions]
            return asked.json({**found.as_json(), "decisions": decisions})
        entry = source.entry(found.seq)
        about = "" if entry is None else sentence(entry[0], view.labels)
        allowed = choices(deciding_as(asked, source), never_accepted(found)) if asked.who.role in DECIDERS else {}
    return asked.page("finding.html", finding=found, about=about, standings=STANDINGS, choices=allowed)
