"""How owners of accounts on Vimeo let the archive read them. Pure. Source: Vimeo's documentation of authentication."""

from __future__ import annotations

from typing import Final

from connectors._vimeo_asks import ACCEPT, ON_VIMEO
from connectors.authorization import CODE, RETURN, Authorization, Scope, SetUp, Trade

SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and make an app.",
        "Enter the return address under Your callback URLs.",
        "Note the client identifier and a client secret.",
    ),
    review="None for reading.",
    cost="None; how often may be asked depends on the account's plan.",
    terms="Vimeo's terms let an app keep what it reads only as long as it needs it, and ask for its deletion when the"
    " account's owner says so. The city's duty to keep public records stands against that. Have the City Attorney write"
    " down on which legal basis the city keeps it, and keep that note with the account.",
    console="https://developer.vimeo.com/apps",
)


def vimeo(url: str) -> Authorization:
    """Of the account at ``url``. Vimeo's tokens last until somebody takes them back."""
    real = ON_VIMEO.api_of(url) == ON_VIMEO.api
    base = ON_VIMEO.api if real else ON_VIMEO.pages_of(url)
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN))
    given = {"access": "/access_token", "scopes": "/scope", "account": "/user/uri"}
    return Authorization(
        page=f"{base}/oauth/authorize",
        scopes=(
            Scope("public", "What everybody sees of the account."),
            Scope("private", "Videos that not everybody sees, and who may see and comment.", needed=False),
        ),
        trades=(Trade(f"{base}/oauth/access_token", code, basic=True, gives=given),),  # type: ignore[arg-type]
        whose=Trade(
            f"{ON_VIMEO.api_of(url)}/me", (("fields", "uri"),), "GET", bearer=True, gives={"account": "/uri"},
            headers=ACCEPT,
        ),
        writing=r"create|edit|delete|interact|upload|purchased|promo_codes|video_files|scim",
        challenge=False,
    )  # fmt: skip
