"""Who has a role, as a list of roles tells it: read from the content projection of the settings record that a connector
makes of it (law R17, R71). Pure; a list in a shape that is not known tells of nobody by name, and is never an error.

Facebook gives ids with tasks, LinkedIn URNs with a role and its state, Reddit names with permissions. A connector that
is added may use any of these shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

#: Keys of the settings records that are such lists.
LISTS: Final = ("settings/roles", "settings/moderators")
#: Roles, tasks and permissions with which somebody can give roles to others and take theirs: in lower case.
_ADMINISTERS: Final = frozenset(
    {
        *("administrator", "admin", "owner"),
        "manage",  # Facebook's tasks of a classic Page
        *("profile_plus_full_control", "profile_plus_manage"),  # and of the new kind
        "all",  # Reddit: every permission
    }
)
#: States of a role in which somebody has it, where the platform names a state: LinkedIn also lists who asked for one.
_HOLDS: Final = frozenset({"approved", "active"})
_IN_BRACKETS: Final = re.compile(r"(?P<id>[^()]+) \((?P<roles>[^()]*)\)")


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has a role at the platform."""

    id: str
    """What stays the same there when they take another name."""
    name: str
    """Empty where the platform shows none."""
    roles: tuple[str, ...]
    """In the platform's words, in an order of their own."""
    administers: bool
    """They can give roles to others."""
    since: str | None = None
    """Since when, as the platform says; most say nothing."""

    @property
    def called(self) -> str:
        return self.name or self.id


def holders(content: Mapping[str, Any]) -> tuple[Holder, ...]:
    """Everybody who has a role by a list's content, by id; each once, with all their roles."""
    people = content.get("people")
    found: dict[str, Holder] = {}
    for one in (_holder(each) for each in (people if isinstance(people, list) else ())):
        if one is not None:
            before = found.get(one.id)
            found[one.id] = one if before is None else _both(before, one)
    return tuple(found[one] for one in sorted(found))


def _both(one: Holder, other: Holder) -> Holder:
    roles = tuple(sorted({*one.roles, *other.roles}))
    return Holder(one.id, one.name or other.name, roles, one.administers or other.administers, one.since or other.since)


def _holder(said: Any) -> Holder | None:
    """None: it names nobody, or somebody who has no role now."""
    if isinstance(said, str):
        found = _IN_BRACKETS.fullmatch(said)
        roles = [] if found is None else found["roles"].split(", ")
        return _made(said if found is None else found["id"], "", roles, None) if said else None
    if not isinstance(said, Mapping):
        return None
    state = said.get("state")
    if isinstance(state, str) and state.casefold() not in _HOLDS:
        return None
    identity = next((one for one in (said.get("id"), said.get("person"), said.get("name")) if one), None)
    if not isinstance(identity, str) or not identity:
        return None
    roles = [*_texts(said.get("permissions")), *_texts(said.get("tasks")), *_texts([said.get("role")])]
    name, since = said.get("name"), said.get("since")
    known = name if isinstance(name, str) else ""
    return _made(identity, "" if known == identity else known, roles, since if isinstance(since, str) else None)


def _made(identity: str, name: str, roles: Iterable[str], since: str | None) -> Holder:
    told = tuple(sorted({one for one in roles if one}))
    return Holder(identity, name, told, any(one.casefold() in _ADMINISTERS for one in told), since)


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
