"""HTML written by strangers, as plain text and in a reduced form that only says what a reader sees. Pure, linear time.

The two forms are part of the content projection: what they give for stored bytes must never change, so they are made
here and not by a library whose next release may see a page differently.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Elements whose text nobody sees.
_HIDDEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "title", "head"})
#: Elements whose inside is no markup: only their own closing tag ends them (HTML §13.2.5).
_RAW = {
    name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE)
    for name in ("script", "style", "noscript", "iframe", "title")
}
#: Elements that only carry looks: their text is kept, they are not.
_BARE = frozenset({"span", "font", "html", "body", "wbr", "center", "o:p"})
_VOID = frozenset({"br", "img", "hr", "source", "track", "embed", "input", "col", "area"})
_BLOCK_NAMES = """
address article aside blockquote dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol
p pre section table tr ul
"""
_BLOCK = frozenset(_BLOCK_NAMES.split())
#: Attributes that say something; all others (class, rel, target, sizes …) change with the server's software.
_SAID = {
    "a": ("href",),
    "img": ("src", "alt"),
    "video": ("src",),
    "audio": ("src",),
    "source": ("src",),
    "embed": ("src",),
}
_PIECE = re.compile(r"""[<>"']|[^<>"']+""")
_NAME = re.compile(r"/?\s*([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_SPACE = re.compile(r"[ \t\r\f\v\u00a0]+")
#: A source of nothing but paragraphs, line ends and words that are written as they are read.
_SIMPLE = re.compile(r"[^<>&]*+(?:<(?:/?p|br)>[^<>&]*+)*+")
_TINY = frozenset({"0", "1", "0px", "1px"})
#: NUL and halves of surrogate pairs: no database stores them, and no reader sees them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag as written."""

    name: str
    closing: bool
    source: str
    """Between the angle brackets."""

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes by lower-case name, values unescaped; of a repeated one the first, as browsers take it."""
        found: dict[str, str] = {}
        for name, value in _ATTRIBUTE.findall(self.source[_end_of_name(self.source) :]):
            found.setdefault(name.lower(), html.unescape(value[1:-1] if value[:1] in ('"', "'") else value))
        return found


def storable(text: str) -> str:
    """``text`` with what cannot be stored replaced by U+FFFD."""
    if text.isprintable():  # most is, and this is far quicker than to look for what cannot be stored
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def pieces(source: str) -> Iterator[Tag | str]:
    """Tags and the text between them (still escaped), in order, in one pass. Comments and declarations are left out.

    A quote opens a value only after ``=``, as in HTML; a tag that never ends is text.
    """
    position = 0
    while position < len(source):
        opening = source.find("<", position)
        if opening < 0:
            yield source[position:]
            return
        if opening > position:
            yield source[position:opening]
        end = _skipped(source, opening)
        if end is None:
            end, tag = _tag(source, opening)
            yield tag
            end = _after_raw(source, end, tag)
        position = end


def _after_raw(source: str, position: int, tag: Tag | str) -> int:
    """Where markup goes on: behind a script and the like, at its closing tag."""
    if isinstance(tag, str) or tag.closing or tag.name not in _RAW:
        return position
    closing = _RAW[tag.name].search(source, position)
    return len(source) if closing is None else closing.start()


def _skipped(source: str, opening: int) -> int | None:
    """Where a comment, declaration or instruction that starts here ends; None where it is something else."""
    if source[opening + 1 : opening + 2] not in ("!", "?"):
        return None
    for start, stop in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", ">")):
        if source.startswith(start, opening):
            end = source.find(stop, opening + len(start))
            return len(source) if end < 0 else end + len(stop)
    return None


def _tag(source: str, opening: int) -> tuple[int, Tag | str]:
    """The tag that starts here and where it ends, or the text up to there."""
    named = _NAME.match(source, opening + 1)
    if named is None:
        return opening + 1, "<"
    end = _end_of_tag(source, named.end())
    if end is None:
        return len(source), source[opening:]
    inside = source[opening + 1 : end]
    return end + 1, Tag(named[1].lower(), inside.startswith("/"), inside)


def _end_of_tag(source: str, position: int) -> int | None:
    first = source.find(">", position)
    if first < 0:
        return None
    if source.find('"', position, first) < 0 and source.find("'", position, first) < 0:
        return first
    quote, last = "", ""
    for match in _PIECE.finditer(source, position):
        piece = match[0]
        if quote:
            quote = "" if piece == quote else quote
        elif piece == ">":
            return match.start()
        elif piece in ('"', "'") and last.rstrip().endswith("="):
            quote = piece
        last = piece[-64:]
    return None


def _end_of_name(source: str) -> int:
    named = _NAME.match(source)
    return named.end() if named else 0


def seen(source: str) -> Iterator[Tag | str]:
    """Like :func:`pieces` without what a reader never sees: scripts, styles, and pictures of one pixel."""
    hidden: str | None = None
    for piece in pieces(source):
        if isinstance(piece, str):
            if hidden is None:
                yield piece
        elif hidden is not None:
            hidden = None if piece.closing and piece.name == hidden else hidden
        elif piece.name in _HIDDEN and not piece.closing:
            hidden = piece.name
        elif not _is_pixel(piece):
            yield piece


def _is_pixel(tag: Tag) -> bool:
    if tag.name != "img":
        return False
    attributes = tag.attributes
    return attributes.get("width") in _TINY or attributes.get("height") in _TINY


def plain(source: str) -> str:
    """What it says, as plain text: blocks on lines of their own, pictures as their description."""
    if _SIMPLE.fullmatch(source):  # most posts are; the rest of this function gives the same for them
        lines = source.replace("\n", " ").replace("<br>", "\n").replace("<p>", "\n\n").replace("</p>", "\n\n")
        return tidy(lines)
    return _plain(source)


def _plain(source: str) -> str:
    parts: list[str] = []
    for piece in seen(source):
        if isinstance(piece, str):
            parts.append(html.unescape(piece).replace("\n", " "))
        elif piece.name == "br":
            parts.append("\n")
        elif piece.name in _BLOCK:
            parts.append("\n\n" if piece.name == "p" else "\n")
        elif piece.name in ("td", "th") and not piece.closing:
            parts.append(" ")
        elif piece.name == "img" and (alt := piece.attributes.get("alt")):
            parts.append(alt)
    return tidy("".join(parts))


def tidy(text: str) -> str:
    """Runs of spaces as one, no spaces around line ends, at most one empty line, storable."""
    kept: list[str] = []
    for line in map(_tidy_line, text.split("\n")):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")


def _tidy_line(line: str) -> str:
    if line.isprintable() and "  " not in line:  # no white space is printable but U+0020
        return line.strip()
    return _SPACE.sub(" ", storable(line)).strip()


def reduced(source: str) -> str:
    """The same in a form that stays equal when only the server's way of writing HTML changes.

    Kept: words, elements, and where links and pictures lead. Dropped: every other attribute, ``span`` and ``font``,
    comments, scripts, one-pixel pictures, the spelling of characters, white space between words.
    """
    if _SIMPLE.fullmatch(source):
        return storable(" ".join(source.split()))
    return _reduced(source)


def _reduced(source: str) -> str:
    parts: list[str] = []
    for piece in seen(source):
        if isinstance(piece, str):
            parts.append(html.escape(html.unescape(piece), quote=False))
        elif piece.name not in _BARE:
            parts.append(_reduced_tag(piece))
    return storable(" ".join("".join(parts).split()))


def _reduced_tag(tag: Tag) -> str:
    if tag.closing:
        return "" if tag.name in _VOID else f"</{tag.name}>"
    wanted = _SAID.get(tag.name, ())
    given = tag.attributes if wanted else {}
    said = "".join(f' {name}="{html.escape(given[name].strip())}"' for name in wanted if name in given)
    return f"<{tag.name}{said}>"


def from_text(text: str) -> str:
    """Plain text in the reduced form."""
    return storable(" ".join(html.escape(text, quote=False).split()))
