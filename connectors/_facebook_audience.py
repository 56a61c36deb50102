"""Whom Facebook shows a post or comment, as far as an answer says so. Pure.

A post may be shown to some people only: ``targeting`` limits who can see it at all (by country, region, city, language,
age …). ``feed_targeting`` is not asked here: it says whose feeds it comes up in first, and everybody can see it still.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from connectors.contract import JSONValue
from connectors.text import storable
from connectors.values import Json

TARGETING = "targeting"
_EVERYBODY = "EVERYONE"
_NOBODY_LEFT_OUT: tuple[JSONValue, ...] = (None, {}, [])
"""Values of ``targeting`` that limit nothing."""
_PLAIN = ("age_max", "age_min", "countries", "country_groups", "excluded_countries", "genders", "locales")
_PLACES = ("cities", "countries", "country_groups", "geo_markets", "regions", "zips")
_INSIDE = ("excluded_geo_locations", "geo_locations")


def everybody_sees_post(post: Json, unasked: Collection[str] = ()) -> bool:
    """Whether the answer says of a post that everybody sees it. What it does not say is not assumed.

    Args:
        unasked: fields that were left out because Facebook refused them. While nobody can be asked whom a post is
            limited to, none is known to be for everybody.
    """
    hidden = post.get("is_hidden") is not False or post.get("timeline_visibility") == "hidden"
    privacy = post.get("privacy")
    audience = privacy.get("value") if isinstance(privacy, dict) else None
    published = post.get("is_published") is True and post.get("is_expired") is not True
    limited = TARGETING in unasked or post.get(TARGETING) not in _NOBODY_LEFT_OUT
    return published and not hidden and audience == _EVERYBODY and not limited


def everybody_sees_comment(comment: Json) -> bool:
    """The same of a comment under a post that everybody sees. What is under a hidden comment is hidden with it."""
    parent = comment.get("parent")
    above = [parent] if isinstance(parent, dict) else []
    return all(one.get("is_hidden") is False and one.get("is_private") is not True for one in [comment, *above])


def limits_of(targeting: JSONValue) -> list[str]:
    """Whom a post is limited to, as it is compared: what the City chose, by the keys of places, without names and
    without whatever Facebook may add one day. Empty where nothing of it is understood."""
    if not isinstance(targeting, dict):
        return []
    found = {line for name in (*_PLAIN, "cities", "regions") for line in _lines(name, targeting.get(name))}
    for name in _INSIDE:
        inside = targeting.get(name)
        places = inside if isinstance(inside, dict) else {}
        found |= {line for one in _PLACES for line in _lines(f"{name}.{one}", places.get(one))}
    return sorted(found)


def _lines(name: str, value: JSONValue) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        told = one.get("key", one.get("id")) if isinstance(one, dict) else one
        if isinstance(told, str | int) and not isinstance(told, bool) and told != "":
            yield f"{name}: {storable(str(told))}"
