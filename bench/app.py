"""The app at a million transfers and 30,000 findings, while another process appends.

Each page of the morning's walk is asked for again and again by one client, and for the same filters Datasette's own
table page in turn. Then eight clients post single transfers, in turn to the app and to one that stores nothing; and a
batch of 500 is posted, against `append_many` of as many.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
import httpx

from bench.checks import filled
from bench.documents import EVERY
from bench.ledgers import clock, contents, new
from bench.served import TOKEN
from ledger.writer import Ledger
from reports.cli.check import check_ledger

_PORT = 8750
_PAIRS = (
    ("/-/transfers", "/ledger/transfers_with_findings"),
    ("/-/transfers?recipient=ofsted", "/ledger/transfers_with_findings?recipient=ofsted"),
    (
        "/-/transfers?recipient=ofsted&sort=recipient",
        "/ledger/transfers_with_findings?recipient=ofsted&_sort=recipient",
    ),
    ("/-/transfers?severity=serious&findings=any", "/ledger/transfers_with_findings?severity=serious"),
)
"""Our page and Datasette's for the same filter."""

_WALK = (
    "/", "/-/findings", "/-/findings?state=undecided", "/-/transfers?field=upn", "/-/transfers?q=ofsted%20attendance",
    "/-/transfers?late=1", "/-/transfers?sort=-count&year=2009-10", "/-/transfers?findings=open&recipient=qca",
    "/-/entries/500000", "/-/organisations", "/-/organisations/ofsted", "/-/verification", "/-/reports", "/-/register",
    "/-/people", "/-/saved", "/-/record", "/-/receipts",
)  # fmt: skip
"""The other pages of the walk, with a filter for each facet."""


@contextmanager
def _serving(ledger: Path, port: int, *kind: str) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "bench.served", str(ledger), str(port), *kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        start = time.perf_counter()
        cookie = process.stdout.readline().strip()
        took = time.perf_counter() - start
        click.echo(f"    the app is ready after {took:.1f} s, holding {_peak(process.pid)} MB")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, headers={"cookie": cookie}) as client:
            yield client
    finally:
        process.terminate()
        process.wait()


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


@contextmanager
def _appending(ledger: Path) -> Iterator[subprocess.Popen[str]]:
    # One transfer after the other, twenty a second, by another program.
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.appending", str(ledger)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _asked(client: httpx.Client, path: str) -> float:
    start = time.perf_counter()
    answer = client.get(path, headers={"accept": "text/html"})
    took = time.perf_counter() - start
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
    return took


def _95(times: list[float]) -> float:
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


def pages(ledger: Path, runs: int = 20) -> None:
    """Every page of the walk, and stock Datasette's beside it."""
    with _serving(ledger, _PORT) as client, _appending(ledger) as writer:
        worst = 0.0
        for path in _WALK:
            times = [_asked(client, path) for _ in range(runs)]
            worst = max(worst, _95(times))
            click.echo(
                f"    {path}: {statistics.median(times) * 1000:.0f} ms, 95th percentile {_95(times) * 1000:.0f} ms"
            )
        for ours, stock in _PAIRS:
            pairs = [(_asked(client, ours), _asked(client, stock)) for _ in range(max(runs // 4, 3))]
            times = [one for one, _ in pairs]
            worst = max(worst, _95(times))
            ratio = statistics.median(times) / statistics.median([one for _, one in pairs])
            click.echo(
                f"{ours} / Datasette's table page: {ratio:.2f} (at most 0.25; {statistics.median(times) * 1000:.0f} ms "
                f"against {statistics.median([one for _, one in pairs]) * 1000:.0f} ms)"
            )
        assert writer.poll() is None, "the other program could not append"
    click.echo(f"slowest page of the walk, 95th percentile, while another program appends: {worst * 1000:.0f} ms (300)")


def _transfer(id_: str) -> dict[str, object]:
    return {
        "id": id_, "transferred_at": "2010-05-04", "sender": "local-authority", "recipient": "qca",
        "purpose": "maintain-accuracy", "fields": ["forename", "surname"], "lawful_basis": ["dpa1998-sch2-5"],
        "subjects": {"kind": "pupil", "count": 30},
    }  # fmt: skip


def _post(client: httpx.Client, body: bytes) -> None:
    answer = client.post(
        "/-/transfers", content=body,
        headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 201, f"{answer.status_code}: {answer.text[:300]}"


def _eight(client: httpx.Client, prefix: str, each: int) -> float:
    def one(number: int) -> None:
        for n in range(each):
            _post(client, json.dumps(_transfer(f"{prefix}-{number}-{n}")).encode())

    start = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    return time.perf_counter() - start


def posts(folder: Path, runs: int = 5, each: int = 40) -> None:
    """Eight clients, and a batch."""
    real, nothing = new(folder / "posted.db"), new(folder / "nothing.db")
    with _serving(real, _PORT + 1) as ours, _serving(nothing, _PORT + 2, "stores-nothing") as plain:
        _eight(ours, "warm", 5)
        _eight(plain, "warm", 5)
        pairs = [(_eight(ours, f"p{run}", each), _eight(plain, f"p{run}", each)) for run in range(runs)]
        stored, unstored = (statistics.median(times) for times in zip(*pairs, strict=True))
        click.echo(
            f"8 clients posting single transfers / the same, storing nothing: {stored / unstored:.2f} (at most 1.5; "
            f"{8 * each / stored:,.0f} a second against {8 * each / unstored:,.0f})"
        )
        batches, bare = [], []
        with Ledger(new(folder / "bare.db"), clock, os.urandom) as ledger:
            for run in range(runs):
                body = json.dumps({"transfers": [_transfer(f"b{run}-{n}") for n in range(500)]}).encode()
                start = time.perf_counter()
                _post(ours, body)
                batches.append(time.perf_counter() - start)
                ready = list(contents(ledger, 500, f"b{run}-"))
                start = time.perf_counter()
                ledger.append_many(ready)
                bare.append(time.perf_counter() - start)
        rate = statistics.median(bare) / statistics.median(batches)
        click.echo(
            f"a batch of 500 / append_many of 500, rate: {rate:.2f} (at least 0.5; "
            f"{statistics.median(batches) * 1000:.0f} ms against {statistics.median(bare) * 1000:.0f} ms)"
        )


def measure(folder: Path) -> None:
    """All of it."""
    ledger = filled(folder / "app.db", 1_000_000, EVERY)
    found = len(check_ledger(ledger, date(2010, 10, 1)).result.findings)
    click.echo(f"the app over 1,000,000 transfers with {found:,} findings:")
    pages(ledger)
    posts(folder)


if __name__ == "__main__":
    here = Path(sys.argv[1])
    if here.suffix == ".db":
        pages(here)
    else:
        posts(here)
