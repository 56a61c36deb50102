"""RSS, Atom, RDF and CDF through feedparser, JSON Feed by itself: any of them as a channel with entries. Pure."""

from __future__ import annotations

import calendar
import io
import xml.sax.handler
import xml.sax.xmlreader
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import struct_time
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException, expatreader

from feedparser.api import StrictFeedParser

from connectors._feed_entries import Channel, Entry, medium
from connectors._feed_xml import LARGEST, IllFormed, inspect
from connectors.answers import moment
from connectors.contract import Answer, JSONValue, MediaRef
from connectors.links import web
from connectors.text import from_text, plain, reduced, storable, tidy

_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/rdf+xml", "application/feed+json")
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_KNOWN = """
id url external_url title content_html content_text summary image banner_image date_published date_modified author
authors tags language attachments
"""
_ITEM_NAMES = frozenset(_KNOWN.split())
_LONGEST_ID = 8192
_LONGEST_NAME = 256
_MOST_TAGS = 500
_MOST_ITEMS = 50_000
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})


def channel(answer: Answer, base: str) -> Channel:
    """The feed in an answer.

    Raises:
        IllFormed: it is none, or one that cannot be trusted.
    """
    if is_json(answer.body):
        return _json_channel(answer, base)
    return _xml_channel(answer, base)


def is_json(body: bytes) -> bool:
    """Whether a body can only be JSON."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


# XML.


def _xml_channel(answer: Answer, base: str) -> Channel:
    if not answer.body.strip():
        raise IllFormed("empty")
    document = inspect(answer.body, answer.header("Content-Type"))
    if document.root.lower() == "html":
        raise IllFormed("a web page, not a feed")
    parsed = _parse(document.utf8)
    if not parsed.entries and not parsed.version and document.root.lower() not in _ROOTS:
        raise IllFormed("XML, but not a feed")
    size = len(answer.body)
    exact = document.places if document.places and len(document.places) == len(parsed.entries) else None
    places = exact or ((0, size),) * len(parsed.entries)
    read = [_entry(one, place, base) for one, place in zip(parsed.entries, places, strict=True)]
    good = tuple(entry for entry in read if isinstance(entry, Entry))
    edges = sorted({edge for place in exact or () for edge in place} - {0, size})
    return Channel(
        title=_plain_title(parsed.feeddata.get("title_detail")),
        entries=good,
        older=_older(parsed.feeddata, base),
        numbered_pages="wordpress.org/" in str(parsed.feeddata.get("generator", ""))[:200],
        cuts=tuple(edges),
        quarantine=tuple(entry for entry in read if not isinstance(entry, Entry)),
    )


class _Parser(StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    """feedparser's strict half without what takes quadratic time on input made for that."""

    def _sync_author_detail(self, key: str = "author") -> None:
        if len(str(self._get_context().get(key) or "")) <= _LONGEST_NAME:
            super()._sync_author_detail(key)

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if len(self._get_context().get("tags") or ()) < _MOST_TAGS:
            super()._add_tag(term, scheme, label)


def _parse(utf8: bytes) -> Any:
    """feedparser's strict half. Its forgiving half, and its way to open what it is given, are not used.

    Raises:
        IllFormed: not well-formed, or feedparser cannot cope with it.
    """
    handler = _Parser("", None, "utf-8")  # ids must not depend on where the feed was found; links are resolved later
    handler.resolve_relative_uris = False
    handler.sanitize_html = False
    # All in one read, since a token that comes in many parts is looked at many times. What makes XML dangerous was
    # refused before.
    parser = expatreader.create_parser(1, 2 * LARGEST)  # noqa: S315
    parser.setFeature(xml.sax.handler.feature_namespaces, True)
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.setFeature(xml.sax.handler.feature_external_pes, False)
    parser.setContentHandler(handler)
    parser.setErrorHandler(handler)
    source = xml.sax.xmlreader.InputSource()
    source.setEncoding("utf-8")
    source.setByteStream(io.BytesIO(utf8))
    try:
        parser.parse(source)
    except SAXException as error:
        raise IllFormed("not well-formed XML") from error
    except Exception as error:  # feedparser promises nothing about hostile values (dates, addresses)
        raise IllFormed(f"feedparser cannot read it ({type(error).__name__})") from error
    if handler.bozo:
        raise IllFormed("not well-formed XML")
    return handler


def _entry(given: Mapping[str, Any], place: tuple[int, int], base: str) -> Entry | tuple[str, str]:
    """One entry of feedparser, or its place and why it cannot be told from others."""
    where = f"bytes={place[0]}-{place[1]}"
    raw = dict(given)  # its own look-ups fill gaps with other fields
    detail = raw.get("author_detail") or {}
    replies = _in_reply_to(raw)
    entry = Entry(
        place=where,
        identity=_identity(raw.get("id")),
        link=_link(raw, base),
        title=_html(raw.get("title_detail")) or "",
        summary=_html(raw.get("summary_detail")),
        body=tuple(html for one in raw.get("content") or () if (html := _html(one)) is not None),
        author=tidy(str(detail.get("name") or raw.get("author") or "")) or None,
        author_url=_address(detail.get("href"), base),
        categories=tuple(tidy(str(tag["term"])) for tag in raw.get("tags") or () if tag.get("term")),
        enclosures=_files(raw, base),
        published=_time(raw.get("published_parsed")),
        updated=_time(raw.get("updated_parsed")),
        answers=_identity(replies.get("ref")),
        comment_feed=_comment_feed(raw, base),
        comments=_count(raw.get("slash_comments") or raw.get("thr_total")),
    )
    return (where, "an entry that says nothing") if entry.empty else entry


def _html(detail: Mapping[str, Any] | None) -> str | None:
    if not detail or not isinstance(detail.get("value"), str):
        return None
    value = detail["value"]
    return reduced(value) if detail.get("type") in _HTML else from_text(value)


def _identity(value: object) -> str | None:
    """An id as it is; of an overlong one nothing is used, since nobody means it."""
    text = storable(value).strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= _LONGEST_ID else None


def _address(value: object, base: str) -> str | None:
    """A web address as an absolute one."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        url = urljoin(base, value.strip())
    except ValueError:
        return None
    return url if web(url) is not None else None


def _link(raw: Mapping[str, Any], base: str) -> str | None:
    """Its page. An id that feedparser gives as link counts only where it is a whole web address: else a page would be
    asked for that never was."""
    link = raw.get("link")
    if link == raw.get("id") and (not isinstance(link, str) or web(link) is None):
        return None
    return _address(link, base)


def _files(raw: Mapping[str, Any], base: str) -> tuple[MediaRef, ...]:
    """Enclosures and Media RSS contents, each once."""
    named = [(link.get("href"), link.get("type")) for link in raw.get("links") or () if link.get("rel") == "enclosure"]
    named += [(one.get("url"), one.get("type")) for one in raw.get("media_content") or ()]
    found: dict[str, MediaRef] = {}
    for written, kind in named:
        url = _address(written, base)
        one = medium(url, kind) if url else None
        if one is not None:
            found.setdefault(one.key, one)
    return tuple(found.values())


def _in_reply_to(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """RFC 4685 ``in-reply-to``, whatever prefix the document gives its namespace."""
    for name, value in raw.items():
        if name.endswith("_in-reply-to") and isinstance(value, Mapping) and value.get("ref"):
            return value
    return {}


def _comment_feed(raw: Mapping[str, Any], base: str) -> str | None:
    """``wfw:commentRss``, or a link with the relation *replies* that leads to a feed."""
    named = [raw.get("wfw_commentrss")]
    named += [
        link.get("href")
        for link in raw.get("links") or ()
        if link.get("rel") == "replies" and str(link.get("type", "")).lower() in _FEED_TYPES
    ]
    return next((url for one in named if (url := _address(one, base)) is not None), None)


def _older(feed: Mapping[str, Any], base: str) -> str | None:
    """Where the feed goes on into the past (RFC 5005 §3 and §4)."""
    for relation in ("next", "prev-archive"):
        for link in dict(feed).get("links") or ():
            if link.get("rel") == relation:
                return _address(link.get("href"), base)
    return None


def _plain_title(detail: Mapping[str, Any] | None) -> str:
    return plain(_html(detail) or "")


def _time(value: struct_time | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _count(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# JSON Feed 1.1 (jsonfeed.org/version/1.1).


def _json_channel(answer: Answer, base: str) -> Channel:
    if len(answer.body) > LARGEST:
        raise IllFormed("larger than this archive reads as a feed")
    try:
        body = answer.json
    except ValueError as error:
        raise IllFormed("not JSON") from error
    if not isinstance(body, dict) or not _is_version(body.get("version")) or not isinstance(body.get("items"), list):
        raise IllFormed("JSON, but not a feed")
    if len(body["items"]) > _MOST_ITEMS:
        raise IllFormed("of too many items")
    read = [_item(item, f"/items/{number}", base) for number, item in enumerate(body["items"])]
    title = body.get("title")
    return Channel(
        title=tidy(title) if isinstance(title, str) else "",
        entries=tuple(one for one in read if isinstance(one, Entry)),
        older=_address(body.get("next_url"), base),
        quarantine=tuple(one for one in read if not isinstance(one, Entry)),
        drift=_drift(body["items"]),
    )


def _is_version(value: JSONValue) -> bool:
    return isinstance(value, str) and value.startswith(("https://jsonfeed.org/", "http://jsonfeed.org/"))


def _item(item: JSONValue, place: str, base: str) -> Entry | tuple[str, str]:
    if not isinstance(item, dict):
        return place, "not an item"
    wrong = [name for name in _TEXTS if item.get(name) is not None and not isinstance(item[name], str)]
    if wrong:
        return place, f"{wrong[0]} is not text"
    author = next(iter(_mappings(item.get("authors"))), None) or _mapping(item.get("author"))
    html, text = item.get("content_html"), item.get("content_text")
    said = reduced(html) if html is not None else from_text(text) if text is not None else None
    number = item.get("id")
    entry = Entry(
        place=place,
        identity=_identity(str(number) if isinstance(number, int) and not isinstance(number, bool) else number),
        link=_address(item.get("url"), base) or _address(item.get("external_url"), base),
        title=from_text(item.get("title") or ""),
        summary=None if item.get("summary") is None else from_text(item["summary"]),
        body=() if said is None else (said,),
        author=_alone(author.get("name")),
        author_url=_address(author.get("url"), base),
        categories=tuple(tidy(tag) for tag in _list(item.get("tags")) if isinstance(tag, str)),
        enclosures=_attachments(item, base),
        published=moment(item.get("date_published")),
        updated=moment(item.get("date_modified")),
    )
    return (place, "an item that says nothing") if entry.empty else entry


_TEXTS = ("url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified")


def _attachments(item: Mapping[str, JSONValue], base: str) -> tuple[MediaRef, ...]:
    named = [(one.get("url"), one.get("mime_type")) for one in _mappings(item.get("attachments"))]
    named += [(item.get(name), "image/*") for name in ("image", "banner_image")]
    found: dict[str, MediaRef] = {}
    for written, kind in named:
        url = _address(written, base)
        one = medium(url, kind if isinstance(kind, str) else None) if url else None
        if one is not None:
            found.setdefault(one.key, one)
    return tuple(found.values())


def _drift(items: Sequence[JSONValue]) -> tuple[str, ...]:
    """Unknown names of items; those with an underscore before them are extensions, as the format says."""
    names = {name for item in _mappings(items) for name in item.keys() - _ITEM_NAMES if not name.startswith("_")}
    plain_names = {name for name in names if len(name) <= 64 and name.isascii() and name.replace("_", "a").isalnum()}
    return tuple(sorted(f"item.{name}" for name in plain_names)[:100])


def _list(value: JSONValue) -> Sequence[JSONValue]:
    return value if isinstance(value, list) else ()


def _mappings(value: JSONValue) -> list[Mapping[str, JSONValue]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _mapping(value: JSONValue) -> Mapping[str, JSONValue]:
    return value if isinstance(value, dict) else {}


def _alone(value: JSONValue) -> str | None:
    return tidy(value) or None if isinstance(value, str) else None
