"""Every report of the demonstration is, byte for byte, what was read and committed: in any time zone and locale."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needed import missing
from tests.reports.golden import EXPORTS, FOLDER, READABLE, SUMS, sums

ROOT = Path(__file__).parents[2]
AGAIN = "read the difference; where it is meant, `python -m tests.reports.golden` keeps it"

pytestmark = pytest.mark.slow


def german(folder: Path) -> dict[str, str]:
    """The environment of somebody in Auckland who has German numbers, dates and order of letters."""
    if shutil.which("localedef") is None or not Path("/usr/share/i18n/locales/de_DE").exists():
        missing("the locale de_DE cannot be made: Debian's package locales is not installed")
    folder.mkdir()
    # It warns of what the locale leaves to others, with a status of 1, and makes it.
    subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")], capture_output=True, check=False
    )
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1"}


def begun(folder: Path, more: dict[str, str]) -> subprocess.Popen[str]:
    """A program that writes all reports into `folder`, in an environment of its own."""
    folder.mkdir()
    environment = {**os.environ, "LANG": more["LC_ALL"], "PYTHONPATH": str(ROOT), **more}
    command = [sys.executable, "-X", "utf8=0", "-m", "tests.reports.golden", str(folder)]
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(program: subprocess.Popen[str]) -> str:
    out, error = program.communicate()
    assert program.returncode == 0, error
    return out.strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of reports: one made in Auckland in a German locale, and one in UTC in none."""
    place = tmp_path_factory.mktemp("golden")
    here, there = place / "here", place / "there"
    programs = (
        begun(there, german(place / "locales")),
        begun(here, {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "2"}),
    )
    # Each says what held in it, so that the comparison is not of one environment with itself.
    assert [said(one) for one in programs] == ["de_DE.UTF-8 1,5 NZST NZDT", "C.UTF-8 1.5 UTC UTC"]
    return here, there


def test_the_texts_are_those_that_were_committed(made: tuple[Path, Path]) -> None:
    for name in READABLE:
        kept = (FOLDER / name).read_bytes().decode()
        for folder in made:
            assert (folder / name).read_bytes().decode() == kept, f"{name}: {AGAIN}"


def test_every_file_is_the_one_that_was_committed(made: tuple[Path, Path]) -> None:
    kept = (FOLDER / SUMS).read_text(encoding="utf-8").splitlines()
    for folder in made:
        assert sums(folder).splitlines() == kept, AGAIN


def test_every_reader_has_every_format_and_the_auditor_the_evidence() -> None:
    names = [line.split("  ")[1] for line in (FOLDER / SUMS).read_text(encoding="utf-8").splitlines()]
    endings = [Path(name).suffix for name in names if Path(name).stem in ("governors", "report", "findings", "dpo")]
    endings += [Path(name).suffix for name in names if Path(name).stem == "auditor"]
    assert sorted(endings) == sorted([".html", ".pdf", ".csv", ".xlsx", ".json", ".md"] * 3)
    assert {"index.html", "evidence.zip", *EXPORTS} <= set(names)
    assert sum(name.endswith(".svg") for name in names) == 7
    assert sum(one.stat().st_size for one in FOLDER.iterdir()) < 600_000


def test_the_auditors_pdf_carries_the_evidence(made: tuple[Path, Path]) -> None:
    import pikepdf

    with pikepdf.open(made[0] / "auditor.pdf") as pdf:
        assert bytes(pdf.attachments["evidence.zip"].get_file().read_bytes()) == (made[0] / "evidence.zip").read_bytes()
