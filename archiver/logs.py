"""Logs: one JSON line per event on standard error, ids and codes only, never content, tokens or query text."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from archiver.errors import ArchiverError

_SECRET_NAMES = re.compile(r"token|secret|password|authori[sz]ation|cookie|api_?key|credential", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)((?:(?:access_|refresh_|id_)?token|client_secret|api_?key|password|sig|signature)=)[^&\s\"']+"
    r"|((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}"
    r"|(://)(?!USER:PASSWORD@)[^/@\s]+(?=@)"  # (but for what our own words show as an example)
)
#: These tell URLs, query text or addresses of readers; ours say what matters.
_QUIET = (
    *("httpx", "httpcore", "urllib3", "botocore"),
    *("uvicorn.access", "uvicorn.error", "apscheduler", "alembic", "asyncio"),
)
#: What these say without values is always the same.
_CONSTANT = ("uvicorn", "apscheduler")


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send the logs of this process to ``stream``, standard-library loggers included."""
    number = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[only_form, *_processors()],
            use_get_message=False,
            pass_foreign_args=True,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def take_over() -> None:
    """Of a service: what would be written past the logs, with the words of an error or a warning, is logged as well:
    threads that die, objects that cannot be cleared away, warnings."""
    log = get(__name__)

    def died(found: threading.ExceptHookArgs) -> None:
        if found.exc_type is not SystemExit:
            log.error("thread.died", exc_info=found.exc_value)

    threading.excepthook = died
    sys.unraisablehook = lambda found: log.error("object.not_cleared", exc_info=found.exc_value)
    logging.captureWarnings(True)


def _processors() -> list[structlog.types.Processor]:
    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_failure,
        remove_secrets,
    ]


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def only_form(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of what a library says, the form without the values in it, and where it is said: what it quotes may be somebody's
    words, an address or a token. One that puts values in by itself is known by its place alone."""
    record, values = event["_record"], event.pop("positional_args", ())
    if not values and not record.name.startswith(_CONSTANT):
        event["event"] = "a library says something"
    event["said_at"] = f"{record.pathname}:{record.lineno}"
    return event


def describe_failure(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace ``exc_info`` by the kind of error and where it happened.

    The words of an error are left out unless it is one of ours: others quote what they choked on, which may be
    somebody's post or a token.
    """
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if error is None:
        return event
    event["error"] = type(error).__name__
    if isinstance(error, ArchiverError):
        event["reason"] = str(error)
    frames = traceback.extract_tb(error.__traceback__)
    event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    return event


def remove_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what looks like a secret, by the name of its field or by its form in a text."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = without_secrets(value)
    return event


def without_secrets(text: str) -> str:
    """``text`` with anything that looks like a token overwritten."""
    return _SECRET_TEXT.sub(lambda match: f"{match[match.lastindex or 0]}***", text)


# At import, because structlog's own defaults print tracebacks with the values of local variables.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_processors(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)
