"""How tokens and field values are written down, so that no engine changes them.

A *term* is one ASCII letter that says what it is, followed by the token. Tokens hold only ``a-z``, ``0-9`` and
characters beyond ASCII (:mod:`archiver.search.analyser` sees to it); field values are escaped to the same alphabet.
SQLite's ``ascii`` tokenizer splits at spaces and leaves such words as they are; PostgreSQL takes them as the lexemes of
a ``tsvector``. Comparison is by bytes on both, and terms are compared whole or by their beginning, nothing else.

A document is one list of terms. The words of each version stand in order (so that a phrase is a run of neighbours), a
lone ``z`` closes every part (so that no phrase crosses from one version into the next), and whatever has no order
follows. Whether a list of terms is a run of neighbours in a document is the only question an engine has to answer;
on an engine that cannot keep all positions it may be answered on the space-separated list itself.

Where a document says less to everybody than to some (:attr:`archiver.search.documents.Document.in_public`), the words
that everybody saw are its terms like any other's, and all of its words stand beside them once more, under the letters
of :data:`CLOSED`. So whoever sees public things only cannot find it by the others, whatever is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from archiver.search.analyser import analyse, fold
from archiver.search.documents import Document, DocumentVersion
from connectors.contract import AccessClass

#: First letter of a term, by what it is.
PLAIN = "x"  # a word, by position
MARKED = "d"  # a word with its diacritics, by position; only of texts that have any
STEM = "s"
HASHTAG = "h"
NAME = "m"  # a name called with @
AUTHOR = "n"  # a word of the author's name or handle, by position
AUTHOR_EXACT = "u"  # the author's whole handle or id
ACCOUNT = "a"
PLATFORM = "p"
KIND = "k"
STATE = "t"
ACCESS = "c"
TRAIT = "f"
SERIES = "r"
#: Closes every part of a document; so every document has it.
END = "z"

#: The letters of what is open only to whoever sees more than what everybody saw, by what it is.
CLOSED: Final[Mapping[str, str]] = MappingProxyType(
    {PLAIN: "w", MARKED: "e", STEM: "q", HASHTAG: "g", NAME: "l", TRAIT: "b"}
)
#: What ``has:`` may ask for that may be true of a document only for them.
CLOSED_TRAITS: Final = frozenset({"edits", "link", "comments"})
_OPEN: Final[Mapping[str, str]] = MappingProxyType({kind: kind for kind in CLOSED})

ACCESS_CLASSES = frozenset(access_class.value for access_class in AccessClass)
_OTHER = "other"
_ESCAPE = "\u02d0"
_LONGEST_VALUE = 120


def value(kind: str, text: str) -> str:
    """The term of a whole value: exact but for case and diacritics."""
    return _known_value(kind, text) if len(text) <= _LONGEST_VALUE else _value(kind, text)


def _value(kind: str, text: str) -> str:
    text = fold(text)
    if text.isalnum() and text.isascii() and len(text) <= _LONGEST_VALUE:
        return kind + text
    if len(text) > _LONGEST_VALUE:
        return kind + _ESCAPE * 2 + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return kind + "".join(c if c.isalnum() and c != _ESCAPE else f"{_ESCAPE}{ord(c):x}{_ESCAPE}" for c in text)


#: The values of most fields come again with every document; long ones, which only strangers write, are not kept.
_known_value = lru_cache(maxsize=4096)(_value)


def document_terms(document: Document, versions: Iterable[DocumentVersion] | None = None) -> str:
    """The space-separated terms of a document. ``versions`` narrows its words (not its fields) to those versions."""
    parts = [END]
    unordered = set(_fields(document))
    if versions is None and document.in_public is not None:
        _say(document.in_public, _OPEN, parts, unordered)
        _say(document.versions, CLOSED, parts, unordered)
    else:
        _say(document.versions if versions is None else versions, _OPEN, parts, unordered)
    for text in (document.author_name, document.author_handle):
        if text:
            parts += _known_author(text) if len(text) <= _LONGEST_VALUE else _author(text)
    return " ".join([*parts, *sorted(unordered)])


def _say(
    versions: Iterable[DocumentVersion], letters: Mapping[str, str], parts: list[str], unordered: set[str]
) -> None:
    """Add the words of versions to a document, under these letters."""
    for version in versions:
        found = analyse(version.text)
        parts += _sequence(letters[PLAIN], found.words)
        if found.marked:
            parts += _sequence(letters[MARKED], found.marked)
        unordered.update(map(letters[STEM].__add__, found.stems))
        unordered.update(value(letters[HASHTAG], tag) for tag in found.hashtags)
        unordered.update(value(letters[NAME], name) for name in found.names)


def _sequence(kind: str, words: list[str]) -> tuple[str, ...]:
    return (kind + f" {kind}".join(words), END) if words else ()


def _author(text: str) -> tuple[str, ...]:
    return _sequence(AUTHOR, analyse(text).words)


_known_author = lru_cache(maxsize=1024)(_author)


def _fields(document: Document) -> Iterator[str]:
    yield account(document.account_id)
    yield value(PLATFORM, document.platform)
    yield value(KIND, document.kind)
    yield value(STATE, document.state)
    yield access(document.access)
    if document.series:
        yield value(SERIES, document.series)
    for trait in document.traits():
        yield value(TRAIT, trait)
    for trait in document.closed_traits():
        yield value(CLOSED[TRAIT], trait)
    if document.author_handle:
        yield value(AUTHOR_EXACT, document.author_handle.lstrip("@"))
    if document.author_id:
        yield value(AUTHOR_EXACT, document.author_id)


def access(name: str) -> str:
    """The term of an access class. Every class beyond :data:`ACCESS_CLASSES` counts as one and the same *other*."""
    return ACCESS + (name if name in ACCESS_CLASSES else _OTHER)


def access_classes_but(allowed: Iterable[str]) -> list[str]:
    """The terms of all classes but these, *other* always among them: what a viewer of ``allowed`` must not see."""
    return [ACCESS + name for name in sorted({*ACCESS_CLASSES, _OTHER} - {*allowed})]


def account(account_id: str) -> str:
    """The term of an account; ids are compared as they are."""
    return value(ACCOUNT, account_id)
