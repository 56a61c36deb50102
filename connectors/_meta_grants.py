"""How owners of accounts on Facebook, Instagram and Threads let the archive read them. Pure.

Source: Meta's documentation of Facebook Login, of Page access tokens, of ``debug_token`` and of the Threads API. An
owner of several Pages chooses some of them at Facebook; the token that is kept is that of the one Page which is the
account, or to which the account on Instagram is linked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from connectors._facebook_asks import FACEBOOK
from connectors._graph_server import VERSION
from connectors._instagram_asks import INSTAGRAM
from connectors._threads_asks import THREADS
from connectors.authorization import (
    ACCESS,
    CLIENT,
    CLIENT_SECRET,
    CODE,
    RETURN,
    Authorization,
    Chosen,
    Gives,
    Scope,
    SetUp,
    Trade,
)

_WRITING = (
    r"publish_\w+|pages_(?:manage_\w+|messaging\w*)|instagram_(?:content_publish|manage_\w+|shopping\w*)|ads_management"
    r"|catalog_management|business_management|threads_(?:content_publish|delete|manage_(?!insights)\w+|share\w*)"
)
_TERMS = (
    "Meta's terms let stored data be kept only as long as it is needed for what the app is for, and ask for its"
    " deletion when a person or Meta says so. The city's duty to keep public records stands against that. Have the City"
    " Attorney write down on which legal basis the city keeps it, and keep that note with the account."
)
_CONSOLE = "https://developers.facebook.com/apps"
_SHOW = Scope("pages_show_list", "Which Pages you look after, so that this one is found among them.")
_ENGAGEMENT = Scope("pages_read_engagement", "What the Page publishes, and the reactions to it.")
_METADATA = "pages_manage_metadata"


def facebook(url: str) -> Authorization:
    """Of the Page at ``url``."""
    entry = Chosen("/data", ("/id", "/username"))
    return _login(
        FACEBOOK.api_of(url), "id,username,name,access_token", entry, "/id",
        (
            _SHOW, _ENGAGEMENT,
            Scope("pages_read_user_content", "What people write on the Page: comments, posts by visitors, reviews."),
            Scope("pages_messaging", "Messages between people and the Page.", needed=False,
                  also="send messages in the Page's name"),
            Scope(_METADATA, "Settings of the Page that decide what people may write; and being told at once of what"
                  " happens there.", needed=False, also="change these settings"),
        ),
    )  # fmt: skip


def instagram(url: str) -> Authorization:
    """Of the account on Instagram at ``url``, through the Page it is linked to."""
    linked = "/instagram_business_account"
    entry = Chosen("/data", (f"{linked}/id", f"{linked}/username"))
    fields = "id,name,access_token,instagram_business_account{id,username}"
    return _login(
        INSTAGRAM.api_of(url), fields, entry, f"{linked}/id",
        (
            _SHOW, _ENGAGEMENT,
            Scope("instagram_basic", "The account, and what it publishes."),
            Scope("instagram_manage_comments", "What people write under it, and what of it is hidden.",
                  also="hide, delete and answer comments"),
            Scope("instagram_manage_messages", "Messages between people and the account.", needed=False,
                  also="send messages in the account's name"),
        ),
    )  # fmt: skip


def _login(api: str, fields: str, chosen: Chosen, account: str, scopes: tuple[Scope, ...]) -> Authorization:
    graph, pages = f"{api}/{VERSION}", FACEBOOK.home if api == FACEBOOK.api else f"{api}{FACEBOOK.peer}"
    app = (("client_id", CLIENT), ("client_secret", CLIENT_SECRET))
    longer = (("grant_type", "fb_exchange_token"), *app, ("fb_exchange_token", ACCESS))
    looked_at = (("input_token", ACCESS), ("access_token", f"{CLIENT}|{CLIENT_SECRET}"))
    return Authorization(
        page=f"{pages}/{VERSION}/dialog/oauth",
        scopes=scopes,
        trades=(
            Trade(f"{graph}/oauth/access_token", (*app, ("redirect_uri", RETURN), ("code", CODE)),
                  gives={"access": "/access_token"}),
            Trade(f"{graph}/oauth/access_token", longer, "GET", gives={"access": "/access_token"}),
            Trade(f"{graph}/me/permissions", method="GET", bearer=True, gives={"scopes": "/data"}),
            Trade(f"{graph}/me/accounts", (("fields", fields), ("limit", "200")), "GET", bearer=True,
                  gives={"access": "/access_token", "account": account}, chosen=chosen),
            Trade(f"{graph}/debug_token", looked_at, "GET",
                  gives={"ends": "/data/expires_at", "consent_ends": "/data/data_access_expires_at"}),
        ),
        writing=_WRITING,
        separator=",",
        challenge=False,
        app="facebook",
    )  # fmt: skip


def threads(url: str) -> Authorization:
    """Of the account on Threads at ``url``."""
    server = THREADS.api_of(url)
    app = (("client_id", CLIENT), ("client_secret", CLIENT_SECRET))
    code = (*app, ("grant_type", "authorization_code"), ("redirect_uri", RETURN), ("code", CODE))
    longer = (("grant_type", "th_exchange_token"), ("client_secret", CLIENT_SECRET), ("access_token", ACCESS))
    lasting: Mapping[Gives, str] = {"access": "/access_token", "lasts": "/expires_in"}
    return Authorization(
        page=f"{THREADS.pages_of(url)}/oauth/authorize",
        scopes=(
            Scope("threads_basic", "The account, and what it publishes."),
            Scope("threads_read_replies", "What people answer, and what of it is hidden."),
            Scope("threads_manage_mentions", "Posts of other people that name the account.", needed=False,
                  also="answer posts that name the account"),
        ),
        trades=(
            Trade(f"{server}/oauth/access_token", code, gives={"access": "/access_token"}),
            Trade(f"{server}/access_token", longer, "GET", gives=lasting),
            Trade(f"{server}/v1.0/me", (("fields", "id"),), "GET", bearer=True, gives={"account": "/id"}),
            # Documented for testers of the app, who are whom most cities connect.
            Trade(f"{server}/v1.0/debug_token", (("access_token", ACCESS), ("input_token", ACCESS)), "GET",
                  gives={"scopes": "/data/scopes"}, optional=True),
        ),
        renew=Trade(f"{server}/refresh_access_token", (("grant_type", "th_refresh_token"), ("access_token", ACCESS)),
                    "GET", gives=lasting),
        writing=_WRITING,
        separator=",",
        challenge=False,
        token_age=timedelta(days=1),
    )  # fmt: skip


_REGISTER = (
    "Sign in at the console with an account that belongs to the city, and add the city's business to it.",
    "Make an app of the type Business, in the city's business. Note its id and its secret.",
)
FACEBOOK_SET_UP: Final = SetUp(
    steps=(
        *_REGISTER,
        "Add the product Facebook Login for Business, and enter the return address under Valid OAuth Redirect URIs.",
        "Let whoever looks after a Page have a role in the app (tester is enough), or ask for Advanced Access to the"
        " permissions below, for Pages that belong to others.",
    ),
    review="None for Pages whose people have a role in the app. Advanced Access needs Business Verification and App"
    " Review: count on several weeks.",
    cost="None.",
    terms=_TERMS,
    console=_CONSOLE,
)
INSTAGRAM_SET_UP: Final = SetUp(
    steps=(
        "The same app as for Facebook is used: see there.",
        "Add the product Instagram, with Facebook Login.",
        "The account on Instagram must be a professional one, and linked to a Page on Facebook.",
    ),
    review=FACEBOOK_SET_UP.review,
    cost="None.",
    terms=_TERMS,
    console=_CONSOLE,
)
THREADS_SET_UP: Final = SetUp(
    steps=(
        *_REGISTER,
        "Add the use case Access the Threads API with the permissions below, and enter the return address as redirect"
        " callback. Threads has an app id and a secret of its own: these are the ones to store.",
        "Add the account as a tester of the app, and accept that in its settings; or ask for Advanced Access.",
    ),
    review="None for accounts that are testers of the app; else App Review: count on several weeks.",
    cost="None.",
    terms=_TERMS + " Threads also wants posts to be shown only to whoever wrote them, which a portal for the public"
    " would not do.",
    console=_CONSOLE,
)
