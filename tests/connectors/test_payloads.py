"""Nothing that was recorded or specified is left aside: every file is read by a test, and every field that a
specification names is known, so that it is kept as it came and never told as strange."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors import _facebook_fields as facebook
from connectors import _instagram_fields as instagram
from connectors import _x_fields as x
from connectors import _youtube_fields as youtube
from tests import recordings
from tests.connectors.payloads import every, recorded

_TESTS = Path(__file__).parents[1]
#: What reads them: each module names in full, or by its last part, what it reads.
_READERS = (
    "connectors/test_facebook_recordings.py",
    "connectors/test_instagram_recordings.py",
    "connectors/test_payloads.py",
    "connectors/test_x_recordings.py",
    "connectors/test_youtube_recordings.py",
    "x/specification.py",
)
#: Fields of Meta's nodes that nobody asks for, and Graph gives no field unasked: what a Page or account has beside what
#: it says of itself to everybody (shops, advertising, restaurants, the person behind a fan page).
_UNASKED = {"Page", "IGUser"}
#: Said of accounts as other nodes name them.
_ELSEWHERE = {"ThreadsUser": 2}


@cache
def _said() -> frozenset[str]:
    """Every text that the tests which read recordings write out."""
    trees = (ast.parse((_TESTS / name).read_text(encoding="utf-8")) for name in _READERS)
    nodes = (node for tree in trees for node in ast.walk(tree))
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.law("R3")
def test_every_recorded_body_and_specification_is_read_by_a_test() -> None:
    for name in every():
        path = Path(name)
        assert {name, path.name, path.stem if name.startswith("specs/meta/") else name} & _said(), (
            f"nothing reads {name}"
        )


def _meta(kind: str) -> set[str]:
    return {one["name"] for one in json.loads(recorded(f"specs/meta/{kind}.json").read_text())["fields"]}


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("PagePost", facebook.KNOWN["post"]),
        ("Comment", facebook.KNOWN["comment"]),
        ("LiveVideo", facebook.KNOWN["live"]),
        ("UnifiedThread", facebook.KNOWN["conversation"]),
        ("IGMedia", instagram.KNOWN["media"]),
        ("IGComment", instagram.KNOWN["comment"]),
        ("Page", facebook.KNOWN["page"]),
        ("IGUser", instagram.KNOWN["profile"]),
    ],
)
def test_every_field_that_meta_documents_is_known(kind: str, known: frozenset[str]) -> None:
    left = _meta(kind) - known
    assert not left or kind in _UNASKED
    assert len(known & _meta(kind)) >= 10, "they are names of this very node"


@pytest.mark.parametrize(("kind", "number"), _ELSEWHERE.items())
def test_nodes_that_are_not_asked_for_have_the_fields_that_they_had(kind: str, number: int) -> None:
    """Another number is news of Meta's, to be looked through."""
    assert len(_meta(kind)) == number


@pytest.mark.parametrize(
    ("kind", "schema"),
    [("post", "Post"), ("user", "User"), ("media", "Media"), ("poll", "Poll"), ("message", "DmEvent"),
     ("includes", "Expansions")],
)  # fmt: skip
def test_every_field_that_x_documents_is_known(kind: str, schema: str) -> None:
    schemas = json.loads(recorded("specs/x/openapi.json").read_text())["components"]["schemas"]
    named = set(_properties(schemas, schemas[schema]))
    assert named
    assert named <= x.KNOWN[kind]


def _properties(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", ())
    for name in ("allOf", "oneOf"):
        for one in schema.get(name, ()):
            yield from _properties(schemas, schemas[one["$ref"].rpartition("/")[2]] if "$ref" in one else one)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("list", "CommentThreadListResponse"), ("channel", "Channel"), ("channel.snippet", "ChannelSnippet"),
        ("playlistItem", "PlaylistItem"), ("playlistItem.snippet", "PlaylistItemSnippet"), ("video", "Video"),
        ("video.snippet", "VideoSnippet"), ("video.status", "VideoStatus"), ("commentThread", "CommentThread"),
        ("commentThread.snippet", "CommentThreadSnippet"), ("comment", "Comment"),
        ("comment.snippet", "CommentSnippet"),
    ],
)  # fmt: skip
def test_every_field_that_youtube_documents_is_known(kind: str, schema: str) -> None:
    assert set(recordings.youtube()["schemas"][schema]["properties"]) <= youtube.KNOWN[kind]
