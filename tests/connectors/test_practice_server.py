"""Both connectors against the practice city, over a real socket: what is said there is what they read."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from archiver.clock import SetClock
from archiver.practice.cast import Cast, populate
from archiver.practice.city import City
from archiver.practice.server import PracticeServer
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Connector,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    SeenRecord,
    Sweep,
    SweepKind,
)
from connectors.feed import Feed
from connectors.mastodon import Mastodon

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass
class Crawl:
    """The smallest engine: asks, reads, follows."""

    connector: Connector
    port: int
    records: dict[str, SeenRecord] = field(default_factory=dict)
    bookmark: dict[str, object] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    whole: set[str] = field(default_factory=set)

    def ask(self, ask: Ask) -> Reading:
        parts = urlsplit(ask.url)
        query = "&".join(filter(None, (parts.query, urlencode(ask.parameters))))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(ask.method, f"{parts.path}?{query}", headers=dict(ask.headers))
        response = connection.getresponse()
        headers = tuple(response.getheaders())
        answer = Answer(response.status, headers, response.read(), datetime.now(UTC), ask.url)
        connection.close()
        return self.connector.read(ask, answer)

    def records_with(self, text: str) -> SeenRecord:
        return next(record for record in self.records.values() if text in record.text)

    def run(self, asks: Iterable[Ask]) -> None:
        waiting = list(asks)
        while waiting:
            ask = waiting.pop()
            reading = self.ask(ask)
            assert reading.problem is None, (ask.purpose, reading.problem)
            assert reading.quarantine == ()
            assert reading.drift == ()
            self.asked[ask.purpose] += 1
            self.records |= {record.key: record for record in reading.records if not record.retrospective}
            self.bookmark |= dict(reading.bookmark or {})
            waiting += [*reading.asks, *([reading.next_page] if reading.next_page else [])]
            if reading.whole and ask.listing:
                self.whole.add(ask.listing)


@contextmanager
def served() -> Iterator[tuple[SetClock, City, Cast, PracticeServer]]:
    clock = SetClock(START)
    city = City(clock)
    cast = populate(city)
    with PracticeServer(city) as server:
        yield clock, city, cast, server


def registered(crawl: Crawl, url: str) -> AccountRef:
    """The account at an address, as adding it would make it."""
    claim = crawl.connector.claim(url)
    assert claim is not None
    facts = crawl.ask(crawl.connector.identify(claim)).account
    assert facts is not None
    platform = crawl.connector.platform
    return AccountRef("ac_1", platform, claim.service, facts.platform_id, facts.handle, facts.url)


def sweep(kind: SweepKind, clock: SetClock, *threads: RecordRef) -> Sweep:
    clock.advance(timedelta(minutes=10))
    return Sweep(kind, clock.now(), threads)


def ref(record: SeenRecord) -> RecordRef:
    return RecordRef(record.key, record.kind, record.thread, record.url)


def test_a_mastodon_account_of_the_practice_city_is_read_end_to_end() -> None:
    with served() as (clock, city, cast, server):
        crawl = Crawl(Mastodon(), server.port)
        account = registered(crawl, f"http://127.0.0.1:{server.port}/@{city.people[cast.city].handle}")
        posts = [city.say(cast.city, f"News {number}") for number in range(90)]
        comment = city.say(cast.residents[0], "Thanks", answering=posts[-1])
        shared = city.share(cast.city, city.say(cast.works, "Road closed"))

        crawl.run(crawl.connector.begin(account, sweep(SweepKind.NEW, clock), None))
        assert {f"status/{number}" for number in (*posts, comment, shared)} <= crawl.records.keys()
        assert crawl.records[f"status/{comment}"].thread == f"status/{posts[-1]}"
        assert crawl.asked["statuses"] >= 3
        assert {"statuses", f"context:status/{posts[-1]}"} <= crawl.whole

        crawl.asked.clear()
        crawl.run(crawl.connector.begin(account, sweep(SweepKind.NEW, clock), crawl.bookmark))
        assert crawl.asked == {"statuses": 1}

        clock.advance(timedelta(hours=2))
        first = crawl.records[f"status/{posts[-1]}"]
        city.edit(posts[-1], "Corrected news")
        city.delete(comment)
        crawl.run(crawl.connector.begin(account, sweep(SweepKind.WATCH, clock, ref(first)), crawl.bookmark))
        now = crawl.records[first.key]
        assert (now.text, now.as_of != first.as_of, crawl.asked["history"]) == ("Corrected news", True, 1)
        look = next(iter(crawl.connector.look(account, [ref(crawl.records[f"status/{comment}"])])))
        assert look.control is not None
        assert crawl.ask(look.control).problem is None
        gone = crawl.ask(look).problem
        assert gone is not None
        assert gone.kind is ProblemKind.GONE


def test_a_site_of_the_practice_city_is_read_end_to_end() -> None:
    for form in ("feed/", "feed/atom/", "feed.json"):
        with served() as (clock, city, cast, server):
            crawl = Crawl(Feed(), server.port)
            posts = [city.say(cast.news, f"News {number}") for number in range(25)]
            city.say(cast.readers[0], "Thanks", answering=posts[-1])
            account = registered(crawl, server.feeds.feed_url(cast.news, form))

            crawl.run(crawl.connector.begin(account, sweep(SweepKind.FULL, clock), None))
            said = {record.text for record in crawl.records.values()}
            assert all(any(f"News {number}" in text for text in said) for number in range(15, 25)), form
            kinds = Counter(record.kind for record in crawl.records.values())
            assert kinds[RecordKind.COMMENT] == (0 if form == "feed.json" else 1), form

            gone = crawl.records_with("News 24")
            city.delete(posts[-1])
            (look,) = crawl.connector.look(account, [ref(gone)])
            problem = crawl.ask(look).problem
            assert problem is not None
            assert problem.kind is ProblemKind.GONE
            assert look.control is not None
            assert crawl.ask(look.control).problem is None
