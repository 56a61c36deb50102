"""A thread as ``app.bsky.feed.getPostThread`` gives it: a post, what it answers, and what answers it, each inside the
other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from connectors import _bluesky_fields as fields
from connectors._bluesky_asks import DEPTH
from connectors.contract import JSONValue, SeenRecord

Json = Mapping[str, JSONValue]

_DEEPER = 40
"""Most branches that are asked for by themselves because of one answer."""
_NODE = "app.bsky.feed.defs#threadViewPost"
#: A post that is not there any more, and one that is not shown because somebody blocks somebody: no evidence of either.
_ABSENT = ("app.bsky.feed.defs#notFoundPost", "app.bsky.feed.defs#blockedPost")


class View(Protocol):
    """Reads one post; None where it is unreadable."""

    def __call__(self, value: JSONValue, place: str, *, thread: str | None) -> SeenRecord | None: ...


@dataclass(slots=True)
class Walked:
    """What was met on the way through a thread."""

    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)
    deeper: list[str] = field(default_factory=list)
    """Posts below which more may stand than was shown."""
    cut: bool = False
    """The thread went on where the answer ended."""


def read_thread(thread: Json, key: str, view: View) -> Walked:
    """Go through a thread, and give each of its posts to ``view``.

    Args:
        key: of the post that was asked for.
    """
    walked = Walked()
    above = list(_above(thread, "/thread"))
    first = key if len(above) == 1 else _uri(above[-1][0]) or key
    for node, place in reversed(above[1:]):
        _post(node, place, first, view, walked)
    waiting: list[tuple[Json, str, int]] = [(thread, "/thread", 0)]
    while waiting:
        node, place, level = waiting.pop()
        record = _post(node, place, first, view, walked)
        answers = node.get("replies")
        listed = answers if isinstance(answers, list) else []
        if record is not None:
            _measure(record, answers, level, walked)
        below = [(one, f"{place}/replies/{number}") for number, one in enumerate(listed)]
        for one, where in reversed(below):
            if isinstance(one, dict):
                waiting.append((one, where, level + 1))
            else:
                walked.quarantine.append((where, "not a post of a thread"))
    return walked


def _above(node: Json, place: str) -> Iterator[tuple[Json, str]]:
    """The post itself, what it answers, and so on upwards."""
    for _ in range(DEPTH * 2):
        yield node, place
        parent = node.get("parent")
        if not isinstance(parent, dict):
            return
        node, place = parent, f"{place}/parent"


def _post(node: Json, place: str, thread: str, view: View, walked: Walked) -> SeenRecord | None:
    kind = node.get("$type")
    if kind in _ABSENT:
        return None
    if kind != _NODE:
        walked.quarantine.append((place, "a part of a thread of an unknown kind"))
        return None
    walked.drift |= fields.unknown("node", node)
    return view(node.get("post"), f"{place}/post", thread=thread)


def _measure(record: SeenRecord, answers: JSONValue, level: int, walked: Walked) -> None:
    """A post whose answers are left out, though it counts some: the answer ended here. One that shows fewer than it
    counts may have some that nobody is shown; it is asked for by itself once, to be sure."""
    counted = record.counts.get("replies", 0)
    if not counted:
        return
    if not isinstance(answers, list):
        walked.cut = True
    elif level == 0 or len(answers) >= counted:
        return
    if level and len(walked.deeper) < _DEEPER:
        walked.deeper.append(record.key)


def _uri(node: Json) -> str | None:
    post = node.get("post")
    uri = post.get("uri") if isinstance(post, dict) else node.get("uri")
    return uri if isinstance(uri, str) else None
