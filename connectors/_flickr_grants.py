"""How owners of accounts on Flickr let the archive read them: OAuth 1.0a (RFC 5849). Pure. Source: Flickr's
documentation *Using OAuth with Flickr*, and the description of ``flickr.auth.oauth.checkToken``."""

from __future__ import annotations

from typing import Final

from connectors._flickr_asks import ON_FLICKR
from connectors.authorization import Authorization, Scope, SetUp, Trade

SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and ask for a key; the city is no business"
        " that sells something with it, so ask for a non-commercial one.",
        "Note the key, which is the application's id, and its secret.",
        "Under Edit auth flow choose Web Application and enter the return address as callback URL.",
    ),
    review="None for a non-commercial key.",
    cost="None.",
    terms="Flickr's API terms ask that photos be kept no longer than they are needed, and taken out when their owner"
    " says so. The city's duty to keep public records stands against that. Have the City Attorney write down on which"
    " legal basis the city keeps it, and keep that note with the account.",
    console="https://www.flickr.com/services/apps/create/",
)


def flickr(url: str) -> Authorization:
    """Of the account at ``url``. Flickr's tokens last until somebody takes them back."""
    site, api = ON_FLICKR.pages_of(url), ON_FLICKR.api_of(url)
    oauth = f"{site}/services/oauth"
    asked = (("method", "flickr.auth.oauth.checkToken"), ("format", "json"), ("nojsoncallback", "1"))
    whose = Trade(
        f"{api}/services/rest/", asked, "GET", signed=True,
        gives={"scopes": "/oauth/perms/_content", "account": "/oauth/user/nsid"},
    )  # fmt: skip
    return Authorization(
        page=f"{oauth}/authorize",
        scopes=(
            Scope("read", "Photos that only you, or your friends and family, see, with what is said under them."),
        ),
        temporary=Trade(f"{oauth}/request_token", method="GET", signed=True, written=True),
        trades=(
            Trade(
                f"{oauth}/access_token", method="GET", signed=True, written=True,
                gives={"access": "/credential", "account": "/user_nsid"},
            ),
            whose,
        ),
        whose=whose,
        writing=r"write|delete",
        more=(("perms", "read"),),
        challenge=False,
    )  # fmt: skip
