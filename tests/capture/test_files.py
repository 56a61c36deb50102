"""Files of records: fetched in the run that saw them, and never from where nobody should go."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from archiver.capture.models import Exchange, Segment
from archiver.capture.rebuild import rebuild
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png
from archiver.records import digests
from connectors.mastodon import Mastodon
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt


@pytest.fixture
def inside() -> Iterator[socket.socket]:
    """A service of the machine itself, which nobody outside should ever make us talk to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


def shows_a_picture(house: House) -> int:
    picture = house.city.picture("The new bridge")
    house.city.say(house.cast.city, Wording("The new bridge", media=(picture,)))
    return picture.number


def lying_at(url: str) -> faults.Alter:
    """Every picture is said to be at this address."""

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(part) for part in value]
        if isinstance(value, dict):
            return {key: moved(part) for key, part in value.items()} | ({"url": url} if "blurhash" in value else {})
        return value

    def alter(request: Request, response: Response) -> Response:
        if not request.path.startswith("/api/"):
            return response
        return faults.with_json(response, moved(json.loads(response.body)))

    return alter


def the_file(house: House) -> Any:
    (row,) = [row for row in house.media() if not row.key.startswith(("avatar/", "header/"))]
    return row


def test_a_file_is_fetched_in_the_run_that_saw_it_and_kept_apart(house: House) -> None:
    number = shows_a_picture(house)
    run = house.run(house.office())
    row = the_file(house)
    content = png(number, 480, 320)
    assert (run.outcome, row.state, row.reason) == ("complete", "fetched", None)
    assert (row.sha256, row.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (row.content_type, row.alt_text) == ("image/png", "The new bridge")
    (exchange,) = house.rows(Exchange, Exchange.id == row.exchange_id)
    (segment,) = house.rows(Segment, Segment.id == exchange.segment_id)
    assert segment.access == "media"


def test_a_file_is_fetched_once(house: House) -> None:
    shows_a_picture(house)
    office = house.office()
    house.run(office)
    house.later(hours=1)
    asked = len(house.server.log)
    house.run(office)
    assert not [one for one in list(house.server.log)[asked:] if one.target.startswith("/system/")]


def test_a_file_inside_our_own_network_is_refused_and_nobody_is_called(house: House, inside: socket.socket) -> None:
    shows_a_picture(house)
    house.server.faults.add(lying_at(f"http://127.0.0.1:{inside.getsockname()[1]}/secret.png"), times=None)
    run = house.run(house.office())
    row = the_file(house)
    assert (run.outcome, row.state) == ("complete", "refused")
    assert row.reason
    with pytest.raises(TimeoutError):
        inside.accept()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/a.png",
        "https://[::ffff:169.254.169.254]/a.png",
        "https://10.0.0.1/a.png",
        "https://localhost/a.png",
        "https://0x7f000001/a.png",
        "https://2852039166/a.png",
    ],
)
def test_a_file_at_an_address_nobody_outside_has_is_refused(house: House, url: str) -> None:
    shows_a_picture(house)
    house.server.faults.add(lying_at(url), times=None)
    house.run(house.office())
    row = the_file(house)
    assert row.state == "refused", row
    assert row.reason


def test_a_redirect_to_the_inside_is_refused_and_nobody_is_called(house: House, inside: socket.socket) -> None:
    target = f"http://127.0.0.1:{inside.getsockname()[1]}/secret.png"

    def elsewhere(request: Request, response: Response) -> Response:
        return replace(response, status=302, body=b"").with_header("Location", target)

    shows_a_picture(house)
    house.server.faults.add(elsewhere, "^/system/media", times=None)
    house.run(house.office())
    assert the_file(house).state == "refused"
    with pytest.raises(TimeoutError):
        inside.accept()


def test_a_refused_file_is_not_asked_for_again(house: House) -> None:
    shows_a_picture(house)
    house.server.faults.add(lying_at("https://10.0.0.1/a.png"), times=None)
    office = house.office()
    house.run(office)
    house.later(hours=1)
    run = house.run(office, NEW)
    assert "files_not_kept" not in run.counts


def test_a_file_that_is_not_there_is_missing_with_the_answer_that_says_so(house: House) -> None:
    shows_a_picture(house)
    house.server.faults.add(faults.not_found, "^/system/media", times=None)
    house.run(house.office())
    row = the_file(house)
    assert row.state == "missing"
    (exchange,) = house.rows(Exchange, Exchange.id == row.exchange_id)
    assert exchange.status == 404


def test_a_file_that_was_not_found_is_asked_for_once_a_day_while_what_names_it_is_new(house: House) -> None:
    shows_a_picture(house)
    house.server.faults.add(faults.not_found, "^/system/media", times=None)
    office = house.office()

    def asked_in(hours: int) -> int:
        before = len(house.rows(Exchange, Exchange.status == 404))
        house.later(hours=hours)
        house.run(office, NEW)
        return len(house.rows(Exchange, Exchange.status == 404)) - before

    house.run(office)
    assert [asked_in(1), asked_in(21), asked_in(1), asked_in(48), asked_in(48)] == [0, 1, 0, 1, 0]


def test_a_file_that_comes_later_than_what_names_it_is_kept(house: House) -> None:
    shows_a_picture(house)
    away = house.server.faults.add(faults.not_found, "^/system/media", times=1)
    office = house.office()
    house.run(office)
    assert (away.hits, the_file(house).state) == (1, "missing")
    house.later(hours=21)
    house.run(office, NEW)
    assert the_file(house).state == "fetched"
    check_rebuilt(house, anew=True)


def test_a_file_of_what_is_gone_is_not_asked_for_again(house: House) -> None:
    shows_a_picture(house)
    post = max(house.city.posts)
    house.city.say(house.cast.city, Wording("Without a picture"))
    house.server.faults.add(faults.not_found, "^/system/media", times=None)
    office = house.office()
    house.run(office)
    house.city.delete(post)
    asked = []
    for _ in range(3):
        house.later(hours=21)
        house.run(office, FULL)
        asked.append(len(house.rows(Exchange, Exchange.status == 404, Exchange.stream == "media")))
    assert house.records()[f"status/{post}"].state == "not_returned"
    assert asked[0] == asked[2]


def test_a_file_that_is_too_large_is_told_and_leaves_nothing_behind(new_house: Callable[..., House]) -> None:
    house = new_house(settings={"media_bytes": 1000})
    shows_a_picture(house)
    run = house.run(house.office())
    row = the_file(house)
    assert (run.outcome, row.state) == ("complete", "too_large")
    assert "1000 bytes" in row.reason
    house.capture.flush(all=True)
    assert {path.name for path in house.capture.spool.folder.iterdir()} == {"lock"}


class NamedByDigest(Mastodon):
    """As if the server named its files by what they hash to."""

    named: ClassVar[str] = ""

    def digest(self, medium: str) -> str | None:
        return None if "/" in medium else self.named


def test_a_file_that_is_not_the_one_that_was_named_is_kept_aside_and_never_taken_for_it(house: House) -> None:
    number = shows_a_picture(house)
    content = hashlib.sha256(png(number, 480, 320)).hexdigest()
    NamedByDigest.named = "0" * 64
    house.use(NamedByDigest())
    office = house.office()
    house.run(office)
    row = the_file(house)
    assert (row.state, row.exchange_id, row.sha256) == ("refused", None, None)
    (aside,) = [one for one in house.exchanges("medium") if one.body_sha256 == content]
    assert aside.problem == "contract"
    house.capture.flush(all=True)
    before = index_of(house)
    house.empty_index()
    rebuild(house.archive)
    assert digests.differences(before, index_of(house)) == []


def test_a_file_that_is_the_one_that_was_named_is_kept(house: House) -> None:
    number = shows_a_picture(house)
    NamedByDigest.named = hashlib.sha256(png(number, 480, 320)).hexdigest()
    house.use(NamedByDigest())
    house.run(house.office())
    assert the_file(house).state == "fetched"


def index_of(house: House) -> Any:
    with house.archive.database.read() as connection:
        return digests.digests(connection)


def test_an_archive_that_keeps_no_files_asks_for_none(new_house: Callable[..., House]) -> None:
    house = new_house(settings={"media_bytes": 0})
    shows_a_picture(house)
    house.run(house.office())
    assert the_file(house).state == "refused"
    assert not [one for one in house.server.log if one.target.startswith("/system/")]


@pytest.mark.parametrize("fault", [faults.server_error(503), faults.cut_body(50), faults.cut_body(-1)])
def test_a_file_that_could_not_be_had_is_had_later(house: House, fault: faults.Alter) -> None:
    shows_a_picture(house)
    office = house.office()
    house.server.faults.add(fault, "^/system/media", times=None)
    run = house.run(office)
    assert (run.outcome, the_file(house).state) == ("complete", "wanted")
    house.server.faults.clear()
    house.later(minutes=30)
    run = house.run(office, NEW)
    assert (run.outcome, run.counts["files"], the_file(house).state) == ("complete", 1, "fetched")


def test_files_of_messages_are_kept_as_private(house: House) -> None:
    picture = house.city.picture("A pothole")
    words = Wording(f"@{house.city.people[house.cast.city].handle} look", media=(picture,))
    house.city.say(house.cast.residents[0], words, visibility="direct")
    house.run(house.office("tok-of-the-city-7d1f0a"), FULL)
    row = the_file(house)
    (exchange,) = house.rows(Exchange, Exchange.id == row.exchange_id)
    (segment,) = house.rows(Segment, Segment.id == exchange.segment_id)
    assert (row.state, segment.access) == ("fetched", "private-media")
