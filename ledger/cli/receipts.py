"""Receipts that stand alone: a proof of each transfer that was recorded, for whoever sent or asked for it to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ledger.errors import Refused

if TYPE_CHECKING:
    from ledger.keyfile import KeyFile
    from ledger.writer import Ledger, Receipt


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives `command` the options `--receipts DIR`, `--key KEYFILE` and `--passphrase-file`."""
    for names, about in (
        (("--passphrase-file",), "The passphrase of that key."),
        (("--key",), "The file of the ledger's private key, which signs the receipts."),
        (("--receipts", "receipts_"), "Write a proof of each transfer into this folder (needs --key)."),
    ):
        command = click.option(*names, type=click.Path(path_type=Path), help=about)(command)
    return command


class Wanted(NamedTuple):
    """Receipts as they were asked for: where to, and the keys that sign them."""

    folder: Path
    keys: KeyFile


def wanted(opened: Ledger, folder: Path | None, key: Path | None, passphrase_file: Path | None) -> Wanted | None:
    """The receipts that are asked for, or None. `Refused`, before anything is recorded, where they cannot be made."""
    if (folder is None) is not (key is None):
        raise Refused("--receipts and --key go together: a receipt is signed.")
    if folder is None or key is None:
        return None
    from ledger import checkpoints
    from ledger.cli.keys import load

    if not folder.is_dir():
        raise Refused(f"{folder} is not a folder; make it before the receipts are written into it.")
    keys = load(key, passphrase_file)
    checkpoints.can_sign(opened.db, keys)
    return Wanted(folder, keys)


def write(opened: Ledger, made: Sequence[Receipt], receipts: Wanted | None) -> None:
    """Signs the ledger's tree, and writes a proof of each transfer, named by its id."""
    if receipts is None or not made:
        return
    import time

    from ledger import checkpoints, prove
    from ledger.cli.keys import write_file

    signed = checkpoints.make(opened, receipts.keys, time.sleep).note
    for one in made:
        proof = prove.inclusion(opened.db, one.seq, head=signed).encode()
        write_file(receipts.folder / f"{one.id}.tlog-proof", proof)
    count = f"{len(made):,} receipts are" if len(made) > 1 else "The receipt is"
    click.echo(f"{count} in {receipts.folder}.", err=True)
