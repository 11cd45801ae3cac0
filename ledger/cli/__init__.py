"""One command, `transfer-ledger`: a table of verbs, each loaded when it is used.

The table names modules of the floors above as text, so that the ledger imports neither of them, and recording one
transfer loads nothing but what it needs. Verbs parse, call one function and print; every refusal is one sentence
and exit status 2, and what cannot be printed changes no verdict (`output`).
"""

from __future__ import annotations

import sqlite3
import sys
from importlib import import_module
from typing import Any

import click

from ledger.cli import output
from ledger.errors import Refused

VERBS: dict[str, str] = {
    "init": "ledger.cli.init:init",
    "register": "ledger.cli.register:register",
    "people": "ledger.cli.people:people",
    "organisation": "ledger.cli.organisation:organisation",
    "record": "ledger.cli.record:record",
    "import": "ledger.cli.importing:import_",
    "refuse": "ledger.cli.refuse:refuse",
    "correct": "ledger.cli.correct:correct",
    "erase": "ledger.cli.erase:erase",
    "key": "ledger.cli.key:key",
    "checkpoint": "ledger.cli.checkpoint:checkpoint",
    "continue": "ledger.cli.continuing:continue_",
    "publish": "ledger.cli.publish:publish",
    "prove": "ledger.cli.prove:prove",
    "verify-proof": "ledger.cli.verify_proof:verify_proof",
    "witness": "ledger.cli.witness:witness",
    "verify": "ledger.cli.verify:verify",
    "backup": "ledger.cli.backup:backup",
    "restore-check": "ledger.cli.backup:restore_check",
    "check": "reports.cli.check:check",
    "findings": "reports.cli.findings:findings",
    "review": "reports.cli.review:review",
    "confirm": "reports.cli.confirm:confirm",
    "explain": "reports.cli.explain:explain",
    "report": "reports.cli.report:report",
    "verify-report": "reports.cli.verify_report:verify_report",
    "sample": "reports.cli.sample:sample",
    "export": "reports.cli.export:export",
    "bundle": "reports.cli.bundle:bundle",
    "browse": "datasette_plugins.transfer_ledger.cli:browse",
    "serve": "datasette_plugins.transfer_ledger.cli:serve",
    "demo": "reports.cli.demo:demo",
}
"""Every verb and where it lives, in the order of the help."""


class Verbs(click.Group):
    """The group that loads a verb's module when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb `cmd_name`, loaded now, or None."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb. What SQLite or the machine says goes out as a sentence, wherever it was met."""
        try:
            return super().invoke(ctx)
        except sqlite3.OperationalError as error:
            from ledger.store import altered

            if (why := altered(error)) is not None:
                raise Refused(f"The ledger {why}") from None
            raise Refused(f"SQLite cannot go on: {error}.") from None
        except sqlite3.DatabaseError as error:
            raise Refused(
                f"The ledger's file is damaged ({error}); nothing more was done. `transfer-ledger verify` says more."
            ) from None
        except UnicodeEncodeError:
            raise Refused("What was given holds half a character (a lone surrogate); type it again.") from None
        except OSError as error:
            place = f"{str(error.filename)[:200]}: " if error.filename else ""
            raise Refused(f"{place}the machine refuses: {error.strerror or error}.") from None


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def commands() -> None:
    """Record every transfer of pupil or staff data, check it against what was promised, and prove the record.

    Exit status: 0 fine; 1 a breach, or evidence of alteration; 2 could not run, or could not print its whole answer.
    0 from a command that records means that it is recorded, even if the receipt could not be printed. 130 interrupted.
    """


def main() -> None:
    """Runs the command that `sys.argv` gives, and exits with its status; see the help of `commands`."""
    from ledger.store import sqlite_problem

    output.guard()
    if (why := sqlite_problem()) is not None:
        click.echo(f"transfer-ledger: {why}", err=True)
        sys.exit(2)
    deed = output.Deed()
    try:
        status = commands.main(standalone_mode=False, obj=deed) or 0
    except Refused as error:
        click.echo(f"transfer-ledger: {error}", err=True)
        status = 2
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt) as error:
        # click raises `Abort` for Ctrl-C too, and otherwise where a question was answered with no, or not at all.
        if isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt):
            click.echo("transfer-ledger: interrupted before it was finished.", err=True)
            status = output.INTERRUPTED
        else:
            click.echo("transfer-ledger: not confirmed; nothing was done.", err=True)
            status = 2
    sys.exit(output.status(status, deed))
