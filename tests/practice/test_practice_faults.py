"""Each fault does what it says, seen from a raw socket; without faults the server is a plain HTTP/1.1 server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time

import h11
import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response, Wire, framed
from archiver.practice.server import PracticeServer

from .client import Client, raw
from .conftest import Town

TOKEN = 'CANARY/"7f3+b\\z'


@pytest.fixture
def said(town: Town) -> list[int]:
    return [town.city.say(town.cast.city, f"Notice {number}") for number in range(50)]


def split(received: bytes) -> tuple[bytes, bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def understood(received: bytes) -> tuple[int, bytes]:
    """Status and body as h11 reads them."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(received)
    connection.receive_data(b"")
    status, body = 0, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
    return status, body


# The plain server.


def test_one_connection_serves_many_requests_even_sent_at_once(town: Town, said: list[int]) -> None:
    line = f"GET /api/v1/statuses/{said[0]} HTTP/1.1\r\nHost: x\r\n".encode()
    with socket.create_connection(("127.0.0.1", town.server.port), timeout=5) as connection:
        connection.sendall((line + b"\r\n") * 3 + line + b"Connection: close\r\n\r\n")
        received = b""
        while more := connection.recv(65536):
            received += more
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 4


def test_a_head_request_is_answered_without_a_body(town: Town, said: list[int]) -> None:
    head, body = split(raw(town.server, f"/api/v1/statuses/{said[0]}", method="HEAD"))
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n", b"GET http://x/ HTTP/1.1\r\n\r\n", b"GET / HTTP/2\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET / HTTP/1.1\r\n x: y\r\n\r\n", b"x" * 70_000,
    ],
)  # fmt: skip
def test_what_is_not_a_request_is_answered_400_and_the_server_goes_on(town: Town, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", town.server.port), timeout=5) as connection:
        connection.sendall(sent)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert town.client.get("/api/v2/instance").status == 200


def test_a_request_that_never_ends_does_not_hold_up_others(town: Town) -> None:
    with socket.create_connection(("127.0.0.1", town.server.port), timeout=5) as connection:
        connection.sendall(b"GET / HT")
        assert town.client.get("/api/v2/instance").status == 200


def test_stopping_closes_connections_and_threads_and_may_be_repeated(town: Town) -> None:
    server = PracticeServer(town.city).start()
    Client(server).get("/api/v2/instance")
    idle = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    server.stop()
    server.stop()
    with contextlib.suppress(ConnectionResetError):
        assert idle.recv(10) == b""
    idle.close()
    assert not [thread for thread in server._threads if thread.is_alive()]
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_the_log_tells_what_was_asked(town: Town, said: list[int]) -> None:
    town.client_of(town.cast.city).get(f"/api/v1/statuses/{said[0]}")
    town.client.get("/api/v1/nothing?x=1")
    lines = [(line.method, line.target, line.status, line.authorised) for line in town.server.log]
    assert lines == [("GET", f"/api/v1/statuses/{said[0]}", 200, True), ("GET", "/api/v1/nothing?x=1", 404, False)]


# When a fault strikes.


def test_a_fault_strikes_where_and_as_often_as_it_is_told(town: Town, said: list[int]) -> None:
    fault = town.server.faults.add(faults.server_error(500), r"/statuses\?", after=2, times=2)
    path = f"{town.statuses}?limit=1"
    town.client.get("/api/v2/instance")
    assert [town.client.get(path).status for _ in range(6)] == [200, 200, 500, 500, 200, 200]
    assert (fault.seen, fault.hits) == (6, 2)


def test_a_fault_without_a_count_strikes_until_removed(town: Town, said: list[int]) -> None:
    fault = town.server.faults.add(faults.not_found, times=None)
    assert [town.client.get(town.statuses).status for _ in range(3)] == [404, 404, 404]
    town.server.faults.remove(fault)
    assert town.client.get(town.statuses).status == 200


def test_a_counted_fault_strikes_exactly_so_often_under_many_threads(town: Town, said: list[int]) -> None:
    fault = town.server.faults.add(faults.server_error(), times=7)
    statuses: list[int] = []

    def ask() -> None:
        client = Client(town.server)
        statuses.extend(client.get("/api/v2/instance").status for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(503), statuses.count(200), fault.hits) == (7, 73, 7)


# Other answers.


def test_a_token_expires_in_mid_pass(town: Town, said: list[int]) -> None:
    client = town.client_of(town.cast.city)
    town.server.faults.add(faults.expired_token, after=1, times=None)
    assert client.get(town.statuses).status == 200
    got = client.get(town.statuses)
    assert (got.status, got.json) == (401, {"error": "The access token expired"})
    assert 'error_description="The access token expired"' in got.headers["WWW-Authenticate"]
    assert town.client.get(town.statuses).status == 200


def test_a_429_tells_its_reset_as_asked(town: Town) -> None:
    town.server.faults.add(faults.too_many_requests("2026-03-01T09:00:00.000000Z", retry_after="7"))
    got = town.client.get("/api/v2/instance")
    assert (got.status, got.json) == (429, {"error": "Too many requests"})
    shown = [got.headers[name] for name in ("X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")]
    assert shown == ["0", "2026-03-01T09:00:00.000000Z", "7"]


@pytest.mark.parametrize("status", [200, 502])
def test_an_html_page_stands_in_for_data(town: Town, status: int) -> None:
    town.server.faults.add(faults.html_page(status))
    got = town.client.get(town.statuses)
    assert (got.status, got.headers["Content-Type"]) == (status, "text/html")
    assert got.body.startswith(b"<html>")


def test_everything_is_not_found_although_it_is_there(town: Town, said: list[int]) -> None:
    town.server.faults.add(faults.not_found, times=None)
    for path in (f"/api/v1/statuses/{said[0]}", "/api/v1/accounts/lookup?acct=larkmere", town.statuses):
        assert town.client.get(path).json == {"error": "Record not found"}


def test_a_cursor_dies(town: Town, said: list[int]) -> None:
    town.server.faults.add(faults.dead_cursor, "max_id")
    first = town.client.get(f"{town.statuses}?limit=5")
    assert town.client.get(first.link("next") or "").status == 422
    assert town.client.get(first.link("next") or "").status == 200


# Lists.


def test_an_empty_page_in_between_loses_nothing(town: Town, said: list[int]) -> None:
    town.server.faults.add(faults.empty_page, "max_id")
    pages = town.client.pages(f"{town.statuses}?limit=20")
    assert [len(part) for part in pages] == [20, 0, 20, 10]
    assert [int(status["id"]) for part in pages for status in part] == said[::-1]


def test_a_cursor_repeats_without_end(town: Town, said: list[int]) -> None:
    town.server.faults.add(faults.repeating_cursor, "max_id", times=None)
    first = town.client.get(f"{town.statuses}?limit=5")
    second = town.client.get(first.link("next") or "")
    assert second.link("next") == first.link("next")
    assert town.client.get(second.link("next") or "").body == second.body


def test_one_status_stands_on_two_pages(town: Town, said: list[int]) -> None:
    town.server.faults.add(faults.duplicate_across_pages(), "/statuses", times=None)
    pages = town.client.pages(f"{town.statuses}?limit=20")
    assert [len(part) for part in pages] == [20, 21, 11]
    assert pages[1][0] == pages[0][-1]
    assert {int(status["id"]) for part in pages for status in part} == set(said)


@pytest.mark.parametrize(("keep", "keep_next"), [(0, False), (0, True), (3, False), (3, True)])
def test_a_list_is_cut_short_with_or_without_a_word_of_more(
    town: Town, said: list[int], keep: int, keep_next: bool
) -> None:
    town.server.faults.add(faults.cut_list(keep, keep_next=keep_next))
    got = town.client.get(f"{town.statuses}?limit=20")
    assert [int(status["id"]) for status in got.json] == said[::-1][:keep]
    assert (got.link("next") is not None) == keep_next
    assert got.status == 200


def test_a_thread_is_cut_short(town: Town, said: list[int]) -> None:
    for _ in range(3):
        town.city.say(town.cast.residents[0], "Why?", answering=said[0])
    town.server.faults.add(faults.cut_list(1))
    found = town.client.get(f"/api/v1/statuses/{said[0]}/context").json
    assert [len(found[part]) for part in ("ancestors", "descendants")] == [0, 1]


# Contents.


def test_every_status_gets_an_unknown_field_shares_inside_too(town: Town) -> None:
    town.city.share(town.cast.city, town.city.say(town.cast.works, "Works"))
    town.server.faults.add(faults.unknown_field("brand_new", {"a": None}))
    (status,) = town.client.get(town.statuses).json
    assert status["brand_new"] == status["reblog"]["brand_new"] == {"a": None}
    assert "brand_new" not in status["account"]
    assert "brand_new" not in town.client.get(town.statuses).json[0]


def test_pictures_of_people_move(town: Town, said: list[int]) -> None:
    before = town.client.get(f"/api/v1/statuses/{said[0]}").json
    town.server.faults.add(faults.changed_avatars("v2"))
    after = town.client.get(f"/api/v1/statuses/{said[0]}").json
    assert after["account"]["avatar"] == before["account"]["avatar"] + "?v2"
    after["account"] |= {key: before["account"][key] for key in ("avatar", "avatar_static")}
    assert after == before


@pytest.mark.parametrize("form", ["body", "escaped", "percent", "cookie", "header", "link"])
def test_the_token_comes_back_in_the_form_asked_for(town: Town, said: list[int], form: str) -> None:
    token = "CANARY+7f3/z"
    town.server.mastodon.grant(town.cast.city, token)
    shown = {
        "body": token, "escaped": "".join(f"\\u{ord(letter):04x}" for letter in token),
        "percent": "".join(f"%{ord(letter):02X}" for letter in token), "header": f"X-Echo: Bearer {token}",
        "cookie": "Set-Cookie: _mastodon_session=CANARY%2B7f3%2Fz;", "link": "access_token=CANARY%2B7f3%2Fz&",
    }[form].encode()  # fmt: skip
    town.server.faults.add(faults.echoed_token(form), times=None)
    with_token = raw(town.server, f"{town.statuses}?limit=5", head=f"Authorization: Bearer {token}\r\n")
    assert shown in with_token
    assert json.loads(split(with_token)[1])
    assert b"CANARY" not in raw(town.server, f"{town.statuses}?limit=5")


def test_a_secret_never_sent_is_given_out(town: Town) -> None:
    town.server.faults.add(faults.issued_secret("FRESH-canary", "cookie", "body"), times=None)
    received = raw(town.server, "/api/v2/instance")
    assert received.count(b"FRESH-canary") == 2
    assert json.loads(split(received)[1])["echo"] == "FRESH-canary"
    assert b"<!-- FRESH-canary -->" in raw(town.server, "/larkmere_news/")


# The wire.


def test_a_body_breaks_off_at_the_byte_asked_for(town: Town, said: list[int]) -> None:
    path = f"/api/v1/statuses/{said[0]}"
    whole = split(raw(town.server, path))[1]
    town.server.faults.add(faults.cut_body(100))
    head, body = split(raw(town.server, path))
    assert body == whole[:100]
    assert f"Content-Length: {len(whole)}".encode() in head
    assert split(raw(town.server, path))[1] == whole


def test_a_connection_breaks_off_before_anything_is_answered(town: Town) -> None:
    town.server.faults.add(faults.cut_body(-1))
    assert raw(town.server, "/api/v2/instance") == b""


@pytest.mark.parametrize("difference", [-10, 1, 5000])
def test_a_length_is_stated_that_is_not_so(town: Town, difference: int) -> None:
    whole = split(raw(town.server, "/api/v2/instance"))[1]
    town.server.faults.add(faults.wrong_length(difference))
    head, body = split(raw(town.server, "/api/v2/instance"))
    assert body == whole
    assert f"Content-Length: {len(whole) + difference}\r\n".encode() in head + b"\r\n"


def test_a_body_comes_slowly(town: Town) -> None:
    town.server.faults.add(faults.slow_body(200, 0.05))
    start = time.monotonic()
    status, body = understood(raw(town.server, "/api/v2/instance"))
    assert status == 200
    assert time.monotonic() - start >= 0.05 * (len(body) // 200)


def test_stopping_does_not_wait_for_a_slow_body(town: Town) -> None:
    server = PracticeServer(town.city).start()
    server.faults.add(faults.slow_body(1, 5))
    thread = threading.Thread(target=raw, args=(server, "/api/v2/instance"))
    thread.start()
    while not server.log:
        time.sleep(0.01)
    server.stop()
    thread.join(120)
    assert not thread.is_alive(), "the whole body would have taken hours"


def test_odd_chunks_are_framed_as_the_standard_allows(town: Town, said: list[int]) -> None:
    path = f"/api/v1/statuses/{said[0]}"
    whole = split(raw(town.server, path))[1]
    town.server.faults.add(faults.odd_chunks((1, 7, 1000)))
    received = raw(town.server, path)
    head, body = split(received)
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    assert body.startswith(b'000001;name="va;l\\"ue"\r\n{\r\n000007;name="va;l\\"ue"\r\n')
    assert body.endswith(b'000000;name="va;l\\"ue"\r\nX-Checked: yes\r\n\r\n')
    assert understood(received) == (200, whole)


def test_faults_of_several_kinds_strike_together(town: Town, said: list[int]) -> None:
    town.server.faults.add(faults.unknown_field("extra"), times=None)
    town.server.faults.add(faults.odd_chunks(), times=None)
    town.server.faults.add(faults.issued_secret("FRESH", "body"), times=None)
    status, body = understood(raw(town.server, f"/api/v1/statuses/{said[0]}"))
    found = json.loads(body)
    assert (status, found["echo"], "extra" in found) == (200, "FRESH", True)


ALTERS: list[Alter] = [
    faults.expired_token, faults.not_found, faults.dead_cursor, faults.empty_page, faults.repeating_cursor,
    faults.duplicate_across_pages(), faults.unknown_field(), faults.changed_avatars(), faults.echoed_token("body"),
    faults.cut_list(1), faults.cut_body(1), faults.slow_body(1, 0), faults.wrong_length(-5), faults.odd_chunks(),
    faults.issued_secret(TOKEN, "percent", "cookie", "header", "link"),
]  # fmt: skip


@pytest.mark.parametrize("alter", ALTERS)
@pytest.mark.parametrize("body", [b"", b"\x89PNG\r\n", b"<html>", b"[]", b"{}", b"[1,2]", b'"text"'])
def test_no_fault_stumbles_over_a_body_it_was_not_made_for(alter: Alter, body: bytes) -> None:
    request = Request("GET", "/x?max_id=5", (("Authorization", "Bearer t"),))
    assert isinstance(alter(request, Response(200, (), body)), Response)


def test_framing_a_304_or_204_states_no_length() -> None:
    for status in (204, 304):
        head, body = framed(Response(status, (), b"ignored"))
        assert (b"Content-Length" in head, body) == (False, b"")
    assert b"HTTP/1.1 299 \r\n" in framed(Response(299))[0]
    assert framed(Response(200, (), b"abc", Wire(chunks=(2,))))[1] == b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
