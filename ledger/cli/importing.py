"""`import`: a file of transfers, all of it or nothing; and a first map for a spreadsheet with other headings."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import output, receipts
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.progress import lines, progress
from ledger.errors import Refused
from ledger.importer import Examined, bring_in, digest, examine
from ledger.intake.set_aside import SetAside

_SHOWN = 20


def _show_unlisted(examined: Examined) -> None:
    for (kind, text), count in examined.unlisted.most_common(_SHOWN):
        click.echo(f"not known, kept as unlisted (erasable), {count:,} times as {kind}: {text}", err=True)
    if (more := len(examined.unlisted) - _SHOWN) > 0:
        click.echo(f"… and {more:,} more texts that are not known", err=True)


@click.command("import")
@click.argument("ledger", type=click.Path(path_type=Path), required=False)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="What their headings and words mean.")
@click.option("--set-aside", type=click.Path(path_type=Path), help="Where bad rows go, to be mended; import the rest.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and record nothing.")
@receipts.options
@click.option("--guess-map", type=click.Path(path_type=Path), help="Print a first map for this spreadsheet instead.")
@actor_option
def import_(
    ledger: Path | None,
    file: Path | None,
    map_file: Path | None,
    set_aside: Path | None,
    dry_run: bool,
    guess_map: Path | None,
    receipts_: Path | None,
    key: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Import FILE (.csv, .xlsx or .jsonl) into LEDGER: all of it, or nothing where a row is bad."""
    if guess_map is not None:
        if file is not None or map_file is not None or set_aside is not None or dry_run:
            raise Refused("--guess-map FILE prints a map and imports nothing; give it alone, or with LEDGER.")
        _guess(guess_map, ledger)
        return
    if ledger is None or file is None:
        raise Refused("Say which LEDGER and which FILE: transfer-ledger import LEDGER FILE.")
    if file.exists() and not file.is_file():
        raise Refused(f"{file} is no file on a disk; a file that is imported is read twice.")
    map_ = None
    if map_file is not None:
        from ledger.intake import mapping

        map_ = mapping.read(map_file)
    with open_ledger(ledger) as opened:
        wanted = receipts.wanted(opened, receipts_, key, passphrase_file)
        if (before := opened.imported_before(digest(file))) is not None:
            output.recorded()
            click.echo(f"{file} was imported before, as entry {before}; nothing is recorded twice.")
            return
        aside = None if set_aside is None or dry_run else SetAside(set_aside, map_)
        with progress("Reading", lines(file)) as done:
            examined = examine(opened, file, map_, aside, done)
        if aside is not None:
            aside.close()
        _show_unlisted(examined)
        if examined.bad:
            for sentence in examined.sentences:
                click.echo(sentence, err=True)
            if aside is None:
                raise Refused(
                    f"{len(examined.bad):,} of {len(examined.bad) + examined.good:,} rows are bad; "
                    f"nothing was recorded. Mend them, or use --set-aside FILE to import the others."
                )
            click.echo(f"{len(examined.bad):,} bad rows are in {set_aside}, with what is wrong.", err=True)
        if dry_run:
            click.echo(f"{examined.good:,} rows would be imported; nothing was recorded.")
            return
        with progress("Sealing", examined.good) as done:
            made = bring_in(opened, file, examined, map_, done)
        output.recorded()
        new = [receipt for receipt in made if receipt.new]
        receipts.write(opened, new, wanted)
    click.echo(f"{len(new):,} transfers recorded, entries {new[0].seq} to {new[-1].seq}; head {new[-1].hash}")
    if len(new) < len(made):
        click.echo(f"{len(made) - len(new):,} were in the ledger already.")


def _guess(file: Path, ledger: Path | None) -> None:
    from ledger.intake.guess import guess
    from ledger.register.names import known_names
    from ledger.register.read import load_law, load_notice, load_vocabularies, notice_ids

    registers, organisations = [load_notice(id_) for id_ in notice_ids()], []
    if ledger is not None:
        from ledger.source import Source

        with Source(ledger) as source:
            registers = [adopted.register for adopted in source.registers()] or registers
            organisations = list(source.organisations().values())
    newest = {register.id: register for register in registers}
    click.echo(guess(file, known_names(load_law(), load_vocabularies(), newest.values(), organisations)), nl=False)
