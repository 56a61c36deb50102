"""Whoever asks for parts of many films at once: a few are unpacked at a time, some wait, the rest are told to come
again; pictures and pages are answered meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import pytest

from archiver.archive import Archive
from archiver.errors import Busy, IntegrityError, NotFound
from archiver.operations import file_page
from archiver.operations.file_page import AT_ONCE, IN_LINE, PICTURES_AT_ONCE, SMALL, KeptFile
from archiver.operations.shown_files import LARGEST_PICTURE
from archiver.records.pictures import StoredAt
from archiver.records.views import MediumView

_ARCHIVE = cast("Archive", SimpleNamespace(store=None))


def _file(size: int, kind: str = "video/mp4") -> KeptFile:
    medium = MediumView("md_1", "k", "video", "u", None, "fetched", None, kind, "0" * 64, size, "ex_1")
    return KeptFile(medium, StoredAt("segment", None, 0, 100, 0, 0, "public"))


class _Store:
    """Unpacks until it is let go, and counts what it unpacks at the same time."""

    def __init__(self) -> None:
        self.go_on, self._count = threading.Event(), threading.Condition()
        self.now = self.most = self.all = 0

    def read(self, *_: Any, **__: Any) -> Any:
        with self._count:
            self.now, self.all = self.now + 1, self.all + 1
            self.most = max(self.most, self.now)
            self._count.notify_all()
        self.go_on.wait(60)
        with self._count:
            self.now -= 1
        return SimpleNamespace(headers=(), body=b"film")

    def wait_for(self, count: int) -> None:
        with self._count:
            assert self._count.wait_for(lambda: self.now >= count, 60)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> _Store:
    made = _Store()
    monkeypatch.setattr(file_page, "read_exchange", made.read)
    return made


def _asked(size: int, kind: str = "video/mp4") -> bytes | str:
    try:
        return file_page.content(_ARCHIVE, _file(size, kind))
    except Busy as busy:
        return str(busy)


def test_memory_does_not_grow_with_how_many_wind_films_at_once(store: _Store) -> None:
    with ThreadPoolExecutor(IN_LINE + 20) as pool:
        asked = [pool.submit(_asked, SMALL + 1) for _ in range(IN_LINE + 20)]
        store.wait_for(AT_ONCE)
        while sum(one.done() for one in asked) < 20:
            threading.Event().wait(0.01)
        assert {one.result() for one in asked if one.done()} == {
            "several films are being handed out just now: try again in a moment"
        }
        assert store.now == AT_ONCE
        picture = pool.submit(_asked, SMALL)
        store.wait_for(AT_ONCE + 1)
        assert not picture.done(), "it is being read: it waits for no film"
        store.go_on.set()
        assert [one.result() for one in asked].count(b"film") == IN_LINE
        assert picture.result() == b"film"
    assert store.most == AT_ONCE + 1
    assert _asked(SMALL + 1) == b"film", "what was taken is given back"


def test_all_large_pictures_of_a_page_come_however_many_and_wait_for_no_film(store: _Store) -> None:
    many = IN_LINE + 5
    with ThreadPoolExecutor(AT_ONCE + many + 1) as pool:
        films = [pool.submit(_asked, SMALL + 1) for _ in range(AT_ONCE)]
        store.wait_for(AT_ONCE)
        asked = [pool.submit(_asked, SMALL + 1, "image/jpeg") for _ in range(many)]
        store.wait_for(AT_ONCE + PICTURES_AT_ONCE)
        beyond = pool.submit(_asked, LARGEST_PICTURE + 1, "image/jpeg")  # (no page shows it: it is taken as a file)
        store.go_on.set()
        assert [one.result() for one in (*films, *asked, beyond)] == [b"film"] * (AT_ONCE + many + 1)
    assert store.most == AT_ONCE + PICTURES_AT_ONCE


def test_a_film_whose_turn_does_not_come_is_told_so_and_gives_its_place_back(
    store: _Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_page, "_PATIENCE", 0.01)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [pool.submit(_asked, SMALL + 1) for _ in range(AT_ONCE)]
        store.wait_for(AT_ONCE)
        for _ in range(IN_LINE + 1):
            assert _asked(SMALL + 1) == "other files take long to be handed out just now: try again in a moment"
        store.go_on.set()
        assert [one.result() for one in asked] == [b"film"] * AT_ONCE


def test_a_failure_gives_the_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise IntegrityError("not as it was written")

    monkeypatch.setattr(file_page, "read_exchange", fail)
    for _ in range(IN_LINE + 1):
        with pytest.raises(NotFound):
            file_page.content(_ARCHIVE, _file(SMALL + 1))
