"""XML written by strangers: which encoding it is in, whether it is well-formed and harmless, and where its entries are.

Nothing here follows a reference to the outside, and nothing is repaired: a feed that is not well-formed might be a feed
that was cut short, and what is missing from it would look like an edit.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

LARGEST = 8 * 2**20
_DEEPEST = 256
_ATTRIBUTES = 256
_ELEMENTS = 200_000
_ASIDES = 50_000
_NAMESPACES = 256
_DECLARATIONS = 256
_REPLACEMENT = 32
_ENTRY_NAMES = frozenset({"item", "entry"})
#: Namespaces of feed formats; an ``item`` of another namespace is something else.
_FEED_SPACES = frozenset(
    {
        "",
        "http://blogs.law.harvard.edu/tech/rss",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://example.com/newformat#",
        "http://example.com/necho",
        "http://purl.org/echo/",
        "uri/of/echo/namespace#",
        "http://purl.org/pie/",
        "http://purl.org/atom/ns#",
        "http://www.w3.org/2005/Atom",
        "http://purl.org/rss/1.0/modules/rss091#",
    }
)
_USERLAND = "backend.userland.com/rss"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
#: Codecs that are no character encodings, or whose text can hide anything.
_REFUSED = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "utf-7", "undefined"})
_TAG_END = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*>""")


class IllFormed(ValueError):  # noqa: N818 - named as the cause
    """Not XML that can be trusted to say what was published. The message says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A well-formed, harmless document."""

    utf8: bytes
    root: str
    places: tuple[tuple[int, int], ...] | None
    """Where each entry starts and ends in the body, in order; None where that cannot be told for sure."""


def inspect(body: bytes, content_type: str | None) -> Document:
    """Decode and check a body.

    Raises:
        IllFormed: too large, not text in a known encoding, not well-formed, or dangerous to read.
    """
    if len(body) > LARGEST:
        raise IllFormed("larger than this archive reads as a feed")
    mark, encoding, text = decode(body, content_type)
    utf8 = text.encode()
    survey = _Survey()
    survey.parse(utf8)
    places = None if survey.nested else _in_body(survey.ranges(utf8), utf8, body, mark, encoding)
    return Document(utf8, survey.root, places)


def decode(body: bytes, content_type: str | None) -> tuple[int, str, str]:
    """Length of the byte-order mark, encoding and text, by RFC 7303 §3: mark, ``charset``, declaration, UTF-8.

    Raises:
        IllFormed: no known encoding, or not in it.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return len(mark), encoding, _decoded(body[len(mark) :], encoding)
    encoding = next((name for start, name in _BARE if body.startswith(start)), "") or _named(body, content_type)
    return 0, encoding, _decoded(body, encoding)


def _named(body: bytes, content_type: str | None) -> str:
    charset = _CHARSET.search(content_type or "")
    declared = _DECLARED.match(body[:400])
    names = [charset[1]] if charset else []
    names += [declared[1].decode()] if declared else []
    for name in names:
        try:
            codec = codecs.lookup(name)
        except LookupError:
            continue
        if codec.name not in _REFUSED and getattr(codec, "_is_text_encoding", True):
            return codec.name
    if names:
        raise IllFormed("in an encoding this archive does not know")
    return "utf-8"


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except (UnicodeError, ValueError) as error:
        raise IllFormed("not in the encoding it says") from error


@dataclass(slots=True)
class _Survey:
    """One pass over a document that only looks, within bounds."""

    root: str = ""
    nested: bool = False
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    _depth: int = 0
    _entry_depth: int | None = None
    _elements: int = 0
    _asides: int = 0
    _spaces: set[tuple[str | None, str | None]] = field(default_factory=set)
    _declarations: int = 0
    _room: int = 0
    """Characters that text may still have, where entities make more of it than was sent."""
    _parser: expat.XMLParserType = field(init=False)

    def parse(self, utf8: bytes) -> None:
        """Raises IllFormed."""
        self._parser = parser = expat.ParserCreate("utf-8", " ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartNamespaceDeclHandler = self._namespace
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        parser.StartCdataSectionHandler = parser.CommentHandler = parser.ProcessingInstructionHandler = self._aside
        parser.ExternalEntityRefHandler = self._outside
        self._room = 2 * len(utf8)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(utf8, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages.get(error.code, "not well-formed")
            raise IllFormed(f"not well-formed XML: {reason}, line {error.lineno}") from error

    def ranges(self, utf8: bytes) -> list[tuple[int, int]]:
        """Byte ranges of the entries in ``utf8``, tags included."""
        ended = [_TAG_END.match(utf8, end) for end in self.ends]
        return [(start, match.end()) for start, match in zip(self.starts, ended, strict=True) if match]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._declarations:
            self._text("".join(attributes.values()))
        if self._depth > _DEEPEST or self._elements > _ELEMENTS or len(attributes) > _ATTRIBUTES:
            raise IllFormed("nested too deeply, or of too many parts")
        space, _, local = name.rpartition(" ")
        self.root = self.root or local
        if local.lower() in _ENTRY_NAMES and (space in _FEED_SPACES or _USERLAND in space.lower()):
            if self._entry_depth is None:
                self._entry_depth = self._depth
                self.starts.append(self._parser.CurrentByteIndex)
            else:
                self.nested = True

    def _end(self, name: str) -> None:
        if self._depth == self._entry_depth:
            self._entry_depth = None
            self.ends.append(self._parser.CurrentByteIndex)
        self._depth -= 1

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._spaces.add((prefix, uri))
        if len(self._spaces) > _NAMESPACES:
            raise IllFormed("of too many namespaces")

    def _entity(
        self,
        name: str,
        is_parameter: bool,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        """Short plain replacements are harmless, and so is what leads outside while nobody follows it. Anything else
        can grow without bounds."""
        self._declarations += 1
        short = value is None or (len(value) <= _REPLACEMENT and not any(mark in value for mark in "&%<"))
        if not short or self._declarations > _DECLARATIONS:
            raise IllFormed("declares entities that could grow without bounds")
        self._parser.buffer_text = True
        self._parser.CharacterDataHandler = self._text

    def _text(self, text: str) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise IllFormed("grows by its entities")

    def _aside(self, *_: str) -> None:
        """Comments, instructions and marked sections cut text into pieces, of which too many take too long to join."""
        self._asides += 1
        if self._asides > _ASIDES:
            raise IllFormed("cut into too many pieces")

    def _outside(self, context: str, base: str | None, system: str | None, public: str | None) -> int:
        raise IllFormed("uses an entity that stands elsewhere")

    def _skipped(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            raise IllFormed("uses an entity that it does not declare")


def _in_body(
    ranges: Sequence[tuple[int, int]], utf8: bytes, body: bytes, mark: int, encoding: str
) -> tuple[tuple[int, int], ...] | None:
    """The ranges as offsets into the body in its own encoding; None where it does not map back byte for byte."""
    if body[mark:] == utf8:
        return tuple((mark + start, mark + end) for start, end in ranges)
    edges = [edge for pair in ranges for edge in pair]
    try:
        parts = [part.decode().encode(encoding) for part in _slices(utf8, edges)]
    except UnicodeError:
        return None
    if b"".join(parts) != body[mark:]:
        return None
    offsets, position = [], mark
    for part in parts[:-1]:
        position += len(part)
        offsets.append(position)
    return tuple(zip(offsets[::2], offsets[1::2], strict=True))


def _slices(data: bytes, edges: Sequence[int]) -> Iterator[bytes]:
    for start, end in zip((0, *edges), (*edges, len(data)), strict=True):
        yield data[start:end]
