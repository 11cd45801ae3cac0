"""What the documents say is what the program does: every command of the README runs, in its order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
BREACH = {"check", "report"}


def test_the_readme_names_both_commands_and_they_are_there() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test", "check", "bench", "docs", "browse"} <= verbs
    assert {"make demo", "make test"} <= set(re.findall(r"^ {4}(make \w+)$", README, re.MULTILINE))


@pytest.mark.slow
def test_every_command_of_the_readme_runs(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 12
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command in COMMANDS:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        verb = command.split()[1]
        assert done.returncode in ((0, 1) if verb in BREACH else (0,)), f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
    assert (tmp_path / "report" / "report.html").exists()


def test_every_verb_of_the_table_is_in_the_readme() -> None:
    from ledger.cli import VERBS

    for verb in VERBS:
        assert f"transfer-ledger {verb}" in README or f"make {verb}" in README, verb


def test_links_of_the_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
