"""Listening to the stream of the vendor's own server: what is written and deleted between two sweeps is found."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import libipld
import pytest

from archiver.capture.listening import Listener
from archiver.capture.pushed import Hearing, Pushed
from archiver.storage.segment_reader import ReadExchange, read_segment
from archiver.work.listening import Listeners
from connectors.bluesky import Bluesky
from connectors.contract import Answer, Heard
from tests.bluesky.town import FULL, NEW, Town
from tests.capture.rebuilding import check_rebuilt

pytestmark = pytest.mark.slow

_PATIENCE = 90


@contextmanager
def listening(town: Town) -> Iterator[None]:
    stop = threading.Event()
    listener = Listener(town.capture, town.account, stop)
    ended: list[BaseException] = []

    def listen() -> None:
        try:
            listener.listen()
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert listener.connected.wait(_PATIENCE)
        yield
    finally:
        stop.set()
        thread.join(_PATIENCE)
    assert ended == []


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@pytest.mark.law("R22")
def test_what_was_deleted_before_any_sweep_saw_it_is_in_the_archive(town: Town) -> None:
    town.run(NEW)
    with listening(town):
        short = town.office.say("Nobody was meant to read this.")
        until(lambda: short["uri"] in town.records())
        town.office.edit(short, "Never mind.")
        town.office.delete(short)
        until(lambda: len(town.texts(short)) == 2)
    assert town.texts(short) == ["Nobody was meant to read this.", "Never mind."]
    # What happened while nobody listened is heard from where it stopped.
    missed = town.office.say("While nobody listened.")
    town.office.delete(missed)
    with listening(town):
        until(lambda: missed["uri"] in town.records())
    assert town.texts(missed) == ["While nobody listened."]
    # An old frame does not take the place of what was seen since.
    edited = town.office.say("First.")
    town.office.edit(edited, "Second.")
    town.run(NEW)
    heard = len(town.exchanges("frame"))
    with listening(town):
        until(lambda: len(town.exchanges("frame")) >= heard + 2)
    assert town.texts(edited) == ["Second."]
    town.run(FULL)
    assert town.states(short)[-1] == town.states(missed)[-1] == "not_returned"
    assert town.states(edited)[-1] == "visible"
    assert not town.gaps()
    frames = town.exchanges("frame")
    assert {(one.method, one.status) for one in frames} == {(None, None)}
    town.capture.flush(all=True)
    _frames_are_as_they_came(town)
    check_rebuilt(town, anew=True)


def test_a_change_of_name_is_kept_and_an_account_that_goes_away_is_said_to_be(town: Town) -> None:
    town.run(NEW)
    listeners = Listeners(town.capture)
    listeners.start()
    try:
        until(lambda: bool(town.office.say("Is anybody there?") and town.exchanges("frame")))
        heard = len(town.exchanges("frame"))
        town.office.rename()
        until(lambda: len(town.exchanges("frame")) > heard)
        town.office.deactivate()
        until(lambda: town.state() == "deactivated")
    finally:
        listeners.stop(_PATIENCE)
    town.office.activate()
    town.run(NEW)
    assert town.state() == "active"
    (identity,) = [row for key, row in town.records().items() if key.startswith("identity/")]
    assert town.office.handle in town.texts({"uri": identity.key})[-1]


@pytest.mark.law("R63")
def test_what_the_server_no_longer_has_is_a_gap(town: Town) -> None:
    town.run(NEW)
    place = town.capture.listening(town.account)
    assert place is not None
    now = town.archive.clock.now()
    town.capture.hear(town.account, Hearing(place.ask, (), "5", now - timedelta(hours=2)))
    assert not town.gaps()
    told = libipld.encode_dag_cbor({"op": 1, "t": "#info"}) + libipld.encode_dag_cbor({"name": "OutdatedCursor"})
    heard = Bluesky().heard(place.account, told)
    assert heard == Heard(about=True, lost=True)
    lost = Pushed(told, Bluesky.frame_type, town.archive.clock.now(), heard)
    town.capture.hear(town.account, Hearing(place.ask, (lost,), "9", town.archive.clock.now()))
    assert {(gap.stream, gap.cause) for gap in town.gaps()} == {("posts", "window")}
    again = town.capture.listening(town.account)
    assert again is not None
    assert ("cursor", "9") in again.ask.parameters


def _frames_are_as_they_came(town: Town) -> None:
    """Each stands in the store as a resource, and whatever is done to it is noticed or read, and breaks nothing."""
    read = [one for path in sorted(town.home.glob("store/segments/**/*.warc.gz")) for one in _resources(path)]
    assert len(read) == len(town.exchanges("frame"))
    assert all(one.request is None and one.facts["source"] == "pushed" for one in read)
    whole = max(read, key=lambda one: len(one.facts.get("records", ())))
    place = town.capture.listening(town.account)
    assert place is not None
    ask = replace(place.ask, context={**place.ask.context, "said": []})
    for cut in range(0, len(whole.body), 7):
        reading = Bluesky().read(ask, Answer(0, (), whole.body[:cut], whole.received_at))
        assert reading.quarantine
    (start, end) = (int(number) for number in whole.facts["records"][0][1].removeprefix("bytes=").split("-"))
    changed = bytearray(whole.body)
    changed[(start + end) // 2] ^= 1
    assert Bluesky().read(ask, Answer(0, (), bytes(changed), whole.received_at)).quarantine


def _resources(path: Path) -> list[ReadExchange]:
    with path.open("rb") as stream:
        return [one for one in read_segment(stream) if isinstance(one, ReadExchange) and one.request is None]
