"""One run, in a process of its own: `python -m … KIND LEDGER FOLDER`, with what it is to do as JSON on standard input.

It writes a line of JSON for each step that it tells, `{"done": n, "total": m, "step": "Verifying"}`, and at its end one
with its `state`, `done`, `refused` or `failed`, and its `result`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

from datasette_plugins.transfer_ledger.running.telling import Teller, own_pipe
from datasette_plugins.transfer_ledger.web import MISTAKE, without_place
from ledger.cli.progress import told_to
from ledger.errors import Refused
from ledger.store import sentences

_KINDS = {"verify": "verifying", "check": "checking", "report": "reporting", "bundle": "packing"}


def main(kind: str, ledger: str, folder: str) -> None:
    """Does the work, and tells how it ended."""
    teller = Teller(own_pipe())
    os.umask(0o077)  # what it makes is for whoever runs the app, and nobody else on the machine
    os.nice(5)  # pages come first
    state, sentence = "refused", ""
    try:
        work = import_module(f"{__package__}.{_KINDS[kind]}").work
        with told_to(teller.progress), sentences(Path(ledger)):
            result = work(Path(ledger), Path(folder), json.load(sys.stdin), teller)
        teller.line({"state": "done", "result": result})
        return
    except Refused as error:
        sentence = str(error)
    except MemoryError:
        state, sentence = "failed", "The machine has not enough memory left for it; try again when it has less to do."
    except OSError as error:
        state, sentence = "failed", f"The machine refuses: {error.strerror or error}."
    except Exception:
        # Without the local variables: what people typed may be among them.
        print(traceback.format_exc(), file=sys.stderr)
        state, sentence = "failed", MISTAKE
    sentence = without_place(without_place(sentence, Path(folder), "The folder for files"), Path(ledger))
    teller.line({"state": state, "result": {"sentence": sentence}})


if __name__ == "__main__":
    main(*sys.argv[1:])
