"""The ledger of what is used of platforms' allowances, and what follows from it: real sockets, files and database."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text

from archiver import migrate
from archiver.capture.models import Gap
from archiver.capture.service import SCHEDULE
from archiver.clock import SetClock, SystemClock
from archiver.database import Database
from archiver.operations import doctor, quota
from archiver.quota import ledger
from archiver.quota.buckets import Bucket
from archiver.quota.meter import Meter
from archiver.quota.models import Quota, QuotaCost, QuotaUse
from archiver.records.digests import CONTENT
from connectors._limits import YOUTUBE
from connectors.contract import AccountRef, Ask, Problem, ProblemKind, RateFacts, Reading, Stream
from connectors.mastodon import Mastodon
from connectors.youtube import YouTube
from tests.capture.house import FULL, NEW, START, WATCH, House
from tests.servers.databases import Databases
from tests.x.place import place
from tests.youtube.channel import Channel, channel

Make = Callable[..., House]
(UNITS,) = YOUTUBE


def used(house: House) -> int:
    """What was counted of the project's units."""
    house.capture.meter.flush(force=True)
    with house.archive.database.read() as connection:
        query = select(func.sum(QuotaUse.used)).where(QuotaUse.key.like("youtube units %"))
        return int(connection.execute(query).scalar() or 0)


def views(house: House, platform: str | None = None) -> list[quota.QuotaView]:
    house.capture.meter.flush(force=True)
    with house.archive.database.read() as connection:
        return quota.quotas(connection, house.archive, platform)


def busy(house: House, videos: int = 6) -> Channel:
    """A channel with videos and comments."""
    found = channel(house)
    for number in range(videos):
        post = house.city.say(found.id, f"Council meeting {number}.")
        house.city.say(found.cast.residents[0], f"Comment on {number}.", answering=post)
    return found


def day(house: House, hours: int, step: timedelta = timedelta(minutes=5)) -> list[tuple[datetime, str]]:
    """Whatever is due, as the service would do it; when which sweep ran."""
    ran = []
    until = house.clock.now() + timedelta(hours=hours)
    while house.clock.now() < until:
        for account, sweep in house.capture.due(house.clock.now()):
            house.capture.run(account, sweep, trigger=SCHEDULE, stop=house.patience)
            ran.append((house.clock.now(), sweep.value))
        house.clock.advance(step)
    return ran


def test_what_is_counted_is_what_the_platform_counted(make_house: Make) -> None:
    house = make_house()
    found = busy(house)
    house.server.youtube.used = 0
    for sweep in (FULL, NEW, WATCH):
        house.run(found.account, sweep)
    assert used(house) == house.server.youtube.used > 5
    (view,) = views(house)
    assert (view.used, view.limit, view.told, view.state) == (house.server.youtube.used, 10_000, False, quota.LASTS)
    assert view.reset_at == datetime(2026, 3, 3, 8, tzinfo=UTC), "midnight in California"
    assert "lasts until it is renewed" in view.forecast


def test_the_city_s_own_limit_takes_the_place_of_the_usual_one(make_house: Make) -> None:
    house = make_house(settings={"quotas": ("youtube.units=50000",)})
    found = busy(house, 1)
    house.run(found.account)
    (view,) = views(house)
    assert view.limit == 50_000


def test_slower_sweeps_make_a_small_quota_last_until_it_is_renewed(make_house: Make) -> None:
    house = make_house(settings={"quotas": ("youtube.units=130",)})
    house.server.youtube.quota = 130
    house.later(hours=17)
    busy(house, 3)
    house.server.youtube.used = 0
    ran = day(house, 7, timedelta(minutes=10))
    count = {kind: sum(sweep == kind for _, sweep in ran) for kind in ("new", "watch", "full")}
    assert house.server.youtube.used <= 130
    assert not any(served.status == 403 for served in house.server.log), "the platform never had to refuse"
    news = [at for at, sweep in ran if sweep == "new"]
    pauses = [later - at for at, later in pairwise(news)]
    assert max(pauses) < timedelta(hours=1), "no pause that would count as a gap"
    assert count["new"] > count["watch"] > 0
    assert count["new"] < 7 * 6, "slower than without a limit"
    assert not house.rows(Gap, Gap.cause == "not_running")


def test_the_choice_is_said_in_words(make_house: Make) -> None:
    house = make_house(settings={"quotas": ("youtube.units=100",)})
    found = busy(house)
    for sweep in (FULL, NEW, WATCH):
        house.run(found.account, sweep)
    house.later(minutes=15)
    house.run(found.account, NEW)
    (view,) = views(house)
    assert view.state == quota.SLOWER
    assert re.fullmatch(r"The day's quota would be used up by \d\d:\d\d at the usual pace\.", view.forecast)
    assert any("Slower sweeps chosen: what is new is looked for every" in said for said in view.chosen)
    findings = doctor._quotas(house.archive)
    assert [(one.ok, "Slower sweeps chosen" in one.found) for one in findings] == [(True, True)]


def test_a_refusal_stops_all_but_a_few_questions_until_the_time_it_named(make_house: Make) -> None:
    house = make_house()
    found = busy(house)
    house.run(found.account)
    house.server.youtube.quota = house.server.youtube.used
    house.later(minutes=5)
    house.run(found.account, NEW)
    (view,) = views(house)
    assert (view.state, view.reset_at) == (quota.EMPTY, datetime(2026, 3, 3, 8, tzinfo=UTC))
    asked = len(house.server.log)
    ran = day(house, 6)
    assert {sweep for _, sweep in ran} <= {"new"}
    assert len(ran) <= 8
    assert len(house.server.log) - asked <= 8
    house.clock.advance(datetime(2026, 3, 3, 8, 1, tzinfo=UTC) - house.clock.now())
    house.server.youtube.quota = None
    assert {sweep for _, sweep in day(house, 1)} == {"new", "watch"}, "renewed, and everything as usual"
    assert views(house)[0].state != quota.EMPTY


def test_whoever_captures_by_hand_does_not_wait(make_house: Make) -> None:
    house = make_house(settings={"quotas": ("youtube.units=30",)})
    house.server.youtube.page = 2
    found = busy(house, 30)
    assert [sweep for _, sweep in house.capture.due(house.clock.now())] == [], "a first capture does not fit"
    assert house.run(found.account).outcome == "complete"
    assert used(house) > 30


def test_a_first_capture_leaves_the_others_their_part(make_house: Make) -> None:
    """It goes on the next day where it stopped, and is no failure."""
    house = make_house(settings={"quotas": ("youtube.units=150",)})
    house.server.youtube.page = 2
    busy(house, 120)
    house.server.youtube.used = 0
    first = house.capture.due(house.clock.now())[0]
    assert first[1] is FULL, "it is due, and there is enough to begin it"
    house.capture.run(*first, trigger=SCHEDULE, stop=house.patience)
    assert house.server.youtube.used <= 40, "not the whole day's quota"
    records = len(house.records())
    house.clock.advance(timedelta(hours=24))
    day(house, 6)
    assert len(house.records()) > records


def test_what_the_platform_tells_is_kept(make_house: Make) -> None:
    house = make_house()
    office = house.office()
    house.server.mastodon.rate_limit.enforced = True
    house.run(office)
    (view,) = views(house, "mastodon")
    assert view.told
    assert view.limit == 300
    assert 0 < view.used < 300
    house.later(minutes=10)
    assert not any(one.told for one in views(house, "mastodon")), "of a window that is over nothing is known"


def test_posts_are_counted_where_the_platform_counts_posts(make_house: Make) -> None:
    house = make_house()
    found = place(house)
    for number in range(7):
        found.say(found.id, f"post {number}")
    house.run(found.account)
    posts = next(one for one in views(house, "x") if one.allowance == "posts")
    assert posts.used >= 7
    assert posts.limit == 3_000_000


# The ledger among processes, and without it.


def meters(house: House, count: int) -> list[Meter]:
    return [Meter(house.archive.database, house.clock) for _ in range(count)]


def reference(account: str = "ac_1") -> AccountRef:
    return AccountRef(account, "youtube", "https://www.youtube.com", "UC", "c", "https://www.youtube.com/c")


ASK = Ask("https://youtube.googleapis.com/youtube/v3/videos", Stream.POSTS, "videos")


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Empty tables in both kinds of databases."""
    url = f"sqlite:///{tmp_path / 'index.sqlite3'}"
    if request.param == "postgresql":
        databases: Databases = request.getfixturevalue("databases")
        url = databases.new_with_tables()
    database = Database(url)
    migrate.upgrade(database)
    yield database
    database.close()


def test_no_count_of_several_processes_is_lost(index: Database) -> None:
    several = [Meter(index, SystemClock()) for _ in range(4)]

    def work(meter: Meter) -> None:
        for _ in range(15):
            meter.answered(YouTube(), "youtube", reference(), ASK, Reading())
            meter.ran("ac_1", NEW, {"youtube units https://youtube.googleapis.com": 3})
            meter.flush(force=True)

    threads = [threading.Thread(target=work, args=(one,)) for one in several]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with index.read() as connection:
        assert connection.execute(select(func.sum(QuotaUse.used))).scalar() == 60
        assert connection.execute(select(QuotaCost.cost)).scalars().all() == [3000]


def test_an_older_word_of_another_process_does_not_hide_what_was_used_since(index: Database) -> None:
    clock = SetClock(START)
    one, other = Meter(index, clock), Meter(index, clock)
    asked = Ask("https://social.example/api/v1/x", Stream.POSTS, "statuses")
    reset = clock.now() + timedelta(minutes=5)
    one.answered(Mastodon(), "mastodon", reference(), asked, Reading(rate=RateFacts(300, 200, reset)))
    one.flush(force=True)
    clock.advance(timedelta(seconds=1))
    other.answered(Mastodon(), "mastodon", reference(), asked, Reading())
    other.flush(force=True)
    with index.read() as connection:
        row = connection.execute(select(Quota.remaining, Quota.since)).one()
        (entry,) = ledger.read(connection, clock.now())
    assert tuple(row) == (200, 1)
    assert (entry.said.remaining, sum(entry.slots.values())) == (200, 2)
    refused = Problem(ProblemKind.RATE, "too many", reset)
    one.answered(Mastodon(), "mastodon", reference(), asked, Reading(problem=refused))
    one.flush(force=True)
    with index.write() as connection:
        (entry,) = ledger.read(connection, clock.now())
        ledger.forget(connection, clock.now() - timedelta(days=40), clock.now() + timedelta(days=1))
        assert ledger.read(connection, clock.now())[0].slots == {}
    assert (entry.said.empty_until, entry.said.met_limit) == (reset, 3)


@pytest.mark.parametrize("rate", [RateFacts(10**30, 10**30), RateFacts(300, -1), RateFacts(-5, 10)])
def test_numbers_that_cannot_be_true_are_not_believed_and_stop_nothing(index: Database, rate: RateFacts) -> None:
    meter = Meter(index, SetClock(START))
    asked = Ask("https://social.example/api/v1/x", Stream.POSTS, "statuses")
    meter.answered(Mastodon(), "mastodon", reference(), asked, Reading(rate=rate))
    meter.flush(force=True)
    with index.read() as connection:
        (entry,) = ledger.read(connection, START)
    assert (entry.said.told_at, entry.said.since) == (None, 1)


def test_what_is_answered_ends_a_refusal(index: Database) -> None:
    clock = SetClock(START)
    meter = Meter(index, clock)
    refused = Reading(problem=Problem(ProblemKind.RATE, "no more today", START + timedelta(hours=20)))
    for reading, until in ((refused, START + timedelta(hours=20)), (Reading(), START)):
        meter.answered(YouTube(), "youtube", reference(), ASK, reading)
        meter.flush(force=True)
        with index.read() as connection:
            (entry,) = ledger.read(connection, clock.now())
        assert entry.said.empty_until == until


def test_no_sweep_waits_because_no_choice_can_be_made(make_house: Make) -> None:
    house = make_house()
    found = busy(house, 1)
    with house.archive.database.write() as connection:
        connection.execute(text("ALTER TABLE quota_cost RENAME TO elsewhere"))
    try:
        assert [account for account, _ in house.capture.due(house.clock.now())] == [found.account]
    finally:
        with house.archive.database.write() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO quota_cost"))


def test_writing_is_seldom_however_much_is_asked(make_house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    house = make_house()
    (meter,) = meters(house, 1)
    writes = 0

    def counted(*_: object) -> None:
        nonlocal writes
        writes += 1

    monkeypatch.setattr(ledger, "write", counted)
    for _ in range(600):
        meter.answered(YouTube(), "youtube", reference(), ASK, Reading())
        meter.flush()
        house.clock.advance(timedelta(seconds=0.1))
    assert writes <= 5, "a minute of ten questions a second"


def test_capture_goes_on_without_a_ledger(make_house: Make) -> None:
    house = make_house()
    found = busy(house, 2)
    with house.archive.database.write() as connection:
        connection.execute(text("ALTER TABLE quota_use RENAME TO elsewhere"))
    try:
        assert house.run(found.account).outcome == "complete"
        house.capture.meter.flush(force=True)
    finally:
        with house.archive.database.write() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO quota_use"))


def test_a_lost_ledger_is_no_loss_of_evidence(make_house: Make) -> None:
    house = make_house()
    found = busy(house, 2)
    house.run(found.account)
    with house.archive.database.write() as connection:
        for table in (Quota, QuotaUse, QuotaCost):
            connection.execute(delete(table))
    assert views(house) == []
    assert house.capture.due(house.clock.now())
    assert not {"quota", "quota_use", "quota_cost"} & {one.name for one in CONTENT}


def test_old_use_is_forgotten(make_house: Make) -> None:
    house = make_house()
    bucket = Bucket("youtube", UNITS, "https://youtube.googleapis.com")
    (meter,) = meters(house, 1)
    for _ in range(3):
        meter.answered(YouTube(), "youtube", reference(), ASK, Reading())
        meter.flush(force=True)
        house.later(days=4)
    meter.answered(YouTube(), "youtube", reference(), ASK, Reading())
    meter.flush(force=True)
    with house.archive.database.read() as connection:
        count = connection.execute(select(func.count()).select_from(QuotaUse).where(QuotaUse.key == bucket.key))
        assert count.scalar() == 1


@pytest.mark.parametrize("platform", ["nowhere", "youtube"])
def test_a_bucket_whose_connector_is_gone_is_passed_over(make_house: Make, platform: str) -> None:
    house = make_house()
    row = {"key": f"{platform} other s", "platform": platform, "allowance": "other", "subject": "s", "purpose": ""}
    with house.archive.database.write() as connection:
        connection.execute(Quota.__table__.insert().values(**row, coarse=False, since=0))  # type: ignore[attr-defined]
    assert views(house) == []
