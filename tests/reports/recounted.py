"""What SQLite answers for every number, table and figure of the documents with exact counts: a statement for each id.

The tables that they ask are those of `asked`. A table's statement gives its rows, in any order: the cells of the
`columns` that it names, which have to be all that hold a number. A figure's gives the name of a series, what it is
across, and the number, where that is not 0.
"""

from __future__ import annotations

from typing import NamedTuple


class Rows(NamedTuple):
    """The columns of a table that are compared, and the statement that gives them."""

    columns: str
    sql: str


STANDS = "FROM found WHERE corrected IS NULL"
BREACHES = "corrected IS NULL AND outcome = 'breach' AND NOT denied"
OPEN = "corrected IS NULL AND (outcome = 'breach' OR waits) AND NOT closed"
SEVERITIES = ("critical", "serious", "minor")


def _count(where: str, of: str = "found") -> str:
    return f"SELECT count(*) FROM {of} WHERE {where}"


def _sum(condition: str) -> str:
    return f"coalesce(sum({condition}), 0)"


_BY_SEVERITY = ", ".join(_sum(f"severity = '{one}'") for one in SEVERITIES)
_BREACHES, _OPEN = _sum("outcome = 'breach'"), _sum("(outcome = 'breach' OR waits) AND NOT closed")
_SOON = "corrected IS NULL AND due >= :as_of AND julianday(due) - julianday(:as_of) <= 30"
_OVERDUE = "corrected IS NULL AND due < :as_of"

# Checks that judge by a register run on the transfers that a version covers, and on all where there is none to judge.
_RAN = (
    "(needs = 'law' OR (EXISTS (SELECT 1 FROM version) AND "
    "(NOT EXISTS (SELECT 1 FROM judged) OR EXISTS (SELECT 1 FROM judged WHERE covered))))"
)
_IN_PART = f"({_RAN} AND needs <> 'law' AND EXISTS (SELECT 1 FROM judged WHERE NOT covered))"

_CONTACTPOINT_AFTER = "corrected IS NULL AND check_ LIKE 'contactpoint-%' AND outcome = 'breach'"
_CONTACTPOINT_UNTOLD = (
    "corrected IS NULL AND check_ LIKE 'contactpoint-%' AND outcome <> 'breach' "
    f"AND seq NOT IN (SELECT seq FROM found WHERE {_CONTACTPOINT_AFTER})"
)

# -- data protection officer ------------------------------------------------------------------------------------------

DPO = {
    "transfers": _count("1", "sent"),
    "open-breaches": _count(OPEN),
    "breaches": _count(BREACHES),
    "overdue": _count(_OVERDUE),
    "due-soon": _count(_SOON),
    **{one: _count(f"corrected IS NULL AND severity = '{one}'") for one in SEVERITIES},
    "cannot-tell": _count("corrected IS NULL AND outcome = 'cannot-tell'"),
    "advisory": _count("corrected IS NULL AND outcome = 'advisory'"),
    "contactpoint-before": _count("1", "used"),
    "contactpoint-after": f"SELECT count(DISTINCT seq) FROM found WHERE {_CONTACTPOINT_AFTER}",
    "contactpoint-untold": f"SELECT count(DISTINCT seq) FROM found WHERE {_CONTACTPOINT_UNTOLD}",
    "contactpoint-late": f"SELECT count(DISTINCT seq) {STANDS} AND check_ = 'recorded-late' "
    "AND reason = 'contactpoint'",
    "closed": _count("corrected IS NULL AND closed"),
    "corrected": _count("corrected IS NOT NULL"),
    "fields-documented": _count("transfers > 0 AND documented = 'yes'", "cell"),
    "fields-not-documented": _count("documented = 'no'", "cell"),
    "fields-never-sent": _count("transfers = 0", "cell"),
    "since-transfers": _count("seq >= (SELECT size FROM attested)", "sent"),
    "since-new": _count("1", "new"),
    "since-open": _count(OPEN, "new"),
    **{f"since-{one}": _count(f"corrected IS NULL AND severity = '{one}'", "new") for one in SEVERITIES},
    "since-gone": _count("key NOT IN (SELECT key FROM findings)", "then_found"),
    "since-decisions": _count("kind = 'review' AND seq >= (SELECT size FROM attested)", "main.entries"),
}


def _due(where: str) -> Rows:
    return Rows(
        "finding due days",
        f"SELECT 'Entry ' || seq, due, CAST(abs(julianday(:as_of) - julianday(due)) AS INTEGER) FROM found "
        f"WHERE {where}",
    )


def _parties(side: str, id_: str, more: str = "") -> str:
    """Each party with a transfer or a finding; what is on no single transfer has a row of its own."""
    return (
        f"WITH on_ AS (SELECT {side} AS id, CASE WHEN {side} = '' THEN instead ELSE named({side}) END AS name, * "
        f"{STANDS}), all_ AS (SELECT DISTINCT id, name FROM on_ UNION SELECT {side}, named({side}) FROM sent) "
        f"SELECT {id_} name, (SELECT count(*) FROM sent WHERE {side} = all_.id), {_BY_SEVERITY}, {_OPEN} {more} "
        "FROM all_ LEFT JOIN on_ USING (id, name) GROUP BY all_.id, name"
    )


_COUNTS = "transfers critical serious minor open"

_FLOWS = (
    "WITH flow AS (SELECT from_, to_, purpose, count(*) AS transfers, sum(people) AS people, count(people) AS counted, "
    "min(day) AS first, max(day) AS last, CASE WHEN from_ <> 'role:school' OR count(DISTINCT sender) = 1 THEN "
    "named(min(sender)) ELSE count(DISTINCT sender) || char(160) || 'schools' END AS sender, CASE WHEN to_ <> "
    "'role:school' OR count(DISTINCT recipient) = 1 THEN named(min(recipient)) ELSE count(DISTINCT recipient) || "
    "char(160) || 'schools' END AS recipient FROM sent GROUP BY 1, 2, 3), "
    "on_ AS (SELECT coalesce((SELECT 'role:school' FROM party WHERE id = sender AND role = 'school'), sender) AS from_,"
    " coalesce((SELECT 'role:school' FROM party WHERE id = recipient AND role = 'school'), recipient) AS to_, purpose, "
    f"{_BREACHES} AS breaches, {_OPEN} AS open {STANDS} GROUP BY 1, 2, 3) "
    "SELECT {columns} FROM flow LEFT JOIN on_ USING (from_, to_, purpose)"
)


def _compared() -> str:
    rows = [
        ("Transfers that stand", _count("1", "sent"), _count("1", "past")),
        *(
            (text, _count(where), _count(where, "past_found"))
            for text, where in (
                ("Open breaches", OPEN),
                ("Breaches found, open or closed", BREACHES),
                *((f"{one.capitalize()} findings", f"corrected IS NULL AND severity = '{one}'") for one in SEVERITIES),
                ("Cannot be told", "corrected IS NULL AND outcome = 'cannot-tell'"),
                ("Advisory", "corrected IS NULL AND outcome = 'advisory'"),
                ("Closed", "corrected IS NULL AND closed"),
                ("On entries corrected since", "corrected IS NOT NULL"),
            )
        ),
    ]
    all_ = " UNION ALL ".join(f"SELECT '{text}' AS text, ({now}) AS now, ({then}) AS then_" for text, now, then in rows)
    return (
        f"SELECT text, now, then_, CASE WHEN now > then_ THEN thousands(now - then_) || ' more' WHEN now < then_ "
        f"THEN thousands(then_ - now) || ' fewer' ELSE 'the same' END FROM ({all_})"
    )


_CAUSE = "(CASE outcome WHEN 'cannot-tell' THEN 'Cannot be told: ' ELSE '' END || title(check_))"

DPO_TABLES = {
    "overdue": _due(_OVERDUE),
    "due-soon": _due(_SOON),
    "causes": Rows(
        "cause severity outcome findings",
        f"SELECT {_CAUSE}, severity, replace(outcome, '-', ' '), count(*) {STANDS} GROUP BY check_, severity, outcome",
    ),
    "recipients": Rows(f"recipients {_COUNTS}", _parties("recipient", "")),
    "senders": Rows(f"senders {_COUNTS}", _parties("sender", "")),
    "recipients-causes": Rows(
        "recipient cause findings",
        f"SELECT CASE WHEN recipient = '' THEN instead ELSE named(recipient) END, {_CAUSE}, count(*) {STANDS} "
        "GROUP BY 1, check_, severity, outcome",
    ),
    "checks": Rows(
        "id critical serious minor open ran",
        f"SELECT checks.id, {_BY_SEVERITY}, {_OPEN}, CASE WHEN {_IN_PART} THEN 'not on all' WHEN {_RAN} THEN 'yes' "
        "ELSE 'no' END FROM checks LEFT JOIN found ON check_ = checks.id AND corrected IS NULL GROUP BY checks.id "
        f"HAVING count(found.key) OR NOT {_RAN} OR {_IN_PART}",
    ),
    "flows": Rows(
        "from to purpose transfers people first last breaches",
        _FLOWS.format(
            columns="sender, recipient, named(purpose), transfers, CASE counted WHEN 0 THEN 'not stated' "
            "WHEN transfers THEN people ELSE thousands(people) || ' (in ' || thousands(counted) || ' of them)' END, "
            "first, last, coalesce(breaches, 0)"
        ),
    ),
    "compared": Rows("what now before change", _compared()),
}

DPO_DATA = {
    "findings": Rows(
        "key check outcome severity seq decision decision_due decision_entry decision_closed transferred_on "
        "corrected_by sender_id recipient_id",
        "SELECT key, check_, outcome, severity, seq, decision, due, decided, CASE WHEN decided IS NOT NULL THEN holds "
        "END, day, corrected, sender, recipient FROM found",
    ),
    "flows": Rows(
        "sender recipient purpose transfers people counted first last breaches open",
        _FLOWS.format(
            columns="from_, to_, purpose, transfers, CASE WHEN counted THEN people END, counted, first, last, "
            "coalesce(breaches, 0), coalesce(open, 0)"
        ),
    ),
    "fields": Rows("recipient field transfers documented", "SELECT group_, field, transfers, documented FROM cell"),
    "causes": Rows(
        "check severity outcome findings",
        f"SELECT check_, severity, outcome, count(*) {STANDS} GROUP BY 1, 2, 3",
    ),
    "recipients": Rows(f"id name {_COUNTS} breaches", _parties("recipient", "all_.id,", f", {_BREACHES}")),
    "senders": Rows(f"id name {_COUNTS} breaches", _parties("sender", "all_.id,", f", {_BREACHES}")),
    "checks": Rows(
        "check ran critical serious minor breaches open",
        f"SELECT checks.id, {_RAN}, {_BY_SEVERITY}, {_BREACHES}, {_OPEN} "
        "FROM checks LEFT JOIN found ON check_ = checks.id AND corrected IS NULL GROUP BY checks.id",
    ),
}

# The tables of fields, by recipient: the marks beside a number say how it stands, and the last rows count them.
FIELDS = (
    "SELECT group_, field_name(field), CASE WHEN documented = 'cannot tell' THEN thousands(transfers) || ' ?' "
    "WHEN documented = 'no' THEN thousands(transfers) || ' !' WHEN transfers = 0 THEN '·' ELSE transfers END FROM cell"
)
FIELDS_BELOW = (
    "SELECT groups.group_, text, (SELECT count(*) FROM cell WHERE cell.group_ = groups.group_ AND CASE text "
    "WHEN 'Fields sent and documented' THEN transfers > 0 AND documented = 'yes' "
    "WHEN 'Fields sent, NOT documented' THEN documented = 'no' "
    "WHEN 'Fields documented, never sent' THEN transfers = 0 ELSE documented IS NULL END) "
    "FROM (SELECT DISTINCT group_ FROM cell) AS groups, (SELECT 'Fields sent' AS text, 0 AS compared "
    "UNION SELECT 'Fields sent and documented', 1 UNION SELECT 'Fields sent, NOT documented', 1 "
    "UNION SELECT 'Fields documented, never sent', 1) "
    "WHERE compared = EXISTS (SELECT 1 FROM version WHERE covering)"
)

# A finding's table has no numbers: what its caption says is counted.
FINDINGS = "SELECT severity, check_, outcome, count(*) " + STANDS + " GROUP BY 1, 2, 3"

_AGE = "julianday(:as_of) - julianday(day)"
_ON_CLOSING = (
    "CASE WHEN day = '2010-08-06' THEN '6 Aug, {part}' ELSE short_day(day) END, count(DISTINCT seq) FROM {of} "
    "AND day BETWEEN '2010-06-22' AND '2010-09-20' GROUP BY 2"
)

FIGURES = {
    "open-breaches-by-age": "SELECT upper(substr(severity, 1, 1)) || substr(severity, 2), CASE "
    "WHEN day IS NULL THEN 'On no transfer, so without a date' WHEN day > :as_of THEN 'Dated later than this report' "
    f"WHEN {_AGE} <= 31 THEN 'Up to 1 month (31 days)' WHEN {_AGE} <= 92 THEN 'Up to 3 months (92 days)' "
    f"WHEN {_AGE} <= 183 THEN 'Up to 6 months (183 days)' WHEN {_AGE} <= 366 THEN 'Up to a year (366 days)' "
    f"ELSE 'Older than a year' END, count(*) FROM found WHERE {OPEN} GROUP BY 1, 2",
    "contactpoint-closing": "SELECT 'Before the closing', "
    + _ON_CLOSING.format(part="before noon", of="used WHERE 1")
    + " UNION ALL SELECT 'Cannot be told', "
    + _ON_CLOSING.format(part="cannot be told", of=f"found WHERE {_CONTACTPOINT_UNTOLD}")
    + " UNION ALL SELECT 'After the closing', "
    + _ON_CLOSING.format(part="after noon", of=f"found WHERE {_CONTACTPOINT_AFTER}"),
    "findings-by-severity": "SELECT upper(substr(severity, 1, 1)) || substr(severity, 2), part(day), count(*) "
    f"{STANDS} AND day IS NOT NULL GROUP BY 1, 2",
    "flows": "WITH pair AS (SELECT from_, to_, 1 AS transfers, 0 AS breaches FROM sent UNION ALL SELECT "
    "coalesce((SELECT 'role:school' FROM party WHERE id = sender AND role = 'school'), sender), "
    "coalesce((SELECT 'role:school' FROM party WHERE id = recipient AND role = 'school'), recipient), 0, 1 "
    f"{STANDS} AND outcome = 'breach' AND sender <> '' AND recipient <> '') "
    "SELECT grouped(from_) || ' to ' || grouped(to_), 'Transfers', sum(transfers) FROM pair GROUP BY 1 UNION ALL "
    "SELECT grouped(from_) || ' to ' || grouped(to_), 'Breaches', sum(breaches) FROM pair GROUP BY 1",
    "transfers-by-recipient": "SELECT grouped(to_), part(day), count(*) FROM sent GROUP BY 1, 2",
    "fields-by-recipient": "SELECT grouped(to_), field_short(j.value), count(*) FROM sent, json_each(sent.fields) AS j "
    "GROUP BY 1, 2",
    "time-to-recording": "SELECT 'Transfers', CASE WHEN delay < 0 THEN 'Before it happened' WHEN delay = 0 THEN "
    "'On the same day' WHEN delay <= 7 THEN 'Within a week (1 to 7 days)' WHEN delay <= 31 THEN "
    "'Within a month (8 to 31 days)' WHEN delay <= 90 THEN 'Within a term (32 to 90 days)' "
    "ELSE 'Later (over 90 days)' END, count(*) FROM sent GROUP BY 2",
}

# -- auditor ----------------------------------------------------------------------------------------------------------


def _entries(where: str = "1") -> str:
    return _count(where, "main.entries")


_BEATS = (
    "SELECT DISTINCT at, size, 'cosignature' AS kind, name, (SELECT recorded_at FROM main.entries AS e "
    "WHERE e.seq = s.size - 1) AS clock FROM signatures AS s WHERE at IS NOT NULL"
)
_CLOCK = "strftime('%Y-%m-%dT%H:%M:%SZ', clock)"
_GAPS = (
    f"WITH beat AS ({_BEATS}), point AS (SELECT london((SELECT recorded_at FROM main.entries WHERE seq = 0)) AS day, "
    "0 AS seen, 0 AS place, '' AS at UNION ALL SELECT london(at), size, 1, at FROM beat UNION ALL SELECT :as_of, "
    "(SELECT count(*) FROM main.entries), 2, 'z'), "
    "running AS (SELECT day, CASE place WHEN 2 THEN seen ELSE max(seen) OVER (ORDER BY place, at, seen) END AS seen, "
    "place, at FROM point), "
    "gap AS (SELECT lag(day) OVER (ORDER BY place, at, seen) AS first, day AS last, CAST(julianday(day) - julianday("
    "lag(day) OVER (ORDER BY place, at, seen)) AS INTEGER) AS days, seen - lag(seen) OVER (ORDER BY place, at, seen) "
    "AS entries FROM running) SELECT {columns} FROM gap WHERE days > {over} AND EXISTS (SELECT 1 FROM beat)"
)
_BACK = (
    "(SELECT seq FROM (SELECT seq, recorded_at < lag(recorded_at) OVER (ORDER BY seq) AS back FROM main.entries) "
    "WHERE back)"
)
_LATE = (
    "(SELECT CAST(julianday(london(e.recorded_at)) - julianday(version.first) AS INTEGER) AS late, version.seq "
    "FROM version JOIN main.entries AS e ON e.seq = version.seq)"
)

AUDITOR = {
    "entries": _entries(),
    "transfers-recorded": _entries("kind = 'transfer'"),
    "corrections": _entries("kind = 'correction'"),
    "withdrawals": _entries("kind = 'correction' AND withdrawn"),
    "imports": _entries("kind = 'batch'"),
    "organisations": _entries("kind = 'organisation'"),
    "transfers": _count("1", "sent"),
    "refusals": _entries("kind = 'refusal'"),
    "refusals-refused": _entries("kind = 'refusal' AND json_extract(entry, '$.outcome') = 'refused'"),
    "refusals-met-in-part": _entries("kind = 'refusal' AND json_extract(entry, '$.outcome') = 'met-in-part'"),
    "decisions": _entries("kind = 'review'"),
    **{
        f"decisions-{one}": _entries(f"kind = 'review' AND json_extract(entry, '$.decision') = '{one}'")
        for one in ("accepted", "remedied", "false-alarm", "recording-mistake")
    },
    "decisions-replaced": _entries("kind = 'review' AND json_extract(entry, '$.replaces') IS NOT NULL"),
    "advice": _entries("kind = 'review' AND json_extract(entry, '$.advice') IS NOT NULL"),
    "people": _entries("kind = 'person'"),
    "confirmations": _entries("kind = 'confirmation'"),
    "checkpoints": _count("1", "checkpoints"),
    "checkpoint-sizes": "SELECT count(*) FROM (SELECT size FROM checkpoints GROUP BY size)",
    "timestamps": _count("timestamp IS NOT NULL", "checkpoints"),
    "entries-after-checkpoint": _entries("seq >= coalesce((SELECT max(size) FROM checkpoints), 0)"),
    "cosignatures": _count("at IS NOT NULL", "signatures"),
    "heartbeats": f"SELECT count(*) FROM ({_BEATS})",
    "gaps-long": _GAPS.format(columns="count(*)", over=31),
    "entries-after-heartbeat": _entries("seq >= coalesce((SELECT max(size) FROM signatures WHERE at NOT NULL), 0)"),
    "clock-backwards": f"SELECT count(*) FROM {_BACK}",
    "clock-ahead": f"SELECT count(*) FROM ({_BEATS}) WHERE julianday(clock) > julianday(at)",
    "recorded-before-transfer": _count("check_ = 'dated-in-future' AND reason = 'after-recording'"),
    "keys": _entries("kind = 'key'"),
    **{
        f"keys-{one}": _entries(f"kind = 'key' AND json_extract(entry, '$.action') = '{one}'")
        for one in ("new", "rotation", "replacement")
    },
    "registers": _entries("kind = 'register'"),
    "backdated": f"SELECT count(*) FROM {_LATE} WHERE late > 0",
    "erasures": _entries("kind = 'erasure'"),
    "attestations": _entries("kind = 'attestation'"),
    "closings": _entries("kind = 'closing'"),
    "checks-run": _count(_RAN, "checks"),
    "checks-not-run": _count(f"NOT {_RAN}", "checks"),
    "checks-in-part": _count(_IN_PART, "checks"),
    "breaches": _count("corrected IS NULL AND outcome = 'breach'"),
    "breaches-open": _count(OPEN),
    "cannot-tell": _count("corrected IS NULL AND outcome = 'cannot-tell'"),
    "advisories": _count("corrected IS NULL AND outcome = 'advisory'"),
    "findings-closed": _count("corrected IS NULL AND closed"),
    "findings-corrected": _count("corrected IS NOT NULL"),
}

_BY_OUTCOME = ", ".join(
    [_sum(f"corrected IS NULL AND outcome = '{one}'") for one in ("breach", "cannot-tell", "advisory")]
    + [_sum("corrected IS NOT NULL")]
)
_CHECKS = (
    f"SELECT checks.id, {{more}}{_BY_OUTCOME} FROM checks LEFT JOIN found ON check_ = checks.id GROUP BY checks.id"
)
_PEOPLE = "SELECT seq FROM main.entries WHERE kind IN ('genesis', 'person')"
_ERASURES = "SELECT seq, json_extract(entry, '$.erases.seq') FROM main.entries WHERE kind = 'erasure'"
_ATTESTED = "FROM main.entries WHERE kind = 'attestation'"
_KEYS = "SELECT seq FROM main.entries WHERE kind = 'key'"
_KEPT = "(SELECT row_number() OVER (ORDER BY rowid) AS number, size, note FROM checkpoints)"

AUDITOR_TABLES = {
    "levels": Rows("level", "VALUES ('consistent'), ('signed'), ('anchored'), ('witnessed')"),
    "checkpoints": Rows("number entries", f"SELECT number, size FROM {_KEPT}"),
    "heartbeats": Rows("at entries kind by", f"SELECT at, size, kind, name FROM ({_BEATS})"),
    "gaps": Rows("from to days entries", _GAPS.format(columns="first, last, days, entries", over=0)),
    "clock-backwards": Rows("entry", f"SELECT seq FROM {_BACK}"),
    "clock-ahead": Rows(
        "at entries clock", f"SELECT at, size, {_CLOCK} FROM ({_BEATS}) WHERE julianday(clock) > julianday(at)"
    ),
    "keys": Rows("entry", _KEYS),
    "registers": Rows(
        "entry adopted digest",
        "SELECT seq, london(recorded_at), json_extract(entry, '$.sha256') FROM main.entries WHERE kind = 'register'",
    ),
    "erasures": Rows("entry of", _ERASURES),
    "people": Rows("entry", _PEOPLE),
    "confirmations": Rows("entry", "SELECT seq FROM main.entries WHERE kind = 'confirmation'"),
    "not-run": Rows(
        "check ran",
        f"SELECT id, CASE WHEN {_RAN} THEN 'in part' ELSE 'no' END FROM checks WHERE NOT {_RAN} OR {_IN_PART}",
    ),
    "checks": Rows("check breach cannot-tell advisory corrected", _CHECKS.format(more="")),
    "attestations": Rows(
        "entry as-of size", f"SELECT seq, json_extract(entry, '$.as_of'), json_extract(entry, '$.size') {_ATTESTED}"
    ),
}

AUDITOR_DATA = {
    "checkpoints": Rows("number entries root", f"SELECT number, size, line(note, 3) FROM {_KEPT}"),
    "heartbeats": Rows("at entries recorded_at", f"SELECT at, size, {_CLOCK} FROM ({_BEATS})"),
    "gaps": AUDITOR_TABLES["gaps"],
    "erasures": Rows("entry of_entry", _ERASURES),
    "people": Rows("entry", _PEOPLE),
    "confirmations": Rows(
        "entry seen", "SELECT seq, json_extract(entry, '$.seen.seq') FROM main.entries WHERE kind = 'confirmation'"
    ),
    "keys": Rows("entry", f"SELECT e.seq FROM main.entries AS e, json_each(e.entry, '$.keys') WHERE seq IN ({_KEYS})"),
    "registers": Rows("entry days_late", f"SELECT seq, max(0, late) FROM {_LATE}"),
    "checks": Rows(
        "check ran breach cannot_tell advisory corrected",
        _CHECKS.format(more=f"CASE WHEN {_RAN} THEN 'yes' ELSE 'no' END, "),
    ),
    "attestations": Rows(
        "entry as_of size head",
        f"SELECT seq, json_extract(entry, '$.as_of'), json_extract(entry, '$.size'), "
        f"json_extract(entry, '$.head') {_ATTESTED}",
    ),
}
