"""A city office with very many statuses, for measuring: nothing is kept, every status is made when asked for.

``python -m archiver.practice.big --records 200000`` serves it alone and prints the address of the account.
"""

from __future__ import annotations

import argparse
import json
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, overload

from archiver.clock import SetClock
from archiver.practice.acts import Wording
from archiver.practice.city import City
from archiver.practice.ids import milliseconds, time_of
from archiver.practice.mastodon_api import MastodonApi
from archiver.practice.mastodon_json import moment
from archiver.practice.messages import Request, Response
from archiver.practice.paging import link_header, page
from archiver.practice.rate_limit import RateLimit
from archiver.practice.server import PracticeServer

_START = datetime(2020, 1, 1, 8, tzinfo=UTC)
_APART = 600_007
"""Milliseconds between two statuses."""
_HANDLE = "larkmere"
_TEXT = (
    "Notice {number}: street works on Juniper Avenue, block {block}, from 7 a.m. Crews renew the water main and the "
    "gas line. Buses 4 and 11 stop at Granary Row, wheelchair access is at the corner of Foundry Street. Residents of "
    "numbers {low} to {high} park on the east side; towing starts at 8 a.m. Questions: public works, weekdays 8 to 5. "
    "The street is swept before and after. Trees on the north side stay; two new ones are planted in the autumn at the "
    "corner of Lantern Street, paid from the fund for streets. Word of the day {word} {word2} {word3}."
)
_STATUS = re.compile(r"/api/v1/(?P<of>statuses|accounts)/(?P<id>[0-9]{1,20})(?P<part>/statuses|/context|/history)?")
_MARK = "\x00"


class _Ids(Sequence[int]):
    """Ascending ids, computed."""

    def __init__(self, numbers: range) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        return _Ids(self._numbers[at]) if isinstance(at, slice) else id_of(self._numbers[at])


def id_of(number: int) -> int:
    """Id of the status ``number``, counted from 0, oldest first."""
    return milliseconds(_START) + number * _APART << 16 | number * 7919 & 0x3FFF


def text_of(number: int) -> str:
    """What the status ``number`` says; some 500 characters, no two alike."""
    block = number % 997
    words = [_word(number * step) for step in (31, 37, 41)]
    parts = dict(zip(("word", "word2", "word3"), words, strict=True))
    return _TEXT.format(number=number, block=block, low=block * 2, high=block * 2 + 40, **parts)


class BigOffice:
    """A site with one account of ``records`` statuses; memory does not grow with them.

    Anything else about the account is answered as :class:`MastodonApi` does.
    """

    def __init__(self, records: int, base: str) -> None:
        self.records = records
        self.base = base
        self._ids = _Ids(range(records))
        self._api, self.person = _small_city(base, id_of(records - 1) if records else 0)
        self._pieces = self._template()

    @property
    def account_url(self) -> str:
        return f"{self.base}/@{_HANDLE}"

    def answer(self, request: Request) -> Response | None:
        """See :class:`MastodonApi`."""
        found = _STATUS.fullmatch(request.path.removesuffix("/"))
        if found is not None and found["of"] == "accounts" and found["part"] == "/statuses":
            return self._list(request)
        number = self._number(int(found["id"])) if found is not None and found["of"] == "statuses" else None
        if found is None or number is None:
            return self._counted(self._api.answer(request))
        return self._single(number, found["part"])

    def status(self, number: int) -> bytes:
        """JSON of one status, about 2.5 KB."""
        given = id_of(number)
        content = self._api.bodies.html(text_of(number))
        parts = [str(given), moment(time_of(given)), str(given), str(given), json.dumps(content)[1:-1]]
        return "".join([piece + part for piece, part in zip(self._pieces, [*parts, ""], strict=True)]).encode()

    def _list(self, request: Request) -> Response:
        chosen = page(self._ids, request)
        body = b"[" + b",".join([self.status(self._known(given)) for given in chosen.ids]) + b"]"
        response = self._answer(body)
        if not chosen.ids:
            return response
        older = chosen.ids[-1] if chosen.full else None
        keep = ("limit", "exclude_replies", "exclude_reblogs", "exclude_direct")
        return response.with_header("Link", link_header(self.base, request, older, chosen.ids[0], keep))

    def _single(self, number: int, part: str | None) -> Response:
        if part == "/context":
            return self._answer(b'{"ancestors":[],"descendants":[]}')
        status = self.status(number)
        if part == "/history":
            return self._answer(json.dumps([_version(json.loads(status))]).encode())
        return self._answer(status)

    def _answer(self, body: bytes) -> Response:
        now = datetime.now(UTC)
        headers = (("Content-Type", "application/json; charset=utf-8"), *self._api.rate_limit.headers("", now))
        return Response(200, headers, body)

    def _counted(self, response: Response | None) -> Response | None:
        """The small city's answer, with the true number of statuses."""
        if response is None or response.status != 200:
            return response
        count = b'"statuses_count":%d' % self.records
        return replace(response, body=response.body.replace(b'"statuses_count":1', count)).with_header("ETag", None)

    def _number(self, given: int) -> int | None:
        number, rest = divmod((given >> 16) - milliseconds(_START), _APART)
        return number if not rest and 0 <= number < self.records and id_of(number) == given else None

    def _known(self, given: int) -> int:
        return ((given >> 16) - milliseconds(_START)) // _APART

    def _template(self) -> list[str]:
        """A real status, cut where statuses differ."""
        city = self._api.city
        post = city.posts[next(iter(city.people[self.person].said))]
        shown: dict[str, Any] = json.loads(self._api.bodies.status(post, None))
        old = shown["id"]
        shown["id"] = shown["created_at"] = shown["content"] = _MARK
        shown["uri"], shown["url"] = shown["uri"].replace(old, _MARK), shown["url"].replace(old, _MARK)
        shown["account"]["statuses_count"] = self.records
        return json.dumps(shown, separators=(",", ":"), ensure_ascii=False).split(json.dumps(_MARK)[1:-1])


def big_office(records: int, *, port: int = 0) -> PracticeServer:
    """A server, not started, with one account of ``records`` statuses under ``/@larkmere``."""
    return PracticeServer(port=port, sites=(lambda base: BigOffice(records, base),))


def _small_city(base: str, newest: int) -> tuple[MastodonApi, int]:
    city = City(SetClock(time_of(newest) if newest else _START), seed=7)
    person = city.join(_HANDLE, "City of Larkmere", note="Official account. Invented.", official=True, at=_START)
    city.say(person, Wording("template"))
    return MastodonApi(city, base, rate_limit=RateLimit(10_000_000, enforced=False)), person


def _version(status: dict[str, Any]) -> dict[str, Any]:
    kept = ("content", "spoiler_text", "sensitive", "created_at", "account", "media_attachments", "emojis")
    return {key: status[key] for key in kept}


def _word(number: int) -> str:
    """A word that looks like one, drawn from some 200,000."""
    sounds = ("ka", "lo", "mi", "ne", "ru", "sta", "ven", "tor", "bel", "dri", "ho")
    return "".join(sounds[number // 11**place % 11] for place in range(5))


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="Serve one practice account with many statuses.")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args()
    with big_office(chosen.records, port=chosen.port) as server:
        print(f"{server.base_url}/@{_HANDLE}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
