"""Who has which role on a page of LinkedIn, as a record (law R17). Pure.

Source: Microsoft Learn, *Organization Access Control by Role* (the ``organization`` finder). People have a URN there,
and no name; it is made for one app, so the same person has another one for another app.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from connectors._linkedin_asks import PAGE, start_of, with_start
from connectors._linkedin_found import Found, entries_of
from connectors._moderation import anew, carried, is_late, listed_before, no_list, not_shown, setting_record
from connectors.contract import JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.text import storable
from connectors.values import Json, Unreadable, number, part, text, thing


def read_roles(found: Found, body: Json) -> Reading:
    """One page of the list; all of it is a record once its last page is there."""
    if is_late(found.ask, found.at):
        return Reading(next_page=anew(found.ask, "start"))
    entries, known = entries_of(found, body), listed_before(found.ask)
    for place, value in enumerate(entries):
        found.note("role", value)
        try:
            known.append(_role(found, thing(value, "not a role")))
        except Unreadable as error:
            found.quarantine.append((f"/elements/{place}", str(error)))
    problem = no_list(known, unread=bool(found.quarantine))
    if problem is not None:
        found.quarantine += [("", problem.detail)] if found.quarantine else []
        return replace(found.reading(), problem=problem)
    if _goes_on(body, len(entries)):
        following = with_start(found.ask, start_of(found.ask) + len(entries), **carried(found.ask, known, found.at))
        return replace(found.reading(), part=True, next_page=following)
    total = number(part(body, "paging").get("total"))
    if total is not None and len(known) < total:  # a page of nothing, or one of which something is held back
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, _FEWER))
    if not known:
        return replace(found.reading(), problem=not_shown("LinkedIn"))
    return replace(found.reading(), records=(_everybody(known),))


_FEWER: Final = "a list of fewer entries than LinkedIn says that there are"


def _role(found: Found, one: Json) -> str:
    """One role, written so that it can be carried from page to page.

    Raises:
        Unreadable: it lacks what every one has, or is of another page.
    """
    page = one.get("organization", one.get("organizationTarget"))
    if page is not None and page != found.asks.author:
        raise Unreadable("a role on another page")
    told = {name: storable(text(one, name)) for name in ("roleAssignee", "role", "state")}
    return json.dumps({"person": told["roleAssignee"], "role": told["role"], "state": told["state"]}, sort_keys=True)


def _goes_on(body: Json, count: int) -> bool:
    """Whether there is another page: one is full, or fewer were given than there are. Nothing of a page that holds
    nothing follows."""
    paging = body.get("paging")
    told = paging if isinstance(paging, dict) else {}
    most, total, start = number(told.get("count")) or PAGE, number(told.get("total")), number(told.get("start")) or 0
    links = told.get("links")
    named = (one.get("rel") for one in (links if isinstance(links, list) else ()) if isinstance(one, dict))
    linked = "next" in named
    more = linked or count >= min(most, PAGE) if total is None else start + count < total
    return count > 0 and more


def _everybody(known: Sequence[str]) -> SeenRecord:
    people: list[JSONValue] = [json.loads(one) for one in sorted(set(known))]
    told = ", ".join(f"{one['person']} {one['role']} ({one['state']})" for one in people)
    return setting_record("roles", {"people": people}, f"roles: {told}", "list of roles")
