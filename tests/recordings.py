"""Recorded traffic and test feeds that others published, fetched from the package index at a pinned digest.

Nothing of them is copied into this project: they hold names and words of real people. They are kept under ``.cache`` in
the checkout. Where they can be had neither from there nor from the index, tests that need them are skipped, saying why.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

_CACHE = Path(__file__).resolve().parent.parent / ".cache" / "recordings"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """One distribution on the package index: what its source holds, or, of a wheel, what is installed."""

    requirement: str
    file: str
    sha256: str


MASTODON = Source(
    "Mastodon.py==2.3.3",
    "mastodon_py-2.3.3.tar.gz",
    "a3cda3db86d65809957c978aef8ac7fb3dfc93abfeda3f1c6bdef4c79090ab7b",
)
FEEDS = Source(
    "feedparser==6.0.14",
    "feedparser-6.0.14.tar.gz",
    "088679b0c4b543ee211a820dd544698c76a402122eae7473c04a43425f283d06",
)

REDDIT = Source("praw==8.0.3", "praw-8.0.3.tar.gz", "9b1428eb27e75420010713a5d6e86e7444540164efbb89eba6e693df0a10a512")


YOUTUBE = Source(
    "google-api-python-client==2.202.0",
    "google_api_python_client-2.202.0-py3-none-any.whl",
    "aaa90064c9bb642ff1d065b22ca8958a2cb6e345909cefe70d0e5452fc50e08b",
)


META = Source(
    "facebook_business==26.0.3",
    "facebook_business-26.0.3-py3-none-any.whl",
    "2098d93477125ed1ff64e5af0d19fd4abe7f08631a7caa7bbda167730bf6c453",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange."""

    cassette: str
    method: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@functools.cache
def mastodon() -> tuple[Recorded, ...]:
    """Recorded exchanges with Mastodon 4.7.3 servers."""
    return tuple(
        recorded
        for name, content in _members(MASTODON)
        if "/tests/cassettes/" in name or "/tests/cassettes_entity_tests/" in name
        if name.endswith(".yaml")
        for recorded in _cassette(name.rpartition("/")[2], content)
    )


@functools.cache
def reddit() -> tuple[Recorded, ...]:
    """Recorded exchanges with Reddit, of 2014 to 2026; names and tokens in them were blotted out."""
    return tuple(
        recorded
        for name, content in _members(REDDIT)
        if "/cassettes/" in name and name.endswith(".json")
        for recorded in _cassette(name.rpartition("/")[2], content)
    )


@functools.cache
def youtube() -> Mapping[str, Any]:
    """Google's discovery document of the YouTube Data API v3."""
    with zipfile.ZipFile(_fetched(YOUTUBE)) as wheel:
        found: Mapping[str, Any] = json.loads(wheel.read("googleapiclient/discovery_cache/documents/youtube.v3.json"))
    return found


@functools.cache
def meta(node: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Meta's own lists of a node of the Graph API (v26.0): kinds of its fields by name, and what its edges hold."""
    with zipfile.ZipFile(_fetched(META)) as wheel:
        tree = ast.parse(wheel.read(f"facebook_business/adobjects/{node.lower()}.py"))
    (made,) = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == node)
    fields: dict[str, str] = {}
    edges: dict[str, str] = {}
    for one in made.body:
        if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "_field_types":
            fields = ast.literal_eval(one.value)
        if isinstance(one, ast.FunctionDef) and one.name.startswith("get_"):
            edges |= _edge(ast.unparse(one))
    return fields, edges


def _edge(code: str) -> dict[str, str]:
    found = re.search(r"endpoint='/(\w+)'", code), re.search(r"target_class=(\w+)", code)
    return {found[0][1]: found[1][1]} if found[0] and found[1] else {}


@functools.cache
def feeds(folder: str) -> tuple[tuple[str, bytes], ...]:
    """(path, body) of feedparser's test feeds in ``folder`` (``wellformed``, ``illformed``, ``encoding`` …)."""
    prefix = f"{FEEDS.file.removesuffix('.tar.gz')}/tests/"
    return tuple(
        (name.removeprefix(prefix), content)
        for name, content in _members(FEEDS)
        if name.startswith(f"{prefix}{folder}/") and name.endswith(".xml")
    )


def _cassette(name: str, content: bytes) -> Iterator[Recorded]:
    told = json.loads(content) if name.endswith(".json") else yaml.load(content, _LOADER)
    for one in told.get("interactions", ()):
        request, response = one["request"], one["response"]
        body = response["body"].get("string", b"")
        headers = tuple((key, value) for key, values in response["headers"].items() for value in values)
        raw = body.encode() if isinstance(body, str) else body
        yield Recorded(name, request["method"], request["uri"], response["status"]["code"], headers, raw)


def _members(source: Source) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(_fetched(source)) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)) is not None:
                yield member.name, file.read()


@functools.cache
def _fetched(source: Source) -> Path:
    kept = _CACHE / source.file
    if not kept.exists():
        _download(source, kept)
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    assert digest == source.sha256, f"{source.file} is not the file this test was written for (SHA-256 {digest})"
    return kept


def _download(source: Source, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        # pip asks a package for its name by the package's own build tool, which it fetches where we do not have it.
        name = source.requirement.partition("==")[0]
        form = "--only-binary" if source.file.endswith(".whl") else "--no-binary"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", form, name]
        command += ["--dest", folder, source.requirement]
        try:
            done = subprocess.run(command, capture_output=True, timeout=120, check=False, text=True)
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{source.requirement} cannot be fetched from the package index: {type(error).__name__}")
        fetched = Path(folder) / source.file
        if done.returncode or not fetched.exists():
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"{source.requirement} cannot be fetched from the package index: {last[:200]}")
        os.replace(fetched, kept)  # noqa: PTH105 - several test workers may do this at once; each result is whole
