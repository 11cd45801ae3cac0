"""The settings of an app that is served to others: where it is, who may come, how each is known.

They are read from YAML as strictly as a register is, all problems at once, and hold no secret: what is secret they
point at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from datasette_plugins.transfer_ledger.people import address, secrets
from datasette_plugins.transfer_ledger.people.address import Address
from datasette_plugins.transfer_ledger.people.secrets import Reference, Secret
from datasette_plugins.transfer_ledger.roles import ROLES, Role
from ledger.errors import Refused
from ledger.register import nodes, shape
from ledger.register.shape import Problem, Reading

_MOST_BYTES = 256 * 1024
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}", re.ASCII)
_HEADER = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+", re.ASCII)
_MEANT_OTHERWISE = (
    "accept-", "access-", "content-", "if-", "proxy-", "sec-", "user-agent", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-proto",
)  # fmt: skip
_SECRETS = (("people", "*", "password"), ("tokens", "*", "token"), ("identity", "secret"))

_Name = Annotated[str, Meta(min_length=1, max_length=100)]


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    name: _Name
    role: Role
    password: Reference | None = None


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    name: _Name
    role: Role
    token: Reference


class _Identity(msgspec.Struct, frozen=True, kw_only=True):
    header: str
    secret_header: str
    secret: Reference
    people: dict[str, str]


class _File(msgspec.Struct, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8001
    address: str | None = None
    proxies: tuple[str, ...] = ()
    people: dict[str, _Person] = {}
    tokens: dict[str, _Token] = {}
    identity: _Identity | None = None
    download: bool = False
    signed_in_for: Annotated[int, Meta(ge=1, le=24)] = 8


class Account(NamedTuple):
    """Somebody, or a program, whom the settings name. `secret` is a password's hash or a token; None for neither."""

    name: str
    role: Role
    secret: Secret | None = None


class Identity(NamedTuple):
    """How a proxy that signs people in says who asks: `header` names them, in lower case, as `people` does.

    It is believed with the right secret in `secret_header` alone.
    """

    header: str
    secret_header: str
    secret: Secret
    people: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the app listens and how browsers reach it, whom it knows, and what they may besides their role.

    `signed_in_for` is in hours. `by_link` is the app on one's own machine: no people, but links that sign in once, and
    `code` is then that of the person who uses it, in the ledger.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    at: Address
    proxies: tuple[str, ...] = ()
    people: Mapping[str, Account] = field(default_factory=dict)
    tokens: Mapping[str, Account] = field(default_factory=dict)
    identity: Identity | None = None
    download: bool = False
    signed_in_for: int = 8
    by_link: bool = False
    code: str | None = None

    @staticmethod
    def local(port: int, code: str | None = None) -> Settings:
        """The app at `port` of this machine, for the person who uses it, whose code in the ledger is `code`."""
        return Settings(port=port, at=Address("http", "127.0.0.1", port, ""), by_link=True, code=code)

    @property
    def address(self) -> str:
        """What browsers type, with a slash at the end."""
        return str(self.at)

    @property
    def prefix(self) -> str:
        """What every path begins with: "" or "/transfers"."""
        return self.at.prefix

    @property
    def origin(self) -> str:
        """The origin of the app's own pages."""
        return self.at.origin

    @property
    def origins(self) -> frozenset[str]:
        """Every `Origin` that a page of the app may have."""
        return self.at.origins

    @property
    def hosts(self) -> frozenset[str]:
        """Every `Host` that means this app, in lower case."""
        return self.at.hosts

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS alone."""
        return self.at.secure

    @property
    def cookie(self) -> str:
        """The name of its cookie, one a port: browsers do not keep the cookies of two ports apart.

        The beginning makes browsers take it over TLS alone, and, where there is no prefix, from this very host.
        """
        kind = "" if not self.secure else "__Secure-" if self.prefix else "__Host-"
        return f"{kind}ledger-{self.port}"

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Everybody by their id: people, programs, and on one's own machine one for each role."""
        here: dict[str, Account] = {}
        if self.by_link:
            here.update({role: Account("Somebody at this machine", role) for role in ROLES})
        return {**here, **self.people, **self.tokens}

    def plugins(self) -> dict[str, Any]:
        """The metadata of the plugins that know passwords and tokens; it refers to secrets, and holds none."""
        people = {key: one for key, one in self.people.items() if one.secret is not None}
        passwords: dict[str, Any] = {
            f"{key}_password_hash": one.secret.reference.plain() for key, one in people.items() if one.secret
        }
        passwords["actors"] = {key: {"id": key, "name": one.name, "role": one.role} for key, one in people.items()}
        tokens = [
            {"token": one.secret.reference.plain(), "actor": {"id": key, "name": one.name, "role": one.role}}
            for key, one in self.tokens.items()
            if one.secret
        ]
        return {"datasette-auth-passwords": passwords, "datasette-auth-tokens": {"tokens": tokens}}


class _Judge:
    """Looks at what a file of the right form says, and notes every problem where it stands."""

    def __init__(self, file: _File, reading: Reading, environment: Mapping[str, str]) -> None:
        self._file, self._reading, self._environment = file, reading, environment

    def _problem(self, path: str, message: str) -> None:
        place = self._reading.places.get(path) or self._reading.places.get("")
        self._reading.problems.append(Problem(path, place, message))

    def _secret(self, path: str, reference: Reference, check: Any) -> Secret | None:
        try:
            secret = secrets.resolve(reference, self._environment)
            check(secret.value)
        except Refused as refused:
            self._problem(path, str(refused))
            return None
        return secret

    def at(self) -> Address:
        file = self._file
        # An address that is not there, or not sound, has something in its place: the problem is noted.
        found = Address("http", "127.0.0.1", file.port, "")
        if file.host != "localhost" and not address.ip(file.host):
            self._problem("host", "this is no IP address to listen at; 127.0.0.1 is this machine alone.")
            return found
        alone = address.is_loopback(file.host)
        if file.address is None:
            if not alone:
                self._problem("address", "others reach this host; say the https address that their browsers type.")
            return found
        try:
            found = address.parse(file.address)
        except Refused as refused:
            self._problem("address", str(refused))
            return found
        if not found.secure and not alone:
            self._problem("host", "with an http address it listens on this machine alone, at 127.0.0.1.")
        if found.secure and not file.proxies:
            self._problem(
                "proxies", "https is served by a proxy before this program, which itself speaks http; say at which IP "
                "address the proxy asks (127.0.0.1 on the same machine), or everybody seems to be one client.",
            )  # fmt: skip
        return found

    def proxies(self) -> tuple[str, ...]:
        found = tuple(address.ip(one) for one in self._file.proxies)
        for place, one in enumerate(found):
            if not one:
                self._problem(f"proxies[{place}]", "this is no IP address; each proxy is named by its own.")
        return found

    def people(self) -> dict[str, Account]:
        through = set(self._file.identity.people.values()) if self._file.identity else set()
        found = {}
        for key, one in self._file.people.items():
            self._id(f"people.{key}", key)
            if one.password is None and key not in through:
                self._problem(f"people.{key}", "nothing says how they sign in; give a password, or name them in "
                              "`identity`.")  # fmt: skip
            path = f"people.{key}.password"
            secret = self._secret(path, one.password, secrets.iterations) if one.password else None
            found[key] = Account(one.name, one.role, secret)
        return found

    def tokens(self) -> dict[str, Account]:
        found: dict[str, Account] = {}
        for key, one in self._file.tokens.items():
            self._id(f"tokens.{key}", key)
            if key in self._file.people:
                self._problem(f"tokens.{key}", "a person has this id; the log could not tell them apart.")
            secret = self._secret(f"tokens.{key}.token", one.token, secrets.check_token)
            if secret and any(secret.value == other.secret.value for other in found.values() if other.secret):
                self._problem(f"tokens.{key}.token", "another program has the same token; give each its own.")
            found[key] = Account(one.name, one.role, secret)
        return found

    def _id(self, path: str, key: str) -> None:
        if not _ID.fullmatch(key):
            self._problem(path, "an id has up to 40 of a-z, 0-9 and . _ -, the first a letter or digit.")
        elif "_password_hash" in key:
            self._problem(path, "an id must not hold “_password_hash”, by which the plugin for passwords finds hashes.")

    def identity(self, tokens: Mapping[str, Account]) -> Identity | None:
        given = self._file.identity
        if given is None:
            return None
        headers = {"header": given.header.lower(), "secret_header": given.secret_header.lower()}
        for name, header in headers.items():
            if not _HEADER.fullmatch(header) or header.startswith(_MEANT_OTHERWISE):
                self._problem(f"identity.{name}", "this is no header of its own, as x-forwarded-email is.")
        if len(set(headers.values())) == 1:
            self._problem("identity.secret_header", "both headers are the same; the secret needs its own.")
        secret = self._secret("identity.secret", given.secret, secrets.check_token)
        if secret and any(one.secret and one.secret.value == secret.value for one in tokens.values()):
            self._problem("identity.secret", "a token is the same; a program could say that it is anybody.")
        people: dict[str, str] = {}
        for name, key in given.people.items():
            path = f"identity.people.{name}"
            if not re.fullmatch(r"[\x21-\x7e]{1,200}", name, re.ASCII):
                self._problem(path, "what the proxy calls a person is plain ASCII without spaces.")
            if name.lower() in people:
                self._problem(path, "this is there already, in other capitals.")
            if key not in self._file.people:
                self._problem(path, f"“{key[:40]}” is none of `people`.")
            people[name.lower()] = key
        return Identity(headers["header"], headers["secret_header"], secret, people) if secret else None


def read(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the YAML file at `path`; `Refused` lists every problem, a line each, with its line and column."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > _MOST_BYTES:
        raise Refused(f"{path} is longer than {_MOST_BYTES:,} bytes; settings are short.")
    try:
        root = nodes.parse(data)
    except Refused as refused:
        raise refused.at(str(path)) from None
    if isinstance(root, nodes.Mapping) and (open_ := secrets.in_plain_text(root, _SECRETS)):
        raise _told(path, [f"line {one.line}, column {one.column}: a secret stands here for all who read this file; "
                           f"{secrets.HOW}." for one in open_])  # fmt: skip
    found, reading = shape.fill_partly(_File, root)
    if not reading.problems:
        judge = _Judge(found, reading, environment)
        tokens = judge.tokens()
        settings = Settings(
            host=found.host, port=found.port, at=judge.at(), proxies=judge.proxies(), people=judge.people(),
            tokens=tokens, identity=judge.identity(tokens), download=found.download,
            signed_in_for=found.signed_in_for,
        )  # fmt: skip
        if not settings.accounts:
            reading.problem("people", root, "nobody is named who could sign in, and no program.")
        if not reading.problems:
            return settings
    raise _told(path, [str(problem) for problem in reading.problems])


def _told(path: Path, lines: list[str]) -> Refused:
    return Refused("\n".join(f"{path}, {line}" for line in lines[:100]))
