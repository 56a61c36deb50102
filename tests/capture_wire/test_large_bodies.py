"""Bodies that go to a file are the same bytes, masked in place, in bounded memory."""

from __future__ import annotations

import gzip
import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from archiver.capture import large_bodies
from archiver.capture.masking import Secret
from archiver.errors import OutOfSpace
from archiver.http import AddressRefused, MalformedAnswer, TimedOut
from archiver.wire.exchange import WireExchange
from tests.capture_wire.conftest import MakeFetcher
from tests.servers import Pause, RawServer, Send, Step, answer, chunked, read_request

TOKEN = Secret("canary-0123456789-secret", "token")


def in_chunks(body: bytes, size: int = 60_000, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size)


def stored(exchange: WireExchange) -> bytes:
    assert exchange.body_file is not None
    wire = exchange.body_file.path.read_bytes()
    assert exchange.body_file.size == len(wire)
    assert exchange.body_file.sha256 == hashlib.sha256(wire).hexdigest()
    assert exchange.body == b""
    assert len(exchange.response) == exchange.response_head
    return wire


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_large_body_goes_to_its_file_as_it_stood_on_the_wire(
    framing: str, fetcher_for: MakeFetcher, tmp_path: Path
) -> None:
    body = os.urandom(3_000_000)
    sent = {
        "length": answer(body, "Set-Cookie: a=bcdef"),
        "chunked": in_chunks(body),
        "close": b"HTTP/1.0 200 OK\r\n\r\n" + body,
    }[framing]
    with RawServer(sent) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "body", secrets=[TOKEN])
    assert stored(exchange) == sent[exchange.response_head :]
    assert exchange.body_size == len(body)
    assert exchange.body_sha256 == hashlib.sha256(body).hexdigest()
    assert exchange.truncated is None


def test_a_small_body_stays_in_memory(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    with RawServer(answer(b"x" * 1000)) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "body")
    assert (exchange.body, exchange.body_file) == (b"x" * 1000, None)
    assert not list(tmp_path.iterdir())


def test_a_relative_file_is_placed_in_the_spool_folder(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    with RawServer(answer(b"x" * 2_000_000)) as server:
        exchange = fetcher_for(server, spool_folder=tmp_path).fetch("GET", server.url(), into=Path("one.body"))
    assert exchange.body_file is not None
    assert exchange.body_file.path == tmp_path / "one.body"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_secrets_in_a_file_are_overwritten_wherever_its_windows_fall(
    framing: str, fetcher_for: MakeFetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_bodies, "_WINDOW", 70_000)
    monkeypatch.setattr(large_bodies, "_OVERLAP", 2_000)
    piece = b"." * 9_967 + TOKEN.value.encode() + b"%63anary-0123456789-secret"
    body = piece * 150 + b'"access_token":"issued"'
    sent = answer(body) if framing == "length" else in_chunks(body, 7_919)
    with RawServer(sent) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "body", secrets=[TOKEN])
    wire = stored(exchange)
    assert len(wire) == len(sent) - exchange.response_head
    expected = (b"." * 9_967 + b"*" * 50) * 150 + b'"access_token":"******"'
    assert exchange.body_sha256 == hashlib.sha256(expected).hexdigest()
    before = sent[exchange.response_head :]
    position = 0
    for start, end, _ in exchange.masked_response:
        start, end = start - exchange.response_head, end - exchange.response_head
        assert wire[position:start] == before[position:start]
        assert wire[start:end] == b"*" * (end - start)
        position = end
    assert wire[position:] == before[position:]


def test_a_compressed_file_with_a_secret_is_overwritten_whole(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    body = gzip.compress(os.urandom(1_500_000) + TOKEN.value.encode())
    with RawServer(answer(body, "Content-Encoding: gzip")) as server:
        fetcher = fetcher_for(server)
        masked = fetcher.fetch("GET", server.url(), into=tmp_path / "a", secrets=[TOKEN])
        assert set(stored(masked)) == {ord("*")}
        kept = fetcher.fetch("GET", server.url(), into=tmp_path / "b", secrets=[Secret("something-else")])
        assert stored(kept) == body


def test_a_large_body_that_is_cut_off_keeps_what_came(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    sent = in_chunks(b"y" * 3_000_000)[:2_000_000]
    with RawServer([read_request, Send(sent)]) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "body")
    assert exchange.truncated == "disconnect"
    assert stored(exchange) == sent[exchange.response_head :]


def test_a_large_body_beyond_the_limit_is_cut_there(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    with RawServer(answer(b"z" * 5_000_000), answer(b"next")) as server:
        fetcher = fetcher_for(server)
        exchange = fetcher.fetch("GET", server.url(), into=tmp_path / "body", limit=2_500_000)
        assert exchange.truncated == "length"
        assert stored(exchange) == b"z" * 2_500_000
        assert fetcher.fetch("GET", server.url()).body == b"next"


def test_more_than_announced_is_not_in_the_file(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    body = b"b" * 2_000_000
    with RawServer([read_request, Send(answer(body) + b"surplus")], answer(b"next")) as server:
        fetcher = fetcher_for(server)
        assert stored(fetcher.fetch("GET", server.url(), into=tmp_path / "body")) == body
        assert fetcher.fetch("GET", server.url()).body == b"next"


def test_nothing_is_left_of_a_fetch_that_failed(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    broken = in_chunks(b"c" * 2_000_000)[:-5] + b"zz\r\n\r\n"
    with RawServer([read_request, Send(broken)]) as server, pytest.raises(MalformedAnswer):
        fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "body")
    slow: list[Step] = [read_request, Send(answer(b"d" * 2_000_000)[:1_500_000]), Pause(120)]
    with RawServer(slow) as server, pytest.raises(TimedOut):
        fetcher_for(server, read_timeout=0.2).fetch("GET", server.url(), into=tmp_path / "body")
    with pytest.raises(AddressRefused):
        fetcher_for().fetch("GET", "https://127.0.0.1/", into=tmp_path / "body")
    assert not list(tmp_path.iterdir())


def test_a_large_body_takes_little_memory(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    body = bytes(1_000_000) * 80
    with RawServer(answer(body)) as server:
        fetcher = fetcher_for(server, total_timeout=120)
        tracemalloc.start()
        exchange = fetcher.fetch("GET", server.url(), into=tmp_path / "body", limit=10**9, secrets=[TOKEN])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert exchange.body_size == len(body)
    assert peak < 40_000_000


def test_a_full_disk_is_named_and_leaves_nothing(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    into = tmp_path / "body"
    into.symlink_to("/dev/full")
    with RawServer(answer(b"e" * 3_000_000), answer(b"next")) as server:
        fetcher = fetcher_for(server)
        with pytest.raises(OutOfSpace):
            fetcher.fetch("GET", server.url(), into=into)
        assert not list(tmp_path.iterdir())
        assert fetcher.fetch("GET", server.url()).body == b"next"


def test_a_folder_that_is_not_there_is_an_error_of_the_caller(fetcher_for: MakeFetcher, tmp_path: Path) -> None:
    with RawServer(answer(b"e" * 3_000_000)) as server, pytest.raises(FileNotFoundError):
        fetcher_for(server).fetch("GET", server.url(), into=tmp_path / "missing" / "body")
