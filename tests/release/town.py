"""A city's post with comments in which everything can be told apart, captured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archiver.evidence.verifier import verify
from archiver.practice.acts import Wording
from archiver.release import bundle, choosing
from archiver.release.bundle import Exported
from tests.capture.house import House

COMMENTS = 8


@dataclass
class Town:
    """A captured thread."""

    house: House
    account: str
    post: int
    comments: list[int]
    """Numbers of the posts in the practice city."""
    made: int = 0

    def key(self, comment: int) -> str:
        return f"status/{comment}"

    def record(self, comment: int) -> Any:
        return self.house.records()[self.key(comment)]

    def export(self, *record_ids: str, **more: Any) -> Exported:
        self.made += 1
        chosen = choosing.by_ids(record_ids)
        return bundle.export(self.house.archive, chosen, self.house.home / f"bundle-{self.made}", **more)

    def query(self, query: str) -> Exported:
        self.made += 1
        chosen = choosing.by_query(self.house.archive, query)
        return bundle.export(self.house.archive, chosen, self.house.home / f"bundle-{self.made}")


def talk(house: House) -> Town:
    """A post, and comments by different people, one under the other too, with a picture."""
    account = house.office("tok-of-the-city-7d1f0a")
    city, cast = house.city, house.cast
    post = city.say(cast.city, "Snow emergency on Main Street")
    comments: list[int] = []
    for number in range(COMMENTS):
        person = city.join(f"canaryhandle{number}", f"Canaryname Number{number}", note=f"canarynote{number}")
        picture = city.picture(f"canaryalt{number}")
        under = comments[-1] if number % 3 == 2 else post
        wording = Wording(f"canarytext{number} tall oak {number}", media=(picture,))
        comments.append(city.say(person, wording, answering=under))
    house.later(minutes=1)
    house.run(account)
    return Town(house, account, post, comments)


def verified(made: Exported, *keys: str) -> tuple[list[dict[str, Any]], bool]:
    """The claims of a bundle, and whether they hold."""
    known = [verify.read_key(key) for key in keys or (made.key,)]
    claims, ok = verify.verify(verify.Folder(str(made.folder)), known)
    return claims, ok


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def manifest(made: Exported) -> Any:
    return json.loads((made.folder / "data/manifest.json").read_bytes())
