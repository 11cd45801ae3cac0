"""Print what the modules say of themselves, in the order in which they are built: `make docs`.

The floors, and the order inside the ledger and the app, are those that import-linter enforces, as `pyproject.toml`
has them, so the essay and the imports cannot disagree. Among the reports modules follow by name.
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
    floors = layers("floors")
    inside = {("ledger",): layers("ledger"), ("datasette_plugins", "transfer_ledger"): layers("app")}

    def place(module: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
        for container, order in inside.items():
            if module[: len(container)] == container and len(module) > len(container):
                return floors.index(module[0]), 1 + order.index(module[len(container)]), module
        return floors.index(module[0]), 0, module

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
