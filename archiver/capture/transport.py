"""The transport under httpx: httpcore's connection pool on the recorder's network backend.

httpx's own ``HTTPTransport`` takes no network backend, so this one stands in its place, on public interfaces of both
libraries only. With :mod:`archiver.capture.recorder` it is all that knows httpcore; what goes wrong comes out as
httpx's errors.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpcore
import httpx

from archiver.capture.recorder import Recording, RecordingBackend

#: httpx's error for each of httpcore's. Errors of ours pass through both libraries as they are.
_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.ProtocolError: httpx.ProtocolError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}
_FAILURES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class RecordingTransport(httpx.BaseTransport):
    """Sends requests exactly as given, over HTTP/1.1; what crosses the connection goes to the open recording.

    A request's extensions are httpcore's: ``timeout``, and ``target``, the request target to the byte.

    The response has a status and a stream but no headers: httpx would read cookies, a redirect and content codings
    out of them, all of them a stranger's to write. The whole answer, headers included, is in the recording.

    Raises:
        httpx.TransportError: from sending and from the response's stream; and whatever the recording raises.
    """

    def __init__(self, ssl_context: ssl.SSLContext) -> None:
        self._backend = RecordingBackend()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=30.0,
            network_backend=self._backend,
        )

    def recording(self, recording: Recording) -> AbstractContextManager[Recording]:
        """Open ``recording`` for what this thread sends."""
        return self._backend.recording(recording)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            answered = self._pool.handle_request(asked)
        return httpx.Response(answered.status, stream=_Stream(answered))

    def close(self) -> None:
        """End all connections. A later request opens new ones."""
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    """The body of an answer as it comes."""

    def __init__(self, answered: httpcore.Response) -> None:
        self._answered = answered

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._answered.stream, Iterable)
        with _errors_of_httpx():
            yield from self._answered.stream

    def close(self) -> None:
        self._answered.close()


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise httpx_error(error) from error


def httpx_error(error: Exception) -> httpx.TransportError:
    """The error of httpx for one of httpcore's: its namesake, or the nearest kind that we tell apart."""
    kind = next(_ERRORS[each] for each in type(error).__mro__ if each in _ERRORS)
    return kind(str(error))
