"""Pictures and videos of a post, as Instagram and Threads give them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connectors._graph_found import failed
from connectors._graph_values import file_name, ident, listed
from connectors.contract import MediaRef
from connectors.links import is_web
from connectors.text import tidy
from connectors.values import Json, thing

_KINDS = {"VIDEO": "video", "AUDIO": "audio"}


def children(media: Json) -> list[Json]:
    """What an album shows.

    Raises:
        Unreadable: it is no list of things.
    """
    return [thing(child, "not a picture") for child in listed(media, "children")]


def files_of(media: Json) -> Iterator[MediaRef]:
    """Its files; of an album those of what is in it. A picture or video that was published is never another one, so it
    is known by its id; the still of a video may be chosen anew.

    Raises:
        Unreadable: one of them is something else.
    """
    inside = [] if failed(media.get("children")) else children(media)
    for shown in inside or [media]:
        yield from _files(shown)


def _files(shown: Json) -> Iterator[MediaRef]:
    identity, address = ident(shown.get("id"), "a picture"), shown.get("media_url")
    kind = _KINDS.get(str(shown.get("media_type")), "image")
    if isinstance(address, str) and is_web(address):
        described = shown.get("alt_text")
        alt = tidy(described) if isinstance(described, str) else None
        yield MediaRef(f"{kind}/{identity}", address, kind, alt_text=alt)
    still = shown.get("thumbnail_url")
    name = file_name(still) if kind == "video" else None
    if name is not None:
        yield MediaRef(f"still/{name}", str(still), "image")
