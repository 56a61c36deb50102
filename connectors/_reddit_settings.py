"""How a subreddit of the city's is moderated, and whom a user blocks, as records (law R17). Pure.

Source: recorded answers of ``about/moderators``, ``banned``, ``muted``, ``contributors`` and ``rules``, of
``prefs/blocked`` and of pages of the wiki, and Reddit's documentation of its API. AutoModerator's rules are the page
``config/automoderator`` of the wiki.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors._account_asks import with_page
from connectors._account_found import AccountFound, seconds
from connectors._moderation import anew, carried, is_late, listed_before, no_list, not_shown, setting_record
from connectors._reddit_asks import PEOPLE
from connectors._reddit_things import data_of
from connectors.contract import JSONValue, Reading, SeenRecord
from connectors.text import storable
from connectors.values import Json, Unreadable, ident, objects, text, thing

NO_PAGE = frozenset({"PAGE_NOT_FOUND", "PAGE_NOT_CREATED"})
"""Reddit's words for a page of a wiki that nobody has made."""
_RULE = ("kind", "short_name", "description", "violation_reason")


def read_people(found: AccountFound, body: JSONValue) -> Reading:
    """One page of a list of people; all of it is a record once its last page is there."""
    if is_late(found.ask, found.at):
        return Reading(next_page=anew(found.ask, "after", "count"))
    data = data_of(body, "Listing", "UserList")
    found.note("people", data)
    known = listed_before(found.ask)
    for number, one in enumerate(objects(data, "children")):
        found.note("person", one)
        try:
            known.append(json.dumps(_person(found.ask.purpose, one), sort_keys=True))
        except Unreadable as error:
            found.quarantine.append((f"/data/children/{number}", str(error)))
    problem = no_list(known, unread=bool(found.quarantine))
    if problem is not None:
        found.quarantine += [("", problem.detail)] if found.quarantine else []
        return replace(found.reading(), problem=problem)
    return _went_on(found, data.get("after"), known)


def _went_on(found: AccountFound, after: JSONValue, known: Sequence[str]) -> Reading:
    if after is None:
        if found.ask.purpose == "moderators" and not known:
            return replace(found.reading(), problem=not_shown("Reddit"))
        return replace(found.reading(), records=(_everybody(found.ask.purpose, known),))
    if not isinstance(after, str) or not 0 < len(after) <= 100:
        raise Unreadable("a next page without a usable place")
    page = [("after", after), ("count", str(len(known)))]
    following = with_page(found.ask, page, **carried(found.ask, known, found.at))
    return replace(found.reading(), part=True, next_page=following)


def _person(purpose: str, one: Json) -> dict[str, JSONValue]:
    """Somebody in a list. How many days a ban still lasts is another number each day, and nobody's act: kept is
    whether it ends, where Reddit says so."""
    said: dict[str, JSONValue] = {
        "id": ident(one.get("id"), "somebody"),
        "name": _name(one),
        "since": None if one.get("date") is None else seconds(one["date"], "date").isoformat(),
    }
    if purpose == "moderators":
        said["permissions"] = _permissions(one.get("mod_permissions"))
    if purpose == "banned":
        said["note"] = storable(text(one, "note", ""))
        said["for_a_time"] = one["days_left"] is not None if "days_left" in one else None
    return said


def _name(one: Json) -> str:
    """What Reddit calls somebody: of an account that was deleted no name, but words in brackets."""
    name = storable(text(one, "name"))
    if not name:
        raise Unreadable("somebody without a name")
    return name


def _permissions(value: JSONValue) -> list[JSONValue]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unreadable("mod_permissions is not a list of texts")
    return [*sorted(storable(one) for one in value)]


def _everybody(purpose: str, known: Sequence[str]) -> SeenRecord:
    people: list[dict[str, Any]] = [json.loads(one) for one in sorted(set(known))]
    people.sort(key=lambda one: str(one["id"]))
    words = PEOPLE[purpose][1]
    told = ", ".join(_told(one) for one in people) or "nobody"
    return setting_record(purpose, {"people": people}, f"{words}: {told}", f"list of {words}")


def _told(one: Mapping[str, Any]) -> str:
    more = [*one.get("permissions", ()), one.get("note"), "for a time" if one.get("for_a_time") else None]
    said = ", ".join(each for each in more if each)
    return f"{one['name']} ({said})" if said else str(one["name"])


def read_rules(found: AccountFound, body: JSONValue) -> Reading:
    """The subreddit's own rules, in their order. Those of Reddit, which stand beside them, are not the city's."""
    listed = thing(body, "not an object")
    found.note("rules", listed)
    rules = []
    for one in objects(listed, "rules"):
        found.note("rule", one)
        rules.append({name: storable(text(one, name, "")) for name in _RULE})
    told = "\n\n".join(_rule(number, one) for number, one in enumerate(rules, 1)) or "none"
    found.records.append(setting_record("rules", {"rules": rules}, f"rules: {told}", "rules"))
    return found.reading()


def _rule(number: int, one: Mapping[str, str]) -> str:
    return f"{number}. {one['short_name']} ({one['kind']})" + (f"\n{one['description']}" if one["description"] else "")


def read_automoderator(found: AccountFound, body: JSONValue) -> Reading:
    """AutoModerator's rules, as moderators wrote them."""
    data = data_of(body, "wikipage")
    found.note("wikipage", data)
    found.records.append(automoderator(storable(text(data, "content_md"))))
    return found.reading()


def automoderator(written: str | None) -> SeenRecord:
    """AutoModerator's rules; None: there is no such page."""
    told = "AutoModerator: no rules" if written is None else f"AutoModerator:\n{written}".rstrip()
    return setting_record("automoderator", {"text": written}, told, "AutoModerator's rules")


#: Of the subreddit itself, what says who may post and comment, and how.
_COMMUNITY = (
    "subreddit_type",
    "restrict_posting",
    "restrict_commenting",
    "submission_type",
    "allowed_media_in_comments",
    "comment_contribution_settings",
    "should_archive_posts",
)  # fmt: skip


def community(data: Json, place: str) -> list[SeenRecord]:
    """Who may post and comment in a subreddit. What an answer leaves out is not compared."""
    content: dict[str, JSONValue] = {name: _plain(data[name]) for name in _COMMUNITY if name in data}
    told = ", ".join(f"{name} {_shown(value)}" for name, value in content.items())
    made = setting_record("community", content, f"posts and comments: {told}", "setting of the subreddit", place)
    return [made] if content else []


def _plain(value: JSONValue, depth: int = 0) -> JSONValue:
    """The same, fit for an index, with lists in an order of their own."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list) and depth < 3:
        return sorted((_plain(one, depth + 1) for one in value), key=_shown)
    if isinstance(value, dict) and depth < 3:
        return {storable(name): _plain(one, depth + 1) for name, one in sorted(value.items())}
    return value if isinstance(value, bool | int) or value is None else storable(_shown(value))


def _shown(value: JSONValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


_READERS: Mapping[str, Callable[[AccountFound, JSONValue], Reading]] = {
    **dict.fromkeys(PEOPLE, read_people),
    "rules": read_rules,
    "automoderator": read_automoderator,
}


def readers() -> Iterator[tuple[str, Callable[[AccountFound, JSONValue], Reading]]]:
    """What reads which answer."""
    yield from _READERS.items()
