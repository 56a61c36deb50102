"""Whom an account on X blocks and mutes, as records. Pure.

Source: X's documentation of its blocks and mutes endpoints, and its specification. X bills every user that it returns,
so the lists are asked for once a week at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from connectors import _x_fields as fields
from connectors._moderation import anew, carried, is_late, list_record, listed_before, no_list
from connectors._x_asks import with_page
from connectors._x_found import Found
from connectors._x_values import ID
from connectors.answers import moment
from connectors.bodies import quarantined
from connectors.contract import Bookmark, JSONValue, Reading

#: Purpose, and last part of the path → what stands in the list.
SETTINGS: Mapping[str, str] = {"blocking": "blocked", "muting": "muted"}
_EVERY = timedelta(days=6, hours=12)
_LONGEST_TOKEN = 4096


def due(known: Bookmark, at: datetime) -> list[str]:
    """Lists that were not read whole within a week."""
    return [name for name in SETTINGS if (last := moment(known.get(f"{name}.at"))) is None or at - last >= _EVERY]


def wanted(value: JSONValue) -> Iterator[str]:
    """Those of these lists that there are."""
    yield from (name for name in SETTINGS if isinstance(value, list | tuple) and name in value)


def read_people(found: Found) -> Reading:
    """One page of a list; all of it is a record once its last page is there."""
    if is_late(found.ask, found.received_at):
        return replace(found.reading(), next_page=anew(found.ask, "pagination_token"))
    data, meta = found.body.get("data"), found.body.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    if data is None and meta.get("result_count") == 0:
        data = []
    if not isinstance(data, list):
        return quarantined("a list without its entries")
    token = meta.get("next_token")
    if token is not None and (not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN):
        return quarantined("a next page without a usable token")
    known = listed_before(found.ask)
    for number, one in enumerate(data):
        found.drift |= fields.unknown("user", one)
        identity = one.get("id") if isinstance(one, dict) else None
        if isinstance(identity, str) and ID.fullmatch(identity):
            known.append(identity)
        else:
            found.quarantine.append((f"/data/{number}", "a user without a usable id"))
    short = meta.get("result_count") not in (None, len(data))
    unread = bool(found.quarantine) or short or bool(found.refusals)  # somebody was not shown, and not taken off
    problem = no_list(known, unread=unread)
    if problem is not None:
        found.quarantine += [("", problem.detail)] if unread else []
        return replace(found.reading(), problem=problem)
    if token is not None:
        context = carried(found.ask, known, found.received_at)
        return replace(found.reading(), part=True, next_page=with_page(found.ask, token, **context))
    purpose = found.ask.purpose
    found.records.append(list_record(purpose, SETTINGS[purpose], known))
    return replace(found.reading(), bookmark={f"{purpose}.at": found.received_at.isoformat()})
