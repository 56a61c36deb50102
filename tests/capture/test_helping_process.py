"""A long run has its commitments computed in a process beside it: the same results, and nothing depends on it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil
import pytest

from archiver import helper, helping
from archiver.capture import asks, commitments
from archiver.capture.commitments import Commitments
from archiver.capture.facts import stored_json
from archiver.capture.to_commit import ToCommit, packed
from archiver.evidence.commitment import commit_exchange
from archiver.helper import Helper
from archiver.search import spelling
from archiver.search.rows import to_row
from archiver.storage.segment_reader import ReadExchange, read_segment
from bench import capture
from tests.search.examples import WORDS, a_document
from tests.search.hostile import HOSTILE

FACTS = b'{"exchange":"ex_1","url":"https://example.org/"}'
BODIES = (
    b'{"a":[1,2.50,null,{"b":"\\ud800"}],"c":"words"}',
    b"",
    b"<html>not JSON</html>",
    b'{"a":1,"a":2}',
    b"[" * 70 + b"]" * 70,
    b'["' + b"long " * 50_000 + b'"]',
    b'{"n":"a\nb"}\nand more',
)


@pytest.fixture
def beside() -> Iterator[Helper]:
    one = Helper()
    yield one
    one.close()


def to_commit(body: bytes | None, number: int = 0) -> ToCommit:
    return ToCommit(
        seed=bytes([number]) * 32,
        facts=FACTS,
        request_sha256="1" * 64,
        response_sha256="2" * 64,
        body=body,
        cuts=(3, 9),
        body_sha256=None if body is not None else "3" * 64,
    )


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one, however many processors the machine has."""
    monkeypatch.setattr(helper, "_room", threading.Semaphore(1))


@pytest.mark.usefixtures("room")
def test_what_comes_back_is_what_is_computed_here() -> None:
    beside, here = Commitments(0), Commitments(None)
    given = [to_commit(body, number) for number, body in enumerate([*BODIES, None] * 3)]
    begun = [beside.begin(one) for one in given]
    assert beside.helper is not None
    assert [one.get() for one in begun] == [here.begin(one).get() for one in given]
    beside.close()


@pytest.mark.usefixtures("room")
def test_a_short_run_starts_nothing() -> None:
    few = Commitments()
    for number in range(commitments._EARLIEST):
        assert few.begin(to_commit(BODIES[0], number)).ready
    assert few.helper is None


@pytest.mark.usefixtures("room")
def test_one_processor_is_left_to_the_others() -> None:
    first, second = Commitments(0), Commitments(0)
    first.begin(to_commit(BODIES[0]))
    assert second.begin(to_commit(BODIES[0])).ready
    assert second.helper is None
    first.close()
    third = Commitments(0)
    third.begin(to_commit(BODIES[0]))
    assert third.helper is not None
    third.close()


@pytest.mark.usefixtures("room")
def test_what_a_killed_process_owed_is_computed_here() -> None:
    beside = Commitments(0)
    given = [to_commit(BODIES[5], number) for number in range(20)]
    begun = [beside.begin(one) for one in given]
    assert beside.helper is not None
    os.kill(beside.helper.pid, signal.SIGKILL)
    begun += [beside.begin(one) for one in given]
    assert [one.get() for one in begun] == [one.compute() for one in given] * 2
    beside.close()


def test_a_process_that_hangs_is_given_up(beside: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper, "_PATIENCE", 0.05)
    os.kill(beside.pid, signal.SIGSTOP)
    asked = [beside.ask("commitment", packed(to_commit(BODIES[0]))) for _ in range(3)]
    assert [one.get() for one in asked] == [None] * 3
    assert not psutil.pid_exists(beside.pid)


@pytest.mark.usefixtures("room")
def test_where_it_cannot_be_started_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        assert Commitments(0).begin(to_commit(BODIES[0])).get() == to_commit(BODIES[0]).compute()
    later = helper.start()
    assert later is not None, "its place was given back"
    later.close()


def test_far_more_than_the_pipes_hold_goes_through(beside: Helper) -> None:
    asked = [beside.ask("commitment", packed(to_commit(BODIES[5], n))) for n in range(30)]
    assert [one.get() for one in asked] == [to_commit(BODIES[5], n).compute().encode() for n in range(30)]


def test_a_task_that_fails_fails_alone(beside: Helper) -> None:
    asked = [beside.ask("commitment", b"nonsense"), beside.ask("no such task", b"")]
    asked.append(beside.ask("commitment", packed(to_commit(b"1"))))
    assert [one.get() for one in asked] == [None, None, to_commit(b"1").compute().encode()]


def test_words_are_the_same_wherever_they_are_worked_out(beside: Helper) -> None:
    documents = [a_document(text, f"earlier {text}") for text in [*WORDS, *HOSTILE] * 3]
    rows = [to_row(document) for document in documents]
    here = spelling.begin(documents, rows, None)()
    there = spelling.begin(documents, rows, beside)
    assert there() == here
    owed = spelling.begin(documents, rows, beside)
    os.kill(beside.pid, signal.SIGKILL)
    assert owed() == here


def test_a_question_cut_off_is_not_answered() -> None:
    answers = io.BytesIO()
    helping.answer_all(io.BytesIO(helping.question("commitment", b"content")[:-1]), answers)
    assert answers.getvalue() == b""


def test_it_inherits_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY")
    descriptor = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    beside = Helper()
    try:
        assert beside.ask("commitment", packed(to_commit(b"1"))).get() is not None
        assert Path(f"/proc/{beside.pid}/environ").read_bytes().count(b"CANARY") == 0
        opened = [str(one.readlink()) for one in Path(f"/proc/{beside.pid}/fd").iterdir()]
        assert {name.partition(":")[0] for name in opened} <= {"pipe", "/dev/null"}
        assert os.getpgid(beside.pid) == beside.pid, "an interrupt from the keyboard is not for it"
    finally:
        beside.close()
        os.close(descriptor)
    assert not psutil.pid_exists(beside.pid)


def test_it_loads_nothing_that_is_slow_to_load() -> None:
    program = "import sys; from archiver.helping import TASKS, task_of; list(map(task_of, TASKS)); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    assert not {"pydantic", "structlog", "rich", "sqlalchemy", "asyncio", "httpx", "subprocess"} & set(loaded.split())


def test_it_ends_with_whoever_started_it() -> None:
    program = "import time; from archiver.helper import Helper; print(Helper().pid, flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        beside = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    beside.wait(timeout=60)


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("killed_after", [None, 3])
def test_a_sweep_with_help_is_whole(killed_after: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = Helper.ask

    def asking(self: Helper, task: str, content: bytes) -> helper.Promise:
        asked.append(self.pid)
        if len(asked) == killed_after:
            os.kill(self.pid, signal.SIGKILL)
        return ask(self, task, content)

    monkeypatch.setattr(Helper, "ask", asking)
    with capture.office(800) as url:
        capture.ours(url, tmp_path / "home")
    assert asked
    assert not psutil.pid_exists(asked[0])
    wrong = [
        read.facts["exchange"] for read in stored(tmp_path / "home") if recomputed(read) != read.facts["commitment"]
    ]
    ordinals = [read.facts["ordinal"] for read in stored(tmp_path / "home")]
    assert wrong == []
    assert len(set(ordinals)) == len(ordinals)
    assert len(ordinals) > 20


def stored(home: Path) -> Iterator[ReadExchange]:
    for path in sorted(home.glob("store/segments/**/*.warc.gz")):
        with path.open("rb") as stream:
            yield from (read for read in read_segment(stream) if isinstance(read, ReadExchange))


def recomputed(read: ReadExchange) -> str:
    """From what is stored, as ``docs/evidence-format.md`` §1 has it."""
    assert read.request is not None
    facts = {name: value for name, value in read.facts.items() if name not in ("seed", "commitment")}
    return commit_exchange(
        seed=asks.decode_bytes(read.facts["seed"]),
        facts=stored_json(facts),
        request_sha256=sha256(read.request).hexdigest(),
        response_sha256=sha256(read.response).hexdigest(),
        body=read.body,
        cuts=read.facts.get("cuts", ()),
    )
