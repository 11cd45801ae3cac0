"""`prove`: a file that proves one entry, or that an older ledger is the beginning of this one, to anyone, offline."""

from __future__ import annotations

from pathlib import Path

import click

from ledger import bundle
from ledger import prove as proving
from ledger.cli.keys import kept_checkpoint, write_file
from ledger.errors import Refused
from ledger.source import Source
from ledger.tlog import checkpoint, note


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="[SEQ|ID]...", nargs=-1)
@click.option("-o", "--output", "output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--disclose", multiple=True, metavar="NAME", help="Hand over an erasable value, as note (repeat it).")
@click.option(
    "--consistency",
    type=click.Path(path_type=Path),
    metavar="OLD_CHECKPOINT",
    help="Prove that the ledger of this kept checkpoint is the beginning of this one.",
)
@click.option("--checkpoint", "head", type=click.Path(path_type=Path), help="Prove against this checkpoint's file.")
def prove(
    ledger: Path,
    which: tuple[str, ...],
    output: Path,
    disclose: tuple[str, ...],
    consistency: Path | None,
    head: Path | None,
) -> None:
    """Write the proof of an entry of LEDGER to a file that stands alone; it shows no other entry.

    Several entries, or entries and --consistency, go into one bundle, whose name ends in .zip.
    """
    if not which and consistency is None:
        raise Refused("Say what to prove: an entry's number, a transfer's id, or --consistency and a kept checkpoint.")
    if disclose and len(which) != 1:
        raise Refused("--disclose takes its values from one entry: name one.")
    members: dict[str, bytes] = {}
    with Source(ledger) as source:
        signed = None if head is None else kept_checkpoint(head)
        for one in which:
            seq = proving.place_of(source.db, one)
            found = proving.inclusion(source.db, seq, disclose, signed).encode()
            members[f"{bundle.PROOFS[0]}{seq}{bundle.PROOFS[1]}"] = found
        if consistency is not None:
            old = checkpoint.parse(note.parse(kept_checkpoint(consistency)).text)
            newest = proving.covering(source.db, -1) if signed is None else signed
            proof = proving.consistency(source.db, old, newest).encode()
            members[f"{bundle.CONSISTENCY[0]}{old.size}{bundle.CONSISTENCY[1]}"] = proof
    if output.suffix == ".zip":
        write_file(output, bundle.write(members))
    elif len(members) == 1:
        write_file(output, next(iter(members.values())))
    else:
        raise Refused(f"{len(members)} proofs go into one bundle: name a file that ends in .zip.")
    click.echo(f"{output}: {', '.join(members)}; whoever checks it needs your verifier key, from elsewhere.")
