"""A ledger's file as SQLite has it, and what a report speaks of as tables of their own: no code of the project counts.

`sent` are the transfers that stand in the period, for the school, recorded since; `past` those of the period before;
`found` and `past_found` the findings in the same, as a check gives them; `then_found` those of the copy
of the ledger that an earlier report was made from. `documented` is what the registers document for whom, `signatures`
the lines below the checkpoints.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ledger.register.model import Register
from ledger.register.read import read_register
from reports.checks import CHECKS
from tests.reports.findings_table import add_findings


class Spoken(NamedTuple):
    """Of what a report speaks: written down by the test, not taken from the program.

    `since` other than 0 stands for what is new since the last attested report, `then` for the ledger as it was.
    """

    as_of: date
    first: str | None = None
    last: str | None = None
    school: tuple[str, ...] = ()
    since: int = 0
    past: tuple[str, str] | None = None
    then: tuple[Path, date] | None = None


_SENT = """
CREATE TEMP TABLE {name} AS
SELECT t.seq, t.sender, t.recipient, t.purpose, t.fields, t.transferred_on AS day, t.subject_count AS people,
       julianday(london(t.recorded_at)) - julianday(coalesce(e.transferred_until, t.transferred_on)) AS delay,
       coalesce((SELECT 'role:school' FROM party WHERE id = t.sender AND role = 'school'), t.sender) AS from_,
       coalesce((SELECT 'role:school' FROM party WHERE id = t.recipient AND role = 'school'), t.recipient) AS to_,
       EXISTS (SELECT 1 FROM version WHERE t.transferred_on >= first AND t.transferred_on <= coalesce(last, '9999'))
           AS covered
FROM main.transfers AS t JOIN main.entries AS e ON e.seq = t.seq
WHERE t.seq IN (SELECT seq FROM {inside}) AND t.seq >= {since}
"""

_INSIDE = """
CREATE TEMP TABLE {name} AS SELECT e.seq FROM main.entries AS e
WHERE e.transferred_on >= coalesce(:first, '') AND e.transferred_on <= coalesce(:last, '9999-12-31')
  AND (NOT EXISTS (SELECT 1 FROM school) OR e.sender IN school OR e.recipient IN school
       OR EXISTS (SELECT 1 FROM json_each(e.entry, '$.schools') AS s WHERE s.value IN school))
"""

_FOUND = """
CREATE TEMP TABLE {name} AS
SELECT f.key, f.check_name AS check_, f.outcome, f.severity, f.seq, json_extract(f.finding, '$.reason') AS reason,
       json_extract(f.finding, '$.id') AS id, json_extract(f.finding, '$.corrected_by') AS corrected,
       d.seq AS decided, d.decision, d.due, d.seq IS NOT NULL AND coalesce(d.due, '9999') >= :as_of AS holds,
       f.state = 'settled' AS closed, f.state = 'awaiting-confirmation' AS waits, f.denied,
       CASE WHEN e.kind NOT IN ('register', 'review') THEN e.transferred_on END AS day,
       e.transferred_on AS of_entry,
       CASE WHEN json_extract(f.finding, '$.id') IS NULL OR e.kind IN ('register', 'review') THEN ''
            ELSE e.sender END AS sender,
       CASE WHEN json_extract(f.finding, '$.id') IS NULL OR e.kind IN ('register', 'review') THEN ''
            ELSE e.recipient END AS recipient,
       CASE WHEN json_extract(f.finding, '$.id') IS NULL OR e.kind IN ('register', 'review') THEN ''
            ELSE e.purpose END AS purpose,
       CASE e.kind WHEN 'register' THEN 'The documented purposes' WHEN 'review' THEN 'A decision'
            ELSE 'Several, in one import' END AS instead
FROM {findings} AS f JOIN {of}.entries AS e ON e.seq = f.seq
LEFT JOIN (SELECT json_extract(entry, '$.finding') AS key, max(seq) AS seq,
                  json_extract(entry, '$.decision') AS decision, json_extract(entry, '$.due') AS due
           FROM {of}.entries WHERE kind = 'review' AND json_extract(entry, '$.advice') IS NULL
           GROUP BY 1) AS d ON d.key = f.key
WHERE f.finding IS NOT NULL AND CASE
    WHEN json_extract(f.finding, '$.id') IS NOT NULL THEN e.seq IN (SELECT seq FROM {inside})
    WHEN e.kind NOT IN ('register', 'review') AND e.transferred_on IS NOT NULL
        THEN EXISTS (SELECT 1 FROM json_each(f.finding, '$.entries') AS j
                     WHERE j.value IN (SELECT seq FROM {inside}))
    ELSE NOT EXISTS (SELECT 1 FROM school)
         OR EXISTS (SELECT 1 FROM json_each(f.finding, '$.expected') AS j WHERE j.value IN school)
         OR EXISTS (SELECT 1 FROM json_each(f.finding, '$.found') AS j WHERE j.value IN school) END
"""

_PARTY = """
CREATE TEMP TABLE party AS
WITH newest AS (SELECT max(seq) AS seq FROM main.entries WHERE kind = 'organisation' GROUP BY id),
     named AS (SELECT e.id, json_extract(e.entry, '$.role') AS role, e.entry FROM main.entries AS e
               JOIN newest ON newest.seq = e.seq)
SELECT id, id AS now, role FROM named
UNION SELECT j.value, named.id, role FROM named, json_each(named.entry, '$.former_ids') AS j
"""

_GROUPS = """
CREATE TEMP TABLE known AS
SELECT DISTINCT to_ AS group_, recipient AS id FROM sent
UNION SELECT to_, now FROM sent JOIN party ON party.id = sent.recipient
UNION SELECT to_, role FROM sent JOIN party ON party.id = sent.recipient
UNION SELECT to_, 'school' FROM sent WHERE to_ = 'role:school';

CREATE TEMP TABLE documented AS
SELECT DISTINCT known.group_, doc.field FROM doc JOIN known ON known.id = doc.player
UNION SELECT CASE WHEN max(doc.player = 'school') THEN 'role:school' ELSE doc.party END, doc.field
      FROM doc WHERE doc.about GROUP BY doc.version, doc.flow, doc.party, doc.field
      HAVING max(doc.player IN (SELECT id FROM known)) = 0;

CREATE TEMP TABLE cell AS
SELECT to_ AS group_, j.value AS field, count(*) AS transfers,
       CASE WHEN j.value = 'not-stated' THEN 'cannot tell'
            WHEN NOT EXISTS (SELECT 1 FROM version WHERE covering) THEN NULL
            WHEN (to_, j.value) IN (SELECT group_, field FROM documented) THEN 'yes' ELSE 'no' END AS documented
FROM sent, json_each(sent.fields) AS j GROUP BY 1, 2
UNION ALL SELECT group_, field, 0, 'yes' FROM documented
WHERE (group_, field) NOT IN (SELECT to_, j.value FROM sent, json_each(sent.fields) AS j)
"""

# A use of ContactPoint that is certain, by its own date and time before the closing.
_USES = """
CREATE TEMP TABLE onward AS
SELECT t.seq, json_extract(j.value, '$.id') AS source FROM main.transfers AS t JOIN main.entries AS e ON e.seq = t.seq
JOIN json_each(e.entry, '$.onward_of') AS j
WHERE coalesce(json_extract(j.value, '$.origin'), '') IN
      ('', (SELECT json_extract(entry, '$.origin') FROM main.entries WHERE seq = 0));

CREATE TEMP TABLE used AS
WITH RECURSIVE use(seq, id) AS (
    SELECT t.seq, t.id FROM main.transfers AS t WHERE t.purpose = 'maintain-accuracy'
       OR t.sender = 'contactpoint' OR t.recipient = 'contactpoint'
       OR EXISTS (SELECT 1 FROM party WHERE id IN (t.sender, t.recipient) AND 'contactpoint' IN (now, role))
    UNION SELECT e.seq, e.id FROM use JOIN onward ON onward.source = use.id
    JOIN main.entries AS e ON e.seq = onward.seq
)
SELECT use.seq, e.transferred_on AS day FROM use JOIN main.entries AS e ON e.seq = use.seq
WHERE use.seq IN (SELECT seq FROM sent) AND CASE
    WHEN e.transferred_at LIKE '%T%' THEN julianday(e.transferred_at) < julianday('2010-08-06T12:00+01:00')
    ELSE coalesce(e.transferred_until, e.transferred_on) < '2010-08-06' END
"""


@cache
def _read(text: str) -> Register:
    return read_register(text, "a register")


def _london(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/London")).date().isoformat()


class Asked:
    """The file at `path`, what a check of it finds, and the tables of what a report speaks of."""

    def __init__(self, path: Path, of: Spoken, kind: str) -> None:
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.execute(
            "CREATE TEMP TABLE attested AS SELECT json_extract(entry, '$.size') AS size FROM entries "
            "WHERE kind = 'attestation' AND EXISTS (SELECT 1 FROM json_each(entry, '$.options') WHERE value = ?) "
            "ORDER BY seq DESC LIMIT 1",
            (f"for={kind}",),
        )
        if of.since:
            of = of._replace(since=self.db.execute("SELECT size FROM attested").fetchone()[0])
        self.of = of
        self.db.create_function("london", 1, _london)
        add_findings(self.db, path, of.as_of)
        self.db.execute("CREATE TEMP TABLE school (id TEXT)")
        self._fill("school", [(one,) for one in of.school])
        self.db.execute("CREATE TEMP TABLE checks (place INTEGER, id TEXT, needs TEXT)")
        self._fill("checks", [(place, one.ID, one.NEEDS) for place, one in enumerate(CHECKS)])
        self.db.execute(_PARTY)
        self._registers()
        span = {"first": of.first, "last": of.last, "as_of": of.as_of.isoformat()}
        self.db.execute(_INSIDE.format(name="inside"), span)
        self.db.execute(_SENT.format(name="sent", inside="inside", since=of.since))
        self.db.execute(_SENT.format(name="judged", inside="inside", since=0))
        self.db.execute(_FOUND.format(name="found", of="main", findings="findings", inside="inside"), span)
        self.db.execute(_INSIDE.format(name="past_inside"), {**span, **self._past()})
        self.db.execute(_SENT.format(name="past", inside="past_inside", since=0))
        self.db.execute(
            _FOUND.format(name="past_found", of="main", findings="findings", inside="past_inside"),
            {**span, **self._past()},
        )
        if of.then is not None:
            self.db.execute("ATTACH ? AS then_", (f"file:{of.then[0]}?mode=ro",))
            add_findings(self.db, *of.then, "then_findings")
            self.db.execute(
                _FOUND.format(name="then_found", of="then_", findings="then_findings", inside="inside"), span
            )
            self.db.execute("CREATE TEMP TABLE then_all AS SELECT key FROM then_findings WHERE finding IS NOT NULL")
            self.db.execute("CREATE TEMP TABLE new AS SELECT * FROM found WHERE key NOT IN then_all")
            if of.since:
                self.db.execute("DELETE FROM found WHERE key IN then_all")
        self.db.executescript(_GROUPS)
        self.db.executescript(_USES)
        self._signatures()

    def _past(self) -> dict[str, str]:
        # A report without a period before it has a past in which nothing can lie.
        first, last = self.of.past or ("9999-12-31", "0000-01-01")
        return {"first": first, "last": last}

    def _fill(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            self.db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def _registers(self) -> None:
        first, last = self.of.first or "0001-01-01", self.of.last or "9999-12-31"
        self.db.execute("CREATE TEMP TABLE version (seq INTEGER, first TEXT, last TEXT, covering INTEGER)")
        self.db.execute(
            "INSERT INTO version SELECT seq, json_extract(entry, '$.effective_from'), "
            "json_extract(entry, '$.effective_until'), json_extract(entry, '$.effective_from') <= ? AND "
            "coalesce(json_extract(entry, '$.effective_until'), '9999-12-31') >= ? "
            "FROM entries WHERE kind = 'register'",
            (last, first),
        )
        self.db.execute(
            "CREATE TEMP TABLE doc (version INTEGER, flow INTEGER, party TEXT, player TEXT, about INTEGER, field TEXT)"
        )
        texts = self.db.execute(
            "SELECT version.seq, content FROM version JOIN entries AS e ON e.seq = version.seq "
            "JOIN documents AS d ON d.sha256 = json_extract(e.entry, '$.sha256') WHERE covering"
        ).fetchall()
        for seq, text in texts:
            self._fill("doc", self._flows(seq, _read(text)))

    def _flows(self, seq: int, register: Register) -> Iterable[tuple[Any, ...]]:
        roles = {one.id: one.role for one in register.parties}
        for place, flow in enumerate(register.flows):
            ends = {one for party in (*flow.sender, *flow.recipient) for one in (party, roles.get(party))}
            about = not self.of.school or not ends.isdisjoint({*self.of.school, "school"})
            for party in flow.recipient:
                for player in {party, roles.get(party) or party}:
                    for field in flow.fields.all:
                        yield seq, place, party, player, about, field

    def _signatures(self) -> None:
        # A note: its text, an empty line, and lines of a name and of a key's id with a signature, in base64. A
        # witness's begins with eight bytes of seconds.
        self.db.execute("CREATE TEMP TABLE signatures (number INTEGER, size INTEGER, name TEXT, key TEXT, at TEXT)")
        for number, (size, note) in enumerate(
            self.db.execute("SELECT size, note FROM checkpoints ORDER BY rowid").fetchall(), start=1
        ):
            for line in note.partition("\n\n")[2].splitlines():
                _, name, data = line.split(" ")
                key = base64.b64decode(data)
                at = None
                if name.endswith("/witness"):
                    moment = datetime.fromtimestamp(int.from_bytes(key[4:12], "big"), UTC)
                    at = moment.isoformat().replace("+00:00", "Z")
                self._fill("signatures", [(number, size, name, key[:4].hex(), at)])

    def name(self, functions: dict[str, Callable[..., Any]]) -> None:
        """Makes functions of the program that give a name for people usable in statements."""
        for name, function in functions.items():
            self.db.create_function(name, -1, function)

    def one(self, sql: str) -> Any:
        """The one value that a statement gives."""
        ((value,),) = self.rows(sql)
        return value

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows that a statement gives."""
        return self.db.execute(sql, {"as_of": self.of.as_of.isoformat()} if ":as_of" in sql else {}).fetchall()

    def close(self) -> None:
        """Closes the file."""
        self.db.close()
