"""The commands, on a real archive of a practice city."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from archiver.archive import Archive
from archiver.practice.run import RunningPractice
from archiver.settings import load_settings
from tests.cli.conftest import CommandLine
from tests.signed_in import everything


@pytest.mark.usefixtures("trusting")
def test_a_whole_day_at_the_command_line(archiver: CommandLine, city: RunningPractice, tmp_path: Path) -> None:
    account = city.accounts[0]
    added = archiver("account", "add", account.url, "--authority", "city-clerk", "--json").json
    assert added["new"] is True
    assert added["account"]["authority"] == "city-clerk"
    account_id = added["account"]["id"]
    again = archiver("account", "add", account.url)
    assert again.code == 0
    assert "Already registered" in again.out

    captured = archiver("capture", "--json").json
    assert [run["outcome"] for run in captured["runs"]] == ["complete"]
    unchanged = archiver("capture", account_id)
    assert unchanged.code == 0
    assert "unchanged" in unchanged.out

    listed = archiver("account", "list", "--json").json["accounts"]
    assert [(one["id"], one["last_run"]["outcome"]) for one in listed] == [(account_id, "unchanged")]
    assert len(archiver("runs", "--json").json["runs"]) == 2
    ledger = archiver("gaps", "--json").json
    assert ledger["gaps"] == []
    assert [(one["listing"], one["since"], one["remedy"]) for one in ledger["goes_back"]] == [("statuses", None, None)]
    (counted,) = archiver("counts", "--json").json["accounts"]
    assert (counted["account"], counted["threads"]["unexplained"]) == (account_id, 0)
    assert archiver("account", "show", account_id).code == 0

    found = archiver("search", "--json", "street").json
    assert found["total"] == len(found["hits"]) > 0
    fewer = archiver("search", "--json", "street", "-works").json
    assert fewer["total"] < found["total"]
    shown = archiver("show", found["hits"][0]["record"], "--json").json
    assert "street" in shown["versions"][-1]["text"].lower()
    assert shown["occurrences"][0]["segment_key"].startswith("segments/city-clerk/")

    verified = archiver("verify", "--json")
    assert verified.code == 0
    assert verified.json["objects"] > 0

    for part in ("", "-wal", "-shm"):
        (tmp_path / "home" / f"index.sqlite3{part}").unlink(missing_ok=True)
    lost = archiver("search", "street")
    assert lost.code == 3
    assert "index rebuild" in lost.err
    rebuilt = archiver("index", "rebuild", "--json")
    assert rebuilt.code == 0
    assert rebuilt.json["damaged"] == []
    assert archiver("search", "--json", "street").json == found
    assert archiver("show", found["hits"][0]["record"], "--json").json["versions"] == shown["versions"]
    assert archiver("doctor").code == 0


@pytest.mark.usefixtures("trusting")
def test_every_command_also_speaks_to_people(archiver: CommandLine, city: RunningPractice) -> None:
    archiver("account", "add", city.accounts[1].url)
    for arguments in (
        ["capture"], ["account", "list"], ["runs"], ["gaps"], ["search", "water"], ["verify"], ["doctor"],
        ["account", "show", "larkmere_works"],
    ):  # fmt: skip
        said = archiver(*arguments)
        assert said.code == 0, arguments
        assert said.out.strip(), arguments
    record = archiver("search", "water", "--json").json["hits"][0]["record"]
    assert "Stored in" in archiver("show", record).out


@pytest.mark.usefixtures("trusting")
def test_a_flipped_byte_is_found_said_and_logged(archiver: CommandLine, city: RunningPractice, tmp_path: Path) -> None:
    archiver("account", "add", city.accounts[2].url)
    archiver("capture")
    segment = next((tmp_path / "home" / "store" / "segments").rglob("*.warc.gz"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(content)
    said = archiver("verify", "--json")
    assert said.code == 9
    assert said.json["findings"]
    assert "not what it was" in archiver("verify").out
    rebuilt = archiver("index", "rebuild", "--json")
    assert rebuilt.code == 9
    assert rebuilt.json["damaged"]


@pytest.mark.usefixtures("trusting")
def test_what_is_captured_of_an_account_is_chosen_shown_and_kept_in_the_store(
    archiver: CommandLine, city: RunningPractice
) -> None:
    url = next(one.url for one in city.accounts if "/@" in one.url)
    archiver("account", "add", url)

    def chosen() -> dict[str, object]:
        said = archiver("account", "settings", url, "--json")
        assert said.code == 0, said.err
        return {one["name"]: one["value"] for one in said.json["settings"]}

    usual = chosen()
    assert usual["every_thread"] is False
    changed = archiver("account", "settings", url, "every_thread=yes")
    assert (changed.code, chosen()) == (0, usual | {"every_thread": True})
    assert "yes" in changed.out
    for wrong, words in (("threads=yes", "every_thread"), ("every_thread=perhaps", "every_thread"), ("yes", "NAME=")):
        said = archiver("account", "settings", url, wrong)
        assert (said.code, said.out) == (2, "")
        assert words.replace("_", " ") in said.err.replace("_", " ")
    assert "every thread has to be yes or no" in archiver("account", "settings", url, "every_thread=perhaps").err, (
        "in plain words"
    )
    assert archiver("index", "rebuild").code == 0
    assert chosen() == usual | {"every_thread": True}, "it is in an act, and so in the store"
    assert "by command" in archiver("account", "settings", url).out, "when and by whom is told"
    archiver("account", "settings", url, "every_thread=")
    assert chosen() == usual


@pytest.mark.usefixtures("trusting")
def test_pausing_keeps_an_account_from_capture_until_it_is_resumed(
    archiver: CommandLine, city: RunningPractice
) -> None:
    archiver("account", "add", city.accounts[2].url)
    assert archiver("account", "pause", city.accounts[2].url, "--reason", "moved").code == 0
    assert archiver("capture").code == 3
    assert "active" in archiver("account", "resume", city.accounts[2].url).out
    assert archiver("capture").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["account", "add", "ftp://example.org/x"], 2, "web address"),
        (["account", "add", "not a url"], 2, "web address"),
        (["account", "add", "https://user:hunter2@example.org/feed"], 2, "user name or password"),
        (["account", "add", "https://127.0.0.1:1/feed.xml"], 2, ""),
        (["account", "add", "http://169.254.169.254/feed.xml", "--platform", "feed"], 2, ""),
        (
            ["account", "add", "https://example.org/feed.xml", "--platform", "myspace"],
            2,
            "known platforms: bluesky",
        ),
        (["account", "add", "https://example.org/feed.xml", "--authority", "City Clerk"], 2, "short name"),
        (["account", "list"], 3, "begins one"),
        (["account", "show", "nobody"], 3, "begins one"),
        (["capture"], 3, ""),
        (["runs"], 3, ""),
        (["search", "x"], 3, ""),
        (["search"], 2, "see `archiver search --help`"),
        (["show", "rc_x"], 3, ""),
        (["verify"], 3, ""),
        (["index", "rebuild"], 3, "ARCHIVER_STORE_URL"),
        (["index", "restore"], 3, "ARCHIVER_STORE_URL"),
        (["index", "restore", "--list"], 3, "ARCHIVER_STORE_URL"),
        (["index", "move", "--to", "nonsense"], 2, "--to"),
        (["serve", "--port", "99999"], 2, "ARCHIVER_WEB_PORT"),
        (["nonsense"], 2, "No such command"),
        (["runs", "--limit", "0"], 2, "--limit"),
        (["capture", "--sweep", "sideways"], 2, "--sweep"),
    ],
)
def test_bad_input_is_one_clear_line_and_the_right_code(
    archiver: CommandLine, arguments: list[str], code: int, words: str
) -> None:
    said = archiver(*arguments)
    assert said.code == code, said.err
    assert words in said.err
    assert said.err.startswith("archiver: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    assert "hunter2" not in said.err
    assert said.out == ""


def test_what_keeps_serve_from_starting_is_said_in_one_line(
    archiver: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARCHIVER_SEAL_FILE", str(tmp_path / "nothing"))
    env = os.environ | {"ARCHIVER_WEB_PORT": "0"}
    command = [sys.executable, "-m", "archiver", "serve"]
    said = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert said.returncode == 2
    assert [one for one in said.stderr.splitlines() if not one.startswith("{")] == [
        f"archiver: ARCHIVER_SEAL_FILE names {tmp_path / 'nothing'}, which cannot be read: No such file or directory"
    ]


@pytest.mark.parametrize("group", [[], ["account"], ["index"]])
def test_a_group_by_itself_shows_its_help(archiver: CommandLine, group: list[str]) -> None:
    said = archiver(*group)
    assert said.code == 2
    assert said.err.startswith("Usage: archiver")
    assert "\nCommands:\n" in said.err


@pytest.mark.usefixtures("trusting")
def test_an_address_may_be_given_as_people_write_it(archiver: CommandLine) -> None:
    said = archiver("account", "add", "nosuchhost.invalid/@city")
    assert said.code == 4
    assert "nosuchhost.invalid" in said.err


def test_an_archive_that_begins_with_a_mistake_stays_empty(archiver: CommandLine, tmp_path: Path) -> None:
    assert archiver("account", "add", "https://127.0.0.1:1/feed.xml").code == 2
    assert archiver("account", "list", "--json").json == {"accounts": []}
    for arguments in (["show", "rc_x"], ["account", "show", "nobody"], ["capture", "nobody"], ["runs", "nobody"]):
        said = archiver(*arguments)
        assert said.code == 3, arguments
        assert said.err.count("\n") == 1
    assert archiver("capture").code == 3
    assert archiver("search", "--json", '"').json["total"] == 0


@pytest.mark.usefixtures("trusting")
def test_what_does_not_answer_like_an_account_is_refused(archiver: CommandLine, city: RunningPractice) -> None:
    said = archiver("account", "add", f"{city.base_url}/@nobody_at_all", "--platform", "mastodon")
    assert said.code == 5
    assert "no such account" in said.err
    assert archiver("account", "list", "--json").json == {"accounts": []}


def test_a_practice_archive_is_never_taken_for_a_real_one(
    archiver: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert archiver("account", "list", "--practice").code == 3
    archiver("account", "add", "https://127.0.0.1:1/feed.xml", "--practice")
    assert archiver("account", "list", "--practice", "--json").json == {"accounts": []}
    assert "`archiver account list --practice`" in archiver("account", "show", "nobody", "--practice").err
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path / "home" / "practice"))
    said = archiver("account", "list")
    assert said.code == 6
    assert "never mix" in said.err


def test_a_token_is_read_from_standard_input_and_never_shown(
    archiver: CommandLine, monkeypatch: pytest.MonkeyPatch, trusting: str, city: RunningPractice, tmp_path: Path
) -> None:
    import io

    archiver("account", "add", city.accounts[0].url)
    monkeypatch.setattr("sys.stdin", io.StringIO("canary-token-0815-4711\n"))
    said = archiver("account", "token", city.accounts[0].url)
    assert said.code == 0
    assert "canary" not in said.out + said.err
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert archiver("account", "token", city.accounts[0].url).code == 2
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert b"canary-token-0815-4711" not in path.read_bytes(), path
    assert archiver("doctor").code == 0
    (tmp_path / "home" / "keys" / "tokens.key").unlink()
    missing = archiver("doctor", "--json")
    assert missing.code == 1
    assert [one["what"] for one in missing.json["findings"] if not one["ok"]] == ["keys"]
    assert archiver("capture").code == 7


def test_archived_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from archiver.cli import output

    output.line("a\x1b[2J\u202eb\r\nc")
    output.block("first\x9b31m\nsecond\x07")
    output.table(("X",), [["\x1b]0;owned\x07"]], empty="")
    output.as_json({"text": "\x1b\u202e\x9b"})
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\x9b", "\x07", "\r", "\u202e"}
    assert "⟨U+001B⟩" in printed


def test_debug_shows_where_an_error_comes_from(archiver: CommandLine) -> None:
    said = archiver("--debug", "runs")
    assert said.code == 3
    assert "Traceback" in said.err


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m archiver --help | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0
    assert "Error" not in done.stderr


@pytest.mark.usefixtures("trusting")
def test_ctrl_c_ends_a_capture_keeps_everything_and_the_next_one_goes_on(
    archiver: CommandLine, city: RunningPractice, tmp_path: Path
) -> None:
    archiver("account", "add", city.accounts[0].url)
    slow = os.environ | {"ARCHIVER_REQUEST_PAUSE_SECONDS": "120"}
    running = subprocess.Popen(
        [sys.executable, "-m", "archiver", "capture"],
        env=slow,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while running.poll() is None and not list((tmp_path / "home" / "spool").rglob("*.frames")):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 130, said
    assert "kept" in said
    assert archiver("capture").code == 0
    outcomes = [run["outcome"] for run in archiver("runs", "--json").json["runs"]]
    assert outcomes == ["complete", "interrupted"]
    assert archiver("verify").code == 0


@pytest.mark.usefixtures("trusting")
def test_serve_captures_what_is_added_meanwhile_and_stops_cleanly(
    archiver: CommandLine, city: RunningPractice, tmp_path: Path
) -> None:
    env = os.environ | {"ARCHIVER_WEB_PORT": "0", "ARCHIVER_TICK_SECONDS": "0.2"}
    running = subprocess.Popen(
        [sys.executable, "-m", "archiver", "serve", "--json"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        import json

        assert running.stdout is not None
        said_first = json.loads(running.stdout.readline())
        url = said_first["url"]
        assert "/welcome/" in said_first["first_link"], "nobody may give roles yet"
        assert httpx.get(f"{url}healthz", timeout=120).json()["status"] == "ok"
        assert "Sign in" in httpx.get(url, follow_redirects=True, timeout=120).text
        with Archive.open(load_settings()) as archive:
            held = everything(archive)
        assert "No account yet" in httpx.get(url, follow_redirects=True, timeout=120, cookies=held).text
        archiver("account", "add", city.accounts[2].url)
        deadline = time.monotonic() + 120
        while httpx.get(f"{url}api/v1/search?q=", timeout=120, cookies=held).json()["total"] == 0:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert archiver("capture").code == 0, "a capture by hand is safe beside a running service"
        taken = archiver("serve", "--port", url.rstrip("/").rsplit(":", 1)[1])
        assert taken.code == 4
        assert "another service" in taken.err
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=120)
        assert running.returncode == 0, said
        assert not list((tmp_path / "home" / "spool").rglob("*.frames"))
        assert archiver("verify").code == 0
    finally:
        running.kill()


def test_a_store_without_its_index_and_an_index_without_its_store_are_said(
    archiver: CommandLine, trusting: str, city: RunningPractice, tmp_path: Path
) -> None:
    archiver("account", "add", city.accounts[2].url)
    archiver("capture")
    store = tmp_path / "home" / "store"
    shutil.move(store, tmp_path / "aside")
    said = archiver("runs")
    assert said.code == 6
    assert "mounted" in said.err
    shutil.rmtree(store)
    shutil.move(tmp_path / "aside", store)
    assert archiver("runs").code == 0
