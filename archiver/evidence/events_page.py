"""The page ``docs/events.md``, made from :mod:`archiver.evidence.event_types`.

``python -m archiver.evidence.events_page > docs/events.md`` writes it; a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from archiver.evidence.event_types import EVENTS, PATTERNS, EventKind

_HEAD = """\
# Events

What the event log may hold. This page is made from `archiver/evidence/event_types.py`; run
`python -m archiver.evidence.events_page > docs/events.md` after a change. How an entry is written, hashed and stored is
in [Commitments and the event log](evidence-format.md).

An event says who did what to which subject, in ids, digests, counts and codes. No entry holds content, names, query
text or a record's id, so lawful destruction leaves nothing in the log to guess from: each text below has a form that no
sentence fits. All fields of an event are always there. Names of events and fields are never changed; later versions may
add events, and readers pass over those they do not know.

| event | subject | meaning |
|---|---|---|
"""


def render() -> str:
    """The whole page."""
    rows = "".join(f"| [`{one.name}`](#{_anchor(one)}) | {one.subject} | {one.meaning} |\n" for one in EVENTS.values())
    return _HEAD + rows + "".join(_section(one) for one in EVENTS.values())


def _anchor(kind: EventKind) -> str:
    return kind.name.replace(".", "")


def _section(kind: EventKind) -> str:
    return f"\n## {kind.name}\n\n{kind.meaning} Subject: {kind.subject}.\n\n" + "".join(_fields(kind))


def _fields(kind: EventKind) -> Iterator[str]:
    properties = kind.facts.model_json_schema()["properties"] if kind.facts.model_fields else {}
    if not properties:
        yield "`data` is empty.\n"
        return
    yield "| field | meaning | form |\n|---|---|---|\n"
    for name, schema in properties.items():
        yield f"| `{name}` | {schema['description']} | {form(schema)} |\n"


def form(schema: dict[str, Any]) -> str:
    """The form of a field in words, from its JSON schema."""
    if "anyOf" in schema:
        return " or ".join(form(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema["type"] == "object":
        ((names, value),) = schema["patternProperties"].items()
        return f"at most {schema['maxProperties']} members, each {PATTERNS[names]}: {form(value)}"
    if schema["type"] == "array":
        return f"list of at most {schema['maxItems']}: {form(schema['items'])}"
    if schema["type"] == "string":
        return PATTERNS[schema["pattern"]]
    return {"integer": "whole number", "null": "null"}[schema["type"]]


if __name__ == "__main__":
    sys.stdout.write(render())
