"""An evidence bundle: page and program say the same of it, and neither verifies one in which a byte was changed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger import bundle
from ledger.errors import NotGenuine, Refused
from ledger.source import Source
from ledger.tlog.note import Ed25519Signer
from ledger.verify.bundled import is_evidence, verify_evidence
from reports.bundling import evidence_bundle
from reports.cli.check import check_source
from tests.ledger.signers import make, new_key
from tests.ledger.worlds import open_ledger
from tests.reports.ledgers import GOOD as STATED
from tests.reports.ledgers import UNDOCUMENTED, UNKNOWN, make_ledger
from tests.verify_page import evidence as e
from tests.verify_page.test_verify_page import LACKS, MLDSA_KEY, _put, _result, answer, answers, flip, flipped

pytestmark = pytest.mark.slow

MEMBERS = e.contents()
GOOD = e.packed(MEMBERS)
MANIFEST = bundle.manifest(e.TREE, MEMBERS)
TRUST = e.trusted(e.KEY)
STEP = 5
PROVED = ("checkpoints/7-1.txt", "checkpoints/9-1.txt", "checkpoints/11-1.txt", "consistency/", "proofs/", "registers/")


def without(name: str) -> dict[str, bytes]:
    return {one: data for one, data in MEMBERS.items() if one != name}


def judge(data: bytes) -> None:
    members = bundle.read(data)
    assert is_evidence(members)
    verify_evidence(members, TRUST)


def program(data: bytes, trust: bytes = e.KEY, kept: bytes | None = None) -> str:
    return e.said_of_bundle(data, e.trusted(trust), kept)


@pytest.mark.parametrize("trust", [e.KEY, e.POLICY, e.KEY + e.OTHER.key.text().encode()], ids=["key", "policy", "two"])
def test_a_genuine_bundle_is_verified(bare: Any, trust: bytes) -> None:
    assert program(GOOD, trust) == "verified"
    assert answer(bare, [GOOD], [trust]) == "verified"


def test_what_is_proved_is_told_from_what_is_merely_whole() -> None:
    found = verify_evidence(bundle.read(GOOD), TRUST)
    assert found.kinds == {"attestation": 1, "register": 1, "transfer": 1}
    assert found.entries == 3
    assert found.registers == {e.REGISTER: 1}
    assert found.reports == {"reports/auditor.html": 2}
    assert found.intact == (
        "README.txt", "checkpoints/7-1.tsr", "findings.json", "keys.txt", "reports/other.html", "verify.html",
    )  # fmt: skip
    assert [tree.size for tree in found.checkpoints] == [7, 9, 11]
    assert [tree.size for tree in found.signed] == [7, 11]
    assert found.vouched.tree == e.TREE


def test_no_byte_of_a_bundle_can_be_changed_for_the_program() -> None:
    for at in range(len(GOOD)):
        with pytest.raises(Refused):
            verify_evidence(bundle.read(flip(GOOD, at, 0)), TRUST)


@pytest.mark.parametrize("bit", [0, 5])
def test_no_byte_of_a_bundle_can_be_changed_for_the_page(bare: Any, bit: int) -> None:
    inside = {at for one in MEMBERS.values() for at in range(GOOD.index(one), GOOD.index(one) + len(one))}
    places = [at for at in range(len(GOOD)) if at % (23 if at in inside else 5) == bit % 5]
    assert len(places) > 500
    for at, verdict, why in flipped(bare, GOOD, bit, places, trust=[e.KEY]):
        assert verdict != "verified", (at, why)


def test_nothing_may_stand_before_or_after_a_bundle_or_be_cut_off(bare: Any) -> None:
    wrong = [GOOD[:-1], GOOD + b"\0", b"\0" + GOOD, GOOD[1:], GOOD + GOOD]
    assert [verdict for verdict, _ in answers(bare, [([one], [e.KEY], []) for one in wrong])] == ["unknown"] * 5
    for one in wrong:
        with pytest.raises(Refused):
            bundle.read(one)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_member_that_was_changed_is_named_though_the_archive_was_made_anew(bare: Any, name: str) -> None:
    places = range(0, len(MEMBERS[name]), 41)
    changed = [bundle.write({**MEMBERS, name: flip(MEMBERS[name], at, 0), bundle.MANIFEST: MANIFEST}) for at in places]
    for data, (verdict, why) in zip(changed, answers(bare, [([one], [e.KEY], []) for one in changed]), strict=True):
        assert verdict == "altered"
        assert why == f"{name}: it is not what the manifest says; it was changed."
        with pytest.raises(NotGenuine, match=f"^{name}: it is not what the manifest says"):
            verify_evidence(bundle.read(data), TRUST)


def test_no_byte_of_the_manifest_can_be_changed_though_the_archive_was_made_anew(bare: Any) -> None:
    changed = [bundle.write({**MEMBERS, bundle.MANIFEST: flip(MANIFEST, at, 0)}) for at in range(0, len(MANIFEST), 3)]
    said = [program(one) for one in changed]
    assert set(said) == {"altered", "unknown"}
    some = slice(None, None, 4)
    assert [verdict for verdict, _ in answers(bare, [([one], [e.KEY], []) for one in changed[some]])] == said[some]


@pytest.mark.parametrize("name", [name for name in sorted(MEMBERS) if name.startswith(PROVED)])
def test_what_is_proved_cannot_be_changed_though_the_manifest_was_made_anew(bare: Any, name: str) -> None:
    data = MEMBERS[name]
    changed = [e.packed({**MEMBERS, name: flip(data, at, 2)}) for at in range(0, len(data), STEP)]
    said = [program(one) for one in changed]
    # Of a checkpoint, the line of a key that nobody brought is anybody's, and the log's own with another name is such a
    # line: then no more is said than that its tree is the beginning of the newest.
    own = len(data.partition("— county".encode())[0])
    for at, (one, verdict) in enumerate(zip(changed, said, strict=True)):
        if name.startswith("checkpoints/") and STEP * at > data.index(b"\n\n"):
            signed = verify_evidence(bundle.read(one), TRUST).signed if verdict == "verified" else ()
            assert STEP * at >= own or name[12:-6] not in [str(tree.size) for tree in signed]
        else:
            assert verdict != "verified", at
    assert [verdict for verdict, _ in answers(bare, [([one], [e.KEY], []) for one in changed])] == said


def test_what_is_for_people_can_be_made_anew_by_anybody_and_is_never_said_to_be_proved(bare: Any) -> None:
    for name in ("README.txt", "findings.json", "keys.txt", "verify.html", "reports/auditor.html"):
        data = e.packed({**MEMBERS, name: b"forged"})
        assert name in verify_evidence(bundle.read(data), TRUST).intact
        assert answer(bare, [data]) == "verified"


def _manifest(**changed: Any) -> bytes:
    found = {**json.loads(MANIFEST), **changed}
    return bundle.write({**MEMBERS, bundle.MANIFEST: e.raw({k: v for k, v in found.items() if v is not None})})


def _listed(*more: Mapping[str, Any], first: Mapping[str, Any] | None = None) -> bytes:
    members = json.loads(MANIFEST)["members"]
    return _manifest(members=[{**members[0], **(first or {})}, *members[1:], *more])


def _named(name: str) -> bytes:
    members = {**MEMBERS, name: b"x"}
    found = json.loads(bundle.manifest(e.TREE, MEMBERS))
    found["members"].append({"bytes": 1, "name": name, "sha256": e.hashlib.sha256(b"x").hexdigest()})
    found["members"].sort(key=lambda one: one["name"])
    return bundle.write({**members, bundle.MANIFEST: e.raw(found)})


def _with(**members: bytes | None) -> bytes:
    found = {**MEMBERS, **members}
    return e.packed({name: data for name, data in found.items() if data is not None})


CHECKPOINT = json.loads(MANIFEST)["checkpoint"]
OTHERS = [b"another", *e.ENTRIES[1:]]
STRANGE = Ed25519Signer("elsewhere.example/transfers", e.LOG.seed)


@pytest.mark.parametrize(
    ("data", "verdict", "why"),
    [
        (bundle.write(MEMBERS), "altered", "no manifest.json"),
        (bundle.write({k: v for k, v in MEMBERS.items() if k.startswith(("proofs/", "regis"))}), "altered", "no manif"),
        (bundle.write({**MEMBERS, "x.txt": b"", bundle.MANIFEST: MANIFEST}), "altered", "x.txt: the manifest does not"),
        (
            bundle.write({**without("findings.json"), bundle.MANIFEST: MANIFEST}),
            "altered",
            "findings.json: the manifest names it",
        ),
        (
            bundle.write({**without("proofs/2.tlog-proof"), bundle.MANIFEST: MANIFEST}),
            "altered",
            "proofs/2.tlog-proof: the manifest names it",
        ),
        (_manifest(origin="elsewhere.example"), "altered", "another tree"),
        (_manifest(checkpoint={**CHECKPOINT, "size": 12}), "altered", "another tree"),
        (_manifest(checkpoint={**CHECKPOINT, "root": e.Checkpoint("a", 1, b"x" * 32).text().split("\n")[2]}), "altered",
         "another tree"),
        (_manifest(checkpoint={**CHECKPOINT, "size": 0}), "unknown", "not a manifest"),
        (_manifest(checkpoint={**CHECKPOINT, "size": True}), "unknown", "not a manifest"),
        (_manifest(checkpoint={**CHECKPOINT, "root": "AAAA"}), "unknown", "3 bytes"),
        (_manifest(checkpoint={**CHECKPOINT, "x": 1}), "unknown", "not a manifest"),
        (_manifest(checkpoint=None), "unknown", "not a manifest"),
        (_manifest(format="transfer-ledger evidence 2"), "unknown", "a newer one may"),
        (_manifest(format=1), "unknown", "not a manifest"),
        (_manifest(more=1), "unknown", "not a manifest"),
        (_manifest(members=[]), "unknown", ""),
        (_manifest(members="all"), "unknown", "not a manifest"),
        (_listed(first={"bytes": -1}), "unknown", "A member in it"),
        (_listed(first={"bytes": 1}), "altered", "was changed"),
        (_listed(first={"sha256": "A" * 64}), "unknown", "A member in it"),
        (_listed(first={"extra": 1}), "unknown", "A member in it"),
        (_listed(first={"name": "zzz"}), "unknown", "A member in it"),
        (_listed(json.loads(MANIFEST)["members"][-1]), "unknown", "A member in it"),
        (_named("../x"), "unknown", "is not named by"),
        (_named("a//b"), "unknown", "is not named by"),
        (_named("/a"), "unknown", "is not named by"),
        (_named("a\\b"), "unknown", "is not named by"),
        (_named(".hidden"), "unknown", "is not named by"),
        (_named("a/b/c/d/e"), "unknown", "is not named by"),
        (_named("x" * 201), "unknown", "is not named by"),
        (_named("readme.TXT"), "unknown", "capitals do not count"),
        (bundle.write({**MEMBERS, bundle.MANIFEST: MANIFEST + b"\n"}), "unknown", "manifest.json"),
        (bundle.write({**MEMBERS, bundle.MANIFEST: b"\xff"}), "unknown", "manifest.json"),
        (bundle.write({**MEMBERS, bundle.MANIFEST: b"[]"}), "unknown", "manifest.json"),
        (bundle.write({**MEMBERS, bundle.MANIFEST: b"1"}), "unknown", "manifest.json"),
        (e.packed({k: v for k, v in MEMBERS.items() if not k.startswith("proofs/")}), "unknown", "holds no proof"),
        (_with(**{"proofs/3.tlog-proof": MEMBERS["proofs/4.tlog-proof"]}), "altered", "proves entry 4"),
        (_with(**{"proofs/x.tlog-proof": MEMBERS["proofs/4.tlog-proof"]}), "unknown", "named by a number"),
        (_with(**{"proofs/04.tlog-proof": MEMBERS["proofs/4.tlog-proof"]}), "unknown", "named by a number"),
        (_with(**{"proofs/4.txt": b"x"}), "unknown", "named by a number"),
        (_with(**{"proofs/4.tlog-proof": e.proved(e.ENTRIES[:9])}), "altered", "under another checkpoint"),
        (_with(**{"proofs/4.tlog-proof": e.proved(e.ENTRIES, e.LOG)}), "altered", "under another checkpoint"),
        (_with(**{"proofs/4.tlog-proof": e.proved(e.rows(11))}), "altered", "under another checkpoint"),
        (_with(**{"proofs/4.tlog-proof": e.proved(e.ENTRIES, texts=(e.NOTE,))}), "unknown", "discloses an erasable"),
        (_with(**{e.REGISTER: None}), "altered", "entry 1 adopts it, and it is not here"),
        (_with(**{e.REGISTER: b"register: s\n"}), "altered", "not the text that entry 1 adopts"),
        (_with(**{f"registers/{'a' * 64}.yml": b"x"}), "altered", "no entry that is proved here adopts it"),
        (_with(**{"proofs/1.tlog-proof": None}), "altered", "no entry that is proved here adopts it"),
        (_with(**{"checkpoints/8-1.txt": MEMBERS["checkpoints/7-1.txt"]}), "altered", "checkpoint of 7 entries"),
        (_with(**{"checkpoints/7-2.txt": e.head(OTHERS[:7], e.LOG)}), "altered", "two different ledgers of 7 entries"),
        (_with(**{"checkpoints/7-2.txt": e.head(OTHERS[:7], e.OTHER)}), "altered", "two different ledgers of 7"),
        (_with(**{"checkpoints/7-1.txt": e.head(OTHERS[:7], e.LOG)}), "altered", "consistency/7.tlog-consistency: "),
        (_with(**{"checkpoints/11-2.txt": e.head(OTHERS, e.OTHER)}), "altered", "two different ledgers of 11"),
        (_with(**{"checkpoints/11-1.txt": e.head(OTHERS, e.OTHER)}), "altered", "two different ledgers of 11"),
        (_with(**{"checkpoints/12-1.txt": e.head(e.rows(12), e.OTHER)}), "altered", "checkpoint of 12 entries"),
        (
            _with(**{"checkpoints/5-1.txt": e.head(e.ENTRIES[:5], STRANGE, origin=STRANGE.key.name)}),
            "altered",
            "a checkpoint of elsewhere",
        ),
        (_with(**{"checkpoints/5-1.txt": e.head(e.ENTRIES[:5], e.LOG)}), "altered", "no proof of what it became"),
        (_with(**{"checkpoints/5-1.txt": b"x"}), "unknown", "checkpoints/5-1.txt"),
        (_with(**{"consistency/7.tlog-consistency": None}), "altered", "no proof of what it became"),
        (_with(**{"checkpoints/7-1.txt": None}), "altered", "no older checkpoint of 7 entries is here"),
        (_with(**{"consistency/7.tlog-consistency": e.grown(9, e.ENTRIES)}), "altered", "begins at"),
        (_with(**{"consistency/7.tlog-consistency": e.grown(7, e.ENTRIES[:9])}), "altered", "leads to another"),
        (_with(**{"consistency/a.tlog-consistency": b"x"}), "unknown", "named by a number"),
    ],
)  # fmt: skip
def test_what_was_put_together_otherwise_is_judged_alike(bare: Any, data: bytes, verdict: str, why: str) -> None:
    found = answer(bare, [data])
    assert found.split()[0] == verdict, found
    assert why in found
    with pytest.raises(NotGenuine if verdict == "altered" else Refused) as error:
        judge(data)
    assert isinstance(error.value, NotGenuine) == (verdict == "altered")
    assert why in str(error.value)


def test_keys_inside_never_count(bare: Any) -> None:
    data = _with(**{"keys.txt": e.KEY, "policy": e.POLICY})
    assert "No trusted key was given" in answer(bare, [data], [])
    assert program(data, b"") == "unknown"
    for stranger in (e.OTHER, e.STRANGER):
        key = stranger.key.text().encode()
        assert answer(bare, [data], [key]).split()[0] == program(data, key) != "verified"


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        (e.head(e.ENTRIES[:7], e.LOG), "verified"),
        (e.head(e.ENTRIES[:9], e.LOG), "verified"),
        (e.head(e.ENTRIES, e.LOG), "verified"),
        (e.head(OTHERS[:7], e.LOG), "altered"),
        (e.head(OTHERS[:9], e.LOG), "altered"),
        (e.head(OTHERS, e.LOG), "altered"),
        (e.head(e.ENTRIES[:9], e.OTHER), "altered"),
        (e.head(e.ENTRIES[:8], e.LOG), "unknown"),
        (e.head(e.rows(12), e.LOG), "unknown"),
        (e.head(e.ENTRIES[:7], STRANGE, origin=STRANGE.key.name), "unknown"),
        (b"x", "unknown"),
    ],
)
def test_a_checkpoint_that_the_auditor_kept(bare: Any, kept: bytes, verdict: str) -> None:
    assert program(GOOD, kept=kept) == verdict
    assert answer(bare, [GOOD], [e.KEY], [kept]).split()[0] == verdict


def test_a_kept_checkpoint_of_another_ledger_is_no_sign_of_alteration(bare: Any) -> None:
    kept, trust = e.head(e.ENTRIES, STRANGE, origin=STRANGE.key.name), e.KEY + STRANGE.key.text().encode()
    assert program(GOOD, trust, kept) == "unknown"
    assert answer(bare, [GOOD], [trust], [kept]).split()[0] == "unknown"


def test_the_page_tells_what_is_proved_from_what_is_packed(page: Any) -> None:
    _put(page, "files", ("evidence.zip", GOOD))
    page.locator("#trust-text").fill(e.KEY.decode())
    text = _result(page)
    assert "All 3 records stand in the ledger" in text
    assert "evidence.zip is whole: it holds exactly what its manifest names." in text
    assert "3 of 11: attestation 1, register 1, transfer 1." in text
    assert f"{e.REGISTER} (adopted by entry 1)" in text
    assert "reports/auditor.html (attested by entry 2)" in text
    assert "2, from 7 entries on; 1 of them signed by a key that you trust." in text
    proved, packed = text.split("As packed, but not proved")
    for name in ("README.txt", "findings.json", "keys.txt", "verify.html", "reports/other.html"):
        assert name in packed.split("The other 8 entries")[0]
        assert name not in proved
    assert "A later correction or withdrawal of a transfer would not show here." in text
    assert page.locator("#result details").count() >= 3


def test_a_signature_that_the_browser_cannot_check_does_not_count(page: Any) -> None:
    page.evaluate(LACKS.replace("NAME", "'ML-DSA-44'"))
    _put(page, "files", ("evidence.zip", _with(**{"checkpoints/7-1.txt": e.head(e.ENTRIES[:7], e.LOG_MLDSA)})))
    page.locator("#trust-text").fill((e.KEY + MLDSA_KEY).decode())
    assert "2, from 7 entries on; 0 of them signed by a key that you trust." in _result(page)


def test_the_page_names_what_was_changed(page: Any) -> None:
    data = bundle.write({**MEMBERS, "findings.json": b"{ }\n", bundle.MANIFEST: MANIFEST})
    _put(page, "files", ("evidence.zip", data))
    page.locator("#trust-text").fill(e.KEY.decode())
    text = _result(page)
    assert "Altered: not genuine" in text
    assert "findings.json: it is not what the manifest says; it was changed." in text
    assert "The evidence in" not in text


# ---- One of a real ledger ----


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The bundle of a small ledger with findings and two checkpoints, and its verifier key."""
    folder = tmp_path_factory.mktemp("real")
    path = make_ledger(folder / "l.db", STATED, UNKNOWN, UNDOCUMENTED, STATED, withdraw="t3")
    keys = new_key(folder / "k", "shire.example/transfers")
    make(path, keys)
    with open_ledger(path) as ledger:
        ledger.append(ledger.settle({**STATED, "id": "late", "transferred_on": date(2010, 3, 1)}, {}))
    make(path, keys)
    with Source(path) as source:
        checked = check_source(source, date(2011, 1, 31))
        data = evidence_bundle(source, checked.result, checked.rows)
    return data, keys.keys[0].key.text().encode()


def test_a_real_bundle_is_verified_in_an_empty_folder_by_the_page_that_came_in_it(
    browser: Any, real: tuple[bytes, bytes], tmp_path: Path
) -> None:
    data, key = real
    (tmp_path / "evidence.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(tmp_path / "out")
    tab = browser.new_page()
    tab.goto((tmp_path / "out" / "verify.html").as_uri())
    tab.locator("#files").set_input_files(tmp_path / "evidence.zip")
    tab.locator("#trust-text").fill(key.decode())
    text = _result(tab)
    tab.close()
    assert "All 10 records stand in the ledger shire.example/transfers" in text
    assert "1, from 11 entries on; 1 of them signed by a key that you trust." in text
    # A name out of the ledger that looks like markup or a formula is a text.
    assert "Entry 4: organisation: Shire <b>Council</b>" in text


def test_no_byte_of_a_real_bundle_can_be_changed_for_the_page(bare: Any, real: tuple[bytes, bytes]) -> None:
    data, key = real
    assert answer(bare, [data], [key]) == "verified"
    places = sorted({*range(0, len(data), len(data) // 150), *range(len(data) - 22, len(data)), *range(30)})
    for at, verdict, why in flipped(bare, data, 1, places, trust=[key]):
        assert verdict != "verified", (at, why)
