"""Requests go through httpx, and nothing that httpx does for browsers' sake comes between us and the wire."""

from __future__ import annotations

import ast
import socket
from pathlib import Path

import httpcore
import httpx
import pytest

import archiver
from archiver.capture.transport import RecordingTransport, httpx_error
from archiver.http import UnsendableRequest
from tests.capture_wire.conftest import MakeFetcher
from tests.servers import RawServer, answer


def test_every_exchange_goes_through_an_httpx_client_and_our_transport(
    fetcher_for: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    send, handle = httpx.Client.send, RecordingTransport.handle_request

    def noted_send(client: httpx.Client, request: httpx.Request, *, stream: bool) -> httpx.Response:
        sent.append(f"client {request.method} stream={stream}")
        return send(client, request, stream=stream)

    def noted_handle(transport: RecordingTransport, request: httpx.Request) -> httpx.Response:
        sent.append(f"transport {request.method}")
        return handle(transport, request)

    monkeypatch.setattr(httpx.Client, "send", noted_send)
    monkeypatch.setattr(RecordingTransport, "handle_request", noted_handle)
    with RawServer([answer(b"1"), answer(b"2")]) as server:
        fetcher = fetcher_for(server)
        fetcher.fetch("GET", server.url())
        fetcher.fetch("POST", server.url(), body=b"x")
    assert sent == ["client GET stream=True", "transport GET", "client POST stream=True", "transport POST"]


def test_only_the_transport_and_the_recorder_know_what_is_under_httpx() -> None:
    folder = Path(archiver.__file__).parent
    knowing = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if "httpcore" in imported(path)}
    assert knowing == {"capture/transport.py", "capture/recorder.py"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize(
    "target",
    [
        "/a/../b/./c",
        "//elsewhere.example/x",
        "/%2e%2e/%aa%AA",
        "/a?b=[1]|2^3'4&c=%20+",
        "/a?",
        "/?a=1?b=2",
        "/" + "x" * 70_000,
    ],
)
def test_the_target_is_sent_as_it_was_checked_and_not_as_httpx_would_write_it(
    target: str, fetcher_for: MakeFetcher
) -> None:
    with RawServer(answer(b"x")) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(target))
        (request,) = server.requests
    assert request.startswith(f"GET {target} HTTP/1.1\r\nHost: localhost:{server.port}\r\n".encode())
    assert exchange.request == request
    assert exchange.url == server.url(target)


def test_a_method_is_sent_in_its_own_case(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x")) as server:
        assert fetcher_for(server).fetch("rePort", server.url()).request.startswith(b"rePort / ")


@pytest.mark.parametrize("method", ["", "G\u00c9T", "GET\n", "GET /", "\ud800"])
def test_a_method_that_is_no_token_is_unsendable(method: str, fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x")) as server, pytest.raises(UnsendableRequest):
        fetcher_for(server).fetch(method, server.url())
    assert server.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "https://[::1",
        "https://xn--999999999/",
        "http://a.example:99999999/",
        "x" * 70_000,
        "//",
        "mailto:a@b",
        "",
        "\xff\xfe",
    ],
)
def test_a_redirect_that_httpx_could_not_read_is_an_answer_like_any_other(
    location: str, fetcher_for: MakeFetcher
) -> None:
    sent = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("latin-1") + b"\r\nContent-Length: 2\r\n\r\nhi"
    with RawServer([sent, answer(b"next")]) as server:
        fetcher = fetcher_for(server)
        exchange = fetcher.fetch("GET", server.url())
        assert (exchange.status, exchange.response, exchange.truncated) == (302, sent, None)
        assert fetcher.fetch("GET", server.url("/next")).body == b"next"
        assert (server.connections, len(server.requests)) == (1, 2), "nothing was followed"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_body_in_a_coding_is_stored_as_it_came_and_never_decoded(coding: str, fetcher_for: MakeFetcher) -> None:
    sent = answer(b"this is in no coding at all", f"Content-Encoding: {coding}")
    with RawServer(sent) as server:
        exchange = fetcher_for(server).fetch("GET", server.url())
    assert (exchange.response, exchange.body) == (sent, b"this is in no coding at all")


def test_cookies_are_neither_kept_nor_sent_to_anybody(fetcher_for: MakeFetcher) -> None:
    setting = answer(b"x", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Domain=localhost", "Set-Cookie2: c=3")
    with RawServer([setting, setting, answer(b"y")]) as server:
        fetcher = fetcher_for(server)
        for _ in range(3):
            fetcher.fetch("GET", server.url())
        assert not any(b"ookie" in request for request in server.requests)
    assert list(fetcher._client.cookies.jar) == []


def test_no_login_is_taken_from_a_netrc(
    fetcher_for: MakeFetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login someone password other\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with RawServer(answer(b"x", "WWW-Authenticate: Basic realm=x", status="401 Unauthorized")) as server:
        assert fetcher_for(server).fetch("GET", server.url()).status == 401
        (request,) = server.requests
    assert b"uthorization" not in request


def test_a_literal_ipv6_address_is_asked(fetcher_for: MakeFetcher) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    server = RawServer(answer(b"six"))
    server._listener.close()
    server._listener, server.port = listener, listener.getsockname()[1]
    with server:
        fetcher = fetcher_for()
        fetcher._trusted = frozenset([f"http://[::1]:{server.port}"])
        exchange = fetcher.fetch("GET", f"http://[::1]:{server.port}/")
        assert exchange.body == b"six"
        assert f"Host: [::1]:{server.port}\r\n".encode() in exchange.request


def test_every_error_of_the_pool_has_its_namesake_or_nearest_kind_in_httpx() -> None:
    kinds = [kind for kind in vars(httpcore).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    families = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
    ours = [kind for kind in kinds if issubclass(kind, families)]
    assert len(ours) >= 12
    for kind in ours:
        error = httpx_error(kind("words"))
        assert isinstance(error, httpx.TransportError)
        assert issubclass(getattr(httpx, kind.__name__), type(error))


def test_after_an_end_the_fetcher_connects_anew(fetcher_for: MakeFetcher) -> None:
    with RawServer([answer(b"1")], [answer(b"2")]) as server:
        fetcher = fetcher_for(server)
        fetcher.fetch("GET", server.url())
        fetcher.close()
        assert fetcher.fetch("GET", server.url()).body == b"2"
        assert server.connections == 2
