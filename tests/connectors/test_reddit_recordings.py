"""Recorded traffic of Reddit through the reader. Prints nothing of what people said."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from connectors._reddit_asks import PEOPLE, RULES, Asks
from connectors.contract import Answer, Ask, ProblemKind, State
from connectors.invariants import check_reading
from connectors.reddit import Reddit
from tests import recordings
from tests.connectors.reading import AT
from tests.recordings import Recorded

READ = Reddit().read
#: Path of a question → the purpose under which this connector puts it, and whether of a user's account.
_PURPOSES = (
    (r"/r/[^/]+/about/?", "identify", False),
    (r"/user/[^/]+/about/?", "identify", True),
    (r"/r/[^/]+/(?:new|comments)/?", "new", False),
    (r"/user/[^/]+/(?:submitted|comments|overview)/?", "submitted", True),
    (r"/r/[^/]+/about/(?:spam|modqueue)/?", "removed", False),
    (r"/r/[^/]+/about/log/?", "log", False),
    (r"/message/(?:inbox|sent|messages)/?", "inbox", True),
    (r"/comments/[^/]+/?", "comments", False),
    (r"/comments/[^/]+/_/[^/]+/?", "branch", False),
    (r"/api/morechildren/?", "more", False),
    (r"/api/info/?", "info", False),
    (r"/api/v1/me", "me", True),
    *((rf"/r/[^/]+/about/{one}/?", one, False) for one in ("moderators", "banned", "muted", "contributors", "rules")),
    (r"/prefs/blocked/?", "blocked", True),
    (r"/r/[^/]+/wiki/(?!discussions|revisions|settings|pages)[^/]+", "automoderator", False),
)
_NAMES = re.compile(rb"<[A-Z_]+>")
"""What stands for names that were blotted out."""
_CONTEST = b"con<TEST_SUBREDDIT>_mode"
"""What is left of a field in whose name that of the subreddit stood."""


@functools.cache
def replayable() -> tuple[tuple[Ask, Answer], ...]:
    """Recorded exchanges that this connector would have had."""
    return tuple(_replayed())


def _replayed() -> Iterator[tuple[Ask, Answer]]:
    for one in recordings.reddit():
        ask = _ask_of(one)
        if ask is not None:
            body = _NAMES.sub(b"Blotted_out", one.body.replace(_CONTEST, b"contest_mode"))
            yield ask, Answer(one.status, one.headers, body, AT, one.url)


def _ask_of(one: Recorded) -> Ask | None:
    if "/api/info" in one.url and not re.search(r"[?&]id=t[13]_(?!.*t[25]_)", one.url):
        return None  # only posts and comments are asked for so
    path = urlsplit(_NAMES.sub(b"Name", one.url.encode()).decode()).path
    for pattern, purpose, user in _PURPOSES:
        if re.fullmatch(pattern, path):
            named = "user/Name" if user else "r/Name"
            asks = Asks("https://www.reddit.com", "https://oauth.reddit.com", "", named, "full", True)
            ask = asks.comments("post/1")
            listing = purpose if purpose in ("new", "submitted", "removed", "log", "inbox") else ask.listing
            return replace(ask, purpose=purpose, url="https://oauth.reddit.com/x", listing=listing)
    return None


def things_in(value: Any, place: str = "") -> Iterator[str]:
    """Places of everything in a body that somebody wrote, found without the connector's help."""
    if isinstance(value, dict):
        if value.get("kind") in ("t1", "t3", "t4", "modaction"):
            yield f"{place}/data"
        for name, inner in value.items():
            if name not in ("crosspost_parent_list", "sr_detail", "json"):
                yield from things_in(inner, f"{place}/{name}")
        if "json" in value:
            yield from things_in(value["json"], f"{place}/json")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from things_in(inner, f"{place}/{number}")


def test_everything_in_every_recorded_body_is_read() -> None:
    counted: Counter[str] = Counter()
    for ask, answer in replayable():
        if answer.status != 200 or ask.purpose in ("identify", "me"):
            continue
        reading = READ(ask, answer)
        check_reading(reading, ask, answer, Reddit())
        assert not reading.quarantine, (ask.purpose, reading.quarantine[0])
        there, found = set(things_in(answer.json)), {one.place for one in reading.records}
        left = {place for place in there - found if ask.purpose != "inbox"}
        assert not left, (ask.purpose, sorted(left)[:2])
        counted.update(one.key.partition("/")[0] for one in reading.records)
        counted.update(f"state {one.state}" for one in reading.records)
    assert counted["comment"] > 2_000, counted
    assert counted["post"] > 1_000, counted
    assert counted["message"] > 100, counted
    assert counted["action"] > 50, counted
    assert counted[f"state {State.DELETED_BY_AUTHOR}"] > 20, counted
    assert counted[f"state {State.HIDDEN_BY_PAGE}"] > 20, counted


def test_every_recorded_setting_of_moderation_is_a_record_that_holds_all_of_it() -> None:
    counted: Counter[str] = Counter()
    for ask, answer in replayable():
        if ask.purpose in (*PEOPLE, *RULES) and answer.status in (200, 404):
            reading = READ(ask, answer)
            check_reading(reading, ask, answer, Reddit())
            assert not reading.quarantine
            (record,) = reading.records
            body = answer.json
            told = {"rules": body.get("rules"), "automoderator": None}.get(
                ask.purpose, body.get("data", {}).get("children")
            )
            held = record.content.get("people", record.content.get("rules"))
            assert told is None or len(held) == len(told)
            counted[ask.purpose] += 1
    assert set(counted) == {*PEOPLE, *RULES}, counted


def test_accounts_are_told_and_errors_are_what_reddit_means_by_them() -> None:
    told, problems = 0, Counter[tuple[int, str]]()
    for ask, answer in replayable():
        reading = READ(ask, answer)
        told += reading.account is not None
        if reading.problem is not None and answer.status != 200:
            problems[answer.status, reading.problem.kind.value] += 1
    assert told > 20
    assert {kind for (status, kind) in problems if status == 401} <= {ProblemKind.SIGN_IN_EXPIRED}
    assert {kind for (status, kind) in problems if status == 403} <= {ProblemKind.PERMISSION}
    assert all(kind == ProblemKind.CONTRACT for (status, kind) in problems if status == 400)


def test_no_recorded_answer_has_a_field_that_is_not_known() -> None:
    unknown = {name for ask, answer in replayable() if answer.status == 200 for name in READ(ask, answer).drift}
    assert not unknown


def test_allowances_are_told_by_the_headers_of_every_recorded_answer_that_has_them() -> None:
    rates = [READ(ask, answer).rate for ask, answer in replayable() if answer.header("x-ratelimit-remaining")]
    assert len(rates) > 100
    for rate in rates:
        assert rate is not None
        assert rate.remaining is not None
        assert rate.reset_at is not None
        assert 0 <= (rate.reset_at - AT).total_seconds() <= 600
