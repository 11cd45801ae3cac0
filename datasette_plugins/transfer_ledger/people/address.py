"""The address that browsers type, and what follows from it: prefix, origin, accepted hosts, whether it is TLS.

Nothing of it is taken from a request: whoever sends one could say anything, and a page elsewhere can point a name of
its own at this machine.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cached_property

from ledger.errors import Refused

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,59})*)/?",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ITSELF = ("127.0.0.1", "localhost", "[::1]")
"""The names under which browsers know the machine that they run on."""
_DEFAULT = {"http": 80, "https": 443}


def ip(text: str) -> str:
    """An IP address in its one spelling, or "" for what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an IP address, means this machine alone."""
    plain = host.strip("[]")
    return plain == "localhost" or (ip(plain) != "" and ipaddress.ip_address(plain).is_loopback)


def _with_port(scheme: str, host: str, port: int) -> str:
    return host if port == _DEFAULT[scheme] else f"{host}:{port}"


@dataclass(frozen=True)
class Address:
    """An address as browsers type it. `prefix` is "" or "/a/b"; `host` is in lower case, an IPv6 one in brackets."""

    scheme: str
    host: str
    port: int
    prefix: str

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}/"

    @property
    def secure(self) -> bool:
        """Whether it is served over TLS."""
        return self.scheme == "https"

    @property
    def origin(self) -> str:
        """As browsers send it in `Origin`: without a port that is the scheme's own."""
        return f"{self.scheme}://{_with_port(self.scheme, self.host, self.port)}"

    def _names(self) -> tuple[str, ...]:
        return (self.host, *(one for one in _ITSELF if one != self.host)) if is_loopback(self.host) else (self.host,)

    @cached_property
    def origins(self) -> frozenset[str]:
        """Every `Origin` of a page of ours: on loopback under each of the machine's names for itself."""
        return frozenset(f"{self.scheme}://{_with_port(self.scheme, name, self.port)}" for name in self._names())

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Every `Host` that means this app, in lower case; without its port too on loopback, or where it is default."""
        bare = is_loopback(self.host) or self.port == _DEFAULT[self.scheme]
        return frozenset(f"{name}:{self.port}" for name in self._names()) | frozenset(self._names() if bare else ())


def parse(text: str) -> Address:
    """The address that `text` writes; `Refused` with a sentence for any other text.

    One that is neither https nor this machine's own is refused: passwords and cookies would cross a network that others
    listen on, whether a proxy stands between or not.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        what = (
            "has a name or password in it; leave that out" if "@" in text
            else "has a query or fragment; leave out what begins with ? or #" if "?" in text or "#" in text
            else "is not written as expected; write it as https://ledger.example.org/transfers/, in plain letters"
        )  # fmt: skip
        raise Refused(f"the address {what}.")
    scheme, host = found["scheme"], found["host"].lower()
    port = int(found["port"] or _DEFAULT[scheme])
    if host.startswith("["):
        host = f"[{ip(host.strip('[]'))}]"
    named = host != "[]" and (host.startswith("[") or all(_LABEL.fullmatch(label) for label in host.split(".")))
    if not named or (re.fullmatch(r"[0-9.]+", host) and not ip(host)) or port > 65535:
        raise Refused(f"“{found['host'][:60]}” with port {port} is no name, IP address and port of a machine.")
    if scheme == "http" and not is_loopback(host):
        raise Refused(
            "people would sign in over http, which others on the network can read; put a proxy that serves https "
            "before this program and write the https address, or use http://127.0.0.1 for this machine alone."
        )
    return Address(scheme, host, port, found["path"])
