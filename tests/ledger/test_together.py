"""Verbs that share a transaction: each whole or not at all, and none where SQLite undid them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from ledger.errors import Conflict, Refused
from ledger.members import UNLISTED
from ledger.settle import Content
from ledger.verify.assurance import verify
from ledger.writer import Ledger
from tests.ledger.disks import filled, mounted
from tests.ledger.worlds import ids, open_ledger, settled, small

ELM = {"id": "elm-primary", "name": "Elm Primary School", "role": "school", "phase": "primary"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return small(tmp_path / "l.db", 1)


def many(ledger: Ledger, prefix: str, count: int) -> list[Content]:
    return [settled(ledger, f"{prefix}{n}", {"note": "n" * 2000}) for n in range(count)]


def test_one_that_is_refused_leaves_the_others(path: Path) -> None:
    with open_ledger(path) as ledger:
        with ledger.together():
            first = ledger.append(settled(ledger, "first"))
            with pytest.raises(Conflict, match="t0 is entry"):
                ledger.append_many([settled(ledger, "lost"), settled(ledger, "t0", fields=["upn"])])
            with pytest.raises(Refused, match="no transfer has the id"):
                ledger.correct("nothing", "typed wrongly", None, {})
            again = ledger.append(settled(ledger, "first"))
            last = ledger.correct("first", "typed wrongly", None, {})
            assert ids(path) == ["t0"]  # nobody sees it before all of it is kept
        assert ids(path) == ["t0", "first"]
        assert again == first._replace(new=False)
        assert (last.seq, last.new) == (first.seq + 1, True)
        ledger.append(settled(ledger, "alone"))
        assert ids(path)[-1] == "alone"
    assert verify(path).problems == []


def interrupted(ledger: Ledger) -> None:
    with ledger.together():
        ledger.append(settled(ledger, "interrupted"))
        raise KeyboardInterrupt


def test_an_error_between_the_verbs_undoes_them_all(path: Path) -> None:
    with open_ledger(path) as ledger:
        with pytest.raises(KeyboardInterrupt):
            interrupted(ledger)
        assert ids(path) == ["t0"]
        ledger.append(settled(ledger, "alone"))
    assert ids(path) == ["t0", "alone"]


def appended_and_withdrawn(ledger: Ledger, id_: str, withdrawn: str) -> None:
    with ledger.together():
        ledger.append(settled(ledger, id_))
        ledger.correct(withdrawn, "typed wrongly", None, {})


def test_several_verbs_or_none_within_others(path: Path) -> None:
    with open_ledger(path) as ledger, ledger.together():
        with pytest.raises(Refused, match="no transfer"):
            appended_and_withdrawn(ledger, "lost", "nothing")
        appended_and_withdrawn(ledger, "kept", "kept")
    assert ids(path) == ["t0", "kept"]
    assert verify(path).problems == []


def whole_with_one_refused(ledger: Ledger) -> None:
    with ledger.together(whole=True):
        ledger.append(settled(ledger, "three"))
        with pytest.raises(Refused):
            ledger.correct("nothing", "typed wrongly", None, {})


def test_a_whole_has_no_part_that_is_refused(path: Path) -> None:
    with open_ledger(path) as ledger:
        with ledger.together(whole=True):
            ledger.append(settled(ledger, "one"))
            ledger.append(settled(ledger, "two"))
        with pytest.raises(Refused, match="no transfer has the id"):
            whole_with_one_refused(ledger)
        ledger.append(settled(ledger, "four"))
    assert ids(path) == ["t0", "one", "two", "four"]
    assert verify(path).problems == []


def recipient(ledger: Ledger) -> str:
    return str(settled(ledger, "x", recipient="Elm Primary School").members["recipient"])


def elm_and_an_error(ledger: Ledger) -> None:
    with ledger.together():
        ledger.add_organisations([ELM])
        assert recipient(ledger) == "elm-primary"
        raise KeyboardInterrupt


@pytest.mark.parametrize("within", [True, False])
def test_a_name_is_forgotten_with_its_organisation(path: Path, within: bool) -> None:
    with open_ledger(path) as ledger:
        with ledger.together() if within else nullcontext(), pytest.raises(KeyboardInterrupt):
            elm_and_an_error(ledger)
        # In its place now stands another: nothing that the file says of its names tells the one from the other.
        with open_ledger(path) as other:
            other.add_organisations([{**ELM, "id": "ash-primary", "name": "Ash Primary School"}])
        assert recipient(ledger) == UNLISTED
        ledger.add_organisations([ELM])
        assert recipient(ledger) == "elm-primary"


def test_a_name_that_another_program_makes_known_is_known(path: Path) -> None:
    with open_ledger(path) as ledger, open_ledger(path) as other:
        assert recipient(ledger) == UNLISTED
        other.add_organisations([ELM])
        assert recipient(ledger) == "elm-primary"


def fill_up(ledger: Ledger, count: int, said: list[str]) -> None:
    with ledger.together():
        ledger.append(settled(ledger, "first"))
        for name in ("a", "b"):
            try:
                ledger.append_many(many(ledger, name, count))
            except Refused as error:
                said.append(str(error))


@pytest.mark.parametrize("count", [1, 1200])
def test_a_full_disk_loses_every_verb_and_says_so_to_each(tmp_path: Path, count: int) -> None:
    # 1,200 are more than SQLite keeps in memory: the disk is full in the midst of a verb, and not at the end.
    with mounted(tmp_path / "disk", "size=3m") as disk:
        path = small(disk / "l.db", 1)
        with open_ledger(path) as ledger:
            said: list[str] = []
            with filled(disk, 8192), pytest.raises(Refused, match="the disk is full") as last:
                fill_up(ledger, count, said)
            assert said == ([str(last.value)] * 2 if count > 1 else [])
            assert ids(path) == ["t0"]
            ledger.append(settled(ledger, "afterwards"))
        assert ids(path) == ["t0", "afterwards"]
        assert verify(path).problems == []
