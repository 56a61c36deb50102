"""Live chat of the city's broadcasts: read while it is live, with what moderators did in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.operations.verify import verify
from archiver.practice import faults
from archiver.practice.messages import Request, Response
from archiver.practice.youtube_ids import video_id
from archiver.practice.youtube_json import dump, error
from connectors._youtube_asks import SERVER, SITE, Asks
from connectors.contract import ProblemKind, RecordKind, State
from connectors.youtube import YouTube
from tests import effort, recordings
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.connectors.reading import answer
from tests.youtube.channel import KEY, TOKEN, Channel, channel


@pytest.fixture
def found(house: House) -> Channel:
    return channel(house)


def broadcast(found: Channel) -> int:
    video = found.house.city.say(found.id, "Council meeting of March 2, live\n\nAgenda and votes.")
    found.house.server.youtube.chats.begin(video)
    return video


def words(found: Channel) -> dict[str, str]:
    rows = found.house.records()
    return {key: found.house.versions(key)[-1].text for key in rows if key.startswith("chat/")}


@pytest.mark.law("R16", "R17")
def test_a_chat_is_read_while_it_is_live_with_what_moderators_did(found: Channel) -> None:
    house, chats = found.house, found.house.server.youtube.chats
    house.server.youtube.page = 3
    video = broadcast(found)
    one, other, third = found.cast.residents[:3]
    said = [chats.say(video, one, f"Why so late? {number}") for number in range(7)]
    rude = chats.say(video, other, "You are all thieves")
    taken_back = chats.say(video, third, "Sorry, wrong meeting")
    assert house.run(found.account, NEW).outcome == "complete"
    assert len(words(found)) == 9
    records = house.records()
    first = records[f"chat/{said[0]}"]
    assert (first.kind, first.access, first.state, first.word) == ("comment", "public", "visible", "message")
    root = records[f"livechat/{video_id(video)}"]
    assert (first.parent_id, first.thread_id) == (root.id, root.id)
    assert root.parent_id == records[found.key_of(video)].id
    # Then moderators act, and others go on.
    house.later(minutes=5)
    chats.delete(video, rude, found.id)
    chats.retract(video, taken_back, third)
    chats.ban(video, other, found.id)
    unseen = chats.say(video, other, "said and deleted between two looks")
    chats.delete(video, unseen, found.id)
    late = chats.say(video, one, "Thank you")
    house.run(found.account, WATCH)
    records = house.records()
    assert records[f"chat/{rude}"].state == "deleted_by_page"
    assert records[f"chat/{taken_back}"].state == "deleted_by_author"
    assert words(found)[f"chat/{rude}"] == "You are all thieves"  # its words stay those that were seen
    assert (records[f"chat/{unseen}"].state, words(found)[f"chat/{unseen}"]) == ("deleted_by_page", "")
    assert words(found)[f"chat/{late}"] == "Thank you"
    (ban,) = [row for row in records.values() if row.kind == "settings" and row.key.startswith("chat/")]
    assert house.versions(ban.key)[-1].content["ban"] == "permanent"
    assert {len(house.versions(key)) for key in words(found)} == {1}
    assert all(not run.drift for run in house.runs())
    assert verify(house.archive).ok
    check_rebuilt(house, anew=True)


def test_it_is_read_on_where_it_was_left_and_ends_without_a_gap(found: Channel) -> None:
    house, chats = found.house, found.house.server.youtube.chats
    video = broadcast(found)
    for number in range(5):
        chats.say(video, found.cast.residents[0], f"message {number}")
    house.run(found.account, NEW)
    house.later(minutes=5)
    chats.say(video, found.cast.residents[1], "only this is new")
    before, units = len(house.server.log), house.server.youtube.used
    house.run(found.account, NEW)
    asked = [one.target for one in list(house.server.log)[before:] if "liveChat" in one.target]
    assert all("pageToken=" in one for one in asked)
    assert house.server.youtube.used - units <= 15
    chat = [row for row in house.exchanges() if row.purpose == "chat"]
    assert len(chat) == 2  # empty pages are not stored
    house.later(minutes=5)
    chats.of_video[video].ended = house.clock.now()
    for sweep in (NEW, FULL, NEW):
        assert house.run(found.account, sweep).outcome in ("complete", "unchanged")
        house.later(minutes=5)
    assert len(words(found)) == 6
    before = len(house.server.log)
    house.run(found.account, NEW)
    assert not [one for one in list(house.server.log)[before:] if "liveChat" in one.target]


def test_a_place_that_is_no_longer_known_is_left_for_the_newest(found: Channel) -> None:
    house, chats = found.house, found.house.server.youtube.chats
    video = broadcast(found)
    chats.say(video, found.cast.residents[0], "first")
    house.run(found.account, NEW)
    chats.say(video, found.cast.residents[0], "second")
    house.later(minutes=5)
    house.server.faults.add(refuses(400, "pageTokenInvalid"), "liveChat.*pageToken", times=1)
    assert house.run(found.account, NEW).outcome == "complete"
    assert sorted(words(found).values()) == ["first", "second"]


def refuses(status: int, reason: str) -> faults.Alter:
    def alter(request: Request, response: Response) -> Response:
        return Response(status, (("Content-Type", "application/json"),), dump(error(status, reason, "No.")))

    return alter


@pytest.mark.parametrize(
    ("credential", "fault"),
    [(KEY, refuses(401, "authError")), (KEY, refuses(403, "forbidden")), (TOKEN, refuses(403, "forbidden"))],
    ids=["key not let in", "key forbidden", "owner forbidden"],
)
def test_a_chat_that_is_not_shown_is_a_gap_and_nothing_else_stops(
    house: House, credential: str, fault: faults.Alter
) -> None:
    found = channel(house, credential)
    video = broadcast(found)
    comment = house.city.say(found.cast.residents[0], "a comment", answering=video)
    house.server.faults.add(fault, "liveChat", times=None)
    run = house.run(found.account, FULL)
    assert run.outcome == "partial"
    assert found.key_of(comment) in house.records()
    (covered,) = [one for name, one in house.coverage(run).items() if name.startswith("chat")]
    assert not covered.complete


def test_with_the_owners_token_it_is_private(house: House) -> None:
    found = channel(house, TOKEN)
    video = broadcast(found)
    message = house.server.youtube.chats.say(video, found.cast.residents[0], "hello")
    house.run(found.account, NEW)
    assert house.records()[f"chat/{message}"].access == "private"


# Reading alone.

ASK = Asks(SITE, SERVER, "UC_x5XG1OV2P6uZZ5FSM9Ttw", "new").chat("F1UP7wRCPH8", "Cg0KC0YxVVA3")
READ = YouTube().read


def entry(kind: str, number: int = 1, **snippet: Any) -> dict[str, Any]:
    said = {"type": kind, "publishedAt": "2026-03-02T08:00:00Z", "displayMessage": "hello", "hasDisplayContent": True}
    return {"kind": "youtube#liveChatMessage", "id": f"LCC.{number}", "snippet": said | snippet}


def page(*items: Any, **more: Any) -> bytes:
    return json.dumps({"kind": "youtube#liveChatMessageListResponse", "items": items, **more}).encode()


def test_every_kind_of_entry_that_is_documented_is_read_and_every_field_known() -> None:
    schemas = recordings.youtube()["schemas"]
    kinds = [one for one in schemas["LiveChatMessageSnippet"]["properties"]["type"]["enum"] if one != "invalidType"]
    details = {
        "messageDeletedDetails": {"deletedMessageId": "LCC.gone"},
        "messageRetractedDetails": {"retractedMessageId": "LCC.back"},
        "userBannedDetails": {"banType": "temporary", "banDurationSeconds": "300"},
    }
    items = [entry(kind, number, **details) for number, kind in enumerate(kinds)]
    fields = dict.fromkeys(schemas["LiveChatMessageListResponse"]["properties"], None) | {"nextPageToken": "next"}
    snippet = dict.fromkeys(schemas["LiveChatMessageSnippet"]["properties"], None)
    items[0]["snippet"] = snippet | items[0]["snippet"]
    body = fields | {"kind": "youtube#liveChatMessageListResponse", "items": items}
    reading = READ(ASK, answer(json.dumps(body).encode()))
    assert (reading.quarantine, reading.problem, reading.drift) == ((), None, ())
    assert len(reading.records) == len(kinds) - 2  # an end, and what was there once, say nothing
    by_kind = {kind: sum(one.kind is kind for one in reading.records) for kind in (RecordKind.SETTINGS,)}
    assert by_kind == {RecordKind.SETTINGS: 3}
    assert {one.state for one in reading.records} == {
        State.VISIBLE, State.DELETED_BY_PAGE, State.DELETED_BY_AUTHOR
    }  # fmt: skip


def test_what_is_not_understood_is_said_and_the_rest_is_read() -> None:
    reading = READ(ASK, answer(page(entry("textMessageEvent"), {"id": "x"}, 7, entry("messageDeletedEvent", 2))))
    assert [one.key for one in reading.records] == ["chat/LCC.1"]
    assert [place for place, _ in reading.quarantine] == ["/items/1", "/items/2", "/items/3"]


@settings(max_examples=effort.examples(60), deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(
        ["textMessageEvent", "messageDeletedEvent", "userBannedEvent", "2026-03-02T08:00:00Z", "LCC.1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "snippet", "type", "authorDetails", "channelId", "publishedAt", "displayMessage",
         "messageDeletedDetails", "deletedMessageId", "userBannedDetails", "bannedUserDetails", "nextPageToken"]),
        inner, max_size=6),
    max_leaves=12,
))  # fmt: skip
def test_no_answer_breaks_it(value: Any) -> None:
    reading = READ(ASK, answer(page(value, entry("textMessageEvent"))))
    assert "chat/LCC.1" in {one.key for one in reading.records}
    reading = READ(ASK, answer(json.dumps(value).encode()))
    assert reading.problem is None or reading.problem.kind is ProblemKind.CONTRACT
