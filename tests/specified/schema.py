"""JSON Schemas of what platforms answer, and what an answer has against one.

Lists of fields that are checked in are written shortly, as YAML (``fields/``): a thing is a mapping of names to kinds.
A name that ends in ``~`` may be missing; ``*`` stands for all other names. Kinds are those of :data:`KINDS`, names of
other things, ``[kind]`` for a list of them, ``a | b`` for either, and ``= a b`` for one of these words. What is not
named is not allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

Schema = Mapping[str, Any]
KINDS: Mapping[str, Schema] = {
    "any": {},
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "object": {"type": "object"},
    "array": {"type": "array"},
    "url": {"type": "string", "pattern": "^https?://"},
    "digits": {"type": "string", "pattern": "^[0-9]+$"},
    "flag": {"enum": [0, 1]},
    "time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
}


def written(thing: Any) -> Schema:
    """The schema of a thing, or of a kind, in the short form."""
    if isinstance(thing, Mapping):
        return _object(thing)
    if isinstance(thing, list):
        return {"type": "array", "items": written(thing[0])}
    if thing.startswith("= "):
        return {"enum": thing[2:].split()}
    kinds = [one.strip() for one in thing.split("|")]
    found = [KINDS.get(one, {"$ref": f"#/$defs/{one}"}) for one in kinds]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _object(thing: Mapping[str, Any]) -> Schema:
    others = thing.get("*")
    named = {name: kind for name, kind in thing.items() if name != "*"}
    return {
        "type": "object",
        "properties": {name.removesuffix("~"): written(kind) for name, kind in named.items()},
        "required": [name for name in named if not name.endswith("~")],
        "additionalProperties": False if others is None else written(others),
    }


def validator(schema: Schema, things: Mapping[str, Schema]) -> jsonschema_rs.Draft202012Validator:
    """Of a schema that refers to other things."""
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": dict(things)}, validate_formats=True)


def faults(validator: jsonschema_rs.Draft202012Validator, value: Any) -> list[str]:
    """What of a value the schema does not allow: where, and why."""
    if validator.is_valid(value):
        return []
    return sorted({told for error in validator.iter_errors(value) for told in _told(error)})


def _told(error: Any) -> Iterator[str]:
    branches = getattr(error.kind, "context", None)
    if branches:
        # Of several kinds, that which fits best.
        for one in min(branches, key=len):
            yield from _told(one)
        return
    place = "/".join("#" if isinstance(step, int) else str(step) for step in error.instance_path)
    yield f"{place}: {error.message[:200]}"
