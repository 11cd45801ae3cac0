"""How hard a document is to read: the school grade of its text by Flesch and Kincaid, and its longest sentence.

Grade 7 to 9 is an age of 12 to 14. Syllables are counted by a dictionary. What would only flatter is left out:
headings, numbers with their labels, and who decides by when. Names of organisations stand in none of the rest.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
import syllapy

from reports.documents.blocks import (
    Block,
    Bullets,
    Chart,
    Document,
    Heading,
    Numbers,
    Paragraph,
    Table,
    Text,
    Verdict,
)


class Difficulty(NamedTuple):
    grade: float
    longest: int
    sentence: str


def _plain(text: Text) -> str:
    return "".join(one if isinstance(one, str) else one.text for one in text)


def every_text(document: Document) -> list[str]:
    """Every piece of text of a document that a reader sees, without what it was made from."""
    found = [document.title, document.about, *([] if document.warning is None else [document.warning])]
    for block in document.blocks:
        if isinstance(block, Heading):
            found.append(block.text)
        elif isinstance(block, Paragraph):
            found.append(_plain(block.text))
        elif isinstance(block, Bullets):
            found += map(_plain, block.items)
        elif isinstance(block, Verdict):
            found += [block.title, *map(_plain, block.text)]
        elif isinstance(block, Numbers):
            found += [f"{one.label}: {one.value}" for one in block.items]
        elif isinstance(block, Table):
            found += [block.caption, *(column.title for column in block.columns)]
            found += [str(cell) for row in block.rows for cell in row]
        elif isinstance(block, Chart):
            found += [block.figure.title, block.figure.description]
        else:
            raise AssertionError(block)
    return found


def sentences(document: Document) -> list[str]:
    """The sentences of a document's running text: headings, labels and numbers would only flatter."""
    pieces: list[str] = []
    for block in document.blocks:
        if not isinstance(block, Paragraph | Bullets | Verdict):
            continue
        pieces += every_text(_only(document, block))
    texts = [re.sub(r" Who: .* By: .*$", "", one) for one in (document.warning or "", *pieces)]
    return [one for text in texts for one in re.split(r"(?<=[.?!])\s+", text) if re.search("[A-Za-z]", one)]


def _only(document: Document, block: Block) -> Document:
    return msgspec.structs.replace(document, title="", about="", warning=None, blocks=(block,))


def _words(sentence: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z'’-]*|\d[\d,:.]*", sentence)


def difficulty(document: Document) -> Difficulty:
    """The grade of all of its sentences together, and the longest of them in words."""
    said = sentences(document)
    words = [word for sentence in said for word in _words(sentence)]
    syllables = sum(max(1, syllapy.count(word.lower())) if word[0].isalpha() else 1 for word in words)
    grade = 0.39 * len(words) / len(said) + 11.8 * syllables / len(words) - 15.59
    longest = max(said, key=lambda one: len(_words(one)))
    return Difficulty(round(grade, 2), len(_words(longest)), longest)
