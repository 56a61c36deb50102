"""Signed notes and checkpoints: published vectors, and everything else refused."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.evidence import checkpoint as checkpoints
from archiver.evidence import tree
from archiver.evidence.checkpoint import (
    Checkpoint,
    ProofFile,
    open_checkpoint,
    read_proof,
    sign_checkpoint,
    write_proof,
)
from archiver.evidence.notes import InvalidNote, new_key, open_note, read_signer, read_verifier, sign_note, text_of

# The example of Go's sumdb/note, which C2SP's signed-note was made from.
SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = f"{TEXT}\n— PeterNeumann {SIGNATURE}\n".encode()

# A signed head of the public Go checksum database, with its published key.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_HEAD = (
    "go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n"
    "— sum.golang.org Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n"
).encode()

KEY = read_signer(SIGNER)
OTHER = new_key("PeterNeumann")


def test_the_published_note_is_made_and_opened_to_the_byte() -> None:
    assert KEY.verifier.text == VERIFIER
    assert KEY.text == SIGNER
    assert sign_note(TEXT, [KEY]) == NOTE
    note = open_note(NOTE, [read_verifier(VERIFIER)])
    assert note.text == TEXT
    assert note.signed_by == (KEY.verifier,)


def test_a_head_of_the_go_checksum_database_is_a_checkpoint() -> None:
    found = open_checkpoint(GO_HEAD, "go.sum database tree", [read_verifier(GO_KEY)])
    assert found.size == 65_209_736
    assert b64encode(found.root).decode() == "5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo="
    assert found.text == text_of(GO_HEAD)


def test_the_representation_of_a_key_shows_nothing_of_it() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert str(KEY.seed) not in repr(KEY)
    with pytest.raises(ValueError) as refused:
        read_signer(SIGNER[:-1])
    assert "AYEKFALVFGyNhP" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        VERIFIER.replace("c74f20a3", "c74f20a4"),
        VERIFIER.replace("PeterNeumann", "Peter"),
        VERIFIER.replace("+ARpc", "+BRpc"),
        VERIFIER[:-4],
        VERIFIER + "\n",
        " " + VERIFIER,
        VERIFIER.replace("c74f20a3", "C74F20A3"),
        SIGNER,
        "",
        "a+b",
    ],
)
def test_a_key_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_verifier(text)


def test_signatures_of_unknown_keys_are_passed_over_and_wrong_ones_of_known_keys_are_not() -> None:
    both = sign_note(TEXT, [OTHER, KEY])
    assert open_note(both, [KEY.verifier]).signed_by == (KEY.verifier,)
    assert open_note(both, [KEY.verifier, OTHER.verifier]).signed_by == (OTHER.verifier, KEY.verifier)
    with pytest.raises(InvalidNote, match="no key"):
        open_note(NOTE, [OTHER.verifier])
    forged = f"{TEXT}\n— PeterNeumann {b64encode(KEY.verifier.id + OTHER.sign(TEXT)).decode()}\n".encode()
    with pytest.raises(InvalidNote, match="wrong"):
        open_note(forged, [KEY.verifier])
    with pytest.raises(InvalidNote, match="wrong"):
        open_note(forged + sign_note(TEXT, [OTHER]).split(b"\n\n")[1], [KEY.verifier, OTHER.verifier])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        TEXT.encode(),
        NOTE[:-1],
        NOTE.replace(b"\n\n", b"\n"),
        NOTE + b"\n",
        NOTE + b"more\n",
        NOTE.replace("—".encode(), b"-"),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE.replace(b"JnAM=\n", b"JnAM\n"),
        NOTE.replace(b"JnAM=\n", b"JnAN=\n"),
        NOTE.replace(b"then", b"\tthen"),
        NOTE.replace(b"then", b"then\xff"),
        NOTE.replace(b"then", b"Then"),
        NOTE.replace(b"\n", b"\r\n"),
        b"x" * (1 << 20) + NOTE,
        TEXT.encode() + b"\n" + NOTE.split(b"\n\n")[1] * 101,
    ],
)
def test_a_malformed_or_changed_note_is_refused(note: bytes) -> None:
    with pytest.raises(InvalidNote):
        open_note(note, [KEY.verifier])


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_signed_note_is_accepted(at: int, by: int) -> None:
    changed = NOTE[:at] + bytes([NOTE[at] ^ by]) + NOTE[at + 1 :]
    with pytest.raises(InvalidNote):
        open_note(changed, [KEY.verifier])


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1), st.integers(1, 3))
def test_what_is_signed_is_opened(line: str, keys: int) -> None:
    ring = [new_key(f"key/{number}") for number in range(keys)]
    text = f"{line}\n\n{line}\n"
    note = open_note(sign_note(text, ring), [key.verifier for key in ring])
    assert note.text == text
    assert len(note.signed_by) == keys


@pytest.mark.parametrize("text", ["", "no line feed", "a\tb\n", "a\r\n", "a\0\n"])
def test_a_text_that_no_note_holds_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError):
        sign_note(text, [KEY])


# --- checkpoints ---------------------------------------------------------------------------------------------------

ORIGIN = "records.city.example/main"
LOG_KEY = new_key(ORIGIN)
CHECKPOINT = Checkpoint(ORIGIN, 7, tree.leaf_hash(b"x"))


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    note = sign_checkpoint(CHECKPOINT, [LOG_KEY])
    root = re.escape(b64encode(CHECKPOINT.root).decode())
    form = rf"{ORIGIN}\n7\n{root}\n\n— {ORIGIN} [A-Za-z0-9+/]{{91}}=\n"
    assert re.fullmatch(form, note.decode())
    assert open_checkpoint(note, ORIGIN, [LOG_KEY.verifier]) == CHECKPOINT
    assert CHECKPOINT.key == "log/checkpoint/00000000000000000007"
    assert checkpoints.size_in(CHECKPOINT.key) == 7


def test_the_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(InvalidNote, match="another log"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, [LOG_KEY]), "other.example/log", [LOG_KEY.verifier])


def test_extension_lines_of_others_are_read_over() -> None:
    note = sign_note(CHECKPOINT.text + "extension\n", [LOG_KEY])
    assert open_checkpoint(note, ORIGIN, [LOG_KEY.verifier]) == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{b64encode(CHECKPOINT.root).decode()}\n",
        f"{ORIGIN}\n-7\n{b64encode(CHECKPOINT.root).decode()}\n",
        f"{ORIGIN}\n7\n{b64encode(CHECKPOINT.root[:31]).decode()}\n",
        f"{ORIGIN}\n7\n{b64encode(CHECKPOINT.root).decode()}\n\nmore\n",
        f"\n7\n{b64encode(CHECKPOINT.root).decode()}\n",
        f"{ORIGIN}\n{'9' * 20}\n{b64encode(CHECKPOINT.root).decode()}\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        open_checkpoint(sign_note(text, [LOG_KEY]), ORIGIN, [LOG_KEY.verifier])


# --- proof files ---------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.data())
def test_a_proof_file_shows_its_entry_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [tree.leaf_hash(bytes([number])) for number in range(size)]
    note = sign_checkpoint(Checkpoint(ORIGIN, size, tree.root_of(leaves)), [LOG_KEY])
    content = write_proof(ProofFile(index, tuple(tree.inclusion_proof(leaves, index)), note))
    assert read_proof(content).checkpoint == note
    assert checkpoints.verify_proof_file(content, leaves[index], ORIGIN, [LOG_KEY.verifier]).size == size
    with pytest.raises(tree.InvalidProof):
        checkpoints.verify_proof_file(content, tree.leaf_hash(b"another"), ORIGIN, [LOG_KEY.verifier])


def test_a_proof_file_is_written_as_published() -> None:
    hashes = (tree.leaf_hash(b"a"), tree.leaf_hash(b"b"))
    note = sign_checkpoint(CHECKPOINT, [LOG_KEY])
    lines = write_proof(ProofFile(3, hashes, note)).decode().split("\n")
    assert lines[:5] == [
        "c2sp.org/tlog-proof@v1",
        "index 3",
        *(b64encode(one).decode() for one in hashes),
        "",
    ]
    assert "\n".join(lines[5:]).encode() == note
    with_extra = "\n".join([lines[0], "extra AAAA", *lines[1:]]).encode()
    assert read_proof(with_extra) == ProofFile(3, hashes, note)


@pytest.mark.parametrize(
    "head", ["", "c2sp.org/tlog-proof@v2\nindex 3", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 03",
             "c2sp.org/tlog-proof@v1\nindex -1", "c2sp.org/tlog-proof@v1\nindex 3\nAAAA",
             "c2sp.org/tlog-proof@v1\nextra AAAA", "c2sp.org/tlog-proof@v1\n index 3"],
)  # fmt: skip
def test_another_head_is_no_proof_file(head: str) -> None:
    with pytest.raises(InvalidNote):
        read_proof(f"{head}\n\n".encode() + sign_checkpoint(CHECKPOINT, [LOG_KEY]))
