"""A drawer that draws nothing, for tests of everything but the drawing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from archiver.pictures.browser import Drawn, NotDrawn
from archiver.practice.pictures import png


@dataclass
class PlainDrawer:
    """One colour for each page, which it keeps."""

    fails: str = "\0"
    """On pages with these words it ends."""
    pages: list[str] = field(default_factory=list)
    started: int = 0
    closed: int = 0
    _ended: bool = False

    version = "Plain/1"

    def __call__(self) -> PlainDrawer:
        self.started += 1
        self._ended = False
        return self

    def draw(self, html: str) -> Drawn:
        if self._ended or self.fails in html:
            self._ended = True
            raise NotDrawn("asked to fail")
        self.pages.append(html)
        number = int.from_bytes(hashlib.sha256(html.encode()).digest()[:4])
        return Drawn(png(number, 40, 30), 40, 30)

    def close(self) -> None:
        self.closed += 1
        self._ended = True
