"""`browse` and `serve`: what they refuse, and a server that is started, asked and ended as people do."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from click.testing import CliRunner

from datasette_plugins.transfer_ledger.cli import browse, serve
from ledger import writer
from ledger.errors import Refused
from tests.codes import LEAD
from tests.plugins.browsed import RANDOM, clock


def refused(*arguments: str | Path) -> str:
    """What `browse` refuses with."""
    with pytest.raises(Refused) as error:
        CliRunner().invoke(browse, [str(one) for one in arguments], catch_exceptions=False)
    return str(error.value)


def test_what_is_no_ledger_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none.db")
    text = tmp_path / "text.db"
    text.write_text("no database " * 20)
    assert "is not an SQLite database" in refused(text)
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as db, db:
        db.execute("CREATE TABLE t (x)")
    assert "of another application" in refused(foreign)
    altered = tmp_path / "altered.db"
    writer.create(altered, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with closing(sqlite3.connect(altered)) as db, db:
        db.execute("DROP VIEW transfers")
        db.execute("CREATE VIEW transfers AS SELECT name, disclosure FROM disclosures")
    assert "not those that this version creates" in refused(altered)


def test_settings_with_problems_are_refused_before_anything_listens(copied: Path, tmp_path: Path) -> None:
    settings = tmp_path / "ledger.yml"
    settings.write_text("port: 8001\n", "utf-8")
    with pytest.raises(Refused, match="nobody is named who could sign in"):
        CliRunner().invoke(serve, [str(copied), "--settings", str(settings)], catch_exceptions=False)


class Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def first_page(browser: urllib.request.OpenerDirector, link: str) -> str:
    """The page that a link signs in to, when the checks have ended; until then it says that they are running."""
    data: bytes | None = b""
    while True:
        try:
            with browser.open(link, data=data, timeout=20) as first:
                return str(first.read().decode())
        except urllib.error.HTTPError as error:
            link, data = error.url, None
            with error:
                said = error.read().decode()
        assert "The checks are still running." in said
        time.sleep(0.2)


@pytest.mark.parametrize("ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_browse_signs_in_with_its_link_and_serves_until_it_is_ended(copied: Path, ending: signal.Signals) -> None:
    command = "from datasette_plugins.transfer_ledger.cli import browse; browse()"
    arguments = [sys.executable, "-c", command, str(copied), "--port", "0", "--as", "auditor"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            address = re.match(r"(http://127\.0\.0\.1:(\d+)/) shows .+ Ctrl-C ends it\.$", said)
            assert address is not None, said
            here = address[1]
            link = re.search(r"^Sign in as auditor, once, within ten minutes: (\S+)$", server.stdout.readline())
            assert link is not None
            stranger = urllib.request.build_opener(Unredirected)
            with pytest.raises(urllib.error.HTTPError) as closed:
                stranger.open(here, timeout=20)
            closed.value.close()
            assert closed.value.code == 401
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            browser.addheaders = [("Accept", "text/html"), ("Origin", here.rstrip("/"))]
            with browser.open(link[1], timeout=20) as asked:
                assert "auditor" in asked.read().decode()
            assert "Shire Council" in first_page(browser, link[1])
            assert f"Port {address[2]} cannot be used here" in refused(copied, "--port", address[2])
        finally:
            server.send_signal(ending)
        assert server.wait(20) == 0
        assert server.stdout.read() == "Ended.\n"
