"""The fields of the query language and the values they know."""

from __future__ import annotations

from collections.abc import Mapping

from archiver.records.unseen import KNOWN_FROM_IMPORT
from connectors.contract import RecordKind, State

NAMES = frozenset(
    {"account", "department", "platform", "author", "kind", "state", "has", "series", "before", "after", "on"}
)

_KINDS = {kind.value: (kind.value,) for kind in RecordKind} | {
    "reply": (RecordKind.COMMENT.value,),
    "boost": (RecordKind.SHARE.value,),
    "repost": (RecordKind.SHARE.value,),
}
_DELETED = (State.DELETED_BY_AUTHOR.value, State.DELETED_BY_PAGE.value)
_STATES = {state.value: (state.value,) for state in State} | {
    "hidden": (State.HIDDEN_BY_PAGE.value,),
    "held": (State.HELD_FOR_REVIEW.value,),
    "deleted": _DELETED,
    KNOWN_FROM_IMPORT: (KNOWN_FROM_IMPORT,),
    "import": (KNOWN_FROM_IMPORT,),
    "imported": (KNOWN_FROM_IMPORT,),
    "removed": (State.REMOVED_BY_PLATFORM.value,),
    "gone": (State.NOT_RETURNED.value, *_DELETED, State.REMOVED_BY_PLATFORM.value),
}
_TRAITS = {
    "media": ("media",),
    "link": ("link",),
    "edit": ("edits",),
    "comment": ("comments",),
    "reply": ("comments",),
    "attachment": ("media",),
}
_USUAL: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(kind.value for kind in RecordKind),
    "state": (*("hidden", "held", "deleted", "removed", "gone"), *(state.value for state in State), KNOWN_FROM_IMPORT),
    "has": ("edits", "media", "link", "comments"),
}
_KNOWN: dict[str, Mapping[str, tuple[str, ...]]] = {"kind": _KINDS, "state": _STATES, "has": _TRAITS}


def usual(field: str) -> tuple[str, ...]:
    """The values of a field that a reader is told of, each once; none where any value is one."""
    return tuple(dict.fromkeys(_USUAL.get(field, ())))


def values(field: str, said: str) -> tuple[str, ...]:
    """What a value stands for; empty where it is no value of this field. Plural and singular are the same, as are
    ``not-returned``, ``not returned`` and ``not_returned``. Platforms and series are an open list: any value is one."""
    name = said.casefold().replace("-", "_").replace(" ", "_")
    known = _KNOWN.get(field)
    if known is None:
        return (said,) if said else ()
    for form in (name, name.removesuffix("s"), name.removesuffix("ies") + "y"):
        if form in known:
            return known[form]
    return ()
