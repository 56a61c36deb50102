"""One boto3 session and one client per endpoint for the whole process, and every request through one function."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from archiver import __version__
from archiver.storage.s3_errors import Unsure, told
from archiver.storage.s3_place import S3Options, S3Place

_T = TypeVar("_T")
_ANY_REGION = "us-east-1"
_lock = threading.Lock()
_session: Session | None = None
_clients: dict[S3Options, Any] = {}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the archive itself goes on asking, after boto3 has given up, with random pauses that grow."""

    tries: int = 4
    seconds: float = 45.0
    """No new try begins later than this after the first."""
    pause: float = 0.2
    longest_pause: float = 5.0

    def rounds(self) -> Iterator[int]:
        """The numbers of the tries, with a pause before each but the first."""
        begun = time.monotonic()
        for number in range(self.tries):
            if number:
                most = min(self.longest_pause, self.pause * 2**number)
                time.sleep(secrets.SystemRandom().uniform(0, most))
                if time.monotonic() - begun > self.seconds:
                    return
            yield number

    def ask(self, act: Callable[[], _T]) -> _T:
        """``act``, which may be repeated at will, until it is answered.

        Raises:
            Unsure: of the last try.
        """
        failure: Unsure | None = None
        for _ in self.rounds():
            try:
                return act()
            except Unsure as error:
                failure = error
        assert failure is not None
        raise failure


class Api:
    """Requests to one bucket. Keys are the archive's; the prefix is put before them here."""

    def __init__(self, place: S3Place, patience: Patience | None = None) -> None:
        self.place = place
        self.patience = patience or Patience()
        with told_errors("reach an object", place):
            self._client = _client_of(place.options)

    def once(self, operation: str, doing: str, key: str | None = None, **arguments: Any) -> dict[str, Any]:
        """One request, which boto3 may repeat.

        Raises:
            ArchiverError: as :mod:`archiver.storage.s3_errors` has them.
        """
        if key is not None:
            arguments["Key"] = self.place.prefix + key
        with told_errors(doing, self.place):
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.place.bucket, **arguments)
        return answer

    def ask(self, operation: str, doing: str, key: str | None = None, **arguments: Any) -> dict[str, Any]:
        """A request that may be repeated at will, until it is answered."""
        return self.patience.ask(lambda: self.once(operation, doing, key, **arguments))


class told_errors:  # noqa: N801 - reads as the statement it is
    """Turns boto3's errors into the archive's. ``doing`` completes *cannot …*."""

    def __init__(self, doing: str, place: S3Place) -> None:
        self._doing = doing
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BotoCoreError | ClientError):
            raise told(error, self._doing, self._place) from error


def _client_of(options: S3Options) -> Any:
    global _session
    with _lock:
        if options not in _clients:
            _session = _session or Session()
            _clients[options] = _new_client(_session, options)
        return _clients[options]


def _new_client(session: Session, options: S3Options) -> Any:
    verify = str(options.ca_file) if options.ca_file else None
    return session.client(
        "s3",
        region_name=options.region or session.region_name or _ANY_REGION,
        endpoint_url=options.endpoint_url,
        verify=verify,
        config=_config(options),
    )


def _config(options: S3Options) -> Config:
    """Checksums only where the archive gives them, as plain headers: servers other than Amazon's do not take the
    trailers that are boto3's default over TLS."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": options.attempts},
        connect_timeout=options.connect_seconds,
        read_timeout=options.read_seconds,
        tcp_keepalive=True,
        max_pool_connections=options.connections,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if options.path_style else "virtual"},
        user_agent_extra=f"records-archiver/{__version__}",
    )


def forget() -> None:
    """Begin anew, with credentials as they are then. A child of a fork has to: connections cannot be shared."""
    global _session, _lock
    _lock = threading.Lock()
    _session = None
    _clients.clear()


os.register_at_fork(after_in_child=forget)
