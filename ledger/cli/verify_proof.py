"""`verify-proof`: what a proof or a bundle shows, to someone who has no ledger and trusts nothing inside the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ledger import bundle
from ledger.cli.keys import kept_checkpoint, read_file, trust_options, trusted
from ledger.entry import encode
from ledger.errors import NotGenuine, Refused
from ledger.london import from_seconds
from ledger.tlog import policy
from ledger.verify.bundled import Evidence, is_evidence, verify_evidence, verify_kept
from ledger.verify.proofs import Proved, Trusted, Vouched, verify_consistency, verify_inclusion


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@trust_options
@click.option(
    "--checkpoint", "kept", type=click.Path(path_type=Path), help="The older checkpoint that you kept, or its sheet."
)
@click.pass_context
def verify_proof(
    ctx: click.Context, file: Path, vkeys: tuple[str, ...], policies: tuple[Path, ...], kept: Path | None
) -> None:
    """Verify FILE, a proof or a bundle, without the ledger: exit 0 verified, 1 not genuine, 2 could not run."""
    bring = trusted(vkeys, policies)
    data = read_file(file)
    try:
        if bundle.is_bundle(data):
            _bundle(data, bring, kept)
        elif data.startswith(b"old "):
            _consistency(data, bring, kept)
        else:
            _show(verify_inclusion(data, bring), bring)
    except NotGenuine as error:
        click.echo(f"NOT GENUINE: {file}: {error}")
        ctx.exit(1)
    except Refused as error:
        raise error.at(str(file)) from None


def _bundle(data: bytes, bring: Trusted, kept: Path | None) -> None:
    members = bundle.read(data)
    if is_evidence(members):
        _evidence(members, bring, kept)
        return
    found = 0
    for name, member in members.items():
        try:
            if name.startswith(bundle.PROOFS[0]) and name.endswith(bundle.PROOFS[1]):
                _show(verify_inclusion(member, bring), bring)
            elif name.startswith(bundle.CONSISTENCY[0]) and name.endswith(bundle.CONSISTENCY[1]):
                if kept is None:
                    click.echo(f"{name}: not checked; it needs the checkpoint that you kept (--checkpoint).")
                    continue
                _consistency(member, bring, kept)
            else:
                continue
        except Refused as error:
            raise error.at(name) from None
        found += 1
    if not found:
        raise Refused("The bundle holds no proof that could be checked.")


def _evidence(members: Mapping[str, bytes], bring: Trusted, kept: Path | None) -> None:
    found = verify_evidence(members, bring)
    old = None if kept is None else verify_kept(members, found, kept_checkpoint(kept), bring)
    tree = found.vouched.tree
    click.echo(
        f"Verified: these are {_entries(found.entries)} of the {tree.size:,} that {tree.origin} had recorded, as they "
        f"were sealed: {', '.join(f'{kind} {count:,}' for kind, count in found.kinds.items())}."
    )
    _vouched(found.vouched)
    for name, seq in found.registers.items():
        click.echo(f"{name}: the documented purposes that entry {seq} adopts.")
    for name, seq in found.reports.items():
        click.echo(f"{name}: the very report that entry {seq} attests.")
    _grown(found)
    if old is not None:
        click.echo(
            f"Verified: the {_entries(old.size)} that the checkpoint you kept covers are all still there, unaltered "
            f"and in their places."
        )
    click.echo(f"\nIntact as packed, but not proved; for people: {', '.join(_briefly(found.intact)) or 'nothing'}.")
    if rest := tree.size - found.entries:
        other = "the other entry, which is" if rest == 1 else f"the other {rest:,} entries, which are"
        click.echo(
            f"Not shown: {other} not in this file. Whoever packed it chose, and nothing here shows that these are all "
            f"that matter."
        )
    click.echo("Not shown: what was recorded since, and what nobody recorded.")
    if old is None:
        click.echo("Not shown: that nothing was rewritten before; a checkpoint that you kept (--checkpoint) would.")
    if not bring.policies:
        click.echo("Not shown: that others see the same ledger; a policy with witnesses (--policy) would.")
    click.echo("Unpacked, `transfer-ledger verify-proof proofs/0.tlog-proof` shows one entry in full.")


def _briefly(names: Sequence[str]) -> list[str]:
    # A ledger may keep a timestamp of every day.
    stamps = [name for name in names if name.startswith(bundle.CHECKPOINTS)]
    if len(stamps) <= 3:
        return list(names)
    return [*(name for name in names if name not in stamps), f"{len(stamps):,} files in {bundle.CHECKPOINTS}"]


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _grown(found: Evidence) -> None:
    older = [tree for tree in found.checkpoints if tree.size < found.vouched.tree.size]
    if not older:
        return
    signed = sum(tree in found.signed for tree in older)
    click.echo(
        f"Checkpoints inside, older ones: {len(older):,}, from {_entries(older[0].size)} on; {signed:,} of them signed "
        f"by a key that you gave. Whatever they cover is still there, unaltered and in its place."
    )


def _consistency(data: bytes, bring: Trusted, kept: Path | None) -> None:
    if kept is None:
        raise Refused(
            "A proof of consistency is checked against the older checkpoint that you kept: --checkpoint FILE."
        )
    before, after = verify_consistency(data, kept_checkpoint(kept), bring)
    click.echo(
        f"Verified: the {before.tree.size:,} entries of {before.tree.origin} that your checkpoint covers are all still "
        f"there, unaltered and in their places, among the {after.tree.size:,} of the newer one."
    )
    _vouched(after)


def _show(found: Proved, bring: Trusted) -> None:
    tree = found.vouched.tree
    click.echo(f"Verified: this is entry {found.seq} of the {tree.size:,} that {tree.origin} had recorded.")
    _vouched(found.vouched)
    click.echo(f"hash {found.hash}\n\n{encode(found.entry).decode()}")
    for name, value in found.disclosed.items():
        click.echo(f"{name}: {value if isinstance(value, str) else '; '.join(value)}")
    hidden = len(found.entry.sd) - len(found.disclosed)
    if hidden:
        click.echo(f"({hidden} more values are sealed with it and not disclosed here.)")
    click.echo("\nNot shown: whether it was corrected or withdrawn later, and what nobody recorded.")
    if not bring.policies:
        click.echo("Not shown: that others see the same ledger; a policy with witnesses (--policy) would.")


def _vouched(found: Vouched) -> None:
    for key in found.signed:
        click.echo(f"signed by {key.text()[:100]}")
    for name, time in found.cosigned.items():
        when = f"at {from_seconds(time):%Y-%m-%d %H:%M:%S} UTC" if time else "without a time"
        click.echo(f"cosigned by {policy.shown(name)} {when}")
