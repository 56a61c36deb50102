"""How tokens and field values are written down, so that no engine changes them.

A *term* is one ASCII letter that says what it is, followed by the token. Tokens hold only ``a-z``, ``0-9`` and
characters beyond ASCII (:mod:`archiver.search.analyser` sees to it); field values are escaped to the same alphabet.
SQLite's ``ascii`` tokenizer splits at spaces and leaves such words as they are; PostgreSQL takes them as the lexemes of
a ``tsvector``. Comparison is by bytes on both, and terms are compared whole or by their beginning, nothing else.

A document is one list of terms. The words of each version stand in order (so that a phrase is a run of neighbours), a
lone ``z`` closes every part (so that no phrase crosses from one version into the next), and whatever has no order
follows. Whether a list of terms is a run of neighbours in a document is the only question an engine has to answer;
on an engine that cannot keep all positions it may be answered on the space-separated list itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

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
    for version in document.versions if versions is None else versions:
        found = analyse(version.text)
        parts += _sequence(PLAIN, found.words)
        if found.marked:
            parts += _sequence(MARKED, found.marked)
        unordered.update(map(STEM.__add__, found.stems))
        unordered.update(value(HASHTAG, tag) for tag in found.hashtags)
        unordered.update(value(NAME, name) for name in found.names)
    for text in (document.author_name, document.author_handle):
        if text:
            parts += _known_author(text) if len(text) <= _LONGEST_VALUE else _author(text)
    return " ".join([*parts, *sorted(unordered)])


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
