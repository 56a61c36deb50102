"""How owners of accounts on TikTok let the archive read them. Pure. Source: TikTok for Developers (*Login Kit*, *Manage
user access tokens*, of November 2026); of the Accounts API its documentation as client libraries repeat it."""

from __future__ import annotations

from typing import Final

from connectors._tiktok_asks import VERSION
from connectors._tiktok_site import BUSINESS, DISPLAY
from connectors.authorization import (
    CLIENT,
    CLIENT_SECRET,
    CODE,
    RENEWAL,
    RETURN,
    Authorization,
    Gives,
    Scope,
    SetUp,
    Trade,
)

_TERMS = (
    "TikTok asks whoever stores what it returns to delete it when it is deleted on TikTok, or when access ends. The"
    " city's duty to keep public records stands against that. Have the City Attorney write down on which legal basis"
    " the city keeps it, and keep that note with the account. Rules of a government may also forbid TikTok on its"
    " devices: the archive needs no app of TikTok and asks its servers alone, but whoever connects the account signs in"
    " there. Ask the City Attorney first whether such a rule stands against that."
)
SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and register as a developer for it.",
        "Make an app, and under its permissions take TikTok Accounts: only what begins with Get, for the account user,"
        " its media and its comments. Whoever takes the whole group also takes the right to publish and to delete.",
        "Enter the return address under TikTok account holder redirect URLs.",
        "Note the app id and the secret.",
        "The account must be a business account: its owner changes that in TikTok's app, under Account.",
    ),
    review="TikTok reviews the developer and the app: count on a few days to several weeks.",
    cost="None.",
    terms=_TERMS,
    console="https://business-api.tiktok.com/portal",
)
DISPLAY_SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and make an app of the kind Web.",
        "Add the products Login Kit and Display API, with the scopes user.info.basic, user.info.profile,"
        " user.info.stats and video.list.",
        "Enter the return address as redirect URI.",
        "Note the client key and the client secret.",
    ),
    review="TikTok reviews the app, with a film of how it is used: count on a few weeks.",
    cost="None.",
    terms=_TERMS,
    console="https://developers.tiktok.com/apps",
)


def business(url: str) -> Authorization:
    """Of the account at ``url``, through the Accounts API."""
    api = f"{BUSINESS.api_of(url)}/open_api/{VERSION}/tt_user/oauth2"
    app = (("client_id", CLIENT), ("client_secret", CLIENT_SECRET))
    gives = _gives("/data", "refresh_token_expires_in")
    code = (("grant_type", "authorization_code"), ("auth_code", CODE), ("redirect_uri", RETURN))
    again = (("grant_type", "refresh_token"), ("refresh_token", RENEWAL))
    return Authorization(
        page=f"{BUSINESS.pages_of(url)}/v2/auth/authorize",
        scopes=(
            Scope("user.info.basic", "Name and picture of the account."),
            Scope("user.info.username", "The account's name on TikTok, to be sure that it is the one that is meant."),
            Scope("user.info.stats", "How many videos and followers the account has."),
            Scope("video.list", "The account's videos, with what is written to them."),
            Scope("video.insights", "How many comments each video has: so new ones are noticed."),
            Scope("comment.list", "Comments on the videos and replies to them, hidden ones too."),
            Scope("user.info.profile", "What the account says of itself.", needed=False),
        ),
        trades=(Trade(f"{api}/token/", (*app, *code), json=True, gives=gives),),
        renew=Trade(f"{api}/refresh_token/", (*app, *again), json=True, gives=gives),
        writing=r".+\.(?:manage|publish|upload)|message\..+",
        separator=",",
        challenge=False,
        client="client_key",
    )


def display(url: str) -> Authorization:
    """Of the account at ``url``, through the Display API."""
    token = f"{DISPLAY.api_of(url)}/v2/oauth/token/"
    app = (("client_key", CLIENT), ("client_secret", CLIENT_SECRET))
    gives = _gives("", "refresh_expires_in")
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN))
    return Authorization(
        page=f"{DISPLAY.pages_of(url)}/v2/auth/authorize/",
        scopes=(
            Scope("user.info.basic", "Name and picture of the account."),
            Scope("user.info.profile", "The account's name on TikTok, and what it says of itself."),
            Scope("user.info.stats", "How many videos and followers the account has."),
            Scope("video.list", "The account's public videos, with what is written to them."),
        ),
        trades=(Trade(token, (*app, *code), gives=gives),),
        renew=Trade(token, (*app, ("grant_type", "refresh_token"), ("refresh_token", RENEWAL)), gives=gives),
        writing=r".+\.(?:publish|upload)",
        separator=",",
        challenge=False,
        client="client_key",
    )


def _gives(inside: str, consent: str) -> dict[Gives, str]:
    """Where an answer has what, ``inside`` a part of it. A renewal token is another one each time, and the old one then
    no longer counts."""
    return {
        "access": f"{inside}/access_token", "renewal": f"{inside}/refresh_token", "lasts": f"{inside}/expires_in",
        "scopes": f"{inside}/scope", "account": f"{inside}/open_id", "consent_lasts": f"{inside}/{consent}",
    }  # fmt: skip
