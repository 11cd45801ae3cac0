"""What a wheel installs is the whole program: its data travel with it, and the demo runs anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FLOORS = ("ledger", "reports", "datasette_plugins")

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """The command's standard output; its failure is the test's, with all that it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command} exited {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(verb: str, source: Path, into: Path) -> Path:
    """What a hook of the build backend (PEP 517) makes of the tree `source`: its wheel or its sdist."""
    into.mkdir()
    run(sys.executable, "-c", f"from setuptools.build_meta import *; {verb}({str(into)!r})", cwd=source)
    (built,) = into.iterdir()
    return built


def not_of_the_source(folder: str, names: list[str]) -> set[str]:
    """What a copy of this clone leaves out: caches everywhere, and at the top what `make` leaves there."""
    made = {"demo", "build", "dist"} if Path(folder) == ROOT else set()
    return made.union(name for name in names if name == "__pycache__" or name.startswith("."))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the source distribution, itself built from a copy of this clone."""
    place = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT, place / "tree", symlinks=True, ignore=not_of_the_source)
    sdist = build("build_sdist", place / "tree", place / "sdist")
    shutil.unpack_archive(sdist, place / "unpacked", filter="data")
    (unpacked,) = (place / "unpacked").iterdir()
    return build("build_wheel", unpacked, place / "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment with the wheel, and with the dependencies of the one that tests run in.

    A `.pth` file lends them without a download. Python does not follow the `.pth` files of a folder lent that
    way, so this clone, which is installed there in place, stays out of sight.
    """
    place = tmp_path_factory.mktemp("installed") / "env"
    venv.create(place, symlinks=os.name == "posix")
    purelib = Path(sysconfig.get_path("purelib", "venv", {"base": str(place)}))
    (purelib / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(place)}))
    pip = (
        "-m",
        "pip",
        "--python",
        scripts / "python",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
    )
    run(sys.executable, *pip, cwd=place)
    return scripts


def test_the_wheel_holds_every_file_of_its_packages_and_nothing_else(wheel: Path) -> None:
    """Templates, registers, vocabularies, demo data: a new kind of file needs its line in `package-data`."""
    written = {
        path.relative_to(ROOT).as_posix()
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == written


def test_what_links_point_to_travels_as_files(wheel: Path) -> None:
    """`metadata.yml` and the verifier page stand where people look for them; the wheel takes their content."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read("datasette_plugins/transfer_ledger/metadata.yml")
        page = archive.read("reports/verify.html")
    assert packed == (ROOT / "metadata.yml").read_bytes()
    assert page == (ROOT / "docs" / "verify.html").read_bytes()


def test_the_wheel_names_its_licence_and_its_dependencies(wheel: Path) -> None:
    """What `pip` reads: the licence, and the dependencies that users need, none of those for development."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = BytesParser().parsebytes(archive.read(name))
        licence = archive.read(name.replace("METADATA", "licenses/LICENSE"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert licence == (ROOT / "LICENSE").read_bytes()
    required = {Requirement(text) for text in metadata.get_all("Requires-Dist", [])}
    assert required == {Requirement(text) for text in PROJECT["project"]["dependencies"]}


def test_the_lock_pins_every_dependency_by_hash() -> None:
    """One version and at least one SHA-256 for each, and no address: where from is the installer's affair."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    pins = [pin for pin in lock.replace("\\\n", " ").splitlines() if pin and not pin.startswith("#")]
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
    pinned = {canonicalize_name(pin.split("==")[0]) for pin in pins}
    wanted = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    assert {canonicalize_name(Requirement(text).name) for text in wanted} <= pinned


def test_an_installed_wheel_runs_the_demo_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """`transfer-ledger demo DIR`, where neither the clone nor anything beside it can be reached by chance."""
    where = run(installed / "python", "-c", "import ledger; print(ledger.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    said = run(installed / "transfer-ledger", "demo", "out", cwd=tmp_path)
    assert "transfer-ledger browse" in said
    assert (tmp_path / "out" / "transfers.db").stat().st_size > 0
    assert "ContactPoint" in (tmp_path / "out" / "report" / "report.html").read_text("utf-8")
    verified = run(installed / "transfer-ledger", "verify", "out/transfers.db", cwd=tmp_path)
    assert "consistent" in verified.lower()
