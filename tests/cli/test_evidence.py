"""Handing records out at the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archiver.practice.run import RunningPractice
from tests.cli.conftest import CommandLine


@pytest.mark.usefixtures("trusting")
def test_records_are_handed_out_and_checked(archiver: CommandLine, city: RunningPractice, tmp_path: Path) -> None:
    archiver("account", "add", city.accounts[0].url)
    archiver("capture")
    found = archiver("search", "kind:comment", "--json").json
    record, folder = found["hits"][0]["record"], tmp_path / "handed out"
    made = archiver("evidence", "export", record, "--out", str(folder), "--json").json
    assert made["records"] == 1
    assert Path(made["folder"]) == folder
    key = archiver("evidence", "keys").out.split()[0]
    assert key == made["key"]
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), str(folder), "--key", key], capture_output=True, timeout=60
    )
    assert done.returncode == 0

    again = archiver("evidence", "export", record, "--out", str(folder))
    assert again.code == 2
    assert "not empty" in again.err
    certified = archiver("evidence", "certificate", str(folder), "--form", "federal", "--name", "Jane Doe")
    assert certified.code == 0, certified.err
    assert {one.suffix for one in tmp_path.glob("handed out-certificate.*")} == {".pdf", ".html", ".txt"}

    every = archiver("evidence", "export", "--query", "kind:comment", "--out", str(tmp_path / "all"))
    assert every.code == 0, every.err
    assert f"{found['total']:,} records" in every.out
    assert archiver("evidence", "export", "--out", str(tmp_path / "none")).code == 2
    assert archiver("evidence", "export", record, "--query", "x", "--out", str(tmp_path / "none")).code == 2
    assert archiver("evidence", "export", "rc_" + "a" * 32, "--out", str(tmp_path / "none")).code == 3
    assert not (tmp_path / "none").exists()
