"""Reading registers, the facts of law and the vocabularies from YAML.

Reading is strict and complete: an unknown key, a key given twice, a value of another form is refused, with
file, line and column, all problems at once. Whether ids point at something is for `lint`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, get_type_hints

from ledger.errors import Refused
from ledger.register import shape
from ledger.register.model import Register
from ledger.register.nodes import parse
from ledger.register.shape import Place, Reading
from ledger.register.terms import Law, Vocabularies

_HERE = Path(__file__).parent
_SHOWN = 100


def _read(kind: Any, data: bytes | str, source: str) -> tuple[Any, dict[str, Place]]:
    try:
        node = parse(data)
    except Refused as refused:
        raise refused.at(source) from None
    found, reading = shape.fill(kind, node)
    if found is None:
        lines = [f"{source}, {problem}" for problem in reading.problems[:_SHOWN]]
        if len(reading.problems) > _SHOWN:
            lines.append(f"… and {len(reading.problems) - _SHOWN} problems more.")
        raise Refused("\n".join(lines))
    return found, reading.places


def read_register(data: bytes | str, source: str) -> Register:
    """The register that the YAML text `data` holds; `source` names it in what is refused (a file's name).

    `Refused` lists every problem of form, a line each. Whether its references hold is for `lint.lint`.
    """
    return read_with_places(data, source)[0]


@lru_cache(maxsize=16)
def read_sealed(data: bytes, seq: int) -> Register:
    """The register that entry `seq` of a ledger seals, read once for a verification and a check of the same ledger."""
    return read_register(data, f"the register of entry {seq}")


def read_partly(data: bytes | str) -> tuple[Register, Reading]:
    """What can be read of a register, and all problems of form: for `lint.examine`. `Refused` where it is no YAML."""
    register: Register
    register, reading = shape.fill_partly(Register, parse(data))
    return register, reading


def read_with_places(data: bytes | str, source: str) -> tuple[Register, Mapping[str, Place]]:
    """The same, with where each part stood: `flows[3].fields` → line and column, for `lint.lint`."""
    register: Register
    register, places = _read(Register, data, source)
    return register, places


def notice_ids() -> tuple[str, ...]:
    """The ids of the notices that come with this project, sorted."""
    return tuple(sorted(path.stem for path in (_HERE / "notices").glob("*.yml")))


def notice_bytes(id_: str) -> bytes:
    """The YAML of a notice that comes with this project, as `adopt` seals it. `Refused` for an unknown id."""
    if id_ not in notice_ids():
        raise Refused(f"There is no notice “{id_[:64]}”; there are: {', '.join(notice_ids())}.")
    return (_HERE / "notices" / f"{id_}.yml").read_bytes()


@cache
def load_notice(id_: str) -> Register:
    """A notice that comes with this project. `Refused` for an unknown id."""
    return read_register(notice_bytes(id_), f"{id_}.yml")


@cache
def load_law() -> Law:
    """The facts of law, which hold with every register and with none."""
    law: Law = _read(Law, (_HERE / "law.yml").read_bytes(), "law.yml")[0]
    return law


@cache
def load_vocabularies() -> Vocabularies:
    """The vocabularies; each is a file of its own, named after its kind."""
    terms = {
        kind: _read(hint, (_HERE / "vocabularies" / f"{kind}.yml").read_bytes(), f"{kind}.yml")[0]
        for kind, hint in get_type_hints(Vocabularies, include_extras=True).items()
    }
    return Vocabularies(**terms)
