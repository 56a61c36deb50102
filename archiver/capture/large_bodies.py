"""Bodies too large for memory: streamed to a file as they stand on the wire, then masked in place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from archiver.capture.masking import Mask, in_remarks, merged, on_wire
from archiver.capture.recorder import Recording
from archiver.capture.secret_forms import Found
from archiver.wire.exchange import BodyFile, MaskedRange
from archiver.wire.framing import Body, Buffer, Head, body_kind, plain_body, read_chunks, wire_ranges

#: Smaller bodies stay in memory even where a file was offered.
KEPT_IN_MEMORY = 2**20
_WINDOW = 8 * 2**20
#: Windows overlap by more than any secret is long in any form, so that each stands whole in one of them.
_OVERLAP = 128 * 1024
_LARGEST_ENCODED = 64 * 2**20


@dataclass(frozen=True, slots=True)
class LargeBody:
    """A body in a file, secrets masked."""

    file: BodyFile
    framing: Body
    sha256: str
    """Of the body without transfer coding."""
    ranges: tuple[MaskedRange, ...]
    """What was overwritten, in offsets of the file."""


class Spill:
    """Moves the body of a recording to a file once it has become large."""

    def __init__(self, into: Path, recording: Recording) -> None:
        self.into = into
        self.size = 0
        self.head_end = 0
        """Where the body begins in what was received."""
        self._recording = recording
        self._file: BinaryIO | None = None

    @property
    def used(self) -> bool:
        return self._file is not None

    @property
    def received(self) -> int:
        """Bytes of the body that came so far, in file and memory."""
        return self.size + len(self._recording.received) - self.head_end

    def move(self, at_least: int = KEPT_IN_MEMORY) -> None:
        """Move what is in memory if there is enough of it."""
        received = self._recording.received
        if len(received) - self.head_end <= at_least:
            return
        if self._file is None:
            self._file = self.into.open("wb")
        self._file.write(memoryview(received)[self.head_end :].toreadonly().tobytes())
        self.size += len(received) - self.head_end
        del received[self.head_end :]

    def finish(self, head: Head, method: str, limit: int) -> Body:
        """The framing of the body in the file, which is cut to where the message ends.

        Raises:
            FramingError: broken framing.
        """
        assert self._file is not None
        self.move(at_least=0)
        self._file.truncate(min(self.size, limit))
        self._file.close()
        kind, length = body_kind(method, head)
        with mapped(self.into) as buffer:
            closed = self._recording.closed and self.size <= limit
            chunked = kind == "chunked"
            body = read_chunks(buffer, 0) if chunked else plain_body(kind, 0, length, len(buffer), closed)
        with self.into.open("r+b") as file:
            file.truncate(body.end)
        return body

    def discard(self) -> None:
        """Remove the file of an exchange that failed."""
        if self._file is not None:
            self._file.close()
            self.into.unlink(missing_ok=True)


@contextmanager
def mapped(path: Path) -> Iterator[mmap]:
    """A file as a read-only buffer."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as buffer:
        yield buffer


def mask_file(path: Path, body: Body, mask: Mask) -> LargeBody:
    """Overwrite secrets in a file that holds a body as it stood on the wire."""
    with mapped(path) as buffer:
        in_body = on_wire(body, merged(_find(buffer, body, mask)))
        ranges = merged([*in_body, *in_remarks(buffer, body, mask)])
    _overwrite(path, ranges)
    with mapped(path) as buffer:
        wire_sha256 = _sha256(buffer[at : at + _WINDOW] for at in range(0, len(buffer), _WINDOW))
        plain_sha256 = _sha256(_windows(buffer, body)) if body.kind == "chunked" else wire_sha256
    return LargeBody(BodyFile(path, body.end, wire_sha256), body, plain_sha256, ranges)


def _find(buffer: Buffer, body: Body, mask: Mask) -> list[Found]:
    if mask.encoded:
        return _find_in_encoded(buffer, body, mask)
    found: list[Found] = []
    for start in range(0, body.size, _WINDOW):
        end = min(start + _WINDOW + _OVERLAP, body.size)
        cut_off = not body.complete and end == body.size
        window = _part(buffer, body, start, end)
        found += [(start + at, start + stop, what) for at, stop, what in mask.in_body(window, cut_off=cut_off)]
    return found


def _find_in_encoded(buffer: Buffer, body: Body, mask: Mask) -> list[Found]:
    if body.size <= _LARGEST_ENCODED:
        return mask.in_body(_part(buffer, body, 0, body.size))
    return [(0, body.size, "undecodable")] if mask.secrets else []


def _windows(buffer: Buffer, body: Body) -> Iterator[bytes]:
    for start in range(0, body.size, _WINDOW):
        yield _part(buffer, body, start, min(start + _WINDOW, body.size))


def _part(buffer: Buffer, body: Body, start: int, end: int) -> bytes:
    return b"".join(buffer[at:stop] for at, stop in wire_ranges(body, start, end))


def _overwrite(path: Path, ranges: tuple[MaskedRange, ...]) -> None:
    if not ranges:
        return
    with path.open("r+b") as file:
        for start, end, _ in ranges:
            file.seek(start)
            file.write(b"*" * (end - start))


def _sha256(parts: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
