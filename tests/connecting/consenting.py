"""An owner who follows a link, to the platform and back, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from archiver.accounts import apps, connecting, links
from archiver.accounts import service as accounts
from archiver.accounts.identify import asking
from archiver.accounts.links import LinkView, Offer
from archiver.practice.cast import (
    Cast,
    populate_channel,
    populate_flickr,
    populate_instagram,
    populate_linkedin,
    populate_nextdoor,
    populate_page,
    populate_reddit,
    populate_threads,
    populate_tiktok,
    populate_vimeo,
    populate_x,
)
from archiver.practice.city import City
from archiver.practice.consent import Consent
from tests.capture.house import House

#: Platform → who is there, and the application that is used.
PLATFORMS: dict[str, tuple[Callable[..., Cast], str]] = {
    "facebook": (populate_page, "facebook"),
    "instagram": (populate_instagram, "facebook"),
    "threads": (populate_threads, "threads"),
    "x": (populate_x, "x"),
    "youtube": (populate_channel, "youtube"),
    "linkedin": (populate_linkedin, "linkedin"),
    "nextdoor": (populate_nextdoor, "nextdoor"),
    "tiktok": (populate_tiktok, "tiktok"),
    "tiktok_display": (populate_tiktok, "tiktok_display"),
    "reddit": (populate_reddit, "reddit"),
    "vimeo": (populate_vimeo, "vimeo"),
    "flickr": (populate_flickr, "flickr"),
}
BACK = "http://127.0.0.1:8080/connect/return"


@dataclass
class Owner:
    """Whoever looks after an account of the city on one platform, and a link for it."""

    house: House
    platform: str
    cast: Cast
    url: str
    offer: Offer | None = None

    @classmethod
    def of(cls, house: House, platform: str, back: str = BACK) -> Owner:
        """The account, and the city's application at its platform."""
        if platform == "mastodon":
            return cls(house, platform, house.cast, house.server.mastodon.account_url(house.cast.city))
        populate, app = PLATFORMS[platform]
        cast = populate(house.city, house.clock.now() - timedelta(days=1))
        client, secret = house.server.consent.add_client(back)
        house.server.flickr.oauth.clients[client], house.server.flickr.oauth.returns[client] = secret, back
        apps.keep(house.archive, app, client, secret)
        server = house.server.graph if platform == "facebook" else getattr(house.server, platform)
        return cls(house, platform, cast, server.account_url(cast.city))

    @property
    def consent(self) -> Consent:
        return self.house.server.consent

    @property
    def city(self) -> City:
        return self.house.city

    def link(self, **how: object) -> str:
        """A new link: what stands behind the last slash."""
        self.offer = links.offer(self.house.archive, self.url, platform=self.platform, **how)  # type: ignore[arg-type]
        return self.offer.address.rpartition("/")[2]

    def begin(self, token: str) -> connecting.Begun:
        with asking(self.house.archive) as fetcher:
            return connecting.begin(self.house.archive, token, fetcher)

    def agree(self, address: str, person: int | None = None, answer: str = "allow") -> dict[str, str]:
        """What the platform sends the browser back with."""
        asked = dict(parse_qsl(urlsplit(address).query)) | {"person": str(person or self.cast.city), "answer": answer}
        page = httpx.get(address)
        assert page.status_code == 200, page.text
        told = httpx.post(address.partition("?")[0], data=asked)
        assert told.status_code == 302, told.text
        assert told.headers["location"].startswith(BACK)
        return {name: value[0] for name, value in parse_qs(urlsplit(told.headers["location"]).query).items()}

    def finish(self, back: dict[str, str], browser: str) -> LinkView:
        with asking(self.house.archive) as fetcher:
            link = connecting.finish(
                self.house.archive,
                back["state"],
                browser,
                code=back.get("code") or back.get("oauth_verifier"),
                named=back.get("oauth_token"),
                error=back.get("error"),
                fetcher=fetcher,
            )
        return connecting.ended(self.house.archive, link)

    def connect(self, person: int | None = None, **how: object) -> LinkView:
        """The whole way."""
        begun = self.begin(self.link(**how))
        return self.finish(self.agree(begun.address, person), begun.browser)

    @property
    def account(self) -> str:
        """The account's id in the register."""
        with self.house.archive.database.read() as connection:
            (only,) = [one for one in accounts.list_accounts(connection) if one.platform == self.platform]
        return only.id
