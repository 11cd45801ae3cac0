"""A policy says whom one trusts; it is read as tlog-policy asks, and accepts no less than it says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotGenuine, Refused
from ledger.tlog import note, policy
from ledger.tlog.cosignature import Ed25519Cosigner, MLDSA44Cosigner
from ledger.tlog.note import Ed25519Signer, Note, VerifierKey
from ledger.tlog.policy import Group, Log, Policy, Witness
from tests.ledger.tlog.signed import HEAD, LOG, LOG_MLDSA, WITNESS, WITNESS_MLDSA, signed

X = [Ed25519Cosigner(f"x{number}.example", bytes([0x10 + number]) * 32, 100 + number) for number in range(3)]
Y = [MLDSA44Cosigner(f"y{number}.example", bytes([0x20 + number]) * 32, 200 + number) for number in range(3)]
TEXT = HEAD.text()

# The example of tlog-policy, with keys.
EXAMPLE = f"""log {LOG.key.text()}

witness X1 {X[0].key.text()}
witness X2 {X[1].key.text()}
witness X3 {X[2].key.text()}
group X-witnesses 2 X1 X2 X3

witness Y1 {Y[0].key.text()}
witness Y2 {Y[1].key.text()}
witness Y3 {Y[2].key.text()}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def read(text: str | bytes) -> Policy:
    return policy.parse(text.encode() if isinstance(text, str) else text)


def test_the_example_of_the_specification() -> None:
    found = read(EXAMPLE)
    assert found.logs == (Log(LOG.key),)
    assert list(found.witnesses) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert found.witnesses["Y1"] == Witness(Y[0].key)
    assert found.groups == {
        "X-witnesses": Group(2, ("X1", "X2", "X3")),
        "Y-witnesses": Group(1, ("Y1", "Y2", "Y3")),
        "X-and-Y": Group(2, ("X-witnesses", "Y-witnesses")),
    }
    names = list(found.witnesses)
    for length in range(7):
        for cosigned in itertools.combinations(names, length):
            enough = sum(name[0] == "X" for name in cosigned) >= 2 and any(name[0] == "Y" for name in cosigned)
            assert policy.satisfied(found, set(cosigned)) == enough
    assert policy.warnings(found) == []


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6).filter(
    lambda name: " " not in name and name != "none"
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    def key(algorithms: tuple[int, ...], number: int) -> VerifierKey:
        algorithm = draw(st.sampled_from(algorithms))
        return VerifierKey.of("k", algorithm, number.to_bytes(32, "big").ljust(note.PUBLIC_BYTES[algorithm], b"\1"))

    names = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    urls = st.none() | NAMES
    logs = tuple(Log(key((1, 6), number), draw(urls)) for number in range(draw(st.integers(0, 3))))
    count = draw(st.integers(1, len(names)))
    witnesses = {name: Witness(key((4, 6), at), draw(urls)) for at, name in enumerate(names[:count])}
    free = list(witnesses)
    groups = {}
    for name in names[count:]:
        members = tuple(draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True))) if free else ()
        if members:
            groups[name] = Group(draw(st.integers(1, len(members))), members)
            free = [other for other in free if other not in members] + [name]
    return Policy(logs, witnesses, groups, draw(st.sampled_from(["none", *witnesses, *groups])))


@given(policies(), st.data())
def test_policies_round_trip_and_more_cosignatures_never_hurt(made: Policy, data: st.DataObject) -> None:
    # Comment marks begin comments at the beginning of a line only, and these names never stand there.
    assert policy.parse(made.encode()) == made
    assert policy.parse(made.encode()).encode() == made.encode()
    some = data.draw(st.sets(st.sampled_from(list(made.witnesses))))
    more = some | data.draw(st.sets(st.sampled_from(list(made.witnesses))))
    assert policy.satisfied(made, some) <= policy.satisfied(made, more)
    assert policy.satisfied(made, set(made.witnesses))
    assert policy.satisfied(made, set()) == (made.quorum == "none")


def test_spaces_comments_and_order_mean_nothing() -> None:
    loose = f"\n \t\n# log x\n\t # é\n\twitness  W\t{WITNESS.key.text()} \t https://w.example/ \nquorum W\t\nlog {LOG.key.text()}\thttps://l.example\n"
    found = read(loose)
    assert found.witnesses == {"W": Witness(WITNESS.key, "https://w.example/")}
    assert found.logs == (Log(LOG.key, "https://l.example"),)
    assert found.quorum == "W"


def test_names_are_octets() -> None:
    kelvin, latin = "\u212a", b"\xe9\xff"
    data = b"witness K %s\nwitness %s %s\nwitness %s %s\ngroup all 3 K %s %s\nquorum all\n" % (
        X[0].key.text().encode(),
        kelvin.encode(),
        X[1].key.text().encode(),
        latin,
        X[2].key.text().encode(),
        kelvin.encode(),
        latin,
    )
    found = read(data)
    assert len(found.witnesses) == 3
    assert policy.satisfied(found, set(found.witnesses))
    assert policy.parse(found.encode()) == found
    with pytest.raises(Refused) as refused:
        read(data.replace(b"witness K", b"witness \xff\xe9").replace(b"3 K", b"3 \xe9"))
    str(refused.value).encode()  # a sentence can be printed whatever the octets are
    assert "\\xe9" in str(refused.value)
    # A no-break space is no space of a policy.
    assert list(read("witness a\u00a0b " + WITNESS.key.text() + "\nquorum none\n").witnesses) == ["a\u00a0b"]


KEY_W, KEY_M, KEY_L = WITNESS.key.text(), WITNESS_MLDSA.key.text(), LOG.key.text()
SAME = VerifierKey.of("other.example", note.COSIGNATURE_V1, WITNESS.key.public).text()
SAME_LOG = VerifierKey.of("other.example", note.ED25519, LOG.key.public).text()
W = f"witness W {KEY_W}\n"
M = f"witness M {KEY_M}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no quorum line"),
        (W, "no quorum line"),
        ("quorum none", "Line 1 of the policy has no newline"),
        (W + "quorum none", "Line 2 of the policy has no newline"),
        ("quorum none\r\n", "Line 1 of the policy holds a carriage return"),
        ("\nquorum\vnone\n", "Line 2 of the policy holds the octet 0x0B"),
        ("\nquorum none\x7f\n", "Line 2 of the policy holds the octet 0x7F"),
        ("quorum none\n\0", "Line 2 of the policy holds the octet 0x00"),
        ("quorum none\nquorum none\n", "Line 2 of the policy: The quorum is defined already"),
        ("quorum\n", "Line 1 of the policy: 'quorum' is none of"),
        ("quorum none none\n", "Line 1 of the policy: 'quorum none none' is none of"),
        ("Quorum none\n", "Line 1 of the policy: 'Quorum none' is none of"),
        ("quorum W\n" + W, "Line 1 of the policy: 'W' is no witness or group defined on an earlier line"),
        ("log\n", "Line 1 of the policy: 'log' is none of"),
        (f"log {KEY_L} u v\n", "Line 1 of the policy: .* is none of"),
        (f"witness {KEY_W}\n", "Line 1 of the policy: .* is none of"),
        (f"witness W {KEY_W} u v\n", "Line 1 of the policy: .* is none of"),
        (f"\n\nwitness none {KEY_W}\n", "Line 3 of the policy: No witness or group can be named 'none'"),
        (W + "group none all W\n", "Line 2 of the policy: No witness or group can be named 'none'"),
        (W + W, "Line 2 of the policy: The name 'W' is defined already"),
        (W + "group W all W\n", "Line 2 of the policy: The name 'W' is defined already"),
        (W + f"witness V {SAME}\n", "Line 2 of the policy: The witness other.example has the same public key as"),
        (f"log {KEY_L}\nlog {KEY_L}\n", "Line 2 of the policy: The log .* has the same public key"),
        (f"log {KEY_L}\nlog {SAME_LOG}\n", "Line 2 of the policy: The log other.example has the same public key"),
        (f"log {KEY_W}\n", "Line 1 of the policy: .* type 0x04; a log signs with 0x01 or 0x06"),
        (f"witness W {KEY_L}\n", "Line 1 of the policy: .* type 0x01; a witness signs with 0x04 or 0x06"),
        ("log abc\n", "Line 1 of the policy: 'abc' is not a verifier key"),
        (f"log x{KEY_L}\n", "Line 1 of the policy: The key id .* is not that of the key 'xexample.org/log'"),
        (W + "group G all\n", "Line 2 of the policy: 'group G all' is none of"),
        (W + "group G W\n", "Line 2 of the policy: 'group G W' is none of"),
        (W + "group G 0 W\n", "Line 2 of the policy: '0' is not how many of the group's 1"),
        (W + "group G 2 W\n", "Line 2 of the policy: '2' is not how many"),
        (W + "group G 01 W\n", "Line 2 of the policy: '01' is not how many"),
        (W + "group G +1 W\n", "Line 2 of the policy: '\\+1' is not how many"),
        (W + "group G ١ W\n", "Line 2 of the policy: '١' is not how many"),
        (W + "group G " + "9" * 5000 + " W\n", "Line 2 of the policy: .* is not how many"),
        (W + "group G ALL W\n", "Line 2 of the policy: 'ALL' is not how many"),
        (W + "group G any G\n", "Line 2 of the policy: 'G' is no witness or group defined on an earlier line"),
        (W + "group G any none\n", "Line 2 of the policy: 'none' is no witness or group"),
        (W + "group G any W W\n", "Line 2 of the policy: 'W' is a member of a group already"),
        (W + "group G any W\ngroup H any W\n", "Line 3 of the policy: 'W' is a member of a group already"),
        (W + "group G any W\ngroup H all W G\n", "Line 3 of the policy: 'W' is a member of a group already"),
    ],
)
def test_a_broken_policy_says_where(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read(text)


@pytest.mark.parametrize(
    "broken",
    [
        Policy((), {}, {}, "W"),
        Policy((), {"a b": Witness(WITNESS.key)}, {}, "none"),
        Policy((), {"": Witness(WITNESS.key)}, {}, "none"),
        Policy((), {"W": Witness(WITNESS.key, "a\nquorum none")}, {}, "W"),
        Policy((), {"W": Witness(WITNESS.key)}, {"G": Group(2, ("W",))}, "G"),
        Policy((), {"W": Witness(WITNESS.key)}, {"G": Group(1, ("H",)), "H": Group(1, ("G",))}, "G"),
        Policy((Log(WITNESS.key),), {}, {}, "none"),
    ],
)
def test_only_policies_are_written(broken: Policy) -> None:
    with pytest.raises(Refused):
        broken.text()


def test_a_large_policy() -> None:
    names = [f"w{number}" for number in range(64)]
    keys = [Ed25519Cosigner(name, bytes([number]) * 32, 1).key for number, name in enumerate(names, 100)]
    lines = [f"witness {name} {key.text()}" for name, key in zip(names, keys, strict=True)]
    lines += ["group g0 1 w0", *(f"group g{at} all g{at - 1} w{at}" for at in range(1, 64)), "quorum g63"]
    found = read("\n".join(lines) + "\n")
    assert policy.satisfied(found, set(names))
    assert not policy.satisfied(found, set(names[1:]))


def test_warnings() -> None:
    two = W + M
    assert policy.warnings(read(two + "group G any W M\nquorum G\n")) == []
    for threshold in ("all", "2"):
        [warning] = policy.warnings(read(two + f"group G {threshold} W M\nquorum G\n"))
        assert "The group 'G' can count witness.example/w 2 times" in warning
    other = f"witness X {X[0].key.text()}\nwitness Y {Y[0].key.text()}\n"
    [warning] = policy.warnings(read(two + other + "group A any W X\ngroup B any M Y\ngroup G all A B\nquorum G\n"))
    assert "The group 'G' can count witness.example/w 2 times" in warning
    assert policy.warnings(read(two + other + "group A any W M\ngroup G 2 A X Y\nquorum G\n")) == []
    # A group that the quorum does not ask counts nothing.
    assert policy.warnings(read(two + "group G all W M\nquorum none\n"))[0].startswith("The quorum is none")
    assert policy.warnings(read(two + other + "group G all W M\nquorum X\n")) == []
    assert policy.warnings(read(two + other + "group G all W M\ngroup H any G X\nquorum Y\n")) == []
    as_witness = VerifierKey.of("w", note.COSIGNATURE_V1, LOG.key.public).text()
    [warning] = policy.warnings(read(f"log {KEY_L}\nwitness W {as_witness}\nquorum W\n"))
    assert "'W' has the public key of a log" in warning


def test_a_checkpoint_is_accepted_by_what_was_signed() -> None:
    trusted = read(EXAMPLE)
    found = policy.accept(trusted, signed(TEXT, LOG, X[0], X[2], Y[1]))
    assert found.checkpoint == HEAD
    assert found.logs == trusted.logs
    assert found.cosigned == {"X1": 100, "X3": 102, "Y2": 201}
    assert found.quorum
    found = policy.accept(trusted, signed(TEXT, LOG, X[0], Y[1], Y[2], WITNESS))
    assert (found.cosigned, found.quorum) == ({"X1": 100, "Y2": 201, "Y3": 202}, False)
    found = policy.accept(trusted, signed(TEXT, LOG_MLDSA, *X, *Y))
    assert (found.logs, found.quorum) == ((), True)


def test_a_forged_line_is_not_passed_over() -> None:
    good = signed(TEXT, LOG, *X, *Y)
    for at, line in enumerate(good.signatures):
        forged = line._replace(signature=bytes(len(line.signature)))
        with pytest.raises(NotGenuine, match=f"The signature of {line.name}"):
            policy.accept(read(EXAMPLE), Note(TEXT, (*good.signatures[:at], forged, *good.signatures[at + 1 :])))
    with pytest.raises(Refused, match="ends at line 1"):
        policy.accept(read(EXAMPLE), signed("text\n", LOG))


def test_a_log_signs_under_its_own_origin_only() -> None:
    stranger = Ed25519Signer("other.example/log", b"\x77" * 32)
    trusted = read(EXAMPLE + f"log {stranger.key.text()}\nlog {LOG_MLDSA.key.text()}\n")
    assert policy.accept(trusted, signed(TEXT, stranger, *X, *Y)).logs == ()
    assert policy.accept(trusted, signed(TEXT, LOG_MLDSA, stranger, LOG)).logs == (Log(LOG.key), Log(LOG_MLDSA.key))


def test_the_newest_time_of_a_witness_counts() -> None:
    trusted = read(W + M + "quorum W\n")
    older, newer = (Ed25519Cosigner(WITNESS.name, WITNESS.seed, time) for time in (5, 7))
    timeless = MLDSA44Cosigner(WITNESS_MLDSA.name, WITNESS_MLDSA.seed)
    for lines in ((older, newer), (newer, older), (newer, older, newer, timeless)):
        assert policy.accept(trusted, signed(TEXT, *lines)).cosigned["W"] == 7
    assert policy.accept(trusted, signed(TEXT, timeless)).cosigned == {"M": 0}


def test_one_key_as_log_and_as_witness() -> None:
    both = f"log {LOG_MLDSA.key.text()}\nwitness W {LOG_MLDSA.key.text()}\nquorum W\n"
    found = policy.accept(read(both), signed(TEXT, LOG_MLDSA))
    assert (len(found.logs), found.cosigned, found.quorum) == (1, {"W": 0}, True)
    assert policy.warnings(read(both))
