"""Fields that a question to Meta's Graph API can do without. Pure.

Meta refuses a whole question for one field that it does not have any more, or does not give to this token. So what is
asked for beside what every question needs may be left out again: the same question is put once more without the field
that the refusal names, and the refusal is told as drift. Nothing is left out that a refusal does not name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

from connectors._graph_errors import GraphError, error_of
from connectors._graph_server import with_fields
from connectors.contract import AccessClass, Answer, Ask, Problem, ProblemKind, Reading

_REFUSING = frozenset({10, 12, 100, *range(200, 300)})
_NAMED = re.compile(r"\bfield:? [('\"]?([a-z_]{1,64})\b|[( ]([a-z_]{1,64})[)]? (?=field\b)")
_LONGEST = 500
_NAME = re.compile(r"\w+")
_REFUSED_LOOK = Problem(ProblemKind.CONTRACT, "the platform refuses a field that it documents")


def spared(ask: Ask, answer: Answer, spare: Collection[str], audience: Collection[str] = ()) -> Reading | None:
    """The same question without a field that ``answer`` refuses; None where it refuses none of the ``spare`` ones that
    were asked for. A direct look that was refused says nothing of what it looked for.

    Args:
        audience: fields that say whom a thing is shown to. What is asked for without one of them is not known to be
            for everybody, so that its answer is kept as private, whatever was known before.
    """
    error = error_of(answer)
    name = None if error is None else _refused(error, spare)
    wanted = dict(parse_qsl(ask.url.partition("?")[2])).get("fields", "")
    left = [one for one in _several(wanted) if _name(one) != name]
    if name is None or not left or len(left) == len([*_several(wanted)]):
        return None
    context = {**ask.context, "without": [*without(ask), name]}
    access = AccessClass.PRIVATE if name in audience and ask.access is AccessClass.PUBLIC else ask.access
    less = replace(ask, url=with_fields(ask.url, ",".join(left)), context=context, access=access)
    drift = (f"refused {name}",)
    if ask.context.get("look"):
        return Reading(asks=(less,), drift=drift, problem=_REFUSED_LOOK)
    return Reading(next_page=less, drift=drift) if ask.listing is not None else Reading(asks=(less,), drift=drift)


def without(ask: Ask) -> list[str]:
    """Fields that were left out of a question because they were refused."""
    given = ask.context.get("without")
    return [one for one in given if isinstance(one, str)] if isinstance(given, list | tuple) else []


def _refused(error: GraphError, spare: Collection[str]) -> str | None:
    if error.code not in _REFUSING or error.missing:
        return None
    named = (first or second for first, second in _NAMED.findall(error.message[:_LONGEST]))
    return next((one for one in named if one in spare), None)


def _several(wanted: str) -> Iterator[str]:
    """The outermost fields of a list of them, each with what is asked for inside it."""
    start = depth = 0
    for place, sign in enumerate(wanted):
        depth += (sign in "{(") - (sign in "})")
        if sign == "," and not depth:
            yield wanted[start:place]
            start = place + 1
    yield wanted[start:]


def _name(one: str) -> str:
    found = _NAME.match(one)
    return found[0] if found else ""
