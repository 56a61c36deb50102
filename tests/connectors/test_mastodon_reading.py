"""What answers of a Mastodon server mean: projections, kinds, threads, pages, problems."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._mastodon_asks import Asks
from connectors.contract import (
    AccessClass,
    Answer,
    Ask,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    SeenRecord,
    State,
    SweepKind,
)
from connectors.mastodon import Mastodon, MastodonSettings
from tests.connectors.reading import AT, MASTODON_ACCOUNT, SERVER, answer, mastodon_asks, status, statuses_ask, stranger
from tests.effort import bounded

Json = Any
ASKS = Asks(SERVER, "7", "new", AT.isoformat())
READ = Mastodon().read


def one(value: Json, ask: Ask | None = None) -> SeenRecord:
    (record,) = READ(ask or statuses_ask(), answer([value])).records
    return record


def thread(above: list[Json], below: list[Json], ask: Ask | None = None) -> Reading:
    body = {"ancestors": above, "descendants": below}
    return READ(ask or ASKS.thread("status/1", private=False), answer(body))


def reply(number: int, to: int, **other: Json) -> Json:
    answered = {"in_reply_to_id": str(to), "in_reply_to_account_id": "7", "account": stranger()}
    return status(number, **(answered | other))


# False evidence.


@pytest.mark.parametrize(
    "change",
    [
        {"newfield": {"deep": [1]}},
        {"account": status()["account"] | {"avatar": f"{SERVER}/new.png", "display_name": "City of X", "newfield": 1}},
        {"favourites_count": 12, "replies_count": 3, "quotes_count": 1},
        {"emojis": [{"shortcode": "x"}], "card": {"title": "x"}, "tags": [{"name": "x"}], "mentions": []},
        {"pinned": True, "muted": True, "filtered": [{}], "bookmarked": True},
        {"sensitive": True, "application": {"name": "Web"}, "quote_approval": {}, "uri": "https://other.example/1"},
        {"in_reply_to_id": None, "in_reply_to_account_id": "9"},
        {
            "content": '<p class="quote-inline"></p><p><span>post</span> 1</p>'.replace(
                '<p class="quote-inline"></p>', ""
            )
        },
    ],
)
def test_what_changes_by_itself_is_no_edit(change: Json) -> None:
    assert one(status() | change).content == one(status()).content


@pytest.mark.parametrize(
    "change",
    [
        {"content": "<p>post 2</p>"},
        {"spoiler_text": "beware"},
        {"language": "es"},
        {"poll": {"options": [{"title": "yes", "votes_count": 1}]}},
        {"media_attachments": [{"id": "3", "type": "image", "url": f"{SERVER}/3.png", "description": None}]},
    ],
)
def test_what_somebody_said_differently_is_an_edit(change: Json) -> None:
    assert one(status() | change).content != one(status()).content


def test_votes_are_counts_and_no_edit() -> None:
    few, many = (status(poll={"options": [{"title": "a", "votes_count": n}], "votes_count": n}) for n in (1, 2))
    assert one(few).content == one(many).content
    assert one(many).counts["votes"] == 2


def test_a_field_the_endpoint_does_not_return_is_left_out_and_equal_where_it_does() -> None:
    version: Json = {"content": "<p>post 1</p>", "spoiler_text": "", "created_at": "2026-10-14T19:07:53.867Z"}
    version |= {"account": status()["account"], "media_attachments": [], "sensitive": False}
    ask = ASKS.history(one(status()), statuses_ask())
    (earlier,) = READ(ask, answer([version])).records
    now = one(status())
    assert earlier.content.keys() < now.content.keys()
    assert all(now.content[name] == value for name, value in earlier.content.items())
    assert (earlier.key, earlier.retrospective, earlier.as_of) == (now.key, True, now.as_of)


def test_another_ones_words_are_never_the_edit_of_a_share() -> None:
    inner = status(5, account=stranger(), content="<p>one</p>")
    before, after = (
        READ(statuses_ask(), answer([status(9, content="", reblog=inner | {"content": f"<p>{words}</p>"})])).records
        for words in ("one", "two")
    )
    assert before[0].content == after[0].content == {"shared": "status/5"}
    assert before[0].text == ""
    assert [(record.kind, record.place, record.thread) for record in before] == [
        (RecordKind.SHARE, "/0", None),
        (RecordKind.SHARE, "/0/reblog", "status/9"),
    ]


def test_sharing_an_own_post_leaves_that_post_what_it_is() -> None:
    _, inner = READ(statuses_ask(), answer([status(9, content="", reblog=status(5))])).records
    assert (inner.kind, inner.thread, inner.content) == (RecordKind.POST, None, one(status(5)).content)


def test_a_quoted_status_is_a_record_of_its_own() -> None:
    quoted = status(5, account=stranger())
    reading = READ(statuses_ask(), answer([status(9, quote={"state": "accepted", "quoted_status": quoted})]))
    assert [(record.key, record.place) for record in reading.records] == [
        ("status/9", "/0"),
        ("status/5", "/0/quote/quoted_status"),
    ]


# Kinds, states, times.


@pytest.mark.law("R3")
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (status(), RecordKind.POST),
        (reply(2, 1), RecordKind.COMMENT),
        (reply(2, 1, account=status()["account"]), RecordKind.COMMENT),
        (status(2, in_reply_to_account_id="9"), RecordKind.COMMENT),
        (status(2, account=stranger()), RecordKind.MENTION),
        (status(2, visibility="direct"), RecordKind.MESSAGE),
        (status(2, visibility="private"), RecordKind.MESSAGE),
        (reply(2, 1, visibility="direct"), RecordKind.MESSAGE),
    ],
)
def test_a_status_is_of_the_same_kind_from_every_endpoint(value: Json, kind: RecordKind) -> None:
    notification = {"id": "1", "type": "mention", "created_at": value["created_at"], "status": value}
    asks = replace(ASKS, authorised=True)
    seen = [one(value), thread([], [value]).records[0]]
    seen += [READ(next(iter(asks.listing("notifications", {}))), answer([notification])).records[0]]
    seen += [READ(asks.status(RecordRef(f"status/{value['id']}", kind)), answer(value)).records[0]]
    assert {record.kind for record in seen} == {kind}
    assert seen[2].place == "/0/status"
    assert seen[3].place == ""


def test_it_stands_so_since_its_edit_or_else_its_creation() -> None:
    created = datetime(2026, 10, 14, 19, 7, 53, 867000, UTC)
    assert one(status()).as_of == one(status()).created_at == created
    assert one(status(edited_at="2026-10-15T00:00:00.000Z")).as_of == datetime(2026, 10, 15, tzinfo=UTC)


def test_a_suspended_account_is_no_edited_profile() -> None:
    blank = status()["account"] | {"suspended": True, "display_name": "", "note": "", "fields": []}
    reading = READ(ASKS.profile(), answer(blank))
    assert reading.account is not None
    assert (reading.records[0].content, reading.records[0].state) == ({}, State.REMOVED_BY_PLATFORM)


def test_a_new_picture_or_a_counter_is_no_edit_of_the_profile() -> None:
    profile = status()["account"] | {
        "note": "<p>We are the city</p>",
        "followers_count": 1,
        "avatar": f"{SERVER}/a.png",
    }
    profile |= {"fields": [{"name": "Web", "value": "x", "verified_at": None}]}
    later = profile | {"followers_count": 2, "avatar": f"{SERVER}/b.png", "last_status_at": "2026-10-15"}
    later |= {"fields": [{"name": "Web", "value": "x", "verified_at": "2026-10-15T00:00:00Z"}]}
    first, second = (READ(ASKS.profile(), answer(body)).records[0] for body in (profile, later))
    assert first.content == second.content
    assert first.media != second.media
    assert READ(ASKS.profile(), answer(profile | {"note": "<p>We were</p>"})).records[0].content != first.content


def test_media_are_the_originals_with_their_description() -> None:
    medium = {"id": "3", "type": "gifv", "url": f"{SERVER}/o.mp4", "preview_url": f"{SERVER}/p.png", "description": "a"}
    (ref,) = one(status(media_attachments=[medium])).media
    assert (ref.key, ref.url, ref.kind, ref.alt_text) == ("3", f"{SERVER}/o.mp4", "video", "a")


# Threads.


def test_a_thread_begins_with_what_was_answered_first() -> None:
    reading = thread([status(10), reply(11, 10)], [reply(12, 1), reply(13, 12)])
    assert [(record.place, record.thread, record.parent) for record in reading.records] == [
        ("/ancestors/0", None, None),
        ("/ancestors/1", "status/10", "status/10"),
        ("/descendants/0", "status/10", "status/1"),
        ("/descendants/1", "status/10", "status/12"),
    ]
    assert reading.whole


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ([reply(n, n - 1) for n in range(100, 140)], []),
        ([], [reply(n, 1) for n in range(2, 62)]),
        ([], [reply(n, n - 1) for n in range(2, 22)]),
        ([], [reply(n, n - 1) for n in reversed(range(2, 22))]),
    ],
    ids=["40 above", "60 below", "20 levels", "20 levels, in any order"],
)
def test_a_thread_at_the_limit_for_strangers_is_not_whole(above: list[Json], below: list[Json]) -> None:
    assert not thread(above, below).whole
    signed_in = replace(ASKS, closed=True).thread("status/1", private=False)
    assert thread(above, below, signed_in).whole
    assert thread(above[1:], below[:-1] if below[:1] == [reply(2, 1)] else below[1:]).whole


def test_a_thread_that_was_cut_is_asked_for_signed_in_where_that_is_possible() -> None:
    below = [reply(n, 1) for n in range(2, 62)]
    reading = thread([], below, replace(ASKS, authorised=True).thread("status/1", private=False))
    (ask,) = reading.asks
    assert (ask.access, ask.authorise, ask.listing) == (AccessClass.PRIVATE, "required", "context:status/1")
    assert not thread([], below, ask).asks


def test_branches_that_count_more_answers_than_were_shown_are_asked_for() -> None:
    below = [reply(n, 1, replies_count=2 if n == 30 else 0) for n in range(2, 62)]
    (ask,) = thread([], below).asks
    assert ask.listing == "context:status/30"
    for _ in range(20):
        reading = thread([], [reply(n, 30, replies_count=1) for n in range(1000, 1060)], ask)
        if not reading.asks:
            break
        ask = reading.asks[0]
    else:
        pytest.fail("a server could make it ask without end")


def test_answers_in_a_circle_end() -> None:
    circle = [reply(2, 3), reply(3, 2), reply(4, 4)]
    assert len(thread([], circle).records) == 3


def test_a_long_chain_is_measured_in_no_time() -> None:
    below = [reply(n, n - 1) for n in reversed(range(2, 20_000))]
    with bounded():
        assert not thread([], below).whole


def test_an_unreadable_answer_keeps_the_thread_from_being_whole_and_its_siblings_are_read() -> None:
    reading = thread([], [reply(2, 1), {"id": "3"}, reply(4, 1)])
    assert [record.key for record in reading.records] == ["status/2", "status/4"]
    assert [place for place, _ in reading.quarantine] == ["/descendants/1"]
    assert not reading.whole


def test_a_poll_follows_new_posts_that_have_answers_and_answers_to_others() -> None:
    to_other = reply(4, 3, account=status()["account"], in_reply_to_account_id="9")
    to_self = reply(5, 4, account=status()["account"])
    body = [status(1), status(2, replies_count=3), to_other, to_self]
    asked = {ask.listing for ask in READ(statuses_ask(), answer(body)).asks}
    assert asked == {"context:status/2", "context:status/4"}


def test_a_full_sweep_looks_where_no_answer_is_counted_only_if_told_to() -> None:
    assert not READ(statuses_ask(SweepKind.FULL), answer([status(1)])).asks
    account = replace(MASTODON_ACCOUNT, settings=MastodonSettings(every_thread=True))
    _, ask = mastodon_asks(SweepKind.FULL, account)
    assert {one.listing for one in READ(ask, answer([status(1)])).asks} == {"context:status/1"}


# Edit histories.


def test_an_edit_leads_to_its_history() -> None:
    (ask,) = READ(statuses_ask(), answer([status(edited_at="2026-10-15T00:00:00.000Z")])).asks
    assert ask.url == f"{SERVER}/api/v1/statuses/1/history"
    assert not READ(statuses_ask(), answer([status()])).asks


def test_an_edit_known_from_an_earlier_look_is_not_asked_for_again() -> None:
    edited = status(edited_at="2026-10-15T00:00:00.000Z")
    late, early = (
        Asks(SERVER, "7", "watch", "").status(RecordRef("status/1", RecordKind.POST, seen_at=AT - timedelta(days=days)))
        for days in (1, 30)
    )
    assert not READ(late, answer(edited)).asks
    assert [ask.purpose for ask in READ(early, answer(edited)).asks] == ["history"]


def test_a_full_sweep_asks_for_edits_since_the_last_one() -> None:
    old, new = status(1, edited_at="2026-10-15T00:00:00Z"), status(2, edited_at="2026-10-25T00:00:00Z")
    ask = statuses_ask(SweepKind.FULL, {"full_at": "2026-10-20T00:00:00+00:00"})
    purposes = [one.url for one in READ(ask, answer([new, old])).asks if one.purpose == "history"]
    assert purposes == [f"{SERVER}/api/v1/statuses/2/history"]


@pytest.mark.law("R4")
def test_a_history_is_as_private_as_what_it_is_of() -> None:
    ask = Asks(SERVER, "7", "watch", "", authorised=True).status(RecordRef("status/1", RecordKind.MESSAGE))
    message = status(visibility="direct", edited_at="2026-10-15T00:00:00.000Z")
    (history,) = READ(ask, answer(message)).asks
    assert (history.access, history.authorise) == (AccessClass.PRIVATE, "required")


# Pages.

NEXT = f'<{SERVER}/api/v1/accounts/7/statuses?max_id=1>; rel="next"'
PREV = f'<{SERVER}/api/v1/accounts/7/statuses?min_id=900>; rel="prev"'


def page(ask: Ask, body: Json, *links: str) -> Reading:
    return READ(ask, answer(body, headers=(("Link", ", ".join(links)),) if links else ()))


def test_the_next_page_is_asked_as_given_until_there_is_none() -> None:
    first = page(statuses_ask(SweepKind.FULL), [status(2)], NEXT, PREV)
    assert first.next_page is not None
    assert (first.next_page.url, first.next_page.parameters) == (f"{SERVER}/api/v1/accounts/7/statuses?max_id=1", ())
    assert not first.whole
    assert first.bookmark is None
    last = page(first.next_page, [status(1)])
    assert last.next_page is None
    assert last.whole
    assert last.bookmark is not None
    assert last.bookmark["statuses.newest"] == "900"


def test_an_empty_page_with_a_next_one_is_not_the_end() -> None:
    assert page(statuses_ask(SweepKind.FULL), [], NEXT).next_page is not None


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/api",
        "http://mastodon.example/api",
        "https://mastodon.example:444/api",
        "https://[::1/x",
        "//x",
    ],
)
def test_a_next_page_on_another_server_is_not_asked(target: str) -> None:
    reading = page(statuses_ask(SweepKind.FULL), [status()], f'<{target}>; rel="next"')
    assert reading.next_page is None
    assert not reading.whole
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.CONTRACT
    assert len(reading.records) == 1


def test_a_page_that_held_something_unreadable_keeps_the_whole_list_from_being_whole() -> None:
    first = page(statuses_ask(SweepKind.FULL), [{"id": "3"}], NEXT)
    assert first.next_page is not None
    assert not page(first.next_page, [status(1)]).whole


def test_a_poll_moves_the_bookmark_page_by_page_and_is_a_window() -> None:
    ask = statuses_ask(SweepKind.NEW, {"statuses.newest": "1", "statuses.since": "2026-10-14T00:00:00+00:00"})
    first = page(ask, [status(3)], NEXT, PREV)
    assert first.bookmark == {"statuses.newest": "900", "statuses.since": "2026-10-14T19:07:53.867000+00:00"}
    assert first.next_page is not None
    assert first.next_page.url.endswith("min_id=900")
    last = page(first.next_page, [])
    assert (last.next_page, last.bookmark, last.whole) == (None, None, False)
    assert last.since == datetime(2026, 10, 14, tzinfo=UTC)


def test_a_first_capture_reads_to_the_end_and_could_go_on_after_every_page() -> None:
    first = page(statuses_ask(), [status(3)], NEXT, PREV)
    assert first.bookmark is not None
    assert first.bookmark["statuses.newest"] == "900"
    again = mastodon_asks(SweepKind.NEW, known=dict(first.bookmark))
    resumed = next(ask for ask in again if "max_id" in ask.url)
    end = page(resumed, [status(1)])
    assert end.bookmark == {"statuses.older": None}
    assert not end.whole


# Problems.


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (401, {"error": "x"}, ProblemKind.PERMISSION),
        (403, {"error": "x"}, ProblemKind.PERMISSION),
        (404, {"error": "Record not found"}, ProblemKind.GONE),
        (404, b"<html>not found</html>", ProblemKind.CONTRACT),
        (410, {"error": "Gone"}, ProblemKind.GONE),
        (410, b"<html>retired</html>", ProblemKind.CONTRACT),
        (410, b"", ProblemKind.CONTRACT),
        (422, {"error": "This method requires an authenticated user"}, ProblemKind.PERMISSION),
        (429, {"error": "Throttled"}, ProblemKind.RATE),
        (500, b"<html>", ProblemKind.TRANSIENT),
        (503, {"error": "x"}, ProblemKind.TRANSIENT),
        (501, b"", ProblemKind.UNSUPPORTED),
        (302, b"", ProblemKind.CONTRACT),
        (418, b"", ProblemKind.CONTRACT),
        (200, b"<!DOCTYPE html><html></html>", ProblemKind.CONTRACT),
        (200, b"", ProblemKind.CONTRACT),
        (200, {"error": "x"}, ProblemKind.CONTRACT),
        (200, "text", ProblemKind.CONTRACT),
        (200, b"[" * 100_000, ProblemKind.CONTRACT),
    ],
)
def test_every_failure_has_its_class(code: int, body: Json, kind: ProblemKind) -> None:
    reading = READ(statuses_ask(), answer(body, code))
    assert reading.problem is not None
    assert reading.problem.kind is kind
    assert not reading.records
    assert not reading.whole
    assert bool(reading.quarantine) == (code == 200)


def test_a_refused_sign_in_is_told_from_what_strangers_may_not_see() -> None:
    ask = replace(ASKS, authorised=True).thread("status/1", private=True)
    reading = READ(ask, answer({"error": "The access token is invalid"}, 401))
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.SIGN_IN_EXPIRED


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("X-RateLimit-Reset", "2026-11-01T12:05:00.048250Z"),), 300.04825),
        ((("Retry-After", "90"),), 90),
        ((("Retry-After", "Sun, 01 Nov 2026 12:01:00 GMT"),), 60),
        ((("X-RateLimit-Reset", "2999-01-01T00:00:00Z"),), 86400),
        ((("X-RateLimit-Reset", "2000-01-01T00:00:00Z"),), 0),
        ((("Retry-After", "9" * 5000),), 86400),
        ((("X-RateLimit-Reset", "soon"),), None),
        ((), None),
    ],
)
def test_a_pause_is_as_long_as_asked_and_never_longer_than_a_day(
    headers: tuple[tuple[str, str], ...], seconds: float | None
) -> None:
    problem = READ(statuses_ask(), answer({"error": "Throttled"}, 429, headers)).problem
    assert problem is not None
    assert problem.retry_at == (None if seconds is None else AT + timedelta(seconds=seconds))


def test_pacing_is_read_from_every_answer() -> None:
    headers = (
        ("x-ratelimit-limit", "300"),
        ("x-ratelimit-remaining", "7"),
        ("x-ratelimit-reset", "2026-11-01T12:05:00Z"),
    )
    rate = READ(statuses_ask(), answer([], headers=headers)).rate
    assert rate is not None
    assert (rate.limit, rate.remaining, rate.reset_at) == (300, 7, AT + timedelta(minutes=5))


def test_not_modified_is_no_answer_to_a_question_without_conditions() -> None:
    for ask in (statuses_ask(SweepKind.FULL), ASKS.status(RecordRef("status/1", RecordKind.POST)), ASKS.profile()):
        reading = READ(ask, answer(b"", 304))
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.CONTRACT
        assert not reading.whole


def test_a_look_answered_with_another_status_proves_nothing() -> None:
    ask = ASKS.status(RecordRef("status/1", RecordKind.POST))
    assert READ(ask, answer(status(1))).problem is None
    problem = READ(ask, answer(status(2))).problem
    assert problem is not None
    assert problem.kind is ProblemKind.CONTRACT


def test_unknown_fields_are_drift_and_hostile_names_are_not_repeated() -> None:
    value = status(newfield=1, account=status()["account"] | {"other_new": 1}, **{"<script>": 1})
    reading = READ(statuses_ask(), answer([value]))
    assert reading.drift == ("account.other_new", "status.(not a plain name)", "status.newfield")


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "../1"},
        {"id": "1" * 65},
        {"id": True},
        {"created_at": "yesterday"},
        {"created_at": "2026-10-14T19:07:53"},
        {"created_at": "0001-01-01T00:00:00+23:59"},
        {"edited_at": 5},
        {"content": None},
        {"content": {"a": 1}},
        {"account": None},
        {"account": {"id": "1"}},
        {"poll": []},
        {"poll": {"options": "x"}},
        {"media_attachments": None},
        {"media_attachments": [1]},
        {"media_attachments": [{"id": []}]},
        {"reblog": 1},
        {"in_reply_to_id": []},
        {"visibility": 1},
    ],
)
def test_a_status_in_another_shape_is_quarantined_alone(change: Json) -> None:
    reading = READ(statuses_ask(), answer([status(1), status(2) | change, status(3)]))
    assert [record.key for record in reading.records if record.place in ("/0", "/2")] == ["status/1", "status/3"]
    assert [place for place, _ in reading.quarantine][:1] == ["/1"]
    assert reading.problem is None


def test_an_old_servers_numeric_ids_are_ids() -> None:
    assert one(status() | {"id": 5}).key == "status/5"


def test_whatever_is_read_can_be_stored() -> None:
    record = one(status(content="<p>\ud800 a\x00b</p>", spoiler_text="\udfff", language="\ud800"))
    repr((record.content, record.text)).encode()
    assert "\x00" not in str(record.content)


@pytest.mark.parametrize("part", [b'{"a":1},', b"[],", b"1,"])
def test_a_body_of_nothing_but_brackets_is_quarantined_unread(part: bytes) -> None:
    """It would take a gigabyte and minutes to say of each bracket that it is no status."""
    body = b"[" + part * (8 * 2**20 // len(part)) + b"1]"
    reading = Mastodon().read(statuses_ask(), Answer(200, (), body, AT))
    assert reading.problem is not None
    assert len(reading.quarantine) == 1
