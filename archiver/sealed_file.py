"""Files of any length, sealed in pieces (:mod:`archiver.sealing`), written and read as streams with flat memory.

``cra-sealed/1 KEYID LF``, the file's own key as :func:`archiver.sealing.seal` wraps it, with its length (u32), then
pieces, each with its length (u32): AES-256-GCM under the file's own key, whose nonce is the piece's number. The last
piece says so in its additional data; so a file that was cut off, or whose pieces were exchanged, does not open.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from types import TracebackType
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.errors import IntegrityError, MissingKey
from archiver.sealing import place_of, seal, unseal

_HEAD: Final = b"cra-sealed/1 "
_PIECE: Final = 1 << 20
_TAG: Final = 16
_LONGEST_HEAD: Final = 64


class SealingWriter(io.RawIOBase):
    """Seals what is written to it into ``target``. Only a file whose :meth:`close` was reached opens again."""

    def __init__(self, target: BinaryIO, key_id: str, key: bytes, *place: str) -> None:
        super().__init__()
        own = os.urandom(32)
        wrapped = seal(key, place_of(*place, key_id), own)
        target.write(_HEAD + key_id.encode("ascii") + b"\n" + _u32(len(wrapped)) + wrapped)
        self._target, self._cipher = target, AESGCM(own)
        self._waiting, self._number, self._abandoned = bytearray(), 0, False

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._put(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def close(self) -> None:
        if not self.closed and not self._abandoned:
            self._put(bytes(self._waiting), last=True)
        super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What an error cut short gets no end."""
        self._abandoned = kind is not None
        super().__exit__(kind, error, trace)

    def _put(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), piece, _LAST if last else b"")
        self._target.write(_u32(len(sealed)) + sealed)
        self._number += 1


class UnsealingReader(io.RawIOBase):
    """Reads what a :class:`SealingWriter` wrote.

    Raises:
        MissingKey: none of ``keys`` sealed it.
        IntegrityError: from any read, where it was changed, cut off, or is another place's.
    """

    def __init__(self, source: BinaryIO, keys: Mapping[str, bytes], *place: str) -> None:
        super().__init__()
        head = source.readline(_LONGEST_HEAD)
        key_id = head.removeprefix(_HEAD).rstrip(b"\n").decode("ascii", "replace")
        if not head.startswith(_HEAD) or not head.endswith(b"\n"):
            raise IntegrityError("it is no sealed file, or one of a newer version")
        if key_id not in keys:
            raise MissingKey(f"it was sealed with the key {key_id}, which is not in the key file: put that key back")
        wrapped = _exactly(source, int.from_bytes(_exactly(source, 4), "big"))
        self._source, self._cipher = source, AESGCM(unseal(keys[key_id], place_of(*place, key_id), wrapped))
        self._ready, self._number, self._ended = memoryview(b""), 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            self._next()
        some = self._ready[: len(buffer)]
        buffer[: len(some)] = some
        self._ready = self._ready[len(some) :]
        return len(some)

    def _next(self) -> None:
        sealed = _exactly(self._source, int.from_bytes(_exactly(self._source, 4), "big"))
        nonce = _nonce(self._number)
        try:
            piece = self._cipher.decrypt(nonce, sealed, b"")
        except InvalidTag:
            piece, self._ended = self._last(nonce, sealed), True
        self._ready, self._number = memoryview(piece), self._number + 1

    def _last(self, nonce: bytes, sealed: bytes) -> bytes:
        try:
            piece = self._cipher.decrypt(nonce, sealed, _LAST)
        except InvalidTag:
            raise IntegrityError("a sealed file does not open: it was changed or cut off") from None
        if self._source.read(1):
            raise IntegrityError("a sealed file goes on after its end")
        return piece


_LAST: Final = b"last"


def _exactly(source: BinaryIO, size: int) -> bytes:
    if size > _PIECE + _TAG:
        raise IntegrityError("a sealed file does not open: it was changed")
    content = b""
    while len(content) < size:
        some = source.read(size - len(content))
        if not some:
            raise IntegrityError("a sealed file does not open: it was cut off")
        content += some
    return content


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
