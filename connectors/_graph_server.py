"""Where Meta's Graph API is, and in which version it is spoken. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from connectors.contract import Answer

VERSION = "v26.0"
"""The one version that is asked of Facebook and Instagram. It goes out of service about two years after it appeared
(July 2026): Meta then answers in the oldest version left, and says so in a header."""
SERVER = "https://graph.facebook.com"
AT_ONCE = 50
"""Most ids in one question."""
_Listed = TypeVar("_Listed")


def address(server: str, path: str, parameters: Sequence[tuple[str, str]], version: str = VERSION) -> str:
    """What tells two questions apart stands in the address; only the page of a list stands beside it."""
    return f"{server}/{version}/{quote(path, safe='/')}?{urlencode(parameters)}"


def with_fields(url: str, wanted: str) -> str:
    """The same question, for other fields."""
    path, _, query = url.partition("?")
    asked = [(name, wanted if name == "fields" else value) for name, value in parse_qsl(query, keep_blank_values=True)]
    return f"{path}?{urlencode(asked)}"


def answered_version(answer: Answer, version: str = VERSION) -> str | None:
    """The version that answered, where it is not the one that was asked."""
    told = (answer.header("facebook-api-version") or version).strip()
    if told == version:
        return None
    return told if len(told) <= 8 and told.isascii() and told.replace(".", "").isalnum() else "(not a plain name)"


def batches(listed: Sequence[_Listed], size: int = AT_ONCE) -> Iterator[Sequence[_Listed]]:
    """In portions that may be asked at once."""
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
