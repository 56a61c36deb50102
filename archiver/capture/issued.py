"""Finding secrets by where they stand: credentials of a request, and what a platform newly issues in an answer.

Two strengths of names. *Strong* ones name a secret wherever they stand as a JSON key or a parameter. *Weak* ones
(``code``, ``key``, ``state`` …) are ordinary words in content: they count only in requests, in addresses we are sent
to, and in form bodies we send. An answer's text was written by the public, so an ordinary word must not be able to
blank it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from archiver.capture.framing import header_spans

_STRONG = (
    r"(?:[a-z]+[_-])?(?:access|refresh|id|oauth|auth|session|bearer|exchange|input)[_-]?token(?:[_-]?secret)?",
    r"(?:client|app|consumer|api|token|shared|signing|webhook)[_-]?secret(?:[_-]?proof)?",
    r"(?:x[_-])?api[_-]?key",
    r"(?:access|refresh)jwt",
    r"(?:app[_-]?|user[_-]?)?passw(?:or)?d",
)
_WEAK = (
    *("secret", "token", "key", "code", "state", "sig", "signature", "assertion", "client_assertion", "code_verifier"),
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
_COOKIE_HEADERS = (b"set-cookie", b"set-cookie2")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9-]* +(?=\S)")

_EQUALS = r"(?:=|%(?:25)*3[dD]|\\{1,4}u003[dD])"
_BEFORE_PARAMETER = r"(?:(?<=[?&#;\"'])|(?<=\\u0026)|(?<=\\u003[fF])|(?<=&amp;)|(?<=%26)|(?<=%3[fF])|(?<=%23)|\A)"
#: A parameter's value ends where the parameter does, in whatever the address stands in.
_PARAMETER_VALUE = re.compile(rb"(?:[^&\s\"'<>\\#;,()\x00-\x20*]|\\{1,4}(?:/|u00(?!26|23|22|27|3[cCeE])[2-7]))+")
_ESCAPED_VALUE = re.compile(rb"(?:(?!%(?:25)*(?:26|23|22))[^&\s\"'<>\\#;,()\x00-\x20*])+")
_JSON_SEPARATOR = re.compile(rb"(\\{0,4})\"\s*:\s*\\{0,4}\"")
_JSON_STRING = re.compile(rb"(?:[^\"\\]|\\.)*+", re.DOTALL)
_NESTED_STRING = re.compile(rb"[^\"\\]*+")
_BEARER = re.compile(rb"[Bb]earer(?: |\+|%20|\\u0020)([A-Za-z0-9._~+/=-]{16,})")
_DIGIT = re.compile(rb"[0-9]")

_STRONG_NAME = re.compile(rf"(?i:(?<![A-Za-z0-9])(?:{'|'.join(_STRONG)}))(?![A-Za-z0-9_-])".encode())
_PARAMETER = re.compile(rf"{_BEFORE_PARAMETER}(?i:({'|'.join((*_STRONG, *_WEAK))})){_EQUALS}".encode())
_STRONG_PARAMETER = re.compile(rf"{_BEFORE_PARAMETER}(?i:({'|'.join(_STRONG)})){_EQUALS}".encode())
_WEAK_JSON = re.compile(rf"\"(?i:({'|'.join(_WEAK)}))\"\s*:\s*\"".encode())

#: What an issued value must look like before every other place it stands in is overwritten too.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=:|-]{8,2048}")
_RANDOM = re.compile(r"(?=(?:.*[0-9]){2})(?=(?:.*[A-Za-z]){6})[A-Za-z0-9._~+/=:|%-]{16,2048}")


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
        yield Issued(*_json_string(body, match.end()), match[1].decode().lower())


def in_parameters(text: bytes) -> Iterator[Issued]:
    """Parameters of addresses or forms, strong and weak names."""
    for match in _PARAMETER.finditer(text):
        yield from _parameter(text, match)


def in_answer_head(head: bytes) -> Iterator[Issued]:
    """What an answer's headers issue: cookies, tokens, and strongly named parameters of addresses."""
    for name, start, end in _headers(head):
        if name in _COOKIE_HEADERS:
            yield from _cookie(head, start, end)
        elif name in _CREDENTIAL_HEADERS and end > start:
            yield Issued(start, end, _CREDENTIAL_HEADERS[name], _random(head[start:end]))
    yield from _strong_fields(head)


def in_answer_body(body: bytes) -> Iterator[Issued]:
    """What an answer's body issues: strongly named JSON strings and parameters, and bearer tokens."""
    yield from _strong_fields(body)
    at = body.find(b"earer")
    while at >= 0:
        match = _BEARER.match(body, max(0, at - 1))
        if match is not None and _DIGIT.search(match[1]):
            yield Issued(*match.span(1), "bearer")
        at = body.find(b"earer", at + 5)


def _headers(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    first_line = head.find(b"\n") + 1
    return ((name.lower(), start, end) for name, start, end in header_spans(head, first_line, len(head)))


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
            name = _STRONG_NAME.search(text, max(done, hit.start() - _WINDOW), hit.end() + _WINDOW)
            if name is not None and name.start() <= hit.start() < name.end():
                yield from _strong_field(text, name)
                done = name.end()


def _strong_field(text: bytes, name: re.Match[bytes]) -> Iterator[Issued]:
    what = name[0].decode().lower().replace("-", "_")
    separator = _JSON_SEPARATOR.match(text, name.end())
    if separator is not None and text[name.start() - 1 : name.start()] == b'"':
        start, end = _json_string(text, separator.end(), nested=bool(separator[1]))
        if end > start:
            yield Issued(start, end, what, None if separator[1] else _json_value(text[start:end]))
        return
    parameter = _STRONG_PARAMETER.match(text, name.start())
    if parameter is not None:
        yield from _parameter(text, parameter)


def _json_string(text: bytes, start: int, nested: bool = False) -> tuple[int, int]:
    match = (_NESTED_STRING if nested else _JSON_STRING).match(text, start)
    return start, match.end() if match else start


def _json_value(text: bytes) -> str | None:
    try:
        value = json.loads(b'"' + text + b'"', strict=False)
    except ValueError:
        return None
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _parameter(text: bytes, match: re.Match[bytes]) -> Iterator[Issued]:
    plain = text[match.end() - 1 : match.end()] == b"="
    value = (_PARAMETER_VALUE if plain else _ESCAPED_VALUE).match(text, match.end())
    if value is not None:
        yield Issued(*value.span(), match[1].decode().lower().replace("-", "_"))
