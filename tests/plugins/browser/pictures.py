"""Every page of the app as somebody may come to see it: which address, who may see it, what stands on it then.

Each picture is one of a route of `routes.py`, or of what Datasette answers behind it; a test compares, so that a route
that is new has to be given its pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from datasette_plugins.transfer_ledger.app import DATABASE, metadata
from datasette_plugins.transfer_ledger.roles import DECIDERS, EVERYBODY, READERS, ROLES, Role
from datasette_plugins.transfer_ledger.routes import ROUTES, Route

App: TypeAlias = Literal["lived", "fresh", "gone"]
"""Of which app it is: one with a morning's work in it, one whose ledger is new, one whose ledger was deleted."""

STOCK = "stock"
"""Instead of a route's path: Datasette answers."""

LONG = "x" * (300 * 1024)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One page. `address` has parts in braces, of `lived.Places`; a `form` is posted to it, with the session's secret
    unless it names another. `roles` are those who are shown it, all who may by default; `status` is its answer's.
    `held` is the kind of a run that stands still meanwhile, whose number is "{held}".
    """

    name: str
    route: str
    address: str = ""
    roles: frozenset[Role] = frozenset()
    form: Mapping[str, str | list[str]] = field(default_factory=dict)
    status: int = 200
    app: App = "lived"
    held: Literal["", "verify", "report", "bundle"] = ""
    kind: str = "application/x-www-form-urlencoded"

    @property
    def where(self) -> str:
        """Its address, before the parts in braces are filled in."""
        return self.address or self.route


def _decider(name: str, route: str, address: str = "", **more: object) -> Picture:
    return Picture(name=name, route=route, address=address, roles=DECIDERS, **more)  # type: ignore[arg-type]


def _own(name: str, route: str, address: str = "", **more: object) -> Picture:
    # What a clerk recorded: the lead and the data protection officer see it too, and another clerk does not.
    return Picture(name=name, route=route, address=address, roles=frozenset(("clerk",)), **more)  # type: ignore[arg-type]


ENTRIES = ("genesis", "register", "organisation", "batch", "transfer", "correction", "erasure", "review", "key",
           "attestation", "refused", "withdrawn", "bad", "last")  # fmt: skip
"""An entry of every kind, and some that stand out."""

PICTURES = (
    # -- before somebody signs in ---------------------------------------------------------------------------------
    Picture(name="sign in by a link", route="/-/sign-in"),
    Picture(name="sign in with a password", route="/-/sign-in", app="fresh"),
    Picture(name="signing in refused", route="/-/sign-in", app="fresh", status=403,
            form={"id": "nobody", "password": "wrong", "next": ""}),
    Picture(name="signing in half typed", route="/-/sign-in", app="fresh", status=400, form={"id": "ann", "next": ""}),
    Picture(name="a link", route="/-/sign-in/{once}", address="/-/sign-in/{once}"),
    Picture(name="a spent link", route="/-/sign-in/{once}", address="/-/sign-in/0123456789abcdef", status=410),
    # -- reading --------------------------------------------------------------------------------------------------
    Picture(name="overview", route="/"),
    Picture(name="overview of nothing", route="/", app="fresh"),
    Picture(name="transfers", route="/-/transfers"),
    Picture(name="transfers narrowed", route="/-/transfers",
            address="/-/transfers?recipient=contactpoint&year=2009-10&findings=any&q=a"),
    Picture(name="transfers none fitting", route="/-/transfers", address="/-/transfers?q=zzzzz"),
    Picture(name="no transfers", route="/-/transfers", app="fresh"),
    Picture(name="entries", route="/-/entries"),
    Picture(name="entries of a kind", route="/-/entries", address="/-/entries?from=3&kind=correction"),
    *(Picture(name=f"entry: {kind}", route="/-/entries/{seq}", address=f"/-/entries/{{{kind}}}", roles=READERS)
      for kind in ENTRIES),
    _own("entry: recorded", "/-/entries/{seq}", "/-/entries/{recorded}"),
    _decider("erasable values", "/-/entries/{seq}/erasable", "/-/entries/{review}/erasable", form={"x": ""}),
    Picture(name="findings open", route="/-/findings"),
    Picture(name="findings to confirm", route="/-/findings", address="/-/findings?state=awaiting"),
    Picture(name="findings closed", route="/-/findings", address="/-/findings?state=closed"),
    Picture(name="findings corrected", route="/-/findings", address="/-/findings?state=corrected"),
    Picture(name="findings all", route="/-/findings", address="/-/findings?state=all&page=2"),
    Picture(name="findings narrowed", route="/-/findings", address="/-/findings?state=all&recipient=contactpoint"),
    Picture(name="findings none fitting", route="/-/findings",
            address="/-/findings?recipient=ofsted&severity=critical"),
    Picture(name="no findings", route="/-/findings", app="fresh"),
    Picture(name="a finding", route="/-/findings/{key}", address="/-/findings/{open}"),
    Picture(name="a finding decided about", route="/-/findings/{key}", address="/-/findings/{decided}"),
    _decider("nothing marked", "/-/findings/decide", form={"of": "", "number": "0"}),
    _decider("deciding", "/-/findings/decide", form={"key": "{open}"}),
    _decider("deciding half typed", "/-/findings/decide", status=400,
         form={"key": "{open}", "seal": "1", "decision": "", "reason": "", "due": "2009-01-01"}),
    Picture(name="advised", route="/-/findings/decide", roles=frozenset(("dpo",)),
            form={"key": "{open}", "seal": "1", "decision": "remedied", "reason": "Put right"}),
    Picture(name="decided", route="/-/findings/decide", roles=frozenset(("lead",)),
            form={"key": "{open}", "seal": "1", "decision": "remedied", "reason": "Put right"}),
    _decider("decided meanwhile", "/-/findings/decide",
         form={"key": "{decided}", "seal": "1", "decision": "remedied", "reason": "Put right"}),
    Picture(name="to confirm", route="/-/confirm"),
    Picture(name="nothing to confirm", route="/-/confirm", app="fresh"),
    Picture(name="nothing marked to confirm", route="/-/confirm", status=400, form={"size": "9", "hash": "0" * 64}),
    Picture(name="to confirm, with reasons", route="/-/confirm/reasons", form={"x": ""}),
    Picture(name="organisations", route="/-/organisations"),
    Picture(name="no organisations", route="/-/organisations", app="fresh"),
    Picture(name="an organisation", route="/-/organisations/{id}", address="/-/organisations/contactpoint"),
    Picture(name="a sender", route="/-/organisations/{id}", address="/-/organisations/quillshire"),
    Picture(name="verification", route="/-/verification"),
    Picture(name="verification never run", route="/-/verification", app="fresh"),
    Picture(name="verification mistyped", route="/-/verification", form={"keys": "no key", "kept": "none"}, status=400),
    Picture(name="a verification", route="/-/verification/{n}", address="/-/verification/{verified}"),
    Picture(name="a verification running", route="/-/verification/{n}", address="/-/verification/{held}",
            held="verify"),
    Picture(name="a bundle", route="/-/verification/{n}", address="/-/verification/{packed}"),
    Picture(name="a bundle being packed", route="/-/verification/{n}", address="/-/verification/{held}",
            held="bundle"),
    Picture(name="verification while one runs", route="/-/verification", held="verify"),
    Picture(name="reports", route="/-/reports"),
    Picture(name="no reports", route="/-/reports", app="fresh"),
    Picture(name="reports mistyped", route="/-/reports", status=400,
            form={"kind": "", "period": "", "first": "2010-05-01", "last": "2010-04-01", "format": []}),
    Picture(name="a report", route="/-/reports/{n}", address="/-/reports/{governors}"),
    Picture(name="a report being made", route="/-/reports/{n}", address="/-/reports/{held}", held="report"),
    Picture(name="reports compared", route="/-/reports/compare",
            address="/-/reports/compare?old={governors_before}&new={governors}"),
    Picture(name="register", route="/-/register"),
    Picture(name="no register", route="/-/register", app="fresh"),
    Picture(name="register with ids", route="/-/register", address="/-/register?ids=1"),
    Picture(name="a version of it", route="/-/register/{seq}", address="/-/register/{register}"),
    Picture(name="differences", route="/-/register/differences",
            address="/-/register/differences?old={register}&new={register}"),
    # -- recording ------------------------------------------------------------------------------------------------
    Picture(name="ways to record", route="/-/record"),
    Picture(name="ways found by words", route="/-/record", address="/-/record?q=zzzzz"),
    Picture(name="nothing to record like", route="/-/record", app="fresh"),
    Picture(name="an empty record", route="/-/record", address="/-/record?blank=1"),
    Picture(name="the same as last time", route="/-/record", address="/-/record?same={good}"),
    Picture(name="a record with mistakes", route="/-/record", status=422,
            form={"id": "t-0123456789abcdef", "sender": "Nobody & Sons", "transferred_at": "yesterday", "fields": []}),
    Picture(name="a record of an ended session", route="/-/record", status=409,
            form={"id": "t-0123456789abcdef", "sender": "Ofsted", "csrf": "ended"}),
    Picture(name="a refused request", route="/-/record/refused"),
    Picture(name="a refused request with mistakes", route="/-/record/refused", status=422,
            form={"id": "r-0123456789abcdef", "recipient": "", "refused_on": ""}),
    _own("correct", "/-/record/{seq}/correct", "/-/record/{recorded}/correct"),
    _decider("correct anybody's", "/-/record/{seq}/correct", "/-/record/{bad}/correct"),
    _own("correct with mistakes", "/-/record/{seq}/correct", "/-/record/{recorded}/correct", status=422,
         form={"made_from": "{recorded}", "sender": "Ofsted", "reason": ""}),
    _own("correct what was withdrawn", "/-/record/{seq}/correct", "/-/record/{undone}/correct", status=409),
    _own("withdraw", "/-/record/{seq}/withdraw", "/-/record/{recorded}/withdraw"),
    _decider("withdraw anybody's", "/-/record/{seq}/withdraw", "/-/record/{bad}/withdraw"),
    _own("withdraw without a reason", "/-/record/{seq}/withdraw", "/-/record/{recorded}/withdraw", status=422,
         form={"made_from": "{recorded}", "reason": ""}),
    Picture(name="receipts", route="/-/receipts"),
    _own("a receipt", "/-/receipts", "/-/receipts?seq={recorded}"),
    _own("a receipt of a withdrawal", "/-/receipts", "/-/receipts?seq={withdrawn}"),
    # -- people and saved questions -------------------------------------------------------------------------------
    Picture(name="people", route="/-/people"),
    Picture(name="saved questions", route="/-/saved"),
    # -- what went wrong ------------------------------------------------------------------------------------------
    _decider("not understood", "/-/transfers", "/-/transfers?nonsense=1", status=400),
    _decider("not done", "/-/findings/decide", form={"csrf": "another"}, status=403),
    Picture(name="not here", route="/-/entries/{seq}", address="/-/entries/99999999", status=404),
    _decider("asked otherwise", "/-/organisations", form={"x": ""}, status=405),
    _decider("too large", "/-/findings/decide", form={"reason": LONG}, status=413),
    _decider("of another type", "/-/findings/decide", form={"x": ""}, kind="text/plain", status=415),
    Picture(name="the ledger is gone", route="/", app="gone", status=503),
    Picture(name="a stock page not understood", route=STOCK, address=f"/{DATABASE}/transfers?_size=0", status=400),
)  # fmt: skip


def stock() -> Iterator[Picture]:
    """The views and the saved questions that Datasette answers, each as it stands and narrowed."""
    described = metadata()["databases"][DATABASE]
    for name in described["tables"]:
        yield Picture(name=f"view {name}", route=STOCK, address=f"/{DATABASE}/{name}")
        yield Picture(
            name=f"view {name} narrowed", route=STOCK,
            address=f"/{DATABASE}/{name}?_sort_desc=seq&recipient__contains=o&_facet=sender&_size=10",
        )  # fmt: skip
    for name in described["queries"]:
        yield Picture(name=f"question {name}", route=STOCK, address=f"/{DATABASE}/{name}")


ALL = (*PICTURES, *stock())

DRAWN = {
    "/-/answers/{once}": "what forms are answered with: each picture with a `form`",
    "/-/record/file": "dropping a file, in test_ways_to_look",
    "/-/sign-out": "signing out leads to the page to sign in on",
}
"""Pages that are shown otherwise: where."""


def shows(route: Route) -> bool:
    """Whether a route answers with a page for a browser."""
    return route.formats[0] == "html"


def viewers(picture: Picture) -> tuple[Role | None, ...]:
    """Who is shown it; None is anonymous."""
    if picture.roles:
        return tuple(role for role in ROLES if role in picture.roles)
    if picture.route == STOCK:
        return tuple(role for role in ROLES if role in READERS)
    route = next(one for one in ROUTES if one.path == picture.route)
    if route.public:
        return (None,)
    if picture.status == 404:
        return tuple(role for role in ROLES if role in EVERYBODY)
    may = route.post if picture.form else route.get
    return tuple(role for role in ROLES if role in may)
