"""Serving the pages: one socket, bound before anything else starts, in a thread that ends when it is told."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

from archiver import logs
from archiver.errors import Unreachable
from archiver.settings import Settings, is_loopback
from archiver.web.connections import Connection

_log = logs.get(__name__)
_START_SECONDS = 15


def bind(settings: Settings) -> socket.socket:
    """The socket the settings name, not yet listening.

    Raises:
        Unreachable: the address or port cannot be used.
    """
    check_address(settings)
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.web_host, settings.web_port))
    except OSError as error:
        bound.close()
        raise Unreachable(
            f"cannot serve on {settings.web_host} port {settings.web_port} ({error.strerror}):"
            " is another service there? ARCHIVER_WEB_PORT names another port"
        ) from None
    return bound


def check_address(settings: Settings) -> None:
    """Warn where other machines reach the pages and nothing says that TLS stands before them. Nobody signs in from
    there then, since no browser keeps our cookies over plain HTTP."""
    if not is_loopback(settings.web_host) and not settings.web_url.startswith("https://"):
        _log.warning("web.without_tls", host=settings.web_host)


class PageServer:
    """Serves an application on a bound socket, in a thread."""

    def __init__(self, app: ASGIApp, bound: socket.socket) -> None:
        self._socket = bound
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # an address that a stranger may claim is never believed
            lifespan="off",
            ws="none",
            http=Connection,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=3,
            limit_concurrency=256,
            h11_max_incomplete_event_size=32 * 1024,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([bound],), name="pages", daemon=True)

    @property
    def url(self) -> str:
        """Address of the first page."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def start(self) -> None:
        """Serve; returns as soon as requests are answered.

        Raises:
            Unreachable: it did not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Unreachable("the pages could not be served; the log says why")
            time.sleep(0.01)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answer what was asked and close."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
