"""Lists in files of exports: where each element stands, byte by byte. Pure, one pass.

An export's list is often no JSON (``window.YTD.tweets.part0 = [ … ]``) and may be hundreds of megabytes. So a file is
stored in blocks of whole elements, and each element is found by its place in bytes, where it can be cut out and proven
alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.contract import JSONValue

_OPENING = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:window\.[\w.]{1,200}\s*=\s*)?\[")
_ASSIGNED = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:window\.[\w.]{1,200}\s*=\s*)?")
_BETWEEN = re.compile(rb"[\s,]*")
_MARK = re.compile(rb'["\[\]{}]')
_STRING_END = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
MOST_PARTS = 4_000_000
"""Most commas and opening brackets of one element that is read: some hundred megabytes in memory, and an outbox of
more than thirty thousand statuses."""


class NotAList(ValueError):  # noqa: N818 - named as the cause
    """It does not begin as a list does, or does not end."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element and where it stands: ``start`` to ``end`` (exclusive) in bytes."""

    start: int
    end: int
    value: JSONValue = None
    wrong: str | None = None
    """Why it cannot be read; then there is no value."""

    @property
    def place(self) -> str:
        return f"bytes={self.start}-{self.end}"


def opening(head: bytes) -> int:
    """Where the first element may begin: behind the ``[``.

    Raises:
        NotAList: it does not begin so.
    """
    found = _OPENING.match(head)
    if found is None:
        raise NotAList("it does not begin as a list")
    return found.end()


def assigned(body: bytes) -> JSONValue:
    """The one value of a file that may begin with ``window.NAME =``.

    Raises:
        ValueError: it is no JSON.
    """
    found = _ASSIGNED.match(body)
    return parse(body[found.end() if found else 0 :].rstrip().rstrip(b";"))


def parse(text: bytes) -> JSONValue:
    """JSON, bounded.

    Raises:
        ValueError: it is none, not UTF-8, nested too deeply, or has too many parts.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > MOST_PARTS:
        raise ValueError("JSON of too many parts")
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error


def _refuse(constant: str) -> JSONValue:
    raise ValueError(f"not JSON: {constant}")


@dataclass(slots=True)
class Ending:
    """Looks for the end of one value in data that grows; what was looked at is not looked at again. Brackets and quotes
    are counted, nothing else: whether it is JSON is seen when it is read."""

    position: int
    """Of the value's beginning; later how far it was looked at."""
    _depth: int = 0

    def find(self, data: bytes) -> int | None:
        """Where the value ends; None where it does not end in ``data``.

        Raises:
            NotAList: it is no object or list.
        """
        if self.position >= len(data):
            return None
        if not self._depth and data[self.position : self.position + 1] not in (b"{", b"["):
            raise NotAList("an element that is no object")
        while (mark := _MARK.search(data, self.position)) is not None:
            if mark[0] == b'"':
                closed = _STRING_END.match(data, mark.end())
                if closed is None:
                    self.position = mark.start()
                    return None
                self.position = closed.end()
                continue
            self.position = mark.end()
            self._depth += 1 if mark[0] in b"[{" else -1
            if self._depth == 0:
                return self.position
        self.position = len(data)
        return None


def end_of(data: bytes, start: int) -> int | None:
    """Where the value that begins at ``start`` ends; None where it does not end in ``data``.

    Raises:
        NotAList: it is no object or list.
    """
    return Ending(start).find(data)


def elements(body: bytes, *, first: bool = True) -> Iterator[Element]:
    """The elements in a block. ``first``: it is the one with the beginning of the list.

    Raises:
        NotAList: it is no list, or breaks off: everything before was told.
    """
    position = opening(body) if first else 0
    while True:
        between = _BETWEEN.match(body, position)
        start = between.end() if between else position
        if start >= len(body):
            return
        if body[start : start + 1] == b"]":
            return
        end = end_of(body, start)
        if end is None:
            raise NotAList("it breaks off in the middle of an element")
        yield _element(body, start, end)
        position = end


def _element(body: bytes, start: int, end: int) -> Element:
    piece = body[start:end]
    try:
        return Element(start, end, parse(piece))
    except ValueError as error:
        wrong = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:80]
        return Element(start, end, wrong=f"not JSON: {wrong}" if "JSON" not in wrong else wrong)
