"""Who lives and works in the practice city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archiver.practice.city import City
from archiver.practice.words import CITY, RESIDENTS

_READERS = 5


@dataclass(frozen=True, slots=True)
class Cast:
    """Ids of people, by platform they are on."""

    city: int
    """The city's main account, on Mastodon."""
    works: int
    """Public works, on Mastodon."""
    news: int
    """The news office, on its own web site with feeds."""
    residents: tuple[int, ...]
    """On Mastodon."""
    readers: tuple[int, ...]
    """Who comments on the web site."""

    def offices(self, home: str) -> tuple[int, ...]:
        """Official accounts on a platform."""
        return (self.news,) if home == "web" else (self.city, self.works)

    def public(self, home: str) -> tuple[int, ...]:
        """Everybody else there."""
        return self.readers if home == "web" else self.residents


def populate_channel(city: City, at: datetime | None = None) -> Cast:
    """The city's channel on YouTube and who comments there: a cast of its own, beside the others or without them."""
    return _alone(city, "youtube", f"{CITY.lower()}_channel", "Council meetings. Invented.", "viewer", at)


def populate_page(city: City, at: datetime | None = None) -> Cast:
    """The city's Page on Facebook and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "facebook", f"{CITY.lower()}page", "Official Page. Invented.", "neighbor", at)


def populate_instagram(city: City, at: datetime | None = None) -> Cast:
    """The city's account on Instagram and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "instagram", f"{CITY.lower()}_photos", "Official account. Invented.", "ig", at)


def populate_threads(city: City, at: datetime | None = None) -> Cast:
    """The city's account on Threads and who replies there: a cast of its own, like that of the channel."""
    return _alone(city, "threads", f"{CITY.lower()}_talks", "Official account. Invented.", "th", at)


def populate_linkedin(city: City, at: datetime | None = None) -> Cast:
    """The city's page on LinkedIn and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "linkedin", f"city-of-{CITY.lower()}", "Official page. Invented.", "li", at)


def populate_reddit(city: City, at: datetime | None = None) -> Cast:
    """The city's account on Reddit, its subreddit, and who writes there: a cast of its own, like that of the
    channel."""
    return _alone(city, "reddit", f"{CITY}_Gov", "Official account. Invented.", "rd", at)


def populate_flickr(city: City, at: datetime | None = None) -> Cast:
    """The city's account on Flickr and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "flickr", f"{CITY.lower()}_views", "Official account. Invented.", "fl", at)


def populate_vimeo(city: City, at: datetime | None = None) -> Cast:
    """The city's account on Vimeo and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "vimeo", f"{CITY.lower()}films", "Official account. Invented.", "vi", at)


def populate_tiktok(city: City, at: datetime | None = None) -> Cast:
    """The city's account on TikTok and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "tiktok", f"{CITY.lower()}.clips", "Official account. Invented.", "tt", at)


def populate_bluesky(city: City, at: datetime | None = None) -> Cast:
    """The city's account on Bluesky and who answers there: a cast of its own, like that of the channel."""
    return _alone(city, "bluesky", f"{CITY.lower()}_sky", "Official account. Invented.", "bs", at)


def populate_nextdoor(city: City, at: datetime | None = None) -> Cast:
    """The city's agency on Nextdoor and who comments there: a cast of its own, like that of the channel."""
    return _alone(city, "nextdoor", f"city-of-{CITY.lower()}-wi", "Official agency. Invented.", "nd", at)


def _alone(city: City, home: str, handle: str, note: str, people: str, at: datetime | None) -> Cast:
    """One account of the city on one platform, and residents whose names there begin with ``people``."""
    main = city.join(handle, f"City of {CITY}", note=note, home=home, official=True, at=at)
    readers = tuple(city.join(f"{people}_{name}", shown, home=home, at=at) for name, shown in RESIDENTS[:_READERS])
    return Cast(main, main, main, readers, readers)


def populate_x(city: City, at: datetime | None = None) -> Cast:
    """Two offices of the city on X and who writes to them there: a cast of its own, like that of the channel."""
    offices = (("x_city", f"City of {CITY}", "Official. Invented."), ("x_works", f"{CITY} Public Works", "Streets."))
    main, works = (city.join(handle, name, note=note, home="x", official=True, at=at) for handle, name, note in offices)
    people = tuple(city.join(f"x_{handle}"[:15], name, home="x", at=at) for handle, name in RESIDENTS[:_READERS])
    return Cast(main, works, main, people, people)


def recall(city: City) -> Cast:
    """The cast of a city that was populated before.

    Raises:
        KeyError: it was not.
    """
    handle = CITY.lower()
    residents = tuple(city.handles[name] for name, _ in RESIDENTS)
    readers = tuple(city.handles[f"reader_{name}"] for name, _ in RESIDENTS[:_READERS])
    return Cast(
        city.handles[handle], city.handles[f"{handle}_works"], city.handles[f"{handle}_news"], residents, readers
    )


def populate(city: City, at: datetime | None = None) -> Cast:
    """Everybody opens an account."""
    handle = CITY.lower()
    main = city.join(handle, f"City of {CITY}", note=f"Official account of {CITY}. Invented.", official=True, at=at)
    works = city.join(f"{handle}_works", f"{CITY} Public Works", note="Streets, water, snow.", official=True, at=at)
    news = city.join(
        f"{handle}_news", f"{CITY} News", note="News of City Hall", home="web", official=True, at=at
    )  # fmt: skip
    residents = tuple(city.join(handle, name, at=at) for handle, name in RESIDENTS)
    readers = tuple(city.join(f"reader_{handle}", name, home="web", at=at) for handle, name in RESIDENTS[:_READERS])
    return Cast(main, works, news, residents, readers)
