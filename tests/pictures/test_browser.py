"""The confined browser: one real Chromium for all of these tests, and the same promises from the drawer that tests use.

Where there is no Chromium, or the machine has no user namespaces, these are skipped and say so.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.pictures import browser
from archiver.pictures.browser import Browser, Drawer, NoBrowser, NotDrawn
from archiver.pictures.page import File, Post, page
from archiver.practice.pictures import png
from tests.pictures.drawing import PlainDrawer

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def a_post(text: str = "Snow emergency from 6 pm.", *files: File) -> Post:
    return Post(
        "mastodon", "City", "City", "@city", "post", text, None, NOW, NOW, NOW, 1, "rc_x", (), files, {"likes": 3}
    )


@pytest.fixture(scope="module")
def program() -> Path:
    try:
        found = browser.find("")
        Browser.start(found).close()
    except NoBrowser as error:
        pytest.skip(str(error))
    return found


@pytest.fixture(scope="module")
def chromium(program: Path) -> Iterator[Browser]:
    with closing(Browser.start(program)) as started:
        yield started


@pytest.fixture(params=["chromium", "plain"])
def any_drawer(request: pytest.FixtureRequest) -> Drawer:
    return PlainDrawer() if request.param == "plain" else request.getfixturevalue("chromium")


class Ear:
    """A service of this machine that notes every connection and every datagram."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for one in (self._tcp, self._udp):
            one.settimeout(0.05)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            for kind, take in (("tcp", self._tcp.accept), ("udp", lambda: self._udp.recv(100))):
                try:
                    take()
                    self.heard.append(kind)
                except TimeoutError:
                    pass

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._tcp.close()
        self._udp.close()


def test_a_page_becomes_a_picture_of_its_size(any_drawer: Drawer) -> None:
    first = any_drawer.draw(page(a_post()))
    assert first.png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack_from(">II", first.png, 16) == (first.width, first.height)
    assert first.whole
    assert any_drawer.draw(page(a_post())).png == first.png
    assert any_drawer.draw(page(a_post("Something else"))).png != first.png
    assert any_drawer.version


def test_pictures_scripts_and_lengths(chromium: Browser) -> None:
    bare = chromium.draw(page(a_post()))
    shown = chromium.draw(page(a_post("", File("image", None, "image/png", png(1, 400, 300)))))
    assert shown.height > bare.height + 200
    assert not chromium.draw(page(a_post("\n" * 19_000))).whole
    marked = chromium.draw(page(a_post("<script>document.body.remove()</script><style>body{display:none}</style>")))
    assert marked.height >= bare.height


HOSTILE = """<!doctype html><meta http-equiv="refresh" content="0;url={at}/refresh"><base href="{at}/">
<link rel="prefetch" href="{at}/prefetch"><link rel="dns-prefetch" href="//{host}/"><link rel="preconnect" href="{at}">
<link rel="stylesheet" href="{at}/a.css"><link rel="icon" href="{at}/i.ico"><link rel="manifest" href="{at}/m.json">
<style>@import "{at}/b.css";@font-face{{font-family:x;src:url({at}/f.woff)}}
body{{background:url({at}/bg.png);font-family:x}}
</style><body>words<img src="{at}/1.png" srcset="{at}/2.png 2x"><picture><source srcset="{at}/3.png"></picture>
<svg xmlns="http://www.w3.org/2000/svg"><image href="{at}/4.png"/><use href="{at}/5.svg#a"/>
<foreignObject><iframe src="{at}/6"></iframe></foreignObject></svg><iframe src="{at}/7"></iframe>
<iframe srcdoc="<img src='{at}/8'>"></iframe><object data="{at}/9"></object>
<embed src="{at}/10"><video src="{at}/11" poster="{at}/12" autoplay></video>
<audio src="{at}/13" autoplay></audio><input type="image" src="{at}/14"><form action="{at}/15"><button autofocus></form>
<script src="{at}/16.js"></script><script>fetch("{at}/17");new WebSocket("ws://{host}/18");navigator.sendBeacon("{at}/19");
new Image().src="{at}/20";location="{at}/21";window.open("{at}/22");
const peer=new RTCPeerConnection({{iceServers:[{{urls:"stun:{host}"}}]}});peer.createDataChannel("x");
peer.createOffer().then(o=>peer.setLocalDescription(o))</script><body onload="location='{at}/23'">"""


def test_a_hostile_page_reaches_nobody(chromium: Browser, program: Path) -> None:
    """Handed to the browser as it is: neither escaped, nor with our policy in it."""
    with closing(Ear()) as ear:
        hostile = HOSTILE.format(at=f"http://127.0.0.1:{ear.port}", host=f"127.0.0.1:{ear.port}")
        drawing = Browser.start(program)
        try:
            drawing.draw(hostile)
        except NotDrawn:
            pass  # as good: it tried to leave
        finally:
            drawing.close()
        chromium.draw(page(a_post(hostile)))
        assert ear.heard == []
        with socket.create_connection(("127.0.0.1", ear.port)):  # it does hear
            pass
        ear._stop.wait(0.3)
        assert ear.heard == ["tcp"]


def _draw_much(drawing: Browser) -> None:
    for _ in range(100):
        drawing.draw(page(a_post("x" * 19_000, File("image", None, "image/png", png(1, 2000, 2000)))))


@pytest.mark.parametrize("limit", [{"seconds": 0.05}, {"memory": 1}])
def test_what_takes_too_long_or_too_much_ends_with_everything_it_started(
    program: Path, limit: dict[str, float]
) -> None:
    drawing = Browser.start(program)
    for name, value in limit.items():
        setattr(drawing, name, value)
    profile, session = drawing._profile, drawing._process.pid
    with pytest.raises(NotDrawn, match=r"too long|too much memory"):
        _draw_much(drawing)
    assert not profile.exists()
    assert list(browser._private_bytes(session)) == []
    with pytest.raises(NotDrawn, match="has ended"):
        drawing.draw(page(a_post()))
    drawing.close()


def test_it_gives_way_and_gains_nothing(chromium: Browser) -> None:
    (child,) = Path(f"/proc/{chromium._process.pid}/task/{chromium._process.pid}/children").read_text().split()[:1]
    assert "NoNewPrivs:\t1" in Path(f"/proc/{child}/status").read_text()
    assert os.getpriority(os.PRIO_PROCESS, int(child)) >= 10


def test_what_a_killed_process_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    aside = tmp_path / "aside"
    (aside / "deep").mkdir(parents=True)
    for name, age in (("archiver-picture-old", 7200), ("archiver-picture-new", 60), ("other", 7200)):
        (tmp_path / name / "profile").mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    (tmp_path / "archiver-picture-link").symlink_to(aside)
    os.utime(tmp_path / "archiver-picture-link", (0, 0), follow_symlinks=False)
    with pytest.raises(NoBrowser):
        Browser.start(Path("/bin/false"))
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {"archiver-picture-new", "archiver-picture-link", "other", "aside"}
    assert (aside / "deep").exists()


def test_without_a_place_for_its_files_there_is_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(NoBrowser, match="no place"):
        Browser.start(Path("/bin/false"))


def test_a_browser_that_dies_is_noticed(program: Path) -> None:
    drawing = Browser.start(program)
    os.killpg(drawing._process.pid, signal.SIGKILL)
    with pytest.raises(NotDrawn):
        drawing.draw(page(a_post()))


def test_what_is_no_browser_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoBrowser, match="ARCHIVER_PICTURES_BROWSER"):
        browser.find("no-such-program")
    with pytest.raises(NoBrowser, match="does not start"):
        Browser.start(Path("/bin/false"))
    silent = tmp_path / "silent"
    silent.write_text("not a program")
    silent.chmod(0o755)
    with pytest.raises(NoBrowser, match="does not start"):
        Browser.start(silent)
