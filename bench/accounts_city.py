"""A practice city with many accounts on eight platforms, in a process of its own that does as it is told.

It reads one command a line: ``to TIME COUNT`` lets ``COUNT`` records come into being evenly until ``TIME`` and puts the
city's clock there. First it prints one line of JSON: its address, and the accounts with what they are read with.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archiver.clock import SetClock, from_text
from archiver.practice.city import City
from archiver.practice.rate_limit import RateLimit
from archiver.practice.server import PracticeServer

#: Platforms with what an account there is read with, made of its number.
PLATFORMS = {
    "mastodon": "bench-mastodon-canary-{:06}",
    "youtube": "AIzaSyBenchCanary-0123456789abcde{:06}",
    "facebook": "EAABenchCanary0123456789abcdefghijklm{:06}",
    "instagram": "EAABenchInstagram0123456789abcdefghij{:06}",
    "threads": "THAABenchCanary0123456789abcdefghijkl{:06}",
    "x": "YmVuY2hjYW5hcnk6MTYwOm93bmVyOjAxMjM0{:06}",
    "reddit": "eyJhbGciOiJSUzI1NiIs.BenchCanary0123456789{:06}",
    "vimeo": "5cfa1e9bBenchCanary0123456789abcdef{:06}",
}
COMMENTS = 99
"""To a post. A city says much less than its people."""
_RECENT = 20
"""Comments come to so many of an account's newest posts, to the newest ones most."""


@dataclass
class Life:
    """What happens: of a hundred records one is a post of an account, the others are comments under its posts."""

    city: City
    people: dict[int, list[int]]
    """Official accounts, with who writes there."""
    draw: random.Random = field(default_factory=lambda: random.Random(1))
    posts: dict[int, list[int]] = field(default_factory=dict)
    happened: int = 0

    def begin(self, at: datetime, days: int, a_day: int) -> None:
        """Posts of the days before, each with two comments."""
        for number in range(days * a_day):
            office = self._office(number)
            when = at - timedelta(days=days) + timedelta(days=days) * number / (days * a_day)
            post = self.city.say(office, self._words(), at=when)
            self.posts.setdefault(office, []).append(post)
            for _ in range(2):
                when += timedelta(seconds=self.draw.uniform(5, 50))
                self.city.say(self.draw.choice(self.people[office]), self._words(), answering=post, at=when)

    def go_on(self, since: datetime, until: datetime, count: int) -> None:
        """Let so many records come into being."""
        for number in range(count):
            at = since + (until - since) * (number + 1) / (count + 1)
            office = self._office(self.draw.randrange(len(self.people)))
            posts = self.posts.setdefault(office, [])
            self.happened += 1
            if not posts or self.happened % (COMMENTS + 1) == 0:
                posts.append(self.city.say(office, self._words(), at=at))
                continue
            back = min(int(self.draw.expovariate(0.3)), _RECENT, len(posts) - 1)
            self.city.say(self.draw.choice(self.people[office]), self._words(), answering=posts[-1 - back], at=at)

    def _office(self, number: int) -> int:
        offices = list(self.people)
        return offices[number % len(offices)]

    def _words(self) -> str:
        words = (
            "road",
            "snow",
            "park",
            "vote",
            "water",
            "bus",
            "school",
            "library",
            "budget",
            "bridge",
            "noise",
            "tree",
        )
        return " ".join(self.draw.choice(words) for _ in range(self.draw.randint(5, 25)))


def opened(city: City, count: int, at: datetime) -> Iterator[tuple[str, int, list[int]]]:
    """So many accounts, platform by platform in turn: platform, person, and who writes there."""
    readers = {
        home: [city.join(f"{home}_p{number}", f"Person {number}", home=home, at=at) for number in range(12)]
        for home in PLATFORMS
    }
    for number in range(count):
        home = list(PLATFORMS)[number % len(PLATFORMS)]
        yield (
            home,
            city.join(f"{home[:7]}office{number}", f"Office {number}", home=home, official=True, at=at),
            readers[home],
        )


def let_in(server: PracticeServer, home: str, person: int, credential: str) -> str:
    """Make a credential one that the platform takes; the account's address."""
    site: Any = server.graph if home == "facebook" else getattr(server, home)
    if home == "youtube":
        site.keys.add(credential)
    elif home == "mastodon":
        site.grant(person, credential)
    else:
        site.tokens[credential] = person
    return str(site.account_url(person))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--begin", required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--posts", type=int, required=True, help="a day, of all accounts together")
    given = parser.parse_args()
    now = from_text(given.begin)
    clock = SetClock(now)
    city = City(clock, 1)
    known = list(opened(city, given.accounts, now - timedelta(days=given.days + 1)))
    life = Life(city, {person: people for _, person, people in known})
    life.begin(now, given.days, given.posts)
    with PracticeServer(city, capped=False, rate_limit=RateLimit(3000)) as server:
        told = []
        for number, (home, person, _) in enumerate(known):
            credential = PLATFORMS[home].format(number)
            told.append({"platform": home, "url": let_in(server, home, person, credential), "credential": credential})
        print(json.dumps({"base": server.base_url, "accounts": told}), flush=True)
        for line in sys.stdin:
            _, to, count = line.split()
            until = from_text(to)
            life.go_on(clock.now(), until, int(count))
            clock.advance(until - clock.now())
            print("ok", flush=True)


if __name__ == "__main__":
    main()
