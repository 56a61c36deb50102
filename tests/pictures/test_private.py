"""Pictures of posts that are kept as private: drawn of private answers, stored as private, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archiver.capture.models import Segment
from archiver.capture.rebuild import rebuild
from archiver.errors import NotFound
from archiver.practice.acts import Wording
from archiver.records import digests, pictures, service
from archiver.records.models import Picture, Record
from archiver.release import bundle, choosing
from archiver.viewing import PUBLIC, Viewer
from tests.capture.house import FULL, House
from tests.linkedin.page import Page, page
from tests.pictures.drawing import PlainDrawer
from tests.release.town import verified
from tests.x.place import TOKEN as X_TOKEN
from tests.x.place import place
from tests.youtube.channel import TOKEN as YOUTUBE_TOKEN
from tests.youtube.channel import channel

EVERYBODY = Viewer(access=frozenset({PUBLIC}))


def accesses(house: House) -> dict[str, str]:
    """Of each picture, the class of the segment that it is stored in."""
    exchanges = {row.id: row.segment_id for row in house.exchanges()}
    segments = {row.id: row.access for row in house.rows(Segment)}
    return {row.exchange_id: segments[exchanges[row.exchange_id]] for row in house.rows(Picture)}


def shown(house: House, record: Any, viewer: Viewer) -> tuple[Any, ...]:
    with house.archive.database.read() as connection:
        return service.record(connection, record.id, viewer).pictures


def unseen(house: House, exchange: str, viewer: Viewer) -> bool:
    with house.archive.database.read() as connection:
        try:
            pictures.picture(connection, exchange, viewer)
        except NotFound:
            return True
    return False


@pytest.mark.law("R19", "R41", "R4")
@pytest.mark.parametrize(
    ("open_account", "token"),
    [pytest.param(place, X_TOKEN, id="x"), pytest.param(channel, YOUTUBE_TOKEN, id="youtube", marks=pytest.mark.long)],
)
def test_what_was_read_with_its_owner_s_token_is_drawn_for_whoever_sees_it(
    house: House, drawer: PlainDrawer, open_account: Callable[..., Any], token: str
) -> None:
    found = open_account(house, token)
    post = house.city.say(found.id, "The bridge opens on Monday.")
    house.run(found.account, FULL)
    house.later(hours=1)
    house.city.edit(post, "The bridge opens on Tuesday.")
    house.run(found.account, FULL)
    assert [sum(words in one for one in drawer.pages) for words in ("on Monday", "on Tuesday")] == [1, 1]
    drawn = accesses(house)
    assert set(drawn.values()) == {"private-media"}
    (record,) = [row for row in house.rows(Record) if row.id == house.rows(Picture)[0].record_id]
    assert record.access == "private"
    assert [one.version for one in shown(house, record, Viewer.EVERYTHING)] == [1, 2]
    assert not any(unseen(house, one, Viewer.EVERYTHING) for one in drawn)
    made = bundle.export(house.archive, choosing.by_ids([record.id]), house.home / "bundle")
    claims, ok = verified(made)
    assert ok
    assert {one["claim"] for one in claims} >= {"picture"}
    # To everybody else it is as if there were neither post nor picture.
    assert all(unseen(house, one, EVERYBODY) for one in drawn)
    with pytest.raises(NotFound):
        shown(house, record, EVERYBODY)
    # The store alone gives them back.
    house.capture.flush(all=True)
    with house.archive.database.read() as connection:
        before = digests.digests(connection)
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    with house.archive.database.read() as connection:
        assert digests.differences(before, digests.digests(connection)) == []
    assert accesses(house) == drawn


@pytest.mark.law("R19", "R4")
def test_what_everybody_sees_later_is_drawn_anew_for_everybody(house: House, drawer: PlainDrawer) -> None:
    """And nothing of the earlier picture is told them, nor drawn of a file that only some saw."""
    found: Page = page(house)
    post = house.city.say(found.id, Wording("For members.", media=(house.city.picture("Budget"),)))
    found.server.more[post] = {"visibility": "LOGGED_IN"}
    house.run(found.account, FULL)
    record = house.records()[found.key_of(post)]
    (first,) = shown(house, record, Viewer.EVERYTHING)
    assert "data:image/" in drawer.pages[-1], "its own file is shown with it"
    assert accesses(house)[first.exchange_id] == "private-media"
    del found.server.more[post]
    house.city.edit(post, "For everybody.")
    house.later(days=1)
    house.run(found.account, FULL)
    record = house.records()[found.key_of(post)]
    mine = shown(house, record, Viewer.EVERYTHING)
    (theirs,) = shown(house, record, EVERYBODY)
    assert first.exchange_id in {one.exchange_id for one in mine}
    assert (accesses(house)[theirs.exchange_id], theirs.version) == ("media", 1)
    assert unseen(house, first.exchange_id, EVERYBODY)
    assert sum("For everybody." in one for one in drawer.pages) == 1


def test_two_accounts_that_differ_in_what_is_private_show_everybody_the_same(new_house: Callable[..., House]) -> None:
    """Whoever sees only what everybody saw learns from no list of pictures that there are others."""
    told = []
    for private in (False, True):
        house = new_house()
        found = page(house)
        house.city.say(found.id, "For everybody.")
        if private:
            found.server.more[house.city.say(found.id, "For members.")] = {"visibility": "LOGGED_IN"}
        house.run(found.account, FULL)
        assert len(house.rows(Picture)) == 1 + private
        with house.archive.database.read() as connection:
            seen = [row for row in house.rows(Record) if EVERYBODY.sees_record(row.account_id, row.access, row.kind)]
            views = [service.record(connection, row.id, EVERYBODY) for row in seen]
        told.append(sorted((one.kind, one.text, [each.version for each in one.pictures]) for one in views))
    assert told[0] == told[1]
