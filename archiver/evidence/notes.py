"""Signed notes as in C2SP ``signed-note``, with Ed25519 keys (signature type ``0x01``).

A note is a text and one signature line for each key that signed it. Keys are written as Go's ``sumdb/note`` writes
them, so that every tool for signed notes reads ours: ``NAME+KEYID+BASE64`` to verify,
``PRIVATE+KEY+NAME+KEYID+BASE64`` to sign. Nothing here reads or writes anything but its arguments.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

#: Larger notes are refused unread. Verifiers must accept 16 signatures at least; post-quantum ones have up to 5 kB.
LARGEST: Final = 1 << 20

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_ID_SIZE = 4
_MOST_SIGNATURES = 100
_NAME = re.compile(r"[^\s+]+")
_VERIFIER = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_LINE = re.compile("— ([^\\s+]+) ([A-Za-z0-9+/=]+)\n")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class InvalidNote(ValueError):  # noqa: N818 - named as the cause
    """No signed note, or one that no key we trust has signed."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name."""

    name: str
    public: bytes
    """32 bytes as in RFC 8032."""

    @property
    def id(self) -> bytes:
        """Four bytes that name the key: ``SHA-256(name || 0x0A || 0x01 || public)[:4]``."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_SIZE]

    @property
    def text(self) -> str:
        """``NAME+KEYID+BASE64``."""
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.public).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made ``signature`` over ``text``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class SignerKey:
    """A private key under its name. Its representation shows nothing of it."""

    name: str
    seed: bytes
    """32 bytes as in RFC 8032."""

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self._key.public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """``PRIVATE+KEY+NAME+KEYID+BASE64``. For the key file only."""
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{b64encode(_ED25519 + self.seed).decode()}"

    def sign(self, text: str) -> bytes:
        """The 64 bytes of the signature over ``text``; always the same ones."""
        return self._key.sign(text.encode())

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Note:
    """A note whose signatures were verified."""

    text: str
    """With its last line feed."""
    signed_by: tuple[VerifierKey, ...]
    """Those of the keys asked for that signed it; at least one."""


def new_key(name: str) -> SignerKey:
    """A fresh random key."""
    return SignerKey(_checked_name(name), Ed25519PrivateKey.generate().private_bytes_raw())


def read_verifier(text: str) -> VerifierKey:
    """The key that ``NAME+KEYID+BASE64`` writes.

    Raises:
        ValueError: it is written otherwise, is no Ed25519 key, or the id is another key's.
    """
    name, key_id, key = _parts(text)
    found = VerifierKey(name, key)
    if found.id.hex() != key_id or found.text != text:
        raise ValueError("the id of a verifier key is not its own")
    return found


def read_signer(text: str) -> SignerKey:
    """The key that ``PRIVATE+KEY+NAME+KEYID+BASE64`` writes.

    Raises:
        ValueError: as :func:`read_verifier`. The message shows nothing of the key.
    """
    if not text.startswith(_PRIVATE):
        raise ValueError("not a signing key")
    name, key_id, seed = _parts(text[len(_PRIVATE) :])
    found = SignerKey(name, seed)
    if found.verifier.id.hex() != key_id:
        raise ValueError("the id of a signing key is not its own")
    return found


def sign_note(text: str, keys: Sequence[SignerKey]) -> bytes:
    """The signed note of ``text``, with one signature line for each key, in their order.

    Raises:
        ValueError: a text that a note cannot hold, or no key.
    """
    if not text.endswith("\n") or _CONTROL.search(text) or not keys:
        raise ValueError("a note needs whole lines without control characters, and a key")
    lines = [f"— {key.name} {b64encode(key.verifier.id + key.sign(text)).decode()}\n" for key in keys]
    return f"{text}\n{''.join(lines)}".encode()


def open_note(content: bytes, keys: Collection[VerifierKey]) -> Note:
    """The note in ``content``, if one of ``keys`` signed it. Signatures of other keys are passed over.

    Raises:
        InvalidNote: malformed, signed by none of ``keys``, or with a wrong signature under one of them.
    """
    text, lines = _split(content)
    known = {(key.name, key.id): key for key in keys}
    signed: list[VerifierKey] = []
    for name, signature in lines:
        key = known.get((name, signature[:_ID_SIZE]))
        if key is None or key in signed:
            continue
        if not key.verifies(text, signature[_ID_SIZE:]):
            raise InvalidNote(f"the signature of {key.name} ({key.id.hex()}) is wrong")
        signed.append(key)
    if not signed:
        raise InvalidNote("it is signed by no key that is known")
    return Note(text, tuple(signed))


def text_of(content: bytes) -> str:
    """The text of a note, its signatures unseen: to be trusted only where something else vouches for it.

    Raises:
        InvalidNote: malformed.
    """
    return _split(content)[0]


def _split(content: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and (name, key id and signature) of every line."""
    if len(content) > LARGEST:
        raise InvalidNote("it is too large for a note")
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        raise InvalidNote("it is not UTF-8") from None
    before, blank, after = whole.rpartition("\n\n")
    if not blank or not after or _CONTROL.search(whole):
        raise InvalidNote("it is not a text with signatures below")
    lines = re.split("(?<=\n)", after)[:-1] if after.endswith("\n") else []
    if not 0 < len(lines) <= _MOST_SIGNATURES:
        raise InvalidNote("it has no signature lines, or too many")
    return before + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise InvalidNote("a signature line is malformed")
    try:
        signature = b64decode(match[2], validate=True)
    except Base64Error:
        signature = b""
    if len(signature) <= _ID_SIZE or b64encode(signature).decode() != match[2]:
        raise InvalidNote("a signature line is malformed")
    return match[1], signature


def _parts(text: str) -> tuple[str, str, bytes]:
    match = _VERIFIER.fullmatch(text)
    if match is None:
        raise ValueError("a key is written NAME+KEYID+BASE64")
    try:
        key = b64decode(match["key"], validate=True)
    except Base64Error:
        key = b""
    if len(key) != 33 or key[:1] != _ED25519:
        raise ValueError("not an Ed25519 key")
    return match["name"], match["id"], key[1:]


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a key has no spaces and no plus signs")
    return name
