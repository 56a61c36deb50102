"""The specification of the X API, as much of it as says whether a request or an answer is one: types, required
properties, enumerations, forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.connectors.payloads import recorded

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_BEYOND = ("usage-capped", "unsupported-authentication", "client-forbidden")
"""Kinds of problems that X's documentation names and its specification does not."""


@cache
def specification() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(recorded("specs/x/openapi.json").read_text())
    return found


def faults_of_request(target: str, method: str = "get", body: Any = None) -> list[str]:
    """What of a question the specification does not allow."""
    parts = urlsplit(target)
    operation = _operation(parts.path, method)
    if operation is None:
        return [f"no such path: {parts.path}"]
    parameters = [one for one in map(_resolved, operation.get("parameters", ())) if one["in"] == "query"]
    known = {one["name"]: one["schema"] for one in parameters}
    taken = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    found = ["a body that is not taken"] if body is not None and taken is None else []
    found += [] if taken is None else faults_of(body, taken, "")
    for name, value in parse_qsl(parts.query):
        if name not in known:
            found.append(f"no such parameter: {name}")
            continue
        schema = _resolved(known[name])
        given: Any = int(value) if schema.get("type") == "integer" else value
        found += faults_of(given.split(",") if schema.get("type") == "array" else given, schema, name)
    wanted = {one["name"] for one in parameters if one.get("required")}
    return found + [f"missing: {name}" for name in wanted - {name for name, _ in parse_qsl(parts.query)}]


def faults_of_answer(target: str, status: int, body: Any, method: str = "get") -> list[str]:
    """What of an answer the specification does not promise."""
    operation = _operation(urlsplit(target).path, method)
    if status != 200:
        kind = body.get("type", "") if isinstance(body, dict) else ""
        if kind == "about:blank" or kind.endswith(_BEYOND):
            return []  # the specification names only some problems; these are RFC 7807 all the same
        return list(faults_of(body, {"$ref": "#/components/schemas/Problem"}, ""))
    assert operation is not None
    return list(faults_of(body, operation["responses"]["200"]["content"]["application/json"]["schema"], ""))


def faults_of(value: Any, schema: Mapping[str, Any], place: str) -> Sequence[str]:
    return list(_faults(value, _resolved(schema), place))


def _faults(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if value is None:
        if not schema.get("nullable"):
            yield f"{place} is null"
        return
    if "oneOf" in schema:
        yield from _one_of(value, schema, place)
        return
    kinds = _TYPES.get(schema.get("type", ""), (object,))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds and kinds != (object,)):
        yield f"{place} is not of type {schema['type']}"
    elif isinstance(value, dict):
        yield from _of_object(value, schema, place)
    elif isinstance(value, list):
        most, least = schema.get("maxItems", len(value)), schema.get("minItems", 0)
        if not least <= len(value) <= most:
            yield f"{place} has {len(value)} entries"
        for number, one in enumerate(value):
            yield from _faults(one, _resolved(schema.get("items", {})), f"{place}/{number}")
    else:
        yield from _of_scalar(value, schema, place)


def _of_object(value: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Iterator[str]:
    known: Mapping[str, Any] | None = schema.get("properties")
    yield from (f"{place}/{name} is missing" for name in schema.get("required", ()) if name not in value)
    if known is None:
        return
    for name, one in value.items():
        if name in known:
            yield from _faults(one, _resolved(known[name]), f"{place}/{name}")
        elif not schema.get("additionalProperties"):
            yield f"{place}/{name} is not known"


def _of_scalar(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is none of {schema['enum']}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{place} has another form"
    if schema.get("format") == "date-time" and isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None:
        yield f"{place} is a time without a zone"
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        yield f"{place} is too short"
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{place} is out of range"


def _one_of(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    mapping = schema.get("discriminator", {}).get("mapping", {})
    named = schema.get("discriminator", {}).get("propertyName")
    if named is not None:
        kind = mapping.get(value.get(named)) if isinstance(value, dict) else None
        if kind is None:
            yield f"{place} is of no known {named}"
        else:
            yield from _faults(value, _resolved({"$ref": kind}), place)
        return
    tried = [list(_faults(value, _resolved(one), place)) for one in schema["oneOf"]]
    yield from min(tried, key=len)


def _operation(path: str, method: str = "get") -> Mapping[str, Any] | None:
    """Of the paths that fit, the one with fewest places left open."""
    paths = specification()["paths"]
    fits = [one for one in paths if method in paths[one] and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path)]
    found: Mapping[str, Any] | None = paths[min(fits, key=lambda one: one.count("{"))][method] if fits else None
    return found


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        at: Any = specification()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            at = at[step]
        schema = at
    return schema
