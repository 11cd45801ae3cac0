"""What an evidence bundle says to the auditor who opens it: what it holds, what it proves and what not, how to check.

Both texts are for people, and nothing verifies by them. Names out of the ledger are anybody's text: what turns the
direction of writing is spelt out.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ledger.members import Key
from reports.scope import day_in_words

_TURNS = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_WIDTH = 78


class Packed(NamedTuple):
    """What was packed: the tree, and how many there are of each thing.

    `kinds` are the proved entries by kind, `left` those that matter and had no room, `uncovered` the ledger's entries
    after the newest checkpoint.
    """

    organisation: str
    origin: str
    size: int
    root: str
    uncovered: int
    kinds: dict[str, int]
    left: int
    checkpoints: int
    timestamps: int
    registers: int
    reports: Sequence[str]
    findings: int
    as_of: date


def plain(text: str) -> str:
    """`text` on one line, with what turns the direction of writing spelt out."""
    return _TURNS.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _paragraph(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def readme(packed: Packed) -> bytes:
    """The text of README.txt."""
    proved = sum(packed.kinds.values())
    rest = packed.size - proved
    origin = plain(packed.origin)
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in packed.kinds.items())
    lines = [
        "EVIDENCE FROM A TRANSFER LEDGER",
        "",
        f"  kept by       {plain(packed.organisation)}",
        f"  ledger        {origin}",
        f"  entries       {packed.size:,}, up to the newest checkpoint",
        f"  its root      {packed.root}",
        f"  findings      as of {day_in_words(packed.as_of)}",
        "",
        "HOW TO CHECK IT",
        "",
        _paragraph(
            "You need the ledger's verifier key, or a policy with witnesses. It must have reached you by another way "
            "than this file: a letter, a published page, a regulator. Keys inside this file never count, whoever put "
            "them there. Take the page that verifies from somewhere else too: a forged page says what its maker likes."
        ),
        "",
        _paragraph(
            "In a browser, without any program and without a network: open your own copy of verify.html, choose the "
            "ZIP file as it is, paste your key, press Check."
        ),
        "",
        "With the program, the key in vkey.txt:",
        "",
        "  transfer-ledger verify-proof FILE.zip --key vkey.txt",
        "  transfer-ledger verify-proof FILE.zip --policy policy.txt --checkpoint kept.txt",
        "",
        _paragraph(
            "A checkpoint that you kept (kept.txt), from last year's audit say, makes the stronger statement: that "
            "nothing of what was recorded then was changed or removed."
        ),
        "",
        "WHAT IS HERE",
        "",
        _item(
            "proofs/",
            f"{_counted(proved, 'entry', 'entries')}, each with its proof: {kinds}. These are all entries that are no "
            "transfers, every transfer that a finding names, and all corrections of those.",
        ),
        _item(
            "checkpoints/",
            f"{_counted(packed.checkpoints, 'checkpoint', 'checkpoints')} (.txt) and "
            f"{_counted(packed.timestamps, 'timestamp', 'timestamps')} (.tsr) that the ledger keeps.",
        ),
        _item("consistency/", "For each older checkpoint, the proof that the ledger only grew since."),
        _item(
            "registers/",
            f"{_counted(packed.registers, 'version', 'versions')} of the documented purposes, by which the transfers "
            "were judged.",
        ),
        _item(
            "findings.json",
            f"{_counted(packed.findings, 'finding', 'findings')}, from scratch, on all entries of the ledger when "
            "this was packed.",
        ),
        *([_item("reports/", f"Documents: {', '.join(map(plain, packed.reports))}.")] if packed.reports else []),
        _item("keys.txt", "The keys that the ledger names, to compare with yours. Never take a key from here."),
        _item("verify.html", "The page that verifies, to look at. Use a copy of your own."),
        _item("manifest.json", "The name, size and SHA-256 of every other file here."),
        "",
        "WHAT IT PROVES",
        "",
        _paragraph(
            "Each entry in proofs/ was in the ledger at the newest checkpoint, byte for byte, at its place. A register "
            "is the one that an entry here adopts, and a report in reports/ that an entry here attests is that very "
            "file: the verifier says which. Every older checkpoint is the beginning of the newest one."
        ),
        "",
        "WHAT IT DOES NOT PROVE",
        "",
        *_bullets(
            f"That these are all entries that matter. {'The other one is' if rest == 1 else f'The other {rest:,} are'} "
            "not here, and whoever packed this file chose. Ask for any by its number (0 is the first) and have it "
            "proved, or verify the whole ledger.",
            "findings.json. It can be made again, from the whole ledger and by the same version of the program: "
            f"transfer-ledger check LEDGER --as-of {packed.as_of.isoformat()} --format json",
            "This text, keys.txt and verify.html, and a report that no entry attests: they are as they were packed, "
            "and anybody could have packed others.",
            "Texts and names of people: they are not in this file. An entry seals them by a digest.",
            "That others are shown the same ledger: witnesses do, by a policy, or comparing checkpoints.",
            "That what was recorded is true, and what nobody recorded.",
        ),
        *_missing(packed),
        "",
        "TIMESTAMPS",
        "",
        _paragraph(
            "A .tsr file is an RFC 3161 response over the text of the checkpoint beside it. With the certificate of "
            "the time stamping authority, for SIZE-N:"
        ),
        "",
        "  sed '/^$/,$d' checkpoints/SIZE-N.txt > text",
        "  openssl ts -verify -in checkpoints/SIZE-N.tsr -data text -CAfile authority.pem",
        "",
        "The format is written down in docs/FORMAT.md of the transfer ledger, section 10.",
    ]
    return ("\n".join(lines) + "\n").encode()


def _missing(packed: Packed) -> list[str]:
    found = []
    if packed.uncovered:
        found.append(
            f"{_counted(packed.uncovered, 'entry', 'entries')} recorded after the newest checkpoint, though findings "
            "may name them: nothing can prove them before the next checkpoint."
        )
    if packed.left:
        found.append(
            f"{_counted(packed.left, 'entry', 'entries')} that would belong here: there was no room for them. Those of "
            "the worst findings went in first."
        )
    return ["", "WHAT IS MISSING", "", *_bullets(*found)] if found else []


def _item(name: str, text: str) -> str:
    indent = " " * 16
    return _paragraph(f"  {name:<14}{text}", indent)


def _bullets(*texts: str) -> list[str]:
    return [_paragraph(f"- {text}", "  ") for text in texts]


def keys_text(origin: str, keys: Sequence[tuple[int, Key]]) -> bytes:
    """The text of keys.txt: the keys of the ledger's `key` entries (seq, entry), in no form that a verifier reads."""
    lines = [
        f"The keys that the ledger {plain(origin)} names, to compare with the one that you",
        "got by another way. Do not take a key from here: whoever forged the ledger would",
        "have put theirs. No verifier reads this file.",
    ]
    for place, (seq, one) in enumerate(keys):
        end = f" to {keys[place + 1][0]:,}" if place + 1 < len(keys) else ""
        lines += ["", f"Entry {seq} ({one.action}), for checkpoints of {seq + 1:,}{end} entries:"]
        lines += [f"  {plain(key)}" for key in one.keys]
    return ("\n".join(lines) + "\n").encode()
