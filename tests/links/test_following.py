"""Where short links lead: asked once, kept as evidence, shown beside the words, and never a part of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from archiver.capture.following import Followed
from archiver.http import Fetcher
from archiver.operations.verify import verify
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.records import pictures, service
from archiver.records.followed import LinkView
from archiver.records.models import Link
from archiver.records.service import Viewer
from archiver.storage.segment_reader import ReadExchange, read_exchange
from connectors.contract import Problem, ProblemKind
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt

TARGET = "https://plans.example.gov/bridge?a=1"


def post(house: House, *addresses: str, by: int | None = None, **more: Any) -> int:
    text = f"The plan: {' '.join(addresses)}"
    return house.city.say(house.cast.city if by is None else by, Wording(text), **more)


def links(house: House, number: int, viewer: Viewer = Viewer.EVERYTHING) -> tuple[LinkView, ...]:
    with house.archive.database.read() as connection:
        return service.record(connection, house.records()[f"status/{number}"].id, viewer).links


def told(house: House, number: int) -> list[tuple[str, str | None]]:
    return [(one.state, one.target) for one in links(house, number)]


def stored(house: House, exchange: str) -> ReadExchange:
    with house.archive.database.read() as connection:
        at = pictures.place(connection, exchange)
    assert at is not None
    assert at.access == "public"
    return read_exchange(house.archive.store, at.key, at.offset, at.length, at.facts_offset, at.facts_length)


def found(house: House, query: str) -> list[str]:
    with house.archive.database.read() as connection:
        page = house.archive.search.search(connection, query, viewer=Viewer())
    return [hit.record_id for hit in page.hits]


@pytest.mark.law("R41")
def test_a_short_link_is_followed_once_and_kept_with_every_hop(house: House) -> None:
    office, service_ = house.office(), house.server.short_links
    last = service_.shorten(TARGET, status=302)
    first = service_.shorten(last)
    number = post(house, first)
    house.run(office)
    (one,) = links(house, number)
    assert (one.address, one.state, one.target, one.reason) == (first, "led", TARGET, None)
    assert one.at == house.clock.now() or one.at < house.clock.now()
    hops = [stored(house, exchange) for exchange in one.exchanges]
    assert [(hop.status, hop.uri) for hop in hops] == [(301, first), (302, last)]
    assert [hop.facts["ask"]["purpose"] for hop in hops] == ["link", "link"]
    assert hops[1].facts["follows"] == one.exchanges[0]
    assert f"Location: {last}\r\n".encode() in hops[0].response
    assert hops[0].request is not None
    assert b"Cookie" not in hops[0].request
    assert b"Authorization" not in hops[0].request
    assert b"_visit=1" not in hops[0].response  # a cookie is a secret, and overwritten
    # What it says is what it said.
    (version,) = house.versions(f"status/{number}")
    assert TARGET not in version.text
    assert TARGET not in str(version.content)
    # Not again, whoever looks: another sweep, another post, another process.
    again = post(house, first)
    house.later(hours=1)
    house.run(office)
    house.shut()
    house.open()
    house.later(days=2)
    house.run(office)
    assert service_.visits(first) == 1
    assert told(house, again) == [("led", TARGET)]
    assert [one.id for one in links(house, again)] == [one.id]
    record = house.records()[f"status/{number}"].id
    assert set(found(house, "plans.example.gov")) == {record, house.records()[f"status/{again}"].id}
    assert verify(house.archive).ok
    check_rebuilt(house)
    assert record in found(house, "plans.example.gov")


def test_after_an_edit_it_is_followed_again_and_both_answers_stay(house: House) -> None:
    office, service_ = house.office(), house.server.short_links
    address = service_.shorten(TARGET)
    number = post(house, address)
    house.run(office)
    service_.shorten("https://elsewhere.example.com/", code=address.rpartition("/")[2])
    house.later(hours=1)
    house.run(office)
    assert told(house, number) == [("led", TARGET)]
    house.city.edit(number, Wording(f"The new plan: {address}"))
    house.run(office)
    assert told(house, number) == [("led", TARGET), ("led", "https://elsewhere.example.com/")]
    assert len(house.versions(f"status/{number}")) == 2
    # As it was known before the edit, only the first answer had come.
    first = links(house, number)[0]
    with house.archive.database.read() as connection:
        then = service.record_at(connection, house.records()[f"status/{number}"].id, first.at)
    assert then.links == (first,)
    # An edit that takes the link away leaves nothing to ask.
    house.later(hours=1)
    house.city.edit(number, Wording("No plan."))
    house.run(office)
    assert service_.visits(address) == 2
    assert len(links(house, number)) == 2  # of the versions before
    check_rebuilt(house)


def test_only_what_the_account_itself_says_in_public_is_followed(new_house: Callable[..., House]) -> None:
    house = new_house()
    office, service_ = house.office("a-token-of-the-office"), house.server.short_links
    own, theirs, secret = service_.shorten(TARGET), service_.shorten(TARGET), service_.shorten(TARGET)
    number = post(house, own)
    comment = post(house, theirs, by=house.cast.residents[0], answering=number)
    house.city.say(house.cast.city, Wording(f"@resident {secret}"), visibility="direct")
    house.run(office)
    assert [service_.visits(one) for one in (own, theirs, secret)] == [1, 0, 0]
    assert told(house, comment) == []
    # Whoever wants to know of what others wrote too.
    house.settings["links"] = "all"
    house.shut()
    house.open()
    house.run(office)
    assert [service_.visits(one) for one in (own, theirs, secret)] == [1, 1, 0]
    assert told(house, comment) == [("led", TARGET)]


def test_switched_off_nothing_is_asked(new_house: Callable[..., House]) -> None:
    house = new_house(links="off")
    office, address = house.office(), house.server.short_links.shorten(TARGET)
    post(house, address)
    house.run(office)
    assert house.server.short_links.visits(address) == 0
    assert house.rows(Link) == []


def test_nobody_but_a_listed_service_is_ever_asked(house: House) -> None:
    """Where it leads is known from the service's answer; what stands there is not fetched, and least of all inside."""
    office, service_ = house.office(), house.server.short_links
    inside = (
        f"{house.server.base_url}/admin",
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/s/other-port",
        "http://[::1]:22/",
        "https://city.example.gov@10.0.0.1/",
    )
    numbers = [post(house, service_.shorten(target)) for target in inside]
    before = len(house.server.log)
    house.run(office)
    asked = [one.target for one in list(house.server.log)[before:]]
    assert "/admin" not in asked
    assert [told(house, number) for number in numbers] == [[("led", target)] for target in inside]


@pytest.mark.parametrize(
    ("target", "state", "reason"),
    [
        ("file:///etc/passwd", "refused", "no address of the web"),
        ("javascript:alert(1)", "refused", "no address of the web"),
        ("https://example.com/" + "a" * 9000, "refused", "more than 8192 characters"),
    ],
)
def test_what_no_browser_should_open_is_no_target(house: House, target: str, state: str, reason: str) -> None:
    office, number = house.office(), post(house, house.server.short_links.shorten(target))
    house.run(office)
    (one,) = links(house, number)
    assert (one.state, one.target) == (state, None)
    assert reason in (one.reason or "")
    assert len(one.exchanges) == 1
    check_rebuilt(house)


def test_circles_chains_pages_and_what_leads_nowhere(house: House) -> None:
    office, service_ = house.office(), house.server.short_links
    circle = service_.shorten("placeholder:")
    service_.shorten(circle, code=circle.rpartition("/")[2])
    chain = service_.shorten(TARGET)
    for _ in range(6):
        chain = service_.shorten(chain)
    page = service_.page(TARGET)
    waits = service_.page(TARGET, wait="60")
    gone = service_.answering(410, b"Gone")
    large = service_.answering(301, b"x" * 1_000_000, ("Location", TARGET))
    relative = service_.shorten(f"{service_.base}/s/", status=307)
    unknown = f"{service_.base}/s/nobody"
    addresses = (circle, chain, page, waits, gone, large, relative, unknown)
    numbers = [post(house, one) for one in addresses]
    house.run(office)
    seen = {address: links(house, number)[0] for address, number in zip(addresses, numbers, strict=True)}
    states = {address: one.state for address, one in seen.items()}
    assert states == {
        circle: "refused",
        chain: "refused",
        page: "led",
        waits: "nowhere",
        gone: "nowhere",
        large: "led",
        relative: "led",
        unknown: "nowhere",
    }
    assert "circle" in (seen[circle].reason or "")
    assert len(seen[chain].exchanges) == 5
    assert "404" in (seen[unknown].reason or "")
    answer = stored(house, seen[large].exchanges[0])
    assert answer.truncated == "length"
    assert len(answer.body) <= 64 * 1024
    house.later(days=60)
    house.run(office)
    assert service_.visits(gone) == 1  # what was answered is not asked again
    assert verify(house.archive).ok
    check_rebuilt(house)


@pytest.mark.parametrize(
    "fault",
    [faults.server_error(503), faults.cut_body(-1), faults.html_page(429), faults.cut_body(0)],
    ids=["503", "no answer", "429", "cut off"],
)
def test_what_fails_is_said_and_tried_again_but_not_for_ever(house: House, fault: faults.Alter) -> None:
    office, service_ = house.office(), house.server.short_links
    address = service_.shorten(TARGET)
    number = post(house, address)
    added = house.server.faults.add(fault, "^/s/", times=None)
    house.run(office)
    (first,) = links(house, number)
    if first.state == "led":  # the head had come whole: nothing failed
        assert first.target == TARGET
        return
    assert (first.state, first.target) == ("failed", None)
    assert first.reason
    hits = added.hits
    house.run(office)
    assert added.hits == hits  # not before its time
    for days in (2, 8, 31, 60, 60):
        house.later(days=days)
        house.run(office, NEW)
    assert [state for state, _ in told(house, number)] == ["failed"] * 4
    house.server.faults.clear()
    house.later(days=100)
    house.run(office)
    assert len(links(house, number)) == 4
    check_rebuilt(house)


def test_what_is_back_is_found_by_the_next_try(house: House) -> None:
    office, service_ = house.office(), house.server.short_links
    number = post(house, service_.shorten(TARGET))
    house.server.faults.add(faults.server_error(503), "^/s/", times=1)
    house.run(office)
    house.later(days=1, hours=1)
    house.run(office, NEW)
    assert told(house, number) == [("failed", None), ("led", TARGET)]


def test_a_secret_in_a_target_is_masked_and_not_kept(house: House) -> None:
    office = house.office()
    token = "EAAB-this-is-a-token-that-somebody-pasted"
    address = house.server.short_links.shorten(f"https://graph.example.com/me?access_token={token}")
    number = post(house, address)
    house.run(office)
    (one,) = links(house, number)
    assert one.state == "nowhere"
    assert token.encode() not in stored(house, one.exchanges[0]).response
    everything = b"".join(path.read_bytes() for path in house.home.rglob("*") if path.is_file())
    assert token.encode() not in everything


class Ends(Exception):  # noqa: N818 - a process that ends
    pass


@pytest.mark.parametrize(
    "point", ["followed", "batch.stored", "batch.choice_written", "commit.put", "commit.written", "commit.done"]
)
def test_a_process_that_ends_meanwhile_loses_no_record(
    house: House, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    office = house.office()
    number = post(house, house.server.short_links.shorten(TARGET))

    follower = house.capture.linking.follower
    begun: list[str] = []
    house.capture.linking.follower = type(follower)(
        follower.fetcher,
        follower.pacer,
        follower.clock,
        follower.services,
        follower.trusted,
        lambda address: followed(address),
    )

    def end(name: str) -> None:
        if name == point and begun:
            raise Ends

    def followed(address: str) -> None:
        begun.append(address)
        end("followed")

    for module in ("batch", "committer"):
        monkeypatch.setattr(f"archiver.capture.{module}.crash_point", end)
    with contextlib.suppress(Ends):
        house.run(office)
    monkeypatch.undo()
    house.capture.linking.follower = follower
    house.run(office, NEW)
    house.run(office, FULL)
    assert {state for state, _ in told(house, number)} == {"led"}
    assert verify(house.archive).ok
    check_rebuilt(house)


def test_a_clock_that_went_ahead_neither_asks_for_ever_nor_hides_what_is_said_later(house: House) -> None:
    office, service_ = house.office(), house.server.short_links
    ahead, after = service_.shorten(TARGET), service_.shorten(TARGET)
    number = post(house, ahead)
    house.later(days=400)
    house.run(office)
    house.later(days=-399)
    house.shut()
    house.open()  # (what a process that saw the other time waits for is forgotten)
    house.run(office)
    later = post(house, after)
    house.later(hours=1)
    house.run(office)
    assert (service_.visits(ahead), service_.visits(after)) == (1, 1)
    assert told(house, number) == told(house, later) == [("led", TARGET)]
    check_rebuilt(house)


def test_a_page_of_a_service_that_nobody_can_read_leads_nowhere_and_holds_up_no_other(house: House) -> None:
    office, service_ = house.office(), house.server.short_links
    broken = service_.answering(200, b"<![x[ <p>broken", ("Content-Type", "text/html"))
    numbers = [post(house, one) for one in (service_.shorten(TARGET), broken)]
    house.run(office)
    assert [told(house, number) for number in numbers] == [[("led", TARGET)], [("nowhere", None)]]


def test_a_service_whose_name_leads_inside_here_is_not_asked_and_is_tried_another_day(house: House) -> None:
    """As where the city's own name server blocks it: that says nothing of where the link leads."""
    follower = house.capture.linking.follower
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["0.0.0.0"]

    fetcher = Fetcher(user_agent="test", resolver=resolve, clock=house.clock)
    blocked = replace(follower, fetcher=fetcher, services=("bit.ly",), trusted=())
    found = {url: blocked.follow(url, house.patience) for url in ("https://bit.ly/x", "https://bit.ly:22/x")}
    fetcher.close()
    told = {url: (one.state.value, len(one.hops)) for url, one in found.items() if one is not None}
    assert told == {"https://bit.ly/x": ("failed", 0), "https://bit.ly:22/x": ("refused", 0)}
    assert asked == ["bit.ly"]


def test_links_that_cannot_be_asked_now_take_the_place_of_none_that_can(house: House) -> None:
    house.settings["links_run"] = 2
    house.shut()
    house.open()
    office, service_ = house.office(), house.server.short_links
    first, *waiting = (service_.shorten(TARGET) for _ in range(4))
    numbers = [post(house, one) for one in (first, *waiting)]

    class Waiting:
        """The services of some cannot be asked at present."""

        def follow(self, address: str, stop: threading.Event) -> Followed | None:
            return None if address in waiting else follower.follow(address, stop)

        def __getattr__(self, name: str) -> Any:
            return getattr(follower, name)

    follower = house.capture.linking.follower
    house.capture.linking.follower = cast(Any, Waiting())
    house.run(office)
    assert [told(house, one) for one in numbers] == [[("led", TARGET)], [], [], []]
    house.capture.linking.follower = follower
    house.run(office)
    assert sum(told(house, one) == [("led", TARGET)] for one in numbers) == 3
    house.run(office)
    assert all(told(house, one) == [("led", TARGET)] for one in numbers)


def test_a_service_that_wants_a_long_pause_holds_up_no_other(house: House) -> None:
    linking, waited = house.capture.linking, house.patience.waited
    bucket = f"{house.server.base_url} links"
    retry = Problem(ProblemKind.RATE, "too many", house.clock.now() + timedelta(minutes=5))
    linking.follower.pacer.note(bucket, None, retry, None)
    assert linking.follower.follow(house.server.short_links.shorten(TARGET), house.patience) is None
    assert house.patience.waited == waited
