"""Having TikTok send what happens to comments: the archive's address is entered as callback of the app. Pure.

Source: TikTok API for Business, ``POST /business/webhook/update/``, as client libraries repeat its documentation. It
takes the app's id and secret, no token, and takes a second entry for the first one. TikTok then tells of every account
that gave the app ``comment.list``, unless the app was once set up for some videos alone (``item_list``).
"""

from __future__ import annotations

from connectors._tiktok_asks import VERSION
from connectors._tiktok_problems import of_business
from connectors._tiktok_site import BUSINESS
from connectors.authorization import CLIENT, CLIENT_SECRET
from connectors.contract import AccountRef, Answer
from connectors.deliveries import Step
from connectors.values import Json

_EVENT = "COMMENT"


def registering(account: AccountRef, address: str) -> Step:
    """The one question."""
    url = f"{BUSINESS.api_of(account.url)}/open_api/{VERSION}/business/webhook/update/"
    body = {"app_id": CLIENT, "secret": CLIENT_SECRET, "event_type": _EVENT, "callback_url": address}
    return Step("POST", url, body, what="entered", of_app=True)


def registered(address: str, answer: Answer) -> str | None:
    """Why it came to nothing, or None: it is done."""
    problem = of_business(answer)
    if problem is not None:
        return f"TikTok does not enter the address for this app ({problem.detail})"
    body: Json = answer.json
    told = body.get("data")
    if not isinstance(told, dict) or told.get("callback_url", address) != address:
        return "TikTok does not say that it entered the address"
    if told.get("item_list"):
        return (
            "this app was once set up to be told of comments on some videos alone; take that set-up back at TikTok"
            " (business/webhook/delete)"
        )
    return None
