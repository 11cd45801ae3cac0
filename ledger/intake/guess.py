"""A first map for a spreadsheet with other headings, to be corrected by whoever knows the file.

Headings are compared with the words that people use for our columns; the order of day and month is taken from
the values, and every distinct word of a column that names parties, purposes, fields or codes is listed, the
commonest first. A word becomes one of ours only where it is a known name already: what merely looks like one
stands in a comment. What nobody can guess is left out, and says so.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from ledger.canonical import control_character
from ledger.errors import Refused
from ledger.intake import csv_file
from ledger.intake.csv_file import Named
from ledger.intake.draft import COLUMNS, WHAT_IS_WRONG
from ledger.intake.mapping import LEAVE_OUT, domain_of, word_key
from ledger.intake.row import Table, cell_problem, check_headings
from ledger.intake.synonyms import SYNONYMS
from ledger.members import REQUIRED, Member

_LISTED = ("party", "purpose", "field", "code", "literal", "bool")
_DISTINCT = 5_000
_SHOWN = 200
_LONGEST = 200
_NEAR = 86
_SLASHED = re.compile(r"(\d{1,4})[/.\- ](\d{1,2})[/.\- ](\d{1,4})(?!\d)", re.ASCII)
_WORDY = re.compile(r"\d{1,2}[/.\- ][A-Za-z]{3,9}[/.\- ]\d{2,4}", re.ASCII)
_YES = {"y": "yes", "yes": "yes", "true": "yes", "n": "no", "no": "no", "false": "no"}


class _Seen(NamedTuple):
    """What a column of the file was seen to hold."""

    words: Counter[str]
    marks: Counter[str]
    orders: Counter[str]


def _quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar."""
    plain = "".join(
        f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08X}" for c in " ".join(text.split())
    )
    return f'"{plain}"'


def _plain(text: str) -> str:
    """`text` for a comment, where no line may break."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _encoding(path: Named) -> str:
    """The encoding of the file at `path`: UTF-8 if all of it is, and else Windows-1252, as Excel writes it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with csv_file.open_bytes(path) as file:
        try:
            while block := file.read(1 << 16):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "windows-1252"
    return "utf-8"


def _delimiter(path: Named) -> str:
    with csv_file.open_bytes(path) as file:
        line = file.readline(csv_file.MAX_LINE)
    return max(",;\t|", key=lambda mark: line.count(mark.encode()))


def table_of(path: Named) -> tuple[Table, dict[str, str]]:
    """The table in a .csv or .xlsx file, and the keys of the map that say how it is to be read; `Refused` for none."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        from ledger.intake import xlsx_file

        return xlsx_file.table(path), {}
    if suffix != ".csv":
        raise Refused(f"{path.name} is no spreadsheet; a map can be guessed for .csv and .xlsx files.")
    encoding, delimiter = _encoding(path), _delimiter(path)
    keys = {}
    if encoding != "utf-8":
        keys["encoding"] = encoding
    if delimiter != ",":
        keys["delimiter"] = "tab" if delimiter == "\t" else _quoted(delimiter)
    return csv_file.table(path, delimiter, encoding), keys


def likenesses(headings: Iterable[str], known: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """What each heading that resembles a name of `known` (name → what it means) means, with the likeness, 0 to 100.

    Names are compared without case and punctuation; what one heading means already, no other does.
    """
    from rapidfuzz import fuzz, process, utils

    names = list(known)
    scored: list[tuple[float, int, str, str]] = []
    for place, heading in enumerate(headings):
        found = process.extract(heading, names, scorer=fuzz.token_sort_ratio, processor=utils.default_process, limit=5)
        scored += [(-score, place, heading, known[name]) for name, score, _ in found if score >= _NEAR]
    guessed: dict[str, tuple[str, int]] = {}
    taken: set[str] = set()
    for negative, _, heading, meaning in sorted(scored):
        if heading not in guessed and meaning not in taken:
            guessed[heading] = (meaning, round(-negative))
            taken.add(meaning)
    return guessed


def guess_columns(headings: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Our column for each heading that resembles one, with the likeness from 0 to 100; each column once.

    The likeness is that of the nearest word in `synonyms.SYNONYMS`.
    """
    known = {name: column for column, names in SYNONYMS.items() for name in (column.replace("_", " "), *names)}
    return likenesses(headings, known)


def _look(table: Table) -> tuple[dict[str, _Seen], int]:
    seen = {heading: _Seen(Counter(), Counter(), Counter()) for heading in table.headings}
    rows = 0
    for record in table.records:
        rows += 1
        for heading, cell in zip(table.headings, record.cells, strict=False):
            text = " ".join(cell.split())
            if not text or cell_problem(text):
                continue
            of = seen[heading]
            if text in of.words or len(of.words) < _DISTINCT:
                of.words[text] += 1
            of.marks.update(mark for mark in ";,|" if mark in text)
            if found := _SLASHED.match(text):
                a, b = int(found[1]), int(found[2])
                of.orders["ymd" if len(found[1]) == 4 else "dmy" if a > 12 else "mdy" if b > 12 else "either"] += 1
                of.orders["other"] += "-" not in text[:10] or len(found[1]) != 4
            elif _WORDY.match(text):
                of.orders["dmy"] += 1
                of.orders["other"] += 1
    return seen, rows


def _date_order(orders: Counter[str]) -> list[str]:
    if not orders["other"]:
        return []
    if orders["dmy"] and orders["mdy"]:
        note = f"mixed: {orders['dmy']} can only be dmy and {orders['mdy']} only mdy; mend the file"
    elif orders["dmy"] or orders["mdy"]:
        note = f"{orders['dmy'] or orders['mdy']} dates can be read no other way"
    elif orders["either"]:
        note = "CHECK: no date tells the day from the month"
    else:
        return ["date_order: ymd"]
    return [f"date_order: {'mdy' if orders['mdy'] > orders['dmy'] else 'dmy'}  # {note}"]


def _kind(column: str) -> str:
    member = COLUMNS[column]
    if not isinstance(member, Member):
        return "text"
    first, _, vocabulary = member.domain.partition(":")
    return vocabulary or (column if first == "literal" else first)


def _word_lines(column: str, seen: _Seen, separator: str, ids: Mapping[str, str], names: list[str]) -> list[str]:
    from rapidfuzz import fuzz, process

    member = COLUMNS[column]
    many = isinstance(member, Member) and member.many
    counted: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for text, times in seen.words.most_common():
        for item in text.split(separator) if many else [text]:
            if item := item.strip():
                counted[word_key(item)] += times
                spelt.setdefault(word_key(item), item)
    lines: list[str] = []
    left = 0
    for key, times in counted.most_common():
        word = spelt[key]
        if len(lines) >= _SHOWN or len(word) > _LONGEST or len(_quoted(word)) > 800 or control_character(word):
            left += 1
            continue
        known = _YES.get(key) if member and domain_of(column) == "bool" else ids.get(key)
        note = f"{times} times" if times > 1 else "once"
        if known is None:
            near = process.extractOne(key, names, scorer=fuzz.ratio, score_cutoff=75) if names else None
            note += f"; not known, perhaps {ids[near[0]]}" if near else "; not known"
        meaning = _quoted(known or word)
        lines.append(f"    {_quoted(word)}: {f'[{meaning}]' if column == 'fields' else meaning}  # {note}")
    if not lines:
        return []
    more = [f"    # and {left} more, too many, too long or no text to list"] if left else []
    return [f"  {column}:", *lines, *more]


def guess(path: Path, known: Iterable[tuple[str, str, str]] = ()) -> str:
    """A first map for the .csv or .xlsx file at `path`, as YAML text with comments that `mapping.parse` reads.

    `known` are the known names as `register.names.known_names` gives them (folded text, kind, id): a word that
    is one gets its id. Raises `Refused` where the file cannot be read at all.
    """
    known = list(known)
    table, keys = table_of(path)
    headings = [heading for heading in table.headings if heading.strip() != WHAT_IS_WRONG]
    guessed = guess_columns(headings)
    try:
        check_headings(table)
        seen, rows = _look(table)
    finally:
        table.close()
    filled = {column: heading for heading, (column, _) in guessed.items()}
    lines = [
        f"# A first map for {_plain(table.name)}, guessed from its headings and its {rows:,} rows. Correct it, then:",
        "#   transfer-ledger import LEDGER FILE --map THIS-FILE --dry-run",
        "# It lists words as they stand in the file; if they name people, keep this file as safe as that one.",
        "",
        "columns:",
    ]
    for heading in headings:
        column, score = guessed.get(heading, (LEAVE_OUT, 0))
        note = "  # CHECK" if column != LEAVE_OUT and score < 100 else ""
        note = note or ("  # not guessed: write one of our columns, or leave it" if column == LEAVE_OUT else "")
        lines.append(f"  {_quoted(heading)}: {column}{note}")
    missing = [column for column in REQUIRED if column not in filled]
    if missing:
        lines += [
            "",
            "# Every transfer must state these too: find their heading above, or give one value for the whole file.",
            "# constants:",
            *(f"#   {column}: …" for column in missing),
        ]
    orders = sum((seen[h].orders for c, h in filled.items() if domain_of(c) in ("date", "when")), Counter())
    marks: Counter[str] = sum((seen[h].marks for c, h in filled.items() if _is_list(c)), Counter())
    separator = ";" if marks[";"] or not marks else max(marks, key=lambda mark: marks[mark])
    lines += ["", *_date_order(orders), *(f"{key}: {value}" for key, value in keys.items())]
    if separator != ";":
        lines.append(f"list_separator: {_quoted(separator)}")
    lines.append("time_zone: london")
    words: list[str] = []
    for column, heading in filled.items():
        if domain_of(column) in _LISTED:
            ids = {folded: id_ for folded, kind, id_ in known if kind == _kind(column)}
            words += _word_lines(column, seen[heading], separator, ids, list(ids))
    if words:
        lines += [
            "",
            "# Their word: ours, or leave-out. One that stays as it is and is not known becomes `unlisted`.",
            "words:",
            *words,
        ]
    return "\n".join(lines) + "\n"


def _is_list(column: str) -> bool:
    member = COLUMNS[column]
    return isinstance(member, Member) and member.many
