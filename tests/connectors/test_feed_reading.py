"""What a feed's answers mean: identity, projections, places, comments, pages, problems, and input made to hurt."""

from __future__ import annotations

import resource
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import (
    Ask,
    Connector,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    SeenRecord,
    SweepKind,
)
from connectors.feed import Feed, FeedSettings
from tests.connectors.reading import FEED_ACCOUNT, FEED_URL, answer, feed_ask, sweep
from tests.effort import bounded

Json = Any
READ = Feed().read
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:reply="http://purl.org/syndication/thread/1.0"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def item(
    number: int = 1, extra: str = "", title: str = "", body: str = "&lt;p&gt;Hello&lt;/p&gt;", day: int = 0
) -> str:
    return (
        f'<item><guid isPermaLink="false">https://city.example/?p={number}</guid>'
        f"<title>{title or f'Post {number}'}</title>"
        f"<link>https://city.example/{number}/</link><pubDate>{day or 28 - number:02d} Oct 2026 10:00:00 GMT</pubDate>"
        f"<description>{body}</description>{extra}</item>"
    )


def rss(*items: str, channel: str = "<title>City news</title>") -> bytes:
    return (
        f'<?xml version="1.0"?><rss version="2.0" {SPACES}><channel>{channel}{"".join(items)}</channel></rss>'.encode()
    )


def read(body: bytes | Json, ask: Ask | None = None, **more: Any) -> Reading:
    return READ(ask or feed_ask(), answer(body, **({"kind": "application/xml"} | more)))


def one(body: bytes | Json) -> SeenRecord:
    (record,) = read(body).records
    return record


# Claims and asks.


def test_it_is_a_connector() -> None:
    assert isinstance(Feed(), Connector)


@pytest.mark.parametrize(
    ("url", "strength"),
    [
        ("https://city.example/feed/", "certain"),
        ("https://City.example:443/news.rss", "certain"),
        ("https://city.example/atom.xml#x", "certain"),
        ("https://city.example/feed.json", "certain"),
        ("https://city.example/?feed=rss2", "certain"),
        ("https://mastodon.example/@city.rss", "certain"),
        ("https://city.example/", "possible"),
        ("https://city.example/news", "possible"),
        ("https://mastodon.example/@city", None),
        ("https://mastodon.example/@city@other.example", None),
        ("https://mastodon.example/users/city", None),
        ("ftp://city.example/feed/", None),
        ("https://name:secret@city.example/feed", None),
        ("@city@mastodon.example", None),
        ("", None),
    ],
)
def test_an_address_is_claimed_as_far_as_it_can_be_told(url: str, strength: str | None) -> None:
    claim = Feed().claim(url)
    assert (claim.strength if claim else None) == strength
    if claim:
        assert claim.url.startswith(claim.service)
        assert "#" not in claim.url


@given(st.text(max_size=100))
def test_no_address_makes_claiming_fail(url: str) -> None:
    Feed().claim(url)
    Feed().claim(f"https://city.example/{url}")


def test_only_a_poll_asks_conditionally() -> None:
    known = {"etag": '"abc"', "last_modified": "Sun, 01 Nov 2026 12:00:00 GMT"}
    poll = feed_ask(SweepKind.NEW, known=known)
    assert poll.headers == (("If-None-Match", '"abc"'), ("If-Modified-Since", "Sun, 01 Nov 2026 12:00:00 GMT"))
    assert feed_ask(SweepKind.FULL, known=known).headers == ()
    assert feed_ask(SweepKind.WATCH, known=known).headers == ()


@pytest.mark.parametrize("etag", ["a\r\nX: y", "", "é", "x" * 5000, 5, None, "\x00"])
def test_an_etag_that_is_no_header_value_is_not_sent(etag: Json) -> None:
    assert feed_ask(SweepKind.NEW, known={"etag": etag}).headers == ()


def test_the_feed_of_all_comments_is_asked_where_the_settings_name_one_on_the_same_site() -> None:
    for url, asked in (("https://city.example/comments/feed/", 2), ("https://evil.example/comments", 1)):
        account = replace(FEED_ACCOUNT, settings=FeedSettings(comments_url=url))
        assert len(list(Feed().begin(account, sweep(SweepKind.NEW), None))) == asked


# Identity.


def test_a_feed_says_who_it_is() -> None:
    claim = Feed().claim(FEED_URL)
    assert claim is not None
    account = READ(Feed().identify(claim), answer(rss(item()), url=FEED_URL)).account
    assert account is not None
    assert (account.platform_id, account.name, account.handle) == (FEED_URL, "City news", "city.example/feed")


def test_a_web_page_leads_to_the_feed_it_names() -> None:
    claim = Feed().claim("https://city.example/")
    assert claim is not None
    page = b"""<!doctype html><html><head><script>"<link rel=alternate type=application/rss+xml href=/no>"</script>
      <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">
      <link rel='ALTERNATE' type="application/rss+xml; charset=utf-8" href='/feed/'></head></html>"""
    ask = Feed().identify(claim)
    reading = READ(ask, answer(page, url="https://city.example/"))
    assert [one.url for one in reading.asks] == [FEED_URL]
    for _ in range(5):
        reading = READ(ask, answer(page.replace(b"/feed/", b"x/"), url=ask.url))
        if not reading.asks:
            break
        ask = reading.asks[0]
    assert reading.problem is not None
    assert READ(feed_ask(), answer(page)).problem is not None


def test_an_entry_is_known_by_its_id_else_its_link_else_its_title_and_date() -> None:
    by_id = one(rss(item()))
    assert by_id.key == one(rss(item(title="Other", body="Other"))).key
    linked = rss("<item><link>https://city.example/1/</link><title>A</title></item>")
    assert one(linked).key == one(linked.replace(b">A<", b">B<")).key != by_id.key
    bare = rss("<item><title>A</title><description>x</description></item>")
    assert one(bare).key == one(bare.replace(b">x<", b">y<")).key != one(bare.replace(b">A<", b">B<")).key


def test_an_id_that_several_entries_share_tells_nobody_apart() -> None:
    """Else every look would seem to find an edit of one into the other."""
    shared = "<item><guid>https://city.example/</guid><link>https://city.example/{0}/</link><title>{0}</title></item>"
    reading = read(rss(shared.format(1), shared.format(2)))
    assert len({record.key for record in reading.records}) == 2
    same = read(rss(item(), item()))
    assert len({record.key for record in same.records}) == 1


def test_pages_that_only_a_parameter_tells_apart_are_different_entries() -> None:
    """``sid`` is a visit on one site and the number of an article on another."""
    article = "<item><link>https://city.example/article?sid={0}</link><title>{0}</title></item>"
    assert one(rss(article.format(1))).key != one(rss(article.format(2))).key
    visit = "<item><link>https://city.example/view?t=1&amp;sid={0}</link><title>A</title></item>"
    assert one(rss(visit.format("0f" * 16))).key == one(rss(visit.format("a1" * 16))).key


def test_a_link_that_is_shared_once_visits_are_left_out_tells_nobody_apart() -> None:
    article = "<item><link>https://city.example/view?sid={0}</link><title>{0}</title></item>"
    assert len({record.key for record in read(rss(article.format("0f" * 16), article.format("a1" * 16))).records}) == 2


# Projection.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p class='a'>Hi</p>", "<p  class='b'>Hi</p><!-- made in 0.3 s -->"),
        ("<p>Hi</p>", "<p>Hi</p><img src='https://stat.example/1' width='1' height='1'>"),
        ("<img src='a.png' srcset='x' width='9'>", "<img loading='lazy' src='a.png'>"),
        ("Hi<script>var nonce=1</script>", "Hi<script>var nonce=2</script>"),
        ("It&#8217;s", "It’s"),
    ],
)
def test_what_only_the_software_changes_is_no_edit(before: str, after: str) -> None:
    cdata = "<![CDATA[{}]]>"
    assert one(rss(item(body=cdata.format(before)))).content == one(rss(item(body=cdata.format(after)))).content


@pytest.mark.parametrize(
    "changed",
    [
        item(title="Other"),
        item(body="&lt;p&gt;Hello!&lt;/p&gt;"),
        item(extra="<category>roads</category>"),
        item(extra="<dc:creator>Clerk</dc:creator>"),
        item(extra='<enclosure url="https://city.example/a.pdf" type="application/pdf" length="1"/>'),
        item().replace("city.example/1/", "city.example/one/"),
    ],
)
def test_what_somebody_published_differently_is_an_edit(changed: str) -> None:
    assert one(rss(changed)).content != one(rss(item())).content


def test_counts_dates_signatures_and_visitors_marks_are_no_edit() -> None:
    file = '<enclosure url="https://city.example/a.mp3?token={}" type="audio/mpeg"/><slash:comments>{}</slash:comments>'
    first, second = (one(rss(item(extra=file.format(n, n)))) for n in (1, 2))
    assert first.content == second.content
    assert (first.counts, second.counts) == ({"comments": 1}, {"comments": 2})
    assert first.media[0].key == second.media[0].key
    assert one(rss(item(day=1))).content == one(rss(item(day=2))).content
    tracked = item().replace("city.example/1/", "city.example/1/?utm_source=rss")
    assert one(rss(tracked)).content == one(rss(item())).content


def test_the_time_of_an_edit_is_never_claimed() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>t</title>
      <published>2026-01-01T00:00:00Z</published><updated>2026-02-01T00:00:00Z</updated></entry></feed>"""
    record = one(atom.encode())
    assert (record.as_of, record.created_at) == (None, datetime(2026, 1, 1, tzinfo=UTC))


def test_text_marked_as_text_is_not_taken_for_markup() -> None:
    atom = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
    atom = atom.format('<entry><id>a</id><title type="text">a &lt;b> c</title></entry>')
    assert one(atom.encode()).text == "a <b> c"


def test_an_entry_is_the_same_from_wherever_its_feed_is_found() -> None:
    body = rss("<item><guid>12345</guid><title>x</title></item>")
    (moved,) = read(body, url="https://cdn.example/other").records
    assert moved.key == one(body).key


def test_an_id_that_is_no_address_gives_no_page_to_ask_for() -> None:
    assert one(rss("<item><guid>12345</guid><title>x</title></item>")).url is None
    assert one(rss("<item><guid>https://city.example/x</guid><title>x</title></item>")).url == "https://city.example/x"


# Places.


@pytest.mark.parametrize(
    "encoding", ["utf-8", "iso-8859-1", "utf-16-le", "utf-16-be", "windows-1252", "koi8-r", "utf-8-sig"]
)
def test_every_entry_is_where_its_place_says_in_its_own_encoding(encoding: str) -> None:
    words = "дом" if encoding == "koi8-r" else "café §"
    text = rss(item(1, title=words), "<!-- between -->", item(2, body=f"<![CDATA[</item>{words}]]>")).decode()
    text = text.replace('version="1.0"?', f'version="1.0" encoding="{encoding.removesuffix("-sig")}"?')
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    body = (mark + text).encode(encoding)
    reading = read(body, kind="application/rss+xml")
    assert len(reading.records) == 2
    for record in reading.records:
        start, end = (int(edge) for edge in record.place.removeprefix("bytes=").split("-"))
        part = body[start:end].decode(encoding.removesuffix("-sig"))
        assert part.startswith("<item>")
        assert part.endswith("</item>")
        assert words in part
        assert {start, end} <= set(reading.cuts)
    assert list(reading.cuts) == sorted(set(reading.cuts))
    assert all(0 < cut < len(body) for cut in reading.cuts)


def test_entries_whose_bounds_are_not_sure_are_in_the_body_as_a_whole() -> None:
    body = rss("<item><title>a</title><item><title>b</title></item></item>")
    reading = read(body)
    assert {record.place for record in reading.records} == {f"bytes=0-{len(body)}"}
    assert reading.cuts == ()


def test_items_of_a_json_feed_are_at_json_pointers() -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "City"}
    good = {
        "id": "1",
        "url": "https://city.example/1",
        "content_html": "<p>x</p>",
        "date_published": "2026-10-01T00:00:00Z",
    }
    reading = read(
        feed | {"items": [good, 5, {"id": 2, "content_text": "a<b"}, {"content_html": 5}, {}, good | {"new": 1}]}
    )
    assert [(record.place, record.text) for record in reading.records] == [
        ("/items/0", "x"),
        ("/items/2", "a<b"),
        ("/items/5", "x"),
    ]
    assert [place for place, _ in reading.quarantine] == ["/items/1", "/items/3", "/items/4"]
    assert reading.drift == ("item.new",)


# Comments.

COMMENT_FEED = "<wfw:commentRss>https://city.example/{0}/feed/</wfw:commentRss><slash:comments>{1}</slash:comments>"


def test_comment_feeds_are_followed_when_they_are_due() -> None:
    body = rss(*(item(number, COMMENT_FEED.format(number, count)) for number, count in ((1, 2), (2, 0), (3, 1))))
    keys = [record.key for record in read(body).records]

    def followed(ask: Ask) -> list[str]:
        return [one.url for one in read(body, ask).asks]

    both = ["https://city.example/1/feed/", "https://city.example/3/feed/"]
    assert followed(feed_ask(SweepKind.FULL)) == both
    assert followed(feed_ask(SweepKind.NEW)) == both
    assert followed(feed_ask(SweepKind.NEW, known={"newest": "2026-10-26T00:00:00+00:00"})) == both[:1]
    assert followed(feed_ask(SweepKind.WATCH, RecordRef(keys[2], RecordKind.POST))) == both[1:]
    assert followed(feed_ask(SweepKind.WATCH)) == []
    emptied = RecordRef(keys[1], RecordKind.POST)
    assert "https://city.example/2/feed/" in followed(feed_ask(SweepKind.FULL, emptied))


def test_a_comment_feed_on_another_site_is_not_followed() -> None:
    assert not read(rss(item(1, COMMENT_FEED.format(1, 2).replace("city.example", "evil.example")))).asks


def test_comments_belong_to_their_post_and_answer_what_they_say() -> None:
    post = read(rss(item(1, COMMENT_FEED.format(1, 2))))
    (ask,) = post.asks
    to_comment = '<reply:in-reply-to ref="https://city.example/?p=100"/>'
    reading = read(rss(item(100), item(101, to_comment)), ask)
    first, second = reading.records
    assert {record.kind for record in reading.records} == {RecordKind.COMMENT}
    assert {record.thread for record in reading.records} == {post.records[0].key}
    assert (first.parent, second.parent) == (post.records[0].key, first.key)
    assert not reading.asks


def test_an_answer_in_the_feed_itself_is_a_comment() -> None:
    record = one(rss(item(2, '<reply:in-reply-to ref="https://city.example/?p=1"/>')))
    assert (record.kind, record.parent) == (RecordKind.COMMENT, one(rss(item(1))).key)


# Windows, pages, bookmarks.


def test_a_feed_is_a_window_back_to_its_oldest_entry_and_never_whole() -> None:
    reading = read(rss(item(1), item(2), item(3)))
    assert reading.since == datetime(2026, 10, 25, 10, tzinfo=UTC)
    assert not reading.whole


@pytest.mark.parametrize(
    "items",
    [
        [item(2), item(1)],
        [item(1), item(2).replace("<pubDate>", "<x>").replace("</pubDate>", "</x>")],
        [item(1), "<item></item>"],
        [],
    ],
    ids=["not from new to old", "without a date", "with one unreadable", "empty"],
)
def test_a_window_that_cannot_be_told_is_none(items: list[str]) -> None:
    assert read(rss(*items)).since is None


def test_a_full_sweep_follows_older_pages_on_the_same_server() -> None:
    atom = '<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="{}"/>'
    first = read(rss(item(1), channel=atom.format("/feed/?page=2")), feed_ask(SweepKind.FULL), url=FEED_URL)
    assert first.next_page is not None
    assert first.next_page.url == "https://city.example/feed/?page=2"
    assert read(rss(item(1), channel=atom.format("/feed/?page=2")), feed_ask(SweepKind.NEW)).next_page is None
    last = read(rss(item(2)), first.next_page)
    assert last.since == datetime(2026, 10, 26, 10, tzinfo=UTC)
    other = read(rss(item(1), channel=atom.format("https://evil.example/")), feed_ask(SweepKind.FULL))
    assert other.next_page is None
    assert other.problem is not None
    assert len(other.records) == 1


def test_wordpress_pages_are_counted_until_one_is_not_there() -> None:
    made = "<generator>https://wordpress.org/?v=6.8</generator>"
    first = read(rss(item(1), channel=made), feed_ask(SweepKind.FULL))
    assert first.next_page is not None
    assert first.next_page.url == "https://city.example/feed/?paged=2"
    second = read(rss(item(2), channel=made), first.next_page)
    assert second.next_page is not None
    assert second.next_page.url == "https://city.example/feed/?paged=3"
    end = read(b"", second.next_page, status=404)
    assert (end.problem, end.next_page, end.whole) == (None, None, False)
    assert end.since == datetime(2026, 10, 26, 10, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(SweepKind))
def test_a_feed_that_had_entries_and_has_none_is_suspicious_and_asked_for_whole_again(kind: SweepKind) -> None:
    """Its ETag would have "not modified" say from then on that all is well."""
    newest = "2026-11-01T12:00:00+00:00"
    for _ in range(2):
        (ask,) = Feed().begin(FEED_ACCOUNT, sweep(kind), {"etag": '"x"', "last_modified": None, "newest": newest})
        reading = read(rss(), ask, headers=(("ETag", '"empty"'),))
        assert reading.suspicious is not None
        assert reading.bookmark == {"etag": None, "last_modified": None, "newest": newest}
    (ask,) = Feed().begin(FEED_ACCOUNT, sweep(kind), reading.bookmark)
    assert not ask.headers
    assert read(rss(item(1)), ask).suspicious is None
    (first,) = Feed().begin(FEED_ACCOUNT, sweep(kind), None)
    assert read(rss(), first).suspicious is None, "one that never had any may well be new"


def test_the_bookmark_holds_what_saves_bytes() -> None:
    headers = (("ETag", '"x"'), ("Last-Modified", "Sun, 01 Nov 2026 12:00:00 GMT"))
    bookmark = read(rss(item(1), item(2)), headers=headers).bookmark
    newest = "2026-10-27T10:00:00+00:00"
    assert bookmark == {"etag": '"x"', "last_modified": "Sun, 01 Nov 2026 12:00:00 GMT", "newest": newest}
    assert read(b"<rss>", headers=headers).bookmark is None


def test_not_modified_says_nothing_and_covers_nothing() -> None:
    known = {"etag": '"x"'}
    assert read(b"", feed_ask(SweepKind.NEW, known=known), status=304) == Reading()
    assert read(b"", feed_ask(SweepKind.FULL, known=known), status=304).problem is not None


# Direct looks.


def test_only_pages_that_can_say_something_of_an_entry_are_asked_for() -> None:
    refs = [
        RecordRef("entry/1", RecordKind.POST, url="https://www.city.example/1/"),
        RecordRef("entry/2", RecordKind.POST, url="https://elsewhere.example/article"),
        RecordRef("entry/3", RecordKind.POST, url="https://city.example/1/#comment-3"),
        RecordRef("entry/4", RecordKind.COMMENT, url="https://city.example/1/#comment-4"),
        RecordRef("entry/5", RecordKind.POST, url=None),
        RecordRef("entry/6", RecordKind.POST, url=FEED_URL),
        RecordRef("entry/7", RecordKind.POST, url="ftp://city.example/1"),
    ]
    (ask,) = Feed().look(FEED_ACCOUNT, refs)
    assert (ask.url, ask.context["look"]) == ("https://www.city.example/1/", ["entry/1"])
    assert ask.control is not None
    assert ask.control.url == FEED_URL


def test_the_page_of_a_comment_says_something_only_when_it_is_gone() -> None:
    ref = RecordRef("entry/4", RecordKind.COMMENT, url="https://city.example/1/comment/4/")
    (ask,) = Feed().look(FEED_ACCOUNT, [ref])
    there, gone = READ(ask, answer(b"<html></html>")), READ(ask, answer(b"", 404))
    assert (there.present, there.problem is None) == ((), False)
    assert gone.problem is not None
    assert gone.problem.kind is ProblemKind.GONE


def test_a_page_is_there_or_gone_or_says_nothing() -> None:
    (ask,) = Feed().look(FEED_ACCOUNT, [RecordRef("entry/1", RecordKind.POST, url="https://city.example/1/")])
    page = b"<html></html>"
    assert READ(ask, answer(page)).present == ("entry/1",)
    assert READ(ask, answer(page, url="https://www.city.example/1")).present == ("entry/1",)
    for says_nothing in (answer(page, url="https://city.example/"), answer(page, 202), answer(b"", 304)):
        reading = READ(ask, says_nothing)
        assert reading.present == ()
        assert reading.problem is not None
        assert reading.problem.kind is not ProblemKind.GONE
    for status in (404, 410):
        problem = READ(ask, answer(page, status)).problem
        assert problem is not None
        assert problem.kind is ProblemKind.GONE
    for status in (401, 403, 429, 500, 503):
        problem = READ(ask, answer(page, status)).problem
        assert problem is not None
        assert problem.kind is not ProblemKind.GONE
    assert ask.control is not None
    assert READ(ask.control, answer(rss(item()))).account is not None
    assert READ(ask.control, answer(rss())).account is None  # nothing of the site: it vouches for nothing
    assert READ(ask.control, answer(b"<html>maintenance</html>")).problem is not None


# Hostile and broken input.

LAUGHS = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id>{}</entry></feed>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"plain text",
        b"<rss><channel><item><title>cut",
        b"<rss><channel><item><title>a & b</title></item></channel></rss>",
        b"<rss><channel><item><x:title>a</x:title></item></channel></rss>",
        b'<?xml version="1.0" encoding="no-such"?><rss/>',
        b'<?xml version="1.0" encoding="rot13"?><rss/>',
        b'<?xml version="1.0" encoding="utf-7"?><rss/>',
        b"<rss><channel><title>\xff</title></channel></rss>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><body>Under maintenance</body></html>",
        b"{",
        b'{"items":[]}',
        b'{"version":"https://jsonfeed.org/version/1.1","items":{}}',
        b"[" * 100_000,
        b"{" * 100_000,
        f"<!DOCTYPE x [{LAUGHS}]><rss><channel><item><title>&a9;</title></item></channel></rss>".encode(),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><title>&a;</title></channel></rss>',
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://evil.example/x.dtd">%a;]><rss><channel><title>&b;</title></channel></rss>',
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"x" * 32
        + b'">]><rss><channel><title>'
        + b"&a;" * 10**6
        + b"</title></channel></rss>",
        b"<rss>" + b"<a>" * 1000 + b"</a>" * 1000 + b"</rss>",
        b"<rss " + b" ".join(b'a%d="1"' % n for n in range(1000)) + b"/>",
        b"<rss><channel>" + b"<item/>" * 300_000 + b"</channel></rss>",
        b"<rss>" + b"<![CDATA[ ]]>" * 60_000 + b"</rss>",
        b"<rss>" + b"".join(b'<a xmlns:n%d="u"/>' % n for n in range(1000)) + b"</rss>",
        b"<rss>" + b" " * 9 * 2**20 + b"</rss>",
        b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b"{}," * 60_000 + b"{}]}",
    ],
    ids=range(28),
)
def test_what_cannot_be_trusted_is_quarantined_with_a_reason(body: bytes) -> None:
    with bounded():
        reading = read(body)
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.CONTRACT
    assert reading.quarantine == ((f"bytes=0-{len(body)}", reading.problem.detail),)
    assert not reading.records
    assert reading.bookmark is None


@pytest.mark.parametrize(
    "inside",
    [
        f"<author><name>{'a.' * 200_000}@b</name></author>",
        "".join(f'<category term="{n}"/>' for n in range(20_000)),
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
        + "<![CDATA[ ]]>" * 20_000
        + "</div></content>",
        "".join(f'<link rel="enclosure" href="https://a.example/{n}"/>' for n in range(20_000)),
        f"<updated>{'1' * 500_000}</updated><published>{'Mon, ' * 100_000}</published>",
        f'<title type="html">{"&lt;a href=" * 50_000}</title>',
        f'<link href="https://a.example/{"a" * 2_000_000}"/>',
        '<link href="http://[::1"/><author><uri>http://[</uri></author>',
    ],
    ids=["author", "categories", "pieces", "files", "dates", "markup", "address", "broken address"],
)
def test_an_entry_made_to_hurt_is_read_in_bounded_time_and_memory(inside: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with bounded():
        reading = read(ATOM.format(inside).encode())
    assert len(reading.records) + len(reading.quarantine) >= 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 800 * 1024


def test_a_short_declared_entity_is_read() -> None:
    body = (
        b'<!DOCTYPE rss [<!ENTITY copy "&#169;">]><rss><channel><item><title>&copy; City</title></item></channel></rss>'
    )
    assert one(body).text == "© City"


@pytest.mark.parametrize(
    ("status", "kind"), [(404, ProblemKind.GONE), (410, ProblemKind.GONE), (403, ProblemKind.PERMISSION)]
)
def test_a_feed_that_is_gone_or_closed_says_so(status: int, kind: ProblemKind) -> None:
    problem = read(b"", status=status).problem
    assert problem is not None
    assert problem.kind is kind


MARKUP = st.text(alphabet=st.sampled_from("<>/&;!-[]=\"' itemchanelrsguid"), max_size=60)


@given(MARKUP, MARKUP)
def test_no_markup_makes_reading_fail(one_text: str, other: str) -> None:
    for body in (
        rss(item(extra=one_text), other),
        rss(item(body=f"<![CDATA[{one_text}]]>")),
        (one_text + other).encode(),
    ):
        reading = read(body)
        assert (reading.problem is None) or (reading.quarantine and not reading.records)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=2)
            | st.dictionaries(
                st.sampled_from(["id", "url", "authors", "tags", "attachments", "content_html", "x"]), x, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_any_json_feed_is_read_or_quarantined(value: Json) -> None:
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": value,
        "next_url": value,
        "items": [value, {"id": "1"}],
    }
    reading = read(body, kind="application/feed+json")
    assert len(reading.records) + len(reading.quarantine) == 2
