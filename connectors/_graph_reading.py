"""How an answer of Meta's Graph API is read, whichever platform it is about. Pure; never raises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from connectors._graph_errors import problem_of
from connectors._graph_server import VERSION, answered_version
from connectors._graph_spare import spared
from connectors._graph_usage import rate_of
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, Problem, Reading
from connectors.values import Json, Unreadable

_Found = TypeVar("_Found")


def reading_of(
    ask: Ask,
    answer: Answer,
    *,
    begin: Callable[[Ask], _Found],
    readers: Mapping[str, Callable[[_Found, Json], Reading]],
    of_problem: Callable[[Ask, Answer, Problem], Reading],
    asked: str = VERSION,
    spare: Collection[str] = (),
    audience: Collection[str] = (),
) -> Reading:
    """What ``answer`` means, with the allowance it tells and, as drift, the version that gave it.

    Args:
        begin: what a body holds is collected in it.
        readers: by purpose of the ask.
        of_problem: what an error means.
        asked: the version that was.
        spare: fields that are asked for, and left out where they are refused.
        audience: those of them without which an answer is kept as private.
    """

    def said() -> Reading:
        problem = problem_of(answer)
        if problem is not None:
            return spared(ask, answer, spare, audience) or of_problem(ask, answer, problem)
        try:
            body = answer.json
        except ValueError:
            return quarantined("the answer is not JSON", f"bytes=0-{len(answer.body)}")
        if not isinstance(body, dict):
            return quarantined("not an object")
        reader = readers.get(ask.purpose)
        if reader is None:
            return quarantined("a question this connector never asked")
        try:
            return reader(begin(ask), body)
        except Unreadable as error:
            return quarantined(str(error))

    version = answered_version(answer, asked)
    reading = replace(said(), rate=rate_of(answer))
    return reading if version is None else replace(reading, drift=(*reading.drift, f"version {version}"))
