"""How owners of accounts on X let the archive read them. Pure. Source: X's documentation of OAuth 2.0 with PKCE."""

from __future__ import annotations

from typing import Final

from connectors._x_asks import ON_X
from connectors.authorization import CLIENT, CODE, RENEWAL, RETURN, VERIFIER, Authorization, Scope, SetUp, Trade

SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and make a project and an app in it.",
        "Under User authentication settings choose Web App (a confidential client), permission Read (or Read and Direct"
        " Message, for messages), and enter the return address as Callback URI.",
        "Note the OAuth 2.0 client id and client secret; not the API key.",
        "Choose a plan that covers what is read. X counts every post that it returns.",
    ),
    review="X asks what the data is for. A government is to say so, and to apply for an Enterprise plan.",
    cost="By the post and message read; see the plan. The monthly allowance is shared by all accounts of the app.",
    terms="X asks whoever stores posts to delete them when they are deleted on X. The city's duty to keep public"
    " records stands against that, and X excepts what the law forbids to delete, with its written permission. Have the"
    " City Attorney write down on which legal basis the city keeps it, and keep that note with the account.",
    console="https://console.x.com",
)


def x(url: str) -> Authorization:
    """Of the account at ``url``."""
    api = ON_X.api_of(url)
    token = f"{api}/2/oauth2/token"
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN), ("code_verifier", VERIFIER))
    return Authorization(
        page=f"{ON_X.pages_of(url)}/i/oauth2/authorize",
        scopes=(
            Scope("tweet.read", "Posts, what people answer, and mentions."),
            Scope("users.read", "Names and profiles of the account and of who answers."),
            Scope("offline.access", "To go on after two hours without asking you again."),
            Scope("block.read", "Whom the account blocks.", needed=False),
            Scope("mute.read", "Whom the account mutes.", needed=False),
            Scope("dm.read", "Direct messages of the account, of the last thirty days.", needed=False),
        ),
        trades=(
            Trade(token, (*code, ("client_id", CLIENT)), basic=True),
            Trade(f"{api}/2/users/me", method="GET", bearer=True, gives={"account": "/data/id"}),
        ),
        renew=Trade(
            token, (("grant_type", "refresh_token"), ("refresh_token", RENEWAL), ("client_id", CLIENT)), basic=True
        ),
        writing=r".+\.write|media\.write|.+\.moderate.*",
    )
