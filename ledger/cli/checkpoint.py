"""`checkpoint`: signs the ledger's tree as it is now, and has others see it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from ledger import checkpoints
from ledger.checkpoints import Cosign, Known, Made
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.keys import BEGIN, END, key_option, load, replace_file, trusted, write_file
from ledger.cli.output import recorded
from ledger.errors import NotGenuine, Refused
from ledger.keyfile import KeyFile
from ledger.tlog import cosignature, note, policy
from ledger.tlog.checkpoint import parse
from ledger.tlog.note import VerifierKey
from ledger.verify.proofs import Trusted


def known_to(
    published: Sequence[str], witnesses: Sequence[str], keys: KeyFile, older: Sequence[VerifierKey] = ()
) -> list[Known]:
    """What a publication and the witnesses know of the ledger that `keys` sign; a witness that is down is none.

    `older` are keys that the ledger had before: what a witness saw last may be signed by one of them.
    """
    found: list[Known] = []
    verifiers = [cosignature.verifier(key) for key in dict.fromkeys((*older, *(one.key for one in keys.keys)))]
    for target in published:
        from ledger.publish import Published

        signed = note.parse(Published(target).checkpoint_note())
        found.append((f"the checkpoint published at {target}", parse(signed.text)))
    for url in witnesses:
        from ledger.witness.ask import newest

        try:
            seen = newest(url, keys.name, verifiers)
        except NotGenuine:
            raise
        except Refused as error:
            click.echo(str(error), err=True)
            continue
        if seen is not None:
            found.append((f"the witness {url}", seen))
    return found


def _cosigners(urls: Sequence[str], known: Sequence[Known], wanted: Trusted) -> list[tuple[str, Cosign]]:
    from ledger.witness.ask import cosign

    # With a policy, only its witnesses' lines are taken: another's could carry a false one under their name.
    keys = [one.key for policy in wanted.policies for one in policy.witnesses.values()]
    verifiers = [cosignature.verifier(key) for key in keys] or None
    sizes = {where.removeprefix("the witness "): tree.size for where, tree in known}
    return [(url, partial(cosign, url, known_size=sizes.get(url, 0), verifiers=verifiers)) for url in urls]


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@key_option
@click.option("-o", "--output", "output", type=click.Path(path_type=Path), help="Write the checkpoint to a file too.")
@click.option("--witness", "witnesses", multiple=True, metavar="URL", help="Have it cosigned there (repeat it).")
@click.option("--policy", "policies", type=click.Path(path_type=Path), multiple=True, help="The quorum that is wanted.")
@click.option("--published", multiple=True, metavar="TARGET", help="Refuse to sign behind what is published there.")
@click.option("--timestamp", metavar="URL", help="Have it timestamped there (RFC 3161).")
@click.option("--keepsake", type=click.Path(path_type=Path), help="Write a sheet for the auditor's drawer.")
@click.pass_context
@actor_option
def checkpoint(
    ctx: click.Context,
    ledger: Path,
    key: Path,
    passphrase_file: Path | None,
    output: Path | None,
    witnesses: tuple[str, ...],
    policies: tuple[Path, ...],
    published: tuple[str, ...],
    timestamp: str | None,
    keepsake: Path | None,
) -> None:
    """Sign the tree of LEDGER as it is now. Give the checkpoint to others: it proves only what they kept.

    Exit status 2 where a witness, a timestamp or a policy's quorum is missing; the checkpoint is kept all the same.
    """
    keys = load(key, passphrase_file)
    wanted = trusted((), policies)
    stamp = None
    if timestamp is not None:
        from ledger.timestamp import ask

        stamp = partial(ask, timestamp)
    with open_ledger(ledger) as opened:
        known = known_to(published, witnesses, keys, checkpoints.all_keys(opened.db))
        made = checkpoints.make(
            opened, keys, time.sleep, known, _cosigners(witnesses, known, wanted) if witnesses else (), stamp
        )
    for path, write, data in (
        (output, replace_file, made.note),
        (keepsake, write_file, sheet(made, keys).encode()),
    ):
        if path is not None:
            try:
                write(path, data)
            except Refused as error:
                made.failures.append(f"{error} The checkpoint is kept in the ledger.")
    recorded()
    _show(made)
    unmet = [one for one in wanted.policies if not _accepted(one, made.note)]
    for one in unmet:
        click.echo(f"The quorum {policy.shown(one.quorum)} of the policy is not met.", err=True)
    ctx.exit(2 if made.failures or unmet else 0)


def _accepted(one: policy.Policy, signed: bytes) -> bool:
    try:
        return policy.accept(one, note.parse(signed)).quorum
    except NotGenuine as error:
        click.echo(f"A cosignature was given that is false: {error}", err=True)
        return False


def _show(made: Made) -> None:
    if made.sealed is not None:
        click.echo(f"entry {made.sealed.seq} seals the key: give the verifier key to those who are to check.")
    cosigned = len(note.parse(made.note).signatures)
    click.echo(made.note.decode(), nl=False)
    if not made.new:
        click.echo(
            "\nNothing was recorded since the last checkpoint, so none was added. That the log stood still is proved "
            "by a fresh cosignature (--witness) or timestamp (--timestamp) alone."
        )
    else:
        beside = f", {cosigned} signatures" + (", timestamped" if made.timestamp else "")
        click.echo(f"\n{made.tree.size:,} entries are signed{beside}.")
    for sentence in made.failures:
        click.echo(sentence, err=True)


def sheet(made: Made, keys: KeyFile) -> str:
    """One sheet of paper for the auditor's drawer: the checkpoint, the verifier key, and how to use them next year."""
    vkeys = "\n".join(one.key.text() for one in keys.keys)
    digits = made.tree.root.hex()
    root = "\n".join(" ".join(digits[at : at + 32][part : part + 4] for part in range(0, 32, 4)) for at in (0, 32))
    return f"""KEEP THIS SHEET: what was recorded by now can be proved with it for ever

Ledger   {made.tree.origin}
Entries  {made.tree.size:,}
Root     {root.replace(chr(10), chr(10) + "         ")}

Next year, with the ledger's file (transfers.db) and this sheet (sheet.txt):

    transfer-ledger verify transfers.db --key vkey.txt --checkpoint sheet.txt --require anchored

where vkey.txt holds the verifier key below. "anchored" then means: every entry that was there when this sheet was
made is still there, unaltered and in its place. Anything else means that the ledger was altered since, or that this
is another one. On paper alone: ask for the root of the first {made.tree.size:,} entries and compare the digits above.

Verifier key (a public key, no secret; check by another way that it is the ledger owner's):

{vkeys}

{BEGIN}{made.note.decode()}{END}"""
