"""Feeds over the same state, read by another parser than ours."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

import feedparser
import pytest

from archiver.practice.acts import Wording
from archiver.practice.city import City
from archiver.practice.feeds import Feeds
from archiver.practice.script import month
from archiver.practice.server import PracticeServer
from archiver.practice.words import Words

from .client import Client
from .conftest import Town

FEED = "/larkmere_news/feed/"
COMMENTS = "/larkmere_news/comments/feed/atom/"
FORMS = ("feed/", "feed/atom/", "comments/feed/", "comments/feed/atom/")


def parsed(town: Town, path: str) -> Any:
    got = town.client.get(path)
    assert got.status == 200
    found = feedparser.parse(got.body)
    assert not found.bozo
    return found


def news(town: Town, text: str) -> int:
    town.clock.advance(timedelta(seconds=10))
    return town.city.say(town.cast.news, text)


def said_under(town: Town, number: int, text: str) -> int:
    town.clock.advance(timedelta(seconds=10))
    return town.city.say(town.cast.readers[0], text, answering=number)


@pytest.mark.parametrize("form", ["feed/", "feed/atom/"])
def test_a_feed_shows_the_newest_ten_first_and_the_rest_on_further_pages(town: Town, form: str) -> None:
    said = [news(town, f"News {number}") for number in range(25)]
    path = f"/larkmere_news/{form}"
    shown = [[entry.id for entry in parsed(town, f"{path}?paged={turn}").entries] for turn in (1, 2, 3)]
    ids = [f"{town.server.base_url}/?p={number}" for number in said[::-1]]
    assert shown == [ids[:10], ids[10:20], ids[20:]]
    assert town.client.get(f"{path}?paged=4").status == 404


def test_entries_tell_text_time_author_comments_and_picture(town: Town) -> None:
    picture = town.city.picture("Bridge")
    number = town.city.say(town.cast.news, Wording("Bridge opens\n\nAt noon & later", media=(picture,)))
    said_under(town, number, "Finally")
    entry = parsed(town, FEED).entries[0]
    assert (entry.title, entry.author) == ("Bridge opens", "Larkmere News")
    assert entry.content[0].value == "<p>Bridge opens</p><p>At noon &amp; later</p>"
    assert entry.published == "Sun, 01 Mar 2026 08:00:00 +0000"
    assert (entry.wfw_commentrss, entry.slash_comments) == (f"{entry.link}feed/", "1")
    file = town.client.get(entry.enclosures[0].href)
    assert len(file.body) == int(entry.enclosures[0].length)
    assert file.body.startswith(b"\x89PNG")


def test_json_feed_says_the_same(town: Town) -> None:
    number = news(town, "Bridge opens")
    town.clock.advance(timedelta(minutes=1))
    town.city.edit(number, "Bridge opens later")
    found = town.client.get("/larkmere_news/feed.json")
    assert found.headers["Content-Type"].startswith("application/feed+json")
    assert found.json["version"] == "https://jsonfeed.org/version/1.1"
    (entry,) = found.json["items"]
    assert entry["content_html"] == "<p>Bridge opens later</p>"
    assert (entry["date_published"], entry["date_modified"]) == ("2026-03-01T08:00:10Z", "2026-03-01T08:01:10Z")


def test_comments_name_what_they_answer(town: Town) -> None:
    number = news(town, "Bridge opens")
    comment = said_under(town, number, "Why?")
    answer = town.city.say(town.cast.news, "Because", answering=comment)
    root = ET.fromstring(town.client.get(COMMENTS).body)
    atom, thread = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
    found = {
        (entry.findtext(f"{atom}id") or "").rpartition("=")[2]: entry.find(f"{thread}in-reply-to")
        for entry in root.iter(f"{atom}entry")
    }
    assert set(found) == {str(comment), str(answer)}
    assert {key: (ref.get("ref") or "").rpartition("=")[2] for key, ref in found.items() if ref is not None} == {
        str(comment): str(number), str(answer): str(comment),
    }  # fmt: skip


def test_a_post_has_a_feed_of_its_own_comments_only(town: Town) -> None:
    first, second = news(town, "One"), news(town, "Two")
    comment = said_under(town, first, "Under one")
    said_under(town, second, "Under two")
    entries = parsed(town, f"/larkmere_news/{first}/feed/").entries
    assert [entry.id for entry in entries] == [f"{town.server.base_url}/?p={comment}"]
    assert town.client.get("/larkmere_news/12345/feed/").status == 404


def test_comments_leave_the_feed_when_hidden_or_deleted_and_their_answers_stay(town: Town) -> None:
    number = news(town, "One")
    hidden, deleted = said_under(town, number, "Hidden"), said_under(town, number, "Deleted")
    answer = said_under(town, deleted, "Answer")
    town.city.hide(hidden)
    town.city.delete(deleted, by="page")
    entries = parsed(town, COMMENTS).entries
    assert [entry.id.rpartition("=")[2] for entry in entries] == [str(answer)]
    assert "thr_in-reply-to" not in entries[0]


def test_pages_answer_200_until_what_they_show_is_gone(town: Town) -> None:
    number = news(town, "One")
    comment = said_under(town, number, "Comment")
    own, under = (town.server.feeds.link(town.city.posts[post]) for post in (number, comment))
    assert [town.client.get(address).status for address in (own, under)] == [200, 200]
    assert b"Comment" in town.client.get(under).body
    town.city.delete(comment)
    assert [town.client.get(address).status for address in (own, under)] == [200, 404]


def test_a_site_may_say_410_for_what_is_gone(town: Town) -> None:
    town.server.feeds.gone = 410
    assert town.client.get("/larkmere_news/12345/").status == 410


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_feed_is_answered_304_by_tag_or_by_time(town: Town, form: str) -> None:
    said_under(town, news(town, "One"), "Comment")
    path = f"/larkmere_news/{form}"
    headers = town.client.get(path).headers
    for condition in (
        {"If-None-Match": headers["ETag"]}, {"If-None-Match": f'"x", W/{headers["ETag"]}'},
        {"If-Modified-Since": headers["Last-Modified"]},
    ):  # fmt: skip
        got = town.client.get(path, condition)
        assert (got.status, got.body) == (304, b"")
    assert town.client.get(path, {"If-None-Match": '"x"', "If-Modified-Since": headers["Last-Modified"]}).status == 200


def test_the_tag_follows_edits_unless_the_site_is_lazy_as_wordpress_is(town: Town) -> None:
    comment = said_under(town, news(town, "One"), "Comment")

    def status_after_edit(site: Feeds, text: str) -> int:
        with PracticeServer(sites=(lambda base: site,)) as server:
            client = Client(server)
            tag = client.get(COMMENTS).headers["ETag"]
            town.city.edit(comment, text)
            return client.get(COMMENTS, {"If-None-Match": tag}).status

    base = "http://practice.example"
    assert status_after_edit(Feeds(town.city, base), "Edited") == 200
    assert status_after_edit(Feeds(town.city, base, lazy_tags=True), "Edited again") == 304


def test_hostile_words_are_well_formed_in_every_format(town: Town) -> None:
    number = news(town, "]]> <b>&amp;</b> \x00\x0b\ufffe \ud800 end")
    for text in (*_all_hostile(), "\x1b[31m", "a\u2028b"):
        said_under(town, number, text)
    for form in FORMS:
        ET.fromstring(town.client.get(f"/larkmere_news/{form}").body)
    entry = parsed(town, FEED).entries[0]
    assert "&lt;b&gt;" in entry.content[0].value
    assert town.client.get("/larkmere_news/feed.json").json["items"]


def _all_hostile() -> set[str]:
    words = Words(random.Random(1))
    return {words.hostile() for _ in range(200)}


@pytest.mark.parametrize(
    "path",
    ["/nobody/feed/", "/larkmere/feed/", "/larkmere_news/feed/rdf/", "/larkmere_news/1/2/", "/larkmere_news/0/9.png"],
)
def test_other_addresses_are_not_found(town: Town, path: str) -> None:
    assert town.client.get(path).status == 404


def test_after_a_month_the_feeds_show_what_stands(town: Town) -> None:
    for _ in month(town.city, town.cast, home="web", shares=0, messages=0, mentions=0, posts=30):
        pass
    town.server.feeds.newest = 1000
    standing = {post.id: post for post in town.city.posts.values() if town.city.stands(post)}
    comments = {number for number, post in standing.items() if post.is_reply}
    assert _ids(town, FEED) == {number for number, post in standing.items() if not post.is_reply}
    # Comments whose whole conversation is gone have no feed left to stand in.
    assert _ids(town, COMMENTS) == {number for number in comments if _first_exists(town.city, number)}


def _ids(town: Town, path: str) -> set[int]:
    return {int(entry.id.rpartition("=")[2]) for entry in parsed(town, path).entries}


def _first_exists(city: City, number: int) -> bool:
    return city.posts[number].root in city.posts
