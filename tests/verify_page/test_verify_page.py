"""The page verifies what the program verifies, refuses what it refuses, and answers in words that are true."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger import bundle, disclosure, entry, members
from ledger.errors import Refused
from ledger.tlog.cosignature import Ed25519Cosigner
from ledger.tlog.note import VerifierKey
from tests.codes import DPO, LEAD
from tests.ledger.example import keys as log_and_witness
from tests.ledger.example import proved as example
from tests.needed import missing
from tests.verify_page import evidence as e
from tests.verify_page.page import PAGE, current, hashes

pytestmark = pytest.mark.slow

# What the tests run in the page, in front of each snippet.
_HELP = """
  const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const said = ({verdict, problems, proofs, growth}) => [verdict, [...problems, ...proofs, ...(growth?.answers ?? [])]
    .filter(one => one.verdict !== 'verified').map(one => one.why).join(' | ')];
"""

_RUN = f"""async cases => {{ {_HELP}
  const items = list => list.map(([name, text]) => ({{name, bytes: bytes(text)}}));
  const found = [];
  for (const {{files, trust, kept}} of cases)
    found.push(said(await verify({{files: items(files), trust: items(trust), kept: items(kept)}})));
  return found;
}}"""

Case = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]


def _items(datas: Iterable[bytes]) -> list[list[str]]:
    return [[f"file{number}", b64encode(data).decode()] for number, data in enumerate(datas)]


def answers(page: Any, cases: Iterable[Case]) -> list[tuple[str, str]]:
    """The page's (verdict, reasons) on each (files, trusted, kept)."""
    given = [{"files": _items(f), "trust": _items(t), "kept": _items(k)} for f, t, k in cases]
    return [tuple(one) for one in page.evaluate(_RUN, given)]


def answer(page: Any, files: Sequence[bytes], trust: Sequence[bytes] = (e.KEY,), kept: Sequence[bytes] = ()) -> str:
    """The page's verdict and reasons on one case."""
    verdict, why = answers(page, [(files, trust, kept)])[0]
    assert (verdict == "verified") == (why == ""), (verdict, why)
    return f"{verdict} {why}".strip()


def test_the_hashes_and_tables_are_current() -> None:
    text = PAGE.read_text("utf-8")
    assert text == current(text), "run: python -m tests.verify_page.page"
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    found = hashes(text)
    assert policy == (
        f"default-src 'none'; script-src '{found['script']}'; style-src '{found['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_continuous_integration_never_leaves_these_tests_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        missing("no browser")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        missing("no browser")


def test_the_page_is_one_file_that_writes_texts_as_text() -> None:
    text = PAGE.read_text("utf-8")
    assert not re.search(r"\b(?:src|href|style|on\w+)=", text)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "fetch(",
        "XMLHttp",
        "eval(",
        "Function(",
        "import(",
    ):
        assert word not in text


@pytest.mark.parametrize("trust", [(e.KEY,), (e.POLICY,), (e.KEY, e.POLICY), (e.KEY + e.WITNESS.key.text().encode(),)])
def test_a_genuine_proof_is_verified(bare: Any, trust: tuple[bytes, ...]) -> None:
    assert e.said(e.GOOD, e.trusted(*trust)) == "verified"
    assert answer(bare, [e.GOOD], trust) == "verified"


def test_the_example_of_the_format_is_verified(bare: Any) -> None:
    log, _, witness = (one.key.text().encode() for one in log_and_witness())
    policy = b"log " + log + b"\nwitness w " + witness + b"\nquorum w\n"
    assert answer(bare, [example()], [policy]) == "verified"
    assert answer(bare, [example()], [log]) == "verified"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 13])
def test_every_entry_and_every_growth_is_proved_and_nothing_else(bare: Any, size: int) -> None:
    entries = e.rows(size, -1)
    cases: list[Case] = []
    for at in range(size):
        placed = [*entries]
        placed[at] = entry.write({**e.MEMBERS, "seq": at})
        cases.append(([e.proved(placed, at=at)], [e.KEY], []))
        if at:
            cases.append(([e.grown(at, entries)], [e.KEY], [e.head(entries[:at])]))
    wrong = len(cases)
    for at in range(1, size):
        other = [b"another", *entries[1:at]]
        cases.append(([e.grown(at, entries)], [e.KEY], [e.head(other)]))
    found = [verdict for verdict, _ in answers(bare, cases)]
    assert found == ["verified"] * wrong + ["altered"] * (size - 1)


def flip(data: bytes, at: int, bit: int) -> bytes:
    """`data` with one bit of the byte `at` flipped, a different one from byte to byte."""
    return data[:at] + bytes([data[at] ^ 1 << (at + bit) % 8]) + data[at + 1 :]


_RUN_FLIPPED = f"""async ({{data, bit, places, as, rest}}) => {{ {_HELP}
  const given = {{}}, good = bytes(data), found = [];
  for (const what in rest) given[what] = rest[what].map(text => ({{name: what, bytes: bytes(text)}}));
  for (const at of places) {{
    const changed = good.slice();
    changed[at] ^= 1 << (at + bit) % 8;
    found.push(said(await verify({{...given, [as]: [...given[as], {{name: 'changed', bytes: changed}}]}})));
  }}
  return found;
}}"""


def flipped(page: Any, data: bytes, bit: int, places: Iterable[int], **given: Any) -> Iterator[tuple[int, str, str]]:
    """(place, verdict, reasons) with each byte of `places` in `data` flipped, `data` being one of the files or kept."""
    rest = {what: [b64encode(one).decode() for one in given.get(what, ())] for what in ("files", "trust", "kept")}
    where = list(places)
    call = {
        "data": b64encode(data).decode(),
        "bit": bit,
        "places": where,
        "as": given.get("place", "files"),
        "rest": rest,
    }
    for at, (verdict, why) in zip(where, page.evaluate(_RUN_FLIPPED, call), strict=True):
        yield at, verdict, why


@pytest.mark.parametrize(("trust", "bit"), [(e.KEY, 0), (e.KEY, 5), (e.POLICY, 3)], ids=["key", "key5", "policy"])
def test_no_byte_of_a_proof_can_be_changed(bare: Any, trust: bytes, bit: int) -> None:
    # Lines of keys that were not given are anybody's: the stranger's, and without a policy the witness's.
    free = e.GOOD.index(b"\xe2\x80\x94 " + (b"county" if trust == e.KEY else b"elsewhere"))
    brought = e.trusted(trust)
    seen = set()
    for at, verdict, why in flipped(bare, e.GOOD, bit, range(len(e.GOOD)), trust=[trust]):
        program = e.said(flip(e.GOOD, at, bit), brought)
        seen.add(verdict)
        assert verdict != "verified" or at >= free, at
        assert verdict == program, (at, program, why)
    assert seen == {"verified", "altered", "unknown"}


@pytest.mark.parametrize("bit", [0, 5])
def test_no_byte_of_a_consistency_file_or_kept_checkpoint_can_be_changed(bare: Any, bit: int) -> None:
    trust = e.trusted(e.KEY)
    free = e.GROWN.index("— county".encode())
    for at, verdict, _ in flipped(bare, e.GROWN, bit, range(len(e.GROWN)), trust=[e.KEY], kept=[e.KEPT]):
        program = e.said(flip(e.GROWN, at, bit), trust, e.KEPT)
        assert verdict == program or (verdict == "unknown" and program == "altered"), at
        assert verdict != "verified" or at >= free
    for at, verdict, _ in flipped(bare, e.KEPT, bit, range(len(e.KEPT)), trust=[e.KEY], files=[e.GROWN], place="kept"):
        assert verdict != "verified", at


@pytest.mark.parametrize("bit", [0, 3])
def test_no_byte_of_a_bundle_can_be_changed(bare: Any, bit: int) -> None:
    texts = {"consistency/7.tlog-consistency": e.GROWN, "keys/log.vkey": e.KEY, "proofs/4.tlog-proof": e.GOOD}
    good = bundle.write(texts)
    assert answer(bare, [good], [e.KEY], [e.KEPT]) == "verified"
    inside = {at for text in texts.values() for at in range(good.index(text), good.index(text) + len(text))}
    places = [at for at in range(len(good)) if at not in inside or at % 9 == bit]
    for at, verdict, why in flipped(bare, good, bit, places, trust=[e.KEY], kept=[e.KEPT]):
        with pytest.raises(Refused):
            bundle.read(flip(good, at, bit))
        # Where the first bytes are not those of a bundle, it is read as a proof.
        assert verdict == "unknown", (at, why)


def _zipped(**options: Any) -> bytes:
    out = io.BytesIO()
    method = options.get("method", zipfile.ZIP_STORED)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")  # "Duplicate name" is what is wanted
        for name in options.get("names", ["proofs/4.tlog-proof"]):
            info = zipfile.ZipInfo(name, options.get("date", (1980, 1, 1, 0, 0, 0)))
            info.external_attr, info.create_system, info.compress_type = 0o644 << 16, 3, method
            info.extra, info.comment = options.get("extra", b""), options.get("comment", b"")
            archive.writestr(info, e.GOOD)
        archive.comment = options.get("archive_comment", b"")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (_zipped(method=8), "compressed"),
        (_zipped(names=["proofs/4.tlog-proof"] * 2), "twice"),
        (_zipped(names=["proofs/b.tlog-proof", "proofs/a.tlog-proof"]), "out of order"),
        (_zipped(names=["proofs/é.tlog-proof"]), "not plain ASCII"),
        (_zipped(date=(2010, 5, 4, 1, 1, 0)), "dated"),
        (_zipped(extra=b"\x00\x00\x01\x00x"), "extra field"),
        (_zipped(comment=b"x"), "comment"),
        (_zipped(archive_comment=b"x"), "cut, or something was added"),
        (_zipped() + b"x", "cut, or something was added"),
        (_zipped()[:-1], "cut, or something was added"),
        (b"PK\x03\x04", "cut, or something was added"),
        (_zipped(names=["else/4.tlog-proof"]), "holds no proof"),
        (_zipped(names=[]), "holds no proof"),
    ],
)
def test_a_bundle_in_another_form_cannot_be_told(bare: Any, data: bytes, why: str) -> None:
    found = answer(bare, [data])
    assert found.startswith("unknown")
    assert why in found


def test_keys_inside_a_bundle_never_count(bare: Any) -> None:
    data = bundle.write({"keys/log.vkey": e.KEY, "policy": e.POLICY, "proofs/4.tlog-proof": e.GOOD})
    assert "No trusted key was given" in answer(bare, [data], [])
    assert answer(bare, [data]) == "verified"


def _edited(old: bytes, new: bytes, data: bytes = e.GOOD) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


INDEX = b"index 4\n"
HASH = e.GOOD.split(INDEX)[1].split(b"\n")[0]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (e.GOOD.replace(b"\n", b"\r\n"), "carriage return"),
        (e.GOOD.replace(b"\n", b"\r"), "carriage return"),
        (e.GOOD[:-1], "no newline at its end"),
        (e.GOOD + b"\n", "no signature"),
        (e.GOOD + b"x", "no newline at its end"),
        (e.GOOD + b"x\n", "not a dash"),
        (b"\xef\xbb\xbf" + e.GOOD, "no proof"),
        (b"", "no proof"),
        (_edited(b"@v1\n", b"@v2\n"), "no proof"),
        (_edited(b"@v1\n", b"@v1 \n"), "no proof"),
        (_edited(INDEX, b"index 04\n"), "leading zeros"),
        (_edited(INDEX, b"index +4\n"), "whole number"),
        (_edited(INDEX, b"index  4\n"), "whole number"),
        (_edited(INDEX, b"index 9223372036854775808\n"), "2^63-1"),
        (_edited(INDEX, b"index 18446744073709551620\n"), "2^63-1"),
        (_edited(INDEX, "index ٤\n".encode()), "ASCII"),
        (_edited(INDEX, b"INDEX 4\n"), "does not begin"),
        (_edited(b"\n11\n", b"\n011\n"), "leading zeros"),
        (_edited(b"\n11\n", b"\n9223372036854775808\n"), "2^63-1"),
        (_edited(HASH, HASH[:-2] + bytes([HASH[-2] + 1]) + b"="), "one form"),
        (_edited(HASH, HASH[:-1]), "one form"),
        (_edited(HASH, HASH + b" "), "one form"),
        (_edited(HASH, b" " + HASH), "one form"),
        (_edited(HASH, b"AAAA"), "3 bytes"),
        (_edited(HASH + b"\n", (HASH + b"\n") * 61), "limit is 63"),
        (_edited(b"\n\n", b"\n"), "no empty line"),
        (_edited(b"\n\n", b"\n\n\n"), "empty"),
        (_edited(b"extra ", b"extra \nextra "), "no extra data"),
        (_edited(b"extra ", b"x"), "does not begin"),
        (re.sub(rb"extra .*\n", b"", e.GOOD), "carries no entry"),
        (_edited("\n\n— ".encode(), "\nextension\n\n— ".encode()), "extension lines"),
        (_edited("— ".encode(), b"- "), "not a dash"),
        (_edited("— ".encode(), "—  ".encode()), "not the name of a key"),
        (_edited("— spring".encode(), "— sp+ring".encode()), "not the name of a key"),
        (_edited("— spring".encode(), "— sp\u2003ring".encode()), "not the name of a key"),
        (_edited("— spring".encode(), b"\xff spring"), "UTF-8"),
        (_edited("— spring".encode(), "— spr\x00ing".encode()), "control character"),
        (e.GOOD + "— a AAAAAA==\n".encode() * 100, "limit is 100"),
        (e.GOOD + "— a AAAAAA==\n".encode(), "too short"),
        (e.KEY, "no proof"),
        (e.KEPT, "no proof"),
    ],
)
def test_a_malformed_proof_cannot_be_told(bare: Any, data: bytes, why: str) -> None:
    found = answer(bare, [data])
    assert found.startswith("unknown")
    assert why in found
    assert e.said(data, e.trusted(e.KEY)) == "unknown"


def test_what_was_put_together_from_genuine_parts_is_altered(bare: Any) -> None:
    def extra(*parts: bytes) -> bytes:
        return re.sub(rb"extra .*\n", lambda _: b"extra " + b64encode(b"\n".join(parts)) + b"\n", e.GOOD)

    other = disclosure.write(e.SALT, "note", "sent never")
    assert extra(e.ENTRY, e.NOTE.encode(), e.FIELDS.encode()) == e.GOOD
    wrong = {
        "another entry": extra(entry.write({**e.MEMBERS, "recipient": "ofsted"})),
        "another value": extra(e.ENTRY, other.encode()),
        "the same value twice": extra(e.ENTRY, e.NOTE.encode(), e.NOTE.encode()),
        "an empty disclosure": extra(e.ENTRY, b""),
        "a disclosure in front": extra(e.NOTE.encode(), e.ENTRY),
        "padding": extra(e.ENTRY, e.NOTE.encode() + b"="),
        "spaces": extra(e.ENTRY, e.NOTE.encode() + b" "),
        "stray bits": extra(e.ENTRY, e.OPERATOR.encode()[:-1] + b"R"),
        "a line too many": extra(e.ENTRY + b"\n"),
        "another place": _edited(INDEX, b"index 5\n"),
        "beyond the end": _edited(INDEX, b"index 11\n"),
        "a hash less": _edited(HASH + b"\n", b""),
        "a hash more": _edited(HASH + b"\n", (HASH + b"\n") * 2),
        "another size": _edited(b"\n11\n", b"\n12\n"),
        "a signature of another checkpoint": _edited(
            e.head(e.rows(11)).split(b"\n")[4], e.head(e.rows(10)).split(b"\n")[4]
        ),
        "a second signature that fails": e.GOOD + e.head(e.rows(10)).split(b"\n")[4] + b"\n",
        "a key of the same name": e.proved(e.rows(11), e.OTHER),
        "no signature of the key": e.proved(e.rows(11), e.STRANGER),
    }
    trust = e.trusted(e.KEY)
    for (name, data), (verdict, why) in zip(
        wrong.items(), answers(bare, [([data], [e.KEY], []) for data in wrong.values()]), strict=True
    ):
        assert (verdict, e.said(data, trust)) == ("altered", "altered"), (name, why)


def test_disclosures_may_come_in_any_order_and_number(bare: Any) -> None:
    for texts in ((e.OPERATOR, e.FIELDS, e.NOTE), (e.FIELDS,), ()):
        assert answer(bare, [e.proved(e.rows(11), texts=texts)]) == "verified"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("note", ""),
        ("note", " "),
        ("note", "x" * 2001),
        ("note", "a\u202eb"),
        ("note", "a\x7fb"),
        ("note", "a\tb"),
        ("note", ("a", "b")),
        ("note", ()),
        ("decided_by", "A. Clerk"),
        ("nonsense", "x"),
        ("__proto__", "x"),
        ("schools_as_given", "one"),
        ("schools_as_given", ("", "x")),
    ],
)
def test_disclosures_that_no_transfer_carries_are_refused(bare: Any, name: str, value: str | tuple[str, ...]) -> None:
    text = disclosure.write(e.SALT, name, value)
    data = e.raw({**e.MEMBERS, "_sd": [disclosure.digest(text)]})
    proof = e.proved(e.rows(11, 4, data), texts=(text,))
    assert e.said(proof, e.trusted(e.KEY)) == "altered"
    assert answer(bare, [proof]).startswith("altered")


def test_values_at_the_limits_are_disclosed(bare: Any) -> None:
    for name, value in (("note", "😀" * 2000), ("note", "\u200d\ufeff x"), ("schools_as_given", ("b", "a"))):
        text = disclosure.write(e.SALT, name, value)
        data = e.raw({**e.MEMBERS, "_sd": [disclosure.digest(text)]})
        proof = e.proved(e.rows(11, 4, data), texts=(text,))
        assert e.said(proof, e.trusted(e.KEY)) == "verified"
        assert answer(bare, [proof]) == "verified"


# ---- Entries ----

PLACE = {"seq": 1, "prev": "0" * 64, "salt": e.SALT, "recorded_at": "2010-05-04T09:30:00Z"}
HEX, DIGEST = "0a" * 32, disclosure.digest(e.NOTE)
CITED = {"seq": 0, "hash": HEX}
GOOD_ENTRIES: list[dict[str, Any]] = [
    {
        "kind": "genesis",
        "format": 1,
        "origin": "a.example/ü",
        "organisation": "Öak 😀",
        "continues": {"origin": "b", "size": 3, "head": HEX},
    },
    {
        "kind": "organisation",
        "id": "oak",
        "name": "Oak",
        "role": "school",
        "public_authority": False,
        "urn": "123456",
        "dfe_number": "123/4567",
        "aliases": ["A", "\ufb01x", "😀"],
        "opened": "2000-02-29",
    },
    {
        "kind": "register",
        "register": "r",
        "version": "1.0",
        "sha256": HEX,
        "effective_from": "2010-01-01",
        "effective_assigned": True,
    },
    {"kind": "batch", "rows": 2**53 - 1},
    {
        **e.MEMBERS,
        "payload": {"bytes": 0, "media_type": "text/csv"},
        "prefilled": ["purpose", "subjects.kind"],
        "country": "GB",
    },
    {**e.MEMBERS, "kind": "correction", "corrects": CITED},
    {"kind": "correction", "id": "t", "corrects": CITED, "withdrawn": True, "actor": LEAD},
    {"kind": "refusal", "id": "r", "refused_on": "2010-05-04", "outcome": "refused", "ground": "x", "recipient": "qca"},
    {"kind": "review", "finding": HEX, "check": "x", "decision": "false-alarm", "replaces": CITED, "actor": LEAD},
    {"kind": "person", "code": DPO, "role": "dpo", "outside": True, "actor": LEAD},
    {"kind": "confirmation", "confirms": [3, 5, 10], "seen": CITED, "actor": DPO},
    {
        "kind": "key",
        "action": "new",
        "keys": [e.LOG.key.text()],
        "signatures": [{"key": e.LOG.key.text(), "signature": "AAAA"}],
    },
    {"kind": "erasure", "erases": CITED, "name": "note", "digest": DIGEST, "ground": "x"},
    {
        "kind": "attestation",
        "report": HEX,
        "as_of": "2010-05-04",
        "version": "1",
        "size": 1,
        "head": HEX,
        "options": ["a=b"],
    },
    {"kind": "closing", "ground": "x", "successor": "b.example"},
]


def _compared(page: Any, texts: Sequence[bytes]) -> list[str]:
    """The verdicts of page and program alike on genuine proofs of entries of these bytes."""
    trust = e.trusted(e.KEY)
    proofs = [e.sealed(text) for text in texts]
    found = answers(page, [([proof], [e.KEY], []) for proof in proofs])
    for text, proof, (verdict, why) in zip(texts, proofs, found, strict=True):
        expected = e.said(proof, trust)
        assert verdict == expected, (text, why)
    return [verdict for verdict, _ in found]


def test_entries_of_every_kind_are_read_as_the_program_reads_them(bare: Any) -> None:
    assert {one["kind"] for one in GOOD_ENTRIES} == set(members.KINDS)
    assert set(_compared(bare, [e.raw({**one, **PLACE}) for one in GOOD_ENTRIES])) == {"verified"}


def _spoilt(value: Any) -> list[Any]:
    """Every value with one of its parts left out, doubled, or replaced by something odd."""
    found: list[Any] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found.append({k: v for k, v in value.items() if k != key})
            found += [{**value, key: odd} for odd in _spoilt(inner)]
        found.append({**value, "extra": 1})
        found.append({**value, "__proto__": {"x": 1}})
    elif isinstance(value, list):
        found += [[*value, *value], value[::-1], value[1:], [], [value]]
        found += [[odd, *value[1:]] for odd in _spoilt(value[0])]
    elif isinstance(value, str):
        found += [
            value + " ",
            value.upper(),
            value[:-1],
            "",
            value + "\n",
            value + "\x85",
            1,
            [value],
            {},
            "x" * 300,
            value + "é",
        ]
    else:
        found += [-1, 2**53, 1.5, True, False, None, str(value), 151, [], {}]
    return found


@pytest.mark.parametrize("kind", range(len(GOOD_ENTRIES)))
def test_an_entry_that_is_spoilt_is_judged_as_the_program_judges_it(bare: Any, kind: int) -> None:
    _compared(bare, [e.raw(odd) for odd in _spoilt({**GOOD_ENTRIES[kind], **PLACE})])


def test_an_entry_is_canonical_json_and_nothing_else(bare: Any) -> None:
    text = e.raw({**e.MEMBERS, "seq": 1}).decode()
    seqs = ["1.0", "01", "1e0", '1,"seq":1', "+1", "-0", "2", "9007199254740993", "true", " 1", "null", '"1"', "[1]"]
    kinds = ['"kind":"gift",', '"kind":["transfer"],', "", '"kind":"constructor",', '"kind":"__proto__",']
    sender, lacking = '"sender":"oak-high",', text.replace('"channel":"secure-web-portal",', "")
    wrong = [
        *(" " + text, text + "\n", text + " ", text[:-1], text + "x", "\ufeff" + text, "[]", "{}", '""', "1", "null"),
        *(text.replace('"seq":1', f'"seq":{seq}') for seq in seqs),
        *(text.replace('"kind":"transfer",', kind) for kind in kinds),
        *(text.replace("oak-high", odd) for odd in ("oak\\u002dhigh", "oak\\-high", "oak\\/high", "oak\\nhigh")),
        text.replace('"sender"', '"\\u0073ender"'),
        text.replace(sender, "")[:-1] + "," + sender[:-1] + "}",
        text.replace('"count":31', '"count":' + "[" * 400 + "]" * 400),
        lacking,
    ]
    found = _compared(bare, [one.encode() for one in wrong])
    assert [one for one, verdict in zip(wrong, found, strict=True) if verdict == "verified"] == [lacking]
    broken = text.encode().replace(b"oak-high", b"oak-\xffhigh")
    lone = text.encode().replace(b"oak-high", b"oak-\xed\xa0\x80high")
    assert _compared(bare, [broken, lone]) == ["altered"] * 2


def test_an_entry_has_at_most_65535_bytes(bare: Any) -> None:
    def of(length: int) -> bytes:
        names: list[str] = []
        short = len(e.raw({**GOOD_ENTRIES[1], **PLACE, "aliases": ["x"]})) - 3
        while short < length - 190:
            names.append(f"{len(names):04}" + "x" * 96)
            short += 103
        names.append(f"{len(names):04}" + "x" * (length - short - 6))
        data = e.raw({**GOOD_ENTRIES[1], **PLACE, "aliases": names})
        assert len(data) == length
        return data

    assert _compared(bare, [of(65_535), of(65_536)]) == ["verified", "altered"]


@pytest.mark.parametrize("bit", [0, 4])
def test_a_sealed_entry_with_any_byte_changed_is_judged_as_the_program_judges_it(bare: Any, bit: int) -> None:
    text = e.raw({**GOOD_ENTRIES[4], **PLACE})
    _compared(bare, [flip(text, at, bit) for at in range(len(text))])


@pytest.mark.parametrize(
    ("at", "on", "until"),
    [
        ("2010-05-04", "2010-05-04", None),
        ("2010-05-04/2010-05-06", "2010-05-04", "2010-05-06"),
        ("2010-05-04/2010-05-04", "2010-05-04", "2010-05-04"),
        ("2010-05-04T23:30Z", "2010-05-05", None),
        ("2010-05-04T23:30Z", "2010-05-04", None),
        ("2010-12-31T23:59:59-00:30", "2011-01-01", None),
        ("2010-03-28T00:59:59Z", "2010-03-28", None),
        ("2010-10-31T23:59Z", "2010-10-31", None),
        ("2010-10-30T23:00Z", "2010-10-31", None),
        ("1940-07-01T23:30Z", "1940-07-02", None),
        ("1968-12-01T23:30Z", "1968-12-02", None),
        ("2045-07-01T23:30Z", "2045-07-02", None),
        ("2010-05-04T10:15+14:59", "2010-05-03", None),
        ("2010-05-04T10:15+15:00", "2010-05-03", None),
        ("2010-05-04T10:15-00:00", "2010-05-04", None),
        ("2010-05-04T10:15", "2010-05-04", None),
        ("2010-05-04T24:00Z", "2010-05-05", None),
        ("2010-05-04T10:60Z", "2010-05-04", None),
        ("2010-02-29", "2010-02-28", None),
        ("1899-12-31", "1899-12-31", None),
        ("2999-12-31T23:59Z", "2999-12-31", None),
        ("3000-01-01", "3000-01-01", None),
    ],
)
def test_the_london_day_is_recomputed(bare: Any, at: str, on: str, until: str | None) -> None:
    changed = {**e.MEMBERS, **PLACE, "transferred_at": at, "transferred_on": on}
    _compared(bare, [e.raw(changed if until is None else {**changed, "transferred_until": until})])


# ---- Trust ----


def _witnessed(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in (f"log {e.LOG.key.text()}", *lines)).encode()


W, M = f"witness w {e.WITNESS.key.text()}", f"witness m {e.WITNESS_MLDSA.key.text()}"
FAR = Ed25519Cosigner("far.example/witness", b"\x07" * 32, 5)
F = f"witness f {FAR.key.text()}"


@pytest.mark.parametrize(
    ("policy", "verdict", "why"),
    [
        (_witnessed("quorum none"), "verified", ""),
        (_witnessed(W, "quorum w"), "verified", ""),
        (_witnessed(W, F, "group g any w f", "quorum g"), "verified", ""),
        (_witnessed(W, F, "group g 1 w f", "group h all g", "  # a note", "", "\tquorum\t h "), "verified", ""),
        (_witnessed(W, F, "group g all w f", "quorum g"), "unknown", "Too few witnesses"),
        (_witnessed(F, "quorum f"), "unknown", "Too few witnesses"),
        (f"log {e.STRANGER.key.text()}\nquorum none\n".encode(), "unknown", "your policy is for elsewhere"),
        (f"log {e.OTHER.key.text()}\nquorum none\n".encode(), "altered", "did not sign it"),
        (f"{W}\nquorum w\n".encode(), "unknown", "names no ledger"),
        (_witnessed(W), "unknown", "no quorum line"),
        (_witnessed(W, "quorum w")[:-1], "unknown", "no newline at its end"),
        (_witnessed(W, "quorum w").replace(b"\n", b"\r\n"), "unknown", "carriage return"),
        (_witnessed(W, "quorum w", "quorum w"), "unknown", "defined already"),
        (_witnessed(W, "quorum x"), "unknown", "no witness or group"),
        (_witnessed(W, W, "quorum w"), "unknown", "defined already"),
        (_witnessed(W, W.replace("witness w", "witness v"), "quorum w"), "unknown", "public key of another"),
        (_witnessed(W, "group g 2 w", "quorum g"), "unknown", "is not how many"),
        (_witnessed(W, "group g 0 w", "quorum g"), "unknown", "is not how many"),
        (_witnessed(W, "group g 01 w", "quorum g"), "unknown", "is not how many"),
        (_witnessed(W, "group g any w w", "quorum g"), "unknown", "member of a group already"),
        (_witnessed("group g any w", W, "quorum g"), "unknown", "no witness or group"),
        (_witnessed(W, "group none any w", "quorum none"), "unknown", "can be named"),
        (_witnessed(f"witness w {e.LOG.key.text()}", "quorum w"), "unknown", "not that of a witness"),
        (_witnessed("group g any", "quorum none"), "unknown", "none of"),
        (_witnessed("guorum none"), "unknown", "none of"),
    ],
)
def test_policies(bare: Any, policy: bytes, verdict: str, why: str) -> None:
    found = answer(bare, [e.GOOD], [policy])
    assert found.startswith(verdict)
    assert why in found
    try:
        program = e.said(e.GOOD, e.trusted(policy))
    except Refused:
        program = "unknown"
    assert (program == "verified") == (verdict == "verified")


@pytest.mark.parametrize(
    ("trust", "why"),
    [
        ((), "No trusted key was given"),
        ((b"",), "No trusted key was given"),
        ((b" \n",), "No trusted key was given"),
        ((e.KEY[:-2],), "not base64|mistyped"),
        ((e.KEY.replace(b"spring", b"sprung"),), "mistyped or damaged"),
        ((e.KEY.upper(),), "not a verifier key"),
        ((b" " + e.KEY,), "holds a space"),
        ((b"nonsense",), "not a verifier key"),
        ((b"\xff\xfe",), "not UTF-8"),
        ((e.STRANGER.key.text().encode(),), "the keys that you gave are for elsewhere"),
        ((e.WITNESS.key.text().encode(),), "the keys that you gave are for county"),
        ((VerifierKey.of(e.ORIGIN, 4, e.LOG.key.public).text().encode(),), "Get the key"),
        ((b"vkey x\n-----BEGIN PRIVATE KEY-----\n",), "private key"),
    ],
)
def test_without_a_key_that_counts_it_cannot_be_told(bare: Any, trust: tuple[bytes, ...], why: str) -> None:
    found = answer(bare, [e.GOOD], trust)
    assert found.startswith("unknown")
    assert re.search(why, found)


def test_another_origin_is_never_verified(bare: Any) -> None:
    signer = type(e.LOG)("springfield.example/other", e.LOG.seed)
    data = e.proved(e.rows(11), signer, origin="springfield.example/other")
    assert answer(bare, [data]).startswith("unknown This is from the ledger springfield.example/other")
    # The log's own line, copied under another origin, is a line of a key that was given, and fails.
    assert answer(bare, [_edited(b"\n\n" + e.ORIGIN.encode(), b"\n\nelsewhere.example", e.GOOD)]).startswith("altered")
    # It signed another ledger's checkpoint: genuine, and no word of that ledger's.
    assert answer(bare, [e.proved(e.rows(11), e.LOG, origin="elsewhere.example")]).startswith("unknown")


# ---- ML-DSA-44 ----

BOTH = e.proved(e.rows(11), e.LOG, e.LOG_MLDSA, e.WITNESS_MLDSA)
ONLY = e.proved(e.rows(11), e.LOG_MLDSA)
MLDSA_KEY = e.LOG_MLDSA.key.text().encode() + b"\n"
LACKS = """() => { const own = crypto.subtle.importKey.bind(crypto.subtle);
  crypto.subtle.importKey = (format, key, algorithm, ...rest) => (algorithm.name ?? algorithm) === NAME
    ? Promise.reject(new DOMException('no', 'NotSupportedError')) : own(format, key, algorithm, ...rest); }"""


def test_mldsa44_that_the_browser_lacks_is_neither_genuine_nor_forged(page: Any) -> None:
    page.evaluate(LACKS.replace("NAME", "'ML-DSA-44'"))
    assert answer(page, [BOTH], [e.KEY + MLDSA_KEY]) == "verified"
    assert "ML-DSA-44, type 0x06" in answer(page, [ONLY], [MLDSA_KEY])
    assert "ML-DSA-44, type 0x06" in answer(page, [ONLY], [e.KEY + MLDSA_KEY])
    assert "hangs on signatures with ML-DSA-44" in answer(page, [BOTH], [_witnessed(M, "quorum m")])
    assert answer(page, [BOTH], [_witnessed(M, W, "group g all m w", "quorum g")]).startswith("unknown Too few")
    # A forged Ed25519 line decides, whatever stands beside it.
    assert answer(page, [_edited(b"\n11\n", b"\n12\n", BOTH)], [e.KEY + MLDSA_KEY]).startswith("altered")
    _put(page, "files", ("both.tlog-proof", BOTH))
    page.locator("#trust-text").fill((e.KEY + MLDSA_KEY).decode())
    text = _result(page)
    assert "Verified" in text
    assert "Not checked: the signature of springfield.example/transfers" in text


def test_mldsa44_is_verified_where_the_browser_has_it(page: Any) -> None:
    has = page.evaluate(
        f"""async key => {{ {_HELP}
          const made = crypto.subtle.importKey('raw-public', bytes(key), {{name: 'ML-DSA-44'}}, false, ['verify']);
          return await made.then(() => true, () => false); }}""",
        b64encode(e.LOG_MLDSA.key.public).decode(),
    )
    if not has:
        pytest.skip("this Chromium has no ML-DSA-44; the test before this one covers that")
    assert answer(page, [ONLY], [MLDSA_KEY]) == "verified"
    assert answer(page, [BOTH], [_witnessed(M, "quorum m")]) == "verified"
    places = range(0, len(ONLY), 11)
    assert "verified" not in {verdict for _, verdict, _ in flipped(page, ONLY, 0, places, trust=[MLDSA_KEY])}


@pytest.mark.parametrize(
    "gone",
    [LACKS.replace("NAME", "'Ed25519'"), "() => { Object.defineProperty(crypto, 'subtle', {value: undefined}) }"],
)
def test_a_browser_without_the_means_cannot_tell(page: Any, gone: str) -> None:
    page.evaluate(gone)
    found = answer(page, [e.GOOD])
    assert found.startswith("unknown")
    assert "Ed25519" in found or "WebCrypto" in found


# ---- The kept checkpoint ----


def test_all_that_was_kept_is_still_there(bare: Any) -> None:
    sheet = b"A sheet\n-----BEGIN CHECKPOINT-----\n" + e.KEPT + b"-----END CHECKPOINT-----\nto keep\n"
    data = bundle.write({"proofs/4.tlog-proof": e.GOOD, "consistency/7.tlog-consistency": e.GROWN})
    for files, kept in (
        ([e.GOOD, e.GROWN], [e.KEPT]),
        ([e.GOOD], [e.KEPT, e.GROWN]),
        ([e.GROWN], [e.KEPT]),
        ([data], [e.KEPT]),
        ([data], [sheet]),
        ([e.GOOD], [e.head(e.rows(11))]),
        ([e.GOOD, e.grown(11, e.rows(13))], [e.head(e.rows(13))]),
        ([e.GOOD, e.grown(7, e.rows(9)), e.grown(9, e.rows(11))], [e.KEPT]),
        ([e.GROWN], [e.KEPT, e.head(e.rows(11))]),
    ):
        assert answer(bare, files, [e.KEY], kept) == "verified"
        assert answer(bare, files, [e.POLICY], kept) == "verified"


def test_what_was_kept_and_is_not_there_is_altered(bare: Any) -> None:
    other = e.rows(7, 4, b"another")
    for files, kept in (
        ([e.GOOD, e.GROWN], [e.head(other)]),
        ([e.GOOD, e.grown(7, e.rows(11, 4, b"another"))], [e.KEPT]),
        ([e.GOOD], [e.head(e.rows(11, 4, b"another"))]),
        ([e.GOOD, e.GROWN], [e.head(e.rows(7), e.OTHER)]),
        ([e.GOOD, e.grown(7, e.rows(11), e.OTHER)], [e.KEPT]),
        ([e.GOOD, e.GROWN], [_edited(b"\n7\n", b"\n6\n", e.KEPT)]),
    ):
        assert answer(bare, files, [e.KEY], kept).startswith("altered")


def test_where_nothing_leads_from_the_kept_checkpoint_it_cannot_be_told(bare: Any) -> None:
    for files, kept, why in (
        ([e.GOOD], [e.KEPT], "No consistency file was given"),
        ([e.GOOD, e.grown(6, e.rows(11))], [e.KEPT], "made for another one"),
        ([e.GOOD, e.grown(7, e.rows(10))], [e.KEPT], "nothing shows that the two are one history"),
        ([e.GROWN], [], "says nothing without the older checkpoint"),
        ([], [e.KEPT], "No consistency file was given"),
        ([e.GOOD, e.GROWN], [e.KEPT[:-1]], "no newline at its end"),
        ([e.GOOD, e.GROWN], [e.GOOD], "checkpoint"),
        ([], [], "No proof was given"),
    ):
        found = answer(bare, files, [e.KEY], kept)
        assert found.startswith("unknown")
        assert why in found
    # Witnesses saw to it that both are one history.
    assert answer(bare, [e.GOOD, e.grown(7, e.rows(10))], [e.POLICY], [e.KEPT]) == "verified"
    # A record that verifies stays verified where only the consistency file goes without its checkpoint.
    assert answer(bare, [e.GOOD, e.GROWN]) == "verified"


def test_one_that_fails_among_several_decides(bare: Any) -> None:
    bad = _edited(INDEX, b"index 5\n")
    data = bundle.write({"proofs/4.tlog-proof": e.GOOD, "proofs/5.tlog-proof": bad})
    assert answer(bare, [data]).startswith("altered")
    assert answer(bare, [e.GOOD, e.GOOD[:-1]]).startswith("unknown")
    assert answer(bare, [e.GOOD[:-1], bad]).startswith("altered")


# ---- What people see ----


def _put(page: Any, zone: str, *files: tuple[str, bytes]) -> None:
    page.locator(f"#{zone}").set_input_files([{"name": n, "mimeType": "", "buffer": data} for n, data in files])


def _result(page: Any) -> str:
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector("#result:not([hidden])")
    return re.sub(r"\s+", " ", page.locator("#result").inner_text())


def test_a_person_reads_the_transfer_in_plain_words(page: Any) -> None:
    _put(page, "files", ("t-1.tlog-proof", e.GOOD), ("7.tlog-consistency", e.GROWN))
    _put(page, "kept", ("checkpoint-2009", e.KEPT))
    _put(page, "trust", ("policy", e.POLICY))
    text = _result(page)
    for words in (
        "Verified",
        "On 4 May 2010 at 10:15, London time, oak high sent date of birth, forename, surname, “shoe size” and “hat "
        "size” to Qualifications and Curriculum Authority, for national curriculum assessments.",
        "as controller",
        "DPA 1998 Schedule 2 paragraph 3 (legal obligation)",
        "4 May 2010 at 10:30, London time (2010-05-04 09:30:00 UTC), by the ledger’s own clock",
        "sent again, “with care” – 😀",
        "shoe size",
        "1 more text or name is sealed with this entry and not shown to you.",
        "Confirmed by the witness county.example/witness (in your policy: county), 21 May 2010 at 10:00",
        "All 7 entries that your checkpoint (checkpoint-2009) covers are still there, unaltered and in their places, "
        "among the 11 of the newer one.",
        "A later correction or withdrawal of this transfer would not show here.",
        "A transfer that nobody recorded is in no ledger, and no ledger can show it.",
    ):
        assert words in text, words
    assert page.evaluate("document.activeElement.id") == "result"
    # Whatever is changed afterwards takes the answer away.
    page.locator("#trust-text").fill("x")
    assert page.locator("#result").is_hidden()


def test_nothing_of_an_entry_is_shown_that_was_not_verified(page: Any) -> None:
    _put(page, "files", ("t-1.tlog-proof", e.GOOD))
    text = _result(page)
    assert "Cannot tell" in text
    assert "No trusted key was given" in text
    assert "oak" not in text
    assert "sent again" not in text
    _put(page, "files", ("t-1.tlog-proof", _edited(b"\n11\n", b"\n12\n")))
    page.locator("#trust-text").fill(e.KEY.decode())
    text = _result(page)
    assert "Altered: not genuine" in text
    assert "oak" not in text


def test_pasted_texts_dropped_files_and_the_keyboard_do(page: Any) -> None:
    page.get_by_text("Or paste the text of a proof").click()
    page.locator("#files-text").fill(e.GOOD.decode().rstrip("\n"))
    page.locator("#trust-text").fill(e.KEY.decode().strip())
    page.locator("#check").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:not([hidden])")
    assert "Verified" in page.locator("#result").inner_text()
    page.locator("#files-text").fill("")
    page.evaluate(
        f"""text => {{ {_HELP}
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes(text)], 'dropped.tlog-proof'));
          const dropped = new DragEvent('drop', {{dataTransfer, bubbles: true, cancelable: true}});
          document.getElementById('zone-files').dispatchEvent(dropped); }}""",
        b64encode(e.GOOD).decode(),
    )
    assert "dropped.tlog-proof" in page.locator("#zone-files ul").inner_text()
    assert "Verified" in _result(page)
    page.get_by_role("button", name="Remove dropped.tlog-proof").click()
    assert "No proof was given" in _result(page)


def test_texts_from_files_are_never_markup_and_never_turn_the_writing(page: Any) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    text = disclosure.write(e.SALT, "note", hostile)
    data = e.raw({**e.MEMBERS, "_sd": [disclosure.digest(text)]})
    _put(page, "files", ("<b>\u202egpj.proof", e.proved(e.rows(11, 4, data), texts=(text,))))
    page.locator("#trust-text").fill(e.KEY.decode())
    shown = _result(page)
    assert hostile in shown
    assert "<b>⟨U+202E⟩gpj.proof" in shown
    assert page.locator("#result img, #result b").count() == 0


def test_every_kind_can_be_shown(page: Any) -> None:
    proofs = {f"proofs/{i:02}.tlog-proof": e.sealed(e.raw({**one, **PLACE})) for i, one in enumerate(GOOD_ENTRIES)}
    _put(page, "files", ("all.zip", bundle.write(proofs)))
    page.locator("#trust-text").fill(e.KEY.decode())
    text = _result(page)
    assert f"All {len(GOOD_ENTRIES)} records" in text
    assert "undefined" not in text
    assert "[object" not in text
    for proof in GOOD_ENTRIES:
        assert f"The {proof['kind']} (all.zip" in text
    assert "withdraws a transfer" in text


def test_a_page_that_was_changed_does_not_start(browser: Any, tmp_path: Path) -> None:
    changed = tmp_path / "verify.html"
    changed.write_text(PAGE.read_text("utf-8").replace("'verified'", "'altered'", 1), "utf-8")
    tab = browser.new_page()
    tab.goto(changed.as_uri())
    assert tab.evaluate("typeof verify") == "undefined"
    assert "did not start" in tab.locator("main").inner_text()
    tab.goto(PAGE.as_uri())
    assert "did not start" not in tab.locator("main").inner_text()
    tab.close()


def test_the_page_can_reach_no_network(browser: Any) -> None:
    tab = browser.new_page()
    tab.goto(PAGE.as_uri())
    refused = tab.evaluate("""async () => {
      const found = [], made = (name, src) => Object.assign(document.createElement(name), {src});
      document.addEventListener('securitypolicyviolation', event => found.push(event.effectiveDirective));
      await fetch('http://127.0.0.1:9/').catch(() => {});
      made('img', 'http://127.0.0.1:9/x.png');
      document.head.append(made('script', 'http://127.0.0.1:9/x.js'), made('iframe', 'http://127.0.0.1:9/'));
      await new Promise(done => setTimeout(done, 200));
      return found.sort();
    }""")
    tab.close()
    assert refused == ["connect-src", "frame-src", "img-src", "script-src-elem"]


def test_the_page_fits_a_narrow_screen(page: Any, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    _put(page, "files", ("a-very-long-name-" * 12 + ".tlog-proof", e.GOOD))
    page.locator("#trust-text").fill(e.POLICY.decode())
    _result(page)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
