"""The data formats give the same bytes in any time zone and locale, whatever the seed of Python's hashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

WRITE = """
import hashlib, io, locale, sys, time
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/reports"]
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass  # not on this machine: then the environment alone differs
time.tzset()
from sample_data import SAMPLE
from reports.formats.csv_ import table_as_csv
from reports.formats.json_ import document_as_json
from reports.formats.markdown import as_markdown
from reports.formats.xlsx import write_xlsx
file = io.BytesIO()
write_xlsx(SAMPLE, file)
texts = "".join(table_as_csv(SAMPLE.data[0])), "".join(document_as_json(SAMPLE)), as_markdown(SAMPLE)
for data in (file.getvalue(), *(text.encode() for text in texts)):
    print(hashlib.sha256(data).hexdigest(), time.strftime("%Z")[:0])
"""


def digests(zone: str, locale: str, seed: str) -> list[str]:
    environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-X", "utf8=0", "-c", WRITE, str(ROOT)]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_same_bytes_anywhere() -> None:
    here = digests("Europe/London", "C.UTF-8", "1")
    assert len(set(here)) == 4
    assert digests("Pacific/Kiritimati", "C", "2") == here
    assert digests("America/St_Johns", "de_DE.UTF-8", "3") == here
