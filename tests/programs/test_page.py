"""The examples of ``docs/api.md``, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs.conftest import Served

_PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_EXAMPLES = re.findall(r"```sh\n(.*?)```", _PAGE.read_text(), re.DOTALL)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no curl or no jq on this machine")
def test_every_example_gets_an_answer(served: Served) -> None:
    token = served.comers["officer"]["Authorization"].removeprefix("Bearer ")
    known = {"ARCHIVE": served.url, "TOKEN": token, "RECORD": "rc_police_hidden", "PATH": os.environ["PATH"]}
    asked = [one for one in _EXAMPLES if "export" not in one]
    assert len(asked) > 5
    for example in asked:
        script = example.replace("curl -s", "curl -sS --fail-with-body -w '\\n'")
        done = subprocess.run(["bash", "-ec", script], env=known, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (example, done.stdout, done.stderr)
        if ".csv" in example:
            assert done.stdout.startswith("\ufeffaccount_id,"), example
            continue
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        assert answers, example


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
