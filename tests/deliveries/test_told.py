"""What custodians and administrators are told of what platforms send: on the page of the platform."""

from __future__ import annotations

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
