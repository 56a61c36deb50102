"""How owners of accounts on Mastodon let the archive read them. Pure. Source: Mastodon's documentation of its OAuth
methods; the server makes an application known by itself, so there is nothing to register by hand."""

from __future__ import annotations

from typing import Final

from connectors.authorization import (
    CLIENT,
    CLIENT_SECRET,
    CODE,
    RETURN,
    SCOPES,
    STANDARD,
    VERIFIER,
    Authorization,
    Scope,
    SetUp,
    Trade,
)
from connectors.links import origin, web

SET_UP: Final = SetUp(
    steps=(
        "Nothing: the account's server makes the archive known to itself when the owner is asked for the first time.",
    ),
    review="None.",
    cost="None.",
    terms="Each server has terms of its own. What people wrote to the city is kept although they or the server delete"
    " it: have the City Attorney write down on which legal basis, and keep that note with the account.",
    console="https://joinmastodon.org",
)


def mastodon(url: str) -> Authorization:
    """Of the account at ``url``, on whatever server it is."""
    parts = web(url)
    server = url if parts is None else origin(parts)
    app = (("client_id", CLIENT), ("client_secret", CLIENT_SECRET))
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN), ("code_verifier", VERIFIER))
    return Authorization(
        page=f"{server}/oauth/authorize",
        scopes=(
            Scope("read:accounts", "The account, to see that it is this one."),
            Scope("read:statuses", "Posts to followers and private mentions, and whole threads."),
            Scope("read:notifications", "Who mentioned the account.", needed=False),
            Scope("read:blocks", "Whom the account blocks, and which servers.", needed=False),
            Scope("read:mutes", "Whom the account mutes.", needed=False),
            Scope("read:filters", "Which words and posts it filters.", needed=False),
        ),
        trades=(
            Trade(f"{server}/oauth/token", (*app, *code, ("scope", SCOPES)), gives=STANDARD),
            Trade(f"{server}/api/v1/accounts/verify_credentials", method="GET", bearer=True, gives={"account": "/id"}),
        ),
        writing=r"write(?::.+)?|follow|push|admin(?::.+)?",
        register=Trade(
            f"{server}/api/v1/apps",
            (("client_name", "Records archive"), ("redirect_uris", RETURN), ("scopes", SCOPES)),
            gives={"client": "/client_id", "client_secret": "/client_secret"},
        ),
    )
