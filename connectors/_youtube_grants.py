"""How owners of channels on YouTube let the archive read them. Pure. Source: Google's documentation of OAuth 2.0 for
web servers, and of the permissions of the YouTube Data API."""

from __future__ import annotations

from typing import Final

from connectors._youtube_asks import YOUTUBE
from connectors.authorization import (
    CLIENT,
    CLIENT_SECRET,
    CODE,
    RENEWAL,
    RETURN,
    VERIFIER,
    Authorization,
    Scope,
    SetUp,
    Trade,
)

_AUTH = "https://www.googleapis.com/auth"
SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and make a project.",
        "Switch on the YouTube Data API v3 in it.",
        "Under Google Auth Platform choose the audience Internal where all channels belong to accounts of the city's"
        " own organisation; else External, and publish it: consent that is only in testing ends after seven days.",
        "Make a client of the type Web application, enter the return address as authorised redirect URI, and note its"
        " id and secret.",
    ),
    review="None for an internal app. An external one that asks for this permission is verified by Google first: count"
    " on several weeks.",
    cost="None. The day's quota (10,000 units unless Google grants more) is shared by all channels of the project.",
    terms="YouTube asks for stored data to be refreshed or deleted every thirty days, and says in the same policies"
    " that local law which asks for keeping it is to be followed. Have the City Attorney write down on which legal"
    " basis the city keeps it, and keep that note with the account.",
    console="https://console.cloud.google.com/apis/credentials",
)


def youtube(url: str) -> Authorization:
    """Of the channel at ``url``. A channel of a brand account has to be chosen at Google."""
    api, pages = YOUTUBE.api_of(url), YOUTUBE.pages_of(url)
    real = api == YOUTUBE.api
    token = "https://oauth2.googleapis.com/token" if real else f"{api}/token"
    app = (("client_id", CLIENT), ("client_secret", CLIENT_SECRET))
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN), ("code_verifier", VERIFIER))
    whose = Trade(
        f"{api}/youtube/v3/channels", (("part", "id"), ("mine", "true")), "GET", bearer=True,
        gives={"account": "/items/0/id"},
    )  # fmt: skip
    return Authorization(
        page="https://accounts.google.com/o/oauth2/v2/auth" if real else f"{pages}/o/oauth2/v2/auth",
        scopes=(
            Scope(
                f"{_AUTH}/youtube.force-ssl",
                "Comments that are held for review or taken for spam, and captions, beside what everybody sees.",
                also="comment, and change or delete videos and comments; none that only reads these is offered",
            ),
        ),
        trades=(
            Trade(token, (*app, *code)),
            whose,
        ),
        whose=whose,
        renew=Trade(token, (*app, ("grant_type", "refresh_token"), ("refresh_token", RENEWAL))),
        writing=rf"{_AUTH}/youtube(?:\.upload|partner.*|\.channel-memberships.*)?",
        more=(("access_type", "offline"), ("prompt", "consent")),
    )  # fmt: skip
