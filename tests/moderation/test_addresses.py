"""Which record an address names: by examples of every platform, by what was captured, and for any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import load_platforms
from connectors.contract import NamesRecords, RecordAddress

CONNECTORS = load_platforms().connectors
_DID = "did:plc:z72i7hdynmk6r22z27h6tvur"
NAMED = [
    ("mastodon", "https://city.example/@office/110123", RecordAddress(("status/110123",), (), "https://city.example")),
    ("mastodon", "https://city.example/users/office/statuses/7", RecordAddress(("status/7",), (), "https://city.example")),
    ("bluesky", f"https://bsky.app/profile/{_DID}/post/3kabc", RecordAddress((f"at://{_DID}/app.bsky.feed.post/3kabc",))),
    ("bluesky", "https://bsky.app/profile/a.example/post/3k", RecordAddress(("at://{account}/app.bsky.feed.post/3k",))),
    ("x", "https://twitter.com/Somebody/status/12345?s=20", RecordAddress(("post/12345",), (), "https://x.com")),
    ("x", "https://x.com/i/web/status/12345", RecordAddress(("post/12345",), (), "https://x.com")),
    ("youtube", "https://youtu.be/dQw4w9WgXcQ?si=x", RecordAddress(("video/dQw4w9WgXcQ",), (), "https://www.youtube.com")),
    ("youtube", "https://www.youtube.com/shorts/dQw4w9WgXcQ",
     RecordAddress(("video/dQw4w9WgXcQ",), (), "https://www.youtube.com")),
    ("youtube", "https://www.youtube.com/watch?v=dQw4w9WgXcQ&lc=UgxABCDEF_1234567",
     RecordAddress(("comment/UgxABCDEF_1234567",), ("video/dQw4w9WgXcQ",), "https://www.youtube.com")),
    ("reddit", "https://old.reddit.com/r/city/comments/1abcd/a_word/k2def/",
     RecordAddress(("comment/k2def",), ("post/1abcd",), "https://www.reddit.com")),
    ("reddit", "https://www.reddit.com/r/city/comments/1abcd/", RecordAddress(("post/1abcd",), (), "https://www.reddit.com")),
    ("flickr", "https://www.flickr.com/photos/city/5312/in/feed", RecordAddress(("photo/5312",), (), "https://www.flickr.com")),
    ("linkedin", "https://www.linkedin.com/feed/update/urn:li:share:71/",
     RecordAddress(("share/71",), (), "https://www.linkedin.com")),
    ("linkedin", "https://www.linkedin.com/feed/update/urn:li:ugcPost:71?commentUrn=urn%3Ali%3Acomment%3A%28ugcPost%3A71%2C99%29",
     RecordAddress(("comment/99",), ("ugcPost/71",), "https://www.linkedin.com")),
    ("facebook", "https://www.facebook.com/city/posts/778?comment_id=99",
     RecordAddress(("comment/778_99",), ("post/{account}_778",), "https://www.facebook.com")),
    ("facebook", "https://m.facebook.com/story.php?story_fbid=778&id=5",
     RecordAddress(("post/{account}_778",), (), "https://www.facebook.com")),
    ("vimeo", "https://vimeo.com/76979871", RecordAddress(("video/76979871",), (), "https://vimeo.com")),
    ("tiktok", "https://www.tiktok.com/@city/video/7012345", RecordAddress(("video/7012345",), (), "https://www.tiktok.com")),
]  # fmt: skip


def _of(platform: str, url: str) -> RecordAddress | None:
    connector = CONNECTORS[platform]
    assert isinstance(connector, NamesRecords)
    return connector.record_of(url)


@pytest.mark.law("R22")
@pytest.mark.parametrize(("platform", "url", "named"), NAMED, ids=[one[1] for one in NAMED])
def test_an_address_names_its_record(platform: str, url: str, named: RecordAddress) -> None:
    assert _of(platform, f" {url} ") == named
    others = {
        name for name, one in CONNECTORS.items()
        if name not in (platform, "mastodon") and isinstance(one, NamesRecords) and one.record_of(url) is not None
    }  # fmt: skip
    assert others <= {"bluesky"}, "and is nobody else's"


@pytest.mark.parametrize("platform", sorted({one[0] for one in NAMED}))
def test_what_names_no_record_is_none(platform: str) -> None:
    for url in ("", "x", "https://", "javascript:alert(1)", "https://evil.example/", "https://a@x.com/b/status/1",
                "https://www.facebook.com/city/posts/pfbid0abc", "https://[::1", "file:///etc/passwd"):  # fmt: skip
        assert _of(platform, url) is None, url


_HOSTS = ("x.com", "www.youtube.com", "www.facebook.com", "bsky.app", "www.linkedin.com", "vimeo.com", "a.example")


@given(st.sampled_from(_HOSTS), st.text(max_size=60), st.text(max_size=60))
def test_no_text_is_too_strange(host: str, path: str, query: str) -> None:
    for connector in CONNECTORS.values():
        if isinstance(connector, NamesRecords):
            for url in (
                path,
                f"https://{host}/{path}",
                f"https://{host}/watch?{query}",
                f"https://{host}/{path}?{query}",
            ):
                found = connector.record_of(url)
                assert found is None or all(isinstance(one, str) for one in (*found.keys, *found.under))
