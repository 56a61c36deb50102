"""What lists on LinkedIn mean: how they go on and end, what is new in them, what is said under posts, what is gone, and
what went wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._linkedin_asks import PAGE, SERVER, VERSION, with_start
from connectors._linkedin_problems import next_midnight
from connectors._offset_pages import OVERLAP
from connectors.contract import (
    Ask,
    ProblemKind,
    RecordKind,
    RecordRef,
    SweepKind,
)
from tests.connectors.reading import AT, answer, sweep
from tests.linkedin.shapes import (
    ACCOUNT,
    ACTIVITY,
    COMMENT,
    CONNECTOR,
    GONE,
    KEY,
    NOW,
    REFS,
    REPLY,
    SHARE,
    UGC,
    URN,
    Json,
    asks,
    batch,
    comment,
    comments,
    page,
    post,
    talk,
    words,
)

# Pages that are counted from the beginning.


def _numbers(first: int, last: int) -> list[Json]:
    return [post(f"urn:li:share:{number}") for number in range(first, last + 1)]


def _index(first: int, last: int, start: int = 0, **more: Json) -> tuple[Ask, Json]:
    ask = asks().posts() if not start else with_start(asks().posts(), start, **more)
    return ask, page(_numbers(first, last))


def test_a_full_page_goes_on_with_what_it_overlaps() -> None:
    ask, body = _index(1, PAGE)
    following = CONNECTOR.read(ask, answer(body)).next_page
    assert following is not None
    assert following.parameters == (("start", str(PAGE - OVERLAP)),)
    assert following.context["tail"] == [f"urn:li:share:{number}" for number in (PAGE - 1, PAGE)]
    last = CONNECTOR.read(following, answer(page(_numbers(PAGE - 1, PAGE + 5))))
    assert last.whole
    assert last.next_page is None


def test_what_moved_further_than_pages_overlap_leaves_the_list_incomplete() -> None:
    """Deleted between two pages: what comes after is passed over."""
    ask, body = _index(1, PAGE)
    following = CONNECTOR.read(ask, answer(body)).next_page
    assert following is not None
    moved = CONNECTOR.read(following, answer(page(_numbers(PAGE + 1, PAGE + 4))))
    assert moved.next_page is None
    assert not moved.whole
    ended = CONNECTOR.read(following, answer(page([])))
    assert not ended.whole
    by_one = CONNECTOR.read(following, answer(page(_numbers(PAGE, PAGE + 4))))
    assert by_one.whole, "by no further: nothing was passed over"


def test_an_empty_page_that_names_the_next_one_is_not_the_end() -> None:
    ask = asks().posts()
    following = CONNECTOR.read(ask, answer(page([], following=10))).next_page
    assert following is not None
    assert following.parameters == (("start", "10"),)
    assert CONNECTOR.read(following, answer(page(_numbers(11, 12)))).whole
    assert CONNECTOR.read(ask, answer(page([]))).whole


def test_a_server_with_smaller_pages_than_asked_for_is_followed_to_the_end() -> None:
    ask = asks().posts()
    assert CONNECTOR.read(ask, answer(page(_numbers(1, 10), count=10))).next_page is not None
    assert CONNECTOR.read(ask, answer(page(_numbers(1, 10), count=PAGE, total=30))).next_page is not None
    assert CONNECTOR.read(ask, answer(page(_numbers(1, 10), count=PAGE))).next_page is None


def test_the_same_page_again_is_no_progress() -> None:
    ask, body = _index(1, PAGE)
    following = CONNECTOR.read(ask, answer(body)).next_page
    assert following is not None
    again = CONNECTOR.read(following, answer(body))
    assert again.next_page is None
    assert again.problem is not None
    assert again.problem.kind is ProblemKind.CONTRACT


# New sweeps.


def test_a_new_sweep_goes_down_to_what_was_not_changed_since_and_reads_only_that() -> None:
    first, _ = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    assert "sortBy=LAST_MODIFIED" in first.url
    known = CONNECTOR.read(first, answer(page([post(), post(UGC, lastModifiedAt=NOW)]))).bookmark
    assert known == {"modified": NOW + 1}
    again, _ = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), known)
    changed = [post(UGC, lastModifiedAt=NOW + 9), post()]
    reading = CONNECTOR.read(again, answer(page(changed, following=2)))
    assert reading.next_page is None
    assert not reading.whole
    (asked,) = [ask for ask in reading.asks if ask.purpose == "words"]
    assert "ugcPost" in asked.url
    assert "share" not in asked.url.partition("ids=")[2]
    assert reading.bookmark == {"modified": NOW + 9}
    quiet = CONNECTOR.read(again, answer(page([post(), post(UGC, lastModifiedAt=NOW)])))
    assert [ask.purpose for ask in quiet.asks] == ["metadata"]


def test_comments_are_asked_for_where_there_are_more_or_fewer_than_before() -> None:
    summary = {"entity": ACTIVITY, "commentsState": "OPEN", "commentSummary": {"count": 3, "topLevelCount": 2}}
    first, _ = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    (ask,) = [one for one in CONNECTOR.read(first, answer(page([post()]))).asks if one.purpose == "metadata"]
    reading = CONNECTOR.read(ask, answer(batch({SHARE: summary})))
    assert [one.listing for one in reading.asks] == [f"comments:{KEY}"]
    assert reading.bookmark == {"commented": {KEY: 3}}
    known = {"modified": NOW + 1, **reading.bookmark}
    later, _ = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), known)
    (ask,) = [one for one in CONNECTOR.read(later, answer(page([post()]))).asks if one.purpose == "metadata"]
    assert CONNECTOR.read(ask, answer(batch({SHARE: summary}))).asks == ()
    fewer = {**summary, "commentSummary": {"count": 2, "topLevelCount": 2}}
    assert len(CONNECTOR.read(ask, answer(batch({SHARE: fewer}))).asks) == 1


@pytest.mark.law("R17")
def test_whether_comments_are_closed_is_a_setting_and_numbers_belong_to_the_post() -> None:
    summary = {
        "entity": ACTIVITY,
        "commentsState": "CLOSED",
        "commentSummary": {"count": 0, "topLevelCount": 0},
        "reactionSummaries": {"LIKE": {"reactionType": "LIKE", "count": 4}, "PRAISE": {"count": 1}},
    }
    indexed = CONNECTOR.read(asks().posts(), answer(page([post()])))
    (ask,) = [one for one in indexed.asks if one.purpose == "metadata"]
    setting, counted = CONNECTOR.read(ask, answer(batch({SHARE: summary}))).records
    assert (setting.kind, setting.text, setting.parent) == (RecordKind.SETTINGS, "comments: closed", KEY)
    assert (counted.key, counted.counts) == (KEY, {"comments": 0, "like": 4, "praise": 1, "reactions": 5})


# Comments.


def test_a_comment_names_nobody_and_says_when_it_was_changed() -> None:
    (record,) = talk([comment()]).records
    assert (record.key, record.parent, record.thread) == ("comment/6636062862760562688", KEY, KEY)
    assert record.author is not None
    assert (record.author.id, record.author.name) == ("urn:li:person:2qXA98-mVk",) * 2
    assert record.as_of == datetime.fromtimestamp((NOW + 6) / 1000, UTC)
    assert record.counts == {"likes": 2, "replies": 0}
    (nobody,) = talk([comment(actor=None)]).records
    assert nobody.author is None
    (own,) = talk([comment(actor=URN, agent="urn:li:person:CnpTkB7V70")]).records
    assert own.author is not None
    assert (own.author.id, own.author.name) == (ACCOUNT.platform_id, "city"), "as the account is known"


def test_pictures_and_mentions_in_comments_are_read() -> None:
    mention = {"start": 0, "length": 4, "value": {"organization": {"organization": URN}}}
    shown = {"type": "IMAGE", "entity": {"image": "urn:li:image:X"}, "url": "https://media.licdn.com/x?e=1"}
    old = {"type": "IMAGE", "entity": {}, "url": "https://media.licdn.com/y?e=1"}
    said = {"attributes": [mention], "text": "City, look"}
    (record,) = talk([comment(message=said, content=[shown, old])]).records
    assert record.content["mentions"] == [URN]
    attached = record.content["attached"]
    assert attached[0] == "image/X"
    assert [medium.key for medium in record.media] == attached
    anew = {**old, "url": "https://media.licdn.com/y?e=2"}
    (again,) = talk([comment(message=said, content=[{**shown, "url": "https://media.licdn.com/z"}, anew])]).records
    assert again.content == record.content, "an address that is signed anew is no edit"


def test_replies_are_pages_of_the_same_list_and_then_it_goes_on() -> None:
    answered = {"aggregatedTotalComments": 1, "totalFirstLevelComments": 1, "selectedComments": [REPLY]}
    top = comment(commentsSummary=answered)
    first = talk([top, comment(COMMENT[:-2] + "9)")], following=2)
    below = first.next_page
    assert below is not None
    assert "/socialActions/urn%3Ali%3Acomment%3A%28" in below.url
    assert below.listing == f"comments:{KEY}"
    reply = comment(REPLY, parentComment=COMMENT)
    second = CONNECTOR.read(below, answer(page([reply])))
    (record,) = second.records
    assert (record.word, record.parent, record.thread) == ("reply", "comment/6636062862760562688", KEY)
    assert not second.whole
    assert second.next_page is not None
    assert second.next_page.parameters == (("start", "1"),)
    assert CONNECTOR.read(second.next_page, answer(page([top]))).whole, "its replies had their turn"
    third = CONNECTOR.read(second.next_page, answer(page([comment(COMMENT[:-2] + "9)")])))
    assert third.whole


def test_a_comment_that_does_not_say_whether_it_has_replies_is_asked() -> None:
    silent = comment()
    del silent["commentsSummary"]
    assert talk([silent]).next_page is not None
    assert talk([comment()]).next_page is None


def test_a_comment_that_went_between_two_pages_stops_nothing() -> None:
    silent = comment()
    del silent["commentsSummary"]
    below = talk([silent]).next_page
    gone = CONNECTOR.read(below, answer({"status": 404, "message": "Could not find entity"}, 404))
    assert gone.problem is None
    assert gone.whole


@pytest.mark.law("R4")
def test_what_is_asked_for_as_public_and_comes_late_is_asked_for_anew() -> None:
    """A question that is left to a later run: by then the post may be one for members only."""
    below = asks().replies(comments(), COMMENT)
    for ask, body in ((comments(), comment()), (below, comment(REPLY, parentComment=COMMENT))):
        late = replace(answer(page([body])), received_at=AT + timedelta(hours=5))
        reading = CONNECTOR.read(ask, late)
        assert reading.records == ()
        assert not reading.whole
        assert [one.purpose for one in reading.asks] == ["known"]
        again = CONNECTOR.read(reading.asks[0], replace(answer(batch({SHARE: post()})), received_at=late.received_at))
        (anew,) = [one for one in again.asks if one.purpose == "comments"]
        assert anew.url != comments().url, "else it would be taken for the question that was just put"
        full = [comment(f"urn:li:comment:({ACTIVITY},{number})") for number in range(1, PAGE)]
        body_of_page = {"elements": full, "paging": {"start": 0, "links": []}}
        assert CONNECTOR.read(anew, replace(answer(body_of_page), received_at=late.received_at)).next_page is not None
    private = replace(answer(page([comment()])), received_at=AT + timedelta(hours=5))
    assert CONNECTOR.read(comments(seen=False), private).records


def test_one_unreadable_comment_is_quarantined_and_the_list_never_whole() -> None:
    reading = talk([comment(), comment(REPLY, created={"time": "soon"})])
    assert [place for place, _ in reading.quarantine] == ["/elements/1"]
    assert len(reading.records) == 1
    assert not reading.whole
    silent = comment()
    del silent["commentsSummary"]
    first = talk([silent, {"id": 7}])
    last = CONNECTOR.read(first.next_page, answer(page([])))
    assert last.next_page is None
    assert not last.whole, "a page before held something that could not be read"


# Direct looks.


def test_a_reply_is_looked_at_under_the_comment_that_it_answers() -> None:
    reply = comment(REPLY, parentComment=COMMENT)
    (record,) = CONNECTOR.read(asks().replies(comments(), COMMENT), answer(page([reply]))).records
    ref = RecordRef(record.key, record.kind, record.thread, record.url)
    (gate,) = CONNECTOR.look(ACCOUNT, [ref])
    assert (gate.purpose, gate.context["for"]) == ("gate", [record.key])
    (look,) = CONNECTOR.read(gate, answer(page([]))).asks
    assert look.context["look"] == [record.key]
    assert "/comments/6636062862760562699" in look.url
    assert "socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A6631349431612559360%2C6636" in look.url
    assert look.control is not None
    assert look.control.purpose == "vouch"
    summary = {"entity": ACTIVITY, "commentsState": "OPEN"}
    assert CONNECTOR.read(look.control, answer(summary)).records, "that alone vouches"
    found = CONNECTOR.read(look, answer(reply))
    assert [one.key for one in found.records] == [record.key]
    missing = CONNECTOR.read(look, GONE).problem
    assert missing is not None
    assert missing.kind is ProblemKind.GONE


def test_a_watched_post_that_did_not_come_with_others_is_looked_at_by_itself() -> None:
    watched = sweep(SweepKind.WATCH, RecordRef(KEY, RecordKind.POST), RecordRef("share/5", RecordKind.POST))
    (ask,) = [one for one in CONNECTOR.begin(ACCOUNT, watched, None) if one.purpose == "known"]
    for refused in ({"urn:li:share:5": 404}, {"urn:li:share:5": 500}, {}):
        reading = CONNECTOR.read(ask, answer(batch({SHARE: post()}, **refused)))
        assert reading.problem is None
        (look,) = [one for one in reading.asks if "look" in one.context]
        assert look.context["look"] == ["share/5"]
        assert [one.listing for one in reading.asks if one.purpose == "comments"] == [f"comments:{KEY}"]


def test_comments_of_a_post_that_is_gone_are_asked_for_only_once_that_is_certain() -> None:
    (gate,) = CONNECTOR.look(ACCOUNT, REFS[1:2])
    (whether,) = CONNECTOR.read(gate, GONE).asks
    assert whether.url.startswith(f"{SERVER}/rest/posts/urn%3Ali%3Ashare%3A")
    there = CONNECTOR.read(whether, answer({"id": SHARE}))
    assert there.asks == ()
    assert there.problem is not None
    (look,) = CONNECTOR.read(whether, GONE).asks
    assert look.control is not None
    assert look.control.purpose == "own"


def test_of_what_cannot_be_asked_for_nothing_is_asked() -> None:
    assert list(CONNECTOR.look(ACCOUNT, REFS[2:3])) == []


def test_a_control_vouches_only_with_something_of_the_page() -> None:
    (look,) = CONNECTOR.look(ACCOUNT, REFS[:1])
    assert look.control is not None
    assert CONNECTOR.read(look.control, answer(page([{"id": SHARE}]))).present == ("own",)
    assert CONNECTOR.read(look.control, answer(page([]))).present == ()


def test_an_answer_about_another_thing_is_no_sign_that_it_is_gone() -> None:
    (look,) = CONNECTOR.look(ACCOUNT, REFS[:1])
    assert CONNECTOR.read(look, answer(post(UGC))).problem is not None
    assert CONNECTOR.read(look, answer(post())).records


# Errors.


def _error(status: int, code: str | None = None, service: int | None = None, message: str = "No.") -> dict[str, Json]:
    told = {"code": code, "serviceErrorCode": service}
    return {"status": status, "message": message} | {name: one for name, one in told.items() if one is not None}


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (401, _error(401, "REVOKED_ACCESS_TOKEN", 65601), ProblemKind.SIGN_IN_EXPIRED, "revoked"),
        (401, _error(401, "EXPIRED_ACCESS_TOKEN", 65602), ProblemKind.SIGN_IN_EXPIRED, "expired"),
        (401, _error(401, "INVALID_ACCESS_TOKEN", 65600), ProblemKind.SIGN_IN_EXPIRED, "does not know"),
        (401, _error(401, None, 401), ProblemKind.SIGN_IN_EXPIRED, "does not accept"),
        (401, {}, ProblemKind.CONTRACT, "words of LinkedIn"),
        (403, _error(403, "ACCESS_DENIED", 100), ProblemKind.PERMISSION, "let the token"),
        (404, _error(404, "NOT_FOUND"), ProblemKind.GONE, "not there"),
        (404, _error(404, "RESOURCE_NOT_FOUND"), ProblemKind.CONTRACT, "kind of question"),
        (404, _error(404, None, None, "No virtual resource found"), ProblemKind.CONTRACT, "kind of question"),
        (404, {}, ProblemKind.CONTRACT, "words of LinkedIn"),
        (426, _error(426, "NONEXISTENT_VERSION"), ProblemKind.CONTRACT, f"version {VERSION}.*newer release"),
        (426, {}, ProblemKind.CONTRACT, "newer release"),
        (400, _error(400, "VERSION_MISSING"), ProblemKind.CONTRACT, "newer release"),
        (400, _error(400, None, None, "Requested version 20240101 is not active"), ProblemKind.CONTRACT, "newer"),
        (400, _error(400, "ILLEGAL_ARGUMENT"), ProblemKind.CONTRACT, "never promised"),
        (429, _error(429, "TOO_MANY_REQUESTS", 101), ProblemKind.RATE, "used up"),
        (500, _error(500), ProblemKind.TRANSIENT, "trouble"),
        (504, {}, ProblemKind.TRANSIENT, "trouble"),
        (304, {}, ProblemKind.CONTRACT, "not modified"),
        (200, _error(401, None, 65601), ProblemKind.CONTRACT, "without its"),
    ],
)  # fmt: skip
def test_what_an_error_means(status: int, body: dict[str, Json], kind: ProblemKind, told: str) -> None:
    for ask in (comments(), asks().posts(), words()):
        reading = CONNECTOR.read(ask, answer(body, status))
        assert reading.problem is not None
        assert reading.problem.kind is kind
        assert re.search(told, reading.problem.detail)
        assert not reading.records
        assert not reading.whole


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_the_day_begins_at_midnight_utc(at: datetime) -> None:
    renewed = next_midnight(at)
    assert timedelta(0) < renewed - at <= timedelta(days=1)
    assert (renewed.hour, renewed.minute, renewed.tzinfo) == (0, 0, UTC)


def test_a_spent_day_waits_for_that_unless_a_header_says_otherwise() -> None:
    told = CONNECTOR.read(words(), answer(_error(429), 429)).problem
    assert told is not None
    assert told.retry_at == datetime(2026, 11, 2, tzinfo=UTC)
    sooner = CONNECTOR.read(words(), answer(_error(429), 429, (("Retry-After", "60"),))).problem
    assert sooner is not None
    assert sooner.retry_at == AT + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, None), (410, None), (403, ProblemKind.PERMISSION), (429, ProblemKind.RATE), (500, ProblemKind.TRANSIENT)],
)
def test_one_of_several_that_is_refused_is_a_problem_unless_it_is_not_there(
    status: int, kind: ProblemKind | None
) -> None:
    reading = CONNECTOR.read(words(), answer(batch({SHARE: post()}, **{UGC: status})))
    assert [one.key for one in reading.records] == [KEY]
    assert (reading.problem.kind if reading.problem else None) == kind
