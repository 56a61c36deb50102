"""Synthetic posts for measuring search: words by Zipf's law, 2,000 accounts, five years, the same every time."""

from __future__ import annotations

import itertools
import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archiver.search.analyser import stem
from archiver.search.documents import Document, DocumentVersion

START = datetime(2021, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)
ACCOUNTS = 2_000
WORDS = 20_000


@dataclass(frozen=True)
class Post:
    number: int
    account: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Asked:
    """One query in both languages."""

    ours: str
    raw: str
    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Corpus:
    """Posts that are the same in every run."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.words = self._vocabulary()
        self._word_weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(WORDS)))
        self._account_weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(ACCOUNTS)))

    def _vocabulary(self) -> list[str]:
        """Made-up words that are their own stems, so that both indexes match the same texts."""
        syllables = [a + b for a in "bcdfghklmnprstvwz" for b in "aiou"]
        made = (
            "".join(parts) + end
            for size in (1, 2, 3)
            for parts in itertools.product(syllables, repeat=size)
            for end in ("n", "k", "m")
        )
        words = list(itertools.islice((word for word in made if stem(word) == word), WORDS))
        random.Random(7).shuffle(words)
        return words

    def posts(self) -> Iterator[Post]:
        choose = random.Random(20260101)
        for number in range(self.records):
            length = choose.randint(6, 42)
            picks = (choose.random() * self._word_weights[-1] for _ in range(length))
            words = [self.words[bisect(self._word_weights, pick)] for pick in picks]
            account = bisect(self._account_weights, choose.random() * self._account_weights[-1])
            at = START + YEARS * ((number + choose.random()) / self.records)
            yield Post(number, f"ac_{account:04d}", at, " ".join(words).capitalize() + ".")


def document(post: Post) -> Document:
    version = DocumentVersion(f"ve_{post.number:032d}", post.text, current=True)
    return Document(
        record_id=f"rc_{post.number:032d}",
        account_id=post.account,
        platform="mastodon",
        kind="comment" if post.number % 4 else "post",
        access="public",
        state="visible",
        created_at=post.at,
        first_seen_at=post.at + timedelta(minutes=3),
        author_id=str(post.number % 5_000),
        author_name="Alex Doe",
        author_handle=f"alex{post.number % 5_000}@city.example",
        versions=(version,),
    )
