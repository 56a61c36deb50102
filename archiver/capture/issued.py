"""Finding secrets by where they stand: credentials of a request, and what a platform newly issues in an answer.

Two strengths of names. *Strong* ones (``access_token``, ``client_secret`` …) name a secret wherever they stand as a
JSON key or a parameter. *Weak* ones (``code``, ``key``, ``sig`` …) are ordinary words in content, and fields that
readers need: they count in requests only, and in a redirect that ends a sign-in (RFC 6749 section 4.1.2). An answer's
text was written by the public, so an ordinary word must not be able to blank it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from archiver.wire.framing import header_spans

_STRONG = (
    r"(?:[a-z]+[_-])?(?:access|refresh|id|oauth|auth|session|bearer|exchange|input)[_-]?token(?:[_-]?secret)?",
    r"(?:client|app|consumer|api|token|shared|signing|webhook)[_-]?secret(?:[_-]?proof)?",
    r"(?:x[_-])?api[_-]?key",
    r"(?:access|refresh)jwt",
    r"(?:app[_-]?|user[_-]?)?passw(?:or)?d",
)
_WEAK = (
    *("secret", "token", "key", "code", "sig", "signature", "assertion", "client_assertion", "code_verifier"),
    *("device_code", "session_key", "oauth_verifier", "oauth_signature", "signed_request", "jwt", "auth"),
)
#: A part of every strong name, with what must follow it, found fast; each hit is then looked at closely.
_HINTS = tuple(
    re.compile(part + rf"(?={after})".encode())
    for part, after in (
        (b"oken", r"[\"=%\\_S-]"),
        (b"ecret", r"[\"=%\\_P-]"),
        (b"pi", "[_-]?[kK]ey"),
        (b"Jwt", ""),
        (b"assw", "(?:or)?d"),
    )
)
_WINDOW = 48

#: Headers whose whole value is a credential; of ``Authorization`` the scheme is left to be seen.
_CREDENTIAL_HEADERS = {
    b"authorization": "authorization",
    b"proxy-authorization": "authorization",
    b"cookie": "cookie",
    b"x-api-key": "api_key",
    b"api-key": "api_key",
    b"x-auth-token": "token",
    b"x-access-token": "token",
    b"x-csrf-token": "token",
}
_SIGN_IN = re.compile(rb"[?&#]code=[^ ]*&state=|[?&#]state=[^ ]*&code=")
_COOKIE_HEADERS = (b"set-cookie", b"set-cookie2")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9-]* +(?=\S)")

_EQUALS = r"(?:=|%(?:25)*3[dD]|\\{1,4}u003[dD])"
_BEFORE_PARAMETER = (
    r"(?:(?<=[?&#;\"'])|(?<=\\u0026)|(?<=\\u003[fF])|(?<=&amp;)"
    r"|(?<=%26)|(?<=%3[fF])|(?<=%23)|(?<=%2526)|(?<=%253[fF])|\A)"
)
#: A parameter's value ends where the parameter does, in whatever the address stands in.
_PARAMETER_VALUE = re.compile(rb"(?:[^&\s\"'<>\\#;,()\x00-\x20*]|\\{1,4}(?:/|u00(?!26|23|22|27|3[cCeE])[2-7]))+")
_ESCAPED_VALUE = re.compile(rb"(?:(?!%(?:25)*(?:26|23|22))[^&\s\"'<>\\#;,()\x00-\x20*])+")
_JSON_SEPARATOR = re.compile(rb"(\\{0,4})\"\s*:\s*\\{0,4}\"")
_JSON_STRING = re.compile(rb"(?:[^\"\\]|\\.)*+", re.DOTALL)
_NESTED_STRING = re.compile(rb"[^\"\\]*+")
_BEARER = re.compile(rb"[Bb]earer(?: |\+|%20|\\u0020)([A-Za-z0-9._~+/=-]{16,})")
_DIGIT = re.compile(rb"[0-9]")

#: Matched at the start of a word; an escaped ``&`` or ``?`` before a name looks like part of its word.
_STRONG_NAME = re.compile(
    rb"(?:(?<=\\)u00(?:26|3[fF])|(?<=%)(?:25)*(?:26|3[fF]|23))?"
    + rf"(?P<name>(?i:{'|'.join(_STRONG)}))(?![A-Za-z0-9_-])".encode()
)
_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_PARAMETER = re.compile(rf"{_BEFORE_PARAMETER}(?i:({'|'.join((*_STRONG, *_WEAK))})){_EQUALS}".encode())
_STRONG_PARAMETER = re.compile(rf"{_BEFORE_PARAMETER}(?i:({'|'.join(_STRONG)})){_EQUALS}".encode())
_WEAK_JSON = re.compile(rf"\"(?i:({'|'.join(_WEAK)}))\"\s*:\s*\"".encode())

#: What an issued value must look like before every other place it stands in is overwritten too.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=:|-]{8,2048}")
_RANDOM = re.compile(r"(?=(?:.*[0-9]){2})(?=(?:.*[A-Za-z]){6})[A-Za-z0-9._~+/=:|%-]{16,2048}")


#: In any header, under any name; RFC 6750 §2.1 gives the characters of a bearer token.
_BEARER_IN_HEAD = re.compile(rb"(?i:\bbearer)[ \t]+([A-Za-z0-9._~+/=-]{12,})")


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A value to be overwritten at ``start`` to ``end``."""

    start: int
    end: int
    what: str
    value: str | None = None
    """Set where the value is surely a secret, so that it must be looked for everywhere else as well."""


def in_request_head(head: bytes) -> Iterator[Issued]:
    """Credentials in request line and headers."""
    yield from in_parameters(head)
    for name, start, end in _headers(head):
        if name in _CREDENTIAL_HEADERS and end > start:
            scheme = _SCHEME.match(head, start, end) if name.endswith(b"authorization") else None
            yield Issued(scheme.end() if scheme else start, end, _CREDENTIAL_HEADERS[name])


def in_request_body(body: bytes) -> Iterator[Issued]:
    """Credentials in a form or JSON body we send."""
    yield from in_parameters(body)
    yield from in_answer_body(body)
    for match in _WEAK_JSON.finditer(body):
        yield Issued(*_json_string(body, match.end()), _what(match[1]))


def in_parameters(text: bytes) -> Iterator[Issued]:
    """Parameters of addresses or forms, strong and weak names."""
    done = 0
    for match in _PARAMETER.finditer(text):
        found = _parameter(text, match) if match.start() >= done else None
        if found is not None:
            done = found.end
            yield found


def in_answer_head(head: bytes) -> Iterator[Issued]:
    """What an answer's headers issue: cookies, tokens, and strongly named parameters of addresses."""
    for name, start, end in _headers(head):
        if name in _COOKIE_HEADERS:
            yield from _cookie(head, start, end)
        elif name in _CREDENTIAL_HEADERS and end > start:
            yield Issued(start, end, _CREDENTIAL_HEADERS[name], _random(head[start:end]))
        elif name == b"location" and _SIGN_IN.search(head, start, end):
            yield from (_moved(found, start) for found in in_parameters(head[start:end]))
    for match in _BEARER_IN_HEAD.finditer(head):
        yield Issued(*match.span(1), "bearer", _random(match[1]))
    yield from _strong_fields(head)


def in_answer_body(body: bytes, is_json: bool = False) -> Iterator[Issued]:
    """What an answer's body issues: strongly named JSON strings and parameters, and bearer tokens.

    ``is_json``: it is a JSON document, in which only the platform can write a key; then the values of keys are surely
    secrets. In any other text, people can write what looks like a key.
    """
    for found in _strong_fields(body):
        yield found if is_json else replace(found, value=None)
    at = body.find(b"earer")
    while at >= 0:
        match = _BEARER.match(body, max(0, at - 1))
        if match is not None and _DIGIT.search(match[1]):
            yield Issued(*match.span(1), "bearer")
        at = body.find(b"earer", at + 5)


def _headers(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    first_line = head.find(b"\n") + 1
    return ((name.lower(), start, end) for name, start, end in header_spans(head, first_line, len(head)))


def _moved(found: Issued, by: int) -> Issued:
    return Issued(found.start + by, found.end + by, found.what, found.value)


def _cookie(head: bytes, start: int, end: int) -> Iterator[Issued]:
    pair_end = head.find(b";", start, end)
    pair_end = end if pair_end < 0 else pair_end
    value_start = head.find(b"=", start, pair_end) + 1 or start
    if value_start < pair_end:
        yield Issued(value_start, pair_end, "cookie", _random(head[value_start:pair_end].strip(b' "')))


def _random(value: bytes) -> str | None:
    text = value.decode("latin-1")
    return text if _RANDOM.fullmatch(text) else None


def _strong_fields(text: bytes) -> Iterator[Issued]:
    for hint in _HINTS:
        done = 0
        for hit in hint.finditer(text):
            name = _strong_name(text, hit.start()) if hit.start() >= done else None
            if name is None or name.end() <= hit.start():
                continue
            done = name.end()
            found = _strong_field(text, *name.span("name"))
            if found is not None:
                done = found.end
                yield found


def _strong_name(text: bytes, hit: int) -> re.Match[bytes] | None:
    before = text[max(0, hit - _WINDOW) : hit]
    return _STRONG_NAME.match(text, hit - len(before) + len(before.rstrip(_WORD)))


def _strong_field(text: bytes, start: int, end: int) -> Issued | None:
    separator = _JSON_SEPARATOR.match(text, end)
    if separator is not None and text[start - 1 : start] == b'"':
        value = _json_string(text, separator.end(), nested=bool(separator[1]))
        return _json_field(text, _what(text[start:end]), *value, nested=bool(separator[1]))
    parameter = _STRONG_PARAMETER.match(text, start)
    return _parameter(text, parameter) if parameter is not None else None


def _json_field(text: bytes, what: str, start: int, end: int, nested: bool) -> Issued | None:
    if start == end:
        return None
    return Issued(start, end, what, None if nested else _json_value(text[start:end]))


def _what(name: bytes) -> str:
    return name.decode().lower().replace("-", "_")


def _json_string(text: bytes, start: int, nested: bool = False) -> tuple[int, int]:
    match = (_NESTED_STRING if nested else _JSON_STRING).match(text, start)
    return start, match.end() if match else start


def _json_value(text: bytes) -> str | None:
    try:
        value = json.loads(b'"' + text + b'"', strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _parameter(text: bytes, match: re.Match[bytes]) -> Issued | None:
    plain = text[match.end() - 1 : match.end()] == b"="
    value = (_PARAMETER_VALUE if plain else _ESCAPED_VALUE).match(text, match.end())
    return Issued(*value.span(), _what(match[1])) if value is not None else None
