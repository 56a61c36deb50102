"""Asking a server who an address is, when that server has all the time in the world."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from archiver.accounts import service
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.errors import Unreachable
from archiver.evidence.models import Event
from archiver.settings import Settings
from tests import backends
from tests.servers import Pause, Pieces, RawServer, Step, read_request

_ONWARD = b"HTTP/1.1 302 Found\r\nLocation: /further\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_WORDS = (
    b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nContent-Type: text/html\r\n\r\n<link rel="alternate">' + b" " * 4900
)
_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 81\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b'<head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head>   '
)


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param([[read_request, Pause(0.6), Pieces(_ONWARD, 500)]], id="each answer leads on, in time"),
        pytest.param([[read_request, Pieces(_WORDS, 50, 0.1)]], id="a trickle"),
        pytest.param(
            [[read_request, Pause(0.7), Pieces(_PAGE, 500)], [read_request, Pause(0.7), Pieces(_WORDS, 5000)]],
            id="a page, in time, that names a feed",
        ),
    ],
)
def test_however_a_server_spends_the_time_it_has_no_more_in_all(tmp_path: Path, scripts: list[list[Step]]) -> None:
    assert Settings().connect_seconds < 60, "what most proxies wait for"
    with RawServer(*scripts) as server:
        places = {**backends.places(tmp_path), "trusted_origins": (server.origin,), "connect_seconds": 1.0}
        with Archive.open(Settings(home=tmp_path, **places)) as archive:
            before = _count(archive)
            with pytest.raises(Unreachable, match=r"too long to answer: all of it may take 1 seconds.* Try again"):
                service.add(archive, server.url("/"), "feed")
            assert _count(archive) == before


def _count(archive: Archive) -> tuple[int, ...]:
    with archive.database.read() as connection:
        counts = [connection.execute(select(func.count()).select_from(of)).scalar_one() for of in (Account, Event)]
    return tuple(counts)
