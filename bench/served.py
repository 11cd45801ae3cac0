"""One running app for the benchmarks, in a process of its own: `python -m bench.served LEDGER PORT [stores-nothing]`.

It is the app that `transfer-ledger serve` runs, with a DPO and a program that records. With `stores-nothing` its
recorder keeps nothing and answers at once: what posts to it cost is all but what recording them costs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from datasette_auth_passwords.utils import hash_password

from datasette_plugins.transfer_ledger.people.settings import read
from datasette_plugins.transfer_ledger.recording.queue import Recorder
from datasette_plugins.transfer_ledger.recording.transfers import Kept
from datasette_plugins.transfer_ledger.serving import app_of, open_site
from ledger.cli.edge import clock, entropy
from ledger.writer import Receipt

TOKEN = "bench-clerk-" + "c" * 32
_SETTINGS = """\
port: {port}
people:
  dpo: {{name: Bench, role: dpo, password: {{$env: BENCH_HASH}}}}
tokens:
  clerk: {{name: Bench, role: clerk, token: {{$env: BENCH_CLERK}}}}
"""


class _Nothing(Recorder):
    def submit_alike(self, work: Callable[..., Any], item: Any, weight: int = 1) -> Future[Any]:
        """Answers as if the items had been recorded."""
        stated: Sequence[Any] = item[0]
        future: Future[Any] = Future()
        receipt = Receipt(0, "0" * 64, "t-0", "2010-10-01T00:00:00Z", True)
        future.set_result([Kept(receipt, ()) for _ in stated])
        return future


def main(ledger: Path, port: int, kind: str = "") -> None:
    """Serves until it is told to end."""
    os.environ |= {"BENCH_CLERK": TOKEN, "BENCH_HASH": hash_password("nobody types it")}
    file = ledger.with_name(f"settings-{port}.yml")
    file.write_text(_SETTINGS.format(port=port), encoding="utf-8")
    site = open_site(ledger, read(file))
    if kind:
        site = replace(site, recorder=_Nothing(ledger, clock, entropy))
    _, cookie = site.people.start("dpo", clock(), "for a benchmark")
    site.runs.wait(site.runs.check(), 600)
    site.columns.settle()
    print(f"{site.settings.cookie}={cookie}", flush=True)
    uvicorn.run(app_of(site), host="127.0.0.1", port=port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
