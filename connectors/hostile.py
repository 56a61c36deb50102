"""Addresses and answers that a connector must take without failing, whatever sends them. Pure; for tests.

Nothing here is left to chance: the same connector is given the same every time.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from connectors.contract import JSONValue

ADDRESSES: tuple[str, ...] = (
    "", " ", "\x00", "/", "@", "@@", "a@b@c", "acct:", "http://", "https://", "https:///", "https://[", "https://[::1",
    "https://[::1]:x/", "https://x:99999/", "https://x:0/", "https://user:secret@x.example/", "ftp://x.example/a",
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.example/@city", "https://x.example",
    "https://x.example/\ud800", "https://x.example/%", "https://x.example/%zz/%00", "https://x.example/../../c/a/1",
    "https://x.example/?" + "a=" * 5000, "https://" + "a" * 300 + ".example/", "https://xn--.example/",
    "https://x.example/" + "/".join("a" * 500), "https://x.example/\u202ec/a/1", "https://\u0661.example/c/a/\u0661",
    "https://x.example/c/a/" + "9" * 5000, "https://x.example/@" + "a" * 5000, "\n".join(["https://x.example/"] * 2),
)  # fmt: skip
"""What people and programs may give in place of an address."""

STATUSES: tuple[int, ...] = (200, 204, 206, 304, 400, 401, 402, 403, 404, 409, 410, 422, 429, 451, 500, 501, 503, 599)

BODIES: tuple[bytes, ...] = (
    b"", b" ", b"null", b"true", b"0", b"[]", b"{}", b'""', b"[null]", b"[[]]", b"[{}]", b"{", b"\xff\xfe\x00",
    b"<html><body>Not found</body></html>", b"<?xml version='1.0'?><rss/>", b"NaN", b"[1e999]", b"9" * 5000,
    b"[" * 20_000, b'{"a":' * 20_000, b'{"\\ud800":"\\u0000"}', b'{"error":"gone","errors":[{}],"data":null}',
    b'{"error":{"code":190,"message":7}}', b'{"data":[{"id":1},{"id":"1"},null,[]]}', b"\xef\xbb\xbf{}",
)  # fmt: skip
"""Bodies that no platform promises."""

HEADERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("Retry-After", "9" * 400), ("X-RateLimit-Reset", "9" * 400), ("RateLimit-Reset", "-1"), ("Link", "<" * 9000)),
    (
        ("Retry-After", "Thu, 99 Xyz 0000"),
        ("X-RateLimit-Reset", "0001-01-01T00:00:00+23:59"),
        ("x-rate-limit-reset", "²"),
    ),
)

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 5, 2**63, 2**70, 1.5, "", " ", "5", "x" * 3000, "\ud800\x00", "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "https://x.example/\u202e", "javascript:alert(1)",
    "../../..", "a/b~c%2F", [], [None], [[]], [{}], {}, {"": None}, {"id": {}},
)  # fmt: skip
"""What may stand where a platform promises something else."""


def shapes(names: Sequence[str], number: int) -> Iterator[JSONValue]:
    """``number`` bodies made up of these member names and of odd values, larger and larger."""
    chance = random.Random(20261129)  # noqa: S311 - nothing secret depends on it
    for made in range(number):
        yield _shape(chance, names, 2 + made % 4)


def _shape(chance: random.Random, names: Sequence[str], depth: int) -> JSONValue:
    kind = chance.random()
    if depth == 0 or kind < 0.15:
        return copy.deepcopy(chance.choice(ODD))
    if kind < 0.4:
        return [_shape(chance, names, depth - 1) for _ in range(chance.randrange(4))]
    members = chance.sample(list(names), min(len(names), chance.randrange(1, 7)))
    return {name: _shape(chance, names, depth - 1) for name in members}


def changed(body: JSONValue, most: int) -> Iterator[JSONValue]:
    """``body`` with one place taken out, or something odd in it; at most ``most`` times, spread over all places."""
    chance = random.Random(20261129)  # noqa: S311
    there = list(places(body))
    for place in there if len(there) * 2 <= most else chance.sample(there, max(most // 2, 1)):
        yield _put(body, place, removed=True)
        yield _put(body, place, chance.choice(ODD))


def places(value: JSONValue, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body, as the steps that lead to it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield (*place, name)
        yield from places(inner, (*place, name))


def _put(body: JSONValue, place: tuple[Any, ...], value: JSONValue = None, *, removed: bool = False) -> JSONValue:
    whole = copy.deepcopy(body)
    at = whole
    for step in place[:-1]:
        at = at[step]
    if removed:
        del at[place[-1]]
    else:
        at[place[-1]] = copy.deepcopy(value)
    return whole


def cut(body: bytes, most: int) -> Iterator[bytes]:
    """``body`` without its end, at ``most`` places."""
    whole = body.rstrip()
    for number in range(most):
        yield whole[: len(whole) * number // most]


def names_in(value: JSONValue) -> set[str]:
    """Every member name in a body."""
    return {step for place in places(value) for step in place if isinstance(step, str)}


def as_bytes(value: JSONValue) -> bytes:
    """A body as a platform would send it."""
    return json.dumps(value).encode("utf-8", "surrogatepass")
