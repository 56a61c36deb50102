"""What platforms answer of which there is no specification that programs read: lists of fields, in ``fields/``, by
their documentation. A file has ``answers``, what is answered where, by pattern of the place; ``error``, what every
other status than 200 comes with; and ``things``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from archiver.practice.messages import Request, Response
from tests.specified.schema import faults, validator, written
from tests.specified.writing import read


def wrong(name: str, request: Request, response: Response) -> Iterator[str]:
    """What of an answer the list of that name does not allow."""
    told = response.header("Content-Type") or ""
    if "json" not in told:
        return
    yield from faults_of(name, place_of(request), response.status, json.loads(response.body))


def place_of(request: Request) -> str:
    """What is asked for: a path, and where there is but one, the method that is named behind it."""
    method = request.parameter("method")
    return f"{request.method} {request.path}" + (f" {method}" if method and request.path.endswith("/rest/") else "")


def faults_of(name: str, place: str, status: int, body: Any) -> list[str]:
    """The same of a body, at a place such as ``GET /posts``."""
    if status != 200:
        return faults(_kind(name, "error"), body)
    for pattern, number in _places(name):
        if pattern.fullmatch(place):
            return faults(_kind(name, number), body)
    return ["nothing is known of such a question"]


@cache
def _places(name: str) -> tuple[tuple[re.Pattern[str], int], ...]:
    return tuple((re.compile(pattern), number) for number, pattern in enumerate(read(name)["answers"]))


@cache
def _kind(name: str, which: int | str) -> Any:
    described = read(name)
    things = {one: written(thing) for one, thing in described["things"].items()}
    chosen = described[which] if isinstance(which, str) else [*described["answers"].values()][which]
    return validator(written(chosen), things)
