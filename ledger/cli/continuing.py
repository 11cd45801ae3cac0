"""`continue`: a new ledger that follows one which cannot go on."""

from __future__ import annotations

from pathlib import Path

import click

from ledger import checkpoints, keyfile
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import clock, entropy, show_receipt
from ledger.cli.keys import kept_checkpoint, new_passphrase, show_vkeys
from ledger.errors import Refused
from ledger.members import Continued
from ledger.register.read import load_vocabularies
from ledger.source import Source
from ledger.tlog import checkpoint, note
from ledger.tlog.note import ED25519, SUBTREE_V1
from ledger.writer import create


@click.command("continue")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--origin", required=True, help="The new ledger's own name, as springfield.example/transfers-2.")
@click.option("--organisation", help="The organisation that keeps it; the old ledger's, unless given.")
@click.option("--checkpoint", "kept", type=click.Path(path_type=Path), help="The old ledger's last known checkpoint.")
@click.option("--ground", default="successor", show_default=True, help="Why the old ledger ends, as a code.")
@click.option("-o", "--output", "output", type=click.Path(path_type=Path), help="Make the new ledger's key here.")
@click.option("--post-quantum", is_flag=True, help="An ML-DSA-44 key as well.")
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), help="Encrypt the key under this passphrase.")
@actor_option
def continue_(
    old: Path,
    new: Path,
    origin: str,
    organisation: str | None,
    kept: Path | None,
    ground: str,
    output: Path | None,
    post_quantum: bool,
    new_passphrase_file: Path | None,
) -> None:
    """Start the ledger NEW, which follows OLD: after a restore that lost signed entries, or a school's conversion.

    Its first entry cites the last known checkpoint of OLD; where OLD can still be written to, its last entry names NEW.
    """
    tree = None if kept is None else checkpoint.parse(note.parse(kept_checkpoint(kept)).text)
    before = checkpoints.continued(old, tree, origin)
    if ground not in (known := [term.id for term in load_vocabularies().closing_ground]):
        raise Refused(f"--ground: {ground[:40]!r} is none of {', '.join(known)}.")
    if organisation is None:
        with Source(old) as source:
            organisation = source.genesis().organisation
    follows = Continued(origin=before.origin, size=before.size, head=before.root.hex())
    made: tuple[keyfile.PrivateKey, ...] = ()
    if output is not None:
        made = keyfile.make(origin, [SUBTREE_V1, ED25519] if post_quantum else [ED25519], entropy)
        keyfile.write(output, made, new_passphrase(False, new_passphrase_file))
    try:
        receipt = create(new, origin, organisation, clock, entropy, follows)
    except Refused:
        if output is not None:
            output.unlink()
        raise
    show_receipt(receipt)
    show_vkeys([one.key for one in made])
    try:
        with open_ledger(old) as opened:
            opened.close(ground, origin, {})
        click.echo(f"{old} is closed, and names {origin} as its successor.")
    except Refused as error:
        click.echo(f"{old} was not closed: {error}", err=True)
