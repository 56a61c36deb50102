"""One channel of entries written as RSS 2.0, Atom (RFC 4287, threads RFC 4685) and JSON Feed 1.1."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:thr="http://purl.org/syndication/thread/1.0"'
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One post or comment as a feed shows it."""

    id: str
    link: str
    title: str
    author: str
    html: str
    published: datetime
    updated: datetime
    comment_feed: str | None
    comments: int | None
    parent: tuple[str, str] | None
    """(id, link) of what it answers."""
    pictures: tuple[tuple[str, str, int], ...]
    """(address, description, bytes) of its pictures."""


@dataclass(frozen=True, slots=True)
class Channel:
    title: str
    link: str
    own: str
    about: str
    updated: datetime
    entries: tuple[Entry, ...]


def rss(channel: Channel) -> bytes:
    """RSS 2.0 with the modules WordPress uses."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<rss version="2.0" {_NAMESPACES}>',
        "<channel>",
        f"<title>{_text(channel.title)}</title>",
        f'<atom:link href={_attribute(channel.own)} rel="self" type="application/rss+xml"/>',
        f"<link>{_text(channel.link)}</link>",
        f"<description>{_text(channel.about)}</description>",
        f"<lastBuildDate>{_rfc822(channel.updated)}</lastBuildDate>",
        "<language>en-US</language>",
        *(_rss_item(entry) for entry in channel.entries),
        "</channel>",
        "</rss>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _rss_item(entry: Entry) -> str:
    parts = [
        f"<title>{_text(entry.title)}</title>",
        f"<link>{_text(entry.link)}</link>",
        f"<dc:creator>{_text(entry.author)}</dc:creator>",
        f"<pubDate>{_rfc822(entry.published)}</pubDate>",
        f'<guid isPermaLink="false">{_text(entry.id)}</guid>',
        f"<description>{_text(entry.html)}</description>",
        f"<content:encoded>{_cdata(entry.html)}</content:encoded>",
    ]
    if entry.comment_feed is not None:
        parts += [f"<comments>{_text(entry.link)}#comments</comments>"]
        parts += [f"<wfw:commentRss>{_text(entry.comment_feed)}</wfw:commentRss>"]
        parts += [f"<slash:comments>{entry.comments}</slash:comments>"]
    parts += [_in_reply_to(entry)] if entry.parent else []
    for url, _, size in entry.pictures:
        parts.append(f'<enclosure url={_attribute(url)} length="{size}" type="image/png"/>')
    return "<item>\n" + "\n".join(parts) + "\n</item>"


def atom(channel: Channel) -> bytes:
    """Atom, with ``thr:in-reply-to`` for comments."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">',
        f"<title>{_text(channel.title)}</title>",
        f"<subtitle>{_text(channel.about)}</subtitle>",
        f"<id>{_text(channel.own)}</id>",
        f'<link rel="self" type="application/atom+xml" href={_attribute(channel.own)}/>',
        f'<link rel="alternate" type="text/html" href={_attribute(channel.link)}/>',
        f"<updated>{_rfc3339(channel.updated)}</updated>",
        *(_atom_entry(entry) for entry in channel.entries),
        "</feed>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _atom_entry(entry: Entry) -> str:
    parts = [
        f"<author><name>{_text(entry.author)}</name></author>",
        f'<title type="text">{_text(entry.title)}</title>',
        f'<link rel="alternate" type="text/html" href={_attribute(entry.link)}/>',
        f"<id>{_text(entry.id)}</id>",
        f"<published>{_rfc3339(entry.published)}</published>",
        f"<updated>{_rfc3339(entry.updated)}</updated>",
        f'<content type="html">{_text(entry.html)}</content>',
    ]
    if entry.comment_feed is not None:
        address = _attribute(entry.comment_feed + "atom/")
        parts += [f'<link rel="replies" type="application/atom+xml" href={address} thr:count="{entry.comments}"/>']
    parts += [_in_reply_to(entry)] if entry.parent else []
    for url, _, size in entry.pictures:
        parts.append(f'<link rel="enclosure" type="image/png" length="{size}" href={_attribute(url)}/>')
    return "<entry>\n" + "\n".join(parts) + "\n</entry>"


def json_feed(channel: Channel) -> bytes:
    """JSON Feed 1.1."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.link,
        "feed_url": channel.own,
        "description": channel.about,
        "items": [_json_item(entry) for entry in channel.entries],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _json_item(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "content_html": entry.html,
        "date_published": _rfc3339(entry.published),
        "date_modified": _rfc3339(entry.updated),
        "authors": [{"name": entry.author}],
    }
    if entry.pictures:
        found["attachments"] = [
            {"url": url, "mime_type": "image/png", "title": alt, "size_in_bytes": size}
            for url, alt, size in entry.pictures
        ]  # fmt: skip
    return found


def _in_reply_to(entry: Entry) -> str:
    assert entry.parent is not None
    return f'<thr:in-reply-to ref={_attribute(entry.parent[0])} href={_attribute(entry.parent[1])} type="text/html"/>'


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))


def _cdata(text: str) -> str:
    return "<![CDATA[" + _NOT_XML.sub("\ufffd", text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _rfc822(at: datetime) -> str:
    return format_datetime(at, usegmt=False)


def _rfc3339(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
