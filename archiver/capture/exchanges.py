"""From recorded bytes to a :class:`WireExchange`: framed, masked, and described."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archiver.capture.large_bodies import LargeBody, Spill, mask_file
from archiver.capture.masking import (
    Mask,
    mask_answer,
    mask_fragment,
    mask_request,
    mask_text,
    merged,
    overwrite,
)
from archiver.capture.recorder import Recording
from archiver.capture.secret_forms import Secret
from archiver.wire.exchange import Network, Truncated, WireExchange
from archiver.wire.framing import Body, Head, parse_headers, read_body

#: Of what is no answer, no more is kept.
MOST_RECEIVED = 2**20
_WHY_CUT: dict[str, Truncated] = {"connection_lost": "disconnect", "timed_out": "time", "too_large": "length"}


@dataclass(frozen=True, slots=True)
class Message:
    """An answer as received, taken apart; ``wire`` begins with the final head (interim answers are left out)."""

    wire: bytes
    head: Head
    body: Body
    surplus: bool
    """More came than belongs to the answer."""
    received_at: datetime
    truncated: Truncated | None


def read_message(recording: Recording, first: Head, method: str, limit: int, spill: Spill | None) -> Message:
    """The answer in a recording, of which ``first`` is the final head.

    Raises:
        FramingError: it breaks its framing.
    """
    wire = bytes(recording.received)[first.start :]
    head = dataclasses.replace(first, start=0, end=first.end - first.start)
    arrived = recording.arrived_at(first.start)
    if spill is not None and spill.used:
        body = spill.finish(head, method, limit)
        over, surplus = spill.size > limit, spill.size > body.end
    else:
        over = len(wire) > head.end + limit
        body = read_body(wire[: head.end + limit] if over else wire, head, method, recording.closed and not over)
        surplus = len(wire) > body.end
        wire = wire[: body.end]
    return Message(wire, head, body, surplus, arrived, None if body.complete else "length" if over else "disconnect")


def to_exchange(
    message: Message, recording: Recording, method: str, url: str, secrets: Sequence[Secret], spill: Spill | None
) -> WireExchange:
    """The exchange, secrets masked; the body stays in its file where it was spilled."""
    assert recording.sent_at is not None
    request, masked_request = mask_request(b"".join(recording.sent), secrets)
    exchange = WireExchange(
        method=method,
        url=mask_text(url, secrets),
        sent_at=recording.sent_at,
        received_at=message.received_at,
        status=message.head.status,
        headers=message.head.headers,
        request=request,
        response=message.wire,
        response_head=message.head.end,
        body=b"",
        body_sha256="",
        body_size=message.body.size,
        network=_network(recording, message.head),
        masked_request=masked_request,
        truncated=message.truncated,
    )
    if spill is not None and spill.used:
        return _with_file(exchange, message, secrets, spill)
    return _in_memory(exchange, message, secrets)


def without_answer(
    recording: Recording, came: int, method: str, url: str, secrets: Sequence[Secret], why: str
) -> WireExchange | None:
    """The exchange whose answer is none, secrets masked; None where nothing came. Of the recording the first ``came``
    bytes are the beginning of what did."""
    if not came or recording.stream is None or recording.sent_at is None:
        return None
    request, masked_request = mask_request(b"".join(recording.sent), secrets)
    received, ranges = mask_fragment(bytes(recording.received[:came]), secrets)
    kept = received[:MOST_RECEIVED]
    cut = len(kept) < len(recording.received) or came < len(recording.received)
    return WireExchange(
        method=method,
        url=mask_text(url, secrets),
        sent_at=recording.sent_at,
        received_at=recording.arrived_at(0),
        status=0,
        headers=(),
        request=request,
        response=kept,
        response_head=0,
        body=kept,
        body_sha256=hashlib.sha256(kept).hexdigest(),
        body_size=len(kept),
        network=recording.stream.network,
        masked_request=masked_request,
        masked_response=tuple((start, min(end, len(kept)), what) for start, end, what in ranges if start < len(kept)),
        truncated="length" if cut else _WHY_CUT.get(why),
        no_answer=why,
    )


def _in_memory(exchange: WireExchange, message: Message, secrets: Sequence[Secret]) -> WireExchange:
    masked = mask_answer(message.wire, message.head, message.body, secrets)
    return dataclasses.replace(
        exchange,
        headers=_headers(masked.wire[: message.head.end], message.head, bool(masked.ranges)),
        response=masked.wire,
        body=masked.body,
        body_sha256=hashlib.sha256(masked.body).hexdigest(),
        masked_response=masked.ranges,
    )


def _with_file(exchange: WireExchange, message: Message, secrets: Sequence[Secret], spill: Spill) -> WireExchange:
    end = message.head.end
    mask = Mask(message.wire[:end], message.head, secrets)
    large: LargeBody = mask_file(spill.into, message.body, mask)
    in_head = merged(mask.in_head())
    head_bytes = overwrite(message.wire[:end], in_head)
    return dataclasses.replace(
        exchange,
        headers=_headers(head_bytes, message.head, bool(in_head)),
        response=head_bytes,
        body_sha256=large.sha256,
        masked_response=(*in_head, *((start + end, stop + end, what) for start, stop, what in large.ranges)),
        body_file=large.file,
    )


def _headers(head_bytes: bytes, head: Head, masked: bool) -> tuple[tuple[str, str], ...]:
    if not masked:
        return head.headers
    return tuple(parse_headers(head_bytes[head_bytes.index(b"\n") + 1 :]))


def _network(recording: Recording, head: Head) -> Network:
    assert recording.stream is not None
    network = recording.stream.network
    if head.version == "1.1":
        return network
    return dataclasses.replace(network, protocols=(f"http/{head.version}", *network.protocols[1:]))
