"""The simulated Mastodon against what the real one was recorded to answer."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.clock import SetClock
from archiver.practice.acts import Wording
from archiver.practice.cast import populate
from archiver.practice.city import City
from archiver.practice.mastodon_api import MastodonApi
from archiver.practice.mastodon_text import to_html
from archiver.practice.messages import Request
from archiver.practice.paging import page
from archiver.practice.rate_limit import RateLimit
from archiver.practice.script import month
from archiver.practice.server import PracticeServer
from archiver.practice.truth import Truth
from tests.effort import examples

from . import keys
from .client import Client
from .conftest import START, Town

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_status_has_the_recorded_keys_in_the_recorded_order(town: Town) -> None:
    medium = town.city.picture("A street")
    number = town.city.say(town.cast.city, Wording("Picture @amara_o #snow", media=(medium,)))
    status = town.client.get(f"/api/v1/statuses/{number}").json
    assert list(status) == keys.STATUS_ANYBODY
    assert list(status["account"]) == keys.ACCOUNT
    assert list(status["media_attachments"][0]) == keys.MEDIUM
    assert list(status["mentions"][0]) == ["id", "username", "url", "acct"]
    assert list(status["tags"][0]) == ["name", "url"]
    assert STAMP.fullmatch(status["created_at"])
    assert isinstance(status["id"], str)


def test_who_is_signed_in_sees_the_keys_recorded_for_that(town: Town) -> None:
    own, other = town.city.say(town.cast.city, "Mine"), town.city.say(town.cast.works, "Theirs")
    client = town.client_of(town.cast.city)
    assert list(client.get(f"/api/v1/statuses/{own}").json) == keys.STATUS_OWN
    assert list(client.get(f"/api/v1/statuses/{other}").json) == keys.STATUS_SIGNED_IN


def test_a_share_holds_the_shared_post_and_says_nothing_itself(town: Town) -> None:
    notice = town.city.say(town.cast.works, "Notice")
    share = town.city.share(town.cast.city, notice)
    status = town.client.get(f"/api/v1/statuses/{share}").json
    assert list(status) == keys.STATUS_ANYBODY
    assert (status["content"], status["language"], status["application"]) == ("", None, None)
    assert (status["reblog"]["id"], status["reblog"]["reblogs_count"]) == (str(notice), 1)
    assert status["uri"].endswith(f"/statuses/{share}/activity")
    town.city.edit(notice, "Notice, corrected")
    assert "corrected" in town.client.get(f"/api/v1/statuses/{share}").json["reblog"]["content"]


def test_headers_are_those_of_the_real_thing(town: Town) -> None:
    got = town.client.get(town.statuses)
    assert {name.lower() for name in got.headers} >= set(keys.HEADERS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", got.headers["X-RateLimit-Reset"])
    assert (got.headers["X-RateLimit-Limit"], got.headers["X-RateLimit-Remaining"]) == ("300", "299")


def test_a_handle_is_looked_up_with_and_without_its_server(town: Town) -> None:
    lookup = "/api/v1/accounts/lookup?acct="
    for handle in ("larkmere", "@larkmere", f"larkmere@127.0.0.1:{town.server.port}", "LARKMERE"):
        assert town.client.get(lookup + handle).json["id"] == str(town.cast.city)
    for handle in ("nobody", "larkmere@elsewhere.example", ""):
        got = town.client.get(lookup + handle)
        assert (got.status, got.body) == (404, b'{"error":"Record not found"}')


@pytest.mark.parametrize(
    "path", ["statuses/116150973235211492", "accounts/5", "statuses/5/context", "accounts/5/statuses"]
)
def test_what_is_not_there_is_a_404_with_the_recorded_words(town: Town, path: str) -> None:
    got = town.client.get(f"/api/v1/{path}")
    assert (got.status, got.json) == (404, {"error": "Record not found"})


@pytest.mark.parametrize("path", ["nothing", "statuses/0", "statuses/x", "statuses/" + "9" * 5000])
def test_an_unknown_address_is_a_404_with_other_words(town: Town, path: str) -> None:
    got = town.client.get(f"/api/v1/{path}")
    assert (got.status, got.json) == (404, {"error": "Not Found"})


@pytest.mark.parametrize("path", ["notifications", "conversations", "accounts/verify_credentials"])
def test_what_needs_sign_in_is_refused_without(town: Town, path: str) -> None:
    got = town.client.get(f"/api/v1/{path}")
    assert (got.status, got.json) == (401, {"error": "The access token is invalid"})
    assert got.headers["WWW-Authenticate"].startswith('Bearer realm="Doorkeeper", error="invalid_token"')
    assert town.client_of(town.cast.city).get(f"/api/v1/{path}").status == 200


def test_an_unknown_or_revoked_token_is_refused_even_for_what_is_public(town: Town) -> None:
    assert Client(town.server, "made-up").get(town.statuses).json == {"error": "The access token is invalid"}
    client = town.client_of(town.cast.city, "old")
    town.server.mastodon.revoked.add("old")
    got = client.get(town.statuses)
    assert (got.status, got.json) == (401, {"error": "The access token was revoked"})


def test_more_than_twenty_ids_at_once_are_refused(town: Town) -> None:
    ids = [town.city.say(town.cast.city, f"Notice {number}") for number in range(20)]
    query = "&".join(f"id[]={number}" for number in ids)
    got = town.client.get(f"/api/v1/statuses?{query}")
    assert [int(status["id"]) for status in got.json] == sorted(ids, reverse=True)
    assert town.client.get(f"/api/v1/statuses?{query}&id[]=1").status == 422


def test_ids_that_are_gone_or_hidden_are_left_out_without_a_word(town: Town) -> None:
    there, gone, hidden = (town.city.say(town.cast.city, f"Notice {number}") for number in range(3))
    town.city.delete(gone)
    town.city.hide(hidden)
    got = town.client.get(f"/api/v1/statuses?id[]={there}&id[]={gone}&id[]={hidden}&id[]=x")
    assert [int(status["id"]) for status in got.json] == [there]


def test_too_many_requests_are_refused_until_the_window_ends(town: Town) -> None:
    with PracticeServer(town.city, rate_limit=RateLimit(limit=3)) as server:
        client = Client(server)
        answers = [client.get(town.statuses) for _ in range(4)]
        assert [got.status for got in answers] == [200, 200, 200, 429]
        assert [got.headers["X-RateLimit-Remaining"] for got in answers] == ["2", "1", "0", "0"]
        assert answers[3].json == {"error": "Too many requests"}
        assert answers[3].headers["X-RateLimit-Reset"] == "2026-03-01T08:05:00.000000Z"
        town.clock.advance(timedelta(minutes=5))
        assert client.get(town.statuses).status == 200


def test_a_conditional_request_is_answered_304_until_something_changes(town: Town) -> None:
    number = town.city.say(town.cast.city, "Notice")
    path = f"/api/v1/statuses/{number}"
    tag = town.client.get(path).headers["ETag"]
    again = town.client.get(path, {"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    town.city.like(number, town.cast.residents[0])
    assert town.client.get(path, {"If-None-Match": tag}).status == 200


# Paging.


def test_paging_gives_every_status_once_newest_first(town: Town) -> None:
    said = [town.city.say(town.cast.city, f"Notice {number}") for number in range(95)]
    assert town.client.ids(f"{town.statuses}?limit=40") == said[::-1]
    assert [len(part) for part in town.client.pages(f"{town.statuses}?limit=40")] == [40, 40, 15]


def test_a_limit_is_never_above_forty_and_twenty_without_one(town: Town) -> None:
    for number in range(50):
        town.city.say(town.cast.city, f"Notice {number}")
    lengths = [
        len(town.client.get(f"{town.statuses}{query}").json) for query in ("", "?limit=90", "?limit=0", "?limit=-3")
    ]
    assert lengths == [20, 40, 0, 3]


def test_a_full_last_page_names_a_next_page_that_is_empty(town: Town) -> None:
    for number in range(10):
        town.city.say(town.cast.city, f"Notice {number}")
    got = town.client.get(f"{town.statuses}?limit=10")
    rest = town.client.get(got.link("next") or "")
    assert rest.json == []
    assert "Link" not in rest.headers


def test_link_keeps_the_list_s_own_parameters_in_order_and_no_others(town: Town) -> None:
    said = [town.city.say(town.cast.city, f"Notice {number}") for number in range(3)]
    got = town.client.get(f"{town.statuses}?since_id=1&limit=2&exclude_replies=true&other=1")
    base = f"{town.server.base_url}{town.statuses}?exclude_replies=true&limit=2"
    assert got.link("next") == f"{base}&max_id={said[1]}"
    assert got.link("prev") == f"{base}&min_id={said[2]}"


def test_what_is_inserted_or_deleted_between_pages_neither_doubles_nor_hides_the_rest(town: Town) -> None:
    said = [town.city.say(town.cast.city, f"Notice {number}") for number in range(60)]
    first = town.client.get(f"{town.statuses}?limit=20")
    town.city.say(town.cast.city, "Inserted")
    town.city.delete(said[55])
    town.city.delete(said[10])
    town.city.delete(said[40])
    rest = town.client.ids(first.link("next") or "")
    seen = [int(status["id"]) for status in first.json] + rest
    assert seen == [number for number in said[::-1] if number != said[10]]


IDS = st.lists(st.integers(1, 400), unique=True, max_size=60).map(sorted)


@given(IDS, st.integers(1, 45), st.none() | st.integers(0, 400), st.none() | st.integers(0, 400))
@settings(max_examples=examples(150))
def test_since_gives_the_newest_above_and_min_the_nearest_above(
    ids: list[int], limit: int, low: int | None, high: int | None
) -> None:
    between = [number for number in ids if (not low or number > low) and (not high or number < high)]
    limited = min(limit, 40)
    upper = f"&max_id={high}" if high else ""
    since = page(ids, Request("GET", f"/?limit={limit}{upper}" + (f"&since_id={low}" if low else "")))
    assert list(since.ids) == between[::-1][:limited]
    nearest = page(ids, Request("GET", f"/?limit={limit}{upper}&min_id={low or 0}"))
    assert list(nearest.ids) == between[:limited][::-1]
    assert since.full == (len(since.ids) == limited)


def test_filters_leave_out_answers_to_others_shares_and_what_has_no_picture(town: Town) -> None:
    city, cast = town.city, town.cast
    notice = city.say(cast.city, "Notice")
    own = city.say(cast.city, "More of it", answering=notice)
    comment = city.say(cast.residents[0], "Why?", answering=notice)
    answer = city.say(cast.city, "Because", answering=comment)
    share = city.share(cast.city, city.say(cast.works, "Works"))
    picture = city.say(cast.city, Wording("Look", media=(city.picture("x"),)))
    everything = {notice, own, answer, share, picture}
    expected = {
        "": everything, "exclude_replies=true": everything - {answer}, "exclude_reblogs=1": everything - {share},
        "only_media=true": {picture}, "exclude_replies=false": everything, "pinned=true": set(),
    }  # fmt: skip
    assert {query: set(town.client.ids(f"{town.statuses}?{query}")) for query in expected} == expected


# Threads.


def thread(town: Town, levels: int, wide: int = 1) -> list[int]:
    said = [town.city.say(town.cast.city, "Notice")]
    for level in range(levels):
        said.append(town.city.say(town.cast.residents[level % 2], "Deeper", answering=said[-1]))
    said += [town.city.say(town.cast.residents[2], "Wide", answering=said[0]) for _ in range(wide)]
    return said


def context(client: Client, number: int) -> tuple[list[int], list[int]]:
    found = client.get(f"/api/v1/statuses/{number}/context").json
    return tuple([int(status["id"]) for status in found[part]] for part in ("ancestors", "descendants"))  # type: ignore[return-value]


def test_a_thread_is_cut_for_strangers_and_whole_for_who_is_signed_in(town: Town) -> None:
    said = thread(town, levels=70, wide=70)
    stranger, signed_in = town.client, town.client_of(town.cast.city)
    assert context(stranger, said[0])[1] == [*said[1:21], *said[71:111]]
    assert set(context(signed_in, said[0])[1]) == set(said[1:])
    assert context(stranger, said[70])[0] == said[30:70]
    assert context(signed_in, said[70])[0] == said[:70]


def test_answers_of_authors_to_themselves_come_first(town: Town) -> None:
    notice = town.city.say(town.cast.city, "Notice")
    comment = town.city.say(town.cast.residents[0], "Why?", answering=notice)
    more = town.city.say(town.cast.city, "More of it", answering=notice)
    assert context(town.client, notice)[1] == [more, comment]


def test_the_cut_can_be_switched_off(town: Town) -> None:
    said = thread(town, levels=30, wide=70)
    with PracticeServer(town.city, capped=False) as server:
        assert set(context(Client(server), said[0])[1]) == set(said[1:])


def test_a_deleted_comment_takes_what_is_below_out_of_the_thread_but_not_away(town: Town) -> None:
    notice, first, second, third, wide = thread(town, levels=3)
    town.city.delete(first)
    assert context(town.client, notice)[1] == [wide]
    orphan = town.client.get(f"/api/v1/statuses/{second}").json
    assert (orphan["in_reply_to_id"], orphan["in_reply_to_account_id"]) == (None, str(town.cast.residents[0]))
    assert context(town.client, second) == ([], [third])


def test_a_hidden_comment_is_gone_while_hidden_and_what_is_below_stays(town: Town) -> None:
    notice, first, second, wide = thread(town, levels=2)
    town.city.hide(first)
    assert context(town.client, notice)[1] == [second, wide]
    assert town.client.get(f"/api/v1/statuses/{first}").status == 404
    town.city.unhide(first)
    assert context(town.client, notice)[1] == [first, second, wide]


def test_a_blocked_person_is_left_out_only_for_who_blocked(town: Town) -> None:
    notice, comment, _ = thread(town, levels=1)
    town.city.block(town.cast.city, town.cast.residents[0])
    assert comment in context(town.client, notice)[1]
    client = town.client_of(town.cast.city)
    assert comment not in context(client, notice)[1]
    assert client.get(f"/api/v1/statuses/{comment}").status == 200


# Versions, private parts, files.


def test_the_history_tells_every_version_with_its_time(town: Town) -> None:
    number = town.city.say(town.cast.city, "Closed on Monday")
    path = f"/api/v1/statuses/{number}"
    assert [list(version) for version in town.client.get(f"{path}/history").json] == [keys.EDIT]
    assert town.client.get(path).json["edited_at"] is None
    town.clock.advance(timedelta(seconds=90))
    town.city.edit(number, "Closed on Tuesday")
    history = town.client.get(f"{path}/history").json
    assert [version["content"] for version in history] == ["<p>Closed on Monday</p>", "<p>Closed on Tuesday</p>"]
    times = [version["created_at"] for version in history]
    assert times == ["2026-03-01T08:00:00.000Z", "2026-03-01T08:01:30.000Z"]
    assert town.client.get(path).json["edited_at"] == times[1]


def test_messages_are_seen_only_by_who_takes_part(town: Town) -> None:
    city, cast = town.city, town.cast
    asked = city.say(cast.residents[0], "@larkmere In private: my number is 555-0100", visibility="direct")
    city.say(cast.city, "@amara_o Thank you", answering=asked, visibility="direct")
    assert town.client.get(f"/api/v1/statuses/{asked}").status == 404
    assert town.client.ids(town.statuses) == []
    client = town.client_of(cast.city)
    found = client.get("/api/v1/conversations").json
    assert [list(conversation) for conversation in found] == [keys.CONVERSATION]
    assert "Thank you" in found[0]["last_status"]["content"]
    assert [person["username"] for person in found[0]["accounts"]] == ["amara_o"]
    assert town.client_of(cast.works, "other").get("/api/v1/conversations").json == []


def test_notifications_tell_mentions_and_name_a_next_page_until_empty(town: Town) -> None:
    city, cast = town.city, town.cast
    mentions = [city.say(person, "I ask @larkmere") for person in cast.residents[:3]]
    city.like(city.say(cast.city, "Notice"), cast.residents[0])
    city.delete(mentions[1])
    client = town.client_of(cast.city)
    pages = client.pages("/api/v1/notifications?types[]=mention&limit=1")
    assert [[list(notice) for notice in part] for part in pages] == [[keys.NOTIFICATION], [keys.NOTIFICATION], []]
    assert [int(part[0]["status"]["id"]) for part in pages[:2]] == [mentions[2], mentions[0]]
    kinds = [notice["type"] for notice in client.get("/api/v1/notifications").json]
    assert kinds == ["favourite", "mention", "mention"]


def test_credentials_tell_the_account_and_what_only_its_owner_sees(town: Town) -> None:
    found = town.client_of(town.cast.works).get("/api/v1/accounts/verify_credentials").json
    assert set(found) == {*keys.ACCOUNT, "source", "role"}
    assert found["username"] == "larkmere_works"


def test_picture_files_are_served_until_the_post_is_deleted(town: Town) -> None:
    medium = town.city.picture("A street", width=200, height=100)
    number = town.city.say(town.cast.city, Wording("Look", media=(medium,)))
    shown = town.client.get(f"/api/v1/statuses/{number}").json["media_attachments"][0]
    original, small = town.client.get(shown["url"]), town.client.get(shown["preview_url"])
    assert original.headers["Content-Type"] == "image/png"
    assert (_png_size(original.body), _png_size(small.body)) == ((200, 100), (100, 50))
    assert town.client.get(shown["url"]).body == original.body
    assert town.client.get(shown["url"].replace("original/", "original/x")).status == 404
    town.city.delete(number)
    assert town.client.get(shown["url"]).status == 404


def _png_size(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def test_a_changed_picture_of_a_person_has_another_address(town: Town) -> None:
    path = f"/api/v1/accounts/{town.cast.city}"
    before = town.client.get(path).json["avatar"]
    assert town.client.get(before).status == 200
    town.city.change_profile(town.cast.city, avatar=999, name="City of Larkmere (official)")
    after = town.client.get(path).json
    assert after["display_name"] == "City of Larkmere (official)"
    assert [town.client.get(address).status for address in (before, after["avatar"])] == [404, 200]


def test_pages_for_people_answer_200_or_404(town: Town) -> None:
    number = town.city.say(town.cast.city, "Notice <b>")
    assert b"Notice &lt;b&gt;" in town.client.get(f"/@larkmere/{number}").body
    town.city.delete(number)
    statuses = [town.client.get(path).status for path in ("/@larkmere", f"/@larkmere/{number}", "/@nobody", "/else")]
    assert statuses == [200, 404, 404, 404]


def test_the_server_says_what_it_is(town: Town) -> None:
    assert town.client.get("/api/v2/instance").json["version"] == "4.7.3"
    link = town.client.get("/.well-known/nodeinfo").json["links"][0]["href"]
    assert town.client.get(link).json["software"] == {"name": "mastodon", "version": "4.7.3"}


# Text.


def test_text_becomes_the_html_that_was_recorded() -> None:
    known = "amara".__eq__
    base = "http://localhost:3000"
    assert to_html("it's cool guy", base, known) == "<p>it&#39;s cool guy</p>"
    assert to_html("http://example.org/", base, known) == (
        '<p><a href="http://example.org/" target="_blank" rel="nofollow noopener" translate="no">'
        '<span class="invisible">http://</span><span class="">example.org/</span>'
        '<span class="invisible"></span></a></p>'
    )
    assert to_html("@amara hi @nobody", base, known) == (
        '<p><span class="h-card" translate="no"><a href="http://localhost:3000/@amara" class="u-url mention">'
        "@<span>amara</span></a></span> hi @nobody</p>"
    )
    assert to_html("a #Snow\nb\n\nc", base, known) == (
        '<p>a <a href="http://localhost:3000/tags/Snow" class="mention hashtag" rel="tag">#<span>Snow</span></a>'
        "<br />b</p><p>c</p>"
    )


@given(st.text(max_size=200))
def test_nothing_typed_becomes_markup(text: str) -> None:
    made = to_html(text, "http://x", lambda handle: True)
    without = re.sub(r'</?(p|br /|span|a)( (class|href|target|rel|translate)="[^"<>]*")*>', "", made)
    assert "<" not in without
    assert ">" not in without


def test_raw_markup_is_passed_on_where_the_script_says_so(town: Town) -> None:
    number = town.city.say(town.cast.residents[0], Wording("x", html="<script>1</script>"))
    assert town.client.get(f"/api/v1/statuses/{number}").json["content"] == "<script>1</script>"


# Everything together.


def test_what_lists_and_threads_show_after_a_month_is_the_truth(town: Town) -> None:
    for _ in month(town.city, town.cast, 12, posts=50, comments=250, edits=40, deletions=30, hides=10):
        pass
    truth, now = Truth(town.city.journal), town.city.now()
    client = town.client_of(town.cast.city)
    found: dict[int, dict[str, Any]] = {}
    for status in [status for part in client.pages(town.statuses) for status in part]:
        around = client.get(f"/api/v1/statuses/{status['id']}/context").json
        for shown in (status, status["reblog"] or status, *around["ancestors"], *around["descendants"]):
            found[int(shown["id"])] = shown
    assert set(found) == truth.listed_at(now, town.cast.city)
    for number, shown in found.items():
        last = truth.records[number].versions[-1][1]
        assert shown["content"] == ("" if shown["reblog"] else town.server.mastodon.bodies.content(last))
        history = client.get(f"/api/v1/statuses/{number}/history").json
        assert len(history) == len(truth.records[number].versions)


def test_the_same_seed_gives_the_same_bytes(town: Town) -> None:
    bodies = []
    for _ in range(2):
        city = City(SetClock(START), 3)
        cast = populate(city)
        for _ in month(city, cast, 3):
            pass
        site = MastodonApi(city, "http://practice.example")
        response = site.answer(Request("GET", f"/api/v1/accounts/{cast.city}/statuses?limit=40"))
        assert response is not None
        bodies.append(response.body)
    assert bodies[0] == bodies[1]
    assert json.loads(bodies[0])
