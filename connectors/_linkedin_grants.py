"""How administrators of pages on LinkedIn let the archive read them. Pure. Source: Microsoft's documentation of the
authorization code flow, of programmatic refresh tokens and of organization access control."""

from __future__ import annotations

from typing import Final

from connectors._linkedin_asks import HEADERS, LINKEDIN, ORGANIZATION
from connectors.authorization import (
    CLIENT,
    CLIENT_SECRET,
    CODE,
    RENEWAL,
    RETURN,
    Authorization,
    Chosen,
    Gives,
    Scope,
    SetUp,
    Trade,
)

SET_UP: Final = SetUp(
    steps=(
        "Sign in at the console with an account that belongs to the city, and make an app for the city's page; an"
        " administrator of the page has to verify it.",
        "Ask for the product Community Management API, and enter the return address under OAuth 2.0 settings. The"
        " scopes listed there must include r_organization_social, r_organization_social_feed and rw_organization_admin:"
        " without the second one, comments and reactions are not given out.",
        "Note the client id and the primary client secret.",
    ),
    review="LinkedIn vets who asks for the Community Management API, in two steps: count on several weeks.",
    cost="None.",
    terms="LinkedIn lets what its members write be stored for a day or two only. The city's duty to keep public records"
    " stands against that. Have the City Attorney write down on which legal basis the city keeps it, and keep that note"
    " with the account.",
    console="https://www.linkedin.com/developers/apps",
)


def linkedin(url: str) -> Authorization:
    """Of the page at ``url``. Whoever signs in must be an administrator of it.

    LinkedIn's pages *Comments API* and *Social Metadata API* name ``r_organization_social_feed`` since those of August
    2025; before that they named ``r_organization_social``, as *Posts API* still does. Both are asked for, so a grant
    of before, which has the one alone, has lost a permission until its owner connects the page again.
    """
    api, pages = LINKEDIN.api_of(url), LINKEDIN.pages_of(url)
    token = f"{pages}/oauth/v2/accessToken"
    app = (("client_id", CLIENT), ("client_secret", CLIENT_SECRET))
    given: dict[Gives, str] = {
        "access": "/access_token", "renewal": "/refresh_token", "lasts": "/expires_in", "scopes": "/scope",
        "consent_lasts": "/refresh_token_expires_in",
    }  # fmt: skip
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN))
    roles = (("q", "roleAssignee"), ("role", "ADMINISTRATOR"), ("state", "APPROVED"), ("count", "100"))
    return Authorization(
        page=f"{pages}/oauth/v2/authorization",
        scopes=(
            Scope("r_organization_social", "What the page publishes."),
            Scope(
                "r_organization_social_feed",
                "What people write under it, how many react, and whether posts take comments.",
            ),
            Scope(
                "rw_organization_admin", "Which pages you administer, and what the page says of itself.",
                also="change the page's description; none that only reads it is offered",
            ),
        ),
        trades=(
            Trade(token, (*app, *code), gives=given),
            Trade(
                f"{api}/rest/organizationAcls", roles, "GET", bearer=True, headers=HEADERS, gives={},
                chosen=Chosen("/elements", ("/organization",), written=f"{ORGANIZATION}%s"),
            ),
        ),
        renew=Trade(token, (*app, ("grant_type", "refresh_token"), ("refresh_token", RENEWAL)), gives=given),
        writing=r"w_\w+|rw_(?!organization_admin)\w+",
        challenge=False,
    )  # fmt: skip
