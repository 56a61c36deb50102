"""Checkpoints: the signed head of the log, as in C2SP ``tlog-checkpoint``, and proof files as in ``tlog-proof@v1``.

Pure: bytes in, bytes out. Who signs, and what was checked before, is :mod:`archiver.evidence.signer`'s business.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from archiver.evidence.notes import InvalidNote, SignerKey, VerifierKey, open_note, sign_note, text_of
from archiver.evidence.tree import HASH_SIZE, InvalidProof, root_from_inclusion

PREFIX: Final = "log/checkpoint/"
PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"

_KEY = re.compile(rf"{PREFIX}([0-9]{{20}})")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_TEXT = re.compile(r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/=]{44})\n(?:[^\n]+\n)*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed. Our own have no extension lines."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @property
    def key(self) -> str:
        """Where it is in the object store."""
        return key_of(self.size)


def key_of(size: int) -> str:
    """Key of the checkpoint over ``size`` entries."""
    return f"{PREFIX}{size:020d}"


def size_in(key: str) -> int | None:
    """The size that the key of a checkpoint names; None where it is no such key."""
    match = _KEY.fullmatch(key)
    return None if match is None else int(match[1])


def sign_checkpoint(checkpoint: Checkpoint, keys: Sequence[SignerKey]) -> bytes:
    """The signed note; the same bytes every time for the same keys."""
    return sign_note(checkpoint.text, keys)


def open_checkpoint(content: bytes, origin: str, keys: Collection[VerifierKey]) -> Checkpoint:
    """What a checkpoint says, if one of ``keys`` signed it and it is of the log ``origin``.

    Raises:
        InvalidNote: otherwise.
    """
    checkpoint = _parse(open_note(content, keys).text)
    if checkpoint.origin != origin:
        raise InvalidNote("it is of another log")
    return checkpoint


def read_unverified(content: bytes) -> Checkpoint:
    """What a checkpoint says, signatures unseen.

    Raises:
        InvalidNote: it is none.
    """
    return _parse(text_of(content))


def _parse(text: str) -> Checkpoint:
    match = _TEXT.fullmatch(text)
    root = _hash(match["root"]) if match else None
    if match is None or root is None:
        raise InvalidNote("it is no checkpoint")
    return Checkpoint(match["origin"], int(match["size"]), root)


# --- proof files ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProofFile:
    """One entry's place under one checkpoint."""

    index: int
    path: tuple[bytes, ...]
    """Audit path of RFC 6962, from the leaf's sibling up."""
    checkpoint: bytes
    """The signed note, as stored."""


def write_proof(proof: ProofFile) -> bytes:
    """The bytes of a ``.tlog-proof`` file."""
    lines = [PROOF_HEADER, f"index {proof.index}", *(b64encode(one).decode() for one in proof.path), "", ""]
    return "\n".join(lines).encode() + proof.checkpoint


def read_proof(content: bytes) -> ProofFile:
    """What a ``.tlog-proof`` file holds. Extra data is passed over, since nothing authenticates it.

    Raises:
        InvalidNote: it is no such file.
    """
    head, blank, checkpoint = content.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not blank or lines.pop(0) != PROOF_HEADER:
        raise InvalidNote("it is no proof of a log")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    name, _, index = lines.pop(0).partition(" ") if lines else ("", "", "")
    path = [_hash(line) for line in lines]
    if name != "index" or not _NUMBER.fullmatch(index) or None in path:
        raise InvalidNote("it is no proof of a log")
    return ProofFile(int(index), tuple(one for one in path if one is not None), checkpoint)


def verify_proof_file(content: bytes, leaf: bytes, origin: str, keys: Collection[VerifierKey]) -> Checkpoint:
    """The checkpoint under which the file shows that ``leaf`` is in the log.

    Raises:
        InvalidNote: file or checkpoint are none, of another log, or signed by nobody we trust.
        InvalidProof: the entry is not shown to be in it.
    """
    proof = read_proof(content)
    checkpoint = open_checkpoint(proof.checkpoint, origin, keys)
    if root_from_inclusion(checkpoint.size, {proof.index: leaf}, proof.path) != checkpoint.root:
        raise InvalidProof("the entry is not in the log that the checkpoint signs")
    return checkpoint


def _hash(line: str) -> bytes | None:
    try:
        found = b64decode(line, validate=True)
    except (Base64Error, ValueError):
        return None
    return found if len(found) == HASH_SIZE and b64encode(found).decode() == line else None
