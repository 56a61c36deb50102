"""Holds what the practice platforms answer in any test against the specifications of the platforms.

What sites answer is noted before faults spoil it, so that whatever a fault does on purpose is excused, and nothing else
is. Answers that differ only in words and numbers count once.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import pytest

from archiver.practice.messages import Request, Response, Site
from archiver.practice.server import PracticeServer
from tests.specified import discovery, learned, listed, meta

Wrong = Callable[[Request, Response], Iterable[str]]
#: By class of the site. What one cannot read here because its specification is away, the tests of it skip for.
SPECIFIED: Mapping[str, Wrong] = {
    "YouTubeApi": discovery.wrong,
    "GraphApi": partial(meta.wrong, "facebook"),
    "InstagramApi": partial(meta.wrong, "instagram"),
    "ThreadsApi": partial(meta.wrong, "threads"),
    "LinkedInApi": partial(listed.wrong, "linkedin"),
    "BusinessApi": partial(listed.wrong, "tiktok_business"),
    "DisplayApi": partial(listed.wrong, "tiktok"),
    "NextdoorApi": partial(listed.wrong, "nextdoor"),
    "FlickrApi": partial(listed.wrong, "flickr"),
    "VimeoApi": partial(listed.wrong, "vimeo"),
    "BlueskyApi": partial(listed.wrong, "bluesky"),
    "MastodonApi": partial(learned.wrong, "mastodon"),
    "RedditApi": partial(learned.wrong, "reddit"),
}
_MOST = 400
"""Shapes of one platform that are kept in one test."""
_VALUES = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*')
_NUMBERS = re.compile(r"\d+")


class Answers:
    """What was answered since the last time that somebody looked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[object, ...], tuple[str, Request, Response]] = {}
        self._counted: Counter[str] = Counter()
        self.total: Counter[str] = Counter()
        self.shapes: Counter[str] = Counter()

    def note(self, server: PracticeServer, site: Site, request: Request, response: Response) -> None:
        """In place of :meth:`PracticeServer.given`."""
        name = type(site).__name__
        if name not in SPECIFIED:
            return
        self.total[name] += 1
        if self._counted[name] >= _MOST:
            return
        key = (name, request.method, _NUMBERS.sub("#", request.path), response.status, shape(response.body))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = name, request, response
                self._counted[name] += 1

    def wrong(self) -> list[str]:
        """What of it no specification allows. Begins anew."""
        with self._lock:
            kept = list(self._kept.values())
            self._kept.clear()
            self._counted.clear()
        found: set[str] = set()
        for name, request, response in kept:
            self.shapes[name] += 1
            try:
                faults = [*SPECIFIED[name](request, response)]
            except pytest.skip.Exception:
                continue
            found |= {f"{name} {request.method} {_NUMBERS.sub('#', request.path)}: {one}" for one in faults}
        return sorted(found)


def shape(body: bytes) -> int:
    """The same for bodies that differ in values alone."""
    return hash(_VALUES.sub(_kept, body))


def _kept(one: re.Match[bytes]) -> bytes:
    return one[0] if one[2] else b"s" if one[1] else b"n"


ANSWERS = Answers()


def watch() -> None:
    """Note what every practice server of this process answers."""

    def note(server: PracticeServer, site: Site, request: Request, response: Response) -> None:
        ANSWERS.note(server, site, request, response)

    setattr(PracticeServer, "given", note)  # noqa: B010 - mypy takes no other method in its place
