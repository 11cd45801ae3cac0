"""The console script: Ctrl-C ends it without a traceback, from its first moment on.

Until the program is loaded, Ctrl-C ends the process as the operating system does; from then on `cli` turns it into a
sentence. Shells show 130 for both.
"""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Loads and runs the command."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # who ignores it, as nohup does, goes on
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ledger.cli import main as command
    from ledger.cli.output import INTERRUPTED

    try:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        if ours:  # what Python still does on its way out is not to be told either
            signal.signal(signal.SIGINT, signal.SIG_DFL)
