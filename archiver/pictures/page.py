"""The page that a picture is drawn from. Pure: the same post gives the same page, byte for byte.

Everything in a post is hostile: it is escaped, boxed in and bounded, and the policy in the page allows nothing but
pictures and the one style sheet that stand in it. The archive's own words stand outside the box.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archiver import clock
from archiver.visible import visible

PAGE = "archiver-page/1"
"""Which page this is; a page that looks otherwise has another number."""
NOTICE = "Rendered by the archiver from the platform’s data. Not a screenshot of the platform."
WIDTH = 640
"""Of the page, CSS pixels."""
MOST_TEXT, _MOST_LINE, _MOST_LINKS, _MOST_COUNTS, _MOST_FILES = 20_000, 500, 20, 20, 40
DRAWN_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Files that are shown; of others it is said that they are there."""

_STYLE = (
    "*{box-sizing:border-box}html,body{margin:0;background:#fff}"
    "body{width:640px;padding:16px;color:#161616;line-height:1.45;font-size:16px;"
    'font-family:"Noto Sans","DejaVu Sans","Noto Sans Arabic","Noto Sans Hebrew","Noto Sans CJK SC",sans-serif,'
    '"Noto Color Emoji"}'
    ".note{margin:0;padding:8px 12px;background:#1d3557;color:#fff;font-size:14px;font-weight:700}"
    ".post{border:2px solid #1d3557;padding:12px;overflow:hidden;contain:paint}"
    ".who{font-weight:700}.soft{color:#555;font-size:14px}"
    "p,figure{margin:0 0 10px}.post *{max-width:100%;overflow-wrap:anywhere;unicode-bidi:isolate}"
    ".text{white-space:pre-wrap;overflow:hidden}img{display:block;max-height:900px;border:1px solid #ccc}"
    ".gone{border:1px dashed #888;padding:8px;color:#555;font-size:14px}"
    ".facts{padding:10px 0 0;font-size:12px;color:#555;overflow-wrap:anywhere}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a post. ``content`` None: it is only named; ``why`` says why."""

    kind: str
    alt_text: str | None
    content_type: str | None = None
    content: bytes | None = None
    why: str = "not shown here"

    def beside(self) -> dict[str, Any]:
        """As JSON, all but its content."""
        told = {"type": self.content_type} if self.is_shown else {"why": self.why}
        return {"kind": self.kind, "alt_text": self.alt_text, **told}

    @property
    def is_shown(self) -> bool:
        """Whether its content is in the page."""
        return self.content is not None and self.content_type in DRAWN_TYPES


@dataclass(frozen=True, slots=True)
class Post:
    """One version of a post, as far as it is drawn."""

    platform: str
    account: str
    author: str
    handle: str | None
    kind: str
    text: str
    url: str | None
    created_at: datetime | None
    first_seen_at: datetime | None
    received_at: datetime | None
    """Of the answer that is shown."""
    version: int
    record: str
    """Id of the record."""
    links: Sequence[str]
    files: Sequence[File]
    counts: Mapping[str, int]
    """The platform's numbers in that answer."""

    def beside(self) -> dict[str, Any]:
        """As JSON, what the page says beside words, links and the content of files: with these and the stored answer it
        can be made again, byte for byte."""
        times = {name: getattr(self, name) for name in ("created_at", "first_seen_at", "received_at")}
        return {
            **{name: getattr(self, name) for name in ("platform", "account", "author", "handle", "kind", "url")},
            **{name: None if at is None else clock.to_text(at) for name, at in times.items()},
            "counts": dict(sorted(self.counts.items())[:_MOST_COUNTS]),
            "files": [one.beside() for one in self.files[:_MOST_FILES]],
            "more_files": max(0, len(self.files) - _MOST_FILES),
        }


def page(post: Post) -> str:
    """The page, in HTML."""
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>Picture</title><style>{_STYLE}</style></head><body>",
            f'<p class="note">{NOTICE}</p><div class="post">',
            *_post(post),
            f'</div><p class="facts">{_facts(post)}</p></body></html>',
        )
    )


def _post(post: Post) -> Iterator[str]:
    handle = f' <span class="soft" dir="auto">{_line(post.handle)}</span>' if post.handle else ""
    yield f'<p><span class="who" dir="auto">{_line(post.author)}</span>{handle}</p>'
    yield f'<p class="soft">{_line(post.kind)} on {_line(post.platform)}, written {_time(post.created_at)}</p>'
    yield f'<div class="text" dir="auto">{_text(post.text)}</div>'
    for file in post.files[:_MOST_FILES]:
        yield _file(file)
    if len(post.files) > _MOST_FILES:
        yield f'<p class="soft">{len(post.files) - _MOST_FILES:,} more files, not shown here</p>'
    for link in post.links[:_MOST_LINKS]:
        yield f'<p class="soft">Link: <bdi dir="ltr">{_line(link)}</bdi></p>'
    if post.counts:
        told = ", ".join(
            f"{_line(name.replace('_', ' '))} {count:,}" for name, count in sorted(post.counts.items())[:_MOST_COUNTS]
        )
        yield f'<p class="soft">The platform’s numbers then: {told}</p>'


def _file(file: File) -> str:
    said = f'<p class="soft">Description: <bdi dir="auto">{_line(file.alt_text)}</bdi></p>' if file.alt_text else ""
    if file.content is None or not file.is_shown:
        return f'<figure><div class="gone">{_line(file.kind)}: {_line(file.why)}</div>{said}</figure>'
    data = base64.b64encode(file.content).decode()
    return f'<figure><img decoding="sync" alt="" src="data:{file.content_type};base64,{data}">{said}</figure>'


def _facts(post: Post) -> str:
    seen = f"first seen so {_time(post.first_seen_at)}, drawn from an answer of {_time(post.received_at)}"
    address = f" Address: {_line(post.url)}." if post.url else ""
    return f"Version {post.version}, {seen}. Account: {_line(post.account)}.{address} Record {_line(post.record)}."


def _text(text: str) -> str:
    cut = visible(text)
    if not cut:
        return '<span class="soft">No text.</span>'
    more = len(cut) - MOST_TEXT
    rest = f'\n<span class="soft">… and {more:,} more characters, not drawn</span>' if more > 0 else ""
    return html.escape(cut[:MOST_TEXT]) + rest


def _line(text: str | None) -> str:
    line = " ".join(visible(text or "").split())
    return html.escape(line if len(line) <= _MOST_LINE else line[: _MOST_LINE - 1] + "…")


def _time(at: datetime | None) -> str:
    return "at a time that is not known" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
