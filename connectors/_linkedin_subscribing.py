"""Whether LinkedIn sends what happens on a page to the archive: every day the subscriptions of the token's owner are
looked at, and that of the page is renewed where it ran out, or made where the app's other pages have one. Pure.

Source: Microsoft Learn, *Organization Social Action Notifications* (event subscription API), under
``rw_organization_admin``. A subscription is of one app, one administrator and one page. It ends without a word when the
administrator is one no longer or takes the app's leave back. The number of the app stands nowhere else than in a
subscription, so the first one is made by the city. One that goes to another address is another program's, and is left
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from connectors._linkedin_asks import BRAND, HEADERS, LINKEDIN, ORGANIZATION
from connectors._linkedin_found import millis
from connectors._linkedin_urns import page_number, quoted
from connectors.contract import AccountRef, Answer, JSONValue
from connectors.deliveries import Step
from connectors.values import Json, number

EVENT: Final = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
_PAGE: Final = 50
_APP: Final = re.compile(r"urn:li:developerApplication:[0-9]{1,20}")
_PERSON: Final = re.compile(r"urn:li:person:[A-Za-z0-9_-]{1,64}")
_LISTED, _PUT, _CHECKED = "listed", "put", "checked"
_NONE: Final = (
    "LinkedIn has no subscription of this page to the archive's address: have an administrator of the page make the"
    " first one with the city's app, as the steps above say"
)
_ELSEWHERE: Final = (
    "LinkedIn sends what happens on this page to another address: if that is an old one of the archive, delete that"
    " subscription, and make one with the address that it has now; another program's is left as it is"
)
_NOT_KEPT: Final = "LinkedIn took the subscription, and does not show it"
_NO_LEAVE: Final = "LinkedIn does not let the token look after subscriptions (the answer was 403)"
SETTLED: Final = frozenset({_NONE, _ELSEWHERE, _NO_LEAVE})
"""What LinkedIn itself told, and only a person can change: it is looked at once a day, as what stands is."""


def registering(account: AccountRef) -> Step:
    """The first question: which subscriptions the token's owner has with this app."""
    return _list(account, _LISTED, 0, [])


def registered(account: AccountRef, address: str, step: Step, answer: Answer) -> Step | str | None:
    """What follows from an answer: another question, why it came to nothing, or None: the page is subscribed."""
    if answer.status == 403:
        return _NO_LEAVE
    if answer.status == 401:
        return "LinkedIn does not accept the token (the answer was 401)"
    if not 200 <= answer.status < 300:
        return f"the answer was {answer.status}"
    if step.what == _PUT:
        return _list(account, _CHECKED, 0, [])
    try:
        body: JSONValue = answer.json
    except ValueError:
        body = None
    entries = body.get("elements") if isinstance(body, dict) else None
    if step.what not in (_LISTED, _CHECKED) or not isinstance(entries, list):
        return "LinkedIn's list of subscriptions cannot be read"
    before = step.known.get("found")
    found = [*(before if isinstance(before, list | tuple) else ()), *_ours(account, address, entries)]
    start = (number(step.known.get("start")) or 0) + len(entries)
    if len(entries) >= _PAGE:
        return _list(account, step.what, start, found)
    return _judged(account, address, found, millis(answer.received_at), again=step.what == _CHECKED)


def _judged(
    account: AccountRef, address: str, found: Sequence[Mapping[str, JSONValue]], now: int, *, again: bool
) -> Step | str | None:
    """What all of them say. An end that is not told is none."""
    mine = [one for one in found if one["mine"]]
    here = [one for one in mine if one["here"]]
    if any((ends := number(one["ends"])) is None or ends > now for one in here):
        return None
    if again:
        return _NOT_KEPT
    if here:
        return _put(account, address, here[0])
    if mine:
        return _ELSEWHERE
    return _put(account, address, found[0]) if found else _NONE


def _ours(account: AccountRef, address: str, entries: Sequence[JSONValue]) -> list[dict[str, JSONValue]]:
    """What counts of those that are of this page, or go to the archive's address."""
    return [told for one in entries if isinstance(one, dict) and (told := _told(account, address, one)) is not None]


def _told(account: AccountRef, address: str, one: Json) -> dict[str, JSONValue] | None:
    app, user, page = (str(one.get(name)) for name in ("developerApplication", "user", "entity"))
    if one.get("eventType") != EVENT or not _APP.fullmatch(app) or not _PERSON.fullmatch(user):
        return None
    mine, here = page_number(page) == account.platform_id, one.get("webhook") == address
    told = {"app": app, "user": user, "mine": mine, "here": here, "ends": number(one.get("expiresAt"))}
    return told if mine or here else None


def _list(account: AccountRef, what: str, start: int, found: Sequence[JSONValue]) -> Step:
    url = f"{LINKEDIN.api_of(account.url)}/rest/eventSubscriptions?q=subscriberAndEventType&eventType={EVENT}"
    known = {"found": list(found), "start": start}
    return Step("GET", f"{url}&count={_PAGE}&start={start}", what=what, known=known, headers=_FINDER)


def _put(account: AccountRef, address: str, like: Mapping[str, JSONValue]) -> Step:
    """Make or renew the page's subscription, with the app and the administrator of a known one."""
    kind = BRAND if "/showcase/" in account.url else ORGANIZATION
    parts = {"developerApplication": like["app"], "user": like["user"], "entity": f"{kind}{account.platform_id}"}
    key = ",".join(f"{name}:{quoted(str(urn))}" for name, urn in parts.items())
    url = f"{LINKEDIN.api_of(account.url)}/rest/eventSubscriptions/({key},eventType:{EVENT})"
    return Step("PUT", url, {"webhook": address}, what=_PUT, headers=HEADERS)


_FINDER: Final = (*HEADERS, ("X-RestLi-Method", "FINDER"))
