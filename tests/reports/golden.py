"""Every report of the demonstration in every format: what `tests/reports/golden/` holds, and how it is made again.

    python -m tests.reports.golden

makes all of them and writes those texts that a person can read a difference in, and SHA256SUMS of every file. Run it
after a change that is meant to change reports, and read the difference before it is committed. With a folder as its
argument it only writes all files there, in the machine's locale and time zone, and says on one line which these are.
"""

from __future__ import annotations

import hashlib
import locale
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from reports.cli.export import export
from reports.cli.making import KINDS, Wanted, judged, reading
from reports.cli.report import SET, made, write_set
from reports.cli.writing import write
from reports.demo.play import AS_OF
from reports.formats.rendering import ENDINGS
from tests.reports.played import played

FOLDER = Path(__file__).with_suffix("")
SUMS = "SHA256SUMS"

READABLE = (
    "governors.md",
    "dpo.md",
    "auditor.md",
    "governors.json",
    "governors.csv",
    "auditor.csv",
    "findings.csv",
    "recipients.md",
    "flows.md",
    "ropa.csv",
)
"""Kept whole, so that what changes can be read in a review; of the others the digest is kept."""

EXPORTS = ("ropa.xlsx", "ropa.csv", "recipients.html", "recipients.md", "flows.html", "flows.md")


def _others() -> Iterator[tuple[str, str]]:
    """The kinds and formats that the sensible set leaves out."""
    made_already = {(kind, ending) for _, kind, ending in SET}
    yield from ((kind, ending) for kind in KINDS for ending in ENDINGS if (kind, ending) not in made_already)


def write_everything(folder: Path) -> None:
    """Writes every file into `folder`: the sensible set, the other formats, and the exports."""
    with TemporaryDirectory() as place:
        path = played(Path(place)).path
        with judged(path, AS_OF) as of:
            wanted = Wanted("dpo", AS_OF)
            write_set(folder, of, wanted)
            read = {kind: reading(of, wanted._replace(kind=kind)) for kind in KINDS}
            for kind, ending in _others():
                _, pieces = made(of, read[kind], ending)
                write(folder / f"{kind}.{ending}", pieces)
        for name in EXPORTS:
            what = name.partition(".")[0]
            asked = [str(path), what, "--as-of", AS_OF.isoformat(), "-o", str(folder / name)]
            with redirect_stdout(StringIO()):  # it says what it wrote
                export.main(asked, standalone_mode=False)


def sums(folder: Path) -> str:
    """The SHA-256 of every file in `folder`, as `sha256sum` prints them, by name."""
    files = sorted(one for one in folder.iterdir() if one.name != SUMS)
    return "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in files)


def _keep() -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        write_everything(folder)
        rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        (FOLDER / SUMS).write_text(sums(folder), encoding="utf-8")
        for name in READABLE:
            (FOLDER / name).write_bytes((folder / name).read_bytes())


def main(arguments: list[str]) -> None:
    """Keeps all anew, or writes all into the folder that is named."""
    locale.setlocale(locale.LC_ALL, "")
    if arguments:
        write_everything(Path(arguments[0]))
        print(locale.setlocale(locale.LC_ALL), f"{1.5:n}", *time.tzname)
    else:
        _keep()


if __name__ == "__main__":
    main(sys.argv[1:])
