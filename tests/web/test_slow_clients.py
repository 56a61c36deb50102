"""Readers who are slow, many or loud do not keep others from being answered."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from archiver.web import connections
from tests.web.conftest import Served


def _connect(served: Served) -> socket.socket:
    address = urlsplit(served.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def _healthy(served: Served) -> bool:
    return httpx.get(f"{served.url}/healthz", timeout=30).status_code == 200


def _gone(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("begun", [b"", b"GET /accounts HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_many_half_open_requests_leave_room_for_whole_ones(served: Served, begun: bytes) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(_connect(served)) for _ in range(connections.MOST + 100)]
        for one in held:
            try:
                one.sendall(begun)
            except OSError:
                break  # let go already, which is what is asked for
        assert _healthy(served)
        assert _gone(held[0]), "who waited longest made room"


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /accounts HT",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHo",
        b"POST /accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nfirst=",
    ],
)
def test_who_does_not_finish_a_request_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    with _connect(served) as one:
        one.sendall(begun)
        answered = b""
        try:
            while more := one.recv(65536):
                answered += more
        except ConnectionResetError:
            pass
        assert answered.count(b"HTTP/1.1 ") == (b"\r\n\r\n" in begun)
    assert _healthy(served)


def test_a_reader_that_takes_nothing_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.5)
    with _connect(served) as one:
        one.sendall(b"GET /static/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20_000)
        ended = select.poll()
        ended.register(one, 0)  # only the end of the connection; what comes in is left where it is
        assert ended.poll(60_000)
    assert _healthy(served)


def test_a_large_form_is_refused_without_being_kept(served: Served) -> None:
    def body() -> Iterator[bytes]:
        yield from (b"x" * 1_000_000 for _ in range(100))

    response = httpx.post(f"{served.url}/accounts", content=body(), timeout=60)
    assert response.status_code == 405
    assert _healthy(served)


def test_a_hundred_thousand_fields_are_refused(served: Served) -> None:
    fields = "&".join(f"f{number}=1" for number in range(100_000))
    assert httpx.post(f"{served.url}/accounts", content=fields, timeout=60).status_code == 405
    with _connect(served) as one:
        try:
            one.sendall(b"GET /search?" + fields.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert one.recv(4096).split()[1] in (b"400", b"431")
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before all of it was sent
    assert _healthy(served)


@pytest.mark.parametrize(
    "ranges", ["0-0," * 5000 + "1-1", ",".join(f"{at}-{at}" for at in range(0, 9000, 2)), "-1," * 5000 + "-2", "9-1"]
)
def test_many_ranges_of_a_file_cost_nothing(served: Served, ranges: str) -> None:
    response = httpx.get(f"{served.url}/static/style.css", headers={"Range": f"bytes={ranges}"}, timeout=60)
    assert response.status_code in (200, 206, 400, 416)
    assert len(response.content) < 1_000_000
    assert _healthy(served)
