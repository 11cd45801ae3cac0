"""Who asks: whoever has a session, a program with its token, or whom a proxy that signs people in names.

`People` puts together what the other modules of this package know one thing each about. Nobody becomes anybody by any
other way: there is no Basic authentication, and no token in an address.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from datasette_plugins.transfer_ledger.people import limits
from datasette_plugins.transfer_ledger.people.beside import Beside, Logged
from datasette_plugins.transfer_ledger.people.limits import Limits
from datasette_plugins.transfer_ledger.people.once import Links
from datasette_plugins.transfer_ledger.people.passwords import Passwords
from datasette_plugins.transfer_ledger.people.sessions import Sessions
from datasette_plugins.transfer_ledger.people.settings import Settings
from datasette_plugins.transfer_ledger.people.tokens import Tokens
from datasette_plugins.transfer_ledger.people.visits import Visits
from datasette_plugins.transfer_ledger.roles import IN_WORDS, SEALED, Actor, Person, Role
from ledger.disclosure import base64url
from ledger.errors import Refused
from ledger.london import utc_text
from ledger.people import new_code
from ledger.seal import Clock, Entropy

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}", re.ASCII)
_NOT_AN_ID = "?"
"""What names that nobody can have count as, all together."""

NOT_KNOWN = "That name and password do not belong together here. Look at both, and try again."
SPENT = "This link was used already, or it is more than ten minutes old. Start the app again for a new one."


def _in_words(role: str) -> str:
    return next((words for one, words in IN_WORDS.items() if one == role), role)


class People:
    """Everybody whom one running app knows. Any thread may use it."""

    def __init__(self, settings: Settings, beside: Beside, clock: Clock, entropy: Entropy) -> None:
        self._settings, self._beside, self._clock = settings, beside, clock
        self._accounts = settings.accounts
        self._length = timedelta(hours=settings.signed_in_for)
        self._forms = entropy(32)
        self._limits, self._links = Limits(), Links(entropy)
        self._passwords, self._tokens = Passwords(settings.people, entropy), Tokens(settings.tokens)
        if settings.by_link:
            # A link is for one run of `browse`, and so is what it opened.
            beside.end_sessions([one.digest for one in beside.sessions(settings.cookie)])
        else:
            self._log_changes()
        # Now, and not when somebody first records: that does not depend on this file then.
        known = () if settings.by_link else self._accounts
        self._codes = beside.codes(known, lambda: new_code(entropy))
        self._sessions = Sessions(beside, settings.cookie, self._accounts, entropy)
        self._visits = Visits(beside)

    def _log_changes(self) -> None:
        """What the settings say of people and did not say when the app last started."""
        now, before = {key: one.role for key, one in self._accounts.items()}, self._beside.known()
        changed: list[tuple[str, str, str, str]] = []
        for key in sorted({*now, *before}):
            was = f"was {_in_words(before[key])}" if key in before else ""
            if key not in now:
                changed.append((key, "", "gone", was))
            elif key not in before:
                changed.append((key, now[key], "new", ""))
            elif now[key] != before[key]:
                changed.append((key, now[key], "role changed", was))
        if changed:
            at = utc_text(self._clock())
            self._beside.keep_known(dict(now), [Logged(0, at, *line) for line in changed])

    # -- every request --------------------------------------------------------------------------------------------

    def resolve(self, headers: Mapping[str, str], cookies: Mapping[str, str], now: datetime) -> Person | None:
        """Who asks, None for nobody who is known. `headers` have lower-case names and ASCII values.

        A token goes before all else, since a browser sends none; then whom the proxy names, so that signing out there
        counts here at once; then a session. It reads nothing from the disk.
        """
        person = self._resolve(headers, cookies, now)
        if person is not None and person.via != "token":
            self._visits.notice(person.id, now)
        return person

    def _resolve(self, headers: Mapping[str, str], cookies: Mapping[str, str], now: datetime) -> Person | None:
        if (authorization := headers.get("authorization")) is not None:
            program = self._tokens.program(authorization)
            return None if program is None else self._person(program)
        identity = self._settings.identity
        if identity is not None and identity.header in headers:
            given = headers.get(identity.secret_header, "")
            if not (given.isascii() and hmac.compare_digest(given, identity.secret.value)):
                return None
            return self._person(identity.people.get(headers[identity.header].lower(), ""))
        return self._sessions.resolve(cookies.get(self._settings.cookie, ""), now)

    def _person(self, id_: str) -> Person | None:
        """A program, or somebody whom a proxy signed in; the latter's forms have a secret of this run of the app."""
        if id_ in self._settings.tokens:
            program = self._settings.tokens[id_]
            return Person(id_, program.name, program.role, "token")
        if id_ in self._settings.people:
            account = self._settings.people[id_]
            secret = hmac.digest(self._forms, id_.encode("ascii"), "sha256")
            return Person(id_, account.name, account.role, "proxy", base64url(secret))
        return None

    # -- signing in and out ---------------------------------------------------------------------------------------

    def sign_in(self, id_: str, password: str, client: str, now: datetime) -> tuple[Person, str]:
        """Signs somebody in with their password; who they are, and what their cookie holds.

        `Refused` with one sentence for a name that nobody has and for a password that is not theirs; `limits.TooMany`
        where it is not even looked at. Both take the same time for every name.
        """
        account = id_ if _ID.fullmatch(id_) else _NOT_AN_ID
        tried = self._limits.begin(account, client, now)
        try:
            right = self._passwords.right(account, password)
        except limits.TooMany:
            self._limits.take_back(account, client)
            raise
        if right:
            self._limits.succeeded(account, client)
            return self._sessions.begin(account, now, self._length, "with a password")
        if tried == limits.BOTH:
            # It is written for a name that nobody has too, for the sake of time, but never what was typed: it may be a
            # password.
            known = self._settings.people.get(account)
            who, role = (account, known.role) if known else ("", "")
            about = f"{tried} times within a quarter of an hour, from {limits.network(client) or 'somewhere'}"
            self._beside.log(now, who, role, "wrong password", about)
        raise Refused(NOT_KNOWN)

    def start(self, id_: str, now: datetime, how: str) -> tuple[Person, str]:
        """Signs in an account that is known to be whoever asks; `how` is for the log. `KeyError` for no account."""
        return self._sessions.begin(id_, now, self._length, how)

    def link(self, role: Role, now: datetime) -> str:
        """A link that signs in once, as a role, on one's own machine; it lasts ten minutes. Its secret part."""
        if not self._settings.by_link:
            raise Refused("People sign in here as the settings say; there are no links that sign in.")
        return self._links.make(role, now)

    def link_role(self, token: str, now: datetime) -> Role | None:
        """As whom a link signs in, while it does. It stays unspent."""
        return self._links.role(token, now)

    def spend(self, token: str, now: datetime) -> tuple[Person, str]:
        """Signs in with a link, which is spent then; who, and what the cookie holds. `Refused` where it was before."""
        role = self._links.spend(token, now)
        if role is None:
            raise Refused(SPENT)
        return self.start(role, now, "with a link")

    def sign_out(self, cookie: str) -> None:
        """Ends the session of what a cookie holds; nothing happens where there is none."""
        self._sessions.end(cookie, self._clock())

    def revoke(self, id_: str) -> None:
        """Ends all sessions of a person."""
        self._sessions.end_all(id_)

    # -- who they are in the ledger -------------------------------------------------------------------------------

    def actor(self, person: Person) -> Actor:
        """Who causes what this person has sealed. On one's own machine that is one person, in every role."""
        if self._settings.by_link:
            return Actor(self._settings.code, None)
        return Actor(self._codes[person.id], "clerk" if person.via == "token" else SEALED.get(person.role))

    # -- what is kept of it ---------------------------------------------------------------------------------------

    def log(self, person: Person, what: str, about: str) -> None:
        """Writes in the log that somebody did something; it is on the disk when this returns, else `Refused`."""
        self._beside.log(self._clock(), person.id, person.role, what[:100], about[:500])

    def logged(self, most: int, before: int | None = None) -> list[Logged]:
        """The newest lines of the log, of those before line `before`; newest first."""
        return self._beside.logged(most, before)

    def visit(self, person: Person, now: datetime) -> datetime | None:
        """When the visit before this one ended, None for the first. One ends with half an hour without a request."""
        self._visits.notice(person.id, now)
        self._visits.write()
        return self._visits.before(person.id)

    def close(self) -> None:
        """Writes what is still to be written, and closes the file."""
        with suppress(Refused):
            self._visits.write()
        self._beside.close()
