"""A bundle: proofs and what goes with them in one file, a ZIP archive in one fixed form.

Its members are stored, sorted by name, without dates, so that the same members are always the same bytes, and a page
in a browser can read it without a library. What is read is written again and compared: nothing hides between members.

An evidence bundle has a manifest besides, which names every other member with its digest and says of which ledger, and
of which tree, all its proofs are. Whoever repacks a bundle can write another manifest: it shows that nothing was lost
or mixed up on the way, and the proofs alone show what is genuine.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from ledger import canonical
from ledger.errors import NotGenuine, Refused
from ledger.tlog.checkpoint import Checkpoint, hash_bytes
from ledger.tlog.note import base64

PROOFS, CONSISTENCY = ("proofs/", ".tlog-proof"), ("consistency/", ".tlog-consistency")
"""Folder and ending of the members that are verified; any other is for people."""

MOST_BYTES = 500_000_000

MOST_MEMBERS = 60_000
"""A ZIP archive counts its members in 16 bits, unless it is in a form that bundles do not have."""

MANIFEST = "manifest.json"
EVIDENCE = "transfer-ledger evidence 1"
"""The format that a manifest names."""

CHECKPOINTS, REGISTERS, REPORTS, FINDINGS = "checkpoints/", "registers/", "reports/", "findings.json"

_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
_HASH = re.compile("[0-9a-f]{64}")


def write(members: Mapping[str, bytes]) -> bytes:
    """A bundle of `members` by their names: a ZIP archive, stored, always the same bytes for the same members.

    `Refused` for more, or larger ones, than a bundle holds.
    """
    _check_size(len(members), sum(map(len, members.values())))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, members[name])
    return out.getvalue()


def _check_size(members: int, size: int) -> None:
    if members > MOST_MEMBERS:
        raise Refused(f"The bundle has {members:,} members; the limit is {MOST_MEMBERS:,}.")
    if size > MOST_BYTES:
        raise Refused(f"The bundle is larger than {MOST_BYTES:,} bytes.")


def is_bundle(data: bytes) -> bool:
    """Whether `data` begins as a ZIP archive does."""
    return data.startswith(b"PK\x03\x04")


def read(data: bytes) -> dict[str, bytes]:
    """The members of a bundle. `Refused` for compressed, encrypted, doubled or oddly named ones, or a damaged file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if len(set(names)) != len(names):
                raise Refused("The bundle has two members of one name.")
            _check_size(len(infos), sum(info.file_size for info in infos))
            for info in infos:
                if (
                    info.compress_type != zipfile.ZIP_STORED
                    or info.flag_bits & 0x1
                    or info.file_size != info.compress_size
                ):
                    raise Refused(f"The bundle's member {info.filename[:60]!r} is compressed or encrypted.")
                if not info.filename.isascii() or not info.filename.isprintable():
                    raise Refused("The bundle has a member whose name is not plain ASCII.")
            members = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, ValueError, struct.error, EOFError, OSError, RuntimeError) as error:
        # zipfile seeks to wherever a damaged directory points, and decodes whatever names it holds
        raise Refused(f"The bundle is no whole ZIP archive: {error}.") from None
    if write(members) != data:
        raise Refused("The bundle holds more than its members, or has them in another form than bundles have.")
    return members


class Member(NamedTuple):
    """What a manifest says of one member: how many bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


class Manifest(NamedTuple):
    """What a manifest says: the tree that all proofs are of, and every other member by its name."""

    tree: Checkpoint
    members: dict[str, Member]


def name_problem(names: Mapping[str, object]) -> str | None:
    """Why the members of an evidence bundle cannot be named so, as a sentence, or None.

    Unpacked, every one lies below the folder that was chosen, and none over another, on any system.
    """
    seen: dict[str, str] = {}
    for name in names:
        if len(name) > 200 or not _NAME.fullmatch(name):
            return f"The member {name[:60]!r} is not named by letters, digits, dots, hyphens and up to three folders."
        if (other := seen.setdefault(name.lower(), name)) != name:
            return f"The members {other!r} and {name!r} are one name where capitals do not count."
    return None


def manifest(tree: Checkpoint, members: Mapping[str, bytes]) -> bytes:
    """The manifest of `members`, whose proofs are all of `tree`. `Refused` where one cannot be named so."""
    if (why := name_problem(members)) is not None:
        raise Refused(why)
    return canonical.encode(
        {
            "checkpoint": {"root": base64(tree.root), "size": tree.size},
            "format": EVIDENCE,
            "members": [
                {"bytes": len(data), "name": name, "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in sorted(members.items())
            ],
            "origin": tree.origin,
        }
    )


def read_manifest(data: bytes) -> Manifest:
    """What the manifest in `data` says. `Refused` for what is none, or not in the form that `manifest` writes."""
    found = canonical.decode_canonical(data)
    match found:
        case {"format": str(version)} if version != EVIDENCE:
            raise Refused(f"It is of the format {version[:60]!r}, which this version does not know; a newer one may.")
        case {
            "checkpoint": {"root": str(root), "size": int(size), **rest},
            "format": str(),
            "members": [*listed],
            "origin": str(origin),
            **more,
        } if listed and not rest and not more and not isinstance(size, bool) and size > 0:
            tree = Checkpoint(origin, size, hash_bytes(root))
        case _:
            raise Refused("It is not a manifest with format, origin, checkpoint and members.")
    members: dict[str, Member] = {}
    before = ""
    for one in listed:
        match one:
            case {"bytes": int(length), "name": str(name), "sha256": str(digest), **rest} if (
                not rest
                and not isinstance(length, bool)
                and length >= 0
                and _HASH.fullmatch(digest)
                and MANIFEST != name > before
            ):
                members[name] = Member(length, digest)
                before = name
            case _:
                raise Refused("A member in it is not a name, a number of bytes and a SHA-256, sorted, each name once.")
    if (why := name_problem(members)) is not None:
        raise Refused(why)
    return Manifest(tree, members)


def check_members(said: Manifest, members: Mapping[str, bytes]) -> None:
    """Raises `NotGenuine`, naming the member, unless a bundle's `members` are those that its manifest names."""
    for name in sorted({*said.members, *members} - {MANIFEST}):
        if name not in members:
            raise NotGenuine(f"{name}: the manifest names it, and it is not here.")
        if name not in said.members:
            raise NotGenuine(f"{name}: the manifest does not name it; it was added.")
        one, data = said.members[name], members[name]
        if len(data) != one.size or hashlib.sha256(data).hexdigest() != one.sha256:
            raise NotGenuine(f"{name}: it is not what the manifest says; it was changed.")
