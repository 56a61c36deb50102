"""Bytes of one object as a stream: exactly those that were asked for, however the server cuts or widens its answers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from archiver.storage.protocol import StoreUnavailable
from archiver.storage.s3_client import Api, told_errors
from archiver.storage.s3_errors import BeyondEnd, Unsure
from archiver.storage.s3_listing import version_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")
_PIECE = 1 << 17


class S3Stream(io.RawIOBase):
    """Bytes ``offset`` to ``offset + length`` of one version. Opens at once; an answer that is cut off is taken up
    where it ended, of the same version and with the same ETag.

    Raises:
        NoSuchObject: there is no such object or version.
        StoreUnavailable: no answer, or one that is none to this question.
    """

    def __init__(self, api: Api, key: str, version_id: str | None, offset: int, length: int | None) -> None:
        self._api = api
        self._key = key
        self._pinned: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        self._at = offset
        self._end: int | None = None if length is None else offset + length
        self._body: Any = None
        self._failures = 0
        self.answer: dict[str, Any] = {}
        """The first answer, without its body."""
        api.patience.ask(self._begin)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        assert self._end is not None
        wanted = min(len(view), self._end - self._at)
        if wanted <= 0:
            return 0
        piece = self._read(wanted)
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._let_go()
        super().close()

    def _read(self, wanted: int) -> bytes:
        for _ in self._api.patience.rounds():
            try:
                if self._body is None:
                    self._begin()
                return self._some(wanted)
            except Unsure as error:
                failure = error
                self._let_go()
        raise failure

    def _some(self, wanted: int) -> bytes:
        with told_errors(f"read {self._key}", self._api.place):
            piece = bytes(self._body.read(wanted))
        if not piece:
            raise Unsure(f"cannot read {self._key} in {self._api.place.name}: the answer was cut off")
        return piece

    # --- asking ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._end is not None and self._end <= self._at:  # no range says "nothing"; is it there at all?
            self.answer = self._api.once("head_object", f"read {self._key}", self._key, **self._pinned)
            return
        try:
            answer = self._api.once("get_object", f"read {self._key}", self._key, **self._pinned, **self._range())
        except BeyondEnd:
            self._end = self._at
            return
        self._body = answer.pop("Body")
        try:
            self._take(answer)
        except BaseException:
            self._let_go()
            raise

    def _range(self) -> dict[str, str]:
        if self._at == 0 and self._end is None:
            return {}
        return {"Range": f"bytes={self._at}-{'' if self._end is None else self._end - 1}"}

    def _take(self, answer: dict[str, Any]) -> None:
        """Where the answer begins and ends, and how far this stream then goes."""
        start, total = self._where(answer)
        if self.answer and answer.get("ETag") != self.answer.get("ETag"):
            raise StoreUnavailable(self._other("the object changed while it was read"))
        if not self.answer:
            self.answer = answer
            self._pinned = {"VersionId": version_of(answer)} if version_of(answer) else self._pinned
        self._end = total if self._end is None else min(self._end, total)
        self._skip(self._at - start)

    def _where(self, answer: dict[str, Any]) -> tuple[int, int]:
        """(first byte of the answer, size of the object)."""
        length = answer.get("ContentLength")
        if not isinstance(length, int):
            raise StoreUnavailable(self._other("the answer does not say how long it is"))
        if answer["ResponseMetadata"]["HTTPStatusCode"] != 206:
            return 0, length  # all of it, whatever was asked for
        found = _RANGE.fullmatch(answer.get("ContentRange", ""))
        start, last, total = (int(text) for text in found.groups()) if found else (-1, -1, -1)
        expected = total if self._end is None else min(self._end, total)
        if start != self._at or last + 1 != expected or last + 1 - start != length:
            raise StoreUnavailable(self._other("the answer has other bytes than were asked for"))
        return start, total

    def _skip(self, count: int) -> None:
        while count > 0 and self._at < (self._end or 0):
            count -= len(self._some(min(count, _PIECE)))

    def _other(self, reason: str) -> str:
        return f"cannot read {self._key} in {self._api.place.name}: {reason}"

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
