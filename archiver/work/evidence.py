"""Signing the log and having it stamped on schedule, each in a thread of its own: a slow capture, a slow store and a
service that does not answer delay nothing but themselves."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from archiver import logs
from archiver.archive import Archive
from archiver.errors import ArchiverError
from archiver.evidence import anchoring, service, timestamps
from archiver.evidence.anchoring import Ask, Stamping, Unanswered
from archiver.http import Fetcher, FetchError
from archiver.settings import Settings
from archiver.work.clock import Ticker

_log = logs.get(__name__)
_LOOK_SECONDS = 60
#: A service that takes longer is tried again later; a stopping service need not wait for it.
_PATIENCE = 10.0
_GRANTED = 200


class Evidence:
    """The scheduled signing and stamping of one archive's log. Start once, stop once."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        settings = archive.settings
        self.signing = Ticker(self._sign, settings.checkpoint_seconds, archive.clock)
        self.stamping = Ticker(self._stamp, min(_LOOK_SECONDS, settings.timestamp_seconds), archive.clock)
        self._fetcher = fetcher(settings) if settings.timestamp_services else None

    def start(self) -> None:
        self.signing.start()
        if self._fetcher is not None:
            self.stamping.start()

    def stop(self) -> None:
        """End what is under way; sign what came in meanwhile, so that a stopped service leaves nothing unsigned."""
        self.signing.stop()
        if self._fetcher is not None:
            self.stamping.stop()
            self._fetcher.close()
        try:
            service.sign(self.archive.signed_log)
        except (ArchiverError, SQLAlchemyError) as error:
            _log.warning("log.not_signed", reason=type(error).__name__)

    def _sign(self) -> None:
        service.beat(self.archive.signed_log)
        service.sign(self.archive.signed_log)

    def _stamp(self) -> None:
        assert self._fetcher is not None
        anchoring.stamp(self.archive.signed_log, stamping(self.archive.settings, asking(self._fetcher)))


def fetcher(settings: Settings) -> Fetcher:
    """Asks time-stamp services, patiently enough for one that answers."""
    return Fetcher(
        user_agent=settings.user_agent,
        trusted_origins=frozenset(settings.trusted_origins),
        connect_timeout=_PATIENCE / 2,
        read_timeout=_PATIENCE,
        total_timeout=_PATIENCE,
    )


def stamping(settings: Settings, ask: Ask) -> Stamping:
    """How the settings want time-stamps to be had.

    Raises:
        SettingsError: the roots cannot be read.
    """
    every = timedelta(seconds=settings.timestamp_seconds)
    return Stamping(settings.stamped_by, timestamps.read_roots(settings.timestamp_roots), every, ask)


def asking(fetcher: Fetcher) -> Ask:
    """A request to a service over HTTP (RFC 3161 §3.4). Plain HTTP will do: the answer is signed."""

    def ask(url: str, request: bytes) -> bytes:
        headers = [("Content-Type", timestamps.REQUEST_TYPE)]
        try:
            answer = fetcher.fetch(
                "POST", url, headers=headers, body=request, limit=timestamps.LARGEST, plain_http=True
            )
        except FetchError as error:
            raise Unanswered(_code(error)) from None
        if answer.status != _GRANTED or answer.truncated is not None:
            raise Unanswered("refused")
        return answer.body

    return ask


def _code(error: FetchError) -> str:
    """``TimedOut`` → ``timed_out``."""
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
