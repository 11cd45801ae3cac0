"""A bundle: proofs and what goes with them in one file, a ZIP archive in one fixed form.

Its members are stored, sorted by name, without dates, so that the same members are always the same bytes, and a page
in a browser can read it without a library. What is read is written again and compared: nothing hides between members.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

from ledger.errors import Refused

PROOFS, CONSISTENCY = ("proofs/", ".tlog-proof"), ("consistency/", ".tlog-consistency")
"""Folder and ending of the members that are verified; any other is for people."""

MOST_BYTES = 500_000_000


def write(members: Mapping[str, bytes]) -> bytes:
    """A bundle of `members` by their names: a ZIP archive, stored, always the same bytes for the same members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, members[name])
    return out.getvalue()


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
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise Refused(f"The bundle is larger than {MOST_BYTES:,} bytes.")
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
