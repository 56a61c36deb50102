"""A Facebook Page itself, and what it has set: profile and settings as records. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from connectors._facebook_records import Place
from connectors._graph_values import file_name, ident, text
from connectors._moderation import list_record
from connectors._moderation import setting_record as one_setting
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, number, part, thing

_WORDS = (
    "about", "description", "category", "website", "phone", "single_line_address", "general_info", "mission",
    "founded", "impressum",
)  # fmt: skip
_LISTS = {"blocked": "blocked", "roles": "roles"}
"""Lists of people, each of which is one record, and what stands in it."""
_COUNTS = {"likes": "fan_count", "followers": "followers_count", "ratings": "rating_count"}


def page_facts(value: JSONValue, site: str) -> AccountFacts:
    """What Facebook says the Page is.

    Raises:
        Unreadable: not a Page.
    """
    page = thing(value, "not a Page")
    identity = ident(page.get("id"), "a Page")
    name = tidy(text(page, "name") or "")
    if not name:
        raise Unreadable("a Page without a name")
    handle = storable(text(page, "username") or "") or name
    return AccountFacts(identity, handle, name, f"{site}/{identity}")


def page_record(value: JSONValue, place: Place) -> SeenRecord:
    """The Page as a profile.

    Raises:
        Unreadable: not a Page.
    """
    page = thing(value, "not a Page")
    facts = page_facts(page, place.site)
    content: dict[str, JSONValue] = {"name": facts.name}
    if text(page, "username") is not None:
        content["username"] = facts.handle
    content |= {name: tidy(found) for name in _WORDS if (found := text(page, name)) is not None}
    if "emails" in page:
        content["emails"] = _texts(page["emails"])
    lines = (facts.name, content.get("about"), content.get("description"), content.get("general_info"))
    counts = {name: number(page.get(field)) for name, field in _COUNTS.items()}
    return SeenRecord(
        key=f"page/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place.pointer,
        content=content,
        text="\n\n".join(line for line in lines if isinstance(line, str) and line),
        author=Author(facts.platform_id, facts.name, facts.handle, facts.url),
        url=facts.url,
        counts={name: count for name, count in counts.items() if count is not None},
        media=tuple(_pictures(page)),
        word="Page",
    )


def _texts(value: JSONValue) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unreadable("emails is not a list of texts")
    return [tidy(one) for one in value]


def _pictures(page: Json) -> Iterator[MediaRef]:
    shown = {"picture": part(part(page, "picture"), "data").get("url"), "cover": part(page, "cover").get("source")}
    for what, address in shown.items():
        name = file_name(address)
        if name is not None:
            yield MediaRef(f"{what}/{name}", str(address), "image")


def setting_record(value: JSONValue, place: Place) -> SeenRecord:
    """One setting of the Page.

    Raises:
        Unreadable: it has no name of its own, or no value: one that is left out is not one that was emptied.
    """
    setting = thing(value, "not a setting")
    name = ident(setting.get("setting"), "a setting")
    if "value" not in setting or name in _LISTS:
        raise Unreadable("a setting without its value, or of the name of a list")
    found = setting["value"]
    told = storable(found) if isinstance(found, str) else json.dumps(found, sort_keys=True)
    return one_setting(name, {"value": told}, f"{name}: {told}", "Page setting", place.pointer)


def person_of(value: JSONValue, *, has_role: bool) -> str:
    """Somebody who is blocked, or has a role: the id, with what the role allows.

    Raises:
        Unreadable: it names nobody, or it leaves out which role.
    """
    person = thing(value, "nobody")
    identity, tasks = ident(person.get("id"), "a person"), person.get("tasks", [])
    if not isinstance(tasks, list) or not all(isinstance(one, str) for one in tasks):
        raise Unreadable("tasks is not a list of texts")
    role = text(person, "role")
    if has_role and role is None and "tasks" not in person:
        raise Unreadable("somebody without a role")
    may = sorted(storable(one) for one in (*tasks, *([role] if role else ())))
    return f"{identity} ({', '.join(may)})" if may else identity


def people_record(edge: str, people: Sequence[str], place: Place) -> SeenRecord:
    """Who is blocked, or who has a role on the Page, all together: their ids, since names change."""
    return list_record(edge, _LISTS[edge], people, place=place.pointer)
