"""A month of thousands of posts and comments on a platform that misbehaves every day, in every way, and one account of
it that is looked at every day. In the end the archive tells the month as it could be seen.

Looks that did not come to a good end count as glances: what they saw may be in the archive, nothing has to be.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from archiver.accounts import tokens
from archiver.capture import rounds
from archiver.capture.models import Segment
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.faults import Alter, Fault
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import number_in
from archiver.practice.script import month
from archiver.practice.truth import TrueRecord, Truth
from archiver.records.models import RecordState
from archiver.storage.segment_reader import ReadExchange, read_segment
from connectors.contract import SweepKind
from connectors.text import tidy
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.place import Place
from tests.graph.scenes import GOOD, Check, Sizes
from tests.months.happened import happened

THOUSANDS: Sizes = {
    "posts": 150, "comments": 2000, "edits": 420, "deletions": 260, "hides": 120, "likes": 300, "profiles": 3,
}  # fmt: skip
HUNDRED: Sizes = {"posts": 14, "comments": 60, "edits": 24, "deletions": 12, "hides": 6, "likes": 10}
_DAY, _MONTH = timedelta(days=1), timedelta(days=30)
_PATIENCE = 6
"""Days until all is well: what a platform refuses without a word of why (TikTok, of what is under a video that is gone)
is asked for in five runs."""
_BUSY = 8
"""Looks between two posts that everybody comments on at once."""
_BANS: Mapping[float, tuple[int, int]] = {0.4: (1, 0), 0.7: (2, 3)}
"""After which parts of the month the city blocks which resident, and the platform takes away all that another said."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that goes wrong on one day.

    ``where``: in which answers, as a pattern of what is asked. ``after``: so many of them are good first. ``times``:
    how many are bad; None: all. ``drift``: fields that are told of as unknown. ``ends``: a person has to sign in
    again. ``first``: what happens before, so that it can go wrong. ``blind``: the platform says that all is
    well, and shows less than there is, which nobody can tell.
    """

    alter: Alter
    where: str
    after: int = 0
    times: int | None = 1
    drift: Sequence[str] = ()
    first: Callable[[], object] = lambda: None
    blind: bool = False
    ends: bool = False


def last_number(key: str) -> int:
    """What stands for something in the key of its record, where that is its number."""
    found = re.search(r"\d+$", key)
    assert found, key
    return int(found[0])


def in_its_place(truth: Truth, number: int, at: datetime) -> bool:
    """Whether something was to be seen at a time, and all that it answers."""
    one: int | None = number
    while one is not None and truth.stands(one, at):
        one = truth.records[one].parent
    return one is None


@dataclass(frozen=True, slots=True)
class Kind:
    """One platform. ``wrong``: what goes wrong there, by name; a day each. ``prepare``: makes its pages so large.
    ``number``: of what a key's record is of. ``stands``: whether it gives something out at a time."""

    open: Callable[[House], Place]
    check: Check
    wrong: Callable[[Place], Mapping[str, Wrong]]
    depth: int
    prepare: Callable[[Place, int], None] = lambda found, page: None
    more: Sizes = field(default_factory=dict)
    full_only: bool = False
    small: int = 2
    """Entries of a page in a small month."""
    number: Callable[[str], int] = last_number
    stands: Callable[[Truth, int, datetime], bool] = in_its_place
    message: Callable[[TrueRecord], str] = lambda said: tidy(said.versions[0][1].text)
    """What stands in the archive of a message."""
    banned: str = ""
    """Key of the record that tells whom the city blocked; none where the platform tells no program."""
    pictured: Sequence[str] = ("post",)
    """Kinds of records whose pictures are those that were put there, so that they can be told from each other."""
    visitors: bool = False
    """People post on the account's own page."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Faults (of :data:`tests.months.happened.NAMED`) that cannot be on it, and why."""


def server_side(found: Place, *, lists: str, comments: str, media: str) -> dict[str, Wrong]:
    """What goes wrong alike on every platform. ``lists``, ``comments``, ``media``: patterns of what is asked."""
    return {
        "5xx on page three": Wrong(faults.server_error(503), lists, after=2, times=3),
        "5xx for long": Wrong(faults.server_error(500), comments, after=2, times=None),
        "proxy": Wrong(faults.html_page(502), comments, after=1, times=2),
        "maintenance": Wrong(faults.html_page(200), comments, after=1),
        "truncated": Wrong(faults.cut_body(150), comments, times=2),
        "truncated list": Wrong(faults.cut_body(90), lists, times=2),
        "slow": Wrong(faults.slow_body(700, 0.002), comments, times=3),
        "hangs up": Wrong(faults.cut_body(-1), "", after=1, times=2),
        "longer than said": Wrong(faults.wrong_length(40), lists, times=1),
        "pictures away": Wrong(faults.server_error(503), media, times=2, first=partial(_pictured, found)),
        "ambiguous not found": Wrong(faults.html_page(404), comments, after=1, times=2),
        "shifted": Wrong(_deletes(found, _answer), comments, after=1, times=1),
        "shifted list": Wrong(_deletes(found, newest), lists, after=1, times=1),
    }


def _pictured(found: Place) -> None:
    city = found.house.city
    city.say(found.id, Wording("Snow on Main Street", media=(city.picture("snow"),)))


def _deletes(found: Place, chosen: Callable[[Place], int]) -> Alter:
    """Something is deleted while that is listed, between two pages of it: what is behind it moves."""

    def alter(request: Request, response: Response) -> Response:
        house = found.house
        house.clock.advance(timedelta(milliseconds=1))
        house.city.delete(chosen(found))
        return house.server.answer(request)

    return alter


def _answer(found: Place) -> int:
    """Of what people said under anything."""
    posts = found.house.city.posts.values()
    return next(one.id for one in posts if one.is_reply and not one.replies and not one.hidden)


def newest(found: Place) -> int:
    """The newest of the account's own posts, which stands on the first page of their list."""
    own = [one for one in found.house.city.posts.values() if one.author == found.id and not one.is_reply]
    public = [one for one in own if one.share_of is None and one.visibility == "public" and not one.hidden]
    return max(public, key=lambda one: (one.created_at, one.id)).id


def ended(request: Request, response: Response) -> Response:
    """The token ends with the question that is answered like this."""
    challenge = ("WWW-Authenticate", 'Bearer error="invalid_token"')
    body = b'{"message": "Unauthorized", "error": 401}'
    return Response(401, (("Content-Type", "application/json"), challenge), body)


Refusal = Callable[..., Alter]
Written = Callable[[datetime, datetime], str]
"""How a reset is written; given when it is, and what time it is now."""


def limits(found: Place, refusal: Refusal, *resets: tuple[str, Written], where: str = "") -> dict[str, Wrong]:
    """Too much was asked, as a platform says it (``refusal``: of 429 and headers): with nothing more, and with each
    kind of reset in a header."""
    wrong = {"429 without a word": Wrong(refusal(429), where, after=1)}
    for number, (header, written) in enumerate(resets):
        wrong[f"429 {header} {number}"] = Wrong(_until(found, refusal, header, written), where, after=1, times=2)
    return wrong


def _until(found: Place, refusal: Refusal, header: str, written: Written) -> Alter:
    def alter(request: Request, response: Response) -> Response:
        now = found.house.clock.now()
        return refusal(429, (header, written(now + timedelta(seconds=40), now)))(request, response)

    return alter


def altered(change: Callable[[Any], Any]) -> Alter:
    """Another body, where it is JSON."""

    def alter(request: Request, response: Response) -> Response:
        return faults.with_json(response, change(json.loads(response.body)))

    return alter


@dataclass(frozen=True, slots=True)
class Told:
    """A month that was told as it could be seen. ``archive``: how much the archive tells. ``happened``: how often each
    act was. ``struck``: how often each thing went wrong. ``outcomes``: of runs."""

    archive: Mapping[str, int]
    happened: Mapping[str, int]
    struck: Mapping[str, int]
    outcomes: Mapping[str, int]


def plays(found: Place, kind: Kind, sizes: Sizes, *, page: int) -> Told:
    """Play the month, look every day while something goes wrong, and hold the archive against the truth."""
    house = found.house
    kind.prepare(found, page)
    every = kind.wrong(found)
    struck: Counter[str] = Counter()
    drift: set[str] = set()
    tried: Counter[str] = Counter()
    for at in _steps(found, kind, sizes, looks=len(every) * 8 // 5):
        name = min(every, key=lambda one: (struck[one] > 0, tried[one]))
        house.clock.at = max(house.clock.at, at)
        if tried.total() % _BUSY == 0:
            _talks(found, max(10, sizes["comments"] // 16))
        hits = _look_while(found, every[name], full=kind.full_only or len(house.looks) % 3 == 0)
        tried[name] += 1
        struck[name] += hits
        drift |= set(every[name].drift) if hits else set()
    _settles(found)
    never = set(every) - {name for name, hits in struck.items() if hits}
    assert not never, f"never went wrong: {sorted(never)}"
    told = {name for run in house.runs() for name in run.drift}
    assert told
    assert told <= drift
    assert not house.gaps(open_only=True), house.gaps(open_only=True)
    _was_so(house, kind)
    _tells_of_bans(found, kind)
    _tells_messages(found, kind)
    _tells_visitors(found, kind)
    result = kind.check(house, found.id)
    check_rebuilt(house, anew=True)
    assert kind.check(house, found.id) == result
    _has_its_pictures(found, kind)
    return Told(result, happened(house.city.journal), struck, Counter(one.outcome for one in house.runs()))


def _talks(found: Place, answers: int) -> None:
    """A post that everybody comments on at once, one of them with a picture, which the city answers with another."""
    post, _ = found.talk(answers)
    city = found.house.city
    seen = Wording("As seen from my window", media=(city.picture("from a window"),))
    said = city.say(found.cast.residents[2], seen, answering=post)
    city.say(found.id, Wording("Thank you. As seen by us", media=(city.picture("by the city"),)), answering=said)


def _steps(found: Place, kind: Kind, sizes: Sizes, looks: int) -> Iterator[datetime]:
    """Play; give the times of so many looks."""
    house, city, start = found.house, found.house.city, found.house.clock.now()
    acts: dict[str, Any] = {
        "home": found.home,
        "shares": 0,
        "mentions": 0,
        "messages": 0,
        "depth": kind.depth,
        "visits": max(8, sizes["posts"] // 4) if kind.visitors else 0,
        **sizes,
        **kind.more,
    }
    bans = [(start + part * _MONTH, *who) for part, who in _BANS.items()]
    due = start + _MONTH / looks
    for step in month(city, found.cast, house.seed, days=_MONTH / _DAY, **acts):
        while bans and step.at >= bans[0][0]:
            _ban(found, *bans.pop(0))
        if step.at >= due:
            due += _MONTH / looks
            yield step.at


def _ban(found: Place, at: datetime, blocked: int, banned: int) -> None:
    """The city blocks somebody, and the platform takes away all that was said by somebody else."""
    city, people = found.house.city, found.cast.residents
    city.block(found.id, people[blocked], at=max(at, city.clock.now()))
    for one in [one for one in city.posts.values() if one.author == people[banned]]:
        if one.id in city.posts:
            city.delete(one.id, "platform")


def _look_while(found: Place, wrong: Wrong, *, full: bool) -> int:
    """Look once while something goes wrong. Returns how often it did."""
    house = found.house
    wrong.first()
    fault: Fault = house.server.faults.add(wrong.alter, wrong.where, after=wrong.after, times=wrong.times)
    if full or wrong.drift:  # (what shows a field alone that nobody reads there, as a control does, tells of none)
        _look(found, full=True, blind=wrong.blind)
    else:
        for _, sweep in [one for one in house.capture.due(house.clock.now()) if one[0] == found.account]:
            _look(found, full=sweep is FULL, sweep=sweep)
    if not fault.hits:
        _look(found, full=True)
    house.server.faults.clear()
    if wrong.ends and fault.hits:
        assert any("sign_in_expired" in (one.reason or "") for one in house.runs()[-2:])
    if house.account_state(found.account) == "sign_in_needed":
        tokens.keep(house.archive, found.account, found.token)
    return fault.hits


def _look(found: Place, *, full: bool, sweep: SweepKind = FULL, blind: bool = False) -> None:
    house = found.house
    before, went_on = len(house.city.journal), _goes_on(house)
    result = house.run(found.account, sweep)
    if full and (blind or went_on or result.outcome not in GOOD or len(house.city.journal) != before):
        at, account, _ = house.looks[-1]
        house.looks[-1] = (at, account, NEW)


def _goes_on(house: House) -> bool:
    """Whether the next full look only looks at what an earlier one had no time for, and not at everything again."""
    return any(rounds.KEY in one for one in (house.runs()[-1].bookmark_after or {}).values()) if house.runs() else False


def _settles(found: Place) -> None:
    """The platform behaves again: within a few days all is well."""
    house = found.house
    house.server.faults.clear()
    for _ in range(_PATIENCE):
        house.later(days=1)
        went_on = _goes_on(house)
        outcome = house.run(found.account, FULL).outcome
        if outcome in GOOD and not went_on and not house.gaps(open_only=True):
            break
        at, account, _ = house.looks[-1]
        house.looks[-1] = (at, account, FULL if outcome in GOOD and not went_on else NEW)
    assert outcome in GOOD, house.runs()[-1].reason


def _was_so(house: House, kind: Kind) -> None:
    """Whatever was told as not returned was out of sight then, itself or what it answers. At any time."""
    truth = Truth(house.city.journal)
    keys = {row.id: key for key, row in house.records().items() if not key.startswith(("user/", "profile/"))}
    for one in house.rows(RecordState, RecordState.state == "not_returned"):
        number = kind.number(keys[one.record_id])
        for at in (one.from_at, one.last_at):
            assert not kind.stands(truth, number, at), (keys[one.record_id], at)


def _tells_of_bans(found: Place, kind: Kind) -> None:
    """Whom the city blocked stands in the record of it, with a version for each time that somebody came in."""
    if not kind.banned:
        assert not any("block" in key or "ban" in key for key in found.house.records()), "it tells, and is not held to"
        return
    (content,) = [one.content for one in found.house.versions(kind.banned)[-1:]]
    assert {len(entries) for entries in content.values()} == {len(_BANS)}, content
    assert len(found.house.versions(kind.banned)) > 1


def _tells_messages(found: Place, kind: Kind) -> None:
    """What people wrote to the account in private, and stands, is kept word for word, as private; nothing else is."""
    house, truth = found.house, Truth(found.house.city.journal)
    sent = [one for one in truth.said() if one.kind == "message" and found.id in one.mentions]
    rows = [row for row in house.records().values() if row.kind == "message"]
    told = Counter(version.text for row in rows for version in house.versions(row.key) if version.text)
    stand = Counter(kind.message(one) for one in sent if truth.stands(one.id, house.clock.now()))
    assert stand or not kind.more.get("messages")
    assert stand <= told or not kind.more.get("messages"), stand - told
    assert told <= Counter(kind.message(one) for one in sent), "nobody wrote that"
    assert {row.access for row in rows} <= {"private"}


def _tells_visitors(found: Place, kind: Kind) -> None:
    """What visitors post on the account's page is told as theirs; such posts were edited, hidden, shown again, and
    deleted by either of them."""
    if not kind.visitors:
        return
    records, truth = found.house.records(), Truth(found.house.city.journal)
    posts = [one for one in truth.said() if one.kind == "post" and found.id in one.mentions]
    rows = {one.id: records[key] for one in posts if (key := found.key_of(one.id)) in records}
    assert all((row.kind, row.word) == ("mention", "visitor post") for row in rows.values())
    assert all(row.author_id == str(truth.records[number].author) for number, row in rows.items())
    assert {one.vanished_by for one in posts} >= {None, "author", "page"}
    assert any(row.state == "not_returned" for row in rows.values())
    assert any(row.state == "visible" and row.versions > 1 for row in rows.values())
    states = {state.state for row in rows.values() for state in found.house.states(row.key)}
    assert states == {"visible", "hidden_by_page", "not_returned"}


def _has_its_pictures(found: Place, kind: Kind) -> None:
    """What stands and has a picture has it in the archive: the very one."""
    house = found.house
    media, stand = house.media(), {row.id for row in house.records().values() if row.state == "visible"}
    # (where files go with their posts, one that was deleted before its file was fetched leaves none)
    states = Counter(one.state for one in media if one.state != "missing" or one.record_id in stand)
    assert states["fetched"] > 0
    assert set(states) <= {"fetched", "missing"}, states
    held = _numbers_of(house)
    assert all(one.sha256 in held for one in media if one.state == "fetched"), "not in the store"
    told = {(one.record_id, held[one.sha256]) for one in media if one.state == "fetched"}
    truth = Truth(house.city.journal)
    for key, row in house.records().items():
        if row.kind in kind.pictured and row.state == "visible":
            shown = truth.records[kind.number(key)].versions[-1][1].media
            assert {(row.id, one.number) for one in shown} <= told, key


def _numbers_of(house: House) -> dict[str, int | None]:
    """Which picture each file in the store is, by its digest; None: something else."""
    found: dict[str, int | None] = {}
    for segment in house.rows(Segment):
        with house.archive.store.open(segment.key) as stream:
            for one in read_segment(stream):
                if isinstance(one, ReadExchange):
                    found[sha256(one.body).hexdigest()] = number_in(one.body)
    return found
