"""What all pages of one running app share: the ledger and how it is read, who is known, what runs, how pages look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasette_plugins.transfer_ledger.answers import Answers
from datasette_plugins.transfer_ledger.decisions import Decisions, as_decided, checked_size
from datasette_plugins.transfer_ledger.guard import authorise_ours
from datasette_plugins.transfer_ledger.verdicts import Verdicts, attach
from datasette_plugins.transfer_ledger.web import address
from ledger.errors import Busy, Refused
from ledger.london import day_of
from ledger.seal import Clock, Entropy
from ledger.source import Source

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.live import Columns
    from datasette_plugins.transfer_ledger.columns.view import View
    from datasette_plugins.transfer_ledger.people.beside import Beside
    from datasette_plugins.transfer_ledger.people.known import People
    from datasette_plugins.transfer_ledger.people.settings import Settings
    from datasette_plugins.transfer_ledger.recording.queue import Recorder
    from datasette_plugins.transfer_ledger.runs import Runs

CHECKING = "The checks are still running. This page shows what they find; load it again in a moment."
"""What is said of findings until the first check has ended: not that there is none."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One running app over the ledger at `path`; `practice` is whether that is one to try things in."""

    path: Path
    settings: Settings
    beside: Beside
    people: People
    verdicts: Verdicts
    columns: Columns
    recorder: Recorder
    runs: Runs
    clock: Clock
    entropy: Entropy
    practice: bool = False
    decisions: Decisions = field(default_factory=Decisions)
    answers: Answers = field(default_factory=Answers)

    def url(self, path: str, /, **query: str | int | Sequence[str]) -> str:
        """The address of a page of this app, with its prefix; parameters that are "" are left out."""
        return address(self.settings.prefix, path, query)

    def view(self) -> View:
        """The transfers as they are now, for pages that show no findings."""
        view, today = self.columns.view(), day_of(self.clock())
        if not view.checked or checked_size(view) < view.head.size or view.checked["as_of"] < today.isoformat():
            self.runs.follow(view.head.size, today)
        return view

    def checked_view(self, source: Source | None = None) -> View:
        """The transfers and findings as they are now; with `source`, also with the decisions in it since the check.

        `Busy` until the first check has ended, since nothing can be said before; `Refused` where it could not be made.
        """
        view = self.view()
        if not view.checked:
            if self.runs.unchecked:
                raise Refused(f"The checks could not run, so that nothing can be said: {self.runs.unchecked}")
            raise Busy(CHECKING)
        return view if source is None else as_decided(view, self.decisions, source)

    @contextmanager
    def reading(self) -> Iterator[Source]:
        """The ledger as it is now, for one page. Erasable values cannot be read over it: SQLite itself refuses."""
        self.columns.stands()
        with Source(self.path) as source:
            attach(source.db, self.verdicts.path)
            source.db.execute("SELECT count(*) FROM json_each('[]')").fetchone()  # declared while that is allowed
            source.db.set_authorizer(authorise_ours)
            yield source

    @contextmanager
    def reading_erasable(self) -> Iterator[Source]:
        """The same with erasable values, for those who may see them. Whoever calls this has written it in the log."""
        self.columns.stands()
        with Source(self.path) as source:
            attach(source.db, self.verdicts.path)
            yield source

    def said(self, error: Exception) -> str:
        """The sentence of an error without where the file lies, which is nobody's business here."""
        return str(error).replace(f"{self.path}: ", "").replace(str(self.path), "The ledger")

    def render(self, template: str, /, **context: Any) -> str:
        """A template of ours with its context."""
        from datasette_plugins.transfer_ledger.shell import environment

        return environment().get_template(template).render(context)

    def close(self) -> None:
        """Ends what runs."""
        self.recorder.close()
        self.runs.close()
        self.columns.close()
        self.verdicts.close()
        self.people.close()
