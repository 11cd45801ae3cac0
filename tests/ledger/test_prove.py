"""Proofs that stand alone: what is in the ledger is proved, and nothing else is, whichever bit is changed."""

from __future__ import annotations

import io
import random
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import bundle, prove
from ledger.checkpoints import Made
from ledger.errors import NotGenuine, Refused
from ledger.keyfile import KeyFile
from ledger.source import Source
from ledger.tlog import merkle, note, proof
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1, SignatureLine
from ledger.verify.proofs import Trusted, verify_consistency, verify_inclusion
from tests.ledger.signers import append, make, new_key, signed_ledger, tree_of
from tests.ledger.tlog.signed import flips
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small

SIZES = (1, 2, 3, 255, 256, 257, 511, 513, 600)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KeyFile, dict[int, Made]]:
    """A ledger of some hundred entries with checkpoints on the way: its path, key and checkpoints by size."""
    folder = tmp_path_factory.mktemp("world")
    path, keys = small(folder / "l.db"), new_key(folder / "k", algorithms=[SUBTREE_V1, ED25519])
    kept = {}
    for number in (0, 1, 245, 3, 300):
        with open_ledger(path) as ledger:
            size = ledger.db.execute("SELECT count(*) FROM entries").fetchone()[0]
            ledger.append_many(settled(ledger, f"n{size + n}", {"note": f"note {n}"}) for n in range(number))
        made = make(path, keys)
        kept[made.tree.size] = made
    return path, keys, kept


def trust(keys: KeyFile) -> Trusted:
    return Trusted(tuple(one.key for one in keys.keys))


def test_every_entry_is_proved_against_every_checkpoint_that_covers_it(
    world: tuple[Path, KeyFile, dict[int, Made]],
) -> None:
    path, keys, kept = world
    with Source(path) as source:
        for size, made in kept.items():
            for seq in {0, 1, 3, size // 2, size - 2, size - 1, *range(0, size, 97)}:
                found = verify_inclusion(prove.inclusion(source.db, seq, (), made.note).encode(), trust(keys))
                there = source.entry(seq)
                assert there is not None
                assert (found.seq, found.entry, found.hash) == (seq, there[0], there[2])
                assert found.vouched.tree == made.tree
                assert len(found.vouched.signed) == 2
            with pytest.raises(Refused, match=f"covers {size:,} entries, and entry {size} is not among them"):
                prove.inclusion(source.db, size, (), made.note)
        newest = max(kept)
        assert tree_of(prove.inclusion(source.db, 3).checkpoint).size == newest
        for which in (str(newest), "-1", "03", "٣", "1_0", "", "9" * 15, "9" * 40, "nobody"):
            with pytest.raises(Refused, match="No transfer has the id, and no entry the number"):
                prove.place_of(source.db, which)


def test_consistency_is_proved_between_every_two_checkpoints(world: tuple[Path, KeyFile, dict[int, Made]]) -> None:
    path, keys, kept = world
    with Source(path) as source:
        for old in kept.values():
            for new in kept.values():
                if old.tree.size > new.tree.size:
                    with pytest.raises(NotGenuine, match="entries were lost, or a checkpoint is still to be made"):
                        prove.consistency(source.db, old.tree, new.note)
                    continue
                data = prove.consistency(source.db, old.tree, new.note).encode()
                before, after = verify_consistency(data, old.note, trust(keys))
                assert (before.tree, after.tree) == (old.tree, new.tree)
                for other in kept.values():
                    if other is not old:
                        with pytest.raises(Refused, match="it belongs to another one"):
                            verify_consistency(data, other.note, trust(keys))


def test_an_id_goes_before_a_number(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    append(path, "2", "t-9")
    with Source(path) as source:
        assert prove.place_of(source.db, "2") == 8
        assert prove.place_of(source.db, "3") == 3
        assert prove.place_of(source.db, "t-9") == 9


def test_what_no_checkpoint_covers_is_not_proved_yet(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with Source(path) as source, pytest.raises(Refused, match="No checkpoint covers entry 3 yet; `transfer-ledger ch"):
        prove.inclusion(source.db, 3)
    make(path, new_key(tmp_path / "k"))
    append(path, "late")
    with Source(path) as source:
        prove.inclusion(source.db, 8)
        with pytest.raises(Refused, match="No checkpoint covers entry 9 yet"):
            prove.inclusion(source.db, 9)


def test_the_checkpoint_with_the_most_signatures_is_taken(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    witness = new_key(tmp_path / "w", "county.example/w", [COSIGNATURE_V1]).keys[0]

    def cosign(signed: bytes, _: Callable[[int], object]) -> list[SignatureLine]:
        return [note.signature_line(note.parse(signed).text, witness.signer(1_274_432_400))]

    cosigned = make(path, keys, witnesses=[("county", cosign)])
    make(path, keys, stamp=lambda message: b"a stamp")
    with Source(path) as source:
        assert prove.covering(source.db, 0) == cosigned.note


def test_values_are_disclosed_one_by_one(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    with open_ledger(path) as ledger:
        ledger.append(settled(ledger, "x", {"note": "asked by letter", "operator": "J. Patel"}))
    make(path, keys)
    with Source(path) as source:
        for chosen, shown in (
            ((), {}),
            (("note",), {"note": "asked by letter"}),
            (("operator", "note", "note"), {"operator": "J. Patel", "note": "asked by letter"}),
        ):
            data = prove.inclusion(source.db, 8, chosen).encode()
            assert verify_inclusion(data, trust(keys)).disclosed == shown
        for secret in (b"Patel", b"letter"):
            assert secret not in (prove.inclusion(source.db, 8).extra or b"")
        with pytest.raises(Refused, match=r"has no value reason that could be disclosed \(there are: note, operator\)"):
            prove.inclusion(source.db, 8, ("reason",))
        with pytest.raises(Refused, match="there are: none"):
            prove.inclusion(source.db, 0, ("note",))
        of_another = prove.inclusion(source.db, 3, ("note",)).extra
        assert of_another is not None
        one = prove.inclusion(source.db, 8, ("note",))
    assert one.extra is not None
    entry, disclosed = one.extra.split(b"\n")
    for texts in ([disclosed, disclosed], [of_another.split(b"\n")[1]], [b""], [b"x"], [b"\xff"], [disclosed[:-1]]):
        made = proof.Proof(one.index, one.path, one.checkpoint, b"\n".join([entry, *texts]))
        with pytest.raises(NotGenuine, match=r"as note is not one that the entry|cannot be read"):
            verify_inclusion(made.encode(), trust(keys))


def _small_proof(folder: Path) -> tuple[bytes, KeyFile, Path]:
    path, keys, _ = signed_ledger(folder)
    with Source(path) as source:
        return prove.inclusion(source.db, 4, ("note",)).encode(), keys, path


@pytest.mark.slow
def test_every_flipped_bit_of_a_proof_is_rejected(tmp_path: Path) -> None:
    whole, keys, _ = _small_proof(tmp_path)
    verify_inclusion(whole, trust(keys))
    for changed in flips(whole):
        with pytest.raises(Refused):
            verify_inclusion(changed, trust(keys))


@pytest.mark.slow
def test_every_flipped_bit_of_a_bundle_and_of_a_consistency_file_is_rejected(tmp_path: Path) -> None:
    whole, keys, path = _small_proof(tmp_path)
    with Source(path) as source:
        old = prove.covering(source.db, 0)
    append(path, "more")
    made = make(path, keys)
    with Source(path) as source:
        growth = prove.consistency(source.db, tree_of(old), made.note).encode()
    verify_consistency(growth, old, trust(keys))
    for changed in flips(growth):
        with pytest.raises(Refused):
            verify_consistency(changed, old, trust(keys))
    for changed in flips(old):
        with pytest.raises(Refused):
            verify_consistency(growth, changed, trust(keys))
    members = {"proofs/4.tlog-proof": whole, "consistency/9.tlog-consistency": growth}
    packed = bundle.write(members)
    assert bundle.read(packed) == members
    for changed in flips(packed):
        with pytest.raises(Refused):
            bundle.read(changed)


def test_a_line_of_a_key_that_was_not_given_may_be_anything(tmp_path: Path) -> None:
    # signed-note: anyone may add a line, and whoever does not know its key passes it over.
    whole, keys, _ = _small_proof(tmp_path)
    for line in ("— someone.example AAAAAAA=\n", "— springfield.example/transfers AAAAAAA=\n"):
        found = verify_inclusion(whole + line.encode(), trust(keys))
        assert found.vouched.signed == (keys.keys[0].key,)
    with pytest.raises(NotGenuine, match="None of the keys that were given signed this checkpoint"):
        verify_inclusion(whole, trust(new_key(tmp_path / "other")))
    with pytest.raises(Refused, match="keys inside a file never count"):
        verify_inclusion(whole, Trusted())
    doubled = whole + whole[whole.rindex("— ".encode()) :]
    assert verify_inclusion(doubled, trust(keys)).seq == 4  # the same line again says nothing new


def test_a_proof_of_what_is_no_entry_is_not_genuine(tmp_path: Path) -> None:
    keys = new_key(tmp_path / "k")
    (tmp_path / "other").mkdir()
    good, _, _ = _small_proof(tmp_path / "other")
    entry = (proof.parse(good).extra or b"").split(b"\n")[0]
    for data, index, sentence in (
        (b"anything", 0, "The entry was sealed so, but is not well formed"),
        (b"{}", 0, "is not well formed"),
        (entry, 0, "The entry says that it is number 4, but it is proved as number 0"),
    ):
        leaf = merkle.leaf_hash(data)
        tree = Checkpoint(ORIGIN, 1, merkle.leaf_hash(data))
        signed = note.render(note.Note(tree.text(), (note.signature_line(tree.text(), keys.keys[0].signer()),)))
        assert leaf == tree.root
        with pytest.raises(NotGenuine, match=sentence):
            verify_inclusion(proof.Proof(index, (), signed, data).encode(), trust(keys))
    with pytest.raises(Refused, match="carries no entry"):
        verify_inclusion(proof.Proof(0, (), signed).encode(), trust(keys))
    longer = Checkpoint(ORIGIN, 1, leaf, ("an extension",))
    signed = note.render(note.Note(longer.text(), (note.signature_line(longer.text(), keys.keys[0].signer()),)))
    with pytest.raises(Refused, match="extension lines"):
        verify_inclusion(proof.Proof(0, (), signed, entry).encode(), trust(keys))


# -- a file that was tampered with ---------------------------------------------------------------------------------


def test_a_file_that_was_changed_gives_no_proof_and_no_traceback(
    world: tuple[Path, KeyFile, dict[int, Made]],
) -> None:
    path, _, kept = world
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with sqlite3.connect(path) as disk:
        disk.backup(memory)
    disk.close()
    for (name,) in memory.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        memory.execute(f"DROP TRIGGER {name}")
    old, newest = kept[min(kept)].tree, max(kept)
    changes = [
        f"UPDATE tiles SET hashes = {to} WHERE level = {level} AND n = {n}"
        for level, n in memory.execute("SELECT level, n FROM tiles").fetchall()
        for to in ("x''", "x'00'", "zeroblob(length(hashes))", "CAST(substr(hashes, 1, length(hashes) - 1) AS BLOB)")
    ]
    changes += [
        "DELETE FROM tiles WHERE level = 1",
        "UPDATE entries SET hash = 'é' WHERE seq = 540",
        "UPDATE entries SET hash = '' WHERE seq = 540",
        "UPDATE entries SET hash = printf('%064d', 0) WHERE seq = 540",
        "DELETE FROM entries WHERE seq = 540",
        "DELETE FROM entries WHERE seq > 100",
    ]
    for change in changes:
        memory.execute("BEGIN")
        memory.execute(change)
        failed = 0
        for seq in (0, 3, 300, 541):
            try:
                prove.inclusion(memory, seq)
            except Refused:
                failed += 1
        try:
            prove.consistency(memory, old, kept[newest].note)
        except Refused:
            failed += 1
        memory.execute("ROLLBACK")
        assert failed, change
    for change in (
        "UPDATE entries SET entry = replace(entry, 'oak-high', 'oak-hihg') WHERE seq = 3",
        "UPDATE entries SET entry = CAST(entry || ' ' AS TEXT) WHERE seq = 3",
    ):
        memory.execute("BEGIN")
        memory.execute(change)
        with pytest.raises(NotGenuine, match=r"gives no valid proof of entry 3: .* `transfer-ledger verify` says more"):
            prove.inclusion(memory, 3)
        prove.inclusion(memory, 4)  # the others are what they were
        memory.execute("ROLLBACK")
    memory.close()


def test_another_history_is_not_consistent(tmp_path: Path) -> None:
    path, keys, first = signed_ledger(tmp_path)
    append(path, "more")
    make(path, keys)
    with Source(path) as source:
        head = prove.covering(source.db, 0)
        for old in (Checkpoint(ORIGIN, 9, bytes(32)), Checkpoint(ORIGIN, 10, first.tree.root)):
            with pytest.raises(NotGenuine):
                prove.consistency(source.db, old, head)
        with pytest.raises(Refused, match=r"is of x\.example, and this ledger is springfield"):
            prove.consistency(source.db, Checkpoint("x.example", 3, bytes(32)), head)
        for size in (11, 5000, 2**40, 2**63 - 1):  # a checkpoint of a ledger that is not this file
            tree = Checkpoint(ORIGIN, size, bytes(32))
            signed = note.render(note.Note(tree.text(), note.parse(head).signatures))
            with pytest.raises(Refused):
                prove.inclusion(source.db, 3, (), signed)
            with pytest.raises(Refused):
                prove.consistency(source.db, first.tree, signed)


@pytest.mark.parametrize(
    ("size", "text"), [(10**6, "garbage"), (10**6, ""), (9, "garbage"), (10**6, None), (2**62, "é\n\n— é é\n")]
)
def test_an_edited_checkpoint_table_is_a_sentence(tmp_path: Path, size: int, text: str | None) -> None:
    path, _, made = signed_ledger(tmp_path)
    with open_ledger(path) as ledger:
        ledger.keep_checkpoint(size, made.note if text is None else text.encode(), None)
    with Source(path) as source:
        if text is None:
            assert prove.inclusion(source.db, 3).checkpoint == made.note
        else:
            with pytest.raises(Refused):
                prove.inclusion(source.db, 3)
        prove.inclusion(source.db, 3, (), made.note)  # what was kept elsewhere goes round it


# -- bundles -------------------------------------------------------------------------------------------------------

MEMBERS = {"proofs/1.tlog-proof": b"hello\n" * 20, "consistency/3.tlog-consistency": b"x" * 50, "keys.txt": b""}


def packed(members: list[tuple[str | zipfile.ZipInfo, bytes]], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def info(name: str, **other: object) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.external_attr, made.create_system = 0o644 << 16, 3
    for attribute, value in other.items():
        setattr(made, attribute, value)
    return made


@given(st.dictionaries(st.from_regex(r"[a-z/0-9.]{1,20}", fullmatch=True), st.binary(max_size=200), max_size=8))
def test_a_bundle_is_read_as_it_was_written_in_one_form(members: dict[str, bytes]) -> None:
    data = bundle.write(members)
    assert bundle.read(data) == members
    assert bundle.write(dict(reversed(members.items()))) == data
    assert bundle.is_bundle(data) is bool(members)


def test_our_own_form_is_what_the_other_cases_differ_from() -> None:
    members = [(info(name), MEMBERS[name]) for name in sorted(MEMBERS)]
    assert bundle.read(packed([*members])) == MEMBERS


@pytest.mark.parametrize(
    "data",
    [
        packed([(info("a", compress_type=zipfile.ZIP_DEFLATED), b"x" * 100)]),
        packed([(info("a", compress_type=zipfile.ZIP_LZMA), b"x" * 100)]),
        packed([(info("a"), b"x"), (info("a"), b"x")]),
        packed([(info("a"), b"x"), (info("a"), b"y")]),
        packed([(info("b"), b"x"), (info("a"), b"x")]),
        packed([(info("a"), b"x")], comment=b"trust this key"),
        packed([(info("a", comment=b"hello"), b"x")]),
        packed([(info("a", extra=b"\x01\x00\x01\x00x"), b"x")]),
        packed([(info("a", date_time=(2026, 1, 1, 0, 0, 0)), b"x")]),
        packed([(info("a", external_attr=0o755 << 16), b"x")]),
        packed([(info("a", create_system=0), b"x")]),
        packed([("a", b"x")]),
        packed([(info("é"), b"x")]),
        packed([(info("a\x1b[2J"), b"x")]),
        packed([(info("a\nb"), b"x")]),
        bundle.write(MEMBERS) + b"x",
        bundle.write(MEMBERS) + b"\0" * 22,
        bundle.write(MEMBERS) + bundle.write(MEMBERS),
        b"x" + bundle.write(MEMBERS),
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"",
        bundle.write(MEMBERS)[:-1],
        bundle.write(MEMBERS)[1:],
        bundle.write(MEMBERS)[:-22],
    ],
)
def test_a_bundle_in_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="The bundle"):
        bundle.read(data)


def test_every_flipped_bit_of_a_bundle_is_refused() -> None:
    for changed in flips(bundle.write(MEMBERS)):
        with pytest.raises(Refused, match="The bundle"):
            bundle.read(changed)


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_bundle_that_was_hacked_about_is_refused(seed: int) -> None:
    # What zipfile raises of a damaged directory is many things; none of them is to come through.
    rng, whole = random.Random(seed), bundle.write(MEMBERS)
    data = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.choice([0, 255, rng.randrange(256)])
            case 1:
                del data[at : at + rng.randint(1, 30)]
            case 2:
                data[at:at] = data[rng.randrange(len(data)) :][:40]
            case _:
                data[at : at + 4] = b"\xff\xff\xff\xff"
    if bytes(data) != whole:
        with pytest.raises(Refused, match="The bundle"):
            bundle.read(bytes(data))
