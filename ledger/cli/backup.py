"""`backup` and `restore-check`: a whole copy of a ledger, and whether a copy is behind a kept checkpoint."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.backup import copy, remove
from ledger.cli.keys import kept_checkpoint, trust_options, trusted
from ledger.cli.progress import progress
from ledger.cli.verify import show_problems
from ledger.errors import Refused
from ledger.seal import Head
from ledger.source import Source
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought, kept


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
def backup(ledger: Path, file: Path) -> None:
    """Copy LEDGER whole to the new FILE, and verify the copy: exit 0 whole and verified, 2 could not.

    LEDGER may be in use. What was recorded last is in the copy too, which a plain copy of a ledger in use leaves out.
    Where the exit status is 2, no FILE is left.
    """
    with Source(ledger) as source:
        pages = source.db.execute("PRAGMA page_count").fetchone()[0]
        with progress("Copying", pages) as done:
            copy(source, file, done)
        try:
            with progress("Verifying", source.head.size) as done:
                report = verify(file, done)
            if report.problems:
                raise Refused(
                    f"{ledger} does not verify, so no backup was kept: {report.problems[0].message} Run "
                    f"`transfer-ledger verify {ledger}`."
                )
            if report.head is None or Head(report.size, report.head) != source.head:
                raise Refused(f"{file} is not what {ledger} holds, so it was not kept. Run the command again.")
            source.files.unchanged()
        except BaseException:
            remove(file)
            raise
    click.echo(f"Copied {ledger} to {file}: whole and verified, {_entries(report.size)} of {report.origin}.")
    click.echo(f"head {report.head}")


@click.command("restore-check")
@click.argument("file", type=click.Path(path_type=Path))
@trust_options
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A checkpoint that you kept, or its sheet (repeat it).",
)
@click.pass_context
def restore_check(
    ctx: click.Context, file: Path, vkeys: tuple[str, ...], policies: tuple[Path, ...], checkpoints: tuple[Path, ...]
) -> None:
    """Check whether FILE, a copy, is behind a kept checkpoint: 0 not behind, 1 evidence of alteration, 2 behind.

    2 also where that cannot be told. A copy that is behind is an older one, or was made without its write-ahead log, or
    its end was cut off: which of these, no file can show. Whatever it does hold is verified.
    """
    brought = Brought(trusted(vkeys, policies), tuple((str(path), kept_checkpoint(path)) for path in checkpoints))
    trees = [(where, tree) for where, _, tree in kept(brought)]
    with progress("Verifying", None) as done:
        report = verify(file, done, brought)
    beyond = [(where, tree) for where, tree in trees if tree.size > report.size]
    # Of each checkpoint that goes beyond the copy, verification says that the end was cut off. Here that may be an
    # honest mistake; whatever else it found, and a checkpoint in the file itself that goes beyond it, may not.
    expected = [f"The checkpoint that you kept ({where})" for where, _ in beyond]
    problems = [
        one
        for one in report.problems
        if not (one.problem == "cut-off" and any(one.message.startswith(said) for said in expected))
    ]
    if problems:
        show_problems(problems)
        click.echo(f"\n{file} does NOT verify: it is altered, or not a copy of this ledger. Do not restore it.")
        ctx.exit(1)
    if beyond:
        where, tree = max(beyond, key=lambda one: one[1].size)
        raise Refused(
            f"{file} is behind: {where} covers {_entries(tree.size)}, and the copy has {report.size:,}, so "
            f"{tree.size - report.size:,} are missing. What it has is consistent with itself. It is an older copy, or "
            f"was made without its write-ahead log, or its end was cut off. Look for a newer one before you restore it."
        )
    if "anchored" not in report.reached.levels:
        raise Refused(f"Whether {file} is behind cannot be told: {' '.join(report.reached.remarks)}")
    more = report.size - max(tree.size for _, tree in trees)
    click.echo(
        f"{file} is not behind: it has every entry that the {'checkpoint' if len(trees) == 1 else 'checkpoints'} that "
        f"you kept cover{'s' if len(trees) == 1 else ''}, unaltered, and {more:,} more."
    )
    click.echo(f"head {report.head}")


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
