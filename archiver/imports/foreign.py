"""Foreign WARC files, taken apart record by record, each checked against its own digests; and WACZ packages against
theirs. Streamed; nothing in them is trusted."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

from archiver.capture import issued
from archiver.capture.masking import decoded, mask_answer, mask_fragment, mask_request, mask_text
from archiver.clock import to_text
from archiver.imports.containers import Unusable, checked_size
from archiver.wire.exchange import MaskedRange
from archiver.wire.framing import Body, FramingError, Head, deframed, plain_body, read_body, read_head
from connectors.answers import moment

_LONGEST_HEAD = 64 * 2**10
MOST_RECORD = 32 * 2**20
"""Largest record of a foreign WARC that is kept, bytes: a rebuild reads it in memory."""
_PIECE = 1 << 20
_VERSION = re.compile(rb"WARC/\d\.\d{1,2}\r?\n")
_ANSWER = re.compile(rb"\s*HTTP/\d")
"""A block that begins so is an answer with its head, of whatever kind its record is: a ``revisit`` repeats the head of
an answer (WARC 1.1, 6.7.2)."""
_REQUEST = re.compile(rb"\s*[A-Z]{3,20} \S{1,65536} HTTP/\d")
_HTTP_ENDS = re.compile(rb"\r?\n\r?\n")
_ALGORITHMS = {
    "sha1": "sha1",
    "sha256": "sha256",
    "sha-1": "sha1",
    "sha-256": "sha256",
    "sha512": "sha512",
    "md5": "md5",
}
#: Kinds of records that are kept. Requests hold what signed the crawler in; of the others nothing is said of anybody.
_KEPT = frozenset({"response", "resource", "revisit"})


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """One record as it stands in its file, unpacked; without what the server issued to the crawler."""

    start: int
    """In the unpacked file, bytes."""
    content: bytes
    """Empty where it is too large, or of no kind that is kept."""
    kind: str
    url: str
    date: str | None
    """As it says."""
    digests: Mapping[str, str]
    """Of block and payload: ``verified``, ``failed`` or ``not_checked``; left out where it has none."""
    masked: tuple[MaskedRange, ...]
    left_out: str | None
    """Why it is not kept."""


def records(
    stream: IO[bytes], *, packed: int | None, check_stop: Callable[[], None] = lambda: None
) -> Iterator[ForeignRecord]:
    """The records of a WARC file, in its order.

    Args:
        packed: size of the packed file, bytes; None: it is not packed.
        check_stop: raises where a person asked to end; asked within long records too.

    Raises:
        Unusable: it is none, breaks off, or unpacks to far more than a crawl does.
    """
    unpacked = stream if packed is None else gzip.GzipFile(fileobj=stream)
    try:
        yield from _Reader(cast(IO[bytes], unpacked), packed, check_stop).records()
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"a WARC file in it is damaged or not whole ({type(error).__name__})") from None


class _Reader:
    def __init__(self, stream: IO[bytes], packed: int | None, check_stop: Callable[[], None]) -> None:
        self._stream = io.BufferedReader(cast(Any, stream), _PIECE)
        self._position = 0
        self._packed, self._check_stop = packed, check_stop

    def records(self) -> Iterator[ForeignRecord]:
        while (line := self._line()) in (b"\r\n", b"\n"):
            pass
        while line:
            start = self._position - len(line)
            if not _VERSION.fullmatch(line):
                raise Unusable("a WARC file in it holds something that is no WARC record")
            yield self._record(start, line)
            while (line := self._line()) in (b"\r\n", b"\n"):
                pass

    def _line(self) -> bytes:
        line = self._stream.readline(_LONGEST_HEAD)
        self._came(len(line))
        return line

    def _came(self, size: int) -> None:
        self._position += size
        if self._packed is not None:
            checked_size(self._position, self._packed)

    def _record(self, start: int, line: bytes) -> ForeignRecord:
        head = bytearray(line)
        while (line := self._line()) not in (b"\r\n", b"\n"):
            head += line
            if not line or len(head) > _LONGEST_HEAD:
                raise Unusable("a WARC file in it has a record whose head does not end")
        head += line
        fields = _fields(bytes(head))
        size = fields.get("content-length", "")
        if not (size.isascii() and size.isdigit() and len(size) < 15):
            raise Unusable("a WARC file in it has a record of no length")
        kind = fields.get("warc-type", "").lower()
        why = "not_kept" if kind not in _KEPT else "too_large" if int(size) > MOST_RECORD else None
        block = self._block(int(size), keep=why is None)
        if why is None and _REQUEST.match(block):  # under another kind: it holds what signed the crawler in, too
            why = "not_kept"
        return _made(start, bytes(head), fields, kind, block, why)

    def _block(self, size: int, *, keep: bool) -> bytes:
        held, left = bytearray(), size
        while left:
            piece = self._stream.read(min(_PIECE, left))
            if not piece:
                raise Unusable("a WARC file in it breaks off in the middle of a record")
            left -= len(piece)
            self._came(len(piece))
            self._check_stop()
            if keep:
                held += piece
        return bytes(held)


def _fields(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _made(
    start: int, head: bytes, fields: Mapping[str, str], kind: str, block: bytes, why: str | None
) -> ForeignRecord:
    date = moment(fields.get("warc-date"))
    url = mask_text(fields.get("warc-target-uri", "").removeprefix("<").removesuffix(">"))
    digests: dict[str, str] = {}
    masked: tuple[MaskedRange, ...] = ()
    content = b""
    if why is None:
        digests = _checked(fields, kind, block)
        block, masked = _without_issued(block, len(head)) if _ANSWER.match(block) else (block, ())
        # The addresses in its own head may hold what signed the crawler in.
        head, in_head = mask_request(head, ())
        masked = (*in_head, *masked)
        content = head + block + b"\r\n\r\n"
    return ForeignRecord(start, content, kind, url, None if date is None else to_text(date), digests, masked, why)


def _checked(fields: Mapping[str, str], kind: str, block: bytes) -> dict[str, str]:
    """Against the digests that the record has. A revisit's payload is somewhere else."""
    found = {}
    if "warc-block-digest" in fields:
        found["block"] = _verdict(fields["warc-block-digest"], block)
    if "warc-payload-digest" in fields:
        end = _HTTP_ENDS.search(block) if kind == "response" else None
        payload = block if kind == "resource" else block[end.end() :] if end else None
        checkable = kind != "revisit" and payload is not None
        found["payload"] = _verdict(fields["warc-payload-digest"], payload or b"") if checkable else "not_checked"
        # Some programs take the digest of the body without its chunks: that one cannot be told from a wrong one here.
        if (
            found["payload"] == "failed"
            and payload is not None
            and b"chunked" in block[: len(block) - len(payload)].lower()
        ):
            found["payload"] = "not_checked"
    return found


def _verdict(said: str, content: bytes) -> str:
    name, _, value = said.partition(":")
    algorithm = _ALGORITHMS.get(name.strip().lower())
    if algorithm is None:
        return "not_checked"
    digest = hashlib.new(algorithm, content, usedforsecurity=False).digest()
    forms = {digest.hex(), base64.b32encode(digest).decode().rstrip("=").lower()}
    return "verified" if value.strip().rstrip("=").lower() in forms else "failed"


def _without_issued(block: bytes, before: int) -> tuple[bytes, tuple[MaskedRange, ...]]:
    """What a server issued to the crawler (cookies, tokens) is overwritten, as in our captures (WARC profile §3)."""
    head, body = _parts(block)
    if head is not None and body is not None and _may_be_masked(block, head, body):
        answer = mask_answer(block[: body.end], head, body, ())
        masked, ranges = answer.wire + block[body.end :], answer.ranges
    else:
        end = _HTTP_ENDS.search(block)
        beginning = block[: end.end()] if end else block
        masked, ranges = mask_fragment(beginning, ())
        masked += block[len(beginning) :]
    ranges = tuple(one for one in ranges if one[1] > one[0])
    return masked, tuple((start + before, stop + before, what) for start, stop, what in ranges)


def _parts(block: bytes) -> tuple[Head | None, Body | None]:
    """Head and body of an answer. Crawlers often keep a body without its chunks, under a head that announces them."""
    try:
        head = read_head(block)
    except FramingError:
        return None, None
    if head is None:
        return None, None
    try:
        return head, read_body(block, head, "GET", closed=True)
    except FramingError:
        return head, plain_body("close", head.end, 0, len(block))


def _may_be_masked(block: bytes, head: Head, body: Body) -> bool:
    """Whether issued values can be overwritten in the body without losing a page. In a packed body nothing can be
    overwritten but all of it: that is done to a packed JSON answer that issues something, and to no page."""
    coding = ",".join(head.all("content-encoding")).strip().lower()
    if coding in ("", "identity"):
        return True
    if not any("json" in value.lower() for value in head.all("content-type")):
        return False
    text = decoded(deframed(block, body), coding)
    return text is not None and any(True for _ in issued.in_answer_body(text, is_json=True))


@dataclass(slots=True)
class Tally:
    """What was seen of the foreign records of an import."""

    kept: int = 0
    not_kept: int = 0
    too_large: int = 0
    verified: int = 0
    failed: int = 0
    not_checked: int = 0

    def take(self, record: ForeignRecord) -> None:
        if record.left_out is None:
            self.kept += 1
            verdicts = set(record.digests.values())
            worst = next((one for one in ("failed", "not_checked") if one in verdicts), None)
            name = worst or ("verified" if verdicts else "not_checked")
            setattr(self, name, getattr(self, name) + 1)
        elif record.left_out == "too_large":
            self.too_large += 1
        else:
            self.not_kept += 1

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in Tally.__slots__}


@dataclass(frozen=True, slots=True)
class Package:
    """How a WACZ package stands to what it says of itself."""

    verified: int = 0
    failed: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    digest: str = "none"
    """Of ``datapackage.json``, as ``datapackage-digest.json`` has it: ``verified``, ``failed``, ``none``."""
    signature: str = "none"
    """``not_checked`` where there is one: this program does not check signatures of WACZ."""
    names: tuple[str, ...] = field(default=())


def package(held: Mapping[str, bytes], digests: Mapping[str, str]) -> Package | None:
    """Hold a WACZ against its own list. ``digests``: SHA-256 (hex) of each file in it. None: it is none."""
    if "datapackage.json" not in held:
        return None
    listed = _object(held["datapackage.json"]).get("resources")
    verified, failed, not_checked = 0, [], []
    for one in listed if isinstance(listed, list) else []:
        path, said = (one.get("path"), one.get("hash")) if isinstance(one, dict) else (None, None)
        if not isinstance(path, str):
            continue
        if path not in digests:
            failed.append(path)
        elif not isinstance(said, str) or not said.startswith("sha256:"):
            not_checked.append(path)
        elif said.removeprefix("sha256:").lower() == digests[path]:
            verified += 1
        else:
            failed.append(path)
    return Package(verified, tuple(failed[:100]), tuple(not_checked[:100]), *_signed(held))


def _signed(held: Mapping[str, bytes]) -> tuple[str, str]:
    if "datapackage-digest.json" not in held:
        return "none", "none"
    said = _object(held["datapackage-digest.json"])
    digest = f"sha256:{hashlib.sha256(held['datapackage.json']).hexdigest()}"
    return (
        "verified" if said.get("hash") == digest else "failed",
        "not_checked" if said.get("signedData") else "none",
    )


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
