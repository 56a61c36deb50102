"""Captions of the practice YouTube: tracks of videos, shown to the channel's owner alone, and their files as WebVTT.

Source: the discovery document (revision 20261104) and the reference of ``captions.list`` and ``captions.download``.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archiver.practice.city import City
from archiver.practice.youtube_ids import video_id
from archiver.practice.youtube_json import etag, time_of

Body = dict[str, Any]
LIST_COSTS, FILE_COSTS = 50, 200


@dataclass(slots=True)
class Track:
    """One caption track. ``shut``: YouTube does not hand its file out."""

    id: str
    video: int
    language: str
    words: list[str]
    updated: datetime
    kind: str = "standard"
    name: str = ""
    draft: bool = False
    status: str = "serving"
    shut: bool = False

    @property
    def body(self) -> Body:
        """As a list shows it."""
        snippet = {
            "videoId": video_id(self.video),
            "lastUpdated": time_of(self.updated),
            "trackKind": self.kind,
            "language": self.language,
            "name": self.name,
            "audioTrackType": "unknown",
            "isCC": False,
            "isLarge": False,
            "isEasyReader": False,
            "isDraft": self.draft,
            "isAutoSynced": False,
            "status": self.status,
        }
        return {"kind": "youtube#caption", "etag": etag(snippet), "id": self.id, "snippet": snippet}

    @property
    def file(self) -> bytes:
        """As WebVTT; captions that YouTube makes roll, word by word."""
        cues = _rolling(self.words) if self.kind == "ASR" else (html.escape(one, quote=False) for one in self.words)
        head = f"WEBVTT\nKind: captions\nLanguage: {self.language}\n"
        timed = (f"{_clock(2 * number)} --> {_clock(2 * number + 2)}\n{cue}\n" for number, cue in enumerate(cues))
        return "\n".join((head, *timed)).encode()


@dataclass(slots=True)
class Tracks:
    """All of them."""

    city: City
    by_id: dict[str, Track] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, video: int, language: str, words: Sequence[str], **more: Any) -> Track:
        """A track is uploaded, or made by YouTube (``kind="ASR"``)."""
        identity = f"AUieDa{next(self._numbers):06d}_practice-track="
        track = Track(identity, video, language, list(words), self.city.clock.now(), **more)
        self.by_id[identity] = track
        return track

    def change(self, track: Track, words: Sequence[str] | None = None) -> None:
        """Its words are changed; None: it is only saved again."""
        track.words = track.words if words is None else list(words)
        track.updated = self.city.clock.now()

    def remove(self, track: Track) -> None:
        del self.by_id[track.id]

    def of(self, video: int) -> list[Track]:
        return [one for one in self.by_id.values() if one.video == video]


def _rolling(words: Sequence[str]) -> Iterator[str]:
    """Each line while it is spoken, above it the one before."""
    before = " "
    for line in words:
        first, *rest = (html.escape(word, quote=False) for word in line.split())
        yield "\n".join((before, first + "".join(f"<00:00:01.040><c> {word}</c>" for word in rest)))
        before = html.escape(line, quote=False)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000"
