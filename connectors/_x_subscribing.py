"""Having X send what happens to an account: the address is registered as a webhook of the app, made valid again where X
has given it up, and the account is subscribed there. Pure.

Source: X's documentation *Webhooks* and *X Activity API*, and its specification (OpenAPI 2.167). All of it takes the
app's own bearer token, which may write nothing in anybody's name. What is registered or subscribed elsewhere by the
same app is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connectors._x_asks import ON_X
from connectors._x_values import ID
from connectors.contract import AccountRef, Answer, JSONValue
from connectors.deliveries import Step
from connectors.values import Json

EVENTS: Final = ("post.create", "post.delete", "post.mention.create", "post.reply.create", "post.quote.create")
"""What is subscribed to: what the account says and deletes, and what is said to it."""
_LONGEST: Final = 200
"""Characters of an address that X takes."""
_THERE: Final = (200, 201, 409)


def registering(account: AccountRef, address: str) -> Step | str | None:
    """The first question, or why nothing is asked. None: the account is read with its owner's token."""
    if account.authorised:
        return None
    if len(address) > _LONGEST:
        return f"the archive's address is longer than the {_LONGEST} characters that X takes"
    return Step("GET", f"{ON_X.api_of(account.url)}/2/webhooks", what="webhooks")


def registered(account: AccountRef, address: str, step: Step, answer: Answer) -> Step | str | None:
    """What follows from an answer: another question, why it came to nothing, or None: it is done."""
    if answer.status in (401, 403):
        return f"X does not let this app use webhooks (the answer was {answer.status})"
    if answer.status not in _THERE or (answer.status == 409 and step.what != "subscribing"):
        return f"the answer was {answer.status}"
    try:
        body: JSONValue = answer.json
    except ValueError:
        body = None
    follows = _FOLLOWS.get(step.what)
    if follows is None or not isinstance(body, dict):
        return "the answer cannot be read"
    return follows(account, address, step, body)


def _webhooks(account: AccountRef, address: str, step: Step, body: Json) -> Step | str | None:
    """Ours among those of the app. Where X tried it again a moment ago, it is valid now or it will not be."""
    for one in _objects(body.get("data")):
        identity = one.get("id")
        if one.get("url") == address and isinstance(identity, str) and ID.fullmatch(identity):
            if one.get("valid") is True:
                return _subscriptions(account, identity)
            if "webhook" in step.known:
                return _NOT_VALID
            url = f"{ON_X.api_of(account.url)}/2/webhooks/{identity}"
            return Step("PUT", url, what="validated", known={"webhook": identity})
    return Step("POST", f"{ON_X.api_of(account.url)}/2/webhooks", {"url": address}, what="made")


def _made(account: AccountRef, address: str, step: Step, body: Json) -> Step | str | None:
    data = body.get("data")
    identity = data.get("id") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(identity, str) or not ID.fullmatch(identity):
        return "X does not say what it registered"
    return _subscriptions(account, identity) if data.get("valid") is True else _NOT_VALID


def _validated(account: AccountRef, address: str, step: Step, body: Json) -> Step | str | None:
    """By its specification X says whether the address is valid now; its clients know an answer that only says that it
    was ``attempted``: then it stands in the list."""
    data = body.get("data")
    told = data if isinstance(data, dict) else {}
    if "valid" not in told and told.get("attempted") is True:
        return Step("GET", f"{ON_X.api_of(account.url)}/2/webhooks", what="webhooks", known=step.known)
    return _subscriptions(account, str(step.known.get("webhook", ""))) if told.get("valid") is True else _NOT_VALID


_NOT_VALID: Final = (
    "X asked whether the address is the archive's and did not take the answer; check the API key secret"
    " (archiver platform hook x --secret) and that X reaches the address"
)


def _subscriptions(account: AccountRef, webhook: str) -> Step:
    url = f"{ON_X.api_of(account.url)}/2/activity/subscriptions?max_results=1000"
    return Step("GET", url, what="subscriptions", known={"webhook": webhook})


def _missing(account: AccountRef, address: str, step: Step, body: Json) -> Step | str | None:
    """What is not subscribed to yet, of this account at this webhook."""
    webhook = str(step.known.get("webhook", ""))
    there = set()
    for one in _objects(body.get("data")):
        scope = one.get("filter")
        mine = isinstance(scope, dict) and scope.get("user_id") == account.platform_id and len(scope) == 1
        if mine and one.get("webhook_id") == webhook:
            there.add(one.get("event_type"))
    return _next(account, webhook, [event for event in EVENTS if event not in there])


def _subscribed(account: AccountRef, address: str, step: Step, body: Json) -> Step | str | None:
    left = step.known.get("left")
    return _next(account, str(step.known.get("webhook", "")), [*left] if isinstance(left, list | tuple) else [])


def _next(account: AccountRef, webhook: str, left: list[str]) -> Step | None:
    if not left:
        return None
    body = {"event_type": left[0], "filter": {"user_id": account.platform_id}, "webhook_id": webhook}
    url = f"{ON_X.api_of(account.url)}/2/activity/subscriptions"
    return Step("POST", url, body, what="subscribing", known={"webhook": webhook, "left": left[1:]})


def _objects(value: JSONValue) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


_FOLLOWS: Mapping[str, Callable[[AccountRef, str, Step, Json], Step | str | None]] = {
    "webhooks": _webhooks,
    "made": _made,
    "validated": _validated,
    "subscriptions": _missing,
    "subscribing": _subscribed,
}
