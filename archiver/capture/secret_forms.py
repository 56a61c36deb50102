"""Finding known secrets in bytes, in every form in which software writes them.

Forms: plain; percent-encoded, fully or in part, either hex case, up to four times over; form-encoded (``+``); JSON
escapes (``\\/``, ``\\uXXXX``), also nested; HTML character references; base64 and base64url at each of the three
alignments, plain or escaped in turn.

How it stays fast: plain forms are looked for with ``bytes.find``. Any other form has a first escape with plain text
before it, so only escapes that can stand for a character of a secret are looked at, and for each the few places in
the secrets where that character stands.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, groupby

from archiver.errors import UsageError

#: Shorter values occur by chance everywhere; overwriting them would destroy the record.
SHORTEST = 6
#: So many bytes of a secret at the very end of an answer that was cut off are taken for its beginning.
SHORTEST_BEGINNING = 4

#: Start, end (exclusive) and what stands there.
Found = tuple[int, int, str]

_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_SLASHES = r"\\{1,4}"
"""Backslashes in front of an escape: nested JSON doubles them."""
_NAMED = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_CHARACTERS = {name: character for character, name in _NAMED.items()} | {"+": " "}
"""What an escape with a name, or a plus sign, stands for."""


class UnusableSecret(UsageError):  # noqa: N818 - named as the cause
    """A secret that cannot be kept out of the record, because it cannot be told from ordinary text."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that must never be stored. Only ``what`` is ever shown.

    Raises:
        UnusableSecret: shorter than :data:`SHORTEST` bytes, with control characters, or nothing but asterisks.
    """

    value: str
    what: str = "token"

    def __post_init__(self) -> None:
        if _CONTROL.search(self.value):
            raise UnusableSecret(f"the {self.what} holds control characters; enter it again without line breaks")
        if len(self.value.encode()) < SHORTEST:
            raise UnusableSecret(f"the {self.what} is shorter than {SHORTEST} characters and cannot be masked safely")
        if not self.value.strip("*"):
            raise UnusableSecret(f"the {self.what} is only asterisks, which is what masked text looks like")

    def __repr__(self) -> str:
        return f"Secret(what={self.what!r})"

    __str__ = __repr__


@dataclass(frozen=True, repr=False)
class _Needle:
    """One text to look for, character by character."""

    what: str
    spellings: tuple[bytes, ...]
    """Its plain spellings, all of one length: base64 and base64url, blanks and plus signs."""
    units: tuple[str, ...]
    """For each character, the characters that may stand there (``+-`` in base64)."""
    starts: tuple[int, ...]
    """Byte offset of each character in a plain spelling."""
    margins: tuple[bool, bool] = (False, False)
    """Whether the base64 character before, after, holds some of the secret's bits too."""

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Matches the needle in any mixture of forms."""
        runs = ((unit, len(list(run))) for unit, run in groupby(self.units))
        return re.compile("".join(_any_form(unit, count) for unit, count in runs).encode("latin-1"))

    def places(self) -> Iterator[_Place]:
        """Each character's place."""
        for index, start in enumerate(self.starts):
            prefixes = dict.fromkeys(spelling[:start] for spelling in self.spellings)
            yield _Place(self, index, start, tuple(prefixes))


@dataclass(frozen=True, slots=True, repr=False)
class _Place:
    """Where one character stands in a needle."""

    needle: _Needle
    index: int
    start: int
    """Its byte offset in a plain spelling."""
    prefixes: tuple[bytes, ...]
    """What stands before it in plain spellings."""

    @property
    def unit(self) -> str:
        return self.needle.units[self.index]

    @property
    def next_unit(self) -> str | None:
        """The characters that may follow; None at the end."""
        return self.needle.units[self.index + 1] if self.index + 1 < len(self.needle.units) else None


def _any_form(unit: str, count: int) -> str:
    forms = "|".join(form for character in unit for form in _forms(character))
    if unit == "\\":  # escaped backslashes cannot be told from several plain ones
        return f"(?:{forms}){{{count},{4 * count}}}"
    return f"(?:{forms}){{{count}}}" if count > 1 else f"(?:{forms})"


def _forms(character: str) -> Iterator[str]:
    """Every form of one character, as patterns."""
    code, utf8 = ord(character), character.encode()
    yield re.escape(utf8.decode("latin-1"))
    yield "".join(rf"(?:%|{_SLASHES}u0025)(?:25){{0,4}}{_any_case(f'{byte:02x}')}" for byte in utf8)
    yield "".join(f"{_SLASHES}u{_any_case(unit)}" for unit in _utf16(character))
    yield f"&#(?:0{{0,6}}{code}|[xX]0{{0,6}}{_any_case(f'{code:x}')});?"
    if character in _NAMED:
        yield f"&{_NAMED[character]};"
    if character in '"/':
        yield _SLASHES + character
    if character == " ":
        yield r"\+"


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _utf16(character: str) -> list[str]:
    encoded = character.encode("utf-16-be")
    return [encoded[at : at + 2].hex() for at in range(0, len(encoded), 2)]


def _needles(secret: Secret) -> Iterator[_Needle]:
    plain = secret.value.encode()
    spellings = dict.fromkeys((plain, plain.replace(b" ", b"+")))
    lengths = [len(character.encode()) for character in secret.value]
    starts = tuple(accumulate(lengths[:-1], initial=0))
    yield _Needle(secret.what, tuple(spellings), tuple(secret.value), starts)
    for before in range(3):
        yield _base64_needle(secret.what, plain, before)


def _base64_needle(what: str, plain: bytes, before: int) -> _Needle:
    """The base64 characters that depend on the secret alone, where it starts ``before`` bytes into a group."""
    encoded = b64encode(b"\0" * before + plain).decode().rstrip("=")
    shared = bool((before + len(plain)) % 3)
    inner = encoded[(0, 2, 3)[before] : len(encoded) - shared]
    url_safe = inner.replace("+", "-").replace("/", "_")
    spellings = dict.fromkeys((inner.encode(), url_safe.encode()))
    units = tuple({"+": "+-", "/": "/_"}.get(character, character) for character in inner)
    return _Needle(what, tuple(spellings), units, tuple(range(len(inner))), (before > 0, shared))


_Places = dict[int, list[_Place]]


class Finder:
    """Finds the secrets it was made for. Stateless once made; get one from :func:`finder`, which keeps them."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._needles = [needle for secret in secrets for needle in _needles(secret)]
        self._by_code: _Places = defaultdict(list)
        self._by_byte: _Places = defaultdict(list)
        self._by_unit: _Places = defaultdict(list)
        for place in (place for needle in self._needles for place in needle.places()):
            for character in place.unit:
                self._by_code[ord(character)].append(place)
                self._by_byte[character.encode()[0]].append(place)
                self._by_unit[int(_utf16(character)[0], 16)].append(place)
        self._escapes = (
            [re.compile(pattern.encode("latin-1")) for pattern in self._escape_patterns()] if secrets else []
        )

    def find(self, buffer: bytes) -> list[Found]:
        """Every occurrence, in no order; they may overlap."""
        found = [occurrence for needle in self._needles for occurrence in _find_plain(needle, buffer)]
        for pattern in self._escapes:
            for escape in pattern.finditer(buffer):
                found.extend(self._from_escape(buffer, escape))
        return found

    def find_beginning(self, buffer: bytes) -> list[Found]:
        """The beginning of a secret at the very end of a buffer that was cut off."""
        size, what = 0, ""
        for needle in self._needles:
            for spelling in needle.spellings:
                fits = range(min(len(spelling) - 1, len(buffer)), SHORTEST_BEGINNING - 1, -1)
                fit = next((length for length in fits if buffer.endswith(spelling[:length])), 0)
                size, what = max((size, what), (fit, needle.what))
        return [(len(buffer) - size, len(buffer), what)] if size else []

    def _escape_patterns(self) -> Iterator[str]:
        """Patterns of the escapes that can stand for a character of a needle. Each begins with a literal, which the
        regular expression engine looks for fast."""
        percent = f"(?P<deep>(?:25){{0,4}})(?P<byte>{_hex_choice(f'{byte:02x}' for byte in self._by_byte)})"
        unit = _hex_choice(f"{unit:04x}" for unit in self._by_unit)
        special = "|".join(self._followed(character) for character in '"/\\' if ord(character) in self._by_code)
        yield f"%{percent}"
        yield rf"\\\\{{0,3}}(?:u(?:0025{percent}|(?P<unit>{unit})){f'|(?P<special>{special})' if special else ''})"
        numbers = "|".join(str(code) for code in self._by_code)
        hexes = _hex_choice(f"{code:x}" for code in self._by_code)
        yield f"&#(?:0{{0,6}}(?P<number>{numbers})(?![0-9])|[xX]0{{0,6}}(?P<hex>{hexes})(?![0-9A-Fa-f]))"
        named = "|".join(name for character, name in _NAMED.items() if ord(character) in self._by_code)
        if named:
            yield f"&(?P<name>{named});"
        if ord(" ") in self._by_code:
            yield r"(?P<space>\+)"

    def _followed(self, character: str) -> str:
        """A character that is escaped everywhere in JSON, where what follows it may continue a needle."""
        units = [place.next_unit for place in self._by_code[ord(character)]]
        if None in units or character == "\\":
            return re.escape(character)
        followers = {each.encode()[:1] for unit in units if unit for each in unit} | {b"%", b"\\", b"&", b"+"}
        return re.escape(character) + f"(?=[{''.join(re.escape(each.decode('latin-1')) for each in followers)}])"

    def _from_escape(self, buffer: bytes, escape: re.Match[bytes]) -> Iterator[Found]:
        at = escape.start()
        for place in self._meanings(escape):
            if buffer.endswith(place.prefixes, 0, at):
                match = place.needle.pattern.match(buffer, at - place.start)
                if match is not None:
                    yield _whole(place.needle, buffer, *match.span())

    def _meanings(self, escape: re.Match[bytes]) -> list[_Place]:
        """The characters an escape may stand for; several where escapes are nested."""
        kind = escape.lastgroup or ""
        places = self._by_kind(kind, escape[kind].decode())
        if kind == "byte":  # of what is escaped twice, the outer escape stands for a percent sign
            places = places + self._by_code.get(0x25, [])
        if 0x5C in self._by_code and escape[0].startswith(b"\\"):
            places = places + self._by_code[0x5C]
        return places

    def _by_kind(self, kind: str, text: str) -> list[_Place]:
        if kind == "byte":
            return self._by_byte.get(int(text, 16), [])
        if kind == "unit":
            return self._by_unit.get(int(text, 16), [])
        if kind in ("number", "hex"):
            return self._by_code.get(int(text, 10 if kind == "number" else 16), [])
        return self._by_code.get(ord(_CHARACTERS.get(text, text)), [])


@lru_cache(maxsize=64)
def finder(secrets: tuple[Secret, ...]) -> Finder:
    """The finder of these secrets, made once."""
    return Finder(secrets)


def _hex_choice(texts: Iterable[str]) -> str:
    """One pattern for many hexadecimal numbers in either case, the longest first."""
    ordered = sorted(set(texts), key=lambda text: (-len(text), text))
    stems = groupby(ordered, key=lambda text: (len(text), text[:-1]))
    return "|".join(
        f"{_any_case(stem)}[{''.join(text[-1] + text[-1].upper() for text in group)}]" for (_, stem), group in stems
    )


def _find_plain(needle: _Needle, buffer: bytes) -> Iterator[Found]:
    for spelling in needle.spellings:
        at = buffer.find(spelling)
        while at >= 0:
            yield _whole(needle, buffer, at, at + len(spelling))
            at = buffer.find(spelling, at + len(spelling))


_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]")
_HALF_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:u[0-9A-Fa-f]{0,3})?)\Z")


def _whole(needle: _Needle, buffer: bytes, start: int, end: int) -> Found:
    """The occurrence, with the base64 characters at its edges that hold some of its bits, and with the beginning of
    a JSON escape that it stands in the middle of: overwriting half of one would leave broken JSON."""
    before, after = needle.margins
    start -= bool(before and start and _BASE64.match(buffer, start - 1))
    end += bool(after and _BASE64.match(buffer, end))
    half = _HALF_ESCAPE.search(buffer, max(0, start - 12), start)
    return (half.start(1) if half else start), end, needle.what
