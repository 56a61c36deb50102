"""Whether a delivery is the platform's, and what may be answered to somebody who says to be the platform. Pure.

The secret that signs deliveries also answers challenges (X, LinkedIn), and anybody may ask us one. Whoever could have
us sign a text of his choice could have us sign a delivery that he made up. So a challenge is answered only if it is a
short word of letters, digits, ``_`` and ``-``, and a body that is such a word is never taken for a delivery.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from connectors.deliveries import Keyed, Receiving, Signed, Span

Headers = Sequence[tuple[str, str]]
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ECHOED: Final = re.compile(r"[!-~]{1,512}")
_STAMP: Final = re.compile(r"t=([0-9]{1,12}),\s*s=([0-9A-Za-z+/=]{1,200})")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_LONGEST_VALUE: Final = 1000
SHORTEST_LEASE: Final = timedelta(hours=1)
LONGEST_LEASE: Final = timedelta(days=30)
ANOTHERS: Final = "another account"
"""What is said to have stood where a part of a delivery was overwritten."""


class Verdict(StrEnum):
    """What a signature comes to."""

    GOOD = "good"
    UNSIGNED = "unsigned"
    """There is no signature, or several, or one of another form."""
    WRONG = "wrong"
    STALE = "stale"
    """Its time is not ours: an old delivery may be sent again by anybody who saw it."""


def verdict(signed: Signed, headers: Headers, body: bytes, secret: bytes, now: datetime) -> Verdict:
    """Whether ``body``, as it came, was signed with ``secret``. The comparison takes as long for any signature."""
    given = [value.strip() for name, value in headers if name.lower() == signed.header.lower()]
    if len(given) != 1 or not secret:
        return Verdict.UNSIGNED
    if not body or is_word(body.decode("latin-1")):
        return Verdict.WRONG
    signature, text, stale = given[0], signed.before + body, False
    if signed.fresh is not None:
        stamp = _STAMP.fullmatch(signature)
        if stamp is None:
            return Verdict.UNSIGNED
        stale = abs(now.timestamp() - int(stamp[1])) > signed.fresh.total_seconds()
        signature, text = stamp[2], stamp[1].encode() + b"." + text
    form = max((one for one in signed.forms if signature.startswith(one)), key=len, default=None)
    if form is None:
        return Verdict.UNSIGNED
    expected = _encoded(hmac.digest(secret, text, signed.forms[form]), signed.encoding)
    found = signature[len(form) :]
    if not hmac.compare_digest(expected.encode(), found.encode("utf-8", "surrogatepass")):
        return Verdict.WRONG
    return Verdict.STALE if stale else Verdict.GOOD


def is_word(text: str) -> bool:
    """Whether a text is so short and plain that it can be no delivery, nor the beginning of one."""
    return _WORD.fullmatch(text) is not None


def answered(keyed: Keyed, query: Mapping[str, str], secret: bytes) -> bytes | None:
    """What is answered to a challenge that asks for the HMAC of a word; None: nothing is."""
    word = query.get(keyed.parameter, "")
    if not is_word(word) or not secret:
        return None
    answer = {keyed.answer: keyed.prefix + _encoded(hmac.digest(secret, word.encode(), "sha256"), keyed.encoding)}
    return json.dumps(answer | ({keyed.echo: word} if keyed.echo else {})).encode()


def verified(query: Mapping[str, str], token: str) -> bytes | None:
    """What is answered to Meta's question whether the address is ours: what it asks to be repeated, where it knows the
    token that the city entered there."""
    said = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not token or not hmac.compare_digest(said.encode(), token.encode()):
        return None
    challenge = query.get("hub.challenge", "")
    return challenge.encode() if is_word(challenge) else None


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a hub was asked for."""

    topic: str
    asked_at: datetime | None
    """When; None: nothing is waited for."""
    lease_until: datetime | None
    confirmed_at: datetime | None = None
    """When it was last confirmed."""


_PATIENCE: Final = timedelta(days=1)
_REPEATS: Final = timedelta(hours=1)
"""For so long a hub that did not get our answer asks the same again. Not for ever: whoever learned the address could
have a hub take another subscription for ours."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A subscription as a hub confirmed it."""

    challenge: bytes
    lease_until: datetime
    again: bool = False
    """It was confirmed before, and only asked once more: nothing changes."""


def confirmed(query: Mapping[str, str], awaited: Awaited, now: datetime) -> Confirmed | None:
    """What follows from a hub's question whether we asked for a subscription (W3C WebSub §5.3). Anybody may put it who
    knows the address: so only what was asked for, lately, counts, and no lease is made shorter by it. A hub that asks
    once more, since our answer was lost, is told the same again; that changes nothing."""
    challenge, lease = query.get("hub.challenge", ""), query.get("hub.lease_seconds", "")
    waits = awaited.asked_at is not None and now - awaited.asked_at <= _PATIENCE
    again = not waits and _is_repeated(awaited, now)
    if not (waits or again) or query.get("hub.mode") != "subscribe" or query.get("hub.topic") != awaited.topic:
        return None
    if not _ECHOED.fullmatch(challenge) or not _SECONDS.fullmatch(lease):
        return None
    lasts = min(timedelta(seconds=int(lease)), LONGEST_LEASE)
    if lasts < SHORTEST_LEASE:
        return None
    until = now + lasts
    if again and awaited.lease_until is not None:
        return Confirmed(challenge.encode(), awaited.lease_until, again=True)
    return Confirmed(challenge.encode(), until if awaited.lease_until is None else max(until, awaited.lease_until))


def _is_repeated(awaited: Awaited, now: datetime) -> bool:
    """Whether what was confirmed a moment ago still stands."""
    at, until = awaited.confirmed_at, awaited.lease_until
    return awaited.asked_at is None and at is not None and now - at <= _REPEATS and until is not None and until > now


def kept_headers(receiving: Receiving, headers: Headers) -> tuple[tuple[str, str], ...]:
    """Those headers that are stored: of the signature, of the type, and the platform's own names. What proxies of the
    city add says who lives where, and is nobody's record."""
    wanted = {"content-type", receiving.signed.header.lower(), *(name.lower() for name in receiving.kept)}
    return tuple((name, value[:_LONGEST_VALUE]) for name, value in headers if name.lower() in wanted)


def copy_without(body: bytes, others: Iterable[Span]) -> tuple[bytes, tuple[tuple[int, int, str], ...]]:
    """A delivery in which what is another's is overwritten, and the ranges. Each is an object of JSON and becomes a
    text of the same length, so that what is left can still be read and nothing else moves."""
    copy, ranges = bytearray(body), []
    for start, end in sorted(set(others)):
        copy[start:end] = b'"' + b"*" * (end - start - 2) + b'"'
        ranges.append((start, end, ANOTHERS))
    return bytes(copy), tuple(ranges)


def _encoded(digest: bytes, encoding: str) -> str:
    return digest.hex() if encoding == "hex" else b64encode(digest).decode()
