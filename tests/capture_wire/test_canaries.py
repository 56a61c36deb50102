"""Canary secrets, sent and issued in every way: none is left in anything a fetch gives, says or logs."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Iterable
from pathlib import Path

import pytest

from archiver.capture.masking import Secret
from archiver.errors import ArchiverError
from archiver.http import FetchError
from archiver.wire.exchange import WireExchange
from tests.capture_wire.conftest import MakeFetcher
from tests.capture_wire.encodings import forms, undone
from tests.servers import Pause, RawServer, Send, Step, answer, chunked, hang_up, read_request

SENT = "CANARY-sent/0123456789+abc="
ISSUED = "CANARY-issued.9876543210_xyz"
COOKIE = "CANARY1cookie2abcdef3456789"
KEY = "CANARYkey77777777"


def no_canary_in(texts: Iterable[bytes | str]) -> None:
    for text in texts:
        for layer in undone(text if isinstance(text, bytes) else text.encode("utf-8", "replace")):
            for canary in (SENT, ISSUED, COOKIE, KEY):
                assert canary not in layer


def told_by(error: BaseException) -> list[str | bytes]:
    """Everything an error says, with all it came from and all it carries."""
    told: list[str | bytes] = [
        "".join(traceback.format_exception(error)),
        repr(error),
        str(error),
        repr(error.__dict__),
    ]
    told += [repr(argument) for argument in error.args]
    if isinstance(error, FetchError):
        told.append(error.received)
    for cause in (error.__cause__, error.__context__):
        if cause is not None:
            told += told_by(cause)
    return told


def exchange_texts(exchange: WireExchange) -> list[str | bytes]:
    return [repr(exchange), exchange.request, exchange.response, exchange.body, exchange.url, repr(exchange.headers)]


def body() -> bytes:
    document = {
        "access_token": ISSUED,
        "echoes": forms(SENT, 7) | {f"issued {name}": text for name, text in forms(ISSUED, 8).items()},
        "paging": {"next": f"https://api.example/v1?limit=1&access_token={SENT}&after=x"},
        "cookie": COOKIE,
        "text": "Good morning, Springfield",
    }
    return json.dumps(document).replace("/", "\\/").encode()


HEADERS = (
    f"Set-Cookie: sid={COOKIE}; HttpOnly",
    f"X-Echo: {SENT}",
    f"Link: <https://api.example/v1?access_token={SENT}&max_id=3>; rel=next",
    "Content-Type: application/json",
)


@pytest.mark.law("R71")
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 64, 1000, None])
def test_no_canary_is_left_in_an_exchange(size: int | None, fetcher_for: MakeFetcher) -> None:
    plain = body()
    if size is None:
        sent = answer(plain, *HEADERS)
    else:
        head = "\r\n".join(["HTTP/1.1 200 OK", *HEADERS, "Transfer-Encoding: chunked", "", ""]).encode()
        sent = head + chunked(plain, size)
    with RawServer(sent) as server:
        exchange = fetcher_for(server).fetch(
            "POST",
            server.url("/v1"),
            parameters=[("access_token", SENT), ("key", KEY), ("page", "2")],
            headers=[("X-Api-Key", KEY), ("Cookie", f"a={COOKIE}"), ("X-Fine", "fine")],
            body=b"client_secret=" + KEY.encode() + b"&a=b",
            authorization=Secret(SENT),
            secrets=[Secret(KEY, "api_key")],
        )
        (request,) = server.requests
    no_canary_in(exchange_texts(exchange))
    assert len(exchange.response) == len(sent)
    assert json.loads(exchange.body)["text"] == "Good morning, Springfield"
    assert b"X-Fine: fine\r\n" in exchange.request
    assert b"page=2" in exchange.request
    assert exchange.url.endswith("&page=2")
    assert SENT.encode() in request, "it was really sent"
    for stored, sent_bytes, ranges in (
        (exchange.request, request, exchange.masked_request),
        (exchange.response, sent, exchange.masked_response),
    ):
        kept = bytearray(sent_bytes)
        for start, end, _ in ranges:
            kept[start:end] = b"*" * (end - start)
        assert stored == bytes(kept)
    no_canary_in([pickle.dumps(exchange)])


def test_no_canary_is_left_in_a_file(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    padded = body()[:-1] + b', "padding": "' + b"." * 1_200_000 + b'"}'
    with RawServer(answer(padded, *HEADERS)) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "f", authorization=Secret(SENT))
    assert exchange.body_file is not None
    no_canary_in([*exchange_texts(exchange), exchange.body_file.path.read_bytes().replace(b"." * 1_200_000, b"")])


FAILING: dict[str, list[Step]] = {
    "garbage": [read_request, Send(f"{SENT} is not HTTP".encode())],
    "a bad head": [read_request, Send(f"HTTP/1.1 200 OK\r\nSet-Cookie: a={COOKIE}\r\nX: {SENT}\0\r\n\r\n".encode())],
    "bad chunks": [
        read_request,
        Send(
            f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: {SENT}\r\n\r\nzz{SENT}\r\n"
            f'{{"access_token":"{ISSUED}"}}'.encode()
        ),
    ],
    "half a head": [read_request, Send(f"HTTP/1.1 200 OK\r\nX: {SENT[:-1]}".encode())],
    "a time-out": [read_request, Send(answer(body(), *HEADERS)[:-10]), Pause(120)],
    "no answer": [read_request, hang_up],
}


@pytest.mark.parametrize("name", FAILING)
def test_no_canary_is_left_in_an_error(name: str, fetcher_for: MakeFetcher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for logger in ("httpcore", "httpcore.http11", "httpcore.connection", "httpx", "h11"):
        caplog.set_level(logging.DEBUG, logger)
    with RawServer(FAILING[name]) as server, pytest.raises(FetchError) as caught:
        fetcher_for(server, read_timeout=3 if name == "a time-out" else 60).fetch(
            "GET", server.url(f"/?access_token={SENT}"), authorization=Secret(SENT), secrets=[Secret(KEY)]
        )
    assert caught.value.received or name == "no answer"
    assert SENT[:-1].encode() not in caught.value.received, "nor the beginning of one where it was cut off"
    no_canary_in(told_by(caught.value))
    no_canary_in(record.getMessage() for record in caplog.records)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_no_canary_is_left_in_a_refusal(fetcher_for: MakeFetcher) -> None:
    fetcher = fetcher_for()
    for url, headers in (
        (f"https://127.0.0.1/?access_token={SENT}", []),
        (f"https://user:{SENT}@x.example/", []),
        (f"ftp://x.example/{SENT}", []),
        ("https://x.example/", [("X-Token", f"{SENT}\r\n")]),
        ("https://x.example/", [(f"X {SENT}", "v")]),
    ):
        with pytest.raises(ArchiverError) as caught:
            fetcher.fetch("GET", url, headers=headers, authorization=Secret(SENT))
        no_canary_in(told_by(caught.value))


def test_the_library_logs_nothing_at_any_level(fetcher_for: MakeFetcher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpcore")
    with RawServer(answer(body(), *HEADERS)) as server:
        fetcher_for(server).fetch("GET", server.url(), authorization=Secret(SENT))
    no_canary_in(record.getMessage() for record in caplog.records)
    assert not [record for record in caplog.records if record.name.startswith(("httpcore", "httpx"))]
