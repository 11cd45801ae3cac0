"""How far long work is, on standard error, for people: a bar where the end is known, a counter where it is not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeAlias

import click

LONG = 20_000
"""From so many on, work shows how far it is."""

Tell: TypeAlias = Callable[[str, int, int | None], None]
"""Is told what is being done, how many are done, and of how many; None where nobody knows."""

_told: ContextVar[Tell | None] = ContextVar("_told", default=None)


@contextmanager
def told_to(tell: Tell) -> Iterator[None]:
    """Inside, long work is told to `tell` and shown to nobody: whoever runs it has another way to show it."""
    token = _told.set(tell)
    try:
        yield
    finally:
        _told.reset(token)


def _silently(count: int) -> None:
    pass


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Shows how many of `total` are done, where they are many; gives the function to tell it. None: nobody knows."""
    if (tell_on := _told.get()) is not None:
        tell_on(label, 0, total)
        yield lambda count: tell_on(label, count, total)
        return
    if not sys.stderr.isatty() or (total is not None and total <= LONG):
        yield _silently
        return
    if total is None:
        shown = False

        def tell(count: int) -> None:
            nonlocal shown
            shown = True
            click.echo(f"\r{label}: {count:,}", err=True, nl=False)

        try:
            yield tell
        finally:
            if shown:
                click.echo("", err=True)
        return
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:

        def done(count: int) -> None:
            bar.update(min(count, total) - bar.pos)

        yield done


def lines(path: Path) -> int | None:
    """How many lines the text file at `path` has, and so at most how many rows; None for a workbook."""
    if path.suffix.lower() == ".xlsx":
        return None
    count = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            count += chunk.count(b"\n")
    return count
