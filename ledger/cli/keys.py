"""What the verbs that sign or verify take from the world: key files, passphrases, verifier keys, policies, files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from ledger import keyfile
from ledger.errors import Refused
from ledger.keyfile import KeyFile
from ledger.tlog import checkpoint, note, policy
from ledger.tlog.note import VerifierKey, parse_vkey
from ledger.verify.proofs import Trusted

ENVIRONMENT = "TRANSFER_LEDGER_PASSPHRASE"
"""The environment variable that a scheduled job gives the passphrase of its key in."""

_MOST_BYTES = 600_000_000


def read_file(path: Path) -> bytes:
    """The bytes of the file at `path`. `Refused` with its name where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > _MOST_BYTES:
        raise Refused(f"{path} is larger than {_MOST_BYTES:,} bytes.")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Writes a file for somebody to keep. `Refused` where it exists with other content, or cannot be written."""
    try:
        if path.is_file() and path.read_bytes() == data:
            return
        file = path.open("xb")
    except FileExistsError:
        raise Refused(f"{path} exists already; name another file.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with file:
            file.write(data)
    except OSError as error:
        path.unlink()  # half of it would be taken for the whole, and stand in the way of the next try
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None


def replace_file(path: Path, data: bytes) -> None:
    """Writes the newest of something over the one before, at once: a reader finds either, whole. `Refused`."""
    try:
        if path.exists() and not path.is_file():  # a pipe, or a terminal
            path.write_bytes(data)
            return
        real = Path(os.path.realpath(path))
        beside = real.with_name(real.name + ".new")
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, real)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None


def _passphrase(given: Path | None, prompt: str, new: bool) -> bytes | None:
    if given is not None:
        return read_file(given).rstrip(b"\r\n") or None
    if ENVIRONMENT in os.environ:
        return os.environ[ENVIRONMENT].encode() or None
    if sys.stdin is not None and sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=new)).encode()
    return None


def key_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives `command` the options `--key KEYFILE` and `--passphrase-file`."""
    command = click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path),
        help=f"Its passphrase (else {ENVIRONMENT}, else asked for).",
    )(command)
    return click.option(
        "--key", "key", type=click.Path(path_type=Path), required=True, help="The file of the private key."
    )(command)


def load(path: Path, passphrase_file: Path | None) -> KeyFile:
    """The key file at `path`, its passphrase asked for where it is encrypted."""
    return keyfile.load(path, lambda: _passphrase(passphrase_file, f"Passphrase of {path.name}", False))


def new_passphrase(wanted: bool, passphrase_file: Path | None) -> bytes | None:
    """The passphrase for a new key file, or None where none is wanted."""
    if not wanted and passphrase_file is None:
        return None
    found = _passphrase(passphrase_file, "New passphrase", True)
    if found is None:
        raise Refused(f"No passphrase was given; use --new-passphrase-file or {ENVIRONMENT}.")
    return found


def show_vkeys(keys: Sequence[VerifierKey]) -> None:
    """Prints verifier keys, one a line, Ed25519 last."""
    for key in keys:
        click.echo(key.text())


def trust_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives `command` the options `--key VKEY` and `--policy FILE`, both repeatable: what the verifier trusts."""
    command = click.option(
        "--policy",
        "policies",
        type=click.Path(path_type=Path),
        multiple=True,
        help="A tlog-policy file: logs, witnesses and the quorum that you ask for.",
    )(command)
    return click.option(
        "--key",
        "vkeys",
        multiple=True,
        metavar="VKEY",
        help="A verifier key that you trust, or a file of them, one a line (repeat it).",
    )(command)


def trusted(vkeys: Sequence[str], policies: Sequence[Path]) -> Trusted:
    """What the verifier brings, from the options of `trust_options`."""
    keys: list[VerifierKey] = []
    for text in vkeys:
        if "+" in text and not os.path.exists(text):  # a long key is no path, and Path.exists says so by failing
            keys.append(parse_vkey(text))
            continue
        try:
            lines = read_file(Path(text)).decode("utf-8").split("\n")
        except UnicodeDecodeError:
            raise Refused(f"{text} is no file of verifier keys, one a line.") from None
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    keys.append(parse_vkey(line.rstrip("\r")))
                except Refused as error:
                    raise error.at(f"{text}, line {number}") from None
    found = []
    for path in policies:
        try:
            found.append(policy.parse(read_file(path)))
        except Refused as error:
            raise error.at(str(path)) from None
        for warning in policy.warnings(found[-1]):
            click.echo(f"{path}: {warning}", err=True)
    return Trusted(tuple(dict.fromkeys(keys)), tuple(found))


BEGIN, END = "-----BEGIN CHECKPOINT-----\n", "-----END CHECKPOINT-----\n"


def note_in(data: bytes) -> bytes:
    """The note on a keepsake sheet; what is no sheet, as it is."""
    begin, end = BEGIN.encode(), END.encode()
    if data.count(begin) == 1 and data.count(end) == 1:
        return data[data.index(begin) + len(begin) : data.index(end)]
    return data


def kept_checkpoint(path: Path) -> bytes:
    """The note in a kept checkpoint's file, or on a keepsake sheet (`checkpoint --keepsake`)."""
    data = note_in(read_file(path))
    try:
        checkpoint.parse(note.parse(data).text)
    except Refused as error:
        raise error.at(f"{path} is no checkpoint") from None
    return data
