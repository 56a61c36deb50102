"""Keeping secrets out of the record: overwriting each byte of them with ``*`` where it stands on the wire.

Lengths and offsets do not move; the ranges are named. See the WARC profile, section 3. Everything here is pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archiver.capture import issued
from archiver.capture.codings import Undecodable, without
from archiver.capture.issued import Issued
from archiver.capture.secret_forms import Found, Secret, UnusableSecret, finder
from archiver.wire.exchange import MaskedRange
from archiver.wire.framing import Body, Buffer, Head, deframed, wire_ranges

__all__ = ["Mask", "MaskedAnswer", "Secret", "UnusableSecret", "mask", "mask_answer", "mask_request", "mask_text"]

#: An issued value is looked for elsewhere only so often per answer; a stranger's server must not keep us busy.
MOST_ISSUED = 16
_LARGEST_DECODED = 64 * 2**20
_LARGEST_RATIO = 100
_HEAD_END = re.compile(rb"\n\r?\n")
_CODED = re.compile(rb"\n(?:transfer|content)-encoding[ \t]*:(?![ \t]*identity[ \t]*\r?\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MaskedAnswer:
    """An answer without secrets."""

    wire: bytes
    """Head and body as they crossed the wire."""
    body: bytes
    """The body without transfer coding."""
    ranges: tuple[MaskedRange, ...]
    """What was overwritten, in offsets of ``wire``."""


def mask(data: bytes, secrets: Sequence[Secret]) -> tuple[bytes, tuple[MaskedRange, ...]]:
    """Overwrite known secrets, in every form, in bytes without any structure."""
    ranges = merged(known(data, secrets))
    return overwrite(data, ranges), ranges


def mask_fragment(data: bytes, secrets: Sequence[Secret]) -> tuple[bytes, tuple[MaskedRange, ...]]:
    """Overwrite secrets in what came and cannot be understood as an answer. Where a coding stands between us and its
    body, a secret could not be found there: then all of the body is overwritten."""
    in_head, in_body = list(issued.in_answer_head(b"\n" + data)), list(issued.in_answer_body(data))
    wanted = (*secrets, *_propagated([*in_head, *in_body]))
    found = [*_places(in_head, -1), *_places(in_body), *known(data, wanted)]
    end = _HEAD_END.search(data)
    if wanted and end is not None and _CODED.search(data, 0, end.end()):
        found.append((end.end(), len(data), "undecodable"))
    ranges = merged([*found, *finder(wanted).find_beginning(data)])
    return overwrite(data, ranges), ranges


def mask_text(text: str, secrets: Sequence[Secret] = ()) -> str:
    """A URL or a line of a log without secrets: known ones, and credentials by the names of their parameters.

    Characters, not bytes, may change in number where a secret is not ASCII.
    """
    data = text.encode("utf-8", "surrogatepass")
    found = [*known(data, secrets), *_places(issued.in_parameters(data)), *_places(issued.in_answer_body(data))]
    return overwrite(data, merged(found)).decode("utf-8", "surrogatepass") if found else text


def mask_request(request: bytes, secrets: Sequence[Secret]) -> tuple[bytes, tuple[MaskedRange, ...]]:
    """Overwrite secrets in a request as sent: known ones, and whatever its credential headers and fields hold."""
    end = request.find(b"\r\n\r\n") + 4
    body = request[end:]
    found = [*_places(issued.in_request_head(request[:end])), *known(request, secrets)]
    found += [(start + end, stop + end, what) for start, stop, what in _places(issued.in_request_body(body))]
    ranges = merged(found)
    return overwrite(request, ranges), ranges


class Mask:
    """What has to be overwritten in one answer; its body may be shown in several windows."""

    def __init__(self, head_bytes: bytes, head: Head, secrets: Sequence[Secret]) -> None:
        self._head_bytes = head_bytes
        self._json = any("json" in value.lower() for value in head.all("content-type"))
        self._coding = ",".join(head.all("content-encoding")).strip().lower()
        self._secrets = tuple(secrets)
        self._issued_in_head = list(issued.in_answer_head(head_bytes))
        self._new = _propagated(self._issued_in_head)

    @property
    def encoded(self) -> bool:
        """The body carries a content coding, so that it has to be shown whole."""
        return self._coding not in ("", "identity")

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that are known by now: those given, and those issued so far."""
        return (*self._secrets, *self._new)

    def in_head(self) -> list[Found]:
        """In the head; asked last, because a body may issue what the head shows too."""
        return [*_places(self._issued_in_head), *known(self._head_bytes, self.secrets)]

    def in_text(self, text: bytes) -> list[Found]:
        """In framing text: chunk extensions and trailers."""
        return [*known(text, self.secrets), *_places(issued.in_answer_head(b"\n" + text), -1)]

    def in_body(self, plain: bytes, *, cut_off: bool = False) -> list[Found]:
        """In a de-framed body or a window of one. ``cut_off``: it ends where the answer was cut off, perhaps in the
        middle of a secret."""
        if self.encoded:
            return self._in_encoded(plain)
        fields = list(issued.in_answer_body(plain, self._json or plain[:1] in (b"{", b"[")))
        self._new = tuple(dict.fromkeys((*self._new, *_propagated(fields))))[:MOST_ISSUED]
        found = [*_places(fields), *known(plain, self.secrets)]
        return found + finder(self.secrets).find_beginning(plain) if cut_off else found

    def _in_encoded(self, plain: bytes) -> list[Found]:
        """All of it or nothing: a secret inside a compressed body cannot be overwritten alone."""
        text = decoded(plain, self._coding)
        if text is None:
            return [(0, len(plain), "undecodable")] if self.secrets and plain else []
        found = [*_places(issued.in_answer_body(text)), *known(text, self.secrets), *known(plain, self.secrets)]
        return [(0, len(plain), min(found)[2])] if found else []


def mask_answer(answer: bytes, head: Head, body: Body, secrets: Sequence[Secret]) -> MaskedAnswer:
    """Overwrite secrets in an answer: known ones, and those it newly issues.

    ``answer`` begins with ``head`` and ends with ``body``; both as :mod:`archiver.wire.framing` read them from it.
    """
    plain = deframed(answer, body)
    mask_ = Mask(answer[: head.end], head, secrets)
    in_body = merged(mask_.in_body(plain, cut_off=not body.complete))
    ranges = merged([*mask_.in_head(), *in_remarks(answer, body, mask_), *on_wire(body, in_body)])
    return MaskedAnswer(overwrite(answer, ranges), overwrite(plain, in_body), ranges)


def in_remarks(buffer: Buffer, body: Body, mask_: Mask) -> list[Found]:
    """In chunk extensions and trailers."""
    return [
        (place + start, place + end, what)
        for place, stop in body.remarks
        for start, end, what in mask_.in_text(buffer[place:stop])
    ]


def on_wire(body: Body, found: Iterable[Found]) -> list[Found]:
    """De-framed ranges as wire ranges; one that crosses a chunk boundary becomes several."""
    return [(*place, what) for start, end, what in found for place in wire_ranges(body, start, end)]


def known(data: bytes, secrets: Sequence[Secret]) -> list[Found]:
    """Where known secrets stand."""
    if not secrets or not data:
        return []
    search = finder(tuple(secrets))
    found = search.find(data)
    if found and any("*" in secret.value for secret in secrets):
        _until_stable(data, found, secrets)
    return found


def _until_stable(data: bytes, found: list[Found], secrets: Sequence[Secret]) -> None:
    """Asterisks we write can complete a secret that holds asterisks; look again until none appears."""
    while True:
        again = finder(tuple(secrets)).find(overwrite(data, merged(found)))
        if not set(again) - set(found):
            return
        found.extend(again)


def merged(found: Iterable[Found]) -> tuple[MaskedRange, ...]:
    """Ranges in order, overlapping ones joined under the name of the first."""
    ranges: list[MaskedRange] = []
    for start, end, what in sorted(found):
        if ranges and start < ranges[-1][1]:
            first, stop, name = ranges[-1]
            ranges[-1] = (first, max(stop, end), name)
        elif end > start:
            ranges.append((start, end, what))
    return tuple(ranges)


def overwrite(data: bytes, ranges: Sequence[MaskedRange]) -> bytes:
    """``data`` with ``*`` in the ranges; itself where there are none."""
    if not ranges:
        return data
    masked = bytearray(data)
    for start, end, _ in ranges:
        masked[start:end] = b"*" * (end - start)
    return bytes(masked)


def _places(fields: Iterable[Issued], shift: int = 0) -> list[Found]:
    return [(field.start + shift, field.end + shift, field.what) for field in fields]


def _propagated(fields: Iterable[Issued]) -> tuple[Secret, ...]:
    """Issued values that are surely secrets, to be looked for everywhere."""
    values = {field.value: field.what for field in fields if field.value is not None}
    return tuple(Secret(value, what) for value, what in list(values.items())[:MOST_ISSUED])


def decoded(data: bytes, coding: str) -> bytes | None:
    """A body without its content coding, or None: a coding we do not read, a damaged body, or a bomb."""
    try:
        return without(coding, data, min(_LARGEST_DECODED, len(data) * _LARGEST_RATIO + 65536))
    except Undecodable:
        return None
