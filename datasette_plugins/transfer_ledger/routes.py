"""Every address of the app, in one table: what answers it, who may ask by which method, and what the page is for.

Nothing is answered that is not in this table: `front` looks an address up here before anything else happens, so that
whatever Datasette or a plugin of it would answer besides is closed to everybody. The table is what tests go through
role by role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from datasette_plugins.transfer_ledger.roles import DECIDERS, EVERYBODY, READERS, RECORDERS, Role

CLERK: frozenset[Role] = frozenset(("clerk",))
OVERSEERS: frozenset[Role] = READERS | {"governor"}
READERS_AND_CLERK = READERS | CLERK

FORM_BYTES = 256 * 1024
"""The most that a form may hold; a reason has at most a few thousand characters."""
FILE_BYTES = 32 * 1024 * 1024
"""The largest file that may be dropped on the page to record on. It is looked at in memory, and never kept."""
POSTED_BYTES = 8 * 1024 * 1024
"""The most that may be posted as JSON: a thousand transfers with long lists fit."""

_PARTS = {
    "seq": r"(?:0|[1-9][0-9]{0,14})",
    "n": r"[1-9][0-9]{0,8}",
    "id": r"[a-z0-9][a-z0-9._-]{0,63}",
    "key": r"[0-9a-f]{64}",
    "once": r"[A-Za-z0-9_-]{16,64}",
    "file": r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    "rest": r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}",
    "asset": r"[a-z][a-z-]{0,40}\.(?:css|js|svg)",
}


class Route(NamedTuple):
    """One address. `path` names its parts in braces; `formats` are what it can answer in, the first by default.

    A format other than the first is asked for by its ending (`/-/transfers.csv`). `get` and `post` say who may ask
    so; `public` is for the few pages that anonymous sees. `takes` is what may be posted: a form, a form with one file,
    or JSON, of `most` bytes. `api` is whether a token may ask for it. `help` is what the page is for, in three
    sentences. `posted` answers what is posted, where that is another handler. `keeps` is for a page with much to type:
    it shows again what it was sent with the secret of a session that has ended, and does nothing of it. `unkept` is for
    erasable values: what a form is answered with is shown once, and not kept to be read again (`answers`).
    """

    path: str
    handler: str
    title: str
    get: frozenset[Role] = frozenset()
    post: frozenset[Role] = frozenset()
    formats: tuple[str, ...] = ("html",)
    takes: str = "form"
    most: int = FORM_BYTES
    public: bool = False
    api: bool = False
    nav: str = ""
    help: str = ""
    posted: str = ""
    keeps: bool = False
    unkept: bool = False

    def may(self, method: str, role: Role | None) -> bool:
        """Whether somebody of this role, None for anonymous, may ask by this method at all."""
        if self.public:
            return method == "GET" or bool(self.post)
        return role is not None and role in (self.post if method == "POST" else self.get)


ROUTES: tuple[Route, ...] = (
    # -- everybody, also anonymous --------------------------------------------------------------------------------
    Route("/-/sign-in", "sign_in:page", "Sign in", public=True, post=EVERYBODY),
    Route("/-/sign-in/{once}", "sign_in:once", "Sign in", public=True, post=EVERYBODY),
    Route("/-/assets/{asset}", "assets:asset", "Style", public=True, formats=("file",)),
    Route("/robots.txt", "assets:robots", "Robots", public=True, formats=("text",)),
    Route("/-/sign-out", "sign_in:out", "Sign out", post=EVERYBODY),
    Route("/-/answers/{once}", "answers:page", "Answer", get=EVERYBODY),
    # -- reading --------------------------------------------------------------------------------------------------
    Route(
        "/",
        "overview:page",
        "Overview",
        get=EVERYBODY,
        nav="Overview",
        help="The answers come first: whether only what was promised was shared, whether anything is still to be "
        "settled, and whether the record is whole. Below are ContactPoint, this term's transfers, and what was "
        "recorded since your last visit. Every number leads to what it counts.",
    ),
    Route(
        "/-/transfers",
        "transfers:page",
        "Transfers",
        get=READERS,
        post=RECORDERS,
        formats=("html", "json", "csv", "xlsx"),
        takes="json",
        most=POSTED_BYTES,
        posted="posting:post",
        api=True,
        nav="Transfers",
        help="Every transfer as it stands: a corrected one as its newest correction states it, a withdrawn one not at "
        "all. Narrow the list by what you look for; the address of the page then is a link that a colleague can open. "
        "The files hold exactly what the list shows, all pages of it.",
    ),
    Route(
        "/-/entries",
        "entries:page",
        "Entries",
        get=READERS,
        help="Everything that the ledger holds, the newest first: transfers, corrections, decisions, imports and all "
        "else. The overview leads here from what was recorded since your last visit.",
    ),
    Route(
        "/-/entries/{seq}",
        "entry:page",
        "Entry",
        get=READERS_AND_CLERK,
        formats=("html", "json"),
        api=True,
        help="One entry of the ledger. It opens with what was found, how that stands and what to do; below, each item "
        "is compared with what is documented by the check that judges it. Decisions and corrections follow, and the "
        "seal at the end, which an auditor checks without this program.",
    ),
    Route("/-/entries/{seq}/erasable", "entry:erasable", "Erasable values", post=DECIDERS, unkept=True),
    Route("/-/proofs/{seq}", "proofs:proof", "Proof", get=READERS_AND_CLERK, formats=("file",), api=True),
    Route(
        "/-/findings",
        "findings:page",
        "Findings",
        get=READERS,
        formats=("html", "json", "csv", "xlsx", "atom"),
        api=True,
        nav="Findings",
        help="What the checks found, put together by cause, the critical ones first. The lead decides about one or "
        "many at once, with a reason, and the data protection officer advises; each decision is sealed in the ledger. "
        "Closed findings stay, with the decision beside them.",
    ),
    Route("/-/findings/decide", "decide:page", "Decide", post=DECIDERS),
    Route(
        "/-/confirm",
        "confirm:page",
        "To confirm",
        get=DECIDERS,
        post=DECIDERS,
        nav="To confirm",
        help="What removed a finding and nobody else has checked: corrections, withdrawals, and decisions that there "
        "never was a breach. Until a second person confirms it, the finding counts as open. You cannot confirm what "
        "you recorded, corrected or decided yourself.",
    ),
    Route("/-/confirm/reasons", "confirm:reasons", "To confirm", post=DECIDERS, unkept=True),
    Route(
        "/-/findings/{key}",
        "finding:page",
        "Finding",
        get=READERS,
        formats=("html", "json"),
        api=True,
        help="One finding: what was expected, what was found, and where the rule is written. Below stand all decisions "
        "about it, the newest first. A finding is never deleted, only decided about or corrected.",
    ),
    Route(
        "/-/organisations",
        "organisations:page",
        "Organisations and flows",
        get=READERS,
        nav="Organisations",
        help="Who sends data to whom, as a map and as an equal table. Each organisation has a page with its documented "
        "purposes and what really went. What was never documented is marked.",
    ),
    Route(
        "/-/organisations/{id}",
        "organisations:one",
        "Organisation",
        get=READERS,
        help="One organisation: what the notice lets it have and why, beside what it was sent. The matrix shows which "
        "data items went, how often. Findings on its transfers stand below.",
    ),
    Route(
        "/-/verification",
        "verification:page",
        "Verification",
        get=READERS,
        post=READERS,
        nav="Verification",
        help="Whether the record is whole, and how sure that is. A verification reads every entry anew and runs beside "
        "this app; what remains possible all the same is said at each level. Whoever believes nothing downloads the "
        "evidence, and verifies it on a machine of their own.",
    ),
    Route("/-/verification/{n}", "verification:run", "Verification", get=READERS, formats=("html", "json")),
    Route("/-/checkpoint", "evidence:checkpoint", "Checkpoint", get=READERS, formats=("file",), api=True),
    Route("/-/tile/{rest}", "evidence:tile", "Tile", get=READERS, formats=("file",), api=True),
    Route("/-/evidence.zip", "evidence:bundle", "Evidence bundle", get=READERS, formats=("file",), api=True),
    Route("/-/verifier.html", "evidence:verifier", "Verifier page", get=READERS, formats=("file",)),
    Route("/-/ledger.db", "evidence:whole", "The whole file", get=DECIDERS, formats=("file",)),
    Route(
        "/-/reports",
        "reports:page",
        "Reports",
        get=OVERSEERS,
        post=OVERSEERS,
        nav="Reports",
        help="Documents for governors, for the data protection officer and for the auditor. Make one for a school year "
        "or a term, read it here or download it, and lay two beside each other. An attested one is sealed in the "
        "ledger by the digest of its file, so that anybody can tell later that it is the very one.",
    ),
    Route("/-/reports/compare", "reports:compare", "Compare reports", get=OVERSEERS),
    Route("/-/reports/{n}", "reports:one", "Report", get=OVERSEERS),
    Route("/-/reports/{n}/{file}", "reports:file", "Report", get=OVERSEERS, formats=("file",)),
    Route(
        "/-/register",
        "register:page",
        "Documented purposes",
        get=EVERYBODY,
        nav="Register",
        help="What may be sent, to whom, why, and where the notice says so. Each adopted version stays, and two can be "
        "compared. The page is written so that it could stand on the school's website.",
    ),
    Route("/-/register/differences", "register:differences", "Differences", get=EVERYBODY),
    Route("/-/register/{seq}", "register:version", "Documented purposes", get=EVERYBODY, formats=("html", "yaml")),
    # -- recording ------------------------------------------------------------------------------------------------
    Route(
        "/-/record",
        "record:page",
        "Record a transfer",
        get=RECORDERS,
        post=RECORDERS,
        keeps=True,
        nav="Record",
        help="Choose a documented flow, the same as last time, or a file whose size and column names fill in the rest. "
        "Look at what was filled in, and confirm it with one button. The receipt says where it is sealed; keep it.",
    ),
    Route(
        "/-/record/file",
        "dropped:page",
        "Record a file",
        post=RECORDERS,
        takes="file",
        most=FILE_BYTES,
    ),
    Route("/-/record/refused", "refused:page", "We refused a request", get=RECORDERS, post=RECORDERS, keeps=True),
    Route("/-/record/{seq}/correct", "correct:page", "Correct", get=RECORDERS, post=RECORDERS, keeps=True),
    Route("/-/record/{seq}/withdraw", "withdraw:page", "Withdraw", get=RECORDERS, post=RECORDERS, keeps=True),
    Route(
        "/-/receipts",
        "receipts:page",
        "Receipts",
        get=RECORDERS,
        formats=("html", "txt"),
        nav="Receipts",
        help="What you recorded here, the newest first. Each receipt names the entry and its hash; with a "
        "checkpoint, a proof can be kept beside it. Correct or withdraw what was wrong: nothing is overwritten.",
    ),
    # -- people and programs --------------------------------------------------------------------------------------
    Route(
        "/-/people",
        "people:page",
        "People",
        get=READERS,
        nav="People",
        help="Who may do what here, as the settings say. Below stands who signed in, whose role changed, and who "
        "looked at erasable values. This log lies beside the ledger, and is not sealed.",
    ),
    Route("/-/openapi.json", "openapi:document", "The API", get=EVERYBODY, formats=("json",), api=True),
    Route(
        "/-/saved",
        "saved:page",
        "Saved questions",
        get=READERS,
        nav="Saved questions",
        help="Questions that are often asked of a ledger, as Datasette's saved queries. Each says in SQL how it is "
        "asked. They read, and change nothing.",
    ),
)


class Found(NamedTuple):
    """A route that an address leads to: the parts of the path, and the format asked for, "" for none."""

    route: Route
    vars: dict[str, str]
    format: str


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Route], ...]:
    found = []
    for route in ROUTES:
        parts = re.split(r"\{(\w+)\}", route.path)
        text = "".join(
            f"(?P<{part}>{_PARTS[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        others = list(route.formats[1:])
        ending = rf"(?:\.(?P<_format>{'|'.join(others)}))?" if others else ""
        found.append((re.compile(text + ending, re.ASCII), route))
    return tuple(found)


def find(path: str) -> Found | None:
    """The route of a path without the app's prefix; None where there is none. Of two, the first in the table."""
    for pattern, route in _patterns():
        if (match := pattern.fullmatch(path)) is not None:
            found = match.groupdict()
            return Found(route, {k: v for k, v in found.items() if k != "_format"}, found.get("_format") or "")
    return None


def in_nav(role: Role) -> Iterator[Route]:
    """The pages that stand in the navigation of a role, in order."""
    return (route for route in ROUTES if route.nav and role in route.get)
