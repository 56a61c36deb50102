"""What YouTube answers, by Google's discovery document. Errors are not in it: their form is that of Google's
documentation (https://developers.google.com/youtube/v3/docs/errors, https://google.aip.dev/193)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from archiver.practice.messages import Request, Response
from tests import recordings
from tests.specified.schema import Schema, faults, validator, written

_ALWAYS = {"kind", "etag", "id"}
_SOME = {
    ("videos", "liveStreamingDetails"),
    ("videos", "localizations"),
    ("videos", "recordingDetails"),
    ("channels", "localizations"),
    ("commentThreads", "replies"),
}
"""Parts that only some resources have: of broadcasts, translations, places, and of comments that were answered."""
_FORMATS: Mapping[str, Schema] = {
    "int64": {"pattern": "^-?[0-9]+$"},
    "uint64": {"pattern": "^[0-9]+$"},
    "date-time": {"format": "date-time"},
    "google-datetime": {"format": "date-time"},
    "uint32": {"minimum": 0, "maximum": 2**32 - 1},
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
}
_ERROR = {
    "error": {
        "code": "integer",
        "message": "string",
        "errors": [
            {
                "message": "string",
                "domain": "string",
                "reason": "string",
                "location~": "string",
                "locationType~": "string",
            }
        ],
        "status~": "string",
        "details~": [{"@type": "string", "*": "any"}],
    }
}


def wrong(request: Request, response: Response) -> Iterator[str]:
    """What of an answer the document does not allow."""
    if not request.path.startswith("/youtube/v3/"):
        return
    if response.status != 200:
        yield from faults(_errors(), json.loads(response.body))
        return
    name = request.path.removeprefix("/youtube/v3/")
    if name.startswith("captions/"):
        return  # (a file)
    body = json.loads(response.body)
    method = _methods().get(request.path.removeprefix("/"))
    if method is None:
        yield "no such method"
        return
    yield from faults(_answer(method["response"]["$ref"]), body)
    yield from (f"no such parameter: {one}" for one, _ in request.parameters if one not in _parameters(method))
    asked = {one for one in (request.parameter("part") or "").split(",") if one}
    for item in body.get("items", ()):
        yield from (f"{part} was not asked for" for part in set(item) - asked - _ALWAYS)
        yield from (f"{part} is missing" for part in asked - set(item) - {"id"} if (name, part) not in _SOME)


@cache
def _errors() -> Any:
    return validator(written(_ERROR), {})


@cache
def _answer(name: str) -> Any:
    return validator({"$ref": f"#/$defs/{name}"}, _things())


@cache
def _things() -> Mapping[str, Schema]:
    return {name: _schema(one) for name, one in recordings.youtube()["schemas"].items()}


def _schema(given: Mapping[str, Any]) -> Schema:
    """The same as JSON Schema, where nothing is allowed that is not named."""
    if "$ref" in given:
        return {"$ref": f"#/$defs/{given['$ref']}"}
    if given.get("type") == "any":
        return {}
    made: dict[str, Any] = {"type": given["type"], **_FORMATS.get(given.get("format", ""), {})}
    if "enum" in given:
        made["enum"] = given["enum"]
    if given["type"] == "array":
        made["items"] = _schema(given["items"])
    if given["type"] == "object":
        others = given.get("additionalProperties")
        made["properties"] = {name: _schema(one) for name, one in given.get("properties", {}).items()}
        made["additionalProperties"] = False if others is None else _schema(others)
    return made


@cache
def _methods() -> Mapping[str, Mapping[str, Any]]:
    return {one["path"]: one for one in _found(recordings.youtube()) if one["httpMethod"] == "GET"}


def _found(of: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from of.get("methods", {}).values()
    for one in of.get("resources", {}).values():
        yield from _found(one)


def _parameters(method: Mapping[str, Any]) -> set[str]:
    return {*method["parameters"], *recordings.youtube()["parameters"]}
