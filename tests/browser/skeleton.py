"""Of what a page is made, without its words: elements, attributes and where addresses lead. Nothing that somebody wrote
adds to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from archiver import web
from archiver.visible import parts
from archiver.web.breaking import joins

_LEADS: Final = frozenset({"href", "src", "action", "formaction", "poster", "data"})
_MARKS: Final = frozenset({"mark"})
"""Made where what is found is cut out."""
_SQUARES: Final = frozenset({"transform", "stroke", "class"})
"""Of the code for an authenticator, which a library draws."""
_ROW: Final = "\u3000" * 2
_VOID: Final = frozenset(("meta", "link", "input", "br", "img", "source", "track", "col", "hr", "wbr"))


@cache
def _ours() -> tuple[frozenset[str], frozenset[str]]:
    """Names of elements and of attributes that our own templates and modules write."""
    folder = Path(web.__file__).parent
    files = (*folder.glob("templates/*.html"), *folder.rglob("*.py"))
    source = "\n".join(one.read_text() for one in files).lower()
    elements, attributes = (
        re.findall(r"<([a-z][a-z0-9]*)", source),
        re.findall(r"[\s\"'}]([a-z][a-z0-9-]*)(?=[= >{\"'])", source),
    )
    return frozenset(elements), frozenset(attributes) | _SQUARES


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.open: list[str] = []
        self.heads = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tags, attributes = _ours()
        self.heads += tag == "h1"
        if tag not in tags | _MARKS:
            self.found.append(f"an element: {tag}")
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name not in attributes or name.startswith("on") or name in ("style", "srcset", "srcdoc"):
                self.found.append(f"an attribute: {name} of {tag}")
            if name in _LEADS and urlsplit((value or "").strip()).scheme not in ("", "http", "https"):
                self.found.append(f"an address: {value!r}"[:200])

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"the end of another element: {tag}")

    def handle_decl(self, decl: str) -> None:
        if decl != "DOCTYPE html":
            self.found.append(f"a declaration: {decl[:100]}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"a comment: {data[:100]}")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"a declaration: {data[:100]}")


def wrong(text: str) -> Iterator[str]:
    """What somebody's words made of a page."""
    page = _Page()
    page.feed(text)
    page.close()
    yield from page.found
    if page.open:
        yield f"an element without end: {page.open[-1]}"
    if page.heads != 1:
        yield f"{page.heads} headings"
    if any(steers for _, steers in parts(unbroken(text))):
        yield "something that steers the words around it"


def unbroken(text: str) -> str:
    """Without the spaces of no width that our pages put into what a browser takes for one character, and before and
    behind a row of ideographic spaces."""
    return "".join(one for place, one in enumerate(text) if one != "\u200b" or not _is_ours(text, place))


def _is_ours(text: str, place: int) -> bool:
    before, behind = text[max(place - 2, 0) : place], text[place + 1 : place + 3]
    if not before or not behind:
        return False
    return _ROW in (before, behind) or joins(before[-1], behind[0])
