"""What the documents say is what the program does: every command of the README runs, in its order."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
BREACH = {"check", "report"}
APP = (ROOT / "docs" / "APP.md").read_text("utf-8")


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


def test_the_changelog_has_the_digest_of_the_page_that_verifies() -> None:
    digest = hashlib.sha256((ROOT / "docs" / "verify.html").read_bytes()).hexdigest()
    first, *_ = re.findall(r"^  `([0-9a-f]{64})`\.$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first == digest


def test_the_settings_that_the_document_shows_are_settings(tmp_path: Path) -> None:
    from datasette_auth_passwords.utils import hash_password

    from datasette_plugins.transfer_ledger.people import settings
    from datasette_plugins.transfer_ledger.people.secrets import FEWEST_ITERATIONS

    (example,) = re.findall(r"^```yaml\n(.+?)^```$", APP, re.MULTILINE | re.DOTALL)
    hashed = hash_password("a password", "0123456789abcdef", FEWEST_ITERATIONS)
    for name, secret in (("bob.hash", hashed), ("proxy.secret", "p" * 32)):
        (tmp_path / name).write_text(f"{secret}\n", "utf-8")
    file = tmp_path / "ledger.yml"
    file.write_text(example.replace("/etc/transfer-ledger", str(tmp_path)), "utf-8")
    found = settings.read(file, {"ANN_HASH": hashed, "SIMS_TOKEN": "t" * 32})
    assert {key: one.role for key, one in found.accounts.items()} == {
        "ann": "dpo", "bob": "auditor", "gus": "governor", "sims": "clerk",
    }  # fmt: skip
    assert found.identity is not None
    assert set(found.identity.people.values()) == {"ann", "gus"}


def test_every_setting_is_in_the_documents_table_with_its_default() -> None:
    from datasette_plugins.transfer_ledger.people.settings import _File

    told = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", APP, re.MULTILINE))
    for one in msgspec.structs.fields(_File):
        some = one.default not in (None, (), msgspec.NODEFAULT)
        expected = f"`{json.dumps(one.default)}`".replace('"', "") if some else "none"
        assert told[one.name] == ("`http://HOST:PORT/`" if one.name == "address" else expected), one.name


@pytest.mark.slow
def test_a_post_that_is_sent_again_has_the_receipt_that_the_document_shows(tmp_path: Path) -> None:
    from tests.plugins.example_post import answers

    (first, receipt), (second, again) = answers(tmp_path)
    assert (first, second) == (201, 200)
    assert again == {**receipt, "new": False}
    assert receipt["new"] is True
    assert f'"hash": "{receipt["hash"]}"' in APP
