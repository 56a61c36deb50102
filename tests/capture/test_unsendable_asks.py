"""A connector that asks for what cannot be sent, or for an address nobody can read, costs an answer and not the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from archiver.capture.asking import Asker
from archiver.capture.pacing import Pacer
from archiver.http import Fetcher
from connectors.contract import AccountRef, Ask, Bookmark, ProblemKind, Stream, Sweep
from connectors.mastodon import Mastodon
from tests.capture.house import House

BEGIN = Mastodon.begin

UNSENDABLE: dict[str, Callable[[Ask], Ask]] = {
    "a header with a line break": lambda ask: replace(ask, headers=(("X-Mark", "a\r\nEvil: 1"),)),
    "a header of ours": lambda ask: replace(ask, headers=(("Host", "elsewhere.example"),)),
    "a header without a name": lambda ask: replace(ask, headers=(("", "a"),)),
    "a method with a space": lambda ask: replace(ask, method="GET /x HTTP/1.1"),
    "a method that is not ASCII": lambda ask: replace(ask, method="G\u00c9T"),
    "half an IPv6 address": lambda ask: replace(ask, url="https://[::1/api"),
    "a host with a full-width slash": lambda ask: replace(ask, url="https://a\uff0fb.example/"),
    "no address": lambda ask: replace(ask, url=""),
}


@pytest.mark.parametrize("name", UNSENDABLE)
def test_an_ask_that_cannot_be_sent_is_a_broken_contract_and_the_run_goes_on(
    name: str, new_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(connector: Mastodon, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        first, *rest = BEGIN(connector, account, sweep, bookmark)
        broken = UNSENDABLE[name](replace(first, purpose="broken", listing="broken"))
        return (broken, first, *rest)

    house = new_house()
    account = house.office()
    before = house.run(account)
    monkeypatch.setattr(Mastodon, "begin", begin)
    after = house.run(account)
    assert before.outcome == "complete"
    assert after.outcome == "partial"
    assert house.exchanges("broken") == []
    lists = house.coverage(after)
    assert lists["broken"].complete is False
    assert all(row.complete for listing, row in lists.items() if listing != "broken")
    monkeypatch.undo()
    assert house.run(account).outcome == "unchanged"


def test_it_is_tried_once_and_named_without_what_was_to_be_sent() -> None:
    account = AccountRef("ac_1", "mastodon", "https://a.example", "1", "city@a.example", "https://a.example/@city")
    tally: list[tuple[str, int | str]] = []
    fetcher = Fetcher(user_agent="records-archiver/test")
    asker = Asker(
        connector=Mastodon(),
        account=account,
        fetcher=fetcher,
        pacer=Pacer(),
        stop=threading.Event(),
        spool=lambda taken: pytest.fail("nothing was captured"),
        tally=lambda purpose, status: tally.append((purpose, status)),
    )
    try:
        asked = asker.ask(Ask("https://a.example/", Stream.POSTS, "posts", headers=(("X-Mark", "a\r\nEvil: 1"),)))
    finally:
        fetcher.close()
    assert (asked.answer, asked.refused, tally) == (None, False, [("posts", "unsendable_request")])
    assert asked.problem is not None
    assert asked.problem.kind is ProblemKind.CONTRACT
    assert "Evil" not in asked.problem.detail
