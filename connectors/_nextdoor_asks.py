"""The questions put to Nextdoor's Publish API for a public agency, with the token of somebody who looks after it; and
how that person lets the archive ask. Pure.

Source: Nextdoor's developer documentation (*Get authorization code*, *Data types*), its collection of questions for
Postman, and client libraries. There are two that read: which profiles somebody has, and what one of them published,
with what was said under it. Nextdoor is seen by its members alone, and by those of some neighborhoods: nothing says who
sees a post, so all of it is kept as private.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.authorization import (
    CODE,
    RENEWAL,
    RETURN,
    Authorization,
    Chosen,
    Scope,
    SetUp,
    Trade,
)
from connectors.contract import AccessClass, AccountRef, Ask, Claim, JSONValue, Stream, Sweep
from connectors.sites import Site

SITE, SERVER = "https://nextdoor.com", "https://nextdoor.com"
NEXTDOOR: Final = Site(SITE, frozenset({"nextdoor.com", "www.nextdoor.com", "us.nextdoor.com"}), SERVER, "/nextdoor")
_AGENCY = re.compile(r"/(?P<named>agency-detail/[a-z]{2}/[\w%-]{1,60}/[\w%.-]{1,100})/?", re.IGNORECASE)
PERSON: Final = re.compile(r"/(?:profile|neighborhood|news_feed|p)(?:/.*)?")
"""What belongs to a person, or to the people of a neighborhood."""
_PARTNER = "/external/api/partner/v1"
_KNOWN = ("site", "server", "account", "handle")


def claimed(platform: str, url: str) -> Claim | None:
    """``https://nextdoor.com/agency-detail/STATE/CITY/NAME``; on another host the same under ``/nextdoor``, which may
    be a test peer."""
    address = NEXTDOOR.address(url)
    match = None if address is None else _AGENCY.fullmatch(address.path)
    return None if address is None or match is None else address.claim(platform, match["named"].lower())


def named_in(address: str) -> str | None:
    """What an agency's address names it by; None where it is none."""
    claim = claimed("nextdoor", address)
    return None if claim is None else claim.handle


@dataclass(frozen=True, slots=True)
class Asks:
    """Builds the asks for one agency. What it knows travels in the context of every ask."""

    site: str
    server: str
    account: str
    """Number of the agency."""
    handle: str

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None) -> Asks:
        """For a sweep of an account."""
        site = account.url.removesuffix(f"/{account.handle}")
        return cls(site, NEXTDOOR.api_of(account.url), account.platform_id, account.handle)

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        return cls(*(str(ask.context.get(one, "")) for one in _KNOWN))

    def identify(self, name: str) -> Ask:
        """Whether one of the profiles of the token's owner is of the agency that was named."""
        return self._ask("me/profiles", "identify", Stream.PROFILE, context={"name": name})

    def profiles(self) -> Ask:
        """What the agency says of itself, and by which profile its posts are asked for."""
        return self._ask("me/profiles", "profiles", Stream.PROFILE)

    def posts(self, profile: str) -> Ask:
        """What a profile published, with what was said under it."""
        asked = (("secure_profile_id", profile),)
        return self._ask("post/", "posts", Stream.POSTS, asked, listing="posts")

    def _ask(
        self, path: str, purpose: str, stream: Stream, asked: tuple[tuple[str, str], ...] = (), *,
        listing: str | None = None, context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:  # fmt: skip
        return Ask(
            url=f"{self.server}{_PARTNER}/{path}",
            stream=stream,
            purpose=purpose,
            parameters=asked,
            headers=(("Accept", "application/json"),),
            access=AccessClass.PRIVATE,
            authorise="required",
            listing=listing,
            context={**{name: getattr(self, name) for name in _KNOWN}, **(context or {})},
        )


# The owner's consent.

SET_UP: Final = SetUp(
    steps=(
        "Ask Nextdoor for access to its Publish API with the form on its pages for developers, in the name of the city,"
        " and give the return address.",
        "Say that nothing is to be published: only posts of the city's agency and the comments on them are read.",
        "Note the client id and the client secret that Nextdoor sends.",
    ),
    review="Nextdoor decides case by case and approves few: count on weeks, and on a refusal. Until then, and where it"
    " refuses, have staff keep posts and comments by hand and deposit them: `archiver deposit FILE --about account`.",
    cost="Not published.",
    terms="Nextdoor's terms forbid to copy what its members write by any means but its interfaces, and say nothing of"
    " public records. Have the City Attorney write down on which legal basis the city keeps it, and keep that note with"
    " the account.",
    console="https://developer.nextdoor.com/reference/applying-for-access",
)


def authorization(url: str) -> Authorization:
    """Of the agency at ``url``. Whoever signs in must look after it."""
    api, live = NEXTDOOR.api_of(url), NEXTDOOR.pages_of(url) == SITE
    pages = "https://www.nextdoor.com" if live else NEXTDOOR.pages_of(url)
    token = "https://auth.nextdoor.com/v2/token" if live else f"{pages}/v2/token"
    code = (("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", RETURN))
    return Authorization(
        page=f"{pages}/v3/authorize/",
        scopes=(
            Scope("openid", "Nextdoor wants it asked for together with anything else."),
            Scope("profile:read", "Which agency you look after. Nextdoor then also tells your own profile there."),
            Scope("post:read", "Posts of the agency, and the comments on them."),
        ),
        trades=(
            Trade(token, code, basic=True),
            Trade(
                f"{api}{_PARTNER}/me/profiles", method="GET", bearer=True, gives={"account": "/agency_id"},
                chosen=Chosen("/profile_list", ("/agency_id",), written="%s"),
            ),
        ),
        renew=Trade(token, (("grant_type", "refresh_token"), ("refresh_token", RENEWAL)), basic=True),
        writing=r".+:write|publish_api",
        challenge=False,
    )  # fmt: skip
