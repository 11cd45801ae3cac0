"""Signing in and out: with a password, with a link that a program on one's own machine printed, or at a proxy.

The cookie is `HttpOnly` and, over TLS, `Secure`. It is `SameSite=Lax`, not `Strict`: with `Strict`, whoever opens a
colleague's link from their mail in the browser would be asked to sign in although they are. What `Strict` adds is not
needed: nothing changes by reading a page, and what is posted must come from a page of ours, with the session's secret.
"""

from __future__ import annotations

import re

from starlette.responses import RedirectResponse, Response

from datasette_plugins.transfer_ledger.people.known import SPENT
from datasette_plugins.transfer_ledger.people.limits import TooMany
from datasette_plugins.transfer_ledger.roles import Person, Role
from datasette_plugins.transfer_ledger.routes import find
from datasette_plugins.transfer_ledger.web import Asked, BadRequest
from ledger.errors import Refused

_NEXT = re.compile(r"(/(?!/)[A-Za-z0-9._/-]*)(\?[A-Za-z0-9._~%&=+:,-]*)?", re.ASCII)


def page(asked: Asked) -> Response:
    """`/-/sign-in`: the form, and what it posts. Whoever is signed in goes on to where they wanted to."""
    if asked.method != "POST":
        asked.only("next")
        wanted = asked.one("next")
        return _form(asked, wanted) if asked.person is None else _go(asked, wanted, asked.person.role)
    wanted, name = asked.field("next"), asked.field("id")
    if asked.person is not None:
        return _go(asked, wanted, asked.person.role)
    given = asked.form.get("password") if asked.form is not None else None
    password = given if isinstance(given, str) else ""  # with the spaces at its ends
    if not name or not password:
        return _form(asked, wanted, name, "Type your name for signing in, and your password.", 400)
    try:
        person, cookie = asked.site.people.sign_in(name.lower(), password, asked.client, asked.now)
    except TooMany as error:
        answer = _form(asked, wanted, name, str(error), 429)
        answer.headers["retry-after"] = str(error.retry)
        return answer
    except Refused as error:
        return _form(asked, wanted, name, str(error), 403)
    return _signed_in(asked, _go(asked, wanted, person.role), cookie)


def once(asked: Asked) -> Response:
    """`/-/sign-in/{once}`: a page with one button; only the button spends the link."""
    asked.only()
    token = asked.vars["once"]
    if asked.method == "POST":
        try:
            person, cookie = asked.site.people.spend(token, asked.now)
        except Refused as error:
            return _once(asked, None, str(error))
        return _signed_in(asked, _go(asked, "", person.role), cookie)
    role = asked.site.people.link_role(token, asked.now)
    return _once(asked, role, "" if role else SPENT)


def out(asked: Asked) -> Response:
    """`/-/sign-out`: ends the session, and takes the cookie away."""
    person: Person = asked.who
    if person.via != "session":
        raise BadRequest("You are signed in by what stands before this app; sign out there.")
    settings = asked.site.settings
    asked.site.people.sign_out(asked.cookies.get(settings.cookie, ""))
    answer = asked.see("/-/sign-in")
    _set(asked, answer, "", 0)
    return answer


def _form(asked: Asked, wanted: str, name: str = "", wrong: str = "", status: int = 200) -> Response:
    return asked.page(
        "sign_in.html", status=status, wanted=wanted if _is_ours(wanted) else "", name=name[:40], wrong=wrong,
        by_link=asked.site.settings.by_link,
    )  # fmt: skip


def _once(asked: Asked, role: Role | None, wrong: str) -> Response:
    return asked.page("once.html", status=200 if role else 410, role=role, wrong=wrong)


def _is_ours(wanted: str, role: Role | None = None) -> bool:
    """Whether it is an address of a page of this app, for this role where one is given; nothing else is gone on to."""
    found = _NEXT.fullmatch(wanted)
    there = find(found[1]) if found else None
    return there is not None and (role is None or role in there.route.get)


def _go(asked: Asked, wanted: str, role: Role) -> RedirectResponse:
    if not _is_ours(wanted, role):
        return asked.see("/")
    # As it was checked: it begins with one slash, behind the app's own prefix.
    return RedirectResponse(asked.site.settings.prefix + wanted, status_code=303, headers={"cache-control": "no-store"})


def _signed_in(asked: Asked, answer: Response, cookie: str) -> Response:
    # Whoever was signed in here before is no more: nobody could sign them out later.
    if before := asked.cookies.get(asked.site.settings.cookie):
        asked.site.people.sign_out(before)
    _set(asked, answer, cookie, asked.site.settings.signed_in_for * 3600)
    return answer


def _set(asked: Asked, answer: Response, value: str, seconds: int) -> None:
    settings = asked.site.settings
    answer.set_cookie(
        settings.cookie, value, max_age=seconds, path=settings.prefix or "/", secure=settings.secure, httponly=True,
        samesite="lax",
    )  # fmt: skip
