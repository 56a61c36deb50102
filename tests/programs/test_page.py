"""The commands of ``docs/api.md``, run as they stand there, one after the other; and the answers, which are what it
shows but for the words."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from archiver.people.actions import FOR_TOKENS
from tests.programs.conftest import Served

_PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", _PAGE.read_text(), re.DOTALL)


def _examples() -> Iterator[tuple[str, Any]]:
    """Each command with the answer that is shown to it; None: none is."""
    for (kind, block), (next_kind, following) in zip(_BLOCKS, [*_BLOCKS[1:], ("", "")], strict=True):
        if kind == "sh" and "export" not in block:
            yield block, json.loads(following) if next_kind == "json" else None


def _lacks(shown: Any, found: Any, place: str = "") -> Iterator[str]:
    """What is shown, and is not so in an answer: a field that is not there, another type, a word of a few."""
    if type(shown) is not type(found):
        yield f"{place}: {shown!r} {found!r}"
    elif isinstance(shown, dict):
        for name, one in shown.items():
            yield from _lacks(one, found.get(name, "not there"), f"{place}.{name}")
    elif isinstance(shown, list) and shown:
        yield from _lacks(shown[0], found[0] if found else "empty", f"{place}[0]")
    elif isinstance(shown, str) and re.fullmatch("[a-z_]+", shown) and shown != found:
        yield from () if place.endswith((".authority", "[0]")) else (f"{place}: {shown!r} {found!r}",)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no curl or no jq on this machine")
def test_every_command_gets_the_answer_that_is_shown(served: Served, tmp_path: Path) -> None:
    token = served.comers["officer"]["Authorization"].removeprefix("Bearer ")
    known = {"ARCHIVE": served.url, "TOKEN": token, "PATH": os.environ["PATH"]}
    asked, before = list(_examples()), ""
    assert sum(shown is not None for _, shown in asked) > 5
    for example, shown in asked:
        script = example.replace("curl -s", "curl -sS --fail-with-body -w '\\n'")
        done = subprocess.run(
            ["bash", "-ec", before + script], env=known, capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert done.returncode == 0, (example, done.stdout, done.stderr)
        before += "".join(re.findall(r"^RECORD=.*\n", example, re.MULTILINE))
        if ".csv" in example:
            assert done.stdout.startswith("\ufeffaccount_id,"), example
            continue
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        assert answers, example
        assert shown is None or list(_lacks(shown, answers[0])) == [], example


def test_the_token_is_made_as_the_page_says() -> None:
    (command,) = re.findall(r"```\n(archiver person token make.*?)```", _PAGE.read_text(), re.DOTALL)
    words = shlex.split(command.replace("\\\n", " "))
    scopes = [value for name, value in pairwise(words) if name == "--scope"]
    assert len(scopes) > 2
    assert set(scopes) <= {one.value for one in FOR_TOKENS}


def test_the_page_names_every_route(served: Served) -> None:
    with served.client("officer") as client:
        paths = client.get("/api/v1/openapi.json").json()["paths"]
    said = set(re.findall(r"`([a-z/{}-]+)`", _PAGE.read_text()))
    asked = {re.sub(r"\{\w+_id\}", "{id}", path.removeprefix("/api/v1/")) for path in paths if ".csv" not in path}
    assert asked - said == set()


def test_every_part_of_the_description_has_a_name_of_its_own(served: Served) -> None:
    """Two answers of one name would both be called by their modules, and the first lose the name that it had."""
    with served.client("officer") as client:
        schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert [one for one in schemas if "__" in one or "." in one] == []
