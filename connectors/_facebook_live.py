"""Live videos of a Facebook Page as records. Pure.

A live video is the broadcast: planned, on air, over. The post in which its film stands, before and after it is over, is
another thing, with an id of its own, and what people say is said under that. So a broadcast is a record of its own kind
beside that post, in no thread of it: nothing is counted twice. Both name the same video by its id.

What happens to a broadcast (it goes on air, it ends, it is called off) is nobody's edit. So it is said by fields that
come up then and go on standing: a field that only one answer has is never an edit. Where it is streamed to, how many
watch and how long it may go on is not asked for: that holds keys with which anybody could broadcast as the Page, and
changes at every look.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors._facebook_audience import TARGETING, limits_of
from connectors._facebook_records import Place
from connectors._graph_messages import person
from connectors._graph_values import ident, text, time_of
from connectors.contract import Author, JSONValue, RecordKind, SeenRecord
from connectors.links import is_web
from connectors.text import tidy
from connectors.values import Json, part, thing

_OVER = frozenset({"LIVE_STOPPED", "PROCESSING", "VOD"})
_ON_AIR = frozenset({"LIVE", *_OVER})
_CALLED_OFF = frozenset({"SCHEDULED_CANCELED", "SCHEDULED_EXPIRED"})
STATUSES = ("UNPUBLISHED", "SCHEDULED_UNPUBLISHED", "SCHEDULED_LIVE", "LIVE", *sorted(_OVER), *sorted(_CALLED_OFF))
_WORDS: Mapping[str, str] = {"UNPUBLISHED": "unpublished live video"} | dict.fromkeys(
    ("SCHEDULED_UNPUBLISHED", "SCHEDULED_LIVE"), "planned live video"
)


def live_record(value: JSONValue, place: Place) -> SeenRecord:
    """One broadcast.

    Raises:
        Unreadable: it lacks what every live video has, or has it in another shape.
    """
    live = thing(value, "not a live video")
    identity, status = ident(live.get("id"), "a live video"), text(live, "status") or ""
    content = _content(live, status)
    return SeenRecord(
        key=f"live/{identity}",
        kind=RecordKind.BROADCAST,
        place=place.pointer,
        content=content,
        text="\n\n".join(str(content[name]) for name in ("title", "description") if content.get(name)),
        author=person(live.get("from"), place) or Author(place.account, "", None, f"{place.site}/{place.account}"),
        created_at=time_of(live.get("creation_time")),
        thread=place.page,
        url=_address(live, place),
        word="live video called off" if status in _CALLED_OFF else _WORDS.get(status, "live video"),
    )


def _content(live: Json, status: str) -> dict[str, JSONValue]:
    words = {name: text(live, name) for name in ("title", "description")}
    content: dict[str, JSONValue] = {name: tidy(said) for name, said in words.items() if said is not None}
    planned, begun = time_of(live.get("planned_start_time")), time_of(live.get("broadcast_start_time"))
    video, limits = part(live, "video").get("id"), limits_of(live.get(TARGETING))
    content |= {"planned": planned.isoformat()} if planned is not None else {}
    content |= {"began": begun.isoformat()} if begun is not None and status in _ON_AIR else {}
    content |= {"over": True} if status in _OVER else {"called_off": True} if status in _CALLED_OFF else {}
    content |= {"video": ident(video, "a video")} if video is not None else {}
    return content | ({TARGETING: list(limits)} if limits else {})


def _address(live: Json, place: Place) -> str | None:
    """Facebook gives the addresses of videos without its own name."""
    found = live.get("permalink_url")
    whole = f"{place.site}{found}" if isinstance(found, str) and found.startswith("/") else found
    return whole if isinstance(whole, str) and is_web(whole) else None
