"""The standard exports: their numbers counted again with SQLite alone, what they must never show, and every format."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ledger.register.model import OptOut
from ledger.register.read import load_law, load_vocabularies, read_register
from ledger.source import Source
from ledger.writer import Ledger, create
from reports.context import Evidence
from reports.documents.exports.countries import NAMES, country
from reports.documents.exports.documented import _opt_out
from reports.documents.exports.recipients import recipients
from reports.documents.exports.ropa import COLUMNS
from reports.evidence import evidence_of
from reports.scope import WHOLE, Scope
from reports.wording import Labels
from tests.codes import LEAD
from tests.ledger.cli.called import call, refused
from tests.reports.audited import NOTE, Kept, kept_ledger
from tests.reports.ledgers import FORMULA, GOOD, HERE, SECRET, UNKNOWN, make_ledger

ROOT = Path(__file__).parents[2]
NOTICES = ROOT / "ledger" / "register" / "notices"
AS_OF = "2010-10-01"
ENDINGS = ("html", "pdf", "csv", "xlsx", "json", "md")
WHAT = ("ropa", "recipients", "flows")


def pupils(**of: object) -> dict[str, object]:
    return {**GOOD, "subjects": {"kind": "pupil", **of}}


TO_DFE = {**GOOD, "sender": "shire", "recipient": "dfe", "purpose": "statistics"}
SENT: dict[str, dict[str, object]] = {
    "year": pupils(year_groups=["year-4"], age_min=8, age_max=9),
    "year-again": {**pupils(year_groups=["year-4"], age_min=8), "transferred_at": "2010-03-05"},
    "years": pupils(year_groups=["year-4", "year-10"]),
    "stage": pupils(key_stages=["ks2"]),
    "both": pupils(key_stages=["ks2"], year_groups=["year-4"]),
    "apart": pupils(key_stages=["ks3"], year_groups=["year-4"]),
    "none": pupils(),
    "staff": {**GOOD, "subjects": {"kind": "workforce"}},
    "nothing-said": {one: value for one, value in GOOD.items() if one != "subjects"},
    "joint": {**pupils(year_groups=["year-4"]), "recipient_role": "joint"},
    "abroad": {**GOOD, "recipient": "s-cool", "purpose": "careers-software", "recipient_role": "processor",
               "country": "IE", "safeguard": "eea"},
    "totals": {**TO_DFE, "granularity": "school-year-group", "subjects": {"kind": "pupil", "year_groups": ["year-4"]}},
    "named": {**TO_DFE, "schools": ["low"], "transferred_at": "2010-03-09"},
    "interval": {**TO_DFE, "transferred_at": "2010-04-01/2010-04-30", "transferred_until": date(2010, 4, 30)},
    "to-parent": {**GOOD, "recipient": "parent", "purpose": "visits"},
    "unknown": {**UNKNOWN, "fields": ["forename", "Secret pony name"]},
    "to-low": {**GOOD, "sender": "shire", "recipient": "low"},
    "withdrawn": {**GOOD, "recipient": "museum", "purpose": "visits"},
    "corrected": {**GOOD, "recipient": "museum", "purpose": "visits"},
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A ledger with transfers about people of every kind, a withdrawal, a correction and two refusals."""
    made = kept_ledger(tmp_path_factory.mktemp("exports"))
    made.record("2010-05-02T20:00:00Z", *({**one, "id": id_} for id_, one in SENT.items()), note=NOTE)
    with made.at("2010-05-03T09:00:00Z") as ledger:
        ledger.correct("withdrawn", "it never went", None, {})
        instead = {**GOOD, "transferred_on": date(2010, 3, 1), "id": "corrected", "fields": ["surname"]}
        ledger.correct("corrected", "another had it", ledger.settle(instead, {}), {})
        for id_, to in (("r1", "connexions"), ("r2", "Mrs Typed")):
            refusal = {"refused_on": date(2010, 4, 14), "outcome": "refused", "ground": "no-documented-purpose"}
            ledger.refuse({**refusal, "recipient": to, "fields": [], "id": id_}, {})
    return made


def exported(path: Path, what: str, to: Path, *more: object) -> bytes:
    said = call("export", path, what, "-o", to, "--as-of", AS_OF, *more)
    assert (said.status, said.err) == (0, ""), said
    return to.read_bytes()


def table(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def standing(path: Path) -> list[dict[str, Any]]:
    """What stands of each transfer, from nothing but SQLite's rows and JSON."""
    db = sqlite3.connect(path)
    rows = [json.loads(text) for (text,) in db.execute("SELECT entry FROM entries ORDER BY seq")]
    db.close()
    found: dict[int, dict[str, Any]] = {}
    for one in rows:
        if one["kind"] in ("transfer", "correction"):
            found[one.get("corrects", {"seq": one["seq"]})["seq"]] = one
    return [one for one in found.values() if "withdrawn" not in one]


def altered(path: Path) -> Path:
    """The ledger after somebody changed a count in it, and put back the trigger that forbids that."""
    with closing(sqlite3.connect(path)) as db, db:
        (sql,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_update'").fetchone()
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET entry = replace(entry, '120', '121') WHERE kind = 'transfer'")
        db.execute(sql)
    return path


# -- recipients -----------------------------------------------------------------------------------------------

STAGES = {"year-4": "ks2", "year-10": "ks4"}
NAMED = {
    "year-4": "Year 4",
    "year-10": "Year 10",
    "ks2": "Key Stage 2 (no year group stated)",
    "ks3": "Key Stage 3 (no year group stated)",
    "all": "All pupils (no year group or key stage stated)",
    "workforce": "School workforce",
    "anybody": "Anybody (not stated about whom)",
}


def about(one: dict[str, Any]) -> Iterator[str]:
    of = one.get("subjects", {})
    groups = of.get("year_groups", [])
    stages = [stage for stage in of.get("key_stages", []) if stage not in {STAGES[group] for group in groups}]
    if of.get("kind") == "workforce":
        yield "workforce"
    elif groups or stages:
        yield from (*groups, *stages)
    else:
        yield "all" if "kind" in of else "anybody"


def test_recipients_are_those_that_stand_by_category(kept: Kept, tmp_path: Path) -> None:
    transfers: Counter[tuple[str, str]] = Counter()
    for one in standing(kept.path):
        for category in about(one):
            transfers[NAMED[category], one["recipient"]] += 1
    told: Counter[tuple[str, str]] = Counter()
    rows = table(exported(kept.path, "recipients", tmp_path / "r.csv"))
    for row in rows:
        told[row["About whom"], row["Who got it (id)"]] += int(row["Transfers"])
    assert told == transfers
    assert told["Year 4", "shire"] == 6  # year, year-again, years, both, apart, joint
    assert told["Key Stage 2 (no year group stated)", "shire"] == 1
    assert "museum" not in {row["Who got it (id)"] for row in rows}
    assert "connexions" not in {row["Who got it (id)"] for row in rows}
    assert list(dict.fromkeys(row["About whom"] for row in rows)) == list(NAMED.values())


def test_a_pupil_of_year_4_is_told_of_key_stage_2_and_of_what_says_neither(kept: Kept, tmp_path: Path) -> None:
    markdown = exported(kept.path, "recipients", tmp_path / "r.md").decode()
    (line,) = (one for one in markdown.splitlines() if one.startswith("| Year 4 |"))
    for part in ("Year 4", "Key Stage 2 (no year group stated)", "All pupils", "Anybody (not stated about whom)"):
        assert f"[{part}" in line
    assert "Key Stage 3" not in line
    assert "[School workforce" not in line
    (line,) = (one for one in markdown.splitlines() if one.startswith("| Year 7 |"))
    assert "[Key Stage 3" in line
    assert "[Year" not in line
    (line,) = (one for one in markdown.splitlines() if one.startswith("| Staff |"))
    assert "[School workforce" in line
    assert "[All pupils" not in line


def test_a_line_says_what_when_by_whom_and_how_detailed(kept: Kept, tmp_path: Path) -> None:
    rows = table(exported(kept.path, "recipients", tmp_path / "r.csv"))
    of = {(row["About whom"], row["Who got it (id)"], row["How detailed"]): row for row in rows}
    totals = of["Year 4", "dfe", "totals only"]
    assert totals["Who sent it"] == "Shire <b>Council</b>"
    year = of["Year 4", "shire", ""]
    assert (year["First"], year["Last"], year["Ages"]) == ("2010-03-01", "2010-03-05", "")
    assert year["What"] == "Forename; Surname"
    dfe = of[NAMED["all"], "dfe", ""]
    assert (dfe["First"], dfe["Last"]) == ("2010-03-09", "2010-04-30")
    assert of[NAMED["all"], "parent", ""]["Who got it"] == "Parent or carer"


def test_ages_are_told_only_where_all_transfers_state_them(tmp_path: Path) -> None:
    staged = [pupils(age_min=8, age_max=9), pupils(age_min=10)]
    alike = make_ledger(tmp_path / "a.db", *staged)
    (row,) = table(exported(alike, "recipients", tmp_path / "a.csv"))
    assert row["Ages"] == "8 and over"
    open_ended = make_ledger(tmp_path / "b.db", *staged, pupils(age_max=7))
    (row,) = table(exported(open_ended, "recipients", tmp_path / "b.csv"))
    assert row["Ages"] == ""


def test_of_one_school_what_names_no_school_stands_apart(kept: Kept, tmp_path: Path) -> None:
    rows = table(exported(kept.path, "recipients", tmp_path / "r.csv", "--school", "low"))
    told = Counter({(row["About whom"], row["Who got it (id)"]): int(row["Transfers"]) for row in rows})
    whole = NAMED["all"]
    assert told[whole, "dfe"] == 1  # names the school
    assert told[whole, "low"] == 1  # went to the school
    assert told[f"{whole}, no school named", "dfe"] == 1  # the interval: of which school nobody said
    assert told["Year 4, no school named", "dfe"] == 1
    assert not [row for row in rows if row["Who got it (id)"] in ("shire", "s-cool", "parent")]  # sent by the other
    other = table(exported(kept.path, "recipients", tmp_path / "h.csv", "--school", "high"))
    assert not [row for row in other if row["Who got it (id)"] == "low"]
    assert [row for row in other if row["Who got it (id)"] == "s-cool"]


def test_a_period_is_kept_to(kept: Kept, tmp_path: Path) -> None:
    rows = table(exported(kept.path, "recipients", tmp_path / "r.csv", "--month", "2010-04"))
    assert [(row["Who got it (id)"], row["Transfers"]) for row in rows] == [("dfe", "1")]
    told = json.loads(exported(kept.path, "recipients", tmp_path / "r.json", "--month", "2009-04"))
    assert told["data"]["recipients"]["rows"] == []
    assert any("No transfer is recorded in April 2009" in str(one) for one in told["text"])


def test_recipients_of_no_known_name_are_found_by_their_entries(kept: Kept, tmp_path: Path) -> None:
    told = json.loads(exported(kept.path, "recipients", tmp_path / "r.json"))
    (row,) = told["data"]["unnamed"]["rows"]
    (one,) = (one for one in standing(kept.path) if one["recipient"] == "unlisted")
    assert (row["entry"], row["id"], row["on"]) == (one["seq"], "unknown", "2010-03-01")
    fields = [line["fields"] for line in told["data"]["recipients"]["rows"] if line["recipient_id"] == "unlisted"]
    assert fields == ["Forename; a data item that is not known by its name"]


def adopted(path: Path, *names: str, organisations: Sequence[dict[str, Any]] = ()) -> Path:
    """A ledger with these registers, which come with the project or lie at a path, adopted one after the other."""
    moment, random = datetime(2009, 8, 28, 9, tzinfo=UTC), count(1)

    def entropy(size: int) -> bytes:
        return next(random).to_bytes(size, "big")

    create(path, "some.example/t", "Some School", lambda: moment, entropy, actor=LEAD)
    with Ledger(path, lambda: moment, entropy, LEAD) as ledger:
        for name in names:
            file = Path(name) if name.endswith(".yml") else NOTICES / f"{name}.yml"
            text = file.read_text(encoding="utf-8")
            read = read_register(text, file.name)
            ledger.adopt(read, text, (read.effective_from, read.effective_until, False))
        if organisations:
            ledger.add_organisations(organisations)
    return path


def test_who_may_ask_is_the_notice_s_word(tmp_path: Path, kept: Kept) -> None:
    def asked(path: Path, as_of: str = AS_OF) -> str:
        said = call("export", path, "recipients", "-o", tmp_path / "w.md", "--as-of", as_of)
        assert said.status == 0, said
        return (tmp_path / "w.md").read_text(encoding="utf-8")

    notice = adopted(tmp_path / "n.db", "england-2010")
    assert "“too young (under 12)”" in asked(notice)
    assert "says no more about it" in asked(kept.path)
    assert "No adopted register covers 1 October 2030" in asked(kept.path, "2030-10-01")
    assert "No adopted register covers" in asked(make_ledger(tmp_path / "none.db", GOOD, adopted=False))


# -- record of processing activities --------------------------------------------------------------------------


def test_the_record_has_the_template_s_columns_and_what_the_register_says(kept: Kept, tmp_path: Path) -> None:
    rows = table(exported(kept.path, "ropa", tmp_path / "r.csv"))
    assert list(rows[0])[:30] == [title for _, title in COLUMNS]
    of = {row["Business function"]: row for row in rows}
    pupils_ = of["Pupils"]
    assert pupils_["Purpose of processing"] == "The authority's functions; Statistics"
    assert pupils_["Categories of individuals"] == "Pupils"
    assert pupils_["Categories of personal data"] == "Forename; Surname; Ethnicity"
    assert pupils_["Categories of recipients"] == "Local authority"
    assert pupils_["Article 6 lawful basis for processing personal data"].startswith("DPA 1998 Schedule 2 paragraph 5")
    assert pupils_["Article 9 condition for processing special category data"].startswith("DPA 1998 Schedule 3")
    assert pupils_["Name and contact details of joint controller (if applicable)"] == "Shire <b>Council</b>"
    assert pupils_["General description of technical and organisational security measures (if possible)"] == ""
    abroad = of["Software"]
    assert abroad["Processors recorded"] == "S-cool Limited"
    assert [value for name, value in abroad.items() if "third countries" in name] == [
        "Ireland (IE)",
        "Within the European Economic Area",
    ]
    assert of["Passed on"]["The source of the personal data (if applicable)"] == "School"


def test_the_record_counts_what_stands_on_each_flow(kept: Kept, tmp_path: Path) -> None:
    told = json.loads(exported(kept.path, "ropa", tmp_path / "r.json"))
    rows = {row["business-function"]: row for row in told["data"]["processing"]["rows"]}
    on_pupils = [
        one
        for one in standing(kept.path)
        if (one["sender"], one["recipient"], one["purpose"]) == ("high", "shire", "local-authority-functions")
        and one.get("subjects", {}).get("kind") != "workforce"
    ]
    assert rows["Pupils"]["transfers"] == len(on_pupils) == 10
    assert rows["Pupils"]["last-transfer"] == max(one["transferred_on"] for one in on_pupils)
    assert (rows["Advice"]["transfers"], rows["Advice"]["last-transfer"]) == (0, None)
    nowhere = {(row["recipient"], row["purpose"]): row["transfers"] for row in told["data"]["undocumented"]["rows"]}
    # Staff data for a purpose that is documented for pupils alone; and what was typed has no name.
    assert nowhere["Shire <b>Council</b>", "The authority's functions"] == 1
    assert nowhere["Not a known name (unlisted)", "The authority's functions"] == 1
    documented = sum(row["transfers"] for row in rows.values())
    assert documented + sum(nowhere.values()) == len(standing(kept.path))
    earlier = json.loads(exported(kept.path, "ropa", tmp_path / "e.json", "--as-of", "2010-03-01"))
    (row,) = (one for one in earlier["data"]["processing"]["rows"] if one["business-function"] == "Pupils")
    assert row["last-transfer"] == "2010-03-01"


def test_conditions_of_article_9_and_of_schedule_1_have_a_column_each(tmp_path: Path) -> None:
    path = adopted(tmp_path / "l.db", "secondary-2026")
    said = call("export", path, "ropa", "-o", tmp_path / "r.csv", "--as-of", "2026-11-25")
    assert said.status == 0, said
    rows = table((tmp_path / "r.csv").read_bytes())
    articles = [row["Article 9 condition for processing special category data"] for row in rows]
    schedules = [row["Data Protection Act 2018 Schedule 1 Condition for processing"] for row in rows]
    assert any(articles)
    assert not any("Schedule 1" in one for one in articles)
    assert all(part.startswith("DPA 2018 Schedule 1") for one in schedules if one for part in one.split("; "))
    bases = [row["GDPR Article 6 lawful basis for processing"] for row in rows]
    assert [bool(one) for one in bases] == [bool(one) for one in schedules]


def test_flows_of_others_are_left_out_and_named(tmp_path: Path) -> None:
    school = {"id": "school-1", "name": "School One", "role": "school"}
    path = adopted(tmp_path / "l.db", "england-2010", organisations=[school])
    rows = table(exported(path, "ropa", tmp_path / "r.csv"))
    assert all("School" in row["Sent by"] for row in rows)
    markdown = exported(path, "ropa", tmp_path / "r.md").decode()
    assert "Individual pupil data, for independent researchers (sent by Department for Education)" in markdown


def test_every_country_has_a_name() -> None:
    assert len(NAMES) == 249
    assert all(len(code) == 2 and code.isupper() and name == name.strip() for code, name in NAMES.items())
    assert {code for one in load_law().adequate_countries for code in one.countries} <= NAMES.keys()
    assert country("IE") == "Ireland (IE)"
    assert country("ZZ") == "ZZ"


# -- the page for everybody -----------------------------------------------------------------------------------


def test_the_page_says_what_the_register_says(kept: Kept, tmp_path: Path) -> None:
    rows = table(exported(kept.path, "flows", tmp_path / "f.csv"))
    register = read_register((HERE / "register.yml").read_text(encoding="utf-8"), "register.yml")
    assert Counter(row["What is shared"] for row in rows) == Counter(
        flow.label for flow in register.flows for _ in flow.recipient
    )
    software = next(row for row in rows if row["What is shared"] == "Software")
    assert (software["What goes"], software["If you give it"]) == ("Forename; Surname; Date of birth", "Gender")
    pupils_ = next(row for row in rows if row["What is shared"] == "Pupils")
    assert (pupils_["May go besides"], pupils_["Most protected"]) == ("Forename; Surname; Ethnicity", "Ethnicity")
    assert [row["Who gets it"].casefold() for row in rows] == sorted(row["Who gets it"].casefold() for row in rows)


@pytest.mark.parametrize("ending", ["html", "md", "json", "csv"])
def test_the_page_stays_the_same_whatever_is_sent(kept: Kept, tmp_path: Path, ending: str) -> None:
    busy = exported(kept.path, "flows", tmp_path / f"busy.{ending}")
    idle = exported(kept_ledger(tmp_path).path, "flows", tmp_path / f"idle.{ending}")
    assert busy == idle
    assert FORMULA.encode() not in busy  # no organisation of the ledger, no day of a transfer
    assert b"2010-03" not in busy


def test_what_has_ended_is_no_longer_shared(tmp_path: Path) -> None:
    path = adopted(tmp_path / "l.db", "england-2010")

    def page(as_of: str) -> str:
        assert call("export", path, "flows", "-o", tmp_path / "f.md", "--as-of", as_of).status == 0
        return (tmp_path / "f.md").read_text(encoding="utf-8")

    assert "\n## ContactPoint\n" in page("2010-08-06")
    after = page("2010-08-07")
    assert "\n## ContactPoint\n" not in after
    assert "## What goes no longer" in after
    assert "until 6 August 2010 at 12:00 London time" in after
    assert "A school's data for ContactPoint, to ContactPoint; Local Authority" in after


def labels() -> Labels:
    law, vocabularies = load_law(), load_vocabularies()
    return Labels(Evidence(recorded=(), adopted=(), organisations={}, law=law, vocabularies=vocabularies))


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (OptOut(who="the learner", withheld=("upn",)), "The learner. These are then left out: Unique pupil number."),
        (OptOut(who="Parents", always=("forename",)), "Parents. Then nothing goes but: Forename."),
        (OptOut(who="Parents", always=()), "Parents. Then nothing goes."),
        (
            OptOut(who="Parents", passing_on=True),
            "Parents. What a school sent about them is then not passed on.",
        ),
        (
            OptOut(who="Parents", always=("surname",), unclear=("date-of-birth",), why="it says both"),
            "Parents. Then nothing goes but: Surname. The notice is not clear about: Date of birth. It says both.",
        ),
    ],
)
def test_an_opt_out_says_who_and_to_what(of: OptOut, words: str) -> None:
    assert _opt_out(of, labels()) == words


# -- all of them ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_is_written_twice_alike_and_shows_nothing_erasable(
    kept: Kept, tmp_path: Path, what: str, ending: str
) -> None:
    data = exported(kept.path, what, tmp_path / f"one.{ending}")
    assert exported(kept.path, what, tmp_path / f"two.{ending}") == data
    if ending == "xlsx":
        book = load_workbook(io.BytesIO(data))
        data = "\n".join(str(cell.value) for sheet in book for row in sheet.rows for cell in row).encode()
        assert all(cell.data_type != "f" for sheet in book for row in sheet.rows for cell in row)
    if ending == "pdf":
        said = subprocess.run(["pdftotext", tmp_path / "one.pdf", "-"], capture_output=True, check=True)
        data = said.stdout
        assert data.strip()
    for secret in (SECRET, NOTE, "Secret pony", "Mrs Typed", "it never went", "another had it"):
        assert secret.encode() not in data
    if ending == "html":
        assert b"Shire <b>" not in data


def test_hostile_names_stay_text(tmp_path: Path, kept: Kept) -> None:
    rows = table(exported(kept.path, "recipients", tmp_path / "r.csv"))
    assert {row["Who sent it"] for row in rows if "HYPERLINK" in row["Who sent it"]} == {f"'{FORMULA}"}
    text = (HERE / "register.yml").read_text(encoding="utf-8")
    nasty = "=1+1 <script>alert(1)</script> #let $x$ ثانوية " + "x" * 1900
    text = text.replace("label: Pupils\n", f"label: '{nasty}'\n").replace(
        "{who: parents, always", "{who: '@me', always"
    )
    (tmp_path / "nasty.yml").write_text(text, encoding="utf-8")
    path = adopted(tmp_path / "l.db", str(tmp_path / "nasty.yml"))
    for what in ("ropa", "flows"):
        for ending in ("html", "csv", "pdf"):
            data = exported(path, what, tmp_path / f"n.{ending}")
            if ending == "html":
                assert b"<script>alert" not in data
            if ending == "csv":
                assert "'=1+1 <script>" in data.decode()


REFUSED = [
    (("ropa", "--as-of", "2030-01-01"), "No adopted register covers 2030-01-01"),
    (("flows", "--as-of", "1999-01-01"), "No adopted register covers 1999-01-01"),
    (("ropa", "--as-of", "yesterday"), "--as-of: "),
    (("flows", "--year", "2009-10"), "A period or a school is for the recipients"),
    (("ropa", "--school", "high"), "A period or a school is for the recipients"),
    (("recipients", "--school", "nobody"), "The ledger knows no organisation nobody"),
    (("recipients", "--term", "autumn-1066"), "The adopted registers state no term autumn-1066"),
    (("recipients", "--year", "2009-10", "--whole"), "Name one period"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_bad_input_gets_a_sentence(kept: Kept, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused("export", kept.path, *arguments, "-o", tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


def test_no_register_no_flows_and_never_over_a_ledger(kept: Kept, tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "none.db", GOOD, adopted=False)
    for what in ("ropa", "flows"):
        sentence = "No register of documented purposes is adopted"
        assert sentence in refused("export", path, what, "-o", tmp_path / "x.csv", "--as-of", AS_OF)
    assert len(table(exported(path, "recipients", tmp_path / "r.csv"))) == 1
    before = kept.path.read_bytes()
    assert "is a database" in refused("export", kept.path, "flows", "-o", kept.path, "--as-of", AS_OF)
    assert kept.path.read_bytes() == before
    assert "cannot be written" in refused("export", path, "recipients", "-o", tmp_path / "no" / "x.csv")
    data = bytearray(path.read_bytes())
    for page in (2, 4, 7):
        damaged = data[: page * 4096] + b"\x55" * 4096 + data[(page + 1) * 4096 :]
        (tmp_path / "damaged.db").write_bytes(damaged)
        said = call("export", tmp_path / "damaged.db", "recipients", "-o", tmp_path / "x.csv")
        assert said.status in (1, 2)
        assert "does NOT verify" in said.err or "not a usable ledger file" in said.err
    assert "no ledger" in refused("export", __file__, "flows", "-o", tmp_path / "x.csv")


@pytest.mark.parametrize("what", WHAT)
def test_what_comes_of_an_altered_record_says_so_first(tmp_path: Path, what: str) -> None:
    path = altered(make_ledger(tmp_path / "l.db", GOOD))
    for ending in ("md", "json"):
        to = tmp_path / f"x.{ending}"
        said = call("export", path, what, "-o", to, "--as-of", AS_OF)
        assert said.status == 1
        assert "The record does NOT verify" in said.err
    assert json.loads(to.read_text(encoding="utf-8"))["warning"].startswith("The record does NOT verify")
    assert "does NOT verify" in "".join((tmp_path / "x.md").read_text(encoding="utf-8").splitlines()[:4])


def test_a_ledger_with_nothing_in_it(tmp_path: Path) -> None:
    path = adopted(tmp_path / "l.db", "england-2010")
    assert table(exported(path, "recipients", tmp_path / "r.csv")) == []
    assert "\nNo transfer is recorded.\n" in exported(path, "recipients", tmp_path / "r.md").decode()
    assert exported(path, "recipients", tmp_path / "r.pdf").startswith(b"%PDF")
    rows = table(exported(path, "ropa", tmp_path / "o.csv"))
    flows = read_register((NOTICES / "england-2010.yml").read_text(encoding="utf-8"), "notice").flows
    assert [row["Business function"] for row in rows] == [flow.label for flow in flows]
    assert {row["Transfers recorded"] for row in rows} == {"0"}


def test_a_register_that_another_took_the_place_of_is_told(tmp_path: Path) -> None:
    path = adopted(tmp_path / "l.db", "secondary-2026", "workforce-2026")
    for what in ("ropa", "flows"):
        said = call("export", path, what, "-o", tmp_path / f"{what}.md", "--as-of", "2026-11-25")
        assert said.status == 0
        assert "It took the place of How pupil data is shared (secondary school, England, 2026)" in said.err
    assert "It took the place of" in (tmp_path / "ropa.md").read_text(encoding="utf-8")
    assert "It took the place of" not in (tmp_path / "flows.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_same_bytes_anywhere(kept: Kept, tmp_path: Path) -> None:
    def made(zone: str, locale: str, seed: str) -> list[bytes]:
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        found = []
        for what in WHAT:
            to = tmp_path / f"{what}-{seed}.json"
            command = [
                sys.executable,
                "-m",
                "ledger.cli",
                "export",
                str(kept.path),
                what,
                "-o",
                str(to),
                "--as-of",
                AS_OF,
            ]
            subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
            found.append(to.read_bytes())
        return found

    assert made("Pacific/Kiritimati", "C", "2") == made("America/St_Johns", "de_DE.UTF-8", "3")


def test_the_document_names_the_school_and_what_it_was_made_with(kept: Kept) -> None:
    with Source(kept.path) as source:
        document = recipients(source, evidence_of(source), date(2010, 10, 1), Scope(WHOLE, ("low",)), "Low School")
    assert document.about == "Transfers recorded by Shire <b>Council</b> about Low School: everything recorded"
    assert document.made.options == ("export=recipients", "school=low", "whole")
