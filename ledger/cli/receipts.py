"""Receipts that stand alone: a proof of each transfer that was recorded, for whoever sent or asked for it to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.errors import Refused

if TYPE_CHECKING:
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


def check(folder: Path | None, key: Path | None) -> None:
    """`Refused`, before anything is recorded, where receipts cannot be written as asked."""
    if (folder is None) is not (key is None):
        raise Refused("--receipts and --key go together: a receipt is signed.")
    if folder is not None and not folder.is_dir():
        raise Refused(f"{folder} is not a folder; make it before the receipts are written into it.")


def write(
    opened: Ledger, made: Iterable[Receipt], folder: Path | None, key: Path | None, passphrase_file: Path | None
) -> None:
    """Signs the ledger's tree, and writes a proof of each transfer to `folder`, named by its id."""
    if folder is None or key is None:
        return
    import time

    from ledger import checkpoints, prove
    from ledger.cli.keys import load, write_file

    signed = checkpoints.make(opened, load(key, passphrase_file), time.sleep).note
    count = 0
    for count, one in enumerate(made, 1):  # noqa: B007 counted for the sentence
        proof = prove.inclusion(opened.db, one.seq, head=signed).encode()
        write_file(folder / f"{one.id}.tlog-proof", proof)
    click.echo(f"{count:,} receipts are in {folder}.", err=True)
