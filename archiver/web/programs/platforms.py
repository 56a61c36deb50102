"""What is known of the platforms: whether they were tried, what is seen there, when a version of theirs ends."""

from __future__ import annotations

from datetime import date
from typing import Any

from archiver.accounts.platforms import CAPABILITIES
from archiver.errors import NotFound
from archiver.operations.platform_states import PlatformState, platform_states
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Id, Limit, Page, Text
from archiver.web.programs.description import routes
from connectors.authorization import Versioned

router = routes("platforms")


class Platform(Answer):
    """One platform. ``proven`` false: not yet proven against the live platform; ``proving`` says so, and what came of
    the last trial. ``asks_owners``: owners consent on a page of the platform, with the city's application there; it
    is stored where ``application`` is true. ``api_ends``: last day of the version that is spoken; null: none is
    announced. ``warning``: what to say of that, from ninety days before."""

    platform: str
    title: Text
    connector_version: str
    proven: bool
    proving: Text
    asks_owners: bool
    application: bool
    api_version: str | None
    api_ends: date | None
    warning: Text | None


class Sight(Answer):
    """What of one thing is seen there, in words; null: nothing."""

    of: str
    words: Text | None


class OnePlatform(Platform):
    """One platform, with what is seen there and what is known not to be."""

    sees: list[Sight]
    limits: list[Text]


@router.get("/platforms")
@needs(Action.PLATFORMS_VIEW)
def list_platforms(site: Here, limit: Limit = 50, after: After = None) -> Page[Platform]:
    """All platforms of this installation, by name."""
    place = cursors.read(after, "platforms", str)
    found = [Platform(**_of(one)) for one in platform_states(site.archive)]
    shown = [one for one in found if place is None or one.platform > str(place[0])]
    return cursors.page(shown, limit, lambda one: cursors.write("platforms", one.platform))


@router.get("/platforms/{platform}")
@needs(Action.PLATFORMS_VIEW)
def one_platform(site: Here, platform: Id) -> OnePlatform:
    """One of them."""
    found = next((one for one in platform_states(site.archive) if one.connector.platform == platform), None)
    if found is None:
        raise NotFound("there is no connector for such a platform here")
    capabilities = found.connector.capabilities
    sees = [Sight(of=name, words=getattr(capabilities, name, None)) for _, name in CAPABILITIES]
    return OnePlatform(**_of(found), sees=sees, limits=list(capabilities.limits))


def _of(one: PlatformState) -> dict[str, Any]:
    version = one.connector.api_version if isinstance(one.connector, Versioned) else None
    return {
        "platform": one.connector.platform,
        "title": one.connector.title,
        "connector_version": one.connector.version,
        "proven": one.standing.proven,
        "proving": one.standing.said,
        "asks_owners": one.how is not None,
        "application": one.app is not None,
        "api_version": None if version is None else version.name,
        "api_ends": None if version is None else version.ends,
        "warning": one.ends,
    }
