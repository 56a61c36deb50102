"""``docs/writing-a-connector.md`` is a package: it is built from the page, installed, and captures a forum."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archiver import ids
from archiver.accounts.platforms import UNPROVEN
from tests import backends
from tests.cli.conftest import clean_settings
from tests.guide import page
from tests.guide.forum import Forum, Post, busy, keys, proxy_page

__all__ = ["clean_settings"]
MOST_LINES = 150
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Package:
    """The package of the page: its files, and where it is installed."""

    source: Path
    target: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that has it installed beside the archive."""
        return {**os.environ, "PYTHONPATH": f"{self.target}{os.pathsep}{ROOT}"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    source, target = tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("installed")
    page.write(source)
    page.install(source, target)
    return Package(source, target)


class Stranger:
    """Somebody who uses the archive in another process."""

    def __init__(self, package: Package, forum: Forum) -> None:
        environment = {**package.environment, "ARCHIVER_TRUSTED_ORIGINS": forum.origin}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("stranger.py"))],
            cwd=package.target,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """What a command says; it has to end with ``code``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        ended, out, errors = json.loads(self._process.stdout.readline())
        assert ended == code, (arguments, out, errors)
        return str(out)

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, code=code))

    def leave(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0


@dataclass(frozen=True, slots=True)
class Archive:
    """A forum, and an archive that captures it."""

    forum: Forum
    stranger: Stranger
    account: str

    def run(self, sweep: str, code: int = 0) -> Any:
        (told,) = self.stranger.json("capture", self.account, "--sweep", sweep, "--json", code=code)["runs"]
        return told

    def record(self, post: Post) -> Any:
        (key,) = keys([post])
        return self.stranger.json("show", ids.record_id(self.account, key), "--json")

    def wordings(self, post: Post) -> list[str]:
        return [one["text"] for one in sorted(self.record(post)["versions"], key=lambda one: one["number"])]

    def states(self, post: Post) -> list[str]:
        return [one["state"] for one in sorted(self.record(post)["states"], key=lambda one: one["from_at"])]


@pytest.fixture
def archive(package: Package, tmp_path: Path) -> Iterator[Archive]:
    backends.prepare(tmp_path / "home", {})
    with Forum() as forum:
        stranger = Stranger(package, forum)
        added = stranger.json("account", "add", f"{forum.origin}/latest", "--platform", "discourse", "--json")
        yield Archive(forum, stranger, added["account"]["id"])
        stranger.leave()


def test_the_connector_is_complete_in_less_than_150_lines(package: Package) -> None:
    module = (package.source / "archiver_discourse.py").read_text()
    assert len(module.splitlines()) < MOST_LINES
    assert not re.search(r"import _|connectors\._|archiver\.", module), "only what is public"


def test_its_own_tests_on_the_page_pass(package: Package) -> None:
    run = "import test_archiver_discourse as tests; tests.test_it_keeps_to_the_contract(); print('held')"
    environment = {**package.environment, "PYTHONPATH": f"{package.source}{os.pathsep}{ROOT}"}
    ran = subprocess.run([sys.executable, "-c", run], env=environment, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("held\n", "")


def test_its_style_is_that_of_the_project(package: Package) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), "."]
        ran = subprocess.run(ruff, cwd=package.source, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout


@pytest.mark.slow
def test_its_types_hold(package: Package, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path),
         "--follow-imports", "silent", "archiver_discourse.py"],
        cwd=package.source,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout


def test_once_installed_it_captures_a_forum_with_its_edits_and_deletions_and_reads_all_of_it_again(
    archive: Archive, tmp_path: Path
) -> None:
    assert f"Discourse forum ({UNPROVEN})" in archive.stranger("doctor", code=backends.doctor_code())
    assert UNPROVEN in archive.stranger("account", "show", archive.account)

    forum = archive.forum
    bridge = forum.topic("mayor", "A new bridge?", "Shall we build it?")
    answers = [forum.answer(bridge, ("ann", "bo")[n % 2], f"answer {n}") for n in range(55)]
    trees = forum.topic("parks", "Trees", "Which ones?")

    # Two pages, the second of them refused at first.
    forum.fail("/posts.json?before=", busy())
    assert archive.run("new")["outcome"] == "complete"
    pages = [target for target in forum.asked if target.startswith("/posts.json")]
    assert pages == ["/posts.json", *["/posts.json?before=24"] * 2, "/posts.json?before=3"]
    told = archive.stranger.json("show", ids.record_id(archive.account, "topic/1"), "--json")
    assert {line["record"]["text"] for line in told["thread"]["lines"]} >= {one.raw for one in answers}
    assert archive.wordings(bridge) == ["A new bridge?\n\nShall we build it?"]
    assert archive.record(answers[3])["author"]["handle"] == "bo"

    # Somebody writes, and only what is new is read.
    late = forum.answer(trees, "ann", "Oaks.")
    before = len(forum.asked)
    archive.run("new")
    assert forum.asked[before:] == ["/posts.json"]
    assert archive.states(late) == ["visible"]

    # Nothing happens but that people read. Nothing is stored.
    assert archive.run("full")["outcome"] == "unchanged"

    # Words are changed, hidden, taken back and deleted, while whatever stands before the forum is out of order: at
    # first for the second page, then for whatever is looked for directly, then for the forum itself.
    trees.raw, answers[0].raw = "Which ones, and where?", "answer 0, corrected"
    answers[1].deleted = answers[2].hidden = answers[3].taken_back = True
    for path in ("/posts.json?before=", "/posts/", "/site/"):
        forum.fail(path, proxy_page(), times=10)
        assert archive.run("full", code=1)["outcome"] == "partial"
        assert archive.states(answers[1]) == ["visible"], "an error is no deletion"
        forum.faults.clear()
    assert archive.wordings(trees)[-1] == "Trees\n\nWhich ones, and where?"

    assert archive.run("full")["outcome"] == "complete"
    assert archive.wordings(answers[0]) == ["answer 0", "answer 0, corrected"]
    assert archive.states(answers[1]) == ["visible", "not_returned"]
    assert archive.states(answers[2]) == ["visible", "restricted"]
    assert archive.states(answers[3]) == ["visible", "deleted_by_author"]
    assert archive.wordings(answers[2]) == ["answer 2"], "nobody wrote another word"
    assert archive.wordings(answers[3]) == ["answer 3"]
    assert archive.states(answers[4]) == ["visible"]

    # The topic that is looked at again has gone; the forum is there.
    trees.deleted = True
    assert archive.run("full")["outcome"] == "complete"
    assert archive.states(trees) == ["visible", "not_returned"]

    held = archive.stranger.json("digests")
    backends.lose_index(tmp_path / "home")
    archive.stranger("index", "rebuild", "--json")
    assert archive.stranger.json("digests") == held
