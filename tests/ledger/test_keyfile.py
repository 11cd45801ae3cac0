"""A key file holds its keys for its owner alone, and says what is wrong with any other file."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import traceback
from base64 import b64encode
from pathlib import Path

import pytest

from ledger import keyfile
from ledger.errors import Refused
from ledger.keyfile import KeyFile, PrivateKey
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1

NAME = "springfield.example/transfers"
KINDS = {
    "ed25519": [ED25519],
    "ml-dsa-44": [SUBTREE_V1],
    "both": [SUBTREE_V1, ED25519],
    "witness": [SUBTREE_V1, COSIGNATURE_V1],
}


def made(path: Path, algorithms: list[int] | None = None, passphrase: bytes | None = None) -> KeyFile:
    return keyfile.write(path, keyfile.make(NAME, algorithms or [ED25519], os.urandom), passphrase)


@pytest.mark.parametrize("passphrase", [None, b"correct horse", "pässwörd".encode(), b"x" * 1023])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_again(tmp_path: Path, kind: str, passphrase: bytes | None) -> None:
    written = made(tmp_path / "k", KINDS[kind], passphrase)
    asked = []
    read = keyfile.load(written.path, lambda: asked.append(1) or passphrase)  # type: ignore[func-returns-value]
    assert read == written
    assert read.name == NAME
    assert [one.key.algorithm for one in read.keys] == KINDS[kind]
    assert keyfile.vkeys(written.path) == [one.key for one in written.keys]
    assert keyfile.encrypted(written.path) is (passphrase is not None)
    assert len(asked) == (passphrase is not None)  # nobody is asked for what is not needed


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_with_a_key_verifies_under_it_alone(tmp_path: Path, kind: str) -> None:
    for one in made(tmp_path / "k", KINDS[kind]).keys:
        signature = one.sign_bytes(b"{message}")
        assert keyfile.verify_bytes(one.key, signature, b"{message}")
        assert not keyfile.verify_bytes(one.key, signature, b"{another}")
        assert not keyfile.verify_bytes(one.key, signature[:-1], b"{message}")
        assert not keyfile.verify_bytes(one.key, signature[:-1] + bytes([signature[-1] ^ 1]), b"{message}")
        (other,) = keyfile.make(NAME, [one.key.algorithm], os.urandom)
        assert not keyfile.verify_bytes(other.key, signature, b"{message}")


def test_an_encrypted_file_needs_its_passphrase(tmp_path: Path) -> None:
    path = made(tmp_path / "k", [SUBTREE_V1, ED25519], b"right").path
    assert b"ENCRYPTED" in path.read_bytes()
    with pytest.raises(Refused, match="passphrase is wrong"):
        keyfile.load(path, lambda: b"wrong")
    with pytest.raises(Refused, match="no passphrase was given"):
        keyfile.load(path)
    assert keyfile.vkeys(path)[-1].algorithm == ED25519  # which names the keys, is no secret
    with pytest.raises(Refused, match="1,023 at most"):
        made(tmp_path / "k2", passphrase=b"x" * 1024)
    assert not (tmp_path / "k2").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = made(tmp_path / "k").path
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o640, 0o604, 0o620, 0o611):
        path.chmod(mode)
        with pytest.raises(Refused, match=r"can be read by others; `chmod 600 k`"):
            keyfile.load(path)
    path.chmod(0o400)
    assert keyfile.load(path).name == NAME


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = made(tmp_path / "k").path
    before = path.read_bytes()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for there in (path, tmp_path, tmp_path / "dangling"):
        with pytest.raises(Refused, match="exists already; a key is never overwritten"):
            made(there)
    assert path.read_bytes() == before
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("where", ["none/k", "file/k", "x" * 300])
def test_a_key_that_cannot_be_written_leaves_nothing(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written"):
        made(tmp_path / where)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_name_that_no_key_can_have(tmp_path: Path) -> None:
    for name in ("", "a b", "a+b", "a\nb", "a\u2028b", "x\ud800", "a" * 256, "é" * 128):
        with pytest.raises(Refused, match="cannot name a key"):
            keyfile.make(name, [ED25519], os.urandom)
    assert keyfile.make("é" * 127, [ED25519], os.urandom)[0].key.name == "é" * 127


def test_every_changed_letter_of_a_file_is_noticed_or_says_the_same(tmp_path: Path) -> None:
    path = made(tmp_path / "k", [SUBTREE_V1, ED25519]).path
    whole = path.read_bytes()
    ours = keyfile.load(path)
    lines = whole.split(b"\n")
    ends = [sum(len(line) + 1 for line in lines[: n + 1]) for n in range(len(lines) - 1)]
    places = {0, 1, 4, 5, 6, *(end - 1 for end in ends), *(end - 2 for end in ends), *range(0, len(whole), 7)}
    for at in sorted(places):
        for bit in (0, 5):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            try:
                assert keyfile.load(path).keys == ours.keys
            except Refused as error:
                assert str(path) in str(error)  # noqa: PT017 # either is right


def _swapped(text: str) -> str:
    # Two vkey lines stay, and their private halves change places.
    first, second = text.split("vkey ")[1:]
    a, b = first.split("\n", 1), second.split("\n", 1)
    return f"vkey {a[0]}\n{b[1]}vkey {b[0]}\n{a[1]}"


def test_files_that_are_no_key_files(tmp_path: Path) -> None:
    text = made(tmp_path / "k", [ED25519]).path.read_text()
    other = keyfile.write(tmp_path / "o", keyfile.make("other.example/x", [ED25519], os.urandom)).path.read_text()
    same = made(tmp_path / "s", [ED25519]).path.read_text()
    path = tmp_path / "bad"
    for what, data, sentence in (
        ("nothing", "", "is not a key file"),
        ("text after it", text + "\n", "is not a key file"),
        ("text before it", "# mine\n" + text, "is not a key file"),
        ("Windows lines", text.replace("\n", "\r\n"), "is not a key file"),
        ("a public key alone", text.split("\n")[0] + "\n", "is not a key file"),
        ("a private key alone", text.split("\n", 1)[1], "is not a key file"),
        ("cut", text[:-1], "is not a key file"),
        ("two names", text + other, "is not a key file"),
        ("the private half of another", _swapped(text + same), "is another one than that line names"),
        ("one key twice", text + text, "is not a key file"),
        ("a key id of another", text.replace("+", "+0", 1), "key"),
        ("far too much", text * 1000, "is not a key file"),
        ("no text", "\udcff" + text, "is not a key file"),
    ):
        path.write_bytes(data.encode("utf-8", "surrogateescape"))
        path.chmod(0o600)
        with pytest.raises(Refused, match=sentence) as error:
            keyfile.load(path)
        assert str(path) in str(error.value), what
    with pytest.raises(Refused, match="cannot be read: Is a directory"):
        keyfile.load(tmp_path)
    with pytest.raises(Refused, match="does not exist; `transfer-ledger key new` makes a key"):
        keyfile.load(tmp_path / "none")


def test_a_private_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519

    vkey = made(tmp_path / "k").path.read_text().split("\n")[0]
    for private in (
        ec.generate_private_key(ec.SECP256R1()),
        ed448.Ed448PrivateKey.generate(),
        x25519.X25519PrivateKey.generate(),
    ):
        pem = private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
        path = tmp_path / "other"
        path.write_text(f"{vkey}\n{pem}")
        path.chmod(0o600)
        with pytest.raises(Refused, match="is another one than that line names"):
            keyfile.load(path)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_openssl_reads_the_ed25519_key(tmp_path: Path, passphrase: bytes | None) -> None:
    keys = made(tmp_path / "k", [ED25519], passphrase)
    pem = tmp_path / "k.pem"
    pem.write_text(keys.path.read_text().split("\n", 1)[1])
    command = ["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER", "-passin", "stdin"]
    done = subprocess.run(command, input=(passphrase or b"") + b"\n", capture_output=True, check=True)
    assert done.stdout[-32:] == keys.keys[0].key.public


def test_a_seed_is_shown_nowhere(tmp_path: Path) -> None:
    keys = made(tmp_path / "k", [SUBTREE_V1, ED25519])
    seeds = [one.seed for one in keys.keys]
    shown = [repr(keys), str(keys), f"{keys.keys}", repr(keys.keys[0].signer()), repr(keys.keys[1].signer())]
    try:
        raise ValueError(keys, *keys.keys, *(one.signer() for one in keys.keys))
    except ValueError:
        shown.append(traceback.format_exc())
    for text in shown:
        for seed in seeds:
            for form in (seed.hex(), repr(seed)[2:-1], b64encode(seed).decode(), b64encode(seed).decode()[:20]):
                assert form not in text
    assert isinstance(keys.keys[0], PrivateKey)


def test_the_record_lies_beside_the_file_and_not_beside_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    (tmp_path / "home").mkdir()
    made(tmp_path / "safe" / "k")
    (tmp_path / "home" / "link").symlink_to(tmp_path / "safe" / "k")
    (tmp_path / "home" / "again").symlink_to("link")
    for name in ("link", "again"):
        keys = keyfile.load(tmp_path / "home" / name)
        assert keys.record == tmp_path / "safe" / "k.record"
        assert keys.lock == tmp_path / "safe" / "k.lock"
