"""A file that was dropped: what can be seen of it from outside fills in a form, and nothing of it is kept."""

from __future__ import annotations

import re

from starlette.datastructures import UploadFile
from starlette.responses import Response

from datasette_plugins.transfer_ledger.pages.record import begin, show_begun
from datasette_plugins.transfer_ledger.recording import start
from datasette_plugins.transfer_ledger.recording.dropped import look
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, bad_input

NO_FILE = "No file was chosen. Go back, choose one, and press the button again."
_WAY = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)/([a-z0-9]+(?:-[a-z0-9]+)*)", re.ASCII)


def page(asked: Asked) -> Response:
    """`POST /-/record/file`: the form, with the file's digest, size, rows and data items."""
    asked.only()
    given = None if asked.form is None else asked.form.get("file")
    if not isinstance(given, UploadFile):
        raise BadRequest(NO_FILE)
    try:
        name, data = given.filename or "", given.file.read()
    finally:
        given.file.close()
    if not name:
        raise BadRequest(NO_FILE)
    with bad_input():
        began = start.read(asked.field, asked.today)._replace(file=None)
    if way := asked.field("way"):
        if (found := _WAY.fullmatch(way)) is None:
            raise BadRequest(start.OUT_OF_ORDER)
        began = began._replace(flow=found[1], to=found[2], register=None, same=None)
    dropped = look(name, data)
    return show_begun(asked, begin(asked, start.with_file(began, dropped)), dropped)
