"""Debian's own Chromium for tests, with a profile of its own and nothing that asks a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.needed import missing

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def _started() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    if not Path(CHROMIUM).exists():
        missing(f"{CHROMIUM} does not exist (apt-get install chromium)")
    with sync_playwright() as playwright:
        yield playwright.chromium


@contextmanager
def chromium(profile: Path, **options: Any) -> Iterator[Any]:
    """A browser context that keeps its files in the folder `profile`; `options` are playwright's for a context."""
    with _started() as started:
        context = started.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, args=ARGUMENTS, **options
        )
        yield context
        context.close()


@contextmanager
def browser() -> Iterator[Any]:
    """A browser that opens contexts: what different people use, who share no cookie."""
    with _started() as started:
        opened = started.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield opened
        opened.close()
