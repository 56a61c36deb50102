"""Pictures of own posts: what is drawn when, how it is stored, and that no capture depends on it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from warcio.archiveiterator import ArchiveIterator

from archiver.capture import depicting
from archiver.capture.contents import exchange_from
from archiver.capture.models import Segment
from archiver.capture.rebuild import rebuild
from archiver.clock import from_text
from archiver.errors import NotFound
from archiver.operations import history
from archiver.pictures.browser import NoBrowser, NotDrawn
from archiver.pictures.page import MOST_TEXT, NOTICE, File, Post, page
from archiver.practice.acts import Wording
from archiver.records import digests, links, pictures, service
from archiver.records.models import Picture, Version
from archiver.storage.segment_names import exchange_record_id
from archiver.storage.segment_reader import read_exchange
from archiver.viewing import Viewer
from tests.capture.house import FULL, NEW, House
from tests.pictures.drawing import PlainDrawer


def a_post(house: House, text: str = "The bridge opens on Monday.") -> int:
    picture = house.city.picture("The new bridge")
    return house.city.say(house.cast.city, Wording(text, media=(picture,)))


def none() -> PlainDrawer:
    raise NoBrowser("Chromium is not installed")


def drawn(house: House) -> list[Any]:
    return house.rows(Picture)


def view(house: House, post: int) -> Any:
    with house.archive.database.read() as connection:
        return service.record(connection, house.records()[f"status/{post}"].id)


@pytest.mark.law("R19", "R41")
def test_each_version_of_an_own_post_is_drawn_once(house: House, drawer: PlainDrawer) -> None:
    office, post = house.office(), a_post(house)
    house.city.say(house.cast.residents[0], "And who pays?", answering=post)
    house.run(office)
    before = len(drawn(house))
    assert [one.version for one in view(house, post).pictures] == [1]
    (one,) = [one for one in drawer.pages if "opens on Monday" in one]
    assert NOTICE in one
    assert "data:image/png;base64," in one
    assert not any("who pays" in one for one in drawer.pages)  # comments of the public are not drawn
    house.run(office)
    assert len(drawn(house)) == before
    house.later(hours=1)
    house.city.edit(post, "The bridge opens on Tuesday.")
    house.run(office)
    assert [one.version for one in view(house, post).pictures] == [1, 2]
    assert "opens on Tuesday" in drawer.pages[-1]
    assert drawer.started == drawer.closed


def test_a_picture_is_stored_as_what_it_is_and_found_again(house: House) -> None:
    office, post = house.office(), a_post(house)
    house.run(office)
    (shown,) = view(house, post).pictures
    with house.archive.database.read() as connection:
        _, at = pictures.picture(connection, shown.exchange_id)
        with pytest.raises(NotFound):
            pictures.picture(connection, shown.exchange_id, Viewer(accounts=frozenset()))
    read = read_exchange(house.archive.store, at.key, at.offset, at.length, at.facts_offset, at.facts_length)
    assert "/media/" in at.key
    assert read.facts["source"] == "made"
    assert read.facts["picture"]["drawn_from"] == [shown.drawn_from, shown.position]
    assert read.facts["picture"]["browser"] == "Plain/1"
    ((medium, exchange, sha256),) = read.facts["picture"]["files"]
    (file,) = view(house, post).media
    assert (medium, exchange, sha256) == (file.id, file.exchange_id, file.sha256)
    with house.archive.store.open(at.key, at.offset, at.length) as stream:
        record = next(iter(ArchiveIterator(io.BytesIO(stream.read()), check_digests="raise")))
        assert record.rec_type == "conversion"
        assert record.content_stream().read() == read.body
    assert record.rec_headers["WARC-Refers-To"] == exchange_record_id(shown.drawn_from, "response")


def test_its_page_can_be_made_again_from_what_is_stored_alone(house: House, drawer: PlainDrawer) -> None:
    """Of nothing but the stored answer, the stored files, and what the picture's own facts say beside them."""
    office, post = house.office(), a_post(house)
    begun = house.clock.now()
    house.run(office)
    (shown,) = view(house, post).pictures
    house.later(days=1)
    house.city.edit(post, "Shut again.")
    house.run(office, FULL)

    def stored(exchange: str) -> Any:
        with house.archive.database.read() as connection:
            at = pictures.place(connection, exchange)
        assert at is not None
        where = (at.key, at.offset, at.length, at.facts_offset, at.facts_length, at.version_id)
        return read_exchange(house.archive.store, *where)

    read = stored(shown.exchange_id)
    said = read.facts["picture"]
    beside = dict(said["beside"])
    source = stored(said["drawn_from"][0])
    seen = exchange_from(source, "", house.archive.platforms).reading.records[said["drawn_from"][1]]
    contents = [stored(exchange).body for _, exchange, _ in said["files"]]
    files = [
        File(
            *(one["kind"], one["alt_text"], one.get("type")),
            contents.pop(0) if "type" in one else None,
            one.get("why", ""),
        )
        for one in beside.pop("files")
    ]
    assert beside.pop("more_files") == 0
    times = ("created_at", "first_seen_at", "received_at")
    beside |= {name: None if beside[name] is None else from_text(beside[name]) for name in times}
    again = Post(
        **beside,
        text=seen.text,
        links=links.unsaid(seen.content, seen.text),
        files=files,
        version=said["number"],
        record=said["record"],
    )
    assert page(again) in drawer.pages
    assert hashlib.sha256(page(again).encode()).hexdigest() == said["page_sha256"]
    assert shown.drawn_at - begun < timedelta(hours=1)


def test_the_time_of_a_picture_is_when_it_was_drawn(house: House, drawer: PlainDrawer) -> None:
    office, post = house.office(), a_post(house)
    held = house.capture.drawing.aside.leases
    drawn_at: list[Any] = []

    class Slow:
        def held(self, account: str) -> Any:
            drawn_at.append(house.clock.now())
            house.later(minutes=90)
            return held.held(account)

    house.capture.drawing.aside.leases = Slow()  # type: ignore[assignment]
    house.run(office)
    assert [one.drawn_at for one in view(house, post).pictures] == drawn_at


def test_a_file_that_an_edit_took_away_is_not_shown_with_the_new_words(house: House, drawer: PlainDrawer) -> None:
    office, post = house.office(), a_post(house)
    house.run(office)
    house.later(hours=1)
    house.city.edit(post, Wording("No picture any more.", media=()))
    house.run(office)
    assert "data:image/" in drawer.pages[0]
    assert "No picture any more" in drawer.pages[-1]
    assert "data:image/" not in drawer.pages[-1]


@pytest.mark.parametrize("hidden", ["words", "files"])
def test_what_only_some_may_see_is_never_drawn(house: House, drawer: PlainDrawer, hidden: str) -> None:
    """A record that was public once stays so in the index; the answers of private classes do not."""
    house.capture.drawing.drawers = none
    office, post = house.office(), a_post(house)
    house.run(office)
    old, new = ("public", "private") if hidden == "words" else ("media", "private-media")
    with house.archive.database.write() as connection:
        connection.execute(update(Segment).where(Segment.access == old).values(access=new))
    house.capture.drawing.drawers = drawer
    house.run(office, NEW)
    assert len(drawer.pages) == (hidden == "files")
    assert not any("data:image/" in one for one in drawer.pages)
    assert view(house, post).access == "public"


def test_a_picture_says_nothing_of_what_an_owner_alone_was_shown_before(house: House, drawer: PlainDrawer) -> None:
    """It is for everybody, and so are the number and the time in it and in what is stored beside it."""
    house.capture.drawing.drawers = none
    office, post = house.office(), a_post(house)
    house.run(office)
    house.later(hours=1)
    house.city.edit(post, "The bridge opens on Tuesday.")
    house.run(office)
    first, second = view(house, post).versions
    later = second.first_seen_at + timedelta(hours=3)
    alone = {"public": False, "public_first_at": None, "public_last_at": None}
    with house.archive.database.write() as connection:
        connection.execute(update(Version).where(Version.id == first.id).values(alone))
        connection.execute(update(Version).where(Version.id == second.id).values(public_first_at=later))
    house.capture.drawing.drawers = drawer
    house.later(hours=1)
    house.run(office, NEW)
    (shown,) = [one for one in drawer.pages if "opens on Tuesday" in one]
    assert f"Version 1, first seen so {later:%Y-%m-%d %H:%M:%S} UTC" in shown
    assert [one.version for one in view(house, post).pictures] == [2], "who sees both counts both"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RecursionError()])
def test_whatever_goes_wrong_with_drawing_the_run_stands(house: House, error: Exception) -> None:
    def broken() -> PlainDrawer:
        raise error

    house.capture.drawing.drawers = broken
    office = house.office()
    a_post(house)
    assert house.run(office).outcome == "complete"


def test_a_rebuild_gives_the_same_pictures(house: House) -> None:
    office, post = house.office(), a_post(house)
    house.run(office)
    house.later(hours=1)
    house.city.edit(post, "Shut again.")
    house.run(office)
    house.capture.flush(all=True)
    with house.archive.database.read() as connection:
        before = digests.digests(connection)
    kept = view(house, post).pictures
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    with house.archive.database.read() as connection:
        assert digests.differences(before, digests.digests(connection)) == []
    assert view(house, post).pictures == kept
    assert len(kept) == 2


def test_a_run_that_draws_is_no_look_at_the_account(house: House) -> None:
    office = house.office()
    a_post(house)
    result = house.run(office)
    assert [run.trigger for run in house.runs()] == ["person", "pictures"]
    with house.archive.database.read() as connection:
        assert history.last_runs(connection, house.clock.now())[office].id == result.run_id
    house.later(days=3)
    house.run(office)
    assert any(gap.cause == "not_running" for gap in house.gaps())


def test_without_a_browser_nothing_is_lost_and_it_is_drawn_later(house: House, drawer: PlainDrawer) -> None:
    house.capture.drawing.drawers = none
    office, post = house.office(), a_post(house)
    assert house.run(office).outcome == "complete"
    assert house.capture.drawing.why_not == "Chromium is not installed"
    assert drawn(house) == []
    house.capture.drawing.drawers = drawer
    house.run(office, NEW)
    assert view(house, post).pictures
    assert house.capture.drawing.why_not is None


def test_a_page_that_cannot_be_drawn_keeps_no_other_from_it(house: House, drawer: PlainDrawer) -> None:
    office, good, bad = house.office(), a_post(house), a_post(house, "Breaks what draws it.")
    drawer.fails = "Breaks what draws it."
    for _ in range(3):
        house.run(office, FULL)
    assert view(house, good).pictures
    assert not view(house, bad).pictures
    tries = drawer.started
    a_post(house, "Another one.")
    house.run(office, NEW)
    assert drawer.started == tries + 1  # the one that fails is not tried for ever


def test_what_cannot_be_read_back_costs_no_browser_and_keeps_no_other_from_it(
    house: House, drawer: PlainDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, good = house.office(), a_post(house)
    for number in range(5):
        a_post(house, f"Damaged {number}")
    seen = depicting._seen

    def damaged(*given: Any) -> Any:
        found = seen(*given)
        if found.text.startswith("Damaged"):
            raise NotDrawn("its words are not found again")
        return found

    monkeypatch.setattr(depicting, "_seen", damaged)
    house.run(office)
    assert view(house, good).pictures
    assert drawer.started == 1


def test_a_page_is_tried_without_its_files_once_they_made_it_fail(house: House, drawer: PlainDrawer) -> None:
    office, post = house.office(), a_post(house)
    drawer.fails = "data:image/"
    house.run(office)
    assert not view(house, post).pictures
    house.run(office)
    assert view(house, post).pictures
    assert drawer.pages[-1].count("kept, ") == 1


def test_what_is_left_waits_for_the_next_run(new_house: Callable[..., House]) -> None:
    house = new_house(pictures_run=2)
    office = house.office()
    for number in range(5):
        a_post(house, f"Number {number}")
    house.run(office)
    assert len(drawn(house)) == 2
    for _ in range(4):
        house.run(office, NEW)
    with house.archive.database.read() as connection:
        assert pictures.undrawn(connection, office, 100) == []


def test_nothing_is_drawn_where_it_is_not_switched_on(new_house: Callable[..., House], drawer: PlainDrawer) -> None:
    house = new_house(pictures=False)
    a_post(house)
    house.run(house.office())
    assert (drawn(house), drawer.started) == ([], 0)


def test_a_long_post_is_cut_and_says_so(house: House, drawer: PlainDrawer) -> None:
    office = house.office()
    a_post(house, "x" * (MOST_TEXT + 7))
    house.run(office)
    assert any("more characters, not drawn" in one for one in drawer.pages)
