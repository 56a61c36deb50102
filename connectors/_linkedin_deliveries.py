"""What LinkedIn's webhooks say of a page: up to ten notifications in one body, of several pages. Pure.

Source: LinkedIn's documentation *Organization Social Action Notifications* and *Webhook Validation*, and notifications
that were recorded. They are sent again every five minutes for eight hours until they are taken. ``sourcePost`` names an
activity, by which a post is not known here, and ``generatedActivity`` a comment by a shortened URN: the post, the
comment and its words stand in what they are decorated with. Where that is missing, what there is counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from connectors._graph_deliveries import words_of
from connectors._linkedin_posts import Place, author_of
from connectors._linkedin_urns import comment_key, comment_number, page_number, post_key
from connectors.contract import AccountRef, Answer, Ask, Heard, Reading, RecordKind, SeenRecord
from connectors.deliveries import Keyed, Part, Receiving, Signed, body_of, entries
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable

RECEIVES: Final = Receiving(
    Signed("X-LI-Signature", {"hmacsha256=": "sha256", "": "sha256"}, before=b"hmacsha256="),
    Keyed("challengeCode", "challengeResponse", echo="challengeCode"),
    (
        "In the developer portal, under Webhooks of the app, enter the address, which LinkedIn then checks.",
        "Subscribe one page to ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS (eventSubscriptions) with that address, as an"
        " administrator of it who connected it to the archive. From then on the archive looks every day whether each"
        " page is subscribed, subscribes the others with the same app, and renews what ran out.",
    ),
)
_LIST = "notifications"
_SAYS = ("COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT")
"""What comes with the words of a comment. ``COMMENT_DELETE`` names one that is gone."""


def parts(body: bytes) -> Sequence[Part] | None:
    """Whose the notifications are."""
    listed = entries(body, _LIST)
    if listed is None:
        return None
    named = [_page(one) for one, _ in listed]
    return None if not all(named) else [Part(name, span) for name, (_, span) in zip(named, listed, strict=True)]


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names."""
    mine = [one for _, one in _mine(body, account.platform_id)]
    keys = [key for one in mine if (key := _comment(one)) is not None]
    threads = [key for one in mine if (key := post_of(one)) is not None]
    return Heard(True, keys=tuple(dict.fromkeys(keys)), threads=tuple(dict.fromkeys(threads)))


def reading(ask: Ask, answer: Answer) -> Reading:
    """Comments with their words. When one was written it does not say, nor surely under which it stands: that is for a
    sweep to see."""
    if body_of(answer.body) is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    mine = _mine(answer.body, str(ask.context.get("account", "")))
    return words_of(ask, ((pointer, partial(_record, ask, pointer, one)) for pointer, one in mine))


def _record(ask: Ask, pointer: str, told: Json) -> SeenRecord | None:
    key, post, comment = _comment(told), post_of(told), _generated(told, "comment")
    words = comment.get("text")
    if key is None or post is None or told.get("action") not in _SAYS or not isinstance(words, str):
        return None
    page, above = str(told.get("organizationalEntity")), comment_number(comment.get("object"))
    place = Place(pointer, str(ask.context.get("url", "")).rsplit("/", 2)[0], page, "")
    author = author_of(comment.get("owner"), place)
    return SeenRecord(
        key, RecordKind.COMMENT, pointer, {"text": storable(words)}, tidy(words), author,
        parent=post if above is None else comment_key(above), thread=post, word="comment" if above is None else "reply",
    )  # fmt: skip


def _mine(body: bytes, account: str) -> Iterator[tuple[str, Json]]:
    listed = (body_of(body) or {}).get(_LIST)
    for at, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, dict) and _page(one) == account:
            yield f"/{_LIST}/{at}", one


def _page(value: Json) -> str:
    named = value.get("organizationalEntity")
    return page_number(named) if isinstance(named, str) else ""


def post_of(told: Json) -> str | None:
    """Key of the page's post that it is about. What others published, and only name the page in, is none."""
    source = _part(told, "decoratedSourcePost")
    owner = source.get("owner")
    if isinstance(owner, str) and page_number(owner) != _page(told):
        return None
    for urn in (source.get("entity"), told.get("sourcePost")):
        try:
            return post_key(urn)
        except Unreadable:
            continue
    return None


def _comment(told: Json) -> str | None:
    """Key of the comment that was written, edited or deleted."""
    for urn in (_generated(told, "comment").get("entity"), told.get("generatedActivity")):
        number = comment_number(urn)
        if number is not None:
            return comment_key(number)
    return None


def _generated(told: Json, kind: str) -> Json:
    return _part(_part(told, "decoratedGeneratedActivity"), kind)


def _part(told: Json, name: str) -> Json:
    found = told.get(name)
    return found if isinstance(found, dict) else {}
