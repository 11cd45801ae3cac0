"""The few parts of the spreadsheet format (Office Open XML) that a report needs, written one by one into a ZIP archive.

No library writes them: docs/decisions/0007-spreadsheets.md says why. A text stays text whatever it looks like, a
hundred thousand rows take little more memory than a thousand, and the same sheets give the same bytes on any machine.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import BinaryIO, NamedTuple

from ledger.errors import Refused
from reports.documents.blocks import Value
from reports.formats.csv_ import neutral

_LONGEST = 32_767  # a cell holds so many UTF-16 units
_EXACT = 10**15  # larger whole numbers lose their last digits in a spreadsheet
_FIRST_DAY = date(1900, 3, 1)  # before it, spreadsheets disagree on which day a number is
_DAY_0 = date(1899, 12, 30).toordinal()
_SHARED, _SHARED_LETTERS = 100_000, 8_000_000  # texts that are kept so that each is written once
_MOST_LINES = 10  # a row is no higher than this many lines of text
_LINE = 15  # the height of a line, in points

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PART = "application/vnd.openxmlformats-package"
_START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BY_NUMBER = re.compile(
    "_(?=x[0-9A-Fa-f]{4}_)"
)  # how the format writes a character by its number: in a text, it is none
_NO_NAME = re.compile(r"[\[\]:*?/\\\s\x00-\x1f\x7f-\x9f]+")

TEXT, NUMBER, TYPED, DATE, CODE, TYPED_CODE, HEADING, UPRIGHT, TITLE, WARNING, COUNT = range(11)
"""How a cell looks; the first is how it looks unless it says. `TYPED` ones stay text for whoever edits them, though they begin as a formula does."""


def _xf(number: int = 0, font: int = 0, fill: int = 0, border: int = 0, align: str = "", typed: bool = False) -> str:
    quote = ' quotePrefix="1"' if typed else ""
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
        f'{quote} applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
        f'<alignment vertical="top"{align}/></xf>'
    )


_WRAP = ' wrapText="1"'
_LOOKS = {
    TEXT: _xf(align=_WRAP),
    NUMBER: _xf(align=' horizontal="right" indent="1"'),
    TYPED: _xf(align=_WRAP, typed=True),
    DATE: _xf(number=164, align=' horizontal="left"'),
    CODE: _xf(font=2),
    TYPED_CODE: _xf(font=2, typed=True),
    HEADING: _xf(font=1, fill=2, border=1, align=_WRAP),
    UPRIGHT: _xf(font=1, fill=2, border=1, align=' textRotation="90"'),
    TITLE: _xf(font=3, align=_WRAP),
    WARNING: _xf(font=4, fill=3, align=_WRAP),
    COUNT: _xf(number=3, align=' horizontal="left"'),
}
_STYLES = f"""{_START}<styleSheet xmlns="{_MAIN}">
<numFmts count="1"><numFmt numFmtId="164" formatCode="d\\ mmm\\ yyyy"/></numFmts>
<fonts count="5">
<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>
<font><sz val="10"/><name val="Consolas"/><family val="3"/></font>
<font><b/><sz val="16"/><name val="Calibri"/><family val="2"/></font>
<font><b/><sz val="11"/><color rgb="FF9C0006"/><name val="Calibri"/><family val="2"/></font>
</fonts>
<fills count="4">
<fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFE4EAF1"/><bgColor indexed="64"/></patternFill></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFFFE9E7"/><bgColor indexed="64"/></patternFill></fill>
</fills>
<borders count="2">
<border><left/><right/><top/><bottom/><diagonal/></border>
<border><left/><right/><top/><bottom style="thin"><color rgb="FF5B6B7D"/></bottom><diagonal/></border>
</borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="{len(_LOOKS)}">
{chr(10).join(_LOOKS[one] for one in sorted(_LOOKS))}
</cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str, units: int) -> str:
    """The beginning of `text`, as much of it as takes at most so many UTF-16 units."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore")


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _content(text: str) -> str:
    """The element that holds a cell's text: no longer than a cell may be, and without what XML cannot hold."""
    if len(text) > _LONGEST // 2 and _units(text) > _LONGEST:
        text = _cut(text, _LONGEST - 1) + "…"
    text = _NOT_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BY_NUMBER.sub("_x005F_", text)
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text or "  " in text else ""
    return f"<t{space}>{_xml(text)}</t>"


class _Texts:
    """The texts of cells, each written once, at the end: the first ones, as many as memory is set aside for."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._letters = 0
        self._uses = 0

    def cell(self, at: str, look: int, text: str) -> str:
        style = f' s="{look}"' if look else ""
        place = self._places.get(text)
        if place is None:
            if len(self._places) >= _SHARED or self._letters + len(text) > _SHARED_LETTERS:
                return f'<c r="{at}"{style} t="inlineStr"><is>{_content(text)}</is></c>'
            place = self._places[text] = len(self._places)
            self._letters += len(text)
        self._uses += 1
        return f'<c r="{at}"{style} t="s"><v>{place}</v></c>'

    def pieces(self) -> Iterator[str]:
        yield f'{_START}<sst xmlns="{_MAIN}" count="{self._uses}" uniqueCount="{len(self._places)}">'
        for text in self._places:
            yield f"<si>{_content(text)}</si>"
        yield "</sst>"


def column_name(place: int) -> str:
    """The name of a column, counted from 0: A, B, … Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def sheet_name(title: str, taken: Iterable[str], number: int = 1) -> str:
    """A legal name for a sheet from `title`, unlike those `taken` whatever their case; a `number` over 1 stands after.

    A name has 1 to 31 UTF-16 units, none of `[]:*?/\\`, no apostrophe at either end, and is not History.
    """
    others = {one.casefold() for one in taken} | {"history"}
    base = _NO_NAME.sub(" ", _NOT_XML.sub("", title)).strip(" '") or "Table"
    while True:
        end = f" ({number})" if number > 1 else ""
        name = _cut(base, 31 - len(end)).rstrip(" '") + end
        if name.casefold() not in others:
            return name
        number += 1


class _Sheet(NamedTuple):
    """A sheet that is written; `filtered` are the cells of its table, "" for a sheet that is none."""

    name: str
    filtered: str = ""


class Sheet:
    """One sheet while it is written, row by row. `widths` are those of its columns, in letters."""

    def __init__(self, texts: _Texts, widths: Sequence[int]) -> None:
        self._texts = texts
        self._widths = widths
        self._names = [column_name(place) for place in range(len(widths))]
        self._merged: list[str] = []
        self.rows = 0

    def head(self, *, frozen: bool, first: bool) -> str:
        """What stands before the rows. `frozen` keeps the first row in sight; the `first` sheet is the one shown."""
        pane = (
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/>'
        )
        view = ("" if frozen else ' showGridLines="0"') + (' tabSelected="1"' if first else "")
        columns = "".join(
            f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
            for place, width in enumerate(self._widths, 1)
        )
        return (
            f'{_START}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
            f'<sheetView{view} workbookViewId="0">{pane if frozen else ""}</sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="{_LINE}"/>{f"<cols>{columns}</cols>" if columns else ""}<sheetData>'
        )

    def _cell(self, name: str, look: int, value: Value) -> str:
        at = f"{name}{self.rows}"
        if value is None or value == "":
            return f'<c r="{at}" s="{look}"/>' if look in (HEADING, UPRIGHT, WARNING) else ""
        if isinstance(value, int) and abs(value) < _EXACT:
            return f'<c r="{at}" s="{look if look == COUNT else NUMBER}"><v>{value:d}</v></c>'
        if isinstance(value, date):
            if value >= _FIRST_DAY:
                return f'<c r="{at}" s="{DATE}"><v>{value.toordinal() - _DAY_0}</v></c>'
            value = value.isoformat()
        text = str(value)
        if neutral(text) != text:
            look = {TEXT: TYPED, CODE: TYPED_CODE}.get(look, look)
        return self._texts.cell(at, look, text)

    def _row(self, cells: str, height: int) -> str:
        high = f' ht="{height}" customHeight="1"' if height > _LINE else ""
        return f'<row r="{self.rows}"{high}>{cells}</row>'

    def row(self, values: Sequence[Value], looks: Sequence[int]) -> str:
        """The next row, as high as its longest text needs; `looks` say for each value how its cell looks."""
        self.rows += 1
        lines = 1
        height = 0
        for value, look, width in zip(values, looks, self._widths, strict=True):
            if isinstance(value, str):
                if look == UPRIGHT:
                    height = max(height, min(7 * len(value) + _LINE, 250))
                elif look != CODE and (len(value) > width or "\n" in value):
                    lines = max(lines, -(-len(value) // width) + value.count("\n"))
        cells = "".join(map(self._cell, self._names, looks, values))
        return self._row(cells, max(height, _LINE * min(lines, _MOST_LINES)))

    def across(self, text: str, look: int) -> str:
        """The next row, of one text over all its columns."""
        self.rows += 1
        self._merged.append(f"{self._names[0]}{self.rows}:{self._names[-1]}{self.rows}")
        cells = self._cell(self._names[0], look, text) + "".join(self._cell(n, look, None) for n in self._names[1:])
        lines = min(1 + text.count("\n") + len(text) // sum(self._widths), _MOST_LINES)
        return self._row(cells, lines * (24 if look == TITLE else _LINE))

    @property
    def cells(self) -> str:
        """From its first cell to its last, as `A1:C7`; "" where there are no columns."""
        return f"A1:{self._names[-1]}{self.rows}" if self._names else ""

    def tail(self, *, filtered: bool) -> str:
        """What stands after the rows: with `filtered`, each column can be filtered by its values."""
        merged = "".join(f'<mergeCell ref="{one}"/>' for one in self._merged)
        return (
            "</sheetData>"
            + (f'<autoFilter ref="{self.cells}"/>' if filtered and self.cells else "")
            + (f'<mergeCells count="{len(self._merged)}">{merged}</mergeCells>' if merged else "")
            + '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
            + f'<pageSetup paperSize="9" orientation="{"landscape" if filtered else "portrait"}" fitToHeight="0"/>'
            + "</worksheet>"
        )


def _gathered(pieces: Iterable[str]) -> Iterator[bytes]:
    some: list[str] = []
    size = 0
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size > 100_000:
            yield "".join(some).encode()
            some, size = [], 0
    yield "".join(some).encode()


class Workbook:
    """A workbook while it is written into `file`, which is empty and can be sought in; `finish` ends it.

    It is a ZIP archive in one fixed form, as `ledger.bundle` has it: members stored, without dates.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._texts = _Texts()
        self._sheets: list[_Sheet] = []

    def _member(self, name: str, pieces: Iterable[str]) -> None:
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.external_attr = 0o644 << 16
        info.create_system = 3
        try:
            with self._archive.open(info, "w") as out:
                for some in _gathered(pieces):
                    out.write(some)
        except RuntimeError:  # so zipfile says that a member became larger than its head has room for
            raise Refused(
                "A sheet would have more than 2 GB, which spreadsheet programs cannot open; take CSV."
            ) from None

    def name(self, title: str, number: int = 1) -> str:
        """A name for a further sheet, from `title`: `sheet_name`, unlike those that are there."""
        return sheet_name(title, (one.name for one in self._sheets), number)

    def sheet(self, name: str, widths: Sequence[int]) -> Sheet:
        """A further sheet, for `write`."""
        self._sheets.append(_Sheet(name))
        return Sheet(self._texts, widths)

    def write(self, sheet: Sheet, rows: Iterable[str], *, table: bool) -> None:
        """Write the sheet that was begun last with its `rows`. A `table`'s first row is its heading and stays in sight.

        `Refused` for more than 2 GB.
        """

        def pieces() -> Iterator[str]:
            yield sheet.head(frozen=table, first=len(self._sheets) == 1)
            yield from rows
            yield sheet.tail(filtered=table)

        self._member(f"xl/worksheets/sheet{len(self._sheets)}.xml", pieces())
        if table:
            self._sheets[-1] = self._sheets[-1]._replace(filtered=sheet.cells)

    def finish(self, title: str, about: str, author: str, at: str) -> None:
        """Write what stands for the whole; `at` (`YYYY-MM-DDThh:mm:ssZ`) is when it was made, as it says itself."""
        count = range(1, len(self._sheets) + 1)
        self._member("xl/sharedStrings.xml", self._texts.pieces())
        self._member("xl/styles.xml", (_STYLES,))
        self._member("xl/workbook.xml", (self._workbook(),))
        sheets = [(f"{_OFFICE}/worksheet", f"worksheets/sheet{place}.xml") for place in count]
        rest = ((f"{_OFFICE}/styles", "styles.xml"), (f"{_OFFICE}/sharedStrings", "sharedStrings.xml"))
        self._member("xl/_rels/workbook.xml.rels", (_relations((*sheets, *rest)),))
        self._member("docProps/core.xml", (_properties(title, about, author, at),))
        whole = (
            (f"{_OFFICE}/officeDocument", "xl/workbook.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        )
        self._member("_rels/.rels", (_relations(whole),))
        types = (
            ("xl/workbook.xml", f"{_SHEET}.sheet.main+xml"),
            *((f"xl/{target}", f"{_SHEET}.worksheet+xml") for _, target in sheets),
            ("xl/styles.xml", f"{_SHEET}.styles+xml"),
            ("xl/sharedStrings.xml", f"{_SHEET}.sharedStrings+xml"),
            ("docProps/core.xml", f"{_PART}.core-properties+xml"),
        )
        listed = "".join(f'<Override PartName="/{name}" ContentType="{type_}"/>' for name, type_ in types)
        self._member(
            "[Content_Types].xml",
            (
                f'{_START}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
                f'ContentType="{_PART}.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
                f"{listed}</Types>",
            ),
        )
        self._archive.close()

    def _workbook(self) -> str:
        sheets = "".join(
            f'<sheet name="{_xml(one.name)}" sheetId="{place}" r:id="rId{place}"/>'
            for place, one in enumerate(self._sheets, 1)
        )
        tables = [
            (place, "'" + _xml(one.name.replace("'", "''")) + "'", re.sub("([A-Z]+)([0-9]+)", r"$\1$\2", one.filtered))
            for place, one in enumerate(self._sheets)
            if one.filtered
        ]
        names = [
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">{name}!{cells}</definedName>'
            for place, name, cells in tables
        ]
        names += [
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">{name}!$1:$1</definedName>'
            for place, name, _ in tables
        ]
        return (
            f'{_START}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView xWindow="0" yWindow="0" '
            f'windowWidth="24000" windowHeight="12000"/></bookViews><sheets>{sheets}</sheets>'
            + (f"<definedNames>{''.join(names)}</definedNames>" if names else "")
            + "</workbook>"
        )


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{place}" Type="{type_}" Target="{target}"/>'
        for place, (type_, target) in enumerate(targets, 1)
    )
    return f'{_START}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _properties(title: str, about: str, author: str, at: str) -> str:
    texts = "".join(
        f"<dc:{name}>{_xml(_NOT_XML.sub(chr(0xFFFD), text))}</dc:{name}>"
        for name, text in (("title", title), ("subject", about), ("creator", author))
    )
    times = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{at}</dcterms:{name}>' for name in ("created", "modified")
    )
    return (
        f'{_START}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{texts}{times}</cp:coreProperties>'
    )
