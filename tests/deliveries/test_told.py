"""What custodians and administrators are told of what platforms send: on the page, and on the command line."""

from __future__ import annotations

import io
import json

import pytest

from archiver.practice import deliveries
from archiver.practice.hub import exchange
from tests.cli.conftest import archiver
from tests.deliveries.scene import Scene
from tests.facebook.page import Page

__all__ = ["archiver"]


def shown(scene: Scene, platform: str) -> str:
    status, body = exchange("GET", f"{scene.url}/platforms/{platform}")
    assert status == 200
    return body.decode()


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


def test_the_command_tells_the_address_and_needs_what_signs(archiver, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    assert archiver("platform", "hook", "facebook").code == 3, "its application is not stored yet"
    monkeypatch.setattr("sys.stdin", io.StringIO("a-client-secret-of-the-city\n"))
    archiver("platform", "app", "facebook", "--id", "client-1")
    told = archiver("platform", "hook", "facebook", "--json").json
    assert told["address"].startswith("http://127.0.0.1:8080/hooks/facebook/")
    assert told["verify_token"]
    assert archiver("platform", "hook", "facebook", "--json").json == told, "made once"
    assert "ARCHIVER_WEB_URL names no address" in archiver("platform", "hook", "facebook").out
    refused = archiver("platform", "hook", "x")
    assert (refused.code, "API key secret" in refused.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.StringIO("an-api-key-secret\n"))
    given = archiver("platform", "hook", "x", "--secret")
    assert (given.code, "an-api-key-secret" in given.out + given.err) == (0, False)
    for platform in ("youtube", "instagram", "reddit", "nothing"):
        assert archiver("platform", "hook", platform).code == 2
    assert archiver("platform", "hook", "facebook", "--remove").code == 0
    assert archiver("platform", "hook", "facebook", "--remove").code == 3
    assert archiver("platform", "hook", "facebook", "--json").json["address"] != told["address"]
    assert json.dumps(told)
