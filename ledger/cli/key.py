"""`key`: makes, shows, rotates and replaces the key that signs a ledger's checkpoints."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ledger import checkpoints, keyfile
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import entropy, show_receipt
from ledger.cli.keys import key_option, load, new_passphrase, show_vkeys
from ledger.errors import Refused
from ledger.forms import origin_problem
from ledger.keyfile import KeyFile
from ledger.tlog.note import ED25519, SUBTREE_V1

_OUT = click.option(
    "-o", "--output", "output", type=click.Path(path_type=Path), required=True, help="The key file to write."
)
_POST_QUANTUM = click.option(
    "--post-quantum", is_flag=True, help="An ML-DSA-44 key as well, which signs each checkpoint beside Ed25519."
)
_ENCRYPT = click.option("--encrypt", is_flag=True, help="Encrypt it under a passphrase, which is asked for.")
_NEW_PASSPHRASE = click.option(
    "--new-passphrase-file", type=click.Path(path_type=Path), help="Encrypt it under the passphrase in this file."
)


@click.group(context_settings={"max_content_width": 100})
def key() -> None:
    """The key that signs a ledger's checkpoints. It lies outside the ledger, for its owner alone to read."""


def _make(name: str, output: Path, post_quantum: bool, encrypt: bool, passphrase_file: Path | None) -> KeyFile:
    if (why := origin_problem(name)) is not None:  # stricter than a key's name: no ledger could have it
        raise Refused(f"The origin {name[:80]!r} cannot name a ledger: {why}.")
    passphrase = new_passphrase(encrypt, passphrase_file)
    keys = keyfile.make(name, [SUBTREE_V1, ED25519] if post_quantum else [ED25519], entropy)
    return keyfile.write(output, keys, passphrase)


@contextmanager
def _kept_if_sealed(made: KeyFile) -> Iterator[None]:
    # Only what was certainly not sealed is thrown away; a ledger whose newest key is gone can never be signed again.
    try:
        yield
    except Refused:
        made.path.unlink()
        made.record.unlink(missing_ok=True)
        raise


@key.command()
@click.option("--name", required=True, help="The ledger's origin, as springfield.example/transfers.")
@_OUT
@_POST_QUANTUM
@_ENCRYPT
@_NEW_PASSPHRASE
def new(name: str, output: Path, post_quantum: bool, encrypt: bool, new_passphrase_file: Path | None) -> None:
    """Make a new key, and print the verifier key: give that to everyone who is to check, and keep the file safe."""
    made = _make(name, output, post_quantum, encrypt, new_passphrase_file)
    show_vkeys([one.key for one in made.keys])


@key.command()
@click.argument("keyfile_", metavar="KEYFILE", type=click.Path(path_type=Path))
def show(keyfile_: Path) -> None:
    """Print the verifier key of KEYFILE, one line a key, Ed25519 last."""
    show_vkeys(keyfile.vkeys(keyfile_))


@key.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@key_option
@_OUT
@_POST_QUANTUM
@_ENCRYPT
@_NEW_PASSPHRASE
@actor_option
def rotate(
    ledger: Path,
    key: Path,
    passphrase_file: Path | None,
    output: Path,
    post_quantum: bool,
    encrypt: bool,
    new_passphrase_file: Path | None,
) -> None:
    """Change the key of LEDGER: seals an entry that the old key and the new both sign. Keep the old verifier key.

    The old key vouches for everything up to that entry, and for nothing after it.
    """
    old = load(key, passphrase_file)
    with open_ledger(ledger) as opened:
        made = _make(old.name, output, post_quantum, encrypt, new_passphrase_file)
        with _kept_if_sealed(made):
            receipt = checkpoints.rotate(opened, old, made, time.sleep)
    show_receipt(receipt)
    show_vkeys([one.key for one in made.keys])


@key.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--lost", is_flag=True, required=True, help="Say that the old key is gone, or in others' hands.")
@_OUT
@_POST_QUANTUM
@_ENCRYPT
@_NEW_PASSPHRASE
@actor_option
def replace(
    ledger: Path, lost: bool, output: Path, post_quantum: bool, encrypt: bool, new_passphrase_file: Path | None
) -> None:
    """Replace a key of LEDGER that is lost. The new key alone signs that, so tell those who check in person.

    What the lost key signed after the last checkpoint that somebody kept, it no longer vouches for.
    """
    with open_ledger(ledger) as opened:
        made = _make(checkpoints.origin_of(opened.db), output, post_quantum, encrypt, new_passphrase_file)
        with _kept_if_sealed(made):
            receipt = checkpoints.replace(opened, made)
    show_receipt(receipt)
    show_vkeys([one.key for one in made.keys])
