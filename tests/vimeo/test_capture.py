"""The Vimeo connector in the engine, over a real socket: what is seen, by whom, what is not, what is fetched."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from archiver.capture.models import Segment
from archiver.practice.messages import Request, Response
from connectors.contract import SweepKind
from tests.capture.house import FULL, NEW, WATCH, House
from tests.counts.asking import own, shares
from tests.graph.scenes import GOOD, go_together, is_away
from tests.graph.truth import public_words
from tests.vimeo.place import Account, account


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


def test_both_levels_of_comments_pictures_and_captions_are_seen_and_make_no_edits(found: Account) -> None:
    house, city = found.house, found.house.city
    found.server.page = 2
    video, (one, *others) = found.talk(5)
    replies = [city.say(found.cast.residents[1], f"reply {n}", answering=one) for n in range(5)]
    found.server.captions[video] = ["en", "es"]
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    top = records[found.key_of(one)]
    assert {records[found.key_of(number)].parent_id for number in replies} == {top.id}
    assert {records[found.key_of(number)].thread_id for number in (one, *replies)} == {records[f"video/{video}"].id}
    assert public_words(house) == {found.key_of(number) for number in (video, one, *others, *replies)}
    kinds = sorted(row.kind for row in house.media() if row.record_id == records[f"video/{video}"].id)
    assert kinds == ["caption", "caption", "image"]
    assert {row.state for row in house.media()} == {"fetched"}
    assert not any(line.authorised for line in house.server.log if "/vimeo/files/" in line.target)
    assert shares(house, found.account, "vimeo").unexplained == 0
    assert own(house, found.account, "vimeo").explained.state == "complete"
    fetched = len([line for line in house.server.log if "/vimeo/files/" in line.target])
    city.like(video, found.cast.residents[0])
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert {row.versions for row in house.records().values()} == {1}
    assert len([line for line in house.server.log if "/vimeo/files/" in line.target]) == fetched


@pytest.mark.long
def test_a_look_at_what_is_new_asks_for_comments_only_where_there_are_more(found: Account) -> None:
    house, city = found.house, found.house.city
    videos = []
    for _ in range(4):
        house.later(minutes=1)
        videos.append(found.talk(1)[0])
    house.run(found.account, NEW)
    house.later(hours=3)
    late = city.say(found.cast.residents[0], "late", answering=videos[1])
    since = len(house.server.log)
    house.run(found.account, NEW)
    assert found.key_of(late) in house.records()
    asked = [one.target for one in list(house.server.log)[since:] if "/comments" in one.target]
    assert len(asked) == 1


@pytest.mark.law("R16")
def test_what_is_gone_is_no_longer_returned_and_of_comments_under_it_nothing_is_said(found: Account) -> None:
    house, city = found.house, found.house.city
    video, (one, two, _) = found.talk()
    other, kept = found.talk(1)
    house.run(found.account, FULL)
    city.delete(one)
    city.delete(other)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(video, one, two, other, *kept) == [
        "visible", "not_returned", "visible", "not_returned", "visible",
    ]  # fmt: skip


@pytest.mark.law("R16")
def test_videos_that_were_deleted_together_do_not_keep_each_other_in_doubt(found: Account) -> None:
    go_together(found)


@pytest.mark.law("R17")
def test_who_may_see_and_comment_is_told(found: Account) -> None:
    house = found.house
    video, comments = found.talk()
    house.run(found.account, FULL)
    found.server.closed.add(video)
    found.server.views[video] = "nobody"
    house.later(days=1)
    house.run(found.account, WATCH)
    assert [one.text for one in house.versions(f"comments/video/{video}")] == ["comments: anybody", "comments: nobody"]
    assert [one.content["seen by"] for one in house.versions(f"video/{video}")] == ["anybody", "nobody"]
    house.later(days=1)
    house.run(found.account, FULL)
    assert set(found.states(video, *comments)) == {"visible"}, "closed comments are no deletion"


@pytest.mark.long
def test_of_an_account_that_is_gone_nothing_is_said_to_be_gone(found: Account) -> None:
    is_away(found, found.server.away)


@pytest.mark.law("R71")
@pytest.mark.parametrize("sweep", [FULL, NEW, WATCH])
def test_what_is_made_private_while_it_is_looked_at_is_not_kept_as_public(found: Account, sweep: SweepKind) -> None:
    """The list still says that everybody sees it; what is asked because of that is answered to the owner."""
    house, city = found.house, found.house.city
    video, _ = found.talk(1)
    house.run(found.account, FULL)
    house.later(days=1)
    said = [city.say(found.cast.residents[1], "asked in time", answering=video)]

    def turns_private(request: Request, response: Response) -> Response:
        if video not in found.server.views:
            found.server.views[video] = "nobody"
            city.edit(video, "A title nobody may read")
            said.append(city.say(found.cast.residents[2], "for the owner's eyes", answering=video))
        return response

    house.server.faults.add(turns_private, "/videos/[0-9]+[?]" if sweep is WATCH else "/videos[?]", times=1)
    house.run(found.account, sweep)
    assert found.server.views[video] == "nobody"
    public = [body for access, body in _stored(house) if access == "public"]
    assert public
    assert not [one for one in public if b"nobody may read" in one or b"the owner's eyes" in one]
    assert [house.records()[found.key_of(number)].access for number in said] == ["private"] * 2


def _stored(house: House) -> Iterator[tuple[str, bytes]]:
    """Access class and content of every stored file of exchanges."""
    house.capture.flush(all=True)
    for segment in house.rows(Segment):
        yield segment.access, gzip.decompress((house.store / segment.key).read_bytes())
