"""What platforms send by themselves, to an address of ours (webhooks, WebSub): how it is told that a delivery is
theirs, how they make sure that the address is ours, whose it is, and what to look at because of it. Pure; a connector
sees no secret.

A delivery is a reason to look, and is stored as it came. It concludes nothing: no state, no time, no order follows from
it. Only of a record that nobody has ever seen its words count, for nothing else may be left of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final, Literal, Protocol, runtime_checkable

from connectors.contract import MOST_PARTS, AccessClass, AccountRef, Answer, Ask, Heard, JSONValue, Stream
from connectors.values import Json

DELIVERY: Final = "delivery"
"""Purpose of the ask that a delivery is read with; and the last part of the address that it is stored under."""
MADE_UP: Final = "urn:x-cra:delivery:"
"""What stands for the address of a delivery, before the platform's name: ours is a secret."""
Span = tuple[int, int]
_JSON: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Signed:
    """How a platform signs a delivery: an HMAC (RFC 2104) over the bytes of the body as they came."""

    header: str
    """That holds the signature."""
    forms: Mapping[str, str] = field(default_factory=lambda: {"sha256=": "sha256"})
    """What may stand before the signature, and the hash that it means."""
    encoding: Literal["hex", "base64"] = "hex"
    before: bytes = b""
    """Put in front of the body before it is signed."""
    fresh: timedelta | None = None
    """The header is ``t=SECONDS,s=SIGNATURE``, and ``SECONDS.`` stands in front of the body; one that is older than
    this, or so much younger, is refused. None: the header has no time."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """The platform asks for the HMAC of a text that it chose. The engine answers none that could be a body."""

    parameter: str
    """Of the query: the text."""
    answer: str
    """Member of the answer, a JSON object, that holds the HMAC."""
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    echo: str | None = None
    """Member that repeats the text."""


#: Meta: ``hub.challenge`` is repeated to whoever knows the ``hub.verify_token``. WebSub: it is repeated where the hub
#: asks what we are waiting for (W3C WebSub §5.3). None: the platform asks nothing.
Challenge = Keyed | Literal["verify_token", "websub"] | None


@dataclass(frozen=True, slots=True)
class Subscribing:
    """A question with which deliveries about one account are asked for, signed with the account's token."""

    url: str
    form: tuple[tuple[str, str], ...]
    needs: str | None = None
    """Permission without which it is not allowed."""
    again: timedelta = timedelta(days=1)
    """It is asked again so often: the platform takes it for the same."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """How deliveries of a platform come."""

    signed: Signed
    challenge: Challenge
    steps: tuple[str, ...]
    """What the city sets up, plain sentences for a system administrator."""
    kept: tuple[str, ...] = ()
    """Headers that are stored beside the signature and the type: the platform's own names of a delivery."""
    own_secret: str | None = None
    """What the platform calls the secret it signs with, where that is not the secret of the application."""
    media_type: str = "application/json"
    quiet: timedelta = timedelta(days=7)
    """After so long without a delivery somebody should look whether they still come."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a delivery is of one account."""

    account: str
    """The platform's id of it."""
    span: Span | None = None
    """Where in the body; None: all of it is. What is another account's is not stored with it."""
    access: AccessClass = AccessClass.PRIVATE
    """As what it is kept. What does not say that everybody sees it is private."""


@runtime_checkable
class Receives(Protocol):
    """A connector of a platform that sends deliveries."""

    receives: ClassVar[Receiving]

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is, in the order of the body. Empty: nobody's here, such as another product's of the same
        application. None: it cannot be told. Pure; never raises."""
        ...

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names: ``keys`` of records, ``threads`` to look at. Parts of other accounts stand in it as
        texts of ``*``. Pure; never raises."""
        ...


@runtime_checkable
class Subscribes(Protocol):
    """A connector of a platform where each account is subscribed by a question of its own."""

    def subscribing(self, account: AccountRef) -> Subscribing | None:
        """The question; None where this account cannot be."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One question of several with which a platform is asked to send, signed with the account's credential; what its
    answer says decides the next. None of it is stored."""

    method: Literal["GET", "POST", "PUT"]
    url: str
    body: JSONValue = None
    """Sent as JSON; None: nothing is sent."""
    what: str = ""
    """What it asks, for whoever reads the answer."""
    known: Mapping[str, JSONValue] = field(default_factory=dict)
    """What earlier answers said."""
    headers: tuple[tuple[str, str], ...] = ()
    """That go with it, beside those of the body and of the credential."""
    of_app: bool = False
    """It is the application that asks: its id and secret go where
    :data:`~connectors.authorization.CLIENT` and :data:`~connectors.authorization.CLIENT_SECRET` stand as members of the
    body, and the account's credential is not sent."""


@runtime_checkable
class Registers(Protocol):
    """A connector of a platform where the archive itself enters its address, and subscribes each account at it."""

    def registering(self, account: AccountRef, address: str) -> Step | str | None:
        """The first question; why nothing is asked, one plain clause for a person; None: the credential of this account
        is not for that, and the city does it."""
        ...

    def registered(self, account: AccountRef, address: str, step: Step, answer: Answer) -> Step | str | None:
        """What follows from an answer: the next question; why it came to nothing, in words that repeat none of the
        answer; None: it is done. Pure; never raises."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A connector that :class:`Registers`, some of whose words for why it came to nothing are what the platform itself
    told: they stay true until a person does something."""

    settled: ClassVar[frozenset[str]]
    """Those words. After them it is looked at as seldom as where all is well."""


@runtime_checkable
class Published(Protocol):
    """A connector of a platform whose accounts are feeds at a hub (W3C WebSub)."""

    def topic(self, account: AccountRef) -> tuple[str, str]:
        """Address of the hub, and of what is subscribed to there."""
        ...


def delivery_ask(platform: str, account: AccountRef, access: AccessClass, stream: Stream = Stream.COMMENTS) -> Ask:
    """What a delivery is read with. Its context then also has ``said``, the keys of records whose words count."""
    return Ask(
        url=f"{MADE_UP}{platform}",
        stream=stream,
        purpose=DELIVERY,
        method="POST",
        access=access,
        authorise="never",
        context={"account": account.platform_id, "url": account.url},
    )


# JSON, and where in the bytes of it things stand.


def body_of(body: bytes) -> Json | None:
    """A delivery that is a JSON object; None where it is none."""
    found = _parsed(body)
    return found if isinstance(found, dict) else None


def entries(body: bytes, name: str) -> list[tuple[Json, Span]] | None:
    """The members of the list ``name`` of a JSON object, each with where it stands; None where there is no such list,
    where it is not one of objects, or where several have that name."""
    found: list[tuple[Json, Span]] = []
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
        return None
    try:
        text = body.decode()
        named = [start for one, start in _members(text) if one == name]
        if len(named) != 1:
            return None
        at = place = 0
        for value, start, end in _elements(text, named[0]):
            if not isinstance(value, dict):
                return None
            begins = at + len(text[place:start].encode())
            at, place = begins + len(text[start:end].encode()), end
            found.append((value, (begins, at)))
    except (ValueError, RecursionError, IndexError):
        return None
    return found


def _parsed(body: bytes) -> JSONValue:
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
        return None
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        return None


def _members(text: str) -> Iterator[tuple[str, int]]:
    """Name of every member of the object that a text is, and where its value begins."""
    position = _next(text, _expect(text, _next(text, 0), "{"))
    while text[position] != "}":
        name, end = _JSON.raw_decode(text, position)
        begins = _next(text, _expect(text, _next(text, end), ":"))
        yield name, begins
        position = _past(text, _JSON.raw_decode(text, begins)[1], "}")
    if _next(text, position + 1) != len(text):
        raise ValueError("something follows the object")


def _elements(text: str, position: int) -> Iterator[tuple[JSONValue, int, int]]:
    """Value and place of every element of the list at ``position``."""
    position = _next(text, _expect(text, position, "["))
    while text[position] != "]":
        value, end = _JSON.raw_decode(text, position)
        yield value, position, end
        position = _past(text, end, "]")


def _past(text: str, end: int, closing: str) -> int:
    """Where the next member begins, or the bracket that closes stands."""
    position = _next(text, end)
    return position if text[position] == closing else _next(text, _expect(text, position, ","))


def _expect(text: str, position: int, sign: str) -> int:
    if text[position] != sign:
        raise ValueError(f"{sign} is missing")
    return position + 1


def _next(text: str, position: int) -> int:
    """Where the next thing begins that is no white space."""
    found = _SPACE.match(text, position)
    return position if found is None else found.end()
