"""What one request and its answer were on the wire, after masking. The shape every part of capture hands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

#: Why an answer is not whole: the other side cut it off, our own limit did, or it took too long.
Truncated = Literal["disconnect", "length", "time"]
#: A byte range of a block that was overwritten, and what stood there (``token``, ``cookie``, ``access_token`` …).
MaskedRange = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Network:
    """How the answer came (WARC 1.1 and its registered extensions)."""

    ip: str | None = None
    protocols: tuple[str, ...] = ("http/1.1",)
    cipher: str | None = None
    certificate_sha256: str | None = None
    """Of the peer's certificate in DER, hex."""


@dataclass(frozen=True, slots=True)
class BodyFile:
    """A body too large for memory, in a file of the spool: as it stood on the wire, transfer coding included."""

    path: Path
    size: int
    sha256: str
    """Of the file's bytes, hex."""


@dataclass(frozen=True, slots=True)
class WireExchange:
    """One request and answer. Bytes are as they crossed the wire below TLS, except the masked ranges."""

    method: str
    url: str
    """The URL asked, secrets masked."""
    sent_at: datetime
    received_at: datetime
    """When the first byte of the answer arrived."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """Of the answer, decoded as Latin-1, in wire order and case, masked."""
    request: bytes
    response: bytes
    """The whole answer, head and body; only the head where ``body_file`` is set."""
    response_head: int
    """Length of the head, its closing empty line included; where the body starts in ``response``."""
    body: bytes
    """The body without transfer coding, masked; empty where ``body_file`` is set."""
    body_sha256: str
    """Of the body without transfer coding, masked, hex."""
    body_size: int
    network: Network = field(default_factory=Network)
    masked_request: tuple[MaskedRange, ...] = ()
    masked_response: tuple[MaskedRange, ...] = ()
    truncated: Truncated | None = None
    """Such an answer is kept and never read."""
    body_file: BodyFile | None = None
    pushed: str | None = None
    """Media type of a frame that was pushed: nothing was asked. ``response`` and ``body`` are then the frame,
    ``request`` is empty, ``status`` 0. Also of a file that was ``deposited``, which is in ``body_file``."""
    deposited: Mapping[str, Any] | None = None
    """Who brought it by hand, when, why and where from (WARC profile §2.3, ``origin``)."""
    no_answer: str | None = None
    """What came is no HTTP answer that falls into head and body: why, by the code of a
    :class:`~archiver.capture.fetch_errors.FetchError`. ``response`` and ``body`` are then what came, ``status`` is 0.
    """
