"""One analyser for every engine: plain text in, tokens out. Pure, and the same on every database.

What a token is
    A run of letters and digits (with their combining marks), case-folded after NFKC. Scripts that are written without
    spaces (Han, Kana, Thai, Lao, Khmer, Myanmar …) give one token per character, so that any part of such a text is
    found as a sequence. An emoji or another pictorial symbol is a token of its own. Everything else separates:
    ``C-SPAN`` is *c*, *span*; ``mayor's`` is *mayor*, *s*; a URL is its words. Nothing is a stop word.
    Runs longer than 64 characters are cut every 64; invisible format characters (zero-width spaces, soft hyphens,
    direction marks) vanish, so that they cannot hide a word.

Forms of a token
    *plain*: without diacritics and skin tones; *marked*: with them; *stem*: English Snowball stem of the plain form.
    A text has plain and marked words by position, and as unordered sets its stems, hashtags and names. Parts joined by
    one apostrophe or hyphen also count as one joined word (``cspan``, ``5551234``, ``obrien``) among the stems.

Plain Python decides all of this, so the result depends only on the Unicode tables of the interpreter and on the
stemmer: :data:`IDENTITY` names both and is kept with every index.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import NamedTuple

import Stemmer

from archiver.search import scripts

#: Changes whenever the same text may give other tokens; an index made under another identity has to be rebuilt.
IDENTITY = f"1;unicode={unicodedata.unidata_version};stemmer={Stemmer.version()}"
#: Longest token, in characters; a longer run is cut into pieces of this length.
LONGEST = 64
_KEPT = 250_000

#: Typographic signs that stand for an ASCII one. One character each, so that places in the text stay the same.
_TYPOGRAPHY = tuple(
    (odd, plain)
    for plain, signs in {
        "'": "\u2019\u2018\u02bc\u2032\uff07",
        '"': "\u201c\u201d\u201e",
        "-": "\u2010\u2011",
        " ": "\u2013\u2014\u2026\u00a0\u202f",
        "#": "\uff03",
        "@": "\uff20",
    }.items()
    for odd in signs
)
_ASCII_WORD = re.compile(f"[a-z0-9]{{1,{LONGEST}}}")
_SEVERAL_JOINERS = re.compile(r"['-]{2,}")
_NAME = r"[^\W_](?:[\w.-]{0,100}[^\W_]|_)?"
# Both signs come first in their pattern, and what stands before is looked at afterwards: the search for a fixed first
# character is several times faster than one that starts by looking back.
_ASCII_HASHTAG = re.compile(r"#(\w{1,100})", re.ASCII)
_AT_NAME = re.compile(rf"@({_NAME})(?:@({_NAME}))?")


def _table(kept: str) -> bytes:
    """Translation of ASCII bytes: letters to lower case, digits and ``kept`` as they are, all else to spaces."""
    return bytes(ord(chr(c).lower()) if chr(c).isalnum() or chr(c) in kept else 0x20 for c in range(128)) + bytes(128)


_WORDS = _table("")
_COMPOUNDS = _table("'-")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a text consists of."""

    words: list[str]
    """Plain form, by position."""
    marked: list[str] | None
    """The same positions with diacritics and skin tones; None where that is no different."""
    stems: set[str]
    """Stems of all words and of all joined words."""
    joined: set[str]
    """Joined words before stemming."""
    hashtags: set[str]
    """Without the sign, folded, plain."""
    names: set[str]
    """``@names`` without the first sign, folded, plain: ``mayor``; for ``@mayor@city.example`` both forms."""


class Token(NamedTuple):
    """One token and where it stands in the text as given: ``text[start:end]``."""

    start: int
    end: int
    plain: str
    marked: str


def analyse(text: str) -> Analysis:
    """Everything the index keeps of a text. Never raises; takes any string, lone surrogates and NUL included."""
    text = _simplified(text)
    return _analyse_ascii(text) if text.isascii() else _analyse_mixed(text)


def tokens(text: str) -> list[Token]:
    """The same words as :func:`analyse`, each with its place in ``text``."""
    text = _simplified(text)
    if text.isascii():
        return [Token(m.start(), m.end(), m[0], m[0]) for m in _ASCII_WORD.finditer(text.lower())]
    return [Token(start, end, *form) for start, end, forms, _ in _runs(text) for form in forms]


def ascii_words(text: str) -> list[str]:
    """Words of an ASCII text, quickly."""
    words = text.encode().translate(_WORDS).decode().split()
    if words and len(max(words, key=len)) > LONGEST:
        return _ASCII_WORD.findall(text.lower())
    return words


def is_joiner(text: str) -> bool:
    """Whether what stands between two words makes them parts of one joined word."""
    return len(text) == 1 and _simplified(text) in "'-"


def fold(text: str) -> str:
    """Case-folded NFKC form of a name or value, without diacritics and invisible characters."""
    return text.lower() if text.isascii() else _plain(_folded(text))


class _Stems(dict[str, str]):
    """Stem of every plain token met so far. The stemmer keeps state, so only one thread may use it at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._stemmer = Stemmer.Stemmer("english", 0)
        self._lock = threading.Lock()

    def __missing__(self, word: str) -> str:
        with self._lock:
            if len(self) >= _KEPT:
                self.clear()
            found: str = self._stemmer.stemWord(word) if word.isascii() and word.isalpha() else word
            self[word] = found
            return found


_STEMS = _Stems()
#: The English stem of one plain token; a token that is not an ASCII word is its own stem.
stem: Callable[[str], str] = _STEMS.__getitem__


def _simplified(text: str) -> str:
    if not text.isascii():
        for odd, plain in _TYPOGRAPHY:
            if odd in text:
                text = text.replace(odd, plain)
    return text


def _analyse_ascii(text: str) -> Analysis:
    words = ascii_words(text)
    stems = set(map(_STEMS.__getitem__, words))
    joined: set[str] = set()
    if "'" in text or "-" in text:
        joined = _sensible(_ascii_compounds(text.encode().translate(_COMPOUNDS).decode()))
        stems.update(map(_STEMS.__getitem__, joined))
    return Analysis(words, None, stems, joined, _hashtags(text), _names(text))


def _ascii_compounds(text: str) -> set[str]:
    found: set[str] = set()
    for chunk in text.split():
        if "'" in chunk or "-" in chunk:
            parts = _SEVERAL_JOINERS.split(chunk) if _SEVERAL_JOINERS.search(chunk) else (chunk,)
            inner = (part.strip("'-") for part in parts)
            found.update(part.replace("'", "").replace("-", "") for part in inner if "'" in part or "-" in part)
    return found


def _analyse_any(text: str) -> Analysis:
    runs = list(_runs(text))
    forms = [form for _, _, found, _ in runs for form in found]
    words = [plain for plain, _ in forms]
    marked = [form for _, form in forms]
    joined = _sensible(set(_compounds(text, runs)))
    stems = set(map(_STEMS.__getitem__, words))
    stems.update(map(_STEMS.__getitem__, joined))
    return Analysis(words, None if marked == words else marked, stems, joined, _hashtags(text), _names(text))


def _analyse_mixed(text: str) -> Analysis:
    """Nothing reaches across white space, so the ASCII stretches of a text can take the fast way."""
    parts = [_analyse_ascii(part) if part.isascii() else _analyse_any(part) for part in _stretches(text)]
    return Analysis(
        words=list(chain.from_iterable(part.words for part in parts)),
        marked=list(chain.from_iterable(part.marked or part.words for part in parts))
        if any(part.marked for part in parts)
        else None,
        stems=set().union(*(part.stems for part in parts)),
        joined=set().union(*(part.joined for part in parts)),
        hashtags=set().union(*(part.hashtags for part in parts)),
        names=set().union(*(part.names for part in parts)),
    )


def _stretches(text: str) -> Iterator[str]:
    for _, chunks in groupby(text.split(), str.isascii):
        yield " ".join(chunks)


def _sensible(joined: set[str]) -> set[str]:
    return {word for word in joined if len(word) <= LONGEST}


#: Start, end, (plain, marked) of each token, and whether it is a word that can be part of a joined one.
_Run = tuple[int, int, tuple[tuple[str, str], ...], bool]


def _runs(text: str) -> Iterator[_Run]:
    for match in scripts.patterns().run.finditer(text):
        forms = _forms(match[0])
        if forms:
            yield match.start(), match.end(), forms, match.lastgroup == "word"


def _compounds(text: str, runs: list[_Run]) -> Iterator[str]:
    parts: list[str] = []
    last_end = -1
    for start, end, forms, is_word in runs:
        word = "".join(plain for plain, _ in forms)
        if is_word and parts and start == last_end + 1 and text[last_end] in "'-":
            parts.append(word)
        else:
            if len(parts) > 1:
                yield "".join(parts)
            parts = [word] if is_word else []
        last_end = end
    if len(parts) > 1:
        yield "".join(parts)


@functools.lru_cache(maxsize=65_536)
def _forms(run: str) -> tuple[tuple[str, str], ...]:
    """(plain, marked) tokens of one run; more than one where NFKC opens it up (``½``) or it is very long."""
    folded = run.lower() if run.isascii() else _folded(run)
    pieces = [folded] if folded.isascii() and folded.isalnum() else scripts.patterns().run_texts(folded)
    return tuple(
        (plain[at : at + LONGEST], marked[at : at + LONGEST] or plain[at : at + LONGEST])
        for marked in pieces
        if (plain := _plain(marked))
        for at in range(0, len(plain), LONGEST)
    )


def _folded(text: str) -> str:
    """NFKC, case-folded, without characters that cannot be seen."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return scripts.patterns().invisible.sub("", text)


def _plain(text: str) -> str:
    if text.isascii():
        return text
    decomposed = scripts.patterns().diacritics.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", decomposed.translate(scripts.LETTERS))


def _hashtags(text: str) -> set[str]:
    if "#" not in text:
        return set()
    pattern = _ASCII_HASHTAG if text.isascii() else scripts.patterns().hashtag
    return {fold(match[1]) for match in pattern.finditer(text) if not _follows(text, match.start(), "&_")}


def _names(text: str) -> set[str]:
    found: set[str] = set()
    if "@" in text:
        for match in _AT_NAME.finditer(text):
            if not _follows(text, match.start(), "_.@/"):
                name, host = match.groups()
                found.update((fold(name), fold(f"{name}@{host}")) if host else (fold(name),))
    return found


def _follows(text: str, at: int, signs: str) -> bool:
    """Whether a letter, a digit or one of ``signs`` stands directly before ``at``."""
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] in signs)
