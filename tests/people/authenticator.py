"""A device that holds passkeys, in a few lines: what it answers is right, and any part of it can be made wrong."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

ORIGIN: Final = "http://localhost"
_PRESENT, _CHECKED, _NEW = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """Holds one passkey."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0

    def make(self, options: str, origin: str = ORIGIN, *, checked: bool = True) -> str:
        """Make the passkey that a page asks for."""
        said = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        held = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._data(said["rp"]["id"], _NEW | (_CHECKED if checked else 0)) + held
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", said["challenge"], origin)
        return self._answer({"clientDataJSON": client, "attestationObject": attestation})

    def use(
        self, options: str, origin: str = ORIGIN, *, name: str | None = None, checked: bool = True, counts: bool = True
    ) -> str:
        """Answer a page. ``name``: for which the device takes it; ``counts``: whether it counts that it was used."""
        said = json.loads(options)
        self.count += counts
        data = self._data(name or said["rpId"], _CHECKED if checked else 0)
        client = self._client("webauthn.get", said["challenge"], origin)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _data(self, name: str, flags: int) -> bytes:
        return sha256(name.encode()).digest() + bytes([_PRESENT | flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        named = bytes_to_base64url(self.id)
        said = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": said})
