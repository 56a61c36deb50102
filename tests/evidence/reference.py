"""The evidence format §1 once more, slowly and straight from its text, sharing no code with the program.

Its own JSON reader, its own trees by the recursive definitions of RFC 6962.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any


class NotEligible(Exception):  # noqa: N818 - named as the cause
    """Not a body that is committed node by node."""


class Number(str):
    """The literal of a number."""


class Slice(bytes):
    """Raw bytes."""


def h(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def u32(number: int) -> bytes:
    return bytes([number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255])


def utf8(text: str) -> bytes:
    encoded = b""
    for character in text:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF:
            encoded += bytes([0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63])
        else:
            encoded += character.encode()
    return encoded


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return h(b"\x00" + leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return h(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def node(value: Any, seed: bytes, label: str = "") -> bytes:
    encoded = utf8(label)
    label_bytes = u32(len(encoded)) + encoded
    if isinstance(value, Members) and value.pairs:
        n = len(value.pairs)
        seeds = hashlib.shake_256(b"\x20" + seed).digest(32 * n)
        inner = [node(child, seeds[32 * i : 32 * i + 32], key) for i, (key, child) in enumerate(value.pairs)]
        return h(b"\x12" + label_bytes + u32(n) + b"".join(inner))
    if isinstance(value, list) and value:
        n = len(value)
        seeds = hashlib.shake_256(b"\x20" + seed).digest(32 * n)
        inner = [node(child, seeds[32 * i : 32 * i + 32]) for i, child in enumerate(value)]
        return h(b"\x13" + label_bytes + u32(n) + mth(inner))
    return h(b"\x10" + seed + label_bytes + scalar(value))


def scalar(value: Any) -> bytes:
    if isinstance(value, Number):
        return b"n" + utf8(value)
    if isinstance(value, str):
        return b"s" + utf8(value)
    if isinstance(value, Slice):
        return b"b" + value
    if isinstance(value, Members):
        return b"o"
    if isinstance(value, list):
        return b"a"
    return {True: b"t", False: b"f", None: b"z"}[value]


def exchange(
    seed: bytes,
    facts: bytes,
    request_sha256: str | None,
    response_sha256: str,
    body: bytes | None,
    cuts: Sequence[int] = (),
    body_sha256: str | None = None,
) -> str:
    root = Members(
        [
            ("facts", Reader(facts.decode(), 10_000).whole()),
            ("request_sha256", request_sha256),
            ("response_sha256", response_sha256),
            _last_member(body, cuts, body_sha256),
        ]
    )
    return "cra-tree/1:" + node(root, seed).hex()


def run_record(seed: bytes, fields: bytes) -> str:
    return "cra-tree/1:" + node(Members([("run_record", Reader(fields.decode(), 10_000).whole())]), seed).hex()


def _last_member(body: bytes | None, cuts: Sequence[int], body_sha256: str | None) -> tuple[str, Any]:
    if body is None:
        return ("body_sha256", body_sha256)
    try:
        return ("body", eligible(body))
    except NotEligible:
        return ("slices", sliced(body, cuts))


def sliced(body: bytes, cuts: Sequence[int]) -> list[Slice]:
    pieces, start, used = [], 0, 0
    for cut in cuts:
        if start < cut < len(body) and used < 100_000:
            pieces.append(Slice(body[start:cut]))
            start, used = cut, used + 1
    return [*pieces, Slice(body[start:])]


def eligible(body: bytes) -> Any:
    if len(body) > 32 * 1024 * 1024 or body[:3] == b"\xef\xbb\xbf":
        raise NotEligible
    if sum(1 for byte in body if byte in b",[{") > 400_000:
        raise NotEligible
    try:
        text = body.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise NotEligible from None
    return Reader(text, 64).whole()


class Members:
    """An object: its members in the order written."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


class Reader:
    """JSON by the grammar of RFC 8259, a character at a time."""

    def __init__(self, text: str, deepest: int) -> None:
        self.text, self.at, self.deepest = text, 0, deepest

    def whole(self) -> Any:
        value = self.value(0)
        if self.peek() is not None:
            raise NotEligible
        return value

    def peek(self) -> str | None:
        while self.at < len(self.text) and self.text[self.at] in " \t\n\r":
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else None

    def take(self, expected: str) -> None:
        if not self.text.startswith(expected, self.at):
            raise NotEligible
        self.at += len(expected)

    def value(self, depth: int) -> Any:
        first = self.peek()
        if first == '"':
            return self.string()
        if first in ("{", "["):
            if depth == self.deepest:
                raise NotEligible
            return self.members(depth + 1) if first == "{" else self.elements(depth + 1)
        for word, value in (("true", True), ("false", False), ("null", None)):
            if first == word[0]:
                self.take(word)
                return value
        return self.number()

    def members(self, depth: int) -> Members:
        pairs: list[tuple[str, Any]] = []
        self.take("{")
        while self.peek() != "}" or pairs:
            if self.peek() != '"':
                raise NotEligible
            key = self.string()
            self.peek()
            self.take(":")
            pairs.append((key, self.value(depth)))
            if self.peek() == "}":
                break
            self.take(",")
        self.take("}")
        if len({key for key, _ in pairs}) != len(pairs):
            raise NotEligible
        return Members(pairs)

    def elements(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return found
        while True:
            found.append(self.value(depth))
            if self.peek() == "]":
                self.take("]")
                return found
            self.take(",")

    def digits(self) -> None:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in "0123456789":
            self.at += 1
        if self.at == start:
            raise NotEligible

    def number(self) -> Number:
        start = self.at
        if self.text.startswith("-", self.at):
            self.at += 1
        if self.text.startswith("0", self.at):
            self.at += 1
        else:
            self.digits()
        if self.text.startswith(".", self.at):
            self.at += 1
            self.digits()
        if self.text[self.at : self.at + 1] in ("e", "E"):
            self.at += 1
            if self.text[self.at : self.at + 1] in ("+", "-"):
                self.at += 1
            self.digits()
        return Number(self.text[start : self.at])

    def string(self) -> str:
        units = ""
        self.take('"')
        while True:
            character = self.text[self.at : self.at + 1]
            self.at += 1
            if character == '"':
                return units
            if character == "" or character < " ":
                raise NotEligible
            units += self.escape() if character == "\\" else character

    def escape(self) -> str:
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter == "u":
            return self.code_point()
        plain = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
        if letter not in plain:
            raise NotEligible
        return plain[letter]

    def code_point(self) -> str:
        first = self.unit()
        if 0xD800 <= first < 0xDC00 and self.text.startswith("\\u", self.at):
            before = self.at
            self.at += 2
            second = self.unit()
            if 0xDC00 <= second < 0xE000:
                return chr(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00)
            self.at = before
        return chr(first)

    def unit(self) -> int:
        digits = self.text[self.at : self.at + 4]
        if len(digits) != 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise NotEligible
        self.at += 4
        return int(digits, 16)
