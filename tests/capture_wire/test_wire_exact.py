"""What is recorded is what crossed the wire, byte for byte."""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archiver.capture.masking import Secret
from archiver.http import (
    ConnectFailed,
    ConnectionLost,
    MalformedAnswer,
    TimedOut,
    TlsFailed,
    TooLarge,
    UnsendableRequest,
)
from tests.capture_wire.conftest import MakeFetcher
from tests.servers import (
    Authority,
    Pause,
    Pieces,
    RawServer,
    Send,
    Step,
    Talk,
    answer,
    chunked,
    hang_up,
    read_request,
    reset,
)

BODY = b'{"statuses": ["\xc3\xa9", "\\u0041"]}'

ODD_HEAD = (
    b"HTTP/1.1 200 Very  OK\r\n"
    b"x-FOO:no space\r\n"
    b"Server:   three spaces before, trailing tab\t\r\n"
    b"X-Folded: one\r\n\ttwo\r\n"
    b'Content-Type: application/json; name="caf\xe9"\r\n'
    b"X-Twice: 1\r\nx-twice: 2\r\n"
)

WHOLE_ANSWERS: dict[str, tuple[bytes, bytes]] = {
    "odd header case, order and spacing": (
        ODD_HEAD + b"content-LENGTH:  %d\r\n\r\n" % len(BODY) + BODY,
        BODY,
    ),
    "chunks": (ODD_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY, 7), BODY),
    "chunk extensions, zeros and upper case": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b'00A;ext=1;q="v"\r\n0123456789\r\n2\r\nab\r\n000;end\r\n\r\n',
        b"0123456789ab",
    ),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Check: 12\r\nother:x\r\n\r\n",
        b"hi",
    ),
    "no body by status": (b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n', b""),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    "bare line feeds in the head": (b"HTTP/1.1 200 OK\nX: y\nContent-Length: 2\n\nhi", b"hi"),
    "an empty body": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    "the same length twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    "every byte value": (answer(bytes(range(256)) * 40), bytes(range(256)) * 40),
    "an error page": (answer(b"gone", status="410 Gone"), b"gone"),
    "a body of 300 KB in chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"abcdefghij" * 30_000, 4096),
        b"abcdefghij" * 30_000,
    ),
}


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest, authority: Authority) -> ssl.SSLContext | None:
    return authority.server() if request.param == "tls" else None


@pytest.mark.parametrize("name", WHOLE_ANSWERS)
def test_the_stored_answer_is_the_bytes_the_server_sent(
    name: str, tls: ssl.SSLContext | None, fetcher_for: MakeFetcher
) -> None:
    sent, body = WHOLE_ANSWERS[name]
    with RawServer(sent, tls=tls) as server:
        exchange = fetcher_for(server).fetch("GET", server.url("/api?x=1"))
    assert exchange.response == sent
    assert exchange.body == body
    assert exchange.body_size == len(body)
    assert exchange.body_sha256 == hashlib.sha256(body).hexdigest()
    head = re.search(rb"\n\r?\n", sent)
    assert head is not None
    assert exchange.response_head == head.end()
    assert exchange.truncated is None
    assert exchange.masked_response == ()
    assert [exchange.request] == server.requests
    assert exchange.sent_at <= exchange.received_at


def test_an_answer_that_comes_byte_by_byte_is_the_same(fetcher_for: MakeFetcher) -> None:
    sent, body = WHOLE_ANSWERS["trailers"]
    with RawServer([read_request, Pieces(sent, 1, 0.001)]) as server:
        exchange = fetcher_for(server).fetch("GET", server.url())
    assert (exchange.response, exchange.body) == (sent, body)


def test_headers_keep_their_order_case_and_repeats(fetcher_for: MakeFetcher) -> None:
    with RawServer(WHOLE_ANSWERS["odd header case, order and spacing"][0]) as server:
        exchange = fetcher_for(server).fetch("GET", server.url())
    assert exchange.headers == (
        ("x-FOO", "no space"),
        ("Server", "three spaces before, trailing tab"),
        ("X-Folded", "one two"),
        ("Content-Type", 'application/json; name="caf\xe9"'),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("content-LENGTH", str(len(BODY))),
    )


def test_the_request_is_what_the_server_got(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"ok")) as server:
        exchange = fetcher_for(server).fetch(
            "POST",
            server.url("/caf\u00e9?a=1#here"),
            parameters=[("q", "a&b c"), ("q", "\u00fc")],
            headers=[("x-WeIrD", "v"), ("Accept", "text/x")],
            body=b"\0\1",
        )
    (request,) = server.requests
    assert exchange.request == request
    assert request == (
        b"POST /caf%%C3%%A9?a=1&q=a%%26b%%20c&q=%%C3%%BC HTTP/1.1\r\nHost: localhost:%d\r\n"
        b"User-Agent: records-archiver/test\r\nAccept-Encoding: identity\r\nx-WeIrD: v\r\nAccept: text/x\r\n"
        b"Content-Length: 2\r\n\r\n\0\1" % server.port
    )
    assert exchange.url == f"http://localhost:{server.port}/caf%C3%A9?a=1&q=a%26b%20c&q=%C3%BC"


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
    ],
)
def test_interim_answers_are_passed_over(interim: bytes, tls: ssl.SSLContext | None, fetcher_for: MakeFetcher) -> None:
    final = answer(b"real", "X-Final: 1")
    with RawServer([read_request, Send(interim), Pause(0.05), Send(final)], tls=tls) as server:
        exchange = fetcher_for(server).fetch("GET", server.url())
    assert exchange.response == final
    assert exchange.body == b"real"
    assert exchange.status == 200
    assert (exchange.received_at - exchange.sent_at).total_seconds() >= 0.05, "the time of the final answer"


def test_an_answer_without_length_ends_with_the_connection(
    tls: ssl.SSLContext | None, fetcher_for: MakeFetcher
) -> None:
    sent = b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nthe whole page"
    with RawServer(sent, tls=tls) as server:
        exchange = fetcher_for(server).fetch("GET", server.url())
    assert exchange.response == sent
    assert exchange.truncated is None
    assert exchange.network.protocols[0] == "http/1.0"


def test_head_is_answered_without_a_body(fetcher_for: MakeFetcher) -> None:
    sent = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with RawServer([sent, answer(b"next")]) as server:
        fetcher = fetcher_for(server)
        assert fetcher.fetch("HEAD", server.url()).response == sent
        assert fetcher.fetch("GET", server.url()).body == b"next"
        assert server.connections == 1


def test_a_kept_connection_keeps_its_exchanges_apart(tls: ssl.SSLContext | None, fetcher_for: MakeFetcher) -> None:
    answers = [answer(b"number %d" % number, f"X-Number: {number}") for number in range(5)]
    with RawServer(answers, tls=tls) as server:
        fetcher = fetcher_for(server)
        exchanges = [fetcher.fetch("GET", server.url(f"/{number}")) for number in range(5)]
    assert [exchange.response for exchange in exchanges] == answers
    assert [exchange.request for exchange in exchanges] == server.requests
    assert server.connections == 1
    assert len({exchange.network for exchange in exchanges}) == 1


def test_threads_keep_their_exchanges_apart(fetcher_for: MakeFetcher) -> None:
    def echo(talk: Talk) -> None:
        while request := talk.read_request():
            path = request.split(b" ")[1]
            talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(path * 3000, 1000))

    with RawServer(echo) as server:
        fetcher = fetcher_for(server)
        with ThreadPoolExecutor(8) as pool:
            paths = [f"/{number:03}" for number in range(120)]
            exchanges = list(pool.map(lambda path: fetcher.fetch("GET", server.url(path)), paths))
    for path, exchange in zip(paths, exchanges, strict=True):
        assert exchange.request.startswith(f"GET {path} ".encode())
        assert exchange.body == path.encode() * 3000
    assert server.connections <= 8


def test_tls_facts_are_recorded(authority: Authority, fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x"), tls=authority.server()) as server:
        network = fetcher_for(server).fetch("GET", server.url()).network
        certificate = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))
    assert network.ip in ("127.0.0.1", "::1")
    assert network.protocols == ("http/1.1", "tls/1.3")
    assert network.cipher is not None
    assert re.fullmatch("TLS_[A-Z0-9_]+", network.cipher)
    assert network.certificate_sha256 == hashlib.sha256(certificate).hexdigest()


def test_plain_connections_have_no_tls_facts(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x")) as server:
        network = fetcher_for(server).fetch("GET", server.url()).network
    assert (network.protocols, network.cipher, network.certificate_sha256) == (("http/1.1",), None, None)


# What goes wrong on the way.


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("ending", [reset, hang_up, None], ids=["reset", "hang up", "orderly"])
def test_an_answer_cut_anywhere_is_kept_as_cut(framing: str, ending: Step | None, fetcher_for: MakeFetcher) -> None:
    body = b"".join(b"%07d\n" % number for number in range(1024))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n"
    sent = head + body
    if framing == "chunked":
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        sent = head + chunked(body, 1000)
    for cut in range(len(head) + 1, len(sent), 1024):
        # A reset throws away what the other side has not read yet, so it comes a moment after the bytes.
        script: list[Step] = [read_request, Send(sent[:cut]), Pause(0.03 if ending is reset else 0)]
        with RawServer([*script, ending] if ending else script) as server:
            exchange = fetcher_for(server).fetch("GET", server.url())
        assert exchange.truncated == "disconnect"
        assert exchange.response == sent[:cut]
        assert body.startswith(exchange.body)
        assert exchange.body_size == len(exchange.body) < len(body)


def test_a_page_without_length_that_is_cut_under_tls_is_not_taken_for_whole(
    authority: Authority, fetcher_for: MakeFetcher
) -> None:
    sent = b"HTTP/1.1 200 OK\r\n\r\nhalf a page"
    with RawServer([read_request, Send(sent), hang_up], tls=authority.server()) as server:
        exchange = fetcher_for(server).fetch("GET", server.url())
    assert exchange.truncated == "disconnect"
    assert exchange.response == sent


def test_more_than_announced_is_dropped_and_never_becomes_the_next_answer(fetcher_for: MakeFetcher) -> None:
    first = answer(b"right")
    with RawServer([read_request, Send(first + answer(b"smuggled"))], answer(b"second")) as server:
        fetcher = fetcher_for(server)
        exchange = fetcher.fetch("GET", server.url())
        assert exchange.response == first
        assert exchange.truncated is None
        assert fetcher.fetch("GET", server.url()).body == b"second"
        assert server.connections == 2


def test_an_idle_connection_that_the_server_ended_is_replaced(fetcher_for: MakeFetcher) -> None:
    with RawServer([answer(b"one"), Pause(0.05)], answer(b"two")) as server:
        fetcher = fetcher_for(server)
        assert fetcher.fetch("GET", server.url()).body == b"one"
        threading.Event().wait(0.15)
        assert fetcher.fetch("GET", server.url()).body == b"two"


def test_a_kept_connection_that_ends_as_it_is_used_again_is_asked_once_more(fetcher_for: MakeFetcher) -> None:
    with RawServer([answer(b"one"), read_request, hang_up], answer(b"two")) as server:
        fetcher = fetcher_for(server)
        fetcher.fetch("GET", server.url("/1"))
        assert fetcher.fetch("GET", server.url("/2")).body == b"two"
        assert len(server.requests) == 3


def test_a_post_is_never_sent_twice(fetcher_for: MakeFetcher) -> None:
    with RawServer([answer(b"one"), read_request, hang_up], answer(b"two")) as server:
        fetcher = fetcher_for(server)
        fetcher.fetch("GET", server.url("/1"))
        with pytest.raises(ConnectionLost) as caught:
            fetcher.fetch("POST", server.url("/2"), body=b"x")
    assert caught.value.code == "connection_lost"
    assert len(server.requests) == 2


@pytest.mark.parametrize("ending", [hang_up, reset], ids=["hang up", "reset"])
def test_no_answer_at_all_is_a_lost_connection(ending: Step, fetcher_for: MakeFetcher) -> None:
    with RawServer([read_request, ending]) as server, pytest.raises(ConnectionLost) as caught:
        fetcher_for(server).fetch("GET", server.url())
    assert caught.value.received == b""
    assert server.connections == 1, "a fresh connection is not tried again"


def test_half_a_head_is_a_lost_connection_that_keeps_the_half(fetcher_for: MakeFetcher) -> None:
    with (
        RawServer([read_request, Send(b"HTTP/1.1 200 OK\r\nX-Hal")]) as server,
        pytest.raises(ConnectionLost) as caught,
    ):
        fetcher_for(server).fetch("GET", server.url())
    assert caught.value.received == b"HTTP/1.1 200 OK\r\nX-Hal"


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example ESMTP\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"HTTP/2 200\r\n\r\n",
        b"<html>no head at all</html>\r\n\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_what_is_not_http_is_named_so_and_its_bytes_are_kept(garbage: bytes, fetcher_for: MakeFetcher) -> None:
    with RawServer([read_request, Send(garbage)]) as server, pytest.raises(MalformedAnswer) as caught:
        fetcher_for(server).fetch("GET", server.url())
    assert caught.value.received == garbage
    assert caught.value.code == "malformed_answer"


def test_a_head_without_end_is_too_large(fetcher_for: MakeFetcher) -> None:
    with (
        RawServer([read_request, Send(b"HTTP/1.1 200 OK\r\n"), Send(b"X-More: " + b"x" * 400_000)]) as server,
        pytest.raises(TooLarge) as caught,
    ):
        fetcher_for(server).fetch("GET", server.url())
    assert caught.value.received.startswith(b"HTTP/1.1 200 OK\r\nX-More: xxx")
    assert len(caught.value.received) < 1_000_000


def test_interim_answers_without_end_are_too_large(fetcher_for: MakeFetcher) -> None:
    def flood(talk: Talk) -> None:
        talk.read_request()
        for _ in range(200_000):
            talk.send(b"HTTP/1.1 103 Early Hints\r\nX: " + b"x" * 4000 + b"\r\n\r\n")

    with RawServer(flood) as server, pytest.raises(TooLarge):
        fetcher_for(server).fetch("GET", server.url())


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_body_beyond_the_limit_is_cut_there(framing: str, fetcher_for: MakeFetcher) -> None:
    body = b"0123456789" * 20_000
    heads = {
        "length": b"Content-Length: 200000\r\n\r\n" + body,
        "chunked": b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, 5000),
        "close": b"\r\n" + body,
    }
    sent = b"HTTP/1.1 200 OK\r\n" + heads[framing]
    with RawServer(sent, answer(b"next")) as server:
        fetcher = fetcher_for(server)
        exchange = fetcher.fetch("GET", server.url(), limit=50_000)
        assert exchange.truncated == "length"
        assert exchange.response == sent[: exchange.response_head + 50_000]
        assert body.startswith(exchange.body)
        assert len(exchange.body) > 49_000
        assert fetcher.fetch("GET", server.url()).body == b"next"


def test_a_body_of_exactly_the_limit_is_whole(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x" * 50_000)) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), limit=50_000)
    assert exchange.truncated is None


def test_a_server_that_says_nothing_times_out(fetcher_for: MakeFetcher) -> None:
    with RawServer([read_request, Pause(120)]) as server, pytest.raises(TimedOut) as caught:
        fetcher_for(server, read_timeout=0.2).fetch("GET", server.url())
    assert caught.value.code == "timed_out"


def test_a_server_that_drips_times_out_in_all(fetcher_for: MakeFetcher) -> None:
    sent = answer(b"x" * 1000)
    with RawServer([read_request, Pieces(sent, 5, 0.1)]) as server, pytest.raises(TimedOut, match="in all") as caught:
        fetcher_for(server, read_timeout=60, total_timeout=3).fetch("GET", server.url())
    assert caught.value.received
    assert sent.startswith(caught.value.received)


def test_a_tls_handshake_that_never_ends_times_out(fetcher_for: MakeFetcher, authority: Authority) -> None:
    with RawServer([Pause(120)]) as server:
        fetcher = fetcher_for(connect_timeout=0.3)
        fetcher._trusted = frozenset([server.origin.replace("http:", "https:")])
        with pytest.raises(TimedOut, match="connect"):
            fetcher.fetch("GET", server.url().replace("http:", "https:"))


def test_nobody_listening_is_a_failed_connection(fetcher_for: MakeFetcher) -> None:
    with RawServer() as server:
        fetcher = fetcher_for(server)
    with pytest.raises(ConnectFailed):
        fetcher.fetch("GET", server.url())


def test_an_unknown_authority_a_wrong_name_and_an_old_certificate_are_refused(
    authority: Authority, fetcher_for: MakeFetcher, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    for context, reason in (
        (stranger.server(), "certificate|issuer"),
        (authority.server("elsewhere.example"), "mismatch"),
        (authority.server(days=-1), "expired"),
    ):
        with RawServer(answer(b"x"), tls=context) as server, pytest.raises(TlsFailed, match=reason):
            fetcher_for(server).fetch("GET", server.url())
        assert server.requests == []


def test_tls_asked_of_a_plain_server_fails_without_falling_back(fetcher_for: MakeFetcher) -> None:
    with RawServer([Send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), read_request]) as server:
        fetcher = fetcher_for()
        fetcher._trusted = frozenset([server.origin.replace("http:", "https:")])
        with pytest.raises(TlsFailed):
            fetcher.fetch("GET", server.url().replace("http:", "https:"))
        assert not any(b"GET" in request for request in server.requests)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Split", "a\r\nEvil: 1"),
        ("X:Y", "a"),
        ("", "a"),
        ("Host", "elsewhere"),
        ("Transfer-Encoding", "chunked"),
        ("X-Nul", "a\0"),
    ],
)
def test_a_header_that_would_change_the_request_is_not_sent(name: str, value: str, fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x")) as server, pytest.raises(UnsendableRequest) as caught:
        fetcher_for(server).fetch("GET", server.url(), headers=[(name, value)])
    assert server.requests == []
    assert "Evil" not in str(caught.value)


def test_a_method_that_would_change_the_request_is_not_sent(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"x")) as server, pytest.raises(UnsendableRequest):
        fetcher_for(server).fetch("GET / HTTP/1.1\r\nEvil: 1\r\n\r\nGET", server.url())
    assert server.requests == []


def test_nothing_of_the_environment_leads_elsewhere(fetcher_for: MakeFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answer(b"proxy")) as proxy, RawServer([answer(b"a", "Set-Cookie: s=12345"), answer(b"b")]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        fetcher = fetcher_for(server)
        assert fetcher.fetch("GET", server.url()).body == b"a"
        fetcher.fetch("GET", server.url())
        assert proxy.connections == 0
        assert b"ookie" not in server.requests[1]


def test_no_tls_keys_are_logged(
    authority: Authority, fetcher_for: MakeFetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with RawServer(answer(b"x"), tls=authority.server()) as server:
        assert fetcher_for(server).fetch("GET", server.url()).body == b"x"
    assert not list(tmp_path.iterdir())


def test_old_tls_is_refused(authority: Authority, fetcher_for: MakeFetcher) -> None:
    old = authority.server()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with RawServer(answer(b"x"), tls=old) as server, pytest.raises(TlsFailed):
        fetcher_for(server).fetch("GET", server.url())


def test_authorization_is_sent_and_stored_masked(fetcher_for: MakeFetcher) -> None:
    token = Secret("tok-EN_value.0123456789", "token")
    with RawServer(answer(b"x")) as server:
        exchange = fetcher_for(server).fetch("GET", server.url(), authorization=token)
    (request,) = server.requests
    assert b"Authorization: Bearer tok-EN_value.0123456789\r\n" in request
    assert exchange.request == request.replace(b"tok-EN_value.0123456789", b"*" * 23)
