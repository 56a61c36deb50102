"""Drawing pages with headless Chromium that can reach nothing: no network, no script, a profile of its own.

What keeps a hostile page from reaching anybody, one behind the other: the browser stands in a network namespace
without any way out (:mod:`archiver.pictures.confined`), is told that it is offline and resolves no name, runs no
script, and the page's own policy allows nothing. It keeps its sandbox. One browser draws many pages, one by one.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from archiver.errors import ArchiverError
from archiver.pictures import confined
from archiver.pictures.devtools import Conversation, ConversationEnded
from archiver.pictures.page import WIDTH

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_TALLEST = 10_000
"""CSS pixels; what is below is not drawn."""
_SCALE = 1.5
LARGEST = 16 << 20
"""Most bytes of a picture."""
_START, _END = 30.0, 5.0
_PROFILES, _OLD = "archiver-picture-", 3600.0
"""What folders of profiles begin with, and after how many seconds one is nobody's."""
_MEMORY = 1 << 30
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SIGNATURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--mute-audio",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=MediaRouter,OptimizationHints,Translate,DialMediaRouteProvider",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://0.0.0.0:1",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--blink-settings=scriptEnabled=false",
    "--lang=en-US",
)
_NOWHERE = ["http://*", "https://*", "ws://*", "wss://*", "ftp://*", "file://*", "blob:*", "filesystem:*"]


class NoBrowser(ArchiverError):  # noqa: N818 - named as the cause
    """There is no browser that can be used. ``str`` says what to do."""


class NotDrawn(Exception):  # noqa: N818 - named as the cause
    """This page could not be drawn; the browser that tried has ended."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture."""

    png: bytes
    width: int
    height: int
    """Pixels."""
    whole: bool = True
    """False: it is cut off below."""


class Drawer(Protocol):
    """Draws pages until it is closed or fails."""

    @property
    def version(self) -> str:
        """Name and version of what draws."""
        ...

    def draw(self, html: str) -> Drawn:
        """Draw one page.

        Raises:
            NotDrawn: it could not be drawn. Start another drawer for the next one.
        """
        ...

    def close(self) -> None:
        """End it, with everything it started."""
        ...


class Drawers(Protocol):
    """Starts drawers."""

    def __call__(self) -> Drawer:
        """A new one.

        Raises:
            NoBrowser: none can be started.
        """
        ...


def find(named: str) -> Path:
    """The browser to use: the one that is ``named``, else whichever of the usual ones is installed.

    Raises:
        NoBrowser: it is not there.
    """
    for name in (named,) if named else NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    if named:
        raise NoBrowser(f"there is no program {named}: see ARCHIVER_PICTURES_BROWSER")
    raise NoBrowser("Chromium is not installed: install it (apt-get install chromium), or set ARCHIVER_PICTURES=false")


@dataclass(slots=True)
class Browser:
    """One confined Chromium. One thread, which must outlive it."""

    program: Path
    seconds: float = 20.0
    """For one page."""
    memory: int = _MEMORY
    """Most bytes that all its processes may take for themselves."""
    _version: str = ""
    _profile: Path = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)
    _talk: Conversation = field(init=False)
    _ended: bool = False

    @classmethod
    def start(cls, program: Path, *, seconds: float = 20.0, memory: int = _MEMORY) -> Self:
        """Start one.

        Raises:
            NoBrowser: it does not start, or cannot be confined.
        """
        browser = cls(program, seconds, memory)
        browser._launch()
        try:
            told = browser._talk.ask(time.monotonic() + _START, "Browser.getVersion")
            browser._version = str(told.get("product", ""))[:100]
        except ConversationEnded as error:
            code = browser._end()
            if code == confined.REFUSED:
                raise NoBrowser(
                    "this machine does not let a browser be shut off from the network: allow user namespaces, or set"
                    " ARCHIVER_PICTURES=false"
                ) from error
            raise NoBrowser(f"{program} does not start ({error}); try `{program} --version`") from error
        return browser

    @property
    def version(self) -> str:
        """As it names itself: ``Chrome/142.0.1``."""
        return self._version

    def draw(self, html: str) -> Drawn:
        """Draw one page.

        Raises:
            NotDrawn: it crashed, took too long or too much memory; the browser has ended.
        """
        if self._ended:
            raise NotDrawn("the browser has ended")
        try:
            png, height = self._draw(html, time.monotonic() + self.seconds)
            return _picture(png, whole=height <= _TALLEST)
        except (ConversationEnded, KeyError, TypeError, ValueError) as error:
            self._end()
            raise NotDrawn(str(error)) from error

    def close(self) -> None:
        """End it, with everything it started and its profile."""
        if not self._ended:
            with suppress(ConversationEnded):
                self._talk.ask(time.monotonic() + _END, "Browser.close")
            self._end()

    def _launch(self) -> None:
        remove_left()
        try:
            self._profile = Path(tempfile.mkdtemp(prefix=_PROFILES))
            theirs_in, ours_out = os.pipe()
            ours_in, theirs_out = os.pipe()
        except OSError as error:
            raise NoBrowser(f"there is no place for a browser's files: {error.strerror}") from error
        command = [sys.executable, "-I", "-S", confined.__file__, str(theirs_in), str(theirs_out), str(self.program)]
        places = {name: str(self._profile) for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the program is the operator's choice
                [*command, *_FLAGS, f"--user-data-dir={self._profile / 'profile'}", "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._profile,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **places},
                pass_fds=(theirs_in, theirs_out),
                start_new_session=True,
            )
        except OSError as error:
            os.close(ours_in)
            os.close(ours_out)
            shutil.rmtree(self._profile, ignore_errors=True)
            raise NoBrowser(f"{self.program} cannot be started: {error.strerror}") from error
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._talk = Conversation(ours_in, ours_out, self._look)

    def _draw(self, html: str, deadline: float) -> tuple[bytes, float]:
        ask = self._talk.ask
        context = ask(deadline, "Target.createBrowserContext")["browserContextId"]
        target = ask(deadline, "Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        here = ask(deadline, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for method, said in _settings():
            ask(deadline, method, here, **said)
        frame = ask(deadline, "Page.getFrameTree", here)["frameTree"]["frame"]["id"]
        self._talk.forget()
        ask(deadline, "Page.setDocumentContent", here, frameId=frame, html=html)
        self._talk.wait_for(deadline, here, "Page.loadEventFired")
        height = float(ask(deadline, "Page.getLayoutMetrics", here)["cssContentSize"]["height"])
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(max(1, height), _TALLEST), "scale": 1}
        shot = ask(deadline, "Page.captureScreenshot", here, format="png", captureBeyondViewport=True, clip=clip)
        ask(deadline, "Target.disposeBrowserContext", browserContextId=context)
        return base64.b64decode(shot["data"], validate=True), height

    def _look(self) -> None:
        if sum(_private_bytes(self._process.pid)) > self.memory:
            raise ConversationEnded("it took too much memory")

    def _end(self) -> int:
        """Kill whatever is left; the exit code of what confined it."""
        self._ended = True
        self._talk.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
        return code


def remove_left() -> None:
    """Remove profiles of processes that were killed. No browser lives as long as they are old."""
    before = time.time() - _OLD
    for left in Path(tempfile.gettempdir()).glob(f"{_PROFILES}*"):
        with suppress(OSError):
            found = left.lstat()
            if found.st_uid == os.getuid() and found.st_mtime < before and stat.S_ISDIR(found.st_mode):
                shutil.rmtree(left, ignore_errors=True)


def _settings() -> Iterator[tuple[str, dict[str, object]]]:
    yield "Page.enable", {}
    yield "Inspector.enable", {}
    yield "Emulation.setScriptExecutionDisabled", {"value": True}
    yield "Network.enable", {}
    yield "Network.setBlockedURLs", {"urls": _NOWHERE}
    yield (
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    yield (
        "Emulation.setDeviceMetricsOverride",
        {"width": WIDTH, "height": 100, "deviceScaleFactor": _SCALE, "mobile": False},
    )


def _picture(png: bytes, *, whole: bool) -> Drawn:
    """Raises:
    ValueError: it is no PNG, or too large.
    """
    if not png.startswith(_SIGNATURE) or len(png) > LARGEST:
        raise ValueError("what was drawn is no picture, or too large")
    width, height = struct.unpack_from(">II", png, len(_SIGNATURE))
    return Drawn(png, width, height, whole)


def _private_bytes(session: int) -> Iterator[int]:
    """What each process of a session takes for itself alone (proc(5), ``statm``)."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                    _, resident, shared = (folder / "statm").read_text().split()[:3]
                    yield (int(resident) - int(shared)) * _PAGE_BYTES
