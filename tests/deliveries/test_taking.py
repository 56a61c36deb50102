"""Deliveries over real sockets: what is taken, what is refused, what is stored where, and what is looked at because of
it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection, insert, select

from archiver.accounts import acts as register
from archiver.accounts import service as accounts
from archiver.accounts.models import Hook
from archiver.capture.arrivals import Arrivals
from archiver.capture.delivering import Deliverer
from archiver.capture.models import Due
from archiver.capture.rebuild import rebuild
from archiver.evidence.act import Act
from archiver.practice import deliveries
from archiver.practice.graph_ids import comment_id, post_id
from archiver.practice.hub import exchange
from archiver.records import digests
from archiver.web import hooks as page
from connectors.contract import SweepKind
from tests.capture.house import FULL, House
from tests.deliveries.scene import SECRET, SETTINGS, Scene, served, until
from tests.facebook.page import Page
from tests.instagram.account import Account

SECOND = "EAASecondCanary0123456789/+=abcdefghijkl"


@pytest.fixture
def town(scene: Scene) -> tuple[Scene, Page]:
    return scene, Page.open(scene.house)


def comment_change(found: Page, post: int, comment: int, words: str | None, **more: str) -> bytes:
    told = deliveries.page_comment(post_id(found.id, post), comment_id(post, comment), words, **more)
    return deliveries.page_changes({str(found.id): [told]}, at=comment)


@pytest.mark.law("R22")
def test_what_was_deleted_before_any_sweep_saw_it_is_in_the_archive(town: tuple[Scene, Page]) -> None:
    scene, found = town
    house, hook = scene.house, scene.hook("facebook")
    post, _ = found.talk(1)
    house.run(found.account, FULL)
    short = house.city.say(found.cast.residents[1], "Nobody was meant to read this.", answering=post)
    assert scene.send(hook, comment_change(found, post, short, "Nobody was meant to read this.")) == 200
    house.city.delete(short)
    house.later(minutes=1)
    assert scene.deliver(found.account).outcome in ("complete", "unchanged")
    record = house.records()[found.key_of(short)]
    assert [one.text for one in house.versions(found.key_of(short))] == ["Nobody was meant to read this."]
    assert record.created_at is None, "no date follows from a delivery"
    # The sweep concludes: it looks at the thread, and directly, beside a control.
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(short) == ["not_returned"]
    # A late copy, in whatever order, brings nothing back; neither does the platform's word that it was deleted.
    assert scene.send(hook, comment_change(found, post, short, "Nobody was meant to", verb="edited")) == 200
    assert scene.send(hook, comment_change(found, post, short, None, verb="remove")) == 200
    house.later(minutes=1)
    scene.deliver(found.account)
    assert found.states(short) == ["not_returned"]
    assert len(house.versions(found.key_of(short))) == 1
    stored = scene.stored()
    assert {access for access, _ in stored} == {"private"}
    assert comment_change(found, post, short, "Nobody was meant to read this.") in [one.body for _, one in stored]
    assert not house.gaps(open_only=True)
    with house.archive.database.read() as connection:
        before = digests.digests(connection)
    house.empty_index()
    rebuild(house.archive)
    with house.archive.database.read() as connection:
        assert digests.differences(before, digests.digests(connection)) == []


def test_a_delivery_concludes_nothing_and_its_thread_is_looked_at_at_once(town: tuple[Scene, Page]) -> None:
    scene, found = town
    house, hook = scene.house, scene.hook("facebook")
    post, (first, *_) = found.talk(2)
    house.run(found.account, FULL)
    # It says that something is gone that stands: nothing is.
    scene.send(hook, comment_change(found, post, first, None, verb="remove"))
    late = house.city.say(found.cast.residents[0], "really new", answering=post)
    house.later(minutes=1)
    result = scene.deliver(found.account)
    assert found.states(first, late) == ["visible", "visible"], "the sweep found what the delivery did not name"
    assert not any("delivery" in listing for listing in house.coverage(result))
    with house.archive.database.read() as connection:
        rows = dict(connection.execute(select(Due.sweep, Due.due_at).where(Due.account_id == found.account)).all())
    assert rows[SweepKind.NEW.value] <= house.clock.now()


def test_a_forged_one_is_refused_counted_and_not_stored(town: tuple[Scene, Page]) -> None:
    scene, found = town
    hook = scene.hook("facebook")
    body = comment_change(found, 1, 2, "Forged.")
    assert scene.send(hook, body, secret="another secret") == 403
    assert exchange("POST", scene.address(hook), {"Content-Type": "application/json"}, body)[0] == 403
    assert exchange("POST", f"{scene.url}/hooks/facebook/{'A' * 43}", {}, body)[0] == 404
    assert exchange("POST", f"{scene.url}/hooks/instagram/{hook.path}", {}, body)[0] == 404
    assert exchange("POST", f"{scene.url}/hooks/facebook/short", {}, body)[0] == 404
    assert scene.counts("facebook") == {"refused_wrong": 1, "refused_unsigned": 1}
    assert scene.waiting(found.account) == 0


def test_the_same_is_taken_once_also_after_a_restart(new_house: Callable[..., House]) -> None:
    house = new_house(settings=SETTINGS)
    found = Page.open(house)
    body = comment_change(found, 1, 2, "Once.")
    with served(house) as scene:
        hook = scene.hook("facebook")
        assert [scene.send(hook, body) for _ in range(3)] == [200, 200, 200]
        assert scene.waiting(found.account) == 1
        scene.deliver(found.account)
        assert scene.send(hook, body) == 200
        assert scene.counts("facebook") == {"taken": 1, "repeated": 3}
    house.shut()
    house.open()
    with served(house) as scene:
        house.later(days=2)
        assert scene.send(hook, body) == 200
        assert scene.waiting(found.account) == 0
        assert len(scene.stored()) == 1
        # It is remembered for days, not for ever.
        house.later(days=9)
        scene.deliverer.arrivals.forget(house.clock.now().date())
        assert scene.send(hook, body) == 200
        assert scene.waiting(found.account) == 1


def test_several_accounts_in_one_body_each_keep_their_own_part(town: tuple[Scene, Page]) -> None:
    scene, found = town
    house, hook = scene.house, scene.hook("facebook")
    second = house.city.join("secondpage", "Second", home="facebook", official=True)
    house.server.graph.tokens[SECOND] = second
    address = house.server.graph.account_url(second)
    other = accounts.add(house.archive, address, "facebook", credential=SECOND).account.id
    pages = {
        str(found.id): [deliveries.page_comment(post_id(found.id, 1), "1_2", "of the first")],
        "999": [deliveries.page_comment("999_1", "1_3", "of nobody here")],
        str(second): [deliveries.page_comment(post_id(second, 1), "1_4", "of the second")],
    }
    body = deliveries.page_changes(pages)
    assert scene.send(hook, body, headers={"X-Forwarded-For": "10.1.2.3", "Cookie": "a=b", "X-Other": "c"}) == 200
    for account in (other, found.account):
        scene.deliver(account)
    every = (b"of the first", b"of the second", b"of nobody here")
    copies = {one.facts["account"]: one for _, one in scene.stored()}
    assert set(copies) == {found.account, other}
    restored = bytearray(body)
    for account, mine in ((found.account, b"of the first"), (other, b"of the second")):
        copy = copies[account]
        assert len(copy.body) == len(body)
        assert [words for words in every if words in copy.body] == [mine]
        assert json.loads(copy.body)["object"] == "page"
        assert {what for _, _, what in copy.facts["masked"]["response"]} == {"another account"}
        names = [name.lower() for name, _ in copy.facts["headers"]]
        assert sorted(names) == ["content-type", "x-hub-signature-256"], "of the platform, not of a proxy"
        for start, end, _ in copy.facts["masked"]["response"]:
            assert restored[start:end] == body[start:end]


def test_messages_never_lie_in_a_public_segment(town: tuple[Scene, Page]) -> None:
    scene, found = town
    hook = scene.hook("facebook")
    assert scene.send(hook, deliveries.page_messages(str(found.id), "A secret of a citizen.")) == 200
    scene.deliver(found.account)
    scene.house.run(found.account, FULL)
    assert [access for access, _ in scene.stored()] == ["private"]


def test_what_is_sent_about_a_paused_account_is_acknowledged_and_not_kept(town: tuple[Scene, Page]) -> None:
    scene, found = town
    hook = scene.hook("facebook")
    before = comment_change(found, 1, 2, "before")
    assert scene.send(hook, before) == 200
    accounts.pause(scene.house.archive, found.account, "asked for by the office")
    assert scene.send(hook, comment_change(found, 1, 3, "while paused")) == 200
    assert scene.counts("facebook") == {"taken": 1, "paused": 1}
    assert scene.deliverer.waiting() == [], "what was acknowledged before waits until the account is captured again"
    accounts.resume(scene.house.archive, found.account)
    assert scene.deliverer.waiting() == [found.account]
    scene.deliver(found.account)
    assert [one.body for _, one in scene.stored()] == [before]


def test_a_storm_makes_few_sweeps(town: tuple[Scene, Page], monkeypatch: pytest.MonkeyPatch) -> None:
    scene, found = town
    house, hook = scene.house, scene.hook("facebook")
    post, _ = found.talk(1)
    house.run(found.account, FULL)
    before = len(house.runs())
    receiver = scene.site.receiver
    for number in range(300):
        body = comment_change(found, post, 1000 + number, None, verb="edited")
        headers, _ = deliveries.signed("facebook", SECRET, body)
        assert receiver.take("facebook", hook.path, list(headers.items()), body).status == 200
    asked = len(house.server.log)
    scene.deliver(found.account)
    assert len(house.runs()) == before + 1
    assert len(house.server.log) - asked < 20
    assert len(scene.stored()) == 300


def test_an_application_of_one_platform_sends_what_concerns_another(scene: Scene) -> None:
    found = Account.open(scene.house)
    hook = scene.hook("facebook")
    post, _ = found.talk(1)
    scene.house.run(found.account, FULL)
    said = scene.house.city.say(found.cast.residents[0], "so quick", answering=post)
    change = {"id": str(said), "text": "so quick", "media": {"id": str(post)}, "from": {"id": "7", "username": "x"}}
    body = deliveries.page_changes({str(found.id): [change]}, what="instagram")
    assert scene.send(hook, body) == 200
    scene.house.later(minutes=1)
    scene.deliver(found.account)
    assert found.states(said) == ["visible"]


def test_what_nobody_understands_is_kept_aside(town: tuple[Scene, Page]) -> None:
    scene, _ = town
    hook = scene.hook("facebook")
    assert scene.send(hook, b'{"object":"page","entry":"?"}') == 200
    assert scene.send(hook, b'{"object":"user","entry":[]}') == 200
    assert scene.counts("facebook") == {"unreadable": 1, "unwanted": 1}
    assert [path.read_bytes() for path in (scene.house.archive.settings.deliveries / "aside").iterdir()] == [
        b'{"object":"page","entry":"?"}'
    ]


# Challenges


def test_the_platform_is_answered_and_nobody_else(scene: Scene) -> None:
    hook = scene.hook("facebook")
    asked = f"{scene.address(hook)}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert exchange("GET", asked + hook.verify) == (200, b"1158201444")
    assert exchange("GET", asked + "guess")[0] == 403
    assert exchange("GET", asked + hook.verify + "&hub.challenge=2")[0] == 404
    x = scene.hook("x", own=SECRET)
    body = deliveries.activity("1", {"id": "2"})
    for told in (body.decode(), "{}", ""):
        assert exchange("GET", f"{scene.address(x)}?crc_token={told.replace(' ', '+')}")[0] == 403
    status, said = exchange("GET", f"{scene.address(x)}?crc_token=NGM1ZTkzMjQ")
    assert (status, json.loads(said).keys()) == (200, {"response_token"})
    # What was answered is no signature of anything that would be taken.
    signature = json.loads(said)["response_token"]
    headers = {"x-twitter-webhooks-signature": signature}
    assert exchange("POST", scene.address(x), headers, b"NGM1ZTkzMjQ")[0] == 403
    assert not (scene.house.archive.settings.deliveries / "aside").exists()


# Bounds


def _begun(scene: Scene, address: str, length: int, body: bytes = b"") -> socket.socket:
    parts = urlsplit(address)
    one = socket.create_connection((parts.hostname, parts.port), timeout=30)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {length}\r\n\r\n"
    one.sendall(head.encode() + body)
    return one


def _status(one: socket.socket) -> int:
    with one:
        return int(one.recv(65536).split(b" ")[1])


def test_bodies_are_bounded_in_size_time_and_number(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SECONDS", 0.5)
    address = scene.address(scene.hook("facebook"))
    assert _status(_begun(scene, address, 4 * 2**20 + 1)) == 413, "before any of it is read"
    assert _status(_begun(scene, address, 1000, b"slow")) == 408
    chunked = _begun(scene, address, 0)
    chunked.close()
    monkeypatch.setattr(page, "SECONDS", 20.0)
    monkeypatch.setattr(page, "MOST", 3)
    held = [_begun(scene, address, 1000, b"slow") for _ in range(3)]
    until(lambda: page._open == 3)
    assert _status(_begun(scene, address, 10, b"0123456789")) == 503
    for one in held:
        one.close()
    until(lambda: page._open == 0)
    unknown = f"{scene.url}/hooks/facebook/{'A' * 43}"
    strangers = [_begun(scene, unknown, 1000, b"slow") for _ in range(10)]
    assert {_status(one) for one in strangers} == {404}, "who does not know the address takes no room"
    assert exchange("POST", address, {}, b"{}")[0] == 403


def test_a_full_disk_acknowledges_nothing(new_house: Callable[..., House]) -> None:
    house = new_house(settings={**SETTINGS, "disk_reserve_percent": 99.999})
    with served(house) as scene:
        hook = scene.hook("facebook")
        assert scene.send(hook, deliveries.page_messages("1", "words")) == 503


# Work in the background


def test_the_running_service_archives_what_comes(town: tuple[Scene, Page]) -> None:
    from archiver.work.deliveries import Deliveries

    scene, found = town
    hook = scene.hook("facebook")
    working = Deliveries(scene.house.capture)
    working.start()
    try:
        threads = [
            threading.Thread(target=scene.send, args=(hook, comment_change(found, 1, n, "words"))) for n in range(8)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        until(lambda: scene.waiting(found.account) == 0)
    finally:
        working.stop(60)
    assert {one.body for _, one in scene.stored()} == {comment_change(found, 1, n, "words") for n in range(8)}


def test_while_the_index_is_made_anew_nothing_is_acknowledged(
    town: tuple[Scene, Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts go through all their states again: one that was paused long ago would be taken for paused."""
    scene, found = town
    house, hook = scene.house, scene.hook("facebook")
    accounts.pause(house.archive, found.account, "for a while")
    accounts.resume(house.archive, found.account)
    house.run(found.account, FULL)
    house.capture.flush(all=True)
    body, said = deliveries.page_messages(str(found.id), "words"), []
    applied = register.apply

    def sent_meanwhile(connection: Connection, act: Act) -> None:
        applied(connection, act)
        said.append(scene.send(hook, body))

    monkeypatch.setattr(register, "apply", sent_meanwhile)
    rebuild(house.archive)
    assert set(said) == {503}
    assert scene.counts("facebook") == {}
    assert scene.send(hook, body) == 200
    assert scene.waiting(found.account) == 1


def test_one_that_is_sent_again_while_it_is_archived_is_taken_once(
    town: tuple[Scene, Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, found = town
    hook = scene.hook("facebook")
    body = deliveries.page_messages(str(found.id), "words")
    scene.send(hook, body)
    was_taken = Arrivals._was_taken
    began: list[str] = []

    def archived_right_after(arrivals: Arrivals, name: str) -> bool:
        before = was_taken(arrivals, name)
        if not began:
            began.append(name)
            scene.deliver(found.account)
        return before

    monkeypatch.setattr(Arrivals, "_was_taken", archived_right_after)
    assert scene.send(hook, body) == 200
    assert scene.waiting(found.account) == 0
    assert scene.counts("facebook") == {"taken": 1, "repeated": 1}


def test_what_is_old_is_forgotten_in_an_empty_folder_too(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path / "deliveries")
    arrivals.forget(date(2026, 3, 2))
    assert not list(tmp_path.iterdir())


def test_two_addresses_that_were_made_at_once_leave_it_usable(scene: Scene) -> None:
    first = scene.hook("facebook")
    with scene.house.archive.database.write() as connection:
        (row,) = connection.execute(select(*Hook.__table__.columns)).mappings()
        later = row["made_at"] + timedelta(seconds=1)
        connection.execute(insert(Hook).values({**row, "id": "hk_2", "path_sha256": "2", "made_at": later}))
    assert scene.hook("facebook").path == first.path


def test_a_body_that_names_very_many_is_answered_while_the_platform_waits(town: tuple[Scene, Page]) -> None:
    scene, found = town
    hook = scene.hook("facebook")
    body = deliveries.page_changes({str(number): [] for number in (found.id, *range(20_000))})
    began = time.process_time()
    assert scene.send(hook, body) == 200
    assert time.process_time() - began < 5
    assert scene.waiting(found.account) == 1


def test_two_workers_that_found_the_same_delivery_archive_it_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read the folder before the other had archived it; one of them waits for the other."""
    found, house = Page.open(scene.house), scene.house
    hook = scene.hook("facebook")
    post, _ = found.talk(1)
    house.run(found.account, FULL)
    house.later(minutes=1)
    said = house.city.say(found.cast.residents[0], "Is the pool open?", answering=post)
    told = deliveries.page_comment(post_id(found.id, post), comment_id(post, said), "Is the pool open?")
    assert scene.send(hook, deliveries.page_changes({str(found.id): [told]})) == 200
    one, other = Deliverer(house.capture), Deliverer(house.capture)
    hear, before = house.capture.hear, list[Any]()

    def second(*args: Any, **more: Any) -> Any:
        """The other one is done with it while this one is about to take the account."""
        if not before:
            before.append(None)
            before[0] = other.deliver(found.account)
        return hear(*args, **more)

    monkeypatch.setattr(type(house.capture), "hear", lambda self, *args, **more: second(*args, **more))
    assert one.deliver(found.account) is not None
    assert before[0] is not None
    assert len(scene.stored()) == 1
    assert one.deliver(found.account) is None
    house.run_due()
    assert found.states(said) == ["visible"]


def test_what_another_process_archived_and_did_not_forget_is_not_archived_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died between the two; whoever comes next has long archived deliveries of this account itself."""
    found, house = Page.open(scene.house), scene.house
    hook = scene.hook("facebook")
    bodies = [deliveries.page_messages(str(found.id), f"words {number}") for number in range(2)]
    mine, another = Deliverer(house.capture), Deliverer(house.capture)
    assert mine.deliver(found.account) is None
    assert scene.send(hook, bodies[0]) == 200
    assert mine.deliver(found.account) is not None
    assert scene.send(hook, bodies[1]) == 200
    with monkeypatch.context() as patched:
        patched.setattr(type(another.arrivals), "done", lambda *_: None)
        another.deliver(found.account)
    assert scene.waiting(found.account) == 1
    mine.deliver(found.account)
    assert scene.waiting(found.account) == 0
    assert len(scene.stored()) == 2
