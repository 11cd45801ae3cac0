"""Print what the modules say of themselves, in the order in which they are built: `make docs`.

The floors, and the order inside the ledger, are those that import-linter enforces, as `pyproject.toml` has
them, so the essay and the imports cannot disagree. On the other floors modules follow by name.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def layers(contract: str) -> list[str]:
    """The modules of the layers contract `contract`, from the core to the edge."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (found,) = (each["layers"] for each in contracts if each["id"] == contract)
    return [name for layer in reversed(found) for name in re.findall(r"\w+", layer)]


def docstrings() -> dict[tuple[str, ...], str]:
    """Every module's docstring by the parts of its name, in building order."""
    floors, ledger = layers("floors"), ["ledger", *layers("ledger")]

    def place(module: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
        inside = ledger.index(module[:2][-1]) if module[0] == "ledger" else 0
        return floors.index(module[0]), inside, module

    found = {}
    for path in (path for floor in floors for path in (ROOT / floor).rglob("*.py")):
        *package, name = path.relative_to(ROOT).with_suffix("").parts
        module = tuple(package) if name == "__init__" else (*package, name)
        found[module] = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return {module: found[module] for module in sorted(found, key=place)}


if __name__ == "__main__":
    for module, docstring in docstrings().items():
        if docstring:  # where none is, ruff has said so
            print("#", ".".join(module), end=f"\n\n{docstring}\n\n")
