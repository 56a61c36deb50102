"""What custodians and administrators are told of what platforms send: on the page of the platform."""

from __future__ import annotations

import os
import time

import pytest

from archiver.accounts import service as accounts
from archiver.capture import receiving
from archiver.operations import doctor
from archiver.operations.pushing import left_lying
from archiver.practice import deliveries
from tests.deliveries.scene import Scene
from tests.facebook.page import Page


def shown(scene: Scene, platform: str) -> str:
    return scene.page(f"platforms/{platform}")


def test_the_page_says_what_comes_and_warns_when_nothing_does(scene: Scene) -> None:
    found = Page.open(scene.house)
    assert "not made yet" in shown(scene, "facebook")
    hook = scene.hook("facebook")
    page = shown(scene, "facebook")
    assert "the platform has not asked yet" in page
    assert hook.path not in page
    assert hook.verify not in page
    scene.send(hook, deliveries.page_messages(str(found.id), "words"))
    scene.send(hook, b"{}", secret="another")
    page = shown(scene, "facebook")
    assert "1 taken; 1 refused: signed by somebody else" in page
    assert "1 not archived yet" in page
    assert "look whether the platform still sends" not in page
    scene.house.later(days=8)
    assert "nothing came for 8 days: look whether the platform still sends" in shown(scene, "facebook")
    for platform in ("youtube", "mastodon", "x", "reddit", "instagram"):
        assert hook.path not in shown(scene, platform)
    assert "platform hook facebook" in shown(scene, "instagram")


def test_the_doctor_finds_what_was_acknowledged_and_is_not_archived(scene: Scene) -> None:
    found = Page.open(scene.house)
    hook = scene.hook("facebook")
    scene.send(hook, deliveries.page_messages(str(found.id), "words"))
    archive, waiting = scene.house.archive, scene.house.archive.settings.deliveries / "waiting"
    assert list(left_lying(archive)) == [], "it is archived in a moment"
    (path,) = (waiting / found.account).iterdir()
    os.utime(path, (time.time() - 7200, time.time() - 7200))
    assert [said for said, _ in left_lying(archive)] == [f"1 wait for {found.account}, the first for 2 hours"]
    accounts.pause(archive, found.account, "for a while")
    assert list(left_lying(archive)) == [], "it waits until the account is captured again"
    (waiting / found.account).rename(waiting / "ac_other")
    assert scene.send(hook, b'{"object":"page","entry":"?"}') == 200
    assert [said for said, _ in left_lying(archive)] == [
        "1 wait for ac_other, which is not in the register",
        "1 were kept aside, since nobody could tell whose they are",
    ]
    assert [(one.what, one.ok) for one in doctor._deliveries(archive)] == [("deliveries", False)] * 2


def test_what_could_not_be_written_down_is_counted_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    found, receiver = Page.open(scene.house), scene.site.receiver
    hook = scene.hook("facebook")
    scene.send(hook, deliveries.page_messages(str(found.id), "words"))
    with monkeypatch.context() as away:
        away.setattr(receiving, "_write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receiver.tell()
    assert scene.counts("facebook") == {"taken": 1}
