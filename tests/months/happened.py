"""How much of what happened in a month: counted from the journal of the city, beside what went wrong meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from archiver.practice import acts
from archiver.practice.acts import Act

#: Faults that every platform has to be held through, and how names of what goes wrong in a month begin for each.
NAMED: Mapping[str, str] = {
    "expiry in mid pass": "expired",
    "429 with each kind of reset": "429",
    "5xx on page three": "5xx on page three",
    "empty page with a next": "empty page",
    "dead cursor": "dead cursor",
    "shifted offset": "shifted",
    "unknown field": "unknown field",
    "truncated body": "truncated",
    "slow body": "slow",
    "version change": "version",
    "ambiguous not-found": "ambiguous not found",
}
DEEP = 3
"""Levels of comments below which one is said to be deep."""
THOUSANDS: Mapping[str, int] = {
    "posts": 150, "comments": 2500, "deep comments": 200, "edits": 400, "edits taken back": 20,
    "deleted by author": 100, "deleted by page": 40, "deleted by platform": 100, "hides": 120, "unhides": 60,
    "bans": 2, "pictures in posts": 30, "pictures in comments": 8, "likes": 300, "profiles": 3,
}  # fmt: skip
HUNDRED: Mapping[str, int] = {
    "posts": 14, "comments": 100, "deep comments": 1, "edits": 24, "deleted by author": 2, "deleted by platform": 2,
    "hides": 6, "unhides": 3, "bans": 2, "pictures in posts": 1, "pictures in comments": 1, "likes": 10,
}  # fmt: skip


def happened(journal: Iterable[Act]) -> Counter[str]:
    """How often each kind of act was, and how deep the deepest comment is (``deepest``; 1: right under a post)."""
    counted: Counter[str] = Counter()
    levels: dict[int, int] = {}
    wordings: dict[int, list[object]] = {}
    for act in journal:
        match act:
            case acts.Say():
                levels[act.id] = 0 if act.parent is None else levels[act.parent] + 1
                wordings[act.id] = [act.wording]
                counted.update(_said(act, levels[act.id]))
                counted["deepest"] = max(counted["deepest"], levels[act.id])
            case acts.Edit():
                counted["edits"] += 1
                counted["edits taken back"] += act.wording in wordings[act.id]
                wordings[act.id].append(act.wording)
            case acts.Delete():
                counted[f"deleted by {act.by}"] += 1
            case _:
                counted[_OTHERS[type(act)]] += 1
    return counted


_OTHERS: Mapping[type, str] = {
    acts.Join: "people", acts.ChangeProfile: "profiles", acts.Share: "shares", acts.Hide: "hides",
    acts.Unhide: "unhides", acts.Like: "likes", acts.Block: "bans",
}  # fmt: skip


def _said(act: acts.Say, level: int) -> Iterable[str]:
    kind = "messages" if act.visibility == "direct" else "comments" if level else "posts"
    yield kind
    if level > DEEP:
        yield "deep comments"
    if act.wording.media:
        yield f"pictures in {kind}"


def too_little(counted: Mapping[str, int], least: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """What was less often than it has to be: how often it was, and how often it has to be."""
    return {name: (counted.get(name, 0), count) for name, count in least.items() if counted.get(name, 0) < count}
