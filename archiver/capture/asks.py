"""Asks as stored JSON. A rebuild turns stored facts back into exactly the same ask."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from archiver.capture.codings import decoded_body
from archiver.wire.exchange import WireExchange
from connectors.contract import AccessClass, Answer, Ask, Stream


def to_json(ask: Ask) -> dict[str, Any]:
    """``ask`` as the exchange facts hold it (WARC profile §2.3). ``not_before`` is not part of what was asked."""
    stored: dict[str, Any] = {
        "method": ask.method,
        "url": ask.url,
        "stream": ask.stream.value,
        "purpose": ask.purpose,
        "access": ask.access.value,
        "scheme": ask.scheme,
        "authorise": ask.authorise,
    }
    if ask.parameters:
        stored["parameters"] = [list(pair) for pair in ask.parameters]
    if ask.headers:
        stored["headers"] = [list(pair) for pair in ask.headers]
    if ask.body is not None:
        stored["body"] = encode_bytes(ask.body)
    if ask.listing is not None:
        stored["listing"] = ask.listing
    if ask.context:
        stored["context"] = dict(ask.context)
    if ask.control is not None:
        stored["control"] = to_json(ask.control)
    return stored


def from_json(stored: Mapping[str, Any]) -> Ask:
    """Inverse of :func:`to_json`.

    Raises:
        KeyError, ValueError: not an ask that this version knows.
    """
    return Ask(
        url=stored["url"],
        stream=Stream(stored["stream"]),
        purpose=stored["purpose"],
        method=stored["method"],
        parameters=tuple((name, value) for name, value in stored.get("parameters", ())),
        headers=tuple((name, value) for name, value in stored.get("headers", ())),
        body=decode_bytes(stored["body"]) if stored.get("body") is not None else None,
        access=AccessClass(stored["access"]),
        authorise=stored["authorise"],
        listing=stored.get("listing"),
        scheme=stored["scheme"],
        context=stored.get("context", {}),
        control=from_json(stored["control"]) if "control" in stored else None,
    )


def answer_of(exchange: WireExchange) -> Answer:
    """What a reader sees of an exchange: the stored bytes without transfer and content coding."""
    body = decoded_body(exchange.headers, exchange.body)
    return Answer(exchange.status, exchange.headers, body, exchange.received_at, exchange.url)


def encode_bytes(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_bytes(text: str) -> bytes:
    """Inverse of :func:`encode_bytes`."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
