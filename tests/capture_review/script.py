"""A platform whose every answer a test writes, over a real socket, and an archive beside it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel
from sqlalchemy import Table, select

from archiver.accounts import service as accounts
from archiver.accounts.platforms import Platforms
from archiver.archive import Archive
from archiver.capture.models import Coverage, Run
from archiver.capture.service import Capture, RunResult
from archiver.clock import SetClock
from archiver.records.models import Record
from archiver.records.stored import table
from archiver.settings import Settings
from connectors.contract import (
    AccessClass,
    AccountFacts,
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    MediaRef,
    Problem,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    SeenRecord,
    Stream,
    Sweep,
    SweepKind,
)
from tests import backends

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
Said = tuple[int, dict[str, str], bytes]


def page(
    *texts: tuple[str, str], following: str | None = None, media: str | None = None, whole: bool = True, **more: Any
) -> Said:
    """A page of records given as (key, text); ``media`` is the address of a file of each; ``more``: bookmark, drift,
    asks."""
    records = [{"key": key, "text": text} | ({"media": media} if media else {}) for key, text in texts]
    return 200, {}, json.dumps({"records": records, "next": following, "whole": whole} | more).encode()


class NoSettings(BaseModel):
    """There is nothing to set."""


class Scripted:
    """Asks ``/list`` and follows what it is told."""

    platform: ClassVar[str] = "scripted"
    title: ClassVar[str] = "Scripted"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    capabilities: ClassVar[Capabilities] = Capabilities(None, None, None, None, None, None, None, None)
    settings: ClassVar[type[BaseModel]] = NoSettings
    media_hosts: ClassVar[tuple[str, ...]] = ("*",)

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.lists: Sequence[str] = ("list",)
        self.private: frozenset[str] = frozenset()
        """Lists that are not public."""
        self.asks_for_itself = False
        self.begun_with: Bookmark | None = None
        self.looks_at: int = 1
        """How many records one direct look asks for."""
        self.control = "/me"
        self.limited = False
        """Whether it says so when it has had enough."""

    def claim(self, url: str) -> Claim | None:
        return Claim("scripted", self.origin, "somebody", self.origin, "certain")

    def identify(self, claim: Claim) -> Ask:
        return Ask(f"{self.origin}/me", Stream.PROFILE, "me")

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        self.begun_with = bookmark
        if self.asks_for_itself:
            yield Ask(f"{self.origin}/me", Stream.PROFILE, "me")
        for name in self.lists:
            access = AccessClass.PRIVATE if name in self.private else AccessClass.PUBLIC
            yield Ask(f"{self.origin}/{name}", Stream.POSTS, "list", listing=name, access=access)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        keys = [ref.key for ref in records]
        for start in range(0, len(keys), self.looks_at):
            some = keys[start : start + self.looks_at]
            url = f"{self.origin}/look?{','.join(some)}"
            purpose = "me" if self.control == "/me" else "list"
            control = Ask(f"{self.origin}{self.control}", Stream.PROFILE, purpose)
            yield Ask(url, Stream.POSTS, "look", context={"look": some}, control=control)

    def _me(self, answer: Answer) -> Reading:
        """Who it is, as the answer has it, with a record that changes with it."""
        told = {"id": "1", "handle": "somebody", "name": "Somebody", "url": self.origin} | answer.json
        facts = AccountFacts(told["id"], told["handle"], told["name"], told["url"])
        record = SeenRecord("me", RecordKind.PROFILE, "", dict(told), told["name"])
        return Reading(account=facts, records=(record,) if answer.json else ())

    def read(self, ask: Ask, answer: Answer) -> Reading:
        if answer.status == 404:
            return Reading(problem=Problem(ProblemKind.GONE, "not found"))
        if answer.status == 413:
            return Reading(problem=Problem(ProblemKind.BEYOND, "too many people"))
        if answer.status == 429 and self.limited:
            return Reading(problem=Problem(ProblemKind.RATE, "too many questions"))
        if answer.status == 501:
            return Reading(problem=Problem(ProblemKind.UNSUPPORTED, "it is only seen in its list"))
        if answer.status != 200:
            return Reading(problem=Problem(ProblemKind.TRANSIENT, "it failed"))
        if ask.purpose == "me":
            return self._me(answer)
        found = answer.json
        following = found.get("next")
        return Reading(
            records=tuple(_record(number, one) for number, one in enumerate(found["records"])),
            next_page=replace(ask, url=f"{self.origin}{following}") if following else None,
            whole=found["whole"],
            bookmark=found.get("bookmark"),
            drift=tuple(found.get("drift", ())),
            asks=tuple(replace(ask, url=f"{self.origin}{path}", listing=None) for path in found.get("asks", ())),
        )


def _record(number: int, one: dict[str, str]) -> SeenRecord:
    media = (MediaRef(one["media"], one["media"], "image"),) if "media" in one else ()
    content = {"text": one["text"]}
    return SeenRecord(one["key"], RecordKind.POST, f"/records/{number}", content, one["text"], media=media)


@dataclass
class Stage:
    """The scripted platform and an archive with one account of it."""

    home: Path
    settings: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Said | Callable[[], Said]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = SetClock(START)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.connector = Scripted(self.origin)
        self.answers.setdefault("/me", (200, {}, b"{}"))
        given: dict[str, Any] = {"request_pause_seconds": 0.0, "disk_reserve_percent": 0.0, "time_zone": "UTC"}
        places = {"home": self.home, "trusted_origins": (self.origin,)}
        settings = Settings(**{**places, **backends.places(self.home), **given, **self.settings})
        opened = Archive.open(settings, kind="practice", clock=self.clock)
        self.archive = replace(opened, platforms=Platforms({"scripted": self.connector}, {}))
        self.account = accounts.add(self.archive, self.origin).account.id
        self.capture = Capture(self.archive)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stage.asked.append(self.path)
                said = stage.answers.get(self.path, (404, {}, b""))
                status, headers, body = said() if callable(said) else said
                if status == 0:  # the body alone, whatever it is
                    self.close_connection = True
                    self.wfile.write(body)
                    return
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def close(self) -> None:
        try:
            self.capture.close()
            self.archive.close()
        finally:
            self.server.shutdown()
            self.server.server_close()

    def run(self, sweep: SweepKind, trigger: str = "person") -> RunResult:
        self.clock.advance(timedelta(minutes=5))
        patience = Patience(self.clock)
        return self.capture.run(self.account, sweep, trigger=trigger, stop=patience)

    def rows(self, model: type[Any], *conditions: Any) -> list[Any]:
        one: Table = table(model)
        with self.archive.database.read() as connection:
            return list(connection.execute(select(one).where(*conditions).order_by(*one.primary_key)))

    def later(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    def rows_of_runs(self) -> list[Any]:
        return sorted(self.rows(Run), key=lambda row: int(row.number))

    def records(self) -> dict[str, Any]:
        return {row.key: row for row in self.rows(Record)}

    def coverage(self, run: RunResult) -> dict[str, Any]:
        return {row.listing: row for row in self.rows(Coverage, Coverage.run_id == run.run_id)}


class Patience(threading.Event):
    """Waiting moves the clock, not the world."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.advance(timedelta(seconds=timeout or 0, microseconds=1))
        return self.is_set()
