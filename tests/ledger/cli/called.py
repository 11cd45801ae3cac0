"""The command in this process: its exit status, and what it says on either stream. A traceback fails the test."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest import mock

import pytest

from ledger.cli import main


class Said(NamedTuple):
    status: int
    out: str
    err: str


def call(*arguments: object) -> Said:
    """What `transfer-ledger` with these arguments says."""
    out, err = io.StringIO(), io.StringIO()
    argv = mock.patch("sys.argv", ["transfer-ledger", *map(str, arguments)])
    with argv, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main()
    return Said(int(str(left.value.code)), out.getvalue(), err.getvalue())


def refused(*arguments: object) -> str:
    """The sentence with which a verb refuses; it printed nothing else."""
    said = call(*arguments)
    assert said.status == 2, said
    assert said.out == ""
    assert said.err.startswith(("transfer-ledger: ", "Usage: ")), said.err
    return said.err.removeprefix("transfer-ledger: ")
