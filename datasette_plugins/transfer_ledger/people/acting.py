"""Sealing under a person's code, after their place in the ledger's people list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from datasette_plugins.transfer_ledger.roles import Actor
from ledger import store
from ledger.writer import Ledger

T = TypeVar("T")


def introduce(ledger: Ledger, actor: Actor) -> None:
    """Seals which role this person has, unless the ledger says so already; call it in the transaction that follows.

    The settings cause that entry, so it carries nobody's code.
    """
    if actor.code is None or actor.role is None:
        return
    holds = ledger.people().issued(actor.code, store.head(ledger.db).size)
    if holds is None or holds.role != actor.role:
        with ledger.acting(None):
            ledger.add_person(actor.code, actor.role, holds is not None and holds.outside)


def acted(ledger: Ledger, job: Callable[[Ledger], T], actor: Actor) -> T:
    """What `job` gives, done under this person's code."""
    introduce(ledger, actor)
    with ledger.acting(actor.code):
        return job(ledger)
