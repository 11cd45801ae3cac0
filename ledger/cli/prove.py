"""`prove`: a file that proves one entry, or that an older ledger is the beginning of this one, to anyone, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ledger import bundle
from ledger import prove as proving
from ledger.cli.keys import kept_checkpoint, write_file
from ledger.errors import Refused
from ledger.source import Source
from ledger.tlog import checkpoint, note, tiles
from ledger.tlog.checkpoint import Checkpoint


@click.command()
@click.argument("ledger")
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
    ledger: str,
    which: tuple[str, ...],
    output: Path,
    disclose: tuple[str, ...],
    consistency: Path | None,
    head: Path | None,
) -> None:
    """Write the proof of an entry of LEDGER, a file or what was published of one, to a file that stands alone.

    It shows no other entry.

    Several entries, or entries and --consistency, go into one bundle, whose name ends in .zip.
    """
    if not which and consistency is None:
        raise Refused("Say what to prove: an entry's number, a transfer's id, or --consistency and a kept checkpoint.")
    if disclose and len(which) != 1:
        raise Refused("--disclose takes its values from one entry: name one.")
    signed = None if head is None else kept_checkpoint(head)
    old = None if consistency is None else checkpoint.parse(note.parse(kept_checkpoint(consistency)).text)
    if "://" in ledger or Path(ledger).is_dir():
        if disclose:
            raise Refused("Erasable values are in the ledger's file, never in what is published of it.")
        members = _from_publication(ledger, which, old, signed)
    else:
        members = _from_file(Path(ledger), which, disclose, old, signed)
    if output.suffix == ".zip":
        write_file(output, bundle.write(members))
    elif len(members) == 1:
        write_file(output, next(iter(members.values())))
    else:
        raise Refused(f"{len(members)} proofs go into one bundle: name a file that ends in .zip.")
    click.echo(f"{output}: {', '.join(members)}; whoever checks it needs your verifier key, from elsewhere.")


def _proof_name(seq: int) -> str:
    return f"{bundle.PROOFS[0]}{seq}{bundle.PROOFS[1]}"


def _consistency_name(old: Checkpoint) -> str:
    return f"{bundle.CONSISTENCY[0]}{old.size}{bundle.CONSISTENCY[1]}"


def _from_file(
    ledger: Path, which: Sequence[str], disclose: Sequence[str], old: Checkpoint | None, signed: bytes | None
) -> dict[str, bytes]:
    members = {}
    with Source(ledger) as source:
        for one in which:
            seq = proving.place_of(source.db, one)
            members[_proof_name(seq)] = proving.inclusion(source.db, seq, disclose, signed).encode()
        if old is not None:
            newest = proving.covering(source.db, -1) if signed is None else signed
            found = proving.consistency(source.db, old, newest)
            members[_consistency_name(old)] = found.encode()
    return members


def _from_publication(
    target: str, which: Sequence[str], old: Checkpoint | None, signed: bytes | None
) -> dict[str, bytes]:
    from ledger.publish import Published

    published = Published(target)
    newest = published.checkpoint_note() if signed is None else signed
    size = checkpoint.parse(note.parse(newest).text).size
    members = {}
    for one in which:
        if not one.isdecimal() or not one.isascii() or str(int(one)) != one or int(one) >= size:
            raise Refused(f"{one[:64]} is no number of the {size:,} published entries; ids are in the file alone.")
        n, place = divmod(int(one), tiles.WIDTH)
        data = published.entries(n, size)[place]
        members[_proof_name(int(one))] = proving.of_entry(int(one), data, published.reader(size), newest).encode()
    if old is not None:
        members[_consistency_name(old)] = proving.of_tree(published.reader, old, newest).encode()
    return members
