"""A checkpoint has three lines, each in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.tlog import checkpoint
from ledger.tlog.checkpoint import Checkpoint
from tests.ledger.tlog.signed import HEAD

LINES = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters=[chr(c) for c in range(32)]), min_size=1, max_size=30
)
CHECKPOINTS = st.builds(
    Checkpoint,
    LINES,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(LINES, max_size=3).map(tuple),
)


@given(CHECKPOINTS)
def test_checkpoints_round_trip(given_checkpoint: Checkpoint) -> None:
    text = given_checkpoint.text()
    assert checkpoint.parse(text) == given_checkpoint
    assert text.count("\n") == 3 + len(given_checkpoint.extensions)


def test_the_example_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    read = checkpoint.parse(text)
    assert (read.origin, read.size, read.root[:2], read.extensions) == (
        "example.com/behind-the-sofa",
        20852163,
        b"\n\xc5",
        (),
    )
    assert read.text() == text


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no newline at its end"),
        ("\n", "Line 1 of the checkpoint is empty"),
        ("o\n5\n", "ends at line 2"),
        (f"o\n5\n{ROOT}", "no newline at its end"),
        (f"\n5\n{ROOT}\n", "Line 1 of the checkpoint is empty"),
        (f"o\n5\n\n{ROOT}\n", "Line 3 of the checkpoint is empty"),
        (f"o\n5\n{ROOT}\n\n", "Line 4 of the checkpoint is empty"),
        (f"o\n5\n{ROOT}\next\n\next\n", "Line 5 of the checkpoint is empty"),
        (f"o\r\n5\r\n{ROOT}\r\n", "Line 1 holds a carriage return"),
        (f"o\n5\n{ROOT}\r\n", "Line 3 holds a carriage return"),
        (f"o\n5\0\n{ROOT}\n", "Line 2 holds the control character U\\+0000"),
        (f"o\ud800\n5\n{ROOT}\n", "Line 1 holds half a character"),
        *(
            (f"o\n{size}\n{ROOT}\n", "Line 2 of the checkpoint, the size: .* without leading zeros")
            for size in (
                "05",
                "00",
                "+5",
                "-5",
                " 5",
                "5 ",
                "1_0",
                "٥",
                "5.0",
                "0x5",
                "9223372036854775808",
                "9" * 5000,
            )
        ),
        *(
            (f"o\n5\n{root}\n", f"Line 3 of the checkpoint, the root: .*{says}")
            for root, says in (
                (ROOT[:-1], "not base64"),
                (ROOT + "=", "not base64"),
                (ROOT.replace("I=", "J="), "its last bits say nothing"),
                (ROOT.replace("/", "_"), "not base64"),
                (" " + ROOT, "not base64"),
                (ROOT + " ", "not base64"),
                ("AAAA", "has 3 bytes; a hash has 32"),
                (ROOT[:-1].replace("I", "IA") + "AA=", "not base64|bytes"),
            )
        ),
    ],
)
def test_a_broken_checkpoint_says_where(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        checkpoint.parse(text)


def test_the_largest_size() -> None:
    assert checkpoint.parse(f"o\n9223372036854775807\n{ROOT}\n").size == 2**63 - 1
    assert checkpoint.parse(f"o\n0\n{ROOT}\n").size == 0


@pytest.mark.parametrize(
    "broken",
    [
        HEAD._replace(origin=""),
        HEAD._replace(origin="a\n5"),
        HEAD._replace(origin="a\n5\n" + ROOT),
        HEAD._replace(origin="\udfff"),
        HEAD._replace(size=-1),
        HEAD._replace(size=2**63),
        HEAD._replace(root=b"short"),
        HEAD._replace(extensions=("",)),
        HEAD._replace(extensions=("a\nb",)),
    ],
)
def test_only_checkpoints_are_written(broken: Checkpoint) -> None:
    with pytest.raises(Refused):
        broken.text()
